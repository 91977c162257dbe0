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
    cosine_near,
    courses,
    end_responses,
    factor_per_layer,
    final_loss,
    first_layer_gradient,
    first_over_last,
    initial,
    layer_by_step,
    most_dead,
    range_of,
    ratio_by_step,
    starts_of,
    trained_epochs,
    trained_sd,
)
from utils.display.published import Published
from utils.display.tables import table
from utils.files.records import load_measurement
from utils.models.starts import Start
from utils.record.gradient_norms import (
    BATCH,
    DEPTHS,
    EXPERIMENT,
    NEIGHBOUR_DEPTHS,
    STEPS,
    TRAINED,
    TRAINED_IMAGES,
    TRAINED_NETWORKS,
    Task,
    tasks,
)
from utils.results.labels import device_label, short_label
from utils.results.words import percent, short


def activation_table(depths: Sequence[int] = (20, 56, 110)) -> Published:
    """Responses at both ends and dead channels of every start before its first step."""
    return _first_step_table(
        depths,
        _activation_words,
        "The number left of the arrow is the standard deviation of the response at the end of the "
        "first block. The number right of it is that at the end of the last block. Both are "
        "geometric means over five seeds. The brackets give the share of dead channels in the "
        "layer where this share is largest, averaged over the seeds.",
    )


def _first_step_table(
    depths: Sequence[int], words: Callable[[Start], str], caption: str, *more: Sequence[str]
) -> Published:
    rows = [[name, *map(words, starts)] for name, starts in starts_of(depths).items()] + [*more]
    heads = ["network at its first step", *(f"{depth} layers" for depth in depths)]
    return table(heads, rows, caption)


def _activation_words(start: Start) -> str:
    first, last = end_responses(start)
    return f"{short(first)} → {short(last)} ({percent(most_dead(start))} dead)"


def verdict_table(depths: Sequence[int] = (20, 56, 110)) -> Published:
    """Gradient of the first block, and how it compares with the last, for every start."""
    return _first_step_table(
        depths,
        lambda start: f"{first_gradient(start)} ({_ratio_words(start)})",
        "Norm of the weight gradient in the second convolution of the first block. The brackets "
        "give the ratio, which is this norm divided by the norm in the last block. Both are "
        "geometric means over five seeds, read on 128 images of CIFAR-10. The last row gives "
        "mean ± standard deviation over the same seeds.",
        [
            "residual, no normalisation, Fixup-style: very first convolution",
            *(first_layer_gradient(Start(d, "residual", False, "fixup")).words(3) for d in depths),
        ],
    )


def first_gradient(start: Start) -> str:
    """Weight-gradient norm in the first block at the first step, mean over seeds, in words."""
    layers, fields = initial(start)
    values = fields["weight_gradient"][:, layers.index("layer1.0.conv2")]
    return short(range_of(values.tolist()).middle)


def _ratio_words(start: Start) -> str:
    ratio = first_over_last(start)
    return "no ratio" if math.isnan(ratio.low) else f"ratio {short(ratio.middle)}"


def factor_table(depths: Sequence[int] = (20, 56, 110)) -> Published:
    """Measured growth per layer in every stage beside the predictions."""
    rows = []
    predicted = {
        (True, "he"): MEAN_FIELD_FACTOR,
        (True, "pytorch"): MEAN_FIELD_FACTOR,
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
        ["network", "predicted factor", "32-pixel maps", "16-pixel maps", "8-pixel maps"],
        rows,
        "On the way back, each layer multiplies the norm of the response's gradient by a factor. "
        "The table gives it at the first step, for each size of the maps: geometric mean over five "
        "seeds, with the smallest and the largest in brackets. “0 in float32”: the gradients are "
        "zero.",
    )


def _factor_words(start: Start, stage: str) -> str:
    factor = factor_per_layer(start, stage)
    if math.isnan(factor.low):
        return "0 in float32"
    return f"{factor.middle:.3f} ({factor.low:.2f} to {factor.high:.2f})"


def ratio_table() -> Published:
    """First block over last before training, at every depth, plain and residual."""
    rows = [[depth, *(str(first_over_last(Start(depth, k))) for k in KINDS)] for depth in DEPTHS]
    return table(
        ["layers", "plain", "residual"],
        rows,
        "The ratios of the figure as numbers: geometric mean over five seeds, with the smallest "
        "and the largest in brackets.",
    )


TURNS = {56: (0, 1, 2, 4, 99), 110: (0, 1, 2, 4, 29)}
"""Steps of :func:`turn_table` by depth, the last recorded one at the end."""


def turn_table() -> Published:
    """First block over last of the two deepest plain networks while it turns round."""
    rows = []
    for depth, steps in TURNS.items():
        found = ratio_by_step(Start(depth, "plain"))
        rows.append([f"plain-{depth}", *(str(found[step]) for step in steps)])
    return table(
        ["network", "step 1", "step 2", "step 3", "step 5", "step 100 (plain-110: step 30)"],
        rows,
        "The ratios (first block over last) of the two deepest plain networks as numbers: "
        "geometric mean over three seeds, with the smallest and the largest of them in brackets.",
    )


