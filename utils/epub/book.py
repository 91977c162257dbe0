"""Writes the e-book: ``write_epub`` makes one EPUB 3 file of the built book.

Answers "can I read the whole book on an e-reader?". The bytes depend on the pages and on
``CITATION.cff`` alone.
"""

import io
import zipfile
from datetime import date
from pathlib import Path
from urllib.parse import urljoin

from PIL import Image

from utils.epub.chapters import Document, documents
from utils.epub.contents import Contents, read_contents
from utils.epub.package import (
    CONTAINER,
    COVER,
    NAVIGATION,
    PACKAGE,
    STYLE,
    TITLE_PAGE,
    navigation,
    package,
    read_book,
    styles,
    title_page,
)
from utils.files.packed import add
from utils.files.whole import atomic_write

MIMETYPE = "application/epub+zip"
FIGURE_STYLES = "_static/explorables/explorables.css"
PREVIEW = "_static/og.png"
"""The picture of link previews, which stands in the middle of the cover."""
COVER_SIZE = (1200, 1800)


def write_epub(html: Path, target: Path, citation: Path) -> list[str]:
    """Write the built book as an EPUB.

    Args:
        html: the built book.
        target: the file.
        citation: ``CITATION.cff``, which names title, version and licence.

    Returns:
        The names of the documents, in reading order.

    Raises:
        FileNotFoundError: the book is not built.
        ValueError: a page is not one of the book, or a picture is missing.
    """
    contents = read_contents(html)
    book = read_book(citation, contents.site)
    made = documents(contents, lambda page: (html / f"{page}.html").read_text(encoding="utf-8"))
    images = place_images(html, contents, made)
    files: dict[str, str | bytes] = {
        "META-INF/container.xml": CONTAINER,
        f"EPUB/{PACKAGE}": package(book, made, sorted(images)),
        f"EPUB/{NAVIGATION}": navigation(book, contents, made),
        f"EPUB/{TITLE_PAGE}": title_page(book),
        f"EPUB/{STYLE}": styles(text_if_there(html / FIGURE_STYLES)),
        f"EPUB/{COVER}": cover(html / PREVIEW),
        **{f"EPUB/{one.name}": one.text for one in made},
        **{f"EPUB/{name}": path.read_bytes() for name, path in sorted(images.items())},
    }
    with atomic_write(target) as file:
        pack_epub(file, files, book.released)
    return [one.name for one in made]


def text_if_there(path: Path) -> str:
    """The text of a file, or nothing: a book without figures to touch has no styles for them."""
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def place_images(html: Path, contents: Contents, made: list[Document]) -> dict[str, Path]:
    """Let each picture of a page point into the e-book.

    Returns:
        Name in the e-book and path of each.

    Raises:
        ValueError: a picture is not a file of the site.
    """
    found: dict[str, Path] = {}
    for one in made:
        for picture in one.body.find_all("img"):
            here = f"{contents.site}/{one.page.name}.html"
            inside = urljoin(here, picture["src"]).removeprefix(f"{contents.site}/")
            path = html / inside
            if not path.is_file():
                raise ValueError(f"{one.page.name} shows {picture['src']}, which is not in {html}")
            name = f"images/{inside.removeprefix('_').replace('/', '-')}"
            found[name] = path
            picture["src"] = f"{'../' * one.name.count('/')}{name}"
    return found


def cover(preview: Path) -> bytes:
    """A cover for the shelf of an e-reader, with the picture of link previews in its middle.

    Raises:
        ValueError: there is no such picture.
    """
    if not preview.is_file():
        raise ValueError(f"{preview} is missing, which stands on the cover; run: make book")
    with Image.open(preview) as opened:
        picture = opened.convert("RGB")
    wide, high = COVER_SIZE
    picture = picture.resize((wide, picture.height * wide // picture.width))
    made = Image.new("RGB", COVER_SIZE, picture.getpixel((0, 0)))
    made.paste(picture, (0, (high - picture.height) // 2))
    target = io.BytesIO()
    made.save(target, "PNG", optimize=True)
    return target.getvalue()


def pack_epub(target: io.IOBase, files: dict[str, str | bytes], day: date) -> None:
    """Write the ZIP of an e-book, which begins with its type.

    Args:
        target: an open file.
        files: name and content of each.
        day: the date that every file gets.
    """
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in {"mimetype": MIMETYPE, **files}.items():
            add(archive, name, content, day, stored=name == "mimetype")
