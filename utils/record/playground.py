"""The playground's networks over ten seeds, in every setting of its six experiments.

Answers "what of that which a reader sees with one seed do other seeds show too?". One task is one
setting, or one shallow network that is copied into a deeper one. :mod:`utils.record.measure` runs
and files the tasks, :mod:`utils.chapters.playground` reads them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from utils.files.records import pack
from utils.miniatures.playground import EPOCH, RATES, SEEN, Course, Settings, deepened, digits
from utils.miniatures.playground_seeds import fresh, run_seeds, stopped
from utils.record.tasks import Task

EXPERIMENT = "playground"
KINDS = ("plain", "residual")
SEEDS = tuple(range(10))
STEPS = 660
"""Thirty epochs."""
COPIED_AT = 220
"""Steps of the shallow network; the deeper one has the rest of :data:`STEPS`."""
BASE = Settings()
"""Twenty blocks with batch normalisation; the experiments change this."""
BARE = replace(BASE, normalisation="none", rate=0.01)
DEPTHS = (1, 2, 6, 10, 20, 30)


@dataclass(frozen=True)
class Training(Task):
    """Both networks in one setting.

    Attributes:
        setting: its seed is not used.
        steps: mini-batches.
        seeds: of weights and order.
        dataset: whose images they are.
        precision: of the arithmetic.
    """

    setting: Settings
    steps: int = STEPS
    seeds: tuple[int, ...] = SEEDS
    dataset: str = "digits"
    precision: str = "fp64"

    @property
    def name(self) -> str:
        return named(self.setting)

    def perform(self) -> dict:
        """Wrong answers at the end of every epoch, stops, and gradients of the first epoch."""
        rows = {
            kind: _rows(
                run_seeds(fresh(self.setting, self.seeds, kind == "residual"), self.steps),
                self.steps,
            )
            for kind in KINDS
        }
        return {**_asked(self.steps), "rows": rows}


@dataclass(frozen=True)
class Copy(Training):
    """Both networks trained shallow, then copied into deeper ones that train on.

    Attributes:
        setting: of the deeper network.
        shallow: its blocks before.
        copied_at: steps of the shallow network; the deeper one has ``steps`` less these.
    """

    shallow: int = 2
    copied_at: int = COPIED_AT

    @property
    def name(self) -> str:
        return f"copy-{self.shallow}_{named(self.setting)}"

    def perform(self) -> dict:
        """As :class:`Training`, of the deeper network; what the shallow one did is beside it."""
        small, rows, before = replace(self.setting, blocks=self.shallow), {}, {}
        rest = self.steps - self.copied_at
        for kind in KINDS:
            courses = run_seeds(fresh(small, self.seeds, kind == "residual"), self.copied_at)
            before[kind] = _rows(courses, self.copied_at)
            deeper = [deepened(course.net, self.setting.blocks) for course in courses]
            rows[kind] = _rows(run_seeds(deeper, rest), rest)
        shallow = {**_asked(self.copied_at), "rows": before}
        return {**_asked(rest), "rows": rows, "shallow": shallow}


def named(setting: Settings) -> str:
    """The name of the record of a setting: its address without the seed."""
    return setting.address.rpartition(",i")[0].replace(",", "_")


def _asked(steps: int) -> dict:
    """When the errors were taken, and how many images were asked."""
    images = {"train": SEEN, "test": len(digits().test_labels)}
    return {"steps": list(range(0, steps + 1, EPOCH)), "images": images}


def _rows(courses: Sequence[Course], steps: int) -> dict:
    """What one kind of network showed, a row for each seed.

    ``train`` and ``test`` count wrong answers; from the step at which a network stopped, all
    answers are wrong. ``gradients`` has those of the first and the last block, first in step 1,
    then the mean over the first epoch's steps that have finite ones. ``stopped`` has step and
    block, counted from 1; block 0 is the head.
    """
    asked = _asked(steps)
    wrong = {
        name: [
            torch.tensor(
                [
                    round(course.errors[step][place] * count) if step in course.errors else count
                    for step in asked["steps"]
                ]
            )
            for course in courses
        ]
        for place, (name, count) in enumerate(asked["images"].items())
    }
    return {
        **{name: pack(rows) for name, rows in wrong.items()},
        "gradients": pack([_gradients(course) for course in courses]),
        "stopped": [_stop(course) for course in courses],
    }


def _gradients(course: Course) -> torch.Tensor:
    """First and last block in step 1, then their means over the first epoch: float64 (4,)."""
    ends = np.array(course.gradients[:EPOCH])[:, [0, -1]]
    finite = ends[np.isfinite(ends).all(axis=1)]
    means = finite.mean(axis=0) if len(finite) else np.full(2, np.nan)
    return torch.from_numpy(np.concatenate([ends[0], means]))


def _stop(course: Course) -> list[int] | None:
    """Step and block at which the network stopped, both from 1, as the page says them."""
    if not stopped(course):
        return None
    broken = [not np.isfinite(size) for size in course.responses[-1]]
    return [len(course.losses), 1 + broken.index(True) if any(broken) else 0]


def tasks() -> list[Training]:
    """Those of the six experiments; a setting that two of them need is one task."""
    settings = [
        *(replace(BASE, blocks=blocks) for blocks in DEPTHS),
        *(replace(BASE, start=start) for start in ("pytorch", "zero", "identity")),
        *(replace(BARE, start=start) for start in ("he", "zero", "identity")),
        replace(BARE, normalisation="layer"),
        *(replace(BASE, rate=rate) for rate in RATES if rate != BASE.rate),
    ]
    return [*(Training(setting) for setting in settings), Copy(BARE)]
