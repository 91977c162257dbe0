"""Networks, refused at once when a function was not made for them, and PyTorch's errors in words.

Answers "does this network fit these images, and if not, what do I change?". What can be seen from
outside is looked at before anything runs; what only a forward pass shows is told when it fails.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.dropout import _DropoutNd

from utils.data.checked import described, dtype_name, need

SHORT = (torch.float16, torch.bfloat16)
CHANNELS_MESSAGE = re.compile(r"input\[.*?\] to have (\d+) channels, but got (\d+) channels")
UNNUMBERED_MESSAGE = re.compile(r"^Invalid channel dimensions")
"""What PyTorch says of channels on the meta device."""
LINEAR_MESSAGE = re.compile(r"shapes cannot be multiplied \(\d+x(\d+) and (\d+)x\d+\)")
TOO_SMALL_MESSAGE = re.compile(
    r"Kernel size can't be greater than actual input size|[Oo]utput size is too small"
)
ONE_VALUE_MESSAGE = re.compile(r"Expected more than 1 value per channel when training")
NO_VALUES_MESSAGE = re.compile(r"meta tensor|data-dependent|Tensor\.item\(\)", re.IGNORECASE)


def kind_of(module: nn.Module) -> str:
    """Name of a module's class, with its own module where it is not of this book."""
    kind = type(module)
    return kind.__name__ if kind.__module__.startswith("utils.") else _full_name(kind)


def _full_name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__name__}"


def need_network(net: nn.Module, name: str = "net") -> None:
    """Refuse what is not a network.

    Raises:
        TypeError: a class, a name, a state_dict, a result that holds a network, or anything else;
            says what to write instead.
    """
    if isinstance(net, nn.Module):
        return
    if isinstance(net, type):
        raise TypeError(f"{name} is {net!r}; pass a network, for example Net() and not Net")
    if isinstance(net, str):
        advice = f"build it: build({net!r})"
    elif isinstance(net, Mapping):
        advice = f"if it is a state_dict, build the network and call {name}.load_state_dict(...)"
    elif isinstance(getattr(net, "net", None), nn.Module):
        advice = "pass the network that it holds: .net"
    else:
        advice = "pass a network, an object of a class that derives from torch.nn.Module"
    need(net, nn.Module, name, advice)


def need_trainable(net: nn.Module) -> None:
    """Refuse a network that an optimiser cannot move, or only in 16 bits.

    Raises:
        TypeError: not a network.
        ValueError: every weight is frozen or there is none; or weights in 16 bits, in which a
            small step is rounded away.
    """
    need_network(net)
    moving = [p for p in net.parameters() if p.requires_grad]
    if not moving:
        raise ValueError(
            f"no parameter of {kind_of(net)} can move; call net.requires_grad_(True), or give a "
            "network with weights"
        )
    for name, parameter in net.named_parameters():
        if parameter.requires_grad and parameter.dtype in SHORT:
            raise ValueError(
                f"{name} is stored in {dtype_name(parameter)}, where small "
                "steps are rounded away; call net.float(): the recipe's precision decides in "
                "which arithmetic it trains"
            )


def need_evaluating(net: nn.Module) -> None:
    """Refuse a network in which one image's answer depends on chance or on the other images.

    Raises:
        TypeError: not a network.
        ValueError: names the layer.
    """
    need_network(net)
    for name, module in net.named_modules():
        if isinstance(module, (_NormBase, _DropoutNd)) and module.training:
            raise ValueError(f"{name} is in training mode; call net.eval() first")


def need_logits(logits: object, count: int) -> None:
    """Refuse what a network returned unless it is one row of logits an image, (N, K).

    Raises:
        TypeError: a tuple, a dictionary or the like.
        ValueError: another shape.
    """
    if not isinstance(logits, Tensor):
        raise TypeError(
            f"what the network returns is {described(logits)}; wrap it in a network that returns "
            "the logits alone"
        )
    if logits.ndim != 2 or len(logits) != count:
        raise ValueError(
            f"the network returns {tuple(logits.shape)} for {count} images; it must return one "
            "row of logits for each, (N, classes): pool and flatten before the last layer"
        )


