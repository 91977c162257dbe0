"""Every recorded run, told in full: what was asked, how it was measured, how to repeat it.

Answers "where does this number come from?" for the page "How this book is measured". Reads
``results/`` and hands on reports, one for each folder. Trainings and benchmarks have a layout of
their own; a record of any other kind is shown field by field.
"""

import html
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from utils.chapters.asked import ABOUT
from utils.chapters.time_to_accuracy.race import RACE, race_table
from utils.display.later import later
from utils.display.published import Published
from utils.display.tables import table
from utils.files.places import RESULTS
from utils.files.records import REQUIRED, ResultError, parse_json
from utils.record.bench import loop_label
from utils.record.experiments import EXPERIMENTS, SEEDS, undisturbed
from utils.results.labels import DIFFERENCE, data_of, device_label, difference_label, network_label
from utils.results.spread import accuracy, median
from utils.results.words import seeds_in_words
from utils.training.recipes import TrainConfig

BENCH = "bench"
SHARED, BESIDE = "Device shared by", "side_by_side"
"""How a page and a record say that several runs shared a device, which makes each slower."""
TWO_VIEWS = "Test accuracy, mean output for image and mirror image"
TIMED = "seeds 0 to 2 where a row has them, because the machines of the others were busy"
LONGEST_LIST = 60
"""Characters of a list that a record of an unknown kind may show."""

OF_A_TRAINING = (
    "parameters", "macs", "dataset", "machine", "git_commit", "finished", "timing",
)  # fmt: skip
OF_A_BENCH = ("machine", "images_per_second", "network", "batch_size", "git_commit", "finished")

Facts = tuple[tuple[str, str], ...]
"""Names and values, in the order they are read."""


@dataclass(frozen=True)
class Detail:
    """One record in full, shown when it is opened."""

    summary: str
    facts: Facts


@dataclass(frozen=True)
class Report:
    """What one folder of ``results/`` holds.

    Attributes:
        name: the folder.
        question: what was asked.
        table: the outcome at a glance, or None for records of an unknown kind.
        facts: what all records of the folder have in common.
        command: repeats the measurement; empty when the records name none.
        details: one for each record.
        more: further tables.
    """

    name: str
    question: str
    table: Published | None
    facts: Facts
    command: str
    details: tuple[Detail, ...]
    more: tuple[Published, ...] = ()


def reports(results: Path = RESULTS) -> list[Report]:
    """A report on each folder that holds records: trainings, then benchmarks, then the rest.

    Raises:
        ResultError: there is no record at all, or one is damaged; says which and what to do.
    """
    folders = {path.parent.name for path in results.glob("*/*.json")}
    if not folders:
        raise ResultError(
            f"no record in {results}; restore the folder with git, or make records with: "
            "python -m utils.record --list"
        )
    known = [name for name in (*EXPERIMENTS, BENCH) if name in folders]
    others = sorted(folders.difference(known))
    return [_report(name, sorted((results / name).glob("*.json"))) for name in (*known, *others)]


def not_recorded(results: Path = RESULTS) -> list[tuple[str, str]]:
    """Name and question of each experiment that is defined and has no record yet."""
    return [
        (name, experiment.question)
        for name, experiment in EXPERIMENTS.items()
        if not any((results / name).glob("*.json"))
    ]


def _report(name: str, paths: list[Path]) -> Report:
    if name in EXPERIMENTS:
        return training_report(name, paths)
    return bench_report(paths) if name == BENCH else generic_report(name, paths)


def training_report(name: str, paths: list[Path]) -> Report:
    """Trainings of one experiment: accuracy by network and recipe, then each run.

    Raises:
        ResultError: a record is damaged.
    """
    runs, details = [], []
    for path in paths:
        run = parse_json(path, (*REQUIRED, *OF_A_TRAINING))
        details.append(_detail(path, run, run_detail))
        runs.append(run)
    order = [(model, config.recipe) for model, config in EXPERIMENTS[name].settings]
    runs.sort(key=lambda run: order.index(_setting(run)) if _setting(run) in order else len(order))
    return Report(
        name,
        EXPERIMENTS[name].question,
        training_table(name, runs),
        training_facts(runs),
        f"python -m utils.record {name} --replace",
        tuple(details),
    )


def _setting(run: dict) -> tuple[str, str]:
    return run["model"], run["config"]["recipe"]


def _detail(path: Path, record: dict, make) -> Detail:
    try:
        return make(record)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ResultError(f"{path} is damaged at {error}; restore it with git") from error


