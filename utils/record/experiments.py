"""What the book measures: each experiment is a list of networks and recipes.

Answers "which runs stand behind this figure?". :mod:`utils.record.runs` runs them and
:mod:`utils.results.runs` reads them.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from utils.data.cifar10 import TRAIN_IMAGES
from utils.models.networks import CIFAR_DEPTHS, ResNet, build
from utils.training.recipes import TrainConfig, config_hash, recipe

SEEDS = (0, 1, 2)
"""Of an experiment that names no seeds of its own, and of every measurement on trained networks."""
FIVE_SEEDS, TEN_SEEDS = tuple(range(5)), tuple(range(10))
"""Of comparisons that a headline rests on."""
DEPTHS = CIFAR_DEPTHS[:-1]  # the paper's 1202 layers are beyond two cores
BRIEF_BUDGETS = (400, 1200)
BRIEF_STEPS_PER_EPOCH = TRAIN_IMAGES // 64
ONE_SIZE: dict[str, object] = {"small_size": None, "small_fraction": 0.0}
SMALL_IMAGES = {**ONE_SIZE, "margin": 1}
"""What the recipe "fast" becomes on 16-pixel images: the same margin, as a share of the image."""
SMALL_BATCHES = {**SMALL_IMAGES, "batch_size": 64, "learning_rate": 0.15}
"""The same for short runs: more steps for as many images."""


@dataclass(frozen=True)
class Run:
    """One network trained once: everything but the machine."""

    experiment: str
    model: str
    config: TrainConfig
    seed: int
    dataset: str = "cifar10"

    @property
    def name(self) -> str:
        """Name of the record, unique within the experiment."""
        return f"{self.model}_{self.config.recipe}_seed{self.seed}"

    def hash(self) -> str:
        """Changes when the network's description, the recipe, the data set or the seed does."""
        net = build(self.model)
        described = net.architecture if isinstance(net, ResNet) else net
        values = described.described() if hasattr(described, "described") else {}
        return config_hash(self.model, values, self.config.changed(), self.dataset, self.seed)


@dataclass(frozen=True)
class Experiment:
    """A question and the runs that answer it.

    Attributes:
        seeds: with which each setting is trained. They are chosen before any run is looked at.
        more: seeds in their place, by the name of a network or of a recipe.
    """

    question: str
    settings: tuple[tuple[str, TrainConfig], ...]
    dataset: str = "cifar10"
    seeds: tuple[int, ...] = SEEDS
    more: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def seeds_of(self, model: str, config: TrainConfig) -> tuple[int, ...]:
        """With which one setting is trained."""
        return self.more.get(model) or self.more.get(config.recipe, self.seeds)


def variant(name: str, **changes: object) -> TrainConfig:
    """The recipe "fast" with fields replaced, filed under a name of its own."""
    return recipe("fast", recipe=name, **changes)


def brief(steps: int, **changes: object) -> TrainConfig:
    """The recipe "fast" for a few hundred steps on 16-pixel CIFAR-10, batch and rate halved.

    Args:
        steps: of the whole run.
        changes: fields to replace, "recipe" among them.
    """
    epochs = math.ceil(steps / BRIEF_STEPS_PER_EPOCH)
    budget = {"recipe": f"brief-{steps}", "epochs": epochs, "max_steps": steps}
    return recipe("fast", **{**SMALL_BATCHES, **budget, **changes})


def on_digits(epochs: int, **changes: object) -> TrainConfig:
    """The same for some epochs of the digits: not mirrored, in 32-bit numbers."""
    usual = {"epochs": epochs, "flip": False, "precision": "fp32"}
    return variant("fast-digits", **{**SMALL_BATCHES, **usual, **changes})


HALF_SIZE = variant("fast-half-size", epochs=20, **SMALL_IMAGES)

WITHOUT: dict[str, dict[str, object]] = {
    "full-size": ONE_SIZE,
    "constant-rate": {"schedule": "constant", "learning_rate": 0.1},
    "no-flip": {"flip": False},
    "zero-padding": {"enlarge": "pad", "margin": 4},
    "no-decay": {"weight_decay": 0.0},
    "no-nesterov": {"nesterov": False},
}
"""What is taken out of the fast recipe, and what stands in its place."""

