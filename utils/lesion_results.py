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
from matplotlib.figure import Figure
from torch import Tensor

from utils.experiments import EXAMINED
from utils.lesion_study import EVERY_SET, EXPERIMENT, SEEDS, Lesions, tasks
from utils.lesions import keeps_shape, kendall_tau
from utils.measurements import load_measurement
from utils.models import build
from utils.paths import length_shares
from utils.plots import COLOURS, TEXT, Published, figure, finish, publish
from utils.results import Spread, record_path, spread
from utils.summaries import IMAGES
from utils.tables import table
from utils.tasks import unpack

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


def colour_of(label: str) -> str:
    """The colour that this kind of network has throughout the book."""
    return COLOURS["plain" if label.startswith("plain") else "residual"]


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
    found = spread(float(value) for value in values)
    around = "" if math.isnan(found.sd) else f" ± {found.sd:.{digits}f}"
    return f"{found.mean:.{digits}f}{around}\u00a0%"


# Tables and figures ---------------------------------------------------------------------------


def one_out_table(labels: Sequence[str] = SHORT) -> Published:
    """For each network: intact, and without its least, its middle and its most needed block."""
    rows = []
    for label in labels:
        means = single(label).mean(0)
        order = means.argsort()
        least, most = int(order[0]), int(order[-1])
        rows.append(
            [
                label,
                in_words(intact(label)),
                f"{in_words(single(label)[:, least])} (block {least + 1})",
                f"{float(means.median()):.1f} %",
                f"{in_words(single(label)[:, most])} (block {most + 1})",
            ]
        )
    return table(
        ["network", "intact", "least harm", "median over blocks", "most harm"],
        rows,
        f"Test error with one block deleted. {images_of(labels)}, {image_count(labels)} test "
        f"images, mean ± standard deviation over {len(SEEDS)} seeds.",
    )


def images_of(labels: Sequence[str]) -> str:
    """What networks were trained and tested on, in words."""
    found = {record["dataset"]["name"] for label in labels for record in records(label)}
    return " and ".join(IMAGES[name] for name in sorted(found))


def image_count(labels: Sequence[str], what: str = "images") -> str:
    """How many test images stand behind single deletions, or behind sets and orders ("many")."""
    counts = sorted({record["settings"][what] for label in labels for record in records(label)})
    return " or ".join(f"{count:,}" for count in counts)


def one_out_figures(labels: Iterable[str]) -> list[Figure]:
    """Error without each block, a point for each seed, one figure a network."""
    made_of = []
    for label in labels:
        errors = single(label)
        blocks = errors.shape[1]
        made, (axes,) = figure(figsize=(2.9 if blocks <= EVERY_SET else 4.6, 2.7))
        places = range(1, blocks + 1)
        axes.axhline(CHANCE, color=TEXT, linestyle=":", linewidth=1.2)
        axes.axhline(float(intact(label).mean()), color=TEXT, linestyle="--", linewidth=1.2)
        axes.bar(places, errors.mean(0), color=colour_of(label), alpha=0.45, width=0.7)
        for row in errors:
            axes.plot(places, row, "o", color=colour_of(label), markersize=4)
        marked = places[:: 1 if blocks <= EVERY_SET else 3]
        stars = changes_shape(label)
        axes.set_xticks(list(marked), [f"{n}*" if stars[n - 1] else str(n) for n in marked])
        finish(axes, label, "deleted block", "test error (%)", legend=False, ylim=(0, 100))
        made_of.append(made)
    return made_of


def renewed_table(labels: Sequence[str] = SHORT) -> Published:
    """What new statistics of the normalisation give back."""
    rows = []
    for label in labels:
        before, after = single(label)[:, :-1].mean(1), renewed(label)[:, :-1].mean(1)
        rows.append([label, in_words(renewed_intact(label)), in_words(before), in_words(after)])
    return table(
        ["network", "intact, new statistics", "one block out", "one block out, new statistics"],
        rows,
        "Test error, mean over all blocks but the last, then mean ± standard deviation over "
        "seeds. New: means and variances of the batch normalisation from training images without "
        f"labels, no weight changed, error on {image_count(labels, 'many')} test images.",
    )


def many_out_figure(labels: Iterable[str], title: str) -> Figure:
    """Median and quartiles of the error against the number of deleted blocks."""
    made, (axes,) = figure()
    axes.axhline(CHANCE, color=TEXT, linestyle=":", linewidth=1.2)
    for style, label in zip(("-", "--", "-.", ":"), labels, strict=False):
        found = by_size(label)
        low, middle, high = zip(*(quartiles(errors) for errors in found.values()), strict=True)
        colour = colour_of(label)
        axes.plot(list(found), middle, style, marker="o", ms=4, color=colour, label=label)
        axes.fill_between(list(found), low, high, color=colour, alpha=0.2, linewidth=0)
    finish(axes, title, "deleted blocks", "test error (%)", ylim=(0, 100))
    return made


def surviving_figure(label: str, title: str) -> Figure:
    """Every set of deletions as a point: error against the share of the paths that is left."""
    made, (axes,) = figure()
    axes.axhline(CHANCE, color=TEXT, linestyle=":", linewidth=1.2)
    blocks = len(records(label)[0]["blocks"])
    found = by_size(label)
    for size, errors in found.items():
        left, right = blocks - size - 0.2, blocks - size + 0.2
        strokes = [x for _ in errors for x in (left, right, math.nan)]
        heights = [y for error in errors for y in (error, error, math.nan)]
        axes.plot(strokes, heights, color=colour_of(label), alpha=0.35, linewidth=1)
    medians = [quartiles(errors)[1] for errors in found.values()]
    axes.plot([blocks - size for size in found], medians, "o-", color=TEXT, ms=4, label="median")
    axes.set_xticks(
        [blocks - size for size in found],
        [str(2 ** (blocks - size)) for size in found],
    )
    axes.invert_xaxis()
    finish(axes, title, f"paths left of {2**blocks}", "test error (%)", ylim=(0, 100))
    return made