def training_table(name: str, runs: list[dict]) -> Published:
    """One row for each network and recipe: epochs, seeds, test accuracy over them, minutes."""
    rows, counts = [], []
    for model, recipe in dict.fromkeys(_setting(run) for run in runs):
        chosen = [run for run in runs if _setting(run) == (model, recipe)]
        minutes = median(r["timing"]["train_seconds"] / 60 for r in undisturbed(chosen))
        counts.append(len(chosen))
        rows.append(
            [
                network_label(model),
                recipe,
                accuracy(chosen).percent(),
                common(r["config"]["epochs"] for r in chosen),
                len(chosen),
                f"{minutes:.1f}",
            ]
        )
    return table(
        ["network", "recipe", "test accuracy", "epochs", "seeds", "minutes"],
        rows,
        f"Results of {name}. The test accuracy is that of the last epoch, as mean ± standard "
        f"deviation over {seeds_in_words(counts)}. The minutes are the training time of one run, "
        f"as the median over {TIMED if max(counts) > len(SEEDS) else 'the seeds'}.",
    )


def training_facts(runs: list[dict]) -> Facts:
    """What the runs of an experiment share; values that differ stand side by side."""
    machines = [run["machine"] for run in runs]
    return (
        ("Data", common(data_of(run["dataset"]) for run in runs)),
        ("SHA-256 of the data", common(run["dataset"]["sha256"] for run in runs)),
        ("Seeds", ", ".join(str(seed) for seed in sorted({run["seed"] for run in runs}))),
        ("Epoch that counts", common(run["final"]["selection"] for run in runs)),
        ("Hardware", common(device_label(machine) for machine in machines)),
        ("Arithmetic", common(machine["precision"] for machine in machines)),
        ("Versions", common(versions_label(machine["versions"]) for machine in machines)),
        ("Commit", common(run["git_commit"] for run in runs)),
    )


def run_detail(run: dict) -> Detail:
    """One training run: outcome, budget, machine, and every setting off its default."""
    final, timing, machine = run["final"], run["timing"], run["machine"]
    config = {k: tuple(v) if isinstance(v, list) else v for k, v in run["config"].items()}
    settings = TrainConfig(**config).changed()
    del settings["recipe"]
    error = final["test_error"]
    summary = f"{network_label(run['model'])}, {run['config']['recipe']}"
    two = final.get("test_error_two_views")
    facts = (
        ("Test accuracy", f"{1 - error:.2%}"),
        *([(TWO_VIEWS, f"{1 - two:.2%}")] if two is not None else []),
        ("Training accuracy", f"{1 - final['train_error']:.2%} (last epoch, augmented images)"),
        ("Data", data_of(run["dataset"])),
        ("Parameters", f"{run['parameters']:,}"),
        ("MACs for one image", f"{run['macs']:,}"),
        ("Training time", f"{timing['train_seconds'] / 60:.1f} minutes"),
        ("Speed", f"{timing['images_per_second']:,.0f} images a second"),
        ("Resumed", resumed_label(timing["resumed_after_epochs"])),
        *([(SHARED, f"{timing[BESIDE]} runs at once")] if BESIDE in timing else []),
        ("Hardware", device_label(machine)),
        ("Platform", machine["platform"]),
        ("Arithmetic", machine["precision"]),
        ("Versions", versions_label(machine["versions"])),
        ("Commit", run["git_commit"]),
        *([("Difference from the commit", difference_label(run))] if DIFFERENCE in run else []),
        ("Finished", run["finished"]),
        ("Hash of the run", run["hash"]),
        ("Settings", ", ".join(f"{key} = {value}" for key, value in settings.items())),
    )
    return Detail(f"{summary}, seed {run['seed']}: {1 - error:.2%}", facts)


def bench_report(paths: list[Path]) -> Report:
    """Speeds of all recorded devices.

    Raises:
        ResultError: a record is damaged.
    """
    benches = [parse_json(path, OF_A_BENCH) for path in paths]
    details = [_detail(p, b, bench_detail) for p, b in zip(paths, benches, strict=True)]
    rows = []
    for bench in benches:
        rates = bench["images_per_second"]
        for loop, rate in sorted(rates.items(), key=lambda item: item[1]["median"]):
            quartiles = f"{rate['lower']:,.0f} to {rate['upper']:,.0f}"
            label = device_label(bench["machine"])
            rows.append([loop_label(loop), label, f"{rate['median']:,.0f}", quartiles])
    return Report(
        BENCH,
        "How fast do the training loops and data pipelines run?",
        table(
            ["what", "device", "images/s", "middle half"],
            rows,
            "Images per second, as the median of the timings and as their middle half (first to "
            "third quartile). The usual loop was changed in four steps, and each step keeps the "
            "earlier changes. The rows are sorted by speed, so the steps are not in order. The "
            "rows “fast” and “muon” are no steps. Their networks are ResNet-14 with option A and "
            "Wide-8, not the network of the steps, and their batch sizes are those of the recipes. "
            "The rows “data pipeline” have no network at all.",
        ),
        (
            ("Network", common(network_label(b["network"]) for b in benches)),
            ("Batch", common(f"{b['batch_size']} images" for b in benches)),
        ),
        "make bench",
        tuple(details),
        (race_table(benches),) if any(RACE in bench for bench in benches) else (),
    )


