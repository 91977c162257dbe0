"""Loss surfaces: exact on a quadratic, blind to scale, resumed to the bit, true to records."""

from __future__ import annotations

import json
import math
import re
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from browser import notebook_file, settled
from playwright.sync_api import Browser, Page, expect
from torch import nn

from utils.chapters.inside.surfaces import (
    bends_down,
    contour_pair,
    find_task,
    label,
    live_surface,
    pair,
    pairs_of,
    ratios,
    recorded_pairs,
    rescaled,
    restricted_hessian,
    shape,
    share_bending_down,
    surface_table,
    waiting,
)
from utils.explorables import loss_surface
from utils.explorables.loss_surface import KINDS, TILT, TURN, packed
from utils.explorables.loss_surface_picture import cells, project
from utils.files import checkpoint, records
from utils.files.records import load_measurement, parse_measurement
from utils.probes.surfaces import (
    axis,
    circle,
    classification,
    draw_plane,
    evaluate_rows,
    filter_normalise,
    grid,
    leave_as_drawn,
    move,
    restored,
    subset,
)
from utils.record import experiments, weights
from utils.record import measure as measurements
from utils.record import runs as record
from utils.record import surfaces as surfaces_module
from utils.record.measure import MEASUREMENTS
from utils.record.surfaces import EXPERIMENT, NETWORKS, SEEDS, Surface, tasks
from utils.results.words import short

ROOT = Path(__file__).parents[1]
RECORDED = sorted((ROOT / "results" / EXPERIMENT).glob("*.json"))
PAIRS = recorded_pairs()
by_pair = pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[0].task.name)


def small_net(seed: int = 0, eps: float = 1e-5) -> nn.Sequential:
    """Convolution, normalisation, ReLU, classifier, with statistics that a batch has left."""
    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1, bias=False),
        nn.BatchNorm2d(8, eps=eps),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, 4),
    ).double()
    with torch.no_grad():
        for _ in range(3):
            net(torch.randn(16, 3, 6, 6, dtype=torch.float64))
    return net.eval()


@pytest.fixture
def examples() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    inputs = torch.randn(20, 3, 6, 6, generator=generator, dtype=torch.float64)
    return inputs, torch.randint(0, 4, (20,), generator=generator)


# Filter normalisation


def test_every_filter_of_a_direction_has_the_length_of_the_networks_filter():
    net = small_net()
    plane = draw_plane(net, seed=3)
    for direction in (plane.first, plane.second):
        for layer in ("0.weight", "5.weight"):
            moved, own = direction[layer], net.get_parameter(layer)
            for got, wanted in zip(moved, own, strict=True):
                torch.testing.assert_close(got.norm(), wanted.norm(), rtol=1e-12, atol=0)


def test_one_filter_by_hand():
    weight = torch.tensor([[3.0, 4.0], [0.0, 0.0]])
    direction = torch.tensor([[0.0, -2.0], [1.0, 1.0]])
    assert filter_normalise(direction, weight).tolist() == [[0.0, -5.0], [0.0, 0.0]]


def test_biases_and_normalisation_parameters_do_not_move():
    net = small_net()
    for rule in (filter_normalise, leave_as_drawn):
        plane = draw_plane(net, 0, rule)
        still = {name for name, values in plane.first.items() if not values.any()}
        assert still == {"1.weight", "1.bias", "5.bias"}


def test_the_two_directions_differ_and_a_seed_repeats_them():
    net = small_net()
    one, again, other = draw_plane(net, 0), draw_plane(net, 0), draw_plane(net, 1)
    assert abs(one.cosine) < 0.5
    assert torch.equal(one.first["0.weight"], again.first["0.weight"])
    assert not torch.equal(one.first["0.weight"], one.second["0.weight"])
    assert not torch.equal(one.first["0.weight"], other.first["0.weight"])


def test_plain_and_residual_networks_get_the_same_draws():
    from utils.models.networks import build

    plain, residual = (
        draw_plane(build(name), 0, leave_as_drawn) for name in ("plain-14", "resnet-14")
    )
    assert plain.first.keys() == residual.first.keys()
    assert all(torch.equal(plain.first[name], residual.first[name]) for name in plain.first)


