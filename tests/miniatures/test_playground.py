"""The playground's PyTorch half: its settings, random numbers, images, networks and training."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from murmur import by_hand, murmur
from scipy import stats
from torch import nn

from utils.data import load
from utils.miniatures import playground
from utils.miniatures.playground import Net, Settings

SMALL = Settings(blocks=3, width=8, normalisation="none", rate=0.01)
KINDS = [False, True]


# Settings --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"blocks": 0}, "blocks is 0; choose from 1 to 30"),
        ({"blocks": 31}, "blocks is 31; choose from 1 to 30"),
        ({"width": 24}, r"width is 24; choose from \[8, 16, 32, 64\]"),
        ({"normalisation": "group"}, r"normalisation is 'group'; choose from \['batch'"),
        ({"start": "xavier"}, r"start is 'xavier'; choose from \['he', 'pytorch', 'zero'"),
        ({"rate": 0.02}, r"rate is 0.02; choose from \[0.001"),
        ({"rate": math.nan}, r"rate is nan; choose from \[0.001"),
        ({"momentum": 0.99}, r"momentum is 0.99; choose from \[0.0, 0.5, 0.9\]"),
        ({"seed": -1}, "seed is -1; choose from 0 to 9999"),
        ({"seed": 10_000}, "seed is 10000; choose from 0 to 9999"),
    ],
)
def test_a_setting_that_the_page_does_not_offer_is_refused_with_those_it_offers(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        Settings(**change)


def test_an_address_is_read_as_it_was_written():
    for settings in (
        Settings(),
        Settings(1, 8, "none", "identity", 0.001, 0.0, 9999),
        Settings(30, 64, "layer", "pytorch", 3.0, 0.5, 7),
    ):
        for address in (
            settings.address,
            f"#play={settings.address}",
            f" https://example.org/book/playground.html#play={settings.address}\n",
        ):
            assert playground.settings_of(address) == settings


@pytest.mark.parametrize(
    "address",
    ["", "b20", "b20,w32,nbatch,she,l0.03,m0.9", "b-1,w32,nbatch,she,l0.03,m0.9,i0",
     "b20,w32,nbatch,she,l0.03,m0.9,i0,x1", "w32,b20,nbatch,she,l0.03,m0.9,i0"],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_an_example(address):
    with pytest.raises(ValueError, match="for example b20,w32,nbatch,she"):
        playground.settings_of(address)


def test_an_address_with_a_value_that_is_not_offered_is_refused():
    with pytest.raises(ValueError, match="blocks is 99"):
        playground.settings_of("b99,w32,nbatch,she,l0.03,m0.9,i0")


# Random numbers --------------------------------------------------------------------------------


def test_the_finaliser_is_the_published_one():
    assert [murmur(x) for x in (0, 1, 2)] == [0, 0x514E28B7, 0x30F4C306]


@pytest.mark.parametrize(("seed", "stream"), [(0, 0), (9999, 60), (7, 0x10000), (1, 0x10000 + 149)])
def test_uniform_numbers_are_hashes_of_seed_stream_and_place(seed, stream):
    found = playground.uniforms(seed, stream, 5)
    assert found.tolist() == [by_hand(seed, stream, place) for place in range(5)]


def test_random_numbers_have_their_distributions():
    uniform, normal = playground.uniforms(3, 5, 20_000), playground.normals(3, 5, 20_000)
    assert 0 < uniform.min() < 1e-3 and 1 - 1e-3 < uniform.max() < 1
    assert stats.kstest(uniform, "uniform").pvalue > 0.01
    assert stats.kstest(normal, "norm").pvalue > 0.01
    neighbours = np.corrcoef(normal[:-1], normal[1:])[0, 1]
    other_seed = np.corrcoef(normal, playground.normals(4, 5, 20_000))[0, 1]
    other_stream = np.corrcoef(normal, playground.normals(3, 6, 20_000))[0, 1]
    assert max(map(abs, (neighbours, other_seed, other_stream))) < 0.03


def test_an_odd_count_of_normal_numbers_is_the_beginning_of_more():
    few, more = playground.normals(0, 1, 7), playground.normals(0, 1, 8)
    assert few.tolist() == more[:7].tolist()
    first, second = by_hand(0, 1, 0), by_hand(0, 1, 1)
    assert few[0] == pytest.approx(
        math.sqrt(-2 * math.log(first)) * math.cos(2 * math.pi * second), rel=1e-12
    )


def test_an_order_has_every_place_once_and_differs_between_epochs_and_seeds():
    orders = [playground.order(1438, seed, epoch) for seed in (0, 1) for epoch in (0, 1)]
    for places in orders:
        assert sorted(places) == list(range(1438))
    assert len({tuple(places) for places in orders}) == 4
    share = np.mean([place == i for places in orders for i, place in enumerate(places)])
    assert share < 0.005


# Images ----------------------------------------------------------------------------------------


def test_the_images_are_split_as_everywhere_in_the_book():
    ours, books = playground.digits(), load("digits")
    for images, labels, split in (
        (ours.train_images, ours.train_labels, books.train),
        (ours.test_images, ours.test_labels, books.test),
    ):
        assert labels.tolist() == split.labels.tolist()
        small = torch.from_numpy(images).reshape(-1, 8, 8)
        assert images.max() == 16 and len(images) == len(split.images)
        for picture, grey in zip(split.images[:40, 0], small[:40], strict=True):
            assert np.corrcoef(shrink(picture), grey.reshape(-1))[0, 1] > 0.9


def shrink(picture: torch.Tensor) -> torch.Tensor:
    return F.adaptive_avg_pool2d(picture[None].float(), 8).reshape(-1)


def test_the_inputs_of_all_training_images_have_mean_zero_and_deviation_one():
    have = playground.digits()
    inputs = have.inputs(have.train_images)
    assert inputs.dtype == torch.float64
    # The page has the same six digits behind the point.
    assert (have.mean, have.sd) == (round(have.mean, 6), round(have.sd, 6))
    assert inputs.mean().item() == pytest.approx(0, abs=1e-5)
    assert inputs.std(correction=0).item() == pytest.approx(1, abs=1e-5)


def test_an_epoch_takes_each_training_image_at_most_once():
    stream = playground.batches(SMALL)
    epoch = np.concatenate([next(stream) for _ in range(playground.EPOCH)])
    assert len(set(epoch)) == len(epoch) == playground.EPOCH * playground.BATCH
    left_out = len(playground.digits().train_labels) - len(epoch)
    assert left_out == 30
    assert next(stream).tolist() == playground.order(1438, SMALL.seed, 1)[: playground.BATCH]


# Networks --------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", playground.STARTS)
@pytest.mark.parametrize("normalisation", playground.NORMALISATIONS)
def test_plain_and_residual_start_from_the_same_weights(start, normalisation):
    settings = replace(SMALL, start=start, normalisation=normalisation)
    plain, residual = (Net(settings, kind).state_dict() for kind in KINDS)
    assert plain.keys() == residual.keys()
    assert all(torch.equal(plain[name], residual[name]) for name in plain)


def test_first_weights_have_the_spread_of_their_start():
    wide = Settings(blocks=8, width=64)
    he = playground.first_weights(wide, 3, 64, 64)
    assert he.std().item() == pytest.approx((2 / 64) ** 0.5, rel=0.05)
    default = playground.first_weights(replace(wide, start="pytorch"), 3, 64, 64)
    assert default.abs().max().item() == pytest.approx(1 / 8, rel=0.01)
    assert default.std().item() == pytest.approx(nn.Linear(64, 64).weight.std().item(), rel=0.05)
    near = playground.first_weights(replace(wide, start="identity"), 3, 64, 64) - torch.eye(64)
    assert torch.allclose(near, he / 4)
    stem = playground.first_weights(replace(wide, start="identity"), 0, 64, 64)
    assert torch.equal(stem, playground.first_weights(wide, 0, 64, 64))


def test_layers_and_seeds_draw_different_weights():
    drawn = [playground.first_weights(SMALL, number, 8, 8) for number in (-1, 0, 1, 2)]
    drawn.append(playground.first_weights(replace(SMALL, seed=1), 0, 8, 8))
    assert len({tuple(weights.reshape(-1).tolist()) for weights in drawn}) == 5


@pytest.mark.parametrize("normalisation", playground.NORMALISATIONS)
def test_at_the_zero_start_residual_blocks_pass_on_and_plain_ones_give_nothing(normalisation):
    settings = replace(SMALL, start="zero", normalisation=normalisation)
    x = torch.rand(8, SMALL.width, dtype=torch.float64)
    assert torch.equal(Net(settings, True).blocks(x), x)
    assert torch.equal(Net(settings, False).blocks(x), torch.zeros_like(x))


@pytest.mark.parametrize("blocks", [1, 4, 30])
def test_at_the_identity_start_the_noise_of_a_layer_falls_with_the_root_of_the_depth(blocks):
    """Variance of a unit's noise: 64 inputs times 2 / 64 of He's draw, divided by 2 x blocks."""
    x = torch.rand(200, 64, dtype=torch.float64)
    weights = playground.first_weights(Settings(blocks, 64, start="identity"), 1, 64, 64)
    noise = (x @ weights.T - x).norm() / x.norm()
    assert noise.item() == pytest.approx(blocks**-0.5, rel=0.1)


# Training --------------------------------------------------------------------------------------


@pytest.mark.parametrize("residual", KINDS)
def test_the_gradient_of_a_block_is_the_slope_of_the_loss(residual):
    """Along a block's gradient the loss rises by its length: central differences."""
    have = playground.digits()
    images, labels = have.inputs(have.train_images[:64]), torch.from_numpy(have.train_labels[:64])
    net = Net(SMALL, residual)
    F.cross_entropy(net(images), labels).backward()
    for block in net.blocks:
        weights = [block.first[0].weight, block.last[0].weight]
        length, gradients = block.gradient(), [weight.grad.clone() for weight in weights]
        losses = []
        for way in (1e-5, -1e-5):
            with torch.no_grad():
                for weight, gradient in zip(weights, gradients, strict=True):
                    weight += way * gradient / length
                losses.append(F.cross_entropy(net(images), labels).item())
                for weight, gradient in zip(weights, gradients, strict=True):
                    weight -= way * gradient / length
        assert (losses[0] - losses[1]) / 2e-5 == pytest.approx(length, rel=1e-6)


