"""Weights in files that strangers wrote: read without running code, found inside their wrapping.

Answers "where in this file are the tensors?". A path or a dictionary comes in; one flat dictionary
of tensors goes out, all of them on the CPU. Which layer each tensor belongs to is the business of
:mod:`utils.models.given`.
"""

import pickle
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

DEEPEST = 3
"""How many dictionaries inside each other are opened."""

DAMAGED = (RuntimeError, EOFError, KeyError, ValueError, OSError, zipfile.BadZipFile)
BEGINNINGS = {
    b"<": "is a web page and no file of weights; fetch the file itself, not the page about it",
    b"version https://git-lfs": "is only a pointer of Git LFS; fetch the file with: git lfs pull",
}


class ForeignFileError(ValueError):
    """A file holds no weights that can be used; the message says what to do."""


@dataclass(frozen=True)
class Foreign:
    """The weights of a file.

    Attributes:
        tensors: name to tensor, on the CPU, in the order of the file.
        source: the name of the file, or "a dictionary".
        entry: path of dictionary keys that led to the tensors; empty where there was no wrapping.
        beside: what else was stored next to the tensors, such as "epoch" or "optimizer".
        ordered: whether the order of the tensors is the order in which a network was built.
            Safetensors files are sorted by name, so their order says nothing.
    """

    tensors: dict[str, Tensor]
    source: str
    entry: str
    beside: tuple[str, ...]
    ordered: bool


def read_foreign(source: str | Path | Mapping, entry: str | None = None) -> Foreign:
    """Read somebody's weights and take them out of their wrapping.

    Everything lands on the CPU, whichever device the file was saved on. ``torch.load`` is called
    with ``weights_only=True``, so a file cannot run code.

    Args:
        source: a file (``.safetensors``, or what ``torch.save`` wrote), or its content.
        entry: keys that lead to the weights, joined by dots, if several dictionaries hold some.

    Raises:
        FileNotFoundError: there is no such file.
        ForeignFileError: the file is damaged, needs code to be opened, or has no weights or
            several sets of them.
        TypeError: ``source`` is a network, or neither a path nor a dictionary.
    """
    if isinstance(source, nn.Module):
        raise TypeError(f"{type(source).__name__} is a network; give its weights: net.state_dict()")
    if isinstance(source, str | Path):
        path = Path(source)
        name, content = path.name, _opened(path)
    elif isinstance(source, Mapping):
        path, name, content = None, "a dictionary", source
    else:
        raise TypeError(f"give a path or a dictionary, not {type(source).__name__}")
    found = dict(_states(content))
    chosen = _chosen(found, entry, name, content)
    for key, value in found[chosen].items():
        if value.is_meta:
            raise ForeignFileError(f"{key} of {name} is on the meta device and has no values")
    tensors = {key: value.detach().cpu() for key, value in found[chosen].items()}
    sorted_by_format = path is not None and path.suffix == ".safetensors"
    top = chosen.partition(".")[0]
    beside = tuple(str(k) for k, v in content.items() if k != top and (chosen or k not in tensors))
    return Foreign(tensors, name, chosen, beside, not sorted_by_format and _is_ordered(tensors))


def _opened(path: Path) -> Mapping:
    """The content of a file, with an error that says what kind of file it is instead."""
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not a file; relative paths begin at {Path.cwd()}")
    with path.open("rb") as file:
        head = file.read(32)
    for beginning, what in BEGINNINGS.items():
        if head.startswith(beginning):
            raise ForeignFileError(f"{path} {what}")
    try:
        if path.suffix == ".safetensors":
            return load_file(path, device="cpu")
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ForeignFileError(_needs_code(path, str(error))) from error
    except (SafetensorError, *DAMAGED) as error:
        if "TorchScript" in str(error):
            what = "is a compiled TorchScript network; give torch.jit.load(PATH).state_dict()"
        else:
            what = f"cannot be read ({type(error).__name__}); it may be cut short, fetch it again"
        raise ForeignFileError(f"{path} {what}") from error
    if not isinstance(content, Mapping):
        raise ForeignFileError(
            f"{path} holds a {type(content).__name__}, but weights are a dictionary of tensors"
        )
    return content


def _needs_code(path: Path, message: str) -> str:
    """What to do about a file that holds Python objects, or that is not a pickle at all."""
    found = re.search(r"GLOBAL (\w+\.[\w.]+)", message)
    if found is None:
        return f"{path} is not a file that torch.save wrote, or it is cut short; fetch it again"
    return (
        f"{path} holds a Python object ({found[1]}) besides tensors; opening it would run code. "
        "Ask its author for torch.save(net.state_dict(), PATH). If you trust the author, open the "
        "file with torch.load(PATH, map_location='cpu', weights_only=False) and give the dictionary"
    )


def _states(content: Mapping, path: tuple[str, ...] = ()) -> Iterator[tuple[str, dict]]:
    """Every dictionary of weights inside ``content``, with the keys that lead to it."""
    if "param_groups" in content:  # an optimiser's, whose tensors are no weights
        return
    own = {k: v for k, v in content.items() if isinstance(k, str) and isinstance(v, Tensor)}
    if any("weight" in key.rpartition(".")[2] or ".weight." in key for key in own):
        yield ".".join(path), own
    for key, value in content.items():
        if isinstance(key, str) and isinstance(value, Mapping) and len(path) < DEEPEST:
            yield from _states(value, (*path, key))


def _chosen(found: dict[str, dict], entry: str | None, name: str, content: Mapping) -> str:
    """The one entry that holds the weights, or an error that names those there are."""
    if entry is not None:
        if entry not in found:
            raise ForeignFileError(
                f"{name} has no weights under entry={entry!r}; choose from {sorted(found)}"
            )
        return entry
    if not found:
        keys = ", ".join(repr(str(key)) for key in list(content)[:8]) or "none"
        raise ForeignFileError(
            f"{name} holds no tensor called weight, so no layers; its first keys are {keys}"
        )
    if len(found) > 1:
        raise ForeignFileError(
            f"{name} holds {len(found)} sets of weights ({', '.join(map(repr, found))}); "
            f"say which one you want, for example entry={next(iter(found))!r}"
        )
    return next(iter(found))


def _is_ordered(tensors: Mapping[str, Tensor]) -> bool:
    """Whether names come in another order than the alphabet's, which no network is built in."""
    names = [name for name, value in tensors.items() if value.is_floating_point()]
    return len(names) < 2 or names != sorted(names)
