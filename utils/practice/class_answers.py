"""The answers of a class to the concept inventory, without names.

Answers "what did each learner choose, before and after?". Comes in: a CSV file with a row for each
learner and time. Goes out: letters as an array, which :mod:`utils.practice.item_statistics` counts.
A file that could tell who somebody is gets refused, and the message says what to remove.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from utils.practice.concepts import LETTERS

TIMES = ("before", "after")
CODE, WHEN = "code", "when"
BLANK = ""
"""What stands for a question that was left out."""
PERSONAL = re.compile(
    r"name|mail|student|pupil|matric|roll|birth|gender|sex|phone|address|\bip\b|user|login|time",
    re.IGNORECASE,
)
"""Words in the head of a column that tells who somebody is, or when she answered."""
LONGEST_CODE = 12


class AnswersError(ValueError):
    """The file cannot be used; each line says where and what to do."""


@dataclass(frozen=True)
class Answers:
    """What learners chose.

    Attributes:
        codes: one for each row.
        when: "before" or "after", for each row.
        chosen: letters (rows, items); "" for a question that was left out.
    """

    codes: tuple[str, ...]
    when: tuple[str, ...]
    chosen: np.ndarray

    def at(self, when: str) -> Answers:
        """The rows of one time."""
        return self.rows([place for place, time in enumerate(self.when) if time == when])

    def rows(self, places: list[int]) -> Answers:
        """Some of the rows, in the order of ``places``."""
        codes, when = ([column[p] for p in places] for column in (self.codes, self.when))
        return Answers(tuple(codes), tuple(when), self.chosen[places])

    def right(self, key: str) -> np.ndarray:
        """Which answers are right (rows, items), given the letters of the right options.

        Raises:
            ValueError: the key is for another number of items.
        """
        if len(key) != self.chosen.shape[1]:
            raise ValueError(
                f"the key has {len(key)} letters and the answers have {self.chosen.shape[1]} items"
            )
        return self.chosen == np.array(list(key))

    def paired(self) -> tuple[Answers, Answers]:
        """The learners who answered both times, before and after, in the same order."""
        before, after = (self.at(time) for time in TIMES)
        both = [code for code in before.codes if code in after.codes]
        return tuple(one.rows([one.codes.index(c) for c in both]) for one in (before, after))


def header(items: int) -> list[str]:
    """The columns of a file: code, when, q1 and so on."""
    return [CODE, WHEN, *(f"q{number}" for number in range(1, items + 1))]


def head_faults(found: list[str], wanted: list[str]) -> Iterator[str]:
    """What is wrong with the first line."""
    for name in found:
        if name not in wanted and (PERSONAL.search(name) or "@" in name):
            yield (
                f"the column {name!r} may tell who somebody is: delete it from the file, and keep "
                f"only {CODE}, {WHEN} and the answers"
            )
        elif name not in wanted:
            yield f"the column {name!r} is not known: the columns are {CODE}, {WHEN}, q1 and so on"
    for name in wanted:
        if found.count(name) != 1:
            fault = "is missing" if name not in found else "stands twice"
            yield f"the column {name!r} {fault}"


def row_faults(row: dict[str, str], items: list[str]) -> Iterator[str]:
    """What is wrong with the cells of one row."""
    code = row[CODE]
    if "@" in code or " " in code or len(code) > LONGEST_CODE:
        yield (
            f"the code {code!r} looks like a name or an address; a code has at most {LONGEST_CODE} "
            "letters and digits"
        )
    elif not code:
        yield "there is no code; leave the row out, or give it a code that no other row has"
    if row[WHEN] not in TIMES:
        yield f"when is {row[WHEN]!r}; write before or after"
    for name in items:
        if len(row[name]) > 1 or row[name] not in LETTERS:
            yield f"{name} is {row[name]!r}; write {', '.join(LETTERS)}, or leave the cell empty"


def parse_answers(text: str, items: int, name: str = "the file") -> Answers:
    """Read and check the text of a file.

    Args:
        text: CSV, with commas or semicolons between the cells.
        items: how many there are.
        name: of the file, for messages.

    Raises:
        AnswersError: with every fault.
    """
    lines = [line for line in text.removeprefix("\ufeff").splitlines() if line.strip(" ,;\t")]
    between = ";" if lines and lines[0].count(";") > lines[0].count(",") else ","
    table = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=between))
    head = [cell.strip().lower() for cell in table[0]] if table else []
    if faults := list(head_faults(head, header(items))):
        raise AnswersError("\n".join(f"{name}, first line: {fault}" for fault in faults))
    rows = []
    for number, cells in enumerate(table[1:], start=2):
        if len(cells) != len(head):
            faults.append(f"{name}, line {number}: {len(cells)} cells, expected {len(head)}")
            continue
        row = dict(zip(head, (cell.strip() for cell in cells), strict=True))
        row[WHEN] = row[WHEN].lower()
        row |= {item: row[item].upper() for item in header(items)[2:]}
        faults += [
            f"{name}, line {number}: {fault}" for fault in row_faults(row, header(items)[2:])
        ]
        rows.append(row)
    faults += [f"{name}: {fault}" for fault in together(rows)]
    if faults:
        raise AnswersError("\n".join(faults))
    chosen = np.array([[row[item] for item in header(items)[2:]] for row in rows], dtype="<U1")
    return Answers(tuple(r[CODE] for r in rows), tuple(r[WHEN] for r in rows), chosen)


def together(rows: list[dict[str, str]]) -> Iterator[str]:
    """What shows only in all rows together."""
    if not rows:
        yield "there is no answer in it; export it again with a row for each learner and time"
    seen = [(row[CODE], row[WHEN]) for row in rows]
    for code, when in dict.fromkeys(pair for pair in seen if seen.count(pair) > 1):
        yield f"the code {code} stands twice {when}; two learners need two codes, so mark one"


def read_answers(path: str | Path, items: int) -> Answers:
    """Read a file that a form, a spreadsheet or a course exported.

    Args:
        path: CSV in UTF-8.
        items: how many there are.

    Raises:
        AnswersError: with every fault, and what to do.
        OSError: the file cannot be read.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as problem:
        raise AnswersError(f"{path.name} is not in UTF-8; export it as CSV (UTF-8)") from problem
    return parse_answers(text, items, path.name)


def as_csv(answers: Answers) -> str:
    """The file that :func:`parse_answers` reads."""
    table = io.StringIO()
    write = csv.writer(table, lineterminator="\n").writerow
    write(header(answers.chosen.shape[1]))
    for code, when, row in zip(answers.codes, answers.when, answers.chosen, strict=True):
        write([code, when, *row])
    return table.getvalue()


def joined(parts: Iterable[Answers]) -> Answers:
    """Several sets of rows as one."""
    parts = list(parts)
    codes = tuple(code for part in parts for code in part.codes)
    when = tuple(time for part in parts for time in part.when)
    return Answers(codes, when, np.concatenate([part.chosen for part in parts]))
