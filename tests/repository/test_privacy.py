"""The page on privacy is short and names everything that a reader's browser keeps."""

from __future__ import annotations

import re

import pytest

from utils.files.places import BOOK

PAGE = (BOOK / "privacy.md").read_text(encoding="utf-8")
SCRIPT = (BOOK / "_static" / "keep" / "progress.js").read_text(encoding="utf-8")
KINDS = re.search(r"^  const KINDS = \{\n(.*?)^  \};", SCRIPT, re.DOTALL | re.MULTILINE)[1]
FOUND = re.findall(
    r'^    (\w+): \{\n      prefix: "[^"]+",\n'
    r'      word: "([^"]+)",(?:\n      plural: "([^"]+)",)?',
    KINDS,
    re.MULTILINE,
)
"""Name, word and plural of each kind of thing that is kept."""
KEPT_APART = {"place.js": "last place", "store.js": "to a file, whose date is kept too"}
"""Scripts that keep something beside these kinds, and what the page calls it."""


def body() -> str:
    """The text under the page's heading, in one line."""
    text = re.search(r"^# .*?\n(.*?)^## ", PAGE, re.DOTALL | re.MULTILINE)[1]
    return " ".join(text.split())


def test_the_page_has_four_sentences():
    assert len(re.findall(r"[.?!](?= [A-Z]|$)", body())) == 4


def test_every_kind_of_the_script_is_found():
    assert len(FOUND) == KINDS.count("prefix:") > 0


@pytest.mark.parametrize(("kind", "word", "plural"), FOUND, ids=[found[0] for found in FOUND])
def test_each_kind_of_thing_that_the_browser_keeps_is_named(kind: str, word: str, plural: str):
    named = (plural or f"{word}s").removeprefix("lists of ")
    first = body().partition(". ")[0]
    assert re.search(rf"\b(flash)?{named}\b", first), f"name the {named} on book/privacy.md"


def test_what_is_kept_beside_these_kinds_is_named():
    scripts = (BOOK / "_static").rglob("*.js")
    keys = re.compile(r'"resnet-measured-[\w-]+:v\d+:?"')
    own = {path.name for path in scripts if keys.search(path.read_text(encoding="utf-8"))}
    assert own == set(KEPT_APART)
    assert all(name in body() for name in KEPT_APART.values())
    assert "choice of light or dark pages" in body()
