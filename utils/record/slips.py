"""The price of mistakes that raise no exception, measured on published networks.

Answers "which silent mistake costs how much?". One task is one published network with all of
CIFAR-10's test images. :mod:`utils.record.measure` runs and files the tasks.
"""

from dataclasses import dataclass

from utils import data as datasets
from utils.probes.slips import SLIPS, Subject
from utils.record import weights
from utils.record.lesions import first
from utils.record.tasks import Task

EXPERIMENT = "slips"
NETWORKS = ("resnet-20", "resnet-14", "plain-14")
"""Published networks that were trained on whole images of CIFAR-10."""
NEAR = 0.002
"""Share of the images that other arithmetic may decide otherwise."""


@dataclass(frozen=True)
class Slips(Task):
    """All slips with one network.

    Attributes:
        model: a name of :func:`utils.record.weights.load`.
        images: test images, the first of the data set.
        seeds: what the network was trained with.
        dataset: what it was trained on.
        precision: of the answers. The records of these networks were judged in other arithmetic,
            so a few answers may differ; see :data:`NEAR`.
        slips: which ones, so that a record without a new slip counts as old.
    """

    model: str
    images: int = 10_000
    seeds: tuple[int, ...] = (0,)
    dataset: str = "cifar10"
    precision: str = "fp32"
    slips: tuple[str, ...] = tuple(SLIPS)

    @property
    def name(self) -> str:
        return self.model

    def depends_on(self) -> tuple[object, ...]:
        return (weights.index()[self.model]["sha256"],)

    def perform(self) -> dict:
        """Wrong answers of each slip, out of all images.

        Raises:
            ValueError: without a slip the network's error is not that of its record.
        """
        trained = weights.load(self.model)
        split = first(datasets.load(self.dataset).test, self.images)
        subject = Subject(
            trained.net, trained.normaliser, split.images, split.labels, self.precision
        )
        wrong = {key: int((SLIPS[key].answer(subject) != split.labels).sum()) for key in self.slips}
        expected = trained.record["final"]["test_error"]
        whole = self.images == trained.record["dataset"]["test_images"]
        if whole and abs(wrong["none"] / self.images - expected) > NEAR:
            raise ValueError(
                f"{self.model} has an error of {wrong['none'] / self.images:.2%} here and of "
                f"{expected:.2%} in its record"
            )
        return {"images": len(split), "rows": {"wrong": wrong}}


def tasks() -> list[Slips]:
    """One for each network."""
    return [Slips(model) for model in NETWORKS]
