"""Train a network, watch it, and be able to stop at any moment.

Answers "what happens in a training run?". :func:`train` does the whole run and hands a
:class:`TrainResult` to :mod:`utils.record.runs`; recipes are in :mod:`utils.training.recipes`.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from tqdm.auto import tqdm

from utils.data.augment import Augmenter, Normaliser, epoch_batches, shrink
from utils.data.checked import need
from utils.data.sets import Dataset, need_dataset
from utils.files import checkpoint as checkpoints
from utils.machine.devices import default_device, layout, widened
from utils.models.checked import explained, need_logits, need_trainable
from utils.models.wide import whiten
from utils.training.distributed import Workers, share_batch_norm
from utils.training.optimisers import make_optimiser
from utils.training.precision import autocast, resolve_precision
from utils.training.prediction import error_of, predict
from utils.training.recipes import TrainConfig, config_hash, learning_rate_at

CHECK_EVERY_STEPS = 20
WHITENED_ON = 5_000
"""The first training images, whose patches the first layer whitens."""


class TrainingError(RuntimeError):
    """Training cannot go on; the message says why and what to try."""


@dataclass
class EpochRecord:
    """One epoch: losses are means, errors are fractions, seconds are of training alone."""

    epoch: int
    train_loss: float
    train_error: float
    test_error: float
    learning_rate: float
    seconds: float
    images: int


@dataclass
class TrainResult:
    """What :func:`train` hands on."""

    net: nn.Module
    history: list[EpochRecord]
    normaliser: Normaliser
    precision: str
    interrupted: bool = False
    resumed_after: list[int] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """Training time, without evaluation and without set-up."""
        return sum(record.seconds for record in self.history)

    @property
    def images_per_second(self) -> float:
        return sum(record.images for record in self.history) / self.seconds


def need_result(result: TrainResult) -> None:
    """Refuse what is not the result of a training run.

    Raises:
        TypeError: says how to get one.
    """
    need(result, TrainResult, "result", "pass what train(net, data, config) returns")


def need_config(config: TrainConfig) -> None:
    """Refuse what is not a recipe.

    Raises:
        TypeError: says how to get one.
    """
    need(config, TrainConfig, "config", 'pass a recipe, for example recipe("fast")')


class Trainer:
    """One run in progress: the state that a checkpoint holds, and a step.

    Raises:
        TypeError: no network, data set or recipe.
        ValueError: a network that cannot train.
        TrainingError: a batch larger than the training set.
    """

    def __init__(
        self, net: nn.Module, data: Dataset, config: TrainConfig, seed: int, workers: Workers
    ) -> None:
        need_trainable(net)
        need_dataset(data)
        need_config(config)
        device = workers.device
        # Shapes stay the same from step to step, so trying cuDNN's algorithms once pays.
        torch.backends.cudnn.benchmark = device.type == "cuda"
        self.config, self.seed, self.workers = config, seed, workers
        self.train_split, self.test_split = data.train.to(device), data.test.to(device)
        self.normaliser = Normaliser.fit(self.train_split.images, config.normalise)
        self.augmenter = Augmenter(
            self.train_split.images, config.enlarge, config.flip, config.margin, config.alternate
        )
        self.precision = resolve_precision(config.precision, device)
        self.classes = len(data.classes)
        self.key = config_hash(repr(net), config.changed(), seed, data.sha256, self.precision)

        self.net = net.to(device)
        if config.whiten:
            whiten(self.net, self.normaliser(self.train_split.images[:WHITENED_ON]))
        self.layout = layout(device, config.channels_last)
        if self.layout is torch.channels_last:
            self.net = self.net.to(memory_format=torch.channels_last)
        self.model: nn.Module = self.net
        if workers.world > 1:
            self.net = share_batch_norm(self.net, device)
            self.model = DistributedDataParallel(self.net)
        self.optimiser = make_optimiser(self.net, config, self.precision)
        self.scaler = torch.amp.GradScaler(device.type, enabled=self.precision == "fp16")
        self.total_steps = config.total_steps(len(self.train_split))
        if self.total_steps == 0:
            raise TrainingError(
                f"batch size {config.batch_size} is larger than the {len(self.train_split)} "
                "training images; choose a smaller batch_size"
            )
        self.step = 0
        self.history: list[EpochRecord] = []
        self.resumed_after: list[int] = []
        self.warming_up = config.warmup_learning_rate is not None

    def state(self) -> dict:
        """Tensors and plain values; enough to continue as if nothing had happened."""
        return {
            "key": self.key,
            "step": self.step,
            "net": self.net.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "scaler": self.scaler.state_dict(),
            "history": [vars(record) for record in self.history],
            "warming_up": self.warming_up,
            "resumed_after": self.resumed_after,
        }

    def restore(self, state: dict) -> None:
        """Continue from :meth:`state`.

        Raises:
            TrainingError: the state belongs to another network, recipe, seed, data set or
                arithmetic.
        """
        if state["key"] != self.key:
            raise TrainingError(
                "the checkpoint was written by a run with another network, recipe, seed, data set "
                "or arithmetic; give this run a path of its own, or remove the checkpoint"
            )
        self.net.load_state_dict(state["net"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.scaler.load_state_dict(state["scaler"])
        self.step = state["step"]
        self.history = [EpochRecord(**record) for record in state["history"]]
        self.warming_up = state["warming_up"]
        self.resumed_after = list(state["resumed_after"])

    def train_step(self, images: Tensor, labels: Tensor) -> Tensor:
        """One optimiser step; returns loss and number of mistakes, float (2,)."""
        self._set_rate()
        inputs = self._laid_out(self._shrunk(self._normalised(images)))
        with explained(self.net, inputs), autocast(self.precision, self.workers.device):
            logits = self.model(inputs)
        loss = self._loss(logits, labels)
        self._learn(loss)
        self.step += 1
        return self._noted(loss, logits, labels)

    # Each part of a step is a method, so that utils.record.step_parts can time it.

    def _set_rate(self) -> None:
        rate = learning_rate_at(self.config, self.step, self.total_steps, self.warming_up)
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group.get("share", 1.0)

    def _normalised(self, images: Tensor) -> Tensor:
        return self.normaliser(images)

    def _shrunk(self, inputs: Tensor) -> Tensor:
        if self.config.small_size and self.step < self.config.small_fraction * self.total_steps:
            return shrink(inputs, self.config.small_size)
        return inputs

    def _laid_out(self, inputs: Tensor) -> Tensor:
        if self.layout is torch.channels_last:
            return inputs.contiguous(memory_format=torch.channels_last)
        return inputs

    def _loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        if not isinstance(logits, Tensor):
            need_logits(logits, len(labels))
        if logits.shape != (len(labels), self.classes):
            raise TrainingError(
                f"the network returns {tuple(logits.shape)} for {len(labels)} images, but the data "
                f"set has {self.classes} classes; build it with num_classes={self.classes}"
            )
        return F.cross_entropy(logits.float(), labels, label_smoothing=self.config.label_smoothing)

    def _learn(self, loss: Tensor) -> None:
        self.optimiser.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        self.scaler.step(self.optimiser)
        self.scaler.update()

    def _noted(self, loss: Tensor, logits: Tensor, labels: Tensor) -> Tensor:
        mistakes = (logits.detach().argmax(1) != labels).sum()
        return torch.stack([loss.detach(), mistakes.float()])

    def batches(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Images and labels of this process, batch after batch."""
        size, workers = self.config.batch_size, self.workers
        batches = epoch_batches(self.augmenter, size, self.seed, epoch, workers.rank, workers.world)
        for index, images in batches:
            yield images, self.train_split.labels[index]

    def train_epoch(self, bar: tqdm) -> EpochRecord:
        """All steps of one epoch, then the test error."""
        epoch, config, workers = len(self.history), self.config, self.workers
        self.net.train()
        started = time.perf_counter()
        rows: list[Tensor] = []
        checked = 0
        for images, labels in islice(self.batches(epoch), self.total_steps - self.step):
            rows.append(self.train_step(images, labels))
            if len(rows) % CHECK_EVERY_STEPS == 0:
                self._check_finite(rows[checked:])
                checked = len(rows)
                self._show(bar, rows, time.perf_counter() - started)
        self._check_finite(rows[checked:])
        self._show(bar, rows, time.perf_counter() - started)
        seconds = time.perf_counter() - started

        totals = workers.sum(widened(torch.stack(rows)).sum(0))
        images_seen = len(rows) * config.batch_size
        train_error = float(totals[1]) / images_seen
        if self.warming_up and train_error < config.warmup_until_error:
            self.warming_up = False
        probabilities = predict(self.net, self.test_split.images, self.normaliser, self.precision)
        return EpochRecord(
            epoch=epoch + 1,
            train_loss=float(totals[0]) / len(rows) / workers.world,
            train_error=train_error,
            test_error=error_of(probabilities, self.test_split.labels),
            learning_rate=self.optimiser.param_groups[0]["lr"],
            seconds=seconds,
            images=images_seen,
        )

    def _check_finite(self, rows: list[Tensor]) -> None:
        if not rows:
            return
        finite = torch.stack(rows)[:, 0].isfinite()
        if not finite.all():
            step = self.step - len(rows) + int((~finite).nonzero()[0]) + 1
            raise TrainingError(
                f"the loss is not finite at step {step} of {self.total_steps}; the last complete "
                "epoch is kept. Try a smaller learning rate, or precision='fp32'"
            )

    def _show(self, bar: tqdm, rows: list[Tensor], seconds: float) -> None:
        if bar.disable or not rows:
            return
        loss, mistakes = torch.stack(rows[-CHECK_EVERY_STEPS:]).mean(0).tolist()
        share = self.config.batch_size / self.workers.world
        bar.n = self.step
        bar.set_postfix(
            loss=f"{loss:.3f}",
            accuracy=f"{1 - mistakes / share:.1%}",
            images_per_s=f"{len(rows) * self.config.batch_size / seconds:,.0f}",
        )


