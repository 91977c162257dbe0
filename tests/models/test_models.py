"""The networks are the ones the paper and torchvision describe."""

import pytest
import torch
import torchvision
from torch import nn

from utils.models.blocks import SHORTCUTS, BasicBlock, Bottleneck, make_shortcut, pad_shortcut
from utils.models.counting import count_macs, count_parameters
from utils.models.networks import (
    CIFAR_DEPTHS,
    IMAGENET,
    SimpleCNN,
    build,
    cifar_net,
    imagenet_net,
    stage_shapes,
)

# Parameters the architecture of section 4.2 has with option A and affine batch normalisation:
# stem 3*16*9 + 32, then by hand per stage; last layer 64*10 + 10.
PARAMETERS = {
    20: 269_722,
    32: 464_154,
    44: 658_586,
    56: 853_018,
    110: 1_727_962,
    1202: 19_421_274,
}


def parameters_by_hand(n: int) -> int:
    def convolution(c_in: int, c_out: int) -> int:
        return 9 * c_in * c_out + 2 * c_out

    total = convolution(3, 16) + 64 * 10 + 10
    channels = 16
    for width in (16, 32, 64):
        total += convolution(channels, width) + (2 * n - 1) * convolution(width, width)
        channels = width
    return total


@pytest.mark.parametrize(("depth", "expected"), PARAMETERS.items())
def test_option_a_nets_have_the_parameters_of_the_papers_family(depth, expected):
    with torch.device("meta"):
        counted = count_parameters(cifar_net(depth))
    assert counted == expected == parameters_by_hand((depth - 2) // 6)


@pytest.mark.parametrize(
    "depth",
    [pytest.param(n, marks=pytest.mark.slow if n > 1000 else ()) for n in CIFAR_DEPTHS],
)
def test_plain_and_residual_have_equal_parameter_counts(depth):
    with torch.device("meta"):  # shapes alone: 1,202 layers are not worth their numbers
        plain, residual = cifar_net(depth, "plain"), cifar_net(depth, "residual", shortcut="A")
        assert count_parameters(plain) == count_parameters(residual)
        assert count_macs(plain) == count_macs(residual)


def test_depth_counts_weighted_layers_of_the_main_path():
    net = cifar_net(56)
    weighted = [m for m in net.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert len(weighted) == 56


def test_simple_cnn_and_source_net_have_the_counts_of_the_source_documents():
    assert count_parameters(build("simple-cnn")) == 34_634
    assert count_parameters(build("source-resnet-14")) == 195_738
    assert count_parameters(build("resnet-14")) == 172_506


def test_simple_cnn_pools_nothing_at_32_pixels_and_takes_smaller_images():
    torch.manual_seed(0)
    net = SimpleCNN().eval()
    x = torch.randn(2, 3, 32, 32)
    assert torch.equal(net(x), net.fc(net.layer2(net.layer1(x)).flatten(1)))
    assert net(x[:, :, :24, :24]).shape == (2, 10)


@pytest.mark.parametrize("depth", IMAGENET)
def test_torchvision_weights_load_and_give_equal_outputs(depth):
    torch.manual_seed(0)
    theirs = torchvision.models.get_model(f"resnet{depth}", weights=None).eval()
    for module in theirs.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    ours = imagenet_net(depth, "v1.5").eval()
    ours.load_state_dict(theirs.state_dict(), strict=True)
    x = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(ours(x), theirs(x))


# Table 1 of the paper prints multiply-adds; torchvision documents its own count (v1.5).
@pytest.mark.parametrize(
    ("depth", "version", "giga", "tolerance"),
    [
        (18, "v1", 1.8, 0.05),
        (34, "v1", 3.6, 0.07),
        (50, "v1", 3.8, 0.06),
        (101, "v1", 7.6, 0.05),
        (152, "v1", 11.3, 0.05),
        (18, "v1.5", 1.814, 0.001),
        (34, "v1.5", 3.664, 0.001),
        (50, "v1.5", 4.089, 0.001),
        (101, "v1.5", 7.801, 0.001),
        (152, "v1.5", 11.514, 0.001),
    ],
)
def test_macs_agree_with_table_1_and_with_torchvision(depth, version, giga, tolerance):
    assert count_macs(imagenet_net(depth, version), 224) / 1e9 == pytest.approx(giga, abs=tolerance)


def test_macs_of_one_convolution_by_hand():
    net = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1, bias=False))
    assert count_macs(net, 32) == 32 * 32 * 16 * 3 * 9


