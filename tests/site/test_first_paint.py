"""What a browser must have before it draws a page: few files, and few bytes."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

import pytest
from browser import BUILD, html_pages
from bs4 import BeautifulSoup, Tag

SEARCH = "search.html"
"""Scripts in the text of this page use those of its head at once."""
MOST_FILES = 2
MOST_BYTES = 47_000
"""The head and what it waits for, compressed."""

on_every_page = pytest.mark.parametrize("page", html_pages())


@cache
def head_of(page: str) -> Tag:
    text = (BUILD / page).read_text(encoding="utf-8")
    return BeautifulSoup(text[: text.index("</head>")], "html.parser")


def waited_for(page: str) -> list[Path]:
    """The style sheets and scripts that a browser fetches before it draws a page."""
    asked = "link[rel~=stylesheet], script[src]:not([defer])"
    places = [tag.get("href") or tag.get("src") for tag in head_of(page).select(asked)]
    return [(BUILD / page).parent / place.partition("?")[0] for place in places]


def compressed(data: bytes) -> int:
    return len(gzip.compress(data, 6))


@on_every_page
def test_a_page_is_drawn_after_two_more_files(page: str):
    files = waited_for(page)
    scripts = {path.name for path in files if path.suffix == ".js"}
    assert len(files) - len(scripts) <= MOST_FILES
    assert not scripts or page == SEARCH


@on_every_page
def test_a_page_is_drawn_after_few_bytes(page: str):
    sheets = [path for path in waited_for(page) if path.suffix == ".css"]
    files = sum(compressed(path.read_bytes()) for path in sheets)
    assert files + compressed(str(head_of(page)).encode()) <= MOST_BYTES


@on_every_page
def test_no_sheet_of_a_page_fetches_another(page: str):
    assert [
        path for path in waited_for(page) if "@import" in path.read_text(encoding="utf-8")
    ] == []


@on_every_page
def test_no_script_of_a_page_waits_for_its_sheets(page: str):
    """A script that stands behind a style sheet keeps the rest of the page from being read."""
    scripts = "link[rel~=stylesheet] ~ script:not([src])"
    assert head_of(page).select(scripts) == []


@on_every_page
def test_the_scripts_of_the_theme_leave_the_line_to_the_sheets(page: str):
    text = (BUILD / page).read_text(encoding="utf-8")
    body = BeautifulSoup(text[text.index("</head>") :], "html.parser")
    assert body.select("script[src]:not([defer])") == []


def test_a_sheet_that_was_put_together_is_asked_for_by_some_page():
    asked = {path.resolve() for page in html_pages() for path in waited_for(page)}
    made = set((BUILD / "_static" / "together").iterdir())
    assert made and made <= asked
