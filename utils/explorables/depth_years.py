"""Depth and error of the ImageNet winners, year by year.

The entries are those of ``book/data/imagenet_depth.csv``. This module draws every year, and
``utils/explorables/depth-years.js`` shows the chosen one.
"""

from __future__ import annotations

import math
from functools import cache

from utils.display import svg
from utils.display.svg import element, grid, path, picture, px, text
from utils.explorables.figure import Opening, drawn_states, explorable, slider
from utils.facts.challenge import ChallengeEntry, challenge_entries

OPENING = 2015
LEFT, WIDTH, RIGHT = 40, 288, 336
LAYERS = {"top": 26, "height": 132, "low": 4.0, "high": 260.0}
ERRORS = {"top": 206, "height": 104, "high": 30.0}
BOX = (340, 344)
LAYER_MARKS = (5, 10, 20, 50, 100, 200)
ERROR_MARKS = (0, 10, 20, 30)
RADIUS, RING = 4.5, 8.5
LABELS = {
    "AlexNet": (-8, 0, "end"),
    "VGG": (-8, 13, "end"),
    "GoogLeNet": (-8, -3, "end"),
    "ResNet": (-9, -5, "end"),
    "SENet": (8, -11, "end"),
}
"""Where the name of a network is written, from its dot: right, down, anchor."""

TITLE = "Depth rose for three years, and the error fell in every year"
INVITATION = (
    "Try: move through the years, with the slider or by touching the picture. Between which two "
    "winners does depth grow most? And what happens to the error after 2015?"
)
CAPTION = (
    "The figure shows the winners of the classification task of the ImageNet challenge. The upper "
    "curve gives the number of weighted layers in the deepest network that the authors name, on a "
    "logarithmic scale. A question mark means that they did not publish the depth, and a dash "
    "means that there was no deep network. The lower curve gives the top-5 error on the test "
    "images, for entries that were trained on the challenge's own images only. Each point is an "
    "entry, which may combine several networks. Entries with residual networks are blue. VGG, "
    "which came second in 2014, is drawn as well."
)
SAY = {
    "won": "{year}: the winner, {name}, has a top-5 error of {error} %.",
    "fell": "That is {fall} % less than the winner of {before}.",
    "layers": "The deepest network that its authors name has {layers} weighted layers.",
    "grew": "That is {times} times as many as {earlier} had in {then}.",
    "second": "{name}, with {layers} layers, came second with {error} %.",
    "no deep network": "It contains no deep network.",
    "not published": "Its depth was not published.",
    "same": "That is about as many as {earlier} had in {then}.",
    "several": "It combines networks of several families. Their depth is known from second-hand "
    "reports only.",
}


@explorable(TITLE, INVITATION)
def depth_years(id_: str) -> Opening:
    """A year of the challenge."""
    years = list(winners_by_year())
    return Opening(
        controls=[
            slider(id_, "y", "Year of the challenge", low=years[0], high=years[-1], value=OPENING,
                   shown=str(OPENING)),
        ],
        pictures=[still(id_)],
        finding=finding(OPENING),
        caption=CAPTION,
        data=drawn_states("y", {(year,): drawn(year) for year in years}),
    )  # fmt: skip


@cache
def winners_by_year() -> dict[int, ChallengeEntry]:
    """The entry with the lowest error of each year."""
    found: dict[int, ChallengeEntry] = {}
    for entry in challenge_entries():
        best = found.get(entry.year, entry)
        found[entry.year] = min(best, entry, key=lambda each: each.error_percent)
    return found


def finding(year: int) -> str:
    """What happened in a year, in words and numbers."""
    winners = winners_by_year()
    entry, before = winners[year], winners.get(year - 1)
    parts = [SAY["won"].format(year=year, name=entry.drawn_as, error=f"{entry.error_percent:g}")]
    if before:
        fall = 100 * (1 - entry.error_percent / before.error_percent)
        parts.append(SAY["fell"].format(fall=f"{fall:.0f}", before=before.year))
    if not entry.layers:
        return " ".join([*parts, SAY[entry.depth_note]])
    parts.append(SAY["layers"].format(layers=entry.layers))
    earlier = [each for each in winners.values() if each.layers and each.year < year]
    if earlier:
        last = earlier[-1]
        times = f"{entry.layers / last.layers:.1f}"
        say = SAY["same" if times == "1.0" else "grew"]
        parts.append(say.format(times=times, earlier=last.drawn_as, then=last.year))
    parts += [
        SAY["second"].format(
            name=each.drawn_as, layers=each.layers, error=f"{each.error_percent:g}"
        )
        for each in challenge_entries()
        if each.year == year and each is not entry and each.name != entry.name
    ]
    return " ".join(parts)


