"""What the gradient measurements say: numbers, tables and figures of the gradient chapter.

Answers "do gradients vanish, where, and what changes that?". Everything is read from
``results/gradient-norms/``; only :func:`chain_factor` and :func:`live_figure` compute.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor, nn

from utils.chapters.inside_a_resnet.numbers import quartiles
from utils.files.records import load_measurement, unpack
from utils.models.starts import Start
from utils.probes.readings import measure
from utils.record.gradient_norms import (
    EXPERIMENT,
    NEIGHBOURS,
    Early,
    Initial,
    Neighbours,
    Overhead,
    Trained,
    tasks,
)
from utils.results.spread import Spread, median, spread
from utils.results.words import short
from utils.training.recipes import recipe

MEAN_FIELD_FACTOR = math.sqrt(math.pi / (math.pi - 1))
"""Growth of the gradient norm per layer of a wide net with batch normalisation and ReLU and a
large batch (Yang et al. 2019): ReLU lets half of the squared gradient through, and what it lets
through has variance 1/2 - 1/(2 pi), by which the next normalisation divides."""
DEFAULT_FACTOR = math.sqrt(1 / 6)
"""Shrinking per layer with PyTorch's default: its variance 1 / (3 fan in) is a sixth of He's."""
STAGES = ("layer1", "layer2", "layer3")
KINDS = ("plain", "residual")


@dataclass(frozen=True)
class Range:
    """Geometric mean, least and greatest of positive values, one for each seed."""

    middle: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        if self.count == 1 or short(self.low) == short(self.high):
            return short(self.middle)
        return f"{short(self.middle)} ({short(self.low)} to {short(self.high)})"


def range_of(values: Iterable[float]) -> Range:
    """Summarise values over seeds; zeros give a middle of zero.

    Raises:
        ValueError: no values.
    """
    numbers = [float(value) for value in values]
    if not numbers:
        raise ValueError("no values to summarise")
    middle = math.exp(sum(map(math.log, numbers)) / len(numbers)) if min(numbers) > 0 else 0.0
    return Range(middle, min(numbers), max(numbers), len(numbers))


def first_layer_gradient(start: Start) -> Spread:
    """Weight-gradient norm of the very first convolution at the first step, over seeds."""
    layers, fields = initial(start)
    return spread(fields["weight_gradient"][:, layers.index("conv1")].tolist())


@cache
def initial(start: Start) -> tuple[list[str], dict[str, Tensor]]:
    """Layers and, for each field, float64 (seeds, layers) of the first backward pass."""
    record = load_measurement(EXPERIMENT, Initial(start).name)
    return record["layers"], {name: unpack(rows) for name, rows in record["rows"].items()}


@dataclass(frozen=True)
class Course:
    """The first steps of training: fields are float64 (steps, layers), losses of every step."""

    layers: list[str]
    steps: list[int]
    fields: dict[str, Tensor]
    losses: Tensor
    stopped_at: int | None


def course_task(start: Start, seed: int) -> Early:
    """The recorded task of a start and seed.

    Raises:
        ValueError: that course is not among the recorded ones.
    """
    for task in tasks():
        if isinstance(task, Early) and task.start == start and task.seeds == (seed,):
            return task
    raise ValueError(f"no course of {start.name} with seed {seed} is recorded")


@cache
def course(start: Start, seed: int) -> Course:
    """The recorded first steps of one start and seed."""
    record = load_measurement(EXPERIMENT, course_task(start, seed).name)
    return Course(
        record["layers"],
        record["steps"],
        {name: unpack(rows) for name, rows in record["rows"].items()},
        unpack([record["losses"]])[0],
        record["stopped_at"],
    )


def courses(start: Start) -> list[Course]:
    """The recorded first steps of a start, all seeds; empty when there are none."""
    seeds = [task.seeds[0] for task in tasks() if isinstance(task, Early) and task.start == start]
    return [course(start, seed) for seed in sorted(seeds)]


def overall_factor(start: Start) -> float:
    """The constant factor per layer that would give the ratio of :func:`first_over_last`."""
    return first_over_last(start).middle ** (1 / (start.depth - 4))


def second_convolutions(layers: Sequence[str]) -> list[int]:
    """Positions of the last convolution of every block."""
    paths = [(name.rpartition(".")[0], index) for index, name in enumerate(layers)]
    blocks = {path: index for path, index in paths if path and not path.endswith(".downsample")}
    return list(blocks.values())


def first_over_last(start: Start) -> Range:
    """Weight-gradient norm in the first block over that in the last, over seeds.

    Second convolutions are compared. NaN where the last one's is zero.
    """
    layers, fields = initial(start)
    return range_of(ratios(layers, fields["weight_gradient"]).tolist())


def ratios(layers: Sequence[str], gradients: Tensor) -> Tensor:
    """The same for each row of gradients (seeds, layers): (seeds,)."""
    chosen = second_convolutions(layers)
    return gradients[:, chosen[0]] / gradients[:, chosen[-1]]


def factor_per_layer(start: Start, stage: str) -> Range:
    """By what factor the gradient of the responses grows per layer towards the input.

    See :func:`factor_by_seed`.
    """
    return range_of(factor_by_seed(start, stage).tolist())


def factor_by_seed(start: Start, stage: str) -> Tensor:
    """Growth of the responses' gradient per layer towards the input: float64 (seeds,).

    From a straight line through the logarithms of one stage, where all maps have one size.

    Raises:
        ValueError: the stage has fewer than four layers.
    """
    layers, fields = initial(start)
    chosen = [index for index, name in enumerate(layers) if name.startswith(stage)]
    if len(chosen) < 4:
        raise ValueError(f"{stage} has {len(chosen)} layers; a line needs at least 4")
    return slope(fields["response_gradient"][:, chosen].log()).neg().exp()


def slope(rows: Tensor) -> Tensor:
    """Least-squares slope of each row (rows, points) against 0, 1, 2...: (rows,)."""
    x = torch.arange(rows.shape[1], dtype=rows.dtype)
    x = x - x.mean()
    return (rows - rows.mean(1, keepdim=True)) @ x / (x @ x)


def chain_factor(
    width: int, depth: int, batch: int, batch_norm: bool = True, seed: int = 0
) -> float:
    """Growth of the gradient per layer in the theory's own setting, measured now.

    Fully connected layers with He initialisation and ReLU, Gaussian inputs, a random output
    direction. The outer quarter of the layers at each end is left out.
    """
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for _ in range(depth):
        linear = nn.Linear(width, width, bias=False)
        nn.init.kaiming_normal_(linear.weight)
        layers += [linear, nn.BatchNorm1d(width) if batch_norm else nn.Identity(), nn.ReLU()]
    net = nn.Sequential(*layers)
    with measure(net) as readings:
        out = net(torch.randn(batch, width))
        (out * torch.randn_like(out)).sum().backward()
    inner = readings.of("response_gradient")[:, depth // 4 : depth - depth // 4]
    return float(slope(inner.log()).neg().exp()[0])


def end_responses(start: Start) -> tuple[float, float]:
    """Standard deviation of the response at the end of the first and of the last block."""
    layers, fields = initial(start)
    chosen = second_convolutions(layers)
    first, last = (range_of(fields["sd"][:, chosen[at]].tolist()).middle for at in (0, -1))
    return first, last


def most_dead(start: Start) -> float:
    """Greatest share of dead channels in a layer: mean over seeds, all layers with a ReLU."""
    return float(initial(start)[1]["dead"][:, :-1].mean(0).max())


def padding_share(pixels: int) -> float:
    """Mean share of a 3x3 convolution's products that do not fall on its zero padding."""
    return ((3 * pixels - 2) / (3 * pixels)) ** 2


