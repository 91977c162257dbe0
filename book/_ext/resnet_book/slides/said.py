"""What a role on a slide says: numbers from their sources, names of works and pages.

``{cell}`6/resnet-110/error` `` and its three relatives quote the ResNet paper, as on the pages.
``{words}`degradation:long_plain.deep` `` is what the chapter's module of words says for a place of
its notebook, ``{after}`` a number of a later work, and ``{value}`CALL|FORMAT` `` computes what the
questions compute. ``{page}`` links a page, ``{claim}`` a claim, ``{cite}`` names a work,
``{minutes}`` a reading time; ``{term}`` leaves the word alone, because a slide has no pop-ups.
"""

import importlib
import re
from collections.abc import Callable
from html import escape

from resnet_book.shows.paper_table import row_id
from utils.facts import after, bibliography, claims, goals, paper
from utils.notebook import filled
from utils.practice.markdown import inline, page_title, pages
from utils.practice.values import compute

WITH_TARGET = re.compile(r"(?P<text>.+?)\s*<(?P<target>[^<>]+)>", re.S)
TABLES = "book/paper"
APPENDIX = "book/paper_appendix"
IN_APPENDIX = ("9", "10", "11", "12", "13", "14")


def link(address: str, words: str, title: str = "") -> str:
    """A link to a page of the book, which opens beside the slides."""
    about = f' title="{escape(title)}"' if title else ""
    return f'<a href="../{escape(address)}"{about} target="_blank" rel="noopener">{words}</a>'


def cell(read: Callable[[str], tuple[paper.Cell, str]]) -> Callable[[str], str]:
    """A role that quotes the ResNet paper and links the row."""

    def role(text: str) -> str:
        found, words = read(text)
        page = APPENDIX if found.table.number in IN_APPENDIX else TABLES
        place = f"{page}.html#{row_id(found.table.number, found.row)}"
        return link(place, escape(words), found.described)

    return role


def words(text: str) -> str:
    """What a chapter's module of words says, for example ``degradation:long_plain.deep``."""
    chapter, _, name = text.partition(":")
    try:
        module = importlib.import_module(f"utils.chapters.{chapter}.words")
    except ModuleNotFoundError as error:
        raise ValueError(f"no module of words of a chapter {chapter!r}") from error
    return inline(filled.value(name, module))


def value(text: str) -> str:
    """A computed value, ``CALL`` or ``CALL|FORMAT``."""
    call, _, form = text.partition("|")
    return escape(format(compute({"value": call})["value"], form))


def page(text: str) -> str:
    """A link to a page, ``book/claims``, or ``words <book/claims#anchor>``."""
    found = WITH_TARGET.fullmatch(text)
    target = found["target"] if found else text
    name, _, anchor = target.partition("#")
    if name not in [*pages(), "book/index"]:
        raise ValueError(f"no page is called {name!r}")
    shown = inline(found["text"]) if found else escape(page_title(name))
    return link(f"{name}.html" + (f"#{anchor}" if anchor else ""), shown)


def claim(text: str) -> str:
    """A link to a claim, by its short title."""
    return link(f"book/claims.html#claim-{text}", f"“{escape(known_claim(text).short)}”")


def known_claim(name: str) -> claims.Claim:
    """A claim by its id.

    Raises:
        ValueError: there is none.
    """
    found = claims.current_claims().claims
    if name not in found:
        raise ValueError(f"no claim is called {name!r}")
    return found[name]


def cite(text: str) -> str:
    """Authors and year of a work."""
    known = bibliography.works()
    if text not in known:
        raise ValueError(f"no work is called {text!r} in references.bib")
    return escape(known[text])


def minutes(text: str) -> str:
    """The reading time of a page."""
    known = goals.load_chapters()
    if text not in known:
        raise ValueError(f"{text} has no reading time in goals.yml")
    return f"{known[text].minutes}\N{NO-BREAK SPACE}minutes"


def term(text: str) -> str:
    """The words alone."""
    found = WITH_TARGET.fullmatch(text)
    return escape(found["text"] if found else text)


ROLES: dict[str, Callable[[str], str]] = {
    "cell": cell(paper.quote),
    "cell-bare": cell(paper.bare),
    "cell-difference": cell(paper.difference),
    "cell-change": cell(paper.change),
    "after": lambda text: escape(after.quote(text)),
    "words": words,
    "value": value,
    "page": page,
    "claim": claim,
    "cite": cite,
    "cite:t": cite,
    "cite:p": lambda text: f"({cite(text)})",
    "minutes": minutes,
    "term": term,
}
"""Name -> what it makes of its text, as HTML."""
