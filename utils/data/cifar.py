"""Where CIFAR-10 and CIFAR-100 come from: a folder, the user's cache, or a checked download.

Answers "are these the official pixels, and how did they get here?". A :class:`Source` comes in, the
facts of one archive; out goes a folder that holds its parts. A part is an ``.npz`` file with
``images`` uint8 (N, 32, 32, 3) and ``labels`` uint8 (N,).
Krizhevsky 2009, "Learning multiple layers of features from tiny images".
"""

import io
import os
import pickle
import tarfile
import tempfile
import time
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from utils.files.fetch import Patience, TooSlow, arrived, fetch
from utils.files.whole import Locked, atomic_write, exclusive

FOLDER_VARIABLE = "RESNET_BOOK_DATA"
ATTEMPTS_PER_ADDRESS = 2
PROGRESS_BYTES = 1_000_000
PATIENCE = Patience()
LOCK_TIMEOUT_SECONDS = 1800
DAMAGED = (tarfile.TarError, EOFError, KeyError, pickle.UnpicklingError, zipfile.BadZipFile,
           zlib.error)  # fmt: skip
"""What reading a damaged archive or part raises."""


@dataclass(frozen=True)
class Source:
    """One official archive, and the parts that are made of it.

    Attributes:
        title: as people call the data set.
        archive: the file's name.
        sha256: of the archive.
        size: bytes of the archive.
        addresses: where it can be had, in the order in which they are asked.
        train: each part for training and the member of the archive that it is made of.
        test: the same for testing.
        label_key: under which a member keeps its labels.
        guests: parts of another data set. A folder that ``RESNET_BOOK_DATA`` names and that
            holds these, but none of ours, was named for the other one.
    """

    title: str
    archive: str
    sha256: str
    size: int
    addresses: tuple[str, ...]
    train: Mapping[str, str]
    test: Mapping[str, str]
    label_key: bytes = b"labels"
    guests: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[str, ...]:
        return (*self.train, *self.test)


class DataError(RuntimeError):
    """A data set cannot be had or is not what it should be; the message says what to do."""


def cache_folder() -> Path:
    """The user's cache for this book (``~/.cache/resnet-measured`` on Linux).

    A user without a home, as in some containers, has it among the temporary files.
    """
    import pooch

    homeless = Path(tempfile.gettempdir()) / "resnet-measured"
    try:
        folder = Path(pooch.os_cache("resnet-measured"))
    except RuntimeError:  # platformdirs finds no home; an older one answers "~"
        return homeless
    return homeless if folder.parts[0].startswith("~") else folder


def missing(folder: Path, parts: Sequence[str]) -> list[str]:
    """Those of ``parts`` that are not in ``folder``; one that we may not look into has none."""
    return [part for part in parts if not os.path.isfile(folder / part)]


def find(source: Source) -> Path | None:
    """The folder with a data set on this machine, or None; never downloads.

    Raises:
        DataError: if ``RESNET_BOOK_DATA`` names a folder without the parts: a reader who set
            it expects that copy to be used, not another. A folder that was named for another
            data set (see :class:`Source`) does not count.
    """
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        folder = Path(named).expanduser()
        absent = missing(folder, source.parts)
        if not absent:
            return folder
        is_guest = source.guests and not missing(folder, source.guests)
        if not is_guest or len(absent) < len(source.parts):
            raise DataError(
                f"{FOLDER_VARIABLE}={named} lacks {', '.join(absent)}; put the "
                f"{len(source.parts)} parts of {source.title} there or unset the variable to "
                "download them"
            )
    folder = cache_folder()
    return None if missing(folder, source.parts) else folder


def find_or_download(source: Source) -> Path:
    """The folder with a data set: the named one, the cache, or a fresh download to the cache.

    Two processes may start at once: one downloads, the other waits for it.

    Raises:
        DataError: no address answered with the right archive, or the cache is not writable.
    """
    folder = find(source)
    if folder is not None:
        return folder
    folder = cache_folder()
    try:
        with exclusive(folder / "download.lock", LOCK_TIMEOUT_SECONDS):
            if missing(folder, source.parts):
                unpack(source, download(source, folder), folder)
    except Locked as error:
        raise DataError(
            f"another process has been downloading to {folder} for "
            f"{LOCK_TIMEOUT_SECONDS // 60} minutes; end it, then try again"
        ) from error
    except OSError as error:
        raise DataError(
            f"cannot write {source.title} to {folder} ({error.strerror or error}); free about "
            f"400 MB there, or set {FOLDER_VARIABLE} to a folder that holds its "
            f"{len(source.parts)} parts"
        ) from error
    return folder


def kept_part(source: Source, folder: Path) -> Path:
    """Where the archive grows until it is whole."""
    return folder / f"{source.archive}.arriving"


