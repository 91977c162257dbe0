"""How long training takes to a given accuracy, from records.

Answers "how few seconds for that number?". A run of a one-cycle schedule is good at its end only,
so a short budget is a run of its own, and its last epoch counts.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import accumulate

from matplotlib.figure import Figure

from utils.chapters.shared import is_recorded
from utils.display.figures import COLOURS, draw_spread, figure, finish
from utils.display.published import Published, publish
from utils.display.tables import table
from utils.facts.files import book_data
from utils.facts.paper import cell
from utils.files.places import ROOT
from utils.models.counting import count_macs
from utils.models.networks import build
from utils.record.bench import load_benches
from utils.record.experiments import SEEDS, WITHOUT
from utils.results.labels import device_label, network_label
from utils.results.runs import load_runs
from utils.results.settings import difference_in_words, settings_difference
from utils.results.spread import Spread, accuracy, accuracy_of, curves, spread
from utils.results.verdict import (
    NOT_SHOWN,
    RULE,
    SAME_SIGN,
    SHOWN,
    Difference,
    by_verdict,
    compare_runs,
)
from utils.results.words import counted, listed, number, seeds_in_words

READS = tuple(ROOT / "book" / "data" / f"{name}.yml" for name in ("after", "source_results"))
SHORT, ABLATION, BASE = "short-budgets", "fast-without", "fast-3"
TODAYS = ("wide", "wide-without", "wide-shortcut")
REFERENCE = "fast, 3 epochs"
"""A budget that ran on two free threads, as the tutorial's loop was timed."""
BUDGETS = {
    "source, 10 epochs": ("source-recipe", "source-resnet-14", "source"),
    "fast, 1 epoch": (SHORT, "resnet-14", "fast-1"),
    "fast, 2 epochs": (SHORT, "resnet-14", "fast-2"),
    REFERENCE: (SHORT, "resnet-14", BASE, SEEDS),
    "fast, 10 epochs": ("shortcut-control", "resnet-14", "fast", SEEDS),
    "fast, 15 epochs, ResNet-20": ("fast-20", "resnet-20", "fast"),
}
"""Label of a budget: experiment, network and recipe, and the seeds if they are not all.

Every budget has seeds 0 to 2. The other seeds were trained on machines that had much other work, so
their seconds measure no speed.
"""
BEHIND = (*(spec[:3] if spec[2] == BASE else spec for spec in BUDGETS.values()), ABLATION, *TODAYS)
"""All runs that the chapter shows: its table of tricks has every seed of the whole recipe."""
LONG_BUDGETS = {"paper, ResNet-20": ("paper-table-6", "resnet-20", "paper")}
"""Budgets that need a GPU; they are left out until they are recorded."""
LOG_TICKS = {
    "epoch": ((1, 2, 3, 5, 10, 15), ("1", "2", "3", "5", "10", "15")),
    "seconds of training": ((30, 100, 300, 1000), ("30", "100", "300", "1,000")),
}
TRICKS = {
    "full-size": "small images for the first half",
    "constant-rate": "a rate that rises and falls; instead, a constant rate of 0.1",
    "no-flip": "mirror images in training",
    "zero-padding": "a margin of two mirrored pixels; instead, a margin of four zero pixels",
    "no-decay": "weight decay",
    "no-nesterov": "Nesterov's look-ahead",
}
"""What each variant of the fast recipe does without."""
NAMES = {
    "full-size": "small images in the first half",
    "constant-rate": "the rate that rises and falls",
    "no-flip": "mirror images",
    "zero-padding": "the margin of mirrored pixels",
    "no-decay": "weight decay",
    "no-nesterov": "Nesterov's look-ahead",
}
"""The same in a sentence."""


def training_seconds(runs: Iterable[dict]) -> Spread:
    """Seconds of training alone, tests and set-up left out, over the seeds of ``runs``."""
    return spread(run["timing"]["train_seconds"] for run in runs)


