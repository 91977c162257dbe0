"""The questions of a chapter inside its running notebook.

Answers "did you get it?" with ipywidgets, versions 7 and 8. What is stored with the notebook also
holds the form that the published page shows; without ipywidgets that form is all there is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

from utils.question_markup import (
    block,
    code_block,
    drawing,
    inline,
    render_set,
    see_paragraph,
    shuffled,
    steps,
)
from utils.questions import quick_check as questions_of

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


@dataclass(frozen=True)
class Verdict:
    """Whether an answer is right, and why, as HTML."""

    right: bool
    says: str = ""


def parse_number(text: str) -> float | None:
    """A number as people type it: "269,722", "0.27", "6,97", "71 %"; None for anything else."""
    plain = re.sub(r"\s|%$", "", text.strip()).replace("\N{MINUS SIGN}", "-")
    if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", plain):
        plain = plain.replace(",", "")
    elif re.fullmatch(r"-?\d*,\d+", plain):
        plain = plain.replace(",", ".")
    try:
        return float(plain) if re.fullmatch(r"[-+\d.eE]+", plain) else None
    except ValueError:
        return None


def judge(question: Any, answer: Any) -> Verdict | None:
    """What is said to an answer; None where there is none yet.

    Args:
        question: from the bank.
        answer: places of the chosen options or steps, a typed text, or letter -> name.
    """
    if question.kind == "numeric":
        return judge_number(question, parse_number(answer))
    if question.kind == "label":
        return judge_labels(question, answer)
    if question.kind == "order":
        return judge_order(answer)
    if question.kind == "output" and not question.options:
        return judge_output(question, answer)
    return judge_choices(question, answer)


def judge_choices(question: Any, chosen: Iterable[int]) -> Verdict | None:
    """Right when exactly the correct options are chosen."""
    places = set(chosen)
    if not places:
        return None
    right = {place for place, option in enumerate(question.options) if option.correct}
    picked = [question.options[place] for place in sorted(places)]
    says = "".join(block(option.feedback) + see_paragraph(option.see) for option in picked)
    if question.kind == "multiple" and (left := len(right - places)):
        says += f"<p>Right answers not ticked: {left}.</p>"
    return Verdict(places == right, says)


def judge_number(question: Any, number: float | None) -> Verdict | None:
    """Right within the tolerance; typical mistakes have their own words."""
    if number is None:
        return None
    reach = question.answer.reach
    if is_close(number, question.answer.value, reach):
        return Verdict(True)
    for near in question.near:
        if is_close(number, near.value, reach):
            return Verdict(False, block(near.feedback) + see_paragraph(near.see))
    side = "large" if number > question.answer.value else "small"
    return Verdict(False, f"<p>Your number is too {side}.</p>")


def is_close(number: float, target: float, reach: float) -> bool:
    """Whether a number lies within the tolerance, rounding of the arithmetic forgiven."""
    return abs(number - target) <= reach + 1e-9 * max(1, abs(target))


def judge_order(places: list[int | None]) -> Verdict | None:
    """Right when every step stands at its place."""
    if None in places:
        return None
    wrong = [place for place, step in enumerate(places) if place != step]
    return Verdict(not wrong, f"<p>Look at place {wrong[0] + 1}.</p>" if wrong else "")


def judge_output(question: Any, typed: str) -> Verdict | None:
    """Right when the lines are those that Python prints, blanks at their ends aside."""
    if not typed.strip():
        return None

    def lines(text: str) -> list[str]:
        return [line.rstrip() for line in text.strip().splitlines()]

    right = lines(typed) == lines(question.output)
    return Verdict(right, "" if right else "<p>Python prints something else.</p>")


def judge_labels(question: Any, names: dict[str, str]) -> Verdict | None:
    """Right when every place has its name."""
    if not any(names.values()):
        return None
    count = sum(names.get(letter) == name for letter, name in question.labels.items())
    says = f"<p>{count} of {len(question.labels)} places are right.</p>"
    return Verdict(count == len(question.labels), says)


def plain(text: str) -> str:
    """Markdown of one line without its marks, for labels that show text only."""
    return re.sub(r"\*\*|`|(?<!\w)[*_]|[*_](?!\w)|\[|\]\([^)]*\)", "", text).strip()


# Widgets ----------------------------------------------------------------------------------------


def form(question: Any, widgets: Any) -> tuple[Any, Callable[[], Any]]:
    """The control of a question, and a function that reads the reader's answer from it."""
    wide = widgets.Layout(width="auto")
    if question.kind == "numeric":
        box = widgets.Text(placeholder=plain(question.answer.unit) or "a number")
        return box, lambda: box.value
    if question.kind == "label":
        names = ["", *sorted(set(question.labels.values()), key=str.lower)]
        boxes = {
            letter: widgets.Dropdown(options=names, description=letter, layout=wide)
            for letter in sorted(question.labels)
        }
        svg, about = drawing(question.drawing)
        picture = widgets.HTML(f'<div style="max-width: 24em">{svg}<p>{about}</p></div>')
        control = widgets.VBox([picture, *boxes.values()])
        return control, lambda: {letter: box.value for letter, box in boxes.items()}
    if question.kind == "order":
        steps_ = shuffled(list(enumerate(question.options)), question.id)
        options = [("", None), *((plain(step.text), place) for place, step in steps_)]
        lines = [
            widgets.Dropdown(options=options, description=f"Place {place + 1}", layout=wide)
            for place in range(len(steps_))
        ]
        return widgets.VBox(lines), lambda: [line.value for line in lines]
    if question.kind == "output" and not question.options:
        area = widgets.Textarea(placeholder="the output")
        return area, lambda: area.value
    options = [
        (plain(option.text), place)
        for place, option in shuffled(list(enumerate(question.options)), question.id)
    ]
    if question.kind == "multiple":
        ticks = {
            place: widgets.Checkbox(False, description=text, indent=False, layout=wide)
            for text, place in options
        }
        control = widgets.VBox(list(ticks.values()))
        return control, lambda: [place for place, tick in ticks.items() if tick.value]
    radios = widgets.RadioButtons(
        options=options, value=None, layout=widgets.Layout(width="max-content", max_width="100%")
    )
    return radios, lambda: [] if radios.value is None else [radios.value]


