"""Deep networks: what they can compute, how they may begin, and what the records say of them."""

import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from utils import data
from utils.data import sets
from utils.models.blocks import ChannelAffine, PreActivationBlock, conv_layers
from utils.models.construction import deepen, pass_on
from utils.models.counting import count_macs, count_parameters
from utils.models.initialise import (
    INITIALISATIONS,
    initialise,
    initialise_dirac,
    initialise_orthogonal,
)
from utils.models.networks import Architecture, ResNet, build, cifar_architecture
from utils.models.stochastic_depth import with_stochastic_depth
from utils.probes.lesions import deletion_tree, lesion
from utils.probes.path_gradients import by_length, record
from utils.record import weights
from utils.record.experiments import EXPERIMENTS, Run, brief, runs
from utils.training.recipes import recipe


def images(count: int = 4, size: int = 16) -> torch.Tensor:
    return torch.randn(count, 3, size, size, generator=torch.Generator().manual_seed(1))


# Construction


@pytest.mark.parametrize("name", ["plain-14", "resnet-14", "resnet-20"])
def test_the_deeper_network_answers_as_the_trained_shallow_one(name):
    net = weights.load(name).net.eval()
    deep = deepen(net, 56)
    assert len(conv_layers(deep)) == 55
    with torch.no_grad():
        torch.testing.assert_close(deep(images()), net(images()), rtol=1e-3, atol=1e-3)


def test_the_constructed_network_is_in_evaluation_mode_and_shares_nothing():
    net = build("plain-8").eval()
    deep = deepen(net, 14)
    assert not deep.training
    with torch.no_grad():
        before = net(images())
        for parameter in deep.parameters():
            parameter.zero_()
        assert torch.equal(net(images()), before)


def test_deepen_refuses_what_it_cannot_do():
    with pytest.raises(ValueError, match="fewer than the network has"):
        deepen(build("plain-20"), 14)
    with pytest.raises(ValueError, match="not of the CIFAR family"):
        deepen(build("resnet-14-B"), 20)
    with pytest.raises(ValueError, match="6n \\+ 2"):
        deepen(build("plain-14"), 21)
    with pytest.raises(ValueError, match="changes the shape"):
        pass_on(build("plain-8").layer2[0])


@pytest.mark.parametrize("name", ["plain-8", "resnet-8"])
def test_a_block_that_passes_on_is_the_identity_for_what_a_relu_lets_through(name):
    block = build(name).layer1[0].eval()
    pass_on(block)
    x = images()[:, :1].relu().expand(-1, 16, -1, -1).contiguous()
    with torch.no_grad():
        torch.testing.assert_close(block(x), x)


# Initialisations


def test_orthogonal_kernels_keep_lengths_and_only_their_centre_counts():
    net = build("plain-8-orthogonal")
    kernel = net.layer1[0].conv1.weight.detach()
    rest = kernel.clone()
    rest[:, :, 1, 1] = 0
    assert torch.equal(rest, torch.zeros_like(rest))
    centre = kernel[:, :, 1, 1]
    torch.testing.assert_close(centre @ centre.T, 2 * torch.eye(16), rtol=1e-5, atol=1e-5)
    wide = net.layer2[0].conv1.weight.detach()[:, :, 1, 1]
    torch.testing.assert_close(wide.T @ wide, 2 * torch.eye(16), rtol=1e-5, atol=1e-5)


def test_dirac_kernels_are_the_identity_plus_hes_draw_over_the_root_of_the_layers():
    torch.manual_seed(0)
    net = build("plain-56-dirac")
    noise = net.layer3[4].conv2.weight.detach() - nn.init.dirac_(torch.empty(64, 64, 3, 3))
    # 55 convolutions; He's variance is 2 / (9 * 64).
    assert float(noise.std()) == pytest.approx(math.sqrt(2 / (9 * 64) / 55), rel=0.02)
    assert abs(float(noise.mean())) < 1e-3


