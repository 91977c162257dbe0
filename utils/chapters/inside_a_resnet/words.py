"""Words and numbers of the text of *Inside a trained ResNet*, by paragraph.

Answers "what does the text say today?". Lesions come from ``results/lesions/``, and brief trainings
from ``results/pre-activation/``.
"""

from collections.abc import Iterable
from functools import cache
from itertools import pairwise

import torch

from utils.chapters.degradation.brief import order_gain, order_in_words
from utils.chapters.inside_a_resnet.numbers import (
    best_and_worst,
    by_size,
    changes_shape,
    exchanged,
    explained_by_count,
    favourite_share,
    gradient_length,
    in_words,
    intact,
    path_rows,
    quartiles,
    regained,
    renewed,
    renewed_intact,
    single,
    spared,
)
from utils.facts.after import load as works_after
from utils.results.spread import median, spread
from utils.results.verdict import Difference
from utils.results.words import listed, number, percentage

SPARED_POINTS = 2.0
"""A block that costs fewer points of error than this can be spared."""


def undone(label: str) -> str:
    """Share of the damage that fresh statistics undo: "63 ± 5 %"."""
    return regained(label).percent(0).replace(" %", "\u00a0%")


def in_runs(numbers: Iterable[int]) -> str:
    """Numbers in a sentence, neighbours as a range: "1 to 6, 10 and 19"; "none" without any."""
    ordered = sorted(numbers)
    if not ordered:
        return "none"
    breaks = [place for place, (a, b) in enumerate(pairwise(ordered), 1) if b - a > 1]
    runs = [ordered[a:b] for a, b in pairwise([0, *breaks, len(ordered)])]
    told = []
    for run in runs:
        told += map(str, run) if len(run) < 3 else [f"{run[0]} to {run[-1]}"]
    return listed(told)


def block_or_blocks(numbers: Iterable[int]) -> str:
    """The same with its noun: "block 4", "blocks 1 to 6, 10 and 19"."""
    chosen = list(numbers)
    return f"{'block' if len(chosen) == 1 else 'blocks'} {in_runs(chosen)}"


def rises(label: str) -> tuple[float, float]:
    """Points by which a missing block raises the error, before and after a refresh.

    Mean over the seeds and over all blocks but the last, as in the table.
    """
    before = single(label)[:, :-1].mean() - intact(label).mean()
    after = renewed(label)[:, :-1].mean() - renewed_intact(label).mean()
    return float(before), float(after)


# Lesions


@cache
def one_out() -> dict[str, str]:
    """One block removed from the networks that saw whole images."""
    plain, long = single("plain-14"), single("ResNet-20")
    least, most = long.mean(0).argmin(), long.mean(0).argmax()
    return {
        "low": percentage(plain.min()),
        "high": percentage(plain.max()),
        "favourite": percentage(favourite_share("plain-14").max(), 1),
        "cost": in_words(long[:, least] - intact("ResNet-20")).removesuffix("\u00a0%"),
        "most": str(int(most) + 1),
    }


def by_shape(label: str) -> list[torch.Tensor]:
    """Error without a block that changes the shape, and without another of its stages: (seeds,)."""
    starts = torch.tensor(changes_shape(label))
    others = ~starts & (starts.cumsum(0) > 0)
    return [single(label)[:, chosen].mean(1) for chosen in (starts, others)]


@cache
def starred() -> dict[str, str]:
    """Blocks that change the shape against the other blocks of their stages."""
    found = {label: by_shape(label) for label in ("ResNet-14", "ResNet-20")}
    told = {}
    for label, (star, rest) in found.items():
        name = label.removeprefix("ResNet-")
        difference = Difference(dict(enumerate((star - rest).tolist())))
        told[f"star_{name}"], told[f"rest_{name}"] = in_words(star), in_words(rest)
        told[f"verdict_{name}"] = difference.sentence(
            f"The difference between the two errors of {label}"
        )
    return told | {"most": one_out()["most"]}


@cache
def refreshed() -> dict[str, str]:
    """What fresh statistics of the normalisation give back with six and nine blocks."""
    before, after = rises("ResNet-14")
    least = int(single("ResNet-20").mean(0).argmin())
    return {
        "rise": f"{before:.1f}",
        "rise_from": percentage(intact("ResNet-14").mean(), 1),
        "rise_to": percentage(single("ResNet-14")[:, :-1].mean(), 1),
        "rise_after": f"{after:.1f}",
        "rise_after_from": percentage(renewed_intact("ResNet-14").mean(), 1),
        "plain": undone("plain-14"),
        "first_before": percentage(single("plain-14")[:, 0].mean()),
        "first_after": percentage(renewed("plain-14")[:, 0].mean()),
        "last_before": percentage(single("ResNet-14")[:, -1].mean()),
        "last_after": percentage(renewed("ResNet-14")[:, -1].mean()),
        "least": str(least + 1),
        "least_before": percentage(single("ResNet-20")[:, least].mean(), 1),
        "least_after": in_words(renewed("ResNet-20")[:, least]),
        "least_intact": percentage(renewed_intact("ResNet-20").mean(), 1),
    }


