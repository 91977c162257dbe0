"""A learner's own pictures: a folder or an array becomes a checked data set in memory.

Answers "how do my pictures become what the networks of this book are given?". It hands on a
:class:`~utils.data.sets.Dataset` and a :class:`~utils.data.report.DataReport` that names every file
that was changed, left out or found twice. Order, labels and split are the same on every system.
"""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from utils.data.cifar import DataError
from utils.data.pictures import WHITE_16_BIT, PictureError, read_picture, square, to_tensor
from utils.data.report import DataReport
from utils.data.sets import Dataset, Split, dataset_hash
from utils.data.splitting import choose_test, duplicate_groups

TRAIN_FOLDERS = ("train", "training")
TEST_FOLDERS = ("test", "testing", "val", "valid", "validation")
"""Names that say that a folder is split already, the first that exists counts."""
SYSTEM_FOLDERS = ("__MACOSX",)
MOST_GB = 4.0


@dataclass
class _Found:
    """Pictures and remarks, gathered file by file."""

    names: list[str] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    sides: list[str] = field(default_factory=list)
    images: list[Tensor] = field(default_factory=list)
    treated: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    broken: dict[str, str] = field(default_factory=dict)
    broken_classes: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    enlarged: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    brightest: list[int] = field(default_factory=list)


def load_folder(
    path: Path | str,
    size: int,
    test_share: float = 0.2,
    seed: int = 0,
    *,
    background: tuple[int, int, int] = (255, 255, 255),
    white: int = WHITE_16_BIT,
    most_gb: float = MOST_GB,
) -> tuple[Dataset, DataReport]:
    """Read a folder with one folder of pictures for each class into memory.

    Labels follow the names of the class folders in alphabetical order, as torchvision's
    ``ImageFolder`` numbers them. If the folder holds ``train`` and ``test`` (or ``val``), each
    with the class folders inside, this split is kept, and training pictures that are test
    pictures too are left out. Otherwise about ``test_share`` of each class is for testing, and
    equal pictures stay on one side. Files that cannot be used are left out and reported.

    Args:
        path: the folder.
        size: side of the square images; see :func:`utils.data.pictures.square`.
        test_share: of the pictures of each class; of no effect if the folder is split.
        seed: another one puts other pictures into the test.
        background: red, green and blue under transparent pixels.
        white: the value of 16-bit pictures that becomes 255.
        most_gb: refuse to hold more than this in memory.

    Returns:
        The data set, uint8 (N, 3, size, size) in both splits, and what was done to get it.

    Raises:
        ValueError: an argument is out of range, or a 16-bit picture is brighter than ``white``.
        DataError: no such folder, not two classes with two different pictures each, a test class
            that is never trained, or too much for the memory; says what to do.
    """
    root = Path(path).expanduser()
    if not root.is_dir():
        raise DataError(f"{root} is not a folder; name the one that holds the class folders")
    parts, left_out = _parts(root)
    files = [(side, name, file) for side, top in parts for name, file in _files(top, left_out)]
    _check_memory(len(files), size, most_gb)
    found = _Found(left_out=left_out)
    for side, class_name, file in files:
        name = _normal(file.relative_to(root).as_posix())
        _read(found, file, name, class_name, side, size, background, white)
    _check_classes(found, root)
    classes = tuple(sorted({*found.classes, *found.broken_classes}))
    labels = [classes.index(name) for name in found.classes]
    images = torch.stack(found.images)
    groups = duplicate_groups(images)
    if len(parts) == 1:
        is_test = choose_test(labels, groups, found.names, classes, test_share, seed)
        kept = [True] * len(labels)
    else:
        is_test = [side == "test" for side in found.sides]
        kept = _without_test_copies(groups, is_test)
        _check_split(labels, is_test, kept, classes)
    return _assemble(root.resolve().name, size, classes, images, labels, is_test, kept, groups,
                     found, white)  # fmt: skip


def from_arrays(
    images: np.ndarray | Tensor,
    labels: np.ndarray | Tensor | Sequence[int],
    classes: Sequence[str],
    test_share: float = 0.2,
    seed: int = 0,
    first: int = 0,
) -> tuple[Dataset, DataReport]:
    """Make a data set of pictures that are in memory already, with the same care for the split.

    Args:
        images: uint8 (N, 3, H, H), for example 0 to 255 as RGB.
        labels: N whole numbers, ``first`` for ``classes[0]``, then upwards.
        classes: a name for each.
        test_share: of the pictures of each class.
        seed: another one puts other pictures into the test.
        first: the number of the first class. Pass 1 for labels that start at 1, as MATLAB's do.

    Returns:
        The data set with labels from 0, and a report that counts images by their number.

    Raises:
        ValueError: images or labels of another form; says how to convert them. Labels out of
            range, or from 1 where ``first`` is 0.
        DataError: as for :func:`load_folder`.
    """
    pixels = _checked_images(images)
    numbers = _checked_labels(labels, len(pixels), classes, first)
    if len(classes) < 2:
        raise DataError(f"a classifier needs at least two classes, not {len(classes)}")
    names = [f"image {index}" for index in range(len(pixels))]
    groups = duplicate_groups(pixels)
    is_test = choose_test(numbers, groups, names, classes, test_share, seed)
    kept = [True] * len(numbers)
    return _assemble("arrays", pixels.shape[-1], tuple(classes), pixels, numbers, is_test, kept,
                     groups, _Found(names=names), WHITE_16_BIT)  # fmt: skip


