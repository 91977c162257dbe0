"""Gradient norms as they are recorded: tasks, readings and what the recorder files."""

import json
import math
from pathlib import Path

import pytest
import torch
from gradient_chapter import prose
from torch import nn

from utils.chapters.gradient_norms.numbers import (
    DEFAULT_FACTOR,
    MEAN_FIELD_FACTOR,
    courses,
    factor_per_layer,
    range_of,
    slope,
)
from utils.files import records
from utils.files.records import ResultError, load_measurement, pack, parse_measurement, unpack
from utils.models.initialise import initialise_fixup
from utils.models.starts import Start, build_start
from utils.record import gradient_norms
from utils.record import measure as measurements
from utils.record.gradient_norms import (
    EXPERIMENT,
    STEPS,
    TRAINED,
    Early,
    Initial,
    Neighbours,
    Overhead,
    freeze_statistics,
    neighbour_cosines,
    tasks,
)
from utils.record.measure import MEASUREMENTS, measure_and_file
from utils.results.words import short

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks" / "04_gradient_norms.ipynb"
RECORDED = sorted((ROOT / "results" / EXPERIMENT).glob("*.json"))


def test_every_task_is_recorded_and_nothing_else():
    assert {path.stem for path in RECORDED} == {task.name for task in tasks()}
    assert len({task.name for task in tasks()}) == len(tasks())


@pytest.mark.parametrize("task", tasks(), ids=lambda task: task.name)
def test_a_recorded_measurement_matches_the_code_that_would_make_it_today(task):
    record = load_measurement(EXPERIMENT, task.name)
    assert record["hash"] == task.hash()
    assert record["kind"] == "measurement"
    assert record["seeds"] == list(task.seeds)
    assert record["machine"]["precision"] == "fp32"


def test_measurements_used_the_official_cifar10():
    from utils.data.cifar10 import PIXELS_SHA256

    found = {parse_measurement(path)["dataset"]["sha256"] for path in RECORDED}
    assert found == {PIXELS_SHA256}


def test_initial_profiles_have_five_seeds_and_courses_three():
    for task in tasks():
        if isinstance(task, Initial):
            assert len(task.seeds) == 5
    for depth, forms in TRAINED.items():
        for form in forms:
            assert len(courses(Start(depth, *form))) == 3


def test_the_text_says_how_far_the_recorded_courses_go():
    text = prose()
    assert "| 8, 14, 20, 32, 56 | the first hundred |" in text
    assert "| batch normalisation, He's initialisation | 110 | the first thirty |" in text
    assert "| no normalisation, any initialisation | 20, 56 | the first hundred |" in text
    assert STEPS == {8: 100, 14: 100, 20: 100, 32: 100, 56: 100, 110: 30}
    both = [("plain", True, "he"), ("residual", True, "he")]
    assert all(set(both) <= set(forms) for forms in TRAINED.values())
    more = {d for d, forms in TRAINED.items() for form in forms if form not in both}
    assert more == {20, 56}
    assert not any(form[1] for d in more for form in TRAINED[d] if form not in both)


def test_records_are_small():
    assert sum(path.stat().st_size for path in RECORDED) < 4_000_000


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """One small task on the digits that writes to a temporary folder."""
    monkeypatch.setattr(records, "RESULTS", tmp_path)
    task = Initial(Start(8, "plain"), seeds=(0,), batch=8, dataset="digits")
    monkeypatch.setitem(MEASUREMENTS, "tiny", lambda: [task])
    return tmp_path, task


def test_a_measurement_is_filed_once_and_a_stale_one_is_kept(desk, capsys, monkeypatch):
    folder, task = desk
    assert measurements.main(["tiny"]) == 0
    path = folder / "tiny" / f"{task.name}.json"
    written = json.loads(path.read_text(encoding="utf-8"))
    assert written["settings"]["start"]["depth"] == 8
    assert len(written["rows"]["weight_gradient"]) == 1
    assert len(written["layers"]) == 8
    before = path.read_bytes()
    assert measurements.main(["tiny"]) == 0
    assert "finished before" in capsys.readouterr().out
    changed = Initial(Start(8, "plain"), seeds=(0,), batch=9, dataset="digits")
    monkeypatch.setitem(MEASUREMENTS, "tiny", lambda: [changed])
    assert measurements.main(["tiny"]) == 1
    assert "pass --replace" in capsys.readouterr().out
    assert path.read_bytes() == before
    assert measurements.main(["tiny", "--replace"]) == 0
    assert path.read_bytes() != before


def test_a_damaged_measurement_is_kept_aside(desk, capsys):
    folder, task = desk
    path = folder / "tiny" / f"{task.name}.json"
    path.parent.mkdir()
    path.write_text('{"kind":', encoding="utf-8")
    assert measure_and_file("tiny", task) == "recorded"
    assert "measuring anew" in capsys.readouterr().out
    assert path.with_name(path.name + ".damaged").exists()


@pytest.mark.parametrize("text", ["", "[]", '{"schema": 1}'])
def test_a_file_that_is_no_measurement_is_named(tmp_path, text):
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ResultError, match=r"x\.json .*restore it with git"):
        parse_measurement(path)


def test_a_missing_measurement_names_its_command(desk):
    with pytest.raises(ResultError, match=r"python -m utils\.record\.measure tiny"):
        load_measurement("tiny", "nothing")


def test_list_and_dry_run_measure_nothing(desk, capsys, monkeypatch):
    monkeypatch.setattr(Initial, "perform", lambda self: pytest.fail("measured"))
    assert measurements.main(["--list"]) == 0
    assert "tiny: 0/1 recorded" in capsys.readouterr().out
    assert measurements.main(["tiny", "--dry-run"]) == 0
    assert "to do" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        measurements.main(["gradients"])


