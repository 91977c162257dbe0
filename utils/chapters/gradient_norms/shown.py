"""The recorded figures of the chapter on gradient norms, with what they show in words.

Answers "what did we record at scale?". Each function hands one published figure to a cell.
"""

from __future__ import annotations

from utils.chapters.gradient_norms.figures import (
    loss_figure,
    neighbour_figure,
    profile_figure,
    ratio_course_figure,
    ratio_figure,
    response_figure,
    trained_figure,
)
from utils.display.published import Published, publish
from utils.models.starts import Start

PAIR = {
    "plain-56": (Start(56, "plain"), "plain"),
    "ResNet-56": (Start(56, "residual"), "residual"),
}
BOTH = {
    "plain-20": (Start(20, "plain"), "plain", "--"),
    "plain-56": (Start(56, "plain"), "plain", "-"),
    "ResNet-20": (Start(20, "residual"), "residual", "--"),
    "ResNet-56": (Start(56, "residual"), "residual", "-"),
}
DEEPEST = {
    "plain-110": (Start(110, "plain"), "plain", ":"),
    "ResNet-110": (Start(110, "residual"), "residual", ":"),
}


def first_gradients_of_56_layers() -> Published:
    """Profiles of both gradients before training, plain and residual, normalised."""
    return publish(
        [
            profile_figure(PAIR, "Gradients grow towards the input", "response_gradient"),
            profile_figure(PAIR, "So do those of the weights"),
        ],
        alt="Two log-scale profiles over the layers of 56-layer networks at the first step. The "
        "plain network's gradients rise in a straight line from output to input, over four powers "
        "of ten for the responses and more than three for the weights. The residual network's rise "
        "by about one and a half and by one.",
        caption="Networks of 56 layers with batch normalisation and He initialisation, first "
        "backward pass, CIFAR-10, 128 images. Lines: geometric mean over five seeds; bands: least "
        "to greatest.",
    )


def ratio_by_depth() -> Published:
    """First block over last before training, against depth."""
    return publish(
        ratio_figure("Exponential when plain, slow when residual"),
        alt="First block's gradient over the last one's against depth, log scale. The plain "
        "network rises as a straight line, below the theoretical 1.21 per layer, to over a million "
        "at 110 layers. The residual network rises from below one at 8 layers to about four at 56 "
        "and 110.",
        caption="Weight-gradient norm in the first block over that in the last, batch "
        "normalisation, He initialisation, first step. Geometric mean and range of five seeds. "
        "Dotted: 1.21 for each layer between the two.",
    )


def ratio_in_the_first_steps() -> Published:
    """First block over last while networks of 20, 56 and 110 layers begin to train."""
    return publish(
        ratio_course_figure(BOTH | DEEPEST, "The deeper the plain net, the further it turns"),
        alt="First block's gradient over the last one's against training step on log axes. "
        "Plain-20 starts at about four and ends near one. Plain-56 falls from about a thousand to "
        "below one within five steps and ends below a tenth. Plain-110 falls from a million to "
        "about a hundredth in one step and on to below a thousandth. ResNet-56 and ResNet-110 "
        "start at about three and fall below a third too.",
        caption="Weight-gradient norm in the first block over that in the last, paper recipe, "
        "batch normalisation, He initialisation. Geometric mean and range of three seeds; 100 "
        "steps, 30 at 110 layers.",
    )


def losses_of_the_first_steps() -> Published:
    """Training loss of the first hundred steps at 20 and 56 layers."""
    return publish(
        loss_figure(BOTH, "At 56 layers neither learns much"),
        alt="Training loss against step on a logarithmic step axis. Plain-56 stays near 2.3. "
        "ResNet-56 rises far above that within the first steps and comes down again, to about the "
        "same. The networks of 20 layers end clearly lower.",
        caption="Training loss of each of the first 100 steps, paper recipe, mean and range of "
        "three seeds. 2.30 is the loss of a network that gives every class the same probability.",
    )


def responses_before_training() -> Published:
    """Size of every response at 56 layers, with and without normalisation, by initialisation."""
    groups, styles = {}, {}
    for form, (batch_norm, init, line) in {
        "BN": (True, "he", "-"),
        "He": (False, "he", "--"),
        "default": (False, "pytorch", ":"),
    }.items():
        for kind in ("plain", "residual"):
            groups[f"{kind}, {form}"] = (Start(56, kind, batch_norm, init), kind)
            styles[f"{kind}, {form}"] = line
    return publish(
        profile_figure(groups, "Only normalisation holds responses at 1", "sd", styles=styles),
        alt="Standard deviation of each layer's response at the first step of 56-layer networks, "
        "log scale. With batch normalisation both kinds lie at one in every convolution. Without "
        "it, plain falls: slowly with He's initialisation, by more than twenty powers of ten with "
        "PyTorch's default. Residual with He rises to several hundred; residual with PyTorch's "
        "default stays near a hundredth.",
        caption="Networks of 56 layers, first forward pass, CIFAR-10, 128 images, geometric mean "
        "and range of five seeds. BN: batch normalisation. Dashed and dotted: no normalisation. "
        "The last layer is the classifier; its response is the output.",
    )


def responses_after_the_first_steps() -> Published:
    """Size of every response after a hundred steps, 20 and 56 layers."""
    return publish(
        response_figure((20, 56), "Responses soon after the start"),
        alt="Standard deviation of each layer's response for plain and residual networks of 20 and "
        "56 layers. All lie close to one, except in plain-56, where many are well above.",
        caption="Standard deviation of the responses on the training batch, after 100 steps of the "
        "paper's recipe; the paper's own figure is from networks trained to the end. Mean and "
        "range of three seeds; dotted: the value at initialisation.",
    )


def responses_of_trained_networks() -> Published:
    """Size of every response at the end of training, 14 and 20 layers."""
    return publish(
        trained_figure(
            {
                "plain-14": ("plain", "-"),
                "resnet-14": ("residual", "-"),
                "resnet-20": ("residual", "--"),
            },
            "Responses of trained networks",
        ),
        alt="Standard deviation of each convolution's response in trained networks. All lie near "
        "0.5, with the last layer near 0.9. ResNet-20 lies lowest in most layers; plain-14 and "
        "ResNet-14 are close together.",
        caption="Standard deviation of the responses on 1,000 test images of CIFAR-10, fast "
        "recipe, 10 epochs (14 layers) and 15 epochs (20 layers). Mean and range of three seeds.",
    )


def likeness_of_neighbours() -> Published:
    """Cosine between the gradients of neighbouring inputs, against depth."""
    return publish(
        neighbour_figure(0.01, "Plain gradients shatter, residual ones much less"),
        alt="Cosine between gradients of neighbouring inputs against depth. The plain network "
        "falls from high values at 8 layers to near zero at 56 and 110. The residual network falls "
        "far more slowly.",
        caption="Cosine between the input gradients at an image and one per cent of the way to "
        "another image; networks at initialisation, batch normalisation, He. Mean and range of "
        "three seeds, 16 images each.",
    )
