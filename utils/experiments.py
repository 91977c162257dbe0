"""What the book measures: each experiment is a list of networks and recipes.

Answers "which runs stand behind this figure?". :mod:`utils.record` runs them and
:mod:`utils.results` reads them.
"""

from dataclasses import asdict, dataclass

from utils.models import ResNet, build
from utils.recipes import TrainConfig, config_hash, recipe

SEEDS = (0, 1, 2)


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
        description = asdict(net.architecture) if isinstance(net, ResNet) else {}
        return config_hash(self.model, description, self.config.changed(), self.dataset, self.seed)


@dataclass(frozen=True)
class Experiment:
    """A question and the runs that answer it."""

    question: str
    settings: tuple[tuple[str, TrainConfig], ...]
    dataset: str = "cifar10"


EXPERIMENTS: dict[str, Experiment] = {
    "source-recipe": Experiment(
        "What do the source documents' two networks reach, and what does one line repair?",
        (
            ("source-resnet-14", recipe("source")),
            ("simple-cnn", recipe("source")),
            ("source-resnet-14", recipe("source-padded")),
            ("simple-cnn", recipe("source-padded")),
        ),
    ),
    "shortcut-control": Experiment(
        "Same layers, same parameters, same recipe: what do the shortcuts of 14 layers change?",
        (
            ("resnet-14", recipe("fast")),
            ("plain-14", recipe("fast")),
            ("simple-cnn", recipe("fast")),
        ),
    ),
    "fast-20": Experiment(
        "How far does the fast recipe take ResNet-20 in 15 epochs?",
        (("resnet-20", recipe("fast", epochs=15)),),
    ),
    "basic-or-bottleneck": Experiment(
        "Equal work, as many blocks: what does the bottleneck block change on 32-pixel images?",
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
    "plain-20": ("degradation", "plain-20"),
    "ResNet-20, 20 epochs": ("degradation", "resnet-20"),
    "plain-56": ("degradation", "plain-56"),
    "ResNet-56": ("degradation", "resnet-56"),
}
"""Trained networks that chapters look into: label, experiment and name; not all are trained."""


def runs(experiment: str, seeds: tuple[int, ...] = SEEDS) -> list[Run]:
    """All runs of an experiment, seed by seed, so that each seed is complete before the next.

    Raises:
        ValueError: unknown experiment, with the known ones.
    """
    if experiment not in EXPERIMENTS:
        raise ValueError(f"unknown experiment {experiment!r}; choose from {sorted(EXPERIMENTS)}")
    chosen = EXPERIMENTS[experiment]
    return [
        Run(experiment, model, config, seed, chosen.dataset)
        for seed in seeds
        for model, config in chosen.settings
    ]


def runs_of(
    experiment: str, model: str, recipe_name: str | None = None, seeds: tuple[int, ...] = SEEDS
) -> list[Run]:
    """The runs of one network, under one recipe if given, seed by seed; empty if there are none."""
    known = runs(experiment, seeds) if experiment in EXPERIMENTS else []
    return [run for run in known if run.model == model and recipe_name in (None, run.config.recipe)]
