"""Directives for the flashcards of the question bank, and their deck for Anki.

    ```{cards}
    ```

shows every card with its answer folded, and the place of the study session; ``due-cards`` is one
line for the start page, with the number of cards that are due. The deck is written when the page
of cards is read, and lies in the output at :data:`DECK`.
"""

import math
import shutil
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

from resnet_book.base import Directive, link_where, when_built
from resnet_book.pages.meta import site_address
from utils.practice import anki as anki_deck
from utils.practice import flashcards

PAGE = "book/cards"
DECK = "downloads/resnet-measured.apkg"
SCHEDULER = "vendor/ts-fsrs/index.umd.js"
STUDY = ("keep/keep.css", "cards/cards.css", "keep/keep.js", SCHEDULER, "cards/cards.js")


def stored_deck(app: Sphinx) -> Path:
    """Where the deck waits for the end of the build."""
    return Path(app.doctreedir) / Path(DECK).name


class Cards(Directive):
    """All cards."""

    reads = (flashcards, anki_deck)
    stops = True

    def show(self) -> list[nodes.Node]:
        cards = flashcards.load_cards()
        size = anki_deck.write_deck(cards, stored_deck(self.env.app), site_address(self.env.app))
        deck = (
            f'<p class="fc-deck"><a class="reference download" href="../{DECK}" download>Deck for '
            f"Anki</a> ({len(cards)} cards, {math.ceil(size / 1000)} KB)</p>"
        )
        return [self.html(flashcards.render_cards(cards, deck))]


class DueCards(Directive):
    """One line with the number of due cards."""

    reads = (flashcards,)
    stops = True

    def show(self) -> list[nodes.Node]:
        link = self.env.app.builder.get_relative_uri(self.env.docname, PAGE)
        return [self.html(flashcards.render_due(flashcards.load_cards(), link))]


def publish_deck(app: Sphinx, out: Path) -> None:
    """Copy the deck into the output; without the page of cards there is none."""
    target = out / DECK
    if PAGE not in app.env.found_docs:
        stored_deck(app).unlink(missing_ok=True)
        target.unlink(missing_ok=True)
    elif stored_deck(app).is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(stored_deck(app), target)


def setup(app: Sphinx) -> None:
    app.add_directive("cards", Cards)
    app.add_directive("due-cards", DueCards)
    link_where(app, 'class="(fc-study|fc-due)"', "keep/progress.js", "cards/state.js")
    link_where(app, 'class="fc-study"', *STUDY)
    when_built(app, publish_deck)
