"""Gradient norms of every layer: a profile, and a heat map of layer and training step.

Everything drawn is read from the recorded measurements by ``utils.gradients``. This module packs
the records, draws the opening state as a still picture and hands the script the same geometry;
``utils/assets/gradient-norms.js`` moves it.
"""

from __future__ import annotations

import math
from functools import cache

import torch

from utils.explorables.figure import Explorable, checkbox, figure_id, frame, select, slider
from utils.explorables.gradient_norms_picture import GEOMETRY, heat_picture, profile_picture
from utils.gradient_norms import DEPTHS
from utils.gradients import FORM_LABELS, KINDS, courses, initial, short
from utils.starts import Start

NAME = "gradient-norms"
PER_DECADE = 200
ZERO = -9999
"""Stands for a gradient that is exactly zero; other values are logarithms in 1 / PER_DECADE."""
OPENING = {"depth": 56, "form": 0, "kind": "plain", "step": 0}

TITLE = "With batch normalisation, a plain network's gradients do not vanish: they grow"
INVITATION = (
    "Try: move the training step and watch the profile flatten. Then switch the shortcut on, or "
    "take the normalisation away."
)
CAPTION = (
    "Norm of the loss gradient with respect to the weights of each layer, CIFAR-10, 128 images, "
    "geometric mean over seeds. Left: all layers at the chosen step, the input at the left. "
    "Right: layers from top (input) to bottom, measured steps from left to right, for the network "
    "that the shortcut box chooses. Five seeds where only the first step is recorded, three where "
    "training is. Layers whose gradient is exactly zero are left out."
)
FINDINGS = {
    "grows": (
        "{network}, {form}, {when}: gradients grow towards the input. The first block has {first}, "
        "the last {last}: {ratio} times as much. {twin}"
    ),
    "shrinks": (
        "{network}, {form}, {when}: gradients shrink towards the input. The first block has "
        "{first}, the last {last}: {ratio} times as much. {twin}"
    ),
    "even": (
        "{network}, {form}, {when}: gradients are about equal in all blocks. The first has "
        "{first}, the last {last}: {ratio} times as much. {twin}"
    ),
    "tiny": (
        "{network}, {form}, {when}: gradients have vanished, in all blocks alike. The first has "
        "{first}, the last {last}. {twin}"
    ),
    "huge": (
        "{network}, {form}, {when}: gradients have exploded, in all blocks alike. The first has "
        "{first}, the last {last}. {twin}"
    ),
    "zero": "{network}, {form}, {when}: every gradient is exactly zero in float32. {twin}",
    "missing": (
        "Fixup silences every branch at the start. A plain network has nothing else, so there is "
        "none to measure. {twin}"
    ),
}
TWINS = {
    "ratio": "In {other} the first block has {ratio} times as much as the last.",
    "zero": "{other}: every gradient is exactly zero.",
    "missing": "",
}
EVEN = 3.0
"""A ratio between 1 / EVEN and EVEN counts as even."""
TINY, HUGE = 1e-6, 100.0
"""Even gradients below and above these are said to have vanished and exploded."""


def gradient_norms(key: str = "") -> Explorable:
    """Depth, start, shortcut and step to choose; profile and heat map follow.

    Args:
        key: tells a second copy on the same page from the first, in ids and in the address.
    """
    id_ = figure_id(NAME, key)
    data = packed()
    pictures = [profile_picture(id_, data, **OPENING), heat_picture(id_, data, **OPENING)]
    markup = frame(
        NAME,
        id_,
        title=TITLE,
        invitation=INVITATION,
        controls=_controls(id_, data),
        pictures=pictures,
        finding=finding(data, **OPENING),
        caption=CAPTION,
        data=data,
        marks='data-chain="plain"',
    )
    return Explorable(NAME, markup, TITLE)


@cache
def packed() -> dict:
    """Everything the script draws: the recorded series as whole numbers, and words."""
    series = {}
    for depth in DEPTHS:
        for batch_norm, init in FORM_LABELS:
            for kind in KINDS:
                if init == "fixup" and kind == "plain":
                    continue
                start = Start(depth, kind, batch_norm, init)
                series[start.name] = _series(start)
    return {
        "depths": list(DEPTHS),
        "forms": [f"{'bn' if norm else 'none'}_{init}" for norm, init in FORM_LABELS],
        "labels": list(FORM_LABELS.values()),
        "perDecade": PER_DECADE,
        "zero": ZERO,
        "even": EVEN,
        "tiny": TINY,
        "huge": HUGE,
        "series": series,
        "geometry": GEOMETRY,
        "findings": FINDINGS,
        "twins": TWINS,
    }


