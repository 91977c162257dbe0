"""The paper's Table 6 beside runs under its own recipe.

Answers "do our networks reach what the paper prints?". What nobody has recorded yet is said to
wait, with the command that records it.
"""

from decimal import Decimal

from utils.display.published import Published
from utils.display.tables import table
from utils.facts.paper import cell, load_table
from utils.files.records import parse_record, record_path
from utils.record.experiments import runs
from utils.results.labels import short_label
from utils.results.runs import load_runs
from utils.results.spread import spread
from utils.training.recipes import recipe

PAPER = "paper-table-6"
WAITS = "waits"


def hours_on_a_core() -> float:
    """Hours of 64,000 steps of ResNet-20 at the pace of the recorded recipe "fast", one thread."""
    runs_ = [run for run in load_runs("fast-20", "resnet-20") if run["machine"]["threads"] == 1]
    pace = spread(run["timing"]["images_per_second"] for run in runs_).mean
    config = recipe("paper")
    return config.max_steps * config.batch_size / pace / 3600


def printed(model: str) -> str:
    """What Table 6 prints for a network: "8.75", "6.43 (6.61 ± 0.16)", or that it has none."""
    found = load_table("6")
    if model not in found.rows:
        return "none"
    best, mean, deviation = (found.text(model, name) for name in ("error", "mean", "deviation"))
    return f"{best} ({mean} ± {deviation})" if mean else best


def verdict(model: str, errors: list[float]) -> str:
    """How our mean error stands to the printed one.

    Args:
        model: a name like "resnet-20".
        errors: test errors of our seeds in percent.

    Returns:
        Points above or below the printed mean, or the printed error of a single run where there
        is no mean; and whether that is within the printed ± where there is one.
    """
    found = load_table("6")
    if model not in found.rows:
        return "nothing to compare"
    mean, deviation = (found.text(model, name) for name in ("mean", "deviation"))
    reference = Decimal(mean) if mean else cell(f"6/{model}/error").number
    points = spread(errors).mean - float(reference)
    side = "above" if points > 0 else "below"
    words = f"{abs(points):.2f} points {side}"
    if deviation:
        words += f", {'within' if abs(points) <= float(deviation) else 'outside'} ±"
    return words


def ours(model: str) -> list[str]:
    """Error, minutes and verdict of the recorded runs, or that they wait."""
    wanted = {run.name for run in runs(PAPER) if run.model == model}
    there = [record_path(PAPER, name) for name in sorted(wanted)]
    if not all(path.exists() for path in there):
        return [WAITS, WAITS, WAITS]
    records = [parse_record(path) for path in there]
    errors = [100 * record["final"]["test_error"] for record in records]
    minutes = spread(record["timing"]["train_seconds"] / 60 for record in records)
    return [spread(errors).words(), f"{minutes.mean:.0f}", verdict(model, errors)]


def paper_table() -> Published:
    """Table 6, beside what is recorded here under the paper's recipe once anything is."""
    models = dict.fromkeys(run.model for run in runs(PAPER))
    found = {model: ours(model) for model in models}
    caption = (
        "Test error on CIFAR-10 after the 64,000 steps of the recipe of the ResNet paper. The "
        "column “printed” gives the numbers of Table 6 of the ResNet paper. For 110 layers, this "
        "table has the best of five runs and, in brackets, their mean ± standard deviation."
    )
    if all(cells[0] == WAITS for cells in found.values()):
        rows = [[short_label(m), printed(m)] for m in models if m in load_table("6").rows]
        return table(["network", "printed (%)"], rows, f"{caption} Nothing is recorded here yet.")
    rows = [[short_label(model), printed(model), *found[model]] for model in models]
    return table(
        ["network", "printed (%)", "ours (%)", "minutes a run", "ours against printed"],
        rows,
        f"{caption} The paper shows plain networks in Figure 6 only. Our values are means ± "
        f"standard deviations, and “{WAITS}” means that a value is not recorded yet.",
    )
