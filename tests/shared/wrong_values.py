"""What learners give by mistake, by kind, with a pattern of the sentence that must answer it.

Answers "which mistakes are there?". :mod:`wrong_inputs` says which function may get which of them.
"""

from __future__ import annotations

from functools import cache

import torch
import torchvision
from torch import nn

from utils.data.augment import Normaliser
from utils.data.sets import Dataset, Split
from utils.models.blocks import PadShortcut
from utils.models.networks import SimpleCNN, build
from utils.training.trainer import EpochRecord, TrainResult

COUNT, CLASSES, SIDE = 8, 4, 16
CPU = torch.device("cpu")


def pictures() -> torch.Tensor:
    """Bytes (8, 3, 16, 16)."""
    return torch.randint(
        0, 256, (COUNT, 3, SIDE, SIDE), generator=torch.Generator().manual_seed(0)
    ).byte()


def floats() -> torch.Tensor:
    """What a network takes, float (8, 3, 16, 16)."""
    return (pictures().float() - 128) / 64


def numbers() -> torch.Tensor:
    """Labels 0 to 3, int64 (8,)."""
    return torch.arange(COUNT) % CLASSES


def split() -> Split:
    return Split(pictures(), numbers())


def dataset() -> Dataset:
    return Dataset("small", tuple("abcd"), split(), split(), "")


@cache
def network() -> nn.Module:
    return build("resnet-8", CLASSES).eval()


def normaliser() -> Normaliser:
    return Normaliser.fit(pictures(), "channel")


def result() -> TrainResult:
    return TrainResult(network(), [EpochRecord(1, 1, 1, 1, 1, 1, 1)], normaliser(), "fp32")


NETWORK = [
    (lambda: SimpleCNN, r"pass a network, for example Net\(\) and not Net"),
    (lambda: "resnet-20", r"is 'resnet-20'; build it: build\('resnet-20'\)"),
    (lambda: network().state_dict(), r"if it is a state_dict, build the network and call"),
    (result, r"pass the network that it holds: \.net"),
    (lambda: None, r"is None; pass a network"),
]
STRANGER = [
    (
        lambda: torchvision.models.resnet18(),
        r"torchvision\.models\.resnet\.ResNet (has no blocks|is not of)",
    )
]
BYTES = [
    (lambda: pictures().permute(0, 2, 3, 1), r"channels last; call .*\.permute\(0, 3, 1, 2\)"),
    (
        lambda: pictures()[:, 0],
        r"grey images need an axis of channels: .*\[:, None\]\.repeat\(1, 3, 1, 1\)",
    ),
    (lambda: pictures()[:, :1], r"repeat the grey values: .*\.repeat\(1, 3, 1, 1\)"),
    (lambda: pictures()[0], r"this is one image, so add the axis of the batch: .*\[None\]"),
    (lambda: pictures() / 255, r"between 0 and 1; multiply by 255 and make them uint8"),
    (floats, r"as after normalisation; give the bytes themselves"),
    (lambda: pictures().long(), r"are int64, and bytes are needed"),
    (
        lambda: pictures().numpy(),
        r"is a NumPy array|are a NumPy array|make a tensor of it: torch\.from_numpy",
    ),
    (lambda: list(pictures()), r"make one tensor of it: torch\.stack"),
]
ANY_CHANNELS = [case for case in BYTES if "repeat" not in case[1] and "permute" not in case[1]]
AXES = [
    (lambda: floats()[:, 0], r"grey images need an axis of channels"),
    (lambda: floats().flatten(1), r"if each row is one image, give it its sides"),
    (lambda: floats().numpy(), r"torch\.from_numpy"),
]
FLOATS = [
    (pictures, r"are bytes from 0 to 255.*normalise them first"),
    (lambda: pictures().long(), r"are int64, and floating-point numbers are needed"),
    (lambda: [1.0, 2.0], r"make one tensor of it: torch\.tensor"),
]
INPUTS = [*AXES, *FLOATS[:2]]
LABELS = [
    (lambda: numbers()[:, None], r"have the shape \(8, 1\).*labels\.squeeze\(1\)"),
    (lambda: nn.functional.one_hot(numbers()), r"these are one-hot rows: labels\.argmax\(1\)"),
    (lambda: numbers().float(), r"labels are float32; make them int64: labels\.long\(\)"),
    (lambda: numbers().int(), r"labels are int32; make them int64"),
    (lambda: numbers() - 1, r"labels run from -1 to 2, and classes are counted from 0"),
    (lambda: numbers().tolist(), r"make one tensor of it: torch\.tensor\(labels\)"),
]
COUNTED = [
    *LABELS,
    (lambda: numbers()[1:], r"8 images but 7 labels; give one label for each image"),
]
FROM_ONE = (lambda: numbers() + 1, r"labels run from 1 to 4 and .* 4 classes; subtract 1")
ANSWERS = [
    (lambda: torch.rand(COUNT, 2), r"have 2 columns but labels run to 3"),
    (lambda: torch.rand(COUNT), r"one row an image and one column a class"),
    (lambda: torch.rand(COUNT - 1, CLASSES), r"7 images but 8 labels"),
]
SPLIT = [
    (dataset, r"is a data set; pass one of its splits: \.train or \.test"),
    (lambda: (pictures(), numbers()), r"pass utils\.data\.Split\(images, labels\)"),
]
DATASET = [
    (split, r"is of the kind Split; pass a data set"),
    (lambda: "digits", r"is 'digits'; pass a data set"),
]
BLOCK = [
    (
        lambda: torchvision.models.resnet18().layer1[0],
        r"BasicBlock; give a block of utils\.models\.blocks",
    ),
    (lambda: PadShortcut, r" is .*pass a network, for example Net\(\)"),
]
BOOK = [*NETWORK, *STRANGER]
