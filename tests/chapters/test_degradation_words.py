"""The words in the text of the chapter on degradation fit every value, today's and others."""

from __future__ import annotations

import pytest
from seeds import difference

from utils.chapters.degradation import words
from utils.results.verdict import NOT_SHOWN, SAME_SIGN, SHOWN


@pytest.mark.parametrize(
    ("depth", "told"),
    [(8, "from 8 layers on"), (110, "from 110 layers on"), (None, "at no depth that we trained")],
)
def test_the_depth_at_which_plain_networks_fall_behind(depth, told):
    assert words.from_depth(depth) == told


@pytest.mark.parametrize(
    ("verdicts", "told"),
    [([SHOWN] * 4, "agree"), ([NOT_SHOWN] * 4, "agree"), ([SHOWN, SAME_SIGN] * 2, "differ")],
)
def test_verdicts_agree_only_if_all_are_the_same(verdicts, told):
    assert words.agreement(verdicts) == told


@pytest.mark.parametrize(
    ("count", "told"),
    [(0, "none of three seeds"), (1, "one of three seeds"), (2, "two of three seeds"),
     (3, "each of three seeds")],
)  # fmt: skip
def test_how_many_seeds(count, told):
    assert words.of_seeds(count, 3) == told


@pytest.mark.parametrize(
    ("epoch", "told"),
    [(1, "from epoch 1 on"), (20, "from epoch 20 on"), (None, "from no epoch on")],
)
def test_the_epoch_from_which_on_the_deeper_network_is_ahead(epoch, told):
    assert words.from_epoch(epoch) == told


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ((2, 2.1, 2.2), "these runs show degradation"),
        ((1, 5, 9), "these runs look like degradation without settling it"),
        ((1, -1, 3), "these runs leave open whether they are a case of it"),
        ((-2, -2.1, -2.2), "these runs do not look like degradation"),
    ],
)
def test_the_plain_runs_are_called_degradation_by_what_they_show(values, told):
    assert words.looks_like(difference(*values)) == told


def test_every_value_is_text_and_none_is_empty():
    for group in (words.depths, words.at_eight, words.cost, words.at_14, words.at_56,
                  words.long_plain, words.long_residual, words.remains, words.remedies,
                  words.full_size):  # fmt: skip
        assert all(isinstance(value, str) and value.strip() for value in group().values())
