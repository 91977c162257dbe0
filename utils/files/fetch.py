"""A large file over a line that may be slow, cut, or lead to the wrong place.

Answers "what if the download stops half-way?". What has arrived is kept beside the file and the
next try goes on from there, at the same address or another one. Whether the whole is the right
file is not judged here but by its hash, see :func:`utils.data.cifar.download`.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import requests

CHUNK = 2**17


@dataclass(frozen=True)
class Patience:
    """What is slow: fewer than ``seconds * least_rate`` bytes in any ``seconds``.

    Attributes:
        seconds: for each such portion, for the connection, and between two bytes.
        least_rate: bytes a second. At 8,000 CIFAR-10 would take six hours.
    """

    seconds: float = 15.0
    least_rate: float = 8_000.0

    @property
    def portion(self) -> float:
        return self.seconds * self.least_rate


class TransferError(ConnectionError):
    """An address did not deliver; what arrived is kept."""


class TooSlow(TransferError):
    """An address delivers less than our patience asks for."""


def arrived(kept: Path) -> int:
    """Bytes that are here from earlier tries."""
    return kept.stat().st_size if kept.exists() else 0


def fetch(address: str, kept: Path, size: int, patience: Patience) -> None:
    """Go on with ``kept`` until it has ``size`` bytes.

    The address is asked for the rest only. If it sends the whole file all the same, the beginning
    is read and dropped, so that a slow address cannot take away what a good one has brought.

    Raises:
        TooSlow: see :class:`Patience`.
        TransferError: the address is not reached, has no such file, has one of another size, or
            ends too early.
        OSError: ``kept`` cannot be written.
    """
    have = arrived(kept)
    if have > size:
        kept.unlink()
        have = 0
    if have == size:
        return
    with _network_errors(), _answer(address, have, patience) as answer:
        begins, whole = _extent(answer, have)
        if whole is not None and whole != size:
            raise TransferError(f"delivers another file, of {whole:,} bytes instead of {size:,}")
        with open(kept, "ab") as file:
            _copy(_reader(answer), file, begins, have, size, patience)
    if arrived(kept) < size:
        raise TransferError(f"ended after {arrived(kept):,} of {size:,} bytes")


@contextlib.contextmanager
def _network_errors() -> Iterator[None]:
    import requests
    import urllib3

    slow = (requests.Timeout, urllib3.exceptions.TimeoutError)
    try:
        yield
    except slow as error:
        raise TooSlow("no answer in time") from error
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise TransferError(f"{type(error).__name__}: {error}"[:160]) from error


@contextlib.contextmanager
def _answer(address: str, have: int, patience: Patience) -> Iterator[requests.Response]:
    """The open answer to a request for everything from byte ``have``, or for the whole file."""
    import requests

    bare = {"Accept-Encoding": "identity"}
    wishes = [bare | {"Range": f"bytes={have}-"}, bare] if have else [bare]
    for headers in wishes:
        answer = requests.get(address, headers=headers, stream=True, timeout=patience.seconds)
        with contextlib.closing(answer):
            refused = not answer.ok
            if refused and headers is not bare:
                continue
            if refused:
                raise TransferError(f"answers {answer.status_code} {answer.reason}")
            yield answer
            return


def _extent(answer: requests.Response, have: int) -> tuple[int, int | None]:
    """First byte of an answer, and bytes of the whole file if it says so."""
    if answer.status_code == 206:
        part, _, whole = answer.headers.get("Content-Range", "").partition("/")
        first = part.removeprefix("bytes").strip().partition("-")[0]
        if not first.isdigit() or int(first) > have:
            raise TransferError("sends another part than it was asked for")
        return int(first), int(whole) if whole.isdigit() else None
    length = answer.headers.get("Content-Length", "")
    return 0, int(length) if length.isdigit() else None


def _reader(answer: requests.Response) -> Callable[[int], bytes]:
    """Read what is there, without waiting for a full chunk, so that a trickle is seen as one."""
    read1 = getattr(answer.raw, "read1", None)  # an old urllib3 has none
    return read1 or (lambda _: answer.raw.read(256))


def _copy(
    read: Callable[[int], bytes],
    file: Any,
    at: int,
    have: int,
    size: int,
    patience: Patience,
) -> None:
    from tqdm import tqdm

    hidden = os.environ.get("RESNET_BOOK_PROGRESS") == "0"
    portion, since = 0, time.monotonic()
    with tqdm(total=size, initial=at, unit="B", unit_scale=True, disable=hidden) as bar:
        while at < size and (chunk := read(min(CHUNK, size - at))):
            file.write(chunk[max(0, have - at) :])
            at += len(chunk)
            bar.update(len(chunk))
            portion += len(chunk)
            now = time.monotonic()
            if portion >= patience.portion:
                portion, since = 0, now
            elif now - since >= patience.seconds:
                raise TooSlow(f"sent {portion:,} bytes in {now - since:.0f} seconds")
