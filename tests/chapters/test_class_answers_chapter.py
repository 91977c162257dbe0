"""What the reader of *What did the class learn?* writes agrees with the book."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pytest
from notebook_code import refused, solutions
from notebook_prose import sources

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "13_class_answers.ipynb"
SKIPPED = ("quick_check", "begin(", "@title", "session.used", "class_figure")
"""Cells that the exercises do not need."""


@pytest.fixture(scope="module")
def own() -> dict:
    """Everything that the notebook's cells define, after one run, and what they print."""
    names: dict = {}
    printed = io.StringIO()
    with redirect_stdout(printed):
        for source in sources(NOTEBOOK, "code"):
            if not any(word in source for word in SKIPPED):
                exec(source, names)
    names["printed"] = printed.getvalue()
    return names


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
    found = solutions(NOTEBOOK)
    assert list(found) == ["best-and-weakest", "favourite-wrong-option", "is-it-chance"]
    for blocks in found.values():
        for block in blocks:
            with redirect_stdout(io.StringIO()) as told:
                exec(block, own)
            assert told.getvalue()
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
