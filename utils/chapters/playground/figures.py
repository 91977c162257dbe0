"""The recorded curves of the six experiments, also for readers without JavaScript.

Answers "how does it look over ten seeds?". The title of each figure is its finding, taken from
the verdicts of :mod:`utils.chapters.playground.answers`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from matplotlib.axes import Axes

from utils.chapters.playground import answers
from utils.chapters.playground.numbers import COPIED, deep, started, ten
from utils.display.figures import COLOURS, draw_spread, figure, finish
from utils.display.published import Published, publish
from utils.miniatures.playground import RATES
from utils.record.playground import BARE, BASE, COPIED_AT, KINDS, named
from utils.results.spread import spread
from utils.results.verdict import SHOWN, Difference


@dataclass(frozen=True)
class Line:
    """One curve.

    Attributes:
        label: in the legend, which leaves out those that begin with "_".
        record: name of a task.
        kind: "plain" or "residual".
        colour: of :data:`utils.display.figures.COLOURS`.
        style: of the line.
        images: "train" or "test".
        part: "shallow" for the network before it was copied.
        later: steps that were taken before its first.
    """

    label: str
    record: str
    kind: str
    colour: str
    style: str = "-"
    images: str = "train"
    part: str = ""
    later: int = 0

    def draw(self, axes: Axes) -> None:
        """The mean over the seeds with its band."""
        found = ten(self.record, self.kind, self.part)
        points = [spread(column) for column in found.errors[self.images].T.tolist()]
        steps = [step + self.later for step in found.steps]
        draw_spread(axes, steps, points, COLOURS[self.colour], self.label, linestyle=self.style)


def says(found: Difference, falls: str, rises: str, open_: str) -> str:
    """The one of three titles that fits: shown to fall, shown to rise, or neither."""
    if found.verdict != SHOWN:
        return open_
    return falls if found.over.mean < 0 else rises


def depth_title() -> str:
    """What depth does to both."""
    plain, residual = (answers.answer(f"{kind}-deeper") for kind in KINDS)
    of_plain = says(plain, "Depth helps plain", "Depth hurts plain", "Plain: depth not shown")
    of_residual = says(residual, "helps residual", "hurts residual", "not shown to hurt residual")
    return f"{of_plain}, {of_residual}"


def overfitting_title() -> str:
    """Whether the deep plain network fails on images that it has seen."""
    return says(
        answers.answer("plain-deeper"),
        "The deep plain network fits better",
        "Deep and plain fails on images it has seen",
        "No verdict on training images",
    )


def normalisation_title() -> str:
    """How many residual networks stop without normalisation."""
    found = ten(named(BARE), "residual")
    if not found.stops:
        return "Without normalisation both go on"
    return f"Residual stops in {len(found.stops)} of {len(found.seeds)} seeds"


def start_title() -> str:
    """Whether the start near the identity saves the plain network."""
    return says(
        answers.answer("identity"),
        "A start near the identity saves plain",
        "A start near the identity harms plain",
        "No start is shown to save plain",
    )


def rate_title() -> str:
    """Which network learns at more rates."""
    return says(
        answers.answer("rates"),
        "Plain learns at more rates",
        "Residual learns at more rates",
        "No difference in rates is shown",
    )


def copy_title() -> str:
    """Whether the copied plain network ends where a fresh one does."""
    return says(
        answers.answer("copied"),
        "Copied, the deep plain network learns",
        "Copied, the deep plain network is worse",
        "A copied start is not shown to help plain",
    )


def _copies() -> list[Line]:
    """A shallow network of each kind, its copy, and the plain one from scratch."""
    lines = [Line(f"plain, {BASE.blocks} fresh blocks", named(BARE), "plain", "other", ":")]
    for kind, style in (("plain", "--"), ("residual", "-")):
        lines += [
            Line(f"{kind}, copied", COPIED, kind, kind, style, later=COPIED_AT),
            Line("_shallow", COPIED, kind, kind, style, part="shallow"),
        ]
    return lines


LINES: dict[str, tuple[Callable[[], str], list[Line]]] = {
    "depth": (
        depth_title,
        [
            *(
                Line(f"plain, {blocks} blocks", named(deep(blocks)), "plain", "plain", style)
                for blocks, style in ((20, "--"), (10, "-."), (2, ":"))
            ),
            Line("residual, 20 blocks", named(BASE), "residual", "residual"),
        ],
    ),
    "not-overfitting": (
        overfitting_title,
        [
            Line("20 blocks, test", named(BASE), "plain", "plain", "--", "test"),
            Line("20 blocks, training", named(BASE), "plain", "plain"),
            Line("2 blocks, test", named(deep(2)), "plain", "other", "--", "test"),
            Line("2 blocks, training", named(deep(2)), "plain", "other"),
        ],
    ),
    "no-normalisation": (
        normalisation_title,
        [
            Line("residual, none", named(BARE), "residual", "residual", ":"),
            Line("plain, none", named(BARE), "plain", "plain", "--"),
            Line(
                "residual, none, zero start",
                named(started("zero", bare=True)),
                "residual",
                "residual",
            ),
            Line(
                "residual, layer normalisation",
                named(replace(BARE, normalisation="layer")),
                "residual",
                "cnn",
                "-.",
            ),
        ],
    ),
    "starts": (
        start_title,
        [
            Line("plain, zero", named(started("zero")), "plain", "other", ":"),
            Line("plain, PyTorch's", named(started("pytorch")), "plain", "cnn", "-."),
            Line("plain, He's", named(BASE), "plain", "plain", "--"),
            Line("plain, identity", named(started("identity")), "plain", "plain"),
        ],
    ),
    "copy": (copy_title, _copies()),
}
"""Experiment -> its title and its curves; that on rates has no curves."""
TESTED = {"not-overfitting": "error (%)"}
"""Axes that show more than training errors."""


def curves(experiment: str) -> Published:
    """The curves of an experiment."""
    title, lines = LINES[experiment]
    made, (axes,) = figure(figsize=(4.8, 3.4))
    for line in lines:
        line.draw(axes)
    finish(axes, title(), "step", TESTED.get(experiment, "training error (%)"), ylim=(0, 104))
    named_lines = [line.label for line in lines if not line.label.startswith("_")]
    return publish(
        made,
        alt=f"Error against steps: {'; '.join(named_lines)}. {title()}.",
        caption=f"{_about(experiment)} Means over {answers.seeds()}; each band is one standard "
        "deviation wide on either side. A network that has stopped has an error of 100 %.",
    )


def drawing(experiment: str) -> Callable[[], Published]:
    """The function without arguments that draws an experiment.

    It is one of this module, by which the directive knows what the page depends on.
    """

    def draw() -> Published:
        return curves(experiment)

    return draw


def _about(experiment: str) -> str:
    """What the curves of an experiment are."""
    setting = BARE if experiment in ("no-normalisation", "copy") else BASE
    which = {
        "depth": "Training error with batch normalisation, by depth.",
        "not-overfitting": "Training and test error of two plain networks.",
        "no-normalisation": f"Training error of {setting.blocks} blocks.",
        "starts": f"Training error of plain networks of {setting.blocks} blocks, by their start.",
        "copy": "Training error without normalisation: networks of two blocks that are copied into "
        f"{setting.blocks} blocks after {COPIED_AT} steps, and a plain network that has "
        f"{setting.blocks} blocks from the start.",
    }[experiment]
    return f"{which} The learning rate is {setting.rate}."


def rates_figure() -> Published:
    """Training error after the last step against the learning rate."""
    made, (axes,) = figure(figsize=(4.8, 3.4))
    for kind, style, marker in (("plain", "--", "v"), ("residual", "-", "o")):
        points = [
            spread(ten(named(replace(BASE, rate=rate)), kind).at_end().values()) for rate in RATES
        ]
        line = {"linestyle": style, "marker": marker, "markersize": 5}
        draw_spread(axes, RATES, points, COLOURS[kind], kind, **line)
    finish(axes, rate_title(), "learning rate", "training error (%)", xscale="log", ylim=(0, 104))
    return publish(
        made,
        alt=f"Training error after the last step against the learning rate. {rate_title()}.",
        caption=f"Training error after the last step, for networks of {BASE.blocks} blocks with "
        f"batch normalisation. Means over {answers.seeds()}; each band is one standard deviation "
        "wide on either side. A network that has stopped has an error of 100 %.",
    )


PLAYGROUND_FIGURES: dict[str, Callable[[], Published]] = {
    **{f"playground-{experiment}": drawing(experiment) for experiment in LINES},
    "playground-largest-rate": rates_figure,
    "playground-answers": answers.answer_table,
    "playground-settings": answers.setting_table,
}
"""What the page names -> what draws it."""
