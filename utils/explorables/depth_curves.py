"""Errors through the longest trainings of this book: 20 and 56 layers, plain and residual.

Everything drawn is read from the recorded runs by ``utils.chapters.degradation.long``. This module
draws every state, and ``utils/explorables/depth-curves.js`` shows the chosen one.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

from utils.chapters.degradation.brief import KINDS
from utils.chapters.degradation.long import COURSES, DEEP, LENGTHS, SHALLOW, courses
from utils.display import svg
from utils.display.svg import element, group, path, px, text
from utils.explorables.error_plot import ErrorPlot, mean, shown
from utils.explorables.figure import Opening, drawn_states, explorable, select, slider

OPENING = (0, 20)
"""Images at first, as a place in the list, and epoch."""
BOX = (340, 300)
NAMES = {"plain": "Plain", "resnet": "ResNet"}
SPOKEN = {NAMES[family]: kind for family, kind in KINDS.items()}
"""Name of a kind within a sentence."""
DASH = {SHALLOW: "5 4", DEEP: None}
"""How a line of this depth is broken."""

NEAR = 7
"""Lines whose ends are less than twice this apart, in px, have their names moved apart."""

TITLE = (
    "With 36 more layers the plain network makes more mistakes in each seed, and the residual "
    "network makes fewer"
)
INVITATION = (
    "Try: switch to test images, and see whether the order of the lines changes. Then move back "
    "through the epochs. In which epoch is the error of plain-56 farthest above that of plain-20? "
    "In which epochs is the error of ResNet-56 above that of ResNet-20?"
)
CAPTION = (
    "Error in per cent for each of 20 epochs on CIFAR-10 at 16 pixels, with the recipe that this "
    "book calls fast. Solid lines are networks of 56 layers, and dashed lines are networks of 20 "
    "layers. Lines are means over the seeds, and bands reach from the best to the worst seed. "
    "The error on training images is counted during the epoch, while the weights change and the "
    "images are cropped at random. The error on test images is counted after the epoch."
)
FINDINGS = {
    "state": "These are the errors on {images} images at epoch {epoch}.",
    "kind": "The {kind} network of 20 layers has {shallow} %, and the one of 56 layers has "
    "{deep} %.",
    "costs": "So 36 more layers raise the error by {gap} points on average{seeds}.",
    "saves": "So 36 more layers lower the error by {gap} points on average{seeds}.",
    "level": "So 36 more layers make no difference on average.",
    "every": ", and they do so in each seed",
    "some": ", but not in each seed",
}


@explorable(TITLE, INVITATION)
def depth_curves(id_: str) -> Opening:
    """The images that judge, and an epoch.

    Raises:
        utils.files.records.ResultError: not recorded yet; says which command does it.
    """
    data = packed()
    images, epoch = OPENING
    lines = {(number,): {"parts": drawn_lines(data, number)} for number in range(len(COURSES))}
    moments = {state: drawn_moment(data, *state) for state in states(data)}
    return Opening(
        controls=[
            select(id_, "i", "Images", dict(enumerate(data["images"])), value=images),
            slider(id_, "e", "Epoch", low=1, high=data["epochs"], value=epoch),
        ],
        pictures=[picture(id_, data, kind, images, epoch) for kind in range(len(KINDS))],
        finding=finding(data, images, epoch),
        caption=CAPTION,
        data=drawn_states("i", lines) + drawn_states("ie", moments),
    )  # fmt: skip


def packed() -> dict:
    """Every error in hundredths of a percent: ``errors[images][kind][depth][seed][epoch]``."""
    errors = [
        [[_hundredths(f"{kind}-{depth}", images) for depth in LENGTHS] for kind in KINDS]
        for images in COURSES
    ]
    return {
        "images": list(COURSES),
        "epochs": len(errors[0][0][0][0]),
        "names": [NAMES[kind] for kind in KINDS],
        "errors": errors,
    }


def _hundredths(model: str, images: str) -> list[list[int]]:
    found = courses(model, images)
    return [[round(100 * error) for error in found[seed]] for seed in sorted(found)]


def at(seeds: list[list[int]], epoch: int) -> list[int]:
    """Errors of all seeds after an epoch, counted from 1."""
    return [course[epoch - 1] for course in seeds]


def finding(data: dict, images: int, epoch: int) -> str:
    """The state in words and numbers."""
    parts = [FINDINGS["state"].format(epoch=epoch, images=data["images"][images])]
    for name, depths in zip(data["names"], data["errors"][images], strict=True):
        shallow, deep = (at(seeds, epoch) for seeds in depths)
        gap = mean(deep) - mean(shallow)
        signs = {(d > s) - (d < s) for s, d in zip(shallow, deep, strict=True)}
        ends = {"shallow": shown(mean(shallow), 2), "deep": shown(mean(deep), 2)}
        parts.append(FINDINGS["kind"].format(kind=SPOKEN[name], **ends))
        if gap == 0:
            parts.append(FINDINGS["level"])
            continue
        agree = FINDINGS["every" if len(signs) == 1 else "some"]
        change = FINDINGS["costs" if gap > 0 else "saves"]
        parts.append(change.format(gap=shown(abs(gap), 2), seeds=agree))
    return " ".join(parts)


def plot(epochs: int) -> ErrorPlot:
    """A picture with a column for each epoch."""
    return ErrorPlot(left=40, columns=epochs, parts=100)


def line(seeds: list[list[int]]) -> str:
    """Path through the means of all epochs."""
    return plot(len(seeds[0])).line(_over_seeds(seeds, mean))


def band(seeds: list[list[int]]) -> str:
    """Corners of the area between the best and the worst seed."""
    places = plot(len(seeds[0])).places
    low, high = (places(_over_seeds(seeds, of)) for of in (min, max))
    return " ".join(svg.corners([*low, *reversed(high)]))


def _over_seeds(seeds: list[list[int]], of: Callable[[list[int]], int]) -> list[int]:
    return [of(at(seeds, epoch)) for epoch in range(1, len(seeds[0]) + 1)]


def drawn_lines(data: dict, images: int) -> dict[str, dict[str, str]]:
    """Attributes of the parts that change with the images alone."""
    parts = {}
    for kind, depths in enumerate(data["errors"][images]):
        for index, seeds in enumerate(depths):
            parts[f"band-{kind}-{index}"] = {"points": band(seeds)}
            parts[f"line-{kind}-{index}"] = {"d": line(seeds)}
            height = label_height(data, images, kind, index)
            parts[f"name-{kind}-{index}"] = {"y": px(height)}
    return parts


def drawn_moment(data: dict, images: int, epoch: int) -> dict:
    """What changes with the epoch: finding, words of the controls, attributes of the parts."""
    columns, parts = plot(data["epochs"]), {}
    for kind, depths in enumerate(data["errors"][images]):
        parts[f"now-{kind}"] = {"d": columns.upright(epoch - 1)}
        for index, seeds in enumerate(depths):
            parts[f"dots-{kind}-{index}"] = {"d": columns.dots(epoch - 1, at(seeds, epoch))}
    words = finding(data, images, epoch)
    return {"finding": words, "outputs": {"e": str(epoch)}, "parts": parts}


def picture(id_: str, data: dict, kind: int, images: int, epoch: int) -> str:
    """The lines of one kind in a state."""
    name, columns = data["names"][kind], plot(data["epochs"])
    parts = drawn_lines(data, images) | drawn_moment(data, images, epoch)["parts"]
    fifths = {number: number - 1 for number in range(5, columns.columns + 1, 5)}
    marks = [
        *columns.frame(f"{name}: error (%)", fifths, "epoch"),
        path(part=f"now-{kind}", class_="ex-mark", stroke_dasharray="2 3", **parts[f"now-{kind}"]),
    ]
    lines = []
    for index, depth in enumerate(LENGTHS):
        part = f"{kind}-{index}"
        lines += [
            element("polygon", "", fill="var(--ex-chain)", fill_opacity=0.2, part=f"band-{part}",
                    **parts[f"band-{part}"]),
            path(part=f"line-{part}", stroke_dasharray=DASH[depth], **parts[f"line-{part}"]),
            path(part=f"dots-{part}", class_="ex-seeds", **parts[f"dots-{part}"]),
            text(columns.right + 4, float(parts[f"name-{part}"]["y"]), str(depth),
                 "start", "ex-shape", f"name-{part}"),
        ]  # fmt: skip
    marks.append(group(lines, f"ex-depth ex-{list(KINDS.values())[kind]}"))
    label = f"{name} networks of 20 and 56 layers: lines of the error against the epoch"
    return svg.picture(id_, label, marks, BOX)


def label_height(data: dict, images: int, kind: int, index: int) -> float:
    """Where the name of a line stands, clear of the other line's."""
    epochs = data["epochs"]
    last = [mean(at(seeds, epochs)) for seeds in data["errors"][images][kind]]
    ends = [plot(epochs).place(epochs - 1, error)[1] for error in last]
    own, other = ends[index], ends[1 - index]
    if abs(own - other) >= 2 * NEAR:
        return own + 4
    below = own > other or (own == other and index == 0)
    return (own + other) / 2 + 4 + (NEAR if below else -NEAR)


def states(data: dict) -> list[tuple[int, int]]:
    """Both kinds of images with every epoch."""
    return list(product(range(len(data["images"])), range(1, data["epochs"] + 1)))
