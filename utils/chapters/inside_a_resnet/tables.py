"""The tables of the chapter on what is inside a ResNet.

Answers "what are the numbers, block by block?".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from utils.chapters.inside_a_resnet.numbers import (
    RESIDUAL,
    SHORT,
    by_size_and_number,
    exchanged,
    gradient_length,
    image_count,
    images_of,
    in_words,
    intact,
    mean_length,
    recorded,
    records,
    regained,
    renewed,
    renewed_intact,
    single,
)
from utils.chapters.shared import behind
from utils.display.published import Published
from utils.display.tables import table
from utils.record.lesions import SEEDS
from utils.results.spread import median, spread


def one_out_table(labels: Sequence[str] = SHORT) -> Published:
    """For each network: intact, and without its least, its middle and its most needed block."""
    rows = []
    for label in labels:
        means = single(label).mean(0)
        order = means.argsort()
        least, most = int(order[0]), int(order[-1])
        rows.append(
            [
                label,
                in_words(intact(label)),
                f"{in_words(single(label)[:, least])} (block {least + 1})",
                f"{median(means):.1f} %",
                f"{in_words(single(label)[:, most])} (block {most + 1})",
            ]
        )
    return table(
        [
            "network",
            "intact",
            "without the least needed block",
            "median over the blocks",
            "without the most needed block",
        ],
        rows,
        f"Test error with one block removed, on {image_count(labels)} test images of "
        f"{images_of(labels)}: mean ± standard deviation over {len(SEEDS)} seeds. For each "
        "block we take the mean over the seeds; the median over the blocks is the median of these "
        "means.",
    )


def renewed_table(labels: Sequence[str] = SHORT) -> Published:
    """What new statistics of the normalisation give back."""
    rows = []
    for label in labels:
        before, after = single(label)[:, :-1].mean(1), renewed(label)[:, :-1].mean(1)
        cells = [in_words(errors) for errors in (renewed_intact(label), before, after)]
        rows.append([label, *cells, regained(label).percent(0)])
    return table(
        ["network", "intact, refreshed", "one block removed", "one block removed, refreshed",
         "damage undone"],
        rows,
        "Test error, mean ± standard deviation over seeds. For “one block removed” we remove each "
        "block in turn, except the last, and average the errors within each seed. “Refreshed” "
        "means that batch normalisation has estimated its means and variances anew from training "
        "images without labels; no weight has changed. Errors after a refresh come from "
        f"{image_count(labels, 'many')} test images. A missing block raises the error; “damage "
        "undone” is the share of this rise that the refresh takes away.",
    )  # fmt: skip


def swap_table(labels: Sequence[str] = SHORT) -> Published:
    """Error with two blocks exchanged, for every pair that fits."""
    rows = []
    for label in labels:
        found = {pair: errors.mean() for pair, errors in exchanged(label).items()}
        ordered = sorted(found, key=lambda pair: float(found[pair]))
        words = [f"{in_words(exchanged(label)[p])} ({p[0]}, {p[1]})" for p in ordered]
        rows.append([label, in_words(intact(label)), len(ordered), words[0], words[-1]])
    return table(
        ["network", "intact", "pairs tested", "least harmful exchange", "most harmful exchange"],
        rows,
        "Test error with two blocks of one stage exchanged, mean ± standard deviation over "
        f"{len(SEEDS)} seeds. The two numbers in brackets are the exchanged blocks.",
    )


def length_table(labels: Iterable[str] = RESIDUAL) -> Published:
    """Mean length of a path by number, by size times number, and by share of the gradient."""
    rows = []
    for label in labels:
        blocks = len(records(label)[0]["blocks"])
        shares = gradient_length(label)
        estimate = [mean_length(row) for row in by_size_and_number(label).tolist()]
        measured = [spread(values).words() for values in (estimate, shares)]
        rows.append([label, blocks, f"{blocks / 2:.1f}", *measured])
    return table(
        [
            "network",
            "blocks",
            "all paths count alike",
            "weighted by size × number",
            "weighted by share of the gradient",
        ],
        rows,
        "Mean length of a path through a trained network, that is, the number of branches that it "
        "goes through. The last two columns have the mean ± standard deviation over seeds. The "
        "gradient is that of the loss at the pixels of test images.",
    )


def measured_table() -> Published:
    """The records behind the chapter."""
    rows = []
    for label in recorded():
        found = records(label)
        settings = found[0]["settings"]
        sets = sum(len(record["sets"]) for record in found)
        rows.append(
            [
                f"{label} ({settings['experiment']})",
                images_of([label]),
                len(found),
                f"{settings['images']:,}",
                f"{sets:,} on {settings['many']:,}",
                *behind(found),
            ]
        )
    return table(
        ["network", "images", "seeds", "one block removed", "sets of blocks", "minutes", "commit"],
        rows,
        "The records that this chapter uses. The networks have the weights of the last epoch. Test "
        "errors were computed in mixed precision, as in the training runs, and gradients in 32 "
        "bits. The column “one block removed” has the number of test images for these lesions. The "
        "column “sets of blocks” has the number of tested sets, over all seeds, and the number of "
        "test images for each set. The column “minutes” has the time that the measurements took, "
        "on a machine that also did other work.",
    )
