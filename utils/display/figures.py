"""The book's figures: one style, one colour for each kind of network, words for every picture.

Answers "how do we show it?". Figures leave here as inline SVG, so that they are sharp on any
screen, small on a phone, take the text colour of the light or dark page, and carry alt text.
"""

import math
from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from utils.results.spread import Spread, curves

COLOURS = {"residual": "#0072B2", "plain": "#D55E00", "cnn": "#009E73", "other": "#CC79A7"}
ON_DARK = {"residual": "#56B4E9", "plain": "#E69F00"}
"""The same for what changes with the theme: style sheets, drawings, the page's icon."""
TEXT = "#123456"  # stands for the page's own text colour until the figure is published
STYLE = {
    "figure.figsize": (4.8, 3.1),
    "figure.dpi": 100,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "axes.edgecolor": TEXT,
    "axes.labelcolor": TEXT,
    "axes.titlecolor": TEXT,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.labelsize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "text.color": TEXT,
    "xtick.color": TEXT,
    "ytick.color": TEXT,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "lines.linewidth": 2,
    "legend.frameon": False,
    "legend.fontsize": 9.5,
    "svg.fonttype": "none",
    "svg.hashsalt": "resnet-measured",
    "figure.constrained_layout.use": True,
}


def page_colour(name: str) -> str:
    """A colour of :data:`COLOURS` as CSS: the page's own for this name where it has one."""
    return f"var(--book-{name}, {COLOURS[name].lower()})"


def figure(rows: int = 1, columns: int = 1, **options) -> tuple[Figure, np.ndarray]:
    """A figure in the book's style and its axes as a flat array.

    Built without pyplot, so that nothing global changes and nothing is shown twice.
    """
    with matplotlib.rc_context(STYLE):
        made = Figure(**options)
        axes = made.subplots(rows, columns, squeeze=False)
    return made, axes.flatten()


def finish(axes: Axes, title: str, x: str, y: str, legend: bool = True, **limits) -> None:
    """Say what the figure says (title), what its axes are, and which line is which."""
    axes.set_title(title, loc="left", fontweight="bold", fontsize=11, color=TEXT)
    axes.set(xlabel=x, ylabel=y, **limits)
    if legend:
        axes.legend(labelcolor=TEXT, frameon=False, fontsize=9.5)


def draw_spread(
    axes: Axes, x: Sequence[float], points: Sequence[Spread], colour: str, label: str, **line
) -> None:
    """A line through the means with a band of one standard deviation on each side."""
    mean = np.array([p.mean for p in points])
    sd = np.array([0.0 if math.isnan(p.sd) else p.sd for p in points])
    axes.plot(x, mean, color=colour, label=label, **line)
    draw_band(axes, x, mean - sd, mean + sd, colour)


def draw_range(
    axes: Axes, x: Sequence[float], rows: Tensor, colour: str, label: str, *style: str, **line
) -> None:
    """A line through the mean of rows, one for each seed, with a band from least to greatest."""
    axes.plot(x, rows.mean(0), *style, color=colour, label=label, **line)
    draw_band(axes, x, rows.amin(0), rows.amax(0), colour)


def draw_band(
    axes: Axes,
    x: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
    colour: str,
    opacity: float = 0.2,
) -> None:
    """What lies between two curves, such as the seeds around their middle."""
    axes.fill_between(x, low, high, color=colour, alpha=opacity, linewidth=0)


def error_curves(groups: dict[str, tuple[list[dict], str]], field: str, title: str) -> Figure:
    """Error in percent against epoch, a band over seeds for each group.

    Args:
        groups: label -> (runs, colour name of :data:`COLOURS`).
        field: "train_error" or "test_error".
        title: what the figure says.
    """
    made, (axes,) = figure()
    for label, (runs, colour) in groups.items():
        epochs, points = curves(runs, field)
        draw_spread(axes, epochs, [p.times(100) for p in points], COLOURS[colour], label)
    finish(axes, title, "epoch", f"{field.replace('_', ' ')} (%)", ylim=(0, None))
    return made


