"""The networks of the book, each from one description.

Answers "which network is this?": every model has a name, and :func:`build` makes it.
A plain and a residual net differ in one field of their :class:`Architecture`.
"""

import re
from dataclasses import asdict, dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from utils.models.blocks import (
    SHORTCUTS,
    BasicBlock,
    Bottleneck,
    ChannelAffine,
    PreActivationBlock,
    conv3x3,
)
from utils.models.initialise import INITIALISATIONS, initialise
from utils.models.modes import evaluating
from utils.models.surgery import block_names, replace_modules
from utils.models.wide import WideNet

CIFAR_DEPTHS = (8, 14, 20, 32, 44, 56, 110, 1202)
BLOCKS = {
    "basic": BasicBlock,
    "bottleneck": Bottleneck,
    "pre-activation": PreActivationBlock,
}
NORMS = ("batch", "affine")


@dataclass(frozen=True)
class Architecture:
    """A plain or residual network in one line.

    Attributes:
        blocks: number of blocks in each stage; the first block of every later stage halves
            height and width.
        widths: channels inside the blocks of each stage.
        block: "basic" (two 3x3), "bottleneck" (1x1, 3x3, 1x1) or "pre-activation" (two 3x3,
            each behind its normalisation and ReLU).
        residual: False removes every shortcut and nothing else.
        shortcut: a key of :data:`utils.models.blocks.SHORTCUTS`.
        stem: "cifar" (3x3) or "imagenet" (7x7 stride 2, then 3x3 max pool stride 2).
        stride_on: convolution of a bottleneck that steps, "1x1" (v1) or "3x3" (v1.5); other
            blocks know "3x3" only.
        init: a key of :data:`utils.models.initialise.INITIALISATIONS`.
        num_classes: size of the output.
        norm: "batch", or "affine": the scales and shifts of batch normalisation without it.

    Raises:
        ValueError: unknown norm.
    """

    blocks: tuple[int, ...]
    widths: tuple[int, ...] = (16, 32, 64)
    block: str = "basic"
    residual: bool = True
    shortcut: str = "A"
    stem: str = "cifar"
    stride_on: str = "3x3"
    init: str = "he"
    num_classes: int = 10
    norm: str = "batch"

    def __post_init__(self) -> None:
        if self.norm not in NORMS:
            raise ValueError(f"norm must be one of {NORMS}, not {self.norm!r}")

    def described(self) -> dict:
        """Plain values for a hash.

        A field that is younger than the first records is left out at its default, which leaves
        their hashes as they are.
        """
        values = asdict(self)
        if self.norm == "batch":
            del values["norm"]
        return values


