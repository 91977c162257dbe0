"""Questions with options to choose from: one, several, what code prints, what is wrong with it.

Answers "which of these?".
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from utils.facts.checked import Text
from utils.practice.kinds.base import Coded, Control, Feedback, Task, Verdict, mixed
from utils.practice.markdown import code_block, inline, label


class Option(Feedback, noun="option"):
    """One choice.

    Attributes:
        text: what the reader picks (Markdown).
        correct: whether it is right.
        feedback: why it is right, or which misconception it shows.
        see: ``page#anchor`` where it is cleared up; a wrong option needs it.
    """

    text: Text
    correct: bool = False

    @model_validator(mode="after")
    def wrong_leads_somewhere(self) -> Option:
        if not self.correct and self.see is None:
            raise ValueError(f"see is missing: where is the wrong option {self.text!r} cleared up?")
        return self


class Choices(Task):
    """What all questions with options have; one of these is right, or ``several``."""

    several: ClassVar[bool] = False

    options: list[Option] = Field(min_length=2)

    @field_validator("options")
    @classmethod
    def unlike_and_right(cls, options: list[Option]) -> list[Option]:
        texts = [option.text.strip() for option in options]
        if twice := sorted({text for text in texts if texts.count(text) > 1}):
            raise ValueError(f"two options say {twice[0]!r}")
        right = sum(option.correct for option in options)
        if options and not cls.several and right != 1:
            raise ValueError(f"exactly one option must be correct, not {right}")
        if options and not right:
            raise ValueError("no option is correct")
        return options

    def controls(self) -> str:
        """Radios or check boxes, shuffled by the question's id."""
        control = "checkbox" if self.several else "radio"
        lines = (
            f'<li><label class="q-choice"><input type="{control}" name="{self.id}" '
            f'value="{place}" autocomplete="off"><span class="q-text">{inline(option.text)}</span>'
            f'<span class="q-mark"></span></label></li>'
            for place, option in mixed(self)
        )
        return f'<ul class="q-choices">{"".join(lines)}</ul>'

    def answers(self) -> str:
        """What is said to each option, in the order of the form."""
        lines = (
            f'<li data-option="{place}"{" data-right" if option.correct else ""}>'
            f'<strong class="q-verdict">{"Right" if option.correct else "Wrong"}:</strong> '
            f'{inline(option.text)}<div class="q-says">{option.says()}</div></li>'
            for place, option in mixed(self)
        )
        return f'<ul class="q-answers">{"".join(lines)}</ul>'

    def judge(self, answer: Iterable[int]) -> Verdict | None:
        """Right when exactly the correct options are chosen."""
        chosen = set(answer)
        if not chosen:
            return None
        right = {place for place, option in enumerate(self.options) if option.correct}
        says = "".join(self.options[place].says() for place in sorted(chosen))
        if self.several and (left := len(right - chosen)):
            words = "One right answer is" if left == 1 else f"{left} right answers are"
            says += f"<p>{words} not ticked.</p>"
        return Verdict(chosen == right, says)

    def widget(self, widgets: Any) -> Control:
        radios = widgets.RadioButtons(
            options=[(label(option.text), place) for place, option in mixed(self)],
            value=None,
            layout=widgets.Layout(width="max-content", max_width="100%"),
        )
        return radios, lambda: [] if radios.value is None else [radios.value]


class Single(Choices):
    """One choice of several."""

    words = "one answer"
    legend = "Choose one answer"

    kind: Literal["single"]


class Multiple(Choices):
    """All choices that are right."""

    words = "several answers"
    legend = "Choose every answer that is right"
    several = True

    kind: Literal["multiple"]

    def widget(self, widgets: Any) -> Control:
        wide = widgets.Layout(width="auto")
        ticks = {
            place: widgets.Checkbox(False, description=label(o.text), indent=False, layout=wide)
            for place, o in mixed(self)
        }
        control = widgets.VBox(list(ticks.values()))
        return control, lambda: [place for place, tick in ticks.items() if tick.value]


class Bug(Coded, Choices):
    """Broken code, and its repair.

    Attributes:
        check: Python that runs after either version; it raises for the broken one only.
        fails_with: text that the error of the broken version contains.
    """

    words = "find the bug"
    legend = "What is wrong?"

    kind: Literal["bug"]
    fixed: Text
    check: Text
    fails_with: Text

    def answers(self) -> str:
        repaired = f"<p><strong>Repaired:</strong></p>{code_block(self.fixed)}"
        return super().answers() + repaired


def plain_output(text: str) -> str:
    """An output without the Markdown around it, for comparison."""
    lines = [line for line in text.strip().splitlines() if not line.strip().startswith("```")]
    return "\n".join(line.strip().strip("`").rstrip() for line in lines)


def lines_of(text: str) -> list[str]:
    """The lines of an output, blanks at their ends and around them aside."""
    return [line.rstrip() for line in text.strip().splitlines()]


class Output(Coded, Choices):
    """What does this code print? With options, or typed."""

    words = "predict the output"
    legend = "What is printed?"

    kind: Literal["output"]
    output: Text
    options: list[Option] = Field([])

    @model_validator(mode="after")
    def right_option_is_the_output(self) -> Output:
        for option in self.options:
            if option.correct and not self.is_run(option.text):
                raise ValueError(
                    f"options: the correct one says {option.text!r}, but output is {self.output!r}"
                )
        return self

    def is_run(self, text: str) -> bool:
        return plain_output(text) == plain_output(self.output)

    def controls(self) -> str:
        if self.options:
            return super().controls()
        rows = self.output.strip().count("\n") + 1
        return (
            f'<p><label class="q-printed">The output, as Python writes it: <textarea rows="{rows}" '
            f'name="{self.id}" autocomplete="off" autocapitalize="off" spellcheck="false">'
            "</textarea></label></p>"
        )

    def answers(self) -> str:
        shown = f'<div class="q-output"><pre>{escape(self.output.strip())}</pre></div>'
        options = super().answers() if self.options else ""
        return f"<p><strong>It prints:</strong></p>{shown}{options}"

    def judge(self, answer: Any) -> Verdict | None:
        """Typed, right when the lines are those that Python prints."""
        if self.options:
            return super().judge(answer)
        if not answer.strip():
            return None
        right = lines_of(answer) == lines_of(self.output)
        return Verdict(right, "" if right else "<p>Python prints something else.</p>")

    def widget(self, widgets: Any) -> Control:
        if self.options:
            return super().widget(widgets)
        area = widgets.Textarea(placeholder="the output")
        return area, lambda: area.value
