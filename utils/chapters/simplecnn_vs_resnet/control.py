"""What the comparison of SimpleCNN and ResNet shows, and what the networks get wrong.

Answers "do the shortcuts make the difference?", from recorded runs, and finds the pictures behind
confident mistakes without storing any.
"""

import torch
from torch import Tensor

from utils.chapters.shared import class_table
from utils.data.cifar10 import CLASSES
from utils.data.sets import Dataset, Split, image_digest, load, need_dataset, need_split
from utils.display.figures import confusion_figure, error_curves, loss_curves, picture_grid
from utils.display.published import Published, publish
from utils.display.tables import table
from utils.facts.files import book_data
from utils.results.labels import network_label, short_label
from utils.results.runs import load_runs
from utils.results.spread import accuracy_of, each_seed, mean_confusion
from utils.results.verdict import RULE, Difference, compare, compare_runs
from utils.results.words import seeds_in_words
from utils.training.prediction import predict
from utils.training.trainer import TrainResult, need_result

CONTROL = "shortcut-control"
SMALL = "depth, width, kernels, pooling, last layer, initialisation"
PAIRS = {
    ("plain-14", "resnet-14"): "the shortcuts alone",
    ("simple-cnn", "plain-14"): SMALL,
    ("simple-cnn", "resnet-14"): f"{SMALL}, shortcuts",
}
"""What is compared under one recipe: from, to, and all in which the two networks differ."""

TUTORIAL = {"simple-cnn": "cnn", "source-resnet-14": "residual"}
TRIO = {"simple-cnn": "cnn", "plain-14": "plain", "resnet-14": "residual"}
"""The networks of the tutorial and of the control, with their colour."""

Shown = tuple[Tensor, list[str]]


def control_runs() -> dict[str, list[dict]]:
    """The recorded runs of each network of the control."""
    return {name: load_runs(CONTROL, name) for name in TRIO}


def printed_and_recorded_losses() -> Published:
    """The training loss of each epoch that the tutorial printed, and that of our runs."""
    printed = book_data("source_results")
    groups = {
        short_label(name): (
            load_runs("source-recipe", name, "source"),
            printed[name]["epoch_losses"],
            colour,
        )
        for name, colour in TUTORIAL.items()
    }
    return publish(
        loss_curves(groups, "Training loss: printed and ours"),
        alt="Training loss by epoch. The printed curves and our own have the same shape. The "
        "printed curves are lower: each is about where ours is one epoch later.",
        caption="Mean training loss of each epoch with the recipe source. The lines are the means "
        "of our runs, and the bands show one standard deviation over seeds. The dots are the "
        "losses that the tutorial printed.",
    )


def trained_seeds() -> str:
    """How many seeds the networks of the control have, in words."""
    return seeds_in_words(len(runs) for runs in control_runs().values())


def control_curves() -> Published:
    """Training and test error of the control by epoch."""
    groups = {short_label(name): (runs, TRIO[name]) for name, runs in control_runs().items()}
    return publish(
        [
            error_curves(groups, "train_error", "Training error"),
            error_curves(groups, "test_error", "Test error"),
        ],
        alt="Training and test error by epoch. SimpleCNN ends far above the two deep networks, "
        "which end close together. Test errors jump until the images reach full size.",
        caption="CIFAR-10, recipe fast, ten epochs. A line is the mean over "
        f"{trained_seeds()}, and its band shows one standard deviation. The training error is "
        "measured on augmented images while the weights change. In the first half of the run "
        "these images are scaled down, but the test images are not.",
    )


def control_confusions() -> Published:
    """Which class is taken for which, by the smallest and by the residual network."""
    runs = control_runs()
    return publish(
        [
            confusion_figure(mean_confusion(runs[name]), CLASSES, short_label(name))
            for name in ("simple-cnn", "resnet-14")
        ],
        alt="Two confusion matrices. Both networks confuse cats with dogs most, and SimpleCNN "
        "makes more mistakes in every class.",
        caption="Each row shows what a network predicted for the images of one true class, in "
        f"percent: the mean over {trained_seeds()}. Percentages under 1 are left out. The bold "
        "diagonal shows the right predictions, and only mistakes are coloured.",
    )


def control_class_errors() -> Published:
    """The test error of each class for the networks of the control."""
    return class_table({short_label(name): runs for name, runs in control_runs().items()}, CLASSES)


def control() -> dict[tuple[str, str], Difference]:
    """Points of test accuracy from one network to the other, for each of :data:`PAIRS`."""
    runs = control_runs()
    return {pair: compare_runs(*(runs[m] for m in pair), accuracy_of) for pair in PAIRS}