def scaled(net: nn.Sequential, factor: float) -> nn.Sequential:
    """The same function, with weights times a factor before a batch normalisation."""
    with torch.no_grad():
        net[0].weight.mul_(factor)
        net[1].running_mean.mul_(factor)
        net[1].running_var.mul_(factor**2)
    return net


@pytest.mark.parametrize("batch_statistics", [False, True])
def test_weights_times_ten_before_a_normalisation_leave_the_surface_unchanged(
    examples, batch_statistics
):
    evaluate = classification(*examples, batch=20, batch_statistics=batch_statistics)
    small, large = small_net(eps=1e-12), scaled(small_net(eps=1e-12), 10.0)
    before, after = live_surface(small, evaluate), live_surface(large, evaluate)
    torch.testing.assert_close(after, before, rtol=1e-9, atol=0)
    assert before.max() > 1.1 * before.min()


def test_without_the_rule_the_same_function_gets_another_surface(examples):
    evaluate = classification(*examples)
    small, large = small_net(eps=1e-12), scaled(small_net(eps=1e-12), 10.0)
    before, after = (live_surface(net, evaluate, rule=leave_as_drawn) for net in (small, large))
    assert float(after[5, 5]) == pytest.approx(float(before[5, 5]), rel=1e-9)
    assert (after[0] - before[0]).abs().max() > 0.05 * before[0].max()


# A surface that is known


def quadratic(dtype: torch.dtype):
    """A linear layer with squared error, its data, and the exact loss at a point of a plane."""
    torch.manual_seed(0)
    net = nn.Linear(5, 3).to(dtype)
    x, y = torch.randn(40, 5, dtype=dtype), torch.randn(40, 3, dtype=dtype)

    def evaluate(model: nn.Module) -> tuple[float]:
        with torch.no_grad():
            return (float(((model(x) - y) ** 2).sum(1).mean()),)

    plane = draw_plane(net, 0)
    first, second = (d["weight"].double() for d in (plane.first, plane.second))
    x64, y64 = x.double(), y.double()
    rest = x64 @ net.weight.detach().double().T + net.bias.detach().double() - y64
    along, across = x64 @ first.T, x64 @ second.T

    def exact(a: float, b: float) -> float:
        return float(((rest + a * along + b * across) ** 2).sum(1).mean())

    def inner(u: torch.Tensor, v: torch.Tensor) -> float:
        return float(2 * (u * v).sum(1).mean())

    entries = [[inner(u, v) for v in (along, across)] for u in (along, across)]
    return net, evaluate, plane, exact, torch.tensor(entries, dtype=torch.float64)


@pytest.mark.parametrize(("dtype", "rel"), [(torch.float64, 1e-12), (torch.float32, 2e-6)])
def test_the_surface_of_a_quadratic_is_the_known_one(dtype, rel):
    net, evaluate, plane, exact, _ = quadratic(dtype)
    rows = grid(7, 1.0)
    found = evaluate_rows(net, plane, rows, evaluate)
    for points, values in zip(rows, found, strict=True):
        assert values[:, 0].tolist() == pytest.approx([exact(*p) for p in points], rel=rel)


def test_curvature_from_the_grid_is_the_hessian_of_the_quadratic():
    net, evaluate, _, _, hessian = quadratic(torch.float64)
    losses = live_surface(net, evaluate, steps=21)
    found = restricted_hessian(losses, 0.1)
    assert found.shape == (19, 19, 2, 2)
    torch.testing.assert_close(found, hessian.expand_as(found), rtol=1e-9, atol=1e-9)
    assert share_bending_down(losses, axis(21, 1.0)) == 0


def test_the_hessian_along_a_direction_is_that_of_autograd():
    net, evaluate, plane, _, hessian = quadratic(torch.float64)
    torch.manual_seed(0)
    nn.Linear(5, 3)
    x, y = torch.randn(40, 5, dtype=torch.float64), torch.randn(40, 3, dtype=torch.float64)

    def loss(point):
        weight = net.weight + point[0] * plane.first["weight"] + point[1] * plane.second["weight"]
        return ((x @ weight.T + net.bias - y) ** 2).sum(1).mean()

    found = torch.autograd.functional.hessian(loss, torch.zeros(2, dtype=torch.float64))
    torch.testing.assert_close(found, hessian, rtol=1e-6, atol=1e-6)
    assert evaluate(net)[0] == pytest.approx(loss(torch.zeros(2)).item(), rel=1e-12)


