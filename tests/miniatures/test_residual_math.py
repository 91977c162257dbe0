"""The mathematics of a residual block: formulas against autograd, hand and other libraries."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import torch
import torchvision
from torch import nn

from utils.chapters.residual_math.plots import growth_figure, length_figure, spectrum_figure
from utils.chapters.residual_math.shapes import check_shortcuts, shortcut_table
from utils.facts.files import book_data
from utils.miniatures.jacobians import (
    KINDS,
    Chain,
    block_jacobians,
    draw_input,
    gradient,
    gradient_by_path_length,
    jacobian,
    make_chain,
    relative_gap,
    singular_values,
    sum_rule_gaps,
)
from utils.miniatures.linear import deepen, descend, linear_layers, tangent_spread
from utils.miniatures.variance import growth_factor, moments, normalise, power_of_depth
from utils.models.networks import build
from utils.probes.additions import addition_sizes, without_normalisation


def hand_chain(kind: str) -> Chain:
    """Two numbers, one block: W1 = [[1, -1], [0, 1]], W2 = [[1, 1], [0, -2]], P = 3 I."""
    weights = torch.tensor([[[[1.0, -1.0], [0.0, 1.0]], [[1.0, 1.0], [0.0, -2.0]]]])
    projections = 3 * torch.eye(2).expand(1, 2, 2)
    return Chain(kind, weights.double(), projections.double(), torch.ones(1).double())


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("plain", [2.0, -4.0]),
        ("residual", [3.0, -2.0]),
        ("relu-after", [3.0, 0.0]),
        ("projection", [5.0, 2.0]),
    ],
)
def test_one_block_of_each_kind_by_hand(kind, expected):
    # x = (1, 2): W1 x = (-1, 2), after ReLU (0, 2), W2 of it (2, -4).
    x = torch.tensor([1.0, 2.0], dtype=torch.float64)
    assert hand_chain(kind)(x).tolist() == expected


def test_scales_of_branch_and_shortcut_multiply_what_they_name():
    x = draw_input()
    whole = make_chain("residual", 1)
    halved = make_chain("residual", 1, branch_scale=0.5, shortcut_scale=0.25)
    torch.testing.assert_close(halved(x), 0.25 * x + 0.5 * whole.branch(0, x))


def test_kinds_with_one_seed_share_their_branches():
    x = draw_input()
    branches = [make_chain(kind, 3, seed=5).branch(2, x) for kind in KINDS]
    assert all(torch.equal(branches[0], other) for other in branches[1:])


def test_jacobian_agrees_with_finite_differences():
    chain, x, step = make_chain("relu-after", 3, width=5), draw_input(5).abs(), 1e-6
    columns = [(chain(x + step * e) - chain(x - step * e)) / (2 * step) for e in torch.eye(5)]
    np.testing.assert_allclose(jacobian(chain, x), torch.stack(columns, dim=1), atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_gradient_and_jacobian_agree_with_each_other_and_with_the_product(kind):
    chain, x, g = make_chain(kind, 8, branch_scale=0.5), draw_input().abs(), draw_input(seed=3)
    whole = jacobian(chain, x)
    product = torch.linalg.multi_dot(block_jacobians(chain, x)[::-1])
    assert relative_gap(product, whole) < 1e-6
    assert relative_gap(g @ whole, gradient(chain, x, g)) < 1e-6


@pytest.mark.parametrize("seed", range(4))
def test_sum_rule_is_exact_for_identity_shortcuts_with_nothing_after(seed):
    x, g = draw_input(seed=seed).abs(), draw_input(seed=seed + 50)
    forward, backward = sum_rule_gaps(make_chain("residual", 10, seed=seed), x, g)
    assert max(forward, backward) < 1e-6


@pytest.mark.parametrize("kind", ["relu-after", "projection", "plain"])
def test_sum_rule_fails_by_much_everywhere_else(kind):
    chain = make_chain(kind, 10, branch_scale=0.5)
    x, g = draw_input(seed=1).abs(), draw_input(seed=2)
    assert min(sum_rule_gaps(chain, x, g)) > 0.1


def test_sum_rule_fails_for_a_scaled_shortcut_by_what_the_scale_took():
    chain = make_chain("residual", 1, branch_scale=0.0, shortcut_scale=0.5)
    # Output x / 2, claimed x: off by as much as the output itself. The gradient likewise.
    assert sum_rule_gaps(chain, draw_input(), draw_input(seed=2)) == pytest.approx((1.0, 1.0))


def test_only_the_power_of_the_shortcut_is_left_without_branches():
    chain = make_chain("residual", 54, branch_scale=0.0, shortcut_scale=0.5)
    x, g = draw_input(), draw_input(seed=2)
    torch.testing.assert_close(gradient(chain, x, g), g * 0.5**54)
    assert torch.allclose(singular_values(chain, x), torch.tensor(0.5**54, dtype=torch.float64))


def test_a_branch_of_minus_identity_kills_the_gradient():
    x, g = draw_input(), draw_input(seed=2)
    assert gradient(lambda z: z + (-z), x, g).abs().max() == 0


def test_terms_by_path_length_are_the_sums_over_all_choices_of_blocks():
    draw = torch.Generator().manual_seed(0)
    branches = list(torch.randn(5, 3, 3, generator=draw, dtype=torch.float64))
    terms = gradient_by_path_length(branches)
    for length in range(6):
        expected = torch.zeros(3, 3, dtype=torch.float64)
        for chosen in combinations(range(5), length):
            path = torch.eye(3, dtype=torch.float64)
            for index in chosen:
                path = branches[index] @ path
            expected += path
        torch.testing.assert_close(terms[length], expected)


def test_terms_by_path_length_of_a_chain_add_up_to_its_jacobian():
    chain, x = make_chain("residual", 12), draw_input()
    terms = gradient_by_path_length(block_jacobians(chain, x, branch_only=True))
    assert relative_gap(terms.sum(0), jacobian(chain, x)) < 1e-6


def test_chains_that_cannot_be_made_say_why():
    with pytest.raises(ValueError, match="unknown kind 'resnet'"):
        make_chain("resnet", 3)
    with pytest.raises(ValueError, match="at least 1 block"):
        make_chain("plain", 0)
    with pytest.raises(ValueError, match="2 branch scales for 3 blocks"):
        make_chain("plain", 3, branch_scale=[1.0, 2.0])


def test_weights_have_the_variance_of_he_initialisation():
    weights = make_chain("plain", 40, width=32).weights
    assert float(weights.var()) == pytest.approx(2 / 32, rel=0.02)


def test_projections_keep_the_expected_size_of_a_vector():
    for width in (8, 32):
        chain = make_chain("projection", 200, width=width)
        assert chain.projections.shape == (200, width, width)
        assert float(chain.projections.std()) * width**0.5 == pytest.approx(1, rel=0.03)
        assert float(chain.projections.mean()) * width**0.5 == pytest.approx(0, abs=0.03)


def test_identity_layers_change_nothing():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    x = torch.randn(2, 3, 9, 9)
    deep = deepen(net, 7, channels=4)
    assert torch.equal(deep(x), net(x))
    assert len(deep) == 2 + 2 * 7


def test_a_net_that_may_return_negative_numbers_is_not_deepened():
    with pytest.raises(ValueError, match="ends with Conv2d"):
        deepen(nn.Sequential(nn.Conv2d(3, 4, 3)), 1, channels=4)


def test_one_step_of_descent_by_hand():
    # One number: x = 2, y = 6, W = 1 + 0; error 2 - 6 = -4, gradient -8, step 0.1 gives 1.8.
    one, two = torch.ones(1, 1), torch.full((1, 1), 2.0)
    options = {"reference": one, "start": 0 * one, "steps": 1}
    assert descend(two, 3 * two, **options).item() == pytest.approx(1.8)
    # Decay acts on V alone: V = 0.5, error -3, gradient -6 + 0.2 * 0.5.
    options["start"] = 0.5 * one
    assert descend(two, 3 * two, **options, decay=0.2).item() == pytest.approx(1.5 + 0.59)


@pytest.mark.parametrize("seed", range(3))
def test_a_linear_layer_and_its_residual_form_descend_alike(seed):
    torch.manual_seed(seed)
    x, y = torch.randn(2, 20, 4, dtype=torch.float64)
    eye = torch.eye(4, dtype=torch.float64)
    drawn = torch.randn(4, 4, dtype=torch.float64)
    direct = descend(x, y, reference=0 * eye, start=eye + drawn)
    residual = descend(x, y, reference=eye, start=drawn)
    torch.testing.assert_close(direct, residual)


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_tangent_spread_is_the_condition_number_of_the_products_derivative(depth):
    layers = linear_layers(depth, 3, reference=1, scale=0.4, seed=depth)

    def product(all_layers):
        h = torch.eye(3, dtype=torch.float64)
        for matrix in all_layers:
            h = matrix @ h
        return h

    slope = torch.autograd.functional.jacobian(product, layers).reshape(9, -1)
    expected = float(torch.linalg.cond(slope @ slope.T))
    assert tangent_spread(layers) == pytest.approx(expected, rel=1e-6)


def test_batch_normalisation_agrees_with_pytorch():
    x = torch.randn(30, 7, dtype=torch.float64) * 3 + 1
    theirs = nn.BatchNorm1d(7, eps=1e-12, affine=False).double().train()
    torch.testing.assert_close(normalise(x), theirs(x))


def test_growth_and_exponent_of_series_known_by_hand():
    assert growth_factor(torch.tensor([3.0, 1.0, 24.0, 24.0])) == pytest.approx(2.0)
    assert power_of_depth(torch.tensor([1.0, 0.5, 1 / 3, 0.25])) == pytest.approx(-1.0)
    assert power_of_depth(5 * torch.arange(1, 20) ** 0.5) == pytest.approx(0.5)


@pytest.mark.parametrize("seed", range(3))
def test_without_a_remedy_every_block_doubles_the_mean_square(seed):
    states = moments("nothing", 20, seed=seed).states
    assert growth_factor(states) == pytest.approx(2.0, rel=0.05)


@pytest.mark.parametrize("seed", range(3))
def test_a_plain_chain_loses_less_in_each_block_the_wider_it_is(seed):
    narrow, wide = (
        growth_factor(moments("nothing", 50, width=width, seed=seed, shortcut=False).states)
        for width in (16, 128)
    )
    assert narrow == pytest.approx(2 / 3, abs=0.05)
    assert 0.9 < wide < 1


def test_a_plain_chain_keeps_its_mean_square_on_average_over_the_weights():
    options = {"width": 32, "batch": 16, "shortcut": False}
    ends = [moments("nothing", 2, seed=seed, **options).states[-1] for seed in range(1500)]
    # Four layers; by He's derivation the mean is that of the input, 1.
    assert float(sum(ends)) / len(ends) == pytest.approx(1, abs=0.06)


def test_with_a_relu_after_the_sum_it_more_than_doubles():
    for seed in range(3):
        states = moments("nothing", 20, seed=seed, relu_after=True).states
        assert 2.1 < growth_factor(states) < 2.6


@pytest.mark.parametrize("seed", range(3))
def test_with_batch_normalisation_it_grows_by_one_and_branches_fall_as_the_root(seed):
    seen = moments("batch norm", 50, seed=seed)
    np.testing.assert_allclose(seen.states, torch.arange(1, 52), rtol=0.15)
    ratio = (seen.branches / seen.states[:-1]).sqrt()
    assert power_of_depth(ratio) == pytest.approx(-0.5, abs=0.03)


def test_branches_that_start_at_zero_leave_the_input_alone():
    states = moments("zero start", 30, width=32, batch=16).states
    assert torch.equal(states, states[:1].expand(31))


def test_branches_divided_by_the_root_grow_to_eulers_number_at_most():
    # (1 + 1/L) ** L is below e for every L.
    states = moments("divided", 50).states
    assert float(states[-1] / states[0]) == pytest.approx((1 + 1 / 50) ** 50, rel=0.1)


def test_unknown_rule_names_the_known():
    with pytest.raises(ValueError, match="batch norm"):
        moments("layer norm", 3)


def test_branches_of_a_fresh_net_arrive_with_size_one():
    torch.manual_seed(0)
    net, images = build("resnet-20"), torch.randn(4, 3, 32, 32)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    shortcut, branch = addition_sizes(net, images)
    assert len(shortcut) == len(branch) == 9
    np.testing.assert_allclose(branch, 1, rtol=1e-3)
    stem = torch.relu(nn.functional.batch_norm(net.conv1(images), None, None, training=True))
    assert float(shortcut[0]) == pytest.approx(stem.square().mean().sqrt().item(), rel=1e-4)
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())


def test_a_plain_net_has_no_additions_to_look_at():
    with pytest.raises(ValueError, match="no block with a shortcut"):
        addition_sizes(build("plain-14"), torch.randn(2, 3, 32, 32))


def test_normalisation_is_taken_out_of_the_copy_only():
    net = build("resnet-14-B")
    bare = without_normalisation(net)
    assert not any(isinstance(m, nn.BatchNorm2d) for m in bare.modules())
    assert sum(isinstance(m, nn.BatchNorm2d) for m in net.modules()) == 13 + 2


def test_the_table_of_shortcuts_says_of_torchvision_what_torchvision_does():
    row = next(row for row in book_data("shortcuts") if row["who"] == "torchvision")
    conv, norm = torchvision.models.resnet18().layer2[0].downsample
    assert conv.kernel_size == (row["kernel"],) * 2 and conv.stride == (2, 2)
    assert row["norm"] and isinstance(norm, nn.BatchNorm2d)


def test_the_table_of_shortcuts_agrees_with_the_books_networks():
    rows = {row["who"]: row for row in book_data("shortcuts")}
    pairs = {
        "He et al. 2016a, option B": "resnet-14-B",
        "yunjey/pytorch-tutorial": "source-resnet-14",
    }
    for who, name in pairs.items():
        conv, norm = build(name).layer2[0].downsample
        assert conv.kernel_size == (rows[who]["kernel"],) * 2
        assert rows[who]["norm"] == isinstance(norm, nn.BatchNorm2d)
    paper = rows["He et al. 2016a, CIFAR-10"]
    assert (paper["kernel"], paper["norm"]) == ("none", False)
    assert not list(build("resnet-14").layer2[0].downsample.parameters())


def test_each_shortcut_of_the_data_is_shown_once():
    rows = book_data("shortcuts")
    shown = [shortcut_table(rows, block)._repr_html_() for block in (2015, "pre-activation")]
    assert sum(html.count('<th scope="row">') for html in shown) == len(rows)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"kernel": 5}, r"entry 1 \(x\): kernel must be one of"),
        ({"block": 2016}, "block must be one of"),
        ({"norm": "yes"}, "norm cannot be 'yes'"),
        ({"extra": 1}, "fields must be"),
    ],
)
def test_malformed_shortcuts_name_file_entry_and_fault(change, complaint):
    row = {"who": "x", "block": 2015, "kernel": 1, "norm": True, "source": "s"} | change
    with pytest.raises(ValueError, match=complaint) as problem:
        check_shortcuts([row])
    assert "book/data/shortcuts.yml" in str(problem.value)


def test_figures_label_every_line_and_draw_its_values():
    values = torch.tensor([4.0, 2.0, 0.0], dtype=torch.float64)
    spectrum = spectrum_figure({"a": values, "b": values}, ["plain", "residual"], "T").axes[0]
    growth = growth_figure({"a": values}, {"a": "plain"}, "T").axes[0]
    length = length_figure({"a": [0.25, 0.75]}, {"a": "plain"}, "T").axes[0]
    assert [t.get_text() for t in spectrum.get_legend().get_texts()] == ["a", "b"]
    assert spectrum.lines[0].get_ydata().tolist() == [4.0, 2.0, 1e-12]
    assert growth.lines[0].get_ydata().tolist() == [4.0, 2.0, 0.0]
    assert length.lines[0].get_ydata().tolist() == [25.0, 75.0]


# The sentences of the chapter


@pytest.mark.parametrize("kind", ["relu-after", "projection"])
def test_without_their_conditions_both_formulas_are_off_by_most_to_three_times(kind):
    chain = make_chain(kind, 10, branch_scale=0.5)
    gaps = sum_rule_gaps(chain, draw_input(seed=1).abs(), draw_input(seed=2))
    assert all(0.7 < gap < 3.5 for gap in gaps)


def test_plain_chains_lose_directions_and_shortcuts_keep_nearly_all():
    x = draw_input()
    alive = {
        kind: [int((singular_values(make_chain(kind, n), x) > 1e-6).sum()) for n in (5, 20, 50)]
        for kind in ("plain", "residual")
    }
    assert alive["plain"] == sorted(alive["plain"], reverse=True)
    assert alive["plain"][-1] == 1
    assert min(alive["residual"]) >= 14


def test_shortcut_and_small_branches_keep_the_spectrum_close_to_one():
    for blocks in (5, 20, 50):
        values = singular_values(
            make_chain("residual", blocks, branch_scale=blocks**-0.5), draw_input()
        )
        assert values[0] < 10 and values[-1] > 0.1


def test_full_branches_spread_twenty_blocks_over_ten_orders_of_magnitude():
    values = singular_values(make_chain("residual", 20), draw_input())
    assert values[0] / values[-1] > 1e10


def test_linear_chains_keep_their_order_at_other_seeds():
    for seed in range(5):
        plain, small, full = (
            tangent_spread(linear_layers(8, 8, reference=r, scale=s, seed=seed))
            for r, s in ((0, 1.0), (1, 0.1), (1, 1.0))
        )
        assert small < 10 < full < plain


@pytest.mark.parametrize("seed", range(3))
def test_normalised_branches_make_the_gradients_paths_short(seed):
    means = []
    for scale in (1.0, [block**-0.5 for block in range(1, 55)]):
        chain = make_chain("residual", 54, width=32, seed=seed, branch_scale=scale)
        slopes = block_jacobians(chain, draw_input(32), branch_only=True)
        weight = gradient_by_path_length(slopes).square().sum((1, 2))
        means.append(float((weight / weight.sum() * torch.arange(55)).sum()))
    full, by_root = means
    assert 18 < full < 30
    # Expected branches of a path when each is taken with odds 1/l: the sum of 1 / (l + 1).
    assert by_root == pytest.approx(sum(1 / (block + 1) for block in range(1, 55)), rel=0.2)
