"""What the reader of a notebook writes: its definitions, the checks of its exercises, solutions."""

import ast
import io
import re
from collections.abc import Callable, Container, Iterable, Mapping
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from notebook_prose import page_markdown, sources

KEPT = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)


def with_fewer_steps(notebook: Path, fewer: Mapping[str, tuple[str, str]]) -> str:
    """The file of a notebook that trains less.

    Args:
        notebook: its path.
        fewer: name of a notebook -> what stands in one of its lines, and what is to stand there.
    """
    text = notebook.read_text(encoding="utf-8")
    if notebook.stem not in fewer:
        return text
    usual, instead = fewer[notebook.stem]
    assert text.count(usual) == 1, f"{notebook.name} has not one {usual!r}"
    return text.replace(usual, instead)


def code_cell(notebook: Path, words: str) -> str:
    """The one code cell that contains these words."""
    (found,) = [source for source in sources(notebook, "code") if words in source]
    return found


def definitions(
    notebook: Path, also: Container[str] = (), given: Mapping[str, object] | None = None
) -> dict[str, object]:
    """The imports, functions, classes and constants of a notebook's cells, without their runs.

    Args:
        notebook: its path.
        also: names of other values that its cells may compute.
        given: names that the cells need and find there.
    """
    names: dict[str, object] = dict(given or {})
    for source in sources(notebook, "code"):
        if "@title" in source:
            continue
        nodes = [node for node in ast.parse(source).body if keeps(node, also)]
        exec(compile(ast.Module(nodes, []), notebook.name, "exec"), names)
    return names


def keeps(node: ast.stmt, also: Container[str] = ()) -> bool:
    """Whether a statement defines something and runs nothing: capitals name a constant."""
    if isinstance(node, ast.Assign):
        return all(
            isinstance(name, ast.Name) and (name.id.isupper() or name.id in also)
            for name in node.targets
        )
    return isinstance(node, KEPT)


def solutions(notebook: Path) -> dict[str, list[str]]:
    """The code blocks of each solution, by the name of its exercise."""
    text = page_markdown(notebook)
    found = re.findall(r"^````\{solution\} ([\w-]+)\n(.*?)^````$", text, re.M | re.S)
    return {name: re.findall(r"^```python\n(.*?)^```", body, re.M | re.S) for name, body in found}


def exercises(notebook: Path) -> list[str]:
    """Names of the exercises whose solution is code."""
    return [name for name, blocks in solutions(notebook).items() if blocks]


def solved(notebook: Path, name: str, names: dict[str, object]) -> str:
    """Run a solution with the names of its chapter; its check has to print something."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        for source in solutions(notebook)[name]:
            exec(source, names)
    assert printed.getvalue().strip()
    return printed.getvalue()


def refused(check: Callable, answer: object, why: str) -> None:
    """Assert that a check of a chapter refuses an answer and says why."""
    with pytest.raises(AssertionError, match=why):
        check(answer)


def refused_code(names: dict, check: str, code: str, why: str) -> None:
    """Assert that a check refuses the ``answer`` that a reader's lines define, and says why."""
    exec(code, names)
    refused(names[check], names["answer"], why)


def all_checks_are_tried(notebook: Path, tried: Iterable[str]) -> None:
    """Assert that each exercise has a check, and each check a wrong answer among those tried."""
    checks = {name for name in definitions(notebook) if name.startswith("check_")}
    assert set(tried) == checks
    assert len(checks) == len(solutions(notebook))
