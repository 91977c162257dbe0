"""Which tests ``make check`` leaves to ``make test`` because they take long: ``tests/slow.txt``.

A decorator would say it beside each test, but nobody keeps 300 of them true. The list is measured:
``pytest --find-slow -n 2 tests`` runs what ``make check`` runs and what the list holds, and renews
the list. What did not run keeps its place in it.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

from utils.files.whole import write_text

ROOT = Path(__file__).resolve().parents[2]
LIST = ROOT / "tests" / "slow.txt"
SLOW_S = 0.1
"""A test function is slow if one of its tests takes longer than this on average."""


def plain(nodeid: str) -> str:
    """The test function's address, without the parameters of one test."""
    return nodeid.partition("[")[0]


@cache
def listed() -> frozenset[str]:
    """Addresses of the slow test functions."""
    return frozenset(LIST.read_text(encoding="utf-8").split())


def is_there(address: str) -> bool:
    """Whether the test function of an address still exists."""
    file, *_, name = address.split("::")
    path = ROOT / file
    if not path.is_file():
        return False
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return any(isinstance(x, ast.FunctionDef) and x.name == name for x in ast.walk(tree))


def seconds_of(reports: Iterable[pytest.TestReport]) -> dict[str, list[float]]:
    """Seconds of each test, from the setup to the end, by the address of its function."""
    tests: dict[str, float] = defaultdict(float)
    for report in reports:
        tests[report.nodeid] += report.duration
    functions: dict[str, list[float]] = defaultdict(list)
    for nodeid, seconds in tests.items():
        functions[plain(nodeid)].append(seconds)
    return functions


def renewed(before: Iterable[str], seconds: dict[str, list[float]]) -> list[str]:
    """The list after a run: what was slow in it, and what did not run and is still there.

    Args:
        before: addresses listed so far.
        seconds: as :func:`seconds_of` gives them.
    """
    slow = {name for name, each in seconds.items() if sum(each) / len(each) > SLOW_S}
    return sorted(slow | {name for name in before if name not in seconds and is_there(name)})


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--find-slow", action="store_true", help="--quick, and renew tests/slow.txt")


def pytest_configure(config: pytest.Config) -> None:
    config.option.quick |= config.getoption("--find-slow")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what is listed as slow, unless it is to be measured or its author wants it quick."""
    if item.config.getoption("--find-slow") or item.get_closest_marker("quick"):
        return
    if plain(item.nodeid) in listed():
        item.add_marker("slow")


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:
    """Renew the list, once all workers have reported."""
    if not config.getoption("--find-slow"):
        return
    reports = [
        report
        for every in terminalreporter.stats.values()
        for report in every
        if isinstance(report, pytest.TestReport)
    ]
    found = renewed(listed(), seconds_of(reports))
    write_text(LIST, "".join(f"{name}\n" for name in found))
    terminalreporter.write_line(f"{len(found)} slow test functions are in {LIST.name}")
