"""The little pictures of the lesion lab, painted from the shapes in ``book/data/lab_pictures.yml``.

Answers "what can the network look at, without a photograph?". Shapes on a unit square are painted
on a fine grid and averaged down to 32x32, so that a picture is the same pixels on every machine.
None of them is a CIFAR-10 image, nor traced from one.
"""

import io
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from PIL import Image
from pydantic import BeforeValidator, Field, field_validator

from utils.data.cifar10 import CLASSES
from utils.facts.checked import Checked, CheckedFile, FactsError, Text, read_checked
from utils.files.places import DATA

FILE = DATA / "lab_pictures.yml"
SIZE = 32
FINE = 8
"""Points of the fine grid for each pixel and direction."""
COLOUR = re.compile(r"#[0-9a-f]{6}")


class PictureError(FactsError):
    """The file of pictures cannot be used; the message names file, picture and fault."""


class Shape(Checked, noun="shape"):
    """A filled shape: its kind, its numbers as in the file, its colour "#rrggbb"."""

    kind: str
    numbers: tuple
    colour: str


def shape_of(entry: Any) -> Any:
    """The fields of a shape, whose kind is the name of its numbers in the file."""
    kinds = set(entry) - {"colour"} if isinstance(entry, dict) else set()
    if len(kinds) != 1 or not kinds <= set(KINDS) or not is_colour(entry.get("colour")):
        raise ValueError(f'needs colour, "#rrggbb", and one of {", ".join(KINDS)}')
    (kind,) = kinds
    numbers = np.array(entry[kind], dtype=object)
    fits = numbers.ndim == 2 and len(numbers) > 2 if kind == "polygon" else numbers.shape == (4,)
    if not fits or not all(isinstance(value, int | float) for value in numbers.flat):
        need = "at least three pairs of numbers" if kind == "polygon" else "four numbers"
        raise ValueError(f"{kind} takes {need}")
    values = tuple(tuple(v) if isinstance(v, list) else v for v in entry[kind])
    return {"kind": kind, "numbers": values, "colour": entry["colour"]}


def is_colour(text: Any) -> bool:
    """Whether a text is a colour that :func:`rgb` reads."""
    return isinstance(text, str) and COLOUR.fullmatch(text) is not None


class Picture(Checked, noun="picture"):
    """A drawing.

    Attributes:
        drawn: the class of CIFAR-10 that it is meant to show.
        alt: what is to be seen, in a few words.
        ground: colours of the upper and the lower edge; between them it changes evenly.
        shapes: painted one over the other.
    """

    drawn: Literal[CLASSES] = Field(alias="class")
    alt: Text
    ground: list[str]
    shapes: list[Annotated[Shape, BeforeValidator(shape_of)]]

    @field_validator("ground", mode="before")
    @classmethod
    def two_colours(cls, ground: Any) -> Any:
        if not isinstance(ground, list) or len(ground) != 2 or not all(map(is_colour, ground)):
            raise ValueError('ground must be two colours such as "#a0b0c0"')
        return ground


class Pictures(CheckedFile, whole="pictures", error=PictureError):
    """The whole file."""

    told: ClassVar[dict[str, str]] = dict.fromkeys(
        ("dict_type", "too_short"), "it must map names to pictures"
    )

    pictures: Annotated[dict[str, Picture], Field(min_length=1)]

    def together(self) -> Iterator[str]:
        """Names that cannot stand in an address."""
        for name in self.pictures:
            if not re.fullmatch(r"[a-z]+", name):
                yield f"picture {name}: the name must be small letters, as it stands in addresses"


def in_polygon(corners: tuple, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Which points lie inside, by the even-odd rule."""
    inside = np.zeros(x.shape, dtype=bool)
    for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
        if y0 != y1:
            crosses = (y0 > y) != (y1 > y)
            inside ^= crosses & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return inside


def in_ellipse(numbers: tuple, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Which points lie inside: middle x and y, half width and half height."""
    middle_x, middle_y, half_width, half_height = numbers
    return ((x - middle_x) / half_width) ** 2 + ((y - middle_y) / half_height) ** 2 <= 1


def in_box(numbers: tuple, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Which points lie inside: left, top, right and bottom."""
    left, top, right, bottom = numbers
    return (x >= left) & (x < right) & (y >= top) & (y < bottom)


KINDS = {"polygon": in_polygon, "ellipse": in_ellipse, "box": in_box}


def rgb(colour: str) -> np.ndarray:
    """Float (3,) from 0 to 255 of "#rrggbb"."""
    return np.array([int(colour[start : start + 2], 16) for start in (1, 3, 5)], dtype=float)


def paint(picture: Picture) -> np.ndarray:
    """The pixels of a picture: uint8 (32, 32, 3), each the mean of its part of the fine grid."""
    steps = (np.arange(SIZE * FINE) + 0.5) / (SIZE * FINE)
    x, y = np.meshgrid(steps, steps)
    top, bottom = map(rgb, picture.ground)
    fine = top + y[..., None] * (bottom - top)
    for shape in picture.shapes:
        fine[KINDS[shape.kind](shape.numbers, x, y)] = rgb(shape.colour)
    coarse = fine.reshape(SIZE, FINE, SIZE, FINE, 3).mean((1, 3))
    return np.floor(coarse + 0.5).astype(np.uint8)


def to_png(pixels: np.ndarray) -> bytes:
    """A picture uint8 (H, W, 3) as a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png", optimize=True)
    return buffer.getvalue()


def load_pictures(path: Path = FILE) -> dict[str, Picture]:
    """Every picture by its name in addresses, in the order of the file.

    Raises:
        PictureError: not YAML, or a picture with a missing, unknown or impossible field.
    """
    return read_checked(Pictures, path).pictures


@cache
def pictures() -> dict[str, Picture]:
    """:func:`load_pictures` of the book's own file, remembered; the same for everybody."""
    return load_pictures()
