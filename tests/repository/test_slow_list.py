"""What `make check` leaves out because it takes long: a measured list that names what there is."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import slow_list

HERE = "tests/repository/test_slow_list.py"


def report(nodeid: str, when: str, seconds: float) -> pytest.TestReport:
    return pytest.TestReport(nodeid, ("", 0, ""), {}, "passed", None, when, duration=seconds)


def test_a_function_is_slow_if_its_tests_are_on_average():
    seconds = {"t.py::a": [0.5, 0.01, 0.01, 0.01, 0.01, 0.01], "t.py::b": [0.15], "t.py::c": [0.09]}
    assert slow_list.renewed([], seconds) == ["t.py::b"]


def test_setup_and_end_count_and_parameters_do_not_part_a_function():
    reports = [
        report("t.py::a[x::y[1]]", "setup", 1.0),
        report("t.py::a[x::y[1]]", "call", 2.0),
        report("t.py::a[z]", "call", 4.0),
        report("t.py::b", "teardown", 8.0),
    ]
    assert slow_list.seconds_of(reports) == {"t.py::a": [3.0, 4.0], "t.py::b": [8.0]}


def test_what_did_not_run_stays_in_the_list_as_long_as_it_is_there():
    before = [f"{HERE}::test_no_such_thing", f"{HERE}::test_what_is_gone", "tests/gone.py::test_x",
              f"{HERE}::{report.__name__}", f"{HERE}::test_quicker_now"]  # fmt: skip
    seconds = {f"{HERE}::test_quicker_now": [0.01], f"{HERE}::test_new": [1.0]}
    assert slow_list.renewed(before, seconds) == [f"{HERE}::report", f"{HERE}::test_new"]


@pytest.mark.parametrize(
    ("options", "name", "marks", "slow"),
    [
        ((), "listed", (), True),
        ((), "fast", (), False),
        ((), "listed", ("quick",), False),
        (("--find-slow",), "listed", (), False),
    ],
)
def test_what_is_listed_counts_as_slow_unless_it_is_measured_or_kept(
    options, name, marks, slow, monkeypatch
):
    monkeypatch.setattr(slow_list, "listed", lambda: frozenset({"t.py::listed"}))
    added: list[str] = []
    slow_list.pytest_itemcollected(
        SimpleNamespace(
            nodeid=f"t.py::{name}[1]",
            config=SimpleNamespace(getoption=options.__contains__),
            get_closest_marker=lambda mark: mark in marks or None,
            add_marker=added.append,
        )
    )
    assert added == ["slow"] * slow


def test_the_list_names_functions_that_there_are():
    names = slow_list.LIST.read_text(encoding="utf-8").split()
    assert names == sorted(set(names))
    lost = [name for name in names if not slow_list.is_there(name)]
    assert lost == [], "run pytest --find-slow -n 2 tests"


def test_the_list_leaves_most_tests_in_the_quick_check():
    files = list((slow_list.ROOT / "tests").rglob("test_*.py"))
    functions = sum(path.read_text(encoding="utf-8").count("\ndef test_") for path in files)
    assert 0 < len(slow_list.listed()) < functions / 5
