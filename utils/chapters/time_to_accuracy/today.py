"""The recipe of today: what its steps do to a gradient, and how far it got.

Answers "which accuracy does the recipe muon reach, and in how many minutes?".
"""

from collections.abc import Mapping

from torch import Tensor

from utils.chapters.time_to_accuracy.recorded import machines, training_seconds
from utils.display.figures import COLOURS, figure, finish
from utils.display.published import Published, publish
from utils.display.tables import table
from utils.record.experiments import TRIED, runs_of, today
from utils.results.labels import network_label
from utils.results.runs import load_runs
from utils.results.spread import accuracy, spread
from utils.results.words import seeds_in_words

TUNED = ("learning_rate", "other_learning_rate", "label_smoothing")
WIDE, TUNING, NETWORK = "wide", "wide-tuning", "wide-8"
STYLES = ((COLOURS["other"], "-"), (COLOURS["residual"], "--"), (COLOURS["residual"], "-"))


def todays() -> dict[str, list[dict]]:
    """The recorded runs of the recipe muon, shortest budget first."""
    budgets = {run.config.epochs: run.config.recipe for run in runs_of(WIDE, NETWORK)}
    return {
        f"muon, {epochs} epochs": load_runs(WIDE, NETWORK, name)
        for epochs, name in sorted(budgets.items())
    }


def two_views(runs: list[dict]) -> str:
    """Test accuracy from an image and its mirror image: "93.2 ± 0.1 %"."""
    return spread(1 - run["final"]["test_error_two_views"] for run in runs).percent()


def singular_value_figure(values: Mapping[str, Tensor]) -> Published:
    """Singular values of some matrices, greatest first.

    Args:
        values: label -> float (K,), each divided by its greatest value here.
    """
    made, (axes,) = figure(figsize=(4.8, 3.2))
    for (label, sizes), (colour, style) in zip(values.items(), STYLES, strict=False):
        share = (sizes / sizes.max()).tolist()
        axes.plot(range(1, len(share) + 1), share, style, color=colour, label=label)
    title = "A few directions get most of a usual step"
    finish(axes, title, "direction, greatest first", "share of the greatest", yscale="log")
    return publish(
        [made],
        alt="Singular values of a gradient and of the same gradient after some rounds. Those of "
        "the gradient fall by a large factor from the first direction to the last. After the "
        "rounds, nearly all directions have about the same value.",
        caption="Singular values of the gradient of one convolution, each as a share of the "
        "greatest one. The vertical axis is logarithmic.",
    )


def today_table(groups: Mapping[str, list[dict]]) -> Published:
    """Accuracy with one view and with two, and the seconds, of each budget."""
    rows = [
        [
            label,
            accuracy(runs).percent(),
            f"{training_seconds(runs).words(0)} s",
            two_views(runs),
            network_label(runs[0]["model"]),
            machines(runs),
        ]
        for label, runs in groups.items()
    ]
    return table(
        ["budget", "one view", "training time", "two views", "network", "machine"],
        rows,
        f"Test accuracy on CIFAR-10 after the last epoch, mean ± standard deviation over "
        f"{seeds_in_words(map(len, groups.values()))}. With one view, the network sees each test "
        "image as it is. With two views, it also sees the mirror image, and its two answers are "
        "added up. The time counts the training only, without the tests.",
    )


def tuning_table() -> Published:
    """What was tried for the recipe muon, judged by training images that were held back."""
    rows = []
    for name in TRIED:
        (run,) = load_runs(TUNING, NETWORK, today(4, name).recipe)
        tried = [f"{run['config'][field]:g}" for field in TUNED]
        rows.append([*tried, accuracy([run]).percent()])
    return table(
        ["rate of the convolutions", "other rate", "label smoothing", "accuracy"],
        rows,
        "Runs of four epochs with seed 0, in the order in which they were made. Each run trained "
        "on the first 45,000 training images of CIFAR-10, and the other 5,000 training images "
        "judged it. The test images had no say.",
    )
