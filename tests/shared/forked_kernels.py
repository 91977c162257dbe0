"""Kernels that start at once: they are forked from a process that has imported PyTorch.

What a kernel of a notebook imports takes five seconds of the processor, and dozens of kernels are
started. Such a kernel has its own arguments, environment and folder; it finds packages where the
environment says, as it would alone, and no module of this repository has been imported before.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import io
import json
import os
import random
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NoReturn

LAUNCHER = "ipykernel_launcher"
PATH = "PYTHONPATH"
LOADED = (
    "torch", "torch._dynamo", "torchvision", "matplotlib.pyplot", "sklearn.datasets",
    "pydantic", "yaml", "requests", "ipykernel.kernelapp", "ipykernel.ipkernel",
)  # fmt: skip
"""What nearly every notebook comes to import. ipywidgets is not here: it asks for its kernel when
it is imported."""
INLINE = "module://matplotlib_inline.backend_inline"
"""Matplotlib reads it when it is imported, and a kernel says it before."""
QUIET = {"PYDEVD_DISABLE_FILE_VALIDATION": "1"}
"""No word of the debugger, which nobody asks for."""
LOOK_S = 0.02


class Server:
    """The process that kernels are forked from."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", __file__],
            env={**environment, "MPLBACKEND": INLINE, **QUIET, "RESNET_BOOK_TRAININGS": ""},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", start_new_session=True,
        )  # fmt: skip
        atexit.register(self.process.stdin.close)

    def ask(self, order: Mapping[str, object]) -> int | None:
        """Give it an order, and return its answer."""
        self.process.stdin.write(f"{json.dumps(order)}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise ChildProcessError(f"the process of the kernels ended: {self.process.wait()}")
        return json.loads(answer)


@cache
def server(_path: str | None) -> Server:
    """The process for kernels that import from ``_path``."""
    return Server(os.environ if _path is None else {**os.environ, PATH: _path})


class Kernel:
    """A forked kernel, with what the manager of kernels asks of a ``Popen``."""

    def __init__(
        self, arguments: Sequence[str], environment: Mapping[str, str], folder: str | None
    ) -> None:
        self.stdin, self.stdout, self.stderr = io.BytesIO(), None, None
        self.returncode: int | None = None
        self.server = server(environment.get(PATH))
        self.pid = self.server.ask(
            {"arguments": arguments, "environment": dict(environment), "folder": folder or "."}
        )

    def poll(self) -> int | None:
        """Return its status if it has ended."""
        if self.returncode is None:
            self.returncode = self.server.ask({"ended": self.pid})
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""
        end = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            if end is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired(LAUNCHER, timeout)
            time.sleep(LOOK_S)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


def popen(command: Sequence[str], **settings: object) -> Kernel | subprocess.Popen:
    """Fork what is a kernel of this Python, and start anything else as always."""
    if tuple(command[:3]) != (sys.executable, "-m", LAUNCHER):
        return subprocess.Popen(command, **settings)
    return Kernel(command[3:], settings["env"], settings["cwd"])


def _become(order: Mapping[str, object]) -> NoReturn:
    """Go on as a new interpreter that was told to run a kernel."""
    os.setpgid(0, 0)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nothing, number)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    # It ends with its parent, whose number ipykernel has read from the environment before.
    sys.argv = [LAUNCHER, *order["arguments"], f"--IPKernelApp.parent_handle={os.getppid()}"]
    random.seed()
    sys.modules["numpy"].random.seed()
    if sys.modules.pop("sitecustomize", None):
        importlib.import_module("sitecustomize")
    status = 1
    try:
        runpy.run_module(LAUNCHER, run_name="__main__", alter_sys=True)
        status = 0
    finally:
        os._exit(status)  # what PyTorch does when an interpreter ends waits for seconds in a fork


def _serve() -> None:
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for name in LOADED:
        importlib.import_module(name)
    gc.freeze()
    for line in sys.stdin:
        order = json.loads(line)
        if "ended" in order:
            pid, status = os.waitpid(order["ended"], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        else:
            answer = os.fork()
            if not answer:
                _become(order)
            os.setpgid(answer, answer)  # as the child does: whoever is first
        print(json.dumps(answer), file=answers, flush=True)
    os._exit(0)  # without what PyTorch prints when an interpreter ends


if __name__ == "__main__":
    _serve()
