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
from printed import Printed

from book.tools.pdf.chapters import Book, Chapter, read_book, read_chapter
from book.tools.pdf.files import Pdf, PrintError, completed
from book.tools.pdf.make import STYLE
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
    (folder / STYLE.name).write_bytes(STYLE.read_bytes())
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
def chapter(prints) -> Printed:
    return Printed(prints["chapter"])


def pages_text(printed: Printed) -> list[str]:
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
    fonts = [body for body in bodies if b"/Type /FontDescriptor" in body]
    fonts = [font for font in fonts if b"/FontName" in font and b"/Flags" in font]
    held = [font for font in fonts if re.search(rb"/FontFile[23]? ", font)]
    type3 = sum(b"/Subtype /Type3" in body for body in bodies)
    assert held and len(fonts) - len(held) <= type3, "only a font that is drawn has no file"


def test_links_lead_within_the_whole_book_and_to_the_site_from_a_chapter(prints, book):
    chapter, whole = (Pdf(prints[name]) for name in ("chapter", "whole"))
    outside = re.findall(rb"/URI \((.*?)\)", b"\n".join(chapter.objects.values()))
    assert book.address("book/glossary").encode() in {one.partition(b"#")[0] for one in outside}
    assert not [one for one in outside if one.startswith((b"file:", b"http://127"))]
    assert {"lesion_lab", "privacy"} <= whole.places.keys()


def test_the_contents_name_the_page_of_each_chapter(prints):
    whole = Pdf(prints["whole"])
    contents = next(
        text for text in pages_text(Printed(prints["whole"])) if "Contents" in text[:40]
    )
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
