"""What the comparison of SimpleCNN and ResNet shows, and what the networks get wrong.

Answers "do the shortcuts make the difference?", from recorded runs, and finds the pictures behind
confident mistakes without storing any.
"""

import torch
from torch import Tensor

from utils.data.sets import Split, image_digest
from utils.display.published import Published
from utils.display.tables import table
from utils.results.labels import network_label
from utils.results.runs import load_runs
from utils.results.spread import accuracy_of, each_seed
from utils.results.verdict import Difference, compare, compare_runs
from utils.training.prediction import predict
from utils.training.trainer import TrainResult

CONTROL = "shortcut-control"
SMALL = "depth, width, kernels, pooling, last layer, initialisation"
PAIRS = {
    ("plain-14", "resnet-14"): "the shortcuts alone",
    ("simple-cnn", "plain-14"): SMALL,
    ("simple-cnn", "resnet-14"): f"{SMALL}, shortcuts",
}
"""What is compared under one recipe: from, to, and all in which the two networks differ."""

Shown = tuple[Tensor, list[str]]


def control() -> dict[tuple[str, str], Difference]:
    """Points of test accuracy from one network to the other, for each of :data:`PAIRS`."""
    runs = {model: load_runs(CONTROL, model) for pair in PAIRS for model in pair}
    return {pair: compare_runs(*(runs[m] for m in pair), accuracy_of) for pair in PAIRS}


def control_table() -> Published:
    """The comparisons under one recipe, with their verdict."""
    rows = [
        [
            " → ".join(network_label(model).split(",")[0] for model in pair),
            PAIRS[pair],
            found.told(2, "+"),
            ", ".join(f"{change:+.2f}" for change in found.values),
            found.verdict,
        ]
        for pair, found in control().items()
    ]
    return table(
        ["from, to", "differ in", "change", "in each seed", "verdict"],
        rows,
        "Points of CIFAR-10 test accuracy, compared seed by seed, ten epochs, recipe fast, mean ± "
        "standard deviation. Shown: the 95 % interval of the mean change leaves out 0.",
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
    names = {"zoomed": "same weights, tested stretched", "repaired": "trained padded"}
    rows = [
        [network_label(model), names[how], found.told(1, "+"), found.verdict]
        for model in models
        for how, found in scale_changes(model).items()
    ]
    return table(
        ["network", "against trained stretched, tested as is", "change", "verdict"],
        rows,
        "Points of CIFAR-10 test accuracy, compared seed by seed, mean ± standard deviation.",
    )


def caption(label: str, predicted: str, confidence: float) -> str:
    """Two short lines for under a picture."""
    return f"{label} → {predicted}\n{confidence:.0%} sure"


def find_images(digests: list[str], split: Split) -> Tensor:
    """The images with these hashes: uint8 (N, 3, H, W), in the order asked for.

    Raises:
        LookupError: an image is not in ``split``: another data set, or another split.
    """
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
    """The confident mistakes of a network trained in this session as (images, captions)."""
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
