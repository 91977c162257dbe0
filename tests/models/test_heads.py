"""The two ends of other people's networks are found, and replaced without a change between them."""

import pytest
import torch
import torchvision
from torch import nn

from utils.models import build, count_macs, imagenet_net
from utils.models.heads import (
    classes_of,
    find_first_convolution,
    find_head,
    replace_head,
    with_input_channels,
    with_small_stem,
)
from utils.training import transfer

HEADS = {
    "resnet18": "fc",
    "vgg11_bn": "classifier.6",
    "densenet121": "classifier",
    "mobilenet_v3_small": "classifier.3",
    "efficientnet_b0": "classifier.1",
    "convnext_tiny": "classifier.2",
    "squeezenet1_1": "classifier.1",
    "swin_t": "head",
}


def theirs(name: str) -> nn.Module:
    """Torchvision's network, without memory for its weights."""
    with torch.device("meta"):
        return torchvision.models.get_model(name, weights=None)


class Timm(nn.Module):
    """As some libraries build: a part called ``head`` that has a normalisation too."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, bias=False)
        self.head = nn.Module()
        self.head.norm = nn.BatchNorm2d(8)
        self.head.fc = nn.Linear(8, 10)

    def forward(self, x):
        return self.head.fc(self.head.norm(self.stem(x)).mean((2, 3)))


class Twice(nn.Module):
    """Two heads, and nothing that says which one counts."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.head = nn.Linear(8, 10)
        self.head_dist = nn.Linear(8, 10)


@pytest.mark.parametrize("name", HEADS)
def test_the_head_of_torchvisions_networks_is_the_layer_of_1000_classes(name):
    net = theirs(name)
    head = find_head(net)
    assert head.name == HEADS[name]
    assert classes_of(head.layer) == 1000
    new = replace_head(net, 7)
    assert find_head(net) == (head.name, new)
    assert classes_of(new) == 7
    assert new.weight.device.type == "meta"
    assert (new.bias is None) == (head.layer.bias is None)


@pytest.mark.parametrize("name", ["resnet-8", "preact-20", "bottleneck-11", "simple-cnn"])
def test_this_books_networks_have_their_head_at_fc(name):
    assert find_head(build(name)).name == "fc"


def test_a_head_is_found_inside_parts_and_wrappers():
    assert find_head(Timm()).name == "head.fc"
    assert find_head(nn.DataParallel(Timm())).name == "module.head.fc"
    assert find_head(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Linear(8, 2))).name == "2"


@pytest.mark.parametrize("name", ["resnet18", "vgg11", "convnext_tiny", "mobilenet_v2"])
def test_a_network_without_its_head_gets_no_false_one(name):
    net = theirs(name)
    setattr(net, HEADS.get(name, "classifier").partition(".")[0], nn.Identity())
    with pytest.raises(TypeError, match="no linear layer or 1x1 convolution at its end"):
        find_head(net)


@pytest.mark.parametrize(
    ("net", "name", "why"),
    [
        (Twice(), None, r"several layers of Twice.*'head', 'head_dist'.*name="),
        (Twice(), "conv", "no linear layer or 1x1 convolution 'conv'"),
        (Twice(), "neck", "no linear layer or 1x1 convolution 'neck'"),
        (nn.Sequential(nn.ReLU()), None, "at its end"),
    ],
)
def test_a_head_in_doubt_is_refused_with_what_to_say(net, name, why):
    with pytest.raises(TypeError, match=why):
        find_head(net, name)


def test_of_two_heads_the_named_one_is_replaced():
    net = Twice()
    replace_head(net, 3, name="head_dist")
    assert (net.head.out_features, net.head_dist.out_features) == (10, 3)


def test_a_new_head_trains_in_a_frozen_network_and_keeps_kind_and_format():
    net = Timm().double().requires_grad_(False).eval()
    new = replace_head(net, 4)
    assert new.weight.requires_grad and new.bias.requires_grad
    assert new.weight.dtype == torch.float64
    assert not new.training
    assert net(torch.randn(2, 3, 5, 5, dtype=torch.float64)).shape == (2, 4)


