"""The playground's records as numbers: errors, stops, gradients and rates that work.

Answers "what did plain and residual do in this setting, seed by seed?". Errors are percent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from torch import Tensor

from utils.files.records import load_measurement, record_path, unpack
from utils.miniatures.playground import RATES, Settings
from utils.record.playground import BARE, BASE, EXPERIMENT, named, tasks
from utils.results.verdict import compare

READS = (record_path(EXPERIMENT, "any").parent,)
IMAGES = {"train": "training", "test": "test"}
COPIED = next(task.name for task in tasks() if task.name.startswith("copy"))
SURVIVED = 25
"""Training error in percent below which a network has survived its learning rate."""
Errors = dict[int, float]


@dataclass(frozen=True)
class Ten:
    """One kind of network in one setting, all seeds.

    Attributes:
        seeds: in the order of the rows.
        steps: when the errors were taken.
        errors: "train" or "test" -> percent, float64 (seeds, looks).
        stops: seed -> step and block at which it stopped, counted from 1.
        gradients: float64 (seeds, 4): first and last block in step 1, then over the first epoch.
    """

    seeds: list[int]
    steps: list[int]
    errors: dict[str, Tensor]
    stops: dict[int, tuple[int, int]]
    gradients: Tensor

    def at_end(self, images: str = "train") -> Errors:
        """Error after the last step: seed -> percent."""
        return dict(zip(self.seeds, self.errors[images][:, -1].tolist(), strict=True))

    def ratios(self) -> list[float]:
        """Gradient of the first block over that of the last in step 1, a number a seed."""
        return (self.gradients[:, 0] / self.gradients[:, 1]).tolist()


@cache
def ten(name: str, kind: str, part: str = "") -> Ten:
    """What a record says of one kind of network.

    Args:
        name: of a task, see :func:`utils.record.playground.named`.
        kind: one of :data:`utils.record.playground.KINDS`.
        part: "shallow" for the network before it was copied.

    Raises:
        utils.files.records.ResultError: not recorded; says which command does it.
    """
    return ten_of(load_measurement(EXPERIMENT, name), kind, part)


def ten_of(record: dict, kind: str, part: str = "") -> Ten:
    """The same of a record that was read before; see :func:`ten`."""
    seeds = record["seeds"]
    found = record[part] if part else record
    rows = found["rows"][kind]
    return Ten(
        seeds,
        found["steps"],
        {name: 100 * unpack(rows[name]) / count for name, count in found["images"].items()},
        {seed: tuple(at) for seed, at in zip(seeds, rows["stopped"], strict=True) if at},
        unpack(rows["gradients"]),
    )


def plain(setting: Settings, images: str = "train") -> Errors:
    """Errors of the plain network after the last step: seed -> percent."""
    return ten(named(setting), "plain").at_end(images)


def residual(setting: Settings, images: str = "train") -> Errors:
    """The same of the residual network."""
    return ten(named(setting), "residual").at_end(images)


def overfitting(setting: Settings) -> Errors:
    """Points by which the plain network is worse on test than on training images."""
    return dict(compare(plain(setting), plain(setting, "test")).by_seed)


def deep(blocks: int) -> Settings:
    """So many blocks with batch normalisation."""
    return replace(BASE, blocks=blocks)


def started(start: str, bare: bool = False) -> Settings:
    """Twenty blocks with another start, with batch normalisation or with none."""
    return replace(BARE if bare else BASE, start=start)


def survived(kind: str) -> dict[int, list[float]]:
    """The learning rates that a network survives: seed -> rates."""
    found = {rate: ten(named(replace(BASE, rate=rate)), kind).at_end() for rate in RATES}
    return {
        seed: [rate for rate in RATES if found[rate][seed] < SURVIVED] for seed in found[BASE.rate]
    }


def rates_that_work(kind: str) -> Errors:
    """At how many of the rates a network learns: seed -> count."""
    return {seed: float(len(rates)) for seed, rates in survived(kind).items()}


def largest_rate(kind: str) -> dict[int, float]:
    """The largest rate at which a network survives: seed -> rate, 0 where there is none."""
    return {seed: max(rates, default=0.0) for seed, rates in survived(kind).items()}


def missing() -> list[str]:
    """Tasks without a record."""
    return [task.name for task in tasks() if not record_path(EXPERIMENT, task.name).exists()]
