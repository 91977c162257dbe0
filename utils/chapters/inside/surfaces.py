"""What the measured loss surfaces say: numbers, tables and figures.

Answers "how steep, how bent, and what changes with shortcuts?". Everything is read from
``results/surfaces/``; the functions on top take any grid of losses.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm
from matplotlib.figure import Figure
from torch import Tensor, nn

from utils.display.figures import TEXT, figure, finish
from utils.display.published import Published, publish
from utils.display.tables import table
from utils.files import records
from utils.files.records import load_measurement, unpack
from utils.models.networks import ResNet
from utils.models.surgery import layers_of
from utils.probes.surfaces import Evaluate, axis, draw_plane, evaluate_rows, grid
from utils.record.surfaces import EXPERIMENT, SEEDS, Surface, tasks
from utils.results.labels import IMAGES
from utils.results.words import listed, short

PAIRS = (
    ("shortcut-control", "plain-14", "resnet-14"),
    ("degradation", "plain-56", "resnet-56"),
)
"""Experiment, plain and residual network that differ in their shortcuts alone."""
LEVELS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
"""Losses between which a contour picture changes its colour."""


# Numbers from any grid


def restricted_hessian(losses: Tensor, spacing: float) -> Tensor:
    """Second derivatives along the two directions, by central differences.

    Exact for a quadratic; elsewhere they tell how the surface bends over two steps of the grid.

    Args:
        losses: float64 (n, n); the first direction along the columns.
        spacing: distance between neighbours.

    Returns:
        float64 (n - 2, n - 2, 2, 2), for the points that have neighbours on all sides.
    """
    middle = losses[1:-1, 1:-1]  # (n - 2, n - 2)
    along = (losses[1:-1, 2:] - 2 * middle + losses[1:-1, :-2]) / spacing**2  # (n - 2, n - 2)
    across = (losses[2:, 1:-1] - 2 * middle + losses[:-2, 1:-1]) / spacing**2  # (n - 2, n - 2)
    mixed = losses[2:, 2:] - losses[2:, :-2] - losses[:-2, 2:] + losses[:-2, :-2]
    mixed = mixed / (4 * spacing**2)  # (n - 2, n - 2)
    rows = torch.stack([along, mixed], -1), torch.stack([mixed, across], -1)  # (n - 2, n - 2, 2)
    return torch.stack(rows, -2)  # (n - 2, n - 2, 2, 2)


def bends_down(losses: Tensor, spacing: float) -> Tensor:
    """Where the surface bends down in some direction of the plane: bool (n - 2, n - 2).

    There its Hessian, restricted to the plane, has a negative eigenvalue, so the loss is not
    convex. The converse does not hold: a plane can miss the directions that bend down
    (Li et al. 2018, section 6, their note of caution).
    """
    return torch.linalg.eigvalsh(restricted_hessian(losses, spacing))[..., 0] < 0


def share_bending_down(losses: Tensor, places: Sequence[float], within: float = np.inf) -> float:
    """Share of the inner grid points, no farther than ``within``, where the surface bends down."""
    spacing = places[1] - places[0]
    inner = torch.tensor(places[1:-1], dtype=torch.float64)
    near = (inner[:, None] ** 2 + inner[None, :] ** 2).sqrt() <= within + 1e-9
    return float(bends_down(losses, spacing)[near].double().mean())


def live_surface(
    net: nn.Module,
    evaluate: Evaluate,
    seed: int = 0,
    steps: int = 11,
    extent: float = 1.0,
    **plane: Callable,
) -> Tensor:
    """Losses around a network, computed now: float64 (steps, steps)."""
    rows = evaluate_rows(net, draw_plane(net, seed, **plane), grid(steps, extent), evaluate)
    return torch.stack([row[:, 0] for row in rows])


def rescaled(net: ResNet, factor: float) -> ResNet:
    """A copy that computes the same, with every weight before a normalisation times ``factor``.

    These are the stem's and the branches'; a projection on a shortcut stays as it is.
    The running statistics are scaled along, as training with these weights would have left them.
    The same up to the small constant that normalisation adds to the variance.
    """
    twin = copy.deepcopy(net)
    with torch.no_grad():
        for _, convolution, norm in layers_of(twin):
            if isinstance(norm, nn.BatchNorm2d):
                convolution.weight.mul_(factor)
                norm.running_mean.mul_(factor)
                norm.running_var.mul_(factor**2)
    return twin


# Records


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


def ratios(pairs: Sequence[tuple[Shape, Shape]], radius: float) -> str:
    """Mean loss on a circle, plain over residual, seed by seed: "1.6, 1.1 and 1.3"."""
    return listed([short(p.around[radius] / r.around[radius]) for p, r in pairs])


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


def surface_table() -> Published:
    """Every recorded surface in numbers."""
    shapes = [
        shape(task.experiment, task.model, task.seeds[0]) for task in tasks() if is_recorded(task)
    ]
    order = {task.model: place for place, task in enumerate(tasks())}
    shapes.sort(key=lambda s: (order[s.task.model], s.task.seeds))
    rows = [
        [
            f"{s.task.model}, seed {s.task.seeds[0]}",
            short(s.centre),
            *(short(s.around[radius]) for radius in s.task.radii),
            f"{s.bending(0.5):.0%}",
            f"{s.bending():.0%}",
        ]
        for s in shapes
    ]
    task, halved = shapes[0].task, [s for s in shapes if s.task.dataset != "cifar10"]
    smaller = " and ".join(dict.fromkeys(label(s) for s in halved))
    return table(
        ["network", "loss at the centre", "at distance 0.5", "at distance 1",
         "bends down, within 0.5", "bends down, whole grid"],
        rows,
        f"Training loss on {task.images} images, {task.steps} × {task.steps} points, float32. "
        f"At a distance: mean over {task.angles} points on a circle. Bends down: share of the "
        "inner grid points where the Hessian, restricted to the plane, has a negative eigenvalue. "
        f"CIFAR-10; {smaller} at 16 pixels.",
    )  # fmt: skip


# Pictures


def contours(losses: Tensor, places: Sequence[float], title: str) -> Figure:
    """A surface from above; levels and colours are the same in every such picture.

    Args:
        losses: float64 (n, n), the first direction along the columns.
        places: coordinates along each side.
        title: what the picture says.
    """
    made, (axes,) = figure(figsize=(4.3, 3.7))
    levels, colours = np.log10(LEVELS), colormaps["viridis"]
    norm = BoundaryNorm(levels, colours.N, extend="both")
    heights = np.log10(np.maximum(losses.numpy(), 1e-12))
    style = {"levels": levels, "cmap": colours, "norm": norm, "extend": "both"}
    axes.contourf(places, places, heights, **style)
    axes.contour(
        places, places, heights, levels, colors="white", linewidths=0.6, linestyles="solid"
    )
    axes.plot(0, 0, "+", color="white", markersize=9, markeredgewidth=1.6)
    ends = (places[0], 0, places[-1])
    axes.set(aspect="equal", xticks=ends, yticks=ends)
    finish(axes, title, "first direction", "second direction", legend=False)
    bar = made.colorbar(ScalarMappable(norm, colours), ax=axes, extend="both", shrink=0.9)
    bar.set_ticks(levels, labels=[f"{level:g}" for level in LEVELS])
    bar.ax.tick_params(colors=TEXT, labelcolor=TEXT, labelsize=9)
    bar.set_label("training loss", color=TEXT)
    bar.outline.set_visible(False)
    return made


def contour_pair(plain: Shape, residual: Shape) -> Published:
    """The recorded surfaces of two networks, same levels and colours."""
    task = plain.task
    titles = [f"{label(s)}: {short(s.around[1.0])} at distance 1" for s in (plain, residual)]
    return publish(
        [
            contours(s.loss, s.places, title)
            for s, title in zip((plain, residual), titles, strict=True)
        ],
        f"Two contour pictures of the training loss around a trained network. {finding(plain)} "
        f"{finding(residual)}",
        f"Training loss on {task.images} images around the trained networks (cross), "
        f"{IMAGES[task.dataset]}, "
        f"seed {task.seeds[0]}, along two filter-normalised directions, {task.steps} × "
        f"{task.steps} points, float32, running normalisation statistics. At 1 every filter has "
        "been moved by its own length. One colour step is a factor of 2 or 2.5. Titles: mean "
        f"loss of {task.angles} points on the circle.",
    )


def live_contours(losses: Tensor, extent: float, title: str, alt: str) -> Published:
    """A surface that was computed now, as :func:`contours` draws it."""
    steps = len(losses)
    return publish(
        contours(losses, axis(steps, extent), title),
        alt,
        f"Training loss around a network trained now (cross), {steps} × {steps} points along two "
        "filter-normalised directions. At 1 every filter has been moved by its own length.",
    )


def label(found: Shape) -> str:
    """A network's name as sentences have it: plain-14, ResNet-14."""
    return found.task.model.replace("resnet", "ResNet")


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
