"""The comparisons that chapters show, from records to tables and sentences.

Answers "what came out?". Each function reads runs and returns something a notebook can show.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

import torch

from utils.display.published import Published
from utils.display.tables import table
from utils.files.records import record_path
from utils.models.counting import count_macs, count_parameters
from utils.models.networks import ResNet, build, imagenet_net
from utils.notebook.session import say
from utils.record.bench import SAME, load_benches, whole_run_rate
from utils.record.experiments import EXPERIMENTS, runs
from utils.results.labels import device_label, network_label
from utils.results.runs import load_runs
from utils.results.spread import Spread, accuracy, class_errors, curves, median
from utils.results.words import seeds_in_words
from utils.training.recipes import RECIPES

SPEED_ROWS = (
    "usual loop",
    "our batches, fp32",
    "and channels last",
    "and mixed precision",
    f"{SAME}, full images",
    f"{SAME}, small images",
)


CIRCUMSTANCES = ("recipe", "seeds", "epochs", "device", "arithmetic", "PyTorch")
"""Columns of a table of recorded runs, between the network and the minutes."""


def sketch(depth: int, version: str = "v1.5", shortcut: str = "B") -> ResNet:
    """A network of the paper to count: shapes without numbers, on the meta device."""
    with torch.device("meta"):
        return imagenet_net(depth, version, shortcut)


def size_table(models: Iterable[str]) -> Published:
    """Parameters and MACs (one 3 x 32 x 32 image), counted by code."""
    rows = []
    for name in models:
        net = build(name)
        macs = f"{count_macs(net) / 1e6:.1f} million"
        rows.append([network_label(name), f"{count_parameters(net):,}", macs])
    return table(
        ["network", "parameters", "MACs an image"],
        rows,
        "Size and work of the networks, counted by code.",
    )


def recipe_table(names: Sequence[str], fields: Sequence[str]) -> Published:
    """Fields of named recipes side by side."""
    rows = [
        [field.replace("_", " "), *(_setting(getattr(RECIPES[name], field)) for name in names)]
        for field in fields
    ]
    return table(
        ["setting", *names], rows, "The settings of each recipe, read from the code that uses them."
    )


def _setting(value: object) -> object:
    """A setting as a table shows it: nothing is a dash."""
    return "–" if value is None else value


def printed_table(printed: dict[str, dict], experiment: str, recipe: str) -> Published:
    """What a document printed beside what we measure with the same recipe."""
    rows = []
    for name, values in printed.items():
        runs = load_runs(experiment, name, recipe)
        printed_text = f"{values['test_accuracy']:.2%}"
        rows.append([network_label(name), printed_text, accuracy(runs).percent()])
    return table(
        ["network", "printed (one run)", f"ours ({len(runs)} seeds)"],
        rows,
        f"CIFAR-10 test accuracy after the last epoch, with the recipe {recipe}. Our values are "
        "means ± standard deviations over the seeds.",
    )


def printed_losses_table(printed: dict[str, dict], experiment: str, recipe: str) -> Published:
    """A document's printed training loss of each epoch beside ours."""
    columns, heads, counts = [], ["epoch"], []
    for name, values in printed.items():
        columns.append([f"{loss:.4f}" for loss in values["epoch_losses"]])
        runs = load_runs(experiment, name, recipe)
        counts.append(len(runs))
        measured = curves(runs, "train_loss")[1]
        columns.append([point.words() for point in measured])
        heads += [f"{network_label(name)}: {whose}" for whose in ("printed", "ours")]
    rows = [[str(epoch), *row] for epoch, row in enumerate(zip(*columns, strict=True), 1)]
    return table(
        heads,
        rows,
        "Mean training loss of each epoch: the tutorial's printed values and ours. Our values are "
        f"means ± standard deviations over {seeds_in_words(counts)}.",
    )


