"""Twenty epochs of 20 and 56 layers: the records, the sentences on them, the figure to touch."""

import json
import re
import statistics

import pytest
from seeds import difference

from utils.chapters.degradation import long as long_runs
from utils.chapters.degradation.brief import FIELDS
from utils.chapters.degradation.long import (
    LONG,
    courses,
    deeper_is_worse,
    depth_in_words,
    each_kind,
    final,
    long_table,
    overtakes,
    overtakes_in_each_seed,
)
from utils.explorables.depth_curves import (
    at,
    band,
    finding,
    label_height,
    packed,
    plot,
)
from utils.files.places import ROOT
from utils.files.records import record_path
from utils.record.experiments import FIVE_SEEDS, HALF_SIZE, SEEDS, runs
from utils.results.verdict import SHOWN, Difference


def record(name: str) -> dict:
    return json.loads(record_path(LONG, name).read_text(encoding="utf-8"))


# What the records say


def test_all_runs_are_recorded_for_as_many_epochs_and_with_three_seeds():
    lengths = {len(record(run.name)["history"]) for run in runs(LONG)}
    assert lengths == {HALF_SIZE.epochs}
    assert len(SEEDS) == 3


def test_a_course_is_that_of_the_record_in_percent():
    history = record("plain-56_fast-half-size_seed1")["history"]
    assert courses("plain-56", "training")[1][4] == pytest.approx(100 * history[4]["train_error"])
    assert courses("plain-56", "test")[1][-1] == pytest.approx(100 * history[-1]["test_error"])


def test_the_last_test_error_of_a_course_is_the_final_one():
    for kind in ("plain", "resnet"):
        for depth in long_runs.LENGTHS:
            ends = {seed: c[-1] for seed, c in courses(f"{kind}-{depth}", "test").items()}
            assert ends == pytest.approx(final(kind, depth, "test"))


def test_depth_is_compared_seed_by_seed(monkeypatch):
    errors = {"plain-20": 10, "plain-56": 30, "resnet-20": 9, "resnet-56": 8}

    def fake(model, recipe, images, experiment):
        return {seed: errors[model] + seed for seed in SEEDS}

    monkeypatch.setattr(long_runs, "seeds", fake)
    assert deeper_is_worse("plain") == {0: 20, 1: 20, 2: 20}
    html = long_table()._repr_html_()
    for cell in ("plain-56", "31.0 ± 1.0", "+20.0 ± 0.0, shown", "-1.0 ± 0.0, shown", "ResNet-20<"):
        assert cell in html


@pytest.mark.parametrize("images", FIELDS)
def test_depth_costs_without_shortcuts_and_pays_with_them_in_every_seed(images):
    assert min(deeper_is_worse("plain", images).values()) > 10
    assert max(deeper_is_worse("resnet", images).values()) < 0


@pytest.mark.parametrize("images", FIELDS)
def test_what_depth_costs_and_what_it_saves_is_shown(images):
    found = [Difference(deeper_is_worse(kind, images)) for kind in ("plain", "resnet")]
    assert [each.verdict for each in found] == [SHOWN, SHOWN]
    assert [each.seeds for each in found] == ["five seeds", "three seeds"]


def test_the_table_says_how_many_seeds_each_kind_has():
    assert each_kind([3, 3]) == "three seeds"
    told = "five seeds of each plain network and three seeds of each residual network"
    assert each_kind([5, 3]) == told and told in long_table().alt


@pytest.mark.parametrize(
    ("kind", "values", "words"),
    [
        ("plain", (2, 2.1, 2.2), "Without shortcuts the deeper network is worse on test images, and"
         " three seeds show it."),
        ("plain", (1, 5, 9), "Without shortcuts the deeper network is worse on test images in each"
         " seed, which is a hint and not yet a finding."),
        ("resnet", (-2, -2.1, -2.2), "With shortcuts the deeper network is better on test images,"
         " and three seeds show it."),
        ("resnet", (1, -1, 0), "With shortcuts three seeds do not show what depth does to the error"
         " on test images."),
    ],
)  # fmt: skip
def test_the_words_on_depth_fit_every_verdict(kind, values, words):
    assert depth_in_words(kind, "test", difference(*values)) == words


# The figure to touch


