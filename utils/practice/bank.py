"""The question bank: what is asked, what is right, and what each wrong answer would mean.

Answers "is this question whole?". Every file of ``book/data/questions`` is a YAML list; pages,
notebooks, flashcards and tests read the same questions from here. A malformed question is refused
with file, line, id and fault. ``python -m utils.practice.bank [FILE ...]`` checks files by hand.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from utils.files.places import DATA
from utils.files.yaml_files import compose_yaml, parse_yaml
from utils.practice.filling import fill
from utils.practice.kinds import KINDS, QUESTION, QuestionError, Task
from utils.practice.stated import typed_numbers

BANK = DATA / "questions"


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


def read_file(path: Path, kinds: TypeAdapter[Any] = QUESTION) -> tuple[list[Any], list[str]]:
    """Questions of one file as they stand there, and faults.

    Args:
        path: a YAML list.
        kinds: what an entry has to be.

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
            question = kinds.validate_python(entry)
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
