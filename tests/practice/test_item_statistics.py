"""The numbers of an item are those that one computes by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from utils.practice import item_statistics as statistics
from utils.practice.class_answers import parse_answers
from utils.practice.concepts import key_of, load_concepts
from utils.practice.simulated_class import simulate

FOUR = np.array([[1, 1, 1], [1, 1, 0], [1, 0, 0], [0, 0, 0]], dtype=bool)
"""Four learners and three items, each harder than the one before: scores 3, 2, 1, 0."""


def test_difficulty_is_the_share_of_right_answers():
    assert statistics.difficulty(FOUR).tolist() == [0.75, 0.5, 0.25]


def test_discrimination_leaves_the_item_out_of_the_score():
    # Item 2 is right for the first two. The scores of the other items are 2, 1, 1, 0.
    # Means 1/2 and 1. Products of the deviations: 1/2*1 + 0 + 0 + (-1/2)*(-1) = 1.
    # Squares: 4 * 1/4 = 1 and 1 + 0 + 0 + 1 = 2. So 1 / sqrt(1 * 2).
    assert statistics.discrimination(FOUR)[1] == pytest.approx(1 / math.sqrt(2))


def test_an_item_that_all_get_right_tells_nobody_apart():
    same = FOUR | np.array([True, False, False])
    assert math.isnan(statistics.discrimination(same)[0])


def test_upper_less_lower_compares_the_ends_of_the_class():
    # A quarter of four learners is one: the best got all right, the weakest none.
    assert statistics.upper_lower(FOUR, 0.25).tolist() == [1, 1, 1]
    # A half: the upper two have 2, 2 and 1 right, the lower two 1, 0 and 0.
    assert statistics.upper_lower(FOUR, 0.5).tolist() == [0.5, 1, 0.5]


def test_a_tie_at_the_border_of_a_group_is_shared():
    # One place for the two learners with score 1, who each take half of it.
    tied = np.array([[1, 0], [0, 1], [0, 0], [0, 0]], dtype=bool)
    assert statistics.upper_lower(tied, 0.25).tolist() == [0.5, 0.5]


def test_kr20_is_that_of_the_formula():
    # Sum of p q: 3/16 + 4/16 + 3/16 = 10/16. Variance of 3, 2, 1, 0: 5/4.
    # 3/2 * (1 - (10/16) / (5/4)) = 3/2 * 1/2.
    assert statistics.kr20(FOUR) == pytest.approx(0.75)
    assert math.isnan(statistics.kr20(np.ones((4, 3), dtype=bool)))
    assert math.isnan(statistics.kr20(FOUR[:, :1]))


def test_gain_is_the_part_of_what_was_missing():
    gains = statistics.gain(np.array([0.4, 0.8, 1.0, 0.5]), np.array([0.7, 0.9, 1.0, 0.25]))
    assert gains[:2] == pytest.approx([0.5, 0.5])
    assert math.isnan(gains[2]) and gains[3] == pytest.approx(-0.5)


def test_letters_and_gaps_are_counted():
    answers = parse_answers("code,when,q1,q2\nA1,after,A,\nB1,after,A,D\nC1,after,B,\n", 2)
    assert statistics.option_counts(answers).tolist() == [[2, 1, 0, 0, 0], [0, 0, 0, 1, 2]]


def test_an_interval_of_a_mean_is_about_two_standard_errors_on_each_side():
    values = np.tile([0.0, 1.0], 200)
    low, high = statistics.redrawn(lambda places: values[places].mean(), len(values), seed=1)
    error = 0.5 / math.sqrt(len(values))
    assert low == pytest.approx(0.5 - 1.96 * error, abs=0.01)
    assert high == pytest.approx(0.5 + 1.96 * error, abs=0.01)
    assert (low, high) == statistics.redrawn(lambda p: values[p].mean(), len(values), seed=1)
    assert (low, high) != statistics.redrawn(lambda p: values[p].mean(), len(values), seed=2)


def test_no_interval_where_many_draws_give_no_number():
    ends = statistics.redrawn(lambda p: np.where(p[:1] % 2, np.nan, 1.0), 10)
    assert np.isnan(ends).all()


KEY = key_of(load_concepts())
TABLE = (
    "code,when,q1,q2\nA1,before,A,C\nB1,before,B,C\nC1,before,A,D\n"
    "A1,after,A,D\nB1,after,A,D\nD1,after,B,D\n"
)


def test_a_report_pairs_learners_and_says_what_a_small_class_cannot_show():
    made = statistics.report(parse_answers(TABLE, 2), "AD")
    assert made.learners == (3, 3, 2)
    # A and B had 1 of 4 right and then 4 of 4.
    assert made.difficulty[0].tolist() == [0.5, 0] and made.difficulty[1].tolist() == [1, 1]
    assert made.gain == pytest.approx(1) and made.gains.tolist() == [1, 1]
    assert np.isnan(made.discrimination).all() and math.isnan(made.reliability)
    said = " ".join(made.cautions)
    assert "Only 3 learners answered the second time" in said
    assert "Only 2 learners answered both times" in said
    assert "2 sheets have no partner with the same code (1 before, 1 after)" in said


def test_a_report_needs_two_learners_with_the_same_code():
    with pytest.raises(ValueError, match="only one code stands both before and after"):
        statistics.report(parse_answers(TABLE.replace("B1,after", "E1,after"), 2), "AD")


def test_chance_reaches_as_far_as_learners_who_guess():
    guess = np.random.default_rng(5).random((50, 200)) < 0.25
    beyond = np.abs(statistics.discrimination(guess)) > statistics.chance_reach(50)
    assert 0.02 < beyond.mean() < 0.08
    assert statistics.chance_reach(50) == pytest.approx(2 / 7)


def test_a_class_that_is_large_enough_has_all_numbers():
    for learners, known in ((statistics.SMALLEST, True), (statistics.SMALLEST - 1, False)):
        made = statistics.report(simulate(KEY, learners=learners, absent=0), KEY)
        assert math.isfinite(made.reliability) == known
        assert np.isfinite(made.upper_lower).all() == known


def test_rows_to_pass_on_name_no_learner_and_count_those_who_answered_both_times():
    ids = [item.id for item in load_concepts()]
    answers = simulate(KEY, learners=30, absent=3)
    rows = statistics.item_rows(answers, KEY, ids)
    assert [row["item"] for row in rows] == ids
    for row in rows:
        for when in ("before", "after"):
            counts = [row[f"{letter}_{when}"] for letter in (*"ABCD", "blank")]
            right = counts["ABCD".index(KEY[ids.index(row["item"])])]
            assert sum(counts) == row["learners"] == 27
            assert row[when] == round(right / 27, 2)
        assert not set(map(str, row.values())) & set(answers.codes)


@pytest.mark.parametrize(
    "wrong", [np.ones((2, 2)), np.ones(3, dtype=bool), np.ones((0, 3), dtype=bool)]
)
@pytest.mark.parametrize("number", ["difficulty", "discrimination", "upper_lower", "kr20"])
def test_what_is_no_table_of_booleans_is_refused(number, wrong):
    with pytest.raises(ValueError, match=r"must be a table of booleans .*answers\.right\(key\)"):
        getattr(statistics, number)(wrong)
