"""The pytest that changes functions: collects once, then a fork of itself for every change.

Answers "which tests touch this line, and does one of them fail now?". It first runs every test in a
fork, with coverage, then replaces the code of the changed function in one fork a change.
"""

from __future__ import annotations

import ast
import contextlib
import gc
import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from pathlib import Path
from types import CodeType, FunctionType

import pytest
from _pytest.runner import runtestprotocol

from tests.mutation import Mutant

BROWSER = {"home", "chromium", "page"}
SLOWEST_SECONDS = 3600
CALL_SECONDS = 0.01
"""What it takes to run a test that does nothing."""


class Worker:
    """A plugin that takes the place of pytest's own loop over the tests.

    Where a file cannot be collected nothing is run, and the result names it.

    Args:
        folder: copy of the repository that the tests run in.
        result: file for the seconds that each passing test computed and took, tests by line, and
            what was caught.
        samples: the changes of every module.
        skipped: names of changes that are not made.
        budget: seconds of computing for the tests of one change.
    """

    def __init__(
        self,
        folder: Path,
        result: Path,
        samples: dict[str, list[Mutant]],
        skipped: set[str],
        budget: float,
    ) -> None:
        self.folder, self.result, self.samples = folder, result, samples
        self.skipped, self.budget = skipped, budget
        self.failed = False
        self.broken: list[str] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.broken.append(report.nodeid)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [i for i in items if not BROWSER & set(getattr(i, "fixturenames", ()))]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed |= report.failed

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if self.broken:
            self.result.write_text(json.dumps({"broken": self.broken}), encoding="utf-8")
            return True
        seen = self.folder / ".seen.json"
        forked(lambda: self.look(session.items, seen), SLOWEST_SECONDS)
        known = json.loads(seen.read_text(encoding="utf-8"))
        by_name = {item.nodeid: item for item in session.items}
        caught = []
        for module, picked in self.samples.items():
            path = self.folder / module
            functions = functions_of(path)
            source = path.read_text(encoding="utf-8")
            for mutant in picked:
                if mutant.name in self.skipped:
                    continue
                tests = tests_of(
                    mutant, source, known["touched"][module], known["seconds"], self.budget
                )
                items = [by_name[test] for test in tests]
                limit = 20 + 5 * sum(known["waited"][test] for test in tests)
                work = partial(self.fails, functions, path, mutant.applied(source), items)
                if items and forked(work, limit):
                    caught.append(mutant.name)
        self.result.write_text(json.dumps({**known, "caught": caught}), encoding="utf-8")
        return True

    def look(self, items: list[pytest.Item], seen: Path) -> int:
        """Run every test; write the seconds of those that pass, and the lines that each ran.

        What a test computed decides which tests a change gets, the same ones on a busy machine.
        What it took decides how long a change is waited for.
        """
        import coverage

        measured = coverage.Coverage(source=[str(self.folder / "utils")], data_file=None)
        measured.start()
        seconds, waited = {}, {}
        for item, following in zip(items, [*items[1:], None], strict=True):
            measured.switch_context(item.nodeid)
            started, before, self.failed = time.monotonic(), computed(), False
            reports = runtestprotocol(item, nextitem=following, log=True)
            if all(report.passed for report in reports):
                seconds[item.nodeid] = round(computed() - before, 3)
                waited[item.nodeid] = round(time.monotonic() - started, 3)
        measured.stop()
        data = measured.get_data()
        touched = {
            module: {
                line: sorted(set(contexts) & set(seconds))
                for line, contexts in data.contexts_by_lineno(str(self.folder / module)).items()
            }
            for module in self.samples
        }
        found = {"seconds": seconds, "waited": waited, "touched": touched}
        seen.write_text(json.dumps(found), encoding="utf-8")
        return 0

    def fails(
        self, functions: dict[str, list[FunctionType]], path: Path, changed: str, items: list
    ) -> int:
        """1 when a test fails with the changed functions in place; 0 when all pass."""
        replace_code(functions, compile(changed, str(path), "exec"))
        self.failed = False
        for item, following in zip(items, [*items[1:], None], strict=True):
            runtestprotocol(item, nextitem=following, log=True)
            if self.failed:
                return 1
        return 0


def computed() -> float:
    """Seconds of the processor that this process and those that it started have used."""
    return sum(os.times()[:4])


def forked(work: Callable[[], int], seconds: float) -> int:
    """Status of a function in a process of its own; 99 when it took too long."""
    child = os.fork()
    if child == 0:
        os.setsid()
        try:
            os._exit(work())
        finally:
            os._exit(98)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return 99


