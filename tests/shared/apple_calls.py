"""Calls a function of utils with everything on the stand-in for Apple's GPU.

Answers "does this run there?" for every public function of the probes and of training that takes a
network, with the arguments that :mod:`wrong_inputs` knows to be right. :data:`EXCUSED` says why a
function is left out.
"""

from __future__ import annotations

import copy
import dataclasses
import inspect
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from apple import STAND_IN, apple_gpu
from public_functions import NETWORKS, found
from torch import Tensor, nn
from wrong_inputs import ALSO, VALID, resolved
from wrong_values import floats, network, numbers

from utils.data.augment import Normaliser
from utils.models.blocks import conv_layers
from utils.probes.readings import measured_layers
from utils.probes.surfaces import classification
from utils.training.distributed import Workers
from utils.training.fine_tuning import WAYS

PACKAGES = ("utils.probes.", "utils.training.")
PROBES, TRAINING = PACKAGES
OWN_STEP = "a layer's own step, which the functions that run a network go through"
EXCUSED = {
    f"{PROBES}memory.ways_to_save": "PyTorch has no mixed precision for the stand-in",
    f"{PROBES}onnx_export.Graph.block": "gated_graph refuses a network that is not on the CPU",
    f"{PROBES}onnx_export.Graph.convolution": "the same",
    f"{PROBES}onnx_export.Graph.normalisation": "the same",
    f"{PROBES}onnx_export.Graph.shortcut": "the same",
    f"{PROBES}onnx_export.gated_graph": "writes from the CPU, and says so: net.cpu()",
    f"{PROBES}slips.answers": "asks a published network, which the chapter keeps on the CPU",
    f"{PROBES}strangers.need_plain_normalisation": "looks at kinds, and reads no numbers",
    f"{TRAINING}trainer.TrainResult": "bundles what training has made",
}


def pair() -> tuple[Tensor, Tensor]:
    """Inputs and labels."""
    return floats(), numbers()


LEARNER = {"images": floats, "steps": lambda: 1}
EXTRA: dict[str, dict[str, Callable[[], object]]] = {
    f"{PROBES}checks": {"images": floats},
    f"{PROBES}diagnosis.diagnose": LEARNER,
    f"{PROBES}diagnosis.overfit_one_batch": LEARNER,
    f"{PROBES}diagnosis.sweep": {"images": floats},
    f"{PROBES}kept.keeping": {"images": floats},
    f"{PROBES}layers.macs_of": {"layer": lambda: conv_layers(network())[0]},
    f"{PROBES}strangers.need_measurable": {"layers": lambda: measured_layers(network())},
    f"{PROBES}surfaces.evaluate_rows": {
        "evaluate": lambda: classification(there(floats()), there(numbers()))
    },
    f"{PROBES}testing": {"training": pair, "testing": pair},
    f"{TRAINING}fine_tuning.start": {"pretrained": network, "way": lambda: WAYS["all"]},
    f"{TRAINING}fine_tuning.fine_tune": {"batch_size": lambda: 4, "steps": lambda: 2},
}
"""By function or module: what it takes in the place of, or besides, what the other list knows."""


def names() -> list[str]:
    """Every public function of the two packages that takes a network and is not excused."""
    return [name for name in listed() if name not in EXCUSED]


def listed() -> Iterator[str]:
    """The same with those that are excused."""
    return (name for name in found(NETWORKS) if name.startswith(PACKAGES))


def there(value: object) -> object:
    """A value with all its numbers on the stand-in; a network is copied."""
    match value:
        case Tensor():
            return value.to(STAND_IN)
        case nn.Module():
            return copy.deepcopy(value).to(STAND_IN)
        case Normaliser():
            return Normaliser(value.mean.to(STAND_IN), value.sd.to(STAND_IN))
        case Workers():
            return dataclasses.replace(value, device=STAND_IN)
        case dict():
            return {key: there(part) for key, part in value.items()}
        case tuple() if not hasattr(value, "_fields"):
            return tuple(there(part) for part in value)
    if dataclasses.is_dataclass(value):
        parts = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        moved = {name: there(part) for name, part in parts.items() if holds_numbers(part)}
        return dataclasses.replace(value, **moved)
    return value


def holds_numbers(value: object) -> bool:
    """Whether a field of a bundle has to move with it."""
    return isinstance(value, Tensor | nn.Module | Normaliser | dict)


def call_there(name: str) -> object:
    """What a function gives with everything on the stand-in; what it returns is begun."""
    function = resolved(name)
    module = name.rpartition(".")[0]
    makers = {**VALID, **ALSO.get(name, {}), **EXTRA.get(module, {}), **EXTRA.get(name, {})}
    special = ALSO.get(name, {}).keys() | EXTRA.get(name, {}).keys()
    with apple_gpu():
        arguments = {
            parameter.name: there(makers[parameter.name]())
            for parameter in inspect.signature(function).parameters.values()
            if parameter.kind is not parameter.VAR_KEYWORD
            and (parameter.default is parameter.empty or parameter.name in special)
        }
        given = function(**arguments)
        if isinstance(given, AbstractContextManager):
            with given:
                pass
        elif isinstance(given, Iterator):
            return list(given)
    return given
