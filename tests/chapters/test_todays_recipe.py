"""What the chapter on time to accuracy shows of the recipe muon."""

import pytest
import torch

from utils.chapters.time_to_accuracy import today
from utils.chapters.time_to_accuracy import words as pace_words
from utils.record.experiments import TODAY, TRIED
from utils.training.muon import orthogonalised


def run(error: float, both: float, seconds: float, seed: int = 0) -> dict:
    return {
        "seed": seed,
        "model": "wide-8",
        "config": {"epochs": 2},
        "machine": {"device": "a device", "device_type": "cpu", "threads": 2},
        "final": {"test_error": error, "test_error_two_views": both},
        "timing": {"train_seconds": seconds},
    }


def test_the_budgets_are_sorted_by_their_epochs():
    found = today.todays()
    assert list(found) == [f"muon, {epochs} epochs" for epochs in sorted(TODAY)]
    for label, runs in found.items():
        assert {r["config"]["epochs"] for r in runs} == {int(label.split()[1])}
        assert {r["model"] for r in runs} == {"wide-8"}


def test_the_table_has_both_ways_of_testing():
    shown = today.today_table({"a": [run(0.1, 0.05, 60.0), run(0.2, 0.15, 62.0, 1)]})
    for cell in ("85.00 ± 7.07 %", "90.00 ± 7.07 %", "61 ± 1 s", "a device, 2 threads", "Wide-8"):
        assert cell in shown._repr_html_()


def test_every_setting_that_was_tried_has_its_row():
    shown = today.tuning_table()._repr_html_()
    assert shown.count("<tr>") == 1 + len(TRIED)
    for changes in TRIED.values():
        assert f'<th scope="row">{changes["learning_rate"]:g}</th>' in shown


def test_the_figure_compares_shares_of_the_greatest_value():
    slope = torch.randn(6, 20, generator=torch.Generator().manual_seed(0))
    values = {
        "one": torch.linalg.svdvals(slope),
        "two": torch.linalg.svdvals(orthogonalised(slope)),
    }
    markup = today.singular_value_figure(values)._repr_html_()
    assert "Singular values of a gradient" in markup and "logarithmic" in markup


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (0.90, "**All two seeds of *long* reach it with one view, in 2.0 ± 0.0 minutes of "
               "training on two CPU threads.**"),
        (0.70, "**All two seeds of *short* reach it with one view, in 0.5 ± 0.0 minutes of "
               "training on two CPU threads.**"),
        (0.95, "With one view, no budget brings all its seeds to 95 %. The nearest is *long* with "
               "91.00 ± 0.00 %."),
    ],
)  # fmt: skip
def test_a_sentence_says_which_budget_reaches_an_accuracy_or_how_near_one_comes(wanted, told):
    groups = {
        "short": [run(0.2, 0.18, 30.0), run(0.2, 0.18, 30.0, 1)],
        "long": [run(0.09, 0.08, 120.0), run(0.09, 0.08, 120.0, 1)],
    }
    assert pace_words.reached_in_words(groups, wanted) == told


def test_a_sentence_names_the_machine_as_readers_do():
    thread = {"device": "a device", "device_type": "cpu", "threads": 1}
    assert pace_words.where_in_words(thread) == "on one CPU thread"
    card = {"device": "NVIDIA H200", "device_type": "cuda", "threads": 8}
    assert pace_words.where_in_words(card) == "on one NVIDIA H200"