def usual_loop_seconds(device: str, threads: int) -> float:
    """Seconds of the usual loop's ten epochs, from the benchmark of the same machine.

    Raises:
        LookupError: that machine has no benchmark; names the command.
    """
    for bench in load_benches():
        machine = bench["machine"]
        if (machine["device"], machine["threads"]) == (device, threads):
            return bench["run_seconds_50k_images"]["usual loop"]
    raise LookupError(f"no benchmark of {device} with {threads} threads; make it with: make bench")


def speed_up(runs: Sequence[dict]) -> Spread:
    """How many times less time than the usual loop's ten epochs each run took."""
    machine = runs[0]["machine"]
    usual = usual_loop_seconds(machine["device"], machine["threads"])
    return spread(usual / run["timing"]["train_seconds"] for run in runs)


def machines(runs: Iterable[dict]) -> str:
    """Device and threads that runs trained on; seconds are compared only where these agree."""
    return "; ".join(sorted({device_label(run["machine"]) for run in runs}))


def reached(runs: Iterable[dict], wanted: float) -> bool:
    """Whether every seed has an accuracy at its last epoch."""
    return all(1 - run["final"]["test_error"] >= wanted for run in runs)


def cheapest(groups: dict[str, list[dict]], wanted: float) -> dict[str, str]:
    """The group with the least time of which *every* seed reaches an accuracy.

    Returns:
        Machine, as :func:`machines` names it, to the group's label. Machines on which no group
        gets there are left out.
    """
    there = [label for label, runs in groups.items() if reached(runs, wanted)]
    found: dict[str, str] = {}
    for label in sorted(there, key=lambda label: training_seconds(groups[label]).mean):
        found.setdefault(machines(groups[label]), label)
    return found


def budgets() -> dict[str, list[dict]]:
    """The runs of every recorded budget, in order of seed."""
    there = {label: where for label, where in LONG_BUDGETS.items() if is_recorded(where[0])}
    return {label: load_runs(*where) for label, where in {**BUDGETS, **there}.items()}


def targets() -> dict[str, float]:
    """Accuracies that people ask for: what they are, and as fractions."""
    printed = book_data("source_results")["source-resnet-14"]["test_accuracy"]
    paper = 1 - cell("6/resnet-20/error").number / 100
    race = Decimal(book_data("after")["works"]["airbench"]["values"]["easy"]) / 100
    return {
        "the tutorial's printed accuracy": printed,
        "the paper's ResNet-20": float(paper),
        "the speed races": float(race),
    }


def course(runs: Sequence[dict]) -> tuple[list[float], list[Spread]]:
    """Seconds of training at the end of each epoch, mean over seeds, and test error in percent."""
    elapsed = [accumulate(epoch["seconds"] for epoch in run["history"]) for run in runs]
    seconds = [spread(each).mean for each in zip(*elapsed, strict=True)]
    _, points = curves(list(runs), "test_error")
    return seconds, [point.times(100) for point in points]


def course_figure(groups: dict[str, list[dict]], over: str, title: str) -> Figure:
    """Test error against epochs or seconds, a line for each group and a dot at its end.

    Args:
        groups: label -> runs; "source" stands for another network and recipe. Against seconds,
            what did not run on the machine of :data:`REFERENCE` is dashed.
        over: "epoch" or "seconds of training".
        title: what the figure says.
    """
    made, (axes,) = figure(figsize=(4.8, 3.4))
    usual = machines(groups[REFERENCE])
    for label, runs in groups.items():
        seconds, points = course(runs)
        x = list(range(1, len(points) + 1)) if over == "epoch" else seconds
        recipe, _, rest = label.partition(", ")
        colour = COLOURS["other" if recipe == "source" else "residual"]
        style = "-" if over == "epoch" or machines(runs) == usual else "--"
        draw_spread(axes, x, points, colour, label, linewidth=1.2, linestyle=style)
        axes.plot(x[-1], points[-1].mean, "o", color=colour, markersize=6)
        name = "source" if recipe == "source" else rest.removesuffix(" epochs").split(" ")[0]
        axes.annotate(
            name, (x[-1], points[-1].mean), (5, 5), textcoords="offset points", fontsize=9
        )
    finish(axes, title, over, "test error (%)", legend=False, ylim=(0, None), xscale="log")
    axes.minorticks_off()
    axes.set_xticks(*LOG_TICKS[over])
    return made


