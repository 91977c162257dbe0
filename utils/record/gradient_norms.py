"""The measurements behind "Gradient norms, layer by layer": what is measured on which network.

Answers "which numbers stand behind the gradient pictures?". Four kinds of task: the first
backward pass of many initialisations, the first steps of training, gradients of neighbouring
inputs, and responses of trained networks. :mod:`utils.record.measure` runs and files them,
:mod:`utils.chapters.gradient_norms.numbers` reads them.
"""

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from utils import data as datasets
from utils.data.augment import Augmenter, Normaliser, epoch_batches
from utils.data.checked import need_inputs
from utils.files.records import pack
from utils.models.checked import explained, need_evaluating, need_logits, need_network
from utils.models.starts import Start, build_start
from utils.probes.readings import FIELDS, Readings, every, measure
from utils.record import weights
from utils.record.experiments import Run, runs_of
from utils.record.tasks import Task
from utils.training.distributed import Workers
from utils.training.recipes import TrainConfig, recipe
from utils.training.trainer import Trainer

EXPERIMENT = "gradient-norms"
DEPTHS = (8, 14, 20, 32, 44, 56, 110)
FORMS = (("plain", True, "he"), ("residual", True, "he"),
         ("plain", True, "pytorch"), ("residual", True, "pytorch"),
         ("plain", False, "he"), ("residual", False, "he"),
         ("plain", False, "pytorch"), ("residual", False, "pytorch"),
         ("residual", False, "fixup"))  # fmt: skip
INITIAL_SEEDS = (0, 1, 2, 3, 4)
TRAINED_SEEDS = (0, 1, 2)
STEPS = {8: 100, 14: 100, 20: 100, 32: 100, 56: 100, 110: 30}
"""Recorded steps of training, by depth."""
TRAINED = {
    8: FORMS[:2],
    14: FORMS[:2],
    20: tuple(form for form in FORMS if form[1:] != (True, "pytorch")),
    32: FORMS[:2],
    56: tuple(form for form in FORMS if form[1:] != (True, "pytorch")),
    110: FORMS[:2],
}
"""Forms whose training is recorded, by depth."""
BATCH = 128
NEIGHBOURS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
"""Distances to a neighbouring input: shares of the way to another image of the batch."""
NEIGHBOUR_IMAGES = 16
NEIGHBOUR_DEPTHS = (8, 20, 56, 110)
TRAINED_IMAGES = 1000
TRAINED_NETWORKS = (("shortcut-control", "plain-14"), ("shortcut-control", "resnet-14"),
                    ("fast-20", "resnet-20"))  # fmt: skip
"""Experiment and network of the trained weights whose responses are measured."""
MEASURED_STEPS = frozenset(
    [*range(11), 12, 15, 20, 25, 30, 40, 50, 60, 70, 80, 90, 99, 120, 140, 160, 180, 199]
)


class Reading(Task):
    """A task of this module."""

    def extra(self) -> object:
        """What decides the readings besides settings and measured steps."""
        return {}

    def depends_on(self) -> tuple[object, ...]:
        return self.extra(), sorted(MEASURED_STEPS)


@dataclass(frozen=True)
class Initial(Reading):
    """All layers in the first backward pass, for several seeds of weights and batch."""

    start: Start
    seeds: tuple[int, ...] = INITIAL_SEEDS
    batch: int = BATCH
    dataset: str = "cifar10"

    @property
    def name(self) -> str:
        return f"init_{self.start.name}"

    def perform(self) -> dict:
        """One row a seed for every field."""
        readings = [read_initial(self.start, seed, self.batch, self.dataset) for seed in self.seeds]
        rows = {f: [r.of(f)[0] for r in readings] for f in FIELDS if f != "update"}
        return {"layers": readings[0].layers, "rows": {f: pack(rows[f]) for f in rows}}


@dataclass(frozen=True)
class Early(Reading):
    """All layers through the first steps of training, for one seed."""

    start: Start
    steps: int
    seeds: tuple[int, ...]
    recipe: str = "paper"
    dataset: str = "cifar10"

    @property
    def name(self) -> str:
        return f"train_{self.start.name}_seed{self.seeds[0]}"

    def perform(self) -> dict:
        """One row a measured step for every field, and the loss of every step."""
        readings, losses = follow(self.start, self.config(), self.seeds[0], self.dataset)
        return {
            "layers": readings.layers,
            "steps": readings.steps,
            "rows": {f: pack(readings.of(f)) for f in FIELDS},
            "losses": pack([torch.tensor(losses)])[0],
            "stopped_at": len(losses) if len(losses) < self.steps else None,
        }

    def config(self) -> TrainConfig:
        """The paper's recipe, cut after the first steps."""
        return recipe(self.recipe, epochs=1, max_steps=self.steps, channels_last=True)

    def extra(self) -> object:
        return self.config().changed()


