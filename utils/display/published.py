"""What leaves a cell for a page: markup with alt text and caption.

Answers "how does a figure get onto a page?". Figures leave here as inline SVG, so that they are
sharp on any screen, small on a phone, take the text colour of the page, and carry alt text.
"""

import html
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib
from matplotlib.figure import Figure

from utils.display.figures import STYLE, TEXT


@dataclass(frozen=True)
class Published:
    """One or more figures as HTML, with alt text and caption."""

    markup: str
    alt: str

    def _repr_html_(self) -> str:
        return self.markup

    def __repr__(self) -> str:
        return self.alt


def to_svg(made: Figure) -> str:
    """The figure as an inline SVG that scales, uses the page's text colour, and repeats exactly."""
    buffer = io.StringIO()
    with matplotlib.rc_context(STYLE):
        made.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<style type="text/css">.*?</style>', "", svg, flags=re.DOTALL)
    width, height = made.get_size_inches() * 72
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {width:g} {height:g}" aria-hidden="true" focusable="false" '
        'style="width:100%;height:auto;stroke-linejoin:round">'
    )
    svg = re.sub(r"<svg[^>]*>", opening, svg, count=1)
    svg = re.sub(r"(\d+\.\d{2})\d+", r"\1", svg)
    svg = re.sub(r"\s*\n\s*", "\n", svg)
    return svg.replace(TEXT, "currentColor").strip()


def publish(figures: Figure | Sequence[Figure], alt: str, caption: str) -> Published:
    """Hand a figure to the page.

    Args:
        figures: one figure, or several that stand side by side where there is room.
        alt: the finding in a sentence, for readers who do not see the picture.
        caption: what is drawn and what the spread means.

    Raises:
        ValueError: empty alt text or caption.
    """
    if not alt.strip() or not caption.strip():
        raise ValueError("a figure needs alt text (the finding) and a caption (what is drawn)")
    several = [figures] if isinstance(figures, Figure) else list(figures)
    panels = "\n".join(
        f'<div style="flex:1 1 {min(20.0, 4 * f.get_size_inches()[0]):g}rem;'
        f'max-width:{9 * f.get_size_inches()[0]:g}rem">{to_svg(f)}</div>'
        for f in several
    )
    markup = (
        f'<figure class="book-figure"><div role="img" aria-label="{html.escape(alt)}" '
        'style="display:flex;flex-wrap:wrap;gap:1rem;justify-content:center">\n'
        f"{panels}\n</div>\n<figcaption>{html.escape(caption)}</figcaption></figure>"
    )
    return Published(markup, alt)
