"""Gradients and activations of every layer: a profile, and a heat map of layer and training step.

Everything drawn is read from the recorded measurements by
``utils.chapters.gradient_norms.numbers``. This module packs the records, draws the opening state
as a still picture and hands the script the same geometry; ``utils/explorables/gradient-norms.js``
moves it.
"""

from __future__ import annotations

import math
from functools import cache

import torch

from utils.chapters.gradient_norms.numbers import FORM_LABELS, KINDS, courses, initial
from utils.explorables.figure import Explorable, checkbox, figure_id, frame, select, slider
from utils.explorables.gradient_norms_picture import (
    GEOMETRY,
    heat_picture,
    profile_picture,
    tenth,
)
from utils.models.starts import Start
from utils.record.gradient_norms import DEPTHS
from utils.results.words import short

NAME = "gradient-norms"
PER_DECADE = 200
ZERO = -9999
"""Stands for a value that is exactly zero; other values are logarithms in 1 / PER_DECADE."""
PER_TENTH = 100
"""Shares are whole numbers too, in 1 / PER_TENTH of ten per cent."""
OPENING = {"quantity": 0, "depth": 56, "form": 0, "kind": "plain", "step": 0}
QUANTITIES = [
    {
        "field": "weight_gradient",
        "label": "Norm of the weight gradient",
        "isLog": True,
        "profile": "Gradient norm of each layer",
        "line": "Gradient norm of every layer, plain and residual network, on a logarithmic scale",
        "heat": "Gradient norm of every layer at every measured training step, as colours",
    },
    {
        "field": "sd",
        "label": "Standard deviation of the responses",
        "isLog": True,
        "profile": "Standard deviation of responses",
        "line": "Standard deviation of every layer's response, plain and residual network, on a "
        "logarithmic scale",
        "heat": "Standard deviation of every layer's response at every measured training step, as "
        "colours",
    },
    {
        "field": "dead",
        "label": "Share of dead channels",
        "isLog": False,
        "profile": "Share of dead channels",
        "line": "Share of dead channels of every layer, plain and residual network, in per cent",
        "heat": "Share of dead channels of every layer at every measured training step, as colours",
    },
]
"""What can be chosen: field of the records, words, and whether its values are logarithms."""
FIELDS = [chosen["field"] for chosen in QUANTITIES]

TITLE = "With batch normalisation, a plain network's gradients do not vanish: they grow"
INVITATION = (
    "Try: move the training step. The profile flattens at steps 4 and 5, then tilts the other way. "
    "Switch the shortcut on, take the normalisation away, or choose another quantity."
)
CAPTION = (
    "Norm of the loss gradient with respect to the weights of each layer, standard deviation of "
    "its response, or share of channels that the following ReLU keeps at zero: CIFAR-10, 128 "
    "images, mean over seeds (geometric for norms and deviations). Left: all layers at the chosen "
    "step, the input at the left. Right: layers from top (input) to bottom, measured steps from "
    "left to right, for the network that the shortcut box chooses. Five seeds where only the first "
    "step is recorded, three where training is. Hatched, and left out of the line: what is exactly "
    "zero on a logarithmic scale, or absent. The last layer has no ReLU, so no dead channels; its "
    "response is the output."
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
    "lost": (
        "{network}, {form}, {when}: the numbers have overflowed, and training has ended. {twin}"
    ),
    "missing": (
        "Fixup silences every branch at the start. A plain network has nothing else, so there is "
        "none to measure. {twin}"
    ),
    "falls": (
        "{network}, {form}, {when}: responses shrink on the way to the output. Their standard "
        "deviation is {first} in the first block, {last} in the last. {twin}"
    ),
    "rises": (
        "{network}, {form}, {when}: responses grow on the way to the output. Their standard "
        "deviation is {first} in the first block, {last} in the last. {twin}"
    ),
    "level": (
        "{network}, {form}, {when}: first and last block have responses of about one size, "
        "standard deviations of {first} and {last}. {twin}"
    ),
    "silent": (
        "{network}, {form}, {when}: the second convolution of every block is still zero, and so is "
        "its response. {twin}"
    ),
    "alive": "{network}, {form}, {when}: no channel of any layer is dead on this batch. {twin}",
    "dead": (
        "{network}, {form}, {when}: in an average layer {mean} of the channels are dead on the "
        "batch, in the worst, layer {layer} of {depth}, {most}. {twin}"
    ),
}
TWINS = {
    "ratio": "In {other} the first block has {ratio} times as much as the last.",
    "zero": "{other}: every gradient is exactly zero.",
    "lost": "{other} has overflowed.",
    "missing": "",
    "sizes": "In {other} the deviations are {first} and {last}.",
    "silent": "{other}: second convolutions and their responses are still zero.",
    "alive": "{other}: none.",
    "dead": "{other}: {mean} on average, {most} at most.",
}
EVEN = 3.0
"""A ratio between 1 / EVEN and EVEN counts as even."""
SMALL = 0.05
"""Per cent that would be rounded to zero: "under 0.1 %"."""
TINY, HUGE = 1e-6, 100.0
"""Even gradients below and above these are said to have vanished and exploded."""