def courses_over_epochs_and_seconds(groups: dict[str, list[dict]]) -> Published:
    """Two figures: each error falls at its own end, and two epochs pass the tutorial's ten."""
    return publish(
        [
            course_figure(groups, "epoch", "The error falls steeply at each planned end"),
            course_figure(
                groups, "seconds of training", "Two epochs do better than the tutorial's ten"
            ),
        ],
        alt="Test error against epochs and against seconds. In each run of the recipe fast, the "
        "error falls steeply towards the planned end. The run of two epochs ends below the error "
        "that the tutorial's recipe reaches after ten.",
        caption=f"Test error on CIFAR-10, mean over {seeds_in_words(map(len, groups.values()))}; "
        "each band is one standard deviation wide on either side. A dot marks the end of a run, "
        "with its number of epochs or the word source. Seconds count the training only, without "
        "the tests. In the plot over seconds, a solid line means that the runs had two free CPU "
        "threads. A dashed line means that the runs had one thread, while another training ran on "
        "the same machine.",
    )


def target_table(groups: dict[str, list[dict]]) -> Published:
    """For each target and machine the cheapest recorded budget that reaches it with every seed."""
    rows = []
    for name, wanted in targets().items():
        goal = f"{100 * wanted:.2f} %, {name}"
        found = cheapest(groups, wanted)
        for machine, label in found.items():
            seconds = training_seconds(groups[label]).words(0)
            rows.append([goal, label, f"{seconds} s", machine])
        if not found:
            best = max(groups, key=lambda label: accuracy(groups[label]).mean)
            so_far = f"best so far: {best}, {accuracy(groups[best]).percent()}"
            rows.append([goal, "none", so_far, ""])
    return table(
        ["accuracy", "cheapest budget", "training time", "machine"],
        rows,
        "Each row shows the cheapest budget for one accuracy on one machine. It has the least "
        "training time of all recorded budgets whose seeds all have this accuracy at their last "
        "epoch. Where no budget reaches the accuracy, the row shows the best one so far. Seconds "
        "of different machines are not compared.",
    )


def three_epochs(variant: str | None = None) -> list[dict]:
    """The runs of three epochs with the whole recipe, or without what a variant leaves out."""
    if variant is None:
        return load_runs(SHORT, "resnet-14", BASE)
    return load_runs(ABLATION, "resnet-14", f"{BASE}-{variant}")


def change(variant: str) -> Difference:
    """Points of test accuracy from the whole recipe to a variant: negative if the trick helped."""
    return compare_runs(three_epochs(), three_epochs(variant), accuracy_of)


def effect(variant: str) -> Difference:
    """Points of test accuracy that a trick gains: the whole recipe minus a variant without it."""
    return compare_runs(three_epochs(variant), three_epochs(), accuracy_of)


def effects() -> dict[str, Difference]:
    """The same of every trick, by variant."""
    return {variant: effect(variant) for variant in WITHOUT}


