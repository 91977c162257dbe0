"""The question bank: what is asked, what is right, and what each wrong answer would mean.

Answers "is this question whole?". Every file of ``book/data/questions`` is a YAML list; pages,
notebooks, flashcards and tests read the same questions from here. A malformed question is refused
with file, line, id and fault. ``python -m utils.questions [FILE ...]`` checks files by hand.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Union

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from utils import rubric
from utils.yaml_files import compose_yaml, parse_yaml

BANK = Path(__file__).parents[1] / "book" / "data" / "questions"
EXAM_LENGTH = 20

ID = r"^[a-z0-9]+(-[a-z0-9]+)*$"
PAGE = r"^(book|notebooks)/[a-z0-9_]+$"
ANCHOR = r"^(book|notebooks)/[a-z0-9_]+#[\w.:-]+$"
PLACEHOLDER = re.compile(r"\{\{\s*([a-z_]\w*)\s*(?::([^{}]*))?\}\}")
CODE = re.compile(r"(`+).+?\1", re.DOTALL)
NUMBER = re.compile(r"(?<![\w.,])(?<![A-Za-z][-–])\d+(?:,\d{3})*(?:\.\d+)?(?![\w.]*\d)")
LINK = re.compile(r"\]\([^)]*\)")
YEARS = range(1940, 2031)

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
        keys: what a text is searched for, see :mod:`utils.rubric`.
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
        values: name -> call of a function of :mod:`utils.question_values`.
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

TEXTS = {"prompt", "hint", "solution", "mistakes", "front", "back", "model", "rubric", "options",
         "near", "labels", "answer"}  # fmt: skip
"""Fields whose texts, at any depth, may hold ``{{name}}``; code is left as it is."""


def double_keys(node: yaml.Node) -> Iterator[tuple[int, str]]:
    """Line and name of keys that stand twice in one mapping."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield key.start_mark.line + 1, key.value
            seen.add(key.value)
            yield from double_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from double_keys(item)


def line_of(node: yaml.Node, path: Iterable[str | int]) -> int:
    """Line of the deepest part of ``path`` that the file has."""
    line = node.start_mark.line + 1
    for part in path:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == str(part)]
            if not found:
                break
            line, node = found[0][0].start_mark.line + 1, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            if part >= len(node.value):
                break
            node = node.value[part]
            line = node.start_mark.line + 1
    return line


def field_path(error: dict[str, Any]) -> list[str | int]:
    """Where a fault of pydantic is, without the kind of question that it names first."""
    path = list(error["loc"])
    return [
        part for part in (path[1:] if path[:1] and path[0] in KINDS else path) if part != "[key]"
    ]


def fault_words(error: dict[str, Any]) -> str:
    """One fault of pydantic as "options 2, feedback: Field required"."""
    words = ""
    for part in field_path(error):
        if isinstance(part, int):
            words += f" {part + 1}"
        elif part not in ("float", "str"):
            words += f", {part}" if words else str(part)
    message = error["msg"].removeprefix("Value error, ")
    known = {
        "missing": "is missing",
        "extra_forbidden": "is no field of this kind of question",
        "string_type": f"must be text in quotes, found {error['input']!r}",
        "string_pattern_mismatch": f"{error['input']!r} does not look right, "
        f"expected {error.get('ctx', {}).get('pattern', '')}",
        "union_tag_invalid": f"kind must be one of {', '.join(KINDS)}",
        "union_tag_not_found": f"kind is missing; it is one of {', '.join(KINDS)}",
    }
    return f"{words}: {known.get(error['type'], message)}".removeprefix(": ")


