"""A question that asks for an order.

Answers "what comes first?".
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from utils.facts.checked import Checked, Text
from utils.practice.kinds.base import Control, Task, Verdict, listed, mixed
from utils.practice.markdown import inline, label


class Step(Checked, noun="step"):
    """One step of an order question."""

    text: Text


class Order(Task):
    """Steps to put in order; the file holds them in the right one."""

    words = "an order"
    legend = "Put the steps in order, the first one on top"

    kind: Literal["order"]
    options: list[Step] = Field(min_length=3)

    @field_validator("options")
    @classmethod
    def unlike(cls, options: list[Step]) -> list[Step]:
        if len({step.text.strip() for step in options}) != len(options):
            raise ValueError("two steps have the same text, so their order cannot be judged")
        return options

    def controls(self) -> str:
        lines = (
            f'<li data-step="{place}"><span class="q-text">{inline(step.text)}</span></li>'
            for place, step in mixed(self)
        )
        return f'<ol class="q-steps">{"".join(lines)}</ol>'

    def answers(self) -> str:
        lines = listed(step.text for step in self.options)
        return f'<p><strong>The order:</strong></p><ol class="q-right-order">{lines}</ol>'

    def judge(self, answer: list[int | None]) -> Verdict | None:
        """Right when every step stands at its place."""
        if not answer or None in answer:
            return None
        wrong = [place for place, step in enumerate(answer) if place != step]
        return Verdict(not wrong, f"<p>Look at place {wrong[0] + 1}.</p>" if wrong else "")

    def widget(self, widgets: Any) -> Control:
        options = [("", None), *((label(step.text), place) for place, step in mixed(self))]
        wide = widgets.Layout(width="auto")
        lines = [
            widgets.Dropdown(options=options, description=f"Place {place + 1}", layout=wide)
            for place in range(len(self.options))
        ]
        return widgets.VBox(lines), lambda: [line.value for line in lines]
