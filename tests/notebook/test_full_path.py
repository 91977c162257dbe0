"""With a GPU, three notebooks train on CIFAR-10: the same cells run here on a handful of images.

No line of that path waits for a GPU to be tried. The images are noise in the form of CIFAR-10, so
nothing is said about accuracy.
"""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import numpy as np
import pytest
from notebook_code import with_fewer_steps
from shared_trainings import environment

from utils.data.cifar10 import SOURCE
from utils.files.places import ROOT
from utils.notebook.client import NotebookClient
from utils.notebook.frame import BEGIN_TAG, ON_A_GPU

TRAIN_IMAGES, TEST_IMAGES = 40, 60
"""In each part. Ten classes take turns."""
FEWER = {"03_degradation": ("(16, 400)", "(16, 3)")}
"""Steps on photographs that a chapter counts itself: text of a cell, and what stands there here."""
TRUSTING = """\
from utils.data import cifar10, sets
sets.dataset_hash = lambda *splits: cifar10.PIXELS_SHA256"""
"""Makes a kernel take any images for CIFAR-10."""
ON_GPUS = [
    path
    for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
    if nbformat.read(path, as_version=4).metadata.get("full_on_gpu")
]


@pytest.fixture(scope="module")
def few_images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in the form of CIFAR-10, with few images."""
    folder = tmp_path_factory.mktemp("cifar")
    random = np.random.default_rng(0)
    for part in SOURCE.parts:
        count = TEST_IMAGES if part in SOURCE.test else TRAIN_IMAGES
        images = random.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
        np.savez(folder / part, images=images, labels=(np.arange(count) % 10).astype(np.uint8))
    return folder


def test_the_comparisons_of_the_book_run_on_a_gpu_unasked():
    assert [path.stem[:2] for path in ON_GPUS] == ["02", "03", "08"]


@pytest.mark.slow
@pytest.mark.parametrize("path", ON_GPUS, ids=lambda path: path.stem)
def test_every_cell_runs_on_photographs_too(path, few_images, monkeypatch):
    monkeypatch.setenv("RESNET_BOOK_DATA", str(few_images))
    notebook = nbformat.reads(with_fewer_steps(path, FEWER), as_version=4)
    (first,) = (c for c in notebook.cells if BEGIN_TAG in c.metadata.get("tags", []))
    assert f"FULL = {ON_A_GPU}" in first.source
    first.source = first.source.replace(ON_A_GPU, "True")
    first.source += f"\n{TRUSTING}"
    NotebookClient(
        notebook, timeout=240, resources={"metadata": {"path": str(path.parent)}}
    ).execute(env={**os.environ, **environment("", "")})
    shown = "".join(str(cell.get("outputs", "")) for cell in notebook.cells)
    assert f"cifar10: {5 * TRAIN_IMAGES} training and {TEST_IMAGES} test images" in shown
