"""The notebook of the clinic with every patient repaired runs and prints what the source says."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from utils.practice import clinic, ward
from utils.practice.clinic import load_clinic, make_notebook

ROOT = Path(__file__).parents[2]
CLINIC = load_clinic()
RUN_TIMEOUT_S = 600


@pytest.fixture
def solved() -> Iterator[Path]:
    """The solved notebook, below the repository so that its first cell finds the book's code."""
    (ROOT / "_build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "_build") as folder:
        path = Path(folder) / "solved.ipynb"
        assert clinic.main(["--solved", str(path)]) == 0
        yield path


def test_the_solved_notebook_runs_under_nbval_and_prints_what_the_source_says(solved):
    made = nbformat.read(solved, as_version=4)
    nbformat.validate(made)
    stored = "".join(o.get("text", "") for c in made.cells for o in c.get("outputs", []))
    assert stored.count("GREEN") == ward.PATIENTS and "RED" not in stored
    assert f"{ward.PATIENTS} of {ward.PATIENTS} patients are well.\n" in stored
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval",
            "--nbval-current-env", "--nbval-cell-timeout=120",
            "--nbval-sanitize-with=tests/sanitize.cfg", "--override-ini=addopts=", str(solved),
        ],
        cwd=ROOT, capture_output=True, encoding="utf-8", timeout=RUN_TIMEOUT_S,
        env={**os.environ, "RESNET_BOOK_DATA": "", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    cells = sum(cell.cell_type == "code" for cell in made.cells)
    assert done.returncode == 0, done.stdout[-3000:]
    assert f"{cells} passed" in done.stdout


def test_broken_and_solved_notebook_differ_in_the_patients_cells_alone():
    broken, solved = make_notebook(CLINIC), make_notebook(CLINIC, solved=True)
    differing = [
        (one.source, other.source)
        for one, other in zip(broken.cells, solved.cells, strict=True)
        if one != other
    ]
    assert differing == [(p.code, p.fixed) for p in CLINIC.patients]
