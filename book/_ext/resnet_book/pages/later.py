"""Links the script that opens what a page keeps as text, on the pages that keep something.

It runs before all others: they work on what it opens, and ``common.js`` sees whether it came.
"""

from typing import Any

from sphinx.application import Sphinx

from resnet_book.base import on_page
from utils.display.later import KEPT

FIRST = 50
"""The script that all others need is linked at 100."""


def add(app: Sphinx, page: str, context: dict[str, Any]) -> None:
    """Link the script where it is needed."""
    if KEPT in context.get("body", ""):
        app.add_js_file("pages/later.js", priority=FIRST, loading_method="defer")


def setup(app: Sphinx) -> None:
    """Connect to the build."""
    on_page(app, add)
