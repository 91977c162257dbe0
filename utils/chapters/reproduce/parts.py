"""The records that a card needs: how they are read, and how they are made again.

Answers "what has to be computed for this number?". A part is one setting with all its seeds. What
is made again is kept under ``reproduced/``, so that the book's records, checkpoints and weights
stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import ClassVar

from utils import data as datasets
from utils.files.places import ROOT
from utils.files.records import MEASUREMENT, load_measurement, parse_json, write_record
from utils.models.counting import count_macs, count_parameters
from utils.models.networks import build
from utils.record import weights
from utils.record.experiments import EXPERIMENTS, Run, runs_of, undisturbed
from utils.record.machine import made_by
from utils.record.measure import MEASUREMENTS, measured
from utils.record.runs import checkpoint_path, perform
from utils.record.tasks import Task
from utils.results.runs import load_runs
from utils.results.spread import median
from utils.training.distributed import Workers
from utils.training.judging import confusion_matrix
from utils.training.prediction import error_of, predict

READS = ()
"""Pages show the book's records, which :mod:`utils.files.records` names, and never those below."""
REPRODUCED = ROOT / "reproduced"
"""Where the records of this machine are kept."""

SEED = re.compile(r"seed\d+$")
"""How the name of a measurement ends that has a record for each seed."""
WHOLE, SMALL = 32, 16
"""Pixels of an image, whole and scaled down."""


class Interrupted(RuntimeError):
    """A training was stopped; the same command goes on with it."""


@dataclass(frozen=True)
class Part:
    """One setting of an experiment.

    Attributes:
        experiment: a folder of ``results/``.
        name: of its records, without the seed.
        kind: the field "kind" of its records.
        whole: whether one record holds all seeds, so that they are made again together.
    """

    experiment: str
    name: str
    kind: ClassVar[str | None] = None
    whole: ClassVar[bool] = False

    @property
    def address(self) -> str:
        """How a card names it."""
        return f"{self.experiment}/{self.name}"

    @property
    def seeds(self) -> tuple[int, ...]:
        """The recorded ones."""
        raise NotImplementedError

    def recorded(self) -> list[dict]:
        """The book's own records.

        Raises:
            utils.files.records.ResultError: none is there, or one is damaged.
        """
        raise NotImplementedError

    def again(self, seeds: Sequence[int], workers: Workers) -> list[dict]:
        """Records of this machine, made now where they are not there yet.

        Raises:
            Interrupted: by the reader.
        """
        raise NotImplementedError

    def owns(self, record: dict) -> bool:
        """Whether a record says that it is of this part."""
        raise NotImplementedError

    def hash_today(self, record: dict) -> str:
        """Which hash a record of the same seeds would get from today's code."""
        raise NotImplementedError

    def timed(self) -> list[dict]:
        """The records whose seconds say how long it takes."""
        return self.recorded()

    def minutes(self) -> float | None:
        """How long its records took: a training one seed, a measurement all; None if untimed."""
        return None


class Training(Part):
    """Training runs, one record a seed."""

    def runs(self, seeds: Sequence[int] | None = None) -> list[Run]:
        """The runs of the recorded seeds, or of others."""
        model, recipe = self.name.split("_")
        return runs_of(self.experiment, model, recipe, None if seeds is None else tuple(seeds))

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(run.seed for run in self.runs())

    def recorded(self) -> list[dict]:
        return load_runs(self.experiment, *self.name.split("_"), self.seeds)

    def again(self, seeds: Sequence[int], workers: Workers) -> list[dict]:
        return [trained(run, workers) for run in self.runs(seeds)]

    def owns(self, record: dict) -> bool:
        same = (record.get("experiment"), record.get("kind")) == (self.experiment, self.kind)
        return same and record.get("run") == f"{self.name}_seed{record.get('seed')}"

    def hash_today(self, record: dict) -> str:
        return self.runs([record["seed"]])[0].hash()

    def timed(self) -> list[dict]:
        return undisturbed(self.recorded())

    def minutes(self) -> float | None:
        return median(record["timing"]["train_seconds"] / 60 for record in self.timed())


class Counted(Training):
    """What is counted in a network: nothing is trained, and every seed has the same."""

    kind = "count"

    def again(self, seeds: Sequence[int], workers: Workers) -> list[dict]:
        found = []
        for run in self.runs(seeds):
            net = build(run.model)
            macs = count_macs(net, SMALL if run.dataset.endswith(f"-{SMALL}") else WHOLE)
            counts = {"parameters": count_parameters(net), "macs": macs}
            found.append({**about(run, self.kind, workers, "fp32"), **counts})
        return found

    def minutes(self) -> float | None:
        return None


class Published(Training):
    """Networks whose weights come with the book: their test images are judged again."""

    kind = "published weights"

    def named(self) -> dict[int, str]:
        """Seed -> name of the published weights."""
        of_run = {(e["experiment"], e["run"]): name for name, e in weights.index().items()}
        found = {run.seed: of_run.get((self.experiment, run.name)) for run in self.runs()}
        return {seed: name for seed, name in found.items() if name}

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(self.named())

    def again(self, seeds: Sequence[int], workers: Workers) -> list[dict]:
        found = []
        for run in self.runs(seeds):
            trained = weights.load(self.named()[run.seed])
            precision = trained.record["machine"]["precision"]
            test = datasets.load(run.dataset).test
            answers = predict(trained.net, test.images, trained.normaliser, precision)
            final = {
                "test_error": error_of(answers, test.labels),
                "confusion": confusion_matrix(answers, test.labels),
            }
            on_cpu = Workers(0, 1, test.images.device)
            found.append({**about(run, self.kind, on_cpu, precision), "final": final})
        return found

    def minutes(self) -> float | None:
        return None


