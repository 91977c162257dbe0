"""What questions need to be read outside the book, in whichever format.

Answers "what does every format of the bank share?". Comes in: questions. Goes out: their markup
without what only the book's pages understand, their order by chapter and level, and the words that
stand around them. :mod:`moodle <utils.practice.moodle>`, :mod:`qti <utils.practice.qti>` and
:mod:`canvas <utils.practice.canvas>` write the formats.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import singledispatch
from html import escape, unescape
from typing import Any, NamedTuple
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from utils.display.drawings import drawing
from utils.practice.anki import full_links
from utils.practice.kinds import LEVELS, Question
from utils.practice.kinds.numeric import Numeric
from utils.practice.markdown import in_order, inline, page_title, plain, source_words

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
WRAPPERS = re.compile(r"</?(?:span|div)\b[^>]*>")
"""Elements that only the styles of the book's pages need."""
FORMULA = re.compile(r'<span class="math[^"]*">\\\((.*?)\\\)</span>', re.DOTALL)
VIEW = re.compile(r'viewBox="0 0 (\d+) (\d+)"')
TITLE_LENGTH = 70
"""Characters of a title in a list of questions."""


class ExportError(ValueError):
    """A question has no form in a format; says which one."""


class Group(NamedTuple):
    """Questions of one chapter and one level."""

    chapter: str
    level: str
    questions: list[Question]


def grouped(questions: Iterable[Question]) -> list[Group]:
    """Questions by chapter, in the order of the book, and from easy to hard."""
    found: dict[tuple[str, str], list[Question]] = {}
    for question in questions:
        found.setdefault((question.chapter, question.level), []).append(question)
    chapters = in_order(chapter for chapter, _ in found)
    places = [(chapter, level) for chapter in chapters for level in LEVELS]
    return [Group(*place, found[place]) for place in places if place in found]


def form_of(system: str, error: type[ExportError]) -> Any:
    """The function that says what a question becomes in a system, for its cases to register.

    It takes the question and the site. A kind without a case is refused.

    Args:
        system: how it is called.
        error: what is raised.

    Returns:
        A ``singledispatch``, one case for each kind of question.
    """

    @singledispatch
    def form(question: Question, site: str) -> Any:
        raise error(f"{question.id}: {system} cannot ask a question of the kind {question.kind}")

    return form


# Markup -------------------------------------------------------------------------------------------


def carried(markup: str, site: str, formula: Callable[[str], str]) -> str:
    """Markup of the book for another reader: whole addresses, no classes.

    Args:
        markup: HTML of the book's questions.
        site: where the book is published, without a slash at the end.
        formula: gives what that reader sets as a formula, from TeX without marks around it.
    """
    parts = FORMULA.split(full_links(markup, site))  # text, formula, text, formula, ..., text
    done = (
        formula(unescape(part)) if place % 2 else WRAPPERS.sub("", part)
        for place, part in enumerate(parts)
    )
    return "".join(done).strip()


def between_brackets(tex: str) -> str:
    """A formula as MathJax and most filters find it."""
    return rf"\({escape(tex)}\)"


def about(question: Question, site: str) -> str:
    """The line that says where a question comes from, and to which chapter it belongs."""
    link = f'<a href="{site}/{question.chapter}.html">{escape(page_title(question.chapter))}</a>'
    return f"<p>Source: {escape(source_words(question.source))}. Chapter: {link}.</p>"


def unit_markup(question: Numeric) -> str:
    """What follows a number that is asked for, in words that fit behind "in"."""
    unit = question.answer.unit
    return "per cent, without the sign" if plain(unit) == "%" else inline(unit)


def unit_sentence(question: Numeric) -> str:
    """What a learner has to know before she types a number; nothing for a bare number."""
    if not question.answer.unit:
        return ""
    return f"<p>Give your answer in {unit_markup(question)}.</p>"


def short_title(question: Question) -> str:
    """The first words of a prompt, by which a teacher knows a question in a list."""
    words = " ".join(plain(question.prompt).split())
    if len(words) <= TITLE_LENGTH:
        return words
    return words[:TITLE_LENGTH].rsplit(" ", 1)[0] + " …"


def bounds(value: float, reach: float) -> tuple[str, str]:
    """The least and the greatest number that is right, in digits, without an exponent.

    The sum is made with decimal digits: 3.5 and 0.1 give 3.6, which a learner may type.
    """
    middle, step = Decimal(repr(float(value))), Decimal(repr(float(reach)))
    return digits(middle - step), digits(middle + step)


def digits(number: Decimal) -> str:
    """A number with all of its digits, and no zeros behind the last of them."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def share(count: int, sign: int = 1) -> str:
    """One of ``count`` equal shares of the mark in per cent, as Moodle's list of shares has it."""
    return f"{sign * 100 / count:.5f}".rstrip("0").rstrip(".")


# Pictures -----------------------------------------------------------------------------------------


class Picture(NamedTuple):
    """A drawing as a file, and what it shows for those who do not see it."""

    content: bytes
    alt: str


def picture(name: str) -> Picture:
    """A drawing of the book with a size of its own: a page elsewhere would blow it up.

    Raises:
        DrawingError: no such drawing, or one without title and description.
    """
    svg, title, about = drawing(name)
    width, height = VIEW.search(svg).groups()
    sized = svg.replace("<svg ", f'<svg width="{width}" height="{height}" ', 1)
    return Picture(sized.encode(), f"{title}. {about}")


# Elements -----------------------------------------------------------------------------------------


def made(tag: str, inside: str | Iterable[Element] = "", /, **attributes: str) -> Element:
    """An element with a text or with elements in it."""
    element = Element(tag, attributes)
    if isinstance(inside, str):
        element.text = inside
    else:
        element.extend(list(inside))
    return element


def document(root: Element) -> bytes:
    """An element as a whole file."""
    return f"{DECLARATION}{ElementTree.tostring(root, encoding='unicode')}\n".encode()
