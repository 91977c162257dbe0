"""What mistakes cost that raise no exception, from ``results/slips/``.

Answers "which of them would I notice, and what would have caught it?".
"""

from __future__ import annotations

from functools import cache

from utils.data.cifar10 import CLASSES
from utils.display.figures import COLOURS, TEXT, figure, finish
from utils.display.published import Published, publish
from utils.display.tables import table
from utils.files.records import load_measurement, record_path
from utils.probes.slips import SLIPS
from utils.record.slips import EXPERIMENT, NETWORKS
from utils.results.labels import network_label
from utils.results.words import listed

READS = (record_path(EXPERIMENT, "any").parent,)
MAIN = NETWORKS[0]
TITLE = "No exception, and up to nine in ten answers wrong"


@cache
def errors(model: str = MAIN) -> dict[str, float]:
    """Percent of the test images that are not recognised, by slip.

    Raises:
        utils.files.records.ResultError: not recorded; says which command makes it.
    """
    record = load_measurement(EXPERIMENT, model)
    return {key: 100 * wrong / record["images"] for key, wrong in record["rows"]["wrong"].items()}


def order() -> list[str]:
    """The slips, the cheapest of the main network first; what is no slip comes before all."""
    slips = [key for key in SLIPS if key != "none"]
    return ["none", *sorted(slips, key=lambda key: errors()[key])]


def chance() -> float:
    """Percent of wrong answers of somebody who guesses."""
    return 100 * (1 - 1 / len(CLASSES))


def names() -> str:
    """The networks, for a sentence."""
    return listed(network_label(model) for model in NETWORKS)


def price_table() -> Published:
    """Error of each network after each slip."""
    rows = [
        [SLIPS[key].name, *(f"{errors(model)[key]:.1f}" for model in NETWORKS)] for key in order()
    ]
    return table(
        ["what was done", *(network_label(model) for model in NETWORKS)],
        rows,
        "Test error in percent on all test images of CIFAR-10, one published network of each "
        "kind, in 32-bit arithmetic. No line raised an exception. The rows are in the order of "
        "the second column.",
        wraps=True,
    )


def line_table() -> Published:
    """The line that shows each slip; beside the errors it would not fit on a phone."""
    return table(
        ["what was done", "a line that shows it"],
        [[SLIPS[key].name, SLIPS[key].check] for key in order()[1:]],
        "One line of code for each mistake. It is true where all is well, or shows a picture or "
        "the names of the classes, or raises an exception.",
        wraps=True,
    )


def price_figure() -> Published:
    """The errors of the main network as bars, with the other two as dots."""
    keys = order()
    made, (axes,) = figure(figsize=(5.6, 5.6))
    places = range(len(keys))
    axes.barh(places, [errors()[key] for key in keys], color=COLOURS["residual"], height=0.6,
              label=network_label(MAIN))  # fmt: skip
    for model, marker, colour in zip(NETWORKS[1:], "ox", ("cnn", "plain"), strict=True):
        found = [errors(model)[key] for key in keys]
        style = {"color": COLOURS[colour], "markersize": 5, "label": network_label(model)}
        axes.plot(found, places, marker, **style)
    axes.axvline(chance(), color=COLOURS["other"], linestyle="--", linewidth=1, label="guessing")
    axes.set_yticks(places, [SLIPS[key].name for key in keys])
    axes.invert_yaxis()
    finish(axes, "", "test error (%)", "", legend=False, xlim=(0, 100))
    # Labels take half of the width: title and legend begin at the edge, and not at the axis.
    made.suptitle(TITLE, x=0.02, ha="left", fontweight="bold", fontsize=11, color=TEXT)
    made.legend(loc="outside lower left", ncols=2, labelcolor=TEXT, frameon=False, fontsize=9.5)
    return publish(
        made,
        alt="Test error after each silent mistake, as bars from the smallest to the largest. After "
        "a few mistakes it stays almost the same, after most of them it is one and a half "
        "to several times as large, and the last ones are as bad as guessing.",
        caption=f"Test error of three published networks ({names()}) on CIFAR-10 after each "
        "mistake. The dashed line is the error of somebody who guesses.",
    )
