"""The recorded figures of the chapter with their captions and alternative texts.

Answers "what was measured at full scale?". Each function shows one figure, or a pair that is read
together; :mod:`utils.chapters.inside_a_resnet.figures` draws them.
"""

from utils.chapters.inside_a_resnet.figures import (
    length_figures,
    many_out_figure,
    one_out_figures,
    order_figure,
    surviving_figure,
)
from utils.chapters.inside_a_resnet.numbers import DEEP, RESIDUAL, SHORT
from utils.display.published import Published, publish


def show_one_out() -> Published:
    """One block removed, with six and nine blocks."""
    return publish(
        one_out_figures(SHORT),
        alt="Bars of the test error with each block removed. In plain-14 every bar is at the level "
        "of guessing. In ResNet-14 the bars are lower, but all are far above the intact network. "
        "In ResNet-20 most bars are lower still, and some are near the intact error.",
        caption="Test error with one block removed and nothing trained again: CIFAR-10, last "
        "epoch. The points are three seeds, and the bars are their mean. The dashed line is the "
        "intact network, and the dotted line is guessing, 90 %. A star marks a block that changes "
        "the shape.",
    )


def show_many_out() -> Published:
    """Several blocks removed, with six and nine blocks."""
    return publish(
        many_out_figure(SHORT, "The plain network falls at once"),
        alt="Test error against the number of removed blocks. Plain-14 jumps to the level of "
        "guessing with the first block. The two residual networks rise steeply for the first "
        "blocks, then level off towards guessing; ResNet-20 more slowly.",
        caption="Test error with k blocks removed, on 2,000 test images. The points are medians "
        "over all sets of k blocks and three seeds, and the bands go from the first to the third "
        "quartile. The dotted line is guessing.",
    )


def show_orders() -> Published:
    """Blocks in other orders than the trained one."""
    return publish(
        order_figure(SHORT, "Order matters, with shortcuts less"),
        alt="Test error against rank correlation with the trained order. In the trained order all "
        "networks have their intact error. Orders of ResNet-20 close to the trained one have "
        "errors over a wide range; with more disorder the errors rise. Plain-14 is at guessing "
        "after one exchange.",
        caption="Test error for every order of the blocks in which the shapes fit: 24 orders for "
        "ResNet-20 and two for each network of 14 layers. Each point is one order in one of "
        "three seeds, on 2,000 test images. The axis runs from the trained order on the left to "
        "more disorder on the right. The dotted line is guessing.",
    )


def show_paths_left() -> Published:
    """Every set of removed blocks of ResNet-20 by the paths that it leaves."""
    return publish(
        surviving_figure("ResNet-20", "The median is smooth, the sets are not"),
        alt="Test error against the number of paths left, halving from 512 to 1. The median rises "
        "smoothly from the intact error to guessing. Single sets with equally many paths left "
        "spread over tens of points.",
        caption="Test error of ResNet-20 on 2,000 test images. Each short line is one set of "
        "removed blocks in one of three seeds, and the black points are the medians. Each step to "
        "the right halves the number of paths. The dotted line is guessing.",
    )


def show_path_lengths() -> Published:
    """Paths and their gradient by length, with six and nine blocks."""
    return publish(
        length_figures(RESIDUAL),
        alt="Shares by path length for ResNet-14 and ResNet-20. The bars of the number of paths "
        "peak in the middle, at three of six and four to five of nine blocks. The share of the "
        "gradient peaks further right: in our networks long paths carry more than their number.",
        caption="How much each path length counts in trained networks. The gradient is that of the "
        "loss at the pixels of 128 test images. The line with circles is the share of the "
        "gradient, with the mean and the range of three seeds. The squares are size × number, "
        "averaged over the seeds. The bars are the number of paths of each length, as a share of "
        "all paths.",
    )


def show_deep_one_out() -> Published:
    """One block removed, with 27 blocks."""
    return publish(
        one_out_figures(DEEP),
        alt="Bars of the test error with each of 27 blocks removed. Plain-56: nearly every bar is "
        "at the level of guessing. ResNet-56: most bars stay at the dashed line of the intact "
        "network; the first block's bar stands out, and some early ones and those of blocks 10 "
        "and 19 rise a little.",
        caption="Test error with one block removed and nothing trained again: CIFAR-10 at 16 "
        "pixels, last epoch. The points are three seeds, and the bars are their mean. The dashed "
        "line is the intact network, and the dotted line is guessing, 90 %. A star marks a block "
        "that changes the shape.",
    )


def show_deep_many_out() -> Published:
    """Several blocks removed, with 27 blocks."""
    return publish(
        many_out_figure(DEEP, "27 blocks: a long slope"),
        alt="Test error against the number of removed blocks, 0 to 27. Plain-56 jumps to the level "
        "of guessing with the first block. ResNet-56 rises slowly for the first blocks, is half of "
        "the way up at about seven, and levels off towards guessing from about fourteen.",
        caption="Test error with k blocks removed, on 500 test images at 16 pixels. The points are "
        "medians over ten random sets of k blocks in each of three seeds, and the bands go from "
        "the first to the third quartile. With no block removed, the point is the median error of "
        "three seeds, while the column “intact” of the tables has their mean error. The dotted "
        "line is guessing.",
    )


def show_deep_path_lengths() -> Published:
    """Paths and their gradient by length, with 27 blocks."""
    return publish(
        length_figures(["ResNet-56"]),
        alt="Shares by path length for ResNet-56, 0 to 27 blocks. The bars of the number of paths "
        "peak at 13 and 14. The share of the gradient peaks at about five and is near nothing "
        "beyond eleven.",
        caption="How much each path length counts in the trained ResNet-56. The gradient is that "
        "of the loss at the pixels of 32 test images. The line with circles is the share of the "
        "gradient, with the mean and the range of three seeds. The squares are size × number, "
        "averaged over the seeds; the size comes from ten random paths of each length. The bars "
        "are the number of paths of each length, as a share of all paths.",
    )