@dataclass(frozen=True)
class Neighbours(Reading):
    """Cosine of input gradients at an input and near it, one row a seed, one column a distance."""

    start: Start
    seeds: tuple[int, ...] = TRAINED_SEEDS
    images: int = NEIGHBOUR_IMAGES
    distances: tuple[float, ...] = NEIGHBOURS
    dataset: str = "cifar10"

    @property
    def name(self) -> str:
        return f"near_{self.start.name}"

    def perform(self) -> dict:
        """Mean cosine over the images."""
        rows = []
        for seed in self.seeds:
            inputs, _ = first_batch(self.dataset, seed, BATCH)
            net = build_start(self.start, seed)
            freeze_statistics(net, inputs)
            rows.append(neighbour_cosines(net, inputs[: self.images], self.distances))
        return {"rows": {"cosine": pack(rows)}}


@dataclass(frozen=True)
class Trained(Reading):
    """Responses of all layers in trained networks, as they are used: one row a seed.

    The weights are those that finished runs have left, see :func:`utils.record.weights.of_run`.
    """

    experiment: str
    model: str
    recipe: str = "fast"
    seeds: tuple[int, ...] = TRAINED_SEEDS
    images: int = TRAINED_IMAGES
    dataset: str = "cifar10"

    @property
    def name(self) -> str:
        return f"trained_{self.model}_{self.recipe}"

    def perform(self) -> dict:
        """Mean and standard deviation of each layer's response on the first test images."""
        readings = [self.read(run) for run in self.runs()]
        rows = {f: pack(r.of(f)[0] for r in readings) for f in ("mean", "sd", "dead")}
        return {"layers": readings[0].layers, "rows": rows}

    def extra(self) -> object:
        return [run.hash() for run in self.runs()]

    def runs(self) -> list[Run]:
        """The recorded runs whose weights are read, one a seed."""
        return runs_of(self.experiment, self.model, self.recipe, self.seeds)

    def read(self, run: Run) -> Readings:
        """All layers of one trained network.

        Raises:
            utils.record.weights.NotTrained: the run left no weights here; says which command
            trains it.
        """
        trained, test = weights.of_run(run), datasets.load(self.dataset).test
        # The layout of the records: in another one the last digits of the responses differ.
        net = trained.net.to(memory_format=torch.contiguous_format)
        inputs = trained.normaliser(test.images[: self.images])
        with measure(net) as readings:
            F.cross_entropy(net(inputs), test.labels[: self.images]).backward()
        return readings


@dataclass(frozen=True)
class Overhead(Reading):
    """CPU seconds of a training step, bare and measured, taken in turns on one thread."""

    start: Start
    rounds: int = 12
    interval: int = 10
    batch: int = BATCH
    seeds: tuple[int, ...] = (0,)
    dataset: str = "cifar10"

    @property
    def name(self) -> str:
        return f"overhead_{self.start.name}"

    def perform(self) -> dict:
        """One row for each way to measure, one column a round."""
        torch.set_num_threads(1)
        inputs, labels = first_batch(self.dataset, self.seeds[0], self.batch)
        net = build_start(self.start, self.seeds[0]).train()
        optimiser = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)

        def seconds() -> float:
            started = time.process_time()
            optimiser.zero_grad()
            F.cross_entropy(net(inputs), labels).backward()
            optimiser.step()
            return time.process_time() - started

        took: dict[str, list[float]] = {"bare": [], "measured": [], "skipped": []}
        seconds()
        for _ in range(self.rounds):
            took["bare"].append(seconds())
            with measure(net, optimiser, every(2)):
                took["measured"].append(seconds())
                took["skipped"].append(seconds())
        return {"rows": {name: pack([torch.tensor(values)]) for name, values in took.items()}}


def tasks() -> list[Task]:
    """Everything that is recorded, the cheapest first."""
    initial = [Initial(Start(depth, *form)) for depth in DEPTHS for form in FORMS]
    early = [
        Early(Start(depth, *form), steps, (seed,))
        for seed in TRAINED_SEEDS
        for depth, steps in STEPS.items()
        for form in TRAINED[depth]
    ]
    near = [Neighbours(Start(d, kind)) for d in NEIGHBOUR_DEPTHS for kind in ("plain", "residual")]
    trained = [Trained(experiment, model) for experiment, model in TRAINED_NETWORKS]
    cost = Overhead(Start(20, "residual"))
    return [*initial, *early, *near, *trained, cost]


