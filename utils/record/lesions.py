"""The measurements behind "Inside a trained ResNet": what is deleted, swapped and followed.

Answers "which numbers stand behind the lesion pictures?". One task is one trained network, its
last epoch's weights, judged on CIFAR-10's test images. :mod:`utils.record.measure` runs and files
the tasks, :mod:`utils.chapters.inside_a_resnet.numbers` reads them.
"""

import copy
import random
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache, partial, reduce
from itertools import accumulate, takewhile

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from utils import data as datasets
from utils.data.checked import need_inputs, need_labels, need_tensor
from utils.data.sets import Split, need_split
from utils.files.records import pack
from utils.models.checked import explained, need_network
from utils.models.networks import ResNet, build
from utils.models.surgery import block_names, blocks_of
from utils.probes.lesions import deletion_tree, deletions, lesion, orders, reordered, swap, swaps
from utils.probes.path_gradients import Tape, by_length, each_path, one_path, record, shares
from utils.record import weights
from utils.record.experiments import EXAMINED, EXPERIMENTS, SEEDS, Run, runs_of
from utils.record.tasks import Task
from utils.record.weights import Trained, need_trained
from utils.training.precision import autocast
from utils.training.prediction import predict

EXPERIMENT = "lesions"
EVERY_SET = 9
"""Up to this many blocks all sets of deleted blocks are measured, beyond it a few of each size."""
PART = 250
"""Images that go through a changed network at once."""
Change = Callable[[], AbstractContextManager]
"""Opens a ``with`` block in which the blocks of a network are changed."""


@dataclass(frozen=True)
class Lesions(Task):
    """Everything that is done to one trained network.

    Attributes:
        experiment: where it was trained.
        model: its name.
        seeds: the seed it was trained with, alone.
        images: test images for single deletions and swaps, the first of the data set.
        many: test images for sets of deletions and for orders, the first of the data set.
        draws: random sets of each size, and random orders, where not all are measured.
        statistics: training images, without augmentation or labels, from which the
            normalisation is estimated anew after a deletion.
        path_images: test images whose gradients are followed.
        recipe: the recipe it was trained with.
        dataset: what it was trained on.
        precision: of the predictions, as in the run's record. Gradients are 32-bit.
    """

    experiment: str
    model: str
    seeds: tuple[int, ...]
    images: int = 10_000
    many: int = 2_000
    draws: int = 30
    statistics: int = 2_000
    path_images: int = 128
    recipe: str = "fast"
    dataset: str = "cifar10"
    precision: str = "bf16"

    @property
    def name(self) -> str:
        return f"{self.experiment}_{self.model}_seed{self.seeds[0]}"

    def run(self) -> Run:
        """The recorded run whose weights are examined."""
        return runs_of(self.experiment, self.model, self.recipe, self.seeds)[0]

    def depends_on(self) -> tuple[object, ...]:
        return (self.run().hash(),)

    def perform(self) -> dict:
        """Wrong predictions of each class under every lesion, and gradients by path length."""
        return examine(self, weights.of_run(self.run()))


def tasks() -> list[Lesions]:
    """Everything that is recorded, seed by seed. Deep networks get fewer images and draws."""
    return [
        Lesions(
            *(experiment, model, (seed,)),
            recipe=runs_of(experiment, model)[0].config.recipe,
            dataset=EXPERIMENTS[experiment].dataset,
            **_budget(model),
        )
        for seed in SEEDS
        for experiment, model in EXAMINED.values()
    ]


@cache
def _budget(model: str) -> dict[str, int]:
    if len(blocks_of(build(model))) <= EVERY_SET:
        return {}
    return {"many": 500, "draws": 10, "statistics": 1_000, "path_images": 32}


