"""Loss surfaces around trained networks, drawn with the rule of Li et al. 2018.

Answers "what does the loss look like around this network?". Two random directions, each filter
rescaled to the length of the network's own filter, span a plane; the loss is computed on a grid of
that plane. :mod:`utils.record.measure` runs and files the tasks,
:mod:`utils.chapters.loss_surfaces.recorded` reads them.
"""

from dataclasses import dataclass

from utils.files.records import pack
from utils.probes.surfaces import circle, classification, draw_plane, evaluate_rows, grid, subset
from utils.record import runs as record
from utils.record import weights
from utils.record.experiments import EXAMINED, EXPERIMENTS, SEEDS, Run, runs_of
from utils.record.tasks import Task
from utils.record.weights import NotTrained

EXPERIMENT = "surfaces"
NETWORKS = tuple(EXAMINED.values())
"""Experiment and network of every trained network whose surface is measured."""
DIGITS = 6
"""Digits of a recorded loss: second differences over a step of 0.1 need more than the eye does."""


@dataclass(frozen=True)
class Surface(Task):
    """Training loss and error around one trained network, float32.

    Attributes:
        experiment, model: which network.
        seeds: one seed, that of the training; it draws the directions too.
        images: training images, not augmented, the same for every network.
        subset_seed: draws them.
        steps: points along each side of the grid.
        extent: the grid reaches from -extent to extent; at 1 every filter has been moved by its
            own length.
        radii: circles on which the loss is measured too.
        angles: points on each circle.
    """

    experiment: str
    model: str
    seeds: tuple[int, ...]
    images: int = 256
    subset_seed: int = 0
    steps: int = 21
    extent: float = 1.0
    radii: tuple[float, ...] = (0.5, 1.0)
    angles: int = 16
    batch: int = 32
    dataset: str = "cifar10"

    @property
    def name(self) -> str:
        return f"{self.experiment}_{self.model}_seed{self.seeds[0]}"

    def run(self) -> Run:
        """The training whose weights are read.

        Raises:
            NotTrained: there is no such run.
        """
        found = runs_of(self.experiment, self.model, seeds=self.seeds)
        if found:
            return found[0]
        raise NotTrained(
            f"experiment {self.experiment!r} with {self.model!r} is not in "
            "utils/record/experiments.py; add it there and train it first"
        )

    def depends_on(self) -> tuple[object, ...]:
        return (self.run().hash(),)

    def perform(self) -> dict:
        """Loss and error on the grid and on the circles."""
        trained = weights.of_run(self.run())
        plane = draw_plane(trained.net, self.seeds[0])
        inputs, labels = subset(self.dataset, self.images, self.subset_seed)
        evaluate = classification(trained.normaliser(inputs), labels, self.batch)
        points = grid(self.steps, self.extent) + [circle(r, self.angles) for r in self.radii]
        keep = record.CHECKPOINTS / EXPERIMENT / f"{self.name}_{self.hash()}.pt"
        values = evaluate_rows(trained.net, plane, points, evaluate, keep, self.hash())
        keep.unlink(missing_ok=True)
        on_grid, around = values[: self.steps], values[self.steps :]
        return {
            "normalisation_statistics": "running, as training left them",
            "moved_parameters": sum(p.numel() for p in trained.net.parameters() if p.dim() > 1),
            "cosine": float(f"{plane.cosine:.4g}"),
            "rows": {
                "loss": pack((row[:, 0] for row in on_grid), DIGITS),
                "error": pack((row[:, 1] for row in on_grid), DIGITS),
                "circle_loss": pack((row[:, 0] for row in around), DIGITS),
                "circle_error": pack((row[:, 1] for row in around), DIGITS),
            },
        }


def tasks() -> list[Surface]:
    """Every surface, seed by seed, so that pairs are complete before the next seed begins."""
    return [
        Surface(experiment, model, (seed,), dataset=EXPERIMENTS[experiment].dataset)
        for seed in SEEDS
        for experiment, model in NETWORKS
    ]