def test_a_layer_that_stands_in_two_places_is_replaced_in_both():
    net = Timm()
    net.alias = net.head.fc
    new = replace_head(net, 4, name="head.fc")
    assert net.alias is net.head.fc is new


def test_heads_that_cannot_be_replaced_are_refused():
    class Scaled(nn.Linear):
        pass

    with pytest.raises(ValueError, match="at least 2"):
        replace_head(Timm(), 1)
    with pytest.raises(TypeError, match="itself the layer"):
        replace_head(nn.Linear(3, 2), 4)
    with pytest.raises(TypeError, match="is a Scaled"):
        replace_head(nn.Sequential(nn.Conv2d(3, 3, 3), Scaled(3, 2)), 4)


@pytest.mark.parametrize(
    ("how", "channels"), [("mean", 1), ("mean", 4), ("mean", 12), ("repeat", 4), ("repeat", 12)]
)
def test_a_grey_picture_gets_the_same_response_through_any_number_of_channels(how, channels):
    net = imagenet_net(18, num_classes=5).eval()
    grey = torch.randn(2, 1, 64, 64)
    changed = with_input_channels(net, channels, how)
    with torch.no_grad():
        before = net(grey.expand(-1, 3, -1, -1))
        assert torch.allclose(changed(grey.expand(-1, channels, -1, -1)), before, atol=1e-4)
    assert net.conv1.in_channels == 3


def test_one_channel_gets_the_sum_of_the_three():
    net = build("resnet-8")
    wanted = net.conv1.weight[:, 0] + net.conv1.weight[:, 1] + net.conv1.weight[:, 2]
    assert torch.allclose(with_input_channels(net, 1).conv1.weight[:, 0], wanted)


def test_stacked_pictures_are_averaged():
    net = build("resnet-8").eval()
    frames = torch.randn(4, 2, 3, 32, 32)
    changed = with_input_channels(net, 12, "repeat")
    with torch.no_grad():
        mean = net.conv1(frames.mean(0))
        assert torch.allclose(changed.conv1(torch.cat([*frames], 1)), mean, atol=1e-5)


def test_a_fourth_channel_of_zeros_changes_no_output():
    net = build("resnet-8").eval()
    changed = with_input_channels(net, 4, "zero")
    x = torch.randn(2, 4, 32, 32)
    with torch.no_grad():
        assert torch.allclose(changed(x), net(x[:, :3]), atol=1e-5)
    assert changed.conv1.weight[:, 3].abs().max() == 0


def test_weights_drawn_anew_have_the_deviation_of_he():
    torch.manual_seed(0)
    weight = with_input_channels(imagenet_net(18), 12, "fresh").conv1.weight
    assert weight.std().item() == pytest.approx((2 / (64 * 49)) ** 0.5, rel=0.02)


@pytest.mark.parametrize("name", [*HEADS, "googlenet"])
def test_the_first_convolution_of_torchvisions_networks_takes_four_channels(name):
    net = theirs(name)
    path, old = find_first_convolution(net)
    changed = with_input_channels(net, 4)
    new = changed.get_submodule(path)
    assert (old.in_channels, new.in_channels) == (3, 4)
    for kept in ("out_channels", "kernel_size", "stride", "padding", "dilation", "padding_mode"):
        assert getattr(new, kept) == getattr(old, kept)
    assert (new.bias is None) == (old.bias is None)


def test_bias_freezing_and_mode_of_the_first_convolution_are_kept():
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()).requires_grad_(False).eval()
    changed = with_input_channels(net, 6)
    assert torch.equal(changed[0].bias, net[0].bias)
    assert not changed[0].weight.requires_grad and not changed[0].training
    assert with_input_channels(net, 6, "fresh")[0].weight.requires_grad


class Branches(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 1)


