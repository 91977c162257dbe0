"""What a task of the transfer hands on to what pretrains, fine-tunes and judges."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from utils.data.sets import Dataset, Split
from utils.record import fine_tuning
from utils.record.experiments import FIVE_SEEDS
from utils.record.fine_tuning import NEW, OLD, PILOT_SEED, RATES, SIZES, FineTuning, Rates, tasks
from utils.training.fine_tuning import WAYS


def split(of_each: int, first: int) -> Split:
    """Images of ten classes whose pixels all have a number of their own."""
    count = 10 * of_each
    images = torch.arange(first, first + count).remainder(256).to(torch.uint8)
    return Split(images[:, None, None, None].expand(-1, 3, 4, 4), torch.arange(count) % 10)


WHOLE = Dataset("whole", tuple("abcdefghij"), split(8, 0), split(3, 100), "0" * 64)


@pytest.fixture
def task(monkeypatch, tmp_path):
    """Tasks whose training and judging only note what they are given."""
    noted = SimpleNamespace(train=[], start=[], tune=[], predict=[])
    monkeypatch.setattr(fine_tuning, "CHECKPOINTS", tmp_path)
    monkeypatch.setattr(fine_tuning.datasets, "load", lambda name: WHOLE)

    def train(*given: object, **options: object) -> SimpleNamespace:
        noted.train.append((given, options))
        history = [SimpleNamespace(test_error=0.5), SimpleNamespace(test_error=0.25)]
        return SimpleNamespace(net="net", normaliser="normaliser", history=history)

    monkeypatch.setattr(fine_tuning, "train", train)
    monkeypatch.setattr(fine_tuning, "start", lambda *given: noted.start.append(given) or "new")
    monkeypatch.setattr(fine_tuning, "fine_tune", lambda *given: noted.tune.append(given))
    monkeypatch.setattr(fine_tuning, "predict", lambda *given: noted.predict.append(given) or given)
    monkeypatch.setattr(fine_tuning, "error_of", lambda answers, labels: 0.125)
    return noted


def test_the_network_is_pretrained_on_the_old_classes_alone(task, tmp_path):
    made = FineTuning((3,), model="resnet-8", epochs=4)
    assert made.pretrained() == ("net", "normaliser", 0.25)
    ((net, part, config, seed, workers, path), options) = task.train[0]
    assert net.fc.out_features == 5 and (part.name, part.classes) == (
        "cifar10-16-old",
        tuple("acegi"),
    )
    assert (len(part.train), len(part.test), part.sha256) == (40, 15, WHOLE.sha256)
    assert (config.epochs, config.precision, seed) == (4, "fp32", 3)
    assert (workers.rank, workers.world, workers.device) == (0, 1, torch.device("cpu"))
    assert path == tmp_path / "fine-tuning/pretrained_seed3.pt" and options == {"progress": False}
    torch.manual_seed(3)
    again = fine_tuning.build("resnet-8", 5)
    assert torch.equal(again.fc.weight, net.fc.weight)


def test_one_way_starts_learns_and_is_judged_with_the_seed_of_the_task(task):
    made = FineTuning((3,), steps=9, batch_size=50)
    images, judge = split(1, 0), split(2, 7)
    assert made.error(("given", "normaliser"), "slow", 0.2, images, judge) == 0.125
    assert task.start == [("given", WAYS["slow"], 5, 3)]
    assert task.tune == [("new", WAYS["slow"], images, "normaliser", 0.2, 9, 10, 3)]
    assert task.predict[0][0] == "new" and task.predict[0][1] is judge.images
    FineTuning((3,), batch_size=4).error(("given", "n"), "all", 0.2, images, judge)
    assert task.tune[1][-3:] == (200, 4, 3)


def test_every_way_learns_every_size_and_is_judged_on_the_new_test_images(task, monkeypatch):
    seen = []
    monkeypatch.setattr(FineTuning, "error", lambda self, *given: seen.append(given) or len(seen))
    made = FineTuning((3,), sizes=(1, 2), rates=(("head", 0.1), ("all", 0.4)))
    assert made.perform() == {"pretrained_error": 0.25, "rows": {"head": [1, 2], "all": [3, 4]}}
    assert [(way, rate, len(images), len(judge)) for _, way, rate, images, judge in seen] == [
        ("head", 0.1, 5, 15), ("head", 0.1, 10, 15), ("all", 0.4, 5, 15), ("all", 0.4, 10, 15),
    ]  # fmt: skip
    small, large = (set(one[3].images[:, 0, 0, 0].tolist()) for one in seen[:2])
    assert small < large
    judged = seen[0][4]
    assert judged.images[:, 0, 0, 0].tolist() == [100 + n for n in range(30) if n % 2]
    assert made.name == "seed3"


def test_rates_are_judged_by_other_images_of_the_training(task, monkeypatch):
    seen = []
    monkeypatch.setattr(Rates, "error", lambda self, *given: seen.append(given) or len(seen))
    made = Rates(tried=(0.5, 0.6), count=3, judged=5)
    rows = made.perform()["rows"]
    assert list(rows) == list(WAYS) and rows["scratch"] == [1, 2]
    _, way, rate, images, judge = seen[1]
    assert (way, rate, len(images), len(judge)) == ("scratch", 0.6, 15, 25)
    assert not set(images.images[:, 0, 0, 0].tolist()) & set(judge.images[:, 0, 0, 0].tolist())
    assert Rates().name == "rates" and Rates().seeds == (PILOT_SEED,)


def test_the_settings_are_those_of_the_records():
    assert [task.name for task in tasks()] == ["rates", *(f"seed{seed}" for seed in FIVE_SEEDS)]
    for task in tasks():
        record = fine_tuning_record(task.name)
        assert task.hash() == record["hash"]
    assert (OLD, NEW, SIZES) == ((0, 2, 4, 6, 8), (1, 3, 5, 7, 9), (10, 50, 200))
    assert set(RATES) == set(WAYS)


def fine_tuning_record(name: str) -> dict:
    from utils.files.records import parse_json, record_path

    return parse_json(record_path(fine_tuning.EXPERIMENT, name), ())
