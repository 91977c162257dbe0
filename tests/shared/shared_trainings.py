"""One training for all tests that need the same one: what a notebook trained is not trained again.

``RESNET_BOOK_TRAININGS`` holds ``keep:FOLDER`` or ``take:FOLDER``. A process goes on from the last
epoch that it finds in the folder, which means that nothing is left to train. Where it finds none,
it trains as always, and one that keeps leaves its last epoch there. Two trainings are the same when
network, first weights, data, recipe, seed and the state of PyTorch's generator are, so a notebook
whose code changed trains anew.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.abc
import importlib.util
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import ModuleType

VARIABLE = "RESNET_BOOK_TRAININGS"
MODULE = "utils.training.trainer"


def environment(how: str, folder: Path | str, *path: Path) -> dict[str, str]:
    """Variables of a process that is to "keep" or to "take".

    Args:
        how: what it is to do.
        folder: where trainings are kept.
        path: what else it imports from.
    """
    return {
        "PYTHONPATH": os.pathsep.join(map(str, (*path, Path(__file__).parent))),
        VARIABLE: f"{how}:{folder}",
    }


def fingerprint(net, data, config, seed: int) -> str:
    """Name of a training: a digest of everything that its outcome depends on."""
    import torch

    digest = hashlib.sha256(repr((str(net), asdict(config), seed)).encode())
    tensors = [
        *net.state_dict().values(),
        *(part for split in (data.train, data.test) for part in (split.images, split.labels)),
        torch.get_rng_state(),
    ]
    for tensor in tensors:
        digest.update(repr((tensor.dtype, tuple(tensor.shape))).encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def sharing(alone: Callable, folder: Path, take: bool) -> Callable:
    """A ``train`` that keeps its outcomes in a folder, or takes them from there."""
    import torch

    from utils.files import checkpoint as checkpoints

    @functools.wraps(alone)
    def train(net, data, config, seed=0, workers=None, checkpoint=None, **others):
        if checkpoint is not None or workers is not None:
            return alone(net, data, config, seed, workers, checkpoint, **others)
        name = fingerprint(net, data, config, seed)
        kept, after = folder / f"{name}.pt", folder / f"{name}.generator.pt"
        generator = checkpoints.load(after)
        if generator is not None:
            result = alone(net, data, config, seed, checkpoint=kept, **others)
            torch.set_rng_state(generator["state"])
            return result
        if take:
            return alone(net, data, config, seed, **others)
        kept.unlink(missing_ok=True)
        result = alone(net, data, config, seed, checkpoint=kept, **others)
        checkpoints.save(after, {"state": torch.get_rng_state()})
        return result

    return train


class Sharing(importlib.abc.MetaPathFinder):
    """Changes the module that trains as soon as somebody imports it."""

    def __init__(self, folder: Path, take: bool) -> None:
        self.folder, self.take = folder, take

    def find_spec(self, name: str, path=None, target=None):
        if name != MODULE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is None:
            sys.meta_path.insert(0, self)
            return None
        run = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            run(module)
            module.train = sharing(module.train, self.folder, self.take)

        spec.loader.exec_module = exec_module
        return spec


def begin() -> None:
    """Share this process's trainings, if the variable asks for it."""
    how, _, folder = os.environ.get(VARIABLE, "").partition(":")
    if how in ("keep", "take") and folder:
        sys.meta_path.insert(0, Sharing(Path(folder), how == "take"))
