"""The words in the text of the chapter on degradation fit every value, today's and others."""

from __future__ import annotations

import pytest
from seeds import difference

from utils.chapters.degradation import words
from utils.chapters.degradation.brief import at_guessing_seeds
from utils.chapters.degradation.long import depth_in_words
from utils.results.runs import load_runs
from utils.results.settings import settings_difference
from utils.results.verdict import NOT_SHOWN, SAME_SIGN, SHOWN


@pytest.mark.parametrize(
    ("depth", "told"),
    [
        (8, "from 8 layers upwards"),
        (110, "from 110 layers upwards"),
        (None, "at no depth that we trained"),
    ],
)
def test_the_depth_at_which_plain_networks_fall_behind(depth, told):
    assert words.from_depth(depth) == told


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        (14, 14, "from 14 layers upwards, after 400 steps as well as after 1,200"),
        (14, 20, "from 14 layers upwards after 400 steps, and from 20 layers upwards after 1,200"),
        (None, None, "at no depth that we trained, after 400 steps as well as after 1,200"),
        (None, 8, "at no depth that we trained after 400 steps, and from 8 layers upwards after "
         "1,200"),
    ],
)  # fmt: skip
def test_two_budgets_are_told_once_where_they_say_the_same(one, other, told):
    assert words.behind_in_words({400: one, 1200: other}) == told


def test_the_ten_epochs_and_the_brief_runs_differ_as_the_text_says():
    brief = load_runs("depth-budgets", "plain-14", "brief-1200")[0]
    full = load_runs("shortcut-control", "plain-14")[0]
    assert settings_difference(brief, full) == {
        "dataset": ("cifar10-16", "cifar10"),
        "learning_rate": (0.15, 0.3),
        "batch_size": (64, 128),
        "epochs": (2, 10),
        "max_steps": (1200, None),
        "margin": (1, 2),
        "small_size": (None, 24),
        "small_fraction": (0.0, 0.5),
    }


def test_some_brief_plain_runs_do_not_learn_at_all():
    guessing = [at_guessing_seeds("plain-56", steps) for steps in (400, 1200)]
    assert all(guessing)


@pytest.mark.parametrize(
    ("verdicts", "told"),
    [
        ([SHOWN] * 4, "agree"),
        ([NOT_SHOWN] * 4, "agree"),
        ([SHOWN, SAME_SIGN] * 2, "do not all agree"),
    ],
)
def test_verdicts_agree_only_if_all_are_the_same(verdicts, told):
    assert words.agreement(verdicts) == told


@pytest.mark.parametrize(
    ("count", "told"),
    [(0, "none of three seeds"), (1, "one of three seeds"), (2, "two of three seeds"),
     (3, "each of three seeds")],
)  # fmt: skip
def test_how_many_seeds(count, told):
    assert words.of_seeds(count, 3) == told


@pytest.mark.parametrize(
    ("epoch", "told"),
    [(1, "from epoch 1 on"), (20, "from epoch 20 on"), (None, "from no epoch on")],
)
def test_the_epoch_from_which_on_the_deeper_network_is_ahead(epoch, told):
    assert words.from_epoch(epoch) == told


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ((2, 2.1, 2.2), "these runs show degradation"),
        (
            (1, 5, 9),
            "these runs look like degradation, but three seeds that differ so widely do not "
            "settle whether the training error really rises with depth",
        ),
        ((1, -1, 3), "these runs leave open whether they are a case of degradation"),
        ((-2, -2.1, -2.2), "these runs do not look like degradation"),
    ],
)
def test_the_plain_runs_are_called_degradation_by_what_they_show(values, told):
    assert words.looks_like(difference(*values)) == told


@pytest.mark.parametrize(
    ("kind", "training", "test", "told"),
    [
        ("plain", (1, 5, 9), (2, 6, 9),
         "On test images, too, the deeper plain network is worse in each seed, which is a hint and "
         "not yet a finding."),
        ("resnet", (-2, -2.1, -2.2), (-3, -3.1, -3.2),
         "On test images, too, the deeper residual network is better, and three seeds show it."),
        ("plain", (2, 2.1, 2.2), (-2, -2.1, -2.2),
         "Without shortcuts the deeper network is better on test images, and three seeds show it."),
        ("plain", (2, 2.1, 2.2), (1, 5, 9), "Without shortcuts the deeper network is worse on test "
         "images in each seed, which is a hint and not yet a finding."),
        ("plain", (1, -1, 3), (1, -1, 3), "Without shortcuts three seeds do not show what depth "
         "does to the error on test images."),
    ],
)  # fmt: skip
def test_test_images_are_said_to_agree_only_where_they_do(kind, training, test, told):
    found, before = difference(*test), difference(*training)
    assert depth_in_words(kind, "test", found, before) == told


def test_every_value_is_text_and_none_is_empty():
    for group in (words.depths, words.at_eight, words.cost, words.at_14, words.at_56,
                  words.long_plain, words.long_residual, words.remains, words.remedies,
                  words.full_size):  # fmt: skip
        assert all(isinstance(value, str) and value.strip() for value in group().values())
