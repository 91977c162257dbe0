"""What our records and counts say about popular sentences on ResNets.

Answers "does it hold here?". Each function returns one sentence, made of recorded runs or of
networks that are counted on the spot; the page of claims asks for it by name.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from utils.chapters import pace, simplecnn
from utils.chapters.claim_numbers import (
    bending,
    largest_jump,
    main_and_projection_layers,
    points,
    seed_accuracies,
    spans_over_seeds,
)
from utils.chapters.degradation import brief as degradation
from utils.chapters.degradation.long import LENGTHS, deeper_is_worse, depth_in_words, final
from utils.chapters.inside.numbers import gradient_length, in_words, intact, single
from utils.chapters.shared import scale_gaps
from utils.chapters.shared import sketch as imagenet
from utils.models.blocks import BasicBlock
from utils.models.counting import count_macs, count_parameters
from utils.models.networks import build, imagenet_net, stage_shapes
from utils.record.experiments import HALF_SIZE
from utils.results.runs import load_runs
from utils.results.spread import accuracy, accuracy_of, median, spread
from utils.results.verdict import Difference, compare_runs

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
    gain = compare_runs(plain, residual, accuracy_of)
    return (
        f"From plain-14 to ResNet-14, test accuracy on CIFAR-10 goes from "
        f"{accuracy(plain).percent()} to {accuracy(residual).percent()}, which is {gain.told(2)} "
        f"points, compared seed by seed ({gain.over.count} seeds, 10 epochs, recipe fast). "
        f"{gain.sentence('The difference')}"
    )


@sentence("measured")
def gap_without_shortcuts() -> str:
    found = simplecnn.control()
    whole, plain = (found["simple-cnn", name] for name in ("resnet-14", "plain-14"))
    return (
        f"Under one recipe ResNet-14 ends {whole.told()} points above SimpleCNN, and plain-14, the "
        f"same network without shortcuts, ends {plain.told()} points above it "
        f"({whole.over.count} seeds, 10 epochs, recipe fast). {plain.sentence('The second gap')} "
        "SimpleCNN and plain-14 also differ in kernels, pooling, last layer and initialisation."
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
        f"recipe fast ({adam.count} seeds each). The two also differ in their initialisation and "
        "in the batch size, the margin and the normalisation of the images."
    )


@sentence("measured")
def spread_over_seeds() -> str:
    constant, falling, steady, wild = spans_over_seeds()
    return (
        "SimpleCNN is the only network that we trained at a constant rate and at a rate that falls "
        f"to zero. Three seeds span {constant:.1f} points of test accuracy in the first case and "
        f"{falling:.1f} in the second, although the two recipes also differ in other settings. At "
        f"a rate that falls to zero ResNet-14 spans {steady:.1f} points and plain-56, on images of "
        f"16 pixels, {wild:.1f}."
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
    lone = spread(seed_accuracies("shortcut-control", "plain-14", "fast"))
    gain = simplecnn.control()["plain-14", "resnet-14"]
    return (
        f"Plain-14 alone varies with a standard deviation of {lone.sd:.2f} points over "
        f"{lone.count} seeds, and with shortcuts it is {points(gain.values)} points better, seed "
        "by seed."
    )


@sentence("measured")
def one_block_out() -> str:
    plain, residual, longer, deep = (
        single(name) for name in ("plain-14", "ResNet-14", "ResNet-20", "ResNet-56")
    )
    most = deep[:, int(deep.mean(0).argmax())]
    return (
        f"Plain-14 with one block removed has a test error of {plain.min():.0f} to "
        f"{plain.max():.0f} % on CIFAR-10, over all blocks and seeds, which is guessing. ResNet-14 "
        f"has {residual.min():.0f} to {residual.max():.0f} % and ResNet-20 {longer.min():.0f} to "
        f"{longer.max():.0f} %, while intact they have {in_words(intact('ResNet-14'))} and "
        f"{in_words(intact('ResNet-20'))}. ResNet-56, at 16 pixels, has "
        f"{in_words(median(row) for row in deep)} in the median of its 27 blocks, {in_words(most)} "
        f"without the block that it needs most, and {in_words(intact('ResNet-56'))} intact "
        "(three seeds)."
    )


@sentence("measured")
def path_lengths_here() -> str:
    six, nine, many = (
        degradation.points(spread(gradient_length(name)))
        for name in ("ResNet-14", "ResNet-20", "ResNet-56")
    )
    return (
        "Weighted by their share of the gradient, the paths of our trained networks go through "
        f"{six} of six blocks in ResNet-14, {nine} of nine in ResNet-20 and {many} of 27 in "
        "ResNet-56. The average path has 3, 4.5 and 13.5, so only the deep network prefers short "
        "paths (three seeds)."
    )


@sentence("measured")
def worse_in_training_too() -> str:
    errors = {
        (depth, images): degradation.points(spread(final("plain", depth, images).values()))
        for depth in LENGTHS
        for images in degradation.FIELDS
    }
    worse = Difference(deeper_is_worse("plain", "training"))
    return (
        f"Plain-20 ends at {errors[20, 'training']} % training error and {errors[20, 'test']} % "
        f"test error, plain-56 at {errors[56, 'training']} and {errors[56, 'test']} % (CIFAR-10 at "
        f"16 pixels, {HALF_SIZE.epochs} epochs, 3 seeds). "
        f"{depth_in_words('plain', 'training', worse)}"
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
    gained = Difference(deeper_is_worse("resnet", "test"))
    lost = Difference(degradation.difference("resnet-56", "resnet-20", 1200, "test"))
    return (
        f"After {HALF_SIZE.epochs} epochs ResNet-56 has {long[1]} % test error and ResNet-20 "
        f"{long[0]} %. {gained.sentence('The difference')} After 1,200 steps of another recipe "
        f"they have {brief[1]} and {brief[0]} %. {lost.sentence('This difference')} "
        "(CIFAR-10 at 16 pixels, 3 seeds.)"
    )


@sentence("measured")
def plain_from_the_identity() -> str:
    treated = degradation.TREATMENTS["dirac"].errors()
    usual = degradation.UNTREATED.errors()
    return (
        f"After 400 steps the usual plain-56 has {degradation.points(spread(usual.values()))} % "
        "training error, and the same network with kernels that begin near the identity has "
        f"{degradation.points(spread(treated.values()))} % (CIFAR-10 at 16 pixels, 3 seeds). "
        f"{degradation.saved_by('dirac').sentence('The difference')}"
    )


@sentence("measured")
def without_normalisation() -> str:
    residual, plain, usual = (
        degradation.points(spread(degradation.TREATMENTS[name].errors("test").values()))
        for name in ("fixup", "affine", "shortcuts")
    )
    return (
        "Without any normalisation, after 400 steps at a low rate, ResNet-56 with Fixup's start "
        f"has {residual} % test error, and plain-56 with He's start has {plain} %. ResNet-56 with "
        f"normalisation has {usual} %, but at three times the rate (CIFAR-10 at 16 pixels, "
        "3 seeds)."
    )


@sentence("measured")
def order_of_the_block() -> str:
    saved = Difference(degradation.order_gain(110, "test"))
    return (
        "With normalisation and ReLU before each convolution and nothing after the addition, a "
        f"network of 110 layers makes {saved.told()} points fewer test errors after 1,200 steps "
        "than with the block of 2015 (CIFAR-10 at 16 pixels, 3 seeds, compared seed by seed). "
        f"{saved.sentence('The difference')} The ReLU alone was not moved."
    )


@sentence("measured")
def what_tricks_buy() -> str:
    rate, margin = (pace.effect(name) for name in ("constant-rate", "zero-padding"))
    gain = simplecnn.control()["plain-14", "resnet-14"]
    return (
        f"In three epochs ResNet-14 loses {rate.told()} points of test accuracy with a lower, "
        f"constant rate ({rate.verdict}) and {margin.told()} points with a wider margin of zeros "
        f"({margin.verdict}). Its shortcuts make a difference of {gain.told()} points in ten "
        f"epochs ({gain.verdict}; CIFAR-10, 3 seeds, seed by seed)."
    )


@sentence("measured")
def slices_here() -> str:
    (short, first), (deep, second) = (bending(depth) for depth in (14, 56))
    return (
        "In a random plane around a trained network the loss bends down at a share of the points. "
        f"Plain against residual, with one plane for each seed, it is {short} at 14 layers "
        f"({first}), and {deep} at 56 layers and 16 pixels ({second})."
    )
