"""Make the table "Opens on" from the locks, from the checks that run on each push, and from dates.

``python book/tools/opens_on.py`` writes the table into README.md and book/how_to_use.md. With
``--look-up`` it first asks the package registry, through uv, on which systems and Pythons all
locked packages have files, and writes the answer into book/data/opens_on.yml.
"""

import argparse
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from utils.facts.checked import check  # noqa: E402
from utils.facts.opens_on import OpensOn  # noqa: E402

FACTS = ROOT / "book" / "data" / "opens_on.yml"
PAGES = (ROOT / "README.md", ROOT / "book" / "how_to_use.md")
BEGIN, END = "<!-- opens on: made by book/tools/opens_on.py -->", "<!-- end -->"
LOCKS = {"reader": "requirements.lock", "checks": "requirements-checks.lock"}
SYSTEMS: dict[str, tuple[tuple[str, str], ...]] = {
    "linux-x86_64": tuple(
        (f"glibc 2.{n}", f"x86_64-manylinux_2_{n}") for n in (17, 28, 31, 34, 35, 39)
    ),
    "linux-aarch64": tuple(
        (f"glibc 2.{n}", f"aarch64-manylinux_2_{n}") for n in (17, 28, 31, 34, 35, 39)
    ),
    "macos-arm64": tuple((f"macOS {n}", "aarch64-apple-darwin") for n in (13, 14, 15)),
    "macos-x86_64": tuple((f"macOS {n}", "x86_64-apple-darwin") for n in (13, 14, 15)),
    "windows-x86_64": (("Windows 10", "x86_64-pc-windows-msvc"),),
}
"""The lowest version first, each with uv's name of the platform."""
NONE = "none"
ON_EACH_PUSH = ("Linux on x86-64", "Chromium", "Firefox", "JupyterLab 4", "Colab's packages")
"""Rows that the tests of each push cover, beside the Pythons of their matrix. Somebody has to have
run these tests once, so each of these rows has its day."""


def supported() -> list[str]:
    """The Pythons of ``requires-python``, such as ["3.11", "3.12"]."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    oldest, below = (int(n) for n in re.findall(r"3\.(\d+)", project["requires-python"]))
    return [f"3.{minor}" for minor in range(oldest, below)]


def run_in_ci() -> list[str]:
    """The Pythons of the matrix of the tests that run on each push."""
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    return workflow["jobs"]["test"]["strategy"]["matrix"]["python"]


def has_files(lock: str, platform: str, version: str, python: str) -> bool:
    """Whether each package of a lock has a ready file for a system and a Python."""
    command = ["uv", "pip", "compile", "--quiet", "--no-deps", "--only-binary", ":all:",
               "--python-platform", platform, "--python-version", python, lock]  # fmt: skip
    macos = {"MACOSX_DEPLOYMENT_TARGET": f"{version.split()[-1]}.0"} if "macOS" in version else {}
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, encoding="utf-8", env={**os.environ, **macos}
    )
    return done.returncode == 0


def look_up() -> dict[str, dict[str, str]]:
    """The lowest version of each system for which all supported Pythons find all files."""
    return {
        name: {
            kind: next(
                (
                    version
                    for version, platform in versions
                    if all(has_files(lock, platform, version, python) for python in supported())
                ),
                NONE,
            )
            for kind, lock in LOCKS.items()
        }
        for name, versions in SYSTEMS.items()
    }


def files_of(row: dict, files: dict[str, dict[str, str]]) -> str:
    """What the locks have for one row of the table."""
    if row["where"].startswith("Python "):
        return "all" if row["where"].split()[1] in supported() else NONE
    found = files.get(row.get("platform"))
    if found is None:
        return ""
    if found["reader"] == NONE:
        return NONE
    if found["checks"] == found["reader"]:
        return f"from {found['reader']}"
    return f"from {found['reader']}; tests of the book from {found['checks']}"


def state_of(row: dict) -> str:
    """When a row was tested and how, or that nobody has tried it."""
    return f"tested on {row['tested']}: {row['how']}" if "tested" in row else "not tried"


def ci_of(row: dict) -> str:
    """Whether the checks of each push run there."""
    names = [*(f"Python {number}" for number in run_in_ci()), *ON_EACH_PUSH]
    return "each push" if row["where"] in names else ""


def table() -> str:
    """The whole table in Markdown.

    Raises:
        FactsError: the data file is malformed; names the row.
    """
    facts = yaml.safe_load(FACTS.read_text(encoding="utf-8"))
    check(OpensOn, facts, FACTS.name)
    lines = ["| where | ready packages | state | automatic tests |", "|---|---|---|---|"]
    for row in facts["rows"]:
        cells = (row["where"], files_of(row, facts["files"]), state_of(row), ci_of(row))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def with_table(text: str) -> str:
    """A page with the present table between its two marks.

    Raises:
        ValueError: the page has no marks.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page lacks the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def write_files(found: dict[str, dict[str, str]]) -> None:
    """Put what was looked up into the data file, whose comments and rows stay."""
    text = FACTS.read_text(encoding="utf-8")
    block = yaml.safe_dump({"files": found}, sort_keys=False)
    start, stop = text.index("files:"), text.index("rows:")
    FACTS.write_text(text[:start] + block + text[stop:], encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--look-up", action="store_true", help="ask the registry (needs uv)")
    if parser.parse_args(arguments).look_up:
        write_files(look_up())
    for page in PAGES:
        page.write_text(with_table(page.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
