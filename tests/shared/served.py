"""What the repository's address offers to a first cell, as a folder on this machine."""

import shutil
import subprocess
from pathlib import Path

from utils.notebook import frame

ROOT = Path(__file__).parents[2]
NAME = frame.repository_address().rpartition("/")[2]


def offer(folder: Path) -> Path:
    """A clone, an archive and the single file that a cell fetches; the folder has our name."""
    served = folder / NAME
    subprocess.run(["git", "clone", "--quiet", "--bare", str(ROOT), str(served)], check=True)
    (served / "archive").mkdir()
    packed = served / "archive/HEAD.tar.gz"
    subprocess.run(
        ["git", "archive", f"--prefix={NAME}-HEAD/", "--output", str(packed), "HEAD"],
        cwd=ROOT, check=True,
    )  # fmt: skip
    (served / "raw/HEAD/utils/notebook").mkdir(parents=True)
    shutil.copy(ROOT / "utils/notebook/first_cell.py", served / "raw/HEAD/utils/notebook")
    return served
