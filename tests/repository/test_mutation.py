"""The tool that changes code makes the changes it names, and its notes fit the code."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from tests import mutate, mutation_worker
from tests.mutation import mutants
from tests.mutation_worker import Worker
from utils.files.yaml_files import read_yaml

ROOT = Path(__file__).parents[2]
NOTES = read_yaml(ROOT / "tests/given/mutants.yml")
SAME = {}
for name in NOTES["same"]:
    SAME.setdefault(name.split(" ")[0], set()).add(name)


def changes(source: str) -> set[str]:
    """The last line of each changed source."""
    return {mutant.applied(source).splitlines()[-1].strip() for mutant in mutants(source, "m.py")}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("x = a < b", {"x = a <= b", "x = a >= b"}),
        ("x = a not in b", {"x = a in b"}),
        ("x = (a + b) * c", {"x = (a - b) * c", "x = (a + b) / c"}),
        ("x = a ** 2", {"x = a * 2", "x = a ** 3"}),
        ("x = a and b", {"x = a or b"}),
        ("x = not a", {"x = (a)"}),
        ("x = True", {"x = False"}),
        ("x = 0.5", {"x = 1.0"}),
        ("x = 'sgd'", {"x = 'sgdx'"}),
        ("x = 'A sentence for readers.'", set()),
        ("x = f(a, b=c, d=e)", {"x = f(a, d=e)", "x = f(a, b=c)"}),
        ("x = f(strict=c)", set()),
        ("x += 1", {"x -= 1", "x += 2"}),
        ("f(x)", {"pass"}),
        ("'''Words.'''", set()),
        ("x: int = 3", {"x: int = 4"}),
        ("x = f'{1e3 * a:.1f} ms'", {"x = f'{1e3 / a:.1f} ms'", "x = f'{2000.0 * a:.1f} ms'"}),
    ],
)
def test_a_line_is_changed_in_these_ways(line, expected):
    assert changes(line) == expected


def test_statements_of_functions_lose_their_effect():
    source = "def f(x):\n    self.x = x\n    if x:\n        raise ValueError('No.')\n    return x"
    found = {mutant.new for mutant in mutants(source, "m.py")}
    assert found == {"pass", "(not (x))", "return None"}


def test_equal_changes_of_one_function_have_names_of_their_own():
    names = [mutant.name for mutant in mutants("def f():\n    return 1 + 1", "m.py")]
    assert {"m.py f: 1 => 2", "m.py f: 1 => 2 #2"} < set(names) and len(set(names)) == len(names)


@pytest.mark.parametrize("module", SAME)
def test_what_is_set_aside_is_a_change_of_the_code_as_it_is(module):
    source = (ROOT / module).read_text(encoding="utf-8")
    assert SAME[module] - {mutant.name for mutant in mutants(source, module)} == set()


@pytest.mark.parametrize("change", NOTES["changes"], ids=lambda change: change["file"])
def test_a_change_made_by_hand_fits_its_file_and_names_a_test(change):
    assert change["old"] in (ROOT / change["file"]).read_text(encoding="utf-8")
    assert (ROOT / change["test"].partition("::")[0]).is_file()


def test_a_file_that_cannot_be_collected_is_named_before_anything_is_run(tmp_path):
    worker = Worker(tmp_path, tmp_path / "found.json", {}, set(), 6)
    for name, failed in (("tests/test_good.py", False), ("tests/test_bad.py", True)):
        worker.pytest_collectreport(SimpleNamespace(failed=failed, nodeid=name))
    session = SimpleNamespace(items=[])  # running anything of it would need more than that
    assert worker.pytest_runtestloop(session) is True
    written = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    assert written == {"broken": ["tests/test_bad.py"]}


def test_tests_of_a_copy_begin_without_the_code_that_the_tool_itself_imported(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "modules", {**sys.modules, "utilsome": None})
    assert "utils.files.yaml_files" in sys.modules
    left = set()
    monkeypatch.setattr(pytest, "main", lambda *_, **__: left.update(sys.modules) or 0)
    assert mutate.run_pytest(tmp_path, []) == 0
    assert sys.path[0] == str(tmp_path)
    assert {"utilsome", "pytest"} <= left and not {"utils", "utils.files.yaml_files"} & left


def test_files_left_out_are_there():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for name in settings["tool"]["mutants"]["without"]:
        assert len(list((ROOT / "tests").glob(f"*/{name}"))) == 1, name
    for name in settings["tool"]["mutants"]["modules"]:
        assert (ROOT / name).is_file(), name


def test_a_change_of_a_constant_is_tried_with_the_tests_of_its_uses():
    source = "LIMIT = 3\nOTHER = 4\ndef f(x):\n    return x < LIMIT\ndef g():\n    return OTHER\n"
    one, two = "tests/test_x.py::f", "tests/test_x.py::g"
    (mutant,) = [m for m in mutants(source, "utils/m.py") if (m.line, m.new) == (1, "4")]
    lines, seconds = {"4": [one], "6": [two]}, {one: 0.9, two: 0.1}
    assert mutation_worker.tests_of(mutant, source, lines, seconds, 0.95) == [one]
    assert mutation_worker.tests_of(mutant, source, lines, seconds, 9) == [one, two]


def test_a_test_that_names_a_constant_or_a_class_comes_before_those_that_only_use_it(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    lines = "def test_a():\n    assert m.LIMIT == 3\ndef test_b():\n    assert Box().side == 2\n"
    Path("test_x.py").write_text(f"{lines}def test_c():\n    assert f(4)\n", encoding="utf-8")
    source = "LIMIT = 3\ndef f(x):\n    return x < LIMIT\nclass Box:\n    side: int = 2\n"
    a, b, c = (f"test_x.py::test_{name}" for name in "abc")
    seconds = {a: 0.9, b: 0.9, c: 0.1}
    for line, new, first in ((1, "4", a), (5, "3", b)):
        (mutant,) = [m for m in mutants(source, "utils/m.py") if (m.line, m.new) == (line, new)]
        chosen = mutation_worker.tests_of(mutant, source, {"3": [c]}, seconds, 0.95)
        assert chosen == [first]


def test_many_cases_of_one_test_leave_room_for_the_others():
    source = "def f(x):\n    return x + 1\n"
    mutant = next(m for m in mutants(source, "utils/m.py") if m.line == 2)
    many = {f"tests/test_m.py::table[{case}]": 0.01 for case in range(1000)}
    seconds = {**many, "tests/test_x.py::slow": 0.5}
    chosen = mutation_worker.tests_of(mutant, source, {"2": list(seconds)}, seconds, 2)
    assert "tests/test_x.py::slow" in chosen and len(chosen) > 20


def test_sums_of_a_package_say_how_much_of_it_is_listed(tmp_path):
    for name, lines in (("a/one.py", 30), ("a/kinds/two.py", 10), ("a/left.py", 60), ("b/x.py", 5)):
        path = tmp_path / "utils" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n" * lines, encoding="utf-8")
    listed = ["utils/a/one.py", "utils/a/kinds/two.py", "utils/b/x.py"]
    table = {
        "utils/b/x.py": (0, 0, 2),
        "utils/a/one.py": (3, 4, 1),
        "utils/a/kinds/two.py": (2, 6, 0),
    }
    one, two = (" ".join(line.split()) for line in mutate.by_package(table, listed, tmp_path))
    assert one == "utils/a 10 tried 5 caught 50% 1 set aside, 40% of its lines listed"
    assert two == "utils/b 0 tried 0 caught - 2 set aside, 100% of its lines listed"


def test_modules_are_chosen_by_name_or_by_folder():
    listed = ["utils/a/one.py", "utils/a/kinds/two.py", "utils/ab/x.py"]
    assert mutate.chosen_modules([], listed) == listed
    assert mutate.chosen_modules(["utils/a"], listed) == listed[:2]
    assert mutate.chosen_modules(["utils/ab/", "utils/a/kinds"], listed) == listed[1:]
    assert mutate.chosen_modules(["utils/ab/x.py"], listed) == listed[2:]
    for name in ("utils/c", "utils/a/on", "one.py"):
        with pytest.raises(ValueError, match=f"{name} is not in tool"):
            mutate.chosen_modules([name], listed)


def test_other_changes_are_drawn_every_week_and_block_nothing():
    path = ROOT / ".github" / "workflows" / "mutants.yml"
    weekly = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)
    (job,) = weekly["jobs"].values()
    assert weekly["on"]["schedule"] and job["continue-on-error"] == "true"
    assert job["env"]["SEED"] == "${{ github.run_number }}"
    (run,) = [step["run"] for step in job["steps"] if "tests.mutate" in step.get("run", "")]
    assert '--seed "$SEED"' in run
