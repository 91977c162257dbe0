"""What the lesion measurements say: numbers, tables and figures of the chapter.

Answers "what is lost with a block, and what is not?". Everything is read from
``results/lesions/``. Errors are percent of test images; guessing makes 90 % of ten classes.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from functools import cache

import torch
from torch import Tensor

from utils.files.records import load_measurement, record_path, unpack
from utils.models.networks import build
from utils.probes.lesions import keeps_shape, kendall_tau
from utils.record.experiments import EXAMINED
from utils.record.lesions import EXPERIMENT, SEEDS, Lesions, tasks
from utils.results.labels import IMAGES
from utils.results.spread import Spread, spread
from utils.results.words import listed

CHANCE = 90.0
"""Error in percent of a guess among ten equally frequent classes."""
RESIDUAL = ("ResNet-14", "ResNet-20")
SHORT = ("plain-14", *RESIDUAL)
"""Trained and tested on full images."""
DEEP = ("plain-56", "ResNet-56")
"""Trained and tested on images of half the size."""


def task_of(label: str, seed: int) -> Lesions:
    """The recorded task of one trained network.

    Raises:
        ValueError: no such task, with the known labels.
    """
    for task in tasks():
        if (task.experiment, task.model) == EXAMINED.get(label) and task.seeds == (seed,):
            return task
    raise ValueError(f"no lesions of {label!r}, seed {seed}; known: {recorded()}")


@cache
def recorded() -> tuple[str, ...]:
    """Labels of the networks whose lesions are recorded for every seed."""
    there = {
        (task.experiment, task.model, task.seeds[0])
        for task in tasks()
        if record_path(EXPERIMENT, task.name).exists()
    }
    return tuple(
        label for label, name in EXAMINED.items() if all((*name, seed) in there for seed in SEEDS)
    )


@cache
def records(label: str) -> tuple[dict, ...]:
    """One record a seed."""
    return tuple(load_measurement(EXPERIMENT, task_of(label, seed).name) for seed in SEEDS)


def _errors(record: dict, what: str, images: str) -> Tensor:
    """Percent of wrong predictions over all classes, one number for each lesion."""
    total = unpack(record["images_of_class"][images]).sum()
    return 100 * unpack(record["wrong"][what]).sum(1) / total


def _over_seeds(label: str, what: str, images: str) -> Tensor:
    return torch.stack([_errors(record, what, images) for record in records(label)])


def intact(label: str) -> Tensor:
    """Error of the untouched network, float64 (seeds,)."""
    return _over_seeds(label, "intact", "images")[:, 0]


def single(label: str) -> Tensor:
    """Error without one block: float64 (seeds, blocks)."""
    return _over_seeds(label, "single", "images")


def renewed(label: str) -> Tensor:
    """The same after the normalisation's statistics were estimated anew: (seeds, blocks)."""
    return _over_seeds(label, "single_renewed", "many")


def renewed_intact(label: str) -> Tensor:
    """Error of the untouched network with statistics estimated anew: (seeds,)."""
    return _over_seeds(label, "intact_renewed", "many")[:, 0]


def regained(label: str) -> Spread:
    """Share of a lesion's damage that new statistics undo, mean over all blocks but the last.

    Behind the last block stands no normalisation, so nothing can come back there.
    """
    lost = (single(label) - intact(label)[:, None])[:, :-1].mean(1)
    still = (renewed(label) - renewed_intact(label)[:, None])[:, :-1].mean(1)
    return spread((1 - still / lost).tolist())


def spared(label: str, points: float = 2.0) -> dict[int, list[int]]:
    """Blocks without which the error, with new statistics, stays within a few points of intact.

    Returns:
        Seed to numbers of blocks, counted from 1.
    """
    more = renewed(label) - renewed_intact(label)[:, None]
    return {
        seed: [number for number, over in enumerate(row.tolist(), 1) if over < points]
        for seed, row in zip(SEEDS, more, strict=True)
    }


def exchanged(label: str) -> dict[tuple[int, int], Tensor]:
    """Error with two blocks exchanged: pair to float64 (seeds,)."""
    pairs = [tuple(pair) for pair in records(label)[0]["swaps"]]
    errors = _over_seeds(label, "swaps", "images")
    return {pair: errors[:, i] for i, pair in enumerate(pairs)}


def by_order(label: str) -> list[tuple[float, float]]:
    """Kendall's rank correlation and error of every recorded order, all seeds."""
    points = []
    for record in records(label):
        errors = _errors(record, "orders", "many").tolist()
        orders = [[int(n) for n in order.split()] for order in record["orders"]]
        points += [(kendall_tau(order), e) for order, e in zip(orders, errors, strict=True)]
    return points


