"""One rule says when a difference is shown: values by hand, at its edges, and what it refuses."""

import math

import pytest
from seeds import difference

from utils.results.verdict import (
    NOT_SHOWN,
    SAME_SIGN,
    SHOWN,
    VERDICTS,
    Difference,
    by_verdict,
    chance_of_one_sign,
    compare,
    compare_runs,
    half_width,
)
from utils.results.words import listed, seeds_in_words


def test_three_seeds_must_exceed_2_484_standard_deviations():
    # Tables of Student's t: 4.30265 at 97.5 % with two degrees of freedom; divided by √3.
    assert half_width(3) == pytest.approx(4.302653 / math.sqrt(3), rel=1e-6)
    assert half_width(3) == pytest.approx(2.484, abs=5e-4)


@pytest.mark.parametrize(("seeds", "t"), [(2, 12.7062), (4, 3.18245), (5, 2.77645), (10, 2.26216)])
def test_other_numbers_of_seeds_follow_the_tables_of_students_t(seeds, t):
    assert half_width(seeds) == pytest.approx(t / math.sqrt(seeds), rel=1e-5)


def test_the_interval_of_1_2_3_is_two_plus_and_minus_2_484():
    found = difference(1, 2, 3)  # mean 2, standard deviation 1
    assert found.interval == pytest.approx((2 - 2.484138, 2 + 2.484138), abs=1e-5)
    assert (found.over.mean, found.over.sd, found.over.count) == (2, 1, 3)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_mean_just_past_the_edge_is_shown_and_one_just_before_is_not(sign):
    edge = half_width(3)  # values m - 1, m, m + 1 have the standard deviation 1
    past, before = ([sign * (m + d) for d in (-1, 0, 1)] for m in (edge + 1e-9, edge - 1e-9))
    assert difference(*past).verdict == SHOWN
    assert difference(*before).verdict == SAME_SIGN


@pytest.mark.parametrize("values", [(1, 2, 3), (-1, -2, -3), (0.1, 10, 20)])
def test_one_sign_without_a_narrow_interval_is_a_hint(values):
    assert difference(*values).verdict == SAME_SIGN


@pytest.mark.parametrize("values", [(1, 2, -0.5), (1, 2, 0), (0, -1, -2), (0, 0, 0)])
def test_two_signs_or_a_zero_show_nothing(values):
    assert difference(*values).verdict == NOT_SHOWN


def test_equal_differences_are_shown_unless_they_are_zero():
    assert difference(0.5, 0.5, 0.5).verdict == SHOWN
    assert difference(0, 0, 0).verdict == NOT_SHOWN


def test_two_seeds_need_almost_nine_standard_deviations():
    assert half_width(2) == pytest.approx(8.984644, abs=1e-5)
    # Mean 1 and standard deviation 0.1 are ten of them; a mean of 0.8 with as much spread is eight.
    spread = 0.1 / math.sqrt(2)
    assert difference(1 - spread, 1 + spread).verdict == SHOWN
    assert difference(0.8 - spread, 0.8 + spread).verdict == SAME_SIGN


def test_fewer_than_two_seeds_are_refused():
    with pytest.raises(ValueError, match="two seeds or more, not 1; record more seeds"):
        difference(1.0)
    with pytest.raises(ValueError, match="not 0"):
        Difference({})


def test_settings_are_compared_with_equal_seeds_only():
    with pytest.raises(ValueError, match=r"seeds differ: \[0, 1\] and \[0, 2\]; record what"):
        compare({0: 1.0, 1: 2.0}, {0: 1.0, 2: 2.0})


def test_a_comparison_is_the_second_minus_the_first_in_order_of_seed():
    found = compare({2: 1.0, 0: 10.0, 1: 5.0}, {0: 13.0, 1: 9.0, 2: 6.0})
    assert found.values == [3.0, 4.0, 5.0]
    assert list(found.by_seed) == [0, 1, 2]


def test_runs_are_compared_by_one_number_of_each():
    first, second = (
        [{"seed": seed, "final": {"test_error": error + seed / 10}} for seed in (1, 0)]
        for error in (0.2, 0.25)
    )
    found = compare_runs(first, second, lambda run: 100 * run["final"]["test_error"])
    assert found.values == pytest.approx([5, 5])


def test_runs_are_paired_by_the_seeds_that_both_settings_have():
    few, many = (
        [{"seed": seed, "value": start + seed * step} for seed in range(count)]
        for start, step, count in ((10, 1, 3), (20, 3, 10))
    )
    found = compare_runs(few, many, lambda run: run["value"])
    assert found.by_seed == {0: 10, 1: 12, 2: 14} and found.seeds == "three seeds"
    assert compare_runs(many, few, lambda run: run["value"]).values == [-10, -12, -14]
    with pytest.raises(ValueError, match="two seeds or more, not 1"):
        compare_runs(few, many[2:], lambda run: run["value"])


def test_one_sign_by_chance_is_as_frequent_as_counting_says():
    # Of the eight patterns of signs of three seeds two have one sign; of the sixteen of four, two.
    assert (chance_of_one_sign(3), chance_of_one_sign(4)) == (1 / 4, 1 / 8)


def test_each_verdict_chooses_its_own_sentence():
    told = [difference(*v).says("a", "b", "c") for v in ((5, 5.1, 5.2), (1, 2, 3), (1, -1, 0))]
    assert told == ["a", "b", "c"]
    assert VERDICTS == (SHOWN, SAME_SIGN, NOT_SHOWN)


def test_a_difference_is_told_with_its_spread():
    assert difference(1, 2, 3).told() == "2.0 ± 1.0"
    assert difference(1, 2, 3).told(2, "+") == "+2.00 ± 1.00"
    assert difference(-1, -2, -3).told(0) == "-2 ± 1"


def test_comparisons_are_sorted_by_what_they_show():
    found = {"a": difference(1, 2, 3), "b": difference(5, 5.1, 5.2), "c": difference(-1, -2, -3)}
    assert by_verdict(found) == {SHOWN: ["b"], SAME_SIGN: ["a", "c"], NOT_SHOWN: []}


def test_the_sentence_of_a_hint_says_that_it_is_one():
    told = [difference(*v).sentence("The gain") for v in ((5, 5.1, 5.2), (1, 2, 3), (1, -1, 0))]
    assert told == [
        "The gain is shown.",
        "The gain has the same sign in each seed, which is a hint and not yet a finding.",
        "The gain is not shown, because the seeds do not agree on its sign.",
    ]


@pytest.mark.parametrize(
    ("names", "words"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), ("abc", "a, b and c")]
)
def test_names_are_listed_as_a_sentence_lists_them(names, words):
    assert listed(names) == words


@pytest.mark.parametrize(
    ("count", "words"), [(3, "three seeds"), (10, "ten seeds"), (13, "13 seeds")]
)
def test_sentences_count_the_seeds_that_there_are(count, words):
    assert difference(*range(count)).seeds == words


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ([1], "one seed"),
        ([3, 3, 3], "three seeds"),
        ([10, 3, 10], "three to ten seeds"),
        ([1, 3], "one to three seeds"),
    ],
)
def test_a_table_says_how_many_seeds_its_rows_have(counts, words):
    assert seeds_in_words(counts) == seeds_in_words(iter(counts)) == words
