"""What the gradient measurements say: numbers, tables and figures of the gradient chapter.

Answers "do gradients vanish, where, and what changes that?". Everything is read from
``results/gradient-norms/``; only :func:`chain_factor` and :func:`live_figure` compute.
"""

from __future__ import annotations

import html
import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor, nn

from utils.gradient_norms import (
    DEPTHS,
    EXPERIMENT,
    NEIGHBOUR_DEPTHS,
    NEIGHBOURS,
    STEPS,
    TRAINED,
    Early,
    Initial,
    Neighbours,
    Overhead,
    Task,
    Trained,
    follow,
    tasks,
)
from utils.measurements import load_measurement
from utils.measuring import EVERY_STEP, Readings, measure
from utils.plots import COLOURS, TEXT, Published, figure, finish, publish
from utils.recipes import recipe
from utils.starts import Start
from utils.summaries import device_label
from utils.tables import table
from utils.tasks import unpack

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


def short(value: float) -> str:
    """Two digits: "0.41", "46", "2,100", "3.1 × 10⁻²³"."""
    if value == 0:
        return "0"
    digits, power = f"{value:.1e}".split("e")
    exponent = int(power)
    if -2 <= exponent < 5:
        return f"{float(f'{value:.1e}'):,.{max(0, 1 - exponent)}f}"
    return f"{digits} × 10{superscript(exponent)}"


def superscript(number: int) -> str:
    """A whole number as an exponent."""
    return str(number).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


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
    return [index for index, name in enumerate(layers) if name.endswith(".conv2")]


def first_over_last(start: Start) -> Range:
    """Weight-gradient norm in the first block over that in the last, over seeds.

    Second convolutions are compared. NaN where the last one's is zero.
    """
    layers, fields = initial(start)
    return range_of(_first_over_last(layers, fields["weight_gradient"]).tolist())


def _first_over_last(layers: Sequence[str], gradients: Tensor) -> Tensor:
    chosen = second_convolutions(layers)
    return gradients[:, chosen[0]] / gradients[:, chosen[-1]]


def factor_per_layer(start: Start, stage: str) -> Range:
    """By what factor the gradient of the responses grows per layer towards the input.

    From a straight line through the logarithms of one stage, where all maps have one size.

    Raises:
        ValueError: the stage has fewer than four layers.
    """
    layers, fields = initial(start)
    return range_of(_growth(layers, fields["response_gradient"], stage).tolist())


def _growth(layers: Sequence[str], gradients: Tensor, stage: str) -> Tensor:
    chosen = [index for index, name in enumerate(layers) if name.startswith(stage)]
    if len(chosen) < 4:
        raise ValueError(f"{stage} has {len(chosen)} layers; a line needs at least 4")
    return slope(gradients[:, chosen].log()).neg().exp()


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


QUANTITIES = {
    "weight_gradient": "norm of the weight gradient",
    "sd": "standard deviation of the response",
    "dead": "share of dead channels",
}
"""What the figure to touch and the live panel can show: field -> words."""


@lru_cache(maxsize=32)
def live_readings(
    start: Start, steps: int, dataset: str = "digits"
) -> tuple[Readings, list[float]]:
    """Train a small network for a few steps, now, and read every layer at every step.

    Kept, so that looking at another step of the same training does not train again.
    """
    config = recipe("paper", epochs=1, max_steps=max(1, steps), batch_size=64, flip=False)
    return follow(start, config, seed=0, dataset=dataset, when=EVERY_STEP)