def read_file(path: Path) -> tuple[list[Any], list[str]]:
    """Questions of one file as they stand there, and faults.

    Raises:
        OSError: the file cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
        root, entries = compose_yaml(text), parse_yaml(text)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path.name}, line {mark.line + 1}" if mark else path.name
        return [], [f"{place}: not valid YAML: {getattr(error, 'problem', error)}"]
    if not isinstance(entries, list) or root is None:
        return [], [f"{path.name}, line 1: expected a list of questions"]
    questions, faults = [], []
    for entry, node in zip(entries, root.value, strict=True):
        line = node.start_mark.line + 1
        if not isinstance(entry, dict):
            faults.append(f"{path.name}, line {line}: expected a question, found {entry!r}")
            continue
        name = f"question {entry['id']}" if "id" in entry else "a question without id"
        twice = [(at, f"{key} stands twice") for at, key in double_keys(node)]
        try:
            question = QUESTION.validate_python(entry)
            question._place = f"{path.name}, line {line}"
            questions.append(question)
        except ValidationError as error:
            details = error.errors(include_url=False)
            twice += [(line_of(node, field_path(e)), fault_words(e)) for e in details]
        faults += [f"{path.name}, line {at}, {name}: {fault}" for at, fault in twice]
    return questions, faults


def common_faults(questions: Iterable[Any]) -> Iterator[str]:
    """Faults that show only in the whole bank: ids and places in the exam that stand twice."""
    seen: dict[str, str] = {}
    exam: dict[int, str] = {}
    for question in questions:
        if question.id in seen:
            yield f"{question.place}, question {question.id}: the id stands in {seen[question.id]}"
        seen.setdefault(question.id, question.place)
        place = getattr(question, "exam", None)
        if place in exam:
            where = f"{question.place}, question {question.id}"
            yield f"{where}: exam {place} is taken by {exam[place]}"
        if place:
            exam.setdefault(place, question.id)


def filled_text(text: str, values: dict[str, Any]) -> str:
    """A text with its ``{{name}}`` and ``{{name:format}}`` replaced.

    Raises:
        ValueError: an unknown name or a format that does not fit.
    """

    def replace(found: re.Match[str]) -> str:
        name, form = found[1], found[2]
        if name not in values:
            known = ", ".join(values) or "none"
            raise ValueError(f"{{{{{name}}}}} is no entry of values; there are: {known}")
        value = values[name]
        form = form if form is not None else ("g" if isinstance(value, float) else "")
        try:
            return format(value, form)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{{{{{name}:{form}}}}} does not fit {value!r}: {error}") from error

    return PLACEHOLDER.sub(replace, text)


def filled_tree(tree: Any, change: Callable[[str], str]) -> Any:
    """A copy of nested lists and mappings with every text changed."""
    if isinstance(tree, str):
        return change(tree)
    if isinstance(tree, list):
        return [filled_tree(item, change) for item in tree]
    if isinstance(tree, dict):
        return {
            key: item if key in ("see", "value") else filled_tree(item, change)
            for key, item in tree.items()
        }
    return tree


def fill(question: Any) -> Any:
    """A question with its values computed and put into its texts and answers.

    Raises:
        QuestionError: a value cannot be computed, or a text asks for one that is not there.
    """
    from utils.question_values import compute

    try:
        values = compute(question.values)
        data = question.model_dump()
        for field in TEXTS & set(data):
            data[field] = filled_tree(data[field], lambda text: filled_text(text, values))
        for holder in [data.get("answer"), *data.get("near", [])]:
            if holder and isinstance(holder["value"], str):
                if holder["value"] not in values:
                    raise ValueError(f"value {holder['value']!r} is no entry of values")
                holder["value"] = float(values[holder["value"]])
        done = QUESTION.validate_python(data)
    except (ValueError, TypeError, RuntimeError, LookupError, ArithmeticError) as error:
        raise QuestionError(f"{question.place}, question {question.id}: {error}") from error
    done._place = question.place
    return done


def read_bank(folder: Path = BANK) -> tuple[Any, ...]:
    """Every question as it stands in the files, in their order.

    Raises:
        QuestionError: names every fault of every file.
    """
    questions, faults = [], []
    for path in sorted(folder.glob("*.yml")):
        found, broken = read_file(path)
        questions += found
        faults += broken
    faults += common_faults(questions)
    if faults:
        raise QuestionError("\n".join(faults))
    return tuple(questions)


@cache
def checked_bank(folder: Path) -> tuple[Any, ...]:
    """:func:`read_bank`, remembered."""
    return read_bank(folder)


def load_bank(folder: Path = BANK) -> tuple[Any, ...]:
    """Every question with its values filled in, in the order of files and entries.

    Raises:
        QuestionError: names every fault of every file.
    """
    return _filled_bank(folder)


@cache
def _filled_bank(folder: Path) -> tuple[Any, ...]:
    filled, faults = [], []
    for question in checked_bank(folder):
        try:
            filled.append(fill(question))
        except QuestionError as error:
            faults.append(str(error))
    if faults:
        raise QuestionError("\n".join(faults))
    return tuple(filled)


def quick_check(chapter: str, folder: Path = BANK) -> list[Any]:
    """The questions that a chapter itself asks; only their values are computed.

    Raises:
        QuestionError: it has none.
    """
    asked = [q for q in checked_bank(folder) if q.kind not in ("card", "short") and q.quick]
    chosen = [question for question in asked if question.chapter == chapter]
    if not chosen:
        raise QuestionError(f"{chapter} has no question with `quick: true` in {folder.name}")
    return [fill(question) for question in chosen]


def exam(folder: Path = BANK) -> list[Any]:
    """The questions of the exam, in its order."""
    chosen = [q for q in load_bank(folder) if getattr(q, "exam", None)]
    return sorted(chosen, key=lambda question: question.exam)


def significant_digits(number: str) -> int:
    """Digits that say something: "0.0040" has 2, "1,200" has 2, "3.57" has 3."""
    digits = number.replace(",", "")
    if "." not in digits:
        digits = digits.rstrip("0")
    return len(digits.replace(".", "").lstrip("0"))


def stated_texts(question: Any) -> Iterator[str]:
    """The texts whose numbers must be right: prompt, correct options, answer and solution."""
    for field in ("prompt", "front", "back", "model"):
        yield getattr(question, field, "")
    yield from getattr(question, "solution", [])
    for option in getattr(question, "options", []):
        if getattr(option, "correct", True):
            yield option.text
            yield getattr(option, "feedback", "")
    yield from getattr(question, "labels", {}).values()
    answer = getattr(question, "answer", None)
    if answer and not isinstance(answer.value, str):
        yield f"{answer.value:g}"


def typed_numbers(question: Any) -> list[str]:
    """Numbers of three or more significant digits that are neither a value nor ``given``.

    Give it a question of :func:`read_bank`. Years and numbers in code are left out, and the
    correct option of an output question, which a test compares with what its code prints.
    """
    given = {number.replace(",", "") for number in question.given}
    found = []
    for text in stated_texts(question):
        if question.kind == "output" and plain_output(text) == plain_output(question.output):
            continue
        bare = PLACEHOLDER.sub(" ", LINK.sub("]", CODE.sub(" ", text)))
        for number in NUMBER.findall(bare):
            plain = number.replace(",", "")
            year = "." not in plain and "," not in number and int(plain) in YEARS
            if significant_digits(number) >= 3 and not year and plain not in given:
                found.append(number)
    return found


def main(arguments: list[str]) -> int:
    """Check the files named, or the whole bank, and print every fault."""
    paths = [Path(argument) for argument in arguments] or sorted(BANK.glob("*.yml"))
    questions, faults = [], []
    for path in paths:
        found, broken = read_file(path)
        questions += found
        faults += broken
    faults += common_faults(questions)
    for question in questions:
        try:
            fill(question)
        except QuestionError as error:
            faults.append(str(error))
        for number in typed_numbers(question):
            faults.append(
                f"{question.place}, question {question.id}: {number} is typed; compute it in "
                "values, or name it in given"
            )
    print("\n".join([*faults, f"{len(questions)} questions, {len(faults)} faults"]))
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
