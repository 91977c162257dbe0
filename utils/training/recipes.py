"""Training recipes: every choice that turns a network and data into a trained network.

Answers "how was it trained?". A :class:`TrainConfig` is plain data with a hash; the named
ones are in :data:`RECIPES`.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, fields, replace

from utils.data.augment import ENLARGE, NORMALISE

OPTIMISERS = ("sgd", "adam", "muon")
SCHEDULES = ("constant", "step", "one-cycle")
PRECISIONS = ("fp32", "bf16", "fp16", "auto")


@dataclass(frozen=True)
class TrainConfig:
    """Everything a training run depends on besides network, data, seed and device.

    Attributes:
        recipe: name under which results are filed.
        optimiser: "sgd", "adam" or "muon" (:mod:`utils.training.muon`).
        learning_rate: the peak for "one-cycle", else the first value.
        momentum: of SGD and of Muon.
        nesterov: look-ahead momentum for SGD.
        weight_decay: L2 penalty on every parameter; with "muon" on all but the kernels.
        batch_size: images a step, over all processes.
        epochs: passes over the training set; ``max_steps`` may end the run earlier.
        max_steps: steps after which training stops, or None.
        schedule: "constant", "step" (a tenth at each milestone) or "one-cycle" (linear up
            over ``warmup_fraction`` of the steps, linear down to zero).
        milestones: steps at which "step" divides the learning rate by ten.
        warmup_fraction: share of all steps that "one-cycle" rises.
        warmup_learning_rate: held until an epoch's training error falls below
            ``warmup_until_error`` (paper, section 4.2, for 110 layers), or None.
        warmup_until_error: a fraction, see above.
        enlarge: a key of :data:`utils.data.augment.ENLARGE`.
        margin: pixels on each side before the random crop.
        flip: mirror left and right at random.
        alternate: mirror each image in every second epoch instead; which epochs is random.
        small_size: images are scaled down to this size at first, or None.
        small_fraction: share of all steps that see the small images.
        normalise: a key of :data:`utils.data.augment.NORMALISE`.
        label_smoothing: share of the target spread over all classes.
        precision: "fp32"; "bf16" or "fp16" autocast; "auto" takes the fastest that the
            device supports.
        channels_last: store activations as (N, H, W, C), which most devices prefer.
        other_learning_rate: of Muon for all parameters but the kernels.
        whiten: set the network's first layer from training images (:mod:`utils.models.wide`).

    Raises:
        ValueError: an unknown name or a value out of range; says which field.
    """

    recipe: str
    optimiser: str = "sgd"
    learning_rate: float = 0.1
    momentum: float = 0.9
    nesterov: bool = False
    weight_decay: float = 0.0
    batch_size: int = 128
    epochs: int = 10
    max_steps: int | None = None
    schedule: str = "constant"
    milestones: tuple[int, ...] = ()
    warmup_fraction: float = 0.0
    warmup_learning_rate: float | None = None
    warmup_until_error: float = 0.0
    enlarge: str = "pad"
    margin: int = 4
    flip: bool = True
    small_size: int | None = None
    small_fraction: float = 0.0
    normalise: str = "channel"
    label_smoothing: float = 0.0
    precision: str = "fp32"
    channels_last: bool = False
    alternate: bool = False
    other_learning_rate: float = 0.0
    whiten: bool = False

    def __post_init__(self) -> None:
        known = {
            "optimiser": OPTIMISERS,
            "schedule": SCHEDULES,
            "precision": PRECISIONS,
            "enlarge": tuple(ENLARGE),
            "normalise": tuple(NORMALISE),
        }
        for field, names in known.items():
            if getattr(self, field) not in names:
                raise ValueError(
                    f"{field} must be one of {', '.join(names)}, not {getattr(self, field)!r}"
                )
        for field in ("learning_rate", "batch_size", "epochs"):
            if getattr(self, field) <= 0:
                raise ValueError(f"{field} must be positive, not {getattr(self, field)}")
        if (self.optimiser == "muon") != (self.other_learning_rate > 0):
            raise ValueError(
                'other_learning_rate must be positive with the optimiser "muon", and 0 with all '
                f"others, not {self.other_learning_rate}"
            )
        if self.alternate and not self.flip:
            raise ValueError("alternate says in which epochs to mirror; it needs flip=True")
        for field in ("momentum", "label_smoothing", "warmup_fraction", "small_fraction",
                      "warmup_until_error"):  # fmt: skip
            if not 0 <= getattr(self, field) < 1:
                raise ValueError(f"{field} must be in [0, 1), not {getattr(self, field)}")

    def total_steps(self, images: int) -> int:
        """Optimiser steps of the whole run on a training set of ``images``."""
        steps = self.epochs * (images // self.batch_size)
        return steps if self.max_steps is None else min(steps, self.max_steps)

    def as_dict(self) -> dict:
        """Plain JSON values."""
        return json.loads(json.dumps(asdict(self)))

    def changed(self) -> dict:
        """The fields that are not at their default, as plain JSON values.

        Hashes are made of these: a field added later, at a default that changes nothing,
        leaves the hashes of recorded runs as they are.
        """
        defaults = {f.name: f.default for f in fields(self)}
        return json.loads(json.dumps({k: v for k, v in asdict(self).items() if v != defaults[k]}))


def config_hash(*parts: object) -> str:
    """First 16 hex digits of the SHA-256 of JSON-able values; equal values, equal hash."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def learning_rate_at(config: TrainConfig, step: int, total: int, warming_up: bool = False) -> float:
    """Learning rate of optimiser step ``step``, counted from 0, of ``total``.

    A function of the step alone, so that a resumed run needs no schedule state.
    """
    if warming_up and config.warmup_learning_rate is not None:
        return config.warmup_learning_rate
    if config.schedule == "step":
        return config.learning_rate * 0.1 ** sum(step >= m for m in config.milestones)
    if config.schedule == "one-cycle":
        peak = max(1.0, config.warmup_fraction * total)
        if step < peak:
            return config.learning_rate * (step + 1) / peak
        return config.learning_rate * max(0.0, (total - step) / (total - peak + 1))
    return config.learning_rate