def across(year: int) -> float:
    """Where a year stands, in px."""
    years = list(winners_by_year())
    return LEFT + WIDTH * (year - years[0] + 0.5) / len(years)


def layers_height(layers: float) -> float:
    """Where a depth stands, in px: equal factors are equal distances."""
    share = math.log(layers / LAYERS["low"]) / math.log(LAYERS["high"] / LAYERS["low"])
    return LAYERS["top"] + LAYERS["height"] * (1 - share)


def error_height(percent: float) -> float:
    """Where an error stands, in px."""
    return ERRORS["top"] + ERRORS["height"] * (1 - percent / ERRORS["high"])


def dot(entry: ChallengeEntry, y: float) -> str:
    """One entry at a height."""
    colour = "var(--ex-residual)" if entry.kind == "residual" else "currentColor"
    return element("circle", cx=across(entry.year), cy=y, r=RADIUS, fill=colour)


def drawn(year: int) -> dict:
    """What changes with the year: finding, words of the control, attributes of the parts.

    A ring of no size is not seen: the depth of that winner is not known.
    """
    entry, x = winners_by_year()[year], px(across(year))
    bottom = ERRORS["top"] + ERRORS["height"]
    depth = layers_height(entry.layers) if entry.layers else 0.0
    rings = {
        "ring-layers": {"cx": x, "cy": px(depth), "r": px(RING if entry.layers else 0)},
        "ring-error": {"cx": x, "cy": px(error_height(entry.error_percent)), "r": px(RING)},
    }
    return {
        "finding": finding(year),
        "outputs": {"y": str(year)},
        "parts": {"now": {"d": f"M{x} {LAYERS['top']}V{bottom}"}, **rings},
    }


def depth_of(entry: ChallengeEntry) -> list[str]:
    """Dot and name of an entry in the upper half, or a sign that there is none."""
    x = across(entry.year)
    if not entry.layers:
        sign = "–" if entry.depth_note == "no deep network" else "?"
        return [text(x, LAYERS["top"] + LAYERS["height"] - 3, sign, class_="ex-name")]
    y = layers_height(entry.layers)
    right, down, anchor = LABELS[entry.drawn_as]
    label = f"{entry.drawn_as} {entry.layers}"
    return [dot(entry, y), text(x + right, y + down, label, anchor, "ex-shape")]


def still(id_: str) -> str:
    """Both halves, with the mark at the opening year."""
    bottom = ERRORS["top"] + ERRORS["height"]
    winners, parts = winners_by_year(), drawn(OPENING)["parts"]
    fall = svg.line((across(y), error_height(e.error_percent)) for y, e in winners.items())
    ring = {"fill": "none", "stroke": "currentColor", "stroke_width": 2}
    marks = [
        text(4, LAYERS["top"] - 12, "weighted layers", "start", "ex-name"),
        grid(LEFT, RIGHT, [(str(n), layers_height(n)) for n in LAYER_MARKS]),
        text(4, ERRORS["top"] - 12, "top-5 error (%)", "start", "ex-name"),
        grid(LEFT, RIGHT, [(str(n), error_height(n)) for n in ERROR_MARKS]),
        *(text(across(y), bottom + 18, str(y), class_="ex-small") for y in winners),
        text(LEFT + WIDTH / 2, bottom + 33, "year of the challenge", class_="ex-small"),
        path(part="now", class_="ex-mark", stroke_dasharray="2 3", **parts["now"]),
        path(fall, "ex-mark", stroke_opacity=0.4),
        *(part for entry in challenge_entries() for part in depth_of(entry)),
        *(dot(e, error_height(e.error_percent)) for e in challenge_entries()),
        *(element("circle", part=name, **parts[name], **ring)
          for name in ("ring-layers", "ring-error")),
    ]  # fmt: skip
    label = "Two curves over the years 2010 to 2017: layers of the winners above, their error below"
    return picture(id_, label, marks, BOX)
