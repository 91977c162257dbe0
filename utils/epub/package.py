"""The files of an e-book that are not its text: package, navigation, title page, styles.

They follow EPUB 3.3. What the package says about accessibility is what :mod:`utils.epub.checks` and
the tests of the book find; no certificate is claimed.
"""

import uuid
from dataclasses import dataclass
from html import escape
from itertools import groupby
from pathlib import Path

from utils.display.figures import COLOURS, ON_DARK
from utils.epub.chapters import STYLE, Document
from utils.epub.contents import Contents
from utils.epub.markup import STYLES, document
from utils.facts.edition import Cited, load_cited

PACKAGE, NAVIGATION, TITLE_PAGE, COVER = "package.opf", "nav.xhtml", "title.xhtml", "cover.png"
CONTAINER = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">\n'
    f'<rootfiles><rootfile full-path="EPUB/{PACKAGE}" '
    'media-type="application/oebps-package+xml"/></rootfiles>\n</container>\n'
)
FEATURES = (
    "alternativeText", "describedMath", "displayTransformability", "MathML", "readingOrder",
    "structuralNavigation", "tableOfContents",
)  # fmt: skip
SUMMARY = (
    "Every picture has an alternative text. Formulas are MathML, with their TeX as alternative "
    "text. The reading order is that of the table of contents, and headings follow the structure "
    "of the book. Nothing flashes or plays, and no script runs. "
    "Answers to questions are gathered at the end of each chapter, with links in both directions."
)
TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".svg": "image/svg+xml", ".css": "text/css"}
XHTML_TYPE = "application/xhtml+xml"


@dataclass(frozen=True)
class Book(Cited):
    """What the package says of the book.

    Attributes:
        site: where the book is published.
    """

    site: str

    @property
    def identifier(self) -> str:
        """The same for all versions of the book at this address."""
        return uuid.uuid5(uuid.NAMESPACE_URL, self.site).urn


def read_book(citation: Path, site: str) -> Book:
    """What ``CITATION.cff`` says of the book.

    Raises:
        EditionError: the file cannot be read, or lacks what an e-book has to name.
    """
    return Book(**vars(load_cited(citation)), site=site)


# Styles -------------------------------------------------------------------------------------------


def styles(figures: str) -> str:
    """The style sheet: the palette of the figures, their own styles, and those of the text.

    Args:
        figures: styles of the figures to touch.
    """

    def names(palette: dict[str, str]) -> str:
        return " ".join(f"--book-{name}: {value};" for name, value in palette.items())

    dark = f"@media (prefers-color-scheme: dark) {{ :root {{ {names(ON_DARK)} }} }}"
    return f":root {{ {names(COLOURS)} }}\n{dark}\n{figures}\n{STYLES.read_text(encoding='utf-8')}"


# Package ------------------------------------------------------------------------------------------


def package(book: Book, documents: list[Document], images: list[str]) -> str:
    """The package document: metadata, all files, reading order."""
    items = [
        f'<item id="nav" href="{NAVIGATION}" media-type="{XHTML_TYPE}" properties="nav"/>',
        f'<item id="title" href="{TITLE_PAGE}" media-type="{XHTML_TYPE}"/>',
        f'<item id="style" href="{STYLE}" media-type="text/css"/>',
        f'<item id="cover" href="{COVER}" media-type="image/png" properties="cover-image"/>',
    ]
    for number, one in enumerate(documents, 1):
        kinds = f' properties="{" ".join(properties(one))}"' if properties(one) else ""
        href = escape(one.name)
        items.append(f'<item id="d{number}" href="{href}" media-type="{XHTML_TYPE}"{kinds}/>')
    for number, name in enumerate(images, 1):
        kind = TYPES[Path(name).suffix]
        items.append(f'<item id="i{number}" href="{escape(name)}" media-type="{kind}"/>')
    order = ["title", "nav", *[f"d{number}" for number in range(1, len(documents) + 1)]]
    lines = [f'<itemref idref="{name}"/>' for name in order]
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="book" '
        'xml:lang="en-GB">\n'
        f"{metadata(book)}\n<manifest>\n{chr(10).join(items)}\n</manifest>\n"
        f"<spine>\n{chr(10).join(lines)}\n</spine>\n</package>\n"
    )