def live_figure(start: Start, steps: int, step: int, quantity: str = "weight_gradient") -> Figure:
    """Profile over the layers at one step of a live training, and all steps as a heat map.

    Raises:
        ValueError: the network cannot be built, or the quantity is no key of
            :data:`QUANTITIES`.
    """
    if quantity not in QUANTITIES:
        raise ValueError(f"unknown quantity {quantity!r}; choose from {', '.join(QUANTITIES)}")
    readings, losses = live_readings(start, steps)
    rows = readings.of(quantity)
    at = min(step, len(rows)) - 1
    made, (profile, heat) = figure(1, 2, figsize=(9.6, 3.4))
    colour, is_log = COLOURS[start.kind], quantity != "dead"
    if is_log:
        rows = torch.where(rows > 0, rows, math.nan)
    layers = range(1, rows.shape[1] + 1)
    profile.plot(layers, rows[0], ":", color=colour, label="first step")
    profile.plot(layers, rows[at], color=colour, label=f"step {at + 1}")
    finish(profile, f"{start.name}: loss {losses[0]:.2f}, at step {at + 1} {losses[at]:.2f}",
           "layer", QUANTITIES[quantity])  # fmt: skip
    if is_log and not rows.isnan().all():
        profile.set_yscale("log")
    _draw_heat(made, heat, rows.log10() if is_log else rows, at)
    finish(heat, "All steps; the frame is the chosen one", "training step",
           "layer, input on top", legend=False)  # fmt: skip
    return made


def _draw_heat(made: Figure, axes: Axes, rows: Tensor, at: int) -> None:
    """Layers against steps as colours; what is zero on a log scale or not read stays empty."""
    steps, layers = rows.shape
    drawn = axes.pcolormesh(
        torch.arange(steps + 1) + 0.5,
        torch.arange(layers + 1) + 0.5,
        rows.T.masked_fill(rows.T.isinf(), math.nan),
        cmap="viridis",
    )
    axes.invert_yaxis()
    axes.axvspan(at + 0.5, at + 1.5, fill=False, edgecolor=TEXT, linewidth=2)
    made.colorbar(drawn, ax=axes)


def live_panel(
    depth: int = 14,
    kind: str = "plain",
    batch_norm: bool = True,
    init: str = "he",
    steps: int = 3,
    step: int = 1,
    quantity: str = "weight_gradient",
) -> Published:
    """:func:`live_figure` for the sliders of a notebook; what cannot be built says why."""
    try:
        made = live_figure(Start(depth, kind, batch_norm, init), steps, step, quantity)
    except ValueError as error:
        return Published(f"<p>{html.escape(str(error))}</p>", str(error))
    words = QUANTITIES[quantity]
    return publish(
        made,
        alt=f"{words[0].upper()}{words[1:]} of every layer: at the first and at the chosen step as "
        "lines, at all steps as colours.",
        caption="Your network on the digits, batches of 64, learning rate 0.1, momentum 0.9. "
        "Colours of a logarithmic quantity are powers of ten.",
    )


def draw_profile(axes: Axes, rows: Tensor, colour: str, label: str, **line) -> None:
    """Geometric mean of rows (seeds, layers) against layer, with their range as a band."""
    x = range(1, rows.shape[1] + 1)
    safe = torch.where(rows > 0, rows, math.nan)
    axes.plot(x, safe.log().mean(0).exp(), color=colour, label=label, **line)
    if len(rows) > 1:
        axes.fill_between(x, safe.amin(0), safe.amax(0), color=colour, alpha=0.2, linewidth=0)


def profile_figure(
    groups: dict[str, tuple[Start, str]], title: str, field: str = "weight_gradient", **options
) -> Figure:
    """One field of the first backward pass against layer, log scale.

    Args:
        groups: label -> (start, colour name).
        title: what the figure says.
        field: a key of :data:`utils.measuring.FIELDS`.
        options: for the lines of single labels: ``styles={"label": "--"}``.
    """
    styles = options.pop("styles", {})
    made, (axes,) = figure()
    for label, (start, colour) in groups.items():
        rows = initial(start)[1][field]
        draw_profile(axes, rows, COLOURS[colour], label, linestyle=styles.get(label, "-"))
    names = {
        "weight_gradient": "norm of the weight gradient",
        "response_gradient": "norm of the response's gradient",
        "sd": "standard deviation of the response",
    }
    finish(axes, title, "layer, input first", names[field], yscale="log")
    return made


def end_responses(start: Start) -> tuple[float, float]:
    """Standard deviation of the response at the end of the first and of the last block."""
    layers, fields = initial(start)
    chosen = second_convolutions(layers)
    first, last = (range_of(fields["sd"][:, chosen[at]].tolist()).middle for at in (0, -1))
    return first, last


