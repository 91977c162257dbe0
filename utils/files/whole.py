"""Files that are whole or absent, and locks that die with their holder.

Answers "what if two processes start at once, or one is killed?" for every file we write.
"""

import contextlib
import errno
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


@contextlib.contextmanager
def atomic_write(path: Path, mode: str = "wb") -> Iterator[IO]:
    """Open a temporary neighbour of ``path`` that takes its name only when all went well.

    Raises:
        OSError: the folder is not writable or the disk is full; an older file is kept.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        encoding = None if "b" in mode else "utf-8"
        with os.fdopen(handle, mode, encoding=encoding) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> Path:
    """Write a text file whole, and return its path.

    Raises:
        OSError: as :func:`atomic_write`.
    """
    with atomic_write(path, "w") as file:
        file.write(text)
    return path


def set_aside(path: Path, why: str) -> Path:
    """Rename a file that cannot be used to ``NAME.why``; nothing is deleted."""
    aside = path.with_name(f"{path.name}.{why}")
    os.replace(path, aside)
    return aside


class Locked(TimeoutError):
    """Another process holds the lock."""


@contextlib.contextmanager
def exclusive(path: Path, timeout: float) -> Iterator[None]:
    """Hold a lock that the operating system frees when the holder dies, even by ``kill -9``.

    A file system that knows no locks, as some of those in the network, is told to the reader, and
    the work goes on without one.

    Args:
        path: the lock file; made if absent, left behind.
        timeout: seconds to wait; 0 tries once.

    Raises:
        Locked: another process still holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a+b") as handle:
        deadline = time.monotonic() + timeout
        while not _try_lock(handle):
            if time.monotonic() >= deadline:
                raise Locked(f"another process holds {path}")
            time.sleep(0.2)
        yield


def _try_lock(handle: IO) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            handle.seek(0)
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        print(f"{handle.name} is where files cannot be locked; start one process at a time")
    return True
