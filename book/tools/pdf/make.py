"""The PDFs of a release: the whole book, and a ZIP with one PDF for each chapter."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bs4 import Tag

from book.tools.pdf.chapters import Book, Chapter, read_book, read_chapters
from book.tools.pdf.files import completed
from book.tools.pdf.paper import asked, on_paper
from book.tools.pdf.press import press, print_document
from book.tools.pdf.sheets import chapter_document, whole_document
from utils.files.packed import CHAPTERS, PDF, pack
from utils.files.whole import atomic_write

STYLE = Path(__file__).with_name("print.css")
FONTS = (
    *sorted(STYLE.with_name("fonts").glob("*.woff2")),
    STYLE.parents[2] / "_static" / "fonts" / "source-sans-3-latin-400-italic.woff2",
)
"""Of the text; the style sheet finds them in ``fonts`` beside it."""


def file_name(chapter: Chapter) -> str:
    """The name of a chapter's PDF; the names sort as the chapters do."""
    return f"{chapter.number or 0:02d}-{chapter.name.lstrip('0123456789_')}.pdf"


def copy_style(folder: Path) -> None:
    """Put the style sheet of the printed pages into a folder, with its fonts."""
    shutil.copyfile(STYLE, folder / STYLE.name)
    fonts = folder / "fonts"
    fonts.mkdir(exist_ok=True)
    for font in FONTS:
        shutil.copyfile(font, fonts / font.name)


def documents(
    book: Book, chapters: list[Chapter], articles: dict[str, Tag]
) -> Iterator[tuple[str, str, str]]:
    """Name, title and HTML of each PDF; the whole book comes last."""
    for chapter in chapters:
        text = chapter_document(book, chapter, articles[chapter.page])
        yield file_name(chapter), f"{chapter.title} ({book.title})", text
    yield PDF, book.title, whole_document(book, chapters, articles)


def write_pdfs(root: Path, html: Path, target: Path) -> list[Path]:
    """Print the whole book, and all chapters into one ZIP.

    Args:
        root: the folder with ``_toc.yml``, ``_config.yml`` and ``CITATION.cff``.
        html: the built book.
        target: the folder for both files.

    Raises:
        FileNotFoundError: a page is not built.
        PrintError: there is no Chromium, or a page would not be whole.
    """
    book, chapters = read_book(root, html), read_chapters(root, html)
    elsewhere = asked(chapters)
    articles = {chapter.page: on_paper(chapter, book, elsewhere) for chapter in chapters}
    about = f"Version {book.version}, {book.day}. {book.site}/"
    with TemporaryDirectory() as folder, press() as browser:
        copy_style(Path(folder))
        printed = Path(folder) / "chapters"
        printed.mkdir()
        for name, title, text in documents(book, chapters, articles):
            source = Path(folder) / "document.html"
            source.write_text(text, encoding="utf-8")
            data = completed(
                print_document(browser, source), title, book.names, about, book.released
            )
            with atomic_write((target if name == PDF else printed) / name) as file:
                file.write(data)
        pack(printed, target / CHAPTERS, book.released, Path(CHAPTERS).stem)
    return [target / PDF, target / CHAPTERS]
