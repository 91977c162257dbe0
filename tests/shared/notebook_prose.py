"""The text of a notebook as the book's page reads it."""

import json
from pathlib import Path

from resnet_book.pages.plain import as_myst


def sources(notebook: Path, kind: str) -> list[str]:
    """The cells of one kind, "markdown" or "code", as they are written."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == kind]


def markdown(notebook: Path) -> list[str]:
    """The text cells as they are written."""
    return sources(notebook, "markdown")


def page_markdown(notebook: Path) -> str:
    """All text cells, with the roles and directives of the page."""
    return as_myst("\n".join(markdown(notebook)))[0]
