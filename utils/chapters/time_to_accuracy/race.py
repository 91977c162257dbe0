"""Three training loops, by what the benchmark recorded: how fast, how soon, how near the roofline.

Answers "which loop gets there first on this device?". The benchmark says how many images a second a
loop trains on. The recorded budgets of its network and recipe say how many images it needs.
``python -m utils.chapters.time_to_accuracy.race`` prints the answer for each recorded device.
"""

import sys
from collections.abc import Iterable, Sequence

from utils.chapters.time_to_accuracy.recorded import budgets, reached, targets
from utils.chapters.time_to_accuracy.today import todays
from utils.display.published import Published
from utils.display.tables import table
from utils.record.bench import load_benches
from utils.record.race import LOOPS, RACE, share_of_roofline
from utils.results.labels import device_label, network_label

NONE = "none"


def recorded_budgets() -> dict[str, list[dict]]:
    """The runs of every recorded budget, by its label."""
    return {**budgets(), **todays()}


def fewest_images(
    groups: Iterable[Sequence[dict]], network: str, recipe: str, wanted: float
) -> int | None:
    """Training images until a loop has an accuracy, by the cheapest of its recorded budgets.

    Args:
        groups: the runs of each budget.
        network: only its budgets count.
        recipe: the same; "fast" stands for "fast-2" too, which is shorter.
        wanted: the accuracy that *every* seed must have at its last epoch.

    Returns:
        Images of a whole run, or None if no recorded budget gets there.
    """
    images = [
        sum(epoch["images"] for epoch in runs[0]["history"])
        for runs in groups
        if runs[0]["model"] == network
        and runs[0]["config"]["recipe"].partition("-")[0] == recipe
        and reached(runs, wanted)
    ]
    return min(images, default=None)


def seconds_to(raced: dict, groups: Iterable[Sequence[dict]], wanted: float) -> float | None:
    """Seconds that a loop needs for an accuracy at its measured pace, or None."""
    images = fewest_images(groups, raced["network"], raced["recipe"], wanted)
    return None if images is None else images / raced["images_per_second"]


def goals() -> dict[str, float]:
    """Title of a column -> the accuracy that it is about."""
    return {f"seconds to {100 * wanted:.2f} %": wanted for wanted in targets().values()}


def header() -> list[str]:
    """Titles of the columns: the loop, its pace, the seconds to each accuracy, and the share."""
    return ["loop", "images/s", *goals(), "GFLOP/s", "share of the roofline"]


def rows(bench: dict, groups: dict[str, list[dict]]) -> list[list[str]]:
    """A row for each loop of a record, without the device; none if its race was not measured."""
    found = []
    for name in LOOPS:
        if (raced := bench.get(RACE, {}).get(name)) is None:
            continue
        seconds = [seconds_to(raced, groups.values(), wanted) for wanted in goals().values()]
        achieved = raced["images_per_second"] * raced["flops_an_image"]
        found.append(
            [
                f"{name}: {network_label(raced['network'])}, recipe {raced['recipe']}",
                f"{raced['images_per_second']:,.0f}",
                *(NONE if each is None else f"{each:,.0f}" for each in seconds),
                f"{achieved / 1e9:,.0f}",
                f"{share_of_roofline(raced):.0%} ({raced['precision']})",
            ]
        )
    return found


def race_table(benches: Iterable[dict]) -> Published:
    """The three loops on each recorded device."""
    groups = recorded_budgets()
    first, *others = header()
    lines = [
        [first_cell, device_label(bench["machine"]), *cells]
        for bench in benches
        for first_cell, *cells in rows(bench, groups)
    ]
    return table(
        [first, "device", *others],
        lines,
        "Three loops that took turns in one run, a step of each, over and over again. Images/s is "
        "the mean over a whole run, with small images in its first half where the recipe has them. "
        "The seconds are computed: the images of the cheapest recorded budget of this network and "
        "recipe, whose seeds all have the accuracy at their last epoch, divided by images/s. "
        f"“{NONE}” means that no recorded budget reaches the accuracy. The tests are not included. "
        "One MAC is two floating-point operations (FLOPs). A training step counts as three forward "
        "passes, because the backward pass takes about two. Only convolutions and linear layers "
        "are counted. The roofline is the lower one of two limits: the speed of a large matrix "
        "product in the precision of the loop, and the measured bandwidth of the memory times the "
        "FLOPs for each byte that the layers move.",
    )


def printed(bench: dict, groups: dict[str, list[dict]]) -> str:
    """The rows of a record as lines of text, with the titles of the columns."""
    lines = rows(bench, groups)
    if not lines:
        return f"{device_label(bench['machine'])}: the race is not recorded; run make bench there"
    told = [device_label(bench["machine"])]
    for name, *cells in lines:
        told.append(name)
        told += [f"  {title:22s} {cell}" for title, cell in zip(header()[1:], cells, strict=True)]
    return "\n".join(told)


def main() -> int:
    """Command line; returns the exit status."""
    groups = recorded_budgets()
    for bench in load_benches():
        print(printed(bench, groups))
    return 0


if __name__ == "__main__":
    sys.exit(main())
