"""What the quick check leaves out is found from the tests themselves."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SPEC = importlib.util.spec_from_file_location("root_conftest", ROOT / "conftest.py")
RULES = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(RULES)

FILE = """
import subprocess
from browser import BUILD

PAGE = BUILD / "index.html"

def run(code):
    return subprocess.run(code)

def twice(code):
    return [run(code), run(code)]

def test_starts(): assert twice("x")
def test_reads_a_page(): assert PAGE.read_text(encoding="utf-8")
def test_counts(): assert len([1]) == 1
"""


@pytest.mark.parametrize(
    ("name", "starts", "reads"),
    [
        ("test_starts", True, False),
        ("test_reads_a_page", False, True),
        ("test_counts", False, False),
    ],
)
def test_programs_and_pages_are_found_through_the_helpers(tmp_path, name, starts, reads):
    path = tmp_path / "test_it.py"
    path.write_text(FILE, encoding="utf-8")
    named = RULES.mentions(path)[name]
    assert bool(named & RULES.PROCESSES) == starts
    assert bool(named & RULES.BOOK) == reads


def test_the_quick_check_needs_no_list_of_files():
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\ncheck:")[2]
    recipe = recipe.partition("\n\n")[0]
    assert "--quick" in recipe and "tests/" not in recipe and "book" not in recipe.split("##")[0]
