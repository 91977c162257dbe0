"""Turns every formula into MathML, which browsers set themselves.

So a formula needs no script, is there with the text, and can be read by a screen reader.
:mod:`utils.display.mathml` makes the MathML. A formula that it cannot convert stops the build.
"""

import re
from html import unescape

from docutils.utils.math.latex2mathml import MathError
from sphinx.application import Sphinx
from sphinx.ext.mathjax import html_visit_displaymath, html_visit_math
from sphinx.util import logging

from resnet_book.base import change_body
from utils.display.mathml import mathml

logger = logging.getLogger(__name__)

FORMULA = re.compile(
    r'(<(span|div) class="(?:amsmath )?math notranslate nohighlight"[^>]*>'
    r'(?:\s*<span class="eqno">.*?</a></span>)?)'
    r"(\s*(?:\\\((?P<inline>[^<]*?)\\\)|\\\[(?P<block>[^<]*?)\\\]|(?P<ams>\\begin[^<]*?))\s*)</\2>",
    re.DOTALL,
)
"""A formula as Sphinx and the questions write it: an element that holds its number and its TeX."""


def with_mathml(page: str, location: str) -> str:
    """The markup with MathML in the place of the TeX of each formula."""

    def add(match: re.Match[str]) -> str:
        inline, block = match["inline"], match["block"] or match["ams"]
        try:
            form = mathml(unescape(inline or block), block=inline is None)
        except MathError as problem:
            logger.warning("no MathML for %s: %s", inline or block, problem, location=location)
            return match[0]
        return f"{match[1]}{form}</{match[2]}>"

    return FORMULA.sub(add, page)


def setup(app: Sphinx) -> None:
    """Offer the renderer ``mathml``: Sphinx writes the TeX, which the finished body gives up."""
    app.add_html_math_renderer("mathml", (html_visit_math, None), (html_visit_displaymath, None))
    change_body(app, with_mathml)