@pytest.mark.parametrize("residual", KINDS)
def test_a_training_is_that_of_a_function_written_anew(residual):
    """The same steps on plain matrices: no module, no optimiser, no Block."""
    settings = Settings(blocks=2, width=8, normalisation="none", rate=0.03, momentum=0.5, seed=4)
    sizes = [(0, 64, 8), *((number, 8, 8) for number in (1, 2, 3, 4)), (-1, 8, 10)]
    weights = [playground.first_weights(settings, *size) for size in sizes]
    weights.append(torch.zeros(10, dtype=torch.float64))

    def loss(weights, x, y):
        stem, *inner, head, bias = weights
        x = torch.relu(x @ stem.T)
        for first, last in zip(inner[::2], inner[1::2], strict=True):
            branch = torch.relu(x @ first.T) @ last.T
            x = torch.relu(branch + x) if residual else torch.relu(branch)
        scores = x @ head.T + bias
        return (scores.logsumexp(1) - scores.gather(1, y[:, None])[:, 0]).mean()

    speeds, have, expected = [torch.zeros_like(w) for w in weights], playground.digits(), []
    for _, places in zip(range(25), playground.batches(settings), strict=False):
        x, y = have.inputs(have.train_images[places]), torch.from_numpy(have.train_labels[places])
        weights = [w.detach().requires_grad_() for w in weights]
        value = loss(weights, x, y)
        expected.append(value.item())
        gradients = torch.autograd.grad(value, weights)
        speeds = [0.5 * v + g for v, g in zip(speeds, gradients, strict=True)]
        weights = [w - 0.03 * v for w, v in zip(weights, speeds, strict=True)]
    course = playground.run(settings, 25, residual=residual)
    assert course.losses == pytest.approx(expected, rel=1e-9)


