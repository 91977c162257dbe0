"""Summarise runs over seeds, and compare them seed by seed.

Answers "how sure is it?". Three seeds or more make a mean and a standard deviation.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from utils.files.records import ResultError


@dataclass(frozen=True)
class Spread:
    """Mean and sample standard deviation (n - 1) over seeds."""

    mean: float
    sd: float
    count: int

    def times(self, factor: float) -> Spread:
        """The same in another unit."""
        return Spread(factor * self.mean, factor * self.sd, self.count)

    def words(self, digits: int = 2, sign: str = "") -> str:
        """For example "1.94 ± 0.21"; the spread is left out for a single run.

        With the sign "+" it is always written out.
        """
        around = "" if math.isnan(self.sd) else f" ± {self.sd:.{digits}f}"
        return f"{self.mean:{sign}.{digits}f}{around}"

    def percent(self, digits: int = 2) -> str:
        """For example "86.05 ± 0.21 %"; the spread is left out for a single run."""
        return f"{self.times(100).words(digits)} %"


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


def median(values: Iterable[float]) -> float:
    """The middle value; of an even count the mean of the two in the middle.

    ``torch.median`` gives the lower of the two. A value that is not a number makes the median one.

    Raises:
        ValueError: no values.
    """
    numbers = [float(value) for value in values]
    if not numbers:
        raise ValueError("no values to summarise")
    return math.nan if any(map(math.isnan, numbers)) else statistics.median(numbers)


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


def accuracy_of(run: dict) -> float:
    """Percent of the test images that a run gets right, last epoch."""
    return 100 * (1 - run["final"]["test_error"])


def seed_by_seed(first: Mapping[int, float], second: Mapping[int, float]) -> dict[int, float]:
    """Second minus first: seed -> difference, in order of seed.

    Raises:
        ValueError: the two do not have the same seeds.
    """
    if first.keys() != second.keys():
        raise ValueError(
            f"seeds differ: {sorted(first)} and {sorted(second)}; record what is missing"
        )
    return {seed: second[seed] - first[seed] for seed in sorted(first)}


def paired_gain(worse: list[dict], better: list[dict]) -> Spread:
    """Points of test accuracy from one network to another, compared seed by seed."""
    return spread(paired_gains(worse, better).values())


def paired_gains(worse: list[dict], better: list[dict]) -> dict[int, float]:
    """The same for each seed.

    Raises:
        ValueError: the two were not run with the same seeds.
    """
    return seed_by_seed(each_seed(worse, accuracy_of), each_seed(better, accuracy_of))