def download(
    source: Source, folder: Path, pause: float = 2.0, *, patience: Patience = PATIENCE
) -> Path:
    """Fetch the official archive (about 170 MB) into ``folder`` and check its SHA-256.

    Each address is tried twice, in order; one that is too slow is left at once, and a try that
    brought a megabyte before it broke off does not count. What has arrived is kept, and the next
    try goes on from there. The file appears under its name only when whole
    and checked; bytes that fail the check are removed.

    Raises:
        DataError: no address delivered it; names each failure.
        OSError: ``folder`` is not writable or full.
    """
    import pooch

    kept = kept_part(source, folder)

    def go_on(address: str, target: str, _: object) -> None:
        fetch(address, kept, source.size, patience)
        os.replace(kept, target)

    failures = []
    for address in source.addresses:
        attempts = ATTEMPTS_PER_ADDRESS
        while attempts:
            before = arrived(kept)
            try:
                path = pooch.retrieve(
                    address,
                    known_hash=f"sha256:{source.sha256}",
                    fname=source.archive,
                    path=folder,
                    downloader=go_on,
                )
                return Path(path)
            except TooSlow as error:
                failures.append(f"{address}: {error}")
                break
            except (ValueError, OSError) as error:
                if getattr(error, "errno", None) and not _is_network(error):
                    raise
                failures.append(f"{address}: {type(error).__name__}: {str(error)[:120]}")
                if arrived(kept) - before < PROGRESS_BYTES:
                    attempts -= 1
                if attempts:
                    time.sleep(pause)
    raise DataError(
        f"{source.title} could not be downloaded:\n  "
        + "\n  ".join(dict.fromkeys(failures))
        + _what_is_kept(source, kept)
        + f"\nConnect to the network and try again, put {source.archive} into {folder} "
        "yourself, or use the digits: load('digits')"
    )


def _what_is_kept(source: Source, kept: Path) -> str:
    have = arrived(kept)
    if not have:
        return ""
    here, whole = have / 1e6, source.size / 1e6
    return f"\n{here:.1f} of {whole:.1f} MB are kept; the next try goes on from there."


def _is_network(error: OSError) -> bool:
    import requests

    return isinstance(error, requests.RequestException | ConnectionError | TimeoutError)


def unpack(source: Source, archive: Path, folder: Path) -> None:
    """Write the parts from the official archive, each one atomically.

    Raises:
        DataError: the archive cannot be read; it is removed, so that the next try starts clean.
    """
    try:
        with tarfile.open(archive) as tar:
            for part, member in {**source.train, **source.test}.items():
                handle = tar.extractfile(member)
                if handle is None:
                    raise KeyError(member)
                images, labels = _read_batch(handle.read(), source.label_key)
                with atomic_write(folder / part) as file:
                    np.savez_compressed(file, images=images, labels=labels)
    except DAMAGED as e:
        archive.unlink(missing_ok=True)
        raise DataError(
            f"{archive} is damaged ({e}); it was removed, run the same command again"
        ) from e


PICKLED_NAMES = frozenset(
    {
        ("_reconstruct", "multiarray"),
        ("ndarray", "numpy"),
        ("dtype", "numpy"),
        ("encode", "_codecs"),
    }
)


class _ArraysOnly(pickle.Unpickler):
    """Unpickle arrays and plain values; refuse anything that could run code."""

    def find_class(self, module: str, name: str):
        if (name, module.rpartition(".")[2]) not in PICKLED_NAMES:
            raise pickle.UnpicklingError(f"{module}.{name} has no place in an image batch")
        if name == "_reconstruct":
            from numpy._core.multiarray import _reconstruct

            return _reconstruct
        return super().find_class(module, name)


def _read_batch(raw: bytes, label_key: bytes) -> tuple[np.ndarray, np.ndarray]:
    batch = _ArraysOnly(io.BytesIO(raw), encoding="bytes").load()
    images = batch[b"data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), np.asarray(batch[label_key], dtype=np.uint8)


def read_parts(folder: Path, parts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Concatenate parts: images uint8 (N, 32, 32, 3), labels uint8 (N,).

    Raises:
        DataError: a part cannot be read; names it and says what to do.
    """
    images, labels = [], []
    for part in parts:
        try:
            with np.load(folder / part, allow_pickle=False) as arrays:
                images.append(arrays["images"])
                labels.append(arrays["labels"])
        except Exception as error:  # whatever damaged bytes make NumPy's parsers raise
            raise DataError(
                f"{folder / part} cannot be read ({error}); remove it and run the same command "
                "again to fetch it anew"
            ) from error
    return np.concatenate(images), np.concatenate(labels)