def test_an_initialisation_draws_the_same_from_the_same_seed():
    for name in INITIALISATIONS:
        nets = []
        for _ in range(2):
            torch.manual_seed(3)
            nets.append(build("resnet-8"))
            initialise(nets[-1], name)
        for one, other in zip(*(net.parameters() for net in nets), strict=True):
            assert torch.equal(one, other)


def test_unknown_initialisations_are_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="'dirac', 'fixup', 'he', 'orthogonal', 'pytorch'"):
        ResNet(replace(cifar_architecture(8), init="xavier"))


@pytest.mark.parametrize("change", [initialise_dirac, initialise_orthogonal])
def test_starts_leave_what_is_no_convolution_alone(change):
    net = build("plain-8")
    before = net.fc.weight.clone(), net.layer1[0].bn1.weight.clone()
    change(net)
    assert torch.equal(net.fc.weight, before[0])
    assert torch.equal(net.layer1[0].bn1.weight, before[1])


# Networks


def test_affine_has_as_many_parameters_and_no_memory_of_batches():
    with_norm, without = build("plain-14"), build("plain-14-affine")
    assert count_parameters(without) == count_parameters(with_norm)
    assert not list(without.buffers())
    one, four = without(images()[:1]), without(images())[:1]
    torch.testing.assert_close(one, four)


def test_channel_affine_scales_and_shifts_each_channel():
    layer = ChannelAffine(2)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([2.0, 3.0]))
        layer.bias.copy_(torch.tensor([10.0, 20.0]))
    out = layer(torch.ones(1, 2, 1, 2))
    assert out[0, 0].tolist() == [[12.0, 12.0]] and out[0, 1].tolist() == [[23.0, 23.0]]


def test_fixup_begins_with_silent_branches_and_needs_shortcuts():
    net = build("resnet-14-fixup")
    assert not any(net.layer2[1].conv2.weight.flatten().tolist())
    assert isinstance(net.bn1, ChannelAffine)
    with pytest.raises(ValueError, match="without shortcuts nothing is left"):
        build("plain-14-fixup")


def test_pre_activation_hands_on_a_sum_that_nothing_touches():
    net = build("preact-14").eval()
    block = net.layer1[1]
    assert isinstance(block, PreActivationBlock)
    with torch.no_grad():
        block.conv2.weight.zero_()
        x = images(2).mean(1, keepdim=True).expand(-1, 16, -1, -1).contiguous()
        assert float(x.min()) < 0
        assert torch.equal(block(x), x)


def test_pre_activation_reorders_the_same_layers():
    old, new = build("resnet-56"), build("preact-56")
    assert count_macs(new) == count_macs(old)
    assert len(conv_layers(new)) == len(conv_layers(old))
    # The last normalisation has 64 channels, the first block's own, of 16, is left out; the
    # first normalisation of the two shrinking blocks is as wide as their input.
    difference = 2 * (64 - 16 - (32 - 16) - (64 - 32))
    assert count_parameters(new) - count_parameters(old) == difference


def test_pre_activation_computes_the_papers_formula():
    net = build("preact-8").double().eval()
    x = images().double()
    out = net.bn1(net.conv1(x)).relu()
    for stage in net.stages:
        block = net.get_submodule(stage)[0]
        branch = block.conv1(block.bn1(out).relu())
        out = block.conv2(block.bn2(branch).relu()) + block.downsample(out)
    expected = net.fc(net.bn2(out).relu().mean((2, 3)))
    torch.testing.assert_close(net(x), expected)


def test_a_lesion_of_a_pre_activation_block_hands_on_its_input_untouched():
    net = build("preact-14").eval()
    x = images(2).mean(1, keepdim=True).expand(-1, 16, -1, -1).contiguous()
    with lesion(net, [2]), torch.no_grad():
        assert torch.equal(net.layer1[1](x), x)


