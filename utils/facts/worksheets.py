"""What learners fill in on paper, read from ``book/data/worksheets.yml``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field

from utils.facts.checked import Checked, CheckedFile, FactsError, Slug, Text, read_checked, unique
from utils.facts.goals import WEEKS
from utils.files.places import DATA

WORKSHEETS = DATA / "worksheets.yml"
Count = Annotated[int, Field(ge=0)]


class WorksheetsError(FactsError):
    """The file cannot be used; the message names file, worksheet and fault."""


class Part(Checked, noun="part"):
    """Something to fill in: lines, or a table.

    Attributes:
        ask: what is asked, in Markdown.
        lines: to write on.
        columns: heads of a table; none for lines.
        rows: texts of its first column.
        empty_rows: further rows, to be filled in whole.
    """

    ask: Text
    lines: Count = 0
    columns: list[Text] = Field([])
    rows: list[Text] = Field([])
    empty_rows: Count = 0


class Worksheet(Checked, noun="worksheet"):
    """One sheet.

    Attributes:
        id: name of its file.
        title: its heading.
        week: of the plan.
        session: 1 or 2.
        minutes: time for it.
        page: what learners read for it.
        task: what to do, in Markdown.
        fill: what they fill in.
        claims: popular sentences that become rows of the first part.
        expect: what a teacher looks for, in Markdown.
    """

    id: Slug
    title: Text
    week: Annotated[int, Field(ge=1, le=len(WEEKS))]
    session: Annotated[int, Field(ge=1, le=2)]
    minutes: Annotated[int, Field(gt=0)]
    page: Text
    task: Text
    fill: Annotated[list[Part], Field(min_length=1)]
    claims: Count = 0
    expect: Annotated[list[Text], Field(min_length=1)]


class Worksheets(CheckedFile, whole="worksheets", error=WorksheetsError):
    """The whole file."""

    worksheets: Annotated[list[Worksheet], Field(min_length=1)]

    def together(self) -> Iterator[str]:
        yield from unique(self.worksheets, "a file needs its own name")
        for sheet in self.worksheets:
            for part in sheet.fill:
                if bool(part.lines) == bool(part.columns):
                    yield f"worksheet {sheet.id}: {part.ask!r} needs either lines or columns"
        for week in WEEKS:
            if not any(sheet.week == week for sheet in self.worksheets):
                yield f"week {week} has no worksheet; write one, or give one this week"


def load_worksheets(path: Path = WORKSHEETS) -> list[Worksheet]:
    """Every worksheet in the order of the file.

    Raises:
        WorksheetsError: not YAML, or a sheet with a missing, unknown or impossible field.
    """
    return read_checked(Worksheets, path).worksheets
