"""Which tensors wait between the forward pass and the backward pass, by rule and by measurement.

Answers "which layer keeps what?". A table of rules, applied to shapes alone, and PyTorch's own
storage give two lists of :class:`Kept`; :mod:`utils.probes.memory` adds them up.
"""

import contextlib
import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.utils._python_dispatch import TorchDispatchMode

from utils.data.checked import need_inputs, need_labels
from utils.models.checked import need_network
from utils.training.precision import autocast


class Part(NamedTuple):
    """One tensor that an operation keeps for its backward pass.

    Attributes:
        of: "argument", "output", or "copy" of an argument that is about to be overwritten.
        index: which argument or output.
        only_for: the argument whose gradient needs it; None if any does.
    """

    of: str
    index: int
    only_for: int | None = None


INPUT, OUTPUT, COPY = (Part(of, 0) for of in ("argument", "output", "copy"))
BOTH = (Part("argument", 0, only_for=1), Part("argument", 1, only_for=0))
MEAN_AND_SPREAD = (Part("output", 1), Part("output", 2))
WEIGHT = Part("argument", 2)
TRAINING = 5
"""Which argument tells a batch normalisation to use, and keep, the statistics of the batch."""

KEEPS: dict[str, tuple[Part, ...]] = {
    "convolution": BOTH,
    "mul": BOTH,
    "mul_": (Part("copy", 0, only_for=1), Part("argument", 1, only_for=0)),
    "mm": BOTH,
    "bmm": BOTH,
    "addmm": (Part("argument", 1, only_for=2), Part("argument", 2, only_for=1)),
    "native_batch_norm": (
        INPUT,
        Part("argument", 1),
        Part("argument", 3),
        Part("argument", 4),
        *MEAN_AND_SPREAD,
    ),
    "native_layer_norm": (INPUT, WEIGHT, Part("argument", 3), *MEAN_AND_SPREAD),
    "native_group_norm": (INPUT, Part("argument", 1), *MEAN_AND_SPREAD),
    "max_pool2d_with_indices": (INPUT, Part("output", 1)),
    "adaptive_max_pool2d": (INPUT, Part("output", 1)),
    "nll_loss_forward": (INPUT, Part("argument", 1), WEIGHT, Part("output", 1)),
    "_prelu_kernel": (INPUT, Part("argument", 1)),
    **dict.fromkeys(
        ("relu", "relu_", "sigmoid", "sigmoid_", "tanh", "tanh_", "leaky_relu_", "elu_", "exp",
         "sqrt", "rsqrt", "_softmax", "_log_softmax"),
        (OUTPUT,),
    ),
    **dict.fromkeys(
        ("leaky_relu", "elu", "hardtanh", "silu", "gelu", "mish", "softplus", "hardswish",
         "hardsigmoid", "pow", "avg_pool2d", "_adaptive_avg_pool2d", "reflection_pad2d",
         "replication_pad2d"),
        (INPUT,),
    ),
    **dict.fromkeys(("silu_", "hardswish_", "hardtanh_", "mish_"), (COPY,)),
    **dict.fromkeys(
        ("add", "add_", "sub", "sub_", "neg", "mean", "sum", "cat", "clone", "_to_copy",
         "constant_pad_nd", "_unsafe_view", "upsample_nearest2d", "upsample_bilinear2d",
         "roll", "flip", "detach", "empty_like", "new_empty", "zeros_like", "ones_like",
         "as_strided_"),
        (),
    ),
}  # fmt: skip
"""Which operation keeps what, after PyTorch's list of derivatives (``derivatives.yaml``). A
convolution keeps its input for the gradient of its weight; a normalisation keeps its input and the
statistics of the batch; ReLU keeps its output; an addition keeps nothing."""


@dataclass(frozen=True)
class Kept:
    """One tensor kept from the forward pass to the backward pass.

    Attributes:
        layer: path of the module that computes when it is kept; "" is the network itself.
        operation: what keeps it, as PyTorch names it; "" where it was measured.
        shape: its shape.
        bytes: of its storage; 0 if another tensor before has counted the same storage.
    """

    layer: str
    operation: str
    shape: tuple[int, ...]
    bytes: int


def predicted_kept(net: nn.Module, shape: tuple[int, ...]) -> list[Kept]:
    """What the backward pass of cross-entropy keeps, from shapes alone: no arithmetic is done.

    Raises:
        ValueError: an operation that :data:`KEEPS` does not know, or a network that runs on no
            shapes alone; says what to do.
    """
    need_network(net)
    twin = copy.deepcopy(net).to("meta")
    images = torch.empty(shape, device="meta")
    labels = torch.zeros(shape[0], dtype=torch.int64, device="meta")
    ledger = _Ledger(twin)
    try:
        with torch.enable_grad(), ledger.layers.followed(), _Formula(ledger):
            _loss(twin, images, labels)
    except (NotImplementedError, RuntimeError) as error:
        raise ValueError(
            f"the network does not run on shapes alone ({str(error).splitlines()[0]}); "
            "measured_kept runs it on images"
        ) from error
    return ledger.kept


