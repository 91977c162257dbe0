"""Which works does the book cite? The one reader of ``book/references.bib``.

Keys for those who check citations; authors and year as readers see them for those who print them.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from utils.files.places import BOOK

if TYPE_CHECKING:
    from pybtex.database import BibliographyData, Entry

BIBLIOGRAPHY = BOOK / "references.bib"


def parse(text: str) -> BibliographyData:
    """The entries of a BibTeX text by key, in their order.

    Raises:
        ValueError: not BibTeX, or a key that stands twice; says the line.
    """
    from pybtex.database import BibliographyDataError, parse_string
    from pybtex.scanner import PybtexSyntaxError

    try:
        return parse_string(text, "bibtex")
    except (BibliographyDataError, PybtexSyntaxError) as problem:
        raise ValueError(f"{BIBLIOGRAPHY.name}: {problem}; mend the entry") from problem


@cache
def entries() -> dict[str, Entry]:
    """Every work by key."""
    return dict(parse(BIBLIOGRAPHY.read_text(encoding="utf-8")).entries)


def keys() -> set[str]:
    """The keys that can be cited."""
    return set(entries())


def authors(entry: Entry) -> str:
    """Family names: "He", "Srivastava and Greff" or "He et al."."""
    people = entry.persons["author"]
    names = [" ".join([*one.prelast_names, *one.last_names]).strip("{} ") for one in people]
    return " and ".join(names) if len(names) < 3 else f"{names[0]} et al."


@cache
def who_and_when() -> dict[str, tuple[str, str]]:
    """Authors and year of every work by key: ("He et al.", "2016a")."""
    return {key: (authors(one), one.fields["year"]) for key, one in entries().items()}


@cache
def works() -> dict[str, str]:
    """Every work by key, as "He et al. (2016a)"."""
    return {key: f"{who} ({year})" for key, (who, year) in who_and_when().items()}
