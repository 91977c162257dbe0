"""How long does it take, measured so that the answer means something.

Answers "how fast is this?": warm up, wait for the device, repeat, report the median.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Timing:
    """Seconds of one call: the median of ``count`` and the quartiles around it."""

    median: float
    lower: float
    upper: float
    count: int


def synchronise(device: torch.device) -> None:
    """Wait until the device has done all that was asked of it.

    A GPU works through a queue; without this a clock measures how fast work is queued.
    """
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def summarise(seconds: list[float]) -> Timing:
    """Median and quartiles of at least two measurements."""
    lower, median, upper = statistics.quantiles(seconds, n=4, method="inclusive")
    return Timing(median, lower, upper, len(seconds))


def time_calls(
    call: Callable[[], object],
    device: torch.device | str = "cpu",
    warm_up: int = 3,
    repeats: int = 10,
) -> Timing:
    """Time ``call`` after ``warm_up`` untimed calls, waiting for the device each time.

    Raises:
        ValueError: fewer than two repeats.
    """
    if repeats < 2:
        raise ValueError(f"a median with quartiles needs at least 2 repeats, not {repeats}")
    device = torch.device(device)
    for _ in range(warm_up):
        call()
    synchronise(device)
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        call()
        synchronise(device)
        seconds.append(time.perf_counter() - started)
    return summarise(seconds)


def time_in_turns(
    calls: dict[str, Callable[[], object]],
    device: torch.device | str = "cpu",
    warm_up: int = 3,
    rounds: int = 10,
) -> dict[str, Timing]:
    """Time several calls in turns, so that a slow minute of the machine hits all of them.

    Raises:
        ValueError: fewer than two rounds, which have no spread.
    """
    if rounds < 2:
        raise ValueError(f"at least 2 rounds, not {rounds}: one time has no spread")
    device = torch.device(device)
    for call in calls.values():
        for _ in range(warm_up):
            call()
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            synchronise(device)
            started = time.perf_counter()
            call()
            synchronise(device)
            seconds[name].append(time.perf_counter() - started)
    return {name: summarise(values) for name, values in seconds.items()}
