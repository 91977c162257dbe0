"""What the page says beside a reader's own run: the recorded finding of each experiment.

Answers "did ten seeds do what mine did?". Each sentence follows the verdict of its question, so it
changes when the records do.
"""

from __future__ import annotations

from collections.abc import Callable

from utils.chapters.playground.answers import (
    DEEP,
    SHALLOW,
    answer,
    not_recorded,
    seeds,
    whole,
)
from utils.chapters.playground.numbers import (
    COPIED,
    SURVIVED,
    largest_rate,
    plain,
    rates_that_work,
    started,
    ten,
)
from utils.miniatures.playground import RATES
from utils.record.playground import BARE, BASE, COPIED_AT, KINDS, SEEDS, STEPS, named
from utils.results.spread import spread
from utils.results.verdict import Difference
from utils.results.words import number, opening


def rises(found: Difference, what: str) -> str:
    """Whether a training error is shown to rise or to fall, with its mean and deviation.

    Args:
        found: points by which the error rises.
        what: whose, for example "the training error of the plain network".
    """
    up = "rises" if found.over.mean > 0 else "falls"
    points = f"{abs(found.over.mean):.1f} ± {found.over.sd:.1f} points"
    return found.says(
        f"{what} {up} by {points}",
        f"{what} {up} in each seed, which is a hint and not yet a finding",
        f"{what} is not shown to change",
    )


def compared(found: Difference) -> str:
    """Whether an error is shown to be lower or higher than another one: "is 3.0 ... lower than".

    Args:
        found: points by which it is higher.
    """
    way = "lower" if found.over.mean < 0 else "higher"
    return found.says(
        f"is {abs(found.over.mean):.1f} ± {found.over.sd:.1f} points {way} than",
        f"is {way} in each seed (a hint and not yet a finding) than",
        "is not shown to differ from",
    )


def depth() -> str:
    """From two to twenty blocks."""
    of_plain, of_residual = (answer(f"{kind}-deeper") for kind in ("plain", "residual"))
    return (
        f"From {SHALLOW.blocks} to {DEEP.blocks} blocks, "
        f"{rises(of_plain, 'the training error of the plain network')}, and "
        f"{rises(of_residual, 'that of the residual network')} ({seeds()})."
    )


def not_overfitting() -> str:
    """Training and test error of the deep plain network."""
    train, test = (spread(plain(DEEP, images).values()) for images in ("train", "test"))
    return (
        f"With {DEEP.blocks} blocks, the plain network gets {train.words(0)} % of the training "
        f"images wrong and {test.words(0)} % of the test images ({seeds()}). A network that "
        "overfits would know its training images."
    )


def no_normalisation() -> str:
    """How many stop, and whether a zero start mends it."""
    found, zero = ten(named(BARE), "residual"), ten(named(started("zero", True)), "residual")
    count = len(found.seeds)
    stopped = (
        f"Without normalisation, {number(len(found.stops))} of {number(count)} residual networks "
        "stopped, because their outputs became too large"
    )
    if not found.stops:
        stopped = f"Without normalisation, none of {number(count)} residual networks stopped"
    end = spread(zero.at_end().values()).words(1)
    rest = f"{number(len(zero.stops))} stopped" if zero.stops else "none stopped"
    return (
        f"{stopped}. After the zero start, {rest}, and their training "
        f"error after the last step was {end} %."
    )


def starts() -> str:
    """The start near the identity, beside He's, and the other two."""
    found = answer("identity")
    less = "lower" if found.over.mean < 0 else "higher"
    points = f"{abs(found.over.mean):.1f} ± {found.over.sd:.1f} points"
    first = found.says(
        f"ended {points} {less} than after He's start",
        f"was {less} in each seed than after He's start, which is a hint and not yet a finding",
        "was not shown to differ from that after He's start",
    )
    zero = whole("plain", named(started("zero"))).words(1)
    return (
        f"After a start near the identity, the plain network's training error {first} "
        f"({seeds()}). After the zero start, its training error was {zero} %."
    )


def largest() -> str:
    """At how many rates each learns on average, and the largest of residual's middle seed."""
    found = answer("rates")
    counts = {kind: f"{spread(rates_that_work(kind).values()).mean:.1f}" for kind in KINDS}
    top = sorted(largest_rate("residual").values())[len(SEEDS) // 2]
    judged = found.says(
        "this difference is shown",
        "the difference has the same sign in each seed, which is a hint and not yet a finding",
        "this difference is not shown",
    )
    return (
        f"After {STEPS} steps, the residual network has a training error below {SURVIVED} % at "
        f"{counts['residual']} of {number(len(RATES))} learning rates, and the plain network at "
        f"{counts['plain']} (mean over {seeds()}); {judged}. The largest rate at which the "
        f"residual network learns so well is {top:g} in the middle seed."
    )


def copied() -> str:
    """The copied plain network beside a fresh one, and beside the residual copy."""
    fresh, both = answer("copied"), answer("copied-and-residual")
    end = whole("plain", COPIED).words(1)
    return (
        f"A plain network that was copied into {BASE.blocks} blocks after {COPIED_AT} steps ends "
        f"with {end} % of the training images wrong ({seeds()}). This error "
        f"{compared(fresh)} that of a plain network with {BASE.blocks} fresh blocks. "
        f"The error of the residual copy {compared(both)} that of the plain copy."
    )


FINDINGS: dict[str, Callable[[], str]] = {
    "depth": depth,
    "not-overfitting": not_overfitting,
    "no-normalisation": no_normalisation,
    "starts": starts,
    "largest-rate": largest,
    "copy": copied,
}
"""Experiment -> its finding."""


def recorded() -> dict[str, str]:
    """Experiment -> what the records say, in a few sentences; those not recorded are left out."""
    return {name: opening(say()) for name, say in FINDINGS.items() if not not_recorded(name)}
