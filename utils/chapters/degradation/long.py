"""Twenty and fifty-six layers, plain and residual, through the longest trainings of this book.

Answers "is a deeper network worse, in training and in testing, once both have had time?": the left
and the middle panel of Figure 6 (He et al. 2015), with fewer steps and smaller images.
"""

from functools import cache

from utils.chapters.degradation.brief import FIELDS, KINDS, points, seeds
from utils.display.published import Published
from utils.display.tables import table
from utils.record.experiments import HALF_SIZE
from utils.results.labels import network_label
from utils.results.runs import load_runs
from utils.results.spread import each_seed, spread
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
    means = [
        [spread(errors).mean for errors in zip(*found.values(), strict=True)]
        for found in (shallow, deep)
    ]
    ahead = None
    for epoch in range(len(means[0]), 0, -1):
        if means[1][epoch - 1] >= means[0][epoch - 1]:
            break
        ahead = epoch
    return ahead


def long_table() -> Published:
    """Final errors, and what the deeper network of each kind ends above.

    Raises:
        utils.files.records.ResultError: not recorded; names the command.
    """
    rows = []
    for kind in KINDS:
        for depth in LENGTHS:
            found = [spread(final(kind, depth, images).values()) for images in FIELDS]
            rows.append([network_label(f"{kind}-{depth}").split(",")[0], *map(points, found)])
        above = [spread(deeper_is_worse(kind, images).values()) for images in FIELDS]
        rows.append(
            [f"{DEEP} above {SHALLOW} layers", *(f"{a.mean:+.1f} ± {a.sd:.1f}" for a in above)]
        )
    return table(
        ["network", "training error (%)", "test error (%)"],
        rows,
        f"CIFAR-10 at 16 pixels, {HALF_SIZE.epochs} epochs, mean ± standard deviation over three "
        "seeds, last epoch. Training error: final weights on the first "
        f"{TRAIN_IMAGES_JUDGED:,} training images as they are. Differences: points, seed by seed.",
    )
