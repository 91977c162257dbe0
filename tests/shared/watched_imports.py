"""Imports every module of some packages, and tells which did more than to define names.

``python watched_imports.py ROOT PACKAGE ...`` prints the number of modules, and a line for each
fault: a file of ``ROOT`` that was opened and is no Python, or a program or a connection that a
module of ``ROOT`` began. A command's ``__main__`` is left out, because importing it runs it.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from collections.abc import Callable, Iterator
from types import FrameType

BEGUN = (
    "subprocess.", "socket.connect", "socket.getaddrinfo", "os.system", "os.posix_spawn", "os.exec",
    "os.fork",
)  # fmt: skip


def is_own(path: str, root: str) -> bool:
    """Whether a file is of the repository, and not of an environment that was made in it."""
    return path.startswith(root + os.sep) and "site-packages" not in path


def callers(frame: FrameType | None) -> Iterator[FrameType]:
    """Each function or module that is running, the innermost first."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def begun_by(root: str) -> tuple[str, bool]:
    """Which line of a module asked for it, and whether a library asked on its own account."""
    running = [one for one in callers(sys._getframe(2)) if one.f_code.co_filename != __file__]
    files = [one.f_code.co_filename for one in running]
    responsible = next((f for f in files if "site-packages" in f or is_own(f, root)), "")
    for one in running:
        if one.f_code.co_name == "<module>" and is_own(one.f_code.co_filename, root):
            place = f"{os.path.relpath(one.f_code.co_filename, root)}:{one.f_lineno}"
            return place, not is_own(responsible, root)
    return "a library", True


def watch(root: str, found: list[str]) -> Callable[[str, tuple], None]:
    """The hook that writes into ``found`` what must not happen."""

    def hook(event: str, given: tuple) -> None:
        if event == "open" and isinstance(given[0], str | bytes):
            name = os.path.abspath(os.fsdecode(given[0]))
            if is_own(name, root) and not name.endswith(".py") and ".pyc" not in name:
                found.append(f"{begun_by(root)[0]} opens {os.path.relpath(name, root)}")
        elif event.startswith(BEGUN):
            place, of_library = begun_by(root)
            if not of_library:
                found.append(f"{place} begins {event} {given[0]}")

    return hook


def main(root: str, *packages: str) -> None:
    """Import all modules and print what was found."""
    found: list[str] = []
    sys.addaudithook(watch(root, found))
    count = 0
    for package in map(importlib.import_module, packages):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
                count += 1
    print(count, *found, sep="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