@cache
def _prepared(dataset: str) -> tuple[datasets.Dataset, Normaliser, Augmenter]:
    loaded = datasets.load(dataset)
    how = recipe("paper")
    augmenter = Augmenter(loaded.train.images, how.enlarge, how.flip, how.margin)
    return loaded, Normaliser.fit(loaded.train.images, how.normalise), augmenter


def first_batch(dataset: str, seed: int, size: int) -> tuple[Tensor, Tensor]:
    """The batch that training with this seed sees first, normalised: float (B, 3, H, W), (B,)."""
    loaded, normaliser, augmenter = _prepared(dataset)
    index, images = next(epoch_batches(augmenter, size, seed, epoch=0))
    return normaliser(images), loaded.train.labels[index]


def read_initial(start: Start, seed: int, batch: int = BATCH, dataset: str = "cifar10") -> Readings:
    """Forward and backward once, in training mode, without a step."""
    inputs, labels = first_batch(dataset, seed, batch)
    net = build_start(start, seed).train()
    with measure(net) as readings:
        F.cross_entropy(net(inputs), labels).backward()
    return readings


def follow(
    start: Start,
    config: TrainConfig,
    seed: int,
    dataset: str = "cifar10",
    when: Callable[[int], bool] = MEASURED_STEPS.__contains__,
) -> tuple[Readings, list[float]]:
    """Train for ``config.max_steps`` and read the layers at the steps that ``when`` names.

    The last step is always read. Stops early when the loss is not finite; that loss is the last
    in the list.
    """
    loaded = datasets.load(dataset)
    net = build_start(start, seed, len(loaded.classes))
    trainer = Trainer(net, loaded, config, seed, Workers(0, 1, torch.device("cpu")))
    net.train()
    losses: list[float] = []
    batches = epoch_batches(trainer.augmenter, config.batch_size, seed, epoch=0)
    last = trainer.total_steps - 1
    with measure(net, trainer.optimiser, lambda s: when(s) or s == last) as readings:
        for index, images in batches:
            losses.append(float(trainer.train_step(images, trainer.train_split.labels[index])[0]))
            if trainer.step > last or not math.isfinite(losses[-1]):
                break
    return readings, losses


def freeze_statistics(net: nn.Module, inputs: Tensor) -> None:
    """Set batch normalisation to the statistics of one batch and switch to evaluation mode.

    The net is then a function of one input at a time, with the scales it trains with. Other
    normalisations, of groups or layers, are such functions anyway.

    Raises:
        TypeError: no network, or no tensor.
        ValueError: batch normalisation that keeps no statistics, or inputs that the net does not
            take.
    """
    need_network(net)
    need_inputs(inputs)
    for name, module in net.named_modules():
        if isinstance(module, _BatchNorm):
            if not module.track_running_stats:
                raise ValueError(
                    f"{name} keeps no running statistics, so that none can be frozen; build it "
                    "with track_running_stats=True"
                )
            module.momentum = 1.0
    with torch.no_grad(), explained(net, inputs):
        net.train()(inputs)
    net.eval()


def neighbour_cosines(net: nn.Module, inputs: Tensor, distances: Iterable[float]) -> Tensor:
    """How alike the gradients of the first logit are at an input and near it.

    Args:
        net: in evaluation mode; float (N, 3, H, W) to logits.
        inputs: float (N, 3, H, W); each one's neighbour lies towards the next.
        distances: shares of the way.

    Returns:
        Cosine, mean over the inputs: float (distances,).

    Raises:
        TypeError: no network, or no tensor.
        ValueError: a network in training mode, one input alone, which has no neighbour, or inputs
            that the network does not take.
    """
    need_evaluating(net)
    need_inputs(inputs)
    if len(inputs) < 2:
        raise ValueError(f"{len(inputs)} inputs have no neighbours; give at least 2")

    def gradient(points: Tensor) -> Tensor:
        points = points.clone().requires_grad_()
        with explained(net, points):
            logits = net(points)
        need_logits(logits, len(points))
        return torch.autograd.grad(logits[:, 0].sum(), points)[0].flatten(1)

    here, direction = gradient(inputs), inputs.roll(-1, dims=0) - inputs
    there = [gradient(inputs + distance * direction) for distance in distances]
    return torch.stack([F.cosine_similarity(here, g, dim=1).mean() for g in there])
