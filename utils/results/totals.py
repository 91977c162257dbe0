"""How much has been measured: all records of the book, counted.

Answers "how much work stands behind the numbers?" for the start page.
"""

from dataclasses import dataclass
from pathlib import Path

from utils.files.places import RESULTS
from utils.files.records import ResultError, parse_json

SECONDS_AN_HOUR = 3600


@dataclass(frozen=True)
class Totals:
    """What the recorder has written so far.

    Attributes:
        trainings: networks that were trained, each from one seed.
        hours: that all records together took on their machines, measurements included.
    """

    trainings: int
    hours: float


def totals(results: Path = RESULTS) -> Totals:
    """Count the records of a folder.

    Args:
        results: the folder; its own folders are experiments.

    Raises:
        ResultError: there is no record at all, or one is damaged; says which and what to do.
    """
    records = [parse_json(path, ()) for path in sorted(results.glob("*/*.json"))]
    if not records:
        raise ResultError(f"no record in {results}; restore the folder with git")
    trainings = [record["timing"]["wall_seconds"] for record in records if "timing" in record]
    others = [record.get("wall_seconds", 0.0) for record in records]
    return Totals(len(trainings), sum([*trainings, *others]) / SECONDS_AN_HOUR)
