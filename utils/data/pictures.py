"""One picture file, whatever its kind, becomes an RGB square.

Answers "what is in this file, and what has to happen before a network sees it?". Every change that
is more than unpacking is named, so that :mod:`utils.data.folder` can report it.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

WHITE_16_BIT = 65_535
GREY_16_BIT = ("I", "I;16", "I;16B", "I;16L", "I;16N")
ORIENTATION_TAG = 0x0112
TREATED = {
    "turned": "turned upright, as their EXIF entry asks",
    "16-bit": "16-bit grey, scaled to 8 bits",
    "transparent": "transparent, laid on the background",
    "palette": "with a palette, its colours looked up",
    "CMYK": "CMYK, converted to RGB without a colour profile",
    "grey": "grey, repeated in three channels",
    "other colours": "in another colour space, converted to RGB",
    "frames": "of several frames, only the first taken",
}
"""What can happen to a picture: a short name, and the words for a report."""


class PictureError(ValueError):
    """A picture cannot be used; the message says why."""


@dataclass(frozen=True)
class Picture:
    """A decoded picture.

    Attributes:
        image: RGB, 8 bits a channel, upright.
        treated: keys of :data:`TREATED`, in the order in which it happened.
        brightest: the largest value of a 16-bit picture, else None.
    """

    image: Image.Image
    treated: tuple[str, ...]
    brightest: int | None = None


def read_picture(
    path: Path | str, background: tuple[int, int, int] = (255, 255, 255), white: int = WHITE_16_BIT
) -> Picture:
    """Decode one file to RGB, without guessing in silence.

    ``Image.open(path).convert("RGB")`` would clip 16-bit values at 255, show the colours under
    transparent pixels, and leave a photograph of a phone on its side (Pillow's issues 3011 and
    4703).

    Args:
        path: a file that Pillow can open.
        background: red, green and blue under transparent pixels, 0 to 255.
        white: the value of a 16-bit picture that becomes 255. A camera or scanner with 12 bits
            stores at most 4,095, and then everything looks black unless it is named.

    Raises:
        PIL.UnidentifiedImageError: this is not a picture, or its first bytes are damaged.
        PictureError: the picture is damaged further on, too large, or has values without a fixed
            range.
        ValueError: a 16-bit value is above ``white``, or an argument is out of range.
    """
    if not 1 <= white <= WHITE_16_BIT:
        raise ValueError(f"white is a value from 1 to {WHITE_16_BIT:,}, not {white}")
    if len(background) != 3 or not all(0 <= value <= 255 for value in background):
        raise ValueError(f"background is red, green and blue from 0 to 255, not {background}")
    treated = []
    try:
        with Image.open(path) as opened:
            if getattr(opened, "n_frames", 1) > 1:
                treated.append("frames")
            if opened.getexif().get(ORIENTATION_TAG, 1) in range(2, 9):
                treated.append("turned")
            image = ImageOps.exif_transpose(opened)
    except (UnidentifiedImageError, MemoryError):
        raise
    except OSError as error:
        raise PictureError(f"cannot be read: {error.strerror or error}") from error
    except Exception as error:  # whatever damaged bytes make Pillow's parsers raise
        raise PictureError(f"damaged: {error}") from error
    if image.mode == "F":
        raise PictureError("floating-point pixels have no fixed range; save it with 8 or 16 bits")
    if image.mode in GREY_16_BIT:
        grey, brightest = _eight_bits(image, white, path)
        return Picture(grey.convert("RGB"), (*treated, "16-bit"), brightest)
    try:
        rgb, kinds = _to_rgb(image, background)
    except ValueError as error:
        raise PictureError(f"colours that Pillow does not convert: {error}") from error
    return Picture(rgb, (*treated, *kinds))


def _eight_bits(image: Image.Image, white: int, path: Path | str) -> tuple[Image.Image, int]:
    values = np.asarray(image).astype(np.int64)  # (H, W)
    least, most = int(values.min()), int(values.max())
    if least < 0 or most > white:
        raise ValueError(
            f"{path} has values from {least:,} to {most:,}, and white is {white:,}; name the "
            f"value that shall become 255 with white=..., at most {WHITE_16_BIT:,}"
        )
    scaled = (values * 255 + white // 2) // white
    return Image.fromarray(scaled.astype(np.uint8)), most


def _to_rgb(
    image: Image.Image, background: tuple[int, int, int]
) -> tuple[Image.Image, tuple[str, ...]]:
    kinds = []
    if image.mode in ("P", "PA"):
        kinds.append("palette")
    if image.mode in ("CMYK", "L", "LA", "1"):
        kinds.append("CMYK" if image.mode == "CMYK" else "grey")
    elif image.mode not in ("P", "PA", "RGB", "RGBA"):
        kinds.append("other colours")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        if layer.getchannel("A").getextrema()[0] < 255:
            kinds.append("transparent")
        under = Image.new("RGBA", layer.size, (*background, 255))
        image = Image.alpha_composite(under, layer)
    return image.convert("RGB"), tuple(kinds)


def square(image: Image.Image, size: int) -> Image.Image:
    """Bring the short side to ``size`` pixels, then cut out the middle ``size`` x ``size``.

    The proportions stay, and what sticks out on both ends of the long side is lost. Averaging
    over pixels that fall together (bilinear with antialiasing), sides and margins rounded as
    ``Resize(size)`` and ``CenterCrop(size)`` of ``torchvision.transforms.v2`` do, so that both
    give the same pixels.

    Raises:
        ValueError: ``size`` is below 1.
    """
    if size < 1:
        raise ValueError(f"size is a number of pixels, at least 1, not {size}")
    width, height = image.size
    short = min(width, height)
    scaled = (size * width // short, size * height // short)
    if scaled != image.size:
        image = image.resize(scaled, Image.Resampling.BILINEAR)
    left, top = round((scaled[0] - size) / 2), round((scaled[1] - size) / 2)
    return image.crop((left, top, left + size, top + size))


def to_tensor(image: Image.Image) -> Tensor:
    """An RGB image as uint8 (3, H, W)."""
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous()
