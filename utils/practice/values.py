"""The numbers in questions: small functions that a question calls by name.

Answers "where does this number come from?". An entry of ``values`` in the question bank is one
expression: a call such as ``paper("6", "ResNet-110", "error")``, arithmetic with calls and
numbers, or names of entries above it. Nothing else is allowed there.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar

import torch
from torch import nn

from utils.chapters import lab as lesion_lab
from utils.chapters.degradation import brief as degradation
from utils.chapters.degradation import long as long_runs
from utils.chapters.gradient_norms import numbers as gradients
from utils.chapters.inside import numbers as lesion_results
from utils.facts.files import book_data, book_table
from utils.facts.paper import cell
from utils.files.places import ROOT
from utils.miniatures import unravelled as paths
from utils.models.counting import count_macs, count_parameters
from utils.models.networks import build, imagenet_net
from utils.models.starts import Start
from utils.probes.layers import layer_costs
from utils.record.bench import load_benches
from utils.record.experiments import EXAMINED
from utils.record.gradient_norms import NEIGHBOURS
from utils.results.runs import load_runs
from utils.results.spread import accuracy as accuracy_of
from utils.results.spread import paired_gain, spread

Function = TypeVar("Function", bound=Callable[..., Any])
FUNCTIONS: dict[str, Callable[..., Any]] = {}
OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
IMAGENET = re.compile(r"imagenet-(\d+)(?:-(v1|v1\.5))?(?:-([ABC]))?")
FINE_TUNE = ROOT / "book" / "code" / "fine_tune.txt"
READS = (FINE_TUNE, ROOT / "book" / "data" / "*.yml", ROOT / "book" / "data" / "*.csv")


class ValueFault(ValueError):
    """An entry of ``values`` cannot be computed; says which and why."""


def value(function: Function) -> Function:
    """Make a function callable from the question bank."""
    FUNCTIONS[function.__name__] = cache(function)
    return function


def compute(calls: dict[str, str]) -> dict[str, Any]:
    """Every entry of a question's ``values``, in order; later ones may name earlier ones.

    Raises:
        ValueFault: names the entry, its text and the fault.
    """
    done: dict[str, Any] = {}
    for name, text in calls.items():
        try:
            done[name] = evaluate(ast.parse(text.strip(), mode="eval").body, done)
        except Exception as error:
            raise ValueFault(f"values, {name}: {text!r}: {error}") from error
    return done


def evaluate(node: ast.expr, known: dict[str, Any]) -> Any:
    """What an expression of calls, numbers, texts and arithmetic gives.

    Raises:
        ValueFault: something else stands there, or an unknown name; says what is allowed.
    """
    match node:
        case ast.Constant():
            return node.value
        case ast.Name() if node.id in known:
            return known[node.id]
        case ast.UnaryOp(op=ast.USub()):
            return -evaluate(node.operand, known)
        case ast.BinOp() if type(node.op) in OPERATORS:
            left, right = evaluate(node.left, known), evaluate(node.right, known)
            return OPERATORS[type(node.op)](*same_kind(left, right))
        case ast.Call(func=ast.Name()) if node.func.id in FUNCTIONS:
            arguments = [evaluate(argument, known) for argument in node.args]
            named = {word.arg: evaluate(word.value, known) for word in node.keywords}
            return FUNCTIONS[node.func.id](*arguments, **named)
    raise ValueFault(
        f"{ast.unparse(node)} is not allowed; write a number, an entry above, arithmetic or a "
        f"call of: {', '.join(sorted(FUNCTIONS))}"
    )


def same_kind(left: Any, right: Any) -> tuple[Any, Any]:
    """Two numbers that Python can combine: a printed decimal beside a float becomes a float."""
    if {type(left), type(right)} == {Decimal, float}:
        return float(left), float(right)
    return left, right


# The paper and the other sources ----------------------------------------------------------------


@value
def paper(table: str, row: str, column: str) -> Decimal | str:
    """A cell of the paper's tables, with the digits as printed: ``paper("6", "ResNet-110",
    "error")``. A row goes by its key in the file; capitals and spaces do not matter."""
    found = cell(f"{table}/{row.lower().replace(' ', '-')}/{column}")
    return found.number if found.column.number else found.text


@value
def data(file: str, *keys: str | int) -> Any:
    """An entry of a YAML file of ``book/data``: ``data("source_results", "simple-cnn",
    "test_accuracy")``."""
    entry = book_data(file)
    for key in keys:
        entry = entry[key]
    return entry


# Counted on networks ----------------------------------------------------------------------------


@cache
def network(model: str) -> nn.Module:
    """A network without memory for its weights: a name of :func:`utils.models.networks.build`, or
    ``imagenet-50`` with an optional version and shortcut, ``imagenet-50-v1``, ``imagenet-34-A``.

    Without them ImageNet networks are v1.5 with option B, as libraries build them.
    """
    match = IMAGENET.fullmatch(model)
    with torch.device("meta"):
        if match is None:
            return build(model)
        return imagenet_net(int(match[1]), match[2] or "v1.5", match[3] or "B")


@value
def parameters(model: str) -> int:
    """Trainable values of a network: ``parameters("resnet-20")``."""
    return count_parameters(network(model))


@value
def macs(model: str, size: int | None = None) -> int:
    """Multiply-accumulates for one image of ``size`` pixels; 224 for ImageNet, else 32."""
    return count_macs(network(model), size or (224 if IMAGENET.fullmatch(model) else 32))


def weighted(model: str) -> list[str]:
    """Names of the convolutions and linear layers of a network."""
    modules = network(model).named_modules()
    return [name for name, module in modules if isinstance(module, nn.Conv2d | nn.Linear)]


@value
def layers(model: str) -> int:
    """Weighted layers on the main path, which give a network its name."""
    return sum("downsample" not in name for name in weighted(model))


@value
def projections(model: str) -> int:
    """Convolutions on shortcuts."""
    return sum("downsample" in name for name in weighted(model))


def conv(inputs: int, outputs: int, kernel: int, stride: int = 1, padding: int = 0) -> nn.Conv2d:
    """A convolution without bias and without memory."""
    return nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False, device="meta")


@value
def conv_parameters(inputs: int, outputs: int, kernel: int) -> int:
    """Weights of one convolution without bias."""
    return count_parameters(conv(inputs, outputs, kernel))


@value
def conv_macs(inputs: int, outputs: int, kernel: int, out_size: int) -> int:
    """Multiply-accumulates of one convolution whose output maps are ``out_size`` pixels wide."""
    return count_parameters(conv(inputs, outputs, kernel)) * out_size**2


@value
def linear_parameters(inputs: int, outputs: int) -> int:
    """Weights and biases of one linear layer."""
    return count_parameters(nn.Linear(inputs, outputs, device="meta"))


@value
def norm_parameters(channels: int) -> int:
    """Scales and shifts of one batch normalisation."""
    return count_parameters(nn.BatchNorm2d(channels, device="meta"))


@value
def out_size(size: int, kernel: int, stride: int = 1, padding: int = 0) -> int:
    """Width of the maps behind a convolution or pooling."""
    image = torch.empty(1, 1, size, size, device="meta")
    return conv(1, 1, kernel, stride, padding)(image).shape[-1]


# Measured ---------------------------------------------------------------------------------------


@value
def accuracy(experiment: str, model: str, recipe: str, field: str = "test_error") -> float:
    """Mean accuracy in percent over seeds, last epoch: ``accuracy("shortcut-control",
    "plain-14", "fast")``. Other fields: "train_error", "test_error_zoomed",
    "test_error_two_views"."""
    return 100 * accuracy_of(load_runs(experiment, model, recipe), field).mean


@value
def accuracy_after(epoch: int, experiment: str, model: str, recipe: str) -> float:
    """Mean test accuracy in percent after an epoch, counted from 1, of longer runs."""
    runs = load_runs(experiment, model, recipe)
    return 100 * (1 - spread(run["history"][epoch - 1]["test_error"] for run in runs).mean)


@value
def training_time(experiment: str, model: str, recipe: str) -> float:
    """Mean seconds of training of recorded runs."""
    runs = load_runs(experiment, model, recipe)
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
def theory_factor() -> float:
    """Growth of the gradient per layer with batch normalisation and ReLU (Yang et al. 2019)."""
    return gradients.MEAN_FIELD_FACTOR


@value
def default_factor() -> float:
    """Shrinking of the gradient per layer with PyTorch's default initialisation, without norm."""
    return gradients.DEFAULT_FACTOR


