"""Questions of the bank on the built pages."""

from __future__ import annotations

import re
from functools import cache

import pytest
from browser import BUILD
from question_places import places

from utils.practice.bank import read_bank

RAW = read_bank()
of_each = pytest.mark.parametrize("question", RAW, ids=lambda question: question.id)


# The book's bank ---------------------------------------------------------------------------------


@cache
def glossary() -> set[str]:
    """Terms of the glossary in lower case."""
    page = (BUILD / "book" / "glossary.html").read_text(encoding="utf-8")
    return {term.lower() for term in re.findall(r'<dt id="term-[^"]*">([^<]+)', page)}


@of_each
def test_the_terms_of_a_question_stand_in_the_glossary(home, question):
    missing = [term for term in question.terms if term.lower() not in glossary()]
    assert not missing, f"{question.place}: not in the glossary: {missing}"


@cache
def anchors(page: str) -> set[str]:
    """Every id of a built page."""
    path = BUILD / f"{page}.html"
    return (
        set(re.findall(r'\bid="([^"]+)"', path.read_text(encoding="utf-8")))
        if path.is_file()
        else set()
    )


@of_each
def test_every_link_of_a_question_has_its_anchor(home, question):
    for place in places(question):
        page, anchor = place.split("#")
        assert anchor in anchors(page), f"{question.place}: {place} is not in the built book"
