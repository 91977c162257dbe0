"""What the chapter shows of the measured transfer is what its records say."""

from __future__ import annotations

import re
from statistics import mean, stdev

import pytest

from utils.chapters.fine_tuning import transfer, words
from utils.files.records import load_measurement
from utils.record.fine_tuning import NEW, OLD, RATES, SIZES, Rates, best_rates, tasks
from utils.training.fine_tuning import WAYS


def test_every_seed_is_recorded_as_it_would_be_measured_today():
    for task in tasks():
        assert load_measurement("fine-tuning", task.name)["hash"] == task.hash(), task.name


def test_each_way_has_the_rate_that_served_it_best_on_images_held_back():
    record = load_measurement("fine-tuning", "rates")
    assert best_rates(record["rows"], Rates().tried) == RATES
    assert Rates().seeds[0] not in transfer.records()


def test_the_table_has_mean_and_deviation_of_the_records():
    rows = re.findall(r"<tr><th.*?</tr>", transfer.accuracy_table().markup, re.DOTALL)[1:]
    assert len(rows) == len(WAYS)
    for row, key in zip(rows, WAYS, strict=True):
        cells = re.findall(r"<td>(.*?)</td>", row)
        for column, cell in enumerate(cells):
            values = [
                100 * (1 - load_measurement("fine-tuning", f"seed{seed}")["rows"][key][column])
                for seed in range(5)
            ]
            assert cell.startswith(f"{mean(values):.1f} ± {stdev(values):.1f}")


def test_each_question_names_the_ways_that_it_compares():
    for pair in transfer.QUESTIONS.values():
        assert set(pair) <= set(WAYS) and pair[0] != pair[1]
    markup = transfer.gain_table().markup
    assert all(question in markup for question in transfer.QUESTIONS)


def test_the_minutes_are_those_of_all_that_the_command_repeats():
    seconds = [load_measurement("fine-tuning", task.name)["wall_seconds"] for task in tasks()]
    assert len(seconds) == 6 and transfer.minutes() == f"{round(sum(seconds) / 60)} minutes"


def test_old_and_new_classes_are_all_ten_and_share_none():
    assert not set(OLD) & set(NEW) and len(OLD) + len(NEW) == 10
    said = words.classes()
    assert "airplane" in said["old"] and "airplane" not in said["new"]


@pytest.mark.parametrize("size", SIZES)
def test_given_weights_help_at_every_size(size):
    gain = transfer.gain("scratch-long", "slow", size)
    assert gain.verdict == "shown" and gain.over.mean > 3


def mean_of(way: str, size: int) -> float:
    return mean(transfer.accuracies(way, size).values())


def test_the_gap_shrinks_and_ten_images_with_given_weights_are_worth_fifty_without():
    gaps = [transfer.gain("scratch-long", "slow", size).over.mean for size in SIZES]
    assert gaps == sorted(gaps, reverse=True)
    assert abs(mean_of("slow", 10) - mean_of("scratch-long", 50)) < 2


def test_a_frozen_trunk_is_as_good_with_ten_images_and_falls_behind_with_more():
    assert transfer.gain("head", "slow", 10).verdict == "not shown"
    for size in (50, 200):
        assert transfer.gain("head", "slow", size).verdict == "shown"
    behind = transfer.gain("scratch-long", "head", 200)
    assert behind.verdict == "shown" and behind.over.mean < 0
    growth = {way: mean_of(way, 200) - mean_of(way, 10) for way in WAYS if way != "head-moving"}
    assert min(growth, key=growth.get) == "head"


def test_a_slow_trunk_and_one_rate_differ_with_many_images_alone():
    for size in (10, 50):
        assert transfer.gain("all", "slow", size).verdict != "shown"
    many = transfer.gain("all", "slow", 200)
    assert many.verdict == "shown" and -2 < many.over.mean < 0


@pytest.mark.parametrize(
    "pair", [("all", "all-frozen"), ("slow", "slow-frozen"), ("head-moving", "head")]
)
def test_frozen_statistics_help_in_no_row_and_cost_accuracy_with_many_images(pair):
    for size in SIZES:
        gain = transfer.gain(*pair, size)
        assert not (gain.verdict == "shown" and gain.over.mean > 0)
    assert transfer.gain(*pair, 200).verdict == "shown"
    assert transfer.gain(*pair, 200).over.mean < 0
