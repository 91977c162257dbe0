"""Run the notebooks as a reader without network or GPU would, and store their outputs.

``make notebooks`` also puts today's numbers into the text (:mod:`utils.notebook.filled`), keeps the
figures beside the notebook (:mod:`utils.notebook.stills`), leaves in the place of knobs what they
showed at first (:mod:`utils.notebook.knobs`), and refreshes what all notebooks share
(:mod:`utils.notebook.frame`).

A chapter promises to run in under 90 seconds on two cores. One that takes longer is left as it
was, and the command fails. On a machine with other work, ``--limit SECONDS`` allows more.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import nbformat

from utils.files.places import ROOT
from utils.files.whole import atomic_write
from utils.notebook.client import NotebookClient
from utils.notebook.filled import fill, words_of
from utils.notebook.frame import (
    BEGIN,
    BEGIN_TAG,
    END,
    refresh_first_cells,
    refresh_frame,
    refresh_needs,
)
from utils.notebook.knobs import leave_first_state
from utils.notebook.stills import chromium, photographs, put_away, remove_unused

FOLDER = ROOT / "notebooks"
LIMIT = 90.0
"""Seconds that a chapter promises to need at most, on two cores."""
CELL_TIMEOUT = 300.0
FULL_CELL_TIMEOUT = 1800.0


def refresh_text(notebook: nbformat.NotebookNode) -> None:
    """Put what the records say today into the text cells.

    Raises:
        FillingError: a place that cannot be filled; says which and why.
    """
    words = words_of(notebook.metadata)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = fill(cell.source, words)


def clean(notebook: nbformat.NotebookNode) -> None:
    """Drop what differs from run to run and says nothing: widget state, times, counts."""
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            kept = [] if cell.source == END else cell.outputs
            cell.outputs = [o for o in kept if o.get("name") != "stderr"]


class TooSlowError(Exception):
    """A notebook took longer than it may; says what to do."""


def execute(notebook: nbformat.NotebookNode, path: Path, cell_timeout: float) -> float:
    """Execute a notebook from a fresh kernel in its own folder; returns the seconds.

    Args:
        notebook: gets the outputs.
        path: its file.
        cell_timeout: seconds after which a cell is given up.
    """
    client = NotebookClient(
        notebook,
        timeout=int(cell_timeout),
        resources={"metadata": {"path": str(path.parent)}},
    )
    started = time.perf_counter()
    client.execute()
    return time.perf_counter() - started


def run(path: Path, limit: float = LIMIT) -> float:
    """Execute one notebook from a fresh kernel and store its outputs; returns the seconds.

    Raises:
        TooSlowError: it took longer than ``limit`` seconds. The file is left as it was.
    """
    notebook = nbformat.read(path, as_version=4)
    earlier = photographs(notebook)
    refresh_frame(notebook, path.name)
    refresh_text(notebook)
    seconds = execute(notebook, path, max(CELL_TIMEOUT, limit))
    if seconds > limit:
        raise TooSlowError(
            f"{path.name} took {seconds:.0f} s, more than the {limit:g} s it may take, and is left "
            "as it was. Give its cells less to do; if this machine has other work, allow more with "
            "--limit SECONDS"
        )
    leave_first_state(notebook)
    clean(notebook)
    put_away(notebook, path.parent, earlier, chromium)
    nbformat.write(notebook, path)
    return seconds


def run_full(path: Path, folder: Path) -> float:
    """Execute one notebook on CIFAR-10 with the recorded budgets; returns the seconds.

    Args:
        path: the notebook, which stays as it is.
        folder: where the notebook with its outputs goes, under its own name.
    """
    notebook = nbformat.read(path, as_version=4)
    refresh_frame(notebook, path.name)
    (first,) = (c for c in notebook.cells if BEGIN_TAG in c.metadata.get("tags", []))
    first.source = BEGIN.format(full="True")
    seconds = execute(notebook, path, FULL_CELL_TIMEOUT)
    clean(notebook)
    with atomic_write(folder / path.name, "w") as file:
        nbformat.write(notebook, file)
    return seconds


def only_text(path: Path) -> None:
    """Put today's numbers and the present first cells into one notebook and run nothing."""
    notebook = nbformat.read(path, as_version=4)
    refresh_first_cells(notebook)
    refresh_text(notebook)
    nbformat.write(notebook, path)


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m utils.notebook", description=__doc__)
    parser.add_argument("names", nargs="*", help="parts of file names; default: all")
    parser.add_argument(
        "--limit",
        type=float,
        default=LIMIT,
        metavar="SECONDS",
        help=f"most that one notebook may take; default: {LIMIT:g}",
    )
    parser.add_argument(
        "--text",
        action="store_true",
        help="only put today's numbers into the text, and the first cells in; run nothing",
    )
    parser.add_argument(
        "--full",
        type=Path,
        metavar="DIR",
        help="run on CIFAR-10 with the recorded budgets and write into DIR instead",
    )
    options = parser.parse_args(arguments)
    if not options.limit > 0:
        parser.error(f"--limit must be above 0 seconds, not {options.limit:g}")
    names = options.names or [""]
    chosen = [p for p in sorted(FOLDER.glob("*.ipynb")) if any(name in p.name for name in names)]
    if options.text:
        for path in chosen:
            only_text(path)
        return 0
    os.environ["RESNET_BOOK_OFFLINE"] = "1"
    os.environ["RESNET_BOOK_PROGRESS"] = "0"
    if options.full:
        for path in chosen:
            print(f"{path.name}: {run_full(path, options.full):.0f} s")
        return 0
    refresh_needs()
    failures = 0
    for path in chosen:
        try:
            print(f"{path.name}: {run(path, options.limit):.0f} s")
        except TooSlowError as problem:
            print(problem, file=sys.stderr)
            failures += 1
    remove_unused(FOLDER)
    return 1 if failures else 0
