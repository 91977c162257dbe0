"""The flashcards of the bank as HTML: a list to read, and what the study session is made of.

Answers "what stands on a card?". Without a script each card is a question whose answer opens;
``cards.js`` makes a session of the same elements.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from html import escape
from pathlib import Path

from utils.facts.bibliography import who_and_when
from utils.practice.bank import BANK, load_bank
from utils.practice.kinds import LEVELS, Card
from utils.practice.markdown import block, in_order, inline, page_title

NEW_A_DAY = 10
"""New cards a day until the reader chooses another number."""


def load_cards(folder: Path = BANK) -> list[Card]:
    """Every card in the order in which it is introduced: by chapter, then easy to hard.

    Raises:
        QuestionError: the bank is malformed; names every fault.
    """
    cards = [question for question in load_bank(folder) if isinstance(question, Card)]
    chapters = in_order(card.chapter for card in cards)
    return sorted(cards, key=lambda c: (chapters.index(c.chapter), LEVELS.index(c.level)))


@cache
def works() -> dict[str, str]:
    """Words for each entry of the bibliography: "Veit et al. 2016", and "the paper" for one."""
    found = {key: f"{who} {year}" for key, (who, year) in who_and_when().items()}
    return {**found, "he2016deep": "the paper"}


def source_words(card: Card) -> str:
    """Where a card's fact comes from, with names in place of citation keys."""
    return re.sub(r"\b[a-z]+\d{4}[a-z]*\b", lambda key: works().get(key[0], key[0]), card.source)


def front_html(card: Card) -> str:
    """The question of a card."""
    return inline(card.front)


def back_html(card: Card) -> str:
    """The answer of a card, in paragraphs."""
    return block(card.back).strip()


def render_card(card: Card) -> str:
    """One card: its question, and its answer folded."""
    return (
        f'<li class="fc" id="{card.id}" data-card="{card.id}" data-chapter="{card.chapter}" '
        f'data-level="{card.level}"><details><summary><span class="fc-front">{front_html(card)}'
        f'</span></summary><div class="fc-back">{back_html(card)}</div>'
        f'<p class="fc-about">Source: {escape(source_words(card))}. '
        f'<span class="fc-level">{card.level.capitalize()}.</span></p></details></li>'
    )


def render_cards(cards: Sequence[Card], deck_link: str) -> str:
    """The place of the study session, and all cards by chapter.

    Args:
        cards: from :func:`load_cards`.
        deck_link: markup that offers the deck for Anki.
    """
    groups = []
    for chapter in dict.fromkeys(card.chapter for card in cards):
        members = [card for card in cards if card.chapter == chapter]
        name = escape(page_title(chapter))
        count = f"{len(members)} card{'' if len(members) == 1 else 's'}"
        items = "\n".join(render_card(card) for card in members)
        groups.append(
            f'<section class="fc-group" data-chapter="{chapter}" data-title="{name}">'
            f'<h3><a href="../{chapter}.html">{name}</a> <span class="fc-count">{count}</span></h3>'
            f'\n<ul class="fc-list">\n{items}\n</ul></section>'
        )
    listed = "\n".join(groups)
    return (
        f'<div class="fc-study" data-new-a-day="{NEW_A_DAY}"><p class="fc-plain">The study session '
        "needs JavaScript. Without it, use the list of all cards: say the answer first, then open "
        f'it.</p></div>\n{deck_link}\n<div class="fc-all">\n{listed}\n</div>'
    )


def render_due(cards: Sequence[Card], link: str) -> str:
    """A line for the start page; the script puts the number of due cards into it.

    Args:
        cards: the cards that are counted.
        link: address of the page of cards.
    """
    ids = escape(" ".join(card.id for card in cards))
    return (
        f'<p class="fc-due" data-cards="{ids}"><a href="{escape(link)}">Study with '
        f"{len(cards)} flashcards</a><span></span></p>"
    )
