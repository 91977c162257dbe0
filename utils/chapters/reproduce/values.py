"""What a card reads from a record: one number for each seed, with its name and its digits.

Answers "which number is meant?".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from utils.chapters.gradient_norms.numbers import ratios
from utils.chapters.playground.numbers import ten_of
from utils.chapters.reproduce.parts import Counted, Part, Published
from utils.files.records import unpack
from utils.results.spread import accuracy_of, seed_by_seed
from utils.results.words import short

Seeds = Mapping[int, float]
"""Seed -> value."""
SAME_WEIGHTS = 0.1
"""Points of accuracy by which the same weights may differ on another machine. If ResNet-20 computes
in 32-bit numbers in the place of bf16, other answers come out for 17 of 10,000 images, and the
accuracy moves by 0.01 points."""


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
    "plain-error": Value("training error of the plain network", plain_error),
    "playground-gap": Value(
        "training error, plain minus residual", playground_gap, unit=" points", apart=" points"
    ),
}
"""What a card may name under ``value``."""