def test_a_course_has_a_row_for_each_step_and_errors_for_each_epoch():
    course = playground.run(replace(SMALL, normalisation="batch"), 44, residual=True)
    assert len(course.losses) == len(course.gradients) == len(course.responses) == 44
    assert {len(row) for row in course.gradients + course.responses} == {SMALL.blocks}
    assert list(course.errors) == [0, 22, 44]
    assert course.errors[44][0] < course.errors[0][0]
    assert course.errors[44] == playground.errors(course.net)
    assert course.net.training


def test_a_training_goes_on_with_a_given_network():
    settings = replace(SMALL, momentum=0.0)
    whole = playground.run(settings, 44, residual=True)
    first = playground.run(settings, 22, residual=True)
    again = playground.run(settings, 1, residual=True, net=first.net)
    assert again.net is first.net
    assert again.errors[0] == whole.errors[22]


def test_a_training_stops_at_the_first_loss_that_is_no_number():
    course = playground.run(Settings(20, 32, "none", "he", 0.01), 50, residual=True)
    assert len(course.losses) < 50
    assert not math.isfinite(course.losses[-1])
    assert all(map(math.isfinite, course.losses[:-1]))


def test_scores_that_are_no_numbers_are_wrong_answers():
    net = Net(SMALL, True)
    nn.init.constant_(net.head.weight, math.nan)
    assert playground.errors(net) == (1.0, 1.0)