class Measured(Part):
    """A measurement, one record for all seeds."""

    kind = MEASUREMENT
    whole = True

    def task(self) -> Task:
        """What is performed."""
        return next(t for t in tasks_of(self.experiment) if t.name == self.name)

    @property
    def seeds(self) -> tuple[int, ...]:
        return self.task().seeds

    def recorded(self) -> list[dict]:
        return [load_measurement(self.experiment, self.name)]

    def again(self, seeds: Sequence[int], workers: Workers) -> list[dict]:
        return [self.measured_here(seeds)]

    def measured_here(self, seeds: Sequence[int]) -> dict:
        """The record of these seeds on this machine, measured now if it is not there yet."""
        task = replace(self.task(), seeds=tuple(seeds))
        path = REPRODUCED / self.experiment / f"{task.name}.json"
        found = made_before(path, task.hash())
        if found is None:
            found = measured(self.experiment, task)
            write_record(path, found)
        return found

    def owns(self, record: dict) -> bool:
        said = tuple(record.get(field) for field in ("experiment", "kind", "run"))
        return said == (self.experiment, self.kind, self.name)

    def hash_today(self, record: dict) -> str:
        return replace(self.task(), seeds=tuple(record["seeds"])).hash()

    def minutes(self) -> float | None:
        return median(record["wall_seconds"] / 60 for record in self.recorded())


class Series(Measured):
    """Measurements with a record for each seed; the name ends where the number of a seed begins."""

    whole = False

    def tasks(self) -> dict[int, Task]:
        """Seed -> what is performed."""
        every = tasks_of(self.experiment)
        return {t.seeds[0]: t for t in every if t.name == f"{self.name}{t.seeds[0]}"}

    def task(self) -> Task:
        return next(iter(self.tasks().values()))

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(self.tasks())

    def recorded(self) -> list[dict]:
        return [load_measurement(self.experiment, task.name) for task in self.tasks().values()]

    def again(self, seeds: Sequence[int], workers: Workers) -> list[dict]:
        return [self.measured_here([seed]) for seed in seeds]

    def owns(self, record: dict) -> bool:
        same = (record.get("experiment"), record.get("kind")) == (self.experiment, self.kind)
        return same and record.get("run") in [f"{self.name}{n}" for n in record.get("seeds", ())]


@cache
def tasks_of(experiment: str) -> tuple[Task, ...]:
    """The tasks of a measurement."""
    return tuple(MEASUREMENTS[experiment]())


def addresses() -> Collection[str]:
    """All that a card may name."""
    trainings = {
        f"{name}/{model}_{config.recipe}"
        for name, experiment in EXPERIMENTS.items()
        for model, config in experiment.settings
    }
    measurements = {f"{name}/{task.name}" for name in MEASUREMENTS for task in tasks_of(name)}
    series = {address.rstrip("0123456789") for address in measurements if SEED.search(address)}
    return trainings | measurements | series


def part_of(address: str, kind: type[Part] | None = None) -> Part:
    """The part of an address; of the given class, or as its experiment says."""
    experiment, name = address.split("/")
    if kind is None and experiment in MEASUREMENTS:
        kind = Series if name.endswith("seed") else Measured
    return (kind or Training)(experiment, name)


def trained(run: Run, workers: Workers) -> dict:
    """The record of a run on this machine, trained now if it is not there yet.

    Checkpoints and weights get a folder of their own, so that those of the book's runs stay.

    Raises:
        Interrupted: by the reader.
    """
    path = REPRODUCED / run.experiment / f"{run.name}.json"
    found = made_before(path, run.hash())
    if found is None:
        apart = replace(run, experiment=f"{REPRODUCED.name}/{run.experiment}")
        made = perform(apart, workers)
        if made is None:
            raise Interrupted("interrupted; run the same command to go on")
        found = {**made, "experiment": run.experiment}
        write_record(path, found)
        checkpoint_path(apart).unlink(missing_ok=True)
    return found


def made_before(path: Path, hash_today: str) -> dict | None:
    """A record of this machine from an earlier command; None if there is none of today's settings.

    Raises:
        utils.files.records.ResultError: it is damaged.
    """
    if not path.exists():
        return None
    found = parse_json(path, ("hash",), advice="remove it and run the same command again")
    if found["hash"] != hash_today:
        return None
    print(f"already computed here: {path}; remove it to compute it anew")
    return found


def about(run: Run, kind: str, workers: Workers, precision: str) -> dict:
    """What the record of something computed in seconds says of its run and its machine."""
    return {
        "kind": kind,
        "experiment": run.experiment,
        "run": run.name,
        "hash": run.hash(),
        "seed": run.seed,
        **made_by(workers, precision),
    }
