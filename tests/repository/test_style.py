"""Code and notebooks pass ruff, and every text file is opened with its encoding."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.quick
@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=["lint", "format"])
def test_ruff_has_nothing_to_say(command):
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *command, "."],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout + done.stderr


TEXT_CALLS = {"read_text", "write_text", "open", "fdopen", "NamedTemporaryFile", "TemporaryFile"}


def without_encoding(source: str) -> list[int]:
    """Lines that read or write text in whatever encoding the machine prefers.

    The linter's own rule sees only files whose type it can infer, so names are looked at here.
    """
    found = []
    for call in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else call.func
        name = name.id if isinstance(name, ast.Name) else name
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        as_text = any(
            isinstance(given.get(key), ast.Constant) and given[key].value is True
            for key in ("text", "universal_newlines")
        )
        positional = (name == "read_text" and call.args) or (name == "write_text" and call.args[1:])
        if "encoding" in given or positional or not (as_text or name in TEXT_CALLS):
            continue
        modes = [
            node.value
            for node in [*call.args, given.get("mode")]
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and name not in ("read_text", "write_text")
        ]
        archive = isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) in (
            "tarfile", "zipfile", "os", "Image", "webbrowser",
        )  # fmt: skip
        binary = any("b" in mode for mode in modes if len(mode) <= 3)
        if as_text or not (binary or (archive and name == "open")):
            found.append(call.lineno)
    return found


@pytest.mark.parametrize(
    "path",
    sorted(p for folder in ("utils", "book", "tests") for p in (ROOT / folder).rglob("*.py")),
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_every_text_file_names_its_encoding(path):
    assert without_encoding(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("Path('a').read_text()", [1]),
        ("x = 1\nopen('a', 'w')", [2]),
        ("subprocess.run(['ls'], text=True)", [1]),
        ("Path('a').open()", [1]),
        ("open('a', 'rb')", []),
        ("Path('a').read_text('utf-8')", []),
        ("Path('a').write_text('b')", [1]),
        ("tarfile.open('a')", []),
        ("Path('a').write_text('b', encoding='utf-8')", []),
        ("os.fdopen(3, 'w')", [1]),
    ],
)
def test_a_call_without_an_encoding_is_found(source, lines):
    assert without_encoding(source) == lines