def test_a_saddle_bends_down_everywhere_and_half_a_wave_bends_down_half_the_time():
    places = axis(21, 1.0)
    a, b = torch.meshgrid(*[torch.tensor(places, dtype=torch.float64)] * 2, indexing="xy")
    assert bends_down(a**2 - b**2, 0.1).all()
    # a^3 + b^2 bends down where a < 0: 9 of the 19 inner columns; at a = 0 it is flat.
    assert share_bending_down(a**3 + b**2 + 1e-6 * a**2, places) == pytest.approx(9 / 19)
    # Of the 81 grid points within half a unit, 9 columns by symmetry, 36 lie left of the middle.
    near = [(i, j) for i, j in product(range(-5, 6), repeat=2) if i * i + j * j <= 25]
    left = sum(1 for _, j in near if j < 0)
    found = share_bending_down(a**3 + b**2 + 1e-6 * a**2, places, within=0.5)
    assert found == pytest.approx(left / len(near))


# Grid and circles


def test_the_grid_has_the_network_in_its_middle_and_the_first_direction_along_its_rows():
    rows = grid(3, 1.0)
    assert rows[1] == [(-1.0, 0.0), (0.0, 0.0), (1.0, 0.0)]
    assert [row[0][1] for row in rows] == [-1.0, 0.0, 1.0]
    assert axis(21, 1.0)[11] == pytest.approx(0.1)
    assert circle(0.5, 4)[1] == pytest.approx((0.0, 0.5))


@pytest.mark.parametrize("steps", [0, 1, 2, 20])
def test_a_grid_without_a_middle_is_refused(steps):
    with pytest.raises(ValueError, match="choose an odd number"):
        axis(steps, 1.0)


# Given back as it was, resumed to the bit


def bits(net: nn.Module) -> dict[str, bytes]:
    return {name: tensor.numpy().tobytes() for name, tensor in net.state_dict().items()}


@pytest.mark.parametrize("batch_statistics", [False, True])
def test_the_network_is_given_back_to_the_bit(examples, batch_statistics):
    net = small_net()
    net[1].train()
    before = bits(net)
    evaluate_rows(
        net, draw_plane(net, 0), grid(3, 1.0), classification(*examples, 5, batch_statistics)
    )
    assert bits(net) == before
    assert [module.training for module in net] == [False, True, False, False, False, False]


def test_the_network_is_given_back_after_an_error():
    net = small_net()
    before = bits(net)

    def fail(_: nn.Module) -> tuple[float]:
        raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        evaluate_rows(net, draw_plane(net, 0), grid(3, 1.0), fail)
    assert bits(net) == before


def test_moving_there_and_back_leaves_no_trace():
    net = small_net()
    before, plane = bits(net), draw_plane(net, 0)
    with restored(net) as centre:
        move(net, centre, plane, (0.3, -0.7))
        assert bits(net) != before
        move(net, centre, plane, (0.0, 0.0))
        assert bits(net) == before


def interrupted(evaluate, after: int):
    """The same measurement, killed after some points."""
    left = after

    def measure(net: nn.Module) -> tuple[float, ...]:
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt
        return evaluate(net)

    return measure


def test_a_killed_surface_goes_on_and_ends_with_the_same_bits(examples, tmp_path):
    net, rows = small_net(), grid(5, 1.0)
    plane, evaluate = draw_plane(net, 0), classification(*examples, batch=7)
    whole = evaluate_rows(net, plane, rows, evaluate)
    keep = tmp_path / "kept.pt"
    with pytest.raises(KeyboardInterrupt):
        evaluate_rows(net, plane, rows, interrupted(evaluate, 13), keep)
    assert len(checkpoint.load(keep)["rows"]) == 2
    with pytest.raises(KeyboardInterrupt):
        evaluate_rows(net, plane, rows, interrupted(evaluate, 14), keep)
    # 10 points kept and 14 more: 4 rows stand, and one row of 5 points is missing.
    again = evaluate_rows(net, plane, rows, interrupted(evaluate, 5), keep)
    assert all(torch.equal(one, other) for one, other in zip(again, whole, strict=True))
    assert list(tmp_path.iterdir()) == [keep]


