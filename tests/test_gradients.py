"""The gradient chapter: records are true to the code, sentences follow from them, figure agrees."""

import ast
import json
import math
import re
from itertools import product
from pathlib import Path

import pytest
import torch
from browser import notebook_file, settled
from playwright.sync_api import Browser, Page, expect
from torch import nn

from utils.chapters.gradient_norms.figures import neighbour_figure
from utils.chapters.gradient_norms.live import live_figure, live_panel, live_readings
from utils.chapters.gradient_norms.numbers import (
    DEFAULT_FACTOR,
    KINDS,
    MEAN_FIELD_FACTOR,
    STAGES,
    chain_factor,
    cosines,
    courses,
    decay_update,
    end_responses,
    factor_per_layer,
    final_loss,
    first_over_last,
    initial,
    layer_by_step,
    measuring_cost,
    most_dead,
    overall_factor,
    padding_share,
    peak_loss,
    range_of,
    ratio_by_step,
    response_sd,
    slope,
    trained_responses,
    trained_sd,
)
from utils.explorables import gradient_norms as make_figure
from utils.files import records
from utils.files.records import ResultError, load_measurement, pack, parse_measurement, unpack
from utils.models.initialise import initialise_fixup
from utils.models.starts import Start, build_start
from utils.probes.readings import measure
from utils.record import gradient_norms
from utils.record import measure as measurements
from utils.record import runs as record
from utils.record.gradient_norms import (
    DEPTHS,
    EXPERIMENT,
    NEIGHBOURS,
    STEPS,
    TRAINED,
    Early,
    Initial,
    Neighbours,
    Overhead,
    Trained,
    freeze_statistics,
    neighbour_cosines,
    tasks,
)
from utils.record.measure import MEASUREMENTS, measure_and_file
from utils.results.words import short

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "notebooks" / "04_gradient_norms.ipynb"
RECORDED = sorted((ROOT / "results" / EXPERIMENT).glob("*.json"))
DEEP = (20, 32, 44, 56, 110)


def cells(kind: str) -> list[str]:
    """Sources of the chapter's cells of one kind."""
    found = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in found if cell["cell_type"] == kind]


def prose() -> str:
    """The chapter's Markdown."""
    return "\n".join(cells("markdown"))


# The records


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
    assert "at 8, 14, 20, 32 and 56 layers, thirty at 110" in text
    assert "a hundred without normalisation at 20 and 56" in text
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


# What is measured


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


def test_cost_and_neighbours_have_one_row_a_seed_or_way():
    near = Neighbours(Start(8, "plain"), (0,), images=2, distances=(0.1,), dataset="digits")
    assert unpack(near.perform()["rows"]["cosine"]).shape == (1, 1)
    threads = torch.get_num_threads()
    cost = Overhead(Start(8, "plain"), rounds=2, batch=4, dataset="digits").perform()
    torch.set_num_threads(threads)
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


# The sentences of the chapter


def test_the_live_panel_draws_what_can_be_built_and_explains_the_rest():
    shown = live_panel(8, "residual", False, "fixup", steps=1)
    assert "<svg" in shown.markup
    assert "nothing is left" in live_panel(8, "plain", False, "fixup").markup
    assert "unknown quantity" in live_panel(8, "plain", steps=1, quantity="norm").markup


@pytest.mark.parametrize("quantity", ["weight_gradient", "sd", "dead"])
def test_the_live_panel_follows_its_step_slider_without_training_again(quantity):
    start = Start(8, "residual", False)
    shown = [live_panel(8, "residual", False, steps=3, step=k, quantity=quantity) for k in (1, 3)]
    trained = live_readings.cache_info().misses
    again = live_panel(8, "residual", False, steps=3, step=2, quantity=quantity)
    assert live_readings.cache_info().misses == trained
    assert len({shown[0].markup, again.markup, shown[1].markup}) == 3
    readings, losses = live_readings(start, 3)
    assert readings.steps == [0, 1, 2]
    for step, published in ((1, shown[0]), (2, again), (3, shown[1])):
        assert f"at step {step} {losses[step - 1]:.2f}" in published.markup
        assert "All steps" in published.markup
    beyond = live_panel(8, "residual", False, steps=3, step=9, quantity=quantity)
    assert beyond.markup == shown[1].markup


