"""A table of answers is read whole, or refused with what to do; names never get in."""

from __future__ import annotations

import numpy as np
import pytest

from utils.practice.class_answers import AnswersError, as_csv, parse_answers, read_answers
from utils.practice.concepts import key_of, load_concepts
from utils.practice.simulated_class import simulate

GOOD = "code,when,q1,q2\nK07,before,A,\nK07,after,a,D\nM12,before,C,C\n"
KEY = key_of(load_concepts())


def test_a_table_is_read_with_gaps_and_small_letters():
    answers = parse_answers(GOOD, 2)
    assert answers.codes == ("K07", "K07", "M12")
    assert answers.chosen.tolist() == [["A", ""], ["A", "D"], ["C", "C"]]
    assert answers.right("AD").tolist() == [[True, False], [True, True], [False, False]]


@pytest.mark.parametrize("change", [("\ufeff", ""), ("", "\n;;;\n")])
def test_tables_of_spreadsheets_are_read(change):
    before, after = change
    text = before + GOOD.replace(",", ";") + after
    assert parse_answers(text, 2).chosen.tolist() == parse_answers(GOOD, 2).chosen.tolist()


def test_only_those_who_answered_both_times_are_paired_in_the_same_order():
    text = "code,when,q1\nA1,before,A\nB2,before,B\nC3,after,C\nB2,after,D\nA1,after,B\n"
    before, after = parse_answers(text, 1).paired()
    assert before.codes == after.codes == ("A1", "B2")
    assert before.chosen.ravel().tolist() == ["A", "B"]
    assert after.chosen.ravel().tolist() == ["B", "D"]


@pytest.mark.parametrize(
    "column", ["Name", "E-mail address", "student id", "Matriculation number", "Timestamp", "a@b.c"]
)
def test_a_column_that_may_tell_who_somebody_is_is_refused_with_what_to_do(column):
    text = GOOD.replace("q2\n", f"q2,{column}\n").replace("C\n", "C,x\n")
    with pytest.raises(AnswersError, match="may tell who somebody is: delete it from the file"):
        parse_answers(text, 2)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("K07,before", "ada@school.org,before", "line 2: the code 'ada@school.org' looks like"),
        ("M12,before", "Ada Lovelace,before", "line 4: the code 'Ada Lovelace' looks like a name"),
        ("M12,before", ",before", "line 4: there is no code"),
        ("M12,before", "M12,later", "line 4: when is 'later'; write before or after"),
        ("C,C", "C,E", "line 4: q2 is 'E'; write A, B, C, D, or leave the cell empty"),
        ("C,C", "AB,C", "line 4: q1 is 'AB'"),
        ("C,C", "C", "line 4: 3 cells, expected 4"),
        ("M12,before", "K07,before", "the code K07 stands twice before"),
        ("q2\n", "q3\n", "the column 'q2' is missing"),
        ("q2\n", "q1\n", "the column 'q1' stands twice"),
        ("q2\n", "shoes\n", "the column 'shoes' is not known"),
    ],
)
def test_a_fault_is_told_with_its_line(old, new, words):
    with pytest.raises(AnswersError) as caught:
        parse_answers(GOOD.replace(old, new), 2, "class.csv")
    assert words in str(caught.value)
    assert str(caught.value).startswith("class.csv")


def test_every_fault_is_told_at_once():
    with pytest.raises(AnswersError) as caught:
        parse_answers(GOOD.replace("M12,before,C,C", "M12,then,E,C"), 2)
    assert str(caught.value).count("line 4") == 2


@pytest.mark.parametrize("text", ["", "code,when,q1,q2\n", "code,when,q1,q2\n,,,\n"])
def test_a_table_without_answers_says_so(text):
    with pytest.raises(AnswersError, match=r"is missing|there is no answer"):
        parse_answers(text, 2)


def test_a_file_in_another_encoding_is_told(tmp_path):
    path = tmp_path / "class.csv"
    path.write_bytes(GOOD.replace("K07", "Ä07").encode("latin-1"))
    with pytest.raises(AnswersError, match=r"class\.csv is not in UTF-8; export it as CSV"):
        read_answers(path, 2)
    path.write_text(GOOD, encoding="utf-8")
    assert read_answers(path, 2).codes == ("K07", "K07", "M12")


def test_a_key_of_another_length_is_refused():
    with pytest.raises(ValueError, match="the key has 3 letters and the answers have 2 items"):
        parse_answers(GOOD, 2).right("ABC")


def test_a_simulated_class_is_the_same_for_a_seed_and_is_read_back():
    one, same, other = (simulate(KEY, seed=seed) for seed in (1, 1, 2))
    assert as_csv(one) == as_csv(same) != as_csv(other)
    again = parse_answers(as_csv(one), len(KEY))
    assert again.codes == one.codes and again.when == one.when
    assert np.array_equal(again.chosen, one.chosen)


def test_a_simulated_class_learns_and_misses_the_absent():
    answers = simulate(KEY, learners=60, absent=5, seed=3)
    before, after = answers.paired()
    assert (len(answers.at("before").codes), len(before.codes)) == (60, 55)
    assert after.right(KEY).mean() > before.right(KEY).mean() + 0.1
    with pytest.raises(ValueError, match="leave fewer than two"):
        simulate(KEY, learners=3, absent=2)
