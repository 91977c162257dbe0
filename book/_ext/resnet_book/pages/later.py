"""Links the script that opens what a page keeps as text, on the pages that keep something.

It runs before all others: they work on what it opens, and ``common.js`` sees whether it came.
"""

from sphinx.application import Sphinx

from resnet_book.base import link_where
from utils.display.later import KEPT

FIRST = 50
"""The script that all others need is linked at 100."""


def setup(app: Sphinx) -> None:
    """Connect to the build."""
    link_where(app, KEPT, "pages/later.js", priority=FIRST)