FORM_LABELS = {
    (True, "he"): "batch normalisation, He",
    (True, "pytorch"): "batch normalisation, PyTorch default",
    (False, "he"): "no normalisation, He",
    (False, "pytorch"): "no normalisation, PyTorch default",
    (False, "fixup"): "no normalisation, Fixup-style",
}


def starts_of(depths: Sequence[int]) -> dict[str, list[Start]]:
    """Every network and start in words -> one start for each depth.

    Fixup silences every branch at first. A plain network has nothing else, so it has no such start.
    """
    return {
        f"{kind}, {label}": [Start(depth, kind, batch_norm, init) for depth in depths]
        for (batch_norm, init), label in FORM_LABELS.items()
        for kind in KINDS
        if not (init == "fixup" and kind == "plain")
    }


def ratio_by_step(start: Start, scaled: bool = False) -> dict[int, Range]:
    """First block over last at every measured step that all seeds reached.

    Args:
        start: one whose training is recorded.
        scaled: take each gradient's norm times the norm of its weights. In front of a
            normalisation the scale of the weights cancels in that product.
    """

    def ratio(found: Course, position: int) -> float:
        row = found.fields["weight_gradient"][position]
        row = row * found.fields["weight"][position] if scaled else row
        return float(ratios(found.layers, row[None]))

    return _by_step(start, ratio)


