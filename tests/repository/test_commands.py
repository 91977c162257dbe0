"""The commands of the README say in one line what to do when a machine is not ready."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def make(*arguments: str) -> subprocess.CompletedProcess:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=ROOT, env=environment, capture_output=True, encoding="utf-8",
    )  # fmt: skip


def fake_python(folder: Path, body: str) -> str:
    """A stand-in for a Python that lacks something."""
    path = folder / "python"
    path.write_text(
        f'#!/bin/sh\nif [ "$1" = --version ]; then echo Python 3.9.1; exit; fi\n{body}\n',
        encoding="utf-8",
    )
    path.chmod(0o755)
    return f"PYTHON={path}"


def install_with(tmp_path: Path, body: str) -> subprocess.CompletedProcess:
    venv = tmp_path / "venv"
    return make(f"{venv}/.ready", f"VENV={venv}", fake_python(tmp_path, body))


def test_help_is_the_default_and_names_every_command():
    shown = make("help").stdout
    for name in ("book", "test", "serve", "release", "lab", "record", "bench", "clean"):
        assert f"\n  {name} " in shown
    assert make().stdout == shown


def test_the_book_is_built_without_running_the_notebooks():
    planned = make("--dry-run", "--always-make", "book")
    assert "jupyter-book build" in planned.stdout
    assert "utils.notebook.run" not in planned.stdout
    assert "Circular" not in planned.stderr


def test_old_python_is_named_with_what_to_install(tmp_path):
    done = install_with(tmp_path, "exit 1")
    assert done.returncode
    assert "Python 3.9.1 is too old. Install Python 3.11 or newer, below 3.15" in done.stdout


def test_missing_venv_module_says_which_package(tmp_path):
    done = install_with(tmp_path, 'case "$2" in *ensurepip*) exit 1;; esac')
    assert done.returncode
    assert "sudo apt install python3-venv" in done.stdout


def test_no_python_at_all(tmp_path):
    venv = tmp_path / "venv"
    done = make(f"{venv}/.ready", f"VENV={venv}", "PYTHON=")
    assert done.returncode
    assert "No Python found" in done.stdout


def test_a_python_that_is_too_new_is_named_with_what_to_install(tmp_path):
    done = install_with(tmp_path, 'case "$2" in *"not "*) exit 1;; esac')
    assert done.returncode
    assert "Python 3.9.1 is too new" in done.stdout
    assert "Install Python 3.11 or newer, below 3.15" in done.stdout


def test_a_python_that_fits_is_chosen_before_one_that_does_not(tmp_path):
    """A machine's own python3 may be too old while a newer one stands beside it."""
    for name, status in (("python3", 1), ("python", 1), ("python3.14", 0)):
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {status}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    planned = subprocess.run(
        ["make", "--dry-run", "VENV=none", "none/.ready"],
        cwd=ROOT, env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    assert f"{tmp_path}/python3.14 -m venv none" in planned.stdout


@pytest.mark.parametrize("target", [".ready", ".checks"])
def test_failed_installation_is_tried_again_the_next_time(tmp_path, target):
    venv = tmp_path / "venv"
    make_venv = f'mkdir -p {venv}/bin; cp "$0" {venv}/bin/python'
    failing = "requirements.lock" if target == ".ready" else "requirements-checks.lock"
    body = f'[ "$2" = venv ] && {{ {make_venv}; }}\n[ "$3" != {failing} ]'
    done = make(f"{venv}/{target}", f"VENV={venv}", fake_python(tmp_path, body))
    assert done.returncode
    assert "Installing what" in done.stdout
    assert not (venv / target).exists()


@pytest.mark.parametrize(
    ("goal", "checks"), [("book", False), ("lab", False), ("test", True), ("format", True)]
)
def test_only_the_checks_install_what_only_the_checks_need(tmp_path, goal, checks):
    planned = make("--dry-run", f"VENV={tmp_path}/venv", goal).stdout
    assert "-m utils.machine.install requirements.lock" in planned
    assert ("-m utils.machine.install requirements-checks.lock" in planned) == checks


REQUIREMENTS = ("requirements", "requirements-checks")


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_the_lock_holds_hashes_and_no_address(name):
    lock = (ROOT / f"{name}.lock").read_text(encoding="utf-8")
    assert "--hash=sha256:" in lock
    assert "://" not in lock
    direct = [
        line.split(">")[0].split("=")[0].split("<")[0]
        for line in (ROOT / f"{name}.txt").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    missing = [name for name in direct if f"\n{name}==" not in f"\n{lock}"]
    assert not missing


@pytest.mark.parametrize(
    "line",
    [
        line
        for name in REQUIREMENTS
        for line in (ROOT / f"{name}.txt").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ],
)
def test_every_requirement_is_bounded(line):
    assert "<" in line or "==" in line