@pytest.mark.parametrize("depth", [20, 56])
@pytest.mark.parametrize("kind", ["plain", "residual"])
def test_cifar_stages_have_the_papers_map_sizes(depth, kind):
    assert stage_shapes(cifar_net(depth, kind), 32) == {
        "stem": (16, 32, 32),
        "layer1": (16, 32, 32),
        "layer2": (32, 16, 16),
        "layer3": (64, 8, 8),
    }


@pytest.mark.parametrize("version", ["v1", "v1.5"])
@pytest.mark.parametrize("depth", IMAGENET)
def test_imagenet_stages_have_the_map_sizes_of_table_1(depth, version):
    wide = 4 if depth >= 50 else 1
    assert stage_shapes(imagenet_net(depth, version), 224) == {
        "stem": (64, 56, 56),
        "layer1": (64 * wide, 56, 56),
        "layer2": (128 * wide, 28, 28),
        "layer3": (256 * wide, 14, 14),
        "layer4": (512 * wide, 7, 7),
    }


def test_stride_stands_on_the_1x1_in_v1_and_on_the_3x3_in_v1_5():
    for version, strides in {"v1": (2, 1), "v1.5": (1, 2)}.items():
        block = imagenet_net(50, version).layer2[0]
        assert (block.conv1.stride[0], block.conv2.stride[0]) == strides


def test_pad_shortcut_keeps_every_second_value_and_adds_zero_channels():
    x = torch.arange(2 * 4 * 4, dtype=torch.float32).reshape(1, 2, 4, 4)
    out = pad_shortcut(x, 4, 2)
    assert out.shape == (1, 4, 2, 2)
    assert torch.equal(out[:, 1:3], x[:, :, ::2, ::2])
    assert out[:, 0].abs().sum() == out[:, 3].abs().sum() == 0


def test_pad_shortcut_refuses_to_drop_channels():
    with pytest.raises(ValueError, match="use option B"):
        pad_shortcut(torch.zeros(1, 8, 4, 4), 4, 1)


@pytest.mark.parametrize("option", SHORTCUTS)
def test_every_shortcut_gives_the_branchs_shape(option):
    x = torch.zeros(2, 64, 32, 32)
    assert make_shortcut(option, 64, 128, 2)(x).shape == (2, 128, 16, 16)


def test_option_a_has_no_parameters_and_b_a_1x1_convolution_with_batch_norm():
    assert count_parameters(make_shortcut("A", 16, 32, 2)) == 0
    assert count_parameters(make_shortcut("B", 16, 32, 2)) == 16 * 32 + 2 * 32
    assert count_parameters(make_shortcut("B", 16, 16, 1)) == 0
    assert count_parameters(make_shortcut("C", 16, 16, 1)) == 16 * 16 + 2 * 16


@pytest.mark.parametrize("block", [BasicBlock, Bottleneck])
def test_zeroing_the_last_scale_makes_a_block_the_identity_on_positive_input(block):
    torch.manual_seed(0)
    width = 16
    module = block(width * block.expansion, width, 1, "A").eval()
    last = module.bn2 if block is BasicBlock else module.bn3
    nn.init.zeros_(last.weight)
    x = torch.rand(2, width * block.expansion, 8, 8)
    assert torch.equal(module(x.clone()), x)


@pytest.mark.parametrize("block", [BasicBlock, Bottleneck])
def test_a_block_leaves_its_input_as_it_was(block):
    torch.manual_seed(0)
    module = block(16 * block.expansion, 16, 1, "A")
    x = torch.randn(2, 16 * block.expansion, 8, 8)
    before = x.clone()
    module(x)
    assert torch.equal(x, before)


def test_he_initialisation_has_variance_two_over_fan_out():
    torch.manual_seed(0)
    weight = cifar_net(20).layer3[1].conv1.weight
    assert weight.std().item() == pytest.approx((2 / (64 * 9)) ** 0.5, rel=0.02)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: build("resnet-21"), "6n \\+ 2"),
        (lambda: build("vgg"), "unknown model 'vgg'"),
        (lambda: build("resnet-20-D"), "unknown model"),
        (lambda: cifar_net(20, "dense"), "'plain' or 'residual'"),
        (lambda: imagenet_net(36), "must be one of"),
        (lambda: imagenet_net(50, "v2"), "'v1' or 'v1.5'"),
        (lambda: make_shortcut("D", 16, 16, 1), "unknown shortcut option 'D'"),
        (lambda: Bottleneck(64, 16, 1, "B", stride_on="5x5"), "stride_on"),
    ],
)
def test_bad_input_says_what_to_do(call, message):
    with pytest.raises(ValueError, match=message):
        call()
