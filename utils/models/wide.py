"""A wide residual network of few layers, for much accuracy in few minutes.

Answers "which network learns fastest?". The layers follow the networks of the speed races (Page
2018; Jordan 2024): a first layer of fixed filters that whitens small patches, then three groups
that widen, halve the image and add blocks with one convolution in their branch.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from utils.data.checked import need_inputs
from utils.models.blocks import Block, conv3x3
from utils.models.checked import kind_of, need_network
from utils.models.initialise import initialise

WIDTHS = (64, 256, 256)
"""Channels of the three groups (Jordan 2024, the network that reaches 94 %)."""
PATCH = 2
"""Height and width of the patches that the first layer whitens."""
LEAST_VARIANCE = 5e-4
"""Added to each variance before it is divided by, so that noise is not blown up."""
SMALL_LOGITS = 1 / 3
"""The last layer's outputs are made smaller by this factor, as in the speed races."""


class Widen(nn.Module):
    """A 3x3 convolution to more channels, then half the height and width: ReLU(BN(pool(conv(x)))).

    Pooling first leaves a quarter of the values to normalise and to activate.
    """

    def __init__(self, in_channels: int, width: int) -> None:
        super().__init__()
        self.conv = conv3x3(in_channels, width)
        self.bn = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        """float (N, C, H, W) -> (N, width, H / 2, W / 2)."""
        return F.relu(self.bn(F.max_pool2d(self.conv(x), 2)), inplace=True)


class SingleBlock(Block):
    """One convolution in the branch: y = ReLU(BN(conv(x)) + x); without the shortcut when plain."""

    behind = (("conv", "bn"),)

    def __init__(self, width: int, residual: bool) -> None:
        super().__init__()
        self.conv = conv3x3(width, width)
        self.bn = nn.BatchNorm2d(width)
        self.downsample = nn.Identity() if residual else None

    def branch(self, x: Tensor) -> Tensor:
        """The residual function F: float (N, width, H, W), same shape back."""
        return self.bn(self.conv(x))


class WideNet(nn.Module):
    """Whitened patches, three groups, the greatest value of each channel, one linear layer.

    Input float (N, 3, H, W) with H and W of at least 9, output logits float (N, num_classes).
    The filters of the first layer do not learn; :meth:`whiten` sets them from images.

    Args:
        depth: layers with weights, 6n + 2: the first, 2n in each group, and the last.
        residual: False takes every shortcut away and nothing else.
        num_classes: size of the output.
        widths: channels of the groups.
        init: how the groups begin, a key of :data:`utils.models.initialise.INITIALISATIONS`.

    Raises:
        ValueError: another depth, or an unknown start.
    """

    def __init__(
        self,
        depth: int = 8,
        residual: bool = True,
        num_classes: int = 10,
        widths: tuple[int, int, int] = WIDTHS,
        init: str = "dirac",
    ) -> None:
        super().__init__()
        n, rest = divmod(depth - 2, 6)
        if n < 1 or rest:
            raise ValueError(f"depth must be 6n + 2, such as 8, 14 or 20, not {depth}")
        filters = 2 * 3 * PATCH**2
        self.residual, self.widths, self.init = residual, widths, init
        self.whitening = nn.Conv2d(3, filters, PATCH)
        self.whitening.weight.requires_grad_(False)
        groups, channels = [], filters
        for width in widths:
            blocks = [SingleBlock(width, residual) for _ in range(2 * n - 1)]
            groups.append(nn.Sequential(Widen(channels, width), *blocks))
            channels = width
        self.groups = nn.Sequential(*groups)
        self.fc = nn.Linear(channels, num_classes, bias=False)
        initialise(self.groups, init)

    @torch.no_grad()
    def whiten(self, inputs: Tensor) -> None:
        """Set the first layer from training images, as :func:`whitening_filters` says.

        Args:
            inputs: normalised, float (N, 3, H, W); a few thousand are enough.
        """
        filters = whitening_filters(inputs)
        self.whitening.weight.copy_(torch.cat([filters, -filters]))
        self.whitening.bias.zero_()

    def described(self) -> dict:
        """Plain values for a hash."""
        blocks = [len(group) - 1 for group in self.groups]
        values = {"residual": self.residual, "widths": list(self.widths), "blocks": blocks}
        # Recorded runs keep their hashes: the usual start is not named.
        return values if self.init == "dirac" else {**values, "init": self.init}

    def forward(self, x: Tensor) -> Tensor:
        """float (N, 3, H, W) -> logits float (N, num_classes)."""
        x = self.groups(F.relu(self.whitening(x), inplace=True))
        return self.fc(x.amax((2, 3))) * SMALL_LOGITS


def whitening_filters(inputs: Tensor) -> Tensor:
    """Filters whose answers to image patches are uncorrelated and vary equally much.

    The rows are the eigenvectors of the covariance of all patches, each divided by the standard
    deviation along it (Page 2018; Jordan 2024, section 3.2).

    Args:
        inputs: float (N, 3, H, W).

    Returns:
        float (12, 3, 2, 2), smallest variance first.

    Raises:
        TypeError: not a tensor.
        ValueError: another shape than (N, 3, H, W), bytes, or images smaller than a patch.
    """
    need_inputs(inputs, channels=3)
    if not len(inputs) or min(inputs.shape[2:]) < PATCH:
        raise ValueError(f"there is no patch of {PATCH} x {PATCH} in {tuple(inputs.shape)} values")
    patches = F.unfold(inputs, PATCH).transpose(1, 2).flatten(0, 1)  # (N (H - 1) (W - 1), 12)
    variances, directions = torch.linalg.eigh(patches.T @ patches / len(patches))
    filters = (directions / (variances + LEAST_VARIANCE).sqrt()).T
    return filters.reshape(-1, 3, PATCH, PATCH)


def whiten(net: nn.Module, inputs: Tensor) -> None:
    """Set the first layer of a network that has one to whiten; see :meth:`WideNet.whiten`.

    Raises:
        TypeError: not a network.
        ValueError: a network without such a layer.
    """
    need_network(net)
    if not callable(getattr(net, "whiten", None)):
        raise ValueError(
            f"{kind_of(net)} has no layer that whitens; leave whiten at False, or take a network "
            'such as build("wide-8")'
        )
    net.whiten(inputs)