def test_the_live_heat_map_has_a_cell_for_every_layer_and_step():
    made = live_figure(Start(8, "plain"), 3, 2)
    profile, heat = made.axes[:2]
    (mesh,) = [c for c in heat.collections if c.get_array() is not None]
    readings, _ = live_readings(Start(8, "plain"), 3)
    expected = readings.of("weight_gradient").log10().T
    assert mesh.get_array().shape == (8, 3)
    assert torch.allclose(torch.tensor(mesh.get_array().filled(math.nan)), expected)
    assert profile.lines[1].get_ydata().tolist() == readings.of("weight_gradient")[1].tolist()
    (frame,) = heat.patches
    assert frame.get_x() == 1.5


def test_theory_holds_in_its_own_setting():
    assert chain_factor(256, 24, 256) == pytest.approx(MEAN_FIELD_FACTOR, rel=0.02)
    assert chain_factor(256, 24, 256, batch_norm=False) == pytest.approx(1, abs=0.04)


def test_pytorchs_default_without_normalisation_shrinks_by_the_root_of_a_sixth():
    for depth in (20, 32, 44):
        for stage in STAGES:
            factor = factor_per_layer(Start(depth, "plain", False, "pytorch"), stage)
            assert factor.middle == pytest.approx(DEFAULT_FACTOR, rel=0.07)


def test_at_56_layers_the_gradient_is_tiny_but_not_zero_and_at_110_it_is_zero():
    deep = initial(Start(56, "plain", False, "pytorch"))[1]["weight_gradient"]
    assert (deep > 0).all()
    assert (deep < 1e-20).all()
    assert not initial(Start(110, "plain", False, "pytorch"))[1]["weight_gradient"].any()


def test_without_normalisation_weight_gradients_vanish_in_all_blocks_alike():
    for depth in (8, 14, 20, 32, 44, 56):
        start = Start(depth, "plain", False, "pytorch")
        assert 1 / 4.6 < first_over_last(start).middle < 1
    shallow, deep = (initial(Start(d, "plain", False, "pytorch"))[1] for d in (8, 56))
    fall = (shallow["weight_gradient"][:, 2] / deep["weight_gradient"][:, 2]).log10()
    assert 19 < fall.mean() < 21


def test_plain_he_without_normalisation_stays_within_a_factor_of_about_four():
    for depth in (20, 56):
        assert 1 / 4.5 < first_over_last(Start(depth, "plain", False)).middle < 4.5


def decades(start: Start, field: str) -> torch.Tensor:
    """Logarithms over the convolutions, mean over seeds, the output's end first."""
    return initial(start)[1][field].log10().mean(0)[:-1].flip(0)


def test_at_56_layers_gradients_rise_by_as_many_decades_as_the_figure_says():
    rise = {
        (kind, field): float(
            decades(Start(56, kind), field)[-1] - decades(Start(56, kind), field)[0]
        )
        for kind in KINDS
        for field in ("response_gradient", "weight_gradient")
    }
    assert 4 < rise["plain", "response_gradient"] < 4.5
    assert 3 < rise["plain", "weight_gradient"] < 3.7
    assert 1.35 < rise["residual", "response_gradient"] < 1.7
    assert 0.8 < rise["residual", "weight_gradient"] < 1.2
    assert (decades(Start(56, "plain"), "response_gradient").diff() > 0).all()


def test_he_without_normalisation_neither_shrinks_nor_grows_much_per_layer():
    for depth in DEEP:
        for stage in STAGES:
            assert 0.92 < factor_per_layer(Start(depth, "plain", False), stage).middle < 1.05


@pytest.mark.parametrize("init", ["he", "pytorch"])
def test_plain_networks_with_batch_norm_grow_towards_the_input_near_the_theory(init):
    for depth in DEEP:
        start = Start(depth, "plain", True, init)
        assert first_over_last(start).low > 1
        for stage in STAGES:
            assert factor_per_layer(start, stage).middle == pytest.approx(
                MEAN_FIELD_FACTOR, rel=0.07
            )


def test_the_growth_is_exponential_when_plain_and_slow_when_residual():
    plain = [first_over_last(Start(d, "plain")).middle for d in DEPTHS]
    residual = [first_over_last(Start(d, "residual")).middle for d in DEPTHS]
    assert plain == sorted(plain)
    assert plain[-1] > 1e6
    assert residual[0] < 1
    assert residual[:6] == sorted(residual[:6])
    assert all(3.5 < ratio < 4.5 for ratio in residual[-2:])
    assert all(b < a for a, b in zip(plain[2:], residual[2:], strict=True))


def test_end_to_end_the_plain_growth_stays_below_the_theory():
    for depth in DEEP:
        assert 1.05 < overall_factor(Start(depth, "plain")) < MEAN_FIELD_FACTOR
    factors = [factor_per_layer(Start(110, "plain"), stage).middle for stage in STAGES]
    assert factors == sorted(factors, reverse=True)


