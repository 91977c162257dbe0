"""Paths through a residual network: counted by hand, and the same in the figure to touch."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom
from unravelled_states import STATES

from utils.miniatures.unravelled import (
    MAX_BLOCKS,
    count_paths,
    deleted_blocks,
    length_shares,
    list_paths,
    share_between,
    surviving_share,
    usual_lengths,
)
from utils.models.networks import cifar_architecture


def test_three_blocks_have_the_eight_paths_of_veits_figure():
    assert list_paths(3) == [(), (1,), (2,), (3,), (1, 2), (1, 3), (2, 3), (1, 2, 3)]
    assert count_paths(3) == 8
    assert length_shares(3) == [1 / 8, 3 / 8, 3 / 8, 1 / 8]


@pytest.mark.parametrize("blocks", [1, 2, 7, 12])
def test_listed_paths_have_the_counted_lengths(blocks):
    lengths = [len(path) for path in list_paths(blocks)]
    assert length_shares(blocks) == [lengths.count(k) / 2**blocks for k in range(blocks + 1)]


@pytest.mark.parametrize("blocks", [1, 9, 27, 54])
def test_lengths_follow_scipys_binomial_distribution(blocks):
    expected = binom(blocks, 0.5).pmf(np.arange(blocks + 1))
    np.testing.assert_allclose(length_shares(blocks), expected, rtol=1e-10)


def test_of_54_blocks_98_percent_of_the_paths_go_through_19_to_35():
    assert usual_lengths(54) == (19, 35)
    expected = binom(54, 0.5).cdf(35) - binom(54, 0.5).cdf(18)
    assert share_between(54, 19, 35) == pytest.approx(expected)
    assert round(100 * share_between(54, 19, 35), 1) == 98.0
    assert round(100 * share_between(54, 5, 17), 2) == 0.45


def test_each_deletion_halves_the_paths_and_cuts_a_plain_chain():
    assert [surviving_share(5, k) for k in range(4)] == [1, 1 / 2, 1 / 4, 1 / 8]
    assert [surviving_share(5, k, shortcuts=False) for k in range(3)] == [1, 0, 0]
    alive = [path for path in list_paths(5) if not set(path) & {2, 4}]
    assert len(alive) / 32 == surviving_share(5, 2)


def test_deleted_blocks_are_spread_and_never_repeat():
    assert deleted_blocks(6, 2) == [1, 4]
    for blocks, deleted, _ in STATES:
        chosen = deleted_blocks(blocks, deleted)
        assert len(set(chosen)) == deleted
        assert set(chosen) <= set(range(blocks))


def test_impossible_questions_say_what_is_wrong():
    with pytest.raises(ValueError, match="cannot delete 4 of 3"):
        surviving_share(3, 4)
    with pytest.raises(ValueError, match="length_shares"):
        list_paths(30)
    with pytest.raises(ValueError, match="-1 blocks"):
        count_paths(-1)


@pytest.mark.parametrize("blocks", range(8))
def test_shares_of_paths_hold_from_no_block_to_all(blocks):
    shares = length_shares(blocks)
    assert sum(shares) == share_between(blocks, 0, blocks) == share_between(blocks, -3, 99) == 1
    for length, share in enumerate(shares):
        assert share_between(blocks, length, length) == share
        assert share_between(blocks, -1, length) == pytest.approx(sum(shares[: length + 1]))
    assert share_between(blocks, blocks + 1, 99) == share_between(blocks, 2, 1) == 0


def test_usual_lengths_stay_within_the_chain():
    # n / 2 and sqrt(n) by hand: 0, 0.5 and 1, 1 and 1.41, 2 and 2, 2.5 and 2.24, 8 and 4.
    expected = {0: (0, 0), 1: (0, 1), 2: (0, 2), 4: (0, 4), 5: (0, 5), 16: (4, 12)}
    assert {blocks: usual_lengths(blocks) for blocks in expected} == expected


def test_no_block_or_every_block_may_be_deleted():
    assert [surviving_share(3, k) for k in (0, 3)] == [1, 1 / 8]
    assert [surviving_share(3, k, shortcuts=False) for k in (0, 3)] == [1, 0]
    assert surviving_share(0, 0) == surviving_share(0, 0, shortcuts=False) == 1
    assert deleted_blocks(3, 3) == [0, 1, 2] and deleted_blocks(3, 0) == []
    with pytest.raises(ValueError, match="cannot delete -1 of 3 blocks"):
        surviving_share(3, -1)
    assert (count_paths(0), count_paths(3), count_paths(3, shortcuts=False)) == (1, 8, 1)
    assert len(list_paths(12)) == 4096 and list_paths(0) == [()]
    with pytest.raises(ValueError, match=r"13 blocks have 8,192 paths"):
        list_paths(13)


def test_the_most_blocks_are_those_of_the_papers_deepest_table_entry():
    assert sum(cifar_architecture(110).blocks) == MAX_BLOCKS
