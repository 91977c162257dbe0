"""Where does the book open? ``book/data/opens_on.yml``, for the tool that makes the table of it."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from utils.facts.checked import Checked, CheckedFile, Text


class Files(Checked, noun="system"):
    """The lowest version of a system for which all locked packages have ready files, or "none"."""

    reader: Text
    checks: Text


class Place(Checked, noun="row", named_by="where"):
    """One place in which the book opens; without ``tested`` nobody has tried it."""

    where: Text
    platform: Text | None = None
    tested: date | None = None
    how: Text | None = None

    @model_validator(mode="after")
    def tried_in_some_way(self) -> Self:
        if bool(self.tested) != bool(self.how):
            raise ValueError("tested, the day, and how come together")
        return self


class OpensOn(CheckedFile):
    """The whole file."""

    files: dict[str, Files]
    rows: Annotated[list[Place], Field(min_length=1)]

    def together(self) -> Iterator[str]:
        """Rows of a system that was not looked up."""
        for row in self.rows:
            if row.platform and row.platform not in self.files:
                known = ", ".join(self.files)
                yield f"row {row.where}: platform {row.platform} is none of: {known}"