def order_figure(labels: Iterable[str], title: str) -> Figure:
    """Error against how much of the trained order is left."""
    made, (axes,) = figure()
    axes.axhline(CHANCE, color=TEXT, linestyle=":", linewidth=1.2)
    for marker, label in zip("os^D", labels, strict=False):
        taus, errors = zip(*by_order(label), strict=True)
        axes.plot(taus, errors, marker, color=colour_of(label), alpha=0.5, ms=5, label=label)
    axes.invert_xaxis()
    finish(axes, title, "Kendall's rank correlation with the trained order", "test error (%)",
           ylim=(0, 100))  # fmt: skip
    return made


def swap_table(labels: Sequence[str] = SHORT) -> Published:
    """Error with two blocks exchanged, for every pair that fits."""
    rows = []
    for label in labels:
        found = {pair: errors.mean() for pair, errors in exchanged(label).items()}
        ordered = sorted(found, key=lambda pair: float(found[pair]))
        words = [f"{in_words(exchanged(label)[p])} ({p[0]}, {p[1]})" for p in ordered]
        rows.append([label, in_words(intact(label)), len(ordered), words[0], words[-1]])
    return table(
        ["network", "intact", "pairs", "least harm (blocks)", "most harm (blocks)"],
        rows,
        "Test error with two blocks of one stage exchanged, mean ± standard deviation over "
        f"{len(SEEDS)} seeds.",
    )


def length_figures(labels: Iterable[str]) -> list[Figure]:
    """Share of paths and share of gradient by length, one figure a network."""
    made_of = []
    for label in labels:
        made, (axes,) = figure(figsize=(4.6, 3.2))
        shares = 100 * path_rows(label, "share")
        lengths = list(range(shares.shape[1]))
        paths = [100 * share for share in length_shares(len(lengths) - 1)]
        estimate = 100 * by_size_and_number(label).mean(0)
        axes.bar(lengths, paths, color=COLOURS["cnn"], alpha=0.4, label="number of paths")
        axes.plot(lengths, estimate, "s--", color=COLOURS["other"], ms=4, label="size × number")
        axes.plot(lengths, shares.mean(0), "o-", color=COLOURS["residual"], ms=4,
                  label="share of the gradient")  # fmt: skip
        low, high = shares.amin(0), shares.amax(0)
        axes.fill_between(lengths, low, high, color=COLOURS["residual"], alpha=0.2, linewidth=0)
        axes.set_xticks(lengths[:: 1 if len(lengths) <= EVERY_SET + 1 else 3])
        finish(axes, label, "blocks that the path goes through", "share (%)")
        made_of.append(made)
    return made_of


def length_table(labels: Iterable[str] = RESIDUAL) -> Published:
    """Mean length of a path by number, by size times number, and by share of the gradient."""
    rows = []
    for label in labels:
        blocks = len(records(label)[0]["blocks"])
        shares = gradient_length(label)
        estimate = [mean_length(row) for row in by_size_and_number(label).tolist()]
        rows.append(
            [label, blocks, f"{blocks / 2:.1f}", _plain_words(estimate), _plain_words(shares)]
        )
    return table(
        ["network", "blocks", "by number", "by size × number", "by share of the gradient"],
        rows,
        "Mean number of blocks on a path, mean ± standard deviation over seeds. Gradient of the "
        "loss at the pixels of test images, trained networks.",
    )


def _plain_words(values: Sequence[float]) -> str:
    found = spread(values)
    return f"{found.mean:.2f} ± {found.sd:.2f}"


def show_one_out() -> Published:
    """The chapter's first picture, with its words."""
    return publish(
        one_out_figures(SHORT),
        alt="Bars of the test error with each block deleted. Plain-14: every bar is at the level "
        "of guessing. ResNet-14: between that and half of it, all far above the intact network. "
        "ResNet-20: most bars are lower, some near the intact error.",
        caption="Test error with one block deleted; a point for each of three seeds, bars their "
        "mean. Dashed: intact. Dotted: guessing, 90 %. A star marks blocks that change the shape. "
        "CIFAR-10, last epoch, nothing trained again.",
    )


def measured_table() -> Published:
    """The records behind the chapter."""
    rows = []
    for label in recorded():
        found = records(label)
        settings = found[0]["settings"]
        sets = sum(len(record["sets"]) for record in found)
        commits = sorted({record["git_commit"][:7] for record in found})
        minutes = sum(record["wall_seconds"] for record in found) / 60
        rows.append(
            [
                f"{label} ({settings['experiment']})",
                images_of([label]),
                len(found),
                f"{settings['images']:,}",
                f"{sets:,} on {settings['many']:,}",
                f"{minutes:.0f}",
                ", ".join(commits),
            ]
        )
    return table(
        ["network", "images", "seeds", "one block out", "sets of blocks", "minutes", "commit"],
        rows,
        "The records behind this chapter, last epoch, mixed precision as in the runs' own tests, "
        "32-bit gradients. One block out: test images. Sets: how many, on how many test images. "
        "Minutes: on a machine that did other work too.",
    )