def examine(task: Lesions, trained: Trained) -> dict:
    """Carry out a task on one network.

    Raises:
        ValueError: its precision is not the one its run was tested with, or the intact network
            does not make the mistakes that its record counts.
    """
    if trained.record["machine"]["precision"] != task.precision:
        raise ValueError(
            f"{task.name}: tested in {trained.record['machine']['precision']}, "
            f"not in {task.precision}; set the task's precision"
        )
    loaded, net = datasets.load(task.dataset), trained.net
    whole, part = first(loaded.test, task.images), first(loaded.test, task.many)
    train = trained.normaliser(loaded.train.images[: task.statistics])
    classes = net.architecture.num_classes

    def count(split: Split, examined: ResNet = net) -> Tensor:
        guesses = predict(examined, split.images, trained.normaliser, task.precision)
        return wrong_of_each(guesses.argmax(1), split.labels, classes)

    def count_each(split: Split, changes: Iterable[Change]) -> list[str]:
        found = answers(trained, split, list(changes), task.precision)
        return whole_numbers(wrong_of_each(given, split.labels, classes) for given in found)

    def renewed(split: Split) -> Tensor:
        return count(split, renewed_statistics(net, train))

    intact = count(whole)
    _check_intact(task, trained, intact)
    one_less = [partial(lesion, net, [n + 1]) for n in range(len(blocks_of(net)))]
    single = answers(trained, whole, one_less, task.precision)
    after = []
    for change in one_less:
        with change():
            after.append(renewed(part))
    exchanged, mixed = swaps(net), orders(net, task.draws, task.seeds[0])
    swapped = (swap(len(one_less), *pair) for pair in exchanged)
    found = {
        "blocks": block_names(net),
        "wrong": {
            "intact": whole_numbers([intact]),
            "intact_part": whole_numbers([count(part)]),
            "intact_renewed": whole_numbers([renewed(part)]),
            "single": whole_numbers(wrong_of_each(g, whole.labels, classes) for g in single),
            "single_renewed": whole_numbers(after),
            "swaps": count_each(whole, (partial(reordered, net, order) for order in swapped)),
            "orders": count_each(part, (partial(reordered, net, order) for order in mixed)),
        },
        "images_of_class": {
            "images": whole_numbers([whole.labels.bincount()]),
            "many": whole_numbers([part.labels.bincount()]),
        },
        "predicted": whole_numbers(given.bincount(minlength=classes) for given in single),
        "swaps": [list(pair) for pair in exchanged],
        "orders": whole_numbers(mixed),
    }
    if len(one_less) <= EVERY_SET:
        sets = every_set(trained, part, task.precision)
        found["wrong"]["sets"] = whole_numbers(sets.values())
    else:
        sets = some_sets(len(one_less), task.draws, task.seeds[0])
        found["wrong"]["sets"] = count_each(part, (partial(lesion, net, gone) for gone in sets))
    found["sets"] = whole_numbers(sets)
    return {**found, "rows": _paths(task, trained, loaded.test) if _has_paths(net) else {}}


def first(split: Split, count: int) -> Split:
    """The first images of a split.

    Raises:
        TypeError: not a :class:`~utils.data.sets.Split`.
    """
    need_split(split)
    return Split(split.images[:count], split.labels[:count])


def answers(trained: Trained, split: Split, changes: Sequence[Change], precision: str) -> Tensor:
    """The class that a network names when its blocks are changed: int (changes, N).

    What comes before the first changed block is computed once for all changes.

    Args:
        trained: in evaluation mode.
        split: the images, N of them.
        changes: each opens a ``with`` block in which the network is changed; there may be none,
            as in a network of one block a stage, which has nothing to swap.
        precision: see :func:`utils.training.prediction.predict`.

    Raises:
        TypeError: no trained network, or no split.
        ValueError: the network is in training mode, where its statistics would move.
    """
    need_trained(trained)
    need_split(split)
    if trained.net.training:
        raise ValueError("call .eval() on the network first; in training its statistics move")
    if not changes:
        return split.labels.new_empty(0, len(split.labels))
    net, found = trained.net, []
    blocks = blocks_of(net)
    for images in split.images.split(PART):
        with autocast(precision, images.device), torch.no_grad():
            stem = net.stem(trained.normaliser(images))
            intact = list(accumulate(blocks, lambda h, block: block(h), initial=stem))
            given = []
            for change in changes:
                with change():
                    now = blocks_of(net)
                    same = _in_common(blocks, now)
                    last = reduce(lambda h, block: block(h), now[same:], intact[same])
                    given.append(net.head(last).argmax(1))
            found.append(torch.stack(given))
    return torch.cat(found, 1)


def _in_common(before: Sequence[nn.Module], now: Sequence[nn.Module]) -> int:
    pairs = zip(before, now, strict=True)
    return sum(1 for _ in takewhile(lambda pair: pair[0] is pair[1], pairs))


