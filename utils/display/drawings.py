"""Drawings that were made by hand, as inline SVG that takes the colours of the page.

Answers "how does a drawing of ``book/_static/drawings`` come onto a page?". Each file has a title,
and a description for those who do not see it. A colour of the book is written
``var(--book-NAME, currentColor)``; outside the book's pages it becomes that of the figures.
"""

import re
from functools import cache
from html import escape
from pathlib import Path

from utils.display.figures import page_colour
from utils.files.places import BOOK

DRAWINGS = BOOK / "_static" / "drawings"
COLOUR = re.compile(r"var\(--book-(\w+), currentColor\)")


class DrawingError(ValueError):
    """A drawing cannot be shown; says what is missing."""


def drawing_file(name: str) -> Path:
    """Where a drawing is.

    Raises:
        DrawingError: no such file; names those that there are.
    """
    path = DRAWINGS / f"{name}.svg"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in DRAWINGS.glob("*.svg"))) or "none"
        raise DrawingError(f"no drawing {name!r} in {DRAWINGS.name}; there are: {known}")
    return path


@cache
def drawing(name: str) -> tuple[str, str, str]:
    """The SVG without its words, the title, and the description.

    Raises:
        DrawingError: no such file, or one without title and description.
    """
    path = drawing_file(name)
    text = path.read_text(encoding="utf-8")
    title = re.search(r"<title>(.+?)</title>\s*", text, re.DOTALL)
    about = re.search(r"<desc>(.+?)</desc>\s*", text, re.DOTALL)
    if not title or not about:
        raise DrawingError(f"{path.name} needs a title and a desc, for those who do not see it")
    svg = text[text.index("<svg") :].replace(title[0], "").replace(about[0], "").strip()
    svg = COLOUR.sub(lambda found: page_colour(found[1]), svg)
    return svg, " ".join(title[1].split()), " ".join(about[1].split())


def labelled(svg: str, label: str) -> str:
    """An SVG as one image with a spoken label, taken from its own text."""
    label = label.replace('"', "&quot;")
    return svg.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)


def drawing_figure(name: str, caption: str) -> str:
    """A drawing with its caption; screen readers speak the drawing's description.

    Raises:
        DrawingError: the drawing is missing or has no words, or the caption is empty.
    """
    svg, _, about = drawing(name)
    if not caption.strip():
        raise DrawingError(f"the drawing {name!r} needs a caption: what to see in it")
    return (
        f'<figure class="book-figure book-drawing">{labelled(svg, about)}'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )
