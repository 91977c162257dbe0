"""The packages of ``utils`` are those of its one sentence, and import in its order."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import utils
from utils.files.places import ROOT

PACKAGES = sorted(path.parent.name for path in (ROOT / "utils").glob("*/__init__.py"))
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LINT = "from importlinter.cli import lint_imports; import sys; sys.exit(lint_imports({}))"


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Judge the imports of a copy of the repository by its own contract."""
    return subprocess.run(
        [sys.executable, "-c", LINT.format("no_cache=True, is_debug_mode=False")],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": ""},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The code and its contract, to be changed."""
    shutil.copytree(ROOT / "utils", tmp_path / "utils", ignore=shutil.ignore_patterns("*.pyc"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.quick
def test_imports_go_with_the_flow_of_data():
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.quick
@pytest.mark.parametrize(
    ("module", "line", "broken"),
    [
        ("models/blocks.py", "from utils.training import recipes", "in which data flows BROKEN"),
        ("results/labels.py", "from utils.models import networks", "nothing that computes BROKEN"),
        ("facts/paper.py", "from utils.results import spread", "measured here BROKEN"),
    ],
)
def test_one_import_turned_round_is_found(copy: Path, module: str, line: str, broken: str):
    path = copy / "utils" / module
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")
    done = lint(copy)
    assert done.returncode == 1
    assert broken in done.stdout
    file = f"utils.{module.removesuffix('.py').replace('/', '.')}"
    assert f"{file} -> {line.split()[1]}.{line.split()[3]}" in done.stdout


def test_the_sentence_names_every_package_in_the_order_of_the_contract():
    (sentence,) = re.findall(r"flows one way: (.*?)\.", utils.__doc__, re.DOTALL)
    named = re.findall(r"[a-z]+", sentence.replace("and the", "->"))
    layers = CONFIG["tool"]["importlinter"]["contracts"][0]["layers"]
    assert named == layers[::-1]
    assert sorted(named) == PACKAGES


def test_only_packages_lie_in_utils():
    others = {path.name for path in (ROOT / "utils").iterdir() if path.is_file()}
    assert others == {"__init__.py"}


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_says_which_question_it_answers(name: str):
    text = (ROOT / "utils" / name / "__init__.py").read_text(encoding="utf-8")
    told = ast.get_docstring(ast.parse(text))
    assert 'Answers "' in told and "?" in told
    assert told.count(".") >= 2
    assert re.search(r"\bcomes?\s+in\b.*\bgo(es)?\s+out\b", told, re.DOTALL)


SOURCES = ("utils", "book/_ext", "book/tools", "book/_static")


@pytest.mark.parametrize("folder", SOURCES)
def test_no_module_and_no_script_is_longer_than_400_lines(folder: str):
    files = (path for path in (ROOT / folder).rglob("*") if path.suffix in {".py", ".js"})
    found = [path for path in files if "vendor" not in path.parts]
    lengths = {p: len(p.read_text(encoding="utf-8").splitlines()) for p in found}
    assert len(found) > 10
    assert {str(p.relative_to(ROOT)): n for p, n in lengths.items() if n > 400} == {}
