"""Formulas as MathML, which browsers set themselves.

Answers "how does a formula look without a script?". Docutils makes the MathML. It knows nearly all
of the TeX that the book writes; :data:`REWRITTEN` says the rest in other words.
"""

import re
from html import unescape
from xml.etree import ElementTree

from docutils.utils.math.latex2mathml import tex2mathml

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


SCRIPTS = ("msub", "msup", "msubsup", "munder", "mover", "munderover")
"""Elements whose children after the first are small."""

CLOSE = {"/", "."}
"""Signs without room on their sides; browsers give them that of a sign they do not know."""


def mathml(tex: str, block: bool) -> str:
    """The formula as one line of MathML, which keeps its TeX as ``alttext``.

    Raises:
        MathError: TeX that docutils cannot read; write it otherwise or add it to ``REWRITTEN``.
    """
    known = tex.strip()
    for pattern, words in REWRITTEN.items():
        known = re.sub(pattern, words, known)
    made = tex2mathml(known, as_block=block)
    made = made.replace(' xmlns="http://www.w3.org/1998/Math/MathML"', "")
    return spaced_as_tex(re.sub(r"\n\s*", "", made), alttext=" ".join(tex.split()))


def spaced_as_tex(form: str, **attributes: str) -> str:
    """The formula with the room around its signs that TeX would give them.

    That is none in an index or exponent, and none after the sign of a partial derivative.

    Args:
        form: MathML.
        attributes: that the formula gets.
    """
    named = re.compile(r"&(?!lt;|gt;|amp;)\w+;")
    math = ElementTree.fromstring(named.sub(lambda entity: unescape(entity[0]), form))
    math.attrib |= attributes
    scripts = [s for kind in SCRIPTS for element in math.iter(kind) for s in element[1:]]
    inside = {sign for script in scripts for sign in script.iter("mo")}
    for sign in math.iter("mo"):
        if sign in inside or sign.text in CLOSE:
            sign.attrib |= {"lspace": "0", "rspace": "0"}
        if sign.text == "∂":
            sign.tag = "mi"
    return ElementTree.tostring(math, encoding="unicode")


def formula_of(found: re.Match[str]) -> str:
    """What :data:`FORMULA` found, with MathML in the place of the TeX.

    Raises:
        MathError: see :func:`mathml`.
    """
    inline = found["inline"]
    form = mathml(unescape(inline or found["block"] or found["ams"]), block=inline is None)
    return f"{found[1]}{form}</{found[2]}>"


def with_formulas(markup: str) -> str:
    """The markup with MathML in the place of the TeX of each formula.

    Raises:
        MathError: see :func:`mathml`.
    """
    return FORMULA.sub(formula_of, markup)
