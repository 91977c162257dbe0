"""A folded network has fewer layers and gives the same answers."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from utils.models.folding import folded
from utils.models.networks import build
from utils.training.transfer import randomise_statistics


def norms(net: nn.Module) -> int:
    return sum(isinstance(module, nn.BatchNorm2d) for module in net.modules())


@pytest.mark.parametrize(("name", "left"), [
    ("resnet-8", 0), ("plain-8", 0), ("resnet-8-B", 2), ("bottleneck-11", 0), ("preact-8", 3),
    ("plain-8-affine", 0),
])  # fmt: skip
def test_a_folded_network_gives_the_same_answers(name, left):
    torch.manual_seed(0)
    net = build(name)
    randomise_statistics(net)
    net.eval()
    before = copy.deepcopy(net.state_dict())
    other = folded(net)
    images = torch.randn(3, 3, 16, 16)
    with torch.no_grad():
        expected = net(images)
        assert torch.allclose(other(images), expected, rtol=1e-4, atol=1e-4 * expected.abs().max())
    assert norms(other) == left
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())
    assert norms(net) >= left


def test_in_training_mode_it_is_refused():
    with pytest.raises(ValueError, match=r"call net.eval\(\) first"):
        folded(build("resnet-8").train())
