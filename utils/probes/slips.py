"""Mistakes that raise no exception: a trained network is asked in a way it was not made for.

Answers "what does it cost to forget the normalisation, or evaluation mode?". Each slip is one
function of few lines, written as people write it by mistake. :mod:`utils.record.slips` prices them
on the test images of CIFAR-10.
"""

import copy
import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from utils.data.augment import Normaliser, centre_crop, stretch
from utils.models.modes import evaluating
from utils.training.precision import autocast
from utils.training.prediction import EVALUATION_BATCH
from utils.training.transfer import WEIGHTS

JPEG_QUALITY = 50


@dataclass(frozen=True)
class Subject:
    """A trained network and the images it is asked about.

    Attributes:
        net: in evaluation mode; maps float (B, 3, H, W) to logits (B, K).
        normaliser: the one it was trained with.
        images: uint8 (N, 3, H, W).
        labels: int64 (N,). Only a slip that sorts the images looks at them.
        precision: "fp32" or "bf16", see :func:`utils.training.precision.autocast`.
    """

    net: nn.Module
    normaliser: Normaliser
    images: Tensor
    labels: Tensor
    precision: str = "fp32"


@dataclass(frozen=True)
class Slip:
    """One way to ask wrongly.

    Attributes:
        name: what was done, for a table.
        answer: the classes that come out, int64 (N,), in the order of the images.
        check: the line that would have caught it; True where all is well.
    """

    name: str
    answer: Callable[[Subject], Tensor]
    check: str


def answers(subject: Subject, inputs: Tensor, net: nn.Module | None = None) -> Tensor:
    """The most probable class of each input in evaluation mode: int64 (N,).

    Args:
        subject: whose network and arithmetic are used.
        inputs: float (N, 3, H, W), as they go into the network.
        net: in the place of the subject's network.
    """
    net = net or subject.net
    with evaluating(net):
        return torch.cat([_classes(subject, net, p) for p in inputs.split(EVALUATION_BATCH)])


@torch.no_grad()
def _classes(subject: Subject, net: nn.Module, inputs: Tensor) -> Tensor:
    with autocast(subject.precision, inputs.device):
        return net(inputs).float().argmax(1)


def rightly(subject: Subject) -> Tensor:
    """No slip: the training's normalisation, evaluation mode."""
    return answers(subject, subject.normaliser(subject.images))


def with_pixels(change: Callable[[Tensor], Tensor]) -> Callable[[Subject], Tensor]:
    """A slip before the normalisation: ``change`` maps uint8 images to uint8 images."""

    def answer(subject: Subject) -> Tensor:
        return answers(subject, subject.normaliser(change(subject.images)))

    return answer


def normalised_by(mean: tuple[float, ...], sd: tuple[float, ...]) -> Callable[[Subject], Tensor]:
    """A slip in the normalisation: the mean and deviation of other images."""

    def answer(subject: Subject) -> Tensor:
        device = subject.images.device
        other = Normaliser(*(torch.tensor(v, device=device).view(1, 3, 1, 1) for v in (mean, sd)))
        return answers(subject, other(subject.images))

    return answer


def undivided(subject: Subject) -> Tensor:
    """Pixels from 0 to 255 go where pixels from 0 to 1 are expected."""
    return answers(subject, _by_hand(subject, subject.images.float()))


def normalised_twice(subject: Subject) -> Tensor:
    """The loader has normalised already, and the evaluation does so once more."""
    return answers(subject, _by_hand(subject, subject.normaliser(subject.images)))


def _by_hand(subject: Subject, values: Tensor) -> Tensor:
    """The normalisation without its checks, which refuse what is not an image."""
    return (values - subject.normaliser.mean) / subject.normaliser.sd


def in_training_mode(batch: int, sort: bool = False) -> Callable[[Subject], Tensor]:
    """``net.eval()`` is forgotten: batch normalisation takes its statistics from the batch.

    Args:
        batch: images in a batch; the last one may be smaller.
        sort: whether the images come class after class, as a folder lists them.
    """

    def answer(subject: Subject) -> Tensor:
        labels = subject.labels
        order = labels.argsort(stable=True) if sort else torch.arange(len(labels))
        net = copy.deepcopy(subject.net).train()
        inputs = subject.normaliser(subject.images[order])
        found = torch.cat([_classes(subject, net, part) for part in inputs.split(batch)])
        return torch.empty_like(found).scatter_(0, order, found)

    return answer


def without_statistics(subject: Subject) -> Tensor:
    """``parameters()`` were copied: running means and variances, being buffers, were not."""
    net = copy.deepcopy(subject.net)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
    return answers(subject, subject.normaliser(subject.images), net)