def most_dead(start: Start) -> float:
    """Greatest share of dead channels in a layer: mean over seeds, all layers with a ReLU."""
    return float(initial(start)[1]["dead"][:, :-1].mean(0).max())


def activation_table(depths: Sequence[int] = (20, 56, 110)) -> Published:
    """Responses at both ends and dead channels of every start before its first step."""
    rows = []
    for (batch_norm, init), label in FORM_LABELS.items():
        for kind in KINDS:
            if init == "fixup" and kind == "plain":
                continue
            starts = [Start(depth, kind, batch_norm, init) for depth in depths]
            rows.append([f"{kind}, {label}", *(_activation_words(start) for start in starts)])
    return table(
        ["network at its first step", *(f"{depth} layers" for depth in depths)],
        rows,
        "Standard deviation of the response at the end of the first block → of the last block "
        "(geometric mean over five seeds); then the greatest share of dead channels in any layer "
        "(mean over seeds). CIFAR-10, 128 images.",
    )


def _activation_words(start: Start) -> str:
    first, last = end_responses(start)
    return f"{short(first)} → {short(last)}; {percent(most_dead(start))}"


def percent(share: float) -> str:
    """A share in words: "0", "under 0.1 %", "2.5 %"."""
    if share == 0:
        return "0"
    return "under 0.1 %" if share < 0.0005 else f"{100 * share:.1f} %"


def padding_share(pixels: int) -> float:
    """Mean share of a 3x3 convolution's products that do not fall on its zero padding."""
    return ((3 * pixels - 2) / (3 * pixels)) ** 2


def ratio_figure(title: str) -> Figure:
    """First block over last against depth, plain and residual with batch normalisation."""
    made, (axes,) = figure()
    for kind in KINDS:
        points = [first_over_last(Start(depth, kind)) for depth in DEPTHS]
        axes.plot(DEPTHS, [p.middle for p in points], "o-", color=COLOURS[kind], label=kind)
        low, high = [p.low for p in points], [p.high for p in points]
        axes.fill_between(DEPTHS, low, high, color=COLOURS[kind], alpha=0.2, linewidth=0)
    theory = [MEAN_FIELD_FACTOR ** (depth - 4) for depth in DEPTHS]
    axes.plot(DEPTHS, theory, ":", color=TEXT, linewidth=1.5, label="1.21 per layer (theory)")
    finish(axes, title, "depth (layers)", "first block over last", yscale="log")
    return made


FORM_LABELS = {
    (True, "he"): "batch normalisation, He",
    (True, "pytorch"): "batch normalisation, PyTorch default",
    (False, "he"): "no normalisation, He",
    (False, "pytorch"): "no normalisation, PyTorch default",
    (False, "fixup"): "no normalisation, Fixup-style",
}


def verdict_table(depths: Sequence[int] = (20, 56, 110)) -> Published:
    """Gradient of the first block, and how it compares with the last, for every start."""
    rows = []
    for (batch_norm, init), label in FORM_LABELS.items():
        for kind in KINDS:
            if init == "fixup" and kind == "plain":
                continue
            cells = []
            for depth in depths:
                start = Start(depth, kind, batch_norm, init)
                cells.append(f"{first_gradient(start)}; × {_ratio_words(start)}")
            rows.append([f"{kind}, {label}", *cells])
    return table(
        ["network at its first step", *(f"{depth} layers" for depth in depths)],
        rows,
        "Norm of the weight gradient in the first block's second convolution, then that norm over "
        "the one in the last block. CIFAR-10, 128 images, geometric mean over five seeds.",
    )


def first_gradient(start: Start, layer: str = "layer1.0.conv2") -> str:
    """Weight-gradient norm of one layer at the first step, mean over seeds, in words."""
    layers, fields = initial(start)
    values = fields["weight_gradient"][:, layers.index(layer)]
    return short(range_of(values.tolist()).middle)


def _ratio_words(start: Start) -> str:
    ratio = first_over_last(start)
    return "–" if math.isnan(ratio.low) else short(ratio.middle)


