"""The words of *Inside a trained ResNet* read well for every value."""

from __future__ import annotations

import statistics

import pytest
import torch

from utils.chapters.inside_a_resnet import words
from utils.chapters.inside_a_resnet.numbers import exchanged, path_rows, regained

GROUPS = (
    "one_out", "starred", "refreshed", "many_out", "order", "counted", "lengths", "deep_one_out",
    "deep_refreshed", "deep_slope", "preactivation",
)  # fmt: skip


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_gives_text_for_every_name(group):
    found = getattr(words, group)()
    assert all(isinstance(text, str) for text in found.values())
    assert all(found.values())
    assert not any("nan" in text for text in found.values())


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ((), "none"),
        ((4,), "4"),
        ((4, 5), "4 and 5"),
        ((4, 5, 6), "4 to 6"),
        ((19, 10, 1, 2, 3, 4), "1 to 4, 10 and 19"),
        ((15, 18, 19, 23), "15, 18, 19 and 23"),
    ],
)
def test_neighbours_become_a_range_from_three_on(numbers, told):
    assert words.in_runs(numbers) == told


def test_one_block_is_no_blocks():
    assert words.block_or_blocks([4]) == "block 4"
    assert words.block_or_blocks([1, 4]) == "blocks 1 and 4"


def test_the_factor_of_a_block_is_the_geometric_mean_of_the_rise():
    rows = path_rows("ResNet-14", "single")
    factors = [float(row[-1] / row[0]) ** (1 / 6) for row in rows]
    mean, sd = statistics.fmean(factors), statistics.stdev(factors)
    assert words.growth_a_block("ResNet-14") == f"{mean:.2f} ± {sd:.2f}"


def test_a_refresh_takes_away_the_share_of_the_rise_that_the_table_has():
    before, after = words.rises("ResNet-14")
    assert 1 - after / before == pytest.approx(regained("ResNet-14").mean, abs=0.01)
    found = words.refreshed()
    assert (found["rise"], found["rise_after"]) == (f"{before:.1f}", f"{after:.1f}")


def test_half_of_the_exchanges_are_at_the_median_or_below():
    errors = torch.tensor([float(each.mean()) for each in exchanged("ResNet-56").values()])
    middle = float(words.deep_slope()["exchanged"].split("\u00a0")[0])
    assert int((errors <= middle + 0.05).sum()) >= len(errors) / 2
    assert int((errors >= middle - 0.05).sum()) >= len(errors) / 2


def test_starred_blocks_are_told_with_a_verdict_for_each_network():
    told = words.starred()
    for depth in (14, 20):
        assert told[f"verdict_{depth}"].startswith(
            f"The difference between the two errors of ResNet-{depth} "
        )
        assert told[f"verdict_{depth}"].endswith(".")
