"""The flashcards as a deck for Anki, the program for spaced repetition.

Answers "how do I take the cards with me?". Deck, note type and notes have identities that depend
on their names alone, so a newer deck updates the cards of an older one and keeps what Anki knows
about them.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterable
from html import escape
from pathlib import Path

import genanki

from utils.practice.flashcards import back_html, front_html, source_words
from utils.practice.kinds import Card
from utils.practice.markdown import page_title

NAME = "ResNet, Measured"
FIELDS = ("Front", "Back", "Source", "Chapter")
STYLE = """.card { max-width: 36em; margin: 1em auto; font: 20px/1.5 sans-serif; text-align: left; }
.about { color: #5a6470; font-size: 14px; }
.nightMode .about { color: #a3afbb; }"""


def stable_number(name: str) -> int:
    """A number that depends on a name alone, in the range that Anki takes for an identity."""
    return 1 << 30 | int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) >> 2


def plain_math(markup: str) -> str:
    """Formulas as Anki finds them: ``\\(...\\)`` without an element around."""
    return re.sub(r'<span class="math[^"]*">(\\\(.*?\\\))</span>', r"\1", markup, flags=re.DOTALL)


def full_links(markup: str, site: str) -> str:
    """Links to pages of the book with the whole address: a card is read outside the book."""
    return re.sub(r'(<a [^>]*?href=")(?:\.\./)+', rf"\g<1>{site}/", markup)


def note_fields(card: Card, site: str) -> list[str]:
    """What Anki stores for a card, in the order of :data:`FIELDS`."""
    sides = [plain_math(full_links(side, site)) for side in (front_html(card), back_html(card))]
    link = f'<a href="{site}/{card.chapter}.html">{escape(page_title(card.chapter))}</a>'
    return [*sides, escape(source_words(card)), link]


def note_type() -> genanki.Model:
    """Front, then front and back with the source."""
    return genanki.Model(
        stable_number(f"{NAME}: note type"),
        f"{NAME}: card",
        fields=[{"name": field} for field in FIELDS],
        templates=[
            {
                "name": "Card",
                "qfmt": "{{Front}}",
                "afmt": '{{FrontSide}}<hr id="answer">{{Back}}'
                '<p class="about">Source: {{Source}}. Chapter: {{Chapter}}.</p>',
            }
        ],
        css=STYLE,
    )


def write_deck(cards: Iterable[Card], path: Path, site: str) -> int:
    """Write the deck and return its size in bytes.

    Args:
        cards: in the order in which Anki introduces them.
        path: file to write, ``.apkg``.
        site: where the book is published, without a slash at the end.
    """
    deck, model = genanki.Deck(stable_number(NAME), NAME), note_type()
    for place, card in enumerate(cards):
        tags = [card.level, card.chapter.replace("/", "::")]
        guid = genanki.guid_for("resnet-measured", card.id)
        fields = note_fields(card, site)
        deck.add_note(genanki.Note(model, fields=fields, tags=tags, guid=guid, due=place))
    path.parent.mkdir(parents=True, exist_ok=True)
    now = float(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
    genanki.Package(deck).write_to_file(path, timestamp=now)
    return path.stat().st_size
