"""How long a training loop waits for its data, and how long it computes.

Answers "is it the data or the network?". Any iterable of batches and any function that takes one
come in; the seconds of both go out, with the share that faster loading could save at most.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch

from utils.probes.timing import synchronise

DATA, NETWORK = "data", "network"


@dataclass(frozen=True)
class Pace:
    """Seconds of a loop over ``batches`` batches.

    Attributes:
        loading: spent waiting for the next batch, in all.
        computing: spent in the step, in all, until the device was done.
        batches: how many were timed.
        start: from the beginning until the untimed batches were through. It holds what happens
            once, such as the start of worker processes.
    """

    loading: float
    computing: float
    batches: int
    start: float

    @property
    def share(self) -> float:
        """Part of the time that passes waiting for data, 0 to 1: what better loading can save."""
        return self.loading / (self.loading + self.computing)

    @property
    def bottleneck(self) -> str:
        """:data:`DATA` if more than half of the time is waiting, else :data:`NETWORK`."""
        return DATA if self.share > 0.5 else NETWORK

    def words(self) -> str:
        """The verdict in one line."""
        each = f"{1e3 * self.loading / self.batches:.1f} ms waiting for a batch, "
        each += f"{1e3 * self.computing / self.batches:.1f} ms computing"
        return f"The {self.bottleneck} is the bottleneck: {self.share:.0%} waiting ({each})."


def measure_pace(
    batches: Iterable[Any],
    step: Callable[[Any], object],
    device: torch.device | str = "cpu",
    warm_up: int = 1,
    most: int | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Pace:
    """Run ``step`` on each batch and time both halves of the loop.

    What workers load while ``step`` computes does not count as loading, because nobody waits for
    it. A GPU computes on while the loop already asks for the next batch; here the loop waits for
    the device after each step, so with a GPU ``loading`` is what it would be at most.

    Args:
        batches: for example a DataLoader.
        step: takes a batch; copying it to the device belongs here.
        device: to wait for after each step.
        warm_up: batches that are run first and not counted.
        most: stop after so many counted batches; None for all.
        clock: seconds that only grow; another one in tests.

    Raises:
        ValueError: a negative ``warm_up``, ``most`` below 1, or not one batch left to count.
    """
    if warm_up < 0 or (most is not None and most < 1):
        raise ValueError(f"warm_up is at least 0 and most at least 1, not {warm_up} and {most}")
    device = torch.device(device)
    began = clock()
    iterator = iter(batches)
    loading = computing = start = 0.0
    seen = 0
    while most is None or seen < warm_up + most:
        asked = clock()
        try:
            batch = next(iterator)
        except StopIteration:
            break
        came = clock()
        step(batch)
        synchronise(device)
        done = clock()
        seen += 1
        if seen <= warm_up:
            start = done - began
        else:
            loading += came - asked
            computing += done - came
    counted = seen - warm_up
    if counted < 1:
        raise ValueError(
            f"{seen} batches with {warm_up} to warm up leave none to count; give more batches, or "
            "a smaller warm_up"
        )
    return Pace(loading, computing, counted, start)