def test_the_deeper_the_residual_block_the_less_it_adds():
    for depth in (20, 32, 44, 56, 110):
        factors = [factor_per_layer(Start(depth, "residual"), s).middle for s in STAGES]
        assert factors == sorted(factors, reverse=True)


def test_the_initialisation_hardly_matters_with_batch_norm():
    for stage in STAGES:
        he, default = (factor_per_layer(Start(56, "plain", True, i), stage).middle
                       for i in ("he", "pytorch"))  # fmt: skip
        assert he == pytest.approx(default, rel=0.03)


def test_batch_norm_starts_with_responses_of_size_one():
    for depth in DEPTHS:
        for kind in KINDS:
            sd = initial(Start(depth, kind))[1]["sd"][:, :-1]
            assert (sd - 1).abs().max() < 0.01


def test_shortcuts_without_normalisation_explode_everywhere_and_evenly():
    start = Start(56, "residual", False)
    _, fields = initial(start)
    assert (fields["weight_gradient"][:, :-1] > 100).all()
    assert 0.2 < first_over_last(start).middle < 3
    per_block = [initial(Start(d, "residual", False))[1]["sd"][:, -2].mean() for d in (44, 56)]
    assert 1.5 < float(per_block[1] / per_block[0]) ** (2 / 6) < 3


def test_fixups_first_layer_does_not_feel_the_depth_and_its_blocks_fall_with_the_root():
    stems, blocks = [], []
    for depth in DEPTHS:
        layers, fields = initial(Start(depth, "residual", False, "fixup"))
        first = [i for i, name in enumerate(layers) if name.endswith(".conv1")]
        assert not fields["weight_gradient"][:, first].any()
        middle = fields["weight_gradient"].log().mean(0).exp()
        stems.append(float(middle[0]))
        blocks.append(float(middle[2]) * ((depth - 2) / 2) ** 0.5)
    assert max(stems) < 1.3 * min(stems)
    assert max(blocks) < 1.6 * min(blocks)


def test_the_deeper_the_plain_network_the_further_its_ratio_turns():
    ratios = {depth: ratio_by_step(Start(depth, "plain")) for depth in STEPS}
    for depth in (8, 14, 20):
        assert 1 / 5 < ratios[depth][0].middle < 5
        assert 1 / 3 < ratios[depth][99].middle < 3
    assert ratios[32][0].low > 10
    assert all(1 / 3 < ratios[32][step].middle < 3 for step in (9, 99))
    assert ratios[56][4].high < 1
    assert 1 / ratios[56][99].middle < ratios[56][0].middle / 10
    assert ratios[56][99].middle < 0.1
    assert ratios[110][0].low > 1e5
    assert ratios[110][1].high < 0.1
    assert ratios[110][29].high < 1e-3
    assert 10**-4.5 < ratios[110][29].middle < 10**-3.5
    # "The profile flattens at steps 4 and 5, then tilts the other way."
    assert all(1 / 3 < ratios[56][step].middle < 3 for step in (3, 4))
    assert ratios[56][2].middle > 3
    assert all(r.middle < 1 / 3 for step, r in ratios[56].items() if step > 4)
    ends = [ratios[depth][99].middle for depth in (20, 32, 56)]
    assert ends == sorted(ends, reverse=True)


def test_small_ratios_follow_in_residual_networks_too_and_large_weights_do_not_explain_them():
    for depth, steps in ((56, (12, 25, 30)), (110, (9, 29))):
        ratios = ratio_by_step(Start(depth, "residual"))
        assert 2.5 < ratios[0].low < ratios[0].high < 5
        assert all(ratios[step].middle < 1 / 3 for step in steps)
    ratios = ratio_by_step(Start(56, "residual"))
    assert ratios[30].high < 0.1
    assert ratios[99].low < 0.1 < 1 < ratios[99].high
    assert ratio_by_step(Start(56, "residual"), scaled=True)[30].high < 0.1


def test_in_plain_56_gradient_times_weight_is_about_even_on_average():
    scaled = ratio_by_step(Start(56, "plain"), scaled=True)
    assert scaled[0].low > 100
    for step in (9, 99):
        assert 1 / 3 < scaled[step].middle < 3


