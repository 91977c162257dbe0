"""The numbers in questions: small functions that a question calls by name.

Answers "where does this number come from?". An entry of ``values`` in the question bank is one
expression: a call such as ``paper("6", "ResNet-110", "error")``, arithmetic with calls and
numbers, or names of entries above it. Nothing else is allowed there.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from utils.chapters.degradation import brief as degradation
from utils.chapters.degradation import long as long_runs
from utils.chapters.fine_tuning import slips
from utils.chapters.gradient_norms import numbers as gradients
from utils.chapters.inside_a_resnet import numbers as lesion_results
from utils.chapters.playground.numbers import Ten, ten
from utils.models.starts import Start
from utils.practice.values.expressions import ValueFault, value
from utils.probes.slips import SLIPS
from utils.record.bench import load_benches
from utils.record.experiments import EXAMINED, SEEDS
from utils.record.gradient_norms import NEIGHBOURS
from utils.record.playground import KINDS
from utils.record.slips import NETWORKS
from utils.results.runs import load_runs
from utils.results.spread import accuracy as accuracy_of
from utils.results.spread import median, paired_gain, spread

# The paper and the other sources ----------------------------------------------------------------


# Counted on networks ----------------------------------------------------------------------------


# Measured ---------------------------------------------------------------------------------------


@value
def accuracy(experiment: str, model: str, recipe: str, field: str = "test_error") -> float:
    """Mean accuracy in percent over seeds, last epoch: ``accuracy("shortcut-control",
    "plain-14", "fast")``. Other fields: "train_error", "test_error_zoomed",
    "test_error_two_views"."""
    return 100 * accuracy_of(load_runs(experiment, model, recipe), field).mean


@value
def accuracy_after(epoch: int, experiment: str, model: str, recipe: str) -> float:
    """Mean test accuracy in percent after an epoch, counted from 1, of longer runs.

    Over the seeds that every experiment has, since it is compared with shorter budgets.
    """
    runs = load_runs(experiment, model, recipe, SEEDS)
    return 100 * (1 - spread(run["history"][epoch - 1]["test_error"] for run in runs).mean)


@value
def training_time(experiment: str, model: str, recipe: str) -> float:
    """Mean seconds of training of recorded runs.

    Over the seeds that every experiment has: later ones were trained beside other work.
    """
    runs = load_runs(experiment, model, recipe, SEEDS)
    return spread(run["timing"]["train_seconds"] for run in runs).mean


@value
def accuracy_sd(experiment: str, model: str, recipe: str, field: str = "test_error") -> float:
    """Standard deviation over seeds that belongs to :func:`accuracy`, in points."""
    return 100 * accuracy_of(load_runs(experiment, model, recipe), field).sd


@value
def seeds(experiment: str, model: str, recipe: str) -> int:
    """Number of recorded seeds."""
    return len(load_runs(experiment, model, recipe))


@value
def gain(experiment: str, worse: str, better: str, recipe: str | None = None) -> float:
    """Mean points of test accuracy from one network to another, compared seed by seed."""
    runs = (load_runs(experiment, model, recipe) for model in (worse, better))
    return paired_gain(*runs).mean


@value
def gain_sd(experiment: str, worse: str, better: str, recipe: str | None = None) -> float:
    """Standard deviation that belongs to :func:`gain`."""
    runs = (load_runs(experiment, model, recipe) for model in (worse, better))
    return paired_gain(*runs).sd


@value
def speed(loop: str) -> float:
    """Median images a second of a training loop on the first recorded machine."""
    return load_benches()[0]["images_per_second"][loop]["median"]


@value
def run_seconds(loop: str) -> float:
    """Seconds of ten epochs on the first recorded machine: "usual loop" or "fast recipe"."""
    return load_benches()[0]["run_seconds_50k_images"][loop]


def start(depth: int, kind: str, batch_norm: bool, init: str) -> Start:
    """A network at its start, refused early when its kind is misspelt."""
    if kind not in gradients.KINDS:
        raise ValueFault(f"kind must be one of {', '.join(gradients.KINDS)}, not {kind!r}")
    return Start(depth, kind, batch_norm, init)


@value
def gradient_factor(
    depth: int, kind: str, stage: str = "layer1", batch_norm: bool = True, init: str = "he"
) -> float:
    """Measured growth of the gradient per layer towards the input in one stage."""
    return gradients.factor_per_layer(start(depth, kind, batch_norm, init), stage).middle


@value
def first_over_last(depth: int, kind: str, batch_norm: bool = True, init: str = "he") -> float:
    """Weight-gradient norm in the first block over that in the last, measured."""
    return gradients.first_over_last(start(depth, kind, batch_norm, init)).middle


# Computed ---------------------------------------------------------------------------------------


@value
def first_gradient(depth: int, kind: str, batch_norm: bool = True, init: str = "he") -> float:
    """Weight-gradient norm of the first block's second convolution at the first step, measured:
    geometric mean over seeds."""
    names, fields = gradients.initial(start(depth, kind, batch_norm, init))
    rows = fields["weight_gradient"][:, names.index("layer1.0.conv2")]
    return gradients.range_of(rows.tolist()).middle


@value
def neighbour_cosine(depth: int, kind: str) -> float:
    """Cosine between the input gradients at an image and one per cent of the way to another one,
    at the start, mean over seeds, measured."""
    column = NEIGHBOURS.index(0.01)
    return float(gradients.cosines(start(depth, kind, True, "he"))[:, column].mean())


@value
def intact_error(network: str) -> float:
    """Test error in percent of an untouched network, mean over seeds: ``"ResNet-20"``."""
    return float(_lesions(network, lesion_results.intact).mean())


@value
def error_without_block(network: str, block: int) -> float:
    """Test error in percent without one block, counted from 1, mean over seeds."""
    return float(_lesions(network, lesion_results.single)[:, block - 1].mean())


@value
def error_one_out(network: str, renewed: bool = False) -> float:
    """Test error in percent with one block out, mean over blocks and seeds.

    ``renewed``: after the normalisation's statistics were estimated anew.
    """
    read = lesion_results.renewed if renewed else lesion_results.single
    return float(_lesions(network, read).mean())


@value
def median_without_block(network: str) -> float:
    """Test error in percent without one block: mean over seeds, median over the blocks."""
    return median(_lesions(network, lesion_results.single).mean(0))


@value
def gradient_path_length(network: str) -> float:
    """Blocks on a path, weighted by its length's share of the gradient, mean over seeds."""
    return spread(lesion_results.gradient_length(network)).mean


