"""Numbers that are counted on networks and layers.

Answers "how large, how much work?".
"""

from __future__ import annotations

import re
from functools import cache

import torch
from torch import nn

from utils.models.counting import count_macs, count_parameters
from utils.models.networks import build, imagenet_net
from utils.practice.values.expressions import value
from utils.probes.layers import layer_costs

IMAGENET = re.compile(r"imagenet-(\d+)(?:-(v1|v1\.5))?(?:-([ABC]))?")


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


@value
def intensity(inputs: int, outputs: int, kernel: int, size: int, groups: int = 1) -> float:
    """Operations for each byte of a convolution in float32 that keeps its ``size`` x ``size``
    maps, one image: see :meth:`utils.probes.layers.LayerCost.intensity`."""
    layer = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, groups=groups, bias=False)
    (cost,) = layer_costs(nn.Sequential(layer), size, channels=inputs)
    return cost.intensity()