def test_the_hash_follows_network_seeds_data_and_steps():
    base = Early(Start(8, "plain"), 3, (0,))
    others = [
        Early(Start(8, "residual"), 3, (0,)),
        Early(Start(8, "plain", False), 3, (0,)),
        Early(Start(8, "plain", True, "pytorch"), 3, (0,)),
        Early(Start(8, "plain"), 4, (0,)),
        Early(Start(8, "plain"), 3, (1,)),
        Early(Start(8, "plain"), 3, (0,), dataset="digits"),
        Early(Start(8, "plain"), 3, (0,), recipe="paper-warmup"),
    ]
    assert len({task.hash() for task in (base, *others)}) == 8


def test_rows_survive_packing_to_four_digits():
    rows = torch.tensor([[1.23456e-24, 0.0, math.nan], [5e8, -1.0, 2.0]], dtype=torch.float64)
    back = unpack(pack(rows))
    assert back[0, 0] == 1.235e-24
    assert back[1].tolist() == [5e8, -1.0, 2.0]
    assert back[0, 2].isnan()


def test_first_steps_are_followed_and_a_diverging_one_ends():
    found = Early(Start(8, "plain"), 3, (0,), dataset="digits").perform()
    assert found["steps"] == [0, 1, 2]
    assert found["stopped_at"] is None
    assert len(found["losses"].split()) == 3
    wild = Start(8, "residual", batch_norm=False)
    config = Early(wild, 30, (0,)).config()
    from dataclasses import replace

    _, losses = gradient_norms.follow(wild, replace(config, learning_rate=1e6), 0, "digits")
    assert len(losses) < 30
    assert not math.isfinite(losses[-1])


def test_neighbours_of_a_linear_net_have_the_same_gradient():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(12, 3))
    found = neighbour_cosines(net.eval(), torch.randn(4, 3, 2, 2), (0.01, 0.5))
    assert found.tolist() == pytest.approx([1, 1])


def test_frozen_statistics_are_those_of_the_batch():
    net = build_start(Start(8, "plain"), seed=0)
    inputs = torch.randn(64, 3, 16, 16)
    freeze_statistics(net, inputs)
    with torch.no_grad():
        response = net.bn1(net.conv1(inputs))
    assert not net.training
    assert float(response.mean()) == pytest.approx(0, abs=1e-5)
    assert float(response.std()) == pytest.approx(1, abs=1e-3)


def test_cost_and_neighbours_have_one_row_a_seed_or_way(one_thread):
    near = Neighbours(Start(8, "plain"), (0,), images=2, distances=(0.1,), dataset="digits")
    assert unpack(near.perform()["rows"]["cosine"]).shape == (1, 1)
    cost = Overhead(Start(8, "plain"), rounds=2, batch=4, dataset="digits").perform()
    assert {name: len(row[0].split()) for name, row in cost["rows"].items()} == {
        "bare": 2,
        "measured": 2,
        "skipped": 2,
    }


def test_starts_differ_in_what_their_name_says():
    he, default = (build_start(Start(20, "plain", True, i), 0) for i in ("he", "pytorch"))
    weights = [net.layer3[1].conv2.weight for net in (he, default)]
    assert weights[0].var().item() == pytest.approx(2 / (9 * 64), rel=0.05)
    assert weights[1].var().item() == pytest.approx(1 / (3 * 9 * 64), rel=0.05)
    bare = build_start(Start(20, "residual", False), 0)
    assert not any(isinstance(m, nn.BatchNorm2d) for m in bare.modules())
    with pytest.raises(ValueError, match="nothing is left"):
        build_start(Start(20, "plain", False, "fixup"), 0)
    with pytest.raises(ValueError, match="init must be one of"):
        build_start(Start(20, "plain", False, "xavier"), 0)


def test_fixup_scales_by_the_root_of_the_branches_and_silences_them():
    he, fixed = (build_start(Start(20, "residual", False, i), 0) for i in ("he", "fixup"))
    ratio = fixed.layer1[0].conv1.weight.norm() / he.layer1[0].conv1.weight.norm()
    assert ratio.item() == pytest.approx(9**-0.5)
    assert not fixed.layer3[2].conv2.weight.any()
    with pytest.raises(ValueError, match="no branch to silence"):
        initialise_fixup(nn.Linear(2, 2))


def test_factors_by_arithmetic():
    z = torch.randn(2_000_000, generator=torch.Generator().manual_seed(0))
    passed = (z > 0).double().mean()
    assert pytest.approx(float(passed / z.relu().var()), rel=0.01) == MEAN_FIELD_FACTOR**2
    assert round(MEAN_FIELD_FACTOR**2, 3) == 1.467
    assert pytest.approx(math.sqrt((1 / 3) / 2)) == DEFAULT_FACTOR


def test_a_line_through_logarithms_has_its_slope():
    assert slope(torch.tensor([[1.0, 3.0, 5.0], [2.0, 1.0, 0.0]])).tolist() == [2.0, -1.0]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.408, "0.41"), (46.3, "46"), (2134, "2,100"), (3.1e-23, "3.1 × 10⁻²³")],
)
def test_numbers_are_written_with_two_digits(value, text):
    assert short(value) == text


def test_a_range_is_geometric_and_says_its_ends():
    found = range_of([1, 10, 100])
    assert (found.middle, found.low, found.high) == (pytest.approx(10), 1, 100)
    assert str(found) == "10 (1.0 to 100)"
    with pytest.raises(ValueError, match="no values"):
        range_of([])


def test_a_stage_of_two_layers_is_refused():
    with pytest.raises(ValueError, match="at least 4"):
        factor_per_layer(Start(8, "plain"), "layer1")