def loss_curves(groups: dict[str, tuple[list[dict], Sequence[float], str]], title: str) -> Figure:
    """Training loss against epoch: ours with a band, printed values as dots.

    Args:
        groups: label -> (runs, printed loss of each epoch, colour name).
        title: what the figure says.
    """
    made, (axes,) = figure(figsize=(4.8, 3.4))
    for name, (runs, printed, colour) in groups.items():
        epochs, points = curves(runs, "train_loss")
        draw_spread(axes, epochs, points, COLOURS[colour], f"{name}, ours")
        style = {"color": COLOURS[colour], "markersize": 4, "linewidth": 1}
        axes.plot(epochs, printed, "o--", label=f"{name}, printed", **style)
    finish(axes, title, "epoch", "mean training loss", ylim=(0.4, None))
    return made


def name_point(axes: Axes, x: float, y: float, text: str, offset: tuple[float, float], **style):
    """Write a name beside a point; the offset is in points of print."""
    axes.annotate(text, (x, y), offset, textcoords="offset points", **{"color": TEXT, **style})


def text_on(ground: tuple[float, ...]) -> str:
    """Black or white, whichever has the higher contrast (WCAG 2) on an sRGB colour from 0 to 1."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in ground[:3]]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "black" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "white"


def confusion_figure(counts: Sequence[Sequence[float]], classes: Sequence[str], title: str):
    """Row-normalised confusion matrix as a figure: share of each true class, in percent."""
    shares = np.array(counts, dtype=float)
    shares = 100 * shares / shares.sum(1, keepdims=True)
    made, (axes,) = figure(figsize=(5.4, 4.9))
    wrong = np.where(np.eye(len(classes)) == 1, np.nan, shares)
    drawn = axes.imshow(wrong, cmap="cividis", vmin=0)
    for i, j in np.ndindex(shares.shape):
        if shares[i, j] >= 0.95:
            colour = TEXT if i == j else text_on(drawn.to_rgba(shares[i, j]))
            axes.text(j, i, f"{shares[i, j]:.0f}", ha="center", va="center", size=9, color=colour,
                      weight="bold" if i == j else "normal")  # fmt: skip
    ticks = range(len(classes))
    axes.set_xticks(ticks, classes, rotation=45, ha="right")
    axes.set_yticks(ticks, classes)
    finish(axes, title, "predicted", "true", legend=False)
    return made


def picture_grid(
    images: Tensor, captions: Sequence[str], columns: int = 4, title: str = ""
) -> Figure:
    """Images uint8 (N, 3, H, W) with a caption of up to two short lines under each.

    Raises:
        ValueError: images of another shape, or another number of captions.
    """
    if images.ndim != 4 or images.shape[1] != 3:
        raise ValueError(
            f"images are {tuple(images.shape)}, and (N, 3, H, W) is needed; channels come first: "
            "images.permute(0, 3, 1, 2)"
        )
    if len(images) != len(captions):
        raise ValueError(f"{len(images)} images but {len(captions)} captions; give one for each")
    rows = max(1, math.ceil(len(captions) / columns))
    made, axes = figure(rows, columns, figsize=(1.3 * columns, 1.95 * rows))
    for cell in axes:
        cell.set(xticks=[], yticks=[])
        cell.spines[:].set_visible(False)
    for cell, image, caption in zip(axes, images, captions, strict=False):
        cell.imshow(image.permute(1, 2, 0).cpu().numpy(), interpolation="nearest")
        cell.spines[:].set(visible=True, color=TEXT, linewidth=0.8)
        cell.set_xlabel(caption, size=9, color=TEXT)
    if title:
        made.suptitle(title, x=0.02, ha="left", fontsize=11, fontweight="bold", color=TEXT)
    return made