@contextmanager
def explained(net: nn.Module, inputs: Tensor) -> Iterator[None]:
    """Say in words why a forward pass inside the block fails, where the reason is known.

    Costs nothing while it succeeds, and never refuses what PyTorch computes.

    Args:
        net: the network that runs.
        inputs: what it gets, float (N, C, H, W).

    Raises:
        ValueError: channels, size, dtype, device or number of images that the network cannot
            take. Any other error passes unchanged.
    """
    try:
        yield
    except (RuntimeError, ValueError, NotImplementedError) as error:
        reason = reason_of(error, net, inputs)
        if reason is None:
            raise
        raise ValueError(reason) from error


def reason_of(error: Exception, net: nn.Module, inputs: Tensor) -> str | None:
    """What is wrong between a network and its inputs, from PyTorch's error; None if not known."""
    if isinstance(error, torch.OutOfMemoryError):
        return None
    message, shape = str(error), tuple(inputs.shape)
    if found := CHANNELS_MESSAGE.search(message):
        return _of_channels(int(found[1]), int(found[2]), shape)
    if UNNUMBERED_MESSAGE.search(message):
        first = next((m for m in net.modules() if isinstance(m, nn.Conv2d)), None)
        return first and _of_channels(first.in_channels, shape[1], shape)
    if found := LINEAR_MESSAGE.search(message):
        return (
            f"a linear layer of the network expects {found[2]} numbers an image and gets "
            f"{found[1]}: inputs are {shape}, and the network was made for another size; resize "
            "them, or pool to a fixed size before that layer: nn.AdaptiveAvgPool2d"
        )
    if TOO_SMALL_MESSAGE.search(message):
        return (
            f"inputs of {shape[-2]} x {shape[-1]} are too small for this network: nothing is left "
            "of them after its strides; enlarge them, or take away a stride"
        )
    if ONE_VALUE_MESSAGE.search(message):
        return (
            f"batch normalisation has one value a channel, inputs are {shape}; give at least two "
            "images in training mode, or call net.eval()"
        )
    if inputs.is_meta and NO_VALUES_MESSAGE.search(message):
        return (
            f"{kind_of(net)} asks for values in its forward pass, and shapes alone are passed "
            "through it here; this network cannot be counted"
        )
    return _of_place(net, inputs)


def _of_channels(expected: int, given: int, shape: tuple[int, ...]) -> str:
    if len(shape) != 4 or shape[1] != given or given == expected:
        return (
            "a convolution inside the network gets another number of channels than it expects; "
            "the network's own layers do not fit together"
        )
    said = f"the network expects {expected} channels, and inputs {shape} have {given}"
    if shape[3] == expected:
        return f"{said}: channels last; call .permute(0, 3, 1, 2)"
    if given == 1:
        return f"{said}; repeat the grey values: .repeat(1, {expected}, 1, 1)"
    if expected == 1:
        return f"{said}; average them: .mean(1, keepdim=True), or build it for {given} channels"
    return f"{said}; build the network for {given} channels, or replace its first convolution"


def _of_place(net: nn.Module, inputs: Tensor) -> str | None:
    weights = [p for p in net.parameters() if p.is_floating_point()]
    for weight in weights:
        if weight.device != inputs.device:
            return (
                f"a weight of the network is on {weight.device} and the inputs are on "
                f"{inputs.device}; move both: net.to(device), inputs.to(device)"
            )
    for weight in weights:
        if weight.dtype != inputs.dtype and not torch.is_autocast_enabled(inputs.device.type):
            return (
                f"the network computes in {dtype_name(weight)} and the inputs are "
                f"{dtype_name(inputs)}; call net.float(), or give both the same dtype"
            )
    return None
