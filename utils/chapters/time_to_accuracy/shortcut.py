"""Wide networks with and without shortcuts: do the networks of the speed races still need them?

Answers "how much accuracy does the shortcut add at this depth?". Both networks of a comparison have
the same layers, the same start and the same training; only the additions differ.
"""

from collections.abc import Mapping
from functools import cache

from utils.display.published import Published
from utils.display.tables import table
from utils.record.experiments import EXPERIMENTS
from utils.results.labels import IMAGES, network_label
from utils.results.runs import load_runs
from utils.results.spread import accuracy, accuracy_of
from utils.results.verdict import (
    NOT_SHOWN,
    RULE,
    SHOWN,
    Difference,
    agreed,
    by_verdict,
    compare_runs,
)
from utils.results.words import counted, listed, opening, seeds_in_words

EXPERIMENT, PLAIN = "wide-shortcut", "-plain"


def pairs() -> dict[str, tuple[str, str]]:
    """Label of a residual network -> the names of the plain and of the residual network."""
    names = dict.fromkeys(model for model, _ in EXPERIMENTS[EXPERIMENT].settings)
    return {
        network_label(name): (f"{name}{PLAIN}", name) for name in names if f"{name}{PLAIN}" in names
    }


@cache
def gains() -> dict[str, Difference]:
    """Points of test accuracy that the shortcuts add: label of a network -> seed by seed.

    Raises:
        utils.files.records.ResultError: not recorded; names the command.
    """
    return {
        label: compare_runs(*(load_runs(EXPERIMENT, name) for name in pair), accuracy_of)
        for label, pair in pairs().items()
    }


def epochs() -> int:
    """How long each of the networks was trained."""
    return EXPERIMENTS[EXPERIMENT].settings[0][1].epochs


def shortcut_table() -> Published:
    """Accuracy without and with shortcuts at each depth, and what is between the two.

    Raises:
        utils.files.records.ResultError: not recorded; names the command.
    """
    found = gains()
    images = IMAGES[EXPERIMENTS[EXPERIMENT].dataset]
    length = counted(epochs(), "epoch", "epochs")
    rows = [
        [
            label,
            gain.told(2, "+"),
            gain.verdict,
            *(accuracy(load_runs(EXPERIMENT, name)).percent() for name in pairs()[label]),
        ]
        for label, gain in found.items()
    ]
    return table(
        ["network", "gain in points", "verdict", "without shortcuts", "with shortcuts"],
        rows,
        f"Test accuracy on {images} after {length} of the recipe muon, one view, "
        "last epoch, and what the shortcuts gain; mean ± standard deviation over "
        f"{seeds_in_words(len(gain.values) for gain in found.values())}. The differences are taken "
        f"seed by seed. {RULE}",
    )


def shortcuts_in_words(found: Mapping[str, Difference]) -> str:
    """What the shortcuts do, network by network: shown, hinted at, or open.

    Args:
        found: label of a network -> points of accuracy that the shortcuts add.
    """
    told = []
    for is_shown, way, names, seeds in agreed(found):
        proof = (
            f", and {seeds} seeds show it."
            if is_shown
            else (f" in each of {seeds} seeds, which is a hint and not yet a finding.")
        )
        told.append(f"the shortcuts {way} the accuracy of {listed(names)}{proof}")
    if open_ := by_verdict(found)[NOT_SHOWN]:
        told.append(f"for {listed(open_)}, the seeds do not agree whether shortcuts help.")
    return " ".join(map(opening, told))


def lesson_in_words(found: Mapping[str, Difference]) -> str:
    """What follows for the races, whose networks are as short as the first one here.

    Args:
        found: label of a network -> points of accuracy that the shortcuts add, shortest first.
    """
    first, *others = found
    shortest, *longer = found.values()
    growing = [each.over.mean for each in found.values()]
    needed = all(each.verdict == SHOWN and each.over.mean > 0 for each in longer)
    profits = shortest.verdict == SHOWN and shortest.over.mean > 0
    if needed and not profits and growing == sorted(growing):
        return (
            f"**In these runs, {first} needs no shortcuts, but {listed(others)} lose accuracy "
            "without them.** The more layers we added, the more accuracy was lost."
        )
    return "**So these runs do not tie the use of shortcuts to the number of layers alone.**"
