"""The notebooks run with Colab's older IPython and ipywidgets, and fetch the book's code."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OVERLAY = Path(os.environ.get("COLAB_PACKAGES", ROOT / ".venv" / "colab"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture
def colab(tmp_path) -> dict[str, str]:
    """The environment of a fresh Colab session in an empty folder."""
    if not (OVERLAY / "IPython").is_dir():
        pytest.fail(f"{OVERLAY} is missing: run the tests with make test", pytrace=False)
    return {
        **os.environ,
        "PYTHONPATH": str(OVERLAY),
        "RESNET_BOOK_REPOSITORY": str(ROOT),
        "RESNET_BOOK_OFFLINE": "1",
        "RESNET_BOOK_PROGRESS": "0",
    }


def test_the_versions_are_colabs(colab):
    code = "import IPython, ipywidgets; print(IPython.__version__, ipywidgets.__version__)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=colab, capture_output=True, encoding="utf-8", check=True
    )
    assert done.stdout.split() == ["7.34.0", "7.7.1"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_alone_as_on_colab(colab, tmp_path, path):
    shutil.copy(path, tmp_path)
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-q", "--nbval-lax", "--nbval-current-env",
            "--nbval-cell-timeout=240", "-p", "no:cacheprovider", path.name,
        ],
        cwd=tmp_path, env=colab, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    assert (tmp_path / "resnet-measured" / "utils").is_dir()