def gradient_norms(key: str = "") -> Explorable:
    """Quantity, depth, start, shortcut and step to choose; profile and heat map follow.

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
        "quantities": [
            {**chosen, "perUnit": PER_DECADE if chosen["isLog"] else PER_TENTH}
            for chosen in QUANTITIES
        ],
        "zero": ZERO,
        "even": EVEN,
        "tiny": TINY,
        "huge": HUGE,
        "small": SMALL,
        "series": series,
        "geometry": GEOMETRY,
        "findings": FINDINGS,
        "twins": TWINS,
    }


def _series(start: Start) -> dict:
    """Measured steps of one start, and for every field one row a step."""
    found = courses(start)
    if not found:
        return _rows([0], [initial(start)[1]])
    steps = [step for step in found[0].steps if all(step in c.steps for c in found)]
    at_steps = [
        {
            field: torch.stack([c.fields[field][c.steps.index(step)] for c in found])
            for field in FIELDS
        }
        for step in steps
    ]
    return _rows(steps, at_steps)


def _rows(steps: list[int], at_steps: list[dict[str, torch.Tensor]]) -> dict:
    series: dict = {"steps": steps, **{field: [] for field in FIELDS}}
    for fields in at_steps:
        for chosen in QUANTITIES:
            series[chosen["field"]].append(_quantised(fields[chosen["field"]], chosen))
        # Nothing is positive in a layer that has overflowed, but that is not what "dead" means.
        lost = [sd is None for sd in series["sd"][-1]]
        pairs = zip(lost, series["dead"][-1], strict=True)
        series["dead"][-1] = [None if is_lost else share for is_lost, share in pairs]
    return series


def _quantised(rows: torch.Tensor, quantity: dict) -> list[int | None]:
    """Mean over seeds (rows) of every layer, as whole numbers."""
    mean = _logarithm if quantity["isLog"] else _share
    return [mean(values) for values in rows.T.tolist()]


def _logarithm(values: list[float]) -> int | None:
    positive = [v for v in values if v > 0 and math.isfinite(v)]
    if positive:
        return round(PER_DECADE * sum(math.log10(v) for v in positive) / len(positive))
    return ZERO if all(v == 0 for v in values) else None


def _share(values: list[float]) -> int | None:
    known = [v for v in values if math.isfinite(v)]
    return round(10 * PER_TENTH * sum(known) / len(known)) if known else None


def finding(data: dict, quantity: int, depth: int, form: int, kind: str, step: int) -> str:
    """The state in words and numbers; the script's twin."""
    other = "residual" if kind == "plain" else "plain"
    mine = _compare(data, quantity, depth, form, kind, step)
    twin = _compare(data, quantity, depth, form, other, step)
    words = {
        **mine,
        "network": _network(depth, kind),
        "depth": depth,
        "form": data["labels"][form],
        "twin": data["twins"][twin["twin"]].format(**{**twin, "other": _network(depth, other)}),
    }
    return data["findings"][mine["verdict"]].format(**words).strip()


def _network(depth: int, kind: str) -> str:
    return f"{'Plain' if kind == 'plain' else 'ResNet'}-{depth}"


def _compare(data: dict, quantity: int, depth: int, form: int, kind: str, step: int) -> dict:
    """What the sentences need of one network; "verdict" and "twin" name the sentences."""
    family = "plain" if kind == "plain" else "resnet"
    series = data["series"].get(f"{family}-{depth}_{data['forms'][form]}")
    if series is None:
        return {"when": "at the start", "verdict": "missing", "twin": "missing"}
    position = min(step, len(series["steps"]) - 1)
    number = series["steps"][position]
    row = series[data["quantities"][quantity]["field"]][position]
    when = "at the first step" if number == 0 else f"at step {number + 1}"
    compare = (_compare_gradients, _compare_responses, _compare_dead)[quantity]
    return {"when": when, **compare(row)}


def _compare_gradients(row: list[int | None]) -> dict:
    first, last = row[2], row[-2]
    if first is None or last is None:
        return {"verdict": "lost", "twin": "lost"}
    if ZERO in (first, last):
        return {"verdict": "zero", "twin": "zero"}
    ratio = 10 ** ((first - last) / PER_DECADE)
    size = 10 ** (first / PER_DECADE)
    return {
        "first": short(size),
        "last": short(10 ** (last / PER_DECADE)),
        "ratio": short(ratio),
        "verdict": _verdict(ratio, size),
        "twin": "ratio",
    }


def _compare_responses(row: list[int | None]) -> dict:
    first, last = row[2], row[-2]
    if first is None or last is None:
        return {"verdict": "lost", "twin": "lost"}
    if ZERO in (first, last):
        return {"verdict": "silent", "twin": "silent"}
    ratio = 10 ** ((last - first) / PER_DECADE)
    verdict = "rises" if ratio > EVEN else "falls" if ratio < 1 / EVEN else "level"
    return {
        "first": short(10 ** (first / PER_DECADE)),
        "last": short(10 ** (last / PER_DECADE)),
        "verdict": verdict,
        "twin": "sizes",
    }


def _compare_dead(row: list[int | None]) -> dict:
    if row[-2] is None:
        return {"verdict": "lost", "twin": "lost"}
    shares = [value for value in row if value is not None]
    most = max(shares)
    if most == 0:
        return {"verdict": "alive", "twin": "alive"}
    return {
        "mean": _percent(sum(shares) / len(shares)),
        "most": _percent(most),
        "layer": row.index(most) + 1,
        "verdict": "dead",
        "twin": "dead",
    }


def _percent(value: float) -> str:
    share = value * 10 / PER_TENTH
    return "under 0.1 %" if share < SMALL else f"{tenth(share)} %"


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
    quantities = [chosen["label"] for chosen in data["quantities"]]
    return [
        select(id_, "q", "Quantity", dict(enumerate(quantities)), value=OPENING["quantity"]),
        select(id_, "n", "Network and start", dict(enumerate(labels)), value=OPENING["form"]),
        checkbox(id_, "c", "Shortcut", checked=False),
        slider(id_, "d", "Depth", low=0, high=len(DEPTHS) - 1, step=1, value=depth,
               shown="56 layers"),
        slider(id_, "t", "Training step", low=0, high=len(steps) - 1, step=1, value=0,
               shown="1").replace('class="ex-control"', 'class="ex-control ex-rest"'),
    ]  # fmt: skip
