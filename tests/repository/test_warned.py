"""A library's new warning fails no notebook; a changed output and an error do."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
WARNS = """import warnings
warnings.warn("this will change in version 99", FutureWarning)
print(6 * 7)"""
CELLS = {
    "warns": WARNS,
    "says_more": WARNS + "\nprint('and more')",
    "says_something_else": WARNS.replace("6 * 7", "6 * 8"),
    "stops": WARNS + "\nraise ValueError('no')",
}
"""Cells whose stored output is 42 alone."""


@pytest.fixture(scope="module")
def outcomes() -> Iterator[dict[str, str]]:
    """What the checks of the notebooks say of each cell, by its name."""
    with tempfile.TemporaryDirectory(dir=ROOT, prefix=".warned-") as folder:
        for name, code in CELLS.items():
            stored = nbformat.v4.new_output("stream", name="stdout", text="42\n")
            cell = nbformat.v4.new_code_cell(code, outputs=[stored], execution_count=1)
            nbformat.write(nbformat.v4.new_notebook(cells=[cell]), Path(folder, f"{name}.ipynb"))
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", folder],
            cwd=ROOT, capture_output=True, encoding="utf-8",
        )  # fmt: skip
    yield dict(re.findall(r"(\w+)(?:\.|::)ipynb::Cell 0 (PASSED|FAILED)", done.stdout))


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("warns", "PASSED"),
        ("says_more", "FAILED"),
        ("says_something_else", "FAILED"),
        ("stops", "FAILED"),
    ],
)
def test_only_what_is_ours_is_compared(outcomes, name, outcome):
    assert outcomes[name] == outcome