def test_kept_rows_of_another_network_or_story_are_not_used(examples, tmp_path):
    keep, rows = tmp_path / "kept.pt", grid(3, 1.0)
    evaluate, net, other = classification(*examples), small_net(0), small_net(1)
    evaluate_rows(net, draw_plane(net, 0), rows, evaluate, keep, "first")
    found = evaluate_rows(other, draw_plane(other, 0), rows, evaluate, keep, "first")
    expected = evaluate_rows(other, draw_plane(other, 0), rows, evaluate)
    assert all(torch.equal(one, two) for one, two in zip(found, expected, strict=True))
    with pytest.raises(KeyboardInterrupt):
        evaluate_rows(other, draw_plane(other, 0), rows, interrupted(evaluate, 0), keep, "second")


def test_a_damaged_file_of_kept_rows_is_set_aside(examples, tmp_path, capsys):
    keep, net = tmp_path / "kept.pt", small_net()
    keep.write_bytes(b"PK half a file")
    evaluate_rows(net, draw_plane(net, 0), grid(3, 1.0), classification(*examples), keep)
    assert "starting anew" in capsys.readouterr().out
    assert (tmp_path / "kept.pt.damaged").exists()


def test_batches_change_nothing_but_the_last_digits(examples):
    net = small_net()
    one = classification(*examples, batch=20)(net)
    many = classification(*examples, batch=3)(net)
    assert one == pytest.approx(many, rel=1e-12)
    inputs, labels = examples
    assert one[0] == pytest.approx(float(nn.functional.cross_entropy(net(inputs), labels)))
    assert one[1] == pytest.approx(float((net(inputs).argmax(1) != labels).double().mean()))


# The task


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


# The records


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
            assert f"{found.task.model}, seed {found.task.seeds[0]}" in text
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


