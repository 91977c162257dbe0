"""The documents of an e-book: one for each page, more for a long one.

An e-reader opens a document as a whole and is slow with a long one, so a page that is too long is
cut between its sections.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from bs4 import Tag

from utils.display.elements import classes, new_tag, without_runs
from utils.epub.answers import move_answers
from utils.epub.contents import Contents, Page
from utils.epub.markup import article_of, conform, document, ids_of, rename_ids, serialised
from utils.epub.still import still

LONGEST = 300_000
"""Characters of a document that an old e-reader still opens without a pause."""
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
STYLE = "style.css"


@dataclass
class Document:
    """A document of the e-book.

    Attributes:
        name: of its file, with the folder.
        page: that it is made of.
        body: its content.
        headings: id and words of the sections that a table of contents lists.
    """

    name: str
    page: Page
    body: Tag
    headings: list[tuple[str, str]]

    @property
    def text(self) -> str:
        """The whole document as XHTML."""
        style = f"{'../' * self.name.count('/')}{STYLE}"
        return document(self.page.title, serialised(self.body), style)


def documents(contents: Contents, read: Callable[[str], str]) -> list[Document]:
    """All documents of the book, in reading order, with their links.

    Args:
        contents: the pages.
        read: gives the HTML of a page from its name.

    Raises:
        ValueError: a page has no article.
    """
    made: list[Document] = []
    places: dict[str, dict[str, str]] = {}
    for page in contents.pages:
        article, renamed = readable(read(page.name), f"{contents.site}/{page.name}.html")
        parts = list(cut(page, article))
        home = {name: part.name for part in parts for name in ids_of(part.body)}
        places[page.name] = {"": parts[0].name} | {
            old: f"{home[new]}#{new}" for old, new in renamed.items() if new in home
        }
        made += parts
    for one in made:
        lead_links(one, contents, places)
    return made


def readable(text: str, address: str) -> tuple[Tag, dict[str, str]]:
    """The article of a page as XHTML that needs no script, and the new names of its ids."""
    article = article_of(text)
    for later in article.select("noscript"):
        later.unwrap()
    move_answers(article)
    still(article, address)
    renamed = rename_ids(article)
    conform(article)
    article.name, article.attrs = "section", {}
    return article, renamed


# Long pages ---------------------------------------------------------------------------------------


def cut(page: Page, article: Tag) -> Iterator[Document]:
    """The documents of a page."""
    for number, part in enumerate(joined(list(units(article))), 1):
        name = page.name if number == 1 else f"{page.name}-{number}"
        yield Document(f"{name}.xhtml", page, part, list(headings(part)))


def units(tag: Tag) -> Iterator[tuple[Tag, int]]:
    """The pieces of a part with their lengths; one that is too long is cut between its sections."""
    length = len(serialised(tag))
    sections = tag.find_all("section", recursive=False)
    if length <= LONGEST or not sections:
        yield tag, length
        return
    for section in sections:
        section.extract()
    yield tag, len(serialised(tag))
    for section in sections:
        yield from units(section)


def joined(pieces: list[tuple[Tag, int]]) -> Iterator[Tag]:
    """Pieces that follow each other, together as long as a document may be."""
    together: list[Tag] = []
    length = 0
    for piece, more in pieces:
        if together and length + more > LONGEST:
            yield around(together)
            together, length = [], 0
        together.append(piece)
        length += more
    yield around(together)


def around(pieces: list[Tag]) -> Tag:
    """One element with all pieces."""
    return pieces[0] if len(pieces) == 1 else new_tag("section", *pieces)


def headings(body: Tag) -> Iterator[tuple[str, str]]:
    """Id and words of each section of the second level, and of each group of questions."""
    for section in [body, *body.find_all("section")]:
        heading = section.find(HEADINGS, recursive=False)
        listed = heading is not None and (heading.name == "h2" or "q-group" in classes(section))
        if listed and section.get("id"):
            yield section["id"], without_runs(heading.get_text(" ", strip=False))


# Links --------------------------------------------------------------------------------------------


def lead_links(made: Document, contents: Contents, places: dict[str, dict[str, str]]) -> None:
    """Let each link lead to its place in the book, or to the site where the book has none."""
    here = f"{contents.site}/{made.page.name}.html"
    for link in made.body.find_all("a", href=True):
        link["href"] = led(urljoin(here, link["href"]), contents, places, made.name)


def led(address: str, contents: Contents, places: dict[str, dict[str, str]], here: str) -> str:
    """Where a link of a document leads.

    Args:
        address: the full address on the site or elsewhere.
        places: page -> id -> file and id in the book.
        here: name of the document.
    """
    if not address.startswith(f"{contents.site}/"):
        return address
    parts = urlsplit(address.removeprefix(f"{contents.site}/"))
    known = places.get(parts.path.removesuffix(".html"), {})
    target = known.get(parts.fragment)
    if target is None or not parts.path.endswith(".html"):
        return address
    file, hash_, fragment = target.partition("#")
    if file == here and hash_:
        return f"#{fragment}"
    return f"{'../' * here.count('/')}{file}{hash_}{fragment}"
