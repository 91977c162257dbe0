"""What a visitor sees first: the book's own finding on depth, in one picture.

Answers "what does a shortcut change?" for the start page, with the recorded runs of *Degradation*.
"""

from matplotlib.axes import Axes

from utils.chapters.degradation.brief import KINDS
from utils.chapters.degradation.long import (
    DEEP,
    LENGTHS,
    SHALLOW,
    deeper_is_worse,
    depth_in_words,
    each_kind,
    final,
    worse,
)
from utils.display.figures import COLOURS, TEXT, figure, finish
from utils.display.published import Published, publish
from utils.record.experiments import HALF_SIZE
from utils.results.spread import spread
from utils.results.verdict import Difference

NAMES = {"plain": "without shortcuts", "resnet": "with shortcuts"}
BESIDE = {
    "plain": {"x": 0.42, "ha": "right", "va": "bottom"},
    "resnet": {"x": 0.5, "ha": "center", "va": "top"},
}
"""Where a line's name stands: left of the one that may be steep, below the other."""
SIZE = (3.7, 3.2)
ROOM = 0.35
"""How far the axis goes on beyond the two depths, as a share of their distance."""
AWAY = 4
"""Points between the middle of a line and its name."""


def draw_kind(axes: Axes, kind: str) -> None:
    """A dot for each seed at both depths, and a line through the means, with its name."""
    colour = COLOURS[KINDS[kind]]
    errors = [final(kind, depth).values() for depth in LENGTHS]
    for place, found in enumerate(errors):
        axes.plot([place] * len(found), [*found], "o", color=colour, alpha=0.5, markersize=6)
    means = [spread(found).mean for found in errors]
    axes.plot(range(len(LENGTHS)), means, color=colour, linewidth=3)
    beside = BESIDE[kind]
    height = spread(means).mean + (AWAY if beside["va"] == "bottom" else -AWAY)
    axes.text(y=height, s=NAMES[kind], color=TEXT, size=10, **beside)


def finding_figure() -> Published:
    """Training error against depth, with and without shortcuts.

    Raises:
        utils.files.records.ResultError: not recorded; names the command.
    """
    made, (axes,) = figure(figsize=SIZE)
    for kind in KINDS:
        draw_kind(axes, kind)
    axes.set_xticks(range(len(LENGTHS)), [f"{depth} layers" for depth in LENGTHS])
    limits = {"xlim": (-ROOM, 1 + ROOM), "ylim": (0, None)}
    finish(axes, finding(), "", "training error (%)", legend=False, **limits)
    return publish(made, finding_alt(), finding_caption())


def finding() -> str:
    """What more layers do on average, in two short lines."""
    plain, residual = (worse(Difference(deeper_is_worse(kind))) for kind in KINDS)
    link = "and" if plain != residual else "and also"
    return f"More layers are {plain} without\nshortcuts {link} {residual} with them"


def finding_alt() -> str:
    """The four means in words."""
    said = [
        f"{NAMES[kind].capitalize()} the mean training error is "
        f"{spread(final(kind, SHALLOW).values()).mean:.0f} % at {SHALLOW} layers and "
        f"{spread(final(kind, DEEP).values()).mean:.0f} % at {DEEP} layers."
        for kind in KINDS
    ]
    return " ".join(said)


def finding_caption() -> str:
    """What was found, by the book's rule for "shown", and what is drawn."""
    found = [depth_in_words(kind, "training", Difference(deeper_is_worse(kind))) for kind in KINDS]
    counts = [len(final(kind, DEEP)) for kind in KINDS]
    return (
        f"{' '.join(found)} Each dot is a network that we trained from a random start of its own, "
        f"its seed. We trained {each_kind(counts)}, for {HALF_SIZE.epochs} epochs on CIFAR-10 at "
        "16 pixels. Each line joins the means of the dots."
    )


START_FIGURES = {"depth-with-and-without": finding_figure}
