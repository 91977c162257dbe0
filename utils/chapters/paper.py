"""Figures of the ResNet paper's printed numbers: what do its tables look like?

Every point is a cell of a table (:mod:`utils.facts.paper`); nothing is read off the paper's own
plots.
"""

from collections.abc import Callable, Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter

from utils.chapters.shared import sketch
from utils.display import figures
from utils.display.figures import COLOURS, TEXT, figure, finish
from utils.display.published import Published, publish
from utils.display.tables import table
from utils.facts.paper import cell, load_table
from utils.models.counting import count_macs, count_parameters
from utils.models.networks import cifar_net
from utils.results.labels import short_label

CIFAR_DEPTHS = (20, 32, 44, 56, 110, 1202)
IMAGENET_OPTIONS = {18: "A", 34: "A", 50: "B", 101: "B", 152: "B"}


def value(address: str) -> float:
    """The number in a cell."""
    return float(cell(address).number)


def name_point(axes: Axes, x: float, y: float, text: str, offset: tuple[float, float], **style):
    """Write a name on the side of a point to which the offset goes."""
    across = "left" if offset[0] >= 0 else "right"
    style = {"ha": across, "va": "center", "size": 9.5, **style}
    figures.name_point(axes, x, y, text, offset, **style)


def imagenet_depth() -> Published:
    """Table 2: plain and residual networks of 18 and 34 layers."""
    made, (axes,) = figure(figsize=(4.4, 3.1))
    depths = [18, 34]
    for column, colour, label in (("plain", "plain", "plain"), ("resnet", "residual", "residual")):
        errors = [value(f"2/{depth}/{column}") for depth in depths]
        axes.plot(depths, errors, "o-", color=COLOURS[colour])
        name_point(axes, 34, errors[-1], f"{label}\n{errors[-1]:.2f}", (8, 0))
    low, high = sorted(value(f"2/18/{column}") for column in ("plain", "resnet"))
    name_point(axes, 18, (low + high) / 2, f"{high:.2f}\n{low:.2f}", (-8, 0))
    finish(axes, "Deeper is worse when plain", "layers", "top-1 error (%)", legend=False,
           xlim=(12, 44), ylim=(24, 30), xticks=depths)  # fmt: skip
    return publish(
        made,
        alt="From 18 to 34 layers the error of the plain network rises by over half a point, and "
        "that of the residual network falls by nearly three.",
        caption="The errors are those of Table 2, on the ImageNet validation images with 10 "
        "crops. Each point is one network, and a line joins the networks of one kind. The error "
        "axis does not start at zero.",
    )


def imagenet_cost() -> Published:
    """Tables 1 and 3: error against the work for one image."""
    made, (axes,) = figure(figsize=(4.8, 3.4))
    rows = {"resnet-34-b": "34-layer", "resnet-50": "50-layer", "resnet-101": "101-layer",
            "resnet-152": "152-layer"}  # fmt: skip
    work = [value(f"1/{row}/flops") for row in rows.values()]
    errors = [value(f"3/{row}/top1") for row in rows]
    axes.plot(work, errors, "o-", color=COLOURS["residual"])
    for x, y, row in zip(work, errors, rows.values(), strict=True):
        name_point(axes, x, y, row.removesuffix("-layer"), (7, 7))
    others = {
        "plain-34": (value("1/34-layer/flops"), "s", "plain", (8, 0)),
        "vgg-16": (value("text/vgg-16-flops/value"), "D", "other", (-8, 0)),
    }
    for row, (x, marker, colour, offset) in others.items():
        y = value(f"3/{row}/top1")
        axes.plot(x, y, marker, color=COLOURS[colour])
        name_point(axes, x, y, load_table("3").label(row), offset)
    finish(axes, "More layers, less work than VGG-16", "billions of multiply-adds for one image",
           "top-1 error (%)", legend=False, xlim=(0, 17), ylim=(20, 30))  # fmt: skip
    return publish(
        made,
        alt="Residual networks of 34 to 152 layers lie below plain-34 and VGG-16: the deeper, the "
        "lower the error, and all of them cost less than VGG-16.",
        caption="The errors are those of Table 3 (ImageNet validation images, 10 crops). The "
        "multiply-adds come from Table 1, and those of VGG-16 from section 4.1. The numbers at "
        "the line are layers. The network of 34 layers is the one with option B. Its "
        "multiply-adds are those that Table 1 gives for 34 layers in general.",
    )


