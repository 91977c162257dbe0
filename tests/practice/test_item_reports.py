"""What is told of a class: each number of a report, and each sentence at the border of its rule."""

from __future__ import annotations

import numpy as np
import pytest

from utils.practice import item_statistics as statistics
from utils.practice.class_answers import parse_answers
from utils.practice.concepts import key_of, load_concepts
from utils.practice.simulated_class import simulate

KEY = key_of(load_concepts())
RANDOM = np.random.default_rng(4).random((12, 5)) < [0.2, 0.4, 0.5, 0.6, 0.9]


def test_discrimination_is_numpys_correlation_with_the_score_in_the_other_items():
    rest = [np.delete(RANDOM, item, axis=1).sum(1) for item in range(5)]
    expected = [np.corrcoef(RANDOM[:, item], rest[item])[0, 1] for item in range(5)]
    assert statistics.discrimination(RANDOM) == pytest.approx(expected)


def test_two_items_are_enough_for_their_reliability():
    # Scores 2, 1, 0, 2: variance 11/16. Shares 3/4 and 1/2: sum of p q 7/16. 2 * (1 - 7/11).
    right = np.array([[1, 1], [1, 0], [0, 0], [1, 1]], dtype=bool)
    assert statistics.kr20(right) == pytest.approx(8 / 11)


@pytest.mark.parametrize(("learners", "group"), [(1, 1), (2, 1), (5, 1), (6, 2), (10, 3), (11, 3)])
def test_kelleys_share_of_the_class_is_compared_and_one_learner_at_least(learners, group):
    # Each has one point more than the one before, so the best of the class are the last.
    right = np.tril(np.ones((learners, learners), dtype=bool))
    expected = right[-group:].mean(0) - right[:group].mean(0)
    assert statistics.upper_lower(right) == pytest.approx(expected)


def test_an_interval_needs_a_number_from_nineteen_draws_in_twenty():
    for without, known in ((0, True), (1, True), (2, False)):
        left = iter([float("nan")] * without + [1.0] * (20 - without))
        low, high = statistics.redrawn(lambda _, left=left: next(left), 7, draws=20)
        assert (bool(np.isfinite(low)), bool(np.isfinite(high))) == (known, known)


def test_learners_are_drawn_anew_from_all_of_them_and_as_many():
    drawn = []
    statistics.redrawn(lambda places: drawn.append(places) or 0.0, 7, draws=50)
    assert {len(places) for places in drawn} == {7} and len(drawn) == 50
    assert set(np.concatenate(drawn)) == set(range(7))
    assert any(len(set(places)) < 7 for places in drawn)


def test_an_interval_rests_on_as_many_draws_as_are_stated():
    drawn = []
    statistics.redrawn(lambda places: drawn.append(places) or 0.0, 3)
    assert len(drawn) == statistics.DRAWS >= 1000


@pytest.mark.parametrize(("learners", "reach"), [(1, 2), (2, 2), (3, 2**0.5), (5, 1), (101, 0.2)])
def test_chance_reaches_two_standard_errors(learners, reach):
    assert statistics.chance_reach(learners) == pytest.approx(reach)


