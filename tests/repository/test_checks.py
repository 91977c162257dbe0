"""What the quick check leaves out is found from the tests themselves."""

import ast
import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location("root_conftest", ROOT / "conftest.py")
RULES = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(RULES)

FILE = """
import subprocess
def run(code):
    return subprocess.run(code)

def twice(code):
    return [run(code), run(code)]

def test_starts(): assert twice("x")
def test_counts(): assert len([1]) == 1
"""


@pytest.mark.parametrize(("name", "starts"), [("test_starts", True), ("test_counts", False)])
def test_programs_are_found_through_the_helpers(tmp_path, name, starts):
    path = tmp_path / "test_it.py"
    path.write_text(FILE, encoding="utf-8")
    assert bool(RULES.mentions(path)[name] & RULES.PROCESSES) == starts


SITE_TOOLS = {"browser", "firefox", "playwright", "printed", "small_book"}
"""What opens pages, or builds them."""
TESTS = sorted((ROOT / "tests").glob("*/test_*.py"))


def imports(path: Path) -> set[str]:
    """The first names of the modules that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_what_opens_or_builds_pages_stands_under_site_and_nothing_else_does():
    assert len(TESTS) > 90
    tools = {path for path in TESTS if imports(path) & SITE_TOOLS}
    # A unit test may ask the reader of prints, which opens nothing.
    others = {path.name for path in tools if path.parent.name != "site"}
    assert others == {"test_shown.py"}
    assert {path.name for path in TESTS if path.parent.name == "site"} == {
        path.name for path in tools if path.parent.name == "site"
    }


def test_a_package_has_its_tests_in_a_folder_of_its_name():
    packages = {path.parent.name for path in (ROOT / "utils").glob("*/__init__.py")}
    folders = {path.parent.name for path in TESTS}
    assert folders - packages == {"repository", "site"}
    assert packages - folders == set()


def test_no_file_of_tests_is_longer_than_500_lines():
    lengths = {p: len(p.read_text(encoding="utf-8").splitlines()) for p in TESTS}
    assert {str(p.relative_to(ROOT)): n for p, n in lengths.items() if n > 500} == {}


def test_the_quick_check_needs_no_list_of_files():
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\ncheck:")[2]
    recipe = recipe.partition("\n\n")[0]
    assert "--quick" in recipe and "tests/" not in recipe and "book" not in recipe.split("##")[0]
