"""What counting and computing say about popular sentences on ResNets.

Answers "is it so?" from networks that are built on the spot. Each function returns one sentence;
:mod:`utils.chapters.claims` adds those that follow from recorded runs.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from utils.chapters.claim_numbers import main_and_projection_layers
from utils.chapters.shared import sketch as imagenet
from utils.models.blocks import BasicBlock
from utils.models.counting import count_macs, count_parameters
from utils.models.networks import build, imagenet_net, stage_shapes

MILLION, BILLION = 1e6, 1e9


@dataclass(frozen=True)
class Sentence:
    """One sentence that code writes.

    Attributes:
        kind: "measured" (from ``results/``), "counted" or "computed" (from networks).
        text: makes the sentence.
    """

    kind: str
    text: Callable[[], str]


SENTENCES: dict[str, Sentence] = {}


def sentence(kind: str) -> Callable[[Callable[[], str]], Callable[[], str]]:
    """Register a function under its name."""

    def register(function: Callable[[], str]) -> Callable[[], str]:
        SENTENCES[function.__name__] = Sentence(kind, function)
        return function

    return register


@sentence("counted")
def layers_of_resnet50() -> str:
    main, projections = main_and_projection_layers(imagenet(50))
    return (
        f"ResNet-50 has {main} weighted layers on its main path, {main - 1} convolutions and one "
        f"linear layer, and {projections} projections beside it."
    )


@sentence("counted")
def parameters_34_and_50() -> str:
    small, large = (count_parameters(imagenet(depth)) / MILLION for depth in (34, 50))
    work = [count_macs(imagenet(depth), 224) / BILLION for depth in (34, 50)]
    return (
        f"ResNet-34 has {small:.1f} million parameters and ResNet-50 has {large:.1f} million. One "
        f"image costs {work[0]:.2f} billion MACs in ResNet-34 and {work[1]:.2f} billion in "
        "ResNet-50. We counted both networks with option B, and ResNet-50 with the strides of "
        "v1.5. This is why both costs are above those of Table 1."
    )


@sentence("counted")
def macs_and_flops_of_resnet50() -> str:
    macs = count_macs(imagenet(50, "v1"), 224) / BILLION
    return (
        f"ResNet-50 with the paper's strides takes {macs:.2f} billion multiply-accumulates for an "
        f"image of 224 × 224 pixels, which is {2 * macs:.2f} billion floating-point operations."
    )


@sentence("counted")
def macs_v1_and_v15() -> str:
    first, later = (count_macs(imagenet(50, v), 224) / BILLION for v in ("v1", "v1.5"))
    same = count_parameters(imagenet(50, "v1")) == count_parameters(imagenet(50, "v1.5"))
    sizes = "the same number" if same else "different numbers"
    return (
        f"The two versions of ResNet-50 have {sizes} of parameters. One image costs {first:.2f} "
        f"billion MACs in v1 and {later:.2f} billion in v1.5."
    )


@sentence("counted")
def depth_and_size() -> str:
    deep = count_parameters(build("resnet-110")) / MILLION
    wide = count_parameters(imagenet(18)) / MILLION
    return (
        f"The ResNet-110 for CIFAR-10 has {deep:.2f} million parameters, and the ResNet-18 for "
        f"ImageNet has {wide:.2f} million."
    )


@sentence("counted")
def parameters_of_shortcuts() -> str:
    plain, a, b = (count_parameters(build(n)) for n in ("plain-20", "resnet-20", "resnet-20-B"))
    free = (
        f"Plain-20 and ResNet-20 with option A have {plain:,} parameters each"
        if plain == a
        else f"Plain-20 has {plain:,} parameters and ResNet-20 with option A has {a:,}"
    )
    return f"{free}. ResNet-20 with option B has {b:,}."


@sentence("counted")
def parameters_of_3x3_shortcuts() -> str:
    heavy, free = (count_parameters(build(n)) for n in ("source-resnet-14", "resnet-14"))
    return (
        f"With option A, a ResNet-14 has {free:,} parameters. With 3×3 convolutions on the two "
        f"shortcuts where the shape changes it has {heavy:,}, and {(heavy - free) / heavy:.0%} of "
        "these belong to the shortcuts."
    )


@sentence("counted")
def layers_of_three_twos() -> str:
    main, _ = main_and_projection_layers(build("resnet-14"))
    wide, _ = main_and_projection_layers(imagenet(18))
    return (
        f"A network with three stages of two blocks has {main} weighted layers. ResNet-18, with "
        f"four such stages, has {wide}."
    )


@sentence("computed")
def maps_of_resnet18_at_32() -> str:
    net = imagenet_net(18)
    shapes = stage_shapes(net, 32)
    sizes = [f"{shape[1]}×{shape[2]}" for shape in shapes.values()]
    return (
        f"At 32 pixels the maps of ResNet-18 shrink to {sizes[0]} before the first block and to "
        f"{sizes[-1]} in the last stage."
    )


@sentence("computed")
def message_of_unequal_channels() -> str:
    out, x = torch.zeros(1, 64, 8, 8), torch.zeros(1, 128, 8, 8)
    try:
        out + x
    except RuntimeError as error:
        message = str(error).split(" at ")[0]
    return (
        f"For `out + x` with 64 channels in the branch's output and 128 in the shortcut, PyTorch "
        f"says: *{message}*."
    )


@sentence("computed")
def silent_branch() -> str:
    conv = nn.Conv2d(4, 4, 3, padding=1)
    nn.init.zeros_(conv.weight)
    nn.init.ones_(conv.bias)
    torch.manual_seed(0)
    x = torch.rand(2, 4, 8, 8)
    branch = torch.relu(conv(x))
    constant = bool((branch == 1).all())
    where = "at every position, the border included" if constant else "only at some positions"
    return (
        f"With all weights 0 and the bias 1, a convolution followed by ReLU adds exactly 1 "
        f"{where}, whatever the input is."
    )


@sentence("computed")
def negative_residuals() -> str:
    torch.manual_seed(0)
    block = BasicBlock(16, 16, stride=1, shortcut="A").eval()
    x = torch.rand(4, 16, 8, 8)
    with torch.no_grad():
        lower = (block(x) < x).float().mean().item()
    return (
        f"In a fresh block of the paper's design, fed with random positive numbers, "
        f"{lower:.0%} of the outputs lie below their inputs."
    )
