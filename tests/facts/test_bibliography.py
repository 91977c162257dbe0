"""The bibliography: plain BibTeX, complete for each kind of work, one name for one work."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pybtex.database import Entry, parse_file
from pybtex.errors import set_strict_mode

from utils.facts import bibliography
from utils.files.places import ROOT

ENTRIES = bibliography.entries()
NEEDED = {
    "article": {"author", "title", "journal", "year", "volume", "pages"},
    "book": {"author", "title", "publisher", "year"},
    "inproceedings": {"author", "title", "booktitle", "year", "pages"},
    "misc": {"author", "title", "year"},
    "phdthesis": {"author", "title", "school", "year"},
    "mastersthesis": {"author", "title", "school", "year"},
    "techreport": {"author", "title", "institution", "year"},
}
"""What a reader needs to find a work of this kind."""

FOUND_BY = {"doi", "eprint", "url"}
SERIES = re.compile("Neural Information Processing Systems|International Conference on Machine")
NAME = re.compile(r"\b([A-Z][a-z]+ et al\.) \(?((?:19|20)\d\d[a-z]?)\b")
PRINTED = ("utils/**/*.py", "book/_ext/**/*.py", "book/data/**/*.yml", "book/data/*.csv",
           "book/*.md", "notebooks/*.ipynb")  # fmt: skip


def fields(work: Entry) -> set[str]:
    """What the entry says, authors included."""
    return set(work.fields) | set(work.persons)


def test_the_file_is_plain_bibtex():
    set_strict_mode(True)
    assert set(parse_file(str(bibliography.BIBLIOGRAPHY), "bibtex").entries) == set(ENTRIES)


@pytest.mark.parametrize("key", ENTRIES)
def test_a_work_says_what_its_kind_needs_or_why_not(key: str):
    work = ENTRIES[key]
    missing = NEEDED[work.type] - fields(work)
    reason = work.fields.get("annote", "")
    assert not missing or (missing == {"pages"} and "pages" in reason), missing
    assert not (reason and "pages" in work.fields), "a reason for pages that are there"


@pytest.mark.parametrize("key", ENTRIES)
def test_a_year_is_a_year_and_pages_are_a_range(key: str):
    work = ENTRIES[key].fields
    assert re.fullmatch(r"(19|20)\d\d", work["year"])
    assert re.fullmatch(r"|e?\d+(\.\d+)?(--\d+(\.\d+)?)?", work.get("pages", ""))
    assert not {"number", "series"} & set(work) or "volume" in work


@pytest.mark.parametrize("key", ENTRIES)
def test_a_volume_is_told_where_the_proceedings_have_one(key: str):
    work = ENTRIES[key]
    if SERIES.search(work.fields.get("booktitle", "")) and key != "nair2010rectified":
        assert work.fields["volume"].isdigit()


def test_a_work_without_number_or_address_is_older_than_the_web():
    lost = {key for key, work in ENTRIES.items() if not FOUND_BY & set(work.fields)}
    assert all(int(ENTRIES[key].fields["year"]) < 1992 for key in lost)


def test_works_that_are_often_dated_wrongly_are_right():
    network, thesis = ENTRIES["lin2013network"], ENTRIES["hochreiter1991untersuchungen"]
    assert network.fields["year"] == "2014" and "Learning Repr" in network.fields["booktitle"]
    assert thesis.fields["type"] == "Diploma thesis"


def test_letters_tell_works_of_the_same_names_and_year_apart():
    works = bibliography.parse(
        "@misc{b, author={Ng, A and Li, B and Wu, C}, title={Beta}, year={2016}}"
        "@misc{a, author={Ng, A and Xu, B and Wu, C}, title={{Alpha}}, year={2016}}"
        "@misc{c, author={Ng, A and Xu, B and Wu, C}, title={Gamma}, year={2017}}"
    ).entries
    assert bibliography.years(works) == {"b": "2016b", "a": "2016a", "c": "2017"}


def test_a_name_is_that_of_its_work():
    assert bibliography.name("he2016deep") == "He et al. 2016a"
    assert bibliography.name("he2015delving") == "He et al. 2015"
    with pytest.raises(KeyError):
        bibliography.name("nobody1900nothing")


@pytest.mark.parametrize("pattern", PRINTED)
def test_every_work_goes_by_its_one_name(pattern: str):
    known = set(bibliography.who_and_when().values())
    wrong = [
        f"{path.relative_to(ROOT)}: {who} {year}"
        for path in sorted(Path(ROOT).glob(pattern))
        for who, year in NAME.findall(path.read_text(encoding="utf-8"))
        if (who, year) not in known
    ]
    assert not wrong