def test_the_product_with_the_weights_norm_does_not_see_their_scale():
    x, y = gradient_norms.first_batch("digits", 0, 16)
    seen = []
    for scale in (1, 10):
        net = build_start(Start(8, "plain"), 0).double().train()
        net.layer1[0].conv1.weight.data *= scale
        for module in net.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eps = 1e-14
        with measure(net) as readings:
            nn.functional.cross_entropy(net(x.double()), y).backward()
        seen.append([float(readings.of(f)[0, 1]) for f in ("weight_gradient", "weight")])
    (gradient, weight), (smaller, larger) = seen
    assert smaller == pytest.approx(gradient / 10, rel=1e-6)
    assert smaller * larger == pytest.approx(gradient * weight, rel=1e-6)


def test_after_a_hundred_steps_the_first_block_of_plain_56_moves_by_its_decay():
    # The paper's recipe: rate 0.1, decay 0.0001, momentum 0.9, whose sum is a factor of ten.
    assert decay_update() == pytest.approx(0.1 * 0.0001 * 10)
    frozen = layer_by_step(Start(56, "plain"), "update", "layer1.0.conv2")[99]
    assert frozen.low == pytest.approx(decay_update(), rel=0.05)
    assert frozen.high == pytest.approx(decay_update(), rel=0.05)


def test_at_110_layers_neither_kind_learns_in_the_recorded_steps():
    for kind in KINDS:
        assert len(courses(Start(110, kind))[0].losses) == 30
        assert math.log(10) - 0.01 < final_loss(Start(110, kind), last=5) < math.log(10) + 0.1


def test_the_ratio_of_plain_56_turns_round_within_a_few_steps():
    ratios = ratio_by_step(Start(56, "plain"))
    assert ratios[0].low > 100
    assert ratios[2].high < ratios[0].low / 10
    assert ratios[99].high < 1
    jump = layer_by_step(Start(56, "plain"), "update", "layer1.0.conv1")[0]
    assert jump.low > 1
    assert layer_by_step(Start(56, "residual"), "update", "layer1.0.conv1")[0].high < 0.2
    size = layer_by_step(Start(56, "plain"), "weight", "layer1.0.conv1")
    assert size[1].middle > 2 * size[0].middle
    assert size[9].middle > size[1].middle


def test_resnet_56_jumps_first_and_plain_56_hardly_moves():
    chance = math.log(10)
    assert peak_loss(Start(56, "plain")).high < chance + 0.3
    assert peak_loss(Start(56, "residual")).low > 2 * chance


def test_after_a_hundred_steps_depth_counts_and_shortcuts_do_not_yet():
    chance = math.log(10)
    ends = {
        (kind, depth): final_loss(Start(depth, kind), last=5)
        for kind in KINDS
        for depth in (20, 56)
    }
    for kind in KINDS:
        assert ends[kind, 20] < 2 < ends[kind, 56] < chance
    assert abs(ends["plain", 56] - ends["residual", 56]) < 0.05


def test_the_ratio_of_twenty_layers_stays_within_ten():
    for kind in KINDS:
        ratios = ratio_by_step(Start(20, kind)).values()
        assert all(0.1 < ratio.middle < 10 for ratio in ratios)


def test_without_normalisation_plain_nets_do_not_move_and_small_branches_learn():
    chance = math.log(10)
    for depth in (20, 56):
        for init in ("he", "pytorch"):
            assert abs(final_loss(Start(depth, "plain", False, init), last=5) - chance) < 0.01
        for init in ("pytorch", "fixup"):
            assert final_loss(Start(depth, "residual", False, init), last=5) < chance - 0.04
    assert all(c.stopped_at is None for c in courses(Start(20, "residual", False, "he")))
    assert all(c.stopped_at == 2 for c in courses(Start(56, "residual", False, "he")))


def test_the_first_step_of_plain_110_replaces_its_first_block():
    assert layer_by_step(Start(110, "plain"), "update", "layer1.0.conv1")[0].low > 1_000


def test_responses_have_hardly_left_their_start_except_in_plain_56():
    for depth, kind in ((20, "plain"), (20, "residual"), (56, "residual")):
        assert 0.95 < response_sd(Start(depth, kind)) < 1.05
    assert response_sd(Start(56, "plain")) > 1.2


def test_resnet_14_lies_below_plain_14_in_nine_of_thirteen_convolutions():
    below = trained_responses("resnet-14").mean(0) < trained_responses("plain-14").mean(0)
    assert (int(below.sum()), len(below)) == (9, 13)


def test_the_deeper_trained_network_also_had_more_epochs():
    epochs = {
        task.model: {run.config.epochs for run in task.runs()}
        for task in tasks()
        if isinstance(task, Trained)
    }
    assert epochs == {"plain-14": {10}, "resnet-14": {10}, "resnet-20": {15}}


