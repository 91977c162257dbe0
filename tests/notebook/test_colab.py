"""The notebooks run with Colab's older IPython and ipywidgets, and fetch the book's code."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from notebook_code import with_fewer_steps
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from served import offer
from shared_trainings import environment

from utils.notebook.client import NotebookClient
from utils.notebook.frame import repository_address

ROOT = Path(__file__).parents[2]
OVERLAY = Path(os.environ.get("COLAB_PACKAGES", ROOT / ".venv" / "colab"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FEWER = {
    "02_simplecnn_vs_resnet": ("epochs = 1 if session.full else 2", "epochs = 1"),
    "03_degradation": ("else (8, 80)", "else (8, 4)"),
    "04_gradient_norms": ("steps=30, watched=False", "steps=5, watched=False"),
    "06_inside_a_resnet": ("test.subset(slice(1000))", "test.subset(slice(100))"),
    "08_time_to_accuracy": ("else (16, 64, 4)", "else (64, 128, 3)"),
    "12_fine_tuning": ("rate=0.1, steps=30", "rate=0.1, steps=3"),
}
"""Steps, epochs and images of a chapter, and what stands there here. That the same cells at full
length give what the notebook shows is tested where the notebooks run with the book's own packages;
this test asks whether each line runs with Colab's."""


@pytest.fixture(scope="module")
def origin(tmp_path_factory) -> Path:
    return offer(tmp_path_factory.mktemp("served"))


@pytest.fixture
def colab(tmp_path) -> dict[str, str]:
    """The environment of a fresh Colab session in an empty folder."""
    if not (OVERLAY / "IPython").is_dir():
        pytest.fail(f"{OVERLAY} is missing: run the tests with make test", pytrace=False)
    return {
        **os.environ,
        **environment("take", os.environ["RESNET_BOOK_SHARED"], OVERLAY),
        "RESNET_BOOK_OFFLINE": "1",
        "RESNET_BOOK_PROGRESS": "0",
    }


def test_the_versions_are_colabs(colab):
    code = "import IPython, ipywidgets; print(IPython.__version__, ipywidgets.__version__)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=colab, capture_output=True, encoding="utf-8", check=True
    )
    assert done.stdout.split() == ["7.34.0", "7.7.1"]


def pins() -> dict[str, str]:
    """Names and versions of Colab's packages that this Python installs."""
    lines = (ROOT / "requirements-colab.txt").read_text(encoding="utf-8").splitlines()
    wanted = [Requirement(line) for line in lines if line and not line.startswith("#")]
    here = [pin for pin in wanted if pin.marker is None or pin.marker.evaluate()]
    return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in here}


def test_what_the_kernel_loads_is_colabs_but_for_pytorch(colab):
    code = (
        "import importlib.metadata as m, json, sys; import utils.notebook.session, torch, "
        "torchvision, IPython, ipykernel, ipywidgets, matplotlib.pyplot, nbformat, pooch, "
        "pydantic, yaml, requests, safetensors, sklearn.datasets, tqdm, markdown_it; "
        "top = {name.partition('.')[0] for name in sys.modules}; "
        "owners = m.packages_distributions(); "
        "print(json.dumps({d: m.version(d) for name in top for d in owners.get(name, [])}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=colab, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    loaded = {canonicalize_name(name): v for name, v in json.loads(done.stdout).items()}
    theirs = {name: version for name, version in loaded.items() if name in pins()}
    print("Colab's:", ", ".join(f"{n} {v}" for n, v in sorted(theirs.items())))
    print("this machine's:", ", ".join(sorted(loaded.keys() - theirs.keys())))
    assert theirs == {name: pins()[name] for name in theirs}
    assert len(theirs) > 30
    assert {"torch", "torchvision"} <= loaded.keys() - theirs.keys()


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_alone_as_on_colab(colab, origin, tmp_path, path):
    cells = with_fewer_steps(path, FEWER)
    here = cells.replace(repository_address(), origin.as_uri())
    (tmp_path / path.name).write_text(here, encoding="utf-8")
    NotebookClient(
        nbformat.read(tmp_path / path.name, as_version=4),
        timeout=240,
        resources={"metadata": {"path": str(tmp_path)}},
    ).execute(env=colab)
    assert (tmp_path / "resnet-measured" / "utils").is_dir()