def factor_table(depths: Sequence[int] = (20, 56, 110)) -> Published:
    """Measured growth per layer in every stage beside the predictions."""
    rows = []
    predicted = {
        (True, "he"): MEAN_FIELD_FACTOR,
        (False, "he"): 1.0,
        (False, "pytorch"): DEFAULT_FACTOR,
    }
    for (batch_norm, init), theory in predicted.items():
        for depth in depths:
            start = Start(depth, "plain", batch_norm, init)
            cells = [_factor_words(start, stage) for stage in STAGES]
            rows.append(
                [f"plain-{depth}, {FORM_LABELS[batch_norm, init]}", f"{theory:.3f}", *cells]
            )
    return table(
        ["network", "wide-net theory", "32-pixel maps", "16 pixels", "8 pixels"],
        rows,
        "Factor per layer, towards the input, of the norm of the response's gradient at the first "
        "step: geometric mean (least to greatest of five seeds).",
    )


def _factor_words(start: Start, stage: str) -> str:
    factor = factor_per_layer(start, stage)
    if math.isnan(factor.low):
        return "0 in float32"
    return f"{factor.middle:.3f} ({factor.low:.2f} to {factor.high:.2f})"


def ratio_by_step(start: Start, scaled: bool = False) -> dict[int, Range]:
    """First block over last at every measured step that all seeds reached.

    Args:
        start: one whose training is recorded.
        scaled: take each gradient's norm times the norm of its weights. In front of a
            normalisation the scale of the weights cancels in that product.
    """
    found = courses(start)
    common = [step for step in found[0].steps if all(step in c.steps for c in found)]
    layers = found[0].layers
    return {
        step: range_of(float(_first_over_last(layers, _row(c, step, scaled))) for c in found)
        for step in common
    }


def _row(found: Course, step: int, scaled: bool) -> Tensor:
    position = found.steps.index(step)
    row = found.fields["weight_gradient"][position]
    return (row * found.fields["weight"][position] if scaled else row)[None]


def decay_update() -> float:
    """Update over weight of a layer without any gradient: what weight decay alone makes of it."""
    how = recipe("paper")
    return how.learning_rate * how.weight_decay / (1 - how.momentum)


COURSE_STEPS = (0, 4, 9, 25, 99)


def course_table() -> Published:
    """First block over last at a few steps, and the last loss, with batch normalisation and He."""
    rows = []
    for depth, kind in itertools.product(TRAINED, KINDS):
        start = Start(depth, kind)
        found = ratio_by_step(start)
        cells = [short(found[s].middle) if s in found else "–" for s in COURSE_STEPS]
        rows.append([network_name(start), *cells, _end_words(courses(start), 5)])
    return table(
        ["network", *(f"step {step + 1}" for step in COURSE_STEPS), "loss at the end"],
        rows,
        "Weight-gradient norm in the first block over that in the last, paper recipe, batch "
        "normalisation, He initialisation: geometric mean over three seeds. Loss: mean over the "
        f"last 5 of 100 steps (30 at 110 layers), least to greatest seed; guessing has "
        f"{math.log(10):.2f}.",
    )


def network_name(start: Start) -> str:
    """For example ``plain-56`` or ``ResNet-20``."""
    return f"{'plain' if start.kind == 'plain' else 'ResNet'}-{start.depth}"


def ratio_course_figure(starts: dict[str, tuple[Start, str, str]], title: str) -> Figure:
    """First block over last against training step.

    Args:
        starts: label -> (start, colour name, line style).
        title: what the figure says.
    """
    made, (axes,) = figure()
    for label, (start, colour, style) in starts.items():
        found = ratio_by_step(start)
        x, points = [step + 1 for step in found], list(found.values())
        axes.plot(x, [p.middle for p in points], style, color=COLOURS[colour], label=label)
        low, high = [p.low for p in points], [p.high for p in points]
        axes.fill_between(x, low, high, color=COLOURS[colour], alpha=0.2, linewidth=0)
    axes.axhline(1, color=TEXT, linewidth=0.8)
    finish(axes, title, "training step", "first block over last", legend=False,
           xscale="log", yscale="log")  # fmt: skip
    handles, labels = axes.get_legend_handles_labels()
    by_kind = sorted(zip(handles, labels, strict=True), key=lambda pair: starts[pair[1]][1])
    axes.legend(*zip(*by_kind, strict=True), loc="upper right", ncols=2, labelcolor=TEXT,
                frameon=False, fontsize=9.5)  # fmt: skip
    return made