def bench_detail(bench: dict) -> Detail:
    """One device, field by field, its rates left to the table."""
    rest = {key: value for key, value in bench.items() if key != "images_per_second"}
    for rate in bench["images_per_second"].values():
        float(rate["median"]), float(rate["lower"]), float(rate["upper"])
    return Detail(device_label(bench["machine"]), tuple(fields(rest)))


def generic_report(name: str, paths: list[Path]) -> Report:
    """Records of a kind that has no layout here: each field by name.

    ``question`` and ``command`` are taken from the records where they have them, else from
    :data:`ABOUT`.

    Raises:
        ResultError: a record is damaged.
    """
    records = [parse_json(path, ()) for path in paths]
    details = [
        Detail(path.stem, tuple(fields(record)))
        for path, record in zip(paths, records, strict=True)
    ]
    machines = [r["machine"] for r in records if isinstance(r.get("machine"), dict)]
    shared = (
        ("Hardware", common(m["device"] for m in machines if "device" in m)),
        ("Commit", common(r["git_commit"] for r in records if "git_commit" in r)),
    )
    question, command = ABOUT.get(name, ("What was recorded?", ""))
    return Report(
        name,
        common(r["question"] for r in records if "question" in r) or question,
        None,
        tuple((key, value) for key, value in shared if value),
        common(r["command"] for r in records if "command" in r) or command,
        tuple(details),
    )


def fields(record: dict, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every value of a record under its full name; long lists are counted, not shown."""
    for key, value in record.items():
        label = f"{prefix}{key}".replace("_", " ")
        if key == DIFFERENCE:
            yield label, difference_label(record)
        elif isinstance(value, dict):
            yield from fields(value, f"{label}: ")
        elif isinstance(value, list):
            line = ", ".join(map(_shown, value)) or "none"
            flat = not any(isinstance(item, dict | list) for item in value)
            yield label, line if flat and len(line) <= LONGEST_LIST else f"{len(value)} values"
        else:
            yield label, _shown(value)


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return "none" if value is None else str(value)


def common(values: Iterable[object]) -> str:
    """The one value of all, or the different ones in the order they appear."""
    return "; ".join(dict.fromkeys(str(value) for value in values))


def versions_label(versions: dict) -> str:
    """The versions that are there, by name."""
    return ", ".join(f"{name} {version}" for name, version in versions.items() if version)


def resumed_label(epochs: list[int]) -> str:
    """Whether a run was interrupted."""
    return f"after epoch {', '.join(map(str, epochs))}" if epochs else "never"


def shared_facts(details: Sequence[Detail]) -> Facts:
    """What every one of several records says, to be told once."""
    if len(details) < 2:
        return ()
    said = set.intersection(*(set(detail.facts) for detail in details))
    return tuple(fact for fact in details[0].facts if fact in said)


def facts_list(facts: Facts) -> str:
    """Facts as an HTML description list."""
    rows = "\n".join(
        f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd></div>"
        for name, value in facts
    )
    return f'<dl class="book-facts">\n{rows}\n</dl>'


def markup(report: Report) -> str:
    """A report as HTML, its heading left to the page."""
    parts = [f'<p class="book-records"><strong>{html.escape(report.question)}</strong></p>']
    if report.table is not None:
        parts.append(report.table.markup)
    parts.extend(each.markup for each in report.more)
    facts = report.facts
    parts.append(facts_list(facts) if facts else "")
    if report.command:
        command = html.escape(report.command)
        parts.append(f"<p>You can repeat these runs with the command <code>{command}</code>.</p>")
    count = len(report.details)
    records = f"The {count} records" if count > 1 else "The record"
    shared = shared_facts(report.details)
    untold = tuple(fact for fact in shared if fact not in facts)
    inner = f"<p>The same in each of them:</p>\n{facts_list(untold)}\n" if untold else ""
    inner += "\n".join(
        f"<details><summary>{html.escape(detail.summary)}</summary>\n"
        f"{facts_list(tuple(fact for fact in detail.facts if fact not in shared))}\n</details>"
        for detail in report.details
    )
    parts.append(
        f'<details class="book-records"><summary>{records} in full</summary>\n'
        f"{later(inner)}</details>"
    )
    return "\n".join(part for part in parts if part)
