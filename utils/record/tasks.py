"""What can be measured and filed: the common part of all tasks, and rows as text.

Answers "has this been measured, as it would be measured today?". A task is a frozen dataclass of
settings; :mod:`utils.record.measure` performs and files it.
"""

from dataclasses import asdict

from utils.training.recipes import config_hash


class Task:
    """Base of the dataclasses that describe a measurement.

    Attributes:
        name: of the record, unique within the experiment.
        seeds: what the rows were drawn from.
        dataset: name for :func:`utils.data.sets.load`.
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
