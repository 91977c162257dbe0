"""The question bank: what is asked, what is right, and what each wrong answer would mean.

Answers "is this question whole?". Every file of ``book/data/questions`` is a YAML list; pages,
notebooks, flashcards and tests read the same questions from here. A malformed question is refused
with file, line, id and fault. ``python -m utils.practice.bank [FILE ...]`` checks files by hand.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from utils.facts.checked import entry_fault, unreadable
from utils.files.places import DATA
from utils.files.yaml_files import double_keys, read_document
from utils.practice.filling import fill
from utils.practice.kinds import KINDS, QuestionError, Task
from utils.practice.kinds.base import Entry
from utils.practice.stated import typed_numbers

BANK = DATA / "questions"


def read_file(path: Path, kinds: Mapping[str, type[Entry]] = KINDS) -> tuple[list[Any], list[str]]:
    """Questions of one file as they stand there, and faults.

    Args:
        path: a YAML list.
        kinds: what an entry may be, by its field ``kind``.

    Raises:
        OSError: the file cannot be read.
    """
    try:
        document = read_document(path)
    except (yaml.YAMLError, UnicodeDecodeError) as problem:
        return [], [unreadable(path.name, problem)]
    if not isinstance(document.data, list):
        return [], [f"{path.name}, line 1: expected a list of questions"]
    questions, faults = [], []
    for place, entry in enumerate(document.data):
        line = document.line_of([place])
        if not isinstance(entry, dict):
            faults.append(f"{path.name}, line {line}: expected a question, found {entry!r}")
            continue
        name = f"question {entry['id']}" if "id" in entry else "a question without id"
        node = document.root.value[place]
        found = [(at, f"{key} stands twice; keep one") for at, key in double_keys(node)]
        try:
            question = kind_of(entry, kinds).model_validate(entry)
            question._place = f"{path.name}, line {line}"
            questions.append(question)
        except QuestionError as problem:
            found.append((document.line_of([place, "kind"]), str(problem)))
        except ValidationError as problem:
            for error in problem.errors(include_url=False):
                at = document.line_of([place, *error["loc"]])
                found.append((at, entry_fault(kinds[entry["kind"]], entry, error)))
        faults += [f"{path.name}, line {at}, {name}: {fault}" for at, fault in found]
    return questions, faults


def kind_of(entry: dict, kinds: Mapping[str, type[Entry]]) -> type[Entry]:
    """The class of an entry.

    Raises:
        QuestionError: it names no kind, or another one.
    """
    known = ", ".join(kinds)
    if "kind" not in entry:
        raise QuestionError(f"kind is missing; it is one of {known}")
    if not isinstance(entry["kind"], str) or entry["kind"] not in kinds:
        raise QuestionError(f"kind must be one of {known}, found {entry['kind']!r}")
    return kinds[entry["kind"]]


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
    asked = [q for q in checked_bank(folder) if isinstance(q, Task) and q.quick]
    chosen = [question for question in asked if question.chapter == chapter]
    if not chosen:
        raise QuestionError(f"{chapter} has no question with `quick: true` in {folder.name}")
    return [fill(question) for question in chosen]


def exam(folder: Path = BANK) -> list[Any]:
    """The questions of the exam, in its order."""
    chosen = [q for q in load_bank(folder) if getattr(q, "exam", None)]
    return sorted(chosen, key=lambda question: question.exam)


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
