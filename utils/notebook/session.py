"""What every notebook does first, and the words it prints from records.

Answers "where am I running, on what data, how much may I compute?".
"""

import importlib.util
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field

from utils.machine.install import advice
from utils.notebook.first_cell import NotReadyError

NEEDED = {"sklearn": "scikit-learn", "pooch": "pooch", "requests": "requests", "tqdm": "tqdm",
          "matplotlib": "matplotlib", "ipywidgets": "ipywidgets", "yaml": "PyYAML",
          "pydantic": "pydantic>=2.7,<3", "markdown_it": "markdown-it-py",
          "mdit_py_plugins": "mdit-py-plugins",
          "pybtex": "pybtex>=0.24,<1", "safetensors": "safetensors"}  # fmt: skip
NEVER_INSTALLED = ("torch", "torchvision", "numpy")


def install_missing() -> list[str]:
    """Install the small packages that are missing, nothing that is there.

    PyTorch and NumPy are never touched: on Colab they fit the GPU driver as they are.

    Returns:
        What was installed.

    Raises:
        NotReadyError: PyTorch or NumPy is missing, or the installation failed; says what to do.
    """
    absent = [name for name in NEVER_INSTALLED if importlib.util.find_spec(name) is None]
    if absent:
        raise NotReadyError(
            f"{', '.join(absent)} is missing; run `make lab` in the book's folder, "
            "or `pip install torch torchvision`"
        )
    missing = [package for name, package in NEEDED.items() if not importlib.util.find_spec(name)]
    if missing:
        command = [sys.executable, "-m", "pip", "install", "--quiet", *missing]
        done = subprocess.run(
            command, check=False, encoding="utf-8", errors="replace",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        if done.returncode:
            raise NotReadyError(
                f"{done.stdout.strip()}\nCould not install {' '.join(missing)}. "
                f"{advice(done.stdout)}"
            )
        importlib.invalidate_caches()
    return missing


@dataclass(frozen=True)
class Session:
    """Where this notebook runs and how much of the full experiment it does.

    Attributes:
        device: "cuda", "cpu" or, if it was named, "mps".
        dataset: name for :func:`utils.data.sets.load`.
        full: whether live cells run the recorded experiments' own budget.
        epochs: of live trainings; None keeps the recipe's.
        flip: mirrored digits are other signs, so only photographs are flipped.
        started: reading of ``time.perf_counter`` when the notebook began.
    """

    device: str
    dataset: str
    full: bool
    epochs: int | None
    flip: bool
    started: float = field(default_factory=time.perf_counter, compare=False)

    def live(self, name: str):
        """A recipe cut down to this session's budget."""
        from utils.training.recipes import recipe

        if self.full:
            return recipe(name)
        return recipe(name, epochs=self.epochs, flip=self.flip, batch_size=50)

    def used(self) -> None:
        """Print what the notebook has taken so far: minutes and memory."""
        from utils.machine.usage import usage_in_words

        print(usage_in_words(time.perf_counter() - self.started, self.device))


def start(full: bool | None = False, device: str | None = None) -> Session:
    """Prepare the notebook.

    Args:
        full: run the whole CIFAR-10 experiment in the live cells, or, with None, do so where there
            is a CUDA device. Fetches CIFAR-10 (170 MB) when this machine has no copy.
        device: "cpu", "cuda" or "mps", for everything that this notebook runs from here on;
            default: what ``RESNET_BOOK_DEVICE`` names, else CUDA when there is one, else the CPU.

    Raises:
        ValueError: a device that this machine does not have.
    """
    install_missing()
    from utils.machine.devices import DEVICE_VARIABLE, named_device, what_to_expect

    chosen = named_device(device)
    if device is not None:
        os.environ[DEVICE_VARIABLE] = str(chosen)
    device = chosen.type
    asked, full = full, device == "cuda" if full is None else full
    if note := what_to_expect(device, full, asked is None):
        print(note)
    if full:
        return Session(device, "cifar10", True, None, True)
    return Session(device, "digits", False, 5, False)


def say(text: str):
    """Text whose numbers come from records, shown as Markdown; a blank line parts paragraphs."""
    from IPython.display import Markdown

    return Markdown("\n\n".join(" ".join(part.split()) for part in text.split("\n\n")))
