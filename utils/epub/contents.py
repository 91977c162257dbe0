"""Which pages the built book has, in which order, and where they are published."""

import re
from dataclasses import dataclass
from pathlib import Path

from utils.files.packed import DOWNLOADS, LIST

CAPTION = re.compile(r"^## (?P<caption>.+)$")
PAGE = re.compile(r"^- \[(?P<title>.+?)\]\(\S+?/(?P<name>[^/\s]+/[^/\s]+)\.html\.md\)")
SITE = re.compile(rf"\((https?://\S+)/{DOWNLOADS}/")


@dataclass(frozen=True)
class Page:
    """A page of the site.

    Attributes:
        name: its place without the ending, such as "book/paper".
        title: as lists name it.
        caption: of the part of the table of contents that it belongs to.
    """

    name: str
    title: str
    caption: str


@dataclass(frozen=True)
class Contents:
    """All pages in the order of the book.

    Attributes:
        site: address of the published site, without a slash at its end.
        pages: in reading order.
    """

    site: str
    pages: tuple[Page, ...]


def read_contents(html: Path) -> Contents:
    """The pages that a built book lists in its ``llms.txt``.

    Raises:
        FileNotFoundError: the book is not built.
        ValueError: the list names no page, or no address of the site.
    """
    path = html / LIST
    if not path.is_file():
        raise FileNotFoundError(f"there is no {path}; run: make book")
    text = path.read_text(encoding="utf-8")
    pages, caption = [], ""
    for line in text.splitlines():
        if found := CAPTION.match(line):
            caption = found["caption"]
        elif found := PAGE.match(line):
            pages.append(Page(found["name"], found["title"], caption))
    site = SITE.search(text)
    if not pages or not site:
        raise ValueError(f"{path} lists no pages, or not where they are published; run: make book")
    return Contents(site[1], tuple(pages))
