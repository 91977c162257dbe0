"""Directives for the flashcards of the question bank, and their deck for Anki.

    ```{cards}
    ```

shows every card with its answer folded, and the place of the study session; ``due-cards`` is one
line for the start page, with the number of cards that are due. The deck is written when the page
of cards is read.
"""

from docutils import nodes
from sphinx.application import Sphinx

from resnet_book.base import Directive, Download, link_where, when_built
from resnet_book.pages.meta import site_address
from utils.practice import anki as anki_deck
from utils.practice import flashcards

PAGE = "book/cards"
DECK = Download("resnet-measured.apkg", PAGE, "fc-deck")
SCHEDULER = "vendor/ts-fsrs/index.umd.js"
STUDY = ("keep/keep.css", "cards/cards.css", "keep/keep.js", SCHEDULER, "cards/cards.js")


class Cards(Directive):
    """All cards."""

    reads = (flashcards, anki_deck)
    stops = True

    def show(self) -> list[nodes.Node]:
        cards = flashcards.load_cards()
        app = self.env.app
        anki_deck.write_deck(cards, DECK.waiting(app), site_address(app))
        deck = DECK.link(app, "Deck for Anki", f"{len(cards)} cards")
        return [self.html(flashcards.render_cards(cards, deck))]


class DueCards(Directive):
    """One line with the number of due cards."""

    reads = (flashcards,)
    stops = True

    def show(self) -> list[nodes.Node]:
        link = self.env.app.builder.get_relative_uri(self.env.docname, PAGE)
        return [self.html(flashcards.render_due(flashcards.load_cards(), link))]


def setup(app: Sphinx) -> None:
    app.add_directive("cards", Cards)
    app.add_directive("due-cards", DueCards)
    link_where(app, 'class="(fc-study|fc-due)"', "keep/progress.js", "cards/state.js")
    link_where(app, 'class="fc-study"', *STUDY)
    when_built(app, DECK.publish)
