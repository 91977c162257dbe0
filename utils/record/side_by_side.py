"""How many small networks train side by side on one device?

Answers by trial. One small network leaves most of a GPU idle, because the GPU waits for the next
small piece of work. Some processes take training steps at the same time, first one of them, then
two, and so on; the number with the most images a second wins.
"""

import multiprocessing
import os
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection

import torch

from utils import data as datasets
from utils.probes.timing import synchronise
from utils.record.bench import our_step
from utils.record.experiments import Run
from utils.training.trainer import CHECK_EVERY_STEPS

COUNTS = (1, 2, 4, 8)
WARM_UP_STEPS = 5
SECONDS = 3.0
"""Of each count, after the processes have started and warmed up."""
WORTH = 1.05
"""What more processes must bring: they also take more memory and slow each single run."""


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads_of(count: int) -> int:
    """Threads of each of ``count`` processes that share the processor."""
    return max(1, cores() // count)


def counts_for(steps: int) -> tuple[int, ...]:
    """What is worth trying for ``steps`` runs: at most one process a core and a run."""
    return tuple(count for count in COUNTS if count == 1 or count <= min(steps, cores()))


def rates(
    run: Run,
    device: torch.device,
    counts: Sequence[int] = COUNTS,
    seconds: float = SECONDS,
    context: multiprocessing.context.BaseContext | None = None,
) -> dict[int, float]:
    """Images a second of all processes together, for each number of processes.

    Args:
        run: the training run whose first steps each process takes.
        device: shared by all.
        counts: numbers to try, the smallest first.
        seconds: how long each is timed.
        context: how processes start; default: a fresh Python each, since CUDA cannot be forked.

    Raises:
        EOFError: a process ended early; its error is printed.
    """
    context = context or multiprocessing.get_context("spawn")
    lines, processes = [], []
    try:
        for _ in range(max(counts)):
            ours, theirs = context.Pipe()
            process = context.Process(target=_train, args=(run, str(device), theirs), daemon=True)
            process.start()
            theirs.close()
            lines.append(ours)
            processes.append(process)
        for line in lines:
            line.recv()
        return {count: _together(lines[:count], seconds) for count in counts}
    finally:
        for line in lines:
            line.close()
        for process in processes:
            process.join(5)
            process.kill()


def fastest(found: dict[int, float]) -> int:
    """The number of processes to take: more of them only where they bring five per cent."""
    best = min(found)
    for count in sorted(found):
        if found[count] > WORTH * found[best]:
            best = count
    return best


def _together(lines: Sequence[Connection], seconds: float) -> float:
    for line in lines:
        line.send((seconds, threads_of(len(lines))))
    return sum(line.recv() for line in lines)


def _train(run: Run, device: str, line: Connection) -> None:
    """Take steps whenever the other end sends seconds and threads, and tell images a second."""
    place = torch.device(device)
    step = our_step(datasets.load(run.dataset), run.model, run.config, place)
    for _ in range(WARM_UP_STEPS):
        step()
    synchronise(place)
    line.send("ready")
    while True:
        try:
            seconds, threads = line.recv()
        except EOFError:
            return
        torch.set_num_threads(threads)
        count, began = 0, time.perf_counter()
        while time.perf_counter() - began < seconds:
            step()
            count += 1
            if count % CHECK_EVERY_STEPS == 0:
                synchronise(place)
        synchronise(place)
        line.send(count * run.config.batch_size / (time.perf_counter() - began))