TODAY = (5,)
"""Epochs of the budgets of the recipe "muon"."""
TRIED: dict[str, dict[str, object]] = {
    "": {"learning_rate": 0.08, "label_smoothing": 0.2},
    "half-rate": {"learning_rate": 0.04, "label_smoothing": 0.2},
    "double-rate": {"learning_rate": 0.16, "label_smoothing": 0.2},
    "triple-rate": {"learning_rate": 0.24, "label_smoothing": 0.2},
    "less-smoothing": {"learning_rate": 0.16, "label_smoothing": 0.1},
    "other-double-rate": {
        "learning_rate": 0.16,
        "other_learning_rate": 0.16,
        "label_smoothing": 0.2,
    },
}
"""What was tried for the recipe "muon" in runs of four epochs, in this order."""
USUAL_STEPS: dict[str, object] = {
    "optimiser": "sgd",
    "other_learning_rate": 0.0,
    "momentum": 0.9,
    "nesterov": True,
    "weight_decay": 5e-4,
}
WITHOUT_TODAY: dict[str, dict[str, object]] = {
    **{f"usual-steps-{rate:g}": {**USUAL_STEPS, "learning_rate": rate} for rate in (0.1, 0.3, 1.0)},
    "drawn-filters": {"whiten": False},
    "coin": {"alternate": False},
    "no-smoothing": {"label_smoothing": 0.0},
    "no-crop": {"enlarge": "none"},
    "constant-rate": {"schedule": "constant"},
}
"""What is taken out of the recipe "muon", and what stands in its place. The usual steps have three
rates, since nobody has chosen one for them; the best of the three is in their favour."""


def today(epochs: int, name: str = "", **changes: object) -> TrainConfig:
    """The recipe "muon" for a number of epochs, filed as "muon-4" or "muon-4-NAME"."""
    filed = f"muon-{epochs}-{name}" if name else f"muon-{epochs}"
    return recipe("muon", recipe=filed, epochs=epochs, **changes)


def half_today(without: str = "") -> TrainConfig:
    """The recipe "muon" for two epochs of 16-pixel images, whole or without one of its ideas.

    Args:
        without: a key of :data:`WITHOUT_TODAY`.
    """
    name = f"half-size-{without}" if without else "half-size"
    return today(2, name, **{**SMALL_IMAGES, **WITHOUT_TODAY.get(without, {})})


EXPERIMENTS: dict[str, Experiment] = {
    "source-recipe": Experiment(
        "A tutorial compares SimpleCNN with a ResNet of 14 layers. Which accuracy do these two "
        "networks reach? In the tutorial, one line of code stretches each training image before a "
        "random crop is taken. How much accuracy is gained if this line adds a margin of zeros "
        "instead?",
        (
            ("source-resnet-14", recipe("source")),
            ("simple-cnn", recipe("source")),
            ("source-resnet-14", recipe("source-padded")),
            ("simple-cnn", recipe("source-padded")),
        ),
    ),
    "shortcut-control": Experiment(
        "What do shortcuts change in a network of 14 layers, if all other things stay the same?",
        (
            ("resnet-14", recipe("fast")),
            ("plain-14", recipe("fast")),
            ("simple-cnn", recipe("fast")),
        ),
        seeds=TEN_SEEDS,
    ),
    "fast-20": Experiment(
        "Which accuracy does ResNet-20 reach in 15 epochs of the fast recipe?",
        (("resnet-20", recipe("fast", epochs=15)),),
    ),
    "degradation": Experiment(
        "Is a deeper plain network worse than a shallower one, in training and in testing? And is "
        "a deeper residual network better than a shallower one?",
        tuple((f"{kind}-{depth}", HALF_SIZE) for depth in (20, 56) for kind in ("plain", "resnet")),
        dataset="cifar10-16",
        more={"plain-20": FIVE_SEEDS, "plain-56": FIVE_SEEDS},
    ),
    "depth-budgets": Experiment(
        "From which depth on is a plain network worse than a residual one, and does this depth "
        "change with longer training?",
        tuple(
            (f"{kind}-{depth}", brief(steps))
            for steps in BRIEF_BUDGETS
            for depth in DEPTHS
            for kind in ("plain", "resnet")
        ),
        dataset="cifar10-16",
    ),
    "plain-helped": Experiment(
        "What helps a plain network of 56 layers to learn, and what does not?",
        (
            ("plain-56", brief(400, recipe="brief-400-long-warm-up", warmup_fraction=0.5)),
            ("plain-56", brief(400, recipe="brief-400-low-rate", learning_rate=0.05)),
            ("plain-56-pytorch", brief(400)),
            ("plain-56-orthogonal", brief(400)),
            ("plain-56-dirac", brief(400)),
            ("plain-56-affine", brief(400, recipe="brief-400-low-rate", learning_rate=0.05)),
            ("resnet-56-fixup", brief(400, recipe="brief-400-low-rate", learning_rate=0.05)),
        ),
        dataset="cifar10-16",
    ),
    "pre-activation": Experiment(
        "What changes if normalisation and ReLU come before each convolution and not after it?",
        tuple((model, brief(1200)) for model in ("preact-56", "preact-110", "resnet-56")),
        dataset="cifar10-16",
        # ResNet-56 has its first three seeds in the experiment "depth-budgets".
        more={"preact-56": TEN_SEEDS, "resnet-56": TEN_SEEDS[len(SEEDS) :]},
    ),
    "paper-table-6": Experiment(
        "Do the networks of the ResNet paper, trained with the paper's recipe, reach the errors of "
        "the paper's Table 6?",
        tuple(
            (f"{kind}-{depth}", recipe("paper-warmup" if depth == 110 else "paper"))
            for depth in (20, 32, 44, 56, 110)
            for kind in ("resnet", "plain")
        ),
    ),
    "short-budgets": Experiment(
        "The recipe called source comes from a tutorial. The records of source-recipe hold the "
        "accuracy that it reaches in ten epochs. In how many seconds does the recipe fast reach "
        "this accuracy?",
        tuple(("resnet-14", variant(f"fast-{epochs}", epochs=epochs)) for epochs in (1, 2, 3)),
        more={"fast-3": TEN_SEEDS},
    ),
    "fast-without": Experiment(
        "How much accuracy does each part of the fast recipe gain in three epochs?",
        tuple(
            ("resnet-14", variant(f"fast-3-{name}", epochs=3, **changes))
            for name, changes in WITHOUT.items()
        ),
        more={"fast-3-full-size": TEN_SEEDS, "fast-3-zero-padding": TEN_SEEDS},
    ),
    "wide": Experiment(
        "Which accuracy does a wide residual network of eight layers reach with the recipe muon, "
        "and in how many minutes?",
        tuple(("wide-8", today(epochs)) for epochs in TODAY),
    ),
    "wide-tuning": Experiment(
        "Which settings of the recipe muon are best, if training images that are held back judge "
        "them?",
        tuple(("wide-8", today(4, name, **changes)) for name, changes in TRIED.items()),
        dataset="cifar10-held-back",
        seeds=(0,),
    ),
    "wide-shortcut": Experiment(
        "Networks that reach 94 % in the speed races have no shortcuts. How does a wide network "
        "with shortcuts differ from the same network without them, at 8, 14 and 20 layers, after "
        "two epochs of the recipe muon on images of 16 pixels?",
        tuple(
            (f"wide-{depth}{kind}", half_today())
            for depth in (8, 14, 20)
            for kind in ("", "-plain")
        ),
        dataset="cifar10-16",
        seeds=FIVE_SEEDS,
    ),
    "wide-without": Experiment(
        "How much accuracy does each idea of the recipe muon gain in two epochs on images of 16 "
        "pixels?",
        (
            *(("wide-8", half_today(name)) for name in WITHOUT_TODAY),
            ("wide-8-he", half_today()),
        ),
        dataset="cifar10-16",
        seeds=FIVE_SEEDS,
    ),
    "basic-or-bottleneck": Experiment(
        "One network has basic blocks, and the other has bottleneck blocks. Both have the same "
        "number of blocks and need about the same number of multiply-adds. How do they differ on "
        "images of 32 pixels?",
        (
            ("resnet-8", recipe("fast")),
            ("bottleneck-11", recipe("fast")),
        ),
    ),
}

