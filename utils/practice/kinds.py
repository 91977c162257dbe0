"""The kinds of question, each a checked class.

Answers "what does a question of this kind need?". A file of the bank is read into these classes,
and whatever does not fit is told with what to do.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Union

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    TypeAdapter,
    field_validator,
    model_validator,
)

from utils.practice import rubric

EXAM_LENGTH = 20
ID = r"^[a-z0-9]+(-[a-z0-9]+)*$"
PAGE = r"^(book|notebooks)/[a-z0-9_]+$"
ANCHOR = r"^(book|notebooks)/[a-z0-9_]+#[\w.:-]+$"
Text = Annotated[str, Field(min_length=1, pattern=r"\S")]
Anchor = Annotated[str, Field(pattern=ANCHOR)]


class QuestionError(ValueError):
    """The bank cannot be used; every line names file, line, question and fault."""


class Strict(BaseModel):
    """Refuses fields that it does not know."""

    model_config = ConfigDict(extra="forbid")


class Option(Strict):
    """One choice.

    Attributes:
        text: what the reader picks (Markdown).
        correct: whether it is right.
        feedback: why it is right, or which misconception it shows.
        see: ``page#anchor`` where it is cleared up; a wrong option needs it.
    """

    text: Text
    correct: bool = False
    feedback: Text
    see: Anchor | None = None

    @model_validator(mode="after")
    def wrong_leads_somewhere(self) -> Option:
        if not self.correct and self.see is None:
            raise ValueError(f"see is missing: where is the wrong option {self.text!r} cleared up?")
        return self


class Step(Strict):
    """One step of an order question."""

    text: Text


class Answer(Strict):
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


class Near(Strict):
    """A number that a typical mistake leads to."""

    value: float | str
    feedback: Text
    see: Anchor | None = None


class Concept(Strict):
    """One of the four ideas that a good explanation holds.

    Attributes:
        concept: the idea in a few words.
        phrases: how a text might say it; shown to the reader.
        keys: what a text is searched for, see :mod:`utils.practice.rubric`.
        see: ``page#anchor`` where it is explained.
    """

    concept: Text
    phrases: list[Text] = Field(min_length=1)
    keys: list[Text] = Field(min_length=1)
    see: Anchor

    @field_validator("keys")
    @classmethod
    def sound(cls, keys: list[str]) -> list[str]:
        for key in keys:
            if fault := rubric.fault_of(key):
                raise ValueError(f"{key!r} {fault}")
        return keys

    @model_validator(mode="after")
    def phrases_are_found(self) -> Concept:
        for phrase in self.phrases:
            if not rubric.covered([self.keys], phrase):
                raise ValueError(f"keys: none of them is found in the phrase {phrase!r}")
        return self


class Entry(Strict):
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

    id: str = Field(pattern=ID)
    level: Literal["easy", "medium", "hard"]
    chapter: str = Field(pattern=PAGE)
    source: Text
    inventory: list[str] = []
    terms: list[Text] = Field(min_length=1)
    values: dict[str, str] = {}
    given: list[str] = []
    _place: str = PrivateAttr("")

    @property
    def place(self) -> str:
        """File and line where the question starts."""
        return self._place


class Card(Entry):
    """A flashcard: front and back."""

    kind: Literal["card"]
    front: Text
    back: Text
    hint: Text | None = None


class Task(Entry):
    """What every question has beside :class:`Entry`."""

    prompt: Text
    quick: bool = False
    hint: Text
    solution: list[Text] = Field(min_length=1)
    mistakes: list[Text] = []
    exam: int | None = Field(None, ge=1, le=EXAM_LENGTH)

    @model_validator(mode="after")
    def mistakes_above_easy(self) -> Task:
        if self.level != "easy" and not self.mistakes:
            raise ValueError(f"mistakes: a {self.level} question names at least one")
        return self


def check_options(options: list[Option], *, one_right: bool) -> list[Option]:
    """Refuse options that stand twice, or too few or too many right ones.

    Raises:
        ValueError: says what is wrong.
    """
    texts = [option.text.strip() for option in options]
    if twice := sorted({text for text in texts if texts.count(text) > 1}):
        raise ValueError(f"two options say {twice[0]!r}")
    right = sum(option.correct for option in options)
    if one_right and right != 1:
        raise ValueError(f"exactly one option must be correct, not {right}")
    if not right:
        raise ValueError("no option is correct")
    return options


class Single(Task):
    """One choice of several."""

    kind: Literal["single"]
    options: list[Option] = Field(min_length=2)

    @field_validator("options")
    @classmethod
    def one_right(cls, options: list[Option]) -> list[Option]:
        return check_options(options, one_right=True)


class Multiple(Task):
    """All choices that are right."""

    kind: Literal["multiple"]
    options: list[Option] = Field(min_length=2)

    @field_validator("options")
    @classmethod
    def some_right(cls, options: list[Option]) -> list[Option]:
        return check_options(options, one_right=False)


class Numeric(Task):
    """A number, right within a tolerance."""

    kind: Literal["numeric"]
    answer: Answer
    near: list[Near] = []


class Order(Task):
    """Steps to put in order; the file holds them in the right one."""

    kind: Literal["order"]
    options: list[Step] = Field(min_length=3)

    @field_validator("options")
    @classmethod
    def unlike(cls, options: list[Step]) -> list[Step]:
        if len({step.text.strip() for step in options}) != len(options):
            raise ValueError("two steps have the same text, so their order cannot be judged")
        return options


def plain_output(text: str) -> str:
    """An output without the Markdown around it, for comparison."""
    lines = [line for line in text.strip().splitlines() if not line.strip().startswith("```")]
    return "\n".join(line.strip().strip("`").rstrip() for line in lines)


class Output(Task):
    """What does this code print? With options, or typed."""

    kind: Literal["output"]
    code: Text
    output: Text
    options: list[Option] = []

    @model_validator(mode="after")
    def right_option_is_the_output(self) -> Output:
        if not self.options:
            return self
        check_options(self.options, one_right=True)
        right = next(option.text for option in self.options if option.correct)
        if plain_output(right) != plain_output(self.output):
            raise ValueError(
                f"options: the correct one says {right!r}, but output is {self.output!r}"
            )
        return self


class Bug(Task):
    """Broken code, and its repair.

    Attributes:
        check: Python that runs after either version; it raises for the broken one only.
        fails_with: text that the error of the broken version contains.
    """

    kind: Literal["bug"]
    code: Text
    fixed: Text
    check: Text
    fails_with: Text
    options: list[Option] = Field(min_length=2)

    @field_validator("options")
    @classmethod
    def one_right(cls, options: list[Option]) -> list[Option]:
        return check_options(options, one_right=True)


class Label(Task):
    """Names for the lettered places of a drawing of ``book/_static/drawings``."""

    kind: Literal["label"]
    drawing: str = Field(pattern=ID)
    labels: dict[Annotated[str, Field(pattern=r"^[A-Z]$")], Text] = Field(min_length=2)


class Short(Entry):
    """A short explanation in the reader's own words, judged against four concepts."""

    kind: Literal["short"]
    prompt: Text
    quick: bool = False
    hint: Text
    rubric: list[Concept] = Field(min_length=4, max_length=4)
    model: Text
    solution: list[Text] = []
    mistakes: list[Text] = []
    exam: None = None

    @model_validator(mode="after")
    def model_covers_everything(self) -> Short:
        found = rubric.covered([concept.keys for concept in self.rubric], self.model)
        for place, concept in enumerate(self.rubric):
            if place not in found:
                raise ValueError(f"model: no key of the concept {concept.concept!r} is found in it")
        return self


Question = Annotated[
    Union[Single, Multiple, Numeric, Order, Output, Bug, Label, Short, Card],  # noqa: UP007
    Field(discriminator="kind"),
]

QUESTION: TypeAdapter[Any] = TypeAdapter(Question)

KINDS = ("single", "multiple", "numeric", "order", "output", "bug", "label", "short", "card")
LEVELS = ("easy", "medium", "hard")
