"""What travels to a machine for a plan, and what comes back.

Answers "what does it need that git does not carry, and what did it make?". There go the parts of
CIFAR-10 and the name of the commit; back come records, notebooks and small weights. Both travel as
:mod:`utils.files.parts`.
"""

import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from utils.data import cifar
from utils.data.cifar10 import SOURCE
from utils.files import records
from utils.files.parts import MANIFEST, MIB, PartsError, Unpacked, read_parts, write_parts
from utils.files.places import CHECKPOINTS
from utils.record.machine import CARRIED_STATE, state_to_carry

DATA = CHECKPOINTS / "data"
"""Where CIFAR-10 is on a machine that was given it in parts."""
NEEDS, RECORDS, WEIGHTS = "needs", "records", "weights"
"""Titles of the packings."""
PART_MIB = 64
RETURNED_PART_MIB = 15
WEIGHTS_MIB = 40
"""Of all weights that come back; the smallest first."""
KEPT_RECORDS = CHECKPOINTS / "plan"
"""Where a plan keeps what it has recorded, in case ``results`` is set back between two calls."""


def places() -> dict[str, Path]:
    """The folders from which files travel, by the beginning of their names in a packing."""
    return {"results": records.RESULTS, "checkpoints": CHECKPOINTS}


def name_of(path: Path) -> str:
    """Under which name a file travels.

    Raises:
        ValueError: it is in none of :func:`places`.
    """
    for start, folder in places().items():
        if path.is_relative_to(folder):
            return f"{start}/{path.relative_to(folder).as_posix()}"
    raise ValueError(f"{path} is neither a record nor a checkpoint")


def place_of(name: str) -> Path:
    """Where a file of this name belongs here.

    Raises:
        PartsError: the name leads to none of :func:`places`.
    """
    start, *rest = PurePosixPath(name).parts or ("",)
    if start not in places() or not rest or ".." in rest:
        raise PartsError(f"{name!r} belongs to none of {', '.join(places())}; nothing is written")
    return places()[start].joinpath(*rest)


def pack_needs(folder: Path, part_mib: int = PART_MIB) -> list[Path]:
    """Pack what a machine without network needs beside the files of git.

    Returns:
        The parts, then the manifest.

    Raises:
        utils.data.cifar.DataError: CIFAR-10 is not here and cannot be fetched.
    """
    data = cifar.find_or_download(SOURCE)
    files = {f"checkpoints/{DATA.name}/{part}": data / part for part in SOURCE.parts}
    with tempfile.TemporaryDirectory() as scratch:
        # Last, so that other code changes only the last part.
        state = files[name_of(CARRIED_STATE)] = Path(scratch) / CARRIED_STATE.name
        state.write_text(json.dumps(state_to_carry()), encoding="utf-8")
        return write_parts(files, folder, NEEDS, part_mib * MIB)


def unpack(folder: Path) -> Unpacked:
    """Put what the parts in a folder hold into its place; what is there and differs stays.

    Raises:
        PartsError: parts are missing, damaged, or lead elsewhere.
    """
    if (folder / f"{NEEDS}{MANIFEST}").is_file():
        CARRIED_STATE.unlink(missing_ok=True)
    return read_parts(folder, place_of)


def pack_records(made: Iterable[Path], folder: Path) -> None:
    """Pack the finished files of a plan; those of an older packing are among them."""
    files = {name_of(path): path for path in made if path.is_file()}
    if files:
        write_parts(files, folder, RECORDS, RETURNED_PART_MIB * MIB)


def pack_weights(kept: Iterable[Path], folder: Path) -> None:
    """Pack weights, the smallest first, as long as they fit."""
    files: dict[str, Path] = {}
    left = WEIGHTS_MIB * MIB
    there = (path for path in kept if path.is_file())
    for path in sorted(there, key=lambda path: (path.stat().st_size, path.name)):
        left -= path.stat().st_size
        if left < 0:
            break
        files[name_of(path)] = path
    if files:
        write_parts(files, folder, WEIGHTS, RETURNED_PART_MIB * MIB)


def name_data() -> None:
    """Name CIFAR-10 to all that this process starts, if it came in parts.

    A copy that the reader has named stays the one that counts.
    """
    if not cifar.missing(DATA, SOURCE.parts):
        os.environ.setdefault(cifar.FOLDER_VARIABLE, str(DATA))
