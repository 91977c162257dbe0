"""What the reader of *What did the class learn?* writes agrees with the book."""

from __future__ import annotations

import io
import warnings
from contextlib import redirect_stdout
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from notebook_code import exercises, refused, solved
from notebook_prose import sources

from utils.practice import class_figure
from utils.practice.class_answers import AnswersError, as_csv
from utils.practice.concepts import key_of, load_concepts
from utils.practice.item_statistics import SMALLEST
from utils.practice.simulated_class import simulate

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "13_class_answers.ipynb"
CHECKED_IN_SMALL = 3
"""Numbers of a small class that the helper computes as the reader does."""
SKIPPED = ("quick_check", "begin(", "@title", "session.used", "class_figure")
"""Cells that the exercises do not need."""


def after_run(table: str | None = None) -> dict:
    """Everything that the notebook's cells define, after one run, and what they print.

    Args:
        table: the file of a class; without it, the simulated class.
    """
    names: dict = {}
    printed = io.StringIO()
    with redirect_stdout(printed):
        for source in sources(NOTEBOOK, "code"):
            if not any(word in source for word in SKIPPED):
                exec(source.replace("FILE = None", f"FILE = {table!r}"), names)
    names["printed"] = printed.getvalue()
    return names


@pytest.fixture(scope="module")
def own() -> dict:
    """The notebook after one run with the simulated class."""
    return after_run()


def class_file(folder: Path, learners: int, change=None, times=("before", "after")) -> str:
    """The file of a class whose letters ``change`` may rewrite, given letters and key."""
    key = key_of(load_concepts())
    answers = simulate(key, learners=learners, absent=0, seed=5)
    for when in times:
        rows = [place for place, time in enumerate(answers.when) if time == when]
        if change:
            answers.chosen[rows] = change(when, answers.chosen[rows], np.array(list(key)))
    kept = [place for place, time in enumerate(answers.when) if time in times]
    path = folder / "class.csv"
    path.write_text(as_csv(answers.rows(kept)), encoding="utf-8")
    return str(path)


def one_item_known(when, chosen, key):
    chosen[:, 0] = key[0] if when == "after" else chosen[:, 0]
    return chosen


def all_known_after(when, chosen, key):
    return np.tile(key, (len(chosen), 1)) if when == "after" else chosen


def all_known_before(when, chosen, key):
    return np.tile(key, (len(chosen), 1)) if when == "before" else chosen


def all_known(when, chosen, key):
    return np.tile(key, (len(chosen), 1))


@pytest.mark.parametrize("learners", [6, 15])
@pytest.mark.parametrize(
    "change", [None, one_item_known, all_known_after, all_known_before, all_known]
)
def test_the_helper_agrees_with_the_reader_for_every_class(tmp_path, learners, change):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        printed = after_run(class_file(tmp_path, learners, change))["printed"]
    told = [line for line in printed.splitlines() if line.endswith((" True", " False"))]
    assert len(told) == (5 if learners >= SMALLEST else CHECKED_IN_SMALL)
    assert all(line.endswith(" True") for line in told)
    assert ("holds back" in printed) == (learners < SMALLEST)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_class_with_one_time_stops_with_a_sentence(tmp_path, when):
    with pytest.raises(AnswersError, match="but a gain needs both times"):
        after_run(class_file(tmp_path, 12, times=(when,)))


def test_the_helper_agrees_with_the_reader(own):
    told = own["printed"].partition("difficulty ")[2].splitlines()[:5]
    assert [line.split()[-1] for line in told] == ["True"] * 5


def test_the_text_says_what_comes_out(own):
    low, high = own["low"], own["high"]
    assert 0.25 < own["gain"](own["before"], own["after"]) < 0.4 and 0 < low < high
    dice = [own["tells_apart"](own["dice"], item, False) for item in range(20)]
    assert np.mean(dice) == pytest.approx(1 / np.sqrt(20), abs=0.02)
    change = own["share_right"](own["after"]) - own["share_right"](own["before"])
    assert (change > 0).sum() > 15 and (change <= 0).any()
    assert own["together"](own["dice"]) < 0.1 < own["together"](own["everybody"]) < 0.7
    assert 0.3 < own["chance"] < 0.37


def test_the_solutions_pass_their_checks(own):
    found = exercises(NOTEBOOK)
    assert found == ["best-and-weakest", "favourite-wrong-option", "is-it-chance"]
    for name in found:
        solved(NOTEBOOK, name, own)
    assert max(own["draws"]) < own["gain"](own["before"], own["after"])


def test_the_checks_refuse_tempting_answers(own):
    def whole_class(right, item):
        return right[:, item].mean()

    def most_chosen(chosen, key):
        return [max("ABCD", key=list(column).count) for column in chosen.T]

    def no_seed(before, after, seed):
        return own["gain"](before, after)

    def only_sometimes(before, after, seed):
        return np.random.default_rng().random() / 10

    refused(own["check_upper_lower"], whole_class, "for the last item")
    refused(own["check_favourite"], most_chosen, "and not B")
    refused(own["check_chance"], no_seed, "the seed changes nothing")
    refused(own["check_chance"], only_sometimes, "not repeatable")


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ([0.5, 0.5, 0.5], "rises on 0 of 3 items. No share changes."),
        ([0.7, 0.7, 0.7], "rises on 3 of 3 items. The share changes equally on every item."),
        ([0.5, 0.4, 0.1], "0 of 3 items. It falls most on the item about c, and it does not rise"),
        (
            [0.9, 0.6, 0.5],
            "It rises most on the item about a, and it rises least on the item about c",
        ),
        (
            [0.4, 0.6, 0.9],
            "It rises most on the item about c, and it falls most on the item about a",
        ),
    ],
)
def test_the_words_of_the_figure_name_only_what_is_there(after, said):
    shares = (np.full(3, 0.5), np.array(after))
    made = SimpleNamespace(difficulty=shares, gains=np.zeros(3), learners=(9, 9, 9))
    assert said in class_figure.shown(made, "abc").alt
