"""Links the script that opens what a page keeps as text, on the pages that keep something.

It comes before the scripts that work on what it opens.
"""

from typing import Any

from sphinx.application import Sphinx

from resnet_book.base import link_files, on_page
from utils.display.later import KEPT

EARLY = 100
"""Scripts are linked at 500."""


def add(app: Sphinx, page: str, context: dict[str, Any]) -> None:
    """Link the script where it is needed."""
    if KEPT in context.get("body", ""):
        link_files(app, "pages/later.js")


def setup(app: Sphinx) -> None:
    """Connect to the build."""
    on_page(app, add, priority=EARLY)
