"""Make small changes in the code, one after another: do the tests notice?

``python -m tests.mutate`` draws some changes of every module (:mod:`tests.mutation`), makes each
and runs the tests that touch its line. It prints every change that none noticed, and the share that
failed a test, by module and by package. Settings stand under ``tool.mutants`` of
``pyproject.toml``; ``tests/given/mutants.yml`` names the changes that change nothing, with the
reason, and holds changes made by hand in scripts and extensions (``--changes``).

PyTorch is imported and the tests are collected once. A change within a function takes the
function's place in a fork of that process. What passes there, and every change of a default or a
constant, is tried again from the start, in a spoilt copy of the repository.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.mutation import Mutant, mutants
from tests.mutation_worker import Worker, tests_of
from utils.files.yaml_files import read_yaml

ROOT = Path(__file__).parents[1]
NOTES = ROOT / "tests" / "given" / "mutants.yml"
CAUGHT, UNNOTICED, SET_ASIDE = "caught", "unnoticed", "set aside"
PRELOADED = ("torch", "torchvision", "numpy", "matplotlib.pyplot", "sklearn.datasets", "PIL.Image",
             "torch.utils.flop_counter", "torch.distributed", "pydantic", "markdown_it",
             "playwright.sync_api", "bs4", "tqdm.auto", "coverage")  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """``[tool.mutants]``: what is changed, and what may notice.

    Attributes:
        modules: files whose lines are changed.
        tests: patterns of test files; tests with a browser are left out.
        without: names of test files that say nothing of these modules, or are slow.
        sample: changes drawn from each module.
        seed: draws them.
        budget_seconds: tests of one change, by what they compute; the nearest come first.
    """

    modules: list[str]
    tests: list[str]
    without: list[str]
    sample: int
    seed: int
    budget_seconds: float


def settings() -> Settings:
    """The section of ``pyproject.toml``."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return Settings(**tomllib.loads(text)["tool"]["mutants"])


def notes() -> dict:
    """What is known of single changes: ``same`` (name -> reason) and ``changes`` (by hand)."""
    return read_yaml(NOTES)