@value
def depth_error(network: str, steps: int, images: str = "training") -> float:
    """Error in percent after a brief training, mean over seeds: ``("plain-56", 400)``."""
    return degradation.error(network, steps, images).mean


@value
def depth_gap(depth: int, steps: int, images: str = "training") -> float:
    """Points by which the plain network is worse than the residual one, mean over seeds."""
    return spread(degradation.gap(depth, steps, images).values()).mean


@value
def long_error(network: str, images: str = "training") -> float:
    """Error in percent after the longest trainings, mean over seeds: ``("plain-56", "test")``."""
    kind, depth = network.split("-")
    return spread(long_runs.final(kind, int(depth), images).values()).mean


@value
def long_course_end(network: str) -> float:
    """Training error in percent as counted during the last of those epochs, mean over seeds."""
    found = long_runs.courses(network, "training")
    return spread(errors[-1] for errors in found.values()).mean


@value
def order_gain(depth: int, images: str = "training") -> float:
    """Points of error that the pre-activation block saves in a brief training, mean over seeds."""
    return spread(degradation.order_gain(depth, images).values()).mean


@value
def treated_error(treatment: str, images: str = "training") -> float:
    """Error in percent of 56 layers under a treatment of ``utils.chapters.degradation.brief``;
    "none" for none."""
    known = {"none": degradation.UNTREATED, **degradation.TREATMENTS}
    if treatment not in known:
        raise ValueFault(f"no treatment {treatment!r}; known: {', '.join(known)}")
    return spread(known[treatment].errors(images).values()).mean


@value
def slip_error(slip: str, model: str = "resnet-20") -> float:
    """Test error in percent of a published network that is asked wrongly: ``("train-4")``.

    Args:
        slip: a key of :data:`utils.probes.slips.SLIPS`; "none" for the right question.
        model: one of :data:`utils.record.slips.NETWORKS`.
    """
    for found, known in ((slip, SLIPS), (model, NETWORKS)):
        if found not in known:
            raise ValueFault(f"{found!r} was not recorded; there are: {', '.join(known)}")
    return slips.errors(model)[slip]


@value
def playground_stopped(setting: str, kind: str) -> int:
    """How many networks of the playground stopped: ``playground_stopped(SETTING, "residual")``.

    Args:
        setting: an address without the seed, as ``book/data/playground.yml`` has it.
        kind: "plain" or "residual".
    """
    return len(_playground(setting, kind).stops)


@value
def playground_error(setting: str, kind: str, images: str = "train") -> float:
    """Mean error in percent of the playground's networks after the last step.

    Args:
        setting: an address without the seed.
        kind: "plain" or "residual".
        images: "train" or "test".
    """
    return spread(_playground(setting, kind).at_end(images).values()).mean


def _playground(setting: str, kind: str) -> Ten:
    if kind not in KINDS:
        raise ValueFault(f"no network {kind!r} in the playground; known: {', '.join(KINDS)}")
    return ten(setting.replace(",", "_"), kind)


def _lesions(network: str, read: Callable[[str], torch.Tensor]) -> torch.Tensor:
    if network not in EXAMINED:
        raise ValueFault(f"no lesions of {network!r}; known: {', '.join(EXAMINED)}")
    return read(network)