def measured_kept(
    net: nn.Module, images: Tensor, labels: Tensor, precision: str = "fp32"
) -> list[Kept]:
    """What the backward pass of cross-entropy keeps, seen where PyTorch stores it.

    Under autocast the 16-bit copies of the weights are kept as well, and counted. A slice of a
    larger tensor counts as the whole: its storage is what stays.

    Args:
        net: maps ``images`` to logits (N, K); a copy of it computes.
        images: float (N, C, H, W) on the network's device.
        labels: int64 (N,).
        precision: "fp32", or "bf16" or "fp16" for autocast.
    """
    return keeping(copy.deepcopy(net), images, labels, precision)[0]


def _loss(net: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    logits = net(images)
    if not isinstance(logits, Tensor) or logits.ndim != 2 or len(logits) != len(images):
        got = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
        raise ValueError(
            f"the network returns {got} for {len(images)} images; logits (N, classes) are needed: "
            "wrap it in a module that returns them"
        )
    return F.cross_entropy(logits, labels)


def keeping(
    net: nn.Module, images: Tensor, labels: Tensor, precision: str
) -> tuple[list[Kept], Tensor]:
    """One forward pass with cross-entropy on ``net`` itself: what it keeps, and the loss.

    Arguments are those of :func:`measured_kept`. Statistics of batch normalisation move.
    """
    need_network(net)
    need_inputs(images, name="images")
    need_labels(labels, count=len(images))
    ledger = _Ledger(net)

    def pack(tensor: Tensor) -> Tensor:
        ledger.keep("", tensor)
        return tensor

    with (
        torch.enable_grad(),
        ledger.layers.followed(),
        saved_tensors_hooks(pack, lambda tensor: tensor),
        autocast(precision, images.device),
    ):
        loss = _loss(net, images, labels)
    return ledger.kept, loss


class Layers:
    """Which module of a network runs, by its path; "" is the network itself."""

    def __init__(self, net: nn.Module) -> None:
        self.net = net
        self.running = [""]

    @contextlib.contextmanager
    def followed(self) -> Iterator[None]:
        """Inside the block the last of ``running`` is the module that runs."""
        handles = []

        def leave(*_: object) -> None:
            self.running.pop()

        for name, module in self.net.named_modules():

            def enter(*_: object, name: str = name) -> None:
                self.running.append(name)

            handles.append(module.register_forward_pre_hook(enter))
            handles.append(module.register_forward_hook(leave, always_call=True))
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()


class _Ledger:
    """Kept tensors of one forward pass, each storage once, by the layer that runs."""

    def __init__(self, net: nn.Module) -> None:
        self.layers = Layers(net)
        self.kept: list[Kept] = []
        own = (*net.parameters(), *net.buffers())
        self.counted = {tensor.untyped_storage()._cdata for tensor in own}
        self.alive: list[Tensor] = []  # a storage that is gone gives its identity to another

    def keep(self, operation: str, tensor: Tensor, copied: bool = False) -> None:
        """Count a tensor; ``copied`` if PyTorch keeps a copy of it."""
        storage = tensor.untyped_storage()
        if copied:
            size = tensor.numel() * tensor.element_size()
        else:
            size = 0 if storage._cdata in self.counted else storage.nbytes()
            self.counted.add(storage._cdata)
            self.alive.append(tensor)
        layer = self.layers.running[-1]
        self.kept.append(Kept(layer, operation, tuple(tensor.shape), size))


class _Formula(TorchDispatchMode):
    """Applies :data:`KEEPS` to every operation that runs."""

    def __init__(self, ledger: _Ledger) -> None:
        super().__init__()
        self.ledger = ledger

    def __torch_dispatch__(self, operation, _types, arguments=(), keywords=None):
        outputs = operation(*arguments, **(keywords or {}))
        if torch.is_grad_enabled() and any(_needs_gradient(each) for each in arguments):
            self._apply(operation, arguments, outputs)
        return outputs

    def _apply(self, operation, arguments: tuple, outputs: object) -> None:
        name = operation.overloadpacket.__name__
        if name not in KEEPS and not operation.is_view:
            where = self.ledger.layers.running[-1] or "the network itself"
            raise ValueError(
                f"what {name} in {where} keeps is not in the table KEEPS; measured_kept counts it"
            )
        outputs = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
        parts = KEEPS.get(name, ())
        if name == "native_batch_norm" and not arguments[TRAINING]:
            parts = [part for part in parts if part not in MEAN_AND_SPREAD]
        for part in parts:
            if part.only_for is not None and not _needs_gradient(arguments[part.only_for]):
                continue
            source = outputs if part.of == "output" else arguments
            tensor = source[part.index] if part.index < len(source) else None
            if isinstance(tensor, Tensor):
                self.ledger.keep(name, tensor, copied=part.of == "copy")


def _needs_gradient(value: object) -> bool:
    if isinstance(value, (tuple, list)):
        return any(_needs_gradient(each) for each in value)
    return isinstance(value, Tensor) and value.requires_grad


def by_layer(kept: Iterable[Kept]) -> dict[str, int]:
    """Bytes that each layer is the first to keep, in the order they run."""
    totals: dict[str, int] = {}
    for each in kept:
        totals[each.layer] = totals.get(each.layer, 0) + each.bytes
    return totals
