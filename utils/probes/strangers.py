"""Which networks the hooks can read, and why they refuse the others.

Answers "can my network be measured, and if not, what stands in the way?" before the first step.
:mod:`utils.probes.readings` and :mod:`utils.probes.layers` ask; a network of any origin may come.
"""

from collections.abc import Mapping

import torch
from torch import nn
from torch.autograd.graph import Node
from torch.nn.modules.conv import _ConvNd
from torch.nn.parallel import DataParallel, DistributedDataParallel
from torch.nn.parameter import is_lazy

from utils.data.checked import described
from utils.models.checked import kind_of, need_network

ACTIVATIONS = frozenset(
    f"{name}Backward0"
    for name in ("Relu", "LeakyRelu", "Silu", "Gelu", "Elu", "Hardtanh", "Hardswish",
                 "Sigmoid", "Tanh", "Mish", "Softplus")
)  # fmt: skip
"""Operations that a normalisation applies itself when it is one with its activation."""
COMPILED = "OptimizedModule"
UNCOUNTED = (_ConvNd, nn.MultiheadAttention, nn.RNNBase, nn.Bilinear, nn.EmbeddingBag)
"""Layers that multiply; of these only two-dimensional convolutions have a count here."""


def need_bare(net: nn.Module) -> None:
    """Refuse a network behind whose wrapper hooks are not called, or not once a step.

    Raises:
        TypeError: not a network.
        ValueError: names the wrapper and where the network itself is.
    """
    need_network(net)
    if isinstance(net, (DataParallel, DistributedDataParallel)):
        raise ValueError(
            f"net is wrapped in {type(net).__name__}, whose copies the hooks do not see; "
            "give the network inside: net.module"
        )
    if type(net).__name__ == COMPILED:
        raise ValueError(
            "net is compiled, and compiled code may leave hooks out; give the network itself, "
            "before torch.compile: net._orig_mod"
        )
    if getattr(net, "_compiled_call_impl", None) is not None:
        raise ValueError(
            "net.compile() has replaced the network's forward pass, and compiled code may leave "
            "hooks out; measure a network that is not compiled"
        )
    if isinstance(net, torch.jit.ScriptModule):
        raise ValueError(
            "net is a TorchScript module, which has no Python layers left; give the network that "
            "it was made from"
        )


def need_measurable(
    net: nn.Module,
    layers: Mapping[str, nn.Module],
    optimiser: torch.optim.Optimizer | None,
    when: object,
) -> None:
    """Refuse what :func:`utils.probes.readings.measure` cannot read truthfully.

    Args:
        net: the network.
        layers: its convolutions and linear layers by name.
        optimiser: the one that moves it, or None.
        when: says for each step whether it is read.

    Raises:
        TypeError: no network, optimiser or function.
        ValueError: a wrapped network, one without such layers, a layer whose weight is not a
            parameter of its own, or the optimiser of another network.
    """
    need_bare(net)
    if not layers:
        raise ValueError(
            f"{kind_of(net)} has no convolution (Conv2d) and no linear layer, so there is nothing "
            "to read"
        )
    for name, layer in layers.items():
        _need_own_weight(name, layer)
    if not callable(when):
        raise TypeError(
            f"when is {described(when)}; pass a function of the step, such as every(10)"
        )
    if optimiser is None:
        return
    if not isinstance(optimiser, torch.optim.Optimizer):
        raise TypeError(
            f"optimiser is {described(optimiser)}; pass an optimiser of torch.optim, or None"
        )
    moved = {id(p) for group in optimiser.param_groups for p in group["params"]}
    if not any(id(layer.weight) in moved for layer in layers.values()):
        raise ValueError(
            "the optimiser moves no weight of this network; make it from net.parameters() after "
            "the network has its last layers and is on its device"
        )


def _need_own_weight(name: str, layer: nn.Module) -> None:
    weight = layer.weight
    if is_lazy(weight):
        raise ValueError(f"{name} has no weight yet; pass one batch through the network first")
    if not isinstance(weight, nn.Parameter):
        raise ValueError(
            f"the weight of {name} is computed from other parameters (weight or spectral "
            "normalisation, pruning), so its gradient is not kept; take that away first, for "
            "example with torch.nn.utils.parametrize.remove_parametrizations"
        )


def need_plain_normalisation(name: str, module: nn.Module, made_by: Node | None) -> None:
    """Refuse a normalisation that applies its activation itself, as some of timm's do.

    What it hands on is no response before the ReLU any more, and the two cannot be taken apart.

    Args:
        name: the module's path.
        module: the normalisation.
        made_by: the operation that made its output.

    Raises:
        ValueError: names the module.
    """
    if made_by is not None and made_by.name() in ACTIVATIONS:
        raise ValueError(
            f"{name} ({kind_of(module)}) normalises and activates in one module, so a response "
            "before the activation cannot be read; give the activation a module of its own"
        )


def need_countable(net: nn.Module) -> None:
    """Refuse a network with layers whose work :func:`utils.probes.layers.layer_costs` would miss.

    Raises:
        TypeError: not a network.
        ValueError: names the layer, and the function that counts it.
    """
    need_bare(net)
    for name, module in net.named_modules():
        if isinstance(module, UNCOUNTED) and not isinstance(module, nn.Conv2d):
            raise ValueError(
                f"{name} is {kind_of(module)}, whose work is not counted layer by layer; "
                "utils.models.count_macs counts the whole network"
            )
