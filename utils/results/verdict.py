"""When a difference between two settings counts as shown.

Answers "is it more than luck?". Two settings are compared seed by seed, since what the runs of a
seed share then cancels. Every verdict of the book comes from :func:`compare`, with one rule: the
mean of the differences is *shown* to differ from zero when its 95 % interval leaves out zero.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from scipy.special import stdtrit

from utils.results.spread import Spread, each_seed, seed_by_seed, spread
from utils.results.words import number

SHOWN = "shown"
SAME_SIGN = "the same sign in each seed"
NOT_SHOWN = "not shown"
VERDICTS = (SHOWN, SAME_SIGN, NOT_SHOWN)
CONFIDENCE = 0.95
RULE = (
    f"A difference is {SHOWN} if the {100 * CONFIDENCE:.0f} % interval of its mean does not "
    "contain 0."
)
"""The rule in a sentence, for the caption of a table of differences."""


def half_width(seeds: int) -> float:
    """Half of the 95 % interval of a mean, in standard deviations of what was averaged.

    With n seeds it is t / √n, where t is the 97.5 % point of Student's distribution with n - 1
    degrees of freedom: 2.48 for three seeds, 1.24 for five.

    Raises:
        ValueError: fewer than two seeds, which have no spread.
    """
    if seeds < 2:
        raise ValueError(f"a verdict needs two seeds or more, not {seeds}; record more seeds")
    return float(stdtrit(seeds - 1, (1 + CONFIDENCE) / 2)) / math.sqrt(seeds)


def chance_of_one_sign(seeds: int) -> float:
    """How often pure chance gives all seeds the same sign: 2 / 2^n, which is 1/4 for three."""
    return 2 / 2**seeds


@dataclass(frozen=True)
class Difference:
    """One value for each seed, second setting minus first, and what they show.

    Attributes:
        by_seed: seed -> difference.
    """

    by_seed: Mapping[int, float]

    def __post_init__(self) -> None:
        half_width(len(self.by_seed))

    @property
    def values(self) -> list[float]:
        """The differences in order of seed."""
        return [self.by_seed[seed] for seed in sorted(self.by_seed)]

    @property
    def seeds(self) -> str:
        """How many there are, for a sentence: "three seeds"."""
        return f"{number(len(self.by_seed))} seeds"

    @property
    def over(self) -> Spread:
        """Mean and standard deviation over the seeds."""
        return spread(self.values)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the mean (Student's t)."""
        over = self.over
        reach = half_width(over.count) * over.sd
        return over.mean - reach, over.mean + reach

    @property
    def verdict(self) -> str:
        """One of :data:`VERDICTS`.

        The same sign in each seed is a hint and not a finding: two equal settings show it with
        probability 2 / 2^n, so once in four comparisons of three seeds.
        """
        low, high = self.interval
        if low > 0 or high < 0:
            return SHOWN
        one_sign = min(self.values) > 0 or max(self.values) < 0
        return SAME_SIGN if one_sign else NOT_SHOWN

    def says(self, shown: str, same_sign: str, not_shown: str) -> str:
        """The one of three sentences that fits the verdict."""
        return dict(zip(VERDICTS, (shown, same_sign, not_shown), strict=True))[self.verdict]

    def sentence(self, what: str) -> str:
        """What the seeds say of it, for example of "The gain"; the hint says that it is one."""
        return self.says(
            f"{what} is shown.",
            f"{what} has the same sign in each seed, which is a hint and not yet a finding.",
            f"{what} is not shown, because the seeds do not agree on its sign.",
        )

    def told(self, digits: int = 1, sign: str = "") -> str:
        """For example "1.9 ± 0.2"; with the sign "+" it is always written out."""
        return self.over.words(digits, sign)


def compare(first: Mapping[int, float], second: Mapping[int, float]) -> Difference:
    """Second minus first, seed by seed.

    Args:
        first: seed -> value of one setting.
        second: the same of the other.

    Raises:
        ValueError: the two do not have the same seeds, or fewer than two.
    """
    return Difference(seed_by_seed(first, second))


def compare_pairs(first: Mapping[int, float], second: Mapping[int, float]) -> Difference:
    """The same where one setting may have more seeds than the other.

    Only a seed that both settings have makes a pair, and what the result says of
    :attr:`Difference.seeds` counts these pairs.

    Raises:
        ValueError: fewer than two seeds are in both.
    """
    pairs = first.keys() & second.keys()
    return compare(*({seed: found[seed] for seed in pairs} for found in (first, second)))


def compare_runs(
    first: Iterable[dict], second: Iterable[dict], value: Callable[[dict], float]
) -> Difference:
    """:func:`compare_pairs` for recorded runs, of which ``value`` takes one number each.

    Raises:
        ValueError: fewer than two seeds are in both.
    """
    return compare_pairs(each_seed(list(first), value), each_seed(list(second), value))


def by_verdict(found: Mapping[str, Difference]) -> dict[str, list[str]]:
    """Names of comparisons under what they show; every verdict is there, if only with no name."""
    return {
        verdict: [name for name, each in found.items() if each.verdict == verdict]
        for verdict in VERDICTS
    }


def agreed(found: Mapping[str, Difference]) -> Iterator[tuple[bool, str, list[str], str]]:
    """Comparisons whose seeds agree, in groups for sentences: shown ones first, gains first.

    Yields:
        Whether it is shown or a hint only, "raise" or "lower", the names of the comparisons, and
        the least number of seeds as a word.
    """
    groups = by_verdict(found)
    for verdict in (SHOWN, SAME_SIGN):
        for way, sign in (("raise", 1), ("lower", -1)):
            names = [name for name in groups[verdict] if sign * found[name].over.mean > 0]
            if names:
                seeds = number(min(len(found[name].values) for name in names))
                yield verdict == SHOWN, way, names, seeds
