"""Which works does the book cite? The one reader of ``book/references.bib``.

Keys for those who check citations; authors and year as readers see them for those who print them.
The file holds plain years. The letter that tells two works of the same authors and year apart is
made here, so that pages, notebooks and figures call a work by one name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from string import ascii_lowercase
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


def foreign_titles() -> dict[str, str]:
    """Titles that are not in English, each with the code of its language from ``langid``."""
    return {
        work.fields["title"].replace("{", "").replace("}", ""): work.fields["langid"]
        for work in entries().values()
        if "langid" in work.fields
    }


def authors(entry: Entry) -> str:
    """Family names: "He", "Srivastava and Greff" or "He et al."."""
    people = entry.persons["author"]
    names = [" ".join([*one.prelast_names, *one.last_names]).strip("{} ") for one in people]
    return " and ".join(names) if len(names) < 3 else f"{names[0]} et al."


def years(works: Mapping[str, Entry]) -> dict[str, str]:
    """The year of every work by key, as readers see it: "2015", or "2016a" where one of several.

    Works of the same names and year get letters in the order of their titles.
    """
    alike = defaultdict(list)
    for key, work in works.items():
        alike[authors(work), work.fields["year"]].append(key)
    found = {}
    for (_, year), keys in alike.items():
        keys.sort(key=lambda key: works[key].fields["title"].strip("{").lower())
        letters = ascii_lowercase if len(keys) > 1 else ("",)
        found |= {key: year + letter for key, letter in zip(keys, letters, strict=False)}
    return {key: found[key] for key in works}


@cache
def who_and_when() -> dict[str, tuple[str, str]]:
    """Authors and year of every work by key: ("He et al.", "2016a")."""
    when = years(entries())
    return {key: (authors(one), when[key]) for key, one in entries().items()}


def name(key: str) -> str:
    """A work in running text, as "He et al. 2016a".

    Raises:
        KeyError: no such work.
    """
    return " ".join(who_and_when()[key])


@cache
def works() -> dict[str, str]:
    """Every work by key, as "He et al. (2016a)"."""
    return {key: f"{who} ({year})" for key, (who, year) in who_and_when().items()}
