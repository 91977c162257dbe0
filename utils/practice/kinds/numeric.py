"""A question that asks for a number.

Answers "how much?".
"""

from __future__ import annotations

import math
import re
from typing import Any, Literal

from pydantic import Field, model_validator

from utils.facts.checked import Checked
from utils.practice.kinds.base import Control, Feedback, Task, Verdict
from utils.practice.markdown import inline, plain


class Answer(Checked):
    """A number that is asked for.

    Attributes:
        value: a number, or the name of one of the question's ``values``.
        tolerance: greatest absolute distance that is still right.
        relative: greatest relative distance that is still right.
        unit: what follows the number.
    """

    value: float | str
    tolerance: float | None = Field(None, ge=0)
    relative: float | None = Field(None, gt=0, lt=1)
    unit: str = ""

    @model_validator(mode="after")
    def one_tolerance(self) -> Answer:
        if (self.tolerance is None) == (self.relative is None):
            raise ValueError("give exactly one of tolerance (absolute) and relative")
        return self

    @property
    def reach(self) -> float:
        """Greatest absolute distance that is still right, once the value is a number."""
        return self.tolerance if self.tolerance is not None else abs(self.value) * self.relative


class Near(Feedback, noun="near"):
    """A number that a typical mistake leads to."""

    value: float | str


class Numeric(Task):
    """A number, right within a tolerance."""

    words = "a number"
    legend = "Type a number"

    kind: Literal["numeric"]
    answer: Answer
    near: list[Near] = Field([])

    def controls(self) -> str:
        answer = self.answer
        unit = f' <span class="q-unit">{inline(answer.unit)}</span>' if answer.unit else ""
        return (
            f'<p><label class="q-number">Your answer: <input type="text" inputmode="decimal" '
            f'name="{self.id}" autocomplete="off" size="12" data-value="{answer.value!r}" '
            f'data-reach="{answer.reach!r}"></label>{unit}</p>'
        )

    def answers(self) -> str:
        reach, unit = self.answer.reach, inline(self.answer.unit)
        lines = "".join(
            f'<li data-value="{near.value!r}"><strong>{number_words(near.value, reach)}:</strong>'
            f'<div class="q-says">{near.says()}</div></li>'
            for near in self.near
        )
        mistakes = f'<ul class="q-near">{lines}</ul>' if lines else ""
        words = number_words(self.answer.value, reach)
        return f"<p><strong>Answer:</strong> {words} {unit}</p>{mistakes}"

    def judge(self, answer: str) -> Verdict | None:
        """Right within the tolerance; typical mistakes have their own words."""
        number = parse_number(answer, plain(self.answer.unit))
        if number is None:
            return None
        if is_close(number, self.answer.value, self.answer.reach):
            return Verdict(True)
        for near in self.near:
            if is_close(number, near.value, self.answer.reach):
                return Verdict(False, near.says())
        side = "large" if number > self.answer.value else "small"
        return Verdict(False, f"<p>Your number is too {side}.</p>")

    def widget(self, widgets: Any) -> Control:
        box = widgets.Text(placeholder=plain(self.answer.unit) or "a number")
        return box, lambda: box.value


def parse_number(text: str, unit: str = "") -> float | None:
    """A number as people type it; None for anything else.

    A comma groups thousands where every group has three digits and the number begins with 1 to 9:
    "1,234". Otherwise a single comma is a decimal one: "0,118", "1,5". A per cent sign fits the
    unit "%", is a hundredth where a bare number is asked for, and is no answer to another unit.
    """
    plain = re.sub(r"\s", "", text).replace("\N{MINUS SIGN}", "-")
    percent = plain.endswith("%")
    plain = plain.removesuffix("%")
    if percent and unit not in ("%", ""):
        return None
    if re.fullmatch(r"[-+]?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]*)?", plain):
        plain = plain.replace(",", "")
    elif re.fullmatch(r"[-+]?[0-9]*,[0-9]+", plain):
        plain = plain.replace(",", ".")
    if not re.fullmatch(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,2})?", plain):
        return None
    return float(plain) / 100 if percent and unit == "" else float(plain)


def is_close(number: float, target: float, reach: float) -> bool:
    """Whether a number lies within the tolerance, rounding of the arithmetic forgiven."""
    return abs(number - target) <= reach + 1e-9 * max(1, abs(target))


def number_words(value: float, reach: float) -> str:
    """A number with as many digits as its tolerance deserves."""
    digits = 0 if value == int(value) else 6
    if reach > 0 and digits:
        digits = min(max(0, 1 - math.floor(math.log10(reach))), 12)
    text = f"{value:,.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{value:.3g}" if float(text.replace(",", "")) == 0 and value else text