def _series(start: Start) -> dict:
    found = courses(start)
    if not found:
        rows = initial(start)[1]["weight_gradient"]
        return {"steps": [0], "rows": [_quantised(rows)]}
    steps = [step for step in found[0].steps if all(step in c.steps for c in found)]
    rows = [
        torch.stack([c.fields["weight_gradient"][c.steps.index(step)] for c in found])
        for step in steps
    ]
    return {"steps": steps, "rows": [_quantised(r) for r in rows]}


def _quantised(rows: torch.Tensor) -> list[int | None]:
    """Geometric mean over seeds (rows) of every layer, as whole numbers."""
    column: list[int | None] = []
    for values in rows.T.tolist():
        positive = [v for v in values if v > 0 and math.isfinite(v)]
        if positive:
            log = sum(math.log10(v) for v in positive) / len(positive)
            column.append(round(PER_DECADE * log))
        else:
            column.append(ZERO if all(v == 0 for v in values) else None)
    return column


def finding(data: dict, depth: int, form: int, kind: str, step: int) -> str:
    """The state in words and numbers; the script's twin."""
    other = "residual" if kind == "plain" else "plain"
    mine = _compare(data, depth, form, kind, step)
    twin = _compare(data, depth, form, other, step)
    words = {
        "network": _network(depth, kind),
        "form": data["labels"][form],
        "when": mine["when"],
        "first": mine["first"],
        "last": mine["last"],
        "ratio": mine["ratio"],
        "twin": data["twins"][twin["twin"]].format(
            other=_network(depth, other), ratio=twin["ratio"]
        ),
    }
    return data["findings"][mine["verdict"]].format(**words).strip()


def _network(depth: int, kind: str) -> str:
    return f"{'Plain' if kind == 'plain' else 'ResNet'}-{depth}"


def _compare(data: dict, depth: int, form: int, kind: str, step: int) -> dict[str, str]:
    empty = {"first": "", "last": "", "ratio": "", "when": "at the start"}
    family = "plain" if kind == "plain" else "resnet"
    series = data["series"].get(f"{family}-{depth}_{data['forms'][form]}")
    if series is None:
        return {**empty, "verdict": "missing", "twin": "missing"}
    position = min(step, len(series["steps"]) - 1)
    number = series["steps"][position]
    row = series["rows"][position]
    first, last = row[2], row[-2]
    when = "at the first step" if number == 0 else f"at step {number + 1}"
    if first in (None, ZERO) or last in (None, ZERO):
        return {**empty, "when": when, "verdict": "zero", "twin": "zero"}
    ratio = 10 ** ((first - last) / PER_DECADE)
    size = 10 ** (first / PER_DECADE)
    return {
        "when": when,
        "first": short(size),
        "last": short(10 ** (last / PER_DECADE)),
        "ratio": short(ratio),
        "verdict": _verdict(ratio, size),
        "twin": "ratio",
    }


def _verdict(ratio: float, size: float) -> str:
    if ratio > EVEN:
        return "grows"
    if ratio < 1 / EVEN:
        return "shrinks"
    if size < TINY:
        return "tiny"
    return "huge" if size > HUGE else "even"


def _controls(id_: str, data: dict) -> list[str]:
    depth = DEPTHS.index(OPENING["depth"])
    steps = data["series"]["plain-56_bn_he"]["steps"]
    labels = [label[0].upper() + label[1:] for label in data["labels"]]
    return [
        select(id_, "n", "Network and start", dict(enumerate(labels)), value=OPENING["form"]),
        slider(id_, "d", "Depth", low=0, high=len(DEPTHS) - 1, step=1, value=depth,
               shown="56 layers"),
        checkbox(id_, "c", "Shortcut", checked=False),
        slider(id_, "t", "Training step", low=0, high=len(steps) - 1, step=1, value=0,
               shown="1").replace('class="ex-control"', 'class="ex-control ex-wide"'),
    ]  # fmt: skip
