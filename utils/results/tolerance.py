"""Where a number that somebody measures again should fall.

Answers "does my run agree with the recorded ones?". The recorded seeds say how far one seed lies
from another, and :func:`expected` makes the 95 % prediction interval of new seeds from them.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from scipy.special import stdtrit

from utils.results.spread import spread
from utils.results.verdict import CONFIDENCE


@dataclass(frozen=True)
class Band:
    """Where the mean of new seeds should fall.

    Attributes:
        low, middle, high: in the unit of the values.
        recorded: how many seeds the middle comes from.
        new: how many seeds are averaged into the value that is asked about.
        by_factor: whether a value is compared by its ratio to the middle.
    """

    low: float
    middle: float
    high: float
    recorded: int
    new: int
    by_factor: bool = False

    def holds(self, value: float) -> bool:
        """Whether a value is within; the ends are."""
        return self.low <= value <= self.high

    def distance(self, value: float) -> float:
        """From the middle to a value: value minus middle, or value over middle by factor."""
        return value / self.middle if self.by_factor else value - self.middle

    def beyond(self, value: float) -> float:
        """From the nearer end to a value outside, without sign: a difference, or a factor above 1.

        Raises:
            ValueError: the value is within.
        """
        if self.holds(value):
            raise ValueError(f"{value:g} is within {self.low:g} and {self.high:g}")
        if self.by_factor:
            return self.low / value if value < self.low else value / self.high
        return self.low - value if value < self.low else value - self.high


def centre(values: Iterable[float], by_factor: bool = False) -> float:
    """The mean of values; the geometric one by factor.

    Raises:
        ValueError: no values, or by factor one that is not above zero.
    """
    return _back(spread(_scaled(values, by_factor)).mean, by_factor)


def expected(
    recorded: Iterable[float], new: int = 1, rounding: float = 0.0, by_factor: bool = False
) -> Band:
    """The 95 % prediction interval for the mean of new seeds, from the recorded ones.

    With n recorded seeds, their standard deviation s and m new seeds it reaches t s √(1/n + 1/m) to
    either side of the recorded mean, where t is the 97.5 % point of Student's distribution with
    n - 1 degrees of freedom. The part 1/n is there because the recorded mean itself is uncertain.
    Values that are alike in all seeds, such as counts, give an interval of no width.

    Args:
        recorded: a value for each seed.
        new: seeds that are averaged.
        rounding: what the same seed may differ by on another machine; added at either side.
        by_factor: work on the logarithms, for values that differ by factors.

    Raises:
        ValueError: one recorded seed and no rounding, or no new seed; or by factor a value that is
            not above zero.
    """
    over = spread(_scaled(recorded, by_factor))
    if new < 1:
        raise ValueError("there is no new seed to expect a value of; give at least one")
    if over.count < 2 and not rounding:
        raise ValueError("one recorded seed has no spread; record more seeds, or give a rounding")
    reach = rounding
    if over.count > 1:
        points = float(stdtrit(over.count - 1, (1 + CONFIDENCE) / 2))
        reach += points * over.sd * math.sqrt(1 / over.count + 1 / new)
    ends = (_back(over.mean + side * reach, by_factor) for side in (-1, 0, 1))
    return Band(*ends, over.count, new, by_factor)


def _scaled(values: Iterable[float], by_factor: bool) -> list[float]:
    """The values on the scale on which they are compared."""
    numbers = list(values)
    if not by_factor:
        return numbers
    if not all(value > 0 for value in numbers):
        raise ValueError(f"values that are compared by factor must be above zero, not {numbers}")
    return [math.log(value) for value in numbers]


def _back(value: float, by_factor: bool) -> float:
    return math.exp(value) if by_factor else value
