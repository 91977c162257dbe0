"""What shows data on a page: figures, tables, claims, records. Each module has its directives."""

from sphinx.application import Sphinx

from resnet_book import set_up

PARTS = (
    "explorable",
    "claims",
    "paper_table",
    "paper_recipe",
    "drawing",
    "drawn",
    "after",
    "timeline",
    "provenance",
    "lesion_lab",
    "playground",
    "take",
    "start",
    "accessibility",
)


def setup(app: Sphinx) -> None:
    """Set up every part."""
    set_up(app, __name__, PARTS)
