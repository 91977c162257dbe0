"""What the measurements for a reader's own project file is what their parts give."""

from __future__ import annotations

from dataclasses import replace

import pytest

from utils import data
from utils.files.records import load_measurement
from utils.record import fine_tuning, slips, weights
from utils.record.fine_tuning import NEW, OLD, RATES, FineTuning, Rates, best_rates
from utils.record.slips import Slips
from utils.training.fine_tuning import WAYS, few_of_each, only_classes

SMALL = {"epochs": 1, "steps": 1, "batch_size": 5, "dataset": "digits"}
TWO_WAYS = (("head", 0.1), ("scratch", 0.1))


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.setattr(fine_tuning, "CHECKPOINTS", tmp_path)


def test_old_and_new_classes_share_none_and_leave_none_out():
    assert sorted(OLD + NEW) == list(range(10))


def test_a_task_files_an_error_for_each_way_and_size():
    task = FineTuning((7,), rates=TWO_WAYS, sizes=(2, 3), **SMALL)
    found = task.perform()
    assert list(found["rows"]) == ["head", "scratch"]
    net, normaliser, error = task.pretrained()
    assert found["pretrained_error"] == error
    digits = data.load("digits")
    judge = only_classes(digits.test, NEW)
    images = few_of_each(only_classes(digits.train, NEW), 3, 7)
    assert found["rows"]["head"][1] == task.error((net, normaliser), "head", 0.1, images, judge)


def test_rates_are_judged_by_training_images_that_nobody_learns_from(monkeypatch):
    task = Rates(tried=(0.1, 0.2), count=2, judged=3, **SMALL)
    seen = []
    monkeypatch.setattr(
        Rates, "error", lambda self, given, way, rate, images, judge: seen.append((images, judge))
    )
    task.perform()
    images, judge = seen[0]
    training = {image.numpy().tobytes() for image in data.load("digits").train.images}
    learned, judged = ({i.numpy().tobytes() for i in s.images} for s in (images, judge))
    assert judged < training and not judged & learned
    assert len(seen) == 2 * len(WAYS)


def test_the_smallest_held_back_error_chooses_the_rate():
    rows = {"a": [0.3, 0.2, 0.4], "b": [0.1, 0.1, 0.2]}
    assert best_rates(rows, (0.01, 0.1, 1.0)) == {"a": 0.1, "b": 0.01}


def test_the_rates_in_use_are_those_that_the_record_chose():
    record = load_measurement(fine_tuning.EXPERIMENT, "rates")
    assert best_rates(record["rows"], record["settings"]["tried"]) == RATES


def test_a_record_is_old_when_a_way_or_a_slip_changes(monkeypatch):
    task, priced = FineTuning((0,)), Slips("resnet-14")
    before, price = task.hash(), priced.hash()
    monkeypatch.setitem(WAYS, "all", replace(WAYS["all"], trunk=0.5))
    assert task.hash() != before
    assert replace(priced, slips=("none",)).hash() != price


def test_wrong_answers_are_counted_and_the_right_way_checked(monkeypatch):
    task = Slips("resnet-14", images=20, dataset="digits", slips=("none", "bgr"))
    found = task.perform()
    assert found["images"] == 20 and set(found["rows"]["wrong"]) == {"none", "bgr"}
    assert 0 <= found["rows"]["wrong"]["none"] <= 20
    trained = weights.load("resnet-14")
    record = {**trained.record, "dataset": {**trained.record["dataset"], "test_images": 20}}
    monkeypatch.setattr(slips.weights, "load", lambda name: replace(trained, record=record))
    with pytest.raises(ValueError, match="in its record"):
        task.perform()


def test_every_network_that_is_priced_was_trained_on_whole_images():
    for task in slips.tasks():
        assert weights.load(task.model).record["dataset"]["name"] == task.dataset
