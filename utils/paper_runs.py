"""Depth through time: the longest runs of this book, and the paper's table beside its own recipe.

Answers "is a deeper plain network worse here too, and do our networks reach what Table 6 prints?".
What nobody has recorded yet is said to wait, with the command that records it.
"""

from decimal import Decimal

from utils.degradation import FIELDS, seeds
from utils.experiments import HALF_SIZE, runs
from utils.judging import TRAIN_IMAGES_JUDGED
from utils.paper import cell, load_table
from utils.plots import Published, error_curves, publish
from utils.recipes import recipe
from utils.results import load_runs, parse_record, record_path, spread
from utils.summaries import network_label
from utils.tables import table

LONG = "degradation"
PAPER = "paper-table-6"
SHALLOW, DEEP = 20, 56
KINDS = {"plain": "plain", "resnet": "residual"}
WAITS = "waits"


def long_figures() -> Published:
    """Training and test error through the long runs: the left and middle panel of Figure 6, ours.

    Raises:
        utils.results.ResultError: not recorded; names the command.
    """
    made = []
    for kind, colour in KINDS.items():
        for field in ("train_error", "test_error"):
            groups = {
                network_label(f"{kind}-{depth}"): (load_runs(LONG, f"{kind}-{depth}"), style)
                for depth, style in ((SHALLOW, "other"), (DEEP, colour))
            }
            made.append(error_curves(groups, field, f"{colour}: {field.replace('_', ' ')}"))
    return publish(
        made,
        alt="Training and test error against epoch for 20 and 56 layers, plain and residual.",
        caption="CIFAR-10 at 16 pixels, recipe fast, 20 epochs; bands: one standard deviation over "
        "seeds. The training error is that of each epoch's augmented images.",
    )


def deeper_is_worse(kind: str, images: str = "training") -> dict[int, float]:
    """Points by which 56 layers of a kind end above 20, seed by seed: negative if depth pays."""
    shallow, deep = (
        seeds(f"{kind}-{depth}", HALF_SIZE.recipe, images, LONG) for depth in (SHALLOW, DEEP)
    )
    return {seed: deep[seed] - shallow[seed] for seed in shallow}


def long_table() -> Published:
    """Final errors of the long runs, and what the deeper network of each kind ends above.

    Raises:
        utils.results.ResultError: not recorded; names the command.
    """
    rows = []
    for kind in KINDS:
        for depth in (SHALLOW, DEEP):
            model = f"{kind}-{depth}"
            found = (seeds(model, HALF_SIZE.recipe, images, LONG) for images in FIELDS)
            rows.append([network_label(model).split(",")[0], *(points_of(each) for each in found)])
        above = (points_of(deeper_is_worse(kind, images), "+") for images in FIELDS)
        rows.append([f"{DEEP} layers above {SHALLOW}", *above])
    return table(
        ["network", "training error (%)", "test error (%)"],
        rows,
        f"CIFAR-10 at 16 pixels, {HALF_SIZE.epochs} epochs, mean ± standard deviation over three "
        "seeds, last epoch. Training error: final weights on the first "
        f"{TRAIN_IMAGES_JUDGED:,} training images as they are. Differences: points, seed by seed.",
    )


def points_of(values: dict[int, float], sign: str = "") -> str:
    """Values of seeds as "12.3 ± 0.4", with a sign in front for differences."""
    over = spread(values.values())
    return f"{over.mean:{sign}.1f} ± {over.sd:.1f}"


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
    over = spread(errors)
    return [f"{over.mean:.2f} ± {over.sd:.2f}", f"{minutes.mean:.0f}", verdict(model, errors)]


def paper_table() -> Published:
    """Table 6 beside what is recorded here under the paper's recipe."""
    models = dict.fromkeys(run.model for run in runs(PAPER))
    rows = [[model.replace("resnet", "ResNet"), printed(model), *ours(model)] for model in models]
    return table(
        ["network", "printed (%)", "ours (%)", "minutes a run", "ours against printed"],
        rows,
        "CIFAR-10 test error under the paper's recipe of 64,000 steps. Printed: He et al. 2015, "
        "Table 6; 110 layers are the best of five runs with mean ± standard deviation, plain "
        f'networks stand in Figure 6 only. Ours: mean ± standard deviation; "{WAITS}" means not '
        "recorded yet.",
    )
