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
            profile_figure(PAIR, "The weights' gradients grow too"),
        ],
        alt="Two log-scale profiles over the layers of 56-layer networks at the first step. The "
        "plain network's gradients rise in a straight line from output to input, over four powers "
        "of ten for the responses and more than three for the weights. The gradients of the "
        "residual network rise by about one and a half powers of ten for the responses and by one "
        "for the weights.",
        caption="Networks of 56 layers with batch normalisation and He initialisation, at the "
        "first backward pass on 128 images of CIFAR-10. The lines are geometric means over five "
        "seeds, and the bands reach from the smallest to the largest of them.",
    )


def ratio_by_depth() -> Published:
    """First block over last before training, against depth."""
    return publish(
        ratio_figure("Exponential when plain, slow when residual"),
        alt="First block's gradient over the last one's against depth, log scale. The plain "
        "network rises as a straight line, below the theoretical 1.21 per layer, to over a million "
        "at 110 layers. The residual network rises from below one at 8 layers to about four at 56 "
        "and 110.",
        caption="The ratio at the first step, which is the norm of the first block's weight "
        "gradient divided by the last block's. The networks have batch normalisation and He "
        "initialisation. Lines and bands show the geometric mean and the range of five seeds. The "
        "dotted line shows the ratio if every layer between the two blocks had the factor 1.21.",
    )


def ratio_in_the_first_steps() -> Published:
    """First block over last while networks of 20, 56 and 110 layers begin to train."""
    return publish(
        ratio_course_figure(BOTH | DEEPEST, "In deeper plain nets the ratio turns further"),
        alt="First block's gradient over the last one's against training step on log axes. "
        "Plain-20 starts at about four and ends near one. Plain-56 falls from about a thousand to "
        "below one within five steps and ends below a tenth. Plain-110 falls from a million to "
        "about a hundredth in one step and on to below a thousandth. ResNet-56 and ResNet-110 "
        "start at about three and fall below a third too.",
        caption="The ratio of the first block's weight gradient to the last block's, in networks "
        "with batch normalisation and He initialisation that train with the recipe of the ResNet "
        "paper. Lines and bands show the geometric mean and the range of three seeds. The networks "
        "of 110 layers were followed for 30 steps, all others for 100.",
    )


def losses_of_the_first_steps() -> Published:
    """Training loss of the first hundred steps at 20 and 56 layers."""
    return publish(
        loss_figure(BOTH, "At 56 layers neither learns much"),
        alt="Training loss against step on a logarithmic step axis. Plain-56 stays near 2.3. "
        "ResNet-56 rises far above that within the first steps and comes down again, to about the "
        "same. The networks of 20 layers end clearly lower.",
        caption="Training loss in each of the first 100 steps, with the recipe of the ResNet "
        "paper. Lines and bands show the mean and the range of three seeds. A network that gives "
        "every class the same probability has a loss of 2.30.",
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
        caption="Networks of 56 layers, at the first forward pass on 128 images of CIFAR-10. Lines "
        "and bands show the geometric mean and the range of five seeds. BN means batch "
        "normalisation; the dashed and dotted lines belong to networks without it. The last layer "
        "is the classifier, whose response is the output.",
    )


def responses_after_the_first_steps() -> Published:
    """Size of every response after a hundred steps, 20 and 56 layers."""
    return publish(
        response_figure((20, 56), "Responses soon after the start"),
        alt="Standard deviation of each layer's response for plain and residual networks of 20 and "
        "56 layers. All lie close to one, except in plain-56, where many are well above.",
        caption="Standard deviation of the responses on the training batch, after 100 steps with "
        "the recipe of the ResNet paper. Lines and bands show the mean and the range of three "
        "seeds, and the dotted line shows the value at initialisation. (Figure 7 of the ResNet "
        "paper shows networks that are trained to the end.)",
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
        caption="Standard deviation of the responses on 1,000 test images of CIFAR-10. The "
        "networks were trained with the fast recipe, for 10 epochs (14 layers) or for 15 (20 "
        "layers). Lines and bands show the mean and the range of three seeds.",
    )


def likeness_of_neighbours() -> Published:
    """Cosine between the gradients of neighbouring inputs, against depth."""
    return publish(
        neighbour_figure(0.01, "Plain gradients shatter, residual ones much less"),
        alt="Cosine between gradients of neighbouring inputs against depth. The plain network "
        "falls from high values at 8 layers to near zero at 56 and 110. The residual network falls "
        "far more slowly.",
        caption="Cosine between two gradients with respect to the input: one at an image, and one "
        "where the image has moved one per cent of the way towards another image. The networks "
        "have batch normalisation and He initialisation and are not trained. Lines and bands show "
        "the mean and the range of three seeds, with 16 images each.",
    )
