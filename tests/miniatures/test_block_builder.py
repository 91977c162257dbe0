"""The block builder counts what PyTorch counts and objects as PyTorch does."""

from __future__ import annotations

import random

import pytest
import torch
import torch.nn.functional as F
from block_specs import random_specs
from torch import nn

from utils.explorables.figure import select
from utils.miniatures.bottleneck import BlockSpec, code, counts, describe, problem, tenths
from utils.models.blocks import Bottleneck, PadShortcut, make_shortcut
from utils.models.counting import count_parameters
from utils.probes.layers import layer_costs

OPTIONS = {0: None, 1: None, 2: "A", 3: "B", 4: "C"}


class Reference(nn.Module):
    """A block of the book's own parts, put together here to be counted by PyTorch."""

    def __init__(self, spec: BlockSpec) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(spec.i, spec.w, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(spec.w)
        self.conv2 = nn.Conv2d(spec.w, spec.w, 3, spec.s, 1, groups=spec.g, bias=False)
        self.bn2 = nn.BatchNorm2d(spec.w)
        self.conv3 = nn.Conv2d(spec.w, spec.o, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(spec.o)
        identity = nn.Identity() if spec.c == 1 else None
        self.downsample = make_shortcut(OPTIONS[spec.c], spec.i, spec.o, spec.s) or identity

    def forward(self, x):
        out = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        out = self.bn3(self.conv3(F.relu(out)))
        return F.relu(out if self.downsample is None else out + self.downsample(x))


def test_a_block_of_resnet_50_counted_by_hand():
    spec = BlockSpec(i=256, o=256, s=1, w=64, g=1, c=1)
    # 256*64 + 64*64*9 + 64*256 weights, two more for each of 64 + 64 + 256 channels.
    assert counts(spec)["all"] == (16_384 + 36_864 + 16_384 + 768, 56 * 56 * 69_632)
    assert counts(spec)["all"][0] == count_parameters(Bottleneck(256, 64, 1, "A"))


@pytest.mark.parametrize("spec", random_specs(60, seed=1), ids=str)
def test_counts_and_objections_are_those_of_a_real_block(spec):
    fault, message = problem(spec)
    try:
        block = Reference(spec)
        costs = layer_costs(block, 56, channels=spec.i)
    except (ValueError, RuntimeError) as real:
        assert fault
        if not isinstance(real, RuntimeError):
            assert message == f"{type(real).__name__}: {real}"
        return
    assert not fault
    assert counts(spec)["all"] == (count_parameters(block), sum(cost.macs for cost in costs))


SMALL = {"i": (2, 4, 8), "o": (2, 4, 8), "s": (1, 2), "w": (4, 8), "g": (1, 4, 8, 16)}


def small_specs() -> list[BlockSpec]:
    draw = random.Random(2)
    return [
        BlockSpec(**{letter: draw.choice(values) for letter, values in SMALL.items()}, c=c)
        for c in OPTIONS
        for _ in range(12)
    ]


def run_code(text: str, channels: int, size: int) -> torch.Size:
    """Run the code that the figure shows, as a reader would."""
    names = {"nn": nn, "F": F, "PadShortcut": PadShortcut}
    exec(text, names)
    return names["Block"]()(torch.rand(2, channels, size, size)).shape


@pytest.mark.parametrize("spec", small_specs(), ids=str)
def test_the_code_shown_runs_or_fails_with_the_message_shown(spec):
    size = 6
    fault, message = problem(spec, size)
    try:
        shape = run_code(code(spec), spec.i, size)
    except (ValueError, RuntimeError) as real:
        assert f"{type(real).__name__}: {real}" == message
    else:
        assert not fault
        assert f"{shape[1]} × {shape[2]} × {shape[3]}" == describe(spec, size)["shape-y"]


def test_small_blocks_fail_in_all_four_ways():
    assert {problem(spec, 6)[0] for spec in small_specs()} == {
        "", "groups", "pad", "size", "channels",
    }  # fmt: skip


@pytest.mark.parametrize("spec", random_specs(80, seed=3), ids=str)
def test_every_repair_that_names_option_b_works(spec):
    fault, _ = problem(spec)
    if fault in ("size", "channels", "pad"):
        assert "option B" in describe(spec)["repair"]
        repaired = BlockSpec(**{**spec.sizes, "c": 3})
        assert problem(repaired) == ("", "")
    elif fault == "groups":
        repaired = BlockSpec(**{**spec.sizes, "g": spec.w})
        assert problem(repaired)[0] != "groups"


def test_receptive_field_is_three_by_backpropagation():
    block = Reference(BlockSpec(i=4, o=4, s=2, w=4, g=1, c=3)).double().eval()
    for layer in block.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.constant_(layer.weight, 1.0)
    x = torch.rand(1, 4, 12, 12, dtype=torch.float64, requires_grad=True)
    block(x)[0, :, 3, 3].sum().backward()
    rows = x.grad[0].abs().sum((0, 1)).nonzero().flatten().tolist()
    assert rows == [5, 6, 7]
    sees = describe(BlockSpec(i=4, o=4, s=2, w=4, g=1, c=3))["sees"]
    assert "3 × 3 positions of the input. From one output to the next" in sees
    assert sees.endswith("this window moves by 2.")


def test_rounding_is_halves_upwards():
    assert [tenths(n, 100) for n in (4, 5, 14, 15, 123_456)] == [
        "0.0", "0.1", "0.1", "0.2", "1,234.6",
    ]  # fmt: skip


@pytest.mark.parametrize("bad", [{"i": 1}, {"s": 3}, {"c": 7}, {"w": 0}])
def test_sizes_that_are_none_are_refused(bad):
    with pytest.raises(ValueError, match=r"channels from 2|is none of"):
        BlockSpec(**bad)


def test_a_choice_without_its_opening_value_is_refused():
    with pytest.raises(ValueError, match="none of the options"):
        select("x", "i", "Channels", {1: "one"}, value=2)
