"""What a card reads from a record: one number for each seed, with its name and its digits.

Answers "which number is meant?".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from utils.chapters.fine_tuning.transfer import BEST_SCRATCH
from utils.chapters.gradient_norms.numbers import ratios, second_convolutions
from utils.chapters.inside_a_resnet.numbers import by_set
from utils.chapters.playground.numbers import ten_of
from utils.chapters.reproduce.parts import Counted, Part, Published
from utils.chapters.reproduce.weights_parts import PRICED, Lesioned, Sliced, Slipped
from utils.files.records import unpack
from utils.record.gradient_norms import NEIGHBOURS
from utils.results.spread import accuracy_of, seed_by_seed
from utils.results.words import short

Seeds = Mapping[int, float]
"""Seed -> value."""
SAME_WEIGHTS = 0.1
"""Points of accuracy by which the same weights may differ on another machine. If ResNet-20 computes
in 32-bit numbers in the place of bf16, other answers come out for 17 of 10,000 images, and the
accuracy moves by 0.01 points."""
SAME_LESION = 0.5
"""The same where the network is damaged or asked wrongly, so that more images are nearly undecided.
In 32-bit numbers in the place of bf16, the error of ResNet-20 without one block moves by up to 0.25
points, and the difference of two such errors by up to 0.3."""
SAME_LOSS = 0.05
"""A loss near the trained weights, which is computed in 32-bit numbers everywhere."""
NEAR = 0.01
"""Distance to a neighbouring input, as a share of the way to another image."""


@dataclass(frozen=True)
class Value:
    """One kind of number.

    Attributes:
        name: for a sentence: "test accuracy".
        read: takes it from a record: seed -> value.
        unit: follows the number.
        apart: the unit of a difference.
        digits: after the point.
        by_factor: whether two values are compared by their ratio.
        rounding: what the same seed may differ by on another machine.
        part: of which class the records are; None if the experiment says it.
    """

    name: str
    read: Callable[[dict], Seeds]
    unit: str = "\u00a0%"
    apart: str = " points"
    digits: int = 2
    by_factor: bool = False
    rounding: float = 0.0
    part: type[Part] | None = None

    def told(self, value: float, apart: bool = False) -> str:
        """A value with its unit.

        Args:
            value: to tell.
            apart: whether it is a difference of two values.
        """
        return f"{self.figure(value, apart)}{self.apart if apart else self.unit}"

    def figure(self, value: float, apart: bool = False) -> str:
        """The same without the unit; a difference has its sign."""
        if self.by_factor:
            return short(value)
        told = f"{value:{'+' if apart else ''},.{self.digits}f}"
        return told if any(digit in told for digit in "123456789") else told.lstrip("+-")


def of_one_seed(value: Callable[[dict], float]) -> Callable[[dict], Seeds]:
    """For records of one seed."""
    return lambda record: {record["seed"]: float(value(record))}


def first_over_last(record: dict) -> Seeds:
    """Gradient of the first block over that of the last before training."""
    rows = unpack(record["rows"]["weight_gradient"])
    return dict(zip(record["seeds"], ratios(record["layers"], rows).tolist(), strict=True))


def first_gradient(record: dict) -> Seeds:
    """Weight-gradient norm of the first block's second convolution before training."""
    rows = unpack(record["rows"]["weight_gradient"])
    place = second_convolutions(record["layers"])[0]
    return dict(zip(record["seeds"], rows[:, place].tolist(), strict=True))


def neighbour_cosine(record: dict) -> Seeds:
    """Mean cosine of the gradients at an input and near it, at :data:`NEAR` of the way."""
    rows = unpack(record["rows"]["cosine"])[:, NEIGHBOURS.index(NEAR)]
    return dict(zip(record["seeds"], rows.tolist(), strict=True))


def of_one_measurement(value: Callable[[dict], float]) -> Callable[[dict], Seeds]:
    """For measurements on one seed."""
    return lambda record: {record["seeds"][0]: float(value(record))}


def without_one_block(record: dict) -> list[float]:
    """Percent of the first test images that get a wrong answer, without each block in turn."""
    single = {gone: error for gone, error in by_set(record).items() if len(gone) == 1}
    return [single[gone] for gone in sorted(single)]


