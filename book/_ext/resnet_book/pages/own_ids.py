"""Gives every drawing on a page ids of its own.

Matplotlib names the parts of every figure alike: ``figure_1``, ``patch_2``, the same number for the
same clip. On a page with several figures a clip or a marker then points at the first figure that
has the name, and is lost when that one is hidden. So an id that nothing in its drawing refers to
goes, and the others are told apart by the number of the drawing. An id that still stands twice on a
page stops the build. A group that then has nothing to say goes too: of the elements of a page with
many figures it was every fourth.
"""

import re
from collections import Counter
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

from resnet_book.base import html_nodes, pages_of, when_built

logger = logging.getLogger(__name__)

DRAWING = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
MATPLOTLIB = 'id="figure_1"'
ID = re.compile(r'(?<=\s)id="([^"]+)"')
GROUP = re.compile(r"\n?<g\b([^>]*?)(/?)>|\n?</g>")
REFERENCE = re.compile(r'url\(#([^)]+)\)|href="#([^"]+)"')
SEARCH_FIELD = ' id="search-input"'
"""The theme writes it in the header and once more on the search page; nothing refers to it."""


def own(drawing: str, prefix: str) -> str:
    """The drawing with ``prefix`` before each id that it refers to, and without its other ids."""
    referred = {name or other for name, other in REFERENCE.findall(drawing)}
    drawing = ID.sub(lambda id_: f'id="{prefix}{id_[1]}"' if id_[1] in referred else "", drawing)
    return REFERENCE.sub(
        lambda to: f"url(#{prefix}{to[1]})" if to[1] else f'href="#{prefix}{to[2]}"', drawing
    )


def without_bare_groups(drawing: str) -> str:
    """The drawing without the groups that have no attribute; what they hold stays."""
    kept: list[bool] = []

    def tag(found: re.Match[str]) -> str:
        attributes, empty = found[1], found[2]
        if attributes is None:
            return found[0] if kept.pop() else ""
        has_some = bool(attributes.strip())
        if not empty:
            kept.append(has_some)
        return found[0] if has_some else ""

    return GROUP.sub(tag, drawing)


def own_drawings(app: Sphinx, doctree: nodes.document) -> None:
    """Number Matplotlib's drawings through the page and make their ids their own."""
    count = 0

    def numbered(match: re.Match[str]) -> str:
        nonlocal count
        if MATPLOTLIB not in match[0]:
            return match[0]
        count += 1
        return without_bare_groups(own(match[0], f"drawing-{count}-"))

    for node in html_nodes(doctree):
        text = node.astext()
        if MATPLOTLIB in text:
            node.children[:] = [nodes.Text(DRAWING.sub(numbered, text))]


def repeated_ids(page: str) -> list[str]:
    """The ids that stand more than once in the text of a page."""
    return [name for name, count in Counter(ID.findall(page)).items() if count > 1]


def check(app: Sphinx, out: Path) -> None:
    """Mend the search page, and warn about each page of the output with an id that stands twice."""
    for name, path in pages_of(out):
        page = path.read_text(encoding="utf-8")
        if page.count(SEARCH_FIELD) > 1:
            page = page.replace(SEARCH_FIELD, "")
            path.write_text(page, encoding="utf-8")
        if twice := repeated_ids(page):
            logger.warning("%s has ids twice: %s", name, ", ".join(twice[:5]))


def setup(app: Sphinx) -> None:
    """Connect the module to the build; after the figures' own scripts have been taken out."""
    app.connect("doctree-read", own_drawings, priority=600)
    when_built(app, check)