def properties(made: Document) -> list[str]:
    """What a package has to say that a document holds."""
    kinds = {"math": "mathml", "svg": "svg"}
    return [kind for name, kind in kinds.items() if made.body.find(name)]


def metadata(book: Book) -> str:
    """The metadata of the package."""
    accessibility = [
        *[("schema:accessMode", mode) for mode in ("textual", "visual")],
        *[("schema:accessModeSufficient", modes) for modes in ("textual", "textual,visual")],
        *[("schema:accessibilityFeature", feature) for feature in FEATURES],
        ("schema:accessibilityHazard", "none"),
        ("schema:accessibilitySummary", SUMMARY),
    ]
    return "\n".join(
        [
            '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">',
            f'<dc:identifier id="book">{book.identifier}</dc:identifier>',
            f"<dc:title>{escape(book.title)}</dc:title>",
            "<dc:language>en-GB</dc:language>",
            *[f"<dc:creator>{escape(name)}</dc:creator>" for name in book.authors],
            f"<dc:date>{book.released}</dc:date>",
            f"<dc:description>{escape(' '.join(book.about.split()))}</dc:description>",
            f"<dc:rights>Text and figures: {escape(book.licence)}. Code: MIT.</dc:rights>",
            f"<dc:source>{escape(book.site)}</dc:source>",
            f'<meta property="dcterms:modified">{book.released}T00:00:00Z</meta>',
            f'<meta property="schema:version">{book.version}</meta>',
            *[f'<meta property="{key}">{escape(words)}</meta>' for key, words in accessibility],
            '<meta name="cover" content="cover"/>',
            "</metadata>",
        ]
    )


# Pages around the text ----------------------------------------------------------------------------


def title_page(book: Book) -> str:
    """The first page: which version this is, and where the book lives."""
    body = (
        f'<section class="title-page">\n<h1>{escape(book.title)}</h1>\n'
        f"<p>{escape(book.names)}</p>\n"
        f"<p>Version {book.version}, {book.day}</p>\n"
        f"<p>{escape(' '.join(book.about.split()))}</p>\n"
        "<p>This is the book for e-readers. What you can operate on the site, such as figures to "
        "touch, is a still picture here, with the address of the live one. Answers and solutions "
        "stand at the end of each chapter.</p>\n"
        f'<p>The site: <a href="{escape(book.site)}/">{escape(book.site)}/</a></p>\n'
        f"<p>Text and figures: {escape(book.licence)}. Code: MIT.</p>\n</section>"
    )
    return document(book.title, body, STYLE, "titlepage")


def navigation(book: Book, contents: Contents, documents: list[Document]) -> str:
    """The table of contents with parts, pages and sections, and the landmarks."""
    lines = []
    for caption, pages in groupby(contents.pages, key=lambda page: page.caption):
        chapters = "\n".join(entry(page.title, of(documents, page.name)) for page in pages)
        lines.append(f"<li><span>{escape(caption)}</span>\n<ol>\n{chapters}\n</ol></li>")
    first = documents[0].name
    body = (
        '<nav epub:type="toc" role="doc-toc" id="toc">\n<h1>Contents</h1>\n<ol>\n'
        f"{chr(10).join(lines)}\n</ol>\n</nav>\n"
        '<nav epub:type="landmarks" hidden="hidden">\n<h2>Landmarks</h2>\n<ol>\n'
        f'<li><a epub:type="titlepage" href="{TITLE_PAGE}">Title page</a></li>\n'
        '<li><a epub:type="toc" href="#toc">Contents</a></li>\n'
        f'<li><a epub:type="bodymatter" href="{first}">Start of the book</a></li>\n'
        "</ol>\n</nav>"
    )
    return document(f"Contents of {book.title}", body, STYLE)


def of(documents: list[Document], page: str) -> list[Document]:
    """The documents of one page."""
    return [one for one in documents if one.page.name == page]


def entry(title: str, parts: list[Document]) -> str:
    """The entry of a page with those of its sections."""
    inner = "\n".join(
        f'<li><a href="{escape(part.name)}#{escape(place)}">{escape(words)}</a></li>'
        for part in parts
        for place, words in part.headings
    )
    below = f"\n<ol>\n{inner}\n</ol>" if inner else ""
    return f'<li><a href="{escape(parts[0].name)}">{escape(title)}</a>{below}</li>'