EXAMINED = {
    "plain-14": ("shortcut-control", "plain-14"),
    "ResNet-14": ("shortcut-control", "resnet-14"),
    "ResNet-20": ("fast-20", "resnet-20"),
    "plain-56": ("degradation", "plain-56"),
    "ResNet-56": ("degradation", "resnet-56"),
}
"""Trained networks that chapters look into: label, experiment and name; not all are trained."""


def undisturbed(records: Sequence[dict]) -> list[dict]:
    """The records whose seconds say how long a training takes; all, if none has a first seed.

    The seeds after :data:`SEEDS` were added later, on machines with other work.
    """
    return [each for each in records if each["seed"] in SEEDS] or list(records)


def runs(experiment: str, seeds: tuple[int, ...] | None = None) -> list[Run]:
    """All runs of an experiment, seed by seed, so that each seed is complete before the next.

    Args:
        experiment: its name.
        seeds: in place of the experiment's own.

    Raises:
        ValueError: unknown experiment, with the known ones.
    """
    if experiment not in EXPERIMENTS:
        raise ValueError(f"unknown experiment {experiment!r}; choose from {sorted(EXPERIMENTS)}")
    chosen = EXPERIMENTS[experiment]
    found = [
        Run(experiment, model, config, seed, chosen.dataset)
        for model, config in chosen.settings
        for seed in (chosen.seeds_of(model, config) if seeds is None else seeds)
    ]
    return sorted(found, key=lambda run: run.seed)


def runs_of(
    experiment: str,
    model: str,
    recipe_name: str | None = None,
    seeds: tuple[int, ...] | None = None,
) -> list[Run]:
    """The runs of one network, under one recipe if given, seed by seed; empty if there are none."""
    known = runs(experiment, seeds) if experiment in EXPERIMENTS else []
    return [run for run in known if run.model == model and recipe_name in (None, run.config.recipe)]
