"""The answers of a class to the concept inventory, without names.

Answers "what did each learner choose, before and after?". Comes in: a CSV file with a row for each
learner and time. Goes out: letters as an array, which :mod:`utils.practice.item_statistics` counts.
A file that could tell who somebody is gets refused, and the message says what to remove.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
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
SHOWN = 20
"""Characters of a cell that a message repeats."""
MOST_FAULTS = 10
"""Faults that are told at once: a wrong file has hundreds, and nobody reads them."""
SEPARATOR = re.compile(r'\s*"?sep=([^\r\n"])', re.IGNORECASE)
"""A first line with which a spreadsheet says what stands between its cells."""


class AnswersError(ValueError):
    """The file cannot be used; each line says where and what to do."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows in the place of a traceback."""
        return [str(self)]


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
        then, later = ({c: p for p, c in enumerate(one.codes)} for one in (before, after))
        both = [code for code in then if code in later]
        return before.rows([then[c] for c in both]), after.rows([later[c] for c in both])


def need_pairs(answers: Answers) -> None:
    """Check that there is a gain to compute.

    Raises:
        AnswersError: fewer than two learners answered both times; says what to do.
    """
    for when in TIMES:
        if when not in answers.when:
            raise AnswersError(
                f"no row says {when}, but a gain needs both times; "
                f"add a row with {when} for each learner who answered then"
            )
    both = len(answers.paired()[0].codes)
    if both < 2:
        found = "no code stands" if both == 0 else "only one code stands"
        raise AnswersError(
            f"{found} both before and after, and two are the least; "
            "compare how the codes were written both times"
        )


def header(items: int) -> list[str]:
    """The columns of a file: code, when, q1 and so on."""
    return [CODE, WHEN, *(f"q{number}" for number in range(1, items + 1))]


def head_faults(found: list[str], wanted: list[str]) -> Iterator[str]:
    """What is wrong with the first line."""
    if not set(found) & set(wanted):
        yield f"no column is known; it has to be {CODE},{WHEN},q1 and so on to {wanted[-1]}"
        return
    for place, name in enumerate(found, start=1):
        if not name:
            yield f"column {place} has no name: delete it, because only known columns are read"
        elif name not in wanted and (PERSONAL.search(name) or "@" in name):
            yield (
                f"the column {opening(name)!r} may tell who somebody is: delete it from the file, "
                f"and keep only {CODE}, {WHEN} and the answers"
            )
        elif name not in wanted:
            yield (
                f"the column {opening(name)!r} is not known: delete it, "
                f"because the columns are {CODE}, {WHEN}, q1 and so on"
            )
    for name in wanted:
        if found.count(name) != 1:
            fault = "stands twice: delete one of them" if name in found else "is missing: add it"
            yield f"the column {name!r} {fault}"


def opening(text: str) -> str:
    """As much of a cell as a message repeats."""
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def is_code(code: str) -> bool:
    """Whether this has the form of a code: names have no digit, and school numbers no letter."""
    digits = sum(map(str.isdigit, code))
    return code.isalnum() and 0 < digits < len(code) <= LONGEST_CODE


def row_faults(row: dict[str, str], items: list[str]) -> Iterator[str]:
    """What is wrong with the cells of one row."""
    if not row[CODE]:
        yield "there is no code; leave the row out, or give it a code that no other row has"
    elif not is_code(row[CODE]):
        # The message stays in the notebook's output, so it must not repeat a name.
        yield (
            "the code may be a name, an address or a number that the school gave; write at most "
            f"{LONGEST_CODE} letters and digits, with at least one of each"
        )
    if row[WHEN] not in TIMES:
        yield f"when is {opening(row[WHEN])!r}; write before or after"
    for name in items:
        if len(row[name]) > 1 or row[name] not in LETTERS:
            yield (
                f"{name} is {opening(row[name])!r}; "
                f"write {', '.join(LETTERS)}, or leave the cell empty"
            )
    if not any(row[name] for name in items):
        # Such a row would count as a learner who is wrong everywhere.
        yield "no letter in this row; delete it if the learner was absent"


def clean(cell: str) -> str:
    """The cell without characters of no width, which phones and web pages leave unseen."""
    letters = unicodedata.normalize("NFKC", cell)
    return "".join(one for one in letters if unicodedata.category(one) != "Cf").strip()


