"""Turns every formula into MathML, see :mod:`utils.display.formulas`.

So a formula needs no script, is there with the text, and can be read by a screen reader. A formula
that cannot be converted stops the build.
"""

import re

from docutils.utils.math.latex2mathml import MathError
from sphinx.application import Sphinx
from sphinx.ext.mathjax import html_visit_displaymath, html_visit_math
from sphinx.util import logging

from resnet_book.base import change_body
from utils.display.formulas import FORMULA, formula_of

logger = logging.getLogger(__name__)


def with_mathml(page: str, location: str) -> str:
    """The markup with MathML in the place of the TeX of each formula."""

    def add(match: re.Match[str]) -> str:
        try:
            return formula_of(match)
        except MathError as problem:
            tex = match["inline"] or match["block"] or match["ams"]
            logger.warning("no MathML for %s: %s", tex, problem, location=location)
            return match[0]

    return FORMULA.sub(add, page)


def setup(app: Sphinx) -> None:
    """Offer the renderer ``mathml``: Sphinx writes the TeX, which the finished body gives up."""
    app.add_html_math_renderer("mathml", (html_visit_math, None), (html_visit_displaymath, None))
    change_body(app, with_mathml)
