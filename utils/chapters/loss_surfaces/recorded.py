"""The recorded loss surfaces, read from ``results/surfaces/``.

Answers "how steep, how bent, and what changes with shortcuts?".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from torch import Tensor

from utils.chapters.loss_surfaces.grids import share_bending_down
from utils.files import records
from utils.files.records import load_measurement, unpack
from utils.probes.surfaces import axis
from utils.record.surfaces import EXPERIMENT, SEEDS, Surface, tasks
from utils.results.labels import short_label
from utils.results.words import short

PAIRS = (
    ("shortcut-control", "plain-14", "resnet-14"),
    ("degradation", "plain-56", "resnet-56"),
)
"""Experiment, plain and residual network that differ in their shortcuts alone."""


@dataclass(frozen=True)
class Shape:
    """One recorded surface.

    Attributes:
        task: what was measured.
        places: coordinates along each side.
        loss, error: float64 (n, n), the first direction along the columns.
        around: mean loss on each circle, by radius.
        cosine: of the angle between the two directions.
        moved: parameters that the directions move.
    """

    task: Surface
    places: list[float]
    loss: Tensor
    error: Tensor
    around: dict[float, float]
    cosine: float
    moved: int

    @property
    def centre(self) -> float:
        """Loss of the trained network itself."""
        return float(self.loss[len(self.places) // 2, len(self.places) // 2])

    def bending(self, within: float = np.inf) -> float:
        """Share of inner grid points at which the surface bends down."""
        return share_bending_down(self.loss, self.places, within)


def is_recorded(task: Surface) -> bool:
    """Whether ``results/surfaces`` has this surface."""
    return records.record_path(EXPERIMENT, task.name).exists()


def find_task(experiment: str, model: str, seed: int) -> Surface:
    """The task of a network and seed.

    Raises:
        ValueError: it is not among those that are measured.
    """
    for task in tasks():
        if (task.experiment, task.model, task.seeds) == (experiment, model, (seed,)):
            return task
    raise ValueError(
        f"{model!r} of {experiment!r}, seed {seed}, is not in utils.record.surfaces.NETWORKS"
    )


@cache
def shape(experiment: str, model: str, seed: int) -> Shape:
    """One recorded surface.

    Raises:
        ValueError: it is not among those that are measured.
        utils.files.records.ResultError: it is not recorded yet; says which command does it.
    """
    task = find_task(experiment, model, seed)
    record = load_measurement(EXPERIMENT, task.name)
    rows = {name: unpack(packed) for name, packed in record["rows"].items()}
    around = dict(zip(task.radii, rows["circle_loss"].mean(1).tolist(), strict=True))
    places = axis(task.steps, task.extent)
    return Shape(
        task, places, rows["loss"], rows["error"], around, record["cosine"],
        record["moved_parameters"],
    )  # fmt: skip


def recorded_pairs() -> list[tuple[Shape, Shape]]:
    """Plain and residual surface of every pair and seed of which both are recorded."""
    return [
        (shape(experiment, plain, seed), shape(experiment, residual, seed))
        for experiment, plain, residual in PAIRS
        for seed in SEEDS
        if all(is_recorded(find_task(experiment, model, seed)) for model in (plain, residual))
    ]


def pairs_of(depth: int) -> list[tuple[Shape, Shape]]:
    """Recorded plain and residual surfaces of one depth, seed by seed."""
    return [found for found in recorded_pairs() if found[0].task.model == f"plain-{depth}"]


def ratio(plain: Shape, residual: Shape, radius: float) -> str:
    """Mean loss on a circle, plain over residual: "1.6"."""
    return short(plain.around[radius] / residual.around[radius])


def pair(depth: int, seed: int = 0) -> tuple[Shape, Shape]:
    """Recorded plain and residual surface of one depth and seed.

    Raises:
        ValueError: there is no pair of that depth.
        utils.files.records.ResultError: it is not recorded yet; says which command does it.
    """
    for experiment, plain, residual in PAIRS:
        if plain == f"plain-{depth}":
            return shape(experiment, plain, seed), shape(experiment, residual, seed)
    known = ", ".join(plain.partition("-")[2] for _, plain, _ in PAIRS)
    raise ValueError(f"no pair has {depth} layers; choose from {known}")


def label(found: Shape) -> str:
    """A network's name as sentences have it: plain-14, ResNet-14."""
    return short_label(found.task.model)


def finding(found: Shape) -> str:
    """One surface in a sentence with numbers."""
    near, far = (short(found.around[radius]) for radius in found.task.radii)
    return (
        f"{label(found)}: the loss is {short(found.centre)} at the centre, {near} at distance 0.5 "
        f"and {far} at distance 1; the surface bends down at {found.bending():.0%} of the points."
    )


def pair_finding(plain: Shape, residual: Shape) -> str:
    """Two surfaces of one seed in a sentence each, with numbers."""
    return f"Seed {plain.task.seeds[0]}. {finding(plain)} {finding(residual)}"


def waiting() -> str:
    """Which pairs are not measured yet, and the command that does it; empty when all are."""
    left = [
        f"{plain} and {residual}"
        for experiment, plain, residual in PAIRS
        if not all(
            is_recorded(find_task(experiment, model, seed))
            for model in (plain, residual)
            for seed in SEEDS
        )
    ]
    if not left:
        return ""
    return (
        f"Not measured for all seeds yet: {', '.join(left)}. Once they are trained, "
        "`python -m utils.record.measure surfaces --threads 1` adds them; what is finished is "
        "skipped, and a killed run goes on at the row it was at."
    )
