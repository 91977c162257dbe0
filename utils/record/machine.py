"""What a record says of the machine and the code that made it.

Answers "on what was this computed, and by which commit?".
"""

import argparse
import contextlib
import datetime
import hashlib
import json
import os
import platform
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import torch

from utils.files.places import CHECKPOINTS, ROOT
from utils.files.records import write_record
from utils.machine.devices import CPU_INFO, DEVICES, named_device
from utils.probes.roofline import MATRIX, STREAM
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


LONGEST_DIFFERENCE = 50_000
"""Characters of a difference that a record keeps; a longer one is cut and says so."""


@cache
def code_state() -> dict[str, str]:
    """By which code a record was made, as its fields.

    ``git_commit`` is the commit of this checkout, with "+" when tracked files of ``utils`` differ
    from it; only then ``git_difference`` has what differs. A command asks at its start, so that the
    answer is that of the code that runs, whatever is written or committed while it does.
    """
    try:
        commit = _git("rev-parse", "HEAD").strip()
        changes = _git("status", "--porcelain", "--untracked-files=no", "--", "utils").strip()
        if not changes:
            return {"git_commit": commit}
        plain = ("--no-color", "--no-ext-diff", "--no-textconv")
        difference = _git("diff", *plain, "HEAD", "--", "utils")
    except (OSError, subprocess.CalledProcessError):
        return carried_code_state()
    return {"git_commit": f"{commit}+", "git_difference": bounded(difference)}


CARRIED_STATE = CHECKPOINTS / "code.json"
"""What a machine without git is told about its code, see :func:`state_to_carry`."""


def state_to_carry() -> dict:
    """Which code this is, for a machine that gets the files without git."""
    return {"state": code_state(), "sha256": source_hash()}


def carried_code_state() -> dict[str, str]:
    """What this machine was told about its code; "unknown" if the code is another one by now."""
    try:
        told = json.loads(CARRIED_STATE.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {"git_commit": "unknown"}
    return told["state"] if told["sha256"] == source_hash() else {"git_commit": "unknown"}


def source_hash() -> str:
    """SHA-256 of names and content of all files in ``utils`` but the compiled ones."""
    found = hashlib.sha256()
    for path in sorted((ROOT / "utils").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            found.update(f"{path.relative_to(ROOT).as_posix()}\0{path.stat().st_size}\0".encode())
            found.update(path.read_bytes())
    return found.hexdigest()


def bounded(difference: str) -> str:
    """The beginning of a long text, with its length and SHA-256 in the place of the rest."""
    if len(difference) <= LONGEST_DIFFERENCE:
        return difference
    digest = hashlib.sha256(difference.encode()).hexdigest()
    said = f"[cut: {len(difference):,} characters in all, SHA-256 {digest}]"
    return f"{difference[:LONGEST_DIFFERENCE]}\n{said}\n"


def _git(*command: str) -> str:
    done = subprocess.run(
        ["git", *command],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=True,
    )
    return done.stdout


def made_by(workers: Workers, precision: str) -> dict:
    """What every record says of its making: machine, code, and when it was finished."""
    finished = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return {"machine": describe_machine(workers, precision), **code_state(), "finished": finished}


def device_file(folder: Path, machine: dict) -> Path:
    """One file a device, threads included, since they change the answer."""
    name = re.sub(r"[^a-z0-9]+", "-", machine["device"].lower()).strip("-")
    threads = f"-{machine['threads']}-threads" if machine["device_type"] == "cpu" else ""
    return folder / f"{name}{threads}.json"


def ask_device(parser: argparse.ArgumentParser) -> None:
    """Let a command take the name of a device; :func:`device_of` reads it."""
    parser.add_argument("--device", choices=DEVICES, help="default: CUDA if present, else the CPU")


def device_of(parser: argparse.ArgumentParser, options: argparse.Namespace) -> torch.device:
    """The device that was asked for; the command ends where it is not here."""
    try:
        return named_device(options.device)
    except ValueError as error:
        parser.error(str(error))


def ask_roofs(parser: argparse.ArgumentParser) -> None:
    """Let a command take the sizes at which the roofs of a device are measured."""
    parser.add_argument("--matrix", type=int, default=MATRIX, help="side of the peak's matrices")
    parser.add_argument("--stream", type=int, default=STREAM, help="numbers of the copied array")


def ask_no_write(parser: argparse.ArgumentParser) -> None:
    """Let a command only print; :func:`file_away` heeds it."""
    parser.add_argument("--no-write", action="store_true", help="print only")


def file_away(record: dict, folder: Path, options: argparse.Namespace) -> None:
    """Write the record of this device and say where, unless the command only prints."""
    if not options.no_write:
        path = device_file(folder, record["machine"])
        write_record(path, record)
        print(f"written to {path}")


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