@value
def count_paths(blocks: int) -> int:
    """Ways through a residual chain."""
    return paths.count_paths(blocks)


@value
def share_of_paths(blocks: int, low: int, high: int) -> float:
    """Share of the paths that go through ``low`` to ``high`` branches, between 0 and 1."""
    return paths.share_between(blocks, low, high)


@value
def surviving_share(blocks: int, deleted: int) -> float:
    """Share of the paths that remain when branches are deleted."""
    return paths.surviving_share(blocks, deleted)


@value
def lesion_share(picture: str, *blocks: int) -> float:
    """Percent that ResNet-20 gives to the class of a drawing with these blocks off:
    ``lesion_share("cat", 1, 2)``."""
    return 100 * lesion_lab.answer(picture, lesion_lab.gates_without(*blocks)).probability


@value
def lesion_answer(picture: str, *blocks: int) -> str:
    """The class that ResNet-20 names for a drawing with these blocks off."""
    return lesion_lab.answer(picture, lesion_lab.gates_without(*blocks)).said


@value
def binomial(total: int, chosen: int) -> int:
    """Ways to choose ``chosen`` of ``total``."""
    return math.comb(total, chosen)


@value
def sqrt(number: float) -> float:
    """Square root."""
    return math.sqrt(number)


@value
def exp(number: float) -> float:
    """Exponential function."""
    return math.exp(number)


