"""What our records and counts say about popular sentences on ResNets.

Answers "does it hold here?". Each function returns one sentence, made of recorded runs or of
networks that are counted on the spot; the page of claims asks for it by name.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from utils.chapters import pace
from utils.chapters.claim_numbers import (
    imagenet,
    largest_jump,
    main_and_projection_layers,
    points,
    seed_accuracies,
)
from utils.chapters.degradation import brief as degradation
from utils.chapters.degradation.long import LENGTHS, final
from utils.chapters.inside import surfaces as surface_shapes
from utils.chapters.inside.numbers import gradient_length, in_words, intact, single
from utils.chapters.shared import scale_gaps
from utils.models.blocks import BasicBlock
from utils.models.counting import count_macs, count_parameters
from utils.models.networks import build, imagenet_net, stage_shapes
from utils.record.experiments import HALF_SIZE
from utils.results.runs import load_runs
from utils.results.spread import accuracy, median, paired_gain, spread

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


@sentence("measured")
def shortcut_gain_at_14() -> str:
    plain, residual = (load_runs("shortcut-control", m) for m in ("plain-14", "resnet-14"))
    gain = paired_gain(plain, residual)
    return (
        f"Shortcuts bring plain-14 from {accuracy(plain).percent()} to "
        f"{accuracy(residual).percent()} test accuracy on CIFAR-10: {gain.mean:.2f} ± "
        f"{gain.sd:.2f} points, compared seed by seed ({gain.count} seeds, 10 epochs, recipe fast)."
    )


@sentence("measured")
def gap_without_shortcuts() -> str:
    runs = {m: load_runs("shortcut-control", m) for m in ("simple-cnn", "plain-14", "resnet-14")}
    whole = paired_gain(runs["simple-cnn"], runs["resnet-14"])
    plain = paired_gain(runs["simple-cnn"], runs["plain-14"])
    return (
        f"Under one recipe ResNet-14 ends {whole.mean:.1f} points above SimpleCNN, and plain-14, "
        f"the same network without shortcuts, ends {plain.mean:.1f} points above it "
        f"({whole.count} seeds, 10 epochs, recipe fast)."
    )


@sentence("measured")
def stretched_training_images() -> str:
    gaps = scale_gaps("source-resnet-14")
    return (
        f"Trained on the stretched images, a ResNet-14 reaches {gaps['native'].percent()} on the "
        f"test images as they are; the same weights reach {gaps['zoomed'].percent()} on test "
        f"images stretched the same way, and training with the paper's padding gives "
        f"{gaps['repaired'].percent()} ({gaps['native'].count} seeds, 10 epochs of Adam)."
    )


@sentence("measured")
def recipe_against_architecture() -> str:
    adam = accuracy(load_runs("source-recipe", "source-resnet-14", "source-padded"))
    plain = accuracy(load_runs("shortcut-control", "plain-14", "fast"))
    return (
        f"In ten epochs a ResNet-14 reaches {adam.percent()} with Adam at a constant rate, and a "
        f"network of the same depth *without* shortcuts reaches {plain.percent()} with the "
        f"recipe fast ({adam.count} seeds each)."
    )


@sentence("measured")
def spread_over_seeds() -> str:
    source = seed_accuracies("source-recipe", "source-resnet-14", "source")
    fast = seed_accuracies("shortcut-control", "resnet-14", "fast")
    return (
        f"Nothing but the seed differs, and the test accuracy of a ResNet-14 still spans "
        f"{max(source) - min(source):.1f} points under the recipe source and "
        f"{max(fast) - min(fast):.1f} points under fast ({len(source)} and {len(fast)} seeds)."
    )


@sentence("measured")
def jumps_between_epochs() -> str:
    jump = largest_jump("source-recipe", "source-resnet-14", "source")
    values = seed_accuracies("source-recipe", "source-resnet-14", "source")
    return (
        f"With Adam at a constant rate the test error of a ResNet-14 moves by up to {jump:.0f} "
        f"points from one epoch to the next, and the three seeds end at {points(values)} % "
        f"accuracy."
    )


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
        f"ResNet-34 has {small:.1f} million parameters and ResNet-50 has {large:.1f} million; "
        f"one image costs {work[0]:.2f} and {work[1]:.2f} billion MACs (option B, v1.5)."
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
    sizes = "The parameters are equal" if same else "The parameters differ"
    return (
        f"{sizes}; the MACs of an image are {first:.2f} billion in v1 and {later:.2f} billion "
        f"in v1.5."
    )


@sentence("counted")
def depth_and_size() -> str:
    deep = count_parameters(build("resnet-110")) / MILLION
    wide = count_parameters(imagenet(18)) / MILLION
    return (
        f"The ResNet-110 for CIFAR-10 has {deep:.2f} million parameters, the ResNet-18 for "
        f"ImageNet has {wide:.2f} million."
    )


@sentence("counted")
def parameters_of_shortcuts() -> str:
    plain, a, b = (count_parameters(build(n)) for n in ("plain-20", "resnet-20", "resnet-20-B"))
    return (
        f"plain-20 and ResNet-20 with option A have {plain:,} and {a:,} parameters; with option "
        f"B it is {b:,}."
    )


@sentence("counted")
def parameters_of_3x3_shortcuts() -> str:
    heavy, free = (count_parameters(build(n)) for n in ("source-resnet-14", "resnet-14"))
    return (
        f"A ResNet-14 with 3×3 convolutions on its two changing shortcuts has {heavy:,} "
        f"parameters, with option A {free:,}: {(heavy - free) / heavy:.0%} of the network sits "
        f"on the shortcuts."
    )


@sentence("counted")
def layers_of_three_twos() -> str:
    main, _ = main_and_projection_layers(build("resnet-14"))
    wide, _ = main_and_projection_layers(imagenet(18))
    return (
        f"Three stages of two blocks make {main} weighted layers; the four stages of ResNet-18 "
        f"make {wide}."
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


@sentence("measured")
def seeds_of_shortcut_gain() -> str:
    plain = seed_accuracies("shortcut-control", "plain-14", "fast")
    residual = seed_accuracies("shortcut-control", "resnet-14", "fast")
    gains = [b - a for a, b in zip(plain, residual, strict=True)]
    lone = spread(plain)
    return (
        f"Plain-14 alone varies with a standard deviation of {lone.sd:.2f} points over "
        f"{lone.count} seeds; the gain from its shortcuts is {points(gains)} points, seed by seed."
    )


@sentence("measured")
def one_block_out() -> str:
    plain, residual, longer = (single(name) for name in ("plain-14", "ResNet-14", "ResNet-20"))
    means = [errors.mean(0) for errors in (plain, residual, longer)]
    deep = single("ResNet-56").mean(0)
    return (
        f"Without any one block plain-14 makes {means[0].min():.0f} to {means[0].max():.0f} % "
        f"mistakes on CIFAR-10, as many as guessing. ResNet-14 makes {means[1].min():.0f} to "
        f"{means[1].max():.0f} %, ResNet-20 {means[2].min():.0f} to {means[2].max():.0f} %, intact "
        f"{in_words(intact('ResNet-14'))} and {in_words(intact('ResNet-20'))}. ResNet-56, at "
        f"16 pixels, makes {median(deep):.1f} % in the median of its 27 blocks and "
        f"{deep.max():.0f} % without the one it needs most, {in_words(intact('ResNet-56'))} intact "
        "(three seeds)."
    )


@sentence("measured")
def path_lengths_here() -> str:
    six, nine, many = (
        spread(gradient_length(name)).mean for name in ("ResNet-14", "ResNet-20", "ResNet-56")
    )
    return (
        "Weighted by their share of the gradient, the paths of our trained networks go through "
        f"{six:.1f} of six blocks in ResNet-14, {nine:.1f} of nine in ResNet-20 and {many:.1f} of "
        "27 in ResNet-56, where the average path has 3, 4.5 and 13.5: short in the deep network, "
        "not in the others."
    )


@sentence("measured")
def worse_in_training_too() -> str:
    errors = {
        (depth, images): degradation.points(spread(final("plain", depth, images).values()))
        for depth in LENGTHS
        for images in degradation.FIELDS
    }
    return (
        f"Plain-20 ends at {errors[20, 'training']} % training error and {errors[20, 'test']} % "
        f"test error, plain-56 at {errors[56, 'training']} and {errors[56, 'test']} %: the deeper "
        "network is worse on the images it was trained with (CIFAR-10 at 16 pixels, "
        f"{HALF_SIZE.epochs} epochs, 3 seeds)."
    )


@sentence("measured")
def deeper_with_shortcuts() -> str:
    long, brief = (
        [degradation.points(spread(errors.values())) for errors in found]
        for found in (
            [final("resnet", depth, "test") for depth in LENGTHS],
            [degradation.seeds(f"resnet-{depth}", "brief-1200", "test") for depth in LENGTHS],
        )
    )
    return (
        f"After {HALF_SIZE.epochs} epochs ResNet-56 has {long[1]} % test error and ResNet-20 "
        f"{long[0]} %. In a training of 1,200 steps it is the other way round: {brief[1]} and "
        f"{brief[0]} % (CIFAR-10 at 16 pixels, 3 seeds)."
    )


@sentence("measured")
def plain_from_the_identity() -> str:
    treated = degradation.TREATMENTS["dirac"].errors()
    usual = degradation.UNTREATED.errors()
    return (
        f"After 400 steps the usual plain-56 has {degradation.points(spread(usual.values()))} % "
        "training error, and the same network with kernels that begin near the identity "
        f"{degradation.points(spread(treated.values()))} % (CIFAR-10 at 16 pixels, 3 seeds)."
    )


@sentence("measured")
def without_normalisation() -> str:
    residual, plain, usual = (
        degradation.points(spread(degradation.TREATMENTS[name].errors("test").values()))
        for name in ("fixup", "affine", "shortcuts")
    )
    return (
        "Without any normalisation, after 400 steps at a low rate, ResNet-56 with Fixup's start "
        f"has {residual} % test error, plain-56 with He's start {plain} %; ResNet-56 with "
        f"normalisation, at three times the rate, {usual} % (CIFAR-10 at 16 pixels, 3 seeds)."
    )


@sentence("measured")
def order_of_the_block() -> str:
    saved = degradation.points(spread(degradation.order_gain(110, "test").values()))
    return (
        "With normalisation and ReLU in front of each convolution and nothing behind the addition, "
        f"110 layers make {saved} points fewer test errors after 1,200 steps than with the block "
        "of 2015 (CIFAR-10 at 16 pixels, 3 seeds, compared seed by seed). The ReLU alone was not "
        "moved."
    )


@sentence("measured")
def what_tricks_buy() -> str:
    lost = {
        variant: degradation.points(spread(-change for change in pace.changes(variant).values()))
        for variant in ("constant-rate", "zero-padding")
    }
    gain = paired_gain(
        *(load_runs("shortcut-control", model, "fast") for model in ("plain-14", "resnet-14"))
    )
    return (
        f"In three epochs ResNet-14 loses {lost['constant-rate']} points of test accuracy with a "
        f"constant rate, and {lost['zero-padding']} with a margin of zeros. Its shortcuts bring "
        f"{degradation.points(gain)} points in ten epochs (CIFAR-10, 3 seeds, seed by seed)."
    )


@sentence("measured")
def slices_here() -> str:
    def shares(depth: int) -> str:
        *rest, last = [
            f"{plain.bending():.0%} against {residual.bending():.0%}"
            for plain, residual in surface_shapes.pairs_of(depth)
        ]
        return f"{', '.join(rest)} and {last}"

    return (
        "In a random plane around a trained network the loss bends down at these shares of the "
        f"points, plain against residual, a pair a seed: 14 layers {shares(14)}; 56 layers, at "
        f"16 pixels, {shares(56)}."
    )
