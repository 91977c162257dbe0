"""Planes and grids around a network: drawn, walked, given back as they were."""

from __future__ import annotations

from itertools import product

import pytest
import torch
from interrupted import interrupted
from torch import nn

from utils.chapters.loss_surfaces.grids import (
    bends_down,
    live_surface,
    restricted_hessian,
    share_bending_down,
)
from utils.files import checkpoint
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
)


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
