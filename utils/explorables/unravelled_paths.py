"""A residual network unravelled into its paths: how long are they, and what does a deletion leave?

Draws the opening state as a still picture and hands the script the same geometry and words;
``utils/explorables/unravelled-paths.js`` moves it. The numbers come from
``utils.miniatures.unravelled``.
"""

from __future__ import annotations

from utils.explorables.figure import Opening, checkbox, explorable, slider
from utils.explorables.unravelled_paths_picture import CHAIN, HISTOGRAM, chain_picture, histogram
from utils.miniatures.unravelled import (
    MAX_BLOCKS,
    count_paths,
    length_shares,
    share_between,
    surviving_share,
    usual_lengths,
)
from utils.results.words import superscript

MAX_DELETED = 20
OPENING_BLOCKS = 54
OPENING_DELETED = 1
SPACE = "\u00a0"
"""Keeps a number and its unit on one line."""

TITLE = "Removing a block leaves half of the paths, and they are about as long as before"
INVITATION = "Try: remove ten blocks. Then take the shortcuts away and remove a single block."
CAPTION = (
    "The figure is arithmetic and needs no network. At every block a path goes through the branch "
    "(square) or along the shortcut (arc), so n blocks with shortcuts have 2ⁿ paths. If a block "
    "is removed, its branch is gone and its shortcut stays. The bars show how many of the "
    "remaining paths go through 0, 1, 2, … branches, and the outline shows these numbers before "
    "the removal. The sentence above gives the share of paths in a range, which reaches two "
    "standard deviations to each side of the middle and is rounded outwards. ResNet-110 has 54 "
    "blocks. The number of paths does not say how much each of them contributes."
)
FINDINGS = {
    "residual whole": (
        "There are {paths} paths through {blocks} with shortcuts. Of these, {usual} go through "
        "{low} to {high} blocks, and only one goes through every block."
    ),
    "residual cut": (
        "{blocks} with shortcuts, {deleted} removed: {share} of the {paths} paths are left, which "
        "is {left}. Of these, {usual} go through {low} to {high} blocks. "
        "Without shortcuts, no path would be left."
    ),
    "residual bare": (
        "{blocks} with shortcuts, all removed: one path is left of {paths} ({share}). It runs "
        "along the shortcuts and changes nothing."
    ),
    "plain whole": (
        "There is only one path through {blocks} without shortcuts, and it goes through every "
        "block."
    ),
    "plain cut": (
        "{blocks} without shortcuts, {deleted} removed: the only path is cut, so no path is left. "
        "With shortcuts, {share} of {paths} paths would be left."
    ),
}
"""Words for every kind of state; the script chooses by shortcuts and by what is deleted."""


@explorable(TITLE, INVITATION)
def unravelled_paths(id_: str) -> Opening:
    """Paths of a network to count: number of blocks, deleted blocks, shortcuts on or off."""
    left = OPENING_BLOCKS - OPENING_DELETED
    words = _words(OPENING_BLOCKS, OPENING_DELETED)
    return Opening(
        controls=_controls(id_),
        pictures=[
            chain_picture(id_, OPENING_BLOCKS, OPENING_DELETED, words),
            histogram(
                id_, length_shares(left), length_shares(OPENING_BLOCKS), usual_lengths(left), words
            ),
        ],
        finding=FINDINGS["residual cut"].format(**words),
        caption=CAPTION,
        data={"chain": CHAIN, "histogram": HISTOGRAM, "findings": FINDINGS},
        marks='data-chain="residual"',
    )


def _words(blocks: int, deleted: int) -> dict[str, str]:
    low, high = usual_lengths(blocks - deleted)
    return {
        "blocks": _counted(blocks),
        "deleted": str(deleted),
        "paths": _amount(count_paths(blocks)),
        "left": _amount(count_paths(blocks - deleted)),
        "share": f"{100 * surviving_share(blocks, deleted):.3g}{SPACE}%",
        "usual": f"{100 * share_between(blocks - deleted, low, high):.1f}{SPACE}%",
        "low": str(low),
        "high": str(high),
    }


def _counted(blocks: int) -> str:
    return "1 block" if blocks == 1 else f"{blocks} blocks"


def _amount(paths: int) -> str:
    if paths < 1_000_000:
        return f"{paths:,}"
    digits, exponent = f"{paths:.1e}".split("e+")
    return f"{digits}{SPACE}×{SPACE}10{superscript(int(exponent))}"


def _controls(id_: str) -> list[str]:
    return [
        slider(id_, "n", "Blocks", low=1, high=MAX_BLOCKS, value=OPENING_BLOCKS),
        slider(id_, "k", "Removed blocks", low=0, high=MAX_DELETED, value=OPENING_DELETED),
        checkbox(id_, "c", "Shortcuts", checked=True),
    ]