def _normal(name: str) -> str:
    """One spelling for accents, which macOS stores in another way than Linux and Windows."""
    return unicodedata.normalize("NFC", name)


def _is_hidden(path: Path) -> bool:
    return path.name.startswith(".") or path.name in SYSTEM_FOLDERS


def _listed(folder: Path) -> list[Path]:
    return sorted(folder.iterdir(), key=lambda path: _normal(path.name))


def _parts(root: Path) -> tuple[list[tuple[str, Path]], dict[str, str]]:
    """Folders that hold the class folders: one, or one for training and one for testing."""
    folders = {p.name.casefold(): p for p in _listed(root) if p.is_dir() and not _is_hidden(p)}
    train = next((folders[name] for name in TRAIN_FOLDERS if name in folders), None)
    test = next((folders[name] for name in TEST_FOLDERS if name in folders), None)
    if train is None or test is None:
        return [("all", root)], {}
    others = [path for path in _listed(root) if path not in (train, test)]
    reason = f"beside {train.name} and {test.name}"
    return [("train", train), ("test", test)], {_normal(path.name): reason for path in others}


def _files(top: Path, left_out: dict[str, str]) -> Iterator[tuple[str, Path]]:
    """Class name and path of every file in the class folders of ``top``, in order."""
    for entry in _listed(top):
        if _is_hidden(entry):
            left_out[_normal(entry.name)] = "hidden"
        elif not entry.is_dir():
            left_out[_normal(entry.name)] = "not in a class folder"
        else:
            files = list(_walk(entry, left_out, {entry.resolve()}))
            if not files:
                left_out[f"{_normal(entry.name)}/"] = "empty"
            for file in files:
                yield _normal(entry.name), file


def _walk(folder: Path, left_out: dict[str, str], seen: set[Path]) -> Iterator[Path]:
    """All files below a folder; links are followed, but no folder is entered twice."""
    for entry in _listed(folder):
        if _is_hidden(entry):
            left_out[f"{_normal(folder.name)}/{_normal(entry.name)}"] = "hidden"
        elif not entry.is_dir():
            yield entry
        elif (real := entry.resolve()) not in seen:
            seen.add(real)
            yield from _walk(entry, left_out, seen)


def _check_memory(count: int, size: int, most_gb: float) -> None:
    if size < 1:
        raise ValueError(f"size is a number of pixels, at least 1, not {size}")
    need = count * 3 * size * size / 1e9
    if need > most_gb:
        raise DataError(
            f"{count:,} pictures of {size} x {size} pixels take {need:.1f} GB, more than "
            f"most_gb={most_gb:g}; take a smaller size, allow more, or read them batch by batch "
            "with torchvision's ImageFolder and a DataLoader"
        )


def _read(
    found: _Found,
    file: Path,
    name: str,
    class_name: str,
    side: str,
    size: int,
    background: tuple[int, int, int],
    white: int,
) -> None:
    try:
        picture = read_picture(file, background, white)
    except UnidentifiedImageError:
        if file.suffix.lower() not in Image.registered_extensions():
            found.left_out[name] = "not a picture"
            return
        found.broken[name] = "damaged, or not what its name says"
        found.broken_classes.append(class_name)
        return
    except PictureError as error:
        found.broken[name] = str(error)
        found.broken_classes.append(class_name)
        return
    for kind in picture.treated:
        found.treated[kind].append(name)
    if picture.brightest is not None:
        found.brightest.append(picture.brightest)
    short, long = sorted(picture.image.size)
    if short < size:
        found.enlarged.append(name)
    if long > 2 * short:
        found.cut.append(name)
    found.images.append(to_tensor(square(picture.image, size)))
    found.names.append(name)
    found.classes.append(class_name)
    found.sides.append(side)


def _check_classes(found: _Found, root: Path) -> None:
    classes = {*found.classes, *found.broken_classes}
    if len(classes) > 1 and found.images:
        return
    hint = "make one folder for each class and put its pictures there"
    if not classes:
        raise DataError(f"{root} has no folder with pictures; {hint}")
    if not found.images:
        raise DataError(f"{root}: no picture can be read; {found.broken}")
    raise DataError(f"{root} has pictures of one class only, {classes.pop()!r}; {hint}")


