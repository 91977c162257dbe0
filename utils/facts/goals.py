"""What each chapter teaches and how long it takes, read from ``book/data/goals.yml``.

Answers "what will I be able to do, and when?" for openings, the start page and teachers.
"""

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from utils.facts.checked import Checked, CheckedFile, FactsError, Text, keyed, read_checked
from utils.files.places import DATA

GOALS = DATA / "goals.yml"
WEEKS = (1, 2, 3, 4)
OPENING = "What you will be able to do"
"""The title of the box that opens each chapter."""


class GoalsError(FactsError):
    """The file of goals cannot be used; the message names file, chapter and fault."""


class Chapter(Checked, noun="chapter", key_field="page"):
    """One chapter as its readers meet it.

    Attributes:
        page: path of the source from the book's root, without its suffix.
        minutes: reading time.
        week: place in the four-week plan.
        goals: what readers will be able to do, in Markdown.
    """

    told: ClassVar[dict[str, str]] = {
        **dict.fromkeys(
            ("int_type", "greater_than"), "minutes must be a whole number from 1, not {found}"
        ),
        **dict.fromkeys(
            ("list_type", "too_short", "string_type", "string_pattern_mismatch"),
            "goals must be a list of sentences; quote one with a colon",
        ),
    }

    page: str
    minutes: Annotated[int, Field(gt=0)]
    week: Literal[WEEKS]
    goals: Annotated[list[Text], Field(min_length=1)]


class Chapters(CheckedFile, whole="chapters", error=GoalsError):
    """The whole file."""

    told: ClassVar[dict[str, str]] = dict.fromkeys(
        ("dict_type", "too_short"), "it must map pages to their goals"
    )

    chapters: Annotated[dict[str, Chapter], keyed("page"), Field(min_length=1)]


def load_chapters(path: Path = GOALS) -> dict[str, Chapter]:
    """Every chapter by its page, in the order of the file.

    Raises:
        GoalsError: not YAML, or an entry with a missing, unknown or impossible field.
    """
    return read_checked(Chapters, path).chapters
