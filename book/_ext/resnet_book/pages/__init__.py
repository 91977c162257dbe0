"""What concerns every page: when it is built again, its head, its words, what it may load.

The first two keep pages in step with their sources and with each other; the last one judges what
all others have written.
"""

from sphinx.application import Sphinx

from resnet_book import set_up

PARTS = (
    "plain", "dependencies", "letters", "code", "later", "structure", "policy", "search", "goals",
    "minutes", "copies", "definitions", "own_ids", "kept_anchors", "formulas", "accessible",
    "cells", "header", "foot", "deferred", "meta", "selfcontained", "together",
)  # fmt: skip


def setup(app: Sphinx) -> None:
    """Set up every part, in the order in which they answer one event."""
    set_up(app, __name__, PARTS)
