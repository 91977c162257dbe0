"""Run the notebooks as a reader without network or GPU would, and store their outputs.

``make notebooks`` also refreshes the first code cell of each, which makes a notebook work on
Colab; the repository's address in it is that of ``_config.yml``.

A chapter promises to run in under 90 seconds on two cores. One that takes longer is left as it
was, and the command fails. On a machine with other work, ``--limit SECONDS`` allows more.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import nbformat
import yaml
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "notebooks"
LIMIT = 90.0
"""Seconds that a chapter promises to need at most, on two cores."""
CELL_TIMEOUT = 300.0
BOOTSTRAP_TAG = "bootstrap"
BOOTSTRAP = """\
import os
import subprocess
import sys
from pathlib import Path

FULL = False
ADDRESS = "{address}"
folders = [Path.cwd(), *Path.cwd().parents, Path("{folder}").resolve()]
home = next((p for p in folders if (p / "utils/notebook.py").exists()), folders[-1])
if not home.exists():
    source = os.environ.get("RESNET_BOOK_REPOSITORY", ADDRESS)
    subprocess.run(["git", "clone", "--quiet", "--depth=1", source, home], check=True)
sys.path.insert(0, str(home))

from utils.notebook import book_data, say, start

session = start(full=FULL)"""


def repository_address() -> str:
    """The repository's address, from its one place."""
    return yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]["url"]


def bootstrap() -> str:
    """The first code cell of every notebook."""
    address = repository_address()
    return BOOTSTRAP.format(address=address, folder=address.rpartition("/")[2])


def refresh_bootstrap(notebook: nbformat.NotebookNode) -> None:
    """Put the current first code cell into a notebook.

    Raises:
        ValueError: no cell, or more than one, carries the tag "bootstrap".
    """
    cells = [c for c in notebook.cells if BOOTSTRAP_TAG in c.metadata.get("tags", [])]
    if len(cells) != 1:
        raise ValueError(f"a notebook needs one cell tagged {BOOTSTRAP_TAG!r}, found {len(cells)}")
    cells[0].source = bootstrap()


def clean(notebook: nbformat.NotebookNode) -> None:
    """Drop what differs from run to run and says nothing: widget state, times, counts."""
    notebook.metadata.pop("widgets", None)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:02d}"
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if o.get("name") != "stderr"]


class TooSlowError(Exception):
    """A notebook took longer than it may; says what to do."""


def run(path: Path, limit: float = LIMIT) -> float:
    """Execute one notebook from a fresh kernel and store its outputs; returns the seconds.

    Raises:
        TooSlowError: it took longer than ``limit`` seconds. The file is left as it was.
    """
    notebook = nbformat.read(path, as_version=4)
    refresh_bootstrap(notebook)
    client = NotebookClient(
        notebook,
        timeout=int(max(CELL_TIMEOUT, limit)),
        resources={"metadata": {"path": str(path.parent)}},
    )
    started = time.perf_counter()
    client.execute()
    seconds = time.perf_counter() - started
    if seconds > limit:
        raise TooSlowError(
            f"{path.name} took {seconds:.0f} s, more than the {limit:g} s it may take, and is left "
            "as it was. Give its cells less to do; if this machine has other work, allow more with "
            "--limit SECONDS"
        )
    clean(notebook)
    nbformat.write(notebook, path)
    return seconds


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m utils.notebooks", description=__doc__)
    parser.add_argument("names", nargs="*", help="parts of file names; default: all")
    parser.add_argument(
        "--limit",
        type=float,
        default=LIMIT,
        metavar="SECONDS",
        help=f"most that one notebook may take; default: {LIMIT:g}",
    )
    options = parser.parse_args(arguments)
    if not options.limit > 0:
        parser.error(f"--limit must be above 0 seconds, not {options.limit:g}")
    os.environ["RESNET_BOOK_OFFLINE"] = "1"
    os.environ["RESNET_BOOK_PROGRESS"] = "0"
    failures = 0
    for path in sorted(FOLDER.glob("*.ipynb")):
        if not options.names or any(name in path.name for name in options.names):
            try:
                print(f"{path.name}: {run(path, options.limit):.0f} s")
            except TooSlowError as problem:
                print(problem, file=sys.stderr)
                failures += 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