def first_step_table() -> Published:
    """What the first steps do to the first convolution of the first block."""
    layer, rows = "layer1.0.conv1", []
    for start in (Start(56, "plain"), Start(110, "plain"), Start(56, "residual")):
        change = layer_by_step(start, "update", layer)[0]
        size = layer_by_step(start, "weight", layer)
        sizes = (str(size[step]) for step in (0, 1, 9))
        rows.append([short_label(start.model), str(change), *sizes])
    return table(
        [
            "network",
            "norm of the change in the first step, divided by the norm before this step",
            "norm before the first step",
            "norm after the first step",
            "norm after nine steps",
        ],
        rows,
        "How the first steps change the weights of the first convolution in the first block: "
        "geometric mean over three seeds, with the smallest and the largest in brackets.",
    )


CHECKED = {
    Start(56, "plain"): (0, 9, 99),
    Start(56, "residual"): (0, 12, 25, 30, 99),
    Start(110, "residual"): (0, 9, 29),
}
"""Steps of :func:`product_table` for each network."""


def product_table() -> Published:
    """Gradient, and gradient times weight, first block over last: does the scale explain it?"""
    rows = []
    for start, steps in CHECKED.items():
        alone, product = (ratio_by_step(start, scaled) for scaled in (False, True))
        name = short_label(start.model)
        rows += [[f"{name}, step {s + 1}", str(alone[s]), str(product[s])] for s in steps]
    return table(
        ["network", "ratio of the gradient norms", "ratio of the products"],
        rows,
        "Each ratio is the value of the first block divided by the value of the last block. The "
        "value is the norm of the weight gradient, or this norm times the norm of the weights. "
        "Geometric mean over three seeds, with the smallest and the largest in brackets.",
    )


COURSE_STEPS = (0, 4, 9, 25, 99)


def course_table() -> Published:
    """First block over last at a few steps, and the last loss, with batch normalisation and He."""
    rows = []
    for depth, kind in itertools.product(TRAINED, KINDS):
        start = Start(depth, kind)
        found = ratio_by_step(start)
        cells = [short(found[s].middle) if s in found else "–" for s in COURSE_STEPS]
        rows.append([short_label(start.model), *cells, _end_words(start, 5)])
    return table(
        ["network", *(f"step {step + 1}" for step in COURSE_STEPS), "loss at the end"],
        rows,
        "The ratio (first block over last) at a few steps of training with the recipe of the "
        "ResNet paper: geometric mean over three seeds. The training loss is averaged over the "
        "last 5 recorded steps (mean ± standard deviation over the seeds). Guessing has a loss of "
        f"{math.log(10):.2f}.",
    )


def learning_table(last: int = 5) -> Published:
    """Loss at the end of the recorded courses without normalisation, over seeds.

    The others stand in :func:`course_table`.
    """
    rows = []
    for depth, forms in TRAINED.items():
        for kind, batch_norm, init in forms:
            if not batch_norm:
                start = Start(depth, kind, batch_norm, init)
                loss = _end_words(start, last)
                label = FORM_LABELS[batch_norm, init]
                rows.append([short_label(start.model), label, STEPS[depth], loss])
    return table(
        ["network", "normalisation, initialisation", "steps", "loss at the end"],
        rows,
        f"Training loss at the end of each recorded training run without normalisation. It is "
        f"averaged over the last {last} recorded steps and given as mean ± standard deviation "
        f"over three seeds. Guessing has a loss of {math.log(10):.2f}.",
    )


def _end_words(start: Start, last: int) -> str:
    found = courses(start)
    stops = sorted({c.stopped_at for c in found if c.stopped_at is not None})
    if stops:
        ended = sum(c.stopped_at is not None for c in found)
        return f"not a number at step {stops[-1]} ({ended} of {len(found)} seeds)"
    return final_loss(start, last).words(2)


def trained_table() -> Published:
    """Responses of the trained networks: mean over the layers, and how long they trained."""
    rows = [
        [short_label(model), trained_epochs(model), trained_sd(model).words(4)]
        for _, model in TRAINED_NETWORKS
    ]
    return table(
        ["network", "epochs", "average over the layers"],
        rows,
        "The standard deviation of the responses, averaged over the layers of each network: mean ± "
        "standard deviation over three seeds.",
    )


def cosine_words(start: Start, distance: float) -> str:
    """Mean and spread of a likeness of gradients, without the sign of a zero: "0.74 ± 0.02"."""
    found = cosine_near(start, distance)
    return f"{round(found.mean, 2) + 0.0:.2f} ± {found.sd:.2f}".replace("-", "−")


def neighbour_table(distance: float) -> Published:
    """Likeness of gradients at one distance, plain and residual, at every recorded depth."""
    rows = [
        [depth, *(cosine_words(Start(depth, kind), distance) for kind in KINDS)]
        for depth in NEIGHBOUR_DEPTHS
    ]
    return table(
        ["layers", "plain", "residual"],
        rows,
        "The cosines of the figure as numbers: mean ± standard deviation over three seeds.",
    )


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
        "The records behind this chapter, all on CIFAR-10 in 32-bit arithmetic. Trained networks "
        f"are read on {TRAINED_IMAGES:,} test images, and all other records use batches of {BATCH} "
        "training images with the augmentation of the ResNet paper.",
    )