@value
def log10(number: float) -> float:
    """Logarithm to base ten."""
    return math.log10(number)


@value
def rounded(number: float | Decimal, digits: int = 0) -> float | int | Decimal:
    """A number with so many digits behind the point; a whole number for none."""
    return round(number, digits) if digits else round(number)


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
def challenge(entry: str, column: str) -> Decimal | str:
    """A cell of ``imagenet_depth.csv``: ``challenge("ResNet", "top5_error_percent")``. An entry
    goes by its name in the figure.

    Raises:
        ValueFault: no entry of that name; names those that exist.
    """
    rows = {row["drawn_as"]: row for row in book_table("imagenet_depth")}
    if entry not in rows:
        raise ValueFault(f"no entry {entry!r} in imagenet_depth.csv; there are: {', '.join(rows)}")
    text = rows[entry][column]
    return Decimal(text) if re.fullmatch(r"\d+(\.\d+)?", text) else text


@value
def number(text: str) -> Decimal:
    """A number that a data file holds as text, with its digits: ``number("79.0")``."""
    return Decimal(text.replace(",", ""))


@value
def intensity(inputs: int, outputs: int, kernel: int, size: int, groups: int = 1) -> float:
    """Operations for each byte of a convolution in float32 that keeps its ``size`` x ``size``
    maps, one image: see :meth:`utils.probes.layers.LayerCost.intensity`."""
    layer = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, groups=groups, bias=False)
    (cost,) = layer_costs(nn.Sequential(layer), size, channels=inputs)
    return cost.intensity()


@value
def fine_tuned(line: str, what: str) -> str:
    """A number of the chapter's fine-tuning run: ``fine_tuned("everything", "accuracy")``.

    Args:
        line: how the line of ``book/code/fine_tune.txt`` begins.
        what: "loss", or "accuracy" in percent.
    """
    pattern = {"loss": r"loss ([\d.]+)", "accuracy": r"accuracy (\d+)%"}[what]
    (found,) = [
        text for text in FINE_TUNE.read_text(encoding="utf-8").splitlines() if text.startswith(line)
    ]
    return re.search(pattern, found)[1]


@value
def relu(number: float) -> float:
    """The number, or zero for a negative one."""
    return max(number, 0)


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
    return float(_lesions(network, lesion_results.single).mean(0).median())


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
def order_gain_printed() -> float:
    """The same at 110 layers after a full training, as the second paper prints it (Table 2)."""
    told = book_data("after")["works"]["pre-activation"]["values"]
    return float(told["old110"]) - float(told["new110"])


@value
def treated_error(treatment: str, images: str = "training") -> float:
    """Error in percent of 56 layers under a treatment of ``utils.chapters.degradation.brief``;
    "none" for none."""
    known = {"none": degradation.UNTREATED, **degradation.TREATMENTS}
    if treatment not in known:
        raise ValueFault(f"no treatment {treatment!r}; known: {', '.join(known)}")
    return spread(known[treatment].errors(images).values()).mean


def _lesions(network: str, read: Callable[[str], torch.Tensor]) -> torch.Tensor:
    if network not in EXAMINED:
        raise ValueFault(f"no lesions of {network!r}; known: {', '.join(EXAMINED)}")
    return read(network)
