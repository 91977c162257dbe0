"""Gives every formula a MathML form, which browsers draw until MathJax has set the formula.

Without it a page whose scripts do not run shows raw TeX. The form is made by docutils, which knows
nearly all of the TeX that the book writes; :data:`REWRITTEN` says the rest in other words. A
formula that still cannot be converted stops the build.
"""

import re
from html import unescape

from docutils.utils.math.latex2mathml import MathError, tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging

from resnet_book.base import change_body

logger = logging.getLogger(__name__)

FORMULA = re.compile(
    r'(<(span|div) class="(?:amsmath )?math notranslate nohighlight"[^>]*>'
    r'(?:\s*<span class="eqno">.*?</a></span>)?)'
    r"(\s*(?:\\\((?P<inline>[^<]*?)\\\)|\\\[(?P<block>[^<]*?)\\\]|(?P<ams>\\begin[^<]*?))\s*)</\2>",
    re.DOTALL,
)
"""A formula as Sphinx and the questions write it: an element that holds its number and its TeX."""

REWRITTEN = {
    r"\\(begin|end)\{split\}": r"",
    r"\\(begin|end)\{gathered\}": r"\\\1{aligned}",
    r"\\dots\b": r"\\ldots",
    r"\\([tdc]?frac)\s*(\d)\s*(\d)": r"\\\1{\2}{\3}",
    r"\\big(?![a-zA-Z])": r"\\bigl",
}
"""TeX that docutils does not know -> TeX of the same meaning that it knows."""


def mathml(tex: str, block: bool) -> str:
    """The formula as one line of MathML.

    Raises:
        MathError: TeX that docutils cannot read; write it otherwise or add it to ``REWRITTEN``.
    """
    for pattern, known in REWRITTEN.items():
        tex = re.sub(pattern, known, tex)
    made = tex2mathml(tex.strip(), as_block=block)
    made = made.replace(' xmlns="http://www.w3.org/1998/Math/MathML"', "")
    return re.sub(r"\n\s*", "", made)


def with_mathml(page: str, location: str) -> str:
    """The markup with a MathML form after the TeX of each formula."""

    def add(match: re.Match[str]) -> str:
        inline, block = match["inline"], match["block"] or match["ams"]
        try:
            form = mathml(unescape(inline or block), block=inline is None)
        except MathError as problem:
            logger.warning("no MathML for %s: %s", inline or block, problem, location=location)
            return match[0]
        opening, kind, tex = match[1], match[2], match[3]
        return f'{opening}<span class="math-tex">{tex}</span>{form}</{kind}>'

    return FORMULA.sub(add, page)


def setup(app: Sphinx) -> None:
    """Connect the module to the build."""
    change_body(app, with_mathml)