def functions_of(path: Path) -> dict[str, list[FunctionType]]:
    """Every function that was made from a file, by its qualified name."""
    found: dict[str, list[FunctionType]] = {}
    for thing in gc.get_objects():
        if isinstance(thing, FunctionType) and thing.__code__.co_filename == str(path):
            found.setdefault(thing.__code__.co_qualname, []).append(thing)
    return found


def replace_code(functions: dict[str, list[FunctionType]], module: CodeType) -> None:
    """Give every function the code that the changed module has under its name."""
    for code in codes(module):
        for function in functions.get(code.co_qualname, []):
            if function.__code__.co_freevars == code.co_freevars:
                function.__code__ = code


def codes(code: CodeType) -> Iterator[CodeType]:
    """The code of every function with a name, outer ones first."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if not constant.co_name.startswith("<"):
                yield constant
            yield from codes(constant)


def tests_of(
    mutant: Mutant,
    source: str,
    lines: dict[str, list[str]],
    seconds: dict[str, float],
    budget: float,
) -> list[str]:
    """Tests to run on a change: those of its line first, quick ones first, within the budget.

    A constant and a default of a class have no line that a test runs: there the lines count that
    name the constant, and before them the tests that name it or the class. Of many cases of one
    test a few come early and the others late, or a table of cases would use up the budget.

    Args:
        mutant: the change.
        source: text of its module.
        lines: tests by line of the module.
        seconds: what each test took.
        budget: seconds for all of them.
    """
    last = mutant.line + mutant.old.count("\n")
    near = tests_on(range(mutant.line, last + 1), lines)
    named = set() if near else tests_naming(defined_names(source, mutant.line), seconds)
    near = near or named | tests_on(uses_of_constant(source, mutant.line), lines)
    stem = Path(mutant.where.split(" ")[0]).stem
    own = {test for test in seconds if stem in test.partition("::")[0]}
    late = lateness(seconds)
    ranked = sorted(
        near | tests_on(lines, lines) | own,
        key=lambda t: (t not in near, t not in named, late[t], t not in own),
    )
    left, found = budget, []
    for test in ranked:
        left -= seconds[test] + CALL_SECONDS
        if left < 0 and found:
            break
        found.append(test)
    return found


def tests_on(wanted: Iterable[int | str], lines: dict[str, list[str]]) -> set[str]:
    """Every test that runs one of these lines."""
    return {test for line in wanted for test in lines.get(str(line), [])}


def defined_names(source: str, line: int) -> frozenset[str]:
    """What the statement at a line of a module assigns, or the class that it defines."""
    names: set[str] = set()
    for node in ast.parse(source).body:
        if not node.lineno <= line <= node.end_lineno:
            continue
        if isinstance(node, ast.Assign | ast.AnnAssign):
            names |= {x.id for x in ast.walk(node) if is_named(x, ast.Store)}
        elif isinstance(node, ast.ClassDef):
            names.add(node.name)
    return frozenset(names)


def uses_of_constant(source: str, line: int) -> set[int]:
    """The lines that name what the statement at a line of a module assigns."""
    tree, names = ast.parse(source), defined_names(source, line)
    return {x.lineno for x in ast.walk(tree) if is_named(x, ast.Load) and x.id in names}


def tests_naming(names: frozenset[str], tests: Iterable[str]) -> set[str]:
    """Those of the tests whose function, or its table of cases, says one of these names."""
    found = set()
    for test in tests:
        file, _, function = test.partition("::")
        if names & names_in(file).get(function.partition("[")[0], frozenset()):
            found.add(test)
    return found


@cache
def names_in(file: str) -> dict[str, frozenset[str]]:
    """What each function of a test file names, itself and as attributes of modules."""
    if not Path(file).is_file():
        return {}
    return {
        node.name: frozenset(
            getattr(x, "id", None) or x.attr
            for x in ast.walk(node)
            if isinstance(x, ast.Name | ast.Attribute)
        )
        for node in ast.parse(Path(file).read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }


def is_named(node: ast.AST, context: type[ast.expr_context]) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, context)


def lateness(seconds: dict[str, float]) -> dict[str, float]:
    """How late each test comes: its seconds, times its place among the cases of one function."""
    cases: Counter[str] = Counter()
    late = {}
    for test in sorted(seconds, key=lambda test: seconds[test]):
        function = test.partition("[")[0]
        cases[function] += 1
        late[test] = (seconds[test] + CALL_SECONDS) * cases[function]
    return late
