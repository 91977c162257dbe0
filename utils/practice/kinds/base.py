"""What all kinds of question share.

Answers "what must every question be able to do?". A class of a kind holds the fields of its entry
in the bank, and says how the page and the notebook ask it, what is right, and what to tell those
who are wrong.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, PrivateAttr, model_validator

from utils.facts.checked import Checked, Slug, Text, shaped
from utils.practice.markdown import block, code_block, inline, see_link

EXAM_LENGTH = 20
PAGE = r"(book|notebooks)/[a-z0-9_]+"
Page = Annotated[str, shaped(PAGE, "a page such as book/paper")]
Anchor = Annotated[str, shaped(rf"{PAGE}#[\w.:-]+", "a place on a page, such as book/paper#recap")]
FEW = {
    "list_type": "{field} must be a list, found {found!r}",
    "dict_type": "{field} must be a mapping, found {found!r}",
    "too_short": "{field} must have at least {min_length} entries, and has {actual_length}",
}
"""What is said of lists that are too short, see :class:`utils.facts.checked.Checked`."""
Control = tuple[Any, Callable[[], Any]]
"""A widget, and a function that reads the reader's answer from it."""


class QuestionError(ValueError):
    """The bank cannot be used; every line names file, line, question and fault."""


@dataclass(frozen=True)
class Verdict:
    """Whether an answer is right, and why, as HTML."""

    right: bool
    says: str = ""


class Feedback(Checked):
    """What is said to an answer, and where it is cleared up."""

    feedback: Text
    see: Anchor | None = None

    def says(self) -> str:
        """Both as HTML."""
        link = f"<p>{see_link(self.see).strip()}</p>" if self.see else ""
        return block(self.feedback) + link


class Entry(Checked, noun="question", told=FEW):
    """What every question and card has.

    Attributes:
        id: unique in the whole bank.
        level: how much it asks for.
        chapter: page of the book that it belongs to.
        source: BibTeX key and place, ``measured: EXPERIMENT`` or ``computed``.
        inventory: elements of the source documents that it carries.
        terms: entries of the glossary.
        values: name -> call of a function of :mod:`utils.practice.values`.
        given: literal numbers that are premises or cited text.
    """

    id: Slug
    level: Literal["easy", "medium", "hard"]
    chapter: Page
    source: Text
    inventory: list[str] = Field([])
    terms: list[Text] = Field(min_length=1)
    values: dict[str, str] = Field({})
    given: list[str] = Field([])
    _place: str = PrivateAttr("")

    @property
    def place(self) -> str:
        """File and line where the question starts."""
        return self._place

    def is_run(self, text: str) -> bool:
        """Whether a text is an output that a test compares with what the code prints."""
        return False


class Card(Entry):
    """A flashcard: front and back."""

    kind: Literal["card"]
    front: Text
    back: Text
    hint: Text | None = None


class Question(Entry):
    """What is asked on a page and in a notebook.

    Attributes:
        words: what its title says.
        style: classes of its element on a page.
        solved: what its solution is called.
        hint_first: whether the hint stands before the form, or after the verdict.
    """

    words: ClassVar[str]
    style: ClassVar[str] = "q"
    solved: ClassVar[str] = "Answer and solution"
    hint_first: ClassVar[bool] = False

    prompt: Text
    quick: bool = False
    hint: Text
    solution: list[Text] = Field([])
    mistakes: list[Text] = Field([])

    def asked(self) -> str:
        """What is asked, as HTML."""
        return block(self.prompt)

    def form(self) -> str:
        """What the reader fills in on a page."""
        raise NotImplementedError

    def answers(self) -> str:
        """The right answer, and what is said to others, as HTML."""
        raise NotImplementedError

    def judge(self, answer: Any) -> Verdict | None:
        """What is said to an answer, as ``widget`` reads it; None where there is none yet.

        The object of this kind in ``book/_static/questions/kinds.js`` judges alike.
        """
        raise NotImplementedError

    def widget(self, widgets: Any) -> Control:
        """What the reader fills in in a notebook, made with the module ``ipywidgets``."""
        raise NotImplementedError

    def steps(self) -> str:
        """The worked solution and the common mistakes."""
        parts = ["<p><strong>Step by step:</strong></p>", f"<ol>{listed(self.solution)}</ol>"]
        more = ["<p><strong>Common mistakes:</strong></p>", f"<ul>{listed(self.mistakes)}</ul>"]
        return "".join((parts if self.solution else []) + (more if self.mistakes else []))

    def solve(self) -> str:
        """What a notebook shows as the solution."""
        return self.answers() + self.steps()


class Task(Question):
    """A question that is judged, and counts in a set and the exam.

    Attributes:
        legend: what the form asks for.
    """

    legend: ClassVar[str]

    solution: list[Text] = Field(min_length=1)
    exam: int | None = Field(None, ge=1, le=EXAM_LENGTH)

    @model_validator(mode="after")
    def mistakes_above_easy(self) -> Task:
        if self.level != "easy" and not self.mistakes:
            raise ValueError(f"mistakes: a {self.level} question names at least one")
        return self

    def controls(self) -> str:
        """The inputs of its form."""
        raise NotImplementedError

    def form(self) -> str:
        return (
            f'<fieldset aria-describedby="q-{self.id}-prompt"><legend>{self.legend}</legend>'
            f'{self.controls()}</fieldset><p class="q-buttons"></p>'
        )


class Coded(Task):
    """A question about code."""

    code: Text

    def asked(self) -> str:
        return super().asked() + code_block(self.code)


def listed(texts: Iterable[str]) -> str:
    """Texts as items of a list."""
    return "".join(f"<li>{inline(text)}</li>" for text in texts)


def mixed(question: Any) -> list[tuple[int, Any]]:
    """The options of a question with their places, in an order that its id decides."""
    return shuffled(list(enumerate(question.options)), question.id)


def shuffled(items: list[Any], seed: str) -> list[Any]:
    """Items in an order that depends on the seed alone, and is not the given one."""
    order = list(items)
    draw = random.Random(seed)
    while len(order) > 1 and order == list(items):
        draw.shuffle(order)
    return order
