"""The tables of the chapter on gradient norms.

Answers "what are the numbers, over all starts?".
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

from utils.chapters.gradient_norms.numbers import (
    DEFAULT_FACTOR,
    FORM_LABELS,
    KINDS,
    MEAN_FIELD_FACTOR,
    STAGES,
    Course,
    courses,
    end_responses,
    factor_per_layer,
    first_over_last,
    initial,
    most_dead,
    network_name,
    range_of,
    ratio_by_step,
    starts_of,
)
from utils.display.published import Published
from utils.display.tables import table
from utils.files.records import load_measurement
from utils.models.starts import Start
from utils.record.gradient_norms import EXPERIMENT, STEPS, TRAINED, Task, tasks
from utils.results.labels import device_label
from utils.results.words import percent, short


def activation_table(depths: Sequence[int] = (20, 56, 110)) -> Published:
    """Responses at both ends and dead channels of every start before its first step."""
    return _first_step_table(
        depths,
        _activation_words,
        "Before the semicolon: standard deviation of the response at the end of the first block → "
        "at the end of the last block (geometric mean over five seeds). After it: the greatest "
        "share of dead channels in any layer (mean over seeds). CIFAR-10, 128 images.",
    )


def _first_step_table(
    depths: Sequence[int], words: Callable[[Start], str], caption: str
) -> Published:
    rows = [[name, *map(words, starts)] for name, starts in starts_of(depths).items()]
    heads = ["network at its first step", *(f"{depth} layers" for depth in depths)]
    return table(heads, rows, caption)


def _activation_words(start: Start) -> str:
    first, last = end_responses(start)
    return f"{short(first)} → {short(last)}; {percent(most_dead(start))}"


def verdict_table(depths: Sequence[int] = (20, 56, 110)) -> Published:
    """Gradient of the first block, and how it compares with the last, for every start."""
    return _first_step_table(
        depths,
        lambda start: f"{first_gradient(start)}; × {_ratio_words(start)}",
        "Before the semicolon: norm of the weight gradient in the second convolution of the first "
        "block. After it: how many times as large this norm is as that in the last block. "
        "CIFAR-10, 128 images, geometric mean over five seeds.",
    )


def first_gradient(start: Start, layer: str = "layer1.0.conv2") -> str:
    """Weight-gradient norm of one layer at the first step, mean over seeds, in words."""
    layers, fields = initial(start)
    values = fields["weight_gradient"][:, layers.index(layer)]
    return short(range_of(values.tolist()).middle)


def _ratio_words(start: Start) -> str:
    ratio = first_over_last(start)
    return "–" if math.isnan(ratio.low) else short(ratio.middle)


def factor_table(depths: Sequence[int] = (20, 56, 110)) -> Published:
    """Measured growth per layer in every stage beside the predictions."""
    rows = []
    predicted = {
        (True, "he"): MEAN_FIELD_FACTOR,
        (False, "he"): 1.0,
        (False, "pytorch"): DEFAULT_FACTOR,
    }
    for (batch_norm, init), theory in predicted.items():
        for depth in depths:
            start = Start(depth, "plain", batch_norm, init)
            cells = [_factor_words(start, stage) for stage in STAGES]
            rows.append(
                [f"plain-{depth}, {FORM_LABELS[batch_norm, init]}", f"{theory:.3f}", *cells]
            )
    return table(
        ["network", "wide-net theory", "32-pixel maps", "16 pixels", "8 pixels"],
        rows,
        "Factor per layer, towards the input, of the norm of the response's gradient at the first "
        "step: geometric mean (least to greatest of five seeds).",
    )


def _factor_words(start: Start, stage: str) -> str:
    factor = factor_per_layer(start, stage)
    if math.isnan(factor.low):
        return "0 in float32"
    return f"{factor.middle:.3f} ({factor.low:.2f} to {factor.high:.2f})"


COURSE_STEPS = (0, 4, 9, 25, 99)


def course_table() -> Published:
    """First block over last at a few steps, and the last loss, with batch normalisation and He."""
    rows = []
    for depth, kind in itertools.product(TRAINED, KINDS):
        start = Start(depth, kind)
        found = ratio_by_step(start)
        cells = [short(found[s].middle) if s in found else "–" for s in COURSE_STEPS]
        rows.append([network_name(start), *cells, _end_words(courses(start), 5)])
    return table(
        ["network", *(f"step {step + 1}" for step in COURSE_STEPS), "loss at the end"],
        rows,
        "Weight-gradient norm in the first block over that in the last, paper recipe, batch "
        "normalisation, He initialisation: geometric mean over three seeds. Loss: mean over the "
        f"last 5 of 100 steps (30 at 110 layers), least to greatest seed; guessing has "
        f"{math.log(10):.2f}.",
    )


def learning_table(last: int = 5) -> Published:
    """Loss at the end of the recorded courses, over seeds, for every start that was trained."""
    rows = []
    for depth, forms in TRAINED.items():
        for kind, batch_norm, init in forms:
            start = Start(depth, kind, batch_norm, init)
            loss = _end_words(courses(start), last)
            rows.append([network_name(start), FORM_LABELS[batch_norm, init], STEPS[depth], loss])
    return table(
        ["network", "start", "steps", "loss at the end"],
        rows,
        f"Training loss, mean over the last {last} recorded steps: mean over three seeds (least to "
        f"greatest). Guessing has {math.log(10):.2f}.",
    )


def _end_words(found: Sequence[Course], last: int) -> str:
    stops = sorted({c.stopped_at for c in found if c.stopped_at is not None})
    if stops:
        ended = sum(c.stopped_at is not None for c in found)
        return f"not a number at step {stops[-1]} ({ended} of {len(found)} seeds)"
    ends = [float(c.losses[-last:].mean()) for c in found]
    return f"{sum(ends) / len(ends):.2f} ({min(ends):.2f} to {max(ends):.2f})"


def measured_table() -> Published:
    """What stands behind the chapter: tasks, seeds, images, device, versions."""
    kinds: dict[str, list[Task]] = {}
    for task in tasks():
        kinds.setdefault(type(task).__name__, []).append(task)
    names = {
        "Initial": "first backward pass",
        "Early": "first steps of training",
        "Neighbours": "gradients of neighbouring inputs",
        "Trained": "responses of trained networks",
        "Overhead": "cost of measuring",
    }
    rows = []
    for kind, chosen in kinds.items():
        records = [load_measurement(EXPERIMENT, task.name) for task in chosen]
        seeds = sorted({seed for record in records for seed in record["seeds"]})
        rows.append(
            [
                names[kind],
                len(records),
                ", ".join(map(str, seeds)),
                "; ".join(sorted({device_label(record["machine"]) for record in records})),
                ", ".join(sorted({r["machine"]["versions"]["torch"] for r in records})),
            ]
        )
    return table(
        ["measurement", "records", "seeds", "device", "PyTorch"],
        rows,
        "The records behind this chapter: CIFAR-10, batches of 128 training images with the "
        "paper's augmentation, 32-bit arithmetic.",
    )
