"""The layers of five networks: counted, and compared with torchvision where it has them."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torchvision import models

from utils.chapters.drawn import DRAWN
from utils.facts import bibliography, scale
from utils.facts.checked import FactsError
from utils.facts.scale import networks_to_scale

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
    assert all(each.first.key in KEYS and each.first.source for each in NETWORKS.values())


ROW = {
    "network": "LeNet-5", "year": "1998", "kind": "cnn", "times": "2", "channels": "6 16",
    "key": "k", "source": "Figure 2",
}  # fmt: skip


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("year", "before"), ("times", "0"), ("times", ""), ("channels", "six"), ("channels", ""),
        ("channels", "6 -1"), ("kind", "rnn"), ("source", " "), ("key", ""),
    ],
)  # fmt: skip
def test_a_wrong_cell_names_file_network_and_column(monkeypatch, column, cell):
    monkeypatch.setattr(scale, "book_table", lambda _: [ROW, {**ROW, column: cell}])
    with pytest.raises(FactsError) as refused:
        networks_to_scale()
    assert all(word in str(refused.value) for word in ("networks_to_scale.csv", "LeNet-5", column))


def test_rows_of_one_network_are_put_together(monkeypatch):
    rows = [ROW, {**ROW, "times": "1", "channels": "10"}, {**ROW, "network": "B"}]
    monkeypatch.setattr(scale, "book_table", lambda _: rows)
    first, second = networks_to_scale()
    assert (first.name, first.channels, first.layers) == ("LeNet-5", (6, 16, 6, 16, 10), 5)
    assert (second.name, second.channels) == ("B", (6, 16, 6, 16))


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
