"""Fresh Pythons that start at once: they are forked from one that has imported PyTorch.

The import takes three seconds, and the first optimiser of a process two more (it loads
``torch._dynamo``). Dozens of tests need a process of their own. What such a process runs sees new
globals, its own arguments and environment, and nothing that a test did.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(
    ["torch", "torch._dynamo", "torchvision", "sklearn.datasets", "fresh"]
)


def _run(code: str, arguments: Sequence[str], settings: Mapping[str, str], files: list[str]):
    for number, file in enumerate(files, start=1):
        os.dup2(os.open(file, os.O_WRONLY), number)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    os.chdir(ROOT)
    os.environ.update(settings)
    sys.argv = ["-c", *arguments]
    warnings.simplefilter("ignore")
    status = 0
    try:
        exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})
    except SystemExit as left:
        status = left.code if isinstance(left.code, int) else int(left.code is not None)
        if isinstance(left.code, str):
            print(left.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


@dataclass
class Process:
    """A fresh Python at work."""

    process: multiprocessing.process.BaseProcess
    folder: tempfile.TemporaryDirectory

    def printed(self) -> str:
        """What has come to its standard output so far."""
        return (Path(self.folder.name) / "out").read_text(encoding="utf-8")

    def wait_for(self, text: str, timeout_s: float = 120) -> None:
        """Wait until it has printed ``text``."""
        end = time.monotonic() + timeout_s
        while text not in self.printed():
            assert self.process.is_alive() and time.monotonic() < end, self.printed()
            time.sleep(0.01)

    def kill(self) -> None:
        """End it without any chance to tidy up."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.join()

    def wait(self, timeout_s: float = 600) -> subprocess.CompletedProcess[str]:
        """Wait for its end."""
        self.process.join(timeout_s)
        if self.process.exitcode is None:
            self.kill()
            raise TimeoutError(f"a fresh Python was not done after {timeout_s:g} seconds")
        errors = (Path(self.folder.name) / "err").read_text(encoding="utf-8")
        done = subprocess.CompletedProcess([], self.process.exitcode, self.printed(), errors)
        self.folder.cleanup()
        return done


def start(code: str, *arguments: str, **settings: str) -> Process:
    """Begin to run code in a fresh Python; ``settings`` are variables of its environment."""
    folder = tempfile.TemporaryDirectory()
    files = [str(Path(folder.name) / name) for name in ("out", "err")]
    for file in files:
        Path(file).touch()
    process = SERVER.Process(target=_run, args=(code, arguments, settings, files), daemon=True)
    process.start()
    return Process(process, folder)


def run(code: str, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh Python and return what came of it."""
    return start(code, *arguments, **settings).wait()