def third_block_ahead(record: dict) -> float:
    """Points by which the error without block 3 exceeds that without any other block."""
    errors = without_one_block(record)
    return errors.pop(2) - max(errors)


def centre_loss(record: dict) -> float:
    """Loss at the trained weights, the middle of a recorded surface."""
    grid = unpack(record["rows"]["loss"])
    return float(grid[len(grid) // 2, len(grid) // 2])


def loss_rise(record: dict) -> float:
    """Mean loss on the widest circle around the trained weights, minus that at these weights."""
    return float(unpack(record["rows"]["circle_loss"])[-1].mean()) - centre_loss(record)


def cost_of_a_slip(record: dict) -> float:
    """Points of accuracy that are lost without the normalisation."""
    right, wrong = (record["rows"]["wrong"][slip] for slip in PRICED)
    return 100 * (wrong - right) / record["images"]


def gain_of_given_weights(record: dict) -> float:
    """Points of accuracy that given weights add with the fewest images, all layers trained."""
    return 100 * (record["rows"][BEST_SCRATCH][0] - record["rows"]["slow"][0])


def plain_error(record: dict) -> Seeds:
    """Training error of the playground's plain network after its last step, in percent."""
    return ten_of(record, "plain").at_end()


def playground_gap(record: dict) -> Seeds:
    """Training error of the plain network minus that of the residual one, in points."""
    return seed_by_seed(ten_of(record, "residual").at_end(), ten_of(record, "plain").at_end())


VALUES: dict[str, Value] = {
    "test-accuracy": Value("test accuracy", of_one_seed(accuracy_of)),
    "training-error": Value(
        "training error", of_one_seed(lambda record: 100 * record["final"]["train_error"])
    ),
    "published-accuracy": Value(
        "test accuracy of the published weights",
        of_one_seed(accuracy_of),
        rounding=SAME_WEIGHTS,
        part=Published,
    ),
    "parameters": Value(
        "number of parameters",
        of_one_seed(lambda record: record["parameters"]),
        unit="",
        apart="",
        digits=0,
        part=Counted,
    ),
    "macs": Value(
        "multiply-adds for one image",
        of_one_seed(lambda record: record["macs"]),
        unit="",
        apart="",
        digits=0,
        part=Counted,
    ),
    "first-over-last": Value(
        "gradient of the first block divided by that of the last",
        first_over_last,
        unit="",
        by_factor=True,
    ),
    "first-gradient": Value(
        "norm of the gradient of the first block", first_gradient, unit="", by_factor=True
    ),
    "neighbour-cosine": Value(
        "cosine of the gradients of neighbouring inputs", neighbour_cosine, unit="", apart=""
    ),
    "mildest-lesion": Value(
        "smallest test error without one block",
        of_one_measurement(lambda record: min(without_one_block(record))),
        rounding=SAME_LESION,
        part=Lesioned,
    ),
    "third-block-ahead": Value(
        "test error without block 3, minus the largest without another block",
        of_one_measurement(third_block_ahead),
        unit=" points",
        rounding=SAME_LESION,
        part=Lesioned,
    ),
    "trained-loss": Value(
        "training loss at the trained weights",
        of_one_measurement(centre_loss),
        unit="",
        apart="",
        rounding=SAME_LOSS,
        part=Sliced,
    ),
    "loss-rise": Value(
        "loss at distance 1, minus the loss at the trained weights",
        of_one_measurement(loss_rise),
        unit="",
        apart="",
        rounding=SAME_LOSS,
        part=Sliced,
    ),
    "slip-cost": Value(
        "accuracy that is lost without the normalisation",
        of_one_measurement(cost_of_a_slip),
        unit=" points",
        rounding=SAME_LESION,
        part=Slipped,
    ),
    "given-weights": Value(
        "accuracy that given weights add, with the fewest images",
        of_one_measurement(gain_of_given_weights),
        unit=" points",
    ),
    "plain-error": Value("training error of the plain network", plain_error),
    "playground-gap": Value(
        "training error, plain minus residual", playground_gap, unit=" points", apart=" points"
    ),
}
"""What a card may name under ``value``."""
