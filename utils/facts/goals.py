"""What each chapter teaches and how long it takes, read from ``book/data/goals.yml``.

Answers "what will I be able to do, and when?" for openings, the start page and teachers.
"""

from dataclasses import dataclass
from pathlib import Path

import yaml

from utils.files.places import DATA
from utils.files.yaml_files import read_yaml

GOALS = DATA / "goals.yml"
WEEKS = (1, 2, 3, 4)
FIELDS = {"minutes", "week", "goals"}


class GoalsError(ValueError):
    """The file of goals cannot be used; the message names file, chapter and fault."""


@dataclass(frozen=True)
class Chapter:
    """One chapter as its readers meet it.

    Attributes:
        page: path of the source from the book's root, without its suffix.
        minutes: reading time.
        week: place in the four-week plan.
        goals: what readers will be able to do, in Markdown.
    """

    page: str
    minutes: int
    week: int
    goals: tuple[str, ...]


def load_chapters(path: Path = GOALS) -> dict[str, Chapter]:
    """Every chapter by its page, in the order of the file.

    Raises:
        GoalsError: not YAML, or an entry with a missing, unknown or impossible field.
    """
    try:
        entries = read_yaml(path)
    except (OSError, yaml.YAMLError) as error:
        raise GoalsError(f"{path} cannot be read: {error}") from error
    if not isinstance(entries, dict) or not entries:
        raise GoalsError(f"{path} must map pages to their goals")
    return {page: _chapter(path, page, entry) for page, entry in entries.items()}


def _chapter(path: Path, page: str, entry: object) -> Chapter:
    where = f"{path}, {page}"
    if not isinstance(entry, dict) or set(entry) != FIELDS:
        raise GoalsError(f"{where}: needs exactly {', '.join(sorted(FIELDS))}")
    if not isinstance(entry["minutes"], int) or entry["minutes"] < 1:
        raise GoalsError(f"{where}: minutes must be a whole number from 1, not {entry['minutes']}")
    if entry["week"] not in WEEKS:
        raise GoalsError(f"{where}: week must be one of {WEEKS}, not {entry['week']}")
    goals = entry["goals"]
    if not isinstance(goals, list) or not goals or not all(isinstance(g, str) for g in goals):
        raise GoalsError(f"{where}: goals must be a list of sentences; quote one with a colon")
    return Chapter(page, entry["minutes"], entry["week"], tuple(goals))
