"""The statement on accessibility names all criteria, and what it says of them is held by tests."""

import ast
from functools import cache

import pytest
import yaml

from utils.facts.accessibility import DATA, AccessibilityError, Criterion, Promise, load
from utils.files.places import ROOT

STATEMENT = load()

NUMBERS = {
    "A": "1.1.1 1.2.1 1.2.2 1.2.3 1.3.1 1.3.2 1.3.3 1.4.1 1.4.2 "
         "2.1.1 2.1.2 2.1.4 2.2.1 2.2.2 2.3.1 2.4.1 2.4.2 2.4.3 2.4.4 2.5.1 2.5.2 2.5.3 2.5.4 "
         "3.1.1 3.2.1 3.2.2 3.2.6 3.3.1 3.3.2 3.3.7 4.1.2",
    "AA": "1.2.4 1.2.5 1.3.4 1.3.5 1.4.3 1.4.4 1.4.5 1.4.10 1.4.11 1.4.12 1.4.13 "
          "2.4.5 2.4.6 2.4.7 2.4.11 2.5.7 2.5.8 3.1.2 3.2.3 3.2.4 3.3.3 3.3.4 3.3.8 4.1.3",
}  # fmt: skip
"""The success criteria of WCAG 2.2, as its text numbers them."""

AWAY = {"skip", "skipif", "xfail", "importorskip"}
"""Marks and calls that keep a test from failing."""


@pytest.mark.parametrize("level", NUMBERS)
def test_the_criteria_are_those_of_wcag(level: str):
    named = [one.number for one in STATEMENT.criteria if one.level == level]
    assert named == NUMBERS[level].split()


@cache
def functions(path: str) -> dict[str, bool]:
    """The tests of a file, and whether each can fail."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    whole = [node for node in tree.body if not isinstance(node, ast.FunctionDef | ast.ClassDef)]
    for_all = any(names_one(node, AWAY) for node in whole)
    return {
        node.name: not for_all and not names_one(node, AWAY)
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
    }


def names_one(node: ast.AST, names: set[str]) -> bool:
    """Whether the code takes one of these attributes of something."""
    return any(isinstance(part, ast.Attribute) and part.attr in names for part in ast.walk(node))


@pytest.mark.parametrize(
    "said",
    [*STATEMENT.promises, *STATEMENT.criteria],
    ids=lambda one: getattr(one, "number", one.name),
)
def test_each_test_that_is_named_exists_and_runs(said: Promise | Criterion):
    for test in said.tests:
        path, _, name = test.partition("::")
        assert (ROOT / path).is_file(), test
        assert functions(path).get(name), f"{test} does not exist, or is marked away"


def test_a_test_that_is_marked_away_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    (tmp_path / "test_one.py").write_text(
        "import pytest\n\n\ndef test_runs():\n    pass\n\n\n@pytest.mark.skip\ndef test_left():\n"
        "    pass\n\n\ndef test_stops():\n    pytest.skip('no')\n",
        encoding="utf-8",
    )
    (tmp_path / "test_two.py").write_text(
        "import pytest\n\npytestmark = pytest.mark.skipif(True)\n\n\ndef test_one():\n    pass\n",
        encoding="utf-8",
    )
    assert functions("test_one.py") == {"test_runs": True, "test_left": False, "test_stops": False}
    assert functions("test_two.py") == {"test_one": False}
    functions.cache_clear()


def test_what_does_not_apply_is_tested_too():
    assert [one.number for one in STATEMENT.of("does not apply") if not one.tests] == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"tests": []}, "a criterion that is met needs tests"),
        ({"tests": ["tests/site/test_site.py"]}, "tests 1 must be like"),
        ({"verdict": "partly"}, "short, what is missing, stands where"),
        ({"short": "A lot."}, "short, what is missing, stands where"),
        ({"verdict": "fine"}, "verdict must be one of"),
        ({"level": "AAA"}, "level must be one of"),
        ({"number": "1.1"}, "number must be like"),
        ({"number": "4.1.3"}, "each stands once"),
        ({"why": " "}, "why must be text"),
        (None, "there are 55 at the levels A and AA, found 54"),
    ],
)
def test_a_malformed_statement_is_refused_with_its_fault(tmp_path, change, fault: str):
    data = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    if change is None:
        data["criteria"].pop()
    else:
        data["criteria"][0] |= change
    path = tmp_path / "accessibility.yml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(AccessibilityError, match=r"^accessibility\.yml") as caught:
        load(path)
    assert fault in str(caught.value)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"tests": []}, "must be a list with at least one entry"),
        ({"tests": ["test_site.py"]}, "promise Keyboard: tests 1 must be like"),
        ({"what": ""}, "promise Keyboard: what must be text"),
    ],
)
def test_a_promise_that_nothing_holds_is_refused(tmp_path, change, fault: str):
    data = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    data["promises"][0] |= change
    path = tmp_path / "accessibility.yml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(AccessibilityError) as caught:
        load(path)
    assert fault in str(caught.value)


def test_a_verdict_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="no verdict is 'fine'"):
        STATEMENT.of("fine")
