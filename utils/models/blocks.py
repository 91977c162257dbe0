"""The parts a residual network is made of: convolutions, shortcuts, blocks.

Answers "what exactly is added to what?" and hands its blocks to :mod:`utils.models.networks`.
Module names (``conv1``, ``bn1``, ``downsample``) are torchvision's, so that its weights load.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from utils.data.checked import need_images
from utils.models.checked import kind_of, need_network


def conv3x3(in_channels: int, out_channels: int, stride: int = 1) -> nn.Conv2d:
    """3x3 convolution that keeps height and width at stride 1.

    No bias: the batch normalisation that follows has its own and would cancel it.
    """
    return nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)


def conv1x1(in_channels: int, out_channels: int, stride: int = 1) -> nn.Conv2d:
    """1x1 convolution: mixes channels at one position, without bias."""
    return nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)


def pad_shortcut(x: Tensor, out_channels: int, stride: int) -> Tensor:
    """Option A shortcut: subsample space, pad new channels with zeros.

    Carries no parameters, so a plain and a residual net of the same depth
    have equal counts (He et al. 2016a, section 3.3, option A).

    Args:
        x: activations, float (N, C, H, W).
        out_channels: channels of the branch to add to, at least C.
        stride: spatial step of that branch, 1 or 2.

    Returns:
        float (N, out_channels, ceil(H / stride), ceil(W / stride)).

    Raises:
        ValueError: if ``out_channels`` is smaller than C; a shortcut that
            drops channels needs a projection (option B), or x has not four axes.
    """
    if not isinstance(x, Tensor) or x.ndim != 4:
        need_images(x, channels=None, dtype=None, name="x")
    missing = out_channels - x.shape[1]
    if missing < 0:
        raise ValueError(
            f"option A cannot shrink {x.shape[1]} channels to {out_channels}; use option B"
        )
    x = x[:, :, ::stride, ::stride]
    return F.pad(x, (0, 0, 0, 0, missing // 2, missing - missing // 2))


def conv_layers(net: nn.Module) -> list[nn.Conv2d]:
    """Every convolution of a network, in the order it was built.

    Raises:
        TypeError: not a network.
    """
    need_network(net)
    return [module for module in net.modules() if isinstance(module, nn.Conv2d)]


class PadShortcut(nn.Module):
    """:func:`pad_shortcut` as a module without parameters."""

    def __init__(self, out_channels: int, stride: int) -> None:
        super().__init__()
        self.out_channels = out_channels
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        return pad_shortcut(x, self.out_channels, self.stride)

    def extra_repr(self) -> str:
        return f"out_channels={self.out_channels}, stride={self.stride}"


SHORTCUTS = {
    "A": "identity; zero-padding where the shape changes (He et al. 2016a, section 3.3)",
    "B": "identity; 1x1 projection where the shape changes",
    "C": "1x1 projection at every block",
    "3x3": "identity; 3x3 convolution where the shape changes (a habit of tutorials)",
}


def make_shortcut(
    option: str | None, in_channels: int, out_channels: int, stride: int
) -> nn.Module | None:
    """The shortcut of one block.

    Args:
        option: a key of :data:`SHORTCUTS`, or None for a plain block.
        in_channels: channels of the block's input.
        out_channels: channels of the branch's output.
        stride: spatial step of the branch.

    Returns:
        A module from float (N, in_channels, H, W) to the branch's output shape:
        an ``nn.Identity`` when nothing has to change (except for option C). None for None.

    Raises:
        ValueError: unknown option, with the known ones.
    """
    if option is None:
        return None
    if option not in SHORTCUTS:
        raise ValueError(f"unknown shortcut option {option!r}; choose from {sorted(SHORTCUTS)}")
    same_shape = stride == 1 and in_channels == out_channels
    if same_shape and option != "C":
        return nn.Identity()
    if option == "A":
        return PadShortcut(out_channels, stride)
    conv = conv3x3 if option == "3x3" else conv1x1
    return nn.Sequential(conv(in_channels, out_channels, stride), nn.BatchNorm2d(out_channels))


class Layer(NamedTuple):
    """One convolution of a branch.

    Attributes:
        name: its path, from the block or the network that was asked.
        convolution: the module.
        normalisation: what takes the convolution's output and normalises it: batch normalisation,
            or the :class:`ChannelAffine` in its place. None where the output goes elsewhere.
    """

    name: str
    convolution: nn.Conv2d
    normalisation: nn.Module | None


class Block(nn.Module):
    """What all blocks share: y = ReLU(F(x) + x), or ReLU(F(x)) when plain.

    A subclass builds the layers of F, sets ``downsample`` to its shortcut or to None, computes F
    in ``branch`` and tells in ``behind`` which normalisation takes each convolution's output.
    With ``ends_in_relu = False`` nothing stands behind the addition.
    """

    downsample: nn.Module | None
    ends_in_relu = True
    behind: tuple[tuple[str, str | None], ...]

    def layers(self) -> list[Layer]:
        """The convolutions of F in the order of the forward pass; the shortcut is not F.

        A normalisation that was taken out, so that an identity stands in its place, is None.
        """
        return [
            Layer(name, self.get_submodule(name), self._normalisation(follower))
            for name, follower in self.behind
        ]

    def _normalisation(self, name: str | None) -> nn.Module | None:
        found = None if name is None else self.get_submodule(name)
        return None if isinstance(found, nn.Identity) else found

    def branch(self, x: Tensor) -> Tensor:
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        out = self.branch(x)
        if self.downsample is not None:
            out += self.downsample(x)
        return F.relu(out, inplace=True) if self.ends_in_relu else out


def need_block(block: nn.Module, name: str = "block") -> None:
    """Refuse what is not a block of this book, or one that wraps such a block.

    Args:
        block: what was given.
        name: what the caller calls it.

    Raises:
        TypeError: says where such blocks come from.
    """
    need_network(block, name)
    if not callable(getattr(block, "layers", None)) or not hasattr(block, "downsample"):
        raise TypeError(
            f"{name} is {kind_of(block)}; give a block of utils.models.blocks, for example "
            'blocks_of(build("resnet-20"))[0]'
        )


class BasicBlock(Block):
    """Two 3x3 convolutions and a shortcut: y = ReLU(F(x) + x) (He et al. 2016a, figure 2).

    With ``shortcut=None`` the same layers without the addition: a plain block.

    Args:
        in_channels: channels of the input.
        width: channels of both convolutions and of the output.
        stride: spatial step of the first convolution.
        shortcut: a key of :data:`SHORTCUTS`, or None for a plain block.
        stride_on: "3x3", which both convolutions are; the bottleneck block has a choice.

    Raises:
        ValueError: ``stride_on`` names a convolution that is not here.
    """

    expansion = 1
    behind = (("conv1", "bn1"), ("conv2", "bn2"))

    def __init__(
        self,
        in_channels: int,
        width: int,
        stride: int,
        shortcut: str | None,
        stride_on: str = "3x3",
    ) -> None:
        super().__init__()
        if stride_on != "3x3":
            raise ValueError(
                f"{type(self).__name__} has 3x3 convolutions only, so stride_on must be '3x3', "
                f"not {stride_on!r}; a Bottleneck steps elsewhere"
            )
        self.conv1 = conv3x3(in_channels, width, stride)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = conv3x3(width, width)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = make_shortcut(shortcut, in_channels, width, stride)

    def branch(self, x: Tensor) -> Tensor:
        """The residual function F: float (N, C, H, W) -> (N, width, H / stride, W / stride)."""
        out = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return self.bn2(self.conv2(out))


class PreActivationBlock(BasicBlock):
    """Normalise and activate before each convolution: y = F(x) + x (He et al. 2016b, figure 1b).

    Nothing stands behind the addition, so a signal passes a whole stage on the shortcuts alone.
    Where the shape changes, the shortcut of option A takes x itself. The paper's projections take
    the activated x (appendix there) and are not built here.
    Arguments and layers are those of :class:`BasicBlock`; only ``bn1`` is as wide as the input.

    Raises:
        ValueError: a shortcut other than option A, or ``stride_on`` as there.
    """

    ends_in_relu = False
    behind = (("conv1", "bn2"), ("conv2", None))

    def __init__(
        self,
        in_channels: int,
        width: int,
        stride: int,
        shortcut: str | None,
        stride_on: str = "3x3",
    ) -> None:
        if shortcut not in ("A", None):
            raise ValueError(
                f"a pre-activation block is built with shortcut 'A' or None, not {shortcut!r}"
            )
        super().__init__(in_channels, width, stride, shortcut, stride_on)
        self.bn1 = nn.BatchNorm2d(in_channels)

    def branch(self, x: Tensor) -> Tensor:
        """The residual function F: float (N, C, H, W) -> (N, width, H / stride, W / stride)."""
        out = self.conv1(F.relu(self.bn1(x)))
        return self.conv2(F.relu(self.bn2(out), inplace=True))


class ChannelAffine(nn.Module):
    """What is left of batch normalisation without the statistics: a scale and a shift a channel.

    Takes the place of ``nn.BatchNorm2d`` with as many parameters, from the same values (1 and
    0), so that a comparison changes the normalisation and nothing else.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """float (N, C, H, W), same shape back."""
        return x * self.weight[:, None, None] + self.bias[:, None, None]


