"""The words and numbers in the text of *Degradation* that follow from recorded runs.

Each function gives the values of one passage by name, see :mod:`utils.notebook.filled`.
"""

from collections.abc import Iterable
from functools import cache

from utils.chapters.degradation import long
from utils.chapters.degradation.brief import (
    TREATED,
    TREATMENTS,
    at_guessing_seeds,
    best_depth,
    difference,
    error,
    gap,
    gap_closed,
    near_identity_in_words,
    points,
    saved_by,
    shown_behind,
    treatments_in_words,
)
from utils.chapters.degradation.paper import PAPER, hours_on_a_core
from utils.data.cifar10 import TRAIN_IMAGES
from utils.record.experiments import BRIEF_BUDGETS, DEPTHS, HALF_SIZE, runs
from utils.results.runs import load_runs
from utils.results.spread import Spread, spread
from utils.results.verdict import Difference, compare, compare_pairs, compare_runs
from utils.results.words import number
from utils.training.recipes import recipe

SHORT, LONGER = BRIEF_BUDGETS


@cache
def depths() -> dict[str, str]:
    """Where plain networks fall behind in the brief runs, and what depth costs residual ones."""
    residual = {
        steps: [error(f"resnet-{depth}", steps).mean for depth in DEPTHS if depth <= 56]
        for steps in BRIEF_BUDGETS
    }
    return {
        "best_plain": str(best_depth("plain", SHORT)),
        "plain_110": points(error("plain-110", SHORT)),
        **{f"residual_{n}": f"{max(found) - min(found):.1f}" for n, found in residual.items()},
        "behind": behind_in_words({steps: shown_behind(steps) for steps in BRIEF_BUDGETS}),
    }


def from_depth(depth: int | None) -> str:
    """From which depth on something is so: "from 14 layers upwards", or at none."""
    return "at no depth that we trained" if depth is None else f"from {depth} layers upwards"


def behind_in_words(first: dict[int, int | None]) -> str:
    """From which depth on something is so after each of two budgets: steps -> first depth."""
    (short, one), (longer, other) = first.items()
    if one == other:
        return f"{from_depth(one)}, after {short:,} steps as well as after {longer:,}"
    return f"{from_depth(one)} after {short:,} steps, and {from_depth(other)} after {longer:,}"


@cache
def at_eight() -> dict[str, str]:
    """The verdicts on the shallowest pair, by images and budget, and whether they agree."""
    found = {
        f"{images}_{steps}": f"*{Difference(gap(8, steps, images)).verdict}*"
        for images in ("training", "test")
        for steps in BRIEF_BUDGETS
    }
    return {**found, "agree": agreement(found.values())}


def agreement(verdicts: Iterable[str]) -> str:
    """Whether verdicts are all the same, as a verb: "agree" or "do not all agree"."""
    return "agree" if len({*verdicts}) == 1 else "do not all agree"


@cache
def cost() -> dict[str, str]:
    """What going from 14 to 110 layers costs each kind of network."""
    found = {
        (kind, steps): Difference(difference(f"{kind}-110", f"{kind}-14", steps))
        for kind in ("resnet", "plain")
        for steps in BRIEF_BUDGETS
    }
    return {
        **{f"{kind}_{steps}": each.told() for (kind, steps), each in found.items()},
        "first": found["resnet", SHORT].sentence("The difference after 400 steps"),
        "second": found["resnet", LONGER].sentence("The difference after 1,200 steps"),
    }


@cache
def at_14() -> dict[str, str]:
    """How the gap of 14 layers on test images changes with the budget."""
    brief = {steps: Difference(gap(14, steps, "test")) for steps in BRIEF_BUDGETS}
    full = {kind: load_runs("shortcut-control", f"{kind}-14") for kind in ("plain", "resnet")}
    left = compare_runs(full["resnet"], full["plain"], lambda run: 100 * run["final"]["test_error"])
    change = compare(brief[SHORT].by_seed, brief[LONGER].by_seed)
    return {
        **{f"gap_{steps}": each.told() for steps, each in brief.items()},
        "change": change.sentence("The change of the gap from 400 to 1,200 steps"),
        "left": left.told(),
        "left_verdict": "By the rule of this book, the verdict on this small gap is "
        f"“{left.verdict}”.",
    }


@cache
def at_56() -> dict[str, str]:
    """How the gap of 56 layers on training images changes with the budget."""
    brief = {steps: Difference(gap(56, steps)) for steps in BRIEF_BUDGETS}
    growth = compare(brief[SHORT].by_seed, brief[LONGER].by_seed)
    return {
        **{f"gap_{steps}": each.told() for steps, each in brief.items()},
        "growth": growth.sentence("The growth of this gap from 400 to 1,200 steps"),
        "guessing": of_seeds(len(at_guessing_seeds("plain-56", LONGER)), 3),
    }


