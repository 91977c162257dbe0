"""How hard is each item, whom does it tell apart, and what did the class gain?

Comes in: which answers are right, an array (learners, items) of booleans. Goes out: the usual
numbers of classical test theory, with intervals from learners drawn anew. NaN stands where a number
cannot be computed, for example where everybody was right.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from utils.practice.class_answers import BLANK, TIMES, Answers, need_pairs
from utils.practice.concepts import LETTERS

SHARE = 0.27
"""Of the class in each of the two groups that are compared: Kelley (1939) chose it."""
DRAWS = 2000
LEVEL = 0.95
SMALLEST = 10
"""Learners without whom nothing is said about single items, or about how they go together."""


def need_right(right: np.ndarray, name: str = "right") -> np.ndarray:
    """The array as booleans.

    Raises:
        ValueError: it is not a table of learners and items.
    """
    right = np.asarray(right)
    if right.ndim != 2 or right.dtype != bool or not right.size:
        raise ValueError(
            f"{name} must be a table of booleans (learners, items), found "
            f"{right.dtype} {right.shape}; take it from answers.right(key)"
        )
    return right


def difficulty(right: np.ndarray) -> np.ndarray:
    """Share of the learners who are right, for each item; a hard item has a small one."""
    return need_right(right).mean(0)


def discrimination(right: np.ndarray) -> np.ndarray:
    """Correlation of each item with the score in all other items (corrected point-biserial).

    Without the correction an item would be compared with itself.
    """
    right = need_right(right).astype(float)
    rest = right.sum(1, keepdims=True) - right
    item, rest = right - right.mean(0), rest - rest.mean(0)
    spread = np.sqrt((item**2).sum(0) * (rest**2).sum(0))
    return np.divide(
        (item * rest).sum(0), spread, out=np.full_like(spread, np.nan), where=spread > 0
    )


def group_weights(scores: np.ndarray, size: float) -> np.ndarray:
    """Weight of each learner in the group of the ``size`` best; a tie at its border is shared."""
    weights = np.zeros(len(scores))
    for score in np.unique(scores)[::-1]:
        tied = scores == score
        weights[tied] = min(1.0, (size - weights.sum()) / tied.sum())
        if weights.sum() >= size:
            break
    return weights / size


def upper_lower(right: np.ndarray, share: float = SHARE) -> np.ndarray:
    """Share of right answers among the best of the class, less that among the weakest."""
    right = need_right(right)
    scores, size = right.sum(1), max(1, round(share * len(right)))
    upper, lower = (group_weights(sign * scores, size) for sign in (1, -1))
    return (upper - lower) @ right


def kr20(right: np.ndarray) -> float:
    """Kuder and Richardson's formula 20, which is Cronbach's alpha for right and wrong.

    It says how far the items go together, from about 0 to 1. NaN with one item or equal scores.
    """
    right = need_right(right)
    count, shares, spread = right.shape[1], right.mean(0), right.sum(1).var()
    if count < 2 or spread == 0:
        return float("nan")
    return float(count / (count - 1) * (1 - (shares * (1 - shares)).sum() / spread))


def option_counts(answers: Answers) -> np.ndarray:
    """How many chose each letter, and in the last column how many left the item out."""
    return np.stack([(answers.chosen == letter).sum(0) for letter in (*LETTERS, BLANK)], axis=1)


def gain(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Which part of what was missing has been gained (Hake's normalised gain).

    Args:
        before: shares of right answers from 0 to 1, of any shape.
        after: the same later.

    Returns:
        (after - before) / (1 - before); NaN where nothing was missing.
    """
    before, after = np.asarray(before, float), np.asarray(after, float)
    missing = 1 - before
    return np.divide(after - before, missing, out=np.full_like(missing, np.nan), where=missing > 0)


def redrawn(
    number: Callable[[np.ndarray], np.ndarray], learners: int, seed: int = 0, draws: int = DRAWS
) -> tuple[np.ndarray, np.ndarray]:
    """Both ends of a 95 % interval of a number, from learners drawn anew with replacement.

    An end is NaN where more than one draw in twenty gives no number.

    Args:
        number: gives the number, or one for each item, from the places of learners.
        learners: how many there are.
        seed: of the draw.
        draws: how often.
    """
    draw = np.random.default_rng(seed)
    found = np.array([number(draw.integers(learners, size=learners)) for _ in range(draws)])
    tail = 50 * (1 - LEVEL)
    usable = np.isfinite(found).mean(0) >= LEVEL
    ends = np.full((2, *found.shape[1:]), np.nan)
    ends[:, usable] = np.nanpercentile(found[:, usable], [tail, 100 - tail], axis=0)
    return ends[0], ends[1]


