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


def test_old_and_new_classes_are_all_ten_and_share_none():
    assert not set(OLD) & set(NEW) and len(OLD) + len(NEW) == 10
    said = words.classes()
    assert "airplane" in said["old"] and "airplane" not in said["new"]


@pytest.mark.parametrize("size", SIZES)
def test_what_the_text_says_of_given_weights_is_shown(size):
    gain = transfer.gain("scratch-long", "slow", size)
    assert gain.verdict == "shown" and gain.over.mean > 3