def of_seeds(count: int, seeds: int) -> str:
    """How many of the seeds: "none of three seeds", "one of three seeds", "each of three seeds"."""
    told = {0: "none", seeds: "each"}.get(count, number(count))
    return f"{told} of {number(seeds)} seeds"


# Twenty epochs


def ends(kind: str, depth: int) -> Spread:
    """Final training error of a network after twenty epochs, in percent."""
    return spread(long.final(kind, depth).values())


@cache
def long_plain() -> dict[str, str]:
    """What twenty epochs say of the plain networks."""
    by_seed = [*long.final("plain", long.DEEP).values()]
    return {
        "count": number(len(by_seed)),
        "training": depth_verdict("plain", "training"),
        "test": depth_on_test_images("plain"),
        "shallow": points(ends("plain", long.SHALLOW)),
        "deep": points(ends("plain", long.DEEP)),
        "apart": f"from {min(by_seed):.0f} to {max(by_seed):.0f} %",
        "little": of_seeds(sum(end > 60 for end in by_seed), len(by_seed)),
        "look": looks_like(Difference(long.deeper_is_worse("plain"))),
    }


def depth_verdict(kind: str, images: str) -> str:
    """The sentence on what depth does to one kind of network in twenty epochs."""
    found = Difference(long.deeper_is_worse(kind, images))
    return long.depth_in_words(kind, images, found)


def depth_on_test_images(kind: str) -> str:
    """The sentence for test images, after that for training images."""
    training, test = (Difference(long.deeper_is_worse(kind, each)) for each in ("training", "test"))
    return long.depth_in_words(kind, "test", test, training)


def looks_like(found: Difference) -> str:
    """What the plain runs are in the paper's word: its degradation, a hint of it, or neither."""
    if found.over.mean <= 0:
        return "these runs do not look like degradation"
    return found.says(
        "these runs show degradation",
        f"these runs look like degradation, but {found.seeds} that differ so widely do not settle "
        "whether the training error really rises with depth",
        "these runs leave open whether they are a case of degradation",
    )


@cache
def long_residual() -> dict[str, str]:
    """What twenty epochs say of the residual networks."""
    return {
        "count": number(len(long.final("resnet", long.DEEP))),
        "training": depth_verdict("resnet", "training"),
        "test": depth_on_test_images("resnet"),
        "shallow": points(ends("resnet", long.SHALLOW)),
        "deep": points(ends("resnet", long.DEEP)),
        "overtakes": from_epoch(long.overtakes("resnet", "training")),
        "in_each_seed": from_epoch(long.overtakes_in_each_seed("resnet", "training")),
    }


def from_epoch(epoch: int | None) -> str:
    """From which epoch on something is so: "from epoch 7 on", or from none."""
    return "from no epoch on" if epoch is None else f"from epoch {epoch} on"


@cache
def remains() -> dict[str, str]:
    """What is left after twenty epochs of the gap between plain-56 and ResNet-56."""
    brief = Difference(gap(long.DEEP, LONGER))
    now = compare_pairs(long.final("resnet", long.DEEP), long.final("plain", long.DEEP))
    steps = HALF_SIZE.total_steps(TRAIN_IMAGES)
    return {
        "answer": "it has not" if now.over.mean > 0 else "it has",
        "before": brief.told(),
        "now": now.told(),
        "steps": f"{steps:,}",
        "times": f"{recipe('paper').max_steps / steps:.0f}",
    }


# What helps, and what a full training takes


@cache
def remedies() -> dict[str, str]:
    """Which treatments of plain-56 help, and what normalisation adds at the low rate."""
    usual = compare(TREATMENTS["rate"].errors(), TREATMENTS["affine"].errors())
    closed = gap_closed("dirac")
    return {
        "all": treatments_in_words({name: saved_by(name) for name in TREATED}),
        "normalised": usual.told(),
        "normalised_verdict": usual.sentence("This difference"),
        "least": f"{min(closed):.0%}".replace("%", " %"),
        "most": f"{max(closed):.0%}".replace("%", " %"),
        "dirac": near_identity_in_words(saved_by("dirac")),
    }


@cache
def full_size() -> dict[str, str]:
    """What the paper's recipe takes."""
    return {"hours": f"{hours_on_a_core():.0f}", "runs": str(len(runs(PAPER)))}
