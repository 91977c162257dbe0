"""What came after ResNet: the works of the chapter, read strictly, and its table and figures.

Answers "what did each work change, and what does its number stand on?". The facts stand in
``book/data/after.yml``; a malformed entry stops the build with its name and what is wrong.
"""

import html
import itertools

from utils.chapters.block_family import family_figure
from utils.display.figures import COLOURS, TEXT, figure, finish, name_point
from utils.display.published import Published, publish
from utils.display.tables import table
from utils.facts.after import load
from utils.results.words import opening


def works_table() -> Published:
    """One row a work; on a phone each row becomes a short card.

    The roles are spelled out because a table that is laid out as blocks loses them.
    """
    caption = "What came after, in the order of this chapter. Numbers of different rows differ in "
    caption += "data, crop, metric and training, so read each row alone."
    lines = []
    for key, work in load().works.items():
        cells = [
            f'<th scope="row" role="rowheader"><a href="#{key}">{html.escape(work.name)}</a></th>',
            f'<td role="cell">{html.escape(work.change)}</td>',
            f'<td role="cell">{html.escape(work.result)}<br /><small>{html.escape(work.measures)}; '
            f"{html.escape(work.runs)}</small></td>",
        ]
        lines.append(f'<tr role="row">{"".join(cells)}</tr>')
    titles = "".join(
        f'<th scope="col" role="columnheader">{title}</th>'
        for title in ("Work", "What it changed", "Its number")
    )
    rows = "\n".join(lines)
    markup = (
        f'<table class="book-table book-prose book-stack" role="table">'
        f"<caption>{html.escape(caption)}</caption>\n"
        f'<thead role="rowgroup"><tr role="row">{titles}</tr></thead>\n'
        f'<tbody role="rowgroup">\n{rows}\n</tbody></table>'
    )
    return Published(markup, caption)


def recipes_figure() -> Published:
    """The layers of ResNet-50, published accuracies under several recipes."""
    rows = load().recipes
    made, (axes,) = figure(figsize=(4.8, 3.3))
    places = range(len(rows))
    values = [row.accuracy for row in rows]
    axes.hlines(places, min(values) - 1, values, color=TEXT, linewidth=0.8, alpha=0.4)
    axes.plot(values, places, "o", color=COLOURS["residual"], markersize=8)
    for place, row in zip(places, rows, strict=True):
        name_point(axes, row.accuracy, place, f"{row.accuracy:.1f}", (7, -4))
    axes.set_yticks(places, [f"{row.label} ({row.epochs})" for row in rows])
    finish(axes, "Same layers, better recipe", "ImageNet top-1 accuracy (%)", "", legend=False,
           xlim=(min(values) - 1, max(values) + 1.2))  # fmt: skip
    return publish(
        made,
        f"Published accuracies of ResNet-50 v1.5 rise from {values[1]:.1f} to {values[-1]:.1f} "
        f"percent with the recipe alone; the v1 weights of its authors have {values[0]:.1f}.",
        "ResNet-50 on the ImageNet validation set, 224-pixel crop, epochs in brackets; the "
        f"authors' {rows[0].epochs} epochs are an upper limit. A small v numbers versions of the "
        "network: the lowest dot is v1, and all others are v1.5, which differs from v1 in the "
        "layer that has the stride (see the text below). A capital V numbers torchvision's "
        "weights. The axis does "
        "not start at zero.",
    )


def recipe_sources() -> Published:
    """Where each dot of :func:`recipes_figure` comes from."""
    return table(
        ["dot", "top-1", "source"],
        [
            [row.label, f"{row.accuracy:.1f} %", opening(row.where)]
            for row in reversed(load().recipes)
        ],
        "The sources of the dots, in the order of the figure. A1, A2 and A3 are three training "
        "procedures of one work, from the longest to the shortest.",
        wraps=True,
    )


def steps_figure() -> Published:
    """Torchvision's path from its first weights to its second."""
    rows = load().steps
    made, (axes,) = figure(figsize=(4.8, 4.2))
    gains = [b.accuracy - a.accuracy for a, b in itertools.pairwise(rows)]
    labels = [row.label for row in rows[1:]]
    places = range(len(gains))
    axes.barh(places, gains, color=COLOURS["residual"])
    for place, gain in zip(places, gains, strict=True):
        name_point(axes, gain, place, f"+{gain:.2f}", (4, -4))
    axes.set_yticks(places, labels)
    axes.invert_yaxis()
    finish(axes, "Many small gains and one long run", "points of top-1 accuracy added", "",
           legend=False, xlim=(0, max(gains) * 1.18))  # fmt: skip
    largest = max(places, key=gains.__getitem__)
    return publish(
        made,
        f"Of {len(gains)} changes, {labels[largest]} added most, {gains[largest]:.2f} points; the "
        f"others {min(gains):.2f} to {sorted(gains)[-2]:.2f}.",
        "Each bar shows what one change added to the accuracy of torchvision's ResNet-50, on top "
        "of the changes above it. Together the changes lift the accuracy from "
        f"{rows[0].accuracy:.2f} to {rows[-1].accuracy:.2f} %. The source does not say how often "
        "the trainings were repeated. In another order the changes would have other bars.",
    )


def torchvision_table() -> Published:
    """Pretrained networks of torchvision, read from the library that is installed."""
    from torchvision import models

    chosen = {
        "ResNet-18": models.ResNet18_Weights.IMAGENET1K_V1,
        "ResNet-50": models.ResNet50_Weights.IMAGENET1K_V1,
        "ResNet-50 ": models.ResNet50_Weights.IMAGENET1K_V2,
        "ResNeXt-50 32×4d": models.ResNeXt50_32X4D_Weights.IMAGENET1K_V2,
        "DenseNet-121": models.DenseNet121_Weights.IMAGENET1K_V1,
        "ConvNeXt-Tiny": models.ConvNeXt_Tiny_Weights.IMAGENET1K_V1,
        "MobileNetV3-Large": models.MobileNet_V3_Large_Weights.IMAGENET1K_V2,
    }
    rows = []
    for name, weights in chosen.items():
        meta = weights.meta
        rows.append(
            [
                f"{name.strip()}, {weights.name.removeprefix('IMAGENET1K_')}",
                f"{meta['_metrics']['ImageNet-1K']['acc@1']:.1f} %",
                f"{meta['num_params'] / 1e6:.1f}",
                f"{meta['_ops']:.1f}",
            ]
        )
    return table(
        ["network, weights", "top-1", "million parameters", "billion MACs"],
        rows,
        "Pretrained networks as torchvision's own metadata describe them: ImageNet validation, "
        "one 224-pixel crop.",
    )


AFTER_FIGURES = {
    "after-blocks": family_figure,
    "after-recipes": recipes_figure,
    "after-recipe-sources": recipe_sources,
    "after-steps": steps_figure,
    "after-torchvision": torchvision_table,
    "after-works": works_table,
}