def without_head(subject: Subject) -> Tensor:
    """``strict=False`` skipped the last layer, whose name differs: it is as it was drawn."""
    net = copy.deepcopy(subject.net)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net.fc.reset_parameters()
    return answers(subject, subject.normaliser(subject.images), net)


def folders_sorted_as_text(subject: Subject) -> Tensor:
    """Folders are called "1" to "10", and "10" is listed after "1"."""
    names = sorted(str(label + 1) for label in range(10))
    read = torch.tensor([int(name) - 1 for name in names], device=subject.images.device)
    return read[rightly(subject)]


def as_jpeg(images: Tensor) -> Tensor:
    """The images after they were saved as JPEG: uint8 (N, 3, H, W)."""
    return torch.stack([_through_jpeg(image) for image in images])


def _through_jpeg(image: Tensor) -> Tensor:
    file = io.BytesIO()
    Image.fromarray(image.permute(1, 2, 0).numpy()).save(file, "JPEG", quality=JPEG_QUALITY)
    return torch.from_numpy(np.array(Image.open(file))).permute(2, 0, 1)


def cut_as_for_imagenet(images: Tensor) -> Tensor:
    """Enlarged by 256/224, and the middle kept: uint8 (N, 3, H, W)."""
    size = images.shape[-1]
    return centre_crop(stretch(images, round(size * 256 / 224)), size)


def enlarged(images: Tensor) -> Tensor:
    """Twice as high and wide: uint8 (N, 3, 2H, 2W)."""
    return stretch(images, 2 * images.shape[-1])


def reshaped(images: Tensor) -> Tensor:
    """Channels last taken for channels first: the bytes stay where they are."""
    return images.permute(0, 2, 3, 1).contiguous().view(images.shape)


def blue_first(images: Tensor) -> Tensor:
    """Blue, green, red, as OpenCV reads a file."""
    return images.flip(1)


def transposed(images: Tensor) -> Tensor:
    """Rows taken for columns, as after a wrong ``permute``."""
    return images.transpose(2, 3)


def mirrored(images: Tensor) -> Tensor:
    """Left and right exchanged: training did the same, so this one is harmless."""
    return images.flip(3)


_IMAGENET = WEIGHTS.transforms()
_LOOK = "plt.imshow(images[0].permute(1, 2, 0))"
_RANGE = "inputs.mean().abs() < 0.5 and 0.5 < inputs.std() < 2"
_SCORE = "abs(accuracy(net, loader) - accuracy_that_was_promised) < 0.01"
_MODE = "not net.training"

SLIPS: dict[str, Slip] = {
    "none": Slip("Everything as in training", rightly, ""),
    "mirrored": Slip("Pictures mirrored", with_pixels(mirrored), _LOOK),
    "imagenet": Slip(
        "Normalised with ImageNet's mean and deviation",
        normalised_by(tuple(_IMAGENET.mean), tuple(_IMAGENET.std)),
        _SCORE,
    ),
    "halves": Slip("Normalised with 0.5 and 0.5", normalised_by((0.5,) * 3, (0.5,) * 3), _SCORE),
    "cut": Slip("Enlarged, and the middle cut out", with_pixels(cut_as_for_imagenet), _LOOK),
    "jpeg": Slip(f"Saved as JPEG of quality {JPEG_QUALITY}", with_pixels(as_jpeg), _LOOK),
    "bgr": Slip("Channels in the order blue, green, red", with_pixels(blue_first), _LOOK),
    "train-100": Slip("Training mode, batches of 100", in_training_mode(100), _MODE),
    "train-4": Slip("Training mode, batches of 4", in_training_mode(4), _MODE),
    "train-sorted": Slip(
        "Training mode, batches of one class", in_training_mode(100, sort=True), _MODE
    ),
    "transposed": Slip("Rows and columns exchanged", with_pixels(transposed), _LOOK),
    "enlarged": Slip(
        "Pictures twice as large",
        with_pixels(enlarged),
        "images.shape[-1] == size_in_training",
    ),
    "unnormalised": Slip("Not normalised", normalised_by((0.0,) * 3, (1.0,) * 3), _RANGE),
    "twice": Slip("Normalised twice", normalised_twice, _RANGE),
    "undivided": Slip("Not divided by 255", undivided, _RANGE),
    "reshaped": Slip("reshape in place of permute", with_pixels(reshaped), _LOOK),
    "statistics": Slip(
        "Weights loaded without running statistics",
        without_statistics,
        "net.load_state_dict(state)",
    ),
    "head": Slip("Last layer left out by strict=False", without_head, "net.load_state_dict(state)"),
    "folders": Slip(
        "Folders 1 to 10 sorted as text", folders_sorted_as_text, "print(dataset.class_to_idx)"
    ),
}
"""All slips by a short key; the first two are harmless."""