def control_table() -> Published:
    """The comparisons under one recipe, with their verdict."""
    rows = [
        [
            " → ".join(short_label(model) for model in pair),
            PAIRS[pair],
            found.told(2, "+"),
            found.verdict,
            ", ".join(f"{change:+.2f}" for change in found.values),
        ]
        for pair, found in control().items()
    ]
    return table(
        ["from → to", "what differs", "change in points", "verdict", "change in each seed"],
        rows,
        "Change of the CIFAR-10 test accuracy from the first network to the second, in points. "
        "Both were trained for ten epochs with the recipe fast and are compared seed by seed; mean "
        f"± standard deviation. {RULE}",
    )


def scale_changes(model: str) -> dict[str, Difference]:
    """Points of accuracy over the native test: "zoomed", same weights; "repaired", trained anew."""
    stretched = load_runs("source-recipe", model, "source")
    native = each_seed(stretched, accuracy_of)
    zoomed = each_seed(stretched, lambda run: 100 * (1 - run["final"]["test_error_zoomed"]))
    repaired = each_seed(load_runs("source-recipe", model, "source-padded"), accuracy_of)
    return {"zoomed": compare(native, zoomed), "repaired": compare(native, repaired)}


def scale_change_table(models: tuple[str, ...]) -> Published:
    """How much the scale of the test images, and the repair, change for each network."""
    names = {
        "zoomed": "same weights, tested on stretched images",
        "repaired": "trained on padded images, tested on unchanged images",
    }
    rows = [
        [network_label(model), names[how], found.told(1, "+"), found.verdict]
        for model in models
        for how, found in scale_changes(model).items()
    ]
    return table(
        ["network", "what was changed", "change in points", "verdict"],
        rows,
        "Change of the CIFAR-10 test accuracy, in points. The starting point is the same network, "
        "trained on stretched images and tested on unchanged images. The comparison is made seed "
        "by seed; mean ± standard deviation. The section “When is a difference shown?” explains "
        "the verdict.",
    )


def caption(label: str, predicted: str, confidence: float) -> str:
    """Two short lines for under a picture."""
    return f"{label} → {predicted}\n{confidence:.0%} sure"


def find_images(digests: list[str], split: Split) -> Tensor:
    """The images with these hashes: uint8 (N, 3, H, W), in the order asked for.

    Raises:
        TypeError: not a split.
        LookupError: an image is not in ``split``: another data set, or another split.
    """
    need_split(split)
    wanted = set(digests)
    places = {}
    for place, (image, label) in enumerate(zip(split.images, split.labels, strict=True)):
        digest = image_digest(image, int(label)).hex()
        if digest in wanted:
            places[digest] = place
    missing = wanted - places.keys()
    if missing:
        raise LookupError(
            f"{len(missing)} of {len(wanted)} recorded images are not in these "
            f"{len(split)} images; use the test split of the recorded data set"
        )
    return split.images[torch.tensor([places[digest] for digest in digests])]


def recorded_mistakes(run: dict, split: Split, classes: tuple[str, ...], count: int = 4) -> Shown:
    """The confident mistakes of a recorded run as (images, captions)."""
    mistakes = run["final"]["confident_mistakes"][:count]
    pictures = find_images([mistake["image"] for mistake in mistakes], split)
    captions = [
        caption(classes[m["label"]], classes[m["predicted"]], m["confidence"]) for m in mistakes
    ]
    return pictures, captions


def live_mistakes(
    result: TrainResult, split: Split, classes: tuple[str, ...], count: int = 4
) -> Shown:
    """The confident mistakes of a network trained in this session as (images, captions).

    Raises:
        TypeError: something else than a result and a split.
    """
    need_result(result)
    need_split(split)
    device = next(result.net.parameters()).device
    split = split.to(device)
    confidence, predicted = predict(result.net, split.images, result.normaliser).max(1)
    wrong = (predicted != split.labels).nonzero().flatten()
    order = wrong[confidence[wrong].argsort(descending=True)][:count]
    captions = [
        caption(classes[int(split.labels[i])], classes[int(predicted[i])], float(confidence[i]))
        for i in order
    ]
    return split.images[order].cpu(), captions


def confident_mistakes(results: dict[str, TrainResult], images: Dataset) -> Published:
    """The most confident mistakes of each network: the recorded ones where this machine has
    CIFAR-10, otherwise those of the networks trained in this session.

    Args:
        results: for each name of :data:`TRIO`, what was trained here.
        images: what it was trained on.

    Raises:
        TypeError: not a data set.
    """
    need_dataset(images, "images")
    here, runs = load("auto"), control_runs()
    grids = []
    for name in TRIO:
        if here.name == "cifar10":
            shown = recorded_mistakes(runs[name][0], here.test, here.classes)
        else:
            shown = live_mistakes(results[name], images.test, images.classes)
        grids.append(picture_grid(*shown, title=short_label(name)))
    return publish(
        grids,
        alt="For each network, the test images that it got wrong with the highest confidence: true "
        "class, prediction, confidence.",
        caption="The most confident mistakes of each network. Under each image you see its true "
        "class → the prediction, and the confidence of the network.",
    )
