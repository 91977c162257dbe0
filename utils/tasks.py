"""What can be measured and filed: the common part of all tasks, and rows as text.

Answers "has this been measured, as it would be measured today?". A task is a frozen dataclass of
settings; :mod:`utils.measurements` performs and files it.
"""

from collections.abc import Iterable
from dataclasses import asdict

import torch
from torch import Tensor

from utils.recipes import config_hash


class Task:
    """Base of the dataclasses that describe a measurement.

    Attributes:
        name: of the record, unique within the experiment.
        seeds: what the rows were drawn from.
        dataset: name for :func:`utils.data.load`.
        precision: arithmetic that the record states.
    """

    name: str
    seeds: tuple[int, ...]
    dataset: str
    precision = "fp32"

    def perform(self) -> dict:
        """Measure; returns what the record keeps, rows included."""
        raise NotImplementedError

    def depends_on(self) -> tuple[object, ...]:
        """What decides the result besides the settings, as JSON-able values."""
        return ()

    def hash(self) -> str:
        """Changes whenever the task would measure something else."""
        return config_hash(type(self).__name__, asdict(self), *self.depends_on())


def pack(rows: Iterable[Tensor], digits: int = 4) -> list[str]:
    """Rows of numbers as strings of few digits, so that a record stays small and readable."""
    return [" ".join(f"{value:.{digits}g}" for value in row.tolist()) for row in rows]


def unpack(rows: Iterable[str]) -> Tensor:
    """What :func:`pack` packed: float64 (rows, columns)."""
    return torch.tensor([[float(v) for v in row.split()] for row in rows], dtype=torch.float64)