def every_start(depth: int) -> list[Start]:
    return [Start(depth, *form) for form in gradient_norms.FORMS]


def test_with_batch_norm_no_channel_is_dead_at_the_start():
    for depth in DEPTHS:
        for start in every_start(depth):
            dead = initial(start)[1]["dead"]
            assert dead[:, -1].isnan().all()  # no ReLU behind the last layer
            if start.batch_norm:
                assert not dead[:, :-1].any()
                assert (initial(start)[1]["sd"][:, :-1] - 1).abs().max() < 0.01


def test_without_batch_norm_responses_shrink_grow_or_stay_as_the_chapter_says():
    he, default = (end_responses(Start(56, "plain", False, i)) for i in ("he", "pytorch"))
    assert default[1] < 1e-20 * default[0]
    assert 50 < he[0] / he[1] < 120
    assert 500 < end_responses(Start(56, "residual", False))[1] < 1000
    small = end_responses(Start(56, "residual", False, "pytorch"))
    assert 0.5 < small[1] / small[0] < 2
    assert 0.01 < min(small) < max(small) < 0.03


def test_zero_padding_takes_a_sixth_of_the_products_at_eight_pixels():
    # 3 x 3 products at 2 pixels: each of the four corners sees 4 of 9.
    assert padding_share(2) == pytest.approx(4 / 9)
    ones = torch.ones(1, 1, 8, 8)
    seen = nn.functional.conv2d(ones, torch.ones(1, 1, 3, 3), padding=1).mean() / 9
    assert padding_share(8) == pytest.approx(float(seen))


def test_dead_channels_are_rare_but_for_rounding_and_padding():
    assert all(0 < most_dead(Start(56, kind, False)) < 0.07 for kind in KINDS)
    assert most_dead(Start(110, "plain", False, "pytorch")) > 0.5
    for depth in DEPTHS:
        layers, fields = initial(Start(depth, "residual", False, "fixup"))
        for stage, share in zip(STAGES, (0, 0.5, 0.75), strict=True):
            ends = [i for i, n in enumerate(layers) if n.startswith(stage) and n.endswith("conv2")]
            assert (fields["dead"][:, ends] == share).all()
            assert not fields["sd"][:, ends].any()


def test_no_cosine_is_cut_off_the_figure():
    lowest = min(float(cosines(Start(d, k))[:, 2].min()) for d in (8, 20, 56, 110) for k in KINDS)
    assert lowest < 0
    assert neighbour_figure(0.01, "title").axes[0].get_ylim()[0] < lowest


def test_training_shrinks_responses_most_in_the_deeper_residual_network():
    plain, same, deeper = (trained_sd(m) for m in ("plain-14", "resnet-14", "resnet-20"))
    assert deeper.high < same.low <= same.high < plain.low < 0.65
    assert same.middle > 0.9 * plain.middle


def test_without_kept_weights_the_message_names_the_command(monkeypatch, tmp_path):
    monkeypatch.setattr(record, "CHECKPOINTS", tmp_path)
    (task, *_) = [task for task in tasks() if isinstance(task, Trained)]
    with pytest.raises(FileNotFoundError, match=r"utils\.record shortcut-control"):
        task.perform()


def test_plain_gradients_shatter_and_residual_ones_much_less():
    column = NEIGHBOURS.index(0.01)
    found = {
        (kind, depth): float(cosines(Start(depth, kind))[:, column].mean())
        for kind in KINDS
        for depth in (8, 20, 56, 110)
    }
    for depth in (20, 56, 110):
        assert found["residual", depth] > 1.2 * found["plain", depth]
    assert found["plain", 56] < 0.2
    assert found["plain", 8] > found["plain", 20] > found["plain", 56]


def test_measuring_costs_under_fifteen_per_cent_and_skipping_next_to_nothing():
    reading, skipping, _ = measuring_cost()
    assert reading < 0.15
    assert abs(skipping) < 0.03


# The figure to touch


@pytest.fixture(scope="module")
def figure_page(tmp_path_factory: pytest.TempPathFactory) -> str:
    return notebook_file(tmp_path_factory, make_figure()._repr_html_())


def module():
    import sys

    return sys.modules["utils.explorables.gradient_norms"]


