"""The drawn family of blocks has the parts that libraries compute, in their order."""

import re
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torchvision.models.convnext import CNBlock
from torchvision.models.densenet import _DenseLayer
from torchvision.models.resnet import BasicBlock, Bottleneck

from utils.chapters.block_family import FAMILY, WIDTH, family_figure, panel
from utils.display.figures import page_colour
from utils.models import build

NAMES = {nn.BatchNorm2d: "BN", nn.LayerNorm: "LN", nn.ReLU: "ReLU", nn.GELU: "GELU"}
IMAGE = torch.zeros(2, 16, 8, 8)


def computed(block: nn.Module, x: Tensor, call: Callable[[nn.Module, Tensor], object]) -> list[str]:
    """What a library's block computes, in order, in the words of the drawing."""
    order: list[str] = []

    def note(layer: nn.Module, *_: object) -> None:
        if isinstance(layer, nn.Conv2d):
            order.append(f"{layer.kernel_size[0]}×{layer.kernel_size[0]}")
        elif isinstance(layer, nn.Linear):
            order.append("1×1")
        elif type(layer) in NAMES or isinstance(layer, nn.LayerNorm):
            order.append(NAMES.get(type(layer), "LN"))
        elif isinstance(layer, nn.MultiheadAttention):
            order.append("attention")

    for layer in block.modules():
        layer.register_forward_hook(note)
    call(block, x)
    return order


def drawn(name: str) -> list[str]:
    """What the drawing shows of layers, from top to bottom."""
    return [word for part in FAMILY[name] if part.kind in ("conv", "small")
            for word in part.text.split(", ")]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "block"),
    [("Basic, 2015", BasicBlock(16, 16)),
     ("ResNeXt", Bottleneck(16, 4, groups=2, base_width=64)),
     ("ConvNeXt", CNBlock(16, 1.0, 0.0))],
)  # fmt: skip
def test_a_drawn_block_has_the_layers_of_the_block_that_runs(name, block):
    assert drawn(name) == computed(block, IMAGE, lambda net, x: net(x))


def test_the_drawn_pre_activation_block_has_the_layers_of_the_books_own():
    block = build("preact-14").layer1[1]  # its ReLUs are calls of a function, which no hook sees
    order = computed(block, IMAGE, lambda net, x: net(x))
    assert [word for word in drawn("Pre-activation") if word != "ReLU"] == order


def test_the_drawn_dense_block_has_the_layers_of_the_layer_that_runs():
    layer = _DenseLayer(16, 4, 4, 0.0)
    assert drawn("Dense") == computed(layer, IMAGE, lambda net, x: net([x]))


def test_the_drawn_transformer_has_the_layers_of_the_one_that_runs():
    layer = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.0, norm_first=True)
    order = computed(layer, torch.zeros(3, 2, 16), lambda net, x: net(x))
    assert order == ["LN", "attention", "LN", "1×1", "1×1"]
    assert drawn("Transformer, pre-LN") == [*order[:3], "two layers"]


def below_the_last_sum(name: str) -> list[str]:
    kinds = [part.kind for part in FAMILY[name]]
    return [part.text for part in FAMILY[name][len(kinds) - kinds[::-1].index("add"):]]  # fmt: skip


def test_only_the_blocks_with_the_activation_of_2015_have_something_on_the_sum():
    added = [name for name in FAMILY if any(part.kind == "add" for part in FAMILY[name])]
    on_the_sum = {name: below_the_last_sum(name) for name in added}
    assert {name for name, parts in on_the_sum.items() if parts} == {
        "Basic, 2015", "ResNeXt", "Squeeze-and-Excitation",
    }  # fmt: skip
    assert set(FAMILY) - set(added) == {"Dense"}


def test_a_wide_block_is_a_pre_activation_block_with_wider_boxes():
    assert drawn("Wide") == drawn("Pre-activation")
    widths = [
        [part.width for part in FAMILY[name] if part.kind == "conv"]
        for name in ("Pre-activation", "Wide")
    ]
    assert all(wide > thin for thin, wide in zip(*widths, strict=True))


@pytest.mark.parametrize("name", FAMILY)
def test_a_panel_stays_in_its_frame_and_has_one_shortcut_for_each_meeting(name):
    svg = panel(name, FAMILY[name])
    meetings = sum(part.kind in ("add", "join") for part in FAMILY[name])
    assert svg.count(page_colour("residual")) == meetings
    height = float(re.search(r'viewBox="0 0 \d+ ([\d.]+)"', svg)[1])
    for x, y, width, tall in re.findall(
        r'<rect x="([\d.-]+)" y="([\d.]+)" width="([\d.]+)" height="(\d+)"', svg
    ):
        assert float(x) >= 0 and float(x) + float(width) < WIDTH
        assert float(y) + float(tall) < height


def test_the_family_is_one_figure_in_the_colour_of_the_text():
    markup = family_figure().markup
    assert markup.count("<svg") == len(FAMILY)
    assert set(re.findall(r'stroke="([^"]+)"', markup)) == {"currentColor", "none"}
    for name in FAMILY:
        assert f">{name}</text>" in markup
