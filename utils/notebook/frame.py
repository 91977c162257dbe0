"""The frame of every notebook: links at the top, the first two code cells, and the last one.

Answers "what is the same in all of them?". The first code cell makes a notebook work on Colab and
is folded; the repository's address in it is that of ``_config.yml``. The second is the reader's,
and the last says how long the run took. ``make notebooks`` puts them in.
"""

import json
import re
from collections.abc import Mapping

import nbformat

from utils.files.places import ROOT, pages_address
from utils.files.yaml_files import read_yaml
from utils.notebook.first_cell import NEEDS as NEEDS_FILE

BOOTSTRAP_TAG = "bootstrap"
BOOTSTRAP = """\
# @title Find the book's code, or fetch it
import sys
from pathlib import Path
from urllib.request import URLError, urlopen

BOOK = "{address}"
FILE = "utils/notebook/first_cell.py"
ON = "Turn the network on (Kaggle: Settings, Turn on internet)"
near = [*Path("{folder}/_").absolute().parents, *sys.path]
near = [Path(p, FILE).absolute().as_uri() for p in near]
for url in (*near, f"{{BOOK}}/raw/HEAD/{{FILE}}"):
    try:
        exec(urlopen(url, timeout=30).read(), book := {{}})
        begin = book["READY"](BOOK, needs={level})
        break
    except Exception as error:
        why = f"Try again, or fetch the notebook anew ({{url}}: {{error}})"
        why = ON if type(error) is URLError else why
else:
    sys.exit(why)"""
"""A copy that is older than the cell, cut short or not Python is passed over, and the address comes
last. Only an address that cannot be reached at all gives exactly a ``URLError``."""
FOLDED = {
    "cellView": "form",
    "jupyter": {"source_hidden": True},
    "tags": [BOOTSTRAP_TAG, "remove-input"],
}
"""Metadata of that cell: Colab shows its title, JupyterLab a bar to open it, a page nothing."""
BEGIN_TAG = "begin"
BEGIN = """\
FULL = {full}
session, book_data = begin(full=FULL)"""
ON_A_GPU = "None  # CIFAR-10 where there is a GPU; True or False: you choose"
"""In notebooks whose metadata says ``full_on_gpu``: with a GPU, *Run all* is the real thing."""
END_TAG = "used"
END = "session.used()"
TOP_TAG = "top"
TOP = """\
**[Open in Colab]({colab})** · **[Read as a page]({page})** · **[Download]({raw})**"""
GIVEN_AWAY = ("utils.miniatures.playground",)
"""What the notebook imports that a reader takes from the playground."""
NEEDS = ROOT / NEEDS_FILE
IMPORT = re.compile(r"^\s*(?:from (utils[\w.]*) import (.+)|import (utils[\w.]*))", re.MULTILINE)


def imported_modules() -> list[str]:
    """What notebooks import of ``utils``, those that pages give away too, and the first cell."""
    found = {"utils.notebook.session", "utils.notebook.first_cell", *GIVEN_AWAY}
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


def config() -> dict:
    """The book's settings, the one place of its addresses."""
    return read_yaml(ROOT / "_config.yml")


def repository_address() -> str:
    """The repository's address, from its one place."""
    return config()["repository"]["url"]


def bootstrap() -> str:
    """The first code cell of every notebook: folded, for it is not what the reader came for."""
    address = repository_address()
    level = read_needs()["level"]
    return BOOTSTRAP.format(address=address, folder=address.rpartition("/")[2], level=level)


def begin(metadata: Mapping) -> str:
    """The reader's own first cell."""
    return BEGIN.format(full=ON_A_GPU if metadata.get("full_on_gpu") else "False")


def top(name: str) -> str:
    """Where else the notebook of this file name can be had."""
    known = config()
    address, branch = known["repository"]["url"], known["repository"]["branch"]
    path, colab = f"notebooks/{name}", known["launch_buttons"]["colab_url"]
    owner_and_name = "/".join(address.split("/")[-2:])
    return TOP.format(
        colab=f"{colab}/github/{owner_and_name}/blob/{branch}/{path}",
        page=f"{pages_address(address)}/{path.removesuffix('.ipynb')}.html",
        raw=f"{address}/raw/{branch}/{path}",
    )


def is_frame(cell: nbformat.NotebookNode) -> bool:
    """Whether a cell is one that ``make notebooks`` adds at the top or at the end."""
    return bool({TOP_TAG, END_TAG} & set(cell.metadata.get("tags", [])))


def refresh_first_cells(notebook: nbformat.NotebookNode) -> None:
    """Put the current first two code cells into a notebook.

    Raises:
        ValueError: no cell, or more than one, carries the tag "bootstrap", or "begin".
    """
    for tag, source, metadata in (
        (BOOTSTRAP_TAG, bootstrap(), FOLDED),
        (BEGIN_TAG, begin(notebook.metadata), {}),
    ):
        cells = [c for c in notebook.cells if tag in c.metadata.get("tags", [])]
        if len(cells) != 1:
            raise ValueError(f"a notebook needs one cell tagged {tag!r}, found {len(cells)}")
        cells[0].source = source
        cells[0].metadata.update(metadata)


def refresh_frame(notebook: nbformat.NotebookNode, name: str) -> None:
    """Put the current first cells and the last one into a notebook.

    Raises:
        ValueError: no cell, or more than one, carries the tag "bootstrap", or "begin".
    """
    refresh_first_cells(notebook)
    told = nbformat.v4.new_markdown_cell(top(name), metadata={"tags": [TOP_TAG, "remove-cell"]})
    last = nbformat.v4.new_code_cell(
        END, metadata={"tags": [END_TAG, "remove-cell", "nbval-ignore-output"]}
    )
    inner = [cell for cell in notebook.cells if not is_frame(cell)]
    for number, cell in enumerate(inner):
        cell.id = f"cell-{number:02d}"
    told.id, last.id = "top", "used"
    notebook.cells = [told, *inner, last]
