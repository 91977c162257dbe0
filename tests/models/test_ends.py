"""Both ends of a network, by every sign that they are known by, and what a new layer keeps."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torchvision.models import resnet18

from utils.models.heads import (
    find_first_convolution,
    find_head,
    replace_head,
    with_input_channels,
    with_small_stem,
)
from utils.models.matching import without_wrapper


class Holder(nn.Module):
    """Parts under the names that are given, and whatever else is asked for."""

    def __init__(self, **parts: nn.Module | nn.Parameter) -> None:
        super().__init__()
        for name, part in parts.items():
            setattr(self, name, part)


def deep(head: nn.Module) -> nn.Module:
    """Three parts deep, where the order of the layers says nothing."""
    return Holder(a=Holder(b=Holder(c=head)))


NAMES = ["fc", "classifier", "head", "heads", "linear", "logits", "last_linear", "output_layer"]
WRAPPED = ["module", "_orig_mod", "model", "net", "network"]


@pytest.mark.parametrize("name", NAMES)
def test_a_head_is_known_by_every_name_that_libraries_give_it(name):
    net = Holder(conv=nn.Conv2d(3, 4, 1), **{name: deep(nn.Linear(4, 2))}, last=nn.BatchNorm1d(2))
    assert find_head(net).name == f"{name}.a.b.c"


@pytest.mark.parametrize("name", WRAPPED)
def test_a_network_is_found_in_every_wrapper_and_in_several(name):
    inner = Holder(conv=nn.Conv2d(3, 4, 3), head=deep(nn.Linear(4, 2)))
    assert find_head(Holder(**{name: inner})).name == f"{name}.head.a.b.c"
    twice = Holder(module=Holder(**{name: inner}), pool=nn.ReLU())
    assert find_head(twice).name == f"module.{name}.head.a.b.c"
    state = twice.state_dict()
    assert without_wrapper(state) == f"module.{name}."
    assert without_wrapper([*state, "other.weight"]) == "" == without_wrapper([])


@pytest.mark.parametrize("more", [{"scale": nn.Parameter(torch.ones(1))}, {"neck": nn.PReLU()}])
def test_what_computes_something_of_its_own_is_no_wrapper(more):
    inner = Holder(conv=nn.Conv2d(3, 4, 3), head=deep(nn.Linear(4, 2)), last=nn.BatchNorm1d(2))
    with pytest.raises(TypeError, match="at its end that could make classes"):
        find_head(Holder(model=inner, **more))
    with pytest.raises(TypeError, match="at its end that could make classes"):
        find_head(Holder(backbone=inner))


@pytest.mark.parametrize(("depth", "found"), [(1, True), (2, True), (3, False)])
def test_the_last_layer_counts_unless_it_lies_deep_inside_a_block(depth, found):
    net, path = nn.Linear(4, 2), ""
    for _ in range(depth):
        net, path = Holder(x=net), f"x.{path}"
    net = Holder(conv=nn.Conv2d(3, 4, 3), **dict(net.named_children()))
    if found:
        assert find_head(net).name == path.rstrip(".")
    else:
        with pytest.raises(TypeError, match="at its end"):
            find_head(net)


@pytest.mark.parametrize(
    ("layer", "makes"),
    [
        (nn.Linear(4, 2), True), (nn.Conv2d(4, 2, 1), True), (nn.Conv2d(4, 2, 3), False),
        (nn.Conv2d(4, 2, 1, groups=2), False), (nn.Conv2d(4, 2, (1, 3)), False),
    ],
)  # fmt: skip
def test_only_a_plain_1x1_convolution_makes_classes_as_a_linear_layer_does(layer, makes):
    net = Holder(conv=nn.Conv2d(3, 4, 3), fc=layer)
    if makes:
        assert find_head(net, "fc") == find_head(net) == ("fc", layer)
    else:
        with pytest.raises(TypeError, match="no linear layer or 1x1 convolution 'fc'"):
            find_head(net, "fc")


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", [nn.Linear, lambda i, o, **like: nn.Conv2d(i, o, 1, **like)])
def test_a_new_head_of_two_classes_is_of_the_old_ones_kind(kind, bias):
    old = kind(4, 5, bias=bias, dtype=torch.float64, device="meta").eval()
    net = Holder(fc=old)
    new = replace_head(net, 2)
    assert type(new) is type(old) and net.fc is new and not new.training
    assert new.weight.shape == (2, *old.weight.shape[1:])
    assert (new.weight.dtype, new.weight.device) == (torch.float64, torch.device("meta"))
    assert (new.bias is not None) == bias


@pytest.mark.parametrize("how", ["mean", "repeat", "zero", "fresh"])
def test_a_first_convolution_keeps_all_but_its_channels(how):
    old = nn.Conv2d(3, 4, 3, 2, 2, dilation=2, bias=False, padding_mode="reflect").double()
    new = with_input_channels(nn.Sequential(old, nn.ReLU()).eval(), 5, how)[0]
    assert new.extra_repr() == old.extra_repr().replace("3, 4", "5, 4", 1)
    assert new.weight.dtype == torch.float64 and new.bias is None and not new.training


@pytest.mark.parametrize("how", ["mean", "repeat", "zero"])
def test_the_same_number_of_channels_may_be_asked_for(how):
    old = nn.Conv2d(3, 4, 3)
    new = with_input_channels(old, 3, how)
    assert new is not old and torch.equal(new.bias, old.bias)
    total = old.weight.sum(1) if how == "mean" else old.weight
    assert torch.allclose(new.weight.sum(1) if how == "mean" else new.weight, total, atol=1e-6)


def test_rivals_for_the_picture_are_counted_and_the_first_are_named():
    net = Holder(**{name: nn.Conv2d(3, 4, 1) for name in "abcd"})
    with pytest.raises(TypeError, match=r"4 convolutions take 3 channels \(a, b, c\); say which"):
        find_first_convolution(net)
    assert find_first_convolution(net, "d") == ("d", net.d)


def test_a_small_stem_keeps_format_and_mode_and_is_drawn_as_he_draws():
    torch.manual_seed(0)
    with torch.device("meta"):
        net = resnet18().eval()
    shapes_only = with_small_stem(net)
    assert shapes_only.conv1.weight.is_meta and shapes_only.conv1.bias is None
    net.conv1 = nn.Conv2d(5, 64, 7, 2, 3, dtype=torch.float64).eval()
    small = with_small_stem(net)
    conv = small.conv1
    assert (conv.in_channels, conv.kernel_size, conv.stride, conv.padding) == (
        5, (3, 3), (1, 1), (1, 1),
    )  # fmt: skip
    assert conv.weight.dtype == torch.float64 and conv.bias is not None
    assert not conv.training and not small.maxpool.training
    assert conv.weight.std().item() == pytest.approx((2 / (64 * 9)) ** 0.5, rel=0.05)


@pytest.mark.parametrize(
    ("conv", "pool", "said"),
    [
        (nn.Conv2d(3, 8, 7, 1), nn.MaxPool2d(2), "the stem is 7x7 at stride 1 and not the 7x7"),
        (nn.Conv2d(3, 8, 3, 2), nn.MaxPool2d(2), "the stem is 3x3 at stride 2 and not the 7x7"),
        (nn.Conv2d(3, 8, 7, 2), nn.Identity(), "it may be small already"),
        (nn.Conv2d(3, 8, 7, 2), 3, "has no conv1 and maxpool"),
        (nn.Linear(3, 8), nn.MaxPool2d(2), "has no conv1 and maxpool"),
    ],
)
def test_a_stem_that_is_not_imagenets_is_refused(conv, pool, said):
    with pytest.raises(TypeError, match=said):
        with_small_stem(Holder(conv1=conv, maxpool=pool))
