"""A class that does not exist, to try the analysis on before there is a real one.

Answers "what would such a file look like?". Each learner has an ability, each item a difficulty and
a favourite wrong option, and a seed decides the rest. Nothing here comes from real learners.
"""

from __future__ import annotations

import numpy as np

from utils.practice.class_answers import BLANK, TIMES, Answers, joined
from utils.practice.concepts import LETTERS

GUESS = 1 / len(LETTERS)
"""How often somebody without any idea is right."""
LEARNING = 1.2
"""What the course adds to the abilities, whose standard deviation is 1."""
STUBBORN = 4
"""Every fourth item is one that the course does not change."""
FAVOURITE = 0.6
"""Share of the wrong answers that go to the item's favourite wrong option."""
LEFT_OUT = (0.08, 0.01)
"""Share of the items that are left out, before and after."""


def simulate(key: str, learners: int = 40, absent: int = 4, seed: int = 0) -> Answers:
    """The answers of a simulated class, before and after.

    Args:
        key: letters of the right options.
        learners: in the class.
        absent: of them who are missing the second time.
        seed: the same seed gives the same class.

    Raises:
        ValueError: fewer than two learners are there both times.
    """
    if learners - absent < 2 or absent < 0:
        raise ValueError(f"{learners} learners of whom {absent} are absent leave fewer than two")
    draw = np.random.default_rng(seed)
    ability = draw.normal(size=learners)
    hard = draw.permutation(np.linspace(-1, 2, len(key)))
    favourite = np.array([draw.choice([o for o in LETTERS if o != right]) for right in key])
    learning = np.where(np.arange(len(key)) % STUBBORN, LEARNING, 0.0)
    codes = tuple(f"{draw.choice(list('ABEKLMRS'))}{place:02}" for place in range(learners))
    times = []
    for when, learned, left_out in zip(TIMES, (0, learning), LEFT_OUT, strict=True):
        reach = ability[:, None] + learned - hard
        chosen = choices(GUESS + (1 - GUESS) / (1 + np.exp(-1.5 * reach)), key, favourite, draw)
        chosen[draw.random(chosen.shape) < left_out] = BLANK
        times.append(Answers(codes, (when,) * learners, chosen))
    stay = sorted(draw.permutation(learners)[absent:])
    return joined([times[0], times[1].rows(stay)])


def choices(
    right: np.ndarray, key: str, favourite: np.ndarray, draw: np.random.Generator
) -> np.ndarray:
    """A letter for each learner and item, given the probability that she is right."""
    others = np.array([draw.choice([o for o in LETTERS if o != k], len(right)) for k in key]).T
    wrong = np.where(draw.random(right.shape) < FAVOURITE, favourite, others)
    return np.where(draw.random(right.shape) < right, np.array(list(key)), wrong)