def test_lesions_paths_and_missing_blocks_know_the_pre_activation_net():
    torch.manual_seed(0)
    net = build("preact-8").double().eval()
    x, labels = images().double(), torch.tensor([0, 1, 2, 3])
    with torch.no_grad():
        whole = net(x)
        torch.testing.assert_close(dict(deletion_tree(net, x))[()], whole)
    image = x.clone().requires_grad_()
    loss = torch.nn.functional.cross_entropy(net(image), labels, reduction="sum")
    expected = torch.autograd.grad(loss, image)[0]
    torch.testing.assert_close(by_length(record(net, x, labels)).sum(0), expected)
    with torch.no_grad():
        torch.testing.assert_close(with_stochastic_depth(net, last=1.0).eval()(x), whole)


@pytest.mark.parametrize(
    "name", ["resnet-20-Z", "plain-20-he", "preact-21", "preact-20-B", "fancy-20"]
)
def test_names_that_mean_nothing_are_refused(name):
    with pytest.raises(ValueError):
        build(name)


def test_an_unknown_norm_is_refused():
    with pytest.raises(ValueError, match="norm must be one of"):
        Architecture((1, 1, 1), norm="bacth")


def test_a_younger_field_leaves_old_hashes_alone_and_counts_when_it_is_set():
    described = cifar_architecture(20).described()
    assert "norm" not in described
    assert replace(cifar_architecture(20), norm="affine").described()["norm"] == "affine"
    base = Run("x", "plain-56", recipe("fast"), 0)
    hashes = {replace(base, model=f"plain-56{end}").hash() for end in
              ("", "-dirac", "-orthogonal", "-pytorch", "-affine")}  # fmt: skip
    assert len(hashes) == 5


# Data and recipes


def test_half_size_is_the_mean_of_four_pixels():
    whole = torch.tensor([[0, 2, 10, 20], [4, 6, 30, 41]], dtype=torch.uint8)
    halved = sets.halve(whole.expand(1, 3, 2, 4))
    # (0 + 2 + 4 + 6) / 4 = 3 and (10 + 20 + 30 + 41) / 4 = 25.25
    assert halved.tolist() == [[[[3, 25]]] * 3]


def test_half_size_keeps_labels_and_gets_a_name_and_hash_of_its_own():
    whole, half = data.load("digits"), data.load("digits-16")
    assert half.train.images.shape == (1438, 3, 16, 16)
    assert torch.equal(half.test.labels, whole.test.labels)
    assert half.name == "digits-16" and half.sha256 != whole.sha256


@pytest.mark.parametrize("steps", [400, 1200, 3600])
def test_a_brief_recipe_ends_after_its_steps(steps):
    config = brief(steps)
    assert config.total_steps(50_000) == steps
    assert (config.epochs - 1) * (50_000 // 64) < steps


def test_brief_is_fast_with_batch_and_rate_halved():
    short, long = brief(400), recipe("fast")
    assert short.batch_size * 2 == long.batch_size
    assert short.learning_rate * 2 == long.learning_rate
    different = {"recipe", "epochs", "max_steps", "batch_size", "learning_rate", "margin",
                 "small_size", "small_fraction"}  # fmt: skip
    for field, value in short.as_dict().items():
        assert field in different or value == long.as_dict()[field], field


def test_treatments_change_one_thing():
    for run in runs("plain-helped", seeds=(0,)):
        assert "56" in run.model
        changed = set(run.config.changed().items() - brief(400).changed().items())
        assert len({name for name, _ in changed} - {"recipe"}) <= 1, run.name


def test_the_papers_table_is_trained_by_the_papers_recipe():
    for model, config in EXPERIMENTS["paper-table-6"].settings:
        assert config.total_steps(50_000) == 64_000
        assert (config.warmup_learning_rate is not None) == model.endswith("110")


def test_a_dirac_start_adds_hes_own_draw():
    nets = []
    for name in ("resnet-8", "resnet-8-dirac"):
        torch.manual_seed(5)
        nets.append(build(name))
    he, dirac = ([m.weight.detach() for m in n.modules() if isinstance(m, nn.Conv2d)] for n in nets)
    assert len(he) == len(dirac) == 7
    for drawn, found in zip(he, dirac, strict=True):
        identity = nn.init.dirac_(torch.empty_like(drawn))
        torch.testing.assert_close(found, identity + drawn * 7**-0.5)
