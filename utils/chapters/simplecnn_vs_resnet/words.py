"""The words of the chapter on SimpleCNN and ResNet that depend on recorded runs.

Answers "what do its sentences say today?". The notebook's text names these functions.
"""

from functools import cache

from utils.chapters.shared import common_mistake, epochs_ahead
from utils.chapters.simplecnn_vs_resnet.control import control, control_runs
from utils.data.cifar10 import CLASSES
from utils.facts.files import book_data
from utils.results.runs import load_runs
from utils.results.spread import class_errors, curves, mean_confusion
from utils.results.verdict import Difference, half_width
from utils.results.words import counted, number


def epochs(count: int) -> str:
    """A number of epochs in a sentence."""
    return counted(count, "epoch", "epochs")


def leads(residual: int, small: int) -> str:
    """By how many epochs the printed curves of the two networks lead ours, as a sentence."""
    if residual == small:
        return f"Both curves fit best when they are moved by {epochs(small)}"
    return (
        f"The ResNet's curve fits best when it is moved by {epochs(residual)}, and SimpleCNN's "
        f"curve fits best when it is moved by {epochs(small)}"
    )


@cache
def printed() -> dict[str, str]:
    """SimpleCNN's first loss, printed and ours, and by how much the printed curves lead ours."""
    found, ahead = {}, {}
    for name, values in book_data("source_results").items():
        runs, key = load_runs("source-recipe", name, "source"), name.replace("-", "_")
        found[f"{key}_first"] = f"{values['epoch_losses'][0]:.2f}"
        found[f"{key}_ours"] = curves(runs, "train_loss")[1][0].words()
        ahead[name] = epochs_ahead(values["epoch_losses"], runs)
    return found | {"lead": leads(ahead["source-resnet-14"], ahead["simple-cnn"])}


def control_in_words(shortcuts: Difference, rest: Difference) -> dict[str, str]:
    """What the shortcuts change at 14 layers, and what is left without them.

    Args:
        shortcuts: from plain-14 to ResNet-14.
        rest: from SimpleCNN to plain-14.
    """
    higher = "higher" if shortcuts.over.mean > 0 else "lower"
    finding = shortcuts.says(
        f"At 14 layers the accuracy is {higher} with the shortcuts, and {shortcuts.seeds} show it.",
        f"At 14 layers the accuracy is {higher} with the shortcuts in each seed, which is a hint "
        "and not yet a finding.",
        f"{shortcuts.seeds.capitalize()} do not show what the shortcuts do to the accuracy at 14 "
        "layers.",
    )
    return {
        "finding": finding,
        "rest": rest.told(2, "+"),
        "change": shortcuts.told(2, "+"),
        "mean": f"{abs(shortcuts.over.mean):.2f}",
        "limit": f"{half_width(shortcuts.over.count) * shortcuts.over.sd:.2f}",
        "verdict": "The difference between SimpleCNN and plain-14 has the verdict "
        f"“{rest.verdict}”.",
    }


@cache
def shortcuts() -> dict[str, str]:
    """The same of the recorded control."""
    found = control()
    return control_in_words(found["plain-14", "resnet-14"], found["simple-cnn", "plain-14"])


def sharing(count: int, networks: int) -> str:
    """For how many of the networks a mistake is the most common one."""
    if count == networks:
        return f"all {number(networks)} networks"
    return f"{number(count)} of the {number(networks)} networks"


@cache
def mistakes() -> dict[str, str]:
    """The hardest and the easiest class of ResNet-14, and the mistake that it makes most often."""
    runs = control_runs()
    errors = [error.mean for error in class_errors(runs["resnet-14"])]
    pairs = {name: common_mistake(mean_confusion(each)) for name, each in runs.items()}
    true, predicted = pairs["resnet-14"]
    return {
        "worst": CLASSES[errors.index(max(errors))],
        "worst_error": f"{max(errors):.1%}",
        "best": CLASSES[errors.index(min(errors))],
        "best_error": f"{min(errors):.1%}",
        "true": CLASSES[true],
        "predicted": CLASSES[predicted],
        "shared": sharing(list(pairs.values()).count(pairs["resnet-14"]), len(pairs)),
    }
