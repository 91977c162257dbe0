"""Plain and residual networks by depth, after brief trainings, to compare.

Everything drawn is read from the recorded runs by ``utils.chapters.degradation.brief``. This
module draws every state, and ``utils/explorables/depth-gap.js`` shows the chosen one.
"""

from __future__ import annotations

from itertools import product

from utils.chapters.degradation.brief import CHANCE, DEPTHS, FIELDS, KINDS, seeds
from utils.display.svg import group, path, picture, px, text
from utils.explorables.error_plot import ErrorPlot, mean, shown
from utils.explorables.figure import Opening, drawn_states, explorable, select, slider
from utils.record.experiments import BRIEF_BUDGETS

OPENING = (1, 0, 5)
"""Budget, images and depth at first: their places in the lists."""
PLOT = ErrorPlot(left=46, columns=len(DEPTHS), parts=10)
BOX = (360, 300)
NAMES = {"plain": "plain", "resnet": "ResNet"}

TITLE = "More layers raise the error a lot without shortcuts, and little with them"
INVITATION = (
    "Try: move the slider to the smallest depth at which the error of the plain network is clearly "
    "above that of the residual network. Then choose 1,200 steps instead of 400, or the other way "
    "round. Is this depth still the same? Is it the same on test images?"
)
CAPTION = (
    "Error in per cent of plain and of residual networks of seven depths. Neighbouring depths are "
    "drawn at equal distances, although their numbers of layers are not equally far apart. The "
    "networks were trained on CIFAR-10 at 16 pixels for 400 or 1,200 steps. The recipe is the one "
    "that this book calls fast, but with half its batch size and half its learning rate. For each "
    "number of steps, the networks were trained from the start. Lines are means over three seeds, "
    "and dots are the three seeds at the chosen depth. The dashed line is the error of guessing. "
    "The error on training images is that of the final weights on the first 10,000 training "
    "images, without augmentation."
)
FINDINGS = {
    "state": "After {steps} steps, the error on {images} images is {plain} % for plain-{depth} and "
    "{residual} % for ResNet-{depth}.",
    "saves": "On average, the shortcuts save {gap} points.",
    "costs": "On average, the shortcuts cost {gap} points.",
    "level": "On average, the shortcuts make no difference.",
    "copy": "Plain-{best} has an error of {least} %, which is {lost} points less than "
    "that of plain-{depth}. Yet plain-{depth} could compute exactly what plain-{best} computes.",
    "most": "No other plain network in the picture has a lower error.",
}


@explorable(TITLE, INVITATION)
def depth_gap(id_: str) -> Opening:
    """A budget, the images that judge, and a depth.

    Raises:
        utils.files.records.ResultError: not recorded yet; says which command does it.
    """
    data = packed()
    budget, images, depth = OPENING
    budgets = {i: f"{steps:,} steps" for i, steps in enumerate(data["steps"])}
    judges = dict(enumerate(data["images"]))
    return Opening(
        controls=[
            select(id_, "b", "Training", budgets, value=budget),
            select(id_, "i", "Images", judges, value=images),
            slider(id_, "d", "Depth", low=0, high=len(DEPTHS) - 1, value=depth,
                   shown=depth_words(data, depth)),
        ],
        pictures=[still(id_, data, budget, images, depth)],
        finding=finding(data, budget, images, depth),
        caption=CAPTION,
        data=drawn_states("bid", {state: drawn(data, *state) for state in states(data)}),
    )  # fmt: skip


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
    }


def _tenths_of(kind: str, depth: int, steps: int, images: str) -> list[int]:
    found = seeds(f"{kind}-{depth}", f"brief-{steps}", images)
    return [round(10 * found[seed]) for seed in sorted(found)]


def finding(data: dict, budget: int, images: int, depth: int) -> str:
    """The state in words and numbers."""
    plain, residual = ([mean(each) for each in kind] for kind in data["errors"][budget][images])
    gap, best = plain[depth] - residual[depth], min(plain)
    parts = [
        FINDINGS["state"].format(
            depth=data["depths"][depth], steps=f"{data['steps'][budget]:,}",
            images=data["images"][images],
            plain=shown(plain[depth]), residual=shown(residual[depth]),
        ),
        FINDINGS[("level", "saves", "costs")[(gap > 0) - (gap < 0)]].format(gap=shown(abs(gap))),
    ]  # fmt: skip
    if plain[depth] > best and plain.index(best) < depth:
        words = {"best": data["depths"][plain.index(best)], "least": shown(best)}
        words |= {"depth": data["depths"][depth], "lost": shown(plain[depth] - best)}
        parts.append(FINDINGS["copy"].format(**words))
    elif plain[depth] == best:
        parts.append(FINDINGS["most"])
    return " ".join(parts)


def depth_words(data: dict, depth: int) -> str:
    """A place of the slider in words."""
    return f"{data['depths'][depth]} layers"


def drawn(data: dict, budget: int, images: int, depth: int) -> dict:
    """What changes with the state: finding, words of the controls, attributes of the parts."""
    parts = {"now": {"d": PLOT.upright(depth)}}
    for kind, errors in zip(KINDS, data["errors"][budget][images], strict=True):
        means = [mean(each) for each in errors]
        _, end = PLOT.place(len(means) - 1, means[-1])
        parts[f"{kind}-line"] = {"d": PLOT.line(means)}
        parts[f"{kind}-dots"] = {"d": PLOT.dots(depth, errors[depth])}
        parts[f"{kind}-name"] = {"y": px(end + 4)}
    return {
        "finding": finding(data, budget, images, depth),
        "outputs": {"d": depth_words(data, depth)},
        "parts": parts,
    }


def still(id_: str, data: dict, budget: int, images: int, depth: int) -> str:
    """The lines of both kinds in a state."""
    parts = drawn(data, budget, images, depth)["parts"]
    _, guessing = PLOT.place(0, PLOT.parts * CHANCE)
    columns = {layers: index for index, layers in enumerate(data["depths"])}
    marks = [
        *PLOT.frame("error (%)", columns, "weighted layers"),
        path(f"M{PLOT.left} {px(guessing)}H{PLOT.right}", "ex-stage"),
        path(part="now", class_="ex-mark", **parts["now"]),
    ]
    for kind, family in KINDS.items():
        of_kind = [
            path(part=f"{kind}-line", **parts[f"{kind}-line"]),
            path(part=f"{kind}-dots", class_="ex-seeds", **parts[f"{kind}-dots"]),
            text(PLOT.right - 12, float(parts[f"{kind}-name"]["y"]), NAMES[kind], "start",
                 "ex-shape", f"{kind}-name"),
        ]  # fmt: skip
        marks.append(group(of_kind, f"ex-depth ex-{family}"))
    label = "Lines of the error against the depth for plain and residual networks"
    return picture(id_, label, marks, BOX)


def states(data: dict) -> list[tuple[int, int, int]]:
    """Every budget with all images and depths."""
    return list(product(*(range(len(data[name])) for name in ("steps", "images", "depths"))))
