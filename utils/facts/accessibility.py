"""What can readers rely on, and which success criteria of WCAG 2.2 do the pages meet?

``book/data/accessibility.yml``, checked. Each promise names the tests that hold it. Each criterion
has a verdict, a reason, and its tests. A criterion that is met names a test, and one that falls
short says in which way; a file that says otherwise is refused.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from utils.facts.checked import Checked, CheckedFile, FactsError, Text, read_checked, shaped
from utils.files import places

DATA = places.DATA / "accessibility.yml"
CRITERIA = 55
"""At the levels A and AA of WCAG 2.2, without 4.1.1, which that version took out."""
PRINCIPLES = {"1": "Perceivable", "2": "Operable", "3": "Understandable", "4": "Robust"}
Number = Annotated[str, shaped(r"[1-4]\.\d\.\d{1,2}", 'like "1.4.10"')]
Test = Annotated[
    str, shaped(r"tests/[\w/]+\.py::test_\w+", "like tests/site/test_site.py::test_name")
]
FALLING_SHORT = ("partly", "not met")
VERDICTS = ("met", *FALLING_SHORT, "does not apply")


class AccessibilityError(FactsError):
    """A fault in the data file."""


class Promise(Checked, noun="promise", named_by="name"):
    """One thing on which readers can rely.

    Attributes:
        name: what it is about, in a word.
        what: what readers can rely on, in one plain sentence or two.
        tests: what holds it.
    """

    name: Text
    what: Text
    tests: Annotated[list[Test], Field(min_length=1)]


class Criterion(Checked, noun="criterion", named_by="number"):
    """One success criterion.

    Attributes:
        number: as WCAG counts, such as "1.4.10".
        name: as WCAG calls it, in British spelling.
        level: A or AA.
        verdict: whether the pages meet it.
        why: one plain sentence or two.
        tests: what holds the verdict.
        short: in which way the pages fall short of it.
    """

    number: Number
    name: Text
    level: Literal["A", "AA"]
    verdict: Literal["met", "partly", "not met", "does not apply"]
    why: Text
    tests: Annotated[list[Test], Field(default_factory=list)]
    short: str = ""

    @property
    def anchor(self) -> str:
        """Its address on the page."""
        return f"wcag-{self.number.replace('.', '-')}"

    @property
    def order(self) -> tuple[int, ...]:
        """Its place among the others."""
        return tuple(map(int, self.number.split(".")))

    @model_validator(mode="after")
    def held_or_explained(self) -> Self:
        if self.verdict == "met" and not self.tests:
            raise ValueError("a criterion that is met needs tests that hold it")
        if bool(self.short) != (self.verdict in FALLING_SHORT):
            raise ValueError(
                "short, what is missing, stands where the verdict is partly or not met"
            )
        return self


class Accessibility(CheckedFile, error=AccessibilityError):
    """The whole file.

    Attributes:
        checked: the day on which somebody went through all criteria.
        promises: what readers can rely on, in the order of the page.
        criteria: in the order of WCAG.
    """

    checked: date
    promises: Annotated[list[Promise], Field(min_length=1)]
    criteria: Annotated[list[Criterion], Field(min_length=1)]

    def together(self) -> Iterator[str]:
        """Criteria that are missing, that stand twice, or that are out of order."""
        found = [criterion.order for criterion in self.criteria]
        if len(found) != CRITERIA:
            yield f"criteria: there are {CRITERIA} at the levels A and AA, found {len(found)}"
        if found != sorted(set(found)):
            yield "criteria: each stands once, in the order of its number"

    def of(self, *verdicts: str) -> list[Criterion]:
        """The criteria with one of these verdicts.

        Raises:
            ValueError: there is no such verdict.
        """
        if unknown := [verdict for verdict in verdicts if verdict not in VERDICTS]:
            raise ValueError(f"no verdict is {unknown[0]!r}; the verdicts are {VERDICTS}")
        return [criterion for criterion in self.criteria if criterion.verdict in verdicts]


def load(path: Path = DATA) -> Accessibility:
    """Read and check the file.

    Raises:
        AccessibilityError: names every fault of the file.
    """
    return read_checked(Accessibility, path)
