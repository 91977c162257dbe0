"""Depth and error by year: words, places and the still picture."""

from __future__ import annotations

import json
import re

import pytest

from utils.explorables import EXPLORABLES
from utils.explorables.depth_years import error_height, finding, layers_height, winners_by_year


def packed() -> list[dict]:
    """What the script is given."""
    markup = EXPLORABLES["depth-years"]().markup
    return json.loads(re.search(r'data-part="data">(.*?)</script>', markup)[1])


@pytest.mark.parametrize(
    ("year", "words"),
    [
        (2010, ["NEC-UIUC, has a top-5 error of 28.2 %", "no deep network"]),
        (2012, ["AlexNet", "16.4 %", "36 % less than the winner of 2011", "8 weighted layers"]),
        (2013, ["Clarifai", "not published"]),
        (2014, ["GoogLeNet", "2.8 times as many as AlexNet", "VGG, with 19 layers, came second"]),
        (2015, ["3.57 %", "46 % less", "6.9 times as many as GoogLeNet had in 2014"]),
        (2016, ["2.99 %", "second-hand reports only"]),
        (2017, ["2.25 %", "about as many as ResNet had in 2015"]),
    ],
)
def test_each_year_is_told_in_words(year: int, words: list[str]):
    assert all(each in finding(year) for each in words)


def test_the_first_year_is_compared_with_nothing():
    assert "less than" not in finding(2010) and "times as many" not in finding(2012)


def test_the_script_is_given_the_words_and_places_of_every_year():
    (layer,) = packed()
    assert layer["keys"] == ["y"]
    assert list(layer["states"]) == [str(year) for year in range(2010, 2018)]
    for year, entry in winners_by_year().items():
        state = layer["states"][str(year)]
        assert state["finding"] == finding(year) and state["outputs"] == {"y": str(year)}
        height = float(state["parts"]["ring-error"]["cy"])
        assert height == pytest.approx(error_height(entry.error_percent), abs=0.006)
        assert (state["parts"]["ring-layers"]["r"] == "0") == (entry.layers is None)


def test_equal_factors_of_depth_are_equal_distances_and_more_is_higher():
    assert layers_height(10) - layers_height(20) == pytest.approx(
        layers_height(50) - layers_height(100)
    )
    assert layers_height(152) < layers_height(8)
    assert error_height(3.57) > error_height(28.2)


def test_the_still_picture_names_every_network_of_known_depth():
    markup = EXPLORABLES["depth-years"]().markup
    for name in ("AlexNet 8", "VGG 19", "GoogLeNet 22", "ResNet 152", "SENet 154"):
        assert f">{name}</text>" in markup
    assert markup.count(">?</text>") == 2 and markup.count(">–</text>") == 2
    assert finding(2015) in markup
