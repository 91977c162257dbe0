"""How long training takes to a given accuracy, from records.

Answers "how few seconds for that number?". A run of a one-cycle schedule is good at its end only,
so a short budget is a run of its own, and its last epoch counts.
"""

from collections.abc import Iterable, Sequence

from utils.bench import load_benches
from utils.plots import Published
from utils.results import Spread, accuracy, load_runs, spread
from utils.tables import table


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


def cheapest(groups: dict[str, list[dict]], wanted: float) -> str | None:
    """The group with the least time of which *every* seed reaches an accuracy, or None."""
    reached = [
        label
        for label, runs in groups.items()
        if all(1 - run["final"]["test_error"] >= wanted for run in runs)
    ]
    return min(reached, key=lambda label: training_seconds(groups[label]).mean, default=None)


def budgets(experiment: str, model: str, recipes: Sequence[str]) -> dict[str, list[dict]]:
    """Recipe name -> the runs of one network under it, in order of seed."""
    return {name: load_runs(experiment, model, name) for name in recipes}


def pace_table(groups: dict[str, list[dict]]) -> Published:
    """Epochs, seconds and accuracy of each budget."""
    rows = []
    for label, runs in groups.items():
        seconds = training_seconds(runs)
        rows.append(
            [
                label,
                runs[0]["config"]["epochs"],
                f"{seconds.mean:.0f} ± {seconds.sd:.0f} s",
                f"{speed_up(runs).mean:.1f}",
                accuracy(runs).percent(),
            ]
        )
    return table(
        ["recipe", "epochs", "training time", "times faster than the usual loop", "test accuracy"],
        rows,
        "Mean ± standard deviation over seeds, last epoch. Time of training alone, on the machine "
        "of the records; the usual loop's time is that of its ten epochs there.",
    )
