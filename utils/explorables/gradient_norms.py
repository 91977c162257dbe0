"""Gradients and activations of every layer: a profile, and a heat map of layer and training step.

Everything drawn is read from the recorded measurements by
``utils.chapters.gradient_norms.numbers``. This module packs the records, draws the opening state
as a still picture and hands the script the same geometry; ``utils/explorables/gradient-norms.js``
moves it.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

import torch

from utils.chapters.gradient_norms.numbers import (
    FORM_LABELS,
    common_steps,
    courses,
    initial,
    starts_of,
)
from utils.explorables.figure import Opening, checkbox, explorable, select, slider
from utils.explorables.gradient_norms_picture import (
    GEOMETRY,
    heat_picture,
    limits,
    profile_picture,
    series_of,
)
from utils.models.starts import Start
from utils.record.gradient_norms import DEPTHS
from utils.results.labels import short_label
from utils.results.words import opening, short

PER_DECADE = 200
ZERO = -9999
"""Stands for a value that is exactly zero; other values are logarithms in 1 / PER_DECADE."""
PER_TENTH = 100
"""Shares are whole numbers too, in 1 / PER_TENTH of ten per cent."""
OPENING = {"quantity": 0, "depth": 56, "form": 0, "kind": "plain", "step": 0}
QUANTITIES = [
    {
        "field": "weight_gradient",
        "told": ("first", "last", "ratio"),
        "label": "Norm of the weight gradient",
        "isLog": True,
        "profile": "Gradient norm of each layer",
        "line": "Gradient norm of every layer, plain and residual network, on a logarithmic scale",
        "heat": "Gradient norm of every layer at every measured training step, as colours",
    },
    {
        "field": "sd",
        "told": ("first", "last"),
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
        "told": ("mean", "most", "layer"),
        "label": "Share of dead channels",
        "isLog": False,
        "profile": "Share of dead channels",
        "line": "Share of dead channels of every layer, plain and residual network, in per cent",
        "heat": "Share of dead channels of every layer at every measured training step, as colours",
    },
]
"""What can be chosen: field of the records, names of the numbers that are told of it, words, and
whether its values are logarithms."""
FIELDS = [chosen["field"] for chosen in QUANTITIES]

TITLE = "Before training, a normalised plain network's gradients grow instead of vanishing"
INVITATION = (
    "Try: move the training step. The plain network's line flattens at steps 4 and 5, and then it "
    "tilts the other way. Switch the shortcut on, take the normalisation away, or choose another "
    "quantity."
)
CAPTION = (
    "You can choose one of three quantities of each layer: the norm of the loss gradient with "
    "respect to its weights, the standard deviation of its response, or the share of its channels "
    "that the following ReLU keeps at zero. They are measured on 128 images of CIFAR-10 and "
    "averaged over seeds; for norms and deviations the average is the geometric mean. There are "
    "five seeds if only the first step is recorded, and three if a training run is recorded. The "
    "first picture shows the plain and the residual network at the chosen step, with the layers "
    "from left (input) to right (output). The second picture shows one network at all measured "
    "steps: the residual network if the box “Shortcut” is ticked, and otherwise the plain "
    "network. Its layers run from top (input) to bottom (output), and its steps from left to "
    "right. If a value is missing, or is zero and therefore has no place on a logarithmic scale, "
    "the first picture leaves out the layer, and the second picture hatches its square. The last "
    "layer has no ReLU, so it has no dead channels, and its response is the network's output."
)
FINDINGS = {
    "grows": (
        "In {network} ({form}), gradients grow towards the input {when}. Their norm is "
        "{first} in the first block and {last} in the last block, so the ratio of first to last is "
        "{ratio}. {twin}"
    ),
    "shrinks": (
        "In {network} ({form}), gradients shrink towards the input {when}. Their norm is "
        "{first} in the first block and {last} in the last block, so the ratio of first to last is "
        "{ratio}. {twin}"
    ),
    "even": (
        "In {network} ({form}), gradients are about equal in all blocks {when}. Their norm is "
        "{first} in the first block and {last} in the last block, so the ratio of first to last is "
        "{ratio}. {twin}"
    ),
    "tiny": (
        "In {network} ({form}), gradients have vanished in all blocks alike {when}. Their norm "
        "is {first} in the first block and {last} in the last block. {twin}"
    ),
    "huge": (
        "In {network} ({form}), gradients have exploded in all blocks alike {when}. Their norm "
        "is {first} in the first block and {last} in the last block. {twin}"
    ),
    "zero": "In {network} ({form}), every gradient is exactly zero in float32 {when}. {twin}",
    "lost": (
        "In {network} ({form}), the numbers have overflowed {when}, and training has ended. {twin}"
    ),
    "missing": (
        "Fixup silences every branch at the start. A plain network consists of nothing but "
        "branches, so there is no plain network to measure. {twin}"
    ),
    "falls": (
        "In {network} ({form}), responses shrink towards the output {when}. Their standard "
        "deviation is {first} in the first block and {last} in the last. {twin}"
    ),
    "rises": (
        "In {network} ({form}), responses grow towards the output {when}. Their standard deviation "
        "is {first} in the first block and {last} in the last. {twin}"
    ),
    "level": (
        "In {network} ({form}), the responses of the first and the last block have about the same "
        "size {when}. Their standard deviations are {first} and {last}. {twin}"
    ),
    "silent": (
        "In {network} ({form}), the second convolution of every block is still zero {when}, and so "
        "is its response. {twin}"
    ),
    "alive": "In {network} ({form}), no channel of any layer is dead on this batch {when}. {twin}",
    "dead": (
        "In {network} ({form}), {mean} of the channels of an average layer are dead on this batch "
        "{when}. The worst layer is layer {layer} of {depth}, where {most} are dead. {twin}"
    ),
}
IN_THE_OTHER = (
    "In {other}, the norm in the first block is {ratio} times the norm in the last block."
)
SIZES_IN_THE_OTHER = (
    "In {other}, the standard deviations are {first} in the first block and {last} in the last."
)
TWINS = {
    **dict.fromkeys(("grows", "shrinks", "even", "tiny", "huge"), IN_THE_OTHER),
    "zero": "In {other}, every gradient is exactly zero.",
    "lost": "In {other}, the numbers have overflowed.",
    "missing": "",
    **dict.fromkeys(("falls", "rises", "level"), SIZES_IN_THE_OTHER),
    "silent": "In {other}, the second convolutions and their responses are still zero.",
    "alive": "In {other}, no channel is dead.",
    "dead": (
        "In {other}, {mean} of the channels are dead in an average layer and {most} in the worst."
    ),
}
EVEN = 3.0
"""A ratio between 1 / EVEN and EVEN counts as even."""
SMALL = 0.05
"""Per cent that would be rounded to zero: "under 0.1 %"."""
TINY, HUGE = 1e-6, 100.0
"""Even gradients below and above these are said to have vanished and exploded."""


@explorable(TITLE, INVITATION)
def gradient_norms(id_: str) -> Opening:
    """Quantity, depth, start, shortcut and step to choose; profile and heat map follow."""
    data = packed()
    return Opening(
        controls=_controls(id_, data),
        pictures=[profile_picture(id_, data, **OPENING), heat_picture(id_, data, **OPENING)],
        finding=finding(data, **OPENING),
        caption=CAPTION,
        data=data,
        marks='data-chain="plain"',
    )


@cache
def packed() -> dict:
    """Everything the script draws: the recorded series as whole numbers, and words."""
    starts = [start for same in starts_of(DEPTHS).values() for start in same]
    data = {
        "depths": list(DEPTHS),
        "forms": [f"{'bn' if norm else 'none'}_{init}" for norm, init in FORM_LABELS],
        "labels": list(FORM_LABELS.values()),
        "quantities": [
            {**chosen, "perUnit": PER_DECADE if chosen["isLog"] else PER_TENTH}
            for chosen in QUANTITIES
        ],
        "zero": ZERO,
        "series": {start.name: _series(start) for start in starts},
        "geometry": GEOMETRY,
        "findings": FINDINGS,
        "twins": TWINS,
    }
    data["limits"] = [
        [[limits(data, quantity, depth, form) for form in range(len(FORM_LABELS))]
         for depth in DEPTHS]
        for quantity in range(len(QUANTITIES))
    ]  # fmt: skip
    return data


def _series(start: Start) -> dict:
    """Measured steps of one start, and for every field one row a step."""
    found = courses(start)
    if not found:
        return _rows([0], [initial(start)[1]])
    steps = common_steps(found)
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
    pairs = zip(FIELDS, TELL, strict=True)
    series["told"] = [[tell(row) for row in series[field]] for field, tell in pairs]
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
    mine, twin = (_told(data, quantity, depth, form, each, step) for each in (kind, other))
    words = {
        **mine,
        "network": _spoken(depth, kind),
        "depth": depth,
        "form": data["labels"][form],
        "twin": data["twins"][twin["verdict"]].format(other=_spoken(depth, other), **twin),
    }
    return data["findings"][mine["verdict"]].format(**words).strip()


def _spoken(depth: int, kind: str) -> str:
    """Name of a network within a sentence."""
    return short_label(Start(depth, kind).model)


def _told(data: dict, quantity: int, depth: int, form: int, kind: str, step: int) -> dict:
    """What the sentences need of one network; the verdict names them."""
    series = series_of(data, depth, form, kind)
    if series is None:
        return {"when": "at the start", "verdict": "missing"}
    position = min(step, len(series["steps"]) - 1)
    number = series["steps"][position]
    when = "at the first step" if number == 0 else f"at step {number + 1}"
    verdict, *numbers = series["told"][quantity][position]
    names = data["quantities"][quantity]["told"]
    return {"when": when, "verdict": verdict, **dict(zip(names, numbers, strict=False))}


def _ends(row: list[int | None], zero: str) -> list[str] | tuple[int, int]:
    """Values of the first and the last block, or the verdict where one of them is none."""
    first, last = row[2], row[-2]
    if first is None or last is None:
        return ["lost"]
    return [zero] if ZERO in (first, last) else (first, last)


def _power(units: int) -> float:
    return 10 ** (units / PER_DECADE)


def _tell_gradients(row: list[int | None]) -> list[str]:
    """Verdict, norms of the first and the last block, and their ratio."""
    ends = _ends(row, "zero")
    if isinstance(ends, list):
        return ends
    first, last = ends
    ratio, size = _power(first - last), _power(first)
    verdict = "tiny" if size < TINY else "huge" if size > HUGE else "even"
    if not 1 / EVEN <= ratio <= EVEN:
        verdict = "grows" if ratio > EVEN else "shrinks"
    return [verdict, short(size), short(_power(last)), short(ratio)]


def _tell_responses(row: list[int | None]) -> list[str]:
    """Verdict, and deviations of the first and the last block."""
    ends = _ends(row, "silent")
    if isinstance(ends, list):
        return ends
    first, last = ends
    ratio = _power(last - first)
    verdict = "rises" if ratio > EVEN else "falls" if ratio < 1 / EVEN else "level"
    return [verdict, short(_power(first)), short(_power(last))]


def _tell_dead(row: list[int | None]) -> list[str | int]:
    """Verdict, shares in an average and in the worst layer, and which layer that is."""
    if row[-2] is None:
        return ["lost"]
    shares = [value for value in row if value is not None]
    most = max(shares)
    if most == 0:
        return ["alive"]
    return ["dead", _percent(sum(shares) / len(shares)), _percent(most), row.index(most) + 1]


def _percent(value: float) -> str:
    share = Decimal(value * 10 / PER_TENTH)
    tenths = share.quantize(Decimal("0.1"), ROUND_HALF_UP)
    return "under 0.1 %" if share < SMALL else f"{tenths} %"


TELL = (_tell_gradients, _tell_responses, _tell_dead)
"""For each of :data:`QUANTITIES`: verdict on a row, and its numbers, named by ``told`` there."""


def _controls(id_: str, data: dict) -> list[str]:
    depth = DEPTHS.index(OPENING["depth"])
    steps = data["series"]["plain-56_bn_he"]["steps"]
    labels = [opening(label) for label in data["labels"]]
    quantities = [chosen["label"] for chosen in data["quantities"]]
    last = len(steps) - 1
    step = slider(id_, "t", "Training step", low=0, high=last, value=0, shown="1")
    return [
        select(id_, "q", "Quantity", dict(enumerate(quantities)), value=OPENING["quantity"]),
        select(id_, "n", "Network and start", dict(enumerate(labels)), value=OPENING["form"]),
        checkbox(id_, "c", "Shortcut", checked=False),
        slider(id_, "d", "Depth", low=0, high=len(DEPTHS) - 1, value=depth, shown="56 layers"),
        step.replace('class="ex-control"', 'class="ex-control ex-rest"'),
    ]
