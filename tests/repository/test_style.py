"""Code passes ruff, scripts pass oxlint and oxfmt, and every text file names its encoding."""

import ast
import shutil
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


def run(name: str, *arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a program that the requirements of the checks have put beside Python."""
    program = Path(sys.executable).with_name(name)
    return subprocess.run([program, *arguments], cwd=folder, capture_output=True, encoding="utf-8")


OWN_SCRIPTS = ["book/_static/cards/planted.js", "utils/explorables/planted.js"]
SCRIPTS = {"oxlint": ["--format=unix"], "oxfmt": ["--list-different", "**/*.js"]}


@pytest.mark.quick
@pytest.mark.parametrize("program", SCRIPTS)
def test_linter_and_formatter_have_nothing_to_say_about_scripts(program):
    done = run(program, *SCRIPTS[program])
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def scripts(tmp_path) -> Path:
    """A folder with the settings of linter and formatter, where scripts may be wrong."""
    for name in (".oxlintrc.json", ".oxfmtrc.jsonc"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    return tmp_path


def plant(folder: Path, place: str, script: str) -> None:
    path = folder / place
    path.parent.mkdir(parents=True)
    path.write_text(script, encoding="utf-8")


@pytest.mark.quick
@pytest.mark.parametrize("place", OWN_SCRIPTS)
@pytest.mark.parametrize(
    ("script", "rule"),
    [
        ("document.title = titel;", "no-undef"),
        ("{ const left = 1; }", "no-unused-vars"),
        ("if (document.title == 1) document.title = '';", "eqeqeq"),
        ("if (document.title = 'x') document.title = '';", "no-cond-assign"),
        ("window.made = { a: 1, a: 2 };", "no-dupe-keys"),
        ("window.f = (x) => { return x; window.g = x; };", "no-unreachable"),
        ("window.made = [1].map((x) => { window.x = x; });", "array-callback-return"),
        ("window.isNot = window.f === NaN;", "use-isnan"),
    ],
)
def test_the_linter_finds_a_planted_mistake(scripts, place, script, rule):
    plant(scripts, place, f"(() => {{\n  {script}\n}})();\n")
    done = run("oxlint", *SCRIPTS["oxlint"], folder=scripts)
    assert done.returncode == 1
    assert f"{place}:2:" in done.stdout
    assert f"({rule})" in done.stdout


@pytest.mark.quick
@pytest.mark.parametrize("place", OWN_SCRIPTS)
def test_the_formatter_finds_a_planted_layout(scripts, place):
    plant(scripts, place, "const a = 'b'\n")
    done = run("oxfmt", *SCRIPTS["oxfmt"], folder=scripts)
    assert done.returncode == 1
    assert done.stdout.split() == [place]


@pytest.mark.quick
@pytest.mark.parametrize("place", ["book/_static/vendor/part/theirs.js", "tests/vendor/theirs.js"])
@pytest.mark.parametrize("program", SCRIPTS)
def test_scripts_of_others_are_left_alone(scripts, program, place):
    plant(scripts, place, "if (a == 1) b = 'c'\n")
    done = run(program, *SCRIPTS[program], "--no-error-on-unmatched-pattern", folder=scripts)
    assert done.returncode == 0, done.stdout


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
