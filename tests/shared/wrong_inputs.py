"""Call a function of utils with everything right but one argument.

Answers "which sentence stands in the way of this mistake?". :data:`CASES` lists function, argument,
mistake and sentence, :data:`EXCUSED` why a function is left out.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import GeneratorType

import torch
from torch import nn
from wrong_rows import CHAPTERS, DATA, MODELS, PROBES, RECORD, ROWS, TRAINING, TRANSFER
from wrong_values import (
    CLASSES,
    COUNT,
    CPU,
    dataset,
    floats,
    network,
    normaliser,
    numbers,
    pictures,
    result,
    split,
)

from utils.models.networks import build
from utils.models.surgery import blocks_of
from utils.probes.surfaces import draw_plane
from utils.record.weights import Trained
from utils.training.distributed import Workers
from utils.training.fine_tuning import WAYS
from utils.training.recipes import recipe

VALID: dict[str, Callable[[], object]] = {
    "answers": lambda: torch.rand(COUNT, CLASSES),
    "batch": lambda: 4,
    "batch_size": lambda: 4,
    "block": lambda: blocks_of(network())[0],
    "blocks": lambda: [1],
    "captions": lambda: list("abcdefgh"),
    "centre": lambda: dict(network().named_parameters()),
    "changes": list,
    "channels": lambda: 3,
    "classes": lambda: CLASSES,
    "config": lambda: recipe("fast", epochs=1, batch_size=4),
    "count": lambda: 2,
    "data": dataset,
    "dataset": dataset,
    "deleted": lambda: [1],
    "depth": lambda: 14,
    "device": lambda: CPU,
    "digests": list,
    "direction": lambda: torch.rand(4, 3),
    "distances": lambda: (0.1,),
    "draws": lambda: 2,
    "enlarge": lambda: "pad",
    "evaluate": lambda: lambda net: (0.0,),
    "extra": lambda: 1,
    "factor": lambda: 2.0,
    "flip": lambda: True,
    "gates": lambda: [1.0, 1.0, 1.0],
    "given": numbers,
    "head_rate": lambda: 0.1,
    "how": lambda: "he",
    "images": pictures,
    "inner": lambda: blocks_of(network())[0],
    "inputs": floats,
    "kinds": lambda: nn.ReLU,
    "label": lambda: 1,
    "labels": numbers,
    "layers": dict,
    "make": lambda: lambda module: module,
    "mean": lambda: torch.zeros(1),
    "loops": lambda: {"fast": "resnet-8"},
    "name": lambda: "small",
    "net": network,
    "network": lambda: "resnet-8",
    "networks": lambda: {"one": result()},
    "module": network,
    "normaliser": normaliser,
    "optimiser": lambda: None,
    "order": lambda: [1, 2, 3],
    "out_channels": lambda: 4,
    "out_shape": lambda: (4, 8, 8),
    "plane": lambda: draw_plane(network(), 0),
    "point": lambda: (0.0, 0.0),
    "precision": lambda: "fp32",
    "prefix": lambda: "small",
    "probabilities": lambda: torch.rand(COUNT, CLASSES),
    "result": result,
    "results": dict,
    "rounds": lambda: 2,
    "steps": lambda: 2,
    "rows": lambda: [[(0.0, 0.0)]],
    "run": lambda: {"final": {"confident_mistakes": []}},
    "sd": lambda: torch.ones(1),
    "seed": lambda: 0,
    "sha256": str,
    "size": lambda: 8,
    "split": split,
    "stage": lambda: "layer1",
    "stride": lambda: 1,
    "survival": lambda: 0.5,
    "test": split,
    "train": split,
    "trained": lambda: Trained(network(), normaliser(), {}),
    "truth": lambda: torch.rand(3, 3),
    "weight": lambda: torch.rand(4, 3),
    "when": lambda: bool,
    "workers": lambda: Workers(0, 1, CPU),
    "x": floats,
}
"""For each name of an argument something that is right."""

ALSO: dict[str, dict[str, Callable[[], object]]] = {
    f"{DATA}augment.Normaliser.__call__": {"self": normaliser},
    f"{DATA}augment.Normaliser.fit": {"how": lambda: "channel"},
    f"{DATA}checked.need_labels": {"classes": lambda: CLASSES},
    f"{DATA}sets.Split.subset": {"self": split},
    f"{DATA}sets.Dataset": {"classes": lambda: tuple("abcd")},
    f"{MODELS}surgery.replace_modules": {"make": lambda: lambda module: module},
    f"{MODELS}wide.WideNet.whiten": {"self": lambda: build("wide-8", CLASSES)},
    f"{MODELS}wide.whiten": {"net": lambda: build("wide-8", CLASSES)},
    f"{PROBES}additions.addition_sizes": {"images": floats},
    f"{TRAINING}muon.Muon": {
        "learning_rate": lambda: 0.1,
        "other_learning_rate": lambda: 0.1,
        "momentum": lambda: 0.6,
    },
    f"{TRAINING}fine_tuning.only_classes": {"classes": lambda: (0, 1)},
    f"{TRAINING}fine_tuning.few_of_each": {"count": lambda: 1, "seed": lambda: 0},
    f"{TRAINING}fine_tuning.set_modes": {"frozen_statistics": lambda: False},
    f"{TRAINING}fine_tuning.fine_tune": {"way": lambda: WAYS["all"], "rate": lambda: 0.1},
    f"{MODELS}given.load_given": {"source": dict},
    f"{MODELS}given.inspect_given": {"source": dict},
    f"{MODELS}heads.find_head": {"name": lambda: None},
    f"{MODELS}heads.find_first_convolution": {"name": lambda: None},
    f"{PROBES}diagnosis.diagnose": {"images": floats},
    f"{PROBES}kept.predicted_kept": {"shape": lambda: (2, 3, 16, 16)},
    f"{PROBES}kept.measured_kept": {"images": floats},
    f"{PROBES}memory.predicted": {"shape": lambda: (2, 3, 16, 16)},
    f"{PROBES}memory.measured": {"images": floats, "optimiser": lambda: torch.optim.Adam},
    f"{PROBES}memory.ways_to_save": {"images": floats},
    f"{PROBES}memory.largest_batch": {"shape": lambda: (3, 16, 16), "budget": lambda: 2**20},
    f"{TRANSFER}train_epoch": {
        "images": floats,
        "optimiser": lambda: torch.optim.SGD(network().parameters()),
    },
    f"{TRANSFER}refresh_statistics": {"images": floats},
    f"{TRANSFER}evaluate": {"images": floats},
}
"""What a function takes besides, where a name means something else than elsewhere."""

STEP = "runs in every step, and PyTorch refuses; train, predict and the probes say it in words"
FIGURE = "draws recorded or computed numbers, which no reader makes"
ALGEBRA = "matrices of a toy chain that the chapter builds itself; PyTorch refuses shapes"
HANDED_ON = "bundles what functions of this book have made"
EXCUSED: dict[str, str] = {
    f"{CHAPTERS}gradient_norms.figures": FIGURE,
    f"{CHAPTERS}gradient_norms.numbers": FIGURE,
    f"{CHAPTERS}playground.numbers.Ten": FIGURE,
    f"{CHAPTERS}loss_surfaces.figures": FIGURE,
    f"{CHAPTERS}loss_surfaces.grids.restricted_hessian": FIGURE,
    f"{CHAPTERS}loss_surfaces.grids.bends_down": FIGURE,
    f"{CHAPTERS}loss_surfaces.grids.share_bending_down": FIGURE,
    f"{CHAPTERS}loss_surfaces.recorded": FIGURE,
    f"{CHAPTERS}residual_math.plots": FIGURE,
    f"{CHAPTERS}time_to_accuracy.today.singular_value_figure": FIGURE,
    f"{DATA}augment.Augmenter.apply": "takes places and draws of its own draw, in every step",
    "utils.display.figures.draw_range": FIGURE,
    f"{RECORD}step_parts.Clock": "gives clocks to parts of a trainer, which has checked them",
    "utils.files.records.pack": "writes numbers of any shape",
    "utils.machine.devices.widened": "widens numbers of any shape",
    "utils.miniatures.jacobians": ALGEBRA,
    "utils.miniatures.linear.descend": ALGEBRA,
    "utils.miniatures.linear.tangent_spread": ALGEBRA,
    "utils.miniatures.playground": "builds its own networks; test_playground gives others",
    "utils.miniatures.playground_seeds.Together.__call__": STEP,
    "utils.miniatures.variance": ALGEBRA,
    f"{MODELS}blocks.PadShortcut.forward": STEP,
    f"{MODELS}blocks.Layer": HANDED_ON,
    f"{MODELS}blocks.Block": STEP,
    f"{MODELS}blocks.BasicBlock": STEP,
    f"{MODELS}blocks.PreActivationBlock": STEP,
    f"{MODELS}blocks.ChannelAffine": STEP,
    f"{MODELS}blocks.Bottleneck": STEP,
    f"{MODELS}checked.kind_of": "names any module",
    f"{MODELS}checked.explained": "has tests of its own, test_checked_networks",
    f"{MODELS}checked.reason_of": "has tests of its own, test_checked_networks",
    f"{MODELS}networks.ResNet": STEP,
    f"{MODELS}networks.SimpleCNN": STEP,
    f"{MODELS}wide.Widen": STEP,
    f"{MODELS}wide.SingleBlock": STEP,
    f"{MODELS}wide.WideNet.forward": STEP,
    f"{MODELS}stochastic_depth.StochasticBlock.branch": STEP,
    f"{MODELS}stochastic_depth.StochasticBlock.forward": STEP,
    f"{PROBES}lesions.SilentBlock.forward": STEP,
    f"{PROBES}onnx_export.Graph": "writes one node; gated_graph has looked at the network",
    f"{PROBES}path_gradients.Tape": HANDED_ON,
    f"{PROBES}path_gradients.shares": HANDED_ON,
    f"{PROBES}readings.Readings": HANDED_ON,
    f"{PROBES}readings.norm": "a norm of numbers of any shape",
    f"{PROBES}strangers.need_plain_normalisation": "has tests of its own, test_strangers",
    f"{DATA}checked.dtype_name": "names numbers of any shape",
    f"{DATA}folder.from_arrays": "has tests of its own, test_folder",
    f"{DATA}splitting.duplicate_groups": HANDED_ON,
    "utils.files.foreign.Foreign": HANDED_ON,
    f"{MODELS}heads.End": HANDED_ON,
    f"{MODELS}heads.classes_of": HANDED_ON,
    f"{MODELS}matching": HANDED_ON,
    "utils.practice.ward": "judges a reader's repair, whatever it is; test_clinic_repairs",
    "utils.practice.watched": "watches a reader's repair, whatever it is; test_clinic_watched",
    f"{PROBES}checks": "what does not fit is the finding itself, test_diagnosis",
    f"{PROBES}diagnosis": "what does not fit is the finding itself, test_diagnosis",
    f"{PROBES}kept.keeping": "has tests of its own, test_memory",
    f"{PROBES}kept.Layers": HANDED_ON,
    f"{PROBES}memory.bytes_of": "counts numbers of any shape",
    f"{PROBES}slips": "asks a published network wrongly, on purpose",
    f"{PROBES}surfaces.Plane": HANDED_ON,
    f"{PROBES}testing": "takes pairs of inputs and labels; has tests of its own, test_testing",
    f"{TRAINING}fine_tuning.start": HANDED_ON,
    f"{RECORD}fine_tuning": "a task of the recorder, called with what it made itself",
    f"{RECORD}weights": HANDED_ON,
    f"{TRAINING}distributed.Workers.sum": "adds numbers of any shape",
    f"{TRAINING}distributed.GlobalBatchNorm2d.forward": STEP,
    f"{TRAINING}trainer.TrainResult": HANDED_ON,
    f"{TRAINING}trainer.Trainer.train_step": STEP,
}
"""By function, class or module, and why."""


def excuse(name: str) -> str | None:
    """The key of :data:`EXCUSED` that covers a function without a row."""
    parts = name.split(".")
    whole = [".".join(parts[:count]) for count in range(len(parts), 0, -1)]
    return next((key for key in whole if key in EXCUSED), None)


def resolved(name: str) -> Callable:
    """A function, class or method by its qualified name."""
    parts, count = name.split("."), len(name.split("."))
    while True:
        try:
            thing = importlib.import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            count -= 1
            continue
        for part in parts[count:]:
            thing = getattr(thing, part)
        return thing


def provoke(name: str, argument: str, wrong: object) -> None:
    """Call a function with everything right but one argument, and begin what it returns."""
    function, also = resolved(name), ALSO.get(name, {})
    arguments = {
        parameter.name: {**VALID, **also}[parameter.name]()
        for parameter in inspect.signature(function).parameters.values()
        if parameter.name != argument
        and (parameter.name in also or parameter.default is parameter.empty)
        and parameter.kind is not parameter.VAR_KEYWORD
    }
    begun = function(**arguments, **{argument: wrong})
    if isinstance(begun, GeneratorType):
        next(begun)
    elif isinstance(begun, AbstractContextManager):
        with begun:
            pass


CASES = [
    (name, argument, make, sentence)
    for name, arguments in ROWS.items()
    for argument, wrongs in arguments.items()
    for make, sentence in wrongs
]
"""Function, argument, what makes the wrong value, and the sentence as a pattern."""
