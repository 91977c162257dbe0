"""The small parts of QTI 2.1: texts, values and conditions as its elements.

Answers "how is it written in QTI 2.1?" for :mod:`utils.practice.qti_items`, which decides what a
question becomes.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from utils.display.formulas import mathml
from utils.practice.exported import ExportError, bounds, carried, made

NAMESPACE = "http://www.imsglobal.org/xsd/imsqti_v2p1"
SCHEMA = f"{NAMESPACE} http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd"
MATHML = "http://www.w3.org/1998/Math/MathML"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
IMAGES = "images"
RESPONSE, SCORE = "RESPONSE", "SCORE"
SCORE_DECLARED = {"identifier": SCORE, "cardinality": "single", "baseType": "float"}
FEEDBACK, CHOSEN = "FEEDBACK", "CHOSEN"
"""What is told by a rule, and what the answer itself names: two variables, because not every reader
puts a list of choices into a list of feedback."""
WORKED, WRONG = "worked", "wrong"
"""What is said to every answer, and to every wrong one."""
KEPT = {"a": ("href",), "img": ("src", "alt")}
"""Attributes that an element of the text keeps."""
TEXT = {
    *("a", "blockquote", "br", "code", "em", "img", "li", "ol", "p", "pre", "strong", "table"),
    *("tbody", "td", "th", "thead", "tr", "ul"),
}
"""Elements that a text may have: what Markdown makes, and QTI knows."""
BLOCKS = {"blockquote", "ol", "p", "pre", "table", "ul"}
"""Those of them that stand alone."""


class QtiError(ExportError):
    """A question has no form in QTI; says which one, and what is wrong."""


# Texts --------------------------------------------------------------------------------------------


def text(tag: str, markup: str, site: str, /, **attributes: str) -> Element:
    """An element that holds markup of the book as QTI allows it, with formulas as MathML.

    MathML is part of QTI 2.1, and browsers set it without a script. TeX would stay TeX in a reader
    that has no MathJax.

    Raises:
        QtiError: the markup has an element that QTI does not know.
    """
    whole = carried(markup, site, lambda tex: mathml(tex, block=False))
    element = ElementTree.fromstring(f"<{tag}>{whole}</{tag}>")
    for child in element:
        fit(child)
    element.attrib |= attributes
    return element


def fit(element: Element) -> None:
    """Bring an element of a text into the words of QTI.

    Raises:
        QtiError: QTI does not know it.
    """
    if element.tag == "math":
        for part in element.iter():
            part.attrib.pop("class", None)
        element.set("xmlns", MATHML)  # no prefix: some readers hand the text on as HTML
        return
    if element.tag not in TEXT:
        raise QtiError(f"QTI has no element {element.tag}; say it without")
    kept = KEPT.get(element.tag, ())
    for name in [name for name in element.attrib if name not in kept]:
        del element.attrib[name]
    for child in element:
        fit(child)


def choice(markup: str, site: str, name: str) -> Element:
    """Something to choose or to move.

    Formulas, code and stressed words get a paragraph around them and their neighbours: otherwise
    some readers lay them out side by side, or do not take a formula as a part of the choice.
    """
    element = text("simpleChoice", markup, site)
    if len(element) and not any(child.tag in BLOCKS for child in element):
        element = made("simpleChoice", [text("p", markup, site)])
    element.set("identifier", name)
    return element


# Values and conditions ----------------------------------------------------------------------------


def variable(name: str) -> Element:
    """The value of a variable."""
    return made("variable", identifier=name)


def constant(value: str, kind: str) -> Element:
    """A value that stands in the rule."""
    return made("baseValue", value, baseType=kind)


def declared(name: str, cardinality: str, kind: str, right: Iterable[str] = ()) -> Element:
    """The declaration of an answer, with the right one where there is one."""
    values = [made("value", value) for value in right]
    inside = [made("correctResponse", values)] if values else []
    return made(
        "responseDeclaration", inside, identifier=name, cardinality=cardinality, baseType=kind
    )


def is_correct(name: str) -> Element:
    """True where an answer is the declared one."""
    return made("match", [variable(name), made("correct", identifier=name)])


def within(name: str, value: float, reach: float) -> Element:
    """True where a number lies within its tolerance."""
    low, high = bounds(value, reach)
    sides = (("gte", low), ("lte", high))
    return made("and", [made(tag, [variable(name), constant(end, "float")]) for tag, end in sides])


def sets(name: str, value: Element) -> Element:
    """Gives a variable its value."""
    return made("setOutcomeValue", [value], identifier=name)


def tells(*names: str) -> Element:
    """Names what is told."""
    return sets(FEEDBACK, made("multiple", [constant(name, "identifier") for name in names]))


# Files and feedback -------------------------------------------------------------------------------


def feedback_of(variable_name: str, name: str, says: str, site: str) -> Element:
    """What the reader shows when a variable holds a name."""
    attributes = {"outcomeIdentifier": variable_name, "identifier": name, "showHide": "show"}
    return text("modalFeedback", says, site, **attributes)


def root_attributes() -> dict[str, str]:
    """What the first element of a file says about its words."""
    return {
        "xmlns": NAMESPACE,
        "xmlns:xsi": INSTANCE,
        "xsi:schemaLocation": SCHEMA,
    }