def chance_reach(learners: int) -> float:
    """Discriminations up to about this size come about by chance: two standard errors at zero."""
    return 2 / np.sqrt(max(learners - 1, 1))


@dataclass(frozen=True)
class Report:
    """What a class shows.

    Attributes:
        learners: who answered before, after, and both times.
        difficulty: share right of each item, before and after, of those who answered both times.
        discrimination: of each item after, over all who answered then; NaN for a small class.
        upper_lower: the same for the best and the weakest of the class.
        reliability: KR-20 of the second time; NaN for a small class, where chance decides it.
        gains: normalised gain of each item.
        item_ends: the 95 % intervals of ``gains`` (2, items).
        gain: of the class, from its mean scores.
        ends: its interval.
        cautions: what cannot be said, a sentence each.
    """

    learners: tuple[int, int, int]
    difficulty: tuple[np.ndarray, np.ndarray]
    discrimination: np.ndarray
    upper_lower: np.ndarray
    reliability: float
    gains: np.ndarray
    item_ends: np.ndarray
    gain: float
    ends: tuple[float, float]
    cautions: tuple[str, ...]


def report(answers: Answers, key: str, seed: int = 0) -> Report:
    """All numbers of a class.

    Args:
        answers: of both times.
        key: letters of the right options.
        seed: of the intervals.

    Raises:
        AnswersError: fewer than two learners answered both times.
    """
    need_pairs(answers)
    both = answers.paired()
    paired = len(both[0].codes)
    before, after = (need_right(one.right(key)) for one in both)
    all_after = answers.at(TIMES[1]).right(key)
    counts = (len(answers.at(TIMES[0]).codes), len(all_after), paired)
    single = len(all_after) >= SMALLEST
    low, high = redrawn(lambda p: gain(before[p].mean(0), after[p].mean(0)), paired, seed)
    least, most = redrawn(lambda p: gain(before[p].mean(), after[p].mean()), paired, seed)
    unknown = np.full(len(key), np.nan)
    return Report(
        counts,
        (difficulty(before), difficulty(after)),
        discrimination(all_after) if single else unknown,
        upper_lower(all_after) if single else unknown,
        kr20(all_after) if single else float("nan"),
        gain(difficulty(before), difficulty(after)),
        np.array([low, high]),
        float(gain(before.mean(), after.mean())),
        (float(least), float(most)),
        tuple(cautions(counts)),
    )


def cautions(learners: tuple[int, int, int]) -> list[str]:
    """What a class of this size cannot show.

    Args:
        learners: who answered before, after, and both times.
    """
    before, after, both = learners
    said = []
    if after < SMALLEST:
        said.append(
            f"Only {after} learners answered the second time, so nothing is said about how well "
            "items tell learners apart or go together."
        )
    else:
        said.append(
            f"With {after} learners, a discrimination within {chance_reach(after):.2f} of zero can "
            "come about by chance."
        )
    if both < SMALLEST:
        said.append(
            f"Only {both} learners answered both times, so the gain of a single item says nothing, "
            "and the interval of the class is too short."
        )
    if lost := before + after - 2 * both:
        sheets = "sheet has" if lost == 1 else "sheets have"
        said.append(
            f"{lost} {sheets} no partner with the same code ({before - both} before, "
            f"{after - both} after) and cannot count for the gain."
        )
    said.append(
        "Without a second class that was not taught, the gain is not proof of the teaching."
    )
    return said


def item_rows(answers: Answers, key: str, ids: list[str], seed: int = 0) -> list[dict[str, object]]:
    """A row for each item and none for a learner: what may be passed on.

    All counts are of the learners who answered both times, so they can be compared. Only the
    discrimination is of everybody who answered the second time.

    Args:
        answers: of both times.
        key: letters of the right options.
        ids: names of the items.
        seed: of the intervals.
    """
    made = report(answers, key, seed)
    counts = dict(zip(TIMES, map(option_counts, answers.paired()), strict=True))
    columns = [*LETTERS, "blank"]
    return [
        {
            "item": name,
            "learners": made.learners[2],
            "before": round(float(made.difficulty[0][place]), 2),
            "after": round(float(made.difficulty[1][place]), 2),
            "gain": round(float(made.gains[place]), 2),
            "discrimination": round(float(made.discrimination[place]), 2),
            **{
                f"{column}_{when}": int(count)
                for when in TIMES
                for column, count in zip(columns, counts[when][place], strict=True)
            },
        }
        for place, name in enumerate(ids)
    ]