def states(data: dict) -> list[dict]:
    chosen = []
    for depth in data["depths"]:
        for form in range(len(data["forms"])):
            for kind in KINDS:
                series = data["series"][f"resnet-{depth}_{data['forms'][form]}"]
                last = len(series["steps"]) - 1
                for step, quantity in product(sorted({0, last // 2, last}), range(3)):
                    state = {"depth": depth, "form": form, "kind": kind, "step": step}
                    chosen.append({"quantity": quantity, **state})
    return chosen


def unpacked(data: dict, quantity: int, row: list) -> list[float]:
    return [value / data["quantities"][quantity]["perUnit"] for value in row]


def test_the_figures_data_are_the_records_to_a_percent():
    data = module().packed()
    layers, fields = initial(Start(110, "residual", False))
    series = data["series"]["resnet-110_none_he"]
    assert len(series["sd"][0]) == len(layers) == 110
    for quantity, field in enumerate(("weight_gradient", "sd")):
        expected = fields[field].log10().mean(0).tolist()
        assert unpacked(data, quantity, series[field][0]) == pytest.approx(expected, abs=0.003)
    dead = fields["dead"].mean(0).tolist()[:-1]
    assert unpacked(data, 2, series["dead"][0][:-1]) == pytest.approx(
        [10 * d for d in dead], abs=0.006
    )
    assert series["dead"][0][-1] is None
    course = data["series"]["plain-56_bn_he"]
    for quantity, field in enumerate(("weight_gradient", "sd")):
        rows = [c.fields[field][2] for c in courses(Start(56, "plain"))]
        expected = torch.stack(rows).log10().mean(0).tolist()
        assert unpacked(data, quantity, course[field][2]) == pytest.approx(expected, abs=0.003)
    assert set(data["series"]["plain-110_none_pytorch"]["weight_gradient"][0]) == {data["zero"]}


def test_the_figures_data_stay_under_300_kilobytes():
    markup = make_figure().markup
    (packed,) = re.findall(r'data-part="data">(.*?)</script>', markup, flags=re.DOTALL)
    assert json.loads(packed) == json.loads(json.dumps(module().packed()))
    assert len(packed.encode()) < 300_000


def test_where_responses_are_called_silent_every_second_convolution_is():
    data = module().packed()
    seen = 0
    for state in states(data):
        if state["quantity"] != 1 or "still zero, and so" not in module().finding(data, **state):
            continue
        family = "plain" if state["kind"] == "plain" else "resnet"
        name = f"{family}-{state['depth']}_{data['forms'][state['form']]}"
        assert set(data["series"][name]["sd"][0][2:-1:2]) == {data["zero"]}
        assert state["step"] == 0
        seen += 1
    assert seen == len(data["depths"])


def test_an_overflow_is_not_called_zero():
    data = module().packed()
    form = data["forms"].index("none_he")
    for quantity in range(3):
        state = {"quantity": quantity, "depth": 56, "form": form, "kind": "residual", "step": 1}
        assert "have overflowed" in module().finding(data, **state)
        told = module().finding(data, **{**state, "kind": "plain"})
        assert "ResNet-56 has overflowed" in told
    after = data["series"]["resnet-56_none_he"]
    assert [d is None for d in after["dead"][1][:-1]] == [s is None for s in after["sd"][1][:-1]]


def test_every_heat_colour_stands_out_from_the_dark_page():
    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    style = (ROOT / "utils" / "explorables" / "explorables.css").read_text(encoding="utf-8")
    colours = re.findall(r"\.ex-h\d \{ fill: (#\w{6})", style)
    assert len(colours) == 9
    for colour in colours:
        assert (luminance(colour) + 0.05) / (luminance("#14181e") + 0.05) > 2


def test_script_and_python_say_and_draw_the_same_in_every_state(page: Page, figure_page: str):
    page.goto(figure_page)
    settled(page)
    data = module().packed()
    chosen = states(data)
    found = page.evaluate(
        """(states) => {
          const data = JSON.parse(document.querySelector('[data-part="data"]').textContent);
          const { describe, heatPaths, limits } = window.explorables.gradientNorms;
          return states.map((state) => {
            const family = state.kind === 'plain' ? 'plain' : 'resnet';
            const name = `${family}-${state.depth}_${data.forms[state.form]}`;
            const range = limits(data, state);
            const chosen = data.quantities[state.quantity];
            const paths = heatPaths(data, chosen, data.series[name] || null, range);
            return [describe(data, state), paths];
          });
        }""",
        chosen,
    )
    from utils.explorables import gradient_norms_picture as picture

    assert len(chosen) > 210
    for state, (words, paths) in zip(chosen, found, strict=True):
        assert words == module().finding(data, **state)
        quantity = state["quantity"]
        low, high = picture.limits(data, quantity, state["depth"], state["form"])
        series = picture.series_of(data, state["depth"], state["form"], state["kind"])
        expected = picture.heat_paths(data, quantity, series, low, high)
        for drawn, path in zip(paths, expected, strict=True):
            assert re.sub(r"[\d.]+", "", drawn) == re.sub(r"[\d.]+", "", path)
            numbers = [[float(n) for n in re.findall(r"[\d.]+", p)] for p in (drawn, path)]
            assert numbers[0] == pytest.approx(numbers[1], abs=0.011)


def test_script_leaves_the_opening_state_as_python_drew_it(chromium: Browser, figure_page: str):
    seen = []
    for scripts in (True, False):
        context = chromium.new_context(java_script_enabled=scripts)
        page = context.new_page()
        page.goto(figure_page)
        expect(page.locator(".ex-controls")).to_be_visible(visible=scripts)
        seen.append(page.locator("svg text").all_text_contents())
        seen[-1] += [p.get_attribute("d") for p in page.locator("svg path").all()]
        seen[-1].append(page.locator(".ex-finding").text_content())
        context.close()
    assert seen[0] == seen[1]
    assert "gradients grow towards the input" in seen[0][-1]


def test_keyboard_and_address_reach_every_control(page: Page, figure_page: str):
    page.goto(f"{figure_page}#gradient-norms=n0,d2,c1,t9")
    finding = page.locator(".ex-finding")
    expect(finding).to_contain_text("ResNet-20, batch normalisation, He, at step 10")
    page.get_by_role("combobox", name="Network and start").select_option("3")
    expect(finding).to_contain_text("no normalisation, PyTorch default, at step 10")
    page.get_by_role("slider", name="Depth").press("ArrowRight")
    expect(finding).to_contain_text("ResNet-32, no normalisation, PyTorch default, at the first")
    expect(page.get_by_role("slider", name="Training step")).to_be_disabled()
    page.get_by_role("checkbox", name="Shortcut").press("Space")
    page.get_by_role("slider", name="Depth").press("End")
    expect(finding).to_contain_text("Plain-110, no normalisation, PyTorch default, at the first")
    expect(finding).to_contain_text("every gradient is exactly zero")
    expect(page).to_have_url(re.compile(r"#gradient-norms=q0,n3,c0,d6,t0$"))
    page.get_by_role("combobox", name="Quantity").select_option("2")
    expect(finding).to_contain_text("in the worst, layer 109 of 110, 80.0 %")
    expect(page.get_by_role("img", name="Share of dead channels")).to_have_count(2)
    page.get_by_role("combobox", name="Quantity").select_option("1")
    expect(finding).to_contain_text("responses shrink on the way to the output")
    expect(page).to_have_url(re.compile(r"#gradient-norms=q1,n3,c0,d6,t0$"))


def test_every_control_is_reached_with_the_tabulator(page: Page, figure_page: str):
    page.goto(figure_page)
    keys = []
    for _ in range(5):
        page.keyboard.press("Tab")
        settled(page)
        keys.append(page.evaluate("document.activeElement.dataset.key"))
    assert keys == ["q", "n", "c", "d", "t"]


def test_an_address_restores_the_quantity(page: Page, figure_page: str):
    page.goto(f"{figure_page}#gradient-norms=q2,n0,c1,d5,t22")
    expect(page.locator(".ex-finding")).to_contain_text(
        "ResNet-56, batch normalisation, He, at step"
    )
    expect(page.locator(".ex-finding")).to_contain_text("channels are dead")
    expect(page.locator("[data-part=profile-title]")).to_have_text("Share of dead channels")
    expect(page.locator("[data-part=heat-low]")).to_have_text("0 %")


def test_without_a_quantity_an_older_address_shows_gradients(page: Page, figure_page: str):
    page.goto(f"{figure_page}#gradient-norms=n0,d5,c0,t4")
    expect(page.locator(".ex-finding")).to_contain_text(
        "Plain-56, batch normalisation, He, at step 5"
    )
    expect(page.locator("[data-part=profile-title]")).to_have_text("Gradient norm of each layer")


@pytest.mark.parametrize("rest", ["q9,n99,d99,c9,t99", "nx,d,cNaN,t-4", "", "n1.5"])
def test_a_broken_address_leaves_a_figure_that_works(page: Page, figure_page: str, rest: str):
    page.goto(f"{figure_page}#gradient-norms={rest}")
    expect(page.locator(".ex-controls")).to_be_visible()
    assert "NaN" not in page.locator("figure").inner_text()
    assert "undefined" not in page.locator("figure").inner_text()


def test_a_phone_holds_the_figure(chromium: Browser, figure_page: str):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.goto(figure_page)
    settled(page)
    for target in page.locator("input[type=range], select, .ex-check label").all():
        assert target.bounding_box()["height"] >= 44
    edge = page.locator("figure").bounding_box()
    for text in page.locator("svg text").all():
        box = text.bounding_box()
        assert box["x"] >= edge["x"]
        assert box["x"] + box["width"] <= edge["x"] + edge["width"]
    context.close()


# The exercises


def solutions() -> dict[str, str]:
    """Name of each exercise with code in its solution -> that code."""
    blocks = re.findall(r"````\{solution\} (\S+)(.*?)````\n", prose() + "\n", flags=re.DOTALL)
    found = {
        name: re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL) for name, text in blocks
    }
    return {name: code for name, (code, *_) in ((n, c) for n, c in found.items() if c)}


IMPORTS = (ast.Import, ast.ImportFrom)


@pytest.fixture(scope="module")
def chapter() -> dict:
    """The names that the chapter's cells bring along: its imports, images and session."""
    from utils.notebook.session import start

    names: dict = {"session": start(full=False)}
    trees = [ast.parse(cell) for cell in cells("code")[1:]]
    imports = [node for tree in trees for node in tree.body if isinstance(node, IMPORTS)]
    exec("\n".join(map(ast.unparse, imports)), names)
    names["images"] = names["data"].load("digits")
    return names


def run_solution(name: str, chapter: dict, capsys) -> tuple[list[str], dict]:
    """Lines that a solution prints, and its names."""
    names = dict(chapter)
    exec(solutions()[name], names)
    return capsys.readouterr().out.strip().splitlines(), names


def test_every_solution_with_code_is_tested():
    tested = {
        "undo-the-sixth",
        "one-image-at-a-time",
        "forgotten-normalisation",
        "zero-gamma",
    }
    assert set(solutions()) == tested
    assert prose().count("```{exercise}") == prose().count("````{solution}") == 6


def test_undoing_the_sixth_brings_the_factor_close_to_one(chapter, capsys):
    _, names = run_solution("undo-the-sixth", chapter, capsys)
    readings = names["readings"]
    for stage in STAGES:
        chosen = [i for i, name in enumerate(readings.layers) if name.startswith(stage)]
        factor = float(slope(readings.of("response_gradient")[:, chosen].log()).neg().exp())
        assert 0.85 < factor < 1.15


@pytest.mark.slow
def test_one_image_at_a_time_guesses_in_training_mode(chapter, capsys):
    lines, _ = run_solution("one-image-at-a-time", chapter, capsys)
    before, wrong, after = (float(line.split()[-1]) for line in lines)
    assert before > 0.6
    assert wrong < 0.3
    assert after != before


def test_a_forgotten_normalisation_lets_the_trunk_grow_in_small_steps(chapter, capsys):
    lines, _ = run_solution("forgotten-normalisation", chapter, capsys)
    trunks = [json.loads(lines[i]) for i in (0, 2)]
    told = [re.findall(r"[\d.]+(?:e-\d+)?", line) for line in (lines[1], lines[3])]
    complete, forgotten = trunks
    assert len(complete) == len(forgotten) == 9
    assert all(0.85 < size < 1.2 for size in complete)
    # s + 1/2 in a block of one width, (s + 1) / 2 where it doubles; 1/2 behind the first layer.
    predicted, s = [], 0.5
    for block in range(9):
        s = (s + 1) / 2 if block in (3, 6) else s + 0.5
        predicted.append(s)
    assert predicted[2::3] == [2, 2.5, 2.75]
    assert forgotten == pytest.approx(predicted, rel=0.5)
    assert 2.2 < forgotten[-1] < 2.5
    assert [float(numbers[0]) for numbers in told] == pytest.approx([1, 1], abs=0.01)
    (shortcut, classifier), (with_it, class_with_it) = (
        [float(n) for n in numbers[1:]] for numbers in told
    )
    assert with_it > 10 * shortcut
    assert 2.5 < class_with_it / classifier < 3.5


def test_zero_gamma_leaves_gradients_to_the_first_and_the_last_layer(chapter, capsys):
    lines, _ = run_solution("zero-gamma", chapter, capsys)
    alive = [line.split()[0] for line in lines if float(line.split()[1]) > 0]
    assert alive == ["conv1", "fc"]


def test_roles_stand_in_markdown_only_because_outputs_do_not_know_them():
    assert not [cell for cell in cells("code") if "{term}" in cell]
