"""A chapter printed as a PDF: tagged, with an outline, and without losing a word of its page."""

import os
import re
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from browser import BUILD, ROOT
from tagged import Tagged

from book.tools.pdf.chapters import Book, Chapter, read_book, read_chapter
from book.tools.pdf.files import Pdf, PrintError, completed
from book.tools.pdf.make import copy_style
from book.tools.pdf.paper import LEFT_OUT, on_paper
from book.tools.pdf.press import print_document
from book.tools.pdf.sheets import chapter_document, whole_document

PAGES = ("book/lesion_lab", "book/privacy")
"""A short chapter with figure, tables, code, questions and exercises, and a page beside it."""
WORD = re.compile(r"[A-Za-z]{4,}")


@pytest.fixture(scope="module")
def book() -> Book:
    return read_book(ROOT, BUILD)


@pytest.fixture(scope="module")
def chapters() -> list[Chapter]:
    return [read_chapter(BUILD, page, "Chapters", n) for n, page in enumerate(PAGES, 12)]


@pytest.fixture(scope="module")
def prints(book, chapters, chromium, tmp_path_factory) -> dict[str, bytes]:
    """The PDF of the chapter, and of a book of both pages."""
    folder = tmp_path_factory.mktemp("print")
    copy_style(folder)
    articles = {chapter.page: on_paper(chapter, book) for chapter in chapters}
    made = {}
    for name, text in (
        ("chapter", chapter_document(book, chapters[0], articles[PAGES[0]])),
        ("whole", whole_document(book, chapters, articles)),
    ):
        path = folder / f"{name}.html"
        path.write_text(text, encoding="utf-8")
        data = print_document(chromium, path)
        made[name] = completed(data, chapters[0].title, book.names, "About", book.released)
    return made


@pytest.fixture(scope="module")
def chapter(prints) -> Tagged:
    return Tagged(prints["chapter"])


def pages_text(printed: Tagged) -> list[str]:
    """The text of each page without blanks."""
    texts = [""] * len(printed.pages)
    for run in printed.runs:
        texts[run.page - 1] += "".join(run.text.split())
    return texts


def test_no_word_of_the_page_is_lost(chapters, chapter):
    fresh = read_chapter(BUILD, PAGES[0], "Chapters", 12).article
    titles = ".q-solution summary", ".solution .admonition-title"
    for tag in fresh.select(", ".join((*LEFT_OUT, *titles, "[hidden]", "math", "svg"))):
        if not tag.decomposed:
            tag.decompose()
    said = Counter(WORD.findall(fresh.get_text(" ")))
    assert sum(said.values()) > 1000
    lost = {word: n for word, n in said.items() if chapter.text.count(word) < n}
    assert lost == {}


def test_answers_come_after_all_questions(chapter):
    texts = pages_text(chapter)
    asked = [n for n, text in enumerate(texts) if "Chooseoneanswer" in text]
    told = [n for n, text in enumerate(texts) if "Right:" in text or "Wrong:" in text]
    assert asked and told and max(asked) <= min(told)
    assert "Answers" in "".join(texts[: min(told) + 1])


def test_a_pointer_names_the_page_of_its_answer(prints, chapter):
    places = Pdf(prints["chapter"]).places
    answers = sorted(page for name, page in places.items() if "--print-answers" in name)
    runs = [run.text.strip() for run in chapter.runs]
    pointers = [int(after) for before, after in pairwise(runs) if before == "Answer on page"]
    assert pointers and pointers == answers
    assert "page000" not in chapter.text


def test_each_page_has_its_number_and_the_chapter_at_its_head(chapters, chapter):
    for number, text in enumerate(pages_text(chapter), 1):
        assert "".join(chapters[0].heading.split()) in text
        assert any(run.page == number and run.text.strip() == str(number) for run in chapter.runs)


def test_the_file_is_tagged_has_a_language_an_outline_and_all_its_fonts(prints, chapters):
    pdf = Pdf(prints["chapter"])
    catalog = pdf.objects[pdf.root]
    assert b"/Marked true" in catalog and b"/StructTreeRoot" in catalog
    assert b"/Lang (en)" in catalog and b"/DisplayDocTitle true" in catalog
    bodies = list(pdf.objects.values())
    outline = [re.search(rb"/Title <FEFF(\w*)>", pdf.objects[one])[1] for one in pdf.outline()]
    titles = [bytes.fromhex(one.decode()).decode("utf-16-be") for one in outline]
    assert titles[0] == chapters[0].heading
    assert {"The lab", "Check yourself", "Hints", "Answers"} <= set(titles)
    assert all(b"/Tabs /S" in pdf.objects[page] for page in pdf.pages)
    fonts = [body for body in bodies if b"/Type /FontDescriptor" in body]
    assert fonts and all(re.search(rb"/FontFile[23]? ", font) for font in fonts)
    assert not [body for body in bodies if b"/Subtype /Type3" in body], "drawn letters"
    assert any(b"SourceSans3" in font for font in fonts)


