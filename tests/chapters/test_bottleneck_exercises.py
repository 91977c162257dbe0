"""The exercises of the bottleneck chapter: solutions pass their checks, slips are named."""

import re
from pathlib import Path

import pytest
import torch
from notebook_code import definitions, refused, solutions, solved
from torch import nn

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks" / "05_bottleneck.ipynb"


@pytest.mark.parametrize("name", solutions(NOTEBOOK))
def test_every_solution_passes_the_check_of_its_exercise(name):
    names = definitions(NOTEBOOK)
    (check,) = re.findall(r"check_\w+", solutions(NOTEBOOK)[name][0])
    assert check in names
    solved(NOTEBOOK, name, names)


def broken_stem(**parts):
    """An answer to the exercise on the stem that puts these layers into the network."""

    def for_small(net):
        for name, layer in parts.items():
            setattr(net, name, layer)
        return net

    return for_small


def unstrided(net):
    """Leaves the stem alone and takes the strides of two stages away."""
    for layer in (net.layer2, net.layer3):
        layer[0].conv2.stride = layer[0].downsample[0].stride = (1, 1)
    return net


def stem(kernel: int, padding: int) -> nn.Conv2d:
    """The first convolution, at stride 1."""
    return nn.Conv2d(3, 64, kernel, padding=padding, bias=False)


ENLARGED = nn.Sequential(nn.Upsample(scale_factor=4), nn.Conv2d(3, 64, 7, 2, 3, bias=False))


@pytest.mark.parametrize(
    ("check", "wrong", "told"),
    [
        ("check_refused", {2}, "56 complains"),
        ("check_refused", {56, 2}, "2 raises no error"),
        ("check_refused", {"56"}, "set of whole numbers"),
        ("check_refused", {(56, 56)}, "set of whole numbers"),
        ("check_refused", 56, "set of whole numbers"),
        ("check_small", lambda net: net, "the last map is 1 by 1"),
        ("check_small", lambda net: None, "return the network"),
        ("check_small", broken_stem(maxpool=None), "not None"),
        ("check_small", unstrided, "the first stage gets 8 by 8"),
        ("check_small", broken_stem(conv1=ENLARGED), "the stem gets 128 pixels"),
        (
            "check_small",
            broken_stem(conv1=stem(7, 3), maxpool=nn.Identity()),
            r"window is \(7, 7\)",
        ),
        (
            "check_small",
            broken_stem(conv1=stem(3, 0), maxpool=nn.Identity()),
            "the first stage gets 30 by 30",
        ),
        ("check_version", lambda net: "v1.5", r"v1 was taken for v1\.5"),
        (
            "check_version",
            lambda net: "v1" if net.layer2[0].conv1.stride == 2 else "v1.5",
            "a stride is a pair",
        ),
        ("check_version", lambda net: net(torch.rand(1, 3, 64, 64)), "it runs the network"),
        ("check_intensity", lambda channels, bytes_each: channels, "16 channels"),
        ("check_intensity", lambda channels, bytes_each: None, "returns nothing"),
        ("check_intensity", lambda c, b: c / (2 * b), "a MAC is two operations"),
        ("check_explained", lambda: None, "return two counts"),
        ("check_explained", lambda: (3.856e9, 3.498e9), "in billions"),
        ("check_explained", lambda: (3.8557, 3.4983), "comes first"),
        ("check_explained", lambda: (3.4983, 3.8), "without the linear layer"),
    ],
)
def test_a_check_says_what_is_wrong(check, wrong, told):
    refused(definitions(NOTEBOOK)[check], wrong, told)


@pytest.mark.parametrize(
    "right",
    [
        broken_stem(conv1=stem(3, 1), maxpool=nn.Sequential()),
        broken_stem(conv1=nn.Sequential(stem(3, 1)), maxpool=nn.Identity()),
    ],
)
def test_a_stem_can_be_repaired_in_several_ways(right, capsys):
    definitions(NOTEBOOK)["check_small"](right)
    assert "4 by 4" in capsys.readouterr().out
