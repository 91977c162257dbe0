"""What the block builder writes into its figure, worked out by hand, and sizes at their limits."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from torch import nn
from torchvision.models import resnet50

from utils.miniatures import bottleneck
from utils.miniatures.bottleneck import BlockSpec, basic_macs, counts, describe, problem
from utils.models.counting import count_parameters

ROOT = Path(__file__).parents[2]
ODD = 7
"""Height and width where half is no whole number: a stride of 2 leaves four positions."""


def test_the_opening_block_is_one_of_resnet_50_in_its_first_stage():
    with torch.device("meta"):
        opening, real = BlockSpec(), resnet50(weights=None).layer1[1]
    assert (opening.i, opening.w, opening.s) == (
        real.conv1.in_channels, real.conv2.out_channels, real.conv2.stride[0],
    )  # fmt: skip
    assert (opening.g, opening.o) == (real.conv2.groups, real.conv3.out_channels)
    assert real.downsample is None and opening.c == bottleneck.IDENTITY
    assert bottleneck.MAP == 224 / 4  # the first convolution and the pooling halve the picture


def test_every_text_of_the_opening_block():
    # 256 * 64 + 64 * 64 * 9 + 64 * 256 weights at 56 * 56 places; two 3x3 have 18 * 256 * 256.
    macs = {"1": 16_384 * 3136, "2": 36_864 * 3136, "3": 16_384 * 3136}
    assert sum(macs.values()) == 218_365_952 and 18 * 256 * 256 * 3136 / 218_365_952 < 16.95
    said = describe(BlockSpec())
    code, finding = said.pop("code"), said.pop("finding")
    assert said.pop("sees").startswith("One output sees a window of 3 × 3 positions")
    assert said == {
        "shape-x": "256 × 56 × 56", "shape-1": "64 × 56 × 56", "shape-2": "64 × 56 × 56",
        "shape-3": "256 × 56 × 56", "shape-s": "256 × 56 × 56", "shape-y": "256 × 56 × 56",
        "box-1": "1×1, 64", "box-2": "3×3, 64", "box-2b": "stride 1, groups 1",
        "box-3": "1×1, 256", "box-s": "identity", "box-sb": "no weights", "sign": "+",
        "parameters-1": "16,512", "parameters-2": "36,992", "parameters-3": "16,896",
        "parameters-s": "0", "parameters-all": "70,400",
        "macs-1": "51.4", "macs-2": "115.6", "macs-3": "51.4", "macs-s": "0.0", "macs-all": "218.4",
        "error": "", "repair": "", "state": "fits",
    }  # fmt: skip
    assert finding.startswith("It fits: 70,400 parameters, 218.4 million MACs for one image.")
    assert finding.endswith("would take 16.9 times as many MACs.")
    assert "self.shortcut = nn.Identity()" in code


@pytest.mark.parametrize(
    ("spec", "size", "expected"),
    [
        (
            BlockSpec(4, 8, 2, 4, 2, 0), ODD,
            {"state": "plain", "sign": "+", "shape-x": "4 × 7 × 7", "shape-1": "4 × 7 × 7",
             "shape-2": "4 × 4 × 4", "shape-3": "8 × 4 × 4", "shape-s": "", "shape-y": "8 × 4 × 4",
             "box-s": "", "box-sb": "", "box-2b": "stride 2, groups 2", "repair": ""},
        ),
        (
            BlockSpec(4, 4, 2, 4, 1, 1), ODD,
            {"state": "error", "sign": "≠", "shape-s": "4 × 7 × 7", "shape-y": "no output",
             "box-s": "identity", "repair": bottleneck.REPAIRS["size"].format(s=2),
             "error": "RuntimeError: The size of tensor a (4) must match the size of tensor b (7) "
                      "at non-singleton dimension 3"},
        ),
        (
            BlockSpec(4, 8, 1, 4, 1, 1), ODD,
            {"state": "error", "shape-s": "4 × 7 × 7", "shape-y": "no output",
             "error": "RuntimeError: The size of tensor a (8) must match the size of tensor b (4) "
                      "at non-singleton dimension 1"},
        ),
        (
            BlockSpec(8, 4, 1, 4, 1, 2), ODD,
            {"state": "error", "shape-s": "4 × 7 × 7", "box-s": "zeros added",
             "box-sb": "every 1. position",
             "error": "ValueError: option A cannot shrink 8 channels to 4; use option B"},
        ),
        (
            BlockSpec(4, 8, 2, 4, 1, 3), ODD,
            {"state": "fits", "sign": "+", "shape-s": "8 × 4 × 4", "box-s": "1×1, 8",
             "box-sb": "stride 2", "parameters-s": "48", "error": ""},
        ),
        (
            BlockSpec(4, 8, 2, 6, 4, 3), ODD,
            {"state": "error", "parameters-2": "–", "macs-2": "–", "parameters-all": "–",
             "macs-all": "–", "parameters-1": "36", "parameters-3": "64", "macs-3": "0.0",
             "error": "ValueError: in_channels must be divisible by groups"},
        ),
    ],
    ids=["plain", "size", "channels", "pad", "projection", "groups"],
)  # fmt: skip
def test_texts_of_other_blocks(spec, size, expected):
    said = describe(spec, size)
    assert {part: said[part] for part in expected} == expected
    assert ("does not fit" in said["finding"]) == bool(said["error"])
    assert said["error"] in said["finding"] and said["repair"] in said["finding"]
    assert not re.search(r"\{\w+\}", " ".join(said.values()))


@pytest.mark.parametrize("stride", [1, 2])
def test_counts_of_each_layer_on_an_odd_map_are_those_of_its_own_convolution(stride):
    spec = BlockSpec(4, 6, stride, 8, 2, 4)
    layers = {
        "1": (nn.Conv2d(4, 8, 1, bias=False), ODD),
        "2": (nn.Conv2d(8, 8, 3, stride, 1, groups=2, bias=False), ODD),
        "3": (nn.Conv2d(8, 6, 1, bias=False), 4 if stride == 2 else 7),
        "s": (nn.Conv2d(4, 6, 1, stride, bias=False), ODD),
    }
    found = counts(spec, ODD)
    for name, (layer, size) in layers.items():
        places = layer(torch.zeros(1, layer.in_channels, size, size))[0, 0].numel()
        scales = 2 * layer.out_channels
        assert found[name] == (count_parameters(layer) + scales, layer.weight.numel() * places)
    assert found["all"] == tuple(sum(found[name][place] for name in layers) for place in (0, 1))
    two = 9 * 4 * 6 + 9 * 6 * 6
    assert basic_macs(spec, ODD) == two * (16 if stride == 2 else 49)
    assert problem(BlockSpec(4, 4, stride, 8, 1, 1), ODD)[0] == ("size" if stride == 2 else "")


@pytest.mark.parametrize("bad", [{"o": 1}, {"i": 1}, {"g": 0}, {"w": 0}, {"s": 0}, {"s": 3}])
def test_a_size_below_its_least_is_refused_and_the_least_is_not(bad):
    least = BlockSpec(i=2, o=2, s=1, w=1, g=1, c=bottleneck.IDENTITY)
    assert problem(least) == ("", "")
    with pytest.raises(ValueError, match="channels from 2, stride 1 or 2, width and groups from 1"):
        BlockSpec(**{**least.sizes, **bad})


def test_the_script_gets_every_text_that_it_reads_and_no_other():
    script = (ROOT / "utils/explorables/block-builder.js").read_text(encoding="utf-8")
    read = set(re.findall(r"\bdata\.(\w+)", script))
    assert set(bottleneck.templates()) == read
