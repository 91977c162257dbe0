"""Lesions of networks that a notebook has just trained.

Answers "and what about mine?". Nothing is recorded here.
"""

from __future__ import annotations

from collections.abc import Iterable

from utils.data.sets import Split, need_split
from utils.display.published import Published
from utils.display.tables import table
from utils.models.surgery import blocks_of
from utils.probes.lesions import lesion
from utils.training.judging import confusion_matrix
from utils.training.prediction import error_of, predict
from utils.training.trainer import TrainResult, need_result


def error_without(result: TrainResult, test: Split, blocks: Iterable[int] = ()) -> float:
    """Share of wrong answers with some blocks deleted.

    Raises:
        TypeError: something else than a result and a split.
        ValueError: a block that the network does not have.
    """
    need_result(result)
    need_split(test, "test")
    with lesion(result.net, blocks):
        guesses = predict(result.net, test.images, result.normaliser, result.precision)
    return error_of(guesses, test.labels)


def one_out(result: TrainResult, test: Split) -> list[float]:
    """Share of wrong answers without each block, in their order.

    Raises:
        TypeError: something else than a result and a split.
        ValueError: a network whose blocks cannot be found.
    """
    need_result(result)
    count = len(blocks_of(result.net))
    return [error_without(result, test, [number]) for number in range(1, count + 1)]


def one_out_live(networks: dict[str, TrainResult], test: Split) -> Published:
    """Errors without each block, one row a network."""
    rows = []
    for name, result in networks.items():
        errors = one_out(result, test)
        cells = [f"{error:.0%}" for error in errors]
        mean = sum(errors) / len(errors)
        rows.append([name, f"{error_without(result, test):.1%}", *cells, f"{mean:.0%}"])
    count = len(rows[0]) - 3
    return table(
        ["network", "intact", *(f"without {n}" for n in range(1, count + 1)), "mean"],
        rows,
        f"Errors of your networks on {len(test):,} test images. “Without 1” means that block 1 is "
        "removed, and “mean” is the mean over the removed blocks. A network that guesses has an "
        "error of 90 %.",
    )


def live_panel(result: TrainResult, test: Split, deleted: Iterable[int]) -> Published:
    """Errors of one network with the chosen blocks deleted, class by class.

    Raises:
        TypeError: something else than a result and a split.
        ValueError: a block that the network does not have.
    """
    need_result(result)
    need_split(test, "test")
    chosen = tuple(deleted)
    with lesion(result.net, chosen):
        guesses = predict(result.net, test.images, result.normaliser, result.precision)
    counts = confusion_matrix(guesses, test.labels)
    rows = []
    for number, row in enumerate(counts):
        given = sum(other[number] for other in counts)
        rows.append([str(number), f"{1 - row[number] / max(1, sum(row)):.0%}", given])
    names = ", ".join(map(str, chosen)) or "none"
    return table(
        ["class", "error", "images with this answer"],
        rows,
        f"Blocks removed: {names}. Error on all test images: {error_of(guesses, test.labels):.1%}.",
    )
