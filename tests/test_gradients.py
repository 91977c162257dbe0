"""The gradient chapter: records are true to the code, sentences follow from them, figure agrees."""

import json
import math
import re
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Browser, Page, expect
from torch import nn

from utils import gradient_norms, measurements, record, results
from utils.explorables import gradient_norms as make_figure
from utils.gradient_norms import (
    EXPERIMENT,
    NEIGHBOURS,
    Early,
    Initial,
    Neighbours,
    Overhead,
    Trained,
    freeze_statistics,
    neighbour_cosines,
    pack,
    task_hash,
    tasks,
    unpack,
)
from utils.gradients import (
    DEFAULT_FACTOR,
    DEPTHS,
    KINDS,
    MEAN_FIELD_FACTOR,
    STAGES,
    chain_factor,
    cosines,
    courses,
    factor_per_layer,
    final_loss,
    first_over_last,
    initial,
    layer_by_step,
    live_panel,
    measuring_cost,
    overall_factor,
    peak_loss,
    range_of,
    ratio_by_step,
    response_sd,
    short,
    slope,
    trained_sd,
)
from utils.measurements import MEASUREMENTS, load_measurement, measure_and_file, parse_measurement
from utils.results import ResultError
from utils.starts import Start, build_start, initialise_fixup

ROOT = Path(__file__).parents[1]
RECORDED = sorted((ROOT / "results" / EXPERIMENT).glob("*.json"))
DEEP = (20, 32, 44, 56, 110)


# The records


def test_every_task_is_recorded_and_nothing_else():
    assert {path.stem for path in RECORDED} == {task.name for task in tasks()}
    assert len({task.name for task in tasks()}) == len(tasks())


@pytest.mark.parametrize("task", tasks(), ids=lambda task: task.name)
def test_a_recorded_measurement_matches_the_code_that_would_make_it_today(task):
    record = load_measurement(EXPERIMENT, task.name)
    assert record["hash"] == task_hash(task)
    assert record["kind"] == "measurement"
    assert record["seeds"] == list(task.seeds)
    assert record["machine"]["precision"] == "fp32"


def test_measurements_used_the_official_cifar10():
    from utils.cifar10 import PIXELS_SHA256

    found = {parse_measurement(path)["dataset"]["sha256"] for path in RECORDED}
    assert found == {PIXELS_SHA256}


def test_initial_profiles_have_five_seeds_and_courses_three():
    for task in tasks():
        if isinstance(task, Initial):
            assert len(task.seeds) == 5
    for kind in KINDS:
        for depth in (20, 56):
            assert len(courses(Start(depth, kind))) == 3


def test_records_are_small():
    assert sum(path.stat().st_size for path in RECORDED) < 4_000_000


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """One small task on the digits that writes to a temporary folder."""
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    task = Initial(Start(8, "plain"), seeds=(0,), batch=8, dataset="digits")
    monkeypatch.setitem(MEASUREMENTS, "tiny", lambda: [task])
    return tmp_path, task


def test_a_measurement_is_filed_once_and_a_stale_one_is_kept(desk, capsys, monkeypatch):
    folder, task = desk
    assert measurements.main(["tiny"]) == 0
    path = folder / "tiny" / f"{task.name}.json"
    written = json.loads(path.read_text())
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
    path.write_text('{"kind":')
    assert measure_and_file("tiny", task) == "recorded"
    assert "measuring anew" in capsys.readouterr().out
    assert path.with_name(path.name + ".damaged").exists()


@pytest.mark.parametrize("text", ["", "[]", '{"schema": 1}'])
def test_a_file_that_is_no_measurement_is_named(tmp_path, text):
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(ResultError, match=r"x\.json .*restore it with git"):
        parse_measurement(path)


def test_a_missing_measurement_names_its_command(desk):
    with pytest.raises(ResultError, match=r"python -m utils\.measurements tiny"):
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
    assert len({task_hash(task) for task in (base, *others)}) == 8


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
    for depth in (20, 32, 44, 56):
        start = Start(depth, "plain", False, "pytorch")
        assert 0.2 < first_over_last(start).middle < 3


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
    assert plain[-1] > 1e5
    assert max(residual) < 20
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