def question_box(question: Any, number: int, widgets: Any) -> Any:
    """One question with its buttons and its feedback."""
    code = code_block(question.code) if question.kind in ("output", "bug") else ""
    prompt = widgets.HTMLMath(f"<h4>Question {number}</h4>{block(question.prompt)}{code}")
    control, read = form(question, widgets)
    check = widgets.Button(description="Check", button_style="primary")
    show = widgets.Button(description="Solution")
    feedback = widgets.HTMLMath()

    def on_check(_: Any) -> None:
        feedback.value = status(judge(question, read()))

    def on_show(_: Any) -> None:
        feedback.value = status_box(solution(question))

    check.on_click(on_check)
    show.on_click(on_show)
    return widgets.VBox([prompt, control, widgets.HBox([check, show]), feedback])


def status(verdict: Verdict | None) -> str:
    """Feedback as a live region."""
    if verdict is None:
        return status_box("<p>Answer first.</p>")
    word = "Right." if verdict.right else "Not right yet."
    return status_box(f"<p><strong>{word}</strong></p>{verdict.says}")


def status_box(text: str) -> str:
    """HTML that assistive software announces."""
    return f'<div role="status">{text}</div>'


def solution(question: Any) -> str:
    """The right answer and the steps that lead to it."""
    if question.kind == "order":
        items = "".join(f"<li>{inline(step.text)}</li>" for step in question.options)
        return f"<ol>{items}</ol>{steps(question)}"
    if question.kind == "label":
        words = (f"{letter}: {escape(name)}" for letter, name in sorted(question.labels.items()))
        return f"<p>{'; '.join(words)}</p>{steps(question)}"
    right = [option for option in getattr(question, "options", []) if option.correct]
    listed = "".join(f"<li>{inline(option.text)}</li>" for option in right)
    repaired = code_block(question.fixed) if question.kind == "bug" else ""
    return f"{f'<ul>{listed}</ul>' if listed else ''}{repaired}{steps(question)}"


class QuickCheck:
    """Questions that a notebook shows as widgets, and a page as a form.

    Attributes:
        questions: what is asked.
        box: the widgets; None without ipywidgets.
    """

    def __init__(self, questions: Iterable[Any]) -> None:
        self.questions = list(questions)
        self.markup = render_set(self.questions, "quick")
        self.box = self._widgets()

    def _widgets(self) -> Any:
        try:
            import ipywidgets
        except ImportError:
            return None
        boxes = [question_box(q, n, ipywidgets) for n, q in enumerate(self.questions, start=1)]
        return ipywidgets.VBox(boxes)

    def __repr__(self) -> str:
        return f"{len(self.questions)} questions; a notebook or the book's page shows them"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        shown: dict[str, Any] = {"text/plain": repr(self), "text/html": self.markup}
        if self.box is not None:
            model = {"version_major": 2, "version_minor": 0, "model_id": self.box.model_id}
            shown[WIDGET_VIEW] = model
        return shown


def quick_check(chapter: str) -> QuickCheck:
    """The questions of a chapter, ``quick_check("notebooks/01_residual_math")``.

    Raises:
        utils.questions.QuestionError: it has none, or the bank is malformed.
    """
    return QuickCheck(questions_of(chapter))
