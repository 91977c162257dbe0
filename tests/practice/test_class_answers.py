"""A table of answers is read whole, or refused with what to do; names never get in."""

from __future__ import annotations

import time

import numpy as np
import pytest

from utils.practice.class_answers import (
    MOST_FAULTS,
    AnswersError,
    as_csv,
    need_pairs,
    parse_answers,
    read_answers,
)
from utils.practice.concepts import key_of, load_concepts
from utils.practice.simulated_class import simulate

GOOD = "code,when,q1,q2\nK07,before,A,\nK07,after,a,D\nM12,before,C,C\n"
KEY = key_of(load_concepts())


def test_a_table_is_read_with_gaps_and_small_letters():
    answers = parse_answers(GOOD, 2)
    assert answers.codes == ("K07", "K07", "M12")
    assert answers.chosen.tolist() == [["A", ""], ["A", "D"], ["C", "C"]]
    assert answers.right("AD").tolist() == [[True, False], [True, True], [False, False]]


@pytest.mark.parametrize(
    ("before", "between", "after"),
    [
        ("\ufeff", ";", ""),
        ("", ";", "\n;;;\n"),
        ("", "\t", "\t\t\n"),
        ("sep=;\n", ";", ""),
        ('\ufeff"sep=\t"\r\n', "\t", ""),
    ],
)
def test_tables_of_spreadsheets_are_read(before, between, after):
    text = before + GOOD.replace(",", between) + after
    assert parse_answers(text, 2).chosen.tolist() == parse_answers(GOOD, 2).chosen.tolist()


def test_columns_that_hold_nothing_are_left_out():
    text = GOOD.replace("\n", ",,\n").replace("when,", "when,,").replace("re,", "re,,")
    text = text.replace("after,", "after,,")
    assert parse_answers(text, 2).chosen.tolist() == parse_answers(GOOD, 2).chosen.tolist()
    with pytest.raises(AnswersError, match="column 5 has no name: delete it"):
        parse_answers(GOOD.replace("\n", ",\n").replace("C,C,", "C,C,x"), 2)


@pytest.mark.parametrize(
    "code", ["k07", " K07 ", "K 07", "K\u200b07", "\ufeffK07", "K\u00a007", "K07"]
)
def test_a_code_that_is_written_in_another_way_keeps_its_partner(code):
    text = GOOD.replace("K07,after", f"{code},after")
    assert parse_answers(text, 2).codes == ("K07", "K07", "M12")


def test_a_letter_with_a_dot_above_is_the_same_in_both_of_its_encodings():
    text = GOOD.replace("K07,before", "\u00c407,before").replace("K07,after", "A\u030807,after")
    assert parse_answers(text, 2).paired()[0].codes == ("\u00c407",)


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
        ("M12,before", ",before", "line 4: there is no code"),
        ("M12,before", "M12,later", "line 4: when is 'later'; write before or after"),
        ("C,C", "C,E", "line 4: q2 is 'E'; write A, B, C, D, or leave the cell empty"),
        ("C,C", "AB,C", "line 4: q1 is 'AB'"),
        ("C,C", "C", "line 4: number of cells 3, expected 4; write one cell for each"),
        ("M12,before", "K07,before", "lines 2 and 4: the same code stands before in each"),
        ("K07,after", "\n,,,\n\nK07,later", "line 6: when is 'later'"),
        ("M12,before,C,C", "M12,before,,", "line 4: no letter in this row; delete it if the"),
        ("C,C", "C," + "E" * 500, "line 4: q2 is 'EEEEEEEEEEEEEEEEEEEE…'; write"),
        ("q2\n", "q3\n", "the column 'q2' is missing: add it"),
        ("q2\n", "q1\n", "the column 'q1' stands twice: delete one of them"),
        ("q2\n", "shoes\n", "the column 'shoes' is not known: delete it"),
    ],
)
def test_a_fault_is_told_with_its_line(old, new, words):
    with pytest.raises(AnswersError) as caught:
        parse_answers(GOOD.replace(old, new), 2, "class.csv")
    assert words in str(caught.value)
    assert str(caught.value).startswith("class.csv")


