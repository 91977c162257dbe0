"""What may stand in what, in both exported formats.

Written after the information model of QTI 2.1 and the element models of QTI 1.2.1, for the elements
that we write, and narrower where we write less. Each model is a regular expression over the names
of the children, each with a blank behind it. The official schemas are not part of this repository.
The models and values of QTI 1.2.1 were compared with its document type definition,
``ims_qtiasiv1p2p1.dtd``: only ``selection_extension`` with its points is not in it, which Canvas
writes itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

MATH = "{http://www.w3.org/1998/Math/MathML}math"
INLINE = "(a|br|code|em|img|math|strong)"
BLOCK = "(blockquote|div|math|ol|p|pre|table|ul)"
FLOW = f"({INLINE}|{BLOCK})"
INTERACTION = "(choiceInteraction|extendedTextInteraction|orderInteraction)"
ENTRY = "(textEntryInteraction|inlineChoiceInteraction)"

# Name -> (children, whether a text may stand between them, attributes that must and may be there)
ITEM_21: dict[str, tuple[str, bool, str, str]] = {
    "assessmentItem": (
        "(responseDeclaration )*(outcomeDeclaration )*(itemBody )?(responseProcessing )?"
        "(modalFeedback )*",
        False, "identifier title adaptive timeDependent", "schemaLocation",
    ),
    "responseDeclaration": (
        "(correctResponse )?", False, "identifier cardinality baseType", "",
    ),
    "outcomeDeclaration": (
        "(defaultValue )?", False, "identifier cardinality baseType", "normalMaximum",
    ),
    "correctResponse": ("(value )+", False, "", ""),
    "defaultValue": ("(value )+", False, "", ""),
    "value": ("", True, "", ""),
    "itemBody": (f"(({BLOCK}|{INTERACTION}|rubricBlock) )+", False, "", ""),
    "rubricBlock": (f"({BLOCK} )+", False, "view", ""),
    "div": (f"({FLOW} )+", True, "", ""),
    "p": (f"(({INLINE}|{ENTRY}) )*", True, "", ""),
    "li": (f"({FLOW} )*", True, "", ""),
    "ol": ("(li )+", False, "", ""),
    "ul": ("(li )+", False, "", ""),
    "blockquote": (f"({BLOCK} )+", False, "", ""),
    "pre": ("((a|br|code|em|math|strong) )*", True, "", ""),
    "a": (f"({INLINE} )*", True, "href", ""),
    "em": (f"({INLINE} )*", True, "", ""),
    "strong": (f"({INLINE} )*", True, "", ""),
    "code": (f"({INLINE} )*", True, "", ""),
    "br": ("", False, "", ""),
    "img": ("", False, "src alt", ""),
    "table": ("(thead )?(tbody )+", False, "", ""),
    "thead": ("(tr )+", False, "", ""),
    "tbody": ("(tr )+", False, "", ""),
    "tr": ("((th|td) )+", False, "", ""),
    "th": (f"({FLOW} )*", True, "", ""),
    "td": (f"({FLOW} )*", True, "", ""),
    "choiceInteraction": (
        "(simpleChoice )+", False, "responseIdentifier shuffle maxChoices", "",
    ),
    "orderInteraction": (
        "(simpleChoice )+", False, "responseIdentifier shuffle", "orientation",
    ),
    "simpleChoice": (f"({FLOW} )*", True, "identifier", ""),
    "inlineChoiceInteraction": ("(inlineChoice )+", False, "responseIdentifier shuffle", ""),
    "inlineChoice": ("", True, "identifier", ""),
    "textEntryInteraction": ("", False, "responseIdentifier", "expectedLength"),
    "extendedTextInteraction": ("", False, "responseIdentifier", "expectedLines format"),
    "responseProcessing": ("((responseCondition|setOutcomeValue) )+", False, "", ""),
    "responseCondition": ("responseIf (responseElseIf )*(responseElse )?", False, "", ""),
    "responseIf": ("(and|match|stringMatch) (setOutcomeValue )*", False, "", ""),
    "responseElseIf": ("(and|match|stringMatch) (setOutcomeValue )*", False, "", ""),
    "responseElse": ("(setOutcomeValue )*", False, "", ""),
    "setOutcomeValue": ("(baseValue|multiple|variable) ", False, "identifier", ""),
    "multiple": ("((baseValue|variable) )*", False, "", ""),
    "and": ("((gte|lte|match) )+", False, "", ""),
    "match": ("variable correct ", False, "", ""),
    "stringMatch": ("variable baseValue ", False, "caseSensitive", ""),
    "gte": ("variable baseValue ", False, "", ""),
    "lte": ("variable baseValue ", False, "", ""),
    "variable": ("", False, "identifier", ""),
    "correct": ("", False, "identifier", ""),
    "baseValue": ("", True, "baseType", ""),
    "modalFeedback": (
        f"({FLOW} )*", True, "outcomeIdentifier identifier showHide", "",
    ),
}  # fmt: skip

TEST_21: dict[str, tuple[str, bool, str, str]] = {
    "assessmentTest": (
        "(outcomeDeclaration )*(testPart )+(outcomeProcessing )?", False, "identifier title",
        "schemaLocation",
    ),
    "outcomeDeclaration": ITEM_21["outcomeDeclaration"],
    "defaultValue": ITEM_21["defaultValue"],
    "value": ITEM_21["value"],
    "testPart": (
        "(itemSessionControl )?(assessmentSection )+", False,
        "identifier navigationMode submissionMode", "",
    ),
    "itemSessionControl": ("", False, "", "maxAttempts showFeedback showSolution"),
    "assessmentSection": (
        "((assessmentSection|assessmentItemRef) )*", False, "identifier title visible", "",
    ),
    "assessmentItemRef": ("", False, "identifier href", "category"),
    "outcomeProcessing": ("(setOutcomeValue )*", False, "", ""),
    "setOutcomeValue": ("sum ", False, "identifier", ""),
    "sum": ("(testVariables )+", False, "", ""),
    "testVariables": ("", False, "variableIdentifier", ""),
}  # fmt: skip

CONDITION = "(and|not|or|other|varequal|vargte|varlte)"
FILE_12: dict[str, tuple[str, bool, str, str]] = {
    "questestinterop": ("(objectbank|assessment) ", False, "", "schemaLocation"),
    "objectbank": ("(qtimetadata )*((section|item) )+", False, "ident", ""),
    "assessment": ("(qtimetadata )*(section )+", False, "ident", "title"),
    "section": (
        "(selection_ordering )?((item|section) )*", False, "ident", "title",
    ),
    "selection_ordering": ("(selection )*", False, "", ""),
    "selection": (
        "(sourcebank_ref )?(selection_number )?(selection_extension )?", False, "", "",
    ),
    "sourcebank_ref": ("", True, "", ""),
    "selection_number": ("", True, "", ""),
    "selection_extension": ("points_per_item ", False, "", ""),
    "points_per_item": ("", True, "", ""),
    "qtimetadata": ("(qtimetadatafield )+", False, "", ""),
    "qtimetadatafield": ("fieldlabel fieldentry ", False, "", ""),
    "fieldlabel": ("", True, "", ""),
    "fieldentry": ("", True, "", ""),
    "item": (
        "(itemmetadata )?(presentation )?(resprocessing )*(itemfeedback )*", False, "ident",
        "title",
    ),
    "itemmetadata": ("(qtimetadata )*", False, "", ""),
    "presentation": ("((material|response_lid|response_str) )+", False, "", ""),
    "material": ("(mattext )+", False, "", ""),
    "mattext": ("", True, "", "texttype"),
    "response_lid": ("(material )?render_choice ", False, "ident", "rcardinality"),
    "response_str": ("(material )?render_fib ", False, "ident", "rcardinality"),
    "render_choice": ("(response_label )*", False, "", ""),
    "render_fib": ("(response_label )*", False, "", "fibtype"),
    "response_label": ("(material )*", True, "ident", ""),
    "resprocessing": ("outcomes (respcondition )+", False, "", ""),
    "outcomes": ("(decvar )+", False, "", ""),
    "decvar": ("", False, "", "maxvalue minvalue varname vartype"),
    "respcondition": ("conditionvar (setvar )*(displayfeedback )*", False, "", "continue"),
    "conditionvar": (f"({CONDITION} )+", False, "", ""),
    "and": (f"({CONDITION} )+", False, "", ""),
    "or": (f"({CONDITION} )+", False, "", ""),
    "not": (f"{CONDITION} ", False, "", ""),
    "other": ("", False, "", ""),
    "varequal": ("", True, "respident", ""),
    "vargte": ("", True, "respident", ""),
    "varlte": ("", True, "respident", ""),
    "setvar": ("", True, "", "action varname"),
    "displayfeedback": ("", False, "linkrefid", "feedbacktype"),
    "itemfeedback": ("((flow_mat|material) )+", False, "ident", ""),
    "flow_mat": ("((flow_mat|material) )+", False, "", ""),
}  # fmt: skip


VALUES_12 = {
    "rcardinality": {"Single", "Multiple", "Ordered"},
    "fibtype": {"String", "Integer", "Decimal", "Scientific"},
    "vartype": {"Integer", "String", "Decimal", "Scientific", "Boolean", "Enumerated", "Set"},
    "action": {"Set", "Add", "Subtract", "Multiply", "Divide"},
    "continue": {"Yes", "No"},
    "feedbacktype": {"Response", "Solution", "Hint"},
}
"""Attributes of QTI 1.2.1 that take one of few values."""


def other_values(root: Element) -> Iterator[str]:
    """Values of attributes at any depth that QTI 1.2.1 does not know."""
    for one in root.iter():
        for name, value in one.attrib.items():
            if value not in VALUES_12.get(bare(name), {value}):
                yield f"{bare(one.tag)} may not have {name}={value!r}"


def bare(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition("}")[2]


def faults(
    element: Element, models: dict[str, tuple[str, bool, str, str]], namespace: str
) -> Iterator[str]:
    """What an element has, at any depth, that its model does not allow."""
    if element.tag == MATH:
        return
    name = bare(element.tag)
    if element.tag != namespace + name or name not in models:
        yield f"no element {element.tag}"
        return
    children, text, must, may = models[name]
    found = "".join(f"{bare(child.tag)} " for child in element)
    if not re.fullmatch(children, found):
        yield f"{name} may not hold: {found}"
    between = [element.text, *(child.tail for child in element)]
    if not text and "".join(filter(None, between)).strip():
        yield f"{name} may not hold a text: {''.join(filter(None, between))!r}"
    given = {bare(key) for key in element.attrib}
    if missing := set(must.split()) - given:
        yield f"{name} has no {missing}"
    if unknown := given - set(must.split()) - set(may.split()):
        yield f"{name} may not have {unknown}"
    for child in element:
        yield from faults(child, models, namespace)
