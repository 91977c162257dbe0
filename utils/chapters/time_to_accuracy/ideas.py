"""The recipe of today without one idea after the other: what does each of them add?

Answers "how much accuracy does this idea gain?". Each version leaves out one idea of the recipe
muon, and has in its place what a usual recipe has. All else stays the same, seed by seed.
"""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from utils.display.published import Published
from utils.display.tables import table
from utils.record.experiments import EXPERIMENTS, WITHOUT_TODAY, half_today
from utils.results.labels import IMAGES
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
from utils.results.words import counted, listed, number, opening, seeds_in_words

EXPERIMENT, WHOLE = "wide-without", "wide-shortcut"
NETWORK, OTHER_START = "wide-8", "he"
EPOCHS = half_today().epochs


class Idea(NamedTuple):
    """An idea of the recipe.

    Attributes:
        name: in a sentence, such as "the falling rate".
        instead: what stands in its place.
        versions: variants without it, of which the best one is compared; one is
            :data:`OTHER_START`.
    """

    name: str
    instead: str
    versions: tuple[str, ...]


USUAL = tuple(name for name in WITHOUT_TODAY if name.startswith("usual-steps"))
IDEAS = {
    "steps": Idea("orthogonal steps", "usual steps, at the best of {rates} rates", USUAL),
    "whitening": Idea("whitening", "filters drawn at random", ("drawn-filters",)),
    "mirroring": Idea("mirroring by turns", "a coin in each epoch", ("coin",)),
    "smoothing": Idea("label smoothing", "the plain labels", ("no-smoothing",)),
    "crops": Idea("random crops", "the images as they are", ("no-crop",)),
    "rate": Idea("the falling rate", "a constant rate", ("constant-rate",)),
    "start": Idea("the start that passes images on", "He’s random start", (OTHER_START,)),
}


def version(name: str) -> list[dict]:
    """The runs of a version without an idea, seed by seed.

    Raises:
        utils.files.records.ResultError: not recorded; names the command.
    """
    if name == OTHER_START:
        return load_runs(EXPERIMENT, f"{NETWORK}-{name}", half_today().recipe)
    return load_runs(EXPERIMENT, NETWORK, half_today(name).recipe)


def without(key: str) -> list[dict]:
    """The runs without an idea; of several versions the one with the highest mean accuracy."""
    return max(map(version, IDEAS[key].versions), key=lambda runs: accuracy(runs).mean)


def whole() -> list[dict]:
    """The runs of the whole recipe, with the same network, images and epochs."""
    return load_runs(WHOLE, NETWORK)


@cache
def gains() -> dict[str, Difference]:
    """Points of test accuracy that each idea adds: key of :data:`IDEAS` -> seed by seed.

    Raises:
        utils.files.records.ResultError: not recorded; names the command.
    """
    return {key: compare_runs(without(key), whole(), accuracy_of) for key in IDEAS}


def ideas_table() -> Published:
    """The whole recipe, and the recipe without each idea, greatest gain first.

    Raises:
        utils.files.records.ResultError: not recorded; names the command.
    """
    found = gains()
    rows = [["the whole recipe", "", "", "", accuracy(whole()).percent()]]
    for key in sorted(found, key=lambda key: -found[key].over.mean):
        idea, gain = IDEAS[key], found[key]
        instead = idea.instead.format(rates=number(len(idea.versions)))
        rows.append(
            [
                f"without {idea.name}",
                instead,
                gain.told(2, "+"),
                gain.verdict,
                accuracy(without(key)).percent(),
            ]
        )
    images = IMAGES[EXPERIMENTS[EXPERIMENT].dataset]
    return table(
        ["recipe", "in its place", "gain in points", "verdict", "accuracy"],
        rows,
        f"Test accuracy of Wide-8 on {images} after {counted(EPOCHS, 'epoch', 'epochs')}, one "
        "view, last epoch, and what each idea gains; mean ± standard deviation over "
        f"{seeds_in_words(len(gain.values) for gain in found.values())}. A gain is the accuracy of "
        f"the whole recipe minus that without the idea, seed by seed. {RULE}",
    )


def ideas_in_words(found: Mapping[str, Difference]) -> str:
    """Which ideas raise the accuracy, for which there is a hint, and for which there is nothing.

    Args:
        found: key of :data:`IDEAS` -> gain, as :func:`gains` gives it.
    """
    told = []
    for is_shown, way, keys, seeds in agreed(found):
        names = [IDEAS[key].name for key in keys]
        verb = f"{way}s" if len(names) == 1 and not names[0].endswith("s") else way
        proof = (
            f", and {seeds} seeds show it."
            if is_shown
            else (" in each seed, which is a hint and not yet a finding.")
        )
        told.append(f"{listed(names)} {verb} the accuracy{proof}")
    if keys := by_verdict(found)[NOT_SHOWN]:
        names = listed([IDEAS[key].name for key in keys])
        told.append(f"for {names}, the seeds do not agree on the sign of the gain.")
    return " ".join(map(opening, told))


def most_in_words(found: Mapping[str, Difference]) -> str:
    """Which shown gain is the greatest, and how great it is.

    Args:
        found: as for :func:`ideas_in_words`.
    """
    shown = {key: gain for key, gain in found.items() if gain.verdict == SHOWN}
    if not shown:
        return "No idea has a gain that is shown in these runs."
    most = max(shown, key=lambda key: abs(shown[key].over.mean))
    way = "falls" if shown[most].over.mean > 0 else "rises"
    size = f"{abs(shown[most].over.mean):.1f}"
    idea = IDEAS[most].name
    return f"Without {idea}, the accuracy {way} by {size} points: no other difference is greater."
