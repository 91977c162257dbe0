"""Records of ``results/``: where they stand, how they are written whole and read strictly.

Answers "is this file what it says it is?". A record is one JSON file; what cannot be used is told
with what to do about it, and nothing of it is lost.
"""

import json
from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor

from utils.files.places import RESULTS
from utils.files.whole import atomic_write, set_aside

READS = (RESULTS,)
REQUIRED = ("schema", "experiment", "run", "hash", "model", "seed", "config", "history", "final")


class ResultError(RuntimeError):
    """A record is missing or cannot be used; the message says what to do."""


def record_path(experiment: str, run: str) -> Path:
    """Where the record of a run lives."""
    return RESULTS / experiment / f"{run}.json"


def record_files(experiment: str, names: str = "*.json") -> list[Path]:
    """The records of an experiment whose file names fit a pattern."""
    return sorted((RESULTS / experiment).glob(names))


def write_record(path: Path, record: dict) -> None:
    """Write a record atomically, with sorted keys, so that diffs are readable."""
    with atomic_write(path, "w") as file:
        json.dump(record, file, indent=1, sort_keys=True)
        file.write("\n")


def parse_json(
    path: Path,
    required: Iterable[str],
    kind: str | None = None,
    called: str = "record",
    advice: str = "restore it with git",
    error: type[Exception] = ResultError,
) -> dict:
    """Read a record strictly: one of ``results/``, or one that somebody brings.

    Args:
        path: the file.
        required: fields that it must have.
        kind: value of its field "kind", where records of several kinds could be confused.
        called: what the messages call such a file.
        advice: how they end.
        error: what is raised.

    Raises:
        ResultError: absent, not JSON, not an object with fields, fields are missing, or of another
            kind; ``error``, where that is another one.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise error(
            f"{path} cannot be read as a {called} ({problem.strerror}); {advice}"
        ) from problem
    except ValueError as problem:
        raise error(
            f"{path} is not a {called}, because it is not JSON ({problem}); {advice}"
        ) from problem
    if not isinstance(record, dict) or not record:
        raise error(f"{path} is not a {called}, because it is no JSON object with fields; {advice}")
    if missing := [key for key in required if key not in record]:
        raise error(f"{path} lacks {', '.join(missing)}; {advice}")
    if kind is not None and record.get("kind") != kind:
        raise error(f"{path} has kind {record.get('kind')!r}, not {kind!r}; {advice}")
    return record


def parse_record(path: Path) -> dict:
    """Read the record of a training run; raises as :func:`parse_json` does."""
    return parse_json(path, REQUIRED)


def read_record(path: Path) -> dict | None:
    """Read one record for the recorder: None if absent; a damaged file is set aside."""
    if not path.exists():
        return None
    try:
        return parse_record(path)
    except ResultError as error:
        aside = set_aside(path, "damaged")
        print(f"{error}; kept as {aside.name}, recording anew")
        return None


def pack(rows: Iterable[Tensor], digits: int = 4) -> list[str]:
    """Rows of numbers as strings of few digits, so that a record stays small and readable."""
    return [" ".join(f"{value:.{digits}g}" for value in row.tolist()) for row in rows]


def unpack(rows: Iterable[str]) -> Tensor:
    """What :func:`pack` packed: float64 (rows, columns)."""
    return torch.tensor([[float(v) for v in row.split()] for row in rows], dtype=torch.float64)


MEASUREMENT = "measurement"
MEASURED = ("schema", "kind", "experiment", "run", "hash", "settings", "dataset", "seeds",
            "machine", "git_commit", "finished", "rows")  # fmt: skip


def parse_measurement(path: Path) -> dict:
    """Read one measurement; raises as :func:`parse_json` does."""
    return parse_json(path, MEASURED, MEASUREMENT, "measurement")


def load_measurement(experiment: str, name: str) -> dict:
    """The record of one task.

    Raises:
        ResultError: absent or damaged; says which command makes it.
    """
    path = record_path(experiment, name)
    if not path.exists():
        raise ResultError(
            f"no measurement {name!r}; make it with: python -m utils.record.measure {experiment}"
        )
    return parse_measurement(path)
