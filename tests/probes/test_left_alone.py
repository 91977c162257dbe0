"""What a probe must leave as it was, draw anew or wait for."""

from __future__ import annotations

import pytest
import torch
from table_cells import TIMING, data_cells, milliseconds

from utils.chapters.bottleneck import roofline as roofline_figures
from utils.data.augment import Normaliser
from utils.models.blocks import BasicBlock, Bottleneck
from utils.models.counting import count_macs
from utils.models.networks import build, stage_shapes
from utils.probes import readings as measuring
from utils.probes import roofline as roofline_module
from utils.probes import timing
from utils.probes.layers import LayerCost, block_windows
from utils.probes.lesions import deletions
from utils.probes.timing import Timing
from utils.training.prediction import predict

MODES = {
    "predict": lambda net: predict(
        net,
        torch.zeros(2, 3, 16, 16, dtype=torch.uint8),
        Normaliser(torch.zeros(1), torch.ones(1)),
    ),
    "count_macs": lambda net: count_macs(net, 16),
    "stage_shapes": lambda net: stage_shapes(net, 16),
}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", MODES)
def test_what_looks_at_a_network_leaves_its_mode_and_its_statistics(name, training):
    net = build("resnet-8").train(training)
    before = {key: value.clone() for key, value in net.state_dict().items()}
    MODES[name](net)
    assert all(module.training is training for module in net.modules())
    assert all(torch.equal(net.state_dict()[key], value) for key, value in before.items())


def test_each_number_of_deleted_blocks_has_a_draw_of_its_own():
    # Of 54 blocks a random pair holds a given block with probability 2 / 54, so about 1 of 30.
    found = [(deletions(54, 1, 1, seed)[0], deletions(54, 2, 1, seed)[0]) for seed in range(30)]
    assert sum(set(one) <= set(two) for one, two in found) < 8


def test_each_seed_has_a_draw_of_its_own():
    drawn = {deletions(54, 3, 1, seed)[0] for seed in range(20)}
    assert len(drawn) == 20


def test_times_of_layers_and_of_their_roofs_stand_in_milliseconds():
    # 1,000 MACs are 2,000 operations: at 1e5 a second 20 ms, far above what moving takes.
    cost = LayerCost("conv1", (1, 10, 10), (1, 10, 10), 10, 1_000, False)
    roofs = roofline_module.Device(peak=1e5, bandwidth=1e12)
    shown = roofline_figures.layer_table({"conv1": (cost, Timing(**TIMING))}, roofs, batch=1).markup
    assert milliseconds(shown) == [[20.0, 62.5]]
    assert "32%" in data_cells(shown)[0]


@pytest.mark.parametrize(
    ("block", "windows"),
    [
        (BasicBlock(16, 32, stride=2, shortcut="A"), [(3, 2), (3, 1)]),
        (Bottleneck(64, 16, stride=2, shortcut="B"), [(1, 1), (3, 2), (1, 1)]),
    ],
    ids=("basic", "bottleneck"),
)
def test_the_windows_of_a_block_are_those_of_all_its_convolutions(block, windows):
    assert block_windows(block) == windows


@pytest.mark.parametrize("kind", ["cuda", "mps", "cpu"])
def test_a_clock_waits_for_the_device_that_was_asked(kind, monkeypatch):
    waited = []
    monkeypatch.setattr(torch.cuda, "synchronize", lambda device: waited.append(device.type))
    monkeypatch.setattr(torch.mps, "synchronize", lambda: waited.append("mps"))
    timing.synchronise(torch.device(kind))
    assert waited == [kind] * (kind != "cpu")


def test_what_is_positive_at_all_is_not_dead():
    # Channels: never above zero, above it a little, at zero, and once.
    values = torch.tensor([[-1.0, 0.1, 0.0, -2.0], [-0.5, 0.2, 0.0, 0.3]])
    assert measuring.dead_share(values) == 0.5
    maps = values[:, :, None, None].expand(2, 4, 3, 3)
    for layout in (torch.contiguous_format, torch.channels_last):
        assert measuring.dead_share(maps.contiguous(memory_format=layout)) == 0.5
