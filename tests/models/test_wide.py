"""The wide network: what its layers are, and that its first layer whitens."""

import pytest
import torch
from torch import nn

from utils.models.counting import count_macs, count_parameters
from utils.models.networks import build
from utils.models.wide import (
    LEAST_VARIANCE,
    SingleBlock,
    Widen,
    WideNet,
    whiten,
    whitening_filters,
)


def pictures(count: int = 64) -> torch.Tensor:
    """Smooth noise: neighbouring pixels and channels agree, as they do in photographs."""
    noise = torch.randn(count, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    smooth = nn.functional.avg_pool2d(noise, 3, 1, 1)
    return 2 * smooth + smooth.mean(1, keepdim=True)


@pytest.mark.parametrize(("depth", "blocks"), [(8, 1), (14, 3), (20, 5)])
def test_the_depth_counts_the_layers_with_weights(depth, blocks):
    net = build(f"wide-{depth}")
    layers = [m for m in net.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert len(layers) == depth
    assert [len(group) - 1 for group in net.groups] == [blocks] * 3


@pytest.mark.parametrize("depth", [0, 2, 7, 10])
def test_another_depth_is_refused(depth):
    with pytest.raises(ValueError, match="6n \\+ 2"):
        WideNet(depth)


def test_parameters_and_multiply_accumulates_are_those_counted_by_hand():
    net = build("wide-8")
    kernels = 9 * (24 * 64 + 64**2 + 64 * 256 + 256**2 + 256**2 + 256**2)
    norms = 2 * 2 * (64 + 256 + 256)
    # The 12 filters and their opposites do not learn; the shifts of their answers do.
    assert count_parameters(net) == kernels + norms + 24 + 2560
    by_hand = 31**2 * (24 * 12 + 9 * 24 * 64) + 15**2 * 9 * (64**2 + 64 * 256)
    by_hand += 9 * 256**2 * (7**2 + 7**2 + 3**2) + 2560
    assert count_macs(net) == by_hand


def test_without_shortcuts_everything_else_stays():
    torch.manual_seed(0)
    residual = build("wide-8")
    torch.manual_seed(0)
    plain = build("wide-8-plain")
    same = zip(residual.state_dict().items(), plain.state_dict().items(), strict=True)
    assert all(name == other and torch.equal(a, b) for (name, a), (other, b) in same)
    assert [b.downsample is None for b in plain.modules() if isinstance(b, SingleBlock)] == [
        True
    ] * 3
    assert residual.described() != plain.described()


def test_a_block_adds_its_input_and_a_plain_one_does_not():
    x = torch.randn(2, 4, 5, 5)
    for residual in (True, False):
        block = SingleBlock(4, residual).eval()
        branch = block.bn(block.conv(x))
        assert torch.allclose(block(x), (branch + x if residual else branch).relu())


def test_a_group_begins_by_widening_and_halving():
    widen = Widen(3, 8).eval()
    x = torch.randn(2, 3, 15, 15)
    out = widen(x)
    assert out.shape == (2, 8, 7, 7) and bool((out >= 0).all())
    pooled = nn.functional.max_pool2d(widen.conv(x), 2)
    assert torch.allclose(out, widen.bn(pooled).relu())


def test_the_answers_of_the_filters_are_uncorrelated_and_vary_equally_much():
    images = pictures()
    filters = whitening_filters(images)
    assert filters.shape == (12, 3, 2, 2)
    answers = nn.functional.conv2d(images, filters).transpose(0, 1).flatten(1)
    second = answers @ answers.T / answers.shape[1]
    variance = second.diagonal()
    off = second - torch.diag(variance)
    assert off.abs().max() < 1e-3
    # var / (var + LEAST_VARIANCE), near 1 where the patch varies more than that.
    assert variance[-1] == pytest.approx(1, abs=1e-3) and bool((variance < 1 + 1e-3).all())
    flat = whitening_filters(torch.zeros(4, 3, 8, 8))
    assert flat.flatten(1).norm(dim=1) == pytest.approx(torch.full((12,), LEAST_VARIANCE**-0.5))


def test_the_first_layer_holds_each_filter_with_both_signs_and_does_not_learn():
    net = build("wide-8")
    net.whitening.bias.data.fill_(1.0)
    whiten(net, pictures())
    weight = net.whitening.weight
    assert torch.equal(weight[:12], -weight[12:]) and torch.equal(
        weight[:12], whitening_filters(pictures())
    )
    assert not weight.requires_grad and net.whitening.bias.requires_grad
    assert not net.whitening.bias.any()


def test_a_network_without_such_a_layer_says_so():
    with pytest.raises(ValueError, match="no layer that whitens"):
        whiten(build("resnet-8"), pictures())


@pytest.mark.parametrize(
    "images", [torch.zeros(0, 3, 8, 8), torch.zeros(2, 3, 1, 8), torch.zeros(2, 3, 8, 1)]
)
def test_without_a_patch_there_is_nothing_to_whiten(images):
    with pytest.raises(ValueError, match="no patch of 2 x 2"):
        whitening_filters(images)


def test_the_greatest_value_of_each_channel_reaches_the_last_layer():
    net = build("wide-8", 4).eval()
    x = pictures(2)
    hidden = net.groups(net.whitening(x).relu())
    assert torch.allclose(net(x), hidden.amax((2, 3)) @ net.fc.weight.T / 3, atol=1e-6)