def _by_step(start: Start, value: Callable[[Course, int], float]) -> dict[int, Range]:
    found = courses(start)
    return {
        step: range_of(value(c, c.steps.index(step)) for c in found) for step in common_steps(found)
    }


def common_steps(found: Sequence[Course]) -> list[int]:
    """The measured steps that all seeds reached."""
    return [step for step in found[0].steps if all(step in c.steps for c in found)]


def decay_update() -> float:
    """Update over weight of a layer without any gradient: what weight decay alone makes of it."""
    how = recipe("paper")
    return how.learning_rate * how.weight_decay / (1 - how.momentum)


def layer_by_step(start: Start, field: str, layer: str) -> dict[int, Range]:
    """One field of one layer at every measured step, over seeds."""
    index = courses(start)[0].layers.index(layer)
    return _by_step(start, lambda found, at: float(found.fields[field][at, index]))


def final_loss(start: Start, last: int) -> Spread:
    """Mean loss over the last recorded steps, over seeds."""
    return spread(float(c.losses[-last:].mean()) for c in courses(start))


def peak_loss(start: Start) -> Range:
    """Greatest loss of the recorded steps, over seeds."""
    return range_of(float(c.losses.max()) for c in courses(start))


def response_sd(start: Start) -> Spread:
    """Mean over layers of the responses' deviation after the recorded steps, over seeds."""
    return spread(float(c.fields["sd"][-1, :-1].mean()) for c in courses(start))


def trained_responses(model: str) -> Tensor:
    """Standard deviation of each convolution's response after training: float64 (seeds, layers)."""
    (task,) = [task for task in tasks() if isinstance(task, Trained) and task.model == model]
    return unpack(load_measurement(EXPERIMENT, task.name)["rows"]["sd"])[:, :-1]


def trained_sd(model: str) -> Spread:
    """Mean over the layers of :func:`trained_responses`, over seeds."""
    return spread(trained_responses(model).mean(1).tolist())


def trained_epochs(model: str) -> int:
    """Epochs of the runs whose responses are recorded."""
    (task,) = [task for task in tasks() if isinstance(task, Trained) and task.model == model]
    return task.runs()[0].config.epochs


def cosine_near(start: Start, distance: float) -> Spread:
    """Mean over the images of one column of :func:`cosines`, over seeds."""
    return spread(cosines(start)[:, NEIGHBOURS.index(distance)].tolist())


def cosines(start: Start) -> Tensor:
    """Likeness of neighbouring input gradients: float64 (seeds, distances)."""
    return unpack(load_measurement(EXPERIMENT, Neighbours(start).name)["rows"]["cosine"])


def measuring_cost() -> tuple[float, float, dict]:
    """Share that measuring adds to a step, when it reads and when it skips; and the machine."""
    task = next(task for task in tasks() if isinstance(task, Overhead))
    record = load_measurement(EXPERIMENT, task.name)
    middle = {name: median(unpack(rows).flatten()) for name, rows in record["rows"].items()}
    bare = middle["bare"]
    return middle["measured"] / bare - 1, middle["skipped"] / bare - 1, record["machine"]


def measuring_scatter() -> float:
    """How far steps of equal work scatter: middle half of the bare steps over their median."""
    task = next(task for task in tasks() if isinstance(task, Overhead))
    bare = unpack(load_measurement(EXPERIMENT, task.name)["rows"]["bare"])
    low, middle, high = quartiles(bare.flatten().tolist())
    return (high - low) / middle
