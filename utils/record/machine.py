"""What a record says of the machine and the code that made it.

Answers "on what was this computed, and by which commit?".
"""

import contextlib
import os
import platform
import subprocess
import sys
from functools import cache

import numpy as np
import torch

from utils.files.places import ROOT
from utils.machine.devices import CPU_INFO
from utils.training.distributed import Workers


def device_name(device: torch.device) -> str:
    """The processor's or the GPU's own name."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{processor_name()} GPU" if device.type == "mps" else processor_name()


def processor_name() -> str:
    """What the maker calls the processor, or at least its kind."""
    if CPU_INFO.exists():
        for line in CPU_INFO.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    if sys.platform == "darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        with contextlib.suppress(OSError):
            asked = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
            if asked.stdout.strip():
                return asked.stdout.strip()
    return platform.processor() or platform.machine()


@cache
def git_commit() -> str:
    """The commit of this checkout, with "+" when tracked files differ from it.

    A command asks at its start, so that the answer is that of the code that runs, whatever is
    committed while it does.
    """
    try:
        commit = subprocess.run(
            ["git", "rev-parse", "HEAD"],
            cwd=ROOT,
            capture_output=True,
            encoding="utf-8",
            check=True,
        ).stdout.strip()
        changes = subprocess.run(
            ["git", "status", "--porcelain", "--untracked-files=no", "--", "utils"],
            cwd=ROOT, capture_output=True, encoding="utf-8", check=True,
        ).stdout.strip()  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return commit + ("+" if changes else "")


def describe_machine(workers: Workers, precision: str) -> dict:
    """Hardware and versions."""
    return {
        "device": device_name(workers.device),
        "device_type": workers.device.type,
        "processes": workers.world,
        "threads": torch.get_num_threads(),
        "cores": os.cpu_count(),
        "precision": precision,
        "platform": platform.platform(terse=True),
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
            "cuda": torch.version.cuda if workers.device.type == "cuda" else None,
        },
    }