class Bottleneck(Block):
    """1x1 reduces, 3x3 works, 1x1 restores; then the addition (He et al. 2016a, figure 5).

    Args:
        in_channels: channels of the input.
        width: channels of the 3x3 convolution; the output has four times as many.
        stride: spatial step of the block.
        shortcut: a key of :data:`SHORTCUTS`, or None for a plain block.
        stride_on: which convolution steps: "1x1" as in the authors' Caffe files (v1)
            or "3x3" as in torchvision (v1.5).

    Raises:
        ValueError: if ``stride_on`` is neither.
    """

    expansion = 4
    behind = (("conv1", "bn1"), ("conv2", "bn2"), ("conv3", "bn3"))

    def __init__(
        self,
        in_channels: int,
        width: int,
        stride: int,
        shortcut: str | None,
        stride_on: str = "3x3",
    ) -> None:
        super().__init__()
        if stride_on not in ("1x1", "3x3"):
            raise ValueError(f"stride_on must be '1x1' (v1) or '3x3' (v1.5), not {stride_on!r}")
        out_channels = width * self.expansion
        first, second = (stride, 1) if stride_on == "1x1" else (1, stride)
        self.conv1 = conv1x1(in_channels, width, first)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = conv3x3(width, width, second)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = conv1x1(width, out_channels)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.downsample = make_shortcut(shortcut, in_channels, out_channels, stride)

    def branch(self, x: Tensor) -> Tensor:
        """The residual function F: float (N, C, H, W) -> (N, 4 width, H / stride, W / stride)."""
        out = F.relu(self.bn1(self.conv1(x)), inplace=True)
        out = F.relu(self.bn2(self.conv2(out)), inplace=True)
        return self.bn3(self.conv3(out))
