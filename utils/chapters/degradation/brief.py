"""Plain and residual networks by depth: what the recorded runs say.

Answers "at which depth does a plain network fall behind, how does that move with training, and
what helps?". Errors are percent. A training error here is that of the final weights on training
images as they are, see :func:`utils.training.judging.judge`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from matplotlib.figure import Figure

from utils.display.figures import COLOURS, TEXT, figure, finish
from utils.display.published import Published
from utils.display.tables import table
from utils.record.experiments import BRIEF_BUDGETS, DEPTHS
from utils.results.labels import network_label
from utils.results.runs import load_runs
from utils.results.spread import Spread, each_seed, spread
from utils.training.judging import TRAIN_IMAGES_JUDGED
from utils.training.trainer import EpochRecord

LABORATORY = "depth-budgets"
HELPED = "plain-helped"
EXPERIMENT_OF = {"plain": LABORATORY, "resnet": LABORATORY, "preact": "pre-activation"}
"""Where a kind of network was trained briefly."""
CHANCE = 90.0
"""Error in percent of a guess among ten equally frequent classes."""
FIELDS = {"training": "train_error_clean", "test": "test_error"}
KINDS = {"plain": "plain", "resnet": "residual"}


@cache
def seeds(
    model: str, recipe: str, images: str = "training", experiment: str | None = None
) -> dict[int, float]:
    """Error in percent of each seed's final weights: seed -> error.

    Args:
        model: as in :func:`utils.models.networks.build`.
        recipe: as in the records, "brief-400".
        images: a key of :data:`FIELDS`.
        experiment: where it was recorded; default: see :data:`EXPERIMENT_OF`.
    """
    field = FIELDS[images]
    experiment = experiment or EXPERIMENT_OF[model.split("-")[0]]
    return each_seed(load_runs(experiment, model, recipe), lambda run: 100 * run["final"][field])


def error(model: str, steps: int, images: str = "training") -> Spread:
    """Error in percent after a budget of steps in the laboratory."""
    return spread(seeds(model, f"brief-{steps}", images).values())


def difference(one: str, other: str, steps: int, images: str = "training") -> dict[int, float]:
    """Points by which the first network is worse than the second, seed by seed."""
    first, second = (seeds(model, f"brief-{steps}", images) for model in (one, other))
    return {seed: first[seed] - second[seed] for seed in first}


def gap(depth: int, steps: int, images: str = "training") -> dict[int, float]:
    """Points by which the plain network is worse than the residual one, seed by seed."""
    return difference(f"plain-{depth}", f"resnet-{depth}", steps, images)


def best_depth(kind: str, steps: int, images: str = "training") -> int:
    """The depth with the least mean error."""
    return min(DEPTHS, key=lambda depth: error(f"{kind}-{depth}", steps, images).mean)


def falls_behind(steps: int, images: str = "training") -> int | None:
    """The shallowest depth from which on every plain net of every seed is the worse one."""
    behind = None
    for depth in reversed(DEPTHS):
        if min(gap(depth, steps, images).values()) <= 0:
            return behind
        behind = depth
    return behind


def at_guessing_seeds(model: str, steps: int, points: float = 2.0) -> list[int]:
    """Seeds of which a network ends within a few points of guessing."""
    found = seeds(model, f"brief-{steps}")
    return [seed for seed, error in found.items() if error > CHANCE - points]


def live_figure(courses: dict[str, list[EpochRecord]], title: str) -> Figure:
    """Training error through runs that were just made: model name -> its history."""
    made, (axes,) = figure()
    for index, (name, course) in enumerate(courses.items()):
        label = network_label(name)
        colour = COLOURS["residual" if label.startswith("ResNet") else "plain"]
        style = ("-", "--", ":", "-.")[index % 4]
        percent = [100 * epoch.train_error for epoch in course]
        axes.plot(range(1, len(percent) + 1), percent, style, color=colour, label=label)
    axes.axhline(CHANCE, linestyle=":", linewidth=1, color=COLOURS["other"])
    finish(axes, title, "epoch", "training error (%)", legend=False, ylim=(0, 95))
    made.legend(loc="outside lower left", ncols=2, labelcolor=TEXT, frameon=False, fontsize=9)
    return made


def points(of: Spread) -> str:
    """For example "53.1 ± 0.4"."""
    return f"{of.mean:.1f} ± {of.sd:.1f}"


def gap_table(images: str = "training") -> Published:
    """Error of the residual network and gap to the plain one at each depth, for each budget."""
    rows, heads = [], ["layers"]
    for steps in BRIEF_BUDGETS:
        heads += [f"ResNet, {steps:,} steps (%)", "plain is above by"]
    for depth in DEPTHS:
        row = [depth]
        for steps in BRIEF_BUDGETS:
            above = spread(gap(depth, steps, images).values())
            row += [points(error(f"resnet-{depth}", steps, images)), points(above)]
        rows.append(row)
    return table(
        heads,
        rows,
        f"Final {images} error of the residual network, and points by which that of the plain one "
        "is above it, compared seed by seed; mean ± standard deviation.",
    )


# What helps


@dataclass(frozen=True)
class Treatment:
    """One thing that is done to a network that does not learn."""

    label: str
    experiment: str
    model: str
    recipe: str

    def errors(self, images: str = "training") -> dict[int, float]:
        """Seed -> error in percent."""
        return seeds(self.model, self.recipe, images, self.experiment)


UNTREATED = Treatment("plain-56", LABORATORY, "plain-56", "brief-400")
SHORTCUTS = Treatment("shortcuts: ResNet-56", LABORATORY, "resnet-56", "brief-400")
TREATMENTS = {
    "warm-up": Treatment(
        "slow warm-up, over half of the steps", HELPED, "plain-56", "brief-400-long-warm-up"
    ),
    "rate": Treatment("a third of the learning rate", HELPED, "plain-56", "brief-400-low-rate"),
    "longer": Treatment("three times as many steps", LABORATORY, "plain-56", "brief-1200"),
    "pytorch": Treatment("PyTorch's default start", HELPED, "plain-56-pytorch", "brief-400"),
    "orthogonal": Treatment("orthogonal start", HELPED, "plain-56-orthogonal", "brief-400"),
    "dirac": Treatment("start near the identity (Dirac)", HELPED, "plain-56-dirac", "brief-400"),
    "shortcuts": SHORTCUTS,
    "affine": Treatment(
        "no normalisation, a third of the rate", HELPED, "plain-56-affine", "brief-400-low-rate"
    ),
    "fixup": Treatment(
        "shortcuts, no normalisation, Fixup's start, a third of the rate",
        HELPED, "resnet-56-fixup", "brief-400-low-rate",
    ),
    "shortcuts longer": Treatment(
        "shortcuts and three times as many steps", LABORATORY, "resnet-56", "brief-1200"
    ),
}  # fmt: skip


def treatment_table() -> Published:
    """Training and test error of plain-56 under each treatment."""
    rows = [
        [each.label, *(points(spread(each.errors(images).values())) for images in FIELDS)]
        for each in (UNTREATED, *TREATMENTS.values())
    ]
    return table(
        ["56 layers", "training error (%)", "test error (%)"],
        rows,
        "400 steps on 16-pixel CIFAR-10 unless said; mean ± standard deviation over three "
        "seeds, last step. Each row names all that it changes in the first.",
    )


# Pre-activation


def order_table() -> Published:
    """The block of 2015 against the pre-activation block, deep nets, brief training."""
    labels = {"resnet": "as in 2015", "preact": "pre-activation"}
    rows = [
        [f"{depth} layers, {label}", *(points(error(f"{kind}-{depth}", 1200, i)) for i in FIELDS)]
        for depth in (56, 110)
        for kind, label in labels.items()
    ]
    return table(
        ["network", "training error (%)", "test error (%)"],
        rows,
        "1,200 steps on 16-pixel CIFAR-10, mean ± standard deviation over three seeds, last step. "
        f"Training error: final weights on the first {TRAIN_IMAGES_JUDGED:,} training images.",
    )


def order_gain(depth: int, images: str = "training") -> dict[int, float]:
    """Points of error that the pre-activation block saves, seed by seed."""
    return difference(f"resnet-{depth}", f"preact-{depth}", 1200, images)
