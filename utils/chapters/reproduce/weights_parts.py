"""Parts of a measurement that the published weights give in seconds: lesions, surfaces, slips.

Answers "what can be checked of a long measurement without training anything?". The records cover
every block, point or mistake; here only those are computed that the numbers of the cards read.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch

from utils import data as datasets
from utils.chapters.reproduce.parts import Measured
from utils.files.records import pack
from utils.models.surgery import blocks_of
from utils.probes.lesions import lesion
from utils.probes.slips import SLIPS, Subject
from utils.probes.surfaces import circle, classification, draw_plane, evaluate_rows, subset
from utils.record import weights
from utils.record.lesions import answers, first, whole_numbers, wrong_of_each
from utils.record.machine import made_by
from utils.record.surfaces import DIGITS
from utils.training.distributed import Workers

PRICED = ("none", "unnormalised")
"""The slips that are computed: none at all, and images without their normalisation."""


class FromWeights(Measured):
    """A part of a measurement on trained networks, from the weights that come with the book."""

    kind = "published weights"

    def published(self) -> str:
        """Under which name the weights are published."""
        run = self.task().run()
        made = {(e["experiment"], e["run"]): name for name, e in weights.index().items()}
        return made[run.experiment, run.name]

    def again(self, seeds: Sequence[int], workers: Workers) -> list[dict]:
        task = self.task()
        return [
            {
                "kind": self.kind,
                "experiment": self.experiment,
                "run": self.name,
                "hash": task.hash(),
                "seeds": list(task.seeds),
                **made_by(Workers(0, 1, torch.device("cpu")), task.precision),
                **self.computed(weights.load(self.published())),
            }
        ]

    def computed(self, trained: weights.Trained) -> dict:
        """What the values of the cards read, named as in the record."""
        raise NotImplementedError

    def minutes(self) -> float | None:
        return None


class Lesioned(FromWeights):
    """Wrong answers without one block, for each block, on the images that sets of blocks have."""

    def computed(self, trained: weights.Trained) -> dict:
        task = self.task()
        split = first(datasets.load(task.dataset).test, task.many)
        numbers = range(1, len(blocks_of(trained.net)) + 1)
        gone = [partial(lesion, trained.net, [number]) for number in numbers]
        given = answers(trained, split, gone, task.precision)
        classes = trained.net.architecture.num_classes
        wrong = (wrong_of_each(each, split.labels, classes) for each in given)
        return {
            "sets": whole_numbers([number] for number in numbers),
            "wrong": {"sets": whole_numbers(wrong)},
            "images_of_class": {"many": whole_numbers([split.labels.bincount()])},
        }


class Sliced(FromWeights):
    """The training loss at the trained weights and on the widest circle around them."""

    def computed(self, trained: weights.Trained) -> dict:
        task = self.task()
        plane = draw_plane(trained.net, task.seeds[0])
        inputs, labels = subset(task.dataset, task.images, task.subset_seed)
        evaluate = classification(trained.normaliser(inputs), labels, task.batch)
        points = [[(0.0, 0.0)], circle(task.radii[-1], task.angles)]
        centre, around = evaluate_rows(trained.net, plane, points, evaluate)
        return {
            "rows": {
                "loss": pack([centre[:, 0]], DIGITS),
                "circle_loss": pack([around[:, 0]], DIGITS),
            }
        }


class Slipped(FromWeights):
    """Wrong answers with and without a mistake that raises no exception."""

    def published(self) -> str:
        return self.task().model

    def computed(self, trained: weights.Trained) -> dict:
        task = self.task()
        split = first(datasets.load(task.dataset).test, task.images)
        asked = Subject(trained.net, trained.normaliser, split.images, split.labels, task.precision)
        wrong = {key: int((SLIPS[key].answer(asked) != split.labels).sum()) for key in PRICED}
        return {"images": len(split), "rows": {"wrong": wrong}}