def _without_test_copies(groups: Sequence[Sequence[int]], is_test: Sequence[bool]) -> list[bool]:
    """Keep all but the training pictures that are equal to a test picture."""
    kept = [True] * len(is_test)
    for group in groups:
        if any(is_test[index] for index in group):
            for index in group:
                kept[index] = is_test[index]
    return kept


def _check_split(
    labels: list[int], is_test: list[bool], kept: list[bool], classes: Sequence[str]
) -> None:
    trained = {label for label, test, keep in zip(labels, is_test, kept, strict=True)
               if keep and not test}  # fmt: skip
    never = [name for label, name in enumerate(classes) if label not in trained]
    if never:
        raise DataError(
            f"no training picture of its own: {', '.join(never)}; both parts need the same "
            "class folders, and a copy of a test picture does not count"
        )
    counts = Counter(labels)
    few = [name for label, name in enumerate(classes) if counts[label] < 2]
    if few:
        raise DataError(f"fewer than two pictures: {', '.join(few)}; add some or leave it out")
    if not any(is_test):
        raise DataError("the test folder has no picture that can be read")


def _checked_images(images: np.ndarray | Tensor) -> Tensor:
    pixels = torch.from_numpy(images) if isinstance(images, np.ndarray) else images
    shape = tuple(pixels.shape)
    if pixels.dtype != torch.uint8:
        raise ValueError(
            f"images are {pixels.dtype}, and uint8 from 0 to 255 is needed; floats from 0 to 1 "
            "become so with (images * 255).round().astype('uint8')"
        )
    if pixels.ndim == 3:
        raise ValueError(
            f"images have the shape {shape}; grey ones need three equal channels, as from "
            "images[:, None].repeat(3, axis=1)"
        )
    if pixels.ndim == 4 and shape[3] == 3 != shape[1]:
        raise ValueError(
            f"images have the shape {shape} with channels last; turn them with "
            "images.transpose(0, 3, 1, 2)"
        )
    if pixels.ndim != 4 or shape[1] != 3 or shape[2] != shape[3] or not len(pixels):
        raise ValueError(f"images have the shape {shape}; (N, 3, H, H) is needed, RGB squares")
    return pixels


def _checked_labels(
    labels: np.ndarray | Tensor | Sequence[int], count: int, classes: Sequence[str], first: int
) -> list[int]:
    values = np.asarray(labels)
    if values.shape != (count,):
        raise ValueError(f"{count} images need labels of the shape ({count},), not {values.shape}")
    if values.dtype.kind not in "iu":
        raise ValueError(
            f"labels are {values.dtype}, and whole numbers are needed; for names take "
            "[classes.index(name) for name in labels]"
        )
    least, most = int(values.min()), int(values.max())
    last = first + len(classes) - 1
    if first == 0 and least == 1 and most == len(classes):
        raise ValueError(
            f"labels go from 1 to {most}, and PyTorch counts classes from 0; pass first=1"
        )
    if least < first or most > last:
        raise ValueError(
            f"labels go from {least} to {most}, and {len(classes)} classes need {first} to {last}"
        )
    return [int(value) - first for value in values]


def _assemble(
    name: str,
    size: int,
    classes: tuple[str, ...],
    images: Tensor,
    labels: list[int],
    is_test: list[bool],
    kept: list[bool],
    groups: Sequence[Sequence[int]],
    found: _Found,
    white: int,
) -> tuple[Dataset, DataReport]:
    """Cut the images into two splits, and say what became of each."""
    sides = {
        test: [i for i in range(len(labels)) if kept[i] and is_test[i] == test]
        for test in (False, True)
    }
    target = torch.tensor(labels)
    train, test = (Split(images[sides[side]], target[sides[side]]) for side in (False, True))
    repeated = [group for g in groups if len(group := [i for i in g if kept[i]]) > 1]
    alike = {True: [], False: []}
    for group in repeated:
        alike[len({labels[i] for i in group}) == 1].append(tuple(found.names[i] for i in group))
    report = DataReport(
        classes=classes,
        size=size,
        train_names=tuple(found.names[i] for i in sides[False]),
        test_names=tuple(found.names[i] for i in sides[True]),
        train_counts=tuple(torch.bincount(train.labels, minlength=len(classes)).tolist()),
        test_counts=tuple(torch.bincount(test.labels, minlength=len(classes)).tolist()),
        treated={kind: tuple(names) for kind, names in found.treated.items()},
        broken=found.broken,
        left_out=found.left_out,
        duplicates=tuple(alike[True]),
        contradictions=tuple(alike[False]),
        removed=tuple(found.names[i] for i in range(len(labels)) if not kept[i]),
        enlarged=tuple(found.enlarged),
        cut=tuple(found.cut),
        brightest=max(found.brightest, default=None),
        white=white,
    )
    return Dataset(f"{name}-{size}", classes, train, test, dataset_hash(train, test)), report
