"""What asks the reader: the question bank and its flashcards."""

from sphinx.application import Sphinx

from resnet_book import set_up

PARTS = ("questions", "cards", "exports", "concepts", "pack", "searched")


def setup(app: Sphinx) -> None:
    """Set up every part."""
    set_up(app, __name__, PARTS)
