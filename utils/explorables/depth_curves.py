"""Errors through the longest trainings of this book: 20 and 56 layers, plain and residual.

Everything drawn is read from the recorded runs by ``utils.chapters.degradation.long``. This module
packs them and draws the opening state; ``utils/explorables/depth-curves.js`` draws the others.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

from utils.chapters.degradation.brief import KINDS
from utils.chapters.degradation.long import COURSES, DEEP, LENGTHS, SHALLOW, courses
from utils.explorables.depth_gap import mean, shown, text
from utils.explorables.figure import Explorable, figure_id, frame, select, slider

NAME = "depth-curves"
OPENING = (0, 20)
"""Images at first, as a place in the list, and epoch."""
PLOT = {"left": 40, "width": 268, "top": 26, "height": 220}
BOX = (340, 300)
MARKS = (0, 25, 50, 75, 100)
NAMES = {"plain": "Plain", "resnet": "ResNet"}
DASH = {SHALLOW: "5 4", DEEP: ""}
"""How a line of this depth is broken."""

NEAR = 7
"""Lines whose ends are less than twice this apart, in px, have their names moved apart."""

TITLE = "Thirty-six more layers: worse without shortcuts, better with them"
INVITATION = (
    "Try: switch to test images, and see whether the order of the lines changes. Then move back "
    "through the epochs. When is plain-56 farthest from plain-20? Was ResNet-56 ever behind?"
)
CAPTION = (
    "Wrong images in percent after each epoch, CIFAR-10 at 16 pixels, recipe fast for 20 epochs. "
    "Solid: 56 layers. Dashed: 20. Lines: mean over three seeds; bands: from the best to the worst "
    "seed. Training images are counted during the epoch, while weights move and crops vary; test "
    "images after it."
)
FINDINGS = {
    "state": "Epoch {epoch}, {images} images.",
    "kind": "{name}: {shallow} % wrong with 20 layers, {deep} % with 56.",
    "costs": "The depth costs {gap} points{seeds}.",
    "saves": "The depth saves {gap} points{seeds}.",
    "level": "The depth makes no difference on average.",
    "every": ", in every seed",
    "some": "; the seeds disagree",
}


def depth_curves(key: str = "") -> Explorable:
    """The images that judge, and an epoch.

    Args:
        key: tells a second copy on the same page from the first, in ids and in the address.

    Raises:
        utils.files.records.ResultError: not recorded yet; says which command does it.
    """
    id_ = figure_id(NAME, key)
    data = packed()
    images, epoch = OPENING
    markup = frame(
        NAME,
        id_,
        title=TITLE,
        invitation=INVITATION,
        controls=[
            select(id_, "i", "Images", dict(enumerate(data["images"])), value=images),
            slider(id_, "e", "Epoch", low=1, high=data["epochs"], step=1, value=epoch,
                   shown=str(epoch)),
        ],
        pictures=[picture(id_, data, kind, images, epoch) for kind in range(len(KINDS))],
        finding=finding(data, images, epoch),
        caption=CAPTION,
        data=data,
    )  # fmt: skip
    return Explorable(NAME, markup, TITLE)


def packed() -> dict:
    """Every error in tenths of a percent: ``errors[images][kind][depth][seed][epoch]``."""
    errors = [
        [[_tenths(f"{kind}-{depth}", images) for depth in LENGTHS] for kind in KINDS]
        for images in COURSES
    ]
    return {
        "images": list(COURSES),
        "epochs": len(errors[0][0][0][0]),
        "names": [NAMES[kind] for kind in KINDS],
        "errors": errors,
        "findings": FINDINGS,
        "plot": PLOT,
        "near": NEAR,
    }


def _tenths(model: str, images: str) -> list[list[int]]:
    found = courses(model, images)
    return [[round(10 * error) for error in found[seed]] for seed in sorted(found)]


def at(seeds: list[list[int]], epoch: int) -> list[int]:
    """Errors of all seeds after an epoch, counted from 1."""
    return [course[epoch - 1] for course in seeds]


def finding(data: dict, images: int, epoch: int) -> str:
    """The state in words and numbers; the script's twin."""
    say = data["findings"]
    parts = [say["state"].format(epoch=epoch, images=data["images"][images])]
    for name, depths in zip(data["names"], data["errors"][images], strict=True):
        shallow, deep = (at(seeds, epoch) for seeds in depths)
        gap = mean(deep) - mean(shallow)
        signs = {(d > s) - (d < s) for s, d in zip(shallow, deep, strict=True)}
        words = {"name": name, "shallow": shown(mean(shallow)), "deep": shown(mean(deep))}
        parts.append(say["kind"].format(**words))
        if gap == 0:
            parts.append(say["level"])
            continue
        agree = say["every" if len(signs) == 1 else "some"]
        parts.append(say["costs" if gap > 0 else "saves"].format(gap=shown(abs(gap)), seeds=agree))
    return " ".join(parts)


