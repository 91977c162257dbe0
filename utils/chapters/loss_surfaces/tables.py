"""The tables of *Loss surfaces*: what was measured, and from which records.

Answers "what are the numbers, surface by surface?".
"""

from __future__ import annotations

from utils.chapters.loss_surfaces.recorded import PAIRS, find_task, is_recorded, label, shape
from utils.chapters.shared import behind
from utils.display.published import Published
from utils.display.tables import table
from utils.files.records import load_measurement
from utils.record.surfaces import EXPERIMENT, SEEDS, tasks
from utils.results.labels import IMAGES
from utils.results.words import short


def surface_table() -> Published:
    """Every recorded surface in numbers."""
    shapes = [
        shape(task.experiment, task.model, task.seeds[0]) for task in tasks() if is_recorded(task)
    ]
    order = {task.model: place for place, task in enumerate(tasks())}
    shapes.sort(key=lambda s: (order[s.task.model], s.task.seeds))
    rows = [
        [
            f"{label(s)}, seed {s.task.seeds[0]}",
            short(s.centre),
            *(short(s.around[radius]) for radius in s.task.radii),
            f"{s.bending(0.5):.0%}",
            f"{s.bending():.0%}",
        ]
        for s in shapes
    ]
    task, halved = shapes[0].task, [s for s in shapes if s.task.dataset != "cifar10"]
    smaller = " and ".join(dict.fromkeys(label(s) for s in halved))
    at_16 = f", {smaller} on images of 16 pixels" if smaller else ""
    return table(
        ["network", "loss at the centre", "mean loss at distance 0.5", "mean loss at distance 1",
         "points that bend down, within 0.5", "points that bend down, whole square"],
        rows,
        f"The loss is the training loss on {task.images} images, computed in float32 at "
        f"{task.steps} × {task.steps} points. The mean loss at a distance is the mean over "
        f"{task.angles} points on a circle around the centre. The last two columns give the share "
        "of the grid points at which the surface bends down. At such a point the Hessian, "
        "restricted to the plane, has a negative eigenvalue. Points at the edge of the grid are "
        f"left out. All networks were trained on CIFAR-10{at_16}.",
    )  # fmt: skip


def measured_table() -> Published:
    """The records behind the chapter."""
    rows = []
    for experiment, *models in PAIRS:
        for model in models:
            wanted = [find_task(experiment, model, seed) for seed in SEEDS]
            there = [task for task in wanted if is_recorded(task)]
            found = [load_measurement(EXPERIMENT, task.name) for task in there]
            if not found:
                continue
            task = there[0]
            rows.append(
                [
                    f"{label(shape(experiment, model, task.seeds[0]))} ({experiment})",
                    IMAGES[task.dataset],
                    len(found),
                    f"{task.images:,}",
                    f"{task.steps**2 + task.angles * len(task.radii):,}",
                    *behind(found),
                ]
            )
    return table(
        ["network", "images", "seeds", "training images", "points", "minutes", "commit"],
        rows,
        "The records behind this chapter. The name in brackets is the experiment that trained the "
        "network. All surfaces lie around the weights of the last epoch and use the running "
        "statistics of batch normalisation. They were computed in float32 on one thread. The "
        "column “points” gives the number of points of one surface, on its grid and on its "
        "circles. The column “minutes” gives the computing time of all seeds together.",
    )
