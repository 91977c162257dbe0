"""What the start page shows of the whole book, and where a reader left off.

    ```{in-figures}
    ```

says how much has been measured and asked. ``left-off`` is one line with a link to the section that
the reader saw last; it stays hidden until the browser remembers one.
"""

import json
from html import escape

from docutils import nodes
from sphinx.application import Sphinx

from resnet_book.base import Directive, link_files, link_where, on_page
from utils.facts import claims, goals
from utils.practice import bank
from utils.results import totals

SCRIPT = "keep/place.js"
STYLE = "pages/start.css"
MARK = "book-left-off"


class InFigures(Directive):
    """Trainings, hours, questions and claims, each counted from its source."""

    reads = (totals, bank, claims)
    stops = True

    def show(self) -> list[nodes.Node]:
        measured = totals.totals()
        figures = [
            (measured.trainings, "networks trained and recorded"),
            (round(measured.hours), "hours of measuring, on ordinary processors"),
            (len(bank.load_bank()), "questions and flashcards, with a reason for each answer"),
            (len(claims.current_claims().claims), "popular claims checked"),
        ]
        rows = "".join(
            f"<div><dt>{escape(words)}</dt><dd>{count:,}</dd></div>" for count, words in figures
        )
        return [self.html(f'<dl class="book-figures">{rows}</dl>')]


class LeftOff(Directive):
    """A place for the link back; the list of pages keeps a stored one from leading elsewhere."""

    reads = (goals,)
    stops = True

    def show(self) -> list[nodes.Node]:
        builder, here = self.env.app.builder, self.env.docname
        pages = {page: builder.get_relative_uri(here, page) for page in goals.load_chapters()}
        known = escape(json.dumps(pages))
        line = f'<p class="{MARK}" data-pages="{known}" hidden>Continue: <a></a></p>'
        return [self.html(line)]


def remember(app: Sphinx, page: str, context: dict) -> None:
    """Let the pages with goals remember the section that was read last."""
    if page in goals.load_chapters():
        link_files(app, SCRIPT)


def setup(app: Sphinx) -> None:
    app.add_directive("in-figures", InFigures)
    app.add_directive("left-off", LeftOff)
    on_page(app, remember)
    link_where(app, f'class="{MARK}"', STYLE, SCRIPT)