def cifar_depth() -> Published:
    """Table 6: error against depth."""
    made, (axes,) = figure(figsize=(4.8, 3.4))
    errors = [value(f"6/resnet-{depth}/error") for depth in CIFAR_DEPTHS]
    axes.plot(CIFAR_DEPTHS, errors, "o-", color=COLOURS["residual"])
    mean, deviation = (value(f"6/resnet-110/{column}") for column in ("mean", "deviation"))
    style = {"color": COLOURS["residual"], "capsize": 4, "markersize": 6}
    axes.errorbar(110 * 1.12, mean, deviation, fmt="_", **style)
    for depth, y in zip(CIFAR_DEPTHS, errors, strict=True):
        offset = {20: (0, 11), 32: (11, 4), 1202: (0, 11)}.get(depth, (0, -12))
        name_point(axes, depth, y, f"{depth}", offset, ha="center")
    for row in ("fitnet-19", "highway-19", "highway-32"):
        x, y = value(f"6/{row}/layers"), value(f"6/{row}/error")
        axes.plot(x, y, "D", color=COLOURS["other"], markersize=5)
        name = f"{load_table('6').label(row)} {x:.0f}"
        if row == "highway-19":
            name_point(axes, x, y, name, (4, -12), ha="right")
        else:
            name_point(axes, x, y, name, (8, 0) if row == "highway-32" else (-7, 0))
    axes.set_xscale("log")
    axes.xaxis.set_minor_formatter(NullFormatter())
    finish(axes, "Deeper is better, up to a point", "layers (logarithmic)", "test error (%)",
           legend=False, xlim=(6, 2000), ylim=(5.8, 9.4))  # fmt: skip
    axes.set_xticks([10, 100, 1000], ["10", "100", "1,000"])
    return publish(
        made,
        alt="The test error of residual networks falls from 20 to 110 layers and is higher again "
        "at 1202. FitNet and the two highway networks lie near the shallower ResNets.",
        caption="The dots are the test errors on CIFAR-10 that Table 6 gives. For 110 layers the "
        "table gives the best of five runs. The bar beside this dot is the mean and standard "
        "deviation of the five runs. For the other ResNets the paper reports no spread. The error "
        "axis does not start at zero.",
    )


def detection_gains() -> Published:
    """Tables 7 and 8: one detector with two networks."""
    made, (axes,) = figure(figsize=(4.8, 2.9))
    measures = {
        "7/{}/voc07": "VOC 2007 test",
        "7/{}/voc12": "VOC 2012 test",
        "8/{}/map50": "COCO val, @.5",
        "8/{}/map": "COCO val,\n@[.5, .95]",
    }
    for height, address in enumerate(reversed(measures)):
        low, high = (value(address.format(row)) for row in ("vgg-16", "resnet-101"))
        axes.plot([low, high], [height, height], color=TEXT, linewidth=1, zorder=1)
        axes.plot(low, height, "D", color=COLOURS["other"])
        axes.plot(high, height, "o", color=COLOURS["residual"])
        name_point(axes, low, height, f"{low:.1f}", (-8, 0))
        name_point(axes, high, height, f"{high:.1f}", (8, 0))
    top = len(measures) - 1
    name_point(axes, value("7/vgg-16/voc07"), top, "VGG-16", (-4, 13), ha="right")
    name_point(axes, value("7/resnet-101/voc07"), top, "ResNet-101", (2, 13), ha="left")
    finish(axes, "The same detector, a better network", "mean average precision (%)", "",
           legend=False, xlim=(10, 95), ylim=(-0.6, top + 0.8))  # fmt: skip
    axes.set_yticks(range(len(measures)), list(reversed(measures.values())))
    return publish(
        made,
        alt="With ResNet-101 in place of VGG-16 the detector gains over three points on both VOC "
        "test sets and six to seven on COCO.",
        caption="The numbers are those of Tables 7 and 8, for the baseline Faster R-CNN. Each "
        "point is one network. The diamonds are VGG-16, and the circles are ResNet-101.",
    )


def counted(unit: str, rows: Sequence[tuple[str, str, int]], caption: str) -> Published:
    """Printed numbers beside ours: (network, address, count) with the count in single units."""
    scale = {"million": 1e6, "billion": 1e9}[unit]
    lines = [[name, cell(at).text, f"{count / scale:.3f}"] for name, at, count in rows]
    return table(["network", f"paper ({unit}s)", f"counted here ({unit}s)"], lines, caption)


def cifar_parameters() -> list[tuple[str, str, int]]:
    """Name, address in Table 6 and our count of each CIFAR-10 ResNet."""
    rows = []
    for depth in CIFAR_DEPTHS:
        with torch.device("meta"):
            count = count_parameters(cifar_net(depth))
        rows.append((short_label(f"resnet-{depth}"), f"6/resnet-{depth}/parameters", count))
    return rows


def imagenet_macs() -> list[tuple[str, str, int]]:
    """Name, address in Table 1 and our count for one 224-pixel image, stride on the first 1x1."""
    rows = []
    for depth, option in IMAGENET_OPTIONS.items():
        macs = count_macs(sketch(depth, "v1", option), 224)
        rows.append((f"{depth} layers", f"1/{depth}-layer/flops", macs))
    return rows


def parameters_counted() -> Published:
    """Table 6's parameters beside our counts."""
    return counted("million", cifar_parameters(), "Parameters of the CIFAR-10 networks, option A.")


def macs_counted() -> Published:
    """Table 1's multiply-adds beside our counts."""
    return counted(
        "billion",
        imagenet_macs(),
        "Multiply-adds for one 224 × 224 image; option A for 18 and 34 layers, option B for 50 and "
        "more.",
    )


PAPER_FIGURES: dict[str, Callable[[], Published]] = {
    "paper-imagenet-depth": imagenet_depth,
    "paper-imagenet-cost": imagenet_cost,
    "paper-cifar-depth": cifar_depth,
    "paper-detection-gains": detection_gains,
    "paper-parameters-counted": parameters_counted,
    "paper-macs-counted": macs_counted,
}
