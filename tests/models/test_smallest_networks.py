"""What a network must refuse or keep, and a small slip would lose."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from utils.models.initialise import initialise_he
from utils.models.networks import build, cifar_bottleneck_architecture, cifar_net


@pytest.mark.parametrize("depth", [2, -4])
def test_a_family_begins_with_one_block_in_each_stage(depth):
    assert [len(stage) for stage in (cifar_net(8).layer1, cifar_net(8).layer3)] == [1, 1]
    with pytest.raises(ValueError, match=rf"6n \+ 2 .*, not {depth}"):
        cifar_net(depth)


@pytest.mark.parametrize("name", ["plain-2", "resnet-2", "preact-2", "resnet-2-B"])
def test_no_name_builds_a_network_without_blocks(name):
    with pytest.raises(ValueError, match=r"6n \+ 2"):
        build(name)


@pytest.mark.parametrize("depth", [2, -7])
def test_the_bottleneck_family_begins_with_one_block_in_each_stage(depth):
    assert cifar_bottleneck_architecture(11).blocks == (1, 1, 1)
    with pytest.raises(ValueError, match=rf"9n \+ 2 .*, not {depth}"):
        cifar_bottleneck_architecture(depth)


def test_he_draws_every_convolution_by_its_fan_out():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(64, 128, 3), nn.Conv2d(128, 32, 1))
    initialise_he(net)
    spreads = [layer.weight.std().item() for layer in net]
    assert spreads == pytest.approx([(2 / (9 * 128)) ** 0.5, (2 / 32) ** 0.5], rel=0.03)
