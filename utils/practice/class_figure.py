"""A picture of what a class believed before and after.

Answers "which items did the class learn, and which not?" at one glance.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from utils.display.figures import COLOURS, TEXT, figure, finish
from utils.display.published import Published, publish
from utils.practice.item_statistics import Report
from utils.results.words import opening

LOST = COLOURS["plain"]
GAINED = COLOURS["residual"]


def items_figure(report: Report, names: Sequence[str]) -> Figure:
    """A line for each item from the share right before to that after, the largest gain on top.

    Args:
        report: of a class.
        names: what each item is about.
    """
    before, after = (100 * shares for shares in report.difficulty)
    order = np.argsort(after - before)
    made, (axes,) = figure(1, 1, figsize=(6.2, 0.29 * len(names) + 1.1))
    for place, item in enumerate(order):
        colour = GAINED if after[item] >= before[item] else LOST
        axes.plot([before[item], after[item]], [place, place], color=colour, linewidth=2)
        axes.plot(before[item], place, "o", color=colour, markersize=6, markerfacecolor="white")
        axes.plot(after[item], place, "o", color=colour, markersize=6)
    axes.set_yticks(range(len(order)), [opening(names[item]) for item in order], color=TEXT)
    finish(axes, title_of(report), "learners who are right, in %", "", legend=False, xlim=(0, 100))
    axes.axvline(25, color=TEXT, linewidth=0.8, linestyle=":")
    return made


def title_of(report: Report) -> str:
    """The finding as a title."""
    rising = int((report.difficulty[1] > report.difficulty[0]).sum())
    return f"The share rises on {rising} of {len(report.gains)} items"


def ends_of(report: Report, names: Sequence[str]) -> str:
    """A sentence on the items at both ends of the picture."""
    change = report.difficulty[1] - report.difficulty[0]
    most, least = names[int(change.argmax())], names[int(change.argmin())]
    if change.max() == change.min():
        return "The share changes equally on every item." if change.any() else "No share changes."
    if change.max() <= 0:
        return f"It falls most on the item about {least}, and it does not rise on any other."
    verb = "falls most" if change.min() < 0 else "rises least"
    return f"It rises most on the item about {most}, and it {verb} on the item about {least}."


def shown(report: Report, names: Sequence[str]) -> Published:
    """The figure with its words, which are made from the same numbers.

    Args:
        report: of a class.
        names: what each item is about.
    """
    alt = f"{title_of(report)}. {ends_of(report, names)}"
    caption = (
        f"Each line is an item, from the open dot (before) to the full dot (after), for the "
        f"{report.learners[2]} learners who answered both times. Lines that fall have another "
        "colour. The dotted line is at the share that guessing gives."
    )
    return publish(items_figure(report, names), alt, caption)
