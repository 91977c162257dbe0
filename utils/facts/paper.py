"""The tables of He et al. (2016a) as data: what did the paper print?

Each table is a CSV file ``book/data/paper_table_NUMBER.csv`` with the digits as printed;
``book/data/paper_tables.yml`` says what its columns mean and where it stands in the paper. A cell
has an address, ``6/resnet-110/error``: table, row, column. Pages, figures and tests read cells by
address, so that no number of the paper is typed twice.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Annotated, ClassVar, Self

from pydantic import Field, field_validator, model_validator

from utils.facts.checked import (
    SLUG,
    Checked,
    CheckedFile,
    FactsError,
    Text,
    keyed,
    read_checked,
)
from utils.files.places import DATA

MEANINGS = "paper_tables.yml"
READS = (DATA / "paper_table*",)
"""What of the folder pages depend on, see ``book/_ext/resnet_book/pages/dependencies.py``."""

MINUS, NO_BREAK = "\N{MINUS SIGN}", "\N{NO-BREAK SPACE}"


class PaperDataError(FactsError):
    """A data file of the paper is malformed, or an address leads nowhere; says where and what."""


class Column(Checked, noun="column", key_field="name"):
    """What one column holds.

    Attributes:
        name: the word that addresses it, as in the header of the CSV.
        label: what readers see above it.
        number: whether every filled cell is a decimal number.
        unit: what follows a quoted number in prose, or "".
        unit_column: another column that holds the unit of each row, or "".
        hidden: whether the table's note says what it holds, so that pages leave it out.
    """

    told: ClassVar[dict[str, str]] = {"missing": "needs a {field}"}

    name: str
    label: Text
    number: bool = False
    unit: str = ""
    unit_column: str = ""
    hidden: bool = False

    @model_validator(mode="after")
    def a_number_has_the_unit(self) -> Self:
        if (self.unit or self.unit_column) and not self.number:
            raise ValueError("a unit needs number: true")
        return self


class Meaning(Checked, noun="table", key_field="number"):
    """What one table of the paper shows.

    Attributes:
        number: as the paper counts it ("6"), or a word for what it does not number.
        title: what it shows.
        source: table and section of the paper.
        note: images, crops, single network or ensemble; what a reader needs to compare fairly.
        by_name: the columns, in the order of the file.
        fixed_order: whether the order of the rows says something itself.
    """

    number: str
    title: Text
    source: Text
    note: Text
    by_name: Annotated[dict[str, Column], keyed("name"), Field(alias="columns", min_length=1)]
    fixed_order: bool = False

    @property
    def columns(self) -> tuple[Column, ...]:
        return tuple(self.by_name.values())

    @field_validator("by_name")
    @classmethod
    def units_have_their_column(cls, columns: dict[str, Column]) -> dict[str, Column]:
        for column in columns.values():
            if column.unit_column and column.unit_column not in columns:
                raise ValueError(
                    f"column {column.name}: unit_column {column.unit_column!r} is no column"
                )
        return columns


class Meanings(CheckedFile, whole="tables", error=PaperDataError):
    """The whole of :data:`MEANINGS`."""

    tables: Annotated[dict[str, Meaning], keyed("number")]


class Table(Meaning):
    """One table of the paper.

    Attributes:
        rows: key -> texts in the order of the columns, "" where the paper gives nothing.
    """

    rows: dict[str, tuple[str, ...]]

    def column(self, name: str) -> Column:
        """The column called ``name``.

        Raises:
            PaperDataError: there is none; names those that exist.
        """
        if name not in self.by_name:
            known = ", ".join(self.by_name)
            raise PaperDataError(f"table {self.number} has no column {name!r}; columns: {known}")
        return self.by_name[name]

    def text(self, row: str, name: str) -> str:
        """What the table prints at a row and a column, "" for nothing.

        Raises:
            PaperDataError: unknown row or column; names those that exist.
        """
        index = self.columns.index(self.column(name))
        if row not in self.rows:
            known = ", ".join(self.rows)
            raise PaperDataError(f"table {self.number} has no row {row!r}; rows: {known}")
        return self.rows[row][index]

    @property
    def shown(self) -> tuple[Column, ...]:
        """The columns that pages show."""
        return tuple(column for column in self.columns if not column.hidden)

    def label(self, row: str) -> str:
        """The name of a row as readers see it: its first cell."""
        return self.text(row, self.columns[0].name)


@dataclass(frozen=True)
class Cell:
    """One number or word of a table, with all that is needed to quote it."""

    table: Table
    row: str
    column: Column
    text: str

    @property
    def unit(self) -> str:
        """The unit of the number, "" where it has none."""
        if self.column.unit_column:
            return self.table.text(self.row, self.column.unit_column)
        return self.column.unit

    @property
    def number(self) -> Decimal:
        """The number with the digits as printed.

        Raises:
            PaperDataError: the column holds words.
        """
        if not self.column.number:
            raise PaperDataError(f"{self.address} holds words, not a number: {self.text!r}")
        return Decimal(self.text)

    @property
    def address(self) -> str:
        """Table, row and column, as :func:`cell` reads them."""
        return f"{self.table.number}/{self.row}/{self.column.name}"

    @property
    def described(self) -> str:
        """Where the cell stands, in words."""
        return f"{self.table.source}: {self.table.label(self.row)}, {self.column.label}"


def quantity(text: str, unit: str) -> str:
    """A number and its unit that no line break separates."""
    return f"{text}{NO_BREAK}{unit}" if unit else text


@cache
def load_meanings(folder: Path = DATA) -> dict[str, Meaning]:
    """What :data:`MEANINGS` says about each table.

    Raises:
        PaperDataError: not YAML, or a table or column that lacks something.
    """
    return read_checked(Meanings, folder / MEANINGS).tables


def read_rows(path: Path, columns: tuple[Column, ...]) -> dict[str, tuple[str, ...]]:
    """Check and read a CSV whose first column, ``row``, holds the keys.

    Raises:
        PaperDataError: names the file, the line and what is wrong there.
    """
    with path.open(encoding="utf-8", newline="") as file:
        header, *lines = list(csv.reader(file)) or [[]]
    expected = ["row", *(column.name for column in columns)]
    if header != expected:
        raise PaperDataError(f"{path}, line 1: expected {','.join(expected)}, found {header}")
    rows: dict[str, tuple[str, ...]] = {}
    for line, (key, *texts) in enumerate(lines, start=2):
        where = f"{path}, line {line}, row {key!r}"
        if not re.fullmatch(SLUG, key):
            raise PaperDataError(f"{where}: a key is lower-case words joined by hyphens")
        if key in rows:
            raise PaperDataError(f"{where}: the key is there twice")
        if len(texts) != len(columns):
            raise PaperDataError(f"{where}: {len(texts)} cells for {len(columns)} columns")
        if not texts[0]:
            raise PaperDataError(f"{where}: the first cell names the row and is empty")
        for column, text in zip(columns, texts, strict=True):
            if fault := cell_fault(column, text):
                raise PaperDataError(f"{where}, column {column.name}: {fault}")
        rows[key] = tuple(texts)
    if not rows:
        raise PaperDataError(f"{path}: no rows")
    return rows


def cell_fault(column: Column, text: str) -> str:
    """What is wrong with a cell, "" for nothing."""
    if text != text.strip():
        return f"spaces around {text!r}"
    if column.number and text:
        try:
            finite = Decimal(text).is_finite()
        except InvalidOperation:
            finite = False
        if not finite:
            return f"{text!r} is not a number; leave the cell empty where the paper has none"
    return ""


@cache
def load_table(number: str, folder: Path = DATA) -> Table:
    """A table of the paper, checked.

    Args:
        number: "1" to "14", or a word for what the paper does not number.
        folder: where the files lie.

    Raises:
        PaperDataError: unknown number or malformed file; names the file, the row and the fault.
    """
    meanings = load_meanings(folder)
    if number not in meanings:
        raise PaperDataError(f"no table {number!r} of the paper; known: {', '.join(meanings)}")
    meaning = meanings[number]
    path = folder / f"paper_table_{number}.csv"
    if not path.is_file():
        raise PaperDataError(f"{path} is missing; {MEANINGS} describes it")
    rows = read_rows(path, meaning.columns)
    for index, column in enumerate(meaning.columns[1:], start=1):
        values = {texts[index] for texts in rows.values()}
        if len(values) == 1 and len(rows) > 1 and not column.hidden:
            raise PaperDataError(
                f"{path}, column {column.name}: it holds {values.pop()!r} and nothing else; "
                "say so in the note and write hidden: true"
            )
    return Table.model_construct(**dict(meaning), rows=rows)


def all_tables(folder: Path = DATA) -> Iterator[Table]:
    """Every table, in the order of :data:`MEANINGS`."""
    for number in load_meanings(folder):
        yield load_table(number, folder)


def cell(address: str, folder: Path = DATA) -> Cell:
    """The cell at an address like ``6/resnet-110/error``.

    Raises:
        PaperDataError: no such cell, or the paper gives nothing there; names what exists.
    """
    parts = address.strip().split("/")
    if len(parts) != 3:
        raise PaperDataError(f"{address!r} is no address like 6/resnet-20/error")
    table = load_table(parts[0], folder)
    text = table.text(parts[1], parts[2])
    if not text:
        raise PaperDataError(f"the paper gives nothing at {address.strip()}")
    return Cell(table, parts[1], table.column(parts[2]), text)


def quote(address: str) -> tuple[Cell, str]:
    """A cell and its text with the unit: "6.43 %"."""
    found = cell(address)
    return found, quantity(found.text, found.unit)


def pair(text: str, sign: str) -> tuple[Cell, Cell]:
    """Two cells of one unit.

    Raises:
        PaperDataError: not two addresses, or different units.
    """
    parts = text.split(f" {sign} ")
    if len(parts) != 2:
        raise PaperDataError(f"{text!r}: write two addresses with {sign!r} and spaces between")
    first, second = cell(parts[0]), cell(parts[1])
    if first.unit != second.unit:
        raise PaperDataError(f"{text!r}: units differ, {first.unit!r} and {second.unit!r}")
    return first, second


def difference(text: str) -> tuple[Cell, str]:
    """The first cell and what "A - B" gives: "3.51 points" for percentages, exact digits."""
    first, second = pair(text, "-")
    value = str(first.number - second.number).replace("-", MINUS)
    return first, quantity(value, "points" if first.unit == "%" else first.unit)


def change(text: str) -> tuple[Cell, str]:
    """The second cell and what "A -> B" changes relative to A, in whole percent: "28 %"."""
    first, second = pair(text, "->")
    share = 100 * (second.number - first.number) / first.number
    return second, quantity(f"{share:.0f}".replace("-", MINUS), "%")


def bare(address: str) -> tuple[Cell, str]:
    """A cell and its text alone: "6.43"."""
    found = cell(address)
    return found, found.text
