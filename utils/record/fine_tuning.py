"""Transfer measured: pretrained on five classes of CIFAR-10, fine-tuned on the other five.

Answers "what do given weights buy with 10, 50 and 200 images a class?". One task is one seed: it
pretrains a network, then learns the new classes in every way of
:data:`utils.training.fine_tuning.WAYS`. :mod:`utils.record.measure` runs and files the tasks.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch

from utils import data as datasets
from utils.data.augment import Normaliser
from utils.data.sets import Dataset, Split
from utils.files.places import CHECKPOINTS
from utils.models.networks import ResNet, build
from utils.record.experiments import FIVE_SEEDS, SMALL_IMAGES, variant
from utils.record.tasks import Task
from utils.training.distributed import Workers
from utils.training.fine_tuning import WAYS, few_of_each, fine_tune, only_classes, start
from utils.training.prediction import error_of, predict
from utils.training.recipes import TrainConfig
from utils.training.trainer import train

EXPERIMENT = "fine-tuning"
OLD, NEW = (0, 2, 4, 6, 8), (1, 3, 5, 7, 9)
"""Classes of the pretraining and of the fine-tuning: every second one."""
SIZES = (10, 50, 200)
"""Images of each new class."""
RATES: dict[str, float] = {
    "scratch": 0.1,
    "scratch-long": 0.1,
    "head": 0.1,
    "head-moving": 0.3,
    "slow": 0.3,
    "slow-frozen": 0.1,
    "all": 0.1,
    "all-frozen": 0.01,
}
"""Learning rate of the head, by way, as :class:`Rates` found it."""
PILOT_SEED = 100
"""No seed of a result: the rates were chosen with it."""


@dataclass(frozen=True)
class Transfer(Task):
    """What the tasks of this module have in common.

    Attributes:
        seeds: of the pretraining, the draw of images, the new head and the order; one.
        model: a name of :func:`utils.models.networks.build`.
        epochs: of the pretraining.
        steps: of each fine-tuning.
        batch_size: of each fine-tuning.
        old: classes of the pretraining.
        new: classes of the fine-tuning.
        dataset: images of both.
    """

    seeds: tuple[int, ...]
    model: str = "resnet-8"
    epochs: int = 10
    steps: int = 200
    batch_size: int = 50
    old: tuple[int, ...] = OLD
    new: tuple[int, ...] = NEW
    dataset: str = "cifar10-16"

    def config(self) -> TrainConfig:
        """The recipe of the pretraining."""
        return variant(
            "fast-half-size", epochs=self.epochs, **{**SMALL_IMAGES, "precision": "fp32"}
        )

    def depends_on(self) -> tuple[object, ...]:
        net = build(self.model, len(self.old))
        ways = [vars(way) for way in WAYS.values()]
        return self.config().changed(), net.architecture.described(), ways

    def pretrained(self) -> tuple[ResNet, Normaliser, float]:
        """A network that knows the old classes, its normaliser and its test error on them."""
        whole, seed = datasets.load(self.dataset), self.seeds[0]
        names = tuple(whole.classes[label] for label in self.old)
        splits = (only_classes(split, self.old) for split in (whole.train, whole.test))
        # The hash names the whole data set; the classes are among the settings.
        part = Dataset(f"{self.dataset}-old", names, *splits, whole.sha256)
        torch.manual_seed(seed)
        net = build(self.model, len(names))
        path = CHECKPOINTS / EXPERIMENT / f"pretrained_seed{seed}.pt"
        result = train(net, part, self.config(), seed, _alone(), path, progress=False)
        return result.net, result.normaliser, result.history[-1].test_error

    def error(
        self,
        given: tuple[ResNet, Normaliser],
        way: str,
        rate: float,
        images: Split,
        judge: Split,
    ) -> float:
        """Error on ``judge`` after learning ``images`` in one way."""
        pretrained, normaliser = given
        seed = self.seeds[0]
        net = start(pretrained, WAYS[way], len(self.new), seed)
        size = min(self.batch_size, len(images))
        fine_tune(net, WAYS[way], images, normaliser, rate, self.steps, size, seed)
        return error_of(predict(net, judge.images, normaliser), judge.labels)


@dataclass(frozen=True)
class Rates(Transfer):
    """Which learning rate serves each way, judged by training images that nothing else sees.

    Attributes:
        tried: learning rates of the head.
        count: images a class to learn from.
        judged: other training images a class to judge by.
    """

    seeds: tuple[int, ...] = (PILOT_SEED,)
    tried: tuple[float, ...] = (0.01, 0.03, 0.1, 0.3)
    count: int = 50
    judged: int = 200

    @property
    def name(self) -> str:
        return "rates"

    def perform(self) -> dict:
        """Held-back errors: a row for each way, a column for each rate."""
        net, normaliser, _ = self.pretrained()
        new = only_classes(datasets.load(self.dataset).train, self.new)
        images = few_of_each(new, self.count, self.seeds[0])
        judge = few_of_each(new, self.judged, self.seeds[0], skip=self.count)
        rows = {
            way: [self.error((net, normaliser), way, rate, images, judge) for rate in self.tried]
            for way in WAYS
        }
        return {"rows": rows}


@dataclass(frozen=True)
class FineTuning(Transfer):
    """Every way with every number of images, for one seed.

    Attributes:
        sizes: images of each new class.
        rates: pairs of a way and its learning rate.
    """

    sizes: tuple[int, ...] = SIZES
    rates: tuple[tuple[str, float], ...] = tuple(RATES.items())

    @property
    def name(self) -> str:
        return f"seed{self.seeds[0]}"

    def perform(self) -> dict:
        """Test errors on the new classes: a row for each way, a column for each size."""
        net, normaliser, error = self.pretrained()
        whole = datasets.load(self.dataset)
        new, judge = (only_classes(split, self.new) for split in (whole.train, whole.test))
        few = [few_of_each(new, size, self.seeds[0]) for size in self.sizes]
        rows = {
            way: [self.error((net, normaliser), way, rate, images, judge) for images in few]
            for way, rate in self.rates
        }
        return {"pretrained_error": error, "rows": rows}


def tasks() -> list[Transfer]:
    """The choice of rates, then five seeds."""
    return [Rates(), *(FineTuning((seed,)) for seed in FIVE_SEEDS)]


def best_rates(rows: dict[str, list[float]], tried: Iterable[float]) -> dict[str, float]:
    """The rate with the smallest held-back error for each way; of two equal ones the smaller."""
    return {way: min(zip(errors, tried, strict=True))[1] for way, errors in rows.items()}


def _alone() -> Workers:
    return Workers(0, 1, torch.device("cpu"))
