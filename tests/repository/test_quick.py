"""What `make check` leaves out because it takes long: a measured list that names what there is."""

from __future__ import annotations

import ast
from types import SimpleNamespace

import pytest
import quick

ROOT = quick.ROOT


class Item(SimpleNamespace):
    """A test as the hook sees it."""

    __hash__ = object.__hash__


def report(nodeid: str, when: str, seconds: float) -> pytest.TestReport:
    return pytest.TestReport(nodeid, ("", 0, ""), {}, "passed", None, when, duration=seconds)


def test_a_function_is_slow_if_its_tests_are_on_average():
    seconds = {"t.py::a": [0.5, 0.01, 0.01, 0.01, 0.01, 0.01], "t.py::b": [0.15], "t.py::c": [0.09]}
    assert quick.slow_ones(seconds) == ["t.py::b"]


def test_setup_and_end_count_and_parameters_do_not_part_a_function():
    reports = [
        report("t.py::a[x::y[1]]", "setup", 1.0),
        report("t.py::a[x::y[1]]", "call", 2.0),
        report("t.py::a[z]", "call", 4.0),
        report("t.py::b", "teardown", 8.0),
    ]
    assert quick.spent(reports) == {"t.py::a": [3.0, 4.0], "t.py::b": [8.0]}


@pytest.mark.parametrize(
    ("options", "stay"),
    [
        ({}, ["fast", "listed", "marked"]),
        ({"--quick"}, ["fast"]),
        ({"--quick", "--find-slow"}, ["fast", "listed"]),
    ],
)
def test_what_is_listed_is_left_out_unless_the_list_is_written(options, stay, monkeypatch):
    monkeypatch.setattr(quick, "listed", lambda: frozenset({"t.py::listed"}))
    items = [
        Item(
            name=name,
            nodeid=f"t.py::{name}[1]",
            get_closest_marker={"slow": name == "marked" or None}.get,
        )
        for name in ("fast", "listed", "marked")
    ]
    every, gone = {item.name for item in items}, []
    hook = SimpleNamespace(pytest_deselected=lambda items: gone.extend(items))
    config = SimpleNamespace(getoption=options.__contains__, hook=hook)
    quick.pytest_collection_modifyitems(config, items)
    assert [item.name for item in items] == stay
    assert {item.name for item in gone} == every - set(stay)


def test_the_list_names_functions_that_there_are():
    names = quick.LIST.read_text(encoding="utf-8").split()
    assert names == sorted(set(names))
    lost = []
    for name in names:
        file, *inner = name.split("::")
        path = ROOT / file
        defined = (
            {x.name for x in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
             if isinstance(x, ast.FunctionDef)}
            if path.is_file()
            else set()
        )  # fmt: skip
        lost += [name] if inner[-1] not in defined else []
    assert lost == [], "run pytest --quick --find-slow -n 2 tests"


def test_the_list_leaves_most_tests_in_the_quick_check():
    files = list((ROOT / "tests").rglob("test_*.py"))
    functions = sum(path.read_text(encoding="utf-8").count("\ndef test_") for path in files)
    assert 0 < len(quick.listed()) < functions / 5
