"""The range in which a repeated number should fall: by hand, by chance, and at its edges."""

import math

import numpy as np
import pytest

from utils.results.tolerance import Band, centre, expected

T_OF_TWO = 4.302653
"""The 97.5 % point of Student's distribution with two degrees of freedom, from a table."""


def test_three_seeds_by_hand():
    found = expected([1, 2, 3])
    reach = T_OF_TWO * 1 * math.sqrt(1 + 1 / 3)
    assert (found.middle, found.recorded, found.new) == (2, 3, 1)
    assert (found.low, found.high) == pytest.approx((2 - reach, 2 + reach), abs=1e-5)


def test_the_page_says_how_far_it_reaches():
    """About five standard deviations with three seeds, less than two and a half with ten."""
    three, ten = ([-1, 0, 1], [-1.5, -1, -1, -0.5, 0, 0, 0.5, 1, 1, 1.5])
    reach = {len(values): expected(values).high / np.std(values, ddof=1) for values in (three, ten)}
    assert 4.9 < reach[3] < 5.1
    assert 2.3 < reach[10] < 2.5


@pytest.mark.parametrize(("recorded", "new"), [(3, 1), (10, 1), (5, 5)])
def test_95_of_100_honest_repetitions_are_within(recorded: int, new: int):
    random = np.random.default_rng(0)
    draws = random.normal(70, 3, (4000, recorded + new))
    within = [expected(row[:recorded], new).holds(row[recorded:].mean()) for row in draws]
    assert np.mean(within) == pytest.approx(0.95, abs=0.012)


def test_more_new_seeds_make_it_narrower_but_never_as_narrow_as_nothing():
    one, many = expected([1, 2, 3]), expected([1, 2, 3], new=1000)
    assert one.high > many.high > 2 + T_OF_TWO * math.sqrt(1 / 3)


def test_a_count_is_expected_exactly():
    found = expected([269722, 269722, 269722])
    assert found.low == found.high == 269722
    assert found.holds(269722) and not found.holds(269723)


def test_rounding_is_added_and_is_enough_for_one_value():
    assert expected([1, 2, 3], rounding=0.5).high == expected([1, 2, 3]).high + 0.5
    found = expected([89.37], rounding=0.1)
    assert (found.low, found.high) == pytest.approx((89.27, 89.47))


def test_by_factor_the_range_is_even_in_factors():
    found = expected([10, 100, 1000], by_factor=True)
    assert found.middle == pytest.approx(100)
    assert found.high / found.middle == pytest.approx(found.middle / found.low)
    assert found.high == pytest.approx(100 * 10 ** (T_OF_TWO * math.sqrt(4 / 3)), rel=1e-5)
    assert centre([10, 1000], by_factor=True) == pytest.approx(100)
    assert centre([10, 1000]) == 505


def test_distances_are_differences_or_factors():
    plain = Band(1, 2, 3, 3, 1)
    assert (plain.distance(2.5), plain.beyond(5), plain.beyond(0)) == (0.5, 2, 1)
    factor = Band(10, 100, 1000, 3, 1, by_factor=True)
    assert (factor.distance(50), factor.beyond(5), factor.beyond(4000)) == (0.5, 2, 4)


def test_the_ends_are_within_and_what_is_no_number_is_not():
    band = Band(1, 2, 3, 3, 1)
    assert band.holds(1) and band.holds(3)
    assert not band.holds(math.nan)
    with pytest.raises(ValueError, match=r"1\.5 is within 1 and 3"):
        band.beyond(1.5)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (([1.0],), "one recorded seed has no spread"),
        (([],), "no values to summarise"),
        (([1, 2], 0), "there is no new seed"),
        (([1, 0], 1, 0.0, True), "must be above zero"),
    ],
)
def test_what_has_no_range_is_said(arguments: tuple, why: str):
    with pytest.raises(ValueError, match=why):
        expected(*arguments)