def test_each_formula_and_each_figure_says_in_words_what_it_shows(chapters, book, chapter):
    article = on_paper(chapters[0], book)
    formulas = [one["alttext"] for one in article.find_all("math")]
    assert formulas and [one.alt for one in chapter.of("Formula")] == formulas
    assert all(one.text.strip() for one in chapter.of("Formula")), "its signs can still be copied"
    pictures = [one["alt"] for one in article.find_all("img")]
    assert pictures and [one.alt for one in chapter.of("Figure")] == pictures


def test_each_heading_of_the_page_is_tagged_once_and_on_one_page(chapters, book, chapter):
    article = on_paper(chapters[0], book)
    headings = article.find_all(["h1", "h2", "h3", "h4"])
    assert [(one.role.lower(), one.text.split()) for one in chapter.headings] == [
        (one.name, one.get_text().split()) for one in headings
    ]
    assert all(len({page for page, _ in one.read}) == 1 for one in chapter.headings)


def test_heads_of_tables_say_what_they_head_and_code_is_tagged(chapters, book, chapter):
    heads, article = chapter.of("TH"), on_paper(chapters[0], book)
    assert len(heads) == len(article.find_all("th"))
    assert all(re.search(rb"/Scope /(Row|Column)", one.body) for one in heads)
    listings = [one for one in chapter.of("Code") if "\n" in one.text or len(one.text) > 40]
    assert len(listings) >= len(article.find_all("pre")) > 0


BROKEN = """<!doctype html><html lang="en"><title>Broken</title><body>
<div class="bd-article" id="top">
<style>@page { size: A4; margin: 20mm } body, h1, h2 { margin: 0; font: 16px/24px sans-serif }
thead { display: table-header-group } h2 { line-height: 10px; break-after: avoid }</style>
<h1>First</h1><div style="height: 920px"></div><h2>Moved on</h2><p>Text.<br>More.<br>End.</p>
<table><thead><tr><th scope="col">Depth</th></tr></thead><tbody>
%s</tbody></table></div></body></html>"""


def test_what_a_new_page_repeats_is_read_once(chromium, tmp_path):
    path = tmp_path / "broken.html"
    rows = "".join(f"<tr><td>{n}</td></tr>" for n in range(60))
    path.write_text(BROKEN % rows, encoding="utf-8")
    printed = Tagged(print_document(chromium, path))
    assert len(printed.pages) > 2
    assert [one.text for one in printed.headings] == ["First", "Moved on"]
    first, moved = ({page for page, _ in one.read} for one in printed.headings)
    assert len(moved) == 1 and not first & moved, "it is where it is printed"
    assert [one.text for one in printed.of("TH")] == ["Depth"]
    assert [one.text for one in printed.of("TD")] == [str(n) for n in range(60)]
    assert printed.text.count("Depth") > 1, "paper still shows it on each page"


def test_links_lead_within_the_whole_book_and_to_the_site_from_a_chapter(prints, book):
    chapter, whole = (Pdf(prints[name]) for name in ("chapter", "whole"))
    outside = re.findall(rb"/URI \((.*?)\)", b"\n".join(chapter.objects.values()))
    assert book.address("book/glossary").encode() in {one.partition(b"#")[0] for one in outside}
    assert not [one for one in outside if one.startswith((b"file:", b"http://127"))]
    assert {"lesion_lab", "privacy"} <= whole.places.keys()


def test_the_contents_name_the_page_of_each_chapter(prints):
    whole = Pdf(prints["whole"])
    contents = next(text for text in pages_text(Tagged(prints["whole"])) if "Contents" in text[:40])
    for name, title in (("lesion_lab", "12Lesionlab:switchablockoff"), ("privacy", "13Privacy")):
        assert f"{title}{whole.places[name]}" in contents


def test_a_machine_without_chromium_is_told_what_to_do():
    code = (
        "from book.tools.pdf import press; press.find_browser = lambda: '/nowhere/chromium'\n"
        "with press.press(): pass"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert "PrintError: PDFs are printed with Chromium" in done.stderr
    assert "--without-pdf" in done.stderr


def test_what_is_wider_than_the_page_is_named(chromium, tmp_path):
    path = Path(tmp_path / "wide.html")
    path.write_text(
        '<div class="bd-article" id="here"><pre style="width: 2000px">x</pre></div>',
        encoding="utf-8",
    )
    with pytest.raises(PrintError, match="here: PRE ends at"):
        print_document(chromium, path)