def made_up(shallow: list[list[int]], deep: list[list[int]]) -> dict:
    """Data of one kind, one judge and two epochs."""
    return {**packed(), "names": ["Plain"], "epochs": 2, "errors": [[[shallow, deep]]]}


def test_a_point_by_hand():
    # Twenty places on 268 px from 40: the first at 40 + 268 / 40; 100 % at the top, 26.
    assert plot(20).place(0, 10_000) == pytest.approx((40 + 268 / 40, 26))
    assert plot(20).place(19, 0) == pytest.approx((40 + 268 * 39 / 40, 246))
    assert at([[1, 2], [3, 4]], 2) == [2, 4]


def test_words_say_what_depth_costs_and_whether_the_seeds_agree():
    costs = finding(made_up([[3000, 2000], [3200, 2207]], [[5000, 4000], [5200, 4411]]), 0, 2)
    assert costs == (
        "These are the errors on training images at epoch 2. The plain network of 20 layers has "
        "21.04 %, and the one of 56 layers has 42.06 %. So 36 more layers raise the error by 21.02 "
        "points on average, and they do so in each seed."
    )
    saves = finding(made_up([[3000, 2000], [3200, 2200]], [[5000, 1000], [5200, 2300]]), 0, 2)
    assert saves.endswith(
        "So 36 more layers lower the error by 4.50 points on average, but not in each seed."
    )
    level = finding(made_up([[300, 200]], [[500, 200]]), 0, 2)
    assert level.endswith("So 36 more layers make no difference on average.")


@pytest.mark.parametrize(
    ("shallow", "deep", "epoch"),
    [
        ([50, 40, 30, 20], [60, 35, 25, 15], 2),
        ([50, 40, 30, 20], [45, 45, 25, 15], 3),
        ([50, 40, 30, 20], [45, 35, 25, 15], 1),
        ([50, 40, 30, 20], [45, 35, 25, 25], None),
        ([50, 40, 30, 20], [45, 35, 25, 20], None),
    ],
)
def test_the_epoch_from_which_on_the_deeper_network_stays_ahead(monkeypatch, shallow, deep, epoch):
    made = {"resnet-20": {0: shallow}, "resnet-56": {0: deep}}
    monkeypatch.setattr(long_runs, "courses", lambda model, images: made[model])
    assert overtakes("resnet", "training") == epoch
    assert overtakes_in_each_seed("resnet", "training") == epoch


def test_every_seed_overtakes_when_the_last_one_does(monkeypatch):
    shallow = [50, 40, 30, 20]
    deep = {0: [45, 35, 25, 15], 1: [60, 45, 25, 15]}
    made = {"resnet-20": {0: shallow, 1: shallow}, "resnet-56": deep}
    monkeypatch.setattr(long_runs, "courses", lambda model, images: made[model])
    assert overtakes_in_each_seed("resnet", "training") == 3
    deep[1][-1] = 30
    assert overtakes_in_each_seed("resnet", "training") is None


def test_a_band_reaches_from_the_best_to_the_worst_seed():
    heights = [
        float(pair.split()[1]) for pair in re.findall(r"\S+ \S+", band([[0, 5000], [10_000, 5000]]))
    ]
    assert heights == [246.0, 136.0, 136.0, 26.0]


def test_names_of_near_lines_stand_apart():
    data = made_up([[3000, 2000]], [[3000, 2100]])
    shallow, deep = (label_height(data, 0, 0, index) for index in (0, 1))
    assert shallow - deep == pytest.approx(14)
    far = made_up([[3000, 1000]], [[3000, 9000]])
    assert label_height(far, 0, 0, 0) == pytest.approx(plot(2).place(1, 1000)[1] + 4)


def test_means_are_those_of_the_records():
    found = packed()["errors"][1][0][1]
    expected = statistics.fmean(
        record(f"plain-56_fast-half-size_seed{seed}")["final"]["test_error"] for seed in FIVE_SEEDS
    )
    assert statistics.fmean(at(found, HALF_SIZE.epochs)) == pytest.approx(10_000 * expected, abs=1)


def test_the_chapter_shows_the_figure_and_the_table():
    text = (ROOT / "notebooks" / "03_degradation.ipynb").read_text(encoding="utf-8")
    assert "depth_curves()" in text and "long_table()" in text