class ResNet(nn.Module):
    """The network an :class:`Architecture` describes, plain or residual.

    Input float (N, 3, H, W), output logits float (N, num_classes). Global average pooling
    before the last layer makes it accept any H and W its strides can divide.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        stem_width = architecture.widths[0]
        if architecture.stem == "cifar":
            self.conv1 = conv3x3(3, stem_width)
            self.maxpool: nn.Module = nn.Identity()
        else:
            self.conv1 = nn.Conv2d(3, stem_width, 7, stride=2, padding=3, bias=False)
            self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.bn1 = nn.BatchNorm2d(stem_width)

        channels = stem_width
        self.stages: list[str] = []
        for index, (count, width) in enumerate(
            zip(architecture.blocks, architecture.widths, strict=True)
        ):
            stage, channels = self._stage(channels, width, count, stride=1 if index == 0 else 2)
            self.stages.append(f"layer{index + 1}")
            self.add_module(self.stages[-1], stage)
        if architecture.block == "pre-activation":
            # The stem has activated already, and nothing has activated after the last addition
            # (He et al. 2016b, appendix).
            self.get_submodule(self.stages[0])[0].bn1 = nn.Identity()
            self.bn2 = nn.BatchNorm2d(channels)
        self.fc = nn.Linear(channels, architecture.num_classes)
        initialise(self, architecture.init)
        if architecture.norm == "affine":
            replace_modules(self, nn.BatchNorm2d, lambda norm: ChannelAffine(norm.num_features))

    def _stage(
        self, in_channels: int, width: int, count: int, stride: int
    ) -> tuple[nn.Sequential, int]:
        block = BLOCKS[self.architecture.block]
        shortcut = self.architecture.shortcut if self.architecture.residual else None
        layers = []
        for index in range(count):
            step = stride if index == 0 else 1
            layers.append(block(in_channels, width, step, shortcut, self.architecture.stride_on))
            in_channels = width * block.expansion
        return nn.Sequential(*layers), in_channels

    def forward(self, x: Tensor) -> Tensor:
        out = self.stem(x)
        for stage in self.stages:
            out = self.get_submodule(stage)(out)
        return self.head(out)

    def stem(self, x: Tensor) -> Tensor:
        """What comes before the first block: float (N, 3, H, W) to (N, C, H', W')."""
        return self.maxpool(F.relu(self.bn1(self.conv1(x)), inplace=True))

    def head(self, h: Tensor) -> Tensor:
        """What comes after the last block: float (N, C, H, W) to logits (N, num_classes)."""
        if self.architecture.block == "pre-activation":
            h = F.relu(self.bn2(h), inplace=True)
        return self.fc(F.adaptive_avg_pool2d(h, 1).flatten(1))


class SimpleCNN(nn.Module):
    """Two 5x5 convolutions, each with batch normalisation, ReLU and 2x2 max pooling; one
    linear layer. Input float (N, 3, 32, 32), output logits float (N, num_classes).

    The baseline that many tutorials set beside a ResNet: 34,634 parameters at ten classes.
    The linear layer expects 8x8 maps, which 32x32 images give; other maps are pooled to 8x8.
    """

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        self.layer1 = self._layer(3, 16)
        self.layer2 = self._layer(16, 32)
        self.fc = nn.Linear(32 * 8 * 8, num_classes)

    @staticmethod
    def _layer(in_channels: int, out_channels: int) -> nn.Sequential:
        return nn.Sequential(
            nn.Conv2d(in_channels, out_channels, kernel_size=5, padding=2),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=2, stride=2),
        )

    def forward(self, x: Tensor) -> Tensor:
        maps = self.layer2(self.layer1(x))
        return self.fc(F.adaptive_avg_pool2d(maps, 8).flatten(1))


def cifar_architecture(
    depth: int, kind: str = "residual", shortcut: str = "A", num_classes: int = 10
) -> Architecture:
    """The paper's CIFAR family of 6n + 2 weighted layers (He et al. 2016a, section 4.2).

    Args:
        depth: 6n + 2 for a whole n of at least 1: 8, 14, 20, 32, 44, 56, 110, 1202...
        kind: "residual" or "plain".
        shortcut: option A, B or C, or "3x3"; without meaning for a plain net.
        num_classes: size of the output.

    Raises:
        ValueError: for a depth off the family or an unknown kind.
    """
    n, rest = divmod(depth - 2, 6)
    if rest or n < 1:
        raise ValueError(f"depth must be 6n + 2 (8, 14, 20, 32, 44, 56, 110...), not {depth}")
    if kind not in ("plain", "residual"):
        raise ValueError(f"kind must be 'plain' or 'residual', not {kind!r}")
    return Architecture((n, n, n), residual=kind == "residual", shortcut=shortcut,
                        num_classes=num_classes)  # fmt: skip


def cifar_bottleneck_architecture(
    depth: int, shortcut: str = "A", num_classes: int = 10
) -> Architecture:
    """Bottleneck blocks on 32-pixel images: 9n + 2 weighted layers, three stages of n blocks.

    The 3x3 convolutions have 16, 32 and 64 channels, the block outputs four times as many. The
    first 1x1 takes the stride (v1), which makes the MACs those of the basic net with as many
    blocks, to within a few percent. The paper has no such net; this book uses it to compare.

    Args:
        depth: 9n + 2 for a whole n of at least 1: 11, 20, 29...
        shortcut: option A, B or C.
        num_classes: size of the output.

    Raises:
        ValueError: for a depth off the family.
    """
    n, rest = divmod(depth - 2, 9)
    if rest or n < 1:
        raise ValueError(f"depth must be 9n + 2 (11, 20, 29, 38...), not {depth}")
    return Architecture((n, n, n), block="bottleneck", shortcut=shortcut, stride_on="1x1",
                        num_classes=num_classes)  # fmt: skip


def cifar_net(
    depth: int, kind: str = "residual", shortcut: str = "A", num_classes: int = 10
) -> ResNet:
    """Build a net of :func:`cifar_architecture`: ``cifar_net(20, "plain")``."""
    return ResNet(cifar_architecture(depth, kind, shortcut, num_classes))


IMAGENET = {
    18: ("basic", (2, 2, 2, 2)),
    34: ("basic", (3, 4, 6, 3)),
    50: ("bottleneck", (3, 4, 6, 3)),
    101: ("bottleneck", (3, 4, 23, 3)),
    152: ("bottleneck", (3, 8, 36, 3)),
}


def imagenet_architecture(
    depth: int, version: str = "v1.5", shortcut: str = "B", num_classes: int = 1000
) -> Architecture:
    """The paper's ImageNet family (He et al. 2016a, table 1).

    Args:
        depth: 18, 34, 50, 101 or 152.
        version: "v1" puts the stride of a bottleneck on its first 1x1 convolution, as the
            authors' Caffe files do; "v1.5" on the 3x3, as torchvision does. With basic blocks
            both are the same network.
        shortcut: option A, B or C. Torchvision uses B everywhere.
        num_classes: size of the output.

    Raises:
        ValueError: for a depth or version that does not exist.
    """
    if depth not in IMAGENET:
        raise ValueError(f"depth must be one of {sorted(IMAGENET)}, not {depth}")
    if version not in ("v1", "v1.5"):
        raise ValueError(f"version must be 'v1' or 'v1.5', not {version!r}")
    block, blocks = IMAGENET[depth]
    return Architecture(
        blocks,
        widths=(64, 128, 256, 512),
        block=block,
        shortcut=shortcut,
        stem="imagenet",
        stride_on="1x1" if (block, version) == ("bottleneck", "v1") else "3x3",
        num_classes=num_classes,
    )


def imagenet_net(
    depth: int, version: str = "v1.5", shortcut: str = "B", num_classes: int = 1000
) -> ResNet:
    """Build a net of :func:`imagenet_architecture`: ``imagenet_net(50, "v1")``."""
    return ResNet(imagenet_architecture(depth, version, shortcut, num_classes))


SOURCE_RESNET = replace(cifar_architecture(14, shortcut="3x3"), init="pytorch")

NAME_PATTERN = re.compile(
    r"(?P<kind>plain|resnet|preact|bottleneck)-(?P<depth>\d+)(?:-(?P<option>\w+))?"
)
WIDE_PATTERN = re.compile(r"wide-(?P<depth>\d+)(?P<plain>-plain)?(?:-(?P<init>he))?")
OPTIONS = {
    **{name: {"shortcut": name} for name in SHORTCUTS},
    **{name: {"init": name} for name in INITIALISATIONS if name not in ("he", "fixup")},
    "affine": {"norm": "affine"},
    "fixup": {"norm": "affine", "init": "fixup"},
}


def _described(kind: str, depth: int, num_classes: int) -> Architecture:
    """The architecture a name without an option stands for."""
    if kind == "bottleneck":
        return cifar_bottleneck_architecture(depth, num_classes=num_classes)
    basic = cifar_architecture(
        depth, "plain" if kind == "plain" else "residual", num_classes=num_classes
    )
    return replace(basic, block="pre-activation") if kind == "preact" else basic


def build(name: str, num_classes: int = 10) -> nn.Module:
    """Make a CIFAR-size model from its name.

    Names: ``simple-cnn``; ``source-resnet-14`` (the source documents' net: 3x3 shortcuts,
    PyTorch's default initialisation); ``plain-20``; ``resnet-20`` (option A); ``preact-20``
    (pre-activation blocks); ``bottleneck-11``; ``wide-8`` and, without shortcuts,
    ``wide-8-plain`` (:mod:`utils.models.wide`). What differs from these comes last:
    ``resnet-20-B`` (another shortcut option), ``plain-56-dirac`` and ``wide-8-he`` (another
    initialisation), ``plain-56-affine`` (no normalisation), ``resnet-56-fixup`` (none, and
    Fixup's start).

    Raises:
        ValueError: unknown name, with examples of known ones, Fixup's start without shortcuts, or
            a pre-activation net with another shortcut than option A.
    """
    if name == "simple-cnn":
        return SimpleCNN(num_classes)
    if name == "source-resnet-14":
        return ResNet(replace(SOURCE_RESNET, num_classes=num_classes))
    if (wide := WIDE_PATTERN.fullmatch(name)) is not None:
        init = wide["init"] or "dirac"
        return WideNet(int(wide["depth"]), wide["plain"] is None, num_classes, init=init)
    match = NAME_PATTERN.fullmatch(name)
    if match is None or (match["option"] or "A") not in OPTIONS:
        raise ValueError(
            f"unknown model {name!r}; try 'simple-cnn', 'source-resnet-14', 'plain-20', "
            "'resnet-20' or 'resnet-20-B' (any depth 6n + 2, shortcut A, B, C or 3x3), "
            "'preact-20', 'bottleneck-11' (any depth 9n + 2), 'wide-8', or an ending of "
            f"{', '.join(option for option in OPTIONS if option not in SHORTCUTS)}"
        )
    if match["kind"] == "plain" and match["option"] == "fixup":
        raise ValueError("fixup sets whole branches to zero; without shortcuts nothing is left")
    if match["kind"] == "preact" and match["option"] in ("B", "C", "3x3"):
        raise ValueError(f"{name!r}: pre-activation nets are built with shortcut A only")
    described = _described(match["kind"], int(match["depth"]), num_classes)
    return ResNet(replace(described, **OPTIONS[match["option"] or "A"]))


def stage_shapes(net: ResNet, size: int) -> dict[str, tuple[int, ...]]:
    """Output shape (C, H, W) of the stem and of each stage for a ``size`` x ``size`` image.

    Raises:
        TypeError: not a network.
        ValueError: a network without stages, as those of others are.
    """
    block_names(net)
    shapes: dict[str, tuple[int, ...]] = {}
    names = ["maxpool", *net.stages]
    hooks = [
        net.get_submodule(name).register_forward_hook(
            lambda _module, _args, out, name=name: shapes.update({name: tuple(out.shape[1:])})
        )
        for name in names
    ]
    try:
        with torch.no_grad(), evaluating(net):
            net(torch.zeros(1, 3, size, size))
    finally:
        for hook in hooks:
            hook.remove()
    return {"stem": shapes.pop("maxpool"), **shapes}