def read_table(text: str, name: str) -> list[tuple[int, list[str]]]:
    """The rows that hold something, each with the line on which it begins.

    Raises:
        AnswersError: it is no table, or an empty one.
    """
    lines = list(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    first = next((place for place, line in enumerate(lines) if line.strip(" ,;\t\r\n")), None)
    empty = AnswersError(f"{name} is empty; export it with a row for each learner and time")
    if first is None:
        raise empty
    if told := SEPARATOR.match(lines[first]):
        lines[first] = "\n"
    between = told[1] if told else max(",;\t", key=lines[first].count)
    reader = csv.reader(lines, delimiter=between)
    table, begins = [], 1
    try:
        for cells in reader:
            cells = [clean(cell) for cell in cells]
            if any(cells):
                table.append((begins, cells))
            begins = reader.line_num + 1
    except csv.Error as problem:
        raise AnswersError(
            f"{name}, line {begins}: a cell is far too long or broken; look for a quotation mark "
            "without a partner, or export the file again"
        ) from problem
    if not table:
        raise empty
    return without_empty_columns(table)


def without_empty_columns(table: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """The table without columns that hold nothing, which spreadsheets append."""
    width = len(table[0][1])
    used = [place for place in range(width) if any(any(c[place : place + 1]) for _, c in table)]
    return [
        (line, [cells[p] for p in used if p < len(cells)] + cells[width:] * any(cells[width:]))
        for line, cells in table
    ]


def refuse(faults: Iterable[str]) -> None:
    """Tell the first faults, and how many more there are.

    Raises:
        AnswersError: there is a fault.
    """
    faults = list(faults)
    if faults:
        more = len(faults) - MOST_FAULTS
        rest = [f"and {more} more"] if more > 0 else []
        raise AnswersError("\n".join([*faults[:MOST_FAULTS], *rest]))


def parse_answers(text: str, items: int, name: str = "the file") -> Answers:
    """Read and check the text of a file.

    Args:
        text: CSV, with commas, semicolons or tabs between the cells.
        items: how many there are.
        name: of the file, for messages.

    Raises:
        AnswersError: with the faults.
    """
    table = read_table(text, name)
    head = [cell.lower() for cell in table[0][1]]
    refuse(f"{name}, first line: {fault}" for fault in head_faults(head, header(items)))
    letters, rows, faults = header(items)[2:], {}, []
    for line, cells in table[1:]:
        if len(cells) != len(head):
            faults.append(
                f"{name}, line {line}: number of cells {len(cells)}, expected {len(head)}; "
                "write one cell for each column, and leave it empty where there is no letter"
            )
            continue
        row = dict(zip(head, cells, strict=True))
        # Learners write their code anew the second time, and seldom in the very same way.
        row |= {CODE: "".join(row[CODE].split()).upper(), WHEN: row[WHEN].lower()}
        row |= {item: row[item].upper() for item in letters}
        faults += [f"{name}, line {line}: {fault}" for fault in row_faults(row, letters)]
        rows[line] = row
    if not table[1:]:
        faults.append(
            f"{name}: there is no answer in it; export it with a row for each learner and time"
        )
    faults += [f"{name}, {fault}" for fault in twice(rows)]
    refuse(faults)
    chosen = np.array([[row[item] for item in letters] for row in rows.values()], dtype="<U1")
    codes, when = (tuple(row[column] for row in rows.values()) for column in (CODE, WHEN))
    return Answers(codes, when, chosen)


def twice(rows: dict[int, dict[str, str]]) -> Iterator[str]:
    """Which rows cannot be told apart, given each with its line."""
    seen: dict[tuple[str, str], list[int]] = {}
    for line, row in rows.items():
        seen.setdefault((row[CODE], row[WHEN]), []).append(line)
    for (code, when), lines in seen.items():
        if code and when in TIMES and len(lines) > 1:
            yield (
                f"lines {', '.join(map(str, lines[:-1]))} and {lines[-1]}: the same code stands "
                f"{when} in each; two learners need two codes, so mark one"
            )


def read_answers(path: str | Path, items: int) -> Answers:
    """Read a file that a form, a spreadsheet or a course exported.

    Args:
        path: CSV in UTF-8.
        items: how many there are.

    Raises:
        AnswersError: with the faults, and what to do.
    """
    path = Path(path)
    if path.is_dir():
        raise AnswersError(f"{path.name} is a folder; write the name of the CSV file in it")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise AnswersError(f"{path.name} is not in UTF-8; export it as CSV (UTF-8)") from problem
    except FileNotFoundError as problem:
        raise AnswersError(
            f"there is no file {path.name}; check its name, and put it beside the notebook"
        ) from problem
    except OSError as problem:
        raise AnswersError(
            f"{path.name} cannot be read ({problem.strerror}); close it in other programs, "
            "or save it under another name"
        ) from problem
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
