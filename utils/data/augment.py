"""From uint8 images to training batches, whole batches at a time on the device.

Answers "what exactly does the network see in training?": crop, flip, normalise, each drawn
for every image on its own and reproducible from a seed on any device.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from utils.data.checked import need, need_images, need_inputs, need_tensor
from utils.machine.devices import widened

ENLARGE = {
    "none": "no crop: the image as it is",
    "pad": "a margin of zeros, then a crop of the old size (4 pixels: He et al. 2016a, 4.2)",
    "reflect": "a margin that mirrors the image, then a crop of the old size",
    "resize": "stretched over the margin, then a crop of the old size: objects look larger",
}
NORMALISE = {
    "none": "values / 255",
    "pixel-mean": "minus the mean training image (He et al. 2016a, section 4.2)",
    "channel": "minus the mean, over the standard deviation, of each channel",
}
SOURCE_MARGIN = 4
BEFORE_ALL_EPOCHS = -1
"""Number of the epoch whose random numbers say what the first epoch begins with."""


def stretch(images: Tensor, size: int) -> Tensor:
    """Resize uint8 (N, 3, H, W) to (N, 3, size, size), bilinear, rounded to uint8.

    Raises:
        TypeError: not a tensor.
        ValueError: another shape or dtype.
    """
    need_images(images)
    parts = [
        F.interpolate(part.float(), size=(size, size), mode="bilinear").round().to(torch.uint8)
        for part in images.split(4096)
    ]
    return torch.cat(parts)


def centre_crop(images: Tensor, size: int) -> Tensor:
    """The middle ``size`` x ``size`` of (N, C, H, W), of any dtype.

    Raises:
        TypeError: not a tensor.
        ValueError: not four axes, or images smaller than the crop.
    """
    need_images(images, channels=None, dtype=None)
    if min(images.shape[2:]) < size:
        height, width = images.shape[2:]
        raise ValueError(f"images of {height} x {width} have no middle {size} x {size}; stretch")
    top, left = (images.shape[2] - size) // 2, (images.shape[3] - size) // 2
    return images[:, :, top : top + size, left : left + size]


def training_zoom(images: Tensor) -> Tensor:
    """Test images at the scale that "resize" training sees: 32 to 40, then the middle 32.

    Raises:
        TypeError: not a tensor.
        ValueError: another shape than uint8 (N, 3, H, H), or another dtype.
    """
    need_images(images)
    _need_squares(images)
    size = images.shape[-1]
    return centre_crop(stretch(images, size + 2 * SOURCE_MARGIN), size)


def shrink(inputs: Tensor, size: int) -> Tensor:
    """Scale float (N, C, H, W) down to ``size`` x ``size``, averaging what falls together.

    Raises:
        TypeError: not a tensor.
        ValueError: another number of axes, or bytes.
    """
    need_inputs(inputs)
    return F.interpolate(inputs, size=(size, size), mode="bilinear", antialias=True)


def _need_squares(images: Tensor) -> None:
    height, width = images.shape[2:]
    if height != width:
        raise ValueError(
            f"images are {height} x {width} and must be square here; crop them, for example "
            f"centre_crop(images, {min(height, width)})"
        )


@dataclass(frozen=True)
class Normaliser:
    """Maps uint8 (N, 3, H, W) to float32: (values / 255 - mean) / sd.

    Raises:
        TypeError: mean or sd that are not tensors.
        ValueError: a deviation that is not positive; called: images of another shape, dtype or
            size than it was made for.
    """

    mean: Tensor
    sd: Tensor

    def __post_init__(self) -> None:
        need_tensor(self.mean, "mean")
        need_tensor(self.sd, "sd")
        if not bool((self.sd > 0).all()):
            raise ValueError(
                "sd must be positive everywhere; where all training images have one value, "
                'subtract without dividing: Normaliser.fit(images, "pixel-mean")'
            )

    @classmethod
    def fit(cls, images: Tensor, how: str) -> "Normaliser":
        """Take the statistics from training images.

        Raises:
            TypeError: ``images`` is not a tensor.
            ValueError: ``how`` is not a key of :data:`NORMALISE`, images of another shape or
                dtype than uint8 (N, 3, H, W), none at all, or a channel that never varies.
        """
        need_images(images)
        if not len(images):
            raise ValueError("there are no images to take the mean of; give the training images")
        if how not in NORMALISE:
            raise ValueError(f"unknown normalisation {how!r}; choose from {sorted(NORMALISE)}")
        one = torch.ones(1, 1, 1, 1, device=images.device)
        if how == "none":
            return cls(0 * one, one)
        if how == "pixel-mean":
            total = sum(widened(part).sum(0, keepdim=True) for part in images.split(4096))
            return cls((total / len(images) / 255).float().to(one.device), one)
        count = images.numel() / 3
        parts = [widened(part) for part in images.split(4096)]
        mean = sum(p.sum((0, 2, 3), keepdim=True) for p in parts) / count
        square = sum((p * p).sum((0, 2, 3), keepdim=True) for p in parts) / count
        sd = (square - mean * mean).sqrt()
        return cls(*((values / 255).float().to(one.device) for values in (mean, sd)))

    def __call__(self, images: Tensor) -> Tensor:
        need_images(images)  # two microseconds in every step of a training
        size = self.mean.shape[2:]
        if size.numel() > 1 and size != images.shape[2:]:
            raise ValueError(
                f"this normaliser subtracts a mean image of {size[0]} x {size[1]}, and images are "
                f"{images.shape[2]} x {images.shape[3]}; fit one to images of this size"
            )
        # In place: to ask for memory four times takes longer than the arithmetic.
        return images.float().div_(255).sub_(self.mean).div_(self.sd)


class Augmenter:
    """Random crops and flips of a fixed set of training images.

    Args:
        images: uint8 (N, 3, H, W), on the device where batches are wanted.
        enlarge: a key of :data:`ENLARGE`.
        flip: mirror left and right with probability one half.
        margin: pixels added on each side before cropping.
        alternate: mirror each image in every second epoch instead, see :func:`epoch_batches`.

    Raises:
        TypeError: ``images`` is not a tensor.
        ValueError: unknown ``enlarge``, or images of another shape than uint8 (N, 3, H, H).
    """

    def __init__(
        self,
        images: Tensor,
        enlarge: str,
        flip: bool,
        margin: int = 4,
        alternate: bool = False,
    ) -> None:
        if enlarge not in ENLARGE:
            raise ValueError(f"unknown enlargement {enlarge!r}; choose from {sorted(ENLARGE)}")
        need_images(images)
        _need_squares(images)
        self.size = images.shape[-1]
        self.margin = 0 if enlarge == "none" else margin
        if enlarge == "pad":
            images = F.pad(images, (margin,) * 4)
        elif enlarge == "reflect":
            images = F.pad(images, (margin,) * 4, mode="reflect")
        elif enlarge == "resize":
            images = stretch(images, self.size + 2 * margin)
        self.images = images.contiguous()
        self.flip = flip
        self.alternate = alternate

    def draw(self, generator: torch.Generator, count: int) -> Tensor:
        """Random choices for ``count`` images: int64 (count, 3) of top, left and flip.

        Drawn on the CPU, so that a seed gives the same choices on every device.
        """
        offsets = torch.randint(0, 2 * self.margin + 1, (count, 2), generator=generator)
        flips = torch.randint(0, 1 + self.flip, (count, 1), generator=generator)
        return torch.cat([offsets, flips], dim=1)

    def apply(self, index: Tensor, choices: Tensor) -> Tensor:
        """Crop and flip the images ``index`` (B,) by ``choices`` (B, 3): uint8 (B, 3, H, W).

        Whole rows are fetched first and columns chosen from these, which is several times as fast
        as to fetch every pixel by four numbers of its own.
        """
        size, wide, device = self.size, self.images.shape[-1], self.images.device
        span, channels = torch.arange(size, device=device), torch.arange(3, device=device)
        top, left, flip = choices.unbind(1)  # (B,) each
        planes = (3 * index[:, None] + channels) * wide  # (B, 3): where each plane's rows begin
        rows = planes[:, :, None] + top[:, None, None] + span  # (B, 3, H)
        fetched = self.images.view(-1, wide).index_select(0, rows.flatten())
        columns = left[:, None] + torch.where(flip[:, None] == 1, size - 1 - span, span)  # (B, W)
        shape = (len(index), 3, size)
        return fetched.view(*shape, wide).gather(3, columns[:, None, None].expand(*shape, size))


def epoch_generator(seed: int, epoch: int) -> torch.Generator:
    """The random numbers of one epoch of one run, whatever came before it.

    Epochs are independent, so a run that resumes at epoch k sees what an unbroken one sees.
    """
    return torch.Generator().manual_seed(seed * 1_000_003 + epoch)


def mirrored_in(epoch: int, seed: int, count: int) -> Tensor:
    """Which of ``count`` images are mirrored in an epoch when epochs alternate: int64 (count,).

    A coin for each image decides the first epoch; then the image is mirrored in every second one,
    so that two epochs in a row never show the same side (Jordan 2024, section 3.6).
    """
    first = torch.randint(0, 2, (count,), generator=epoch_generator(seed, BEFORE_ALL_EPOCHS))
    return (first + epoch) % 2


def epoch_batches(
    augmenter: Augmenter, batch_size: int, seed: int, epoch: int, rank: int = 0, world: int = 1
) -> Iterator[tuple[Tensor, Tensor]]:
    """One epoch in random order, as (index (B,), images uint8 (B, 3, H, W)) pairs.

    The last incomplete batch is left out; another epoch's shuffle brings its images back.

    Args:
        augmenter: the images and how to vary them.
        batch_size: images of one global batch.
        seed: of the run.
        epoch: counted from 0.
        rank: this process's number; it receives every ``world``-th image of each batch.
        world: number of processes that share a batch.

    Raises:
        TypeError: ``augmenter`` is something else.
        ValueError: the batch is larger than the data set or does not divide by ``world``.
    """
    need(augmenter, Augmenter, "augmenter", 'pass Augmenter(images, "pad", flip=True)')
    total = len(augmenter.images)
    if batch_size > total:
        raise ValueError(f"batch size {batch_size} is larger than the data set ({total} images)")
    if batch_size % world:
        raise ValueError(f"batch size {batch_size} does not divide by {world} processes")
    generator = epoch_generator(seed, epoch)
    device = augmenter.images.device
    order = torch.randperm(total, generator=generator)
    choices = augmenter.draw(generator, total)
    if augmenter.flip and augmenter.alternate:
        choices[:, 2] = mirrored_in(epoch, seed, total)[order]
    for start in range(0, total - batch_size + 1, batch_size):
        mine = slice(start + rank, start + batch_size, world)
        index = order[mine].to(device)
        yield index, augmenter.apply(index, choices[mine].to(device))
