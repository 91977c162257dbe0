"""The sentences of the chapters that hold no number still follow from the records."""

import itertools
import re
from pathlib import Path

import pytest

from utils.chapters.shared import common_mistake, epochs_ahead, scale_gaps
from utils.facts.files import book_data
from utils.record.bench import SAME, load_benches, whole_run_rate
from utils.results.runs import load_runs
from utils.results.spread import accuracy, accuracy_of, class_errors, mean_confusion, paired_gain
from utils.results.verdict import SAME_SIGN, SHOWN, compare_runs

PRINTED = book_data("source_results")
CONTROL = ("simple-cnn", "plain-14", "resnet-14")
CAT, DOG = 3, 5


@pytest.mark.parametrize("model", PRINTED)
def test_the_printed_losses_lead_ours_by_one_epoch(model):
    runs = load_runs("source-recipe", model, "source")
    assert epochs_ahead(PRINTED[model]["epoch_losses"], runs) == 1


@pytest.mark.parametrize("model", PRINTED)
def test_the_printed_accuracies_lie_above_all_seeds_by_one_to_two_deviations(model):
    runs = load_runs("source-recipe", model, "source")
    ours, printed = accuracy(runs), PRINTED[model]["test_accuracy"]
    assert all(printed > 1 - run["final"]["test_error"] for run in runs)
    assert 1 <= (printed - ours.mean) / ours.sd <= 2


@pytest.mark.parametrize("model", PRINTED)
def test_test_errors_of_the_source_recipe_jump_by_several_points(model):
    for run in load_runs("source-recipe", model, "source"):
        errors = [epoch["test_error"] for epoch in run["history"]]
        jumps = [abs(b - a) for a, b in itertools.pairwise(errors)]
        assert max(jumps) > 0.03


@pytest.mark.parametrize("model", PRINTED)
def test_the_scale_mismatch_costs_points_and_the_repair_brings_them_back(model):
    gaps = scale_gaps(model)
    assert gaps["zoomed"].mean - gaps["native"].mean > 3 * gaps["native"].sd
    assert gaps["repaired"].mean - gaps["native"].mean > 3 * gaps["native"].sd


def test_the_mismatch_costs_more_than_the_shortcuts_bring():
    shortcut = paired_gain(*(load_runs("shortcut-control", m) for m in ("plain-14", "resnet-14")))
    gaps = scale_gaps("source-resnet-14")
    assert 100 * (gaps["zoomed"].mean - gaps["native"].mean) > shortcut.mean


def test_shortcuts_help_a_little_with_every_seed():
    plain, residual = (load_runs("shortcut-control", m) for m in ("plain-14", "resnet-14"))
    gains = [
        a["final"]["test_error"] - b["final"]["test_error"]
        for a, b in zip(plain, residual, strict=True)
    ]
    assert len(gains) == 10 and all(0 < gain < 0.03 for gain in gains)


def test_the_seven_seeds_that_were_added_show_the_gain_of_the_shortcuts_alone():
    first, added, all_ten = (
        compare_runs(
            *(load_runs("shortcut-control", m, "fast", seeds) for m in ("plain-14", "resnet-14")),
            accuracy_of,
        )
        for seeds in (range(3), range(3, 10), range(10))
    )
    assert [each.verdict for each in (first, added, all_ten)] == [SAME_SIGN, SHOWN, SHOWN]
    assert [each.over.count for each in (first, added, all_ten)] == [3, 7, 10]


def test_the_plain_net_under_fast_beats_the_tutorials_resnet_under_its_own_recipe():
    plain = accuracy(load_runs("shortcut-control", "plain-14"))
    for recipe in ("source", "source-padded"):
        assert plain.mean > accuracy(load_runs("source-recipe", "source-resnet-14", recipe)).mean


@pytest.mark.parametrize(
    ("experiment", "model", "goal"),
    [("shortcut-control", "resnet-14", 0.88), ("fast-20", "resnet-20", 0.90)],
)
def test_the_fast_recipe_reaches_its_goal_when_each_image_is_seen_twice(experiment, model, goal):
    runs = load_runs(experiment, model)
    assert {run["config"]["epochs"] for run in runs} <= {10, 15}
    assert accuracy(runs, "test_error_two_views").mean >= goal


def test_a_second_look_helps_every_run():
    runs = [run for name in ("source-recipe", "shortcut-control") for run in load_runs(name)]
    for run in [*runs, *load_runs("fast-20")]:
        assert run["final"]["test_error_two_views"] < run["final"]["test_error"]


def test_most_of_the_gap_comes_from_depth_and_size_not_from_shortcuts():
    runs = {model: load_runs("shortcut-control", model) for model in CONTROL}
    shortcut = paired_gain(runs["plain-14"], runs["resnet-14"])
    depth = paired_gain(runs["simple-cnn"], runs["plain-14"])
    assert depth.mean > 3 * abs(shortcut.mean)


def test_cats_and_dogs_are_the_most_common_mistake_of_every_network():
    for model in CONTROL:
        assert set(common_mistake(mean_confusion(load_runs("shortcut-control", model)))) == {
            CAT,
            DOG,
        }


def test_simple_cnn_is_worse_in_every_class():
    errors = {model: class_errors(load_runs("shortcut-control", model)) for model in CONTROL}
    for small, large in zip(errors["simple-cnn"], errors["resnet-14"], strict=True):
        assert small.mean > large.mean


def test_a_curve_shifted_by_hand_is_found():
    runs = [{"history": [{"epoch": e, "train_loss": 2.0 / e} for e in range(1, 11)]}]
    printed = [2.0 / (e + 2) for e in range(1, 11)]
    assert epochs_ahead(printed, runs) == 2


def test_the_guide_for_contributors_quotes_the_recorded_speeds():
    guide = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    quoted = re.findall(r"\| ([\d,]+) → ([\d,]+) \|", guide)
    rates = load_benches()[0]["images_per_second"]
    median = {name: rate["median"] for name, rate in rates.items()}
    steps = ["usual loop", "our batches, fp32", "and channels last", "and mixed precision"]
    steps += [f"{SAME}, full images", f"{SAME}, small images"]
    pairs = list(itertools.pairwise(steps))
    assert quoted == [(f"{median[a]:,.0f}", f"{median[b]:,.0f}") for a, b in pairs]
    whole = whole_run_rate(rates, SAME)
    assert f"make {whole:,.0f} images a second: {whole / median['usual loop']:.2f} times" in guide
