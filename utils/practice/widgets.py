"""The questions of the book inside a running notebook.

Answers "did you get it?" with ipywidgets, versions 7 and 8: :func:`quick_check` for what a chapter
asks itself, :func:`practise` for the whole bank. What is stored with the notebook also holds the
form that the published page shows; without ipywidgets that form is all there is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

from markdown_it.token import Token

from utils.practice import rubric
from utils.practice.bank import load_bank
from utils.practice.bank import quick_check as questions_of
from utils.practice.forms import drawing, see_paragraph, shuffled
from utils.practice.kinds import LEVELS, QuestionError
from utils.practice.markdown import block, code_block, in_order, inline, parser, see_link
from utils.practice.rendered import render_set, steps

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


@dataclass(frozen=True)
class Verdict:
    """Whether an answer is right, and why, as HTML."""

    right: bool
    says: str = ""


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


def judge(question: Any, answer: Any) -> Verdict | None:
    """What is said to an answer; None where there is none yet.

    Args:
        question: from the bank.
        answer: places of the chosen options or steps, a typed text, or letter -> name.
    """
    if question.kind == "numeric":
        return judge_number(question, parse_number(answer, plain(question.answer.unit)))
    if question.kind == "label":
        return judge_labels(question, answer)
    if question.kind == "order":
        return judge_order(answer)
    if question.kind == "short":
        return judge_explanation(question, answer)
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


def judge_explanation(question: Any, text: str) -> Verdict | None:
    """How many concepts the words of a text go with, and where to read about the others."""
    if not text.strip():
        return None
    found = rubric.covered([concept.keys for concept in question.rubric], text)
    missing = [c for place, c in enumerate(question.rubric) if place not in found]
    items = "".join(f"<li>{inline(c.concept)}:{see_link(c.see)}</li>" for c in missing)
    says = (
        f"<p>{len(found)} of {len(question.rubric)} concepts, by a search for words that go with "
        "them. You judge better: compare with the solution.</p>"
    )
    return Verdict(not missing, says + (f"<p>Not found:</p><ul>{items}</ul>" if items else ""))


SIGNS = {
    "cdot": "·", "times": "×", "approx": "≈", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥",
    "to": "→", "partial": "∂", "sum": "∑", "prod": "∏", "alpha": "α", "beta": "β", "gamma": "γ",
    "sigma": "σ", "infty": "∞", "pm": "±", "ln": "ln", "log": "log", "dots": "…",
}  # fmt: skip
"""Signs of formulas for labels, which show text only."""
RAISED = str.maketrans("0123456789n", "⁰¹²³⁴⁵⁶⁷⁸⁹ⁿ")


def formula_words(tex: str) -> str:
    """A short formula as text: ``F(x) \\cdot x`` as "F(x) · x"."""
    text = re.sub(r"\\(?:mathrm|text|operatorname)\{([^{}]*)\}", r"\1", tex)
    text = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"(\1)/(\2)", text)
    text = re.sub(r"\\sqrt\{([^{}]*)\}", r"√(\1)", text)
    text = re.sub(r"\^\{?([0-9n]+)\}?", lambda found: found[1].translate(RAISED), text)
    text = re.sub(r"\\([a-zA-Z]+) ?", lambda found: SIGNS.get(found[1], found[1]) + " ", text)
    return " ".join(re.sub(r"\\.|[{}]", "", text).split())


def plain(text: str) -> str:
    """Markdown without its marks, for labels that show text only; code stays as it is."""
    lines = (plain_token(token) for token in parser().parse(text.strip()))
    return "\n".join(line for line in lines if line)


def label(text: str) -> str:
    """Markdown as the one line that a radio button or a list can show."""
    return plain(text).replace("\n", " ⏎ ")


def plain_token(token: Token) -> str:
    """The text of a token of Markdown and of those within it."""
    if token.type == "inline":
        return "".join(plain_token(child) for child in token.children or [])
    if token.type == "math_inline":
        return formula_words(token.content)
    if token.type in ("softbreak", "hardbreak"):
        return " "
    return token.content.strip("\n") if token.type in ("fence", "code_block") else token.content


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
        options = [("", None), *((label(step.text), place) for place, step in steps_)]
        lines = [
            widgets.Dropdown(options=options, description=f"Place {place + 1}", layout=wide)
            for place in range(len(steps_))
        ]
        return widgets.VBox(lines), lambda: [line.value for line in lines]
    if question.kind == "short":
        area = widgets.Textarea(placeholder="three to six sentences", rows=6, layout=wide)
        return area, lambda: area.value
    if question.kind == "output" and not question.options:
        area = widgets.Textarea(placeholder="the output")
        return area, lambda: area.value
    options = [
        (label(option.text), place)
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
    hint = widgets.Button(description="Hint")
    show = widgets.Button(description="Solution")
    feedback = widgets.HTMLMath()

    def on_check(_: Any) -> None:
        feedback.value = status(judge(question, read()))

    def on_show(_: Any) -> None:
        feedback.value = status_box(solution(question))

    def on_hint(_: Any) -> None:
        feedback.value = status_box(f"<p><strong>Hint.</strong></p>{block(question.hint)}")

    check.on_click(on_check)
    hint.on_click(on_hint)
    show.on_click(on_show)
    return widgets.VBox([prompt, control, widgets.HBox([check, hint, show]), feedback])


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
    if question.kind == "short":
        ideas = "".join(f"<li>{inline(c.concept)}:{see_link(c.see)}</li>" for c in question.rubric)
        return f"<ol>{ideas}</ol><p><strong>Model answer:</strong></p>{block(question.model)}"
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
        utils.practice.kinds.QuestionError: it has none, or the bank is malformed.
    """
    return QuickCheck(questions_of(chapter))


class Practice(QuickCheck):
    """Many questions, of which a notebook shows one at a time."""

    def _widgets(self) -> Any:
        try:
            import ipywidgets
        except ImportError:
            return None
        names = [f"{n}: {q.id} ({q.level})" for n, q in enumerate(self.questions, start=1)]
        pick = ipywidgets.Dropdown(
            options=[(name, place) for place, name in enumerate(names)],
            description="Question",
            layout=ipywidgets.Layout(width="max-content", max_width="100%"),
        )
        following = ipywidgets.Button(description="Next")
        place_of_question = ipywidgets.VBox()
        made: dict[int, Any] = {}

        def show(_: Any = None) -> None:
            if pick.value not in made:
                question = self.questions[pick.value]
                made[pick.value] = question_box(question, pick.value + 1, ipywidgets)
            place_of_question.children = (made[pick.value],)

        def go_on(_: Any) -> None:
            pick.value = (pick.value + 1) % len(self.questions)

        pick.observe(show, names="value")
        following.on_click(go_on)
        show()
        return ipywidgets.VBox([ipywidgets.HBox([pick, following]), place_of_question])


def practise(chapter: str | None = None, level: str | None = None) -> Practice:
    """Every question but the flashcards: ``practise("notebooks/05_bottleneck", level="hard")``.

    Args:
        chapter: a page such as ``book/paper``; None for all.
        level: "easy", "medium" or "hard"; None for all.

    Raises:
        QuestionError: no question fits, or the bank is malformed; says what there is.
    """
    asked = [question for question in load_bank() if question.kind != "card"]
    found = [q for q in asked if chapter in (None, q.chapter) and level in (None, q.level)]
    if not found:
        known = ", ".join(in_order({question.chapter for question in asked}))
        raise QuestionError(
            f"no question for chapter {chapter!r} and level {level!r}; chapters: {known}; levels: "
            f"{', '.join(LEVELS)}"
        )
    return Practice(found)
