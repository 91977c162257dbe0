"""An import defines names and does nothing else: no file is read, nothing is started."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import watched_imports

from utils.files.places import ROOT


def imported(root: Path, *packages: str) -> tuple[int, list[str]]:
    """How many modules some packages have, and what they do when they are imported."""
    done = subprocess.run(
        [sys.executable, watched_imports.__file__, root, *packages],
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(root), str(root / "book/_ext")))},
        cwd=root,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    count, *found = done.stdout.splitlines()
    return int(count), found


def test_no_module_reads_a_file_or_starts_anything_when_it_is_imported():
    count, found = imported(ROOT, "utils", "resnet_book")
    assert count > 300
    assert found == []


@pytest.mark.quick
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("open('small/facts.yml').close()", "opens small/facts.yml"),
        ("subprocess.run(['true'], check=True)", "begins subprocess.Popen true"),
        ("socket.socket().connect_ex(('127.0.0.1', 9))", "begins socket.connect"),
    ],
)
def test_a_module_that_does_more_is_named_with_its_line(tmp_path: Path, line: str, said: str):
    package = tmp_path / "small"
    package.mkdir()
    (package / "facts.yml").write_text("one: 1\n", encoding="utf-8")
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "good.py").write_text("def read():\n    return open('some')\n", encoding="utf-8")
    (package / "__main__.py").write_text("print(open(__file__).read())\n", encoding="utf-8")
    text = f"import socket, subprocess\n{line}\n"
    (package / "bad.py").write_text(text, encoding="utf-8")
    count, (found,) = imported(tmp_path, "small")
    assert count == 2
    assert found.startswith(f"small/bad.py:2 {said}")
