"""Hashed numbers, computed anew with whole numbers that have no size."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from murmur import by_hand

from utils.miniatures import hashed


@pytest.mark.parametrize("stream", [-1, 0, 2**32 - 2, 2**32 - 1, 2**32 + 5])
def test_streams_go_round_after_two_to_the_thirty_second(stream):
    found = hashed.uniforms(3, stream, 4)
    assert found.tolist() == [by_hand(3, stream, place) for place in range(4)]
    assert found.tolist() == hashed.uniforms(3, stream + 2**32, 4).tolist()


@pytest.mark.parametrize("count", [0, 1, 2, 5, 6])
def test_there_are_as_many_normal_numbers_as_asked_for_and_each_pair_is_box_and_mullers(count):
    found = hashed.normals(2, 1, count)
    assert found.shape == (count,)
    for place, number in enumerate(found):
        first, second = (by_hand(2, 1, place - place % 2 + other) for other in (0, 1))
        turn = (math.cos, math.sin)[place % 2](2 * math.pi * second)
        assert number == pytest.approx(math.sqrt(-2 * math.log(first)) * turn, rel=1e-12)


@pytest.mark.parametrize(("count", "seed", "epoch"), [(1, 0, 0), (2, 5, 0), (9, 1, 3), (40, 7, 1)])
def test_an_order_is_that_of_fisher_and_yates_from_the_back(count, seed, epoch):
    places = list(range(count))
    for last in reversed(range(1, count)):
        other = math.floor(by_hand(seed, 0x10000 + epoch, last) * (last + 1))
        places[last], places[other] = places[other], places[last]
    assert hashed.order(count, seed, epoch) == places


def test_all_orders_of_three_places_are_about_equally_frequent():
    found = Counter(tuple(hashed.order(3, seed, 0)) for seed in range(1200))
    assert len(found) == 6 and min(found.values()) > 150 and max(found.values()) < 250
