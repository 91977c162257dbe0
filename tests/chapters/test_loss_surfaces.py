"""Loss surfaces: measured, filed and told."""

from __future__ import annotations

import json
import math
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from interrupted import interrupted

from utils.chapters.loss_surfaces.figures import contour_pair
from utils.chapters.loss_surfaces.grids import bends_down, rescaled
from utils.chapters.loss_surfaces.recorded import (
    find_task,
    label,
    pair,
    pairs_of,
    ratio,
    recorded_pairs,
    shape,
    waiting,
)
from utils.chapters.loss_surfaces.tables import surface_table
from utils.explorables import loss_surface
from utils.explorables.loss_surface import packed
from utils.explorables.loss_surface_picture import cells, project
from utils.files import records
from utils.files.records import load_measurement, parse_measurement
from utils.probes.surfaces import (
    classification,
    evaluate_rows,
    subset,
)
from utils.record import experiments, weights
from utils.record import measure as measurements
from utils.record import runs as record
from utils.record import surfaces as surfaces_module
from utils.record.measure import MEASUREMENTS
from utils.record.surfaces import EXPERIMENT, NETWORKS, SEEDS, Surface, tasks
from utils.results.words import short

ROOT = Path(__file__).parents[2]
RECORDED = sorted((ROOT / "results" / EXPERIMENT).glob("*.json"))
PAIRS = recorded_pairs()
by_pair = pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[0].task.name)


