"""Numbers in the text of the chapter on time to accuracy, from records.

Answers "what does this sentence say today?"; :mod:`utils.notebook.filled` asks. Each function
gives the values of a paragraph by name.
"""

from collections.abc import Sequence
from functools import cache

from utils.chapters.time_to_accuracy.ideas import gains as ideas_added
from utils.chapters.time_to_accuracy.ideas import ideas_in_words, most_in_words
from utils.chapters.time_to_accuracy.recorded import (
    REFERENCE,
    budgets,
    cheapest,
    effects,
    machines,
    several_settings,
    speed_up,
    targets,
    three_epochs,
    training_seconds,
    tricks_in_words,
    usual_loop_seconds,
    work,
)
from utils.chapters.time_to_accuracy.shortcut import gains, lesson_in_words, shortcuts_in_words
from utils.chapters.time_to_accuracy.today import NETWORK, todays
from utils.models.counting import count_macs
from utils.models.networks import build
from utils.results.spread import accuracy, spread
from utils.results.verdict import Difference
from utils.results.words import counted, number

Words = dict[str, str]
SOURCE, LONG, THIRD = "source, 10 epochs", "fast, 10 epochs", 2


def epoch_percent(runs: Sequence[dict], epoch: int, images: str) -> str:
    """The mean error of an epoch, counted from 0, on "train" or "test" images: "32 %"."""
    errors = [100 * run["history"][epoch][f"{images}_error"] for run in runs]
    return f"{spread(errors).mean:.0f} %"


@cache
def middle() -> Words:
    """The third epoch of the run of ten, and the end of the run of three."""
    runs = budgets()
    third = [{"final": {"test_error": run["history"][THIRD]["test_error"]}} for run in runs[LONG]]
    return {
        "long": accuracy(third).percent(1),
        "short": accuracy(runs[REFERENCE]).percent(1),
        "train_error": epoch_percent(runs[LONG], THIRD, "train"),
        "test_error": epoch_percent(runs[LONG], THIRD, "test"),
    }


def how_many_reached(errors: Sequence[float], wanted: float) -> str:
    """How many of some seeds have an accuracy: "none of our three seeds"."""
    reached = sum(1 - error >= wanted for error in errors)
    return f"{number(reached) if reached else 'none'} of our {number(len(errors))} seeds"


@cache
def race() -> Words:
    """The cheapest budget that reaches what the tutorial prints, beside the tutorial's loop."""
    runs, wanted = budgets(), targets()["the tutorial's printed accuracy"]
    found = cheapest(runs, wanted)[machines(runs[REFERENCE])]
    fastest, source = runs[found], runs[SOURCE]
    machine = fastest[0]["machine"]
    times = speed_up(fastest)
    epochs = source[0]["config"]["epochs"] / fastest[0]["config"]["epochs"]
    return {
        "wanted": f"{100 * wanted:.2f} %",
        "budget": found,
        "seconds": training_seconds(fastest).words(0),
        "usual": f"{usual_loop_seconds(machine['device'], machine['threads']):,.0f}",
        "times": times.words(1),
        "epochs": f"{epochs:.0f}",
        "pace": times.times(1 / epochs).words(1),
        "reached": how_many_reached([run["final"]["test_error"] for run in source], wanted),
    }


def without_small_images(gain: Difference) -> str:
    """Whether the accuracy is lower without the small images, with the verdict.

    Args:
        gain: points of accuracy that the small images gain.
    """
    way = "lower" if gain.over.mean > 0 else "higher"
    return gain.says(
        f"Without them the accuracy is {way}, and this change is shown.",
        f"In each seed the accuracy is {way} without them. This is a hint and not yet a finding.",
        "The seeds do not agree whether the accuracy is lower or higher without them, so nothing "
        "is shown for the accuracy.",
    )


@cache
def tricks() -> Words:
    """What the runs of three epochs say of each trick, and of small images in the first half."""
    found = effects()
    more = work(three_epochs("full-size")) / work(three_epochs())
    return {
        "verdicts": tricks_in_words(found),
        "more_work": f"{more:.1f}",
        "small": without_small_images(found["full-size"]),
        "several": several_settings(),
    }


def where_in_words(machine: dict) -> str:
    """Where a run trained: "on two CPU threads", or "on one NVIDIA H200"."""
    if machine["device_type"] != "cpu":
        return f"on one {machine['device']}"
    return f"on {counted(machine['threads'], 'CPU thread', 'CPU threads')}"


def reached_in_words(groups: dict[str, list[dict]], wanted: float) -> str:
    """Which budget reaches an accuracy with all its seeds, where and in how many minutes.

    Without such a budget, it says how near one comes.
    """
    found = cheapest(groups, wanted)
    if not found:
        best = max(groups, key=lambda label: accuracy(groups[label]).mean)
        return (
            f"With one view, no budget brings all its seeds to {100 * wanted:.0f} %. The nearest "
            f"is *{best}* with {accuracy(groups[best]).percent()}."
        )
    label = next(iter(found.values()))
    runs = groups[label]
    minutes = training_seconds(runs).times(1 / 60).words(1)
    return (
        f"**All {number(len(runs))} seeds of *{label}* reach it with one view, in "
        f"{minutes} minutes of training {where_in_words(runs[0]['machine'])}.**"
    )


@cache
def today() -> Words:
    """How far the recipe muon gets, for two accuracies that people ask for."""
    runs, wanted = {**budgets(), **todays()}, targets()
    paper, race = wanted["the paper's ResNet-20"], wanted["the speed races"]
    return {
        "paper": f"{100 * paper:.2f} %",
        "paper_reached": reached_in_words(runs, paper),
        "race_reached": reached_in_words(runs, race),
        "less": f"{count_macs(build(NETWORK)) / count_macs(build('resnet-20')):.1f}",
    }


@cache
def ideas() -> Words:
    """What each idea of the recipe muon adds."""
    found = ideas_added()
    return {"verdicts": ideas_in_words(found), "most": most_in_words(found)}


@cache
def shortcut() -> Words:
    """What shortcuts add to the wide networks."""
    found = gains()
    return {"verdicts": shortcuts_in_words(found), "lesson": lesson_in_words(found)}
