"""The pages of the built book in the order of its contents, with what a title page says."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from utils.display.elements import said
from utils.facts.edition import Cited, load_cited
from utils.files.places import pages_address
from utils.files.yaml_files import read_yaml


@dataclass(frozen=True)
class Chapter:
    """A page of the table of contents.

    Attributes:
        page: its name, such as "notebooks/03_degradation".
        number: from 1 in the order of the contents; None for the start page.
        title: its heading.
        part: the caption above it in the contents, or nothing.
        article: its text, as Sphinx wrote it.
        styles: the style sheets that it links to, from the site's root.
    """

    page: str
    number: int | None
    title: str
    part: str
    article: Tag
    styles: tuple[str, ...]

    @property
    def name(self) -> str:
        """The page without its folder, such as "03_degradation"."""
        return self.page.rpartition("/")[2]

    @property
    def heading(self) -> str:
        """The title with its number."""
        return self.title if self.number is None else f"{self.number} {self.title}"


@dataclass(frozen=True)
class Book(Cited):
    """What is said of the book as a whole.

    Attributes:
        site: the address of the published pages, without a slash at the end.
        html: the folder of the built book.
    """

    site: str
    html: Path

    def address(self, page: str) -> str:
        """Where a page is published."""
        return f"{self.site}/{page}.html"

    def citation(self) -> str:
        """How to cite this version."""
        where = f"https://doi.org/{self.doi}" if self.doi else self.site
        return f"{self.names} ({self.released.year}). {self.title}, version {self.version}. {where}"


def read_book(root: Path, html: Path) -> Book:
    """What the title page says, from the repository's files.

    Args:
        root: the folder with ``CITATION.cff`` and ``_config.yml``.
        html: the built book.

    Raises:
        EditionError: ``CITATION.cff`` cannot be read, or lacks something.
    """
    config = read_yaml(root / "_config.yml")
    site = pages_address(config["repository"]["url"])
    return Book(**vars(load_cited(root / "CITATION.cff")), site=site, html=html)


def listed(toc: dict) -> Iterator[tuple[str, str, int | None]]:
    """Page, part and number of each entry of a table of contents."""
    yield toc["root"], "", None
    number = 0
    for part in toc["parts"]:
        for entry in part["chapters"]:
            number += 1
            yield entry["file"], part.get("caption", ""), number


def read_chapter(html: Path, page: str, part: str, number: int | None) -> Chapter:
    """One page of the built book.

    Raises:
        FileNotFoundError: the page is not built.
        ValueError: the page is no page of the book.
    """
    path = html / f"{page}.html"
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing; run: make book")
    soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    article = soup.select_one("article.bd-article")
    heading = article.h1 if article else None
    if heading is None:
        raise ValueError(f"{path} has no article with a heading; run: make clean book")
    for link in heading.select(".headerlink"):
        link.decompose()
    files = [file for link in soup.select("link[rel=stylesheet]") for file in sheets(link, path)]
    styles = tuple(file.resolve().relative_to(html.resolve()).as_posix() for file in files)
    return Chapter(page, number, said(heading), part, article, styles)


def sheets(link: Tag, page: Path) -> list[Path]:
    """The files of a link; one that several were put together in names each of them."""
    if held := link.get("data-holds"):
        root = page.parent / link["href"].partition("_static/")[0]
        return [root / name for name in held.split()]
    return [page.parent / link["href"].partition("?")[0]]


def read_chapters(root: Path, html: Path) -> list[Chapter]:
    """Every page of the table of contents, in its order.

    Args:
        root: the folder with ``_toc.yml``.
        html: the built book.

    Raises:
        FileNotFoundError: a page is not built.
    """
    toc = read_yaml(root / "_toc.yml")
    return [read_chapter(html, page, part, number) for page, part, number in listed(toc)]
