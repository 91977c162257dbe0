"""Seconds to an accuracy, from records."""

import math

import pytest

from utils import pace
from utils.counting import count_macs
from utils.experiments import WITHOUT, runs
from utils.models import build
from utils.recipes import TrainConfig, recipe
from utils.results import spread


def run(error: float, seconds: float, seed: int = 0) -> dict:
    return {
        "seed": seed,
        "config": {"epochs": 2},
        "machine": {"device": "a device", "device_type": "cpu", "threads": 2},
        "final": {"test_error": error},
        "timing": {"train_seconds": seconds},
    }


@pytest.fixture
def bench(monkeypatch):
    record = {
        "machine": {"device": "a device", "threads": 2},
        "run_seconds_50k_images": {"usual loop": 1000.0},
    }
    monkeypatch.setattr(pace, "load_benches", lambda: [record])


def test_seconds_and_speed_are_means_over_seeds(bench):
    runs = [run(0.3, 80.0), run(0.3, 120.0, seed=1)]
    assert pace.training_seconds(runs).mean == 100
    assert pace.training_seconds(runs).sd == pytest.approx(math.sqrt(800))
    assert pace.speed_up(runs).mean == pytest.approx((1000 / 80 + 1000 / 120) / 2)


def test_budget_counts_only_if_every_seed_reaches_the_accuracy():
    groups = {
        "short": [run(0.29, 50.0), run(0.31, 50.0, seed=1)],
        "long": [run(0.25, 90.0), run(0.26, 90.0, seed=1)],
        "longer": [run(0.2, 200.0), run(0.2, 200.0, seed=1)],
    }
    here = "a device, 2 threads"
    assert pace.cheapest(groups, 0.70) == {here: "long"}
    assert pace.cheapest(groups, 0.69) == {here: "short"}
    assert pace.cheapest(groups, 0.90) == {}


def test_seconds_of_different_machines_are_not_compared():
    elsewhere = run(0.25, 5.0)
    elsewhere["machine"] = {"device": "a GPU", "device_type": "cuda", "threads": 8}
    groups = {"here": [run(0.25, 90.0)], "slower": [run(0.25, 91.0)], "there": [elsewhere]}
    assert pace.cheapest(groups, 0.70) == {"a GPU": "there", "a device, 2 threads": "here"}
    html = pace.target_table(groups)._repr_html_()
    assert html.count("70.57 %") == 2 and html.count("94.00 %") == 1


def test_machine_without_a_benchmark_is_named_with_the_command(bench):
    with pytest.raises(LookupError, match=r"another device with 2 threads.*make bench"):
        pace.usual_loop_seconds("another device", 2)


def test_table_shows_time_threads_and_accuracy():
    html = pace.pace_table({"fast-2": [run(0.25, 100.0), run(0.27, 100.0, seed=1)]})._repr_html_()
    for cell in ("fast-2", "100 ± 0 s", "a device, 2 threads", "74.00 ± 1.41 %"):
        assert cell in html


def test_targets_are_read_where_they_are_printed():
    assert list(pace.targets().values()) == pytest.approx([0.7057, 0.9125, 0.94])


def test_target_that_nothing_reaches_names_the_best():
    groups = {"low": [run(0.4, 50.0)], "high": [run(0.25, 90.0), run(0.27, 110.0, seed=1)]}
    html = pace.target_table(groups)._repr_html_()
    assert "100 ± 14 s" in html
    assert html.count("best so far: high, 74.00 ± 1.41 %") == 2


def test_course_adds_up_the_seconds_of_epochs():
    def with_history(seconds: list[float], errors: list[float]) -> dict:
        rows = zip(seconds, errors, strict=True)
        return {"history": [{"epoch": n, "seconds": s, "test_error": e}
                            for n, (s, e) in enumerate(rows, 1)]}  # fmt: skip

    runs = [
        with_history([10, 20, 30], [0.5, 0.4, 0.3]),
        with_history([20, 20, 20], [0.7, 0.4, 0.1]),
    ]
    seconds, points = pace.course(runs)
    assert seconds == [15, 35, 60]
    assert [point.mean for point in points] == pytest.approx([60, 40, 20])


def test_a_trick_is_compared_seed_by_seed(monkeypatch):
    whole = [run(0.20, 1.0, seed) for seed in (0, 1)]
    less = [run(0.23, 1.0, 1), run(0.21, 1.0, 0)]
    monkeypatch.setattr(pace, "load_runs", lambda name, *_: whole if name == pace.SHORT else less)
    # Seed 0: 79 - 80 = -1, seed 1: 77 - 80 = -3.
    assert pace.changes("no-flip") == pytest.approx({0: -1, 1: -3})
    del less[1]
    with pytest.raises(ValueError, match="seeds differ"):
        pace.changes("no-flip")


def test_work_is_the_mean_over_small_and_full_images():
    def runs_of(config: TrainConfig) -> list[dict]:
        return [{"model": "resnet-14", "config": config.as_dict()}]

    net = build("resnet-14")
    small, full = (count_macs(net, size) / 1e6 for size in (24, 32))
    assert pace.work(runs_of(recipe("fast", epochs=3))) == pytest.approx((small + full) / 2)
    assert pace.work(runs_of(recipe("source"))) == pytest.approx(full)


def test_the_sentences_on_tricks_hold_in_the_records():
    for variant in ("constant-rate", "zero-padding", "no-nesterov", "no-decay", "full-size"):
        assert max(pace.changes(variant).values()) < 0, variant
    assert len({change > 0 for change in pace.changes("no-flip").values()}) == 2
    means = {variant: spread(pace.changes(variant).values()).mean for variant in WITHOUT}
    order = ["constant-rate", "zero-padding", "no-nesterov", "no-decay"]
    assert sorted(order, key=means.get) == order


def test_two_epochs_pass_the_tutorials_ten_in_accuracy_and_in_seconds():
    runs_ = pace.budgets()
    two, ten = runs_["fast, 2 epochs"], runs_["source, 10 epochs"]
    best, least = (f(r["final"]["test_error"] for r in group)
                   for f, group in ((max, two), (min, ten)))  # fmt: skip
    assert best < least
    assert {r["machine"]["threads"] for r in two} == {2}
    used = runs_[pace.REFERENCE][0]["machine"]
    usual = pace.usual_loop_seconds(used["device"], used["threads"])
    assert max(r["timing"]["train_seconds"] for r in two) < usual


def test_each_variant_takes_out_what_its_name_says():
    for run_ in runs("fast-without", seeds=(0,)):
        base = set(recipe("fast", epochs=3).changed().items())
        changed = {name for name, _ in set(run_.config.changed().items()) ^ base} - {"recipe"}
        variant = run_.config.recipe.removeprefix("fast-3-")
        assert changed == set(WITHOUT[variant]), variant
    assert set(pace.TRICKS) == set(WITHOUT)
