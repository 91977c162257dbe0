"""A residual network as a collection of paths: how many are there, and how long?

At each block a path goes through the branch or takes the shortcut. So n blocks have 2^n paths,
and as many of length k as there are ways to choose k blocks of n (Veit et al. 2016). All shares
here count paths; they say nothing about how much a path contributes.
"""

import math
from itertools import product

MAX_BLOCKS = 54
"""Blocks of ResNet-110, and of the explorable at most: still exact in double precision."""


def count_paths(blocks: int, *, shortcuts: bool = True) -> int:
    """Number of ways through a chain; a plain chain has one.

    Raises:
        ValueError: a negative number of blocks.
    """
    if blocks < 0:
        raise ValueError(f"a chain cannot have {blocks} blocks")
    return 2**blocks if shortcuts else 1


def list_paths(blocks: int) -> list[tuple[int, ...]]:
    """Every path as the numbers of the blocks it goes through, shortest first.

    Raises:
        ValueError: more than 12 blocks; use :func:`length_shares` there.
    """
    if blocks > 12:
        raise ValueError(f"{blocks} blocks have {2**blocks:,} paths; length_shares counts them")
    choices = product((False, True), repeat=blocks)
    paths = [tuple(i + 1 for i, taken in enumerate(choice) if taken) for choice in choices]
    return sorted(paths, key=lambda path: (len(path), path))


def length_shares(blocks: int) -> list[float]:
    """Share of the paths that go through 0, 1, ..., ``blocks`` branches: Binomial(n, 1/2)."""
    total = count_paths(blocks)
    return [math.comb(blocks, length) / total for length in range(blocks + 1)]


def share_between(blocks: int, low: int, high: int) -> float:
    """Share of the paths that go through ``low`` to ``high`` branches, both included."""
    lengths = range(max(low, 0), min(high, blocks) + 1)
    return sum(math.comb(blocks, length) for length in lengths) / count_paths(blocks)


def usual_lengths(blocks: int) -> tuple[int, int]:
    """The lengths within two standard deviations of n / 2, rounded outwards to whole blocks.

    The standard deviation of Binomial(n, 1/2) is sqrt(n) / 2.
    """
    reach = math.sqrt(blocks)
    low, high = math.floor(blocks / 2 - reach), math.ceil(blocks / 2 + reach)
    return max(low, 0), min(high, blocks)


def surviving_share(blocks: int, deleted: int, *, shortcuts: bool = True) -> float:
    """Share of the paths that remain when the branches of some blocks are deleted.

    With shortcuts each deletion halves the paths. A plain chain has a single path, and it runs
    through every block.

    Raises:
        ValueError: more deleted than there are.
    """
    if not 0 <= deleted <= blocks:
        raise ValueError(f"cannot delete {deleted} of {blocks} blocks")
    if shortcuts:
        return count_paths(blocks - deleted) / count_paths(blocks)
    return 0.0 if deleted else 1.0


def deleted_blocks(blocks: int, deleted: int) -> list[int]:
    """Which blocks the explorable deletes, counted from 0: evenly spread along the chain."""
    return [(2 * i + 1) * blocks // (2 * deleted) for i in range(deleted)]
