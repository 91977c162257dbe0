"""What switching blocks off does to the published ResNet-20, and the page that shows it.

Answers "which block can be missed for this picture?" in PyTorch. The lesion lab computes the same
in the browser, from the graph of :mod:`utils.probes.onnx_export`; its table is made here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor, nn

from utils.data.cifar10 import CLASSES
from utils.display.published import Published
from utils.display.tables import table
from utils.facts.lab_pictures import paint, pictures
from utils.probes.gates import forward, residual_blocks
from utils.record import weights

MODEL = "resnet-20"


@dataclass(frozen=True)
class Block:
    """Where a block stands.

    Attributes:
        number: counted from 1 over the whole network.
        stage: counted from 1.
        channels: of its output.
        size: pixels of its output map in each direction.
        first: whether its shortcut has to change the shape (option A).
    """

    number: int
    stage: int
    channels: int
    size: int
    first: bool


@cache
def trained() -> weights.Trained:
    """The network of the lab."""
    return weights.load(MODEL)


@cache
def block_places() -> tuple[Block, ...]:
    """Every block of the network with its stage and shape."""
    net = trained().net
    with torch.inference_mode():
        _, (_, *maps) = forward(net, torch.zeros(1, 3, 32, 32), [1.0] * len(residual_blocks(net)))
    return tuple(
        Block(
            number=number,
            stage=net.stages.index(name.split(".")[0]) + 1,
            channels=found.shape[1],
            size=found.shape[2],
            first=not isinstance(block.downsample, nn.Identity),
        )
        for number, ((name, block), found) in enumerate(
            zip(residual_blocks(net).items(), maps, strict=True), 1
        )
    )


def gates_without(*numbers: int) -> list[float]:
    """Gates with the named blocks off, counted from 1."""
    return [float(number not in numbers) for number in range(1, len(block_places()) + 1)]


def logits(pixels: np.ndarray, gates: Sequence[float]) -> Tensor:
    """What the network answers to a picture uint8 (32, 32, 3): float (10,)."""
    inputs = trained().normaliser(torch.from_numpy(pixels).permute(2, 0, 1)[None])
    with torch.inference_mode():
        return forward(trained().net, inputs, gates)[0][0]


@dataclass(frozen=True)
class Answer:
    """The class that the network gives most probability, and that of the class drawn."""

    said: str
    right: bool
    probability: float


def answer(name: str, gates: Sequence[float]) -> Answer:
    """The answer to one of the drawings, with these gates."""
    shares = logits(paint(pictures()[name]), gates).softmax(0)
    said = CLASSES[int(shares.argmax())]
    drawn = pictures()[name].drawn
    return Answer(said, said == drawn, float(shares[CLASSES.index(drawn)]))


def percent(share: float) -> str:
    """A share in words as the page writes it: whole percents, with open ends."""
    words = "> 99 %" if share >= 0.995 else f"{100 * share:.0f} %"
    return ("< 1 %" if share < 0.005 else words).replace(" ", "\N{NO-BREAK SPACE}")


def cell(found: Answer) -> str:
    """Probability of the class drawn, and what is said instead."""
    return percent(found.probability) + ("" if found.right else f" ({found.said})")


def lesion_rows() -> list[tuple[str, list[float]]]:
    """The lesions of the table: label and gates."""
    places = block_places()
    rows = [("none", gates_without())]
    rows += [(f"block\N{NO-BREAK SPACE}{b.number}", gates_without(b.number)) for b in places]
    for stage in sorted({block.stage for block in places}):
        whole = [block.number for block in places if block.stage == stage]
        rows.append((f"stage\N{NO-BREAK SPACE}{stage}", gates_without(*whole)))
    return [*rows, ("all", gates_without(*(block.number for block in places)))]


def lesion_table() -> Published:
    """For each drawing and lesion the probability of the class drawn."""
    names = list(pictures())
    rows = [[label, *(cell(answer(p, gates)) for p in names)] for label, gates in lesion_rows()]
    return table(
        ["off", *names],
        rows,
        "The table gives the probability of the class drawn, according to ResNet-20 with a block, "
        "a stage or all blocks off. If the network answers with another class, this class is in "
        "brackets. The numbers were computed with PyTorch when this page was built.",
    )