def layer_by_step(start: Start, field: str, layer: str) -> dict[int, Range]:
    """One field of one layer at every measured step, over seeds."""
    found = courses(start)
    index = found[0].layers.index(layer)
    common = [step for step in found[0].steps if all(step in c.steps for c in found)]
    return {
        step: range_of(float(c.fields[field][c.steps.index(step), index]) for c in found)
        for step in common
    }


def loss_figure(starts: dict[str, tuple[Start, str, str]], title: str) -> Figure:
    """Loss of every step, smoothed over nothing: mean over seeds and their range."""
    made, (axes,) = figure()
    for label, (start, colour, style) in starts.items():
        rows = torch.stack([c.losses for c in courses(start)])
        x = range(1, rows.shape[1] + 1)
        axes.plot(x, rows.mean(0), style, color=COLOURS[colour], label=label, linewidth=1.5)
        axes.fill_between(x, rows.amin(0), rows.amax(0), color=COLOURS[colour], alpha=0.15,
                          linewidth=0)  # fmt: skip
    finish(axes, title, "training step", "training loss", xscale="log")
    return made


def final_loss(start: Start, last: int) -> float:
    """Mean loss over the last recorded steps and all seeds."""
    return float(torch.stack([c.losses[-last:] for c in courses(start)]).mean())


def learning_table(last: int = 5) -> Published:
    """Loss at the end of the recorded courses, over seeds, for every start that was trained."""
    rows = []
    for depth, forms in TRAINED.items():
        for kind, batch_norm, init in forms:
            start = Start(depth, kind, batch_norm, init)
            rows.append(
                [
                    network_name(start),
                    FORM_LABELS[batch_norm, init],
                    STEPS[depth],
                    _end_words(courses(start), last),
                ]
            )
    return table(
        ["network", "start", "steps", "loss at the end"],
        rows,
        f"Training loss, mean over the last {last} recorded steps: mean over three seeds (least to "
        f"greatest). Guessing has {math.log(10):.2f}.",
    )


def _end_words(found: Sequence[Course], last: int) -> str:
    stops = sorted({c.stopped_at for c in found if c.stopped_at is not None})
    if stops:
        ended = sum(c.stopped_at is not None for c in found)
        return f"not a number at step {stops[-1]} ({ended} of {len(found)} seeds)"
    ends = [float(c.losses[-last:].mean()) for c in found]
    return f"{sum(ends) / len(ends):.2f} ({min(ends):.2f} to {max(ends):.2f})"


def peak_loss(start: Start) -> Range:
    """Greatest loss of the recorded steps, over seeds."""
    return range_of(float(c.losses.max()) for c in courses(start))


def response_figure(depths: Sequence[int], title: str) -> Figure:
    """Standard deviation of the responses after the recorded steps, in order of layer."""
    made, axes = figure(1, len(depths), figsize=(4.8 * len(depths) / 1.35, 3.1))
    for cell, depth in zip(axes, depths, strict=True):
        for kind in KINDS:
            rows = torch.stack([c.fields["sd"][-1, :-1] for c in courses(Start(depth, kind))])
            x = range(1, rows.shape[1] + 1)
            cell.plot(x, rows.mean(0), color=COLOURS[kind], label=f"{kind}-{depth}")
            cell.fill_between(x, rows.amin(0), rows.amax(0), color=COLOURS[kind], alpha=0.2,
                              linewidth=0)  # fmt: skip
        cell.axhline(1, color=TEXT, linewidth=0.8, linestyle=":")
        finish(cell, title if depth == depths[0] else "", "layer, input first",
               "standard deviation" if depth == depths[0] else "", ylim=(0, None))  # fmt: skip
    return made


def response_sd(start: Start) -> float:
    """Mean standard deviation of the responses after the recorded steps, over layers and seeds."""
    return float(torch.stack([c.fields["sd"][-1, :-1] for c in courses(start)]).mean())


