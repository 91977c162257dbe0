"""Plain and residual networks by depth: what the recorded runs say.

Answers "at which depth does a plain network fall behind, how does that move with training, and
what helps?". Errors are percent. A training error here is that of the final weights on training
images as they are, see :func:`utils.training.judging.judge`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from utils.display.published import Published
from utils.display.tables import table
from utils.record.experiments import BRIEF_BUDGETS, DEPTHS, EXPERIMENTS
from utils.results.runs import load_runs
from utils.results.spread import Spread, each_seed, spread
from utils.results.verdict import NOT_SHOWN, RULE, SAME_SIGN, SHOWN, Difference, by_verdict, compare
from utils.results.words import listed, number, opening, seeds_in_words
from utils.training.judging import TRAIN_IMAGES_JUDGED

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


def shown_behind(steps: int, images: str = "training") -> int | None:
    """The shallowest depth from which on the plain nets are shown to be the worse ones."""
    behind = None
    for depth in reversed(DEPTHS):
        found = Difference(gap(depth, steps, images))
        if found.verdict != SHOWN or found.over.mean < 0:
            return behind
        behind = depth
    return behind


def at_guessing_seeds(model: str, steps: int, points: float = 2.0) -> list[int]:
    """Seeds of which a network ends within a few points of guessing."""
    found = seeds(model, f"brief-{steps}")
    return [seed for seed, error in found.items() if error > CHANCE - points]


def points(of: Spread) -> str:
    """For example "53.1 ± 0.4"."""
    return of.words(1)


def gap_table(images: str = "training") -> Published:
    """Error of the residual network and gap to the plain one at each depth, for each budget."""
    gaps, residual = ["layers"], []
    for steps in BRIEF_BUDGETS:
        gaps += [f"plain minus ResNet, {steps:,} steps (points)", "verdict"]
        residual.append(f"ResNet, {steps:,} steps (%)")
    rows = []
    for depth in DEPTHS:
        above = [Difference(gap(depth, steps, images)) for steps in BRIEF_BUDGETS]
        errors = [points(error(f"resnet-{depth}", steps, images)) for steps in BRIEF_BUDGETS]
        judged = [cell for each in above for cell in (each.told(), each.verdict)]
        rows.append([depth, *judged, *errors])
    return table(
        [*gaps, *residual],
        rows,
        "The columns “plain minus ResNet” give the error of the plain network minus that of the "
        f"residual network on {images} images after the last step, computed seed by seed. The "
        f"verdict on this difference stands beside it. {RULE} The last columns give the error of "
        "the residual network itself. Numbers are mean ± standard deviation over three seeds.",
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


UNTREATED = Treatment("nothing: the usual plain-56", LABORATORY, "plain-56", "brief-400")
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


def saved_by(name: str, images: str = "training") -> Difference:
    """Points of error that a treatment saves plain-56, seed by seed."""
    return compare(TREATMENTS[name].errors(images), UNTREATED.errors(images))


def gap_closed(name: str) -> list[float]:
    """Share of the gap between plain-56 and ResNet-56 that a treatment closes, one a seed."""
    gained, whole = (saved_by(each).by_seed for each in (name, "shortcuts"))
    return [gained[seed] / whole[seed] for seed in sorted(whole)]


def treatment_table() -> Published:
    """Training and test error of plain-56 under each treatment, and what that shows."""
    found = {each: saved_by(name) for name, each in TREATMENTS.items()}
    rows = [
        [
            each.label,
            *((found[each].told(), found[each].verdict) if each in found else ("", "")),
            *(points(spread(each.errors(images).values())) for images in FIELDS),
        ]
        for each in (UNTREATED, *TREATMENTS.values())
    ]
    return table(
        [
            "what is changed in plain-56",
            "training error saved (points)",
            "verdict",
            "training error (%)",
            "test error (%)",
        ],
        rows,
        "Errors of networks of 56 layers after the last step on CIFAR-10 at 16 pixels, mean ± "
        "standard deviation over three seeds. They were trained for 400 steps unless the row says "
        "otherwise. Each row names all its changes to the usual plain-56, which is in the first "
        "row. The column “training error saved” is the training error of the usual plain-56 minus "
        f"that of the network in this row, in points and compared seed by seed. {RULE}",
    )


TREATED = {
    "warm-up": "a slow warm-up",
    "rate": "a third of the learning rate",
    "longer": "three times as many steps",
    "pytorch": "PyTorch's default start",
    "orthogonal": "an orthogonal start",
    "dirac": "a start near the identity",
    "shortcuts": "shortcuts",
}
"""Treatments that change one thing, as sentences on plain-56 call them."""


def treatments_in_words(found: dict[str, Difference]) -> str:
    """Which treatments are shown to save training errors, which may, and which are not shown to.

    Args:
        found: name in :data:`TREATED` -> points of error saved.
    """
    groups = by_verdict(found)

    def named(verdict: str, saves: bool) -> list[str]:
        return [n for n in groups[verdict] if (found[n].over.mean > 0) == saves]

    seeds = next(iter(found.values())).seeds
    told = [
        f"**With {seeds}, {changes(helps, 'lower')} {names_of(helps)}.**"
        if (helps := named(SHOWN, True))
        else f"**{seeds.capitalize()} do not show that any of these changes lowers the training "
        "error of plain-56.**"
    ]
    if harms := named(SHOWN, False):
        told.append(f"But {changes(harms, 'raise')} {names_of(harms)}.")
    for saves, than, hint in (
        (True, "a lower", "which is a hint and not yet a finding"),
        (False, "a higher", "which is a hint of harm"),
    ):
        if hints := named(SAME_SIGN, saves):
            told.append(
                f"{opening(names_of(hints, 'or', 'with'))}, plain-56 has {than} training error in "
                f"each seed than without this change, {hint}."
            )
    if others := groups[NOT_SHOWN]:
        told.append(
            f"{opening(names_of(others, 'and', 'for'))}, the verdict is “not shown”, because the "
            "training error does not change in the same direction in each seed."
        )
    return " ".join(told)


def changes(names: list[str], effect: str) -> str:
    """What treatments are shown to do to plain-56, up to the colon before their names."""
    shown = f"shown to {effect} the training error of plain-56"
    if len(names) == 1:
        return f"one change is {shown}:"
    return f"{number(len(names))} changes are {shown}, each of them alone:"


def names_of(names: list[str], joint: str = "and", before: str = "") -> str:
    """Treatments in a list: "a and b"; with a word before each of them, "for a and for b"."""
    return listed((f"{before} {TREATED[name]}".strip() for name in names), joint)


# Pre-activation


def order_table() -> Published:
    """The block of 2015 against the pre-activation block, deep nets, brief training."""
    orders = {"as in 2015": usual_order, "pre-activation": new_order}
    rows, counts = [], []
    for depth in (56, 110):
        for label, errors in orders.items():
            ends = (points(spread(errors(depth, images).values())) for images in FIELDS)
            rows.append([f"{depth} layers, {label}", *ends])
        counts.append(f"{seeds_in_words([len(new_order(depth))])} at {depth} layers")
        saved = (Difference(order_gain(depth, images)) for images in FIELDS)
        rows.append([f"{depth} layers, points saved", *(f"{s.told()}, {s.verdict}" for s in saved)])
    return table(
        ["network", "training error (%)", "test error (%)"],
        rows,
        "Errors after 1,200 steps on 16-pixel CIFAR-10, mean ± standard deviation over "
        f"{listed(counts)}. The training error is that of the final weights on the first "
        f"{TRAIN_IMAGES_JUDGED:,} training images. “Points saved” is the error with the block of "
        f"2015 minus the error with pre-activation, computed seed by seed. {RULE} If the "
        "interval contains 0, the entry says whether the difference has the same sign in each "
        "seed.",
    )


def order_in_words(found: dict[int, Difference]) -> str:
    """What the order of the block changes in brief trainings: depth -> points of error saved.

    Depths of which the same is true share a sentence.
    """
    alike: dict[tuple[str, bool], list[int]] = {}
    for depth, saved in found.items():
        lowers = saved.verdict != NOT_SHOWN and saved.over.mean > 0
        alike.setdefault((saved.verdict, lowers), []).append(depth)
    told = []
    for (_, lowers), depths in alike.items():
        this = "This difference is" if len(depths) == 1 else "These differences are"
        at = f"{listed([f'at {depth}' for depth in depths]).capitalize()} layers,"
        makes = (
            f"{at} networks with pre-activation make {'fewer' if lowers else 'more'} errors on "
            "training images than networks with the block of 2015"
        )
        told.append(
            found[depths[0]].says(
                f"{makes}. {this} shown.",
                f"{makes}, in each seed. {this} a hint and not yet a finding.",
                f"{at} the seeds do not show whether pre-activation changes the number of errors "
                "on training images.",
            )
        )
    return " ".join(told)


def near_identity_in_words(saved: Difference) -> str:
    """What the start near the identity does to the training error of plain-56."""
    lower = saved.over.mean > 0
    return saved.says(
        f"The start near the identity is shown to {'lower' if lower else 'raise'} the training "
        "error.",
        f"The start near the identity {'lowers' if lower else 'raises'} the training error in each "
        "seed, which is a hint and not yet a finding.",
        f"{saved.seeds.capitalize()} do not show whether the start near the identity changes the "
        "training error.",
    )


def usual_order(depth: int, images: str = "training") -> dict[int, float]:
    """Error in percent with the block of 2015: seed -> error."""
    model, beside = f"resnet-{depth}", EXPERIMENT_OF["preact"]
    found = seeds(model, "brief-1200", images)
    further = model in EXPERIMENTS[beside].more
    return found | seeds(model, "brief-1200", images, beside) if further else found


def new_order(depth: int, images: str = "training") -> dict[int, float]:
    """The same with the pre-activation block."""
    return seeds(f"preact-{depth}", "brief-1200", images)


def order_gain(depth: int, images: str = "training") -> dict[int, float]:
    """Points of error that the pre-activation block saves, seed by seed."""
    return dict(compare(new_order(depth, images), usual_order(depth, images)).by_seed)