@pytest.mark.parametrize(
    "code",
    [
        "ada@school.org", "Ada Lovelace", "Anna", "Smith", "Maximilian", "Anna.Muster7",
        "20231234", "=1+1", "K07K07K07K07K",
    ],
)  # fmt: skip
def test_what_may_be_a_name_is_no_code_and_is_not_repeated(code):
    with pytest.raises(AnswersError, match="line 4: the code may be a name, an address") as caught:
        parse_answers(GOOD.replace("M12", code), 2)
    assert code not in str(caught.value)


def test_a_table_whose_rows_have_other_cells_is_not_called_empty():
    with pytest.raises(AnswersError, match="line 2: number of cells 1, expected 4") as caught:
        parse_answers("code;when;q1;q2\nK07,before,A,B\n", 2)
    assert "\n" not in str(caught.value)


def test_every_fault_is_told_at_once():
    with pytest.raises(AnswersError) as caught:
        parse_answers(GOOD.replace("M12,before,C,C", "M12,then,E,C"), 2)
    assert str(caught.value).count("line 4") == 2


def test_of_many_faults_the_first_are_told_and_no_traceback_is_shown():
    rows = "".join(f"K{number},then,A,A\n" for number in range(40))
    with pytest.raises(AnswersError) as caught:
        parse_answers("code,when,q1,q2\n" + rows, 2)
    told = str(caught.value).splitlines()
    assert len(told) == MOST_FAULTS + 1 and told[-1] == f"and {40 - MOST_FAULTS} more"
    assert caught.value._render_traceback_() == [str(caught.value)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty; export it"),
        (" ;;\n\n", "the file is empty; export it"),
        ("sep=;\n", "the file is empty; export it"),
        ("Ada,Berta\nA,B\n", "first line: no column is known; it has to be code,when,q1"),
        ("code,when,q1,q2\n", "the file: there is no answer in it; export it with"),
        ("code,when,q1,q2\n,,,\n", "the file: there is no answer in it; export it with"),
    ],
)
def test_a_table_without_answers_says_so_in_one_sentence(text, said):
    with pytest.raises(AnswersError, match=said) as caught:
        parse_answers(text, 2)
    assert "\n" not in str(caught.value)


def test_a_file_in_another_encoding_is_told(tmp_path):
    path = tmp_path / "class.csv"
    path.write_bytes(GOOD.replace("K07", "Ä07").encode("latin-1"))
    with pytest.raises(AnswersError, match=r"class\.csv is not in UTF-8; export it as CSV"):
        read_answers(path, 2)
    path.write_text(GOOD, encoding="utf-8")
    assert read_answers(path, 2).codes == ("K07", "K07", "M12")


def test_a_file_that_cannot_be_read_is_told_in_one_sentence(tmp_path, monkeypatch):
    with pytest.raises(AnswersError, match=r"there is no file clas\.csv; check its name"):
        read_answers(tmp_path / "clas.csv", 2)
    with pytest.raises(AnswersError, match="is a folder; write the name of the CSV file in it"):
        read_answers(tmp_path, 2)
    with pytest.raises(AnswersError, match="line 2: a cell is far too long or broken; look for"):
        parse_answers(GOOD.replace("K07", "K" * 200_000, 1), 2)

    def locked(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(tmp_path), "read_bytes", locked)
    with pytest.raises(AnswersError, match=r"class\.csv cannot be read \(Permission denied\)"):
        read_answers(tmp_path / "class.csv", 2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("K07,before,A\nM12,before,A\n", "no row says after, but a gain needs both times"),
        ("K07,after,A\nM12,after,A\n", "no row says before, but a gain needs both times"),
        ("K07,before,A\nM12,after,A\n", "no code stands both before and after"),
        ("K07,before,A\nK07,after,A\nM1,after,A\n", "only one code stands both before and after"),
    ],
)
def test_a_class_without_pairs_is_told_what_is_missing(text, said):
    with pytest.raises(AnswersError, match=said):
        need_pairs(parse_answers("code,when,q1\n" + text, 1))


def test_a_large_class_is_read_and_paired_within_seconds():
    rows = (f"K{number},{when},A\n" for when in ("before", "after") for number in range(20_000))
    began = time.perf_counter()
    before, after = parse_answers("code,when,q1\n" + "".join(rows), 1).paired()
    assert before.codes == after.codes and len(before.codes) == 20_000
    # Searching a list for each row took half a minute.
    assert time.perf_counter() - began < 8


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