@contextlib.contextmanager
def copied() -> Iterator[Path]:
    """A copy of the tracked and the new files, to be spoilt; the built book is linked to."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, check=True, capture_output=True,
    ).stdout  # fmt: skip
    names = [os.fsdecode(name) for name in listed.split(b"\0") if name]
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        there = [name for name in names if (ROOT / name).is_file()]
        subprocess.run(["cp", "--parents", "-t", folder, *there], cwd=ROOT, check=True)
        if (ROOT / "_build").exists():
            (Path(folder) / "_build").symlink_to(ROOT / "_build")
        yield Path(folder)


def run_pytest(folder: Path, arguments: list[str], plugin: object | None = None) -> int:
    """Pytest in this process, quietly, as if started in ``folder``.

    What this process has imported of ``utils`` is forgotten: tests are to see that of the folder.
    """
    for name in [name for name in sys.modules if name.partition(".")[0] == "utils"]:
        del sys.modules[name]
    os.chdir(folder)
    sys.path[:0] = [str(folder), str(folder / "tests" / "shared")]
    quiet = ["-q", "--no-header", "--no-summary", "--tb=no", "-o", "addopts=", "-p", "no:nbval",
             "-p", "no:xdist", "-p", "no:cacheprovider", "-p", "no:pytest_cov"]  # fmt: skip
    return int(pytest.main([*quiet, *arguments], plugins=[plugin] if plugin else []))


def in_fork(work: Callable[[], int], seconds: float) -> int:
    """Exit status of a function in a process of its own; 99 where it took too long."""
    child = os.fork()
    if child == 0:
        os.setsid()
        null = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(null, stream)
        status = 98
        with contextlib.suppress(BaseException):
            status = work()
        os._exit(status)
    deadline = time.monotonic() + seconds
    try:
        while time.monotonic() < deadline:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.01)
        return 99
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(child, 0)


def notices(folder: Path, file: str, changed: str, tests: list[str], seconds: float) -> bool:
    """Whether a test fails, or does not end, with this text in the place of a file."""
    path = folder / file
    before = path.read_text(encoding="utf-8")
    path.write_text(changed, encoding="utf-8")
    try:
        status = in_fork(lambda: run_pytest(folder, ["-x", *tests]), seconds)
        if status in (4, 5):  # the change renames tests: run their files
            files = sorted({test.partition("::")[0] for test in tests})
            status = in_fork(lambda: run_pytest(folder, ["-x", *files]), seconds)
    finally:
        path.write_text(before, encoding="utf-8")
    return status != 0


def drawn(folder: Path, module: str, sample: int, seed: int, again: str = "") -> list[Mutant]:
    """A sample of the changes of a module, in the order of its lines.

    Args:
        folder: where the module is read.
        module: its path there.
        sample: how many are drawn at most.
        seed: draws them.
        again: what an earlier run printed; of the changes that it names, none is drawn but all
            taken.
    """
    every = mutants((folder / module).read_text(encoding="utf-8"), module)
    if again:
        lines = {line.partition("  ")[2] for line in map(str.strip, again.splitlines())}
        return [mutant for mutant in every if mutant.name in lines]
    picked = random.Random(f"{seed} {module}").sample(every, min(sample, len(every)))
    return sorted(picked, key=lambda mutant: mutant.start)


def report(name: str, caught: int, tried: int, aside: int) -> str:
    """One line of the table."""
    share = f"{caught / tried:.0%}" if tried else "-"
    return f"{name:36s} {tried:5d} tried {caught:5d} caught {share:>5s} {aside:4d} set aside"


def package_of(module: str) -> str:
    """The package that a module belongs to: ``utils/practice`` of its kinds as well."""
    return "/".join(module.split("/")[:2])


def by_package(
    table: dict[str, tuple[int, int, int]], listed: list[str], root: Path = ROOT
) -> list[str]:
    """A line for each package: its changes, and how much of its code the settings list.

    Args:
        table: caught, tried and set aside of every module that was tried.
        listed: every module of the settings, tried or not.
        root: of the repository.
    """
    sums: dict[str, tuple[int, ...]] = {}
    for module, counts in table.items():
        package = package_of(module)
        sums[package] = tuple(map(sum, zip(sums.get(package, (0, 0, 0)), counts, strict=True)))
    return [
        f"{report(package, *sums[package])}, {listed_share(package, listed, root):.0%} of its "
        "lines listed"
        for package in sorted(sums)
    ]


def listed_share(package: str, listed: list[str], root: Path = ROOT) -> float:
    """Share of the lines of a package that stand in listed modules."""
    lines = {
        path.relative_to(root).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in (root / package).rglob("*.py")
    }
    return sum(lines[module] for module in lines if module in listed) / sum(lines.values())


def chosen_modules(wanted: list[str], listed: list[str]) -> list[str]:
    """The listed modules that are wanted, by name or by folder; all where nothing is named.

    Raises:
        ValueError: a name that is neither a listed module nor a folder of one.
    """
    for name in wanted:
        if not any(is_within(module, name) for module in listed):
            raise ValueError(f"{name} is not in tool.mutants of pyproject.toml")
    return [m for m in listed if not wanted or any(is_within(m, name) for name in wanted)]


def is_within(module: str, name: str) -> bool:
    return module == name or module.startswith(f"{name.rstrip('/')}/")


def try_modules(
    folder: Path, chosen: Settings, files: list[str], again: str = ""
) -> dict[str, dict[str, int]]:
    """Numbers of changes by module and by what became of them; tells those not noticed."""
    same = notes()["same"]
    samples = {
        module: drawn(folder, module, chosen.sample, chosen.seed, again)
        for module in chosen.modules
    }
    found = folder / ".mutants.json"
    worker = Worker(folder, found, samples, set(same), chosen.budget_seconds)
    status = in_fork(lambda: run_pytest(folder, files, worker), 36_000)
    first = json.loads(found.read_text(encoding="utf-8")) if found.exists() else {}
    if "broken" in first:
        sys.exit(
            f"cannot be collected: {', '.join(first['broken'])}; mend it, make book where it reads "
            "the built pages, or name it under tool.mutants without in pyproject.toml"
        )
    if status or not first:
        sys.exit(f"the tests could not be collected and run (status {status}); try make test first")
    seconds, touched = first["seconds"], first["touched"]
    waited = first["waited"]
    print(f"{len(seconds)} tests pass in {sum(waited.values()):.0f} s", flush=True)
    table = {}
    for module, picked in samples.items():
        counts = dict.fromkeys((CAUGHT, UNNOTICED, SET_ASIDE), 0)
        source = (folder / module).read_text(encoding="utf-8")
        for mutant in picked:
            outcome = SET_ASIDE if mutant.name in same else CAUGHT
            if outcome == CAUGHT and mutant.name not in first["caught"]:
                tests = tests_of(mutant, source, touched[module], seconds, chosen.budget_seconds)
                limit = 60 + 5 * sum(waited[test] for test in tests)
                changed = mutant.applied(source)
                if not (tests and notices(folder, module, changed, tests, limit)):
                    outcome = UNNOTICED
                    print(f"  {module}:{mutant.line}  {mutant.name}", flush=True)
            counts[outcome] += 1
        table[module] = counts
        print(report(module, *numbers(counts)), flush=True)
    return table


def numbers(counts: dict[str, int]) -> tuple[int, int, int]:
    """Caught, tried, set aside."""
    return counts[CAUGHT], counts[CAUGHT] + counts[UNNOTICED], counts[SET_ASIDE]


def try_changes(folder: Path, wanted: list[str]) -> int:
    """Make every change of the file by hand; the number of those that its test did not notice."""
    missed = 0
    for change in notes()["changes"]:
        if wanted and change["file"] not in wanted:
            continue
        text = (folder / change["file"]).read_text(encoding="utf-8")
        changed = text.replace(change["old"], change["new"], 1)
        caught = notices(folder, change["file"], changed, [change["test"]], 300)
        missed += not caught
        word = CAUGHT if caught else UNNOTICED
        print(f"{word:10s} {change['file']}: {change['new'].strip()}", flush=True)
    return missed


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status: 1 where a change by hand was not noticed."""
    chosen = settings()
    parser = argparse.ArgumentParser(prog="python -m tests.mutate", description=__doc__)
    parser.add_argument(
        "modules", nargs="*", help="files or folders, such as utils/models (default: all)"
    )
    parser.add_argument("--sample", type=int, default=chosen.sample, help="changes of each module")
    parser.add_argument("--seed", type=int, default=chosen.seed, help="draws the sample")
    parser.add_argument("--tests", nargs="+", help="test files (default: as pyproject.toml says)")
    parser.add_argument("--quick", action="store_true", help="leave out what is marked slow")
    parser.add_argument("--again", type=Path, help="a file with the lines of changes not noticed")
    parser.add_argument("--changes", action="store_true", help="the changes made by hand instead")
    options = parser.parse_args(arguments)
    modules = options.modules
    if not options.changes:
        try:
            modules = chosen_modules(options.modules, chosen.modules)
        except ValueError as problem:
            parser.error(str(problem))
    # Killed without this, it would leave behind what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.environ.update(RESNET_BOOK_OFFLINE="1", PYTHONDONTWRITEBYTECODE="1", OMP_NUM_THREADS="1")
    sys.dont_write_bytecode = True
    for name in PRELOADED:
        __import__(name)
    with copied() as folder:
        if options.changes:
            missed = try_changes(folder, modules)
            print(f"{missed} not noticed")
            return int(missed > 0)
        files = options.tests or [
            str(path.relative_to(ROOT))
            for pattern in chosen.tests
            for path in sorted(ROOT.glob(pattern))
            if path.name not in chosen.without
        ]
        changed = {"modules": modules, "sample": options.sample, "seed": options.seed}
        again = options.again.read_text(encoding="utf-8") if options.again else ""
        quick = ["--quick"] if options.quick else []
        found = try_modules(folder, Settings(**{**vars(chosen), **changed}), quick + files, again)
    table = {module: numbers(counts) for module, counts in found.items()}
    rows = [report(module, *row) for module, row in table.items()]
    together = report("together", *map(sum, zip(*table.values(), strict=True)))
    print("\n".join(["", *rows, "", *by_package(table, chosen.modules), "", together]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
