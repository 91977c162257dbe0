"""Which tests ``make check`` leaves to ``make test`` because they take long: ``tests/slow.txt``.

A decorator would say it beside each test, but nobody keeps 300 of them true. The list is measured:
``pytest --quick --find-slow -n 2 tests`` runs what it holds as well, and writes it anew.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIST = ROOT / "tests" / "slow.txt"
SLOW_S = 0.1
"""A test function is slow if one of its tests takes longer than this on average."""


def plain(nodeid: str) -> str:
    """The test function's address, without the parameters of one test."""
    return nodeid.partition("[")[0]


def listed() -> frozenset[str]:
    """Addresses of the slow test functions."""
    return frozenset(LIST.read_text(encoding="utf-8").split()) if LIST.is_file() else frozenset()


def slow_ones(seconds: dict[str, list[float]]) -> list[str]:
    """Addresses of functions whose tests take long on average, sorted.

    Args:
        seconds: of each test of a function, by the function's address.
    """
    return sorted(name for name, each in seconds.items() if sum(each) / len(each) > SLOW_S)


def spent(reports: list[pytest.TestReport]) -> dict[str, list[float]]:
    """Seconds of each test, from the setup to the end, by the address of its function."""
    tests: dict[str, float] = defaultdict(float)
    for report in reports:
        tests[report.nodeid] += report.duration
    functions: dict[str, list[float]] = defaultdict(list)
    for nodeid, seconds in tests.items():
        functions[plain(nodeid)].append(seconds)
    return functions


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="what needs neither book nor browser")
    parser.addoption("--find-slow", action="store_true", help="write tests/slow.txt anew")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """What needs a browser or a built book is not even imported."""
    site = collection_path == ROOT / "tests" / "site"
    return True if site and config.getoption("--quick") else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is marked, and what is listed unless the list is to be written."""
    if not config.getoption("--quick"):
        return
    slow = frozenset() if config.getoption("--find-slow") else listed()
    marks = ("slow", "book")
    left_out = [
        item
        for item in items
        if plain(item.nodeid) in slow or any(map(item.get_closest_marker, marks))
    ]
    config.hook.pytest_deselected(items=left_out)
    gone = set(left_out)
    items[:] = [item for item in items if item not in gone]


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:
    """Write the list, once all workers have reported."""
    if not config.getoption("--find-slow"):
        return
    reports = [
        report
        for every in terminalreporter.stats.values()
        for report in every
        if isinstance(report, pytest.TestReport)
    ]
    found = slow_ones(spent(reports))
    LIST.write_text("".join(f"{name}\n" for name in found), encoding="utf-8")
    terminalreporter.write_line(f"{len(found)} slow test functions are in {LIST.name}")
