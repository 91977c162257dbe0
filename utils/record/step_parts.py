"""What each part of one of our training steps costs, measured while the loop runs.

Answers "does anything but the arithmetic take noticeable time?". The parts of a
:class:`~utils.training.trainer.Trainer` get a clock, and it trains as always; what no clock saw is
called the rest, so that nothing is left out.
"""

import io
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import islice

import torch
from torch import Tensor
from tqdm.auto import tqdm

from utils.data.sets import Dataset, Split, need_dataset
from utils.models.networks import build
from utils.probes.timing import synchronise
from utils.training.distributed import Workers
from utils.training.recipes import TrainConfig, recipe
from utils.training.trainer import Trainer

ARITHMETIC = {"model": "forward", "_loss": "loss", "_learn": "backward and optimiser"}
"""Parts without which nothing would be learned: attribute of the trainer -> name."""
LOOP = {
    "batches": "cut and augment the batch",
    "_normalised": "normalise",
    "_shrunk": "shrink to small images",
    "_laid_out": "channels last",
    "_set_rate": "learning rate",
    "_noted": "count mistakes",
    "_check_finite": "is the loss finite?",
    "_show": "progress bar",
}
"""All other parts: the data pipeline and the loop."""
REST = "the rest"
LIMIT = 0.03
"""Share of a step that the data pipeline and the loop may take together."""
SIZES = {"full images": {"small_size": None}, "small images": {"small_fraction": 0.999}}
"""What a recipe changes to take steps of one kind only."""
WARM_UP_STEPS = 3


class Clock:
    """Seconds of each part, by name."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.seconds: dict[str, float] = defaultdict(float)

    def timed(self, part: str, call: Callable) -> Callable:
        """The same call, whose seconds are added to those of a part."""

        def call_timed(*arguments: object) -> object:
            synchronise(self.device)
            started = time.perf_counter()
            found = call(*arguments)
            synchronise(self.device)
            self.seconds[part] += time.perf_counter() - started
            return found

        return call_timed

    def timed_each(
        self, part: str, begin: Callable[[int], Iterator[tuple[Tensor, Tensor]]]
    ) -> Callable[[int], Iterator[tuple[Tensor, Tensor]]]:
        """The same batches of an epoch; the seconds count in which one is made."""

        def batches_timed(epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
            made = begin(epoch)
            pull = self.timed(part, lambda: next(made, None))
            return iter(pull, None)

        return batches_timed


def watch(trainer: Trainer, clock: Clock) -> None:
    """Give each part of a trainer its clock."""
    for name, part in {**ARITHMETIC, **LOOP}.items():
        watched = clock.timed_each if name == "batches" else clock.timed
        setattr(trainer, name, watched(part, getattr(trainer, name)))


def step_parts(
    dataset: Dataset, network: str, config: TrainConfig, device: torch.device, steps: int = 40
) -> dict[str, float]:
    """Share of a training step that each part takes.

    Args:
        dataset: what is trained on.
        network: a name for :func:`utils.models.networks.build`.
        config: the recipe.
        device: where.
        steps: how many are looked at, after some that are not.

    Returns:
        Part -> share; all add up to 1.

    Raises:
        TypeError: not a :class:`~utils.data.sets.Dataset`.
        ValueError: an epoch has fewer steps.
    """
    need_dataset(dataset, "dataset")
    most = len(dataset.train) // config.batch_size
    if not 1 <= steps <= most:
        raise ValueError(f"an epoch has {most} steps here; look at 1 to {most}, not {steps}")
    torch.manual_seed(0)
    few = Split(dataset.test.images[:1], dataset.test.labels[:1])
    config = replace(config, max_steps=WARM_UP_STEPS + steps, epochs=2)
    trainer = Trainer(build(network), replace(dataset, test=few), config, 0, Workers(0, 1, device))
    trainer.net.train()
    for images, labels in islice(trainer.batches(0), WARM_UP_STEPS):
        trainer.train_step(images, labels)
    clock = Clock(device)
    watch(trainer, clock)
    with tqdm(total=trainer.total_steps, file=io.StringIO()) as bar:
        whole = trainer.train_epoch(bar).seconds
    seconds = {part: clock.seconds[part] for part in (*ARITHMETIC.values(), *LOOP.values())}
    seconds[REST] = whole - sum(seconds.values())
    return {part: value / whole for part, value in seconds.items()}


def overhead(shares: Mapping[str, float]) -> float:
    """Share of a step that is no arithmetic."""
    return 1 - sum(shares[part] for part in ARITHMETIC.values())


def all_parts(
    dataset: Dataset, loops: Mapping[str, str], device: torch.device, steps: int
) -> dict[str, dict[str, float]]:
    """The shares of some recipes on their networks, for full and for small images.

    Args:
        dataset: what is trained on.
        loops: recipe -> network.
        device: where.
        steps: how many of each are looked at.

    Raises:
        TypeError: not a :class:`~utils.data.sets.Dataset`.
    """
    need_dataset(dataset, "dataset")
    return {
        f"{name}, {network}, {size}": step_parts(
            dataset, network, recipe(name, **changes), device, steps
        )
        for name, network in loops.items()
        for size, changes in SIZES.items()
    }


def as_markdown(found: Mapping[str, Mapping[str, float]]) -> str:
    """What :func:`all_parts` found as a table, with the sum of all that is no arithmetic."""
    lines = [f"| share of a step | {' | '.join(found)} |", "|---" * (len(found) + 1) + "|"]
    for part in (*ARITHMETIC.values(), *LOOP.values(), REST):
        lines.append(f"| {part} | {' | '.join(f'{s[part]:.2%}' for s in found.values())} |")
    sums = " | ".join(f"{overhead(shares):.2%}" for shares in found.values())
    return "\n".join([*lines, f"| all but the arithmetic | {sums} |"])


def too_dear(found: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Which of the found loops spend more than :data:`LIMIT` on what is no arithmetic."""
    return [name for name, shares in found.items() if overhead(shares) > LIMIT]