# The figure to touch


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of a page that holds the figure as a notebook shows it."""
    return notebook_file(tmp_path_factory, loss_surface()._repr_html_())


def numbers(outline: str) -> list[float]:
    return [float(value) for value in re.findall(r"-?\d+\.?\d*", outline)]


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


def test_script_and_python_draw_the_same_mesh(page: Page, address: str):
    page.goto(address)
    settled(page)
    states = [(0, 90), (30, 36), (141, 9), (357, 60)]
    data = packed()
    found = page.evaluate(
        """(states) => {
          const data = JSON.parse(document.querySelector('[data-part="data"]').textContent);
          const { cells } = window.explorables.lossSurface;
          return states.map(([t, e]) => cells(data, data.pairs[0].losses[1], { t, e }));
        }""",
        states,
    )
    for (turn, tilt), drawn in zip(states, found, strict=True):
        expected = cells(data["pairs"][0]["losses"][1], data, turn, tilt)
        assert [cell["colour"] for cell in drawn] == [colour for _, colour in expected]
        for cell, (outline, _) in zip(drawn, expected, strict=True):
            assert numbers(cell["outline"]) == pytest.approx(numbers(outline), abs=0.11)


def test_the_still_picture_needs_no_script_and_the_script_leaves_it_as_it_is(
    chromium: Browser, address: str
):
    texts, outlines = [], []
    for scripts in (True, False):
        context = chromium.new_context(java_script_enabled=scripts)
        page = context.new_page()
        page.goto(address)
        expect(page.locator(".ex-controls")).to_be_visible(visible=scripts)
        texts.append(page.locator("svg text").all_text_contents())
        texts[-1].append(page.locator(".ex-finding").text_content())
        drawn = page.locator("[data-part=plain] .ex-mesh path")
        outlines.append(drawn.evaluate_all("(all) => all.map((one) => one.getAttribute('d'))"))
        context.close()
    assert texts[0] == texts[1]
    assert len(outlines[0]) == len(outlines[1]) == 400
    for one, other in zip(*outlines, strict=True):
        assert numbers(one) == pytest.approx(numbers(other), abs=0.11)


def test_the_finding_has_the_recorded_numbers_and_follows_the_choice(page: Page, address: str):
    page.goto(address)
    for number, (plain, residual) in enumerate(PAIRS):
        page.get_by_label("Networks").select_option(str(number))
        words = page.locator("#loss-surface-finding")
        expect(words).to_contain_text(f"Seed {plain.task.seeds[0]}.")
        expect(words).to_contain_text(f"bends down at {plain.bending():.0%} of the points")
        expect(words).to_contain_text(f"bends down at {residual.bending():.0%} of the points")
        expect(page.locator("[data-part=plain] [data-part=name]")).to_have_text(plain.task.model)


def test_keyboard_turns_and_the_address_keeps_the_state(page: Page, address: str):
    page.goto(address)
    settled(page)
    before = page.locator("[data-part=residual] .ex-mesh path").first.get_attribute("d")
    page.get_by_role("slider", name="Turn").press("ArrowRight")
    expect(page.locator("[data-output=t]")).to_have_text(f"{TURN + 3}°")
    page.get_by_role("slider", name="Tilt").press("End")
    expect(page.locator("[data-output=e]")).to_have_text("90°")
    assert page.locator("[data-part=residual] .ex-mesh path").first.get_attribute("d") != before
    expect(page).to_have_url(re.compile(rf"#loss-surface=p0,t{TURN + 3},e90$"))
    page.evaluate("location.hash = '#loss-surface=p0,t60,e45'")
    expect(page.locator("[data-output=t]")).to_have_text("60°")


@pytest.mark.parametrize("rest", ["p99,t999,e-5", "pNaN,t,ex", "", ",,,"])
def test_a_broken_address_leaves_a_figure_that_works(page: Page, address: str, rest: str):
    page.goto(f"{address}#loss-surface={rest}")
    expect(page.locator(".ex-controls")).to_be_visible()
    assert "NaN" not in page.locator("figure").inner_html()


def test_a_drag_turns_both_surfaces(page: Page, address: str):
    page.goto(address)
    settled(page)
    other = page.locator("[data-part=residual] .ex-mesh path").first
    before = other.get_attribute("d")
    page.locator("[data-part=plain]").scroll_into_view_if_needed()
    box = page.locator("[data-part=plain]").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 30, y + 20, steps=4)
    page.mouse.up()
    # 0.6 degrees a px, in steps of 3: 18 to the right, 12 down.
    expect(page.locator("[data-output=t]")).to_have_text(f"{TURN + 18}°")
    expect(page.locator("[data-output=e]")).to_have_text(f"{TILT + 12}°")
    assert other.get_attribute("d") != before


def test_it_fits_a_phone_and_a_vertical_swipe_scrolls(chromium: Browser, address: str):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    for tilt in (9, 36, 90):
        page.goto(f"{address}#loss-surface=p0,t45,e{tilt}")
        page.reload()
        settled(page)
        edge = page.locator("figure").bounding_box()
        for mark in page.locator("svg text, .ex-floor").all():
            box = mark.bounding_box()
            assert box["x"] >= edge["x"]
            assert box["x"] + box["width"] <= edge["x"] + edge["width"]
    assert page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    for kind in KINDS:
        expect(page.locator(f"svg[data-part={kind}]")).to_have_css("touch-action", "pan-y")
    for slider in page.get_by_role("slider").all():
        assert slider.bounding_box()["height"] >= 44
    context.close()


def test_the_figures_data_stay_small():
    assert len(json.dumps(packed(), separators=(",", ":"))) < 150_000
    assert len(loss_surface().markup) < 150_000


def test_stored_heights_are_the_recorded_losses():
    data, (plain, _) = packed(), PAIRS[0]
    for stored, losses in zip(data["pairs"][0]["losses"][0], plain.loss.tolist(), strict=True):
        for value, loss in zip(stored, losses, strict=True):
            assert value / 100 == pytest.approx(min(2, max(-1, math.log10(loss))), abs=0.0051)


# What the chapter says


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


def test_ratios_are_those_of_the_circles():
    plain, residual = FOURTEEN[0]
    expected = short(plain.around[0.5] / residual.around[0.5])
    assert ratios([(plain, residual)] * 3, 0.5) == f"{expected}, {expected} and {expected}"
    assert ratios([(plain, residual)], 0.5) == expected


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