def test_the_explosion_is_over_within_a_few_steps():
    steps, ratios = ratio_by_step(Start(56, "plain"))
    assert ratios[0].low > 100
    assert ratios[2].high < ratios[0].low / 10
    assert ratios[-1].high < 1
    jump = layer_by_step(Start(56, "plain"), "update", "layer1.0.conv1")[0]
    assert jump.low > 1
    assert layer_by_step(Start(56, "residual"), "update", "layer1.0.conv1")[0].high < 0.2
    size = layer_by_step(Start(56, "plain"), "weight", "layer1.0.conv1")
    assert size[1].middle > 2 * size[0].middle
    assert size[9].middle > size[1].middle
    assert steps[0] == 0


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
        _, ratios = ratio_by_step(Start(20, kind))
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
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(f"<!doctype html><meta charset='utf-8'>{make_figure()._repr_html_()}")
    return path.as_uri()


@pytest.fixture
def page(chromium: Browser):
    errors: list[str] = []
    fresh = chromium.new_page()
    fresh.on("pageerror", lambda error: errors.append(str(error)))
    yield fresh
    fresh.close()
    assert errors == []


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
                for step in sorted({0, last // 2, last}):
                    chosen.append({"depth": depth, "form": form, "kind": kind, "step": step})
    return chosen


def test_the_figures_data_are_the_records_to_a_percent():
    data = module().packed()
    layers, fields = initial(Start(110, "residual", False))
    row = data["series"]["resnet-110_none_he"]["rows"][0]
    expected = fields["weight_gradient"].log10().mean(0).tolist()
    assert len(row) == len(layers) == 110
    assert [value / data["perDecade"] for value in row] == pytest.approx(expected, abs=0.003)
    course = data["series"]["plain-56_bn_he"]
    rows = [c.fields["weight_gradient"][2] for c in courses(Start(56, "plain"))]
    expected = torch.stack(rows).log10().mean(0).tolist()
    assert [v / data["perDecade"] for v in course["rows"][2]] == pytest.approx(expected, abs=0.003)
    assert set(data["series"]["plain-110_none_pytorch"]["rows"][0]) == {data["zero"]}
    assert len(json.dumps(data)) < 300_000


def test_script_and_python_say_and_draw_the_same_in_every_state(page: Page, figure_page: str):
    page.goto(figure_page)
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
            return [describe(data, state), heatPaths(data, data.series[name] || null, range)];
          });
        }""",
        chosen,
    )
    from utils.explorables import gradient_norms_picture as picture

    assert len(chosen) > 70
    for state, (words, paths) in zip(chosen, found, strict=True):
        assert words == module().finding(data, **state)
        low, high = picture.limits(data, state["depth"], state["form"])
        series = picture.series_of(data, state["depth"], state["form"], state["kind"])
        for drawn, path in zip(paths, picture.heat_paths(data, series, low, high), strict=True):
            assert re.sub(r"[\d.]+", "", drawn) == re.sub(r"[\d.]+", "", path)
            numbers = [[float(n) for n in re.findall(r"[\d.]+", p)] for p in (drawn, path)]
            assert numbers[0] == pytest.approx(numbers[1], abs=0.011)


def test_script_leaves_the_opening_state_as_python_drew_it(chromium: Browser, figure_page: str):
    seen = []
    for scripts in (True, False):
        context = chromium.new_context(java_script_enabled=scripts)
        page = context.new_page()
        page.goto(figure_page)
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
    expect(page).to_have_url(re.compile(r"#gradient-norms=n3,d6,c0,t0$"))


@pytest.mark.parametrize("rest", ["n99,d99,c9,t99", "nx,d,cNaN,t-4", "", "n1.5"])
def test_a_broken_address_leaves_a_figure_that_works(page: Page, figure_page: str, rest: str):
    page.goto(f"{figure_page}#gradient-norms={rest}")
    expect(page.locator(".ex-controls")).to_be_visible()
    assert "NaN" not in page.locator("figure").inner_text()
    assert "undefined" not in page.locator("figure").inner_text()


def test_a_phone_holds_the_figure(chromium: Browser, figure_page: str):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.goto(figure_page)
    for target in page.locator("input[type=range], select, .ex-check label").all():
        assert target.bounding_box()["height"] >= 44
    edge = page.locator("figure").bounding_box()
    for text in page.locator("svg text").all():
        box = text.bounding_box()
        assert box["x"] >= edge["x"]
        assert box["x"] + box["width"] <= edge["x"] + edge["width"]
    context.close()
