"""The slides of the four weeks: from ``book/slides`` to pages of the site that a teacher presents.

They are no pages of the book, because a slide has few words and a frame; so they are written when
the book is built, beside it, and the content policy then protects them like every page.
"""

from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from resnet_book.base import when_built
from resnet_book.slides.page import DECK_FOLDER, deck_html, deck_name
from utils.facts.checked import FactsError
from utils.facts.goals import WEEKS
from utils.files.whole import write_text

TEACHERS = "book/teachers"
"""The page that has the plan and links the slides; without it there are none."""
AFTER_LEFTOVERS = 800
"""After pages that no source makes are cleared away, and before the content policy."""


def write_decks(app: Sphinx, out: Path) -> None:
    """Write the page of each week; every build does, because any source may have changed.

    Raises:
        ExtensionError: a deck cannot be used; names the line of its file.
    """
    if TEACHERS not in app.env.found_docs:
        return
    for week in WEEKS:
        try:
            text = deck_html(week, app.config.html_title)
        except FactsError as problem:
            raise ExtensionError(str(problem)) from problem
        write_text(out / DECK_FOLDER / deck_name(week), text)


def setup(app: Sphinx) -> None:
    """Write the slides once the pages are written."""
    when_built(app, write_decks, priority=AFTER_LEFTOVERS)