def place(epochs: int, epoch: int, tenths: float) -> tuple[float, float]:
    """Where a point stands in the picture, in px."""
    x = PLOT["left"] + PLOT["width"] * (epoch - 0.5) / epochs
    return x, PLOT["top"] + PLOT["height"] * (1 - tenths / 1000)


def line(seeds: list[list[int]]) -> str:
    """Path through the means of all epochs."""
    return "M" + "L".join(_spots(seeds, mean))


def band(seeds: list[list[int]]) -> str:
    """Corners of the area between the best and the worst seed."""
    return " ".join([*_spots(seeds, min), *reversed(_spots(seeds, max))])


def _spots(seeds: list[list[int]], of: Callable[[list[int]], int]) -> list[str]:
    epochs = len(seeds[0])
    return [
        "{:.1f} {:.1f}".format(*place(epochs, epoch, of(at(seeds, epoch))))
        for epoch in range(1, epochs + 1)
    ]


def dots(seeds: list[list[int]], epoch: int) -> str:
    """A dot for each seed: a path of no length, drawn with round ends."""
    spots = (place(len(seeds[0]), epoch, value) for value in at(seeds, epoch))
    return "".join("M{:.1f} {:.1f}h0".format(*spot) for spot in spots)


def picture(id_: str, data: dict, kind: int, images: int, epoch: int) -> str:
    """The lines of one kind in a state."""
    bottom, right, epochs = (
        PLOT["top"] + PLOT["height"],
        PLOT["left"] + PLOT["width"],
        data["epochs"],
    )
    name = data["names"][kind]
    parts = [text(4, 14, f"{name}: wrong (%)", "start", "ex-name")]
    for percent in MARKS:
        _, y = place(epochs, 1, 10 * percent)
        parts.append(f'<path class="ex-grid" d="M{PLOT["left"]} {y:.1f}H{right}"/>')
        parts.append(text(PLOT["left"] - 6, y + 4, str(percent), "end", "ex-small"))
    for number in range(5, epochs + 1, 5):
        parts.append(
            text(place(epochs, number, 0)[0], bottom + 17, str(number), "middle", "ex-small")
        )
    parts.append(text(PLOT["left"] + PLOT["width"] / 2, bottom + 40, "epoch", "middle"))
    x, _ = place(epochs, epoch, 0)
    parts.append(
        f'<path class="ex-mark" stroke-dasharray="2 3" data-part="now-{kind}"'
        f' d="M{x:.1f} {PLOT["top"]}V{bottom}"/>'
    )
    parts.append(f'<g class="ex-depth ex-{list(KINDS.values())[kind]}">')
    for index, depth in enumerate(LENGTHS):
        seeds = data["errors"][images][kind][index]
        dash = f' stroke-dasharray="{DASH[depth]}"' if DASH[depth] else ""
        part = f"{kind}-{index}"
        parts += [
            f'<polygon fill="var(--ex-chain)" fill-opacity="0.2" data-part="band-{part}"'
            f' points="{band(seeds)}"/>',
            f'<path{dash} data-part="line-{part}" d="{line(seeds)}"/>',
            f'<path class="ex-seeds" data-part="dots-{part}" d="{dots(seeds, epoch)}"/>',
            text(right + 4, label_height(data, images, kind, index), str(depth), "start",
                  "ex-shape", f"name-{part}"),
        ]  # fmt: skip
    label = f"{name} networks of 20 and 56 layers: lines of the wrong share against epoch"
    return (
        f'<svg viewBox="0 0 {BOX[0]} {BOX[1]}" role="img" aria-label="{label}"'
        f' aria-describedby="{id_}-finding">\n' + "\n".join([*parts, "</g>"]) + "\n</svg>"
    )


def label_height(data: dict, images: int, kind: int, index: int) -> float:
    """Where the name of a line stands, clear of the other line's."""
    epochs = data["epochs"]
    ends = [
        place(epochs, epochs, mean(at(seeds, epochs)))[1] for seeds in data["errors"][images][kind]
    ]
    own, other = ends[index], ends[1 - index]
    if abs(own - other) >= 2 * NEAR:
        return own + 4
    below = own > other or (own == other and index == 0)
    return (own + other) / 2 + 4 + (NEAR if below else -NEAR)


def states(data: dict) -> list[tuple[int, int]]:
    """Both kinds of images with every epoch."""
    return list(product(range(len(data["images"])), range(1, data["epochs"] + 1)))
