"""The questions of the book inside a running notebook.

Answers "did you get it?" with ipywidgets, versions 7 and 8: :func:`quick_check` for what a chapter
asks itself, :func:`practise` for the whole bank. What is stored with the notebook also holds the
form that the published page shows; without ipywidgets that form is all there is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from utils.practice.bank import load_bank
from utils.practice.bank import quick_check as questions_of
from utils.practice.kinds import LEVELS, Question, QuestionError, Verdict
from utils.practice.markdown import block, in_order
from utils.practice.rendered import render_set

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def question_box(question: Any, number: int, widgets: Any) -> Any:
    """One question with its buttons and its feedback."""
    prompt = widgets.HTMLMath(f"<h4>Question {number}</h4>{question.asked()}")
    control, read = question.widget(widgets)
    check = widgets.Button(description="Check", button_style="primary")
    hint = widgets.Button(description="Hint")
    show = widgets.Button(description="Solution")
    feedback = widgets.HTMLMath()

    def on_check(_: Any) -> None:
        feedback.value = status(question.judge(read()))

    def on_show(_: Any) -> None:
        feedback.value = status_box(question.solve())

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


class QuickCheck:
    """Questions that a notebook shows as widgets, and a page as a form.

    Attributes:
        questions: what is asked.
        box: the widgets; None without ipywidgets.
    """

    def __init__(self, questions: Iterable[Any]) -> None:
        self.questions = list(questions)
        self.markup = render_set(self.questions, "quick")
        try:
            import ipywidgets
        except ImportError:
            self.box = None
        else:
            self.box = self._box(ipywidgets)

    def _box(self, widgets: Any) -> Any:
        boxes = [question_box(q, n, widgets) for n, q in enumerate(self.questions, start=1)]
        return widgets.VBox(boxes)

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

    def _box(self, widgets: Any) -> Any:
        names = [f"{n}: {q.id} ({q.level})" for n, q in enumerate(self.questions, start=1)]
        pick = widgets.Dropdown(
            options=[(name, place) for place, name in enumerate(names)],
            description="Question",
            layout=widgets.Layout(width="max-content", max_width="100%"),
        )
        following = widgets.Button(description="Next")
        place_of_question = widgets.VBox()
        made: dict[int, Any] = {}

        def show(_: Any = None) -> None:
            if pick.value not in made:
                question = self.questions[pick.value]
                made[pick.value] = question_box(question, pick.value + 1, widgets)
            place_of_question.children = (made[pick.value],)

        def go_on(_: Any) -> None:
            pick.value = (pick.value + 1) % len(self.questions)

        pick.observe(show, names="value")
        following.on_click(go_on)
        show()
        return widgets.VBox([widgets.HBox([pick, following]), place_of_question])


def practise(chapter: str | None = None, level: str | None = None) -> Practice:
    """Every question but the flashcards: ``practise("notebooks/05_bottleneck", level="hard")``.

    Args:
        chapter: a page such as ``book/paper``; None for all.
        level: "easy", "medium" or "hard"; None for all.

    Raises:
        QuestionError: no question fits, or the bank is malformed; says what there is.
    """
    asked = [question for question in load_bank() if isinstance(question, Question)]
    found = [q for q in asked if chapter in (None, q.chapter) and level in (None, q.level)]
    if not found:
        known = ", ".join(in_order({question.chapter for question in asked}))
        raise QuestionError(
            f"no question for chapter {chapter!r} and level {level!r}; chapters: {known}; levels: "
            f"{', '.join(LEVELS)}"
        )
    return Practice(found)