def test_a_subset_is_seeded_and_without_repetition():
    images, labels = subset("digits", 50, 0)
    again, _ = subset("digits", 50, 0)
    other, _ = subset("digits", 50, 1)
    assert images.shape[0] == labels.shape[0] == 50
    assert torch.equal(images, again)
    assert not torch.equal(images, other)


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A surface of a network trained on the digits, all files in a temporary folder."""
    from utils.training.recipes import recipe

    monkeypatch.setattr(records, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(record, "CHECKPOINTS", tmp_path / "checkpoints")
    config = recipe("fast", epochs=1, flip=False, batch_size=50, max_steps=6)
    chosen = experiments.Experiment("Works?", (("resnet-8", config),), dataset="digits")
    monkeypatch.setitem(experiments.EXPERIMENTS, "tiny", chosen)
    task = Surface("tiny", "resnet-8", (0,), images=20, steps=3, angles=2, dataset="digits")
    monkeypatch.setitem(MEASUREMENTS, "tiny-surfaces", lambda: [task])
    return tmp_path, task


def test_a_network_that_is_not_trained_is_refused_and_the_command_named(desk, capsys):
    assert measurements.main(["tiny-surfaces"]) == 1
    assert "refused, tiny/resnet-8_fast_seed0 left no weights here" in capsys.readouterr().out


def test_a_network_that_no_experiment_has_is_refused(capsys, monkeypatch):
    monkeypatch.setitem(MEASUREMENTS, "strange", lambda: [Surface("nothing", "plain-14", (0,))])
    assert measurements.main(["strange"]) == 1
    assert "is not in utils/record/experiments.py" in capsys.readouterr().out


def test_a_surface_is_killed_resumed_and_filed_with_the_same_numbers(desk, monkeypatch):
    folder, task = desk
    assert record.main(["tiny", "--device", "cpu", "--seeds", "0"]) == 0
    whole = task.perform()

    def fragile(*arguments, **options):
        return interrupted(classification(*arguments, **options), 4)

    monkeypatch.setattr(surfaces_module, "classification", fragile)
    with pytest.raises(KeyboardInterrupt):
        measurements.main(["tiny-surfaces"])
    assert len(list((folder / "checkpoints" / "surfaces").iterdir())) == 1
    monkeypatch.setattr(surfaces_module, "classification", classification)
    assert measurements.main(["tiny-surfaces"]) == 0
    filed = load_measurement("tiny-surfaces", task.name)
    assert filed["rows"] == whole["rows"]
    assert not list((folder / "checkpoints" / "surfaces").iterdir())
    trained = weights.of_run(task.run())
    inputs, labels = subset("digits", 20, 0)
    loss, error = classification(trained.normaliser(inputs), labels)(trained.net)
    middle = [float(filed["rows"][name][1].split()[1]) for name in ("loss", "error")]
    assert middle == pytest.approx([loss, error], rel=1e-5)


def test_a_surface_is_handed_over_though_another_process_has_tidied_up(desk, monkeypatch):
    from utils.models.networks import build

    _, task = desk
    net = build("resnet-8").eval()
    trained = SimpleNamespace(net=net, normaliser=lambda images: images.float() / 255)
    monkeypatch.setattr(weights, "of_run", lambda run: trained)

    def tidied(*arguments, **options):
        values = evaluate_rows(*arguments, **options)
        for left in (record.CHECKPOINTS / EXPERIMENT).iterdir():
            left.unlink()
        return values

    monkeypatch.setattr(surfaces_module, "evaluate_rows", tidied)
    found = task.perform()
    assert found["normalisation_statistics"] == "running, as training left them"
    # Everything but the scales, shifts and biases.
    still = sum(p.numel() for p in net.parameters() if p.dim() == 1)
    assert found["moved_parameters"] == sum(p.numel() for p in net.parameters()) - still
    assert -0.2 < found["cosine"] < 0.2
    shapes = {name: (len(rows), len(rows[0].split())) for name, rows in found["rows"].items()}
    assert shapes == {"loss": (3, 3), "error": (3, 3), "circle_loss": (2, 2),
                      "circle_error": (2, 2)}  # fmt: skip


def test_the_hash_follows_every_setting():
    base = Surface("shortcut-control", "plain-14", (0,))
    others = [
        Surface("shortcut-control", "resnet-14", (0,)),
        Surface("shortcut-control", "plain-14", (1,)),
        Surface("shortcut-control", "plain-14", (0,), images=255),
        Surface("shortcut-control", "plain-14", (0,), steps=19),
        Surface("shortcut-control", "plain-14", (0,), radii=(0.5,)),
        Surface("shortcut-control", "plain-14", (0,), subset_seed=1),
    ]
    assert len({task.hash() for task in (base, *others)}) == 7


def test_every_record_is_a_listed_task_and_pairs_come_complete():
    names = [task.name for task in tasks()]
    assert len(set(names)) == len(names) == len(NETWORKS) * len(SEEDS)
    assert {path.stem for path in RECORDED} <= set(names)
    assert PAIRS


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_a_recorded_surface_matches_the_code_that_would_make_it_today(path):
    found = parse_measurement(path)
    task = next(task for task in tasks() if task.name == path.stem)
    assert found["hash"] == task.hash()
    run = records.parse_record(records.record_path(task.experiment, task.run().name))
    for key in ("name", "sha256"):
        assert found["dataset"][key] == run["dataset"][key]
    assert found["machine"]["precision"] == "fp32"
    assert not found["git_commit"].endswith("+")
    rows = found["rows"]
    assert [len(row.split()) for row in rows["loss"]] == [task.steps] * task.steps
    assert [len(row.split()) for row in rows["circle_loss"]] == [task.angles] * len(task.radii)
    assert path.stat().st_size < 20_000


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_circle_and_grid_meet_on_the_axes(path):
    """Angles of a quarter turn lie on the grid, which was measured apart."""
    task = next(task for task in tasks() if task.name == path.stem)
    found = shape(task.experiment, task.model, task.seeds[0])
    packed_rows = parse_measurement(path)["rows"]["circle_loss"]
    middle = len(found.places) // 2
    for radius, row in zip(task.radii, packed_rows, strict=True):
        around = [float(value) for value in row.split()]
        step = round(radius * middle)
        on_grid = [
            found.loss[middle, middle + step],
            found.loss[middle + step, middle],
            found.loss[middle, middle - step],
            found.loss[middle - step, middle],
        ]
        quarters = around[:: task.angles // 4]
        assert quarters == pytest.approx([float(v) for v in on_grid], rel=1e-4)


@by_pair
def test_the_centre_is_the_lowest_point_of_its_slice_but_for_sampling(pair):
    for found in pair:
        assert found.centre < 2 * float(found.loss.min())
        assert abs(found.cosine) < 0.05


def test_the_table_and_the_contours_say_what_the_records_say():
    text = surface_table().markup
    for plain, residual in PAIRS:
        for found in (plain, residual):
            name = found.task.model.replace("resnet", "ResNet")
            assert f"{name}, seed {found.task.seeds[0]}" in text
            assert f"<td>{found.bending():.0%}</td>" in text
    for plain, residual in PAIRS:
        drawn = contour_pair(plain, residual)
        for found in (plain, residual):
            assert f"{label(found)}: {short(found.around[1.0])} at distance 1" in drawn.markup
            assert f"bends down at {found.bending():.0%} of the points" in drawn.alt
        assert len(drawn.markup) < 100_000


def test_an_unknown_surface_is_refused():
    with pytest.raises(ValueError, match=r"not in utils\.record\.surfaces\.NETWORKS"):
        find_task("shortcut-control", "plain-15", 0)


def test_a_point_by_hand():
    # Unturned and seen from above: the first direction to the right, the second upwards.
    assert project(1, 0, 0.7, 0, 90) == pytest.approx((284, 166))
    assert project(0, 1, 0.7, 0, 90) == pytest.approx((180, 62))
    # Seen from the side: heights upwards, places farther back at the same height.
    assert project(0, 1, 0, 0, 0) == pytest.approx((180, 240))
    assert project(0, -1, 1, 0, 0) == pytest.approx((180, 92))
    # A quarter turn brings the first direction to the back.
    assert project(1, 0, 0, 90, 90) == pytest.approx((180, 62))


def test_near_cells_cover_far_ones_and_each_colour_is_a_ninth_of_the_height():
    data = {"places": [-1, 0, 1], "perDecade": 100, "low": -1, "high": 2}
    found = cells([[-100] * 3, [50] * 3, [200] * 3], data, turn=0, tilt=30)
    # Rows of growing second direction: the far cells lie between heights 1/2 and 1.
    assert [colour for _, colour in found] == [6, 6, 2, 2]


def test_the_figures_data_stay_small():
    assert len(json.dumps(packed(), separators=(",", ":"))) < 150_000
    assert len(loss_surface().markup) < 150_000


def test_stored_heights_are_the_recorded_losses():
    data, (plain, _) = packed(), PAIRS[0]
    for stored, losses in zip(data["pairs"][0]["losses"][0], plain.loss.tolist(), strict=True):
        for value, loss in zip(stored, losses, strict=True):
            assert value / 100 == pytest.approx(min(2, max(-1, math.log10(loss))), abs=0.0051)


FOURTEEN = pairs_of(14)


def test_in_every_seed_the_plain_surface_bends_down_more_often_and_is_higher_at_distance_one():
    assert len(FOURTEEN) == 3
    for plain, residual in FOURTEEN:
        assert residual.bending() < plain.bending()
        assert residual.around[1.0] < plain.around[1.0]


def test_at_distance_half_the_seeds_disagree_on_the_sign():
    signs = {plain.around[0.5] > residual.around[0.5] for plain, residual in FOURTEEN}
    assert signs == {True, False}


def test_both_hollows_have_about_the_same_floor_and_hardly_bend_down_near_it():
    for plain, residual in FOURTEEN:
        assert plain.centre == pytest.approx(residual.centre, rel=0.2)
        assert max(plain.bending(0.5), residual.bending(0.5)) < 0.2
        assert bends_down(plain.loss, 0.1)[9, 9] == bends_down(residual.loss, 0.1)[9, 9] == 0


def test_a_ratio_is_that_of_the_circles():
    plain, residual = FOURTEEN[0]
    assert ratio(plain, residual, 0.5) == short(plain.around[0.5] / residual.around[0.5])
    assert ratio(plain, plain, 1.0) == "1.0"


def test_at_distance_one_the_seeds_agree_on_the_sign_and_not_on_the_size():
    found = [plain.around[1.0] / residual.around[1.0] for plain, residual in FOURTEEN]
    assert min(found) > 1
    assert max(found) - 1 > 3 * (min(found) - 1)


def test_plain_56_lies_higher_and_is_rugged_in_some_seeds_only():
    found = pairs_of(56)
    assert len(found) == 3
    for plain, residual in found:
        assert plain.centre > 2 * residual.centre
        assert plain.around[1.0] < 1.1 * residual.around[1.0]
    rugged = [plain.bending() > residual.bending() + 0.1 for plain, residual in found]
    assert rugged == [False, True, True]
    middle = [plain.bending(0.5) > 0.3 for plain, _ in found]
    assert middle == rugged
    learnt_least = [plain.centre > 1.5 for plain, _ in found]
    assert learnt_least == rugged


def test_a_pair_is_found_by_its_depth():
    plain, residual = pair(14, seed=0)
    assert (plain.task.model, residual.task.model) == ("plain-14", "resnet-14")
    with pytest.raises(ValueError, match="choose from 14, 56"):
        pair(15)


def test_what_is_not_measured_is_named_with_its_command():
    complete = {depth: len(pairs_of(depth)) == len(SEEDS) for depth in (14, 56)}
    said = waiting()
    assert ("python -m utils.record.measure surfaces" in said) == (not all(complete.values()))
    for depth, done in complete.items():
        assert (f"plain-{depth} and resnet-{depth}" in said) == (not done)


def test_a_twin_with_rescaled_weights_computes_the_same():
    from utils.models.networks import build

    torch.manual_seed(0)
    net = build("resnet-8")
    with torch.no_grad():
        net.train()(torch.randn(8, 3, 32, 32))
    net.eval()
    twin, inputs = rescaled(net, 3.0), torch.randn(4, 3, 32, 32)
    torch.testing.assert_close(twin(inputs), net(inputs), rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(twin.conv1.weight, 3 * net.conv1.weight)
    assert torch.equal(twin.fc.weight, net.fc.weight)
