"""The images: CIFAR-10 when it can be had, handwritten digits when it cannot.

Answers "what do the networks see, and is it what everybody else saw?". Images stay uint8;
:mod:`utils.data.augment` turns them into batches. Where CIFAR-10 and CIFAR-100 come from is the
business of :mod:`utils.data.cifar`, and a reader's own pictures that of :mod:`utils.data.folder`.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from utils.data import cifar, cifar10, cifar100
from utils.data.checked import (
    described,
    need,
    need_images,
    need_labels,
    need_one_device,
    need_tensor,
)

HALF_CIFAR10_SHA256 = "18ae2e074103fb80a4e164ecd46037efb874e46f465cfabade40acdd138e1d44"
HELD_BACK_CIFAR10_SHA256 = "9274526c24459f5bf0c02965905a780be134014d8873e295120e2a72372a46df"


@dataclass(frozen=True)
class Split:
    """Images uint8 (N, 3, H, W) and labels int64 (N,) on one device.

    Raises:
        TypeError: images or labels that are not tensors.
        ValueError: another shape, dtype or length, labels below 0, or two devices; see
            :mod:`utils.data.checked`.
    """

    images: Tensor
    labels: Tensor

    def __post_init__(self) -> None:
        need_images(self.images)
        need_labels(self.labels, count=len(self.images))
        need_one_device({"images": self.images, "labels": self.labels})

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device | str) -> "Split":
        return Split(self.images.to(device), self.labels.to(device))

    def subset(self, index: Tensor | slice) -> "Split":
        """The images and labels at some places.

        Args:
            index: a slice, places int64 (M,), or bool (N,) that says which to take.

        Raises:
            TypeError: one place alone, which would take the axis of the batch away.
            ValueError: a tensor of another kind; numbers of 8 bits would be taken for a mask.
        """
        need(index, (slice, Tensor), "index", "give a slice or a tensor, for example slice(100)")
        if isinstance(index, Tensor) and (
            index.ndim != 1 or index.dtype not in (torch.int64, torch.int32, torch.bool)
        ):
            raise ValueError(
                f"index is {described(index)}; give places int64 (M,) or a mask bool (N,)"
            )
        return Split(self.images[index], self.labels[index])


@dataclass(frozen=True)
class Dataset:
    """Two splits, the class names, and one hash that says exactly which pixels these are.

    Raises:
        TypeError: something else than a :class:`Split`.
        ValueError: a label that no class has.
    """

    name: str
    classes: tuple[str, ...]
    train: Split
    test: Split
    sha256: str

    def __post_init__(self) -> None:
        for name, split in (("train", self.train), ("test", self.test)):
            need_split(split, name)
            need_labels(split.labels, len(self.classes))

    def to(self, device: torch.device | str) -> "Dataset":
        return replace(self, train=self.train.to(device), test=self.test.to(device))


def need_split(split: Split, name: str = "split") -> None:
    """Refuse what is not a :class:`Split`.

    Raises:
        TypeError: says what to write instead; a whole data set has two of them.
    """
    if isinstance(split, Dataset):
        raise TypeError(f"{name} is a data set; pass one of its splits: .train or .test")
    need(split, Split, name, "pass utils.data.Split(images, labels)")


def need_dataset(data: Dataset, name: str = "data") -> None:
    """Refuse what is not a :class:`Dataset`.

    Raises:
        TypeError: says how to get one.
    """
    advice = 'pass a data set, for example utils.data.load("digits") or utils.data.Dataset(...)'
    need(data, Dataset, name, advice)


def image_digest(image: Tensor, label: int) -> bytes:
    """SHA-256 of one uint8 (3, H, W) image, row by row as RGB, followed by its label.

    The label is one byte, and two from class 256 on, the higher one first.

    Raises:
        TypeError: the image is not a tensor.
        ValueError: another shape or dtype, or a label that does not fit into two bytes.
    """
    need_tensor(image, "image")
    if image.dtype is not torch.uint8 or image.ndim != 3 or image.shape[0] != 3:
        need_images(image[None], name="image[None]")  # 60,000 calls: looked at closely if wrong
    if not 0 <= label < 2**16:
        raise ValueError(f"label {label} does not fit into two bytes; number the classes from 0")
    pixels = image.permute(1, 2, 0).contiguous().cpu().numpy().tobytes()
    return hashlib.sha256(pixels + label.to_bytes(1 if label < 256 else 2, "big")).digest()


def dataset_hash(train: Split, test: Split) -> str:
    """SHA-256 of all pixels and labels, independent of the order within each split.

    Each image is hashed with its label, the hashes of a split are sorted, and the two sorted
    lists are hashed together. Two copies of a data set agree exactly when this string does.

    Raises:
        TypeError: not a :class:`Split`.
    """
    need_split(train, "train")
    need_split(test, "test")
    total = hashlib.sha256()
    for name, split in (("train", train), ("test", test)):
        total.update(name.encode())
        digests = (
            image_digest(image, int(label))
            for image, label in zip(split.images, split.labels, strict=True)
        )
        for digest in sorted(digests):
            total.update(digest)
    return total.hexdigest()


def _to_split(images: np.ndarray, labels: np.ndarray) -> Split:
    channels_first = torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))
    return Split(channels_first, torch.from_numpy(labels.astype(np.int64)))


def _splits(source: cifar.Source) -> tuple[Split, Split, Path]:
    """Training and test images of an official archive, and the folder they were read from."""
    folder = cifar.find_or_download(source)
    train = _to_split(*cifar.read_parts(folder, tuple(source.train)))
    test = _to_split(*cifar.read_parts(folder, tuple(source.test)))
    return train, test, folder


@cache
def _load_cifar10() -> Dataset:
    train, test, folder = _splits(cifar10.SOURCE)
    found = dataset_hash(train, test)
    if found != cifar10.PIXELS_SHA256:
        raise cifar.DataError(
            f"the CIFAR-10 in {folder} is not the official one (hash {found[:12]}..., expected "
            f"{cifar10.PIXELS_SHA256[:12]}...); remove that folder, or point "
            f"{cifar.FOLDER_VARIABLE} to a good copy"
        )
    return Dataset("cifar10", cifar10.CLASSES, train, test, found)


@cache
def _load_cifar100() -> Dataset:
    """CIFAR-100 with its fine labels; see :mod:`utils.data.cifar100` for what is checked."""
    train, test, folder = _splits(cifar100.SOURCE)
    classes = len(cifar100.CLASSES)
    for split, kind in ((train, "train"), (test, "test")):
        counts = torch.bincount(split.labels, minlength=classes).tolist()
        expected = cifar100.IMAGES_PER_CLASS[kind]
        if counts != [expected] * classes:
            raise cifar.DataError(
                f"the CIFAR-100 in {folder} is not the official one ({kind} has not {expected} "
                f"images of each of {classes} classes); remove its two parts to fetch them anew, "
                f"or point {cifar.FOLDER_VARIABLE} to a good copy"
            )
    return Dataset("cifar100", cifar100.CLASSES, train, test, dataset_hash(train, test))


@cache
def _load_digits() -> Dataset:
    """scikit-learn's 1,797 scans of handwritten digits, brought to 3 x 32 x 32.

    8 x 8 grey values 0..16 are scaled to 0..255, enlarged four times (bilinear) and repeated
    in three channels. Every fifth image is for testing: 1,438 train, 359 test.
    """
    from sklearn.datasets import load_digits

    digits = load_digits()
    grey = torch.from_numpy(digits.images).float()[:, None] * (255 / 16)
    large = torch.nn.functional.interpolate(grey, scale_factor=4, mode="bilinear")
    images = large.round().clamp(0, 255).to(torch.uint8).repeat(1, 3, 1, 1)
    labels = torch.from_numpy(digits.target.astype(np.int64))
    is_test = torch.arange(len(labels)) % 5 == 4
    train, test = Split(images[~is_test], labels[~is_test]), Split(images[is_test], labels[is_test])
    return Dataset(
        "digits", tuple(str(d) for d in range(10)), train, test, dataset_hash(train, test)
    )


def halve(images: Tensor) -> Tensor:
    """Mean of each 2 x 2 pixels, rounded: uint8 (N, C, H, W) -> uint8 (N, C, H / 2, W / 2).

    Raises:
        TypeError: not a tensor.
        ValueError: another shape or dtype, or an odd side, whose last pixels would be dropped.
    """
    need_images(images, channels=None)
    if images.shape[2] % 2 or images.shape[3] % 2:
        height, width = images.shape[2:]
        raise ValueError(f"images of {height} x {width} have no half; crop them to even sides")
    parts = [avg_pool2d(part.float(), 2).round().to(torch.uint8) for part in images.split(4096)]
    return torch.cat(parts)


def half_size(whole: Dataset) -> Dataset:
    """The same images at half the height and width: a quarter of the work for a convolution.

    Raises:
        TypeError: not a :class:`Dataset`.
    """
    need_dataset(whole, "whole")
    train, test = (Split(halve(split.images), split.labels) for split in (whole.train, whole.test))
    name = f"{whole.name}-{train.images.shape[-1]}"
    return Dataset(name, whole.classes, train, test, dataset_hash(train, test))


@cache
def _load_half_cifar10() -> Dataset:
    half = half_size(_load_cifar10())
    if half.sha256 != HALF_CIFAR10_SHA256:
        raise cifar.DataError(
            f"halved CIFAR-10 has hash {half.sha256[:12]}..., expected "
            f"{HALF_CIFAR10_SHA256[:12]}...: this PyTorch rounds the mean of four pixels "
            "differently, and results would not compare; install the versions of requirements.lock"
        )
    return half


@cache
def _load_half_digits() -> Dataset:
    return half_size(_load_digits())


def held_back(whole: Dataset, count: int) -> Dataset:
    """The training images alone, the last ``count`` of them as judges in place of the test images.

    For choosing a recipe: what was chosen with the test images has seen them.

    Raises:
        TypeError: not a :class:`Dataset`.
        ValueError: a count that leaves nothing to train on or nothing to judge by.
    """
    need_dataset(whole, "whole")
    images = len(whole.train)
    if not 0 < count < images:
        raise ValueError(f"count must be from 1 to {images - 1}, not {count}")
    train = whole.train.subset(slice(images - count))
    judges = whole.train.subset(slice(images - count, None))
    name = f"{whole.name}-held-back"
    return Dataset(name, whole.classes, train, judges, dataset_hash(train, judges))


@cache
def _load_cifar10_held_back() -> Dataset:
    return held_back(_load_cifar10(), 5_000)


DATASETS: dict[str, Callable[[], Dataset]] = {
    "cifar10": _load_cifar10,
    "cifar10-held-back": _load_cifar10_held_back,
    "cifar10-16": _load_half_cifar10,
    "cifar100": _load_cifar100,
    "digits": _load_digits,
    "digits-16": _load_half_digits,
}


def load(name: str = "auto") -> Dataset:
    """Load a data set by name, once a process.

    Args:
        name: "cifar10" (found or downloaded and checked), "digits" (no network needed), either
            with "-16" for half the height and width, "cifar10-held-back" (its training images
            alone, the last 5,000 as judges), "cifar100" (as CIFAR-10, with its hundred
            fine classes), or "auto": CIFAR-10 if this machine already has it, else the digits.
            For pictures of your own see :func:`utils.data.load_folder`.

    Returns:
        A :class:`Dataset` of uint8 images on the CPU, 3 x 32 x 32, or 3 x 16 x 16 as named.

    Raises:
        ValueError: unknown name.
        utils.data.DataError: the archive could not be had, or is damaged; says what to do.
    """
    if name == "auto":
        offline = os.environ.get("RESNET_BOOK_OFFLINE") == "1"
        name = "cifar10" if not offline and cifar.find(cifar10.SOURCE) is not None else "digits"
    if name not in DATASETS:
        raise ValueError(f"unknown data set {name!r}; choose from {['auto', *DATASETS]}")
    return DATASETS[name]()
