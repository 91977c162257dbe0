"""The lesion records are those of the code, and the chapter says what they say."""

from __future__ import annotations

import itertools
import json
import statistics

import pytest
import torch

from utils.chapters.inside_a_resnet.numbers import (
    CHANCE,
    RESIDUAL,
    best_and_worst,
    by_order,
    by_set,
    by_size,
    by_size_and_number,
    changes_shape,
    exchanged,
    explained_by_count,
    favourite_share,
    intact,
    mean_length,
    path_rows,
    quartiles,
    recorded,
    records,
    regained,
    renewed,
    single,
    spared,
)
from utils.explorables.block_lesions import finding, packed, set_number
from utils.files.places import RESULTS
from utils.files.records import load_measurement, record_path
from utils.record.lesions import EXPERIMENT, SEEDS, tasks
from utils.results.runs import load_runs

NETWORKS = ("plain-14", "ResNet-14", "ResNet-20")
THERE = [task for task in tasks() if record_path(EXPERIMENT, task.name).exists()]
by_task = pytest.mark.parametrize("task", THERE, ids=lambda task: task.name)


# The records ----------------------------------------------------------------------------------


def test_the_networks_of_the_chapter_are_recorded_with_three_seeds():
    assert set(NETWORKS) <= set(recorded())
    assert len(SEEDS) == 3


def test_every_file_belongs_to_a_task():
    files = {path.stem for path in (RESULTS / EXPERIMENT).glob("*.json")}
    assert files == {task.name for task in THERE}


@by_task
def test_a_record_is_that_of_todays_task(task):
    assert load_measurement(EXPERIMENT, task.name)["hash"] == task.hash()


@by_task
def test_the_intact_network_makes_the_mistakes_of_its_run(task):
    found = load_measurement(EXPERIMENT, task.name)
    if found["settings"]["images"] < 10_000:
        pytest.skip("judged on a part of the test images")
    run = next(r for r in load_runs(task.experiment, task.model) if r["seed"] == task.seeds[0])
    wrong = [sum(row) - row[k] for k, row in enumerate(run["final"]["confusion"])]
    assert [int(n) for n in found["wrong"]["intact"][0].split()] == wrong


@by_task
def test_sets_that_are_all_there_agree_with_the_single_deletions(task):
    found = load_measurement(EXPERIMENT, task.name)
    images = sum(int(n) for n in found["images_of_class"]["many"][0].split())
    assert images == found["settings"]["many"]
    errors = by_set(found)
    for number, row in enumerate(found["wrong"]["single"], 1):
        if (number,) in errors:
            whole = 100 * sum(map(int, row.split())) / found["settings"]["images"]
            # Two standard errors of a share, at most 1.1 points each at 2,000 images.
            assert errors[number,] == pytest.approx(whole, abs=2 * 110 * (0.25 / images) ** 0.5)


@pytest.mark.parametrize("label", [*RESIDUAL, "ResNet-56"])
def test_shares_of_the_gradient_add_up_to_one(label):
    assert path_rows(label, "share").sum(1).tolist() == pytest.approx([1] * 3, abs=2e-3)
    assert by_size_and_number(label).sum(1).tolist() == pytest.approx([1] * 3)


# The arithmetic -------------------------------------------------------------------------------


def test_errors_are_wrong_answers_over_images():
    record = json.loads(
        record_path(EXPERIMENT, "shortcut-control_plain-14_seed1").read_text(encoding="utf-8")
    )
    wrong = [sum(map(int, row.split())) for row in record["wrong"]["single"]]
    assert single("plain-14")[1].tolist() == pytest.approx([100 * n / 10_000 for n in wrong])


def test_the_mean_length_of_binomial_weights_is_half_the_blocks():
    assert mean_length([1, 3, 3, 1]) == pytest.approx(1.5)


def test_quartiles_of_a_few_numbers_by_hand():
    assert quartiles([1, 2, 3, 4, 5]) == (2, 3, 4)
    assert quartiles([7]) == (7, 7, 7)


def test_starred_blocks_are_the_first_of_the_later_stages():
    assert [n for n, new in enumerate(changes_shape("ResNet-20"), 1) if new] == [4, 7]
    assert [n for n, new in enumerate(changes_shape("plain-14"), 1) if new] == [3, 5]


def test_a_plain_network_has_no_path_rows():
    with pytest.raises(ValueError, match="single path"):
        path_rows("plain-14", "share")


# What the chapter says ------------------------------------------------------------------------


def test_plain_14_guesses_without_any_one_block():
    means = single("plain-14").mean(0)
    assert (means - CHANCE).abs().max() < 5
    assert favourite_share("plain-14").max() > 50


