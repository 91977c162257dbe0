"""What given weights buy with few images, from ``results/fine-tuning/``.

Answers "is it worth starting from somebody else's weights, and what should move?".
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from utils.data.cifar10 import CLASSES
from utils.display.figures import COLOURS, draw_spread, figure, finish
from utils.display.published import Published, publish
from utils.display.tables import table
from utils.files.records import load_measurement, record_path
from utils.record.fine_tuning import EXPERIMENT, NEW, OLD, SIZES, FineTuning, tasks
from utils.results.labels import network_label
from utils.results.spread import Spread, spread
from utils.results.verdict import RULE, Difference, compare
from utils.results.words import counted, listed, seeds_in_words
from utils.training.fine_tuning import WAYS

READS = (record_path(EXPERIMENT, "any").parent,)
DRAWN = {
    "slow": ("residual", "-", "o"),
    "head": ("cnn", "-.", "s"),
    "all": ("other", ":", "^"),
    "scratch-long": ("plain", "--", "v"),
}
"""Ways in the figure: colour, line and marker."""
BEST_SCRATCH = "scratch-long"
"""What given weights are compared with: the longer of the two trainings from scratch."""
QUESTIONS = {
    "Does a new head on a frozen trunk beat training from scratch?": (BEST_SCRATCH, "head"),
    "Does training all layers, the trunk slowly, beat training from scratch?": (
        BEST_SCRATCH,
        "slow",
    ),
    "Does a slow trunk beat a frozen one?": ("head", "slow"),
    "Does a slow trunk beat one rate for all?": ("all", "slow"),
    "Do frozen statistics help, with one rate for all?": ("all", "all-frozen"),
    "Do frozen statistics help, with a slow trunk?": ("slow", "slow-frozen"),
    "Do frozen statistics help, with a frozen trunk?": ("head-moving", "head"),
}
"""Pairs of ways: the second minus the first."""


@cache
def records() -> dict[int, dict]:
    """The record of each seed.

    Raises:
        utils.files.records.ResultError: one is missing; says which command makes it.
    """
    wanted = [task for task in tasks() if isinstance(task, FineTuning)]
    return {task.seeds[0]: load_measurement(EXPERIMENT, task.name) for task in wanted}


def accuracies(way: str, size: int) -> dict[int, float]:
    """Percent of the new classes' test images that are recognised, by seed."""
    column = SIZES.index(size)
    return {seed: 100 * (1 - r["rows"][way][column]) for seed, r in records().items()}


def gain(first: str, second: str, size: int) -> Difference:
    """Points of test accuracy from one way to another, seed by seed."""
    return compare(accuracies(first, size), accuracies(second, size))


def pretrained() -> Spread:
    """Percent of the old classes' test images that the pretrained networks recognise."""
    return spread(100 * (1 - record["pretrained_error"]) for record in records().values())


def seeds() -> str:
    """How many seeds, in words."""
    return seeds_in_words([len(records())])


def old_and_new() -> Mapping[str, str]:
    """The classes of both trainings, as a sentence lists them."""
    return {
        "old": listed(CLASSES[label] for label in OLD),
        "new": listed(CLASSES[label] for label in NEW),
    }


def accuracy_table() -> Published:
    """Every way with every number of images."""
    task = FineTuning((0,))
    rows = [
        [way.name, *(spread(accuracies(key, size).values()).words(1) for size in SIZES)]
        for key, way in WAYS.items()
    ]
    return table(
        ["what is trained", *(f"{size} images a class" for size in SIZES)],
        rows,
        f"Test accuracy on five new classes in percent, {network_label(task.model)} on images of "
        f"16 pixels, mean ± standard deviation over {seeds()}. Each training has "
        f"{task.steps} steps of {task.batch_size} images, unless the row says more.",
    )


def gain_table() -> Published:
    """The questions, with what the seeds show."""
    rows = []
    for question, pair in QUESTIONS.items():
        found = [gain(*pair, size) for size in SIZES]
        rows.append([question, *(f"{each.told(sign='+')}, {each.verdict}" for each in found)])
    return table(
        ["question", *(f"{size} images a class" for size in SIZES)],
        rows,
        f"Differences in points of test accuracy, mean ± standard deviation over {seeds()}: a "
        f"positive number means yes, a negative one no. {RULE}",
        wraps=True,
    )


def accuracy_figure() -> Published:
    """Accuracy against the number of images, for four ways."""
    made, (axes,) = figure(figsize=(4.8, 3.4))
    for key, (colour, line, marker) in DRAWN.items():
        points = [spread(accuracies(key, size).values()) for size in SIZES]
        style = {"linestyle": line, "marker": marker, "markersize": 5}
        draw_spread(axes, SIZES, points, COLOURS[colour], WAYS[key].name, **style)
    finish(axes, title(), "images of each new class", "test accuracy (%)", xscale="log")
    axes.minorticks_off()
    axes.set_xticks(SIZES, [str(size) for size in SIZES])
    return publish(
        made,
        alt=f"Test accuracy on five new classes against the number of images. {title()}.",
        caption=f"Test accuracy on five new classes of CIFAR-10, mean over {seeds()}; each band is "
        "one standard deviation wide on either side.",
    )


def title() -> str:
    """What the figure says, from the gains of a slow trunk over training from scratch."""
    few, many = (gain(BEST_SCRATCH, "slow", size) for size in (SIZES[0], SIZES[-1]))
    if few.over.mean <= 0:
        return "Given weights do not help here"
    if few.over.mean > many.over.mean:
        return "Given weights help most when images are few"
    return "Given weights help with few images and with more"


def minutes() -> str:
    """Computing time of all records, the choice of the rates among them, for a sentence."""
    total = sum(load_measurement(EXPERIMENT, task.name)["wall_seconds"] for task in tasks())
    return counted(round(total / 60), "minute", "minutes")