def trained_responses(model: str) -> Tensor:
    """Standard deviation of each convolution's response after training: float64 (seeds, layers)."""
    (task,) = [task for task in tasks() if isinstance(task, Trained) and task.model == model]
    return unpack(load_measurement(EXPERIMENT, task.name)["rows"]["sd"])[:, :-1]


def trained_sd(model: str) -> Range:
    """Mean over the layers of :func:`trained_responses`, over seeds."""
    return range_of(trained_responses(model).mean(1).tolist())


def trained_figure(starts: dict[str, tuple[str, str]], title: str) -> Figure:
    """The figure of He et al. 2016, Figure 7, drawn from our trained networks.

    Args:
        starts: model -> (colour name, line style).
        title: what the figure says.
    """
    made, (axes,) = figure()
    for model, (colour, style) in starts.items():
        rows = trained_responses(model)
        x = range(1, rows.shape[1] + 1)
        label = model.replace("resnet", "ResNet")
        axes.plot(x, rows.mean(0), style, color=COLOURS[colour], label=label)
        axes.fill_between(x, rows.amin(0), rows.amax(0), color=COLOURS[colour], alpha=0.2,
                          linewidth=0)  # fmt: skip
    finish(axes, title, "layer, input first", "standard deviation", ylim=(0, None))
    return made


def cosines(start: Start) -> Tensor:
    """Likeness of neighbouring input gradients: float64 (seeds, distances)."""
    return unpack(load_measurement(EXPERIMENT, Neighbours(start).name)["rows"]["cosine"])


def neighbour_figure(distance: float, title: str) -> Figure:
    """Likeness of gradients at one distance against depth, plain and residual."""
    made, (axes,) = figure()
    depths, column = NEIGHBOUR_DEPTHS, NEIGHBOURS.index(distance)
    for kind in KINDS:
        rows = torch.stack([cosines(Start(depth, kind))[:, column] for depth in depths], dim=1)
        low, high = rows.amin(0), rows.amax(0)
        axes.plot(depths, rows.mean(0), "o-", color=COLOURS[kind], label=kind)
        axes.fill_between(depths, low, high, color=COLOURS[kind], alpha=0.2, linewidth=0)
    axes.axhline(0, color=TEXT, linewidth=0.8)
    finish(axes, title, "depth (layers)", "cosine of the two gradients", ylim=(None, 1))
    return made


def measuring_cost() -> tuple[float, float, dict]:
    """Share that measuring adds to a step, when it reads and when it skips; and the machine."""
    task = next(task for task in tasks() if isinstance(task, Overhead))
    record = load_measurement(EXPERIMENT, task.name)
    median = {name: float(unpack(rows).median()) for name, rows in record["rows"].items()}
    bare = median["bare"]
    return median["measured"] / bare - 1, median["skipped"] / bare - 1, record["machine"]


def measured_table() -> Published:
    """What stands behind the chapter: tasks, seeds, images, device, versions."""
    kinds: dict[str, list[Task]] = {}
    for task in tasks():
        kinds.setdefault(type(task).__name__, []).append(task)
    names = {
        "Initial": "first backward pass",
        "Early": "first steps of training",
        "Neighbours": "gradients of neighbouring inputs",
        "Trained": "responses of trained networks",
        "Overhead": "cost of measuring",
    }
    rows = []
    for kind, chosen in kinds.items():
        records = [load_measurement(EXPERIMENT, task.name) for task in chosen]
        seeds = sorted({seed for record in records for seed in record["seeds"]})
        rows.append(
            [
                names[kind],
                len(records),
                ", ".join(map(str, seeds)),
                "; ".join(sorted({device_label(record["machine"]) for record in records})),
                ", ".join(sorted({r["machine"]["versions"]["torch"] for r in records})),
            ]
        )
    return table(
        ["measurement", "records", "seeds", "device", "PyTorch"],
        rows,
        "The records behind this chapter: CIFAR-10, batches of 128 training images with the "
        "paper's augmentation, 32-bit arithmetic.",
    )