def progress_is_wanted() -> bool:
    """Progress bars are on unless ``RESNET_BOOK_PROGRESS=0`` (for stored outputs and tests)."""
    return os.environ.get("RESNET_BOOK_PROGRESS", "1") != "0"


def _keep(path: Path, state: dict) -> None:
    try:
        checkpoints.save(path, state)
    except OSError as error:
        raise TrainingError(
            f"the checkpoint {path} could not be written ({error}); the last one is kept. Make "
            "room, or allow writing there, and run the same command to go on"
        ) from error


@contextlib.contextmanager
def _clear_memory_errors(config: TrainConfig) -> Iterator[None]:
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise TrainingError(
            f"out of GPU memory at batch size {config.batch_size}; try "
            f"batch_size={max(1, config.batch_size // 2)}"
        ) from error


def train(
    net: nn.Module,
    data: Dataset,
    config: TrainConfig,
    seed: int = 0,
    workers: Workers | None = None,
    checkpoint: Path | str | None = None,
    progress: bool | None = None,
    on_epoch: Callable[[EpochRecord], None] | None = None,
) -> TrainResult:
    """Train ``net`` by ``config``, testing after every epoch.

    Deterministic on the CPU: the same arguments give bit-identical weights, also when the
    run was killed and resumed from its checkpoint. Ctrl-C ends the run at the last complete
    epoch and returns what there is.

    Args:
        net: maps float (B, 3, H, W) to logits (B, K). Trained in place. Seed PyTorch before
            building it; ``seed`` covers order and augmentation.
        data: images and labels.
        config: the recipe.
        seed: of order and augmentation.
        workers: this process's place, see :mod:`utils.training.distributed`; default: alone, on
            CUDA when there is one.
        checkpoint: file to keep the last complete epoch in, and to resume from if it exists.
        progress: show a bar; default :func:`progress_is_wanted`.
        on_epoch: called with each finished epoch, for printing or drawing.

    Returns:
        The net, its history (last epoch last) and how it was run.

    Raises:
        TrainingError: non-finite loss, out of GPU memory, logits that do not fit the classes,
            a batch larger than the training set, a checkpoint of another run, or one that
            cannot be written.
        TypeError: a class instead of a network, a name instead of a recipe, something else than
            a data set.
        ValueError: a network that cannot train, or images of another number of channels, size or
            dtype than it takes; says what to change.
    """
    workers = workers or Workers(0, 1, default_device())
    trainer = Trainer(net, data, config, seed, workers)
    path = Path(checkpoint) if checkpoint is not None else None
    # Another machine has no copy of the main process's file.
    kept = checkpoints.load(path) if path is not None and workers.is_main else None
    if (saved := workers.from_main(kept)) is not None:
        trainer.restore(saved)
        trainer.resumed_after.append(len(trainer.history))
    shown = progress_is_wanted() if progress is None else progress
    interrupted = False
    bar = tqdm(
        total=trainer.total_steps,
        initial=trainer.step,
        unit="step",
        desc=config.recipe,
        disable=not (shown and workers.is_main),
    )
    last = checkpoints.snapshot(trainer.state())
    with bar, _clear_memory_errors(config):
        try:
            while trainer.step < trainer.total_steps:
                trainer.history.append(trainer.train_epoch(bar))
                last = checkpoints.snapshot(trainer.state())
                if path is not None and workers.is_main:
                    _keep(path, last)
                if on_epoch is not None and workers.is_main:
                    on_epoch(trainer.history[-1])
        except KeyboardInterrupt:
            interrupted = True
            trainer.restore(last)
    return TrainResult(
        trainer.net,
        trainer.history,
        trainer.normaliser,
        trainer.precision,
        interrupted,
        trainer.resumed_after,
    )
