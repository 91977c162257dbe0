"""Checkpoints: written whole or not at all, read without running code.

Answers "what if the machine dies now?". One file a run holds the last complete epoch.
"""

import contextlib
import copy
import pickle
import zipfile
from pathlib import Path

import torch

from utils.files.whole import atomic_write, set_aside

UNREADABLE = (RuntimeError, EOFError, pickle.UnpicklingError, KeyError, ValueError, OSError,
              zipfile.BadZipFile)  # fmt: skip


def snapshot(state: dict) -> dict:
    """A copy of ``state`` that later training steps do not change."""
    return copy.deepcopy(state)


def save(path: Path, state: dict) -> None:
    """Write ``state`` to ``path`` atomically: a reader sees the old file or the new one.

    Raises:
        OSError: the folder is not writable or the disk is full; the old file is kept.
    """
    with atomic_write(path) as file:
        torch.save(state, file)


def load(path: Path) -> dict | None:
    """Read a checkpoint, or None when there is none.

    A damaged file is set aside as ``NAME.damaged`` and counts as none: the run starts anew,
    nothing is deleted. PyTorch stores a checksum with each tensor and does not look at it when
    it loads, so it is looked at here.
    """
    if not path.exists():
        return None
    try:
        with zipfile.ZipFile(path) as parts:
            if (part := parts.testzip()) is not None:
                raise ValueError(f"{part} does not have its checksum")
        return torch.load(path, map_location="cpu", weights_only=True)
    except UNREADABLE as error:
        # Under torchrun another process may have set it aside already.
        with contextlib.suppress(FileNotFoundError):
            aside = set_aside(path, "damaged")
            name = type(error).__name__
            print(f"{path} is damaged ({name}); kept as {aside.name}, starting anew")
        return None
