"""What the reader of a notebook writes: its definitions, the checks of its exercises, solutions."""

import ast
import re
from collections.abc import Callable, Mapping
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


def definitions(notebook: Path) -> dict[str, object]:
    """The imports, functions, classes and constants of a notebook's cells, without their runs."""
    names: dict[str, object] = {}
    for source in sources(notebook, "code"):
        if "@title" in source:
            continue
        nodes = [node for node in ast.parse(source).body if keeps(node)]
        exec(compile(ast.Module(nodes, []), notebook.name, "exec"), names)
    return names


def keeps(node: ast.stmt) -> bool:
    """Whether a statement defines something and runs nothing: capitals name a constant."""
    if isinstance(node, ast.Assign):
        return all(isinstance(name, ast.Name) and name.id.isupper() for name in node.targets)
    return isinstance(node, KEPT)


def solutions(notebook: Path) -> dict[str, list[str]]:
    """The code blocks of each solution, by the name of its exercise."""
    text = page_markdown(notebook)
    found = re.findall(r"^````\{solution\} ([\w-]+)\n(.*?)^````$", text, re.M | re.S)
    return {name: re.findall(r"^```python\n(.*?)^```", body, re.M | re.S) for name, body in found}


def refused(check: Callable, answer: object, why: str) -> None:
    """Assert that a check of a chapter refuses an answer and says why."""
    with pytest.raises(AssertionError, match=why):
        check(answer)