def by_set(record: dict) -> dict[tuple[int, ...], float]:
    """Error of every recorded set of deleted blocks in one network."""
    sets = [tuple(int(n) for n in chosen.split()) for chosen in record["sets"]]
    return dict(zip(sets, _errors(record, "sets", "many").tolist(), strict=True))


def by_size(label: str) -> dict[int, list[float]]:
    """Errors with k blocks deleted, all sets and all seeds together."""
    found: dict[int, list[float]] = {0: _over_seeds(label, "intact_part", "many")[:, 0].tolist()}
    for record in records(label):
        for chosen, error in by_set(record).items():
            if chosen:
                found.setdefault(len(chosen), []).append(error)
    return dict(sorted(found.items()))


def quartiles(errors: Sequence[float]) -> tuple[float, float, float]:
    """First quartile, median, third quartile; inclusive, so that one value is all three."""
    if len(errors) == 1:
        return errors[0], errors[0], errors[0]
    low, middle, high = statistics.quantiles(errors, n=4, method="inclusive")
    return low, middle, high


def explained_by_count(label: str) -> Spread:
    """Share of the variance of the error over all sets that the number of deletions explains.

    1 if all sets of one size did equal harm, 0 if size told nothing. One value a seed. Where not
    every set was measured, sets of all sizes count as often as they were drawn.
    """
    return spread(_between(by_set(record), len) for record in records(label))


def _between(errors: dict[tuple[int, ...], float], key: Callable) -> float:
    groups: dict[object, list[float]] = {}
    for chosen, error in errors.items():
        groups.setdefault(key(chosen), []).append(error)
    middle = statistics.fmean(errors.values())
    total = sum((error - middle) ** 2 for error in errors.values())
    between = sum(len(g) * (statistics.fmean(g) - middle) ** 2 for g in groups.values())
    return between / total


def best_and_worst(label: str, size: int) -> tuple[float, float]:
    """Error of the least and the most harmful set of this size, means over seeds."""
    found = [
        [error for chosen, error in by_set(record).items() if len(chosen) == size]
        for record in records(label)
    ]
    return statistics.fmean(map(min, found)), statistics.fmean(map(max, found))


def changes_shape(label: str) -> list[bool]:
    """For every block, whether it begins a stage with smaller maps and more channels."""
    net = build(EXAMINED[label][1])
    return [not keeps_shape(net.get_submodule(name)) for name in records(label)[0]["blocks"]]


def path_rows(label: str, row: str) -> Tensor:
    """One of the rows "share", "sum", "single" by path length: float64 (seeds, n + 1).

    Raises:
        ValueError: a plain network, which has one path.
    """
    if label.startswith("plain"):
        raise ValueError(f"{label} has a single path")
    return torch.cat([unpack(record["rows"][row]) for record in records(label)])


def mean_length(weights: Iterable[float]) -> float:
    """Mean length of a path if length k has this weight."""
    values = list(weights)
    return sum(k * w for k, w in enumerate(values)) / sum(values)


def gradient_length(label: str) -> list[float]:
    """Mean length of a path, weighted by its length's share of the gradient, one a seed."""
    return [mean_length(row) for row in path_rows(label, "share").tolist()]


def by_size_and_number(label: str) -> Tensor:
    """Size of a single path's gradient times the number of such paths, shares: (seeds, n + 1).

    The estimate of Veit et al. (2016). It adds lengths of gradients, as if none cancelled another.
    """
    sizes = path_rows(label, "single")
    blocks = sizes.shape[1] - 1
    weighted = sizes * torch.tensor([math.comb(blocks, k) for k in range(blocks + 1)])
    return weighted / weighted.sum(1, keepdim=True)


def favourite_share(label: str) -> Tensor:
    """Percent of the images that get the most frequent answer: float64 (seeds, blocks)."""
    found = [unpack(record["predicted"]) for record in records(label)]
    return torch.stack([100 * rows.amax(1) / rows.sum(1) for rows in found])


def in_words(values: Iterable[float], digits: int = 1) -> str:
    """Mean and spread over seeds: "10.4 ± 0.2 %"."""
    return f"{spread(float(value) for value in values).words(digits)}\u00a0%"


# Tables and figures ---------------------------------------------------------------------------


def images_of(labels: Sequence[str]) -> str:
    """What networks were trained and tested on, in words."""
    found = {record["dataset"]["name"] for label in labels for record in records(label)}
    return " and ".join(IMAGES[name] for name in sorted(found))


def image_count(labels: Sequence[str], what: str = "images") -> str:
    """How many test images stand behind single deletions, or behind sets and orders ("many")."""
    counts = sorted({record["settings"][what] for label in labels for record in records(label)})
    return listed((f"{count:,}" for count in counts), "or")