# Arithmetic and memory layout are ours, for speed; all else is the source documents'.
SOURCE = TrainConfig(
    "source",
    optimiser="adam",
    learning_rate=1e-3,
    batch_size=100,
    epochs=10,
    enlarge="resize",
    normalise="none",
    precision="auto",
    channels_last=True,
)
PAPER = TrainConfig(
    "paper",
    learning_rate=0.1,
    momentum=0.9,
    weight_decay=1e-4,
    batch_size=128,
    epochs=165,
    max_steps=64_000,
    schedule="step",
    milestones=(32_000, 48_000),
    enlarge="pad",
    normalise="pixel-mean",
)
# Chosen on 45,000 training images with the other 5,000 as judge; the test images had no say.
FAST = TrainConfig(
    "fast",
    learning_rate=0.3,
    nesterov=True,
    weight_decay=5e-4,
    batch_size=128,
    epochs=10,
    schedule="one-cycle",
    warmup_fraction=0.2,
    enlarge="reflect",
    margin=2,
    normalise="channel",
    small_size=24,
    small_fraction=0.5,
    precision="auto",
    channels_last=True,
)

# Chosen in the same way, by the runs of the experiment "wide-tuning".
MUON = TrainConfig(
    "muon",
    optimiser="muon",
    learning_rate=0.16,
    other_learning_rate=0.08,
    momentum=0.6,
    weight_decay=0.01,
    batch_size=512,
    epochs=5,
    schedule="one-cycle",
    enlarge="reflect",
    margin=2,
    alternate=True,
    normalise="channel",
    small_size=24,
    small_fraction=0.5,
    label_smoothing=0.1,
    whiten=True,
    precision="auto",
    channels_last=True,
)

RECIPES: dict[str, TrainConfig] = {
    "source": SOURCE,
    "source-padded": replace(SOURCE, recipe="source-padded", enlarge="pad"),
    "paper": PAPER,
    "paper-warmup": replace(
        PAPER, recipe="paper-warmup", warmup_learning_rate=0.01, warmup_until_error=0.8
    ),
    "fast": FAST,
    "muon": MUON,
}


def recipe(name: str, **changes: object) -> TrainConfig:
    """A named recipe, with fields replaced: ``recipe("fast", epochs=15)``.

    Raises:
        ValueError: unknown name, or a value the recipe cannot take.
        TypeError: a field that does not exist.
    """
    if name not in RECIPES:
        raise ValueError(f"unknown recipe {name!r}; choose from {sorted(RECIPES)}")
    return replace(RECIPES[name], **changes)