def epochs_ahead(printed_losses: Sequence[float], runs: list[dict]) -> int:
    """By how many epochs a printed loss curve leads ours: the shift with the least squares.

    A shift k compares the printed epoch e with our epoch e + k, over the epochs both have.
    """

    def distance(shift: int) -> float:
        pairs = list(zip(printed_losses, ours[shift:], strict=False))
        return sum((a - b) ** 2 for a, b in pairs) / len(pairs)

    ours = [point.mean for point in curves(runs, "train_loss")[1]]
    return min(range(len(ours) // 2), key=distance)


def scale_gaps(model: str) -> dict[str, Spread]:
    """Accuracies of a net trained on stretched images, and of the repaired recipe."""
    stretched = load_runs("source-recipe", model, "source")
    return {
        "native": accuracy(stretched),
        "zoomed": accuracy(stretched, "test_error_zoomed"),
        "repaired": accuracy(load_runs("source-recipe", model, "source-padded")),
    }


def scale_table(models: Iterable[str]) -> Published:
    """Test accuracy with the scale mismatch, with it undone at test time, and repaired."""
    gaps = {model: scale_gaps(model) for model in models}
    rows = [[network_label(m), *(s.percent() for s in found.values())] for m, found in gaps.items()]
    counts = [each.count for found in gaps.values() for each in found.values()]
    return table(
        [
            "network",
            "trained on stretched images, tested on unchanged images",
            "same weights, tested on stretched images",
            "trained on padded images, tested on unchanged images",
        ],
        rows,
        "CIFAR-10 test accuracy after the last of ten epochs, mean ± standard deviation over "
        f"{seeds_in_words(counts)}.",
    )


def accuracy_table(runs_by_model: dict[str, list[dict]]) -> Published:
    """Training and test accuracy of several networks under one recipe."""
    rows = [
        [network_label(name), accuracy(runs, "train_error").percent(), accuracy(runs).percent()]
        for name, runs in runs_by_model.items()
    ]
    groups = runs_by_model.values()
    return table(
        ["network", "training accuracy", "test accuracy"],
        rows,
        "Accuracies of the last epoch, mean ± standard deviation over "
        f"{seeds_in_words(map(len, groups))}. The training accuracy is measured on the augmented "
        "images of this epoch, while the weights still change.",
    )


def recipe_results(rows: Iterable[tuple[str, str, str]]) -> Published:
    """Test accuracy of (experiment, model, recipe) triples, seen once and seen twice."""
    lines = []
    for experiment, model, recipe in rows:
        runs = load_runs(experiment, model, recipe)
        epochs = runs[0]["config"]["epochs"]
        twice = accuracy(runs, "test_error_two_views")
        cells = [recipe, accuracy(runs).percent(), twice.percent(), epochs, len(runs)]
        lines.append([network_label(model), *cells])
    return table(
        ["network", "recipe", "test accuracy", "each image also mirrored", "epochs", "seeds"],
        lines,
        "CIFAR-10 test accuracy after the last epoch, mean ± standard deviation over the seeds of "
        "each row. In the column “each image also mirrored”, the network's answers to each test "
        "image and to its mirror image are averaged.",
    )


def provenance_table(experiments: Iterable[str | tuple]) -> Published:
    """Seeds, budget, hardware, arithmetic, versions and minutes of recorded runs.

    Args:
        experiments: names, or what :func:`load_runs` takes where a page shows only that:
            (experiment, network, recipe), and the seeds if they are not all.
    """
    rows = [
        [network_label(alike[0]["model"]), *_circumstances(alike), f"{_minutes(alike):.1f}"]
        for alike in _settings(experiments)
    ]
    return table(
        ["network", *CIRCUMSTANCES, "minutes"],
        rows,
        "The recorded runs behind this chapter. Training uses all 50,000 training images of "
        "CIFAR-10, and the test uses all 10,000 test images. Each result belongs to the end of a "
        "run. The minutes are the training time of one run: the median over the "
        "seeds, because the machines also did other work.",
    )


def behind(records: Iterable[dict]) -> tuple[str, str]:
    """What measurements took and which code made them: their minutes together, their commits."""
    found = list(records)
    minutes = sum(record["wall_seconds"] for record in found) / 60
    return f"{minutes:.0f}", ", ".join(sorted({record["git_commit"][:7] for record in found}))


def provenance_summary(experiments: Iterable[str | tuple]) -> Published:
    """:func:`provenance_table` with one row for all networks that were trained alike.

    The minutes go from the network with the shortest training to that with the longest one.

    Args:
        experiments: as there.
    """
    groups: dict[tuple[str | int, ...], list[list[dict]]] = {}
    for alike in _settings(experiments):
        groups.setdefault(_circumstances(alike), []).append(alike)
    rows = []
    for shared, group in groups.items():
        names = sorted((network_label(each[0]["model"]) for each in group), key=_kind_and_depth)
        ends = min(map(_minutes, group)), max(map(_minutes, group))
        minutes = dict.fromkeys(f"{end:.1f}" for end in ends)
        rows.append(["; ".join(names), *shared, " to ".join(minutes)])
    return table(
        ["networks", *CIRCUMSTANCES, "minutes"],
        rows,
        "The recorded runs behind this chapter. The networks of one row were trained in the same "
        "way. Training uses all 50,000 training images of CIFAR-10, and the test uses all 10,000 "
        "test images. Each result belongs to the end of a run. The minutes are the training time "
        "of one run, from the fastest network of the row to the slowest one. The time of a "
        "network is the median over its seeds, because the machines also did other work.",
    )


def _settings(experiments: Iterable[str | tuple]) -> Iterator[list[dict]]:
    """The runs of each network with each recipe, in the order of the experiments."""
    for wanted in experiments:
        found = load_runs(*((wanted,) if isinstance(wanted, str) else wanted))
        for model, recipe in dict.fromkeys((r["model"], r["config"]["recipe"]) for r in found):
            yield [r for r in found if (r["model"], r["config"]["recipe"]) == (model, recipe)]


def _circumstances(alike: list[dict]) -> tuple[str | int, ...]:
    """How one network was trained with one recipe, by the columns of :data:`CIRCUMSTANCES`."""
    config = alike[0]["config"]
    steps = config["max_steps"]
    return (
        config["recipe"],
        ", ".join(str(run["seed"]) for run in alike),
        f"{steps:,} steps" if steps else config["epochs"],
        "; ".join(sorted({device_label(run["machine"]) for run in alike})),
        ", ".join(sorted({run["machine"]["precision"] for run in alike})),
        ", ".join(sorted({run["machine"]["versions"]["torch"] for run in alike})),
    )


def _minutes(alike: list[dict]) -> float:
    """Training time of one run, the median over the seeds."""
    return median(run["timing"]["train_seconds"] / 60 for run in alike)


def _kind_and_depth(label: str) -> tuple[bool, int, str]:
    """Sorts names of networks: plain ones first, then by depth."""
    depth = re.search(r"\d+", label)
    return not label.startswith("plain"), int(depth[0]) if depth else 0, label


def speed_table() -> Published:
    """Images a second of each loop on each recorded device."""
    rows = []
    for bench in load_benches():
        device, rates = device_label(bench["machine"]), bench["images_per_second"]
        usual = rates["usual loop"]["median"]
        for name in SPEED_ROWS:
            rate = rates[name]
            quartiles = f"{rate['lower']:,.0f} to {rate['upper']:,.0f}"
            ratio = f"{rate['median'] / usual:.2f}"
            rows.append([device, name, f"{rate['median']:,.0f}", quartiles, ratio])
        whole = whole_run_rate(rates, SAME)
        name = f"{SAME}, a whole run"
        rows.append([device, name, f"{whole:,.0f}", "from the two above", f"{whole / usual:.2f}"])
    return table(
        ["device", "training loop", "images/s", "middle half", "speed / speed of the usual loop"],
        rows,
        "Training speed of the tutorial's ResNet with batches of 100 images. Images/s is the "
        "median of many measurements. The middle half is the range that is left without the "
        "slowest quarter and the fastest quarter of the measurements. The loops were measured in "
        "turn, one step of each, over and over again.",
    )


def budget_table() -> Published:
    """Seconds of ten epochs on each recorded device."""
    rows = []
    for bench in load_benches():
        seconds = bench["run_seconds_50k_images"]
        usual, fast = seconds["usual loop"], seconds["fast recipe"]
        rows.append(
            [
                device_label(bench["machine"]),
                f"{usual:,.0f} s",
                f"{fast:,.0f} s",
                f"{fast / usual:.0%}",
            ]
        )
    return table(
        ["device", "usual loop", "fast recipe", "fast recipe as a share of the usual loop"],
        rows,
        "Time to train for ten epochs on 50,000 images, computed from the measured speeds. The "
        "tests are not included.",
    )


def class_table(runs_by_label: dict[str, list[dict]], classes: Sequence[str]) -> Published:
    """Test error of each class for several networks."""
    errors = {label: class_errors(runs) for label, runs in runs_by_label.items()}
    rows = [
        [name, *(errors[label][k].percent(1) for label in errors)] for k, name in enumerate(classes)
    ]
    counts = map(len, runs_by_label.values())
    return table(
        ["class", *errors],
        rows,
        "Test error of each class after the last epoch, mean ± standard deviation over "
        f"{seeds_in_words(counts)}.",
    )


def common_mistake(counts: Sequence[Sequence[float]]) -> tuple[int, int]:
    """The (true, predicted) pair of different classes with the highest count."""
    size = range(len(counts))
    return max(((i, j) for i in size for j in size if i != j), key=lambda p: counts[p[0]][p[1]])


def is_recorded(experiment: str) -> bool:
    """Whether every run of an experiment has its record.

    Raises:
        ValueError: unknown experiment.
    """
    return all(record_path(experiment, run.name).exists() for run in runs(experiment))


def waiting(experiment: str) -> str:
    """What a page says instead of results that nobody has recorded yet."""
    count = len(runs(experiment))
    return (
        f"This experiment waits to be recorded: `make record EXPERIMENT={experiment}` trains its "
        f"{count} networks, and then the result stands here. "
        f"Its question: {EXPERIMENTS[experiment].question}"
    )


def when_recorded(experiment: str, show: Callable[[], object]) -> object:
    """What ``show`` returns once the experiment is recorded, and until then what it waits for."""
    return show() if is_recorded(experiment) else say(waiting(experiment))
