"""Small readers of both exported formats: they answer an item and tell score and feedback.

Written from the two specifications, and not from the code that writes the files: the rules of an
item are carried out, whatever they say. An element that a reader does not know is an error.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple
from xml.etree.ElementTree import Element

from bs4 import BeautifulSoup

QTI = "{http://www.imsglobal.org/xsd/imsqti_v2p1}"
ASI = "{http://www.imsglobal.org/xsd/ims_qtiasiv1p2}"
Answers = dict[str, object]
"""Name of a response -> a text, a number or a list of texts."""


class Judged(NamedTuple):
    """What a reader says to an answer: the share of the whole mark, and the texts."""

    score: float
    told: list[str]


def letters(text: str) -> str:
    """A text without blanks, for comparison."""
    return "".join(text.split())


def said(element: Element) -> str:
    """What an element says, without blanks."""
    return letters("".join(element.itertext()))


@cache
def said_in_html(markup: str) -> str:
    """What markup says, without blanks."""
    return letters(BeautifulSoup(markup, "html.parser").get_text())


# QTI 2.1 ------------------------------------------------------------------------------------------


class Item21:
    """An item of QTI 2.1 in one attempt."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self.values: dict[str, object] = {}
        self.right: dict[str, object] = {}
        self.types: dict[str, tuple[str, str]] = {}
        for one in root:
            name = one.tag.removeprefix(QTI)
            if name in ("responseDeclaration", "outcomeDeclaration"):
                key = one.get("identifier")
                self.types[key] = (one.get("cardinality"), one.get("baseType"))
                self.values[key] = self.listed(key, one.find(f"{QTI}defaultValue"))
                self.right[key] = self.listed(key, one.find(f"{QTI}correctResponse"))

    def listed(self, name: str, holder: Element | None) -> object:
        """The value of a declaration, by cardinality and type."""
        if holder is None:
            return None
        found = [self.typed(value.text, self.types[name][1]) for value in holder]
        return found[0] if self.types[name][0] == "single" else found

    @staticmethod
    def typed(text: str, kind: str) -> object:
        return float(text) if kind == "float" else text

    def answer(self, answers: Answers) -> Judged:
        """Score and feedback for an answer."""
        for name, value in answers.items():
            assert name in self.right, f"{name} is not declared"
            self.values[name] = value
        for one in self.root.find(f"{QTI}responseProcessing"):
            self.act(one)
        told = []
        for one in self.root.iter(f"{QTI}modalFeedback"):
            held = self.values[one.get("outcomeIdentifier")]
            assert one.get("showHide") == "show"
            if one.get("identifier") in (held if isinstance(held, list) else [held]):
                told.append(said(one))
        return Judged(self.values["SCORE"], told)

    def act(self, one: Element) -> None:
        """Carry out a rule."""
        match one.tag.removeprefix(QTI):
            case "responseCondition":
                for branch in one:
                    tests = [] if branch.tag == f"{QTI}responseElse" else [branch[0]]
                    if all(self.value(test) is True for test in tests):
                        for rule in branch[len(tests) :]:
                            self.act(rule)
                        break
            case "setOutcomeValue":
                name = one.get("identifier")
                assert name in self.types and name not in ("RESPONSE",), name
                value = self.value(one[0])
                single = self.types[name][0] == "single"
                assert value is None or isinstance(value, list) != single, name
                self.values[name] = value
            case other:
                raise AssertionError(f"no rule {other}")

    def value(self, one: Element) -> object:
        """The value of an expression; None is the format's NULL."""
        parts = [self.value(part) for part in one]
        match one.tag.removeprefix(QTI):
            case "variable":
                return self.values[one.get("identifier")]
            case "correct":
                return self.right[one.get("identifier")]
            case "baseValue":
                return self.typed(one.text, one.get("baseType"))
            case "multiple":
                return [part for part in parts if part is not None] or None
            case "and":
                return all(part is True for part in parts)
            case name if None in parts:
                return None
            case "match":
                return self.alike(one, *parts)
            case "stringMatch":
                assert one.get("caseSensitive") == "true"
                return parts[0] == parts[1]
            case "gte":
                return parts[0] >= parts[1]
            case "lte":
                return parts[0] <= parts[1]
            case name:
                raise AssertionError(f"no expression {name}")

    def alike(self, one: Element, left: object, right: object) -> bool:
        """Equality: of a container without order as of sets that may hold a value twice."""
        cardinality = self.types[one[0].get("identifier")][0]
        return sorted(left) == sorted(right) if cardinality == "multiple" else left == right


# QTI 1.2 ------------------------------------------------------------------------------------------


class Item12:
    """An item of QTI 1.2 in one attempt."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self.answers: Answers = {}

    def answer(self, answers: Answers) -> Judged:
        """Score and feedback for an answer."""
        names = {one.get("ident") for one in self.root.iter() if "response_l" in one.tag}
        names |= {one.get("ident") for one in self.root.iter(f"{ASI}response_str")}
        assert set(answers) <= names, f"{set(answers)} are not among {names}"
        self.answers, score, told = answers, 0.0, []
        texts = {one.get("ident"): one for one in self.root.iter(f"{ASI}itemfeedback")}
        for rule in self.root.iter(f"{ASI}respcondition"):
            if not all(self.holds(test) for test in rule.find(f"{ASI}conditionvar")):
                continue
            for change in rule.iter(f"{ASI}setvar"):
                assert change.get("varname") == "SCORE"
                kept = {"Set": 0.0, "Add": score}[change.get("action")]
                score = kept + float(change.text)
            for shown in rule.iter(f"{ASI}displayfeedback"):
                (text,) = texts[shown.get("linkrefid")].iter(f"{ASI}mattext")
                told.append(said_in_html(text.text))
            if rule.get("continue") == "No":
                break
        return Judged(score / 100, told)

    def holds(self, one: Element) -> bool:
        """Whether a condition is true."""
        given = self.answers.get(one.get("respident"))
        match one.tag.removeprefix(ASI):
            case "other":
                return True
            case "and":
                return all(self.holds(part) for part in one)
            case "or":
                return any(self.holds(part) for part in one)
            case "not":
                return not self.holds(*one)
            case "varequal":
                return one.text in given if isinstance(given, list) else str(given) == one.text
            case "vargte":
                return given is not None and float(given) >= float(one.text)
            case "varlte":
                return given is not None and float(given) <= float(one.text)
            case other:
                raise AssertionError(f"no condition {other}")
