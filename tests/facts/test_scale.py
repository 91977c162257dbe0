"""The layers of five networks: counted, and compared with torchvision where it has them."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torchvision import models

from utils.chapters.drawn import DRAWN
from utils.facts import bibliography
from utils.facts.scale import networks_to_scale, read_network

KEYS = bibliography.keys()
NETWORKS = {network.name: network for network in networks_to_scale()}


def widths(net: nn.Module, skip: str = " ") -> list[int]:
    """Output channels of each convolution and linear layer of a network, in order."""
    return [
        layer.out_channels if isinstance(layer, nn.Conv2d) else layer.out_features
        for name, layer in net.named_modules()
        if isinstance(layer, nn.Conv2d | nn.Linear) and skip not in name
    ]


def test_depths_are_those_in_the_names():
    counts = {name: network.layers for name, network in NETWORKS.items()}
    assert counts == {
        "LeNet-5": 5, "AlexNet": 8, "VGG-19": 19, "GoogLeNet": 22, "ResNet-152": 152,
    }  # fmt: skip


def test_vgg_and_resnet_are_those_of_torchvision():
    with torch.device("meta"):
        vgg, resnet = models.vgg19(), models.resnet152()
    assert list(NETWORKS["VGG-19"].channels) == widths(vgg)
    assert list(NETWORKS["ResNet-152"].channels) == widths(resnet, skip="downsample")


def test_modules_of_googlenet_are_those_of_torchvision():
    with torch.device("meta"):
        net = models.googlenet(aux_logits=False, init_weights=False)
    expected = [net.conv1.conv, net.conv2.conv, net.conv3.conv]
    channels = [layer.out_channels for layer in expected]
    for name, module in net.named_children():
        if name.startswith("inception"):
            first, second, third, fourth = (
                widths(module.branch1),
                *map(widths, (module.branch2, module.branch3, module.branch4)),
            )
            channels.append(second[0] + third[0])
            channels.append(first[0] + second[1] + third[1] + fourth[0])
    assert [*channels, net.fc.out_features] == list(NETWORKS["GoogLeNet"].channels)


def test_every_network_has_a_source():
    assert all(each.key in KEYS and each.source for each in NETWORKS.values())


def test_a_cell_that_is_no_number_names_the_network():
    row = {"times": "1", "channels": "six", "year": "1998", "kind": "cnn", "key": "k", "source": ""}
    with pytest.raises(ValueError, match=r"networks_to_scale\.csv, 'LeNet-5': invalid literal"):
        read_network("LeNet-5", [row])


def test_the_drawing_tells_the_depths_and_its_sources():
    shown = DRAWN["networks-to-scale"]()
    assert "LeNet-5 5, AlexNet 8, VGG-19 19, GoogLeNet 22, ResNet-152 152" in shown.alt
    assert "AlexNet: Krizhevsky et al. 2012, section 3.5" in shown.markup
    assert "ResNet-152: He et al. 2016a, Table 1" in shown.markup


def test_the_drawing_has_a_box_for_each_layer():
    from utils.chapters.scale import BOX, GAP, draw_network
    from utils.display.figures import figure

    _, (axes,) = figure()
    draw_network(axes, 0.0, NETWORKS["AlexNet"])
    (boxes,) = axes.collections
    corners = [path.vertices for path in boxes.get_paths()]
    assert len(corners) == 8
    across = [corner[:, 0].max() - corner[:, 0].min() for corner in corners]
    assert across[5] == pytest.approx(4 * across[4])  # 4,096 channels beside 256
    assert corners[1][:, 1].min() == pytest.approx(BOX + GAP)