@pytest.mark.parametrize("wrong", [nn.Linear(64, 10), "resnet", Net(SMALL, False)])
def test_a_network_that_is_not_the_playgrounds_or_of_the_other_kind_is_refused(wrong):
    with pytest.raises((TypeError, ValueError), match=r"Net\(settings, residual=True"):
        playground.run(SMALL, 1, residual=True, net=wrong)


@pytest.mark.parametrize("other", [replace(SMALL, blocks=4), replace(SMALL, width=16)])
def test_a_network_of_other_settings_is_refused(other):
    with pytest.raises(ValueError, match="has the settings"):
        playground.run(SMALL, 1, residual=True, net=Net(other, True))


# Copying into a deeper network -----------------------------------------------------------------


@pytest.mark.parametrize("residual", KINDS)
def test_a_deepened_network_computes_what_the_shallower_one_computes(residual):
    shallow = playground.run(replace(SMALL, blocks=2), 22, residual=residual).net
    deep = playground.deepened(shallow, 9)
    assert len(shallow.blocks) == 2 and len(deep.blocks) == 9
    assert deep.settings == replace(SMALL, blocks=9)
    have = playground.digits()
    images = have.inputs(have.test_images)
    assert torch.equal(deep(images), shallow(images))
    before = shallow.state_dict()["blocks.0.first.0.weight"].clone()
    after = playground.run(deep.settings, 5, residual=residual, net=deep).losses
    assert after[-1] < after[0] or math.isfinite(after[-1])
    assert torch.equal(shallow.state_dict()["blocks.0.first.0.weight"], before)


@pytest.mark.parametrize("normalisation", ["batch", "layer"])
def test_a_network_with_normalisation_is_not_deepened(normalisation):
    net = Net(replace(SMALL, normalisation=normalisation), True)
    with pytest.raises(ValueError, match=f"with {normalisation} normalisation a new block"):
        playground.deepened(net, 9)


def test_a_network_is_not_deepened_to_fewer_blocks():
    with pytest.raises(ValueError, match="has 3 blocks already, 2 are fewer"):
        playground.deepened(Net(SMALL, True), 2)
    with pytest.raises(TypeError, match=r"Net\(settings, residual="):
        playground.deepened(nn.Linear(8, 8), 2)