def wrong_of_each(given: Tensor, labels: Tensor, classes: int) -> Tensor:
    """Images of each class that are not recognised: int (classes,).

    Args:
        given: the class that the network names, int64 (N,).
        labels: int64 (N,).
        classes: how many there are.

    Raises:
        TypeError: no tensors.
        ValueError: another shape, dtype or length, or a class that is not there.
    """
    need_labels(labels, classes)
    need_tensor(given, "given")
    if given.shape != labels.shape:
        raise ValueError(
            f"given is {tuple(given.shape)} and labels {tuple(labels.shape)}; give one class for "
            "each label, for example logits.argmax(1)"
        )
    return labels[given != labels].bincount(minlength=classes)


def renewed_statistics(net: nn.Module, inputs: Tensor) -> nn.Module:
    """A copy of a network whose batch normalisation knows what now arrives.

    Every mean and variance is estimated anew, from images without labels; no weight changes.
    The network itself is left alone.

    Args:
        net: in evaluation mode.
        inputs: normalised images, float (N, 3, H, W), taken in parts of :data:`PART`.

    Raises:
        TypeError: no network, or no tensor.
        ValueError: inputs that the network does not take, or none at all.
    """
    need_network(net)
    need_inputs(inputs)
    if not len(inputs):
        raise ValueError("there are no images to take statistics of; give training images")
    other = copy.deepcopy(net)
    for module in other.modules():
        if isinstance(module, _BatchNorm) and module.track_running_stats:
            module.reset_running_stats()
            module.momentum = None
    other.train()
    with torch.no_grad():
        for part in inputs.split(PART):
            with explained(other, part):
                other(part)
    return other.eval()


def _check_intact(task: Lesions, trained: Trained, intact: Tensor) -> None:
    if task.images != len(datasets.load(task.dataset).test):
        return
    counts = torch.tensor(trained.record["final"]["confusion"])
    if (counts.sum(1) - counts.diagonal()).tolist() != intact.tolist():
        raise ValueError(f"{task.name}: the weights do not make the mistakes of their record")


def some_sets(blocks: int, draws: int, seed: int) -> list[tuple[int, ...]]:
    """A few sets of deleted blocks of every size."""
    sizes = range(1, blocks + 1)
    return [gone for size in sizes for gone in deletions(blocks, size, draws, seed)]


def every_set(trained: Trained, split: Split, precision: str) -> dict[tuple[int, ...], Tensor]:
    """Wrong predictions of each class with every set of blocks deleted.

    Raises:
        TypeError: no trained network, or no split.
        ValueError: a network in training mode or without blocks.
    """
    need_trained(trained)
    need_split(split)
    total: dict[tuple[int, ...], Tensor] = {}
    pieces = zip(split.images.split(PART), split.labels.split(PART), strict=True)
    for images, labels in pieces:
        with autocast(precision, images.device), torch.no_grad():
            for gone, logits in deletion_tree(trained.net, trained.normaliser(images)):
                total[gone] = total.get(gone, 0) + wrong_of_each(
                    logits.argmax(1), labels, logits.shape[1]
                )
    return total


def _has_paths(net: ResNet) -> bool:
    return net.architecture.residual


def _paths(task: Lesions, trained: Trained, test: Split) -> dict[str, list[str]]:
    """Three rows with one number for each length, 0 to n.

    ``share`` of the whole gradient, ``sum`` the mean norm of what all paths of a length bring
    together, ``single`` the mean norm of one such path.
    """
    net = trained.net.to(memory_format=torch.contiguous_format)
    chosen = first(test, task.path_images)
    tape = record(net, trained.normaliser(chosen.images), chosen.labels)
    sums = by_length(tape)
    blocks = len(tape.branches)
    if blocks <= EVERY_SET:
        norms = each_path(tape)
        single = torch.stack([norms[length].mean() for length in range(blocks + 1)])
    else:
        single = torch.stack([_sampled(tape, length, task) for length in range(blocks + 1)])
    return {
        "share": pack([shares(sums)]),
        "sum": pack([sums.flatten(2).norm(dim=2).mean(1)]),
        "single": pack([single]),
    }


def _sampled(tape: Tape, length: int, task: Lesions) -> Tensor:
    generator = random.Random(f"{task.seeds[0]}/{length}")
    numbers = range(1, len(tape.branches) + 1)
    drawn = [set(generator.sample(numbers, length)) for _ in range(task.draws)]
    return torch.stack([one_path(tape, through).mean() for through in drawn]).mean()


def whole_numbers(rows: Iterable[Iterable]) -> list[str]:
    """Rows of whole numbers as short strings, for the record."""
    return [" ".join(str(int(value)) for value in row) for row in rows]
