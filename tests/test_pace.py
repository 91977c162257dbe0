"""Seconds to an accuracy, from records."""

import math

import pytest

from utils import pace


def run(error: float, seconds: float, seed: int = 0) -> dict:
    return {
        "seed": seed,
        "config": {"epochs": 2},
        "machine": {"device": "a device", "threads": 2},
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
    assert pace.cheapest(groups, 0.70) == "long"
    assert pace.cheapest(groups, 0.69) == "short"
    assert pace.cheapest(groups, 0.90) is None


def test_machine_without_a_benchmark_is_named_with_the_command(bench):
    with pytest.raises(LookupError, match=r"another device with 2 threads.*make bench"):
        pace.usual_loop_seconds("another device", 2)


def test_table_shows_time_speed_and_accuracy(bench):
    html = pace.pace_table({"fast-2": [run(0.25, 100.0), run(0.27, 100.0, seed=1)]})._repr_html_()
    for cell in ("fast-2", "100 ± 0 s", "10.0", "74.00 ± 1.41 %"):
        assert cell in html
