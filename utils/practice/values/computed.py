"""Numbers that follow from a formula, or from a published network.

Answers "what does the mathematics give?".
"""

from __future__ import annotations

import math
from decimal import Decimal

from utils.chapters import lesion_lab
from utils.chapters.gradient_norms import numbers as gradients
from utils.miniatures import unravelled as paths
from utils.practice.values.expressions import value


@value
def theory_factor() -> float:
    """Growth of the gradient per layer with batch normalisation and ReLU (Yang et al. 2019)."""
    return gradients.MEAN_FIELD_FACTOR


@value
def default_factor() -> float:
    """Shrinking of the gradient per layer with PyTorch's default initialisation, without norm."""
    return gradients.DEFAULT_FACTOR


@value
def count_paths(blocks: int) -> int:
    """Ways through a residual chain."""
    return paths.count_paths(blocks)


@value
def share_of_paths(blocks: int, low: int, high: int) -> float:
    """Share of the paths that go through ``low`` to ``high`` branches, between 0 and 1."""
    return paths.share_between(blocks, low, high)


@value
def surviving_share(blocks: int, deleted: int) -> float:
    """Share of the paths that remain when branches are deleted."""
    return paths.surviving_share(blocks, deleted)


@value
def lesion_share(picture: str, *blocks: int) -> float:
    """Percent that ResNet-20 gives to the class of a drawing with these blocks off:
    ``lesion_share("cat", 1, 2)``."""
    return 100 * lesion_lab.answer(picture, lesion_lab.gates_without(*blocks)).probability


@value
def lesion_answer(picture: str, *blocks: int) -> str:
    """The class that ResNet-20 names for a drawing with these blocks off."""
    return lesion_lab.answer(picture, lesion_lab.gates_without(*blocks)).said


@value
def binomial(total: int, chosen: int) -> int:
    """Ways to choose ``chosen`` of ``total``."""
    return math.comb(total, chosen)


@value
def sqrt(number: float) -> float:
    """Square root."""
    return math.sqrt(number)


@value
def exp(number: float) -> float:
    """Exponential function."""
    return math.exp(number)


@value
def log10(number: float) -> float:
    """Logarithm to base ten."""
    return math.log10(number)


@value
def rounded(number: float | Decimal, digits: int = 0) -> float | int | Decimal:
    """A number with so many digits behind the point; a whole number for none."""
    return round(number, digits) if digits else round(number)


@value
def relu(number: float) -> float:
    """The number, or zero for a negative one."""
    return max(number, 0)
