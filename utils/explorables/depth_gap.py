"""Plain and residual networks by depth, after brief trainings, to compare.

Everything drawn is read from the recorded runs by ``utils.chapters.degradation.brief``. This
module packs them and draws the opening state; ``utils/explorables/depth-gap.js`` draws the others.
"""

from __future__ import annotations

from html import escape
from itertools import product

from utils.chapters.degradation.brief import DEPTHS, FIELDS, KINDS, seeds
from utils.explorables.figure import Explorable, figure_id, frame, select, slider
from utils.record.experiments import BRIEF_BUDGETS

NAME = "depth-gap"
OPENING = (1, 0, 5)
"""Budget, images and depth at first: their places in the lists."""
PLOT = {"left": 46, "width": 268, "top": 26, "height": 220}
BOX = (360, 300)
MARKS = (0, 25, 50, 75, 100)
CHANCE = 90
NAMES = {"plain": "plain", "resnet": "ResNet"}

TITLE = "Depth costs much without shortcuts, and little with them"
INVITATION = (
    "Try: find the depth at which the plain network falls behind. Then train three times as long: "
    "where has that depth gone? Do training images tell another story than test images?"
)
CAPTION = (
    "Wrong images in percent by number of weighted layers (not to scale), CIFAR-10 at 16 pixels, "
    "400 or 1,200 steps of the recipe fast with half its batch and rate. Lines: mean over three "
    "seeds; dots: the seeds at the chosen depth. Dashed: guessing. Training images are the first "
    "10,000 as they are, judged by the final weights. Each budget is a training of its own."
)
FINDINGS = {
    "state": "{depth} layers after {steps} steps, {images} images: plain-{depth} gets {plain} % "
    "wrong, ResNet-{depth} {residual} %.",
    "saves": "The shortcuts save {gap} points.",
    "costs": "The shortcuts cost {gap} points.",
    "copy": "Plain-{best} gets {least} % wrong, {lost} points fewer than this deeper network, "
    "which could do exactly what plain-{best} does.",
    "most": "No other plain network of the picture is better.",
}


def depth_gap(key: str = "") -> Explorable:
    """A budget, the images that judge, and a depth.

    Args:
        key: tells a second copy on the same page from the first, in ids and in the address.

    Raises:
        utils.files.records.ResultError: not recorded yet; says which command does it.
    """
    id_ = figure_id(NAME, key)
    data = packed()
    budget, images, depth = OPENING
    budgets = {i: f"{steps:,} steps" for i, steps in enumerate(data["steps"])}
    judges = dict(enumerate(data["images"]))
    depth_words = f"{data['depths'][depth]} layers"
    markup = frame(
        NAME,
        id_,
        title=TITLE,
        invitation=INVITATION,
        controls=[
            select(id_, "b", "Training", budgets, value=budget),
            select(id_, "i", "Images", judges, value=images),
            slider(id_, "d", "Depth", low=0, high=len(DEPTHS) - 1, step=1, value=depth,
                   shown=depth_words),
        ],
        pictures=[picture(id_, data, budget, images, depth)],
        finding=finding(data, budget, images, depth),
        caption=CAPTION,
        data=data,
    )  # fmt: skip
    return Explorable(NAME, markup, TITLE)


def packed() -> dict:
    """Every error in tenths of a percent: ``errors[budget][images][kind][depth][seed]``."""
    errors = [
        [[[_tenths_of(kind, depth, steps, images) for depth in DEPTHS] for kind in KINDS]
         for images in FIELDS]
        for steps in BRIEF_BUDGETS
    ]  # fmt: skip
    return {
        "depths": list(DEPTHS),
        "steps": list(BRIEF_BUDGETS),
        "images": list(FIELDS),
        "errors": errors,
        "findings": FINDINGS,
        "plot": PLOT,
    }


def _tenths_of(kind: str, depth: int, steps: int, images: str) -> list[int]:
    found = seeds(f"{kind}-{depth}", f"brief-{steps}", images)
    return [round(10 * found[seed]) for seed in sorted(found)]


def mean(tenths: list[int]) -> int:
    """Mean over seeds in tenths, halves rounded up."""
    return (2 * sum(tenths) + len(tenths)) // (2 * len(tenths))


def shown(tenths: int) -> str:
    """Tenths as a number with one digit behind the point: 214 is "21.4"."""
    return f"{tenths // 10}.{tenths % 10}"


