"""Install a locked list of packages, show that something happens, and say what to do if it fails.

Answers "is it still working, and why did it stop?". ``make`` calls it before anything is
installed, so it uses the standard library alone: ``python -m utils.machine.install
requirements.lock``.
"""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

LAST_LINES = 15
QUIET_SECONDS = 30.0
"""A line at least this often where no terminal shows a running clock."""
PIP = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input",
       "--progress-bar", "off"]  # fmt: skip

STEPS = ("Collecting ", "  Downloading ", "  Preparing ", "Requirement already ", "  Obtaining ")
"""What pip prints as it goes along."""

ADVICE: tuple[tuple[str, str], ...] = (
    (
        r"No space left|Disk quota|Errno 28|Errno 122",
        "The disk is full: the packages need 6 GB in .venv, and as much again while they are "
        "unpacked. Free some space (or set TMPDIR to a larger disk), then run the same command "
        "again.",
    ),
    (
        r"DO NOT MATCH THE HASHES|Expected sha256|hash mismatch",
        "A file is not the one that was locked: it arrived damaged, or a mirror or proxy serves "
        "another. Empty pip's cache (python -m pip cache purge) and run the same command again; "
        "if it stays so, do not install from that mirror.",
    ),
    (
        r"requires a different Python|Ignored the following versions that require a different",
        "A package has no version for this Python. Use one that the README names, for example "
        "make PYTHON=python3.12 book.",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|SSLError|SSLCertVerificationError",
        "The registry's certificate was refused, as behind some company proxies. Set PIP_CERT to "
        "your organisation's certificate file, then run the same command again.",
    ),
    (
        r"Failed to establish|Temporary failure in name resolution|ReadTimeout|timed out|"
        r"ConnectionError|Connection refused|Network is unreachable|Max retries|ProxyError|"
        r"IncompleteRead|ProtocolError|Connection aborted",
        "The package registry could not be reached. Check the network (behind a proxy, set "
        "HTTPS_PROXY), then run the same command again: what has arrived is not fetched again.",
    ),
    (
        r"No matching distribution|is not a supported wheel|Could not find a version",
        "No file of a package fits this machine: it has an operating system, a processor or a "
        "glibc that the package does not support (see \"Opens on\" in the README), or a mirror "
        "is incomplete.",
    ),
    (
        r"must have their versions pinned|Hashes are required",
        "The list of packages is incomplete, which is our fault, not yours. Please report the "
        "lines above.",
    ),
    (
        r"Permission denied|Errno 13|Read-only file system",
        "A folder may not be written. Copy the book to a folder of your own, then run the same "
        "command there.",
    ),
    (
        r"error: command .* failed|Failed building wheel|Failed to build|subprocess-exited",
        "A package had to be compiled, and this machine could not. Each has a compiled file for "
        "the systems that the README lists under \"Opens on\".",
    ),
)  # fmt: skip
"""What pip prints, and what to do then; the first that fits is shown."""

UNKNOWN = (
    "The lines above are pip's. If they do not help, please report them with your operating "
    "system and the output of python --version."
)


def advice(output: str) -> str:
    """What to do about a failure, from what pip printed."""
    return next((words for pattern, words in ADVICE if re.search(pattern, output)), UNKNOWN)


def is_noise(line: str) -> bool:
    """Whether a line speaks of the user's own configuration, or of nothing in particular."""
    return line.startswith(("WARNING: ", "DEPRECATION: ", "Looking in ", "[notice]", "  Using "))


def count_packages(locks: Iterable[Path]) -> int:
    """How many packages the locks name."""
    return sum(
        len(re.findall(r"^[A-Za-z0-9][^\s;=]*==", lock.read_text(encoding="utf-8"), re.MULTILINE))
        for lock in locks
    )


@dataclass
class Progress:
    """What pip is doing, from the lines that it prints."""

    total: int
    seen: set[str] = field(default_factory=set)
    doing: str = "starting"
    started: float = field(default_factory=time.monotonic)

    def note(self, line: str) -> None:
        """Take in one line of pip's output."""
        if found := re.match(r"(?:Collecting|Requirement already satisfied:) ([\w.-]+)", line):
            self.seen.add(found[1].lower())
            self.doing = found[1]
        elif found := re.match(r"\s+Downloading ([\w.]+)-\S+ \(([\d.]+ [kMG]?B)\)", line):
            self.doing = f"fetching {found[1]} ({found[2]})"
        elif line.startswith("Installing collected packages"):
            self.doing = "unpacking, a minute or two"

    def __str__(self) -> str:
        seconds = int(time.monotonic() - self.started)
        done = min(len(self.seen), self.total)
        return f"[{done}/{self.total}, {seconds // 60}:{seconds % 60:02d}] {self.doing}"


class Display:
    """Shows a :class:`Progress`: one running line on a terminal, now and then a line elsewhere."""

    def __init__(self, progress: Progress, every: float | None = None) -> None:
        self.progress = progress
        self.terminal = sys.stdout.isatty()
        self.every = every or (0.5 if self.terminal else QUIET_SECONDS)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self.over.wait(self.every):
            line = str(self.progress)[:78]
            print(f"\r{line:<78}" if self.terminal else line, end="" if self.terminal else "\n")
            sys.stdout.flush()

    def __enter__(self) -> "Display":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()
        if self.terminal:
            print("\r" + " " * 78, end="\r", flush=True)


def install(command: list[str], total: int, every: float | None = None) -> tuple[int, list[str]]:
    """Run pip and show what it is doing.

    Args:
        command: pip with all its arguments.
        total: packages that will be named.
        every: seconds between two lines; default: a running line, or one each half minute.

    Returns:
        The exit status, and what pip printed without warnings about the user's configuration.
    """
    progress, kept = Progress(total), []
    with (
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        ) as pip,
        Display(progress, every),
    ):
        for line in pip.stdout:
            progress.note(line)
            if not is_noise(line):
                kept.append(line.rstrip())
    return pip.returncode, kept


def main(arguments: list[str] | None = None) -> int:
    """Command line: the locks to install, and further options for pip; returns the exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    locks = [Path(name) for name in given if name.endswith((".lock", ".txt"))]
    options = [name for name in given if not name.endswith((".lock", ".txt"))]
    required = [part for lock in locks for part in ("-r", str(lock))]
    command = [*PIP, "--require-hashes", *options, *required]
    status, printed = install(command, count_packages(locks))
    if status:
        telling = [line for line in printed if not line.startswith(STEPS)] or printed
        print("\n".join(telling[-LAST_LINES:]))
        print(f"\nThe installation failed. {advice(chr(10).join(printed))}")
    return status


if __name__ == "__main__":
    sys.exit(main())
