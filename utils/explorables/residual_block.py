"""The residual block with its weights at zero: identity with a shortcut, nothing without.

Draws the opening state as a still picture and hands the script the same numbers and the same
geometry; ``utils/explorables/residual-block.js`` moves it. The numbers come from
``utils.miniatures.chains``.
"""

from __future__ import annotations

import numpy as np

from utils.explorables.figure import Opening, checkbox, explorable, slider
from utils.explorables.residual_block_picture import (
    BARS,
    LAYERS,
    STRIP,
    block_picture,
    strip_picture,
)
from utils.miniatures.chains import MAX_BLOCKS, WEIGHT_STEPS, WIDTH, draw_chain, residual_chain

OPENING_BLOCKS = 12
MAX_SCALE = 1.5

TITLE = "With weights at zero, a residual block returns its input and a plain block returns zero"
INVITATION = (
    "Try: take the shortcut away. Put it back, and raise the weights of the layers F from zero."
)
CAPTION = (
    "The figure shows a miniature of the real block. Instead of feature maps the miniature has "
    "eight numbers, and instead of convolutions it has matrices. It has no normalisation, and "
    "nothing is trained. Each block computes y = ReLU(F(x) + x), or y = ReLU(F(x)) without the "
    "shortcut. The weights were drawn at random once and are multiplied by the factor that you "
    "set: × 0 makes them zero, and × 1 is He initialisation. The squares are the weights of the "
    "first block, filled where they are positive and hollow where they are negative. The outlined "
    "bars repeat the input. A bar with a tip is too high for the picture and is cut off."
)
FINDINGS = {
    "residual zero": (
        "With all weights at zero and the shortcut on, the output after {blocks} equals the input, "
        "because the input has no negative values that a ReLU could cut off: the input has the "
        "norm {in}, and the output has the norm {out}. Without the shortcut, nothing would be "
        "left, and the norm of the output would be {other}."
    ),
    "residual even": (
        "With weights × {scale} and the shortcut on, the signal after {blocks} is about as large "
        "as the input: its norm is {out}, and that of the input is {in}. Without the shortcut, the "
        "norm would be {other}."
    ),
    "residual grows": (
        "With weights × {scale} and the shortcut on, the norm after {blocks} is {out}, which is "
        "{factor} times the input's {in}. Every block adds its branch to its input, and no "
        "normalisation limits the sum. Without the shortcut, the norm would be {other}."
    ),
    "residual shrinks": (
        "With weights × {scale} and the shortcut on, the norm falls from {in} to {out} after "
        "{blocks}. Where a branch is negative, it takes something away from the input of its "
        "block. Without the shortcut, the norm would be {other}."
    ),
    "plain zero": (
        "With all weights at zero and the shortcut off, nothing is left after {blocks}: the norm "
        "is {out}, and that of the input is {in}. With the shortcut, the output would equal the "
        "input, and its norm would be {other}."
    ),
    "plain even": (
        "With weights × {scale} and the shortcut off, the signal after {blocks} is about as large "
        "as the input: its norm is {out}, and that of the input is {in}. But its pattern has "
        "changed. With the shortcut, the norm would be {other}."
    ),
    "plain grows": (
        "With weights × {scale} and the shortcut off, the norm after {blocks} is {out}, which is "
        "{factor} times the input's {in}. Every block multiplies its input, and with these weights "
        "the factors are large. With the shortcut, the norm would be {other}."
    ),
    "plain shrinks": (
        "With weights × {scale} and the shortcut off, the norm falls from {in} to {out} after "
        "{blocks}. Every block multiplies its input, and no later block can restore what an "
        "earlier one has lost. With the shortcut, the norm would be {other}."
    ),
}
"""Words for every kind of state; the script chooses by chain and by what became of the norm."""


@explorable(TITLE, INVITATION)
def residual_block(id_: str) -> Opening:
    """A block to take apart: weights of F, number of blocks, shortcut on or off."""
    x, weights = draw_chain()
    opening = weights[:OPENING_BLOCKS]
    residual = residual_chain(x, opening, scale=0.0, shortcut=True)
    plain = residual_chain(x, opening, scale=0.0, shortcut=False)
    norms = {"residual": _norms(residual), "plain": _norms(plain)}
    words = {
        "blocks": f"{OPENING_BLOCKS} blocks",
        "in": _three_digits(norms["residual"][0]),
        "out": _three_digits(norms["residual"][-1]),
        "other": _three_digits(norms["plain"][-1]),
    }
    return Opening(
        controls=_controls(id_),
        pictures=[block_picture(id_, x, residual[-1], words), strip_picture(id_, norms)],
        finding=FINDINGS["residual zero"].format(**words),
        caption=CAPTION,
        data=_script_data(x, weights),
        marks='data-chain="residual" data-zero="true"',
    )


def _norms(signals: np.ndarray) -> list[float]:
    return [float(norm) for norm in np.linalg.norm(signals, axis=1)]


def _three_digits(value: float) -> str:
    return f"{value:#.3g}".rstrip(".") if value else "0"


def _script_data(x: np.ndarray, weights: np.ndarray) -> dict[str, object]:
    return {
        "width": WIDTH,
        "x": x.tolist(),
        "weightSteps": WEIGHT_STEPS,
        "weights": (weights * WEIGHT_STEPS).astype(int).ravel().tolist(),
        "bars": BARS,
        "layers": LAYERS,
        "strip": STRIP,
        "findings": FINDINGS,
    }


def _controls(id_: str) -> list[str]:
    return [
        slider(id_, "s", "Weights of F", low=0, high=MAX_SCALE, step=0.05, value=0, shown="× 0.00"),
        slider(id_, "b", "Blocks", low=1, high=MAX_BLOCKS, value=OPENING_BLOCKS),
        checkbox(id_, "c", "Shortcut", checked=True),
    ]