def finding(data: dict, budget: int, images: int, depth: int) -> str:
    """The state in words and numbers; the script's twin."""
    plain, residual = ([mean(each) for each in kind] for kind in data["errors"][budget][images])
    say, gap, best = data["findings"], plain[depth] - residual[depth], min(plain)
    parts = [
        say["state"].format(
            depth=data["depths"][depth], steps=f"{data['steps'][budget]:,}",
            images=data["images"][images],
            plain=shown(plain[depth]), residual=shown(residual[depth]),
        ),
        say["saves" if gap >= 0 else "costs"].format(gap=shown(abs(gap))),
    ]  # fmt: skip
    if plain[depth] > best and plain.index(best) < depth:
        words = {"best": data["depths"][plain.index(best)], "least": shown(best)}
        parts.append(say["copy"].format(**words, lost=shown(plain[depth] - best)))
    elif plain[depth] == best:
        parts.append(say["most"])
    return " ".join(parts)


def place(depth: int, tenths: float) -> tuple[float, float]:
    """Where a point stands in the picture, in px."""
    x = PLOT["left"] + PLOT["width"] * (depth + 0.5) / len(DEPTHS)
    return x, PLOT["top"] + PLOT["height"] * (1 - tenths / 1000)


def line(values: list[int]) -> str:
    """Path through the means of one kind."""
    return "M" + "L".join("{:.1f} {:.1f}".format(*place(i, v)) for i, v in enumerate(values))


def dots(depth: int, values: list[int]) -> str:
    """A dot for each seed: a path of no length, drawn with round ends."""
    return "".join("M{:.1f} {:.1f}h0".format(*place(depth, value)) for value in values)


def picture(id_: str, data: dict, budget: int, images: int, depth: int) -> str:
    """The lines of both kinds in a state."""
    bottom, right = PLOT["top"] + PLOT["height"], PLOT["left"] + PLOT["width"]
    parts = [text(4, 14, "wrong (%)", "start", "ex-name")]
    for percent in MARKS:
        _, y = place(0, 10 * percent)
        parts.append(f'<path class="ex-grid" d="M{PLOT["left"]} {y:.1f}H{right}"/>')
        parts.append(text(PLOT["left"] - 6, y + 4, str(percent), "end", "ex-small"))
    _, y = place(0, 10 * CHANCE)
    parts.append(f'<path class="ex-stage" d="M{PLOT["left"]} {y:.1f}H{right}"/>')
    for index, layers in enumerate(data["depths"]):
        x, _ = place(index, 0)
        parts.append(text(x, bottom + 17, str(layers), "middle", "ex-small"))
    parts.append(text(PLOT["left"] + PLOT["width"] / 2, bottom + 40, "weighted layers", "middle"))
    x, _ = place(depth, 0)
    parts.append(f'<path class="ex-mark" data-part="now" d="M{x:.1f} {PLOT["top"]}V{bottom}"/>')
    for (kind, family), errors in zip(KINDS.items(), data["errors"][budget][images], strict=True):
        means = [mean(each) for each in errors]
        _, end = place(len(means) - 1, means[-1])
        parts += [
            f'<g class="ex-depth ex-{family}">',
            f'<path data-part="{kind}-line" d="{line(means)}"/>',
            f'<path class="ex-seeds" data-part="{kind}-dots" d="{dots(depth, errors[depth])}"/>',
            text(right - 12, end + 4, NAMES[kind], "start", "ex-shape", f"{kind}-name"),
            "</g>",
        ]
    label = "Lines of the wrong share against depth for plain and residual networks"
    return (
        f'<svg viewBox="0 0 {BOX[0]} {BOX[1]}" role="img" aria-label="{label}"'
        f' aria-describedby="{id_}-finding">\n' + "\n".join(parts) + "\n</svg>"
    )


def text(x: float, y: float, content: str, anchor: str, class_: str = "", part: str = "") -> str:
    """An SVG text; ``part`` is the name under which a script finds it."""
    marks = (f' class="{class_}"' if class_ else "") + (f' data-part="{part}"' if part else "")
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{marks}>{escape(content)}</text>'


def states(data: dict) -> list[tuple[int, int, int]]:
    """Every budget with all images and depths."""
    return list(product(*(range(len(data[name])) for name in ("steps", "images", "depths"))))