def test_residual_networks_keep_far_from_guessing_without_a_block():
    for label in RESIDUAL:
        means = single(label).mean(0)
        assert means.max() < CHANCE - 10
        assert means.min() < CHANCE - 30


def test_every_block_of_the_residual_networks_is_missed():
    for label in RESIDUAL:
        assert (single(label).mean(0) - intact(label).mean()).min() > 2
    assert (single("ResNet-14").mean(0) - intact("ResNet-14").mean()).min() > 15


def test_more_than_half_of_the_answers_are_wrong_without_the_most_needed_block():
    means = single("ResNet-20").mean(0)
    assert means.max() > 50
    assert int(means.argmax()) == 2, "the last block before the maps shrink"


@pytest.mark.parametrize("label", RESIDUAL)
def test_starred_blocks_cost_more_than_the_others_of_their_stages(label):
    starts = torch.tensor(changes_shape(label))
    others = ~starts & (starts.cumsum(0) > 0)
    errors = single(label)
    assert (errors[:, starts].mean(1) > errors[:, others].mean(1)).all()


def test_new_statistics_change_nothing_behind_the_last_block():
    for label in NETWORKS:
        gap = single(label)[:, -1].mean() - renewed(label)[:, -1].mean()
        assert abs(float(gap)) < 2, "two standard errors at 2,000 images"


def test_plain_14_profits_most_from_new_statistics_without_block_1():
    gains = (single("plain-14") - renewed("plain-14")).mean(0)
    assert int(gains.argmax()) == 0


def test_new_statistics_give_most_back_to_residual_networks_and_little_to_the_plain_one():
    assert regained("ResNet-14").mean > 0.5
    assert regained("ResNet-20").mean > 0.5
    assert regained("plain-14").mean < 0.25


def test_new_statistics_widen_the_gap_between_plain_and_residual():
    before = (single("plain-14") - single("ResNet-14")).mean()
    after = (renewed("plain-14") - renewed("ResNet-14")).mean()
    assert after > before


def test_the_plain_network_falls_at_once_and_the_residual_ones_step_by_step():
    plain = {k: quartiles(v)[1] for k, v in by_size("plain-14").items()}
    assert min(plain[k] for k in range(1, 7)) > CHANCE - 5
    for label in RESIDUAL:
        middle = [quartiles(v)[1] for v in by_size(label).values()]
        assert all(a < b + 1 for a, b in itertools.pairwise(middle))
    assert quartiles(by_size("ResNet-20")[1])[1] < quartiles(by_size("ResNet-14")[1])[1]


def test_which_two_blocks_are_lost_matters_by_tens_of_points():
    low, high = best_and_worst("ResNet-20", 2)
    assert high - low > 30


def test_one_exchange_ruins_plain_14_and_depends_on_the_pair_in_resnet_20():
    assert (exchanged("plain-14")[1, 2] > 80).all()
    errors = [float(e.mean()) for e in exchanged("ResNet-20").values()]
    assert max(errors) - min(errors) > 20


def test_the_trained_order_is_the_best_of_all_with_every_seed():
    for label in NETWORKS:
        points = by_order(label)
        size = len(points) // len(SEEDS)
        for seed in range(len(SEEDS)):
            mine = points[seed * size : (seed + 1) * size]
            assert min(mine, key=lambda point: point[1])[0] == 1


def test_the_error_grows_with_the_disorder():
    points = by_order("ResNet-20")
    near = [error for tau, error in points if 0.9 <= tau < 1]
    far = [error for tau, error in points if tau < 0.75]
    assert statistics.fmean(near) < statistics.fmean(far)


def test_two_late_neighbours_change_places_for_a_few_points_and_1_and_3_do_not():
    found = {pair: float(errors.mean()) for pair, errors in exchanged("ResNet-20").items()}
    kindest = min(found, key=found.get)
    assert kindest in ((5, 6), (8, 9))
    assert found[kindest] - float(intact("ResNet-20").mean()) < 5
    assert max(found, key=found.get) == (1, 3)
    assert found[1, 3] > CHANCE - 10


def test_the_number_of_paths_explains_a_part_of_the_variance_only():
    for label in RESIDUAL:
        assert 0.3 < explained_by_count(label).mean < 0.95
    one = by_size("ResNet-20")[1]
    assert max(one) - min(one) > 30


def test_the_gradients_paths_are_longer_than_the_average_path():
    for label, blocks in (("ResNet-14", 6), ("ResNet-20", 9)):
        for row in path_rows(label, "share").tolist():
            assert mean_length(row) > blocks / 2 + 0.3