def tricks_in_words(found: dict[str, Difference]) -> str:
    """Which tricks raise the accuracy, for which there is a hint, and for which there is nothing.

    Args:
        found: variant -> gain, as :func:`effects` gives it.
    """
    groups = by_verdict(found)
    names = {verdict: [NAMES[v] for v in group] for verdict, group in groups.items()}
    most = max(found, key=lambda v: abs(found[v].over.mean))
    parts = "none of the parts"
    if shown := names[SHOWN]:
        parts = f"{counted(len(shown), 'part', 'parts')}: {listed(shown)}"
    told = [f"**A difference is shown for {parts}.**"]
    if hints := names[SAME_SIGN]:
        told.append(
            f"For {listed(hints)}, the change has the same sign in each seed, but the 95 % "
            "interval of its mean contains 0. This is a hint and not yet a finding."
        )
    if names[NOT_SHOWN]:
        told.append(
            f"For {listed(names[NOT_SHOWN])}, the interval contains 0, and the seeds do not even "
            "agree on the sign of the change, so nothing is shown."
        )
    way, sign = ("lower", 1) if found[most].over.mean > 0 else ("higher", -1)
    size = Spread(sign * found[most].over.mean, found[most].over.sd, found[most].over.count)
    told.append(
        f"On average over the seeds, the accuracy changes most without {NAMES[most]}: it is then "
        f"{size.words(1)} points {way}. "
        + found[most].says(
            "This difference is one of those that are shown.",
            "Even this difference is only a hint, because its size differs widely between seeds.",
            "Even this difference shows nothing, because it differs so widely between seeds.",
        )
    )
    return " ".join(told)


def several_settings() -> str:
    """Which variants change more than one setting, and which ones; empty if none does."""
    whole = three_epochs()[0]
    told = []
    for variant in WITHOUT:
        run = three_epochs(variant)[0]
        if (count := len(settings_difference(whole, run))) > 1:
            which = difference_in_words(whole, run)
            told.append(f"Without {NAMES[variant]}, {number(count)} settings change: {which}.")
    if not told:
        return ""
    rows = counted(len(told), "row changes", "rows change").capitalize()
    return " ".join([f"{rows} more than one setting.", *told])


def work(runs: Sequence[dict]) -> float:
    """Multiply-accumulates of an image's forward pass in millions, mean over a run."""
    net, config = build(runs[0]["model"]), runs[0]["config"]
    full = count_macs(net)
    small = count_macs(net, config["small_size"]) if config["small_size"] else full
    share = config["small_fraction"]
    return (share * small + (1 - share) * full) / 1e6


def ablation_table() -> Published:
    """How accuracy and work change without each trick, three epochs."""
    whole = three_epochs()
    rows = [
        [
            "the whole recipe",
            "",
            "",
            accuracy(whole).percent(),
            "",
            len(whole),
            f"{work(whole):.1f}",
        ]
    ]
    for variant in WITHOUT:
        runs, found = three_epochs(variant), change(variant)
        rows.append(
            [
                f"without {TRICKS[variant]}",
                found.told(2, "+"),
                found.verdict,
                accuracy(runs).percent(),
                f"{min(found.values):+.2f} to {max(found.values):+.2f}",
                len(runs),
                f"{work(runs):.1f}",
            ]
        )
    return table(
        [
            "recipe",
            "change",
            "verdict",
            "test accuracy",
            "lowest to highest",
            "seeds",
            "work for each image",
        ],
        rows,
        "ResNet-14 after three epochs, mean ± standard deviation over the seeds of the row. The "
        "change is the accuracy without the part minus that of the whole recipe, in percentage "
        "points and seed by seed. A row of three seeds is compared with the same three seeds of "
        "the whole recipe, so its change is not the difference of the two means in this table. "
        "The column “lowest to highest” gives the range of the changes over the seeds. "
        f"{RULE} The work is the number of MACs in the forward pass, in millions and "
        "as the mean over the run.",
    )


def pace_table(groups: dict[str, list[dict]]) -> Published:
    """Epochs, seconds and accuracy of each budget."""
    rows = []
    for label, runs in groups.items():
        seconds = training_seconds(runs).words(0)
        rows.append(
            [
                label,
                accuracy(runs).percent(),
                f"{seconds} s",
                network_label(runs[0]["model"]),
                runs[0]["config"]["epochs"],
                machines(runs),
            ]
        )
    return table(
        ["budget", "test accuracy", "training time", "network", "epochs", "machine"],
        rows,
        f"Mean ± standard deviation over {seeds_in_words(map(len, groups.values()))}. The accuracy "
        "is that of the last epoch. The time counts the training only, without the tests. Runs on "
        "one thread shared the machine with another training. Not all rows have the same network, "
        "because a budget is a network, a recipe and a number of epochs.",
    )
