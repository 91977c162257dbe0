"""Run the notebooks as a reader without network or GPU would, and store their outputs.

The figures of a notebook are kept beside it (see :mod:`utils.notebook.stills`).
``make notebooks`` also puts today's numbers into the text (see :mod:`utils.notebook.filled`) and
refreshes the first two code cells of each. The first makes a notebook work
on Colab and is folded; the repository's address in it is that of ``_config.yml``. The second is the
reader's.

A chapter promises to run in under 90 seconds on two cores. One that takes longer is left as it
was, and the command fails. On a machine with other work, ``--limit SECONDS`` allows more.
"""

import argparse
import json
import os
import re
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from utils.files.places import ROOT
from utils.files.yaml_files import read_yaml
from utils.notebook.filled import fill, words_of
from utils.notebook.first_cell import NEEDS as NEEDS_FILE
from utils.notebook.stills import chromium, photographs, put_away, remove_unused

FOLDER = ROOT / "notebooks"
LIMIT = 90.0
"""Seconds that a chapter promises to need at most, on two cores."""
CELL_TIMEOUT = 300.0
BOOTSTRAP_TAG = "bootstrap"
BOOTSTRAP = """\
# @title Find the book's code, or fetch it
import sys
from functools import partial
from pathlib import Path
from urllib.request import urlopen

BOOK = "{address}"
FILE = "utils/notebook/first_cell.py"
near = [*Path("{folder}/_").absolute().parents, *sys.path]
near = [f for f in (Path(p, FILE) for p in near) if f.is_file()]
try:
    url = near[0].as_uri() if near else f"{{BOOK}}/raw/HEAD/{{FILE}}"
    exec(urlopen(url, timeout=30).read(), book := {{}})
except Exception:
    sys.exit("Turn the network on (Kaggle: Settings, Turn on internet)")
begin = partial(book["begin"], BOOK, needs={level})"""
FOLDED = {
    "cellView": "form",
    "jupyter": {"source_hidden": True},
    "tags": [BOOTSTRAP_TAG, "remove-input"],
}
"""Metadata of that cell: Colab shows its title, JupyterLab a bar to open it, a page nothing."""
BEGIN_TAG = "begin"
BEGIN = """\
FULL = False
session, say, book_data = begin(full=FULL)"""
NEEDS = ROOT / NEEDS_FILE
IMPORT = re.compile(r"^\s*(?:from (utils[\w.]*) import (.+)|import (utils[\w.]*))", re.MULTILINE)


def imported_modules() -> list[str]:
    """The modules of ``utils`` that the notebooks import, and the first cell itself."""
    found = {"utils.notebook.session", "utils.notebook.first_cell"}
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                for module, names, plain in IMPORT.findall(cell.source):
                    found |= {module or plain} - {"utils"}
                    inner = {f"{module}.{name.split()[0]}" for name in names.split(",") if module}
                    found |= {name for name in inner if is_module(name)}
    return sorted(found)


def is_module(name: str) -> bool:
    """Whether a dotted name is a module or a package of this repository."""
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def read_needs() -> dict:
    """What the notebooks import, and the level of the code that has it."""
    return json.loads(NEEDS.read_text(encoding="utf-8"))


def refresh_needs() -> None:
    """Raise the level when the notebooks import other modules than before."""
    needs = read_needs()
    imports = imported_modules()
    if imports != needs["imports"]:
        needs = {"level": needs["level"] + 1, "imports": imports}
        NEEDS.write_text(json.dumps(needs, indent=2) + "\n", encoding="utf-8")


def repository_address() -> str:
    """The repository's address, from its one place."""
    return read_yaml(ROOT / "_config.yml")["repository"]["url"]


def bootstrap() -> str:
    """The first code cell of every notebook: folded, for it is not what the reader came for."""
    address = repository_address()
    level = read_needs()["level"]
    return BOOTSTRAP.format(address=address, folder=address.rpartition("/")[2], level=level)


def refresh_bootstrap(notebook: nbformat.NotebookNode) -> None:
    """Put the current first two code cells into a notebook.

    Raises:
        ValueError: no cell, or more than one, carries the tag "bootstrap", or "begin".
    """
    for tag, source, metadata in ((BOOTSTRAP_TAG, bootstrap(), FOLDED), (BEGIN_TAG, BEGIN, {})):
        cells = [c for c in notebook.cells if tag in c.metadata.get("tags", [])]
        if len(cells) != 1:
            raise ValueError(f"a notebook needs one cell tagged {tag!r}, found {len(cells)}")
        cells[0].source = source
        cells[0].metadata.update(metadata)


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
    earlier = photographs(notebook)
    refresh_bootstrap(notebook)
    refresh_text(notebook)
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
    put_away(notebook, earlier, chromium)
    nbformat.write(notebook, path)
    return seconds


def only_text(path: Path) -> None:
    """Put today's numbers into the text of one notebook and run nothing."""
    notebook = nbformat.read(path, as_version=4)
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
        "--text", action="store_true", help="only put today's numbers into the text; run nothing"
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