def medians(label: str) -> dict[int, float]:
    """Median error in percent by the number of removed blocks."""
    return {count: quartiles(errors)[1] for count, errors in by_size(label).items()}


@cache
def many_out() -> dict[str, str]:
    """Several blocks removed at once, with six and nine blocks."""
    low, high = best_and_worst("ResNet-20", 2)
    rows = {
        f"{name}_{count}": percentage(medians(label)[count])
        for name, label in (("p14", "plain-14"), ("r14", "ResNet-14"), ("r20", "ResNet-20"))
        for count in (1, 2, 3)
    }
    return rows | {"best": percentage(low), "worst": percentage(high)}


@cache
def order() -> dict[str, str]:
    """Two blocks exchanged, with six and nine blocks."""
    found = exchanged("ResNet-20")
    kindest = min(found, key=lambda pair: float(found[pair].mean()))
    worst = max(found, key=lambda pair: float(found[pair].mean()))
    return {
        "plain": in_words(exchanged("plain-14")[1, 2]),
        "kindest": listed(map(str, kindest)),
        "kindest_error": in_words(found[kindest]),
        "worst": listed(map(str, worst)),
        "worst_error": in_words(found[worst]),
    }


# Paths


@cache
def counted() -> dict[str, str]:
    """How far the number of paths explains the error."""
    one = by_size("ResNet-20")[1]
    shares = {
        f"share_{label.removeprefix('ResNet-')}": explained_by_count(label)
        for label in ("ResNet-14", "ResNet-20")
    }
    told = {name: share.percent(0).replace(" %", "\u00a0%") for name, share in shares.items()}
    return told | {"low": percentage(min(one)), "high": percentage(max(one))}


def growth(label: str) -> str:
    """How many times the gradient of the longest path that of the shortest."""
    rows = path_rows(label, "single")
    return spread((rows[:, -1] / rows[:, 0]).tolist()).words(1)


def growth_a_block(label: str) -> str:
    """By which factor a path's gradient changes with each block, in the geometric mean."""
    rows = path_rows(label, "single")
    return spread(((rows[:, -1] / rows[:, 0]) ** (1 / (rows.shape[1] - 1))).tolist()).words(2)


@cache
def lengths() -> dict[str, str]:
    """The paths that carry the gradient, with six and nine blocks."""
    return {
        "grown_14": growth("ResNet-14"),
        "grown_20": growth("ResNet-20"),
        "factor_14": growth_a_block("ResNet-14"),
        "factor_20": growth_a_block("ResNet-20"),
    }


# Twenty-seven blocks


@cache
def deep_one_out() -> dict[str, str]:
    """One block removed from the networks with 27 blocks."""
    plain = single("plain-56")
    cost = (single("ResNet-56").mean(0) - intact("ResNet-56").mean()).tolist()
    dear = [place for place, points in enumerate(cost, 1) if points >= SPARED_POINTS]
    return {
        "low": percentage(plain.min()),
        "high": percentage(plain.max()),
        "median": in_words(median(row) for row in plain),
        "spared": str(len(cost) - len(dear)),
        "most": str(cost.index(max(cost)) + 1),
        "most_points": f"{max(cost):.0f}",
        "dear": block_or_blocks(dear),
    }


@cache
def deep_refreshed() -> dict[str, str]:
    """What fresh statistics give back with 27 blocks."""
    kept = spared("plain-56", SPARED_POINTS)
    return {
        "residual": undone("ResNet-56"),
        "plain": undone("plain-56"),
        "plain_14": undone("plain-14"),
        "spared": block_or_blocks(kept[0]),
        "counts": listed(number(len(blocks)) for blocks in kept.values()),
    }


@cache
def deep_slope() -> dict[str, str]:
    """Exchanges, several blocks removed, and paths, with 27 blocks."""
    errors = [float(each.mean()) for each in exchanged("ResNet-56").values()]
    return {
        "exchanged": percentage(median(errors), 1),
        "exchanged_worst": percentage(max(errors)),
        **{f"out_{count}": percentage(medians("ResNet-56")[count]) for count in (2, 4, 9)},
        "length": spread(gradient_length("ResNet-56")).words(1),
        "factor": growth_a_block("ResNet-56"),
    }


# Nothing after the addition


@cache
def preactivation() -> dict[str, str]:
    """Brief trainings of our own, and the full one of He et al. (2016b)."""
    saved = {depth: Difference(order_gain(depth)) for depth in (56, 110)}
    told = works_after().works["pre-activation"].values
    return {"order": order_in_words(saved), "new": f"{told['new110']}", "old": f"{told['old110']}"}