def test_every_number_of_a_report_is_that_of_its_own_function():
    whole_class = simulate(KEY, learners=25, absent=4, seed=2)
    answers = whole_class.rows(list(range(1, len(whole_class.codes))))  # one comes late
    made = statistics.report(answers, KEY, seed=5)
    before, after = (one.right(KEY) for one in answers.paired())
    everybody = answers.at("after").right(KEY)
    assert made.learners == (24, len(everybody), len(before)) == (24, 21, 20)
    for found, right in zip(made.difficulty, (before, after), strict=True):
        assert found.tolist() == right.mean(0).tolist()
    apart = statistics.discrimination(everybody)
    assert np.array_equal(made.discrimination, apart, equal_nan=True)
    assert np.array_equal(made.upper_lower, statistics.upper_lower(everybody))
    assert made.reliability == statistics.kr20(everybody)
    missing = 1 - before.mean(0)
    assert made.gains == pytest.approx((after.mean(0) - before.mean(0)) / missing)
    assert made.gain == pytest.approx((after.mean() - before.mean()) / (1 - before.mean()))

    def gain(places, axis):
        share = before[places].mean(axis)
        return statistics.gain(share, after[places].mean(axis))

    items = statistics.redrawn(lambda places: gain(places, 0), len(before), seed=5)
    whole = statistics.redrawn(lambda places: gain(places, None), len(before), seed=5)
    assert np.array_equal(made.item_ends, np.array(items), equal_nan=True)
    assert made.ends == tuple(map(float, whole)) and made.ends[0] < made.gain < made.ends[1]
    assert made.cautions == tuple(statistics.cautions(made.learners))


@pytest.mark.parametrize(
    ("learners", "said"),
    [
        ((10, 10, 10), ["With 10 learners, a discrimination within 0.67 of zero"]),
        ((26, 26, 26), ["With 26 learners, a discrimination within 0.40 of zero"]),
        (
            (10, 9, 9),
            ["Only 9 learners answered the second time", "Only 9 learners answered both times",
             "1 sheet has no partner with the same code (1 before, 0 after)"],
        ),
        (
            (11, 12, 10),
            ["With 12 learners,", "3 sheets have no partner with the same code (1 before, 2 a"],
        ),
        (
            (10, 10, 9),
            ["With 10 learners,", "Only 9 learners answered both times",
             "2 sheets have no partner with the same code (1 before, 1 after)"],
        ),
    ],
)  # fmt: skip
def test_a_class_is_told_what_its_size_cannot_show_and_nothing_else(learners, said):
    *found, last = statistics.cautions(learners)
    assert [sentence.startswith(start) for sentence, start in zip(found, said, strict=True)] == [
        True
    ] * len(said)
    assert last == (
        "Without a second class that was not taught, the gain is not proof of the teaching."
    )


def test_a_row_to_pass_on_by_hand():
    table = (
        "code,when,q1,q2\nA1,before,A,C\nB1,before,B,\nC1,before,C,D\n"
        "A1,after,A,D\nB1,after,A,C\nC1,after,C,D\nD1,after,D,D\n"
    )
    one, two = statistics.item_rows(parse_answers(table, 2), "AD", ["first", "second"])
    assert np.isnan([one.pop("discrimination"), two.pop("discrimination")]).all()
    # Of three learners one had the first item right and then two: half of what was missing.
    assert one == {
        "item": "first", "learners": 3, "before": 0.33, "after": 0.67, "gain": 0.5,
        "A_before": 1, "B_before": 1, "C_before": 1, "D_before": 0, "blank_before": 0,
        "A_after": 2, "B_after": 0, "C_after": 1, "D_after": 0, "blank_after": 0,
    }  # fmt: skip
    assert two == {
        "item": "second", "learners": 3, "before": 0.33, "after": 0.67, "gain": 0.5,
        "A_before": 0, "B_before": 0, "C_before": 1, "D_before": 1, "blank_before": 1,
        "A_after": 0, "B_after": 0, "C_after": 1, "D_after": 2, "blank_after": 0,
    }  # fmt: skip


def test_numbers_of_a_row_have_two_digits_behind_the_point():
    answers = simulate(KEY, learners=30, absent=0, seed=1)
    made = statistics.report(answers, KEY)
    for place, row in enumerate(
        statistics.item_rows(answers, KEY, list(map(str, range(len(KEY)))))
    ):
        assert row["gain"] == pytest.approx(made.gains[place], abs=0.00501, nan_ok=True)
        assert row["discrimination"] == pytest.approx(
            made.discrimination[place], abs=0.00501, nan_ok=True
        )
        for name in ("before", "after", "gain", "discrimination"):
            assert len(str(abs(row[name])).partition(".")[2].replace("nan", "")) <= 2