def flagged() -> nn.Module:
    net = build("resnet-8")
    net.transform_input = True
    return net


@pytest.mark.parametrize(
    ("make", "channels", "how", "error", "why"),
    [
        (lambda: build("resnet-8"), 4, "sum", ValueError, "how must be one of .'mean'"),
        (lambda: build("resnet-8"), 0, "mean", ValueError, "hold no picture"),
        (lambda: build("resnet-8"), 1, "repeat", ValueError, "use how='mean'"),
        (lambda: build("resnet-8"), 2, "zero", ValueError, "keeps all 3 channels"),
        (Branches, 4, "mean", TypeError, "2 convolutions take 3 channels .left, right"),
        (lambda: nn.Linear(3, 4), 4, "mean", TypeError, "no 2-d convolution"),
        (lambda: nn.Conv2d(3, 3, 3, groups=3), 4, "mean", TypeError, "groups=3"),
        (flagged, 4, "mean", TypeError, "net.transform_input = False"),
    ],
)
def test_channels_that_cannot_be_changed_are_refused(make, channels, how, error, why):
    with pytest.raises(error, match=why):
        with_input_channels(make(), channels, how)


def test_of_two_branches_the_named_one_is_changed():
    changed = with_input_channels(Branches(), 4, name="right")
    assert (changed.left.in_channels, changed.right.in_channels) == (3, 4)
    with pytest.raises(TypeError, match="'middle'"):
        with_input_channels(Branches(), 4, name="middle")


@pytest.mark.parametrize("make", [torchvision.models.resnet18, lambda: imagenet_net(18)])
def test_a_small_stem_keeps_sixteen_positions_of_32_pixels_and_all_other_weights(make):
    net = make().eval()
    small = with_small_stem(net)
    shapes = []
    small.layer4.register_forward_hook(lambda *args: shapes.append(args[2].shape[2:]))
    with torch.no_grad():
        small(torch.zeros(1, 3, 32, 32))
    assert shapes == [(4, 4)]
    before, after = net.state_dict(), small.state_dict()
    changed = [k for k in before if before[k].shape != after[k].shape]
    assert changed == ["conv1.weight"] and before.keys() == after.keys()
    assert all(torch.equal(before[k], after[k]) for k in before if k != "conv1.weight")
    assert net.conv1.kernel_size == (7, 7)
    head, stem = 512 * 1000, 64 * 3
    blocks = count_macs(net, 32) - head - stem * 49 * 16**2
    assert count_macs(small, 32) == 16 * blocks + head + stem * 9 * 32**2


def test_only_the_stem_of_imagenet_is_made_small():
    with pytest.raises(TypeError, match="no conv1 and maxpool"):
        with_small_stem(theirs("vgg11"))
    with pytest.raises(TypeError, match=r"3x3 at stride 1.*small already"):
        with_small_stem(build("resnet-8"))


@pytest.mark.parametrize("make", [Timm, lambda: torchvision.models.squeezenet1_1()])
def test_fine_tuning_works_on_heads_that_are_not_called_fc(make):
    torch.manual_seed(0)
    net = make()
    head = transfer.replace_head(net, 3)
    transfer.freeze_trunk(net)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    groups = transfer.parameter_groups(net, 0.1)
    assert [id(p) for p in groups[0]["params"]] == [id(p) for p in head.parameters()]
    images, labels = torch.randn(4, 3, 32, 32), torch.tensor([0, 1, 2, 0])
    transfer.train_epoch(net, torch.optim.SGD(groups), images, labels, 4)
    moved = {k for k, v in net.state_dict().items() if not torch.equal(v, before[k])}
    name = find_head(net).name
    assert moved == {f"{name}.weight", f"{name}.bias"}
    transfer.unfreeze(net)
    assert len(transfer.parameter_groups(net, 0.1)) == 2
    with pytest.raises(ValueError, match="label 3 but the head has 3 outputs"):
        transfer.train_epoch(net, torch.optim.SGD(groups), images, labels + 1)
