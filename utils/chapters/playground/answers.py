"""What ten seeds answer to the questions of the six experiments, by the book's rule.

Answers "is what I saw on the page more than the luck of my seed?".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from utils.chapters.playground.numbers import (
    COPIED,
    SURVIVED,
    Errors,
    Ten,
    deep,
    missing,
    overfitting,
    plain,
    rates_that_work,
    residual,
    started,
    ten,
)
from utils.display.published import Published
from utils.display.tables import table
from utils.miniatures.playground import RATES
from utils.record.playground import (
    BARE,
    BASE,
    COPIED_AT,
    DEPTHS,
    KINDS,
    SEEDS,
    STEPS,
    named,
)
from utils.results.spread import Spread, spread
from utils.results.verdict import RULE, Difference, compare
from utils.results.words import number, seeds_in_words

EXPERIMENTS = {
    "depth": "depth",
    "not-overfitting": "not overfitting",
    "no-normalisation": "normalisation",
    "starts": "starts",
    "largest-rate": "largest rate",
    "copy": "copy",
}
"""Short names of the experiments, by their id on the page."""
SHALLOW, DEEP = deep(DEPTHS[1]), BASE


@dataclass(frozen=True)
class Question:
    """Two values of each seed, and what the second says beside the first.

    Attributes:
        experiment: an id.
        settings: from which setting to which; both stand in the columns "first" and "second".
        before, after: seed -> value.
    """

    experiment: str
    settings: str
    before: Callable[[], Errors]
    after: Callable[[], Errors]

    def answer(self) -> Difference:
        """The second minus the first, seed by seed."""
        return compare(self.before(), self.after())


QUESTIONS = {
    "plain-deeper": Question(
        "depth",
        f"plain, from {SHALLOW.blocks} to {DEEP.blocks} blocks",
        lambda: plain(SHALLOW),
        lambda: plain(DEEP),
    ),
    "residual-deeper": Question(
        "depth",
        f"residual, from {SHALLOW.blocks} to {DEEP.blocks} blocks",
        lambda: residual(SHALLOW),
        lambda: residual(DEEP),
    ),
    "residual-deepest": Question(
        "depth",
        f"residual, from {SHALLOW.blocks} to {DEPTHS[-1]} blocks",
        lambda: residual(SHALLOW),
        lambda: residual(deep(DEPTHS[-1])),
    ),
    "test-minus-training": Question(
        "not-overfitting",
        f"plain, from {SHALLOW.blocks} to {DEEP.blocks} blocks: test error minus training error",
        lambda: overfitting(SHALLOW),
        lambda: overfitting(DEEP),
    ),
    "layer-normalisation": Question(
        "no-normalisation",
        "with layer normalisation, from plain to residual",
        lambda: plain(replace(BARE, normalisation="layer")),
        lambda: residual(replace(BARE, normalisation="layer")),
    ),
    "zero-without": Question(
        "no-normalisation",
        "residual, from batch normalisation with He's start to no normalisation with the zero "
        "start",
        lambda: residual(BASE),
        lambda: residual(started("zero", bare=True)),
    ),
    "pytorch": Question(
        "starts",
        "plain, from He's start to PyTorch's",
        lambda: plain(BASE),
        lambda: plain(started("pytorch")),
    ),
    "identity": Question(
        "starts",
        "plain, from He's start to one near the identity",
        lambda: plain(BASE),
        lambda: plain(started("identity")),
    ),
    "identity-without": Question(
        "starts",
        "plain without normalisation, from He's start to one near the identity",
        lambda: plain(BARE),
        lambda: plain(started("identity", bare=True)),
    ),
    "saved-and-residual": Question(
        "starts",
        "start near the identity, from plain to residual",
        lambda: plain(started("identity")),
        lambda: residual(started("identity")),
    ),
    "rates": Question(
        "largest-rate",
        f"from plain to residual: at how many of {number(len(RATES))} rates a network learns",
        lambda: rates_that_work("plain"),
        lambda: rates_that_work("residual"),
    ),
    "copied": Question(
        "copy",
        "plain without normalisation, from fresh weights to copied ones",
        lambda: plain(BARE),
        lambda: ten(COPIED, "plain").at_end(),
    ),
    "copied-and-residual": Question(
        "copy",
        "copied weights, from plain to residual",
        lambda: ten(COPIED, "plain").at_end(),
        lambda: ten(COPIED, "residual").at_end(),
    ),
}
"""What is compared, by name."""


def answer(name: str) -> Difference:
    """The difference of a question in :data:`QUESTIONS`."""
    return QUESTIONS[name].answer()


def seeds() -> str:
    """How many, in words."""
    return seeds_in_words([len(SEEDS)])


def told(values: Errors) -> str:
    """Mean and standard deviation over the seeds."""
    return spread(values.values()).words(1)


def answer_table() -> Published:
    """The questions of the experiments with what ten seeds say."""
    rows = []
    for each in QUESTIONS.values():
        found = each.answer()
        rows.append(
            [
                f"{EXPERIMENTS[each.experiment]}: {each.settings}",
                told(each.before()),
                told(each.after()),
                found.told(sign="+"),
                found.verdict,
            ]
        )
    return table(
        ["comparison", "first", "second", "change", "verdict"],
        rows,
        f"Training errors in percent after {STEPS} steps, mean ± standard deviation over "
        f"{seeds()}. Each row compares two settings seed by seed. In the row “not overfitting” the "
        "numbers are differences in points. In the row “largest rate” they count the rates at "
        f"which the training error ends below {SURVIVED} %. Unless the row says "
        f"otherwise, a network has {BASE.blocks} blocks, batch normalisation, He's start and a "
        f"rate of {BASE.rate}. Without normalisation and with layer normalisation the rate is "
        f"{BARE.rate}. A network that stopped counts with an error of 100 %. {RULE} The verdicts "
        "are computed from unrounded numbers.",
        wraps=True,
    )


ROWS = {
    "depth": {
        f"{blocks} block{'s' if blocks > 1 else ''}": named(deep(blocks)) for blocks in DEPTHS
    },
    "no-normalisation": {
        "none": named(BARE),
        "layer normalisation": named(replace(BARE, normalisation="layer")),
    },
    "starts": {
        "PyTorch's": named(started("pytorch")),
        "zero": named(started("zero")),
        "identity": named(started("identity")),
        "zero, without normalisation": named(started("zero", bare=True)),
        "identity, without normalisation": named(started("identity", bare=True)),
    },
    "largest-rate": {f"{rate:g}": named(replace(BASE, rate=rate)) for rate in RATES},
    "copy": {f"{SHALLOW.blocks} blocks into {BASE.blocks}": COPIED},
}
"""Experiment -> what is special in a setting -> its record."""


def cell(found: Ten, images: str) -> str:
    """Mean and spread of an error; networks that stopped are counted and left out."""
    errors = found.at_end(images)
    going = [error for seed, error in errors.items() if seed not in found.stops]
    whole = spread(going).words(1) if going else ""
    if not found.stops:
        return whole
    stopped = f"stopped in {len(found.stops)} of {len(errors)}"
    return f"{whole}, {stopped}" if whole else stopped


def setting_table() -> Published:
    """Every setting: errors of both networks, and whether plain is shown to be worse."""
    rows = []
    for experiment, settings in ROWS.items():
        for label, name in settings.items():
            pair = [ten(name, kind) for kind in KINDS]
            errors = [cell(found, images) for images in ("train", "test") for found in pair]
            rows.append([f"{EXPERIMENTS[experiment]}: {label}", *errors, *judged(*pair)])
    return table(
        [
            "setting",
            "plain, training error (%)",
            "residual, training error (%)",
            "plain, test error (%)",
            "residual, test error (%)",
            "plain minus residual, training error (points)",
            "verdict",
        ],
        rows,
        f"Errors after {STEPS} steps, mean ± standard deviation over {seeds()}. In this table, "
        "unlike in the first one, networks that stopped because their loss was no longer a number "
        "are left out of the mean. The difference is "
        f"computed seed by seed, if none stopped. {RULE} The copies were trained for {COPIED_AT} "
        f"steps with {SHALLOW.blocks} blocks and for the remaining steps with {BASE.blocks}.",
    )


def judged(first: Ten, second: Ten) -> tuple[str, str]:
    """Plain minus residual and its verdict, or dashes where a network stopped."""
    if first.stops or second.stops:
        return "–", "–"
    found = compare(second.at_end(), first.at_end())
    return found.told(sign="+"), found.verdict


def wanted(experiment: str) -> set[str]:
    """Names of the records that an experiment needs."""
    own = set(ROWS.get(experiment, {}).values())
    shared = {"not-overfitting": {named(SHALLOW), named(DEEP)}, "no-normalisation": {named(BASE)}}
    shared["no-normalisation"].add(named(started("zero", bare=True)))
    shared |= {"starts": {named(BASE), named(BARE)}, "copy": {named(BARE)}}
    return own | shared.get(experiment, set())


def not_recorded(experiment: str) -> list[str]:
    """The records of an experiment that nobody has made yet."""
    return sorted(wanted(experiment) & set(missing()))


def whole(kind: str, name: str) -> Spread:
    """Training error of a kind of network in a setting."""
    return spread(ten(name, kind).at_end().values())
