"""Twenty and fifty-six layers, plain and residual, through the longest trainings of this book.

Answers "is a deeper network worse, in training and in testing, once both have had time?": the
question of the left and the middle panel of the ResNet paper's Figure 6, with fewer steps, smaller
images and another recipe.
"""

from collections.abc import Sequence
from functools import cache

from utils.chapters.degradation.brief import FIELDS, KINDS, points, seeds
from utils.display.published import Published
from utils.display.tables import table
from utils.record.experiments import HALF_SIZE
from utils.results.labels import short_label
from utils.results.runs import load_runs
from utils.results.spread import each_seed, spread
from utils.results.verdict import RULE, Difference
from utils.results.words import listed, seeds_in_words
from utils.training.judging import TRAIN_IMAGES_JUDGED

LONG = "degradation"
SHALLOW, DEEP = 20, 56
LENGTHS = (SHALLOW, DEEP)
COURSES = {"training": "train_error", "test": "test_error"}


@cache
def courses(model: str, images: str) -> dict[int, list[float]]:
    """Error in percent after each epoch: seed -> errors.

    Args:
        model: as in :func:`utils.models.networks.build`.
        images: a key of :data:`COURSES`. "training" is counted while the weights move and the
            crops vary, unlike the final training errors of :func:`long_table`.

    Raises:
        utils.files.records.ResultError: not recorded; names the command.
    """
    field = COURSES[images]
    found = load_runs(LONG, model, HALF_SIZE.recipe)
    return each_seed(found, lambda run: [100 * epoch[field] for epoch in run["history"]])


def final(kind: str, depth: int, images: str = "training") -> dict[int, float]:
    """Error in percent of each seed's final weights: seed -> error."""
    return seeds(f"{kind}-{depth}", HALF_SIZE.recipe, images, LONG)


def deeper_is_worse(kind: str, images: str = "training") -> dict[int, float]:
    """Points by which the deeper network ends above the shallow one: negative if depth pays."""
    shallow, deep = (final(kind, depth, images) for depth in LENGTHS)
    return {seed: deep[seed] - shallow[seed] for seed in shallow}


def overtakes(kind: str, images: str) -> int | None:
    """First epoch from which on the deeper network's mean error stays below; None: never."""
    shallow, deep = (courses(f"{kind}-{depth}", images) for depth in LENGTHS)
    means = (
        [spread(errors).mean for errors in zip(*found.values(), strict=True)]
        for found in (shallow, deep)
    )
    return _stays_below(*means)


def overtakes_in_each_seed(kind: str, images: str) -> int | None:
    """The same for every seed by itself; None: some seed never does."""
    shallow, deep = (courses(f"{kind}-{depth}", images) for depth in LENGTHS)
    epochs = [_stays_below(shallow[seed], deep[seed]) for seed in shallow]
    return None if None in epochs else max(epochs)


def _stays_below(shallow: list[float], deep: list[float]) -> int | None:
    ahead = None
    for epoch in range(len(shallow), 0, -1):
        if deep[epoch - 1] >= shallow[epoch - 1]:
            break
        ahead = epoch
    return ahead


def depth_in_words(
    kind: str, images: str, found: Difference, before: Difference | None = None
) -> str:
    """What the deeper network's error says: worse or better, shown, hinted at or open.

    Args:
        kind: a key of ``KINDS``.
        images: which images judge, for the sentence.
        found: error of the deeper network minus that of the shallow one.
        before: what the sentence before was about; where this is the same again, the words say so.
    """
    where = {"plain": "Without shortcuts", "resnet": "With shortcuts"}[kind]
    told = f"{where} the deeper network is {worse(found)} on {images} images"
    if before and (found.verdict, worse(found)) == (before.verdict, worse(before)):
        network = {"plain": "plain", "resnet": "residual"}[kind]
        told = f"On {images} images, too, the deeper {network} network is {worse(found)}"
    return found.says(
        f"{told}, and {found.seeds} show it.",
        f"{told} in each seed, which is a hint and not yet a finding.",
        f"{where} {found.seeds} do not show what depth does to the error on {images} images.",
    )


def worse(found: Difference) -> str:
    """What the deeper network is by the mean difference of the errors."""
    return "worse" if found.over.mean > 0 else "better"


def each_kind(counts: Sequence[int]) -> str:
    """With how many seeds the plain and the residual networks were trained, in words."""
    if len(set(counts)) == 1:
        return seeds_in_words(counts)
    kinds = zip(counts, KINDS.values(), strict=True)
    return listed(f"{seeds_in_words([count])} of each {kind} network" for count, kind in kinds)


def long_table() -> Published:
    """Final errors, and what the deeper network of each kind ends above.

    Raises:
        utils.files.records.ResultError: not recorded; names the command.
    """
    rows, counts = [], []
    for kind in KINDS:
        counts.append(len(final(kind, DEEP)))
        for depth in LENGTHS:
            found = [spread(final(kind, depth, images).values()) for images in FIELDS]
            rows.append([short_label(f"{kind}-{depth}"), *map(points, found)])
        above = [Difference(deeper_is_worse(kind, images)) for images in FIELDS]
        rows.append(
            [
                f"{DEEP} minus {SHALLOW} layers (points)",
                *(f"{each.told(1, '+')}, {each.verdict}" for each in above),
            ]
        )
    return table(
        ["network", "training error (%)", "test error (%)"],
        rows,
        f"Errors after the last of {HALF_SIZE.epochs} epochs on CIFAR-10 at 16 pixels, mean ± "
        f"standard deviation over {each_kind(counts)}. The training error is that of the final "
        f"weights on the first {TRAIN_IMAGES_JUDGED:,} training images, without augmentation. "
        f"Differences are taken seed by seed. {RULE}",
    )
