"""Directives for the flashcards of the question bank, and their deck for Anki.

    ```{cards}
    ```

shows every card with its answer folded, and the place of the study session; ``due-cards`` is one
line for the start page, with the number of cards that are due. The deck is written when the page
of cards is read, and lies in the output at :data:`DECK`.
"""

from __future__ import annotations

import math
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dependencies import depends_on
from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from utils.practice import anki as anki_deck  # noqa: E402
from utils.practice import flashcards, kinds  # noqa: E402

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PAGE = "book/cards"
DECK = "downloads/resnet-measured.apkg"
SCHEDULER = "vendor/ts-fsrs/index.umd.js"


class all_cards(nodes.raw):
    """The list and the session."""


class due_line(nodes.raw):
    """The line of the start page."""


def known_cards() -> list[kinds.Card]:
    """Every card; a fault of the bank stops the build."""
    try:
        return flashcards.load_cards()
    except kinds.QuestionError as problem:
        raise ExtensionError(str(problem)) from problem


def stored_deck(app: Sphinx) -> Path:
    """Where the deck waits for the end of the build."""
    return Path(app.doctreedir) / Path(DECK).name


class Cards(SphinxDirective):
    """All cards."""

    def run(self) -> list[nodes.Node]:
        from meta import site_address

        depends_on(self.env, flashcards, anki_deck)
        cards = known_cards()
        size = anki_deck.write_deck(cards, stored_deck(self.env.app), site_address(self.env.app))
        deck = (
            f'<p class="fc-deck"><a class="reference download" href="../{DECK}" download>Deck for '
            f"Anki</a> ({len(cards)} cards, {math.ceil(size / 1000)} KB)</p>"
        )
        return [all_cards("", flashcards.render_cards(cards, deck), format="html")]


class DueCards(SphinxDirective):
    """One line with the number of due cards."""

    def run(self) -> list[nodes.Node]:
        depends_on(self.env, flashcards)
        link = self.env.app.builder.get_relative_uri(self.env.docname, PAGE)
        return [due_line("", flashcards.render_due(known_cards(), link), format="html")]


def visit_raw(self: Any, node: nodes.raw) -> None:
    """Write the markup as it is."""
    self.body.append(node.astext())
    raise nodes.SkipNode


def ask_for_mathjax(app: Sphinx, doctree: nodes.document) -> None:
    """Note that a page has formulas, which Sphinx does not see in raw markup."""
    if any('class="math ' in node.astext() for node in doctree.findall(all_cards)):
        app.env.get_domain("math").data["has_equations"][app.env.docname] = True


def link_assets(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    """Link scripts and style where there are cards, and nowhere else."""
    if not doctree:
        return
    study = any(doctree.findall(all_cards))
    if study or any(doctree.findall(due_line)):
        app.add_js_file("keep/progress.js", loading_method="defer")
        app.add_js_file("cards/state.js", loading_method="defer")
    if study:
        app.add_css_file("keep/keep.css")
        app.add_css_file("cards/cards.css")
        app.add_js_file("keep/keep.js", loading_method="defer")
        app.add_js_file(SCHEDULER, loading_method="defer")
        app.add_js_file("cards/cards.js", loading_method="defer")


def publish_deck(app: Sphinx, exception: Exception | None) -> None:
    """Copy the deck into the output; without the page of cards there is none."""
    if exception or app.builder.format != "html":
        return
    target = Path(app.outdir) / DECK
    if PAGE not in app.env.found_docs:
        stored_deck(app).unlink(missing_ok=True)
        target.unlink(missing_ok=True)
    elif stored_deck(app).is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(stored_deck(app), target)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_node(all_cards, html=(visit_raw, None))
    app.add_node(due_line, html=(visit_raw, None))
    app.add_directive("cards", Cards)
    app.add_directive("due-cards", DueCards)
    app.connect("doctree-read", ask_for_mathjax)
    app.connect("html-page-context", link_assets)
    app.connect("build-finished", publish_deck)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