def test_a_path_through_all_blocks_brings_more_gradient_than_one_through_none():
    factors = []
    for label in RESIDUAL:
        sizes = path_rows(label, "single").mean(0)
        assert sizes[-1] > 2 * sizes[0]
        factors.append(float(sizes[-1] / sizes[0]) ** (1 / (len(sizes) - 1)))
    assert factors[0] > factors[1] > 1


# Twenty-seven blocks ----------------------------------------------------------------------------


def test_plain_56_is_lost_without_nearly_any_block():
    errors = single("plain-56").mean(0)
    assert errors.median() > CHANCE - 5
    assert errors.min() > intact("plain-56").mean() + 20


def test_resnet_56_hardly_misses_most_of_its_blocks():
    missed = single("ResNet-56").mean(0) - intact("ResNet-56").mean()
    assert int((missed < 2).sum()) > len(missed) / 2
    assert missed.median() < 1.5
    assert missed.argmax() == 0
    assert missed[0] > 10


def test_first_block_and_stage_starts_are_the_ones_it_misses():
    starts = [n for n, new in enumerate(changes_shape("ResNet-56")) if new]
    assert starts == [9, 18]
    missed = single("ResNet-56").mean(0) - intact("ResNet-56").mean()
    wanted = {n for n, points in enumerate(missed.tolist()) if points >= 2}
    assert {0, *starts} < wanted
    assert wanted - set(starts) <= set(range(9))
    kept_up = renewed("ResNet-56").mean(0)
    assert {int(n) for n in kept_up.argsort()[-3:]} == {0, *starts}


def test_new_statistics_give_more_back_to_plain_56_than_to_plain_14():
    assert regained("plain-56").mean > regained("plain-14").mean + 0.1


def test_every_plain_56_has_blocks_that_it_can_spare_and_plain_14_has_none():
    assert all(spared("plain-56").values())
    assert not any(spared("plain-14").values())


def test_the_slope_of_27_blocks_is_gentle():
    middle = {k: quartiles(v)[1] for k, v in by_size("ResNet-56").items()}
    assert middle[3] < 40 < middle[12]
    plain = {k: quartiles(v)[1] for k, v in by_size("plain-56").items()}
    assert min(error for k, error in plain.items() if k) > CHANCE - 10


def test_most_exchanges_cost_resnet_56_little():
    errors = [float(e.mean()) for e in exchanged("ResNet-56").values()]
    assert statistics.median(errors) - float(intact("ResNet-56").mean()) < 1


def test_the_gradients_paths_of_27_blocks_are_short():
    for row in path_rows("ResNet-56", "share").tolist():
        assert mean_length(row) < 27 / 3
    sizes = path_rows("ResNet-56", "single").mean(0)
    assert sizes[10] < sizes[0]


def test_variance_explained_is_that_of_a_hand_computed_case():
    from utils.chapters.inside_a_resnet.numbers import _between

    # Sizes 1 and 2 have means 1 and 4 around 2.5: between 4 * 2.25 = 9, total 9 + 2 * (1 + 1) = 13.
    errors = {(1,): 0.0, (2,): 2.0, (1, 2): 3.0, (1, 3): 5.0}
    assert _between(errors, len) == pytest.approx(9 / 13)


# The figure to touch --------------------------------------------------------------------------


def test_packed_errors_are_means_over_seeds():
    data = packed()
    network = data["labels"].index("ResNet-14")
    recorded_errors = [by_set(record)[2, 5] for record in records("ResNet-14")]
    expected = statistics.fmean(recorded_errors)
    assert data["errors"][network][set_number((2, 5))] / 10 == pytest.approx(expected, abs=0.051)
    assert set_number((2, 5)) == 2 + 16


def test_the_figure_says_one_state_by_hand():
    data = {
        **packed(),
        "labels": ["ResNet-1", "plain-1"],
        "blocks": [1, 1],
        "twins": [1, 0],
        "errors": [[100, 255], [120, 900]],
        "classes": [[[1, 2], [7, 30]], [[3, 4], [90, 91]]],
        "names": ["cat", "dog"],
    }
    assert finding(data, 0, {1}).replace("\u00a0", " ") == (
        "ResNet-1 without block 1 has a test error of 25.5 %, against 10.0 % when it is intact. "
        "Of its 2 paths from input to output, only one is left. "
        "With the same blocks switched off, plain-1 has a test error of 90.0 %. "
        "With this choice of blocks, ResNet-1 has its lowest error on the class cat (7 %) and its "
        "highest error on the class dog (30 %)."
    )
    assert finding(data, 1, set()).replace("\u00a0", " ") == (
        "The intact Plain-1 has a test error of 12.0 %. "
        "With this choice of blocks, plain-1 has its lowest error on the class cat (3 %) and its "
        "highest error on the class dog (4 %)."
    )
