"""Read recorded runs and summarise them over seeds.

Answers "what did we measure, how sure is it?". Every number on a page about our own runs
comes through here from ``results/``.
"""

import json
import math
import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from utils.files import atomic_write, set_aside

RESULTS = Path(__file__).parents[1] / "results"
REQUIRED = ("schema", "experiment", "run", "hash", "model", "seed", "config", "history", "final")


class ResultError(RuntimeError):
    """A record is missing or cannot be used; the message says what to do."""


def record_path(experiment: str, run: str) -> Path:
    """Where the record of a run lives."""
    return RESULTS / experiment / f"{run}.json"


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
) -> dict:
    """Read a file of ``results/`` strictly.

    Args:
        path: the file.
        required: fields that it must have.
        kind: value of its field "kind", where records of several kinds could be confused.
        called: what the messages call such a file.
        advice: how they end.

    Raises:
        ResultError: absent, not JSON, fields are missing, or of another kind.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        missing = [key for key in required if key not in record]
    except (OSError, ValueError, TypeError) as error:
        raise ResultError(f"{path} is not a {called} ({error}); {advice}") from error
    if missing:
        raise ResultError(f"{path} lacks {', '.join(missing)}; {advice}")
    if kind is not None and record["kind"] != kind:
        raise ResultError(f"{path} has kind {record['kind']!r}, not {kind!r}; {advice}")
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


def load_runs(experiment: str, model: str | None = None, recipe: str | None = None) -> list[dict]:
    """All records of an experiment, by model and recipe if given, in order of seed.

    Raises:
        ResultError: none is there; names the command that makes them.
    """
    names = f"{model or '*'}_{recipe or '*'}_seed*.json"
    records = [parse_record(path) for path in sorted((RESULTS / experiment).glob(names))]
    chosen = [
        record
        for record in records
        if model in (None, record["model"]) and recipe in (None, record["config"]["recipe"])
    ]
    if not chosen:
        raise ResultError(
            f"no record of {model or 'any model'} with recipe {recipe or 'any'} in "
            f"{experiment!r}; make it with: python -m utils.record {experiment}"
        )
    return sorted(chosen, key=lambda record: record["seed"])


@dataclass(frozen=True)
class Spread:
    """Mean and sample standard deviation (n - 1) over seeds."""

    mean: float
    sd: float
    count: int

    def percent(self, digits: int = 2) -> str:
        """For example "86.05 ± 0.21 %"; the spread is left out for a single run."""
        spread = "" if math.isnan(self.sd) else f" ± {100 * self.sd:.{digits}f}"
        return f"{100 * self.mean:.{digits}f}{spread} %"


def spread(values: Iterable[float]) -> Spread:
    """Summarise values, one for each seed.

    Raises:
        ValueError: no values.
    """
    numbers = list(values)
    if not numbers:
        raise ValueError("no values to summarise")
    sd = statistics.stdev(numbers) if len(numbers) > 1 else math.nan
    return Spread(statistics.fmean(numbers), sd, len(numbers))


def accuracy(runs: Iterable[dict], field: str = "test_error") -> Spread:
    """Accuracy at the last epoch over the seeds of ``runs``: 1 - error."""
    return spread(1 - run["final"][field] for run in runs)


def curves(runs: list[dict], field: str) -> tuple[list[int], list[Spread]]:
    """Epochs and, for each, the spread over seeds of a field of the history."""
    lengths = {len(run["history"]) for run in runs}
    if len(lengths) != 1:
        raise ResultError(f"runs of different length cannot share a curve: {sorted(lengths)}")
    epochs = [epoch["epoch"] for epoch in runs[0]["history"]]
    points = [spread(run["history"][i][field] for run in runs) for i in range(len(epochs))]
    return epochs, points


def mean_confusion(runs: list[dict]) -> list[list[float]]:
    """Confusion counts (K, K), averaged over seeds."""
    matrices = [run["final"]["confusion"] for run in runs]
    size = range(len(matrices[0]))
    return [[statistics.fmean(m[i][j] for m in matrices) for j in size] for i in size]


def class_errors(runs: list[dict]) -> list[Spread]:
    """Error of each class, as a spread over seeds."""

    def error(matrix: list[list[int]], k: int) -> float:
        return 1 - matrix[k][k] / sum(matrix[k])

    matrices = [run["final"]["confusion"] for run in runs]
    return [spread(error(m, k) for m in matrices) for k in range(len(matrices[0]))]


def each_seed(runs: list[dict], value: Callable[[dict], float]) -> dict[int, float]:
    """One value a seed, for paired comparisons."""
    return {run["seed"]: value(run) for run in runs}
