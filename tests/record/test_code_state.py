"""A record made by code that no commit has keeps what differs; all others say nothing of it."""

import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from utils.chapters.provenance import reports
from utils.files import records
from utils.files.places import RESULTS
from utils.models.starts import Start
from utils.record import machine, measure
from utils.record import runs as recorder
from utils.record.gradient_norms import Initial

GIT = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org"]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch) -> Path:
    """A repository of one commit with one module, asked in the place of this one."""
    (tmp_path / "utils").mkdir()
    (tmp_path / "utils" / "code.py").write_text("answer = 41\n", encoding="utf-8")
    (tmp_path / "notes.md").write_text("notes\n", encoding="utf-8")
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run([*GIT, *command], cwd=tmp_path, check=True)
    monkeypatch.setattr(machine, "ROOT", tmp_path)
    monkeypatch.setattr(machine, "code_state", machine.code_state.__wrapped__)
    return tmp_path


def head(checkout: Path) -> str:
    asked = [*GIT, "rev-parse", "HEAD"]
    return subprocess.run(
        asked, cwd=checkout, capture_output=True, encoding="utf-8", check=True
    ).stdout.strip()


def test_code_that_is_its_commit_has_no_difference(checkout):
    (checkout / "notes.md").write_text("other notes\n", encoding="utf-8")
    assert machine.code_state() == {"git_commit": head(checkout)}


@pytest.mark.parametrize("staged", [False, True])
def test_what_differs_is_kept_and_can_be_applied_again(checkout, staged):
    changed = "answer = 42  # Größe\n"
    (checkout / "utils" / "code.py").write_text(changed, encoding="utf-8")
    if staged:
        subprocess.run([*GIT, "add", "."], cwd=checkout, check=True)
    found = machine.code_state()
    assert found["git_commit"] == head(checkout) + "+"
    subprocess.run([*GIT, "reset", "-q", "--hard"], cwd=checkout, check=True)
    patch = found["git_difference"].encode()
    subprocess.run([*GIT, "apply", "-"], cwd=checkout, input=patch, check=True)
    assert (checkout / "utils" / "code.py").read_text(encoding="utf-8") == changed


def test_a_difference_longer_than_a_record_should_be_is_cut_and_says_so(monkeypatch):
    monkeypatch.setattr(machine, "LONGEST_DIFFERENCE", 5)
    assert machine.bounded("12345") == "12345"
    digest = hashlib.sha256(b"123456").hexdigest()
    assert machine.bounded("123456") == f"12345\n[cut: 6 characters in all, SHA-256 {digest}]\n"


def test_the_state_of_the_start_counts_whatever_is_written_later(checkout, monkeypatch):
    monkeypatch.undo()
    machine.code_state.cache_clear()
    try:
        monkeypatch.setattr(machine, "ROOT", checkout)
        before = machine.code_state()
        (checkout / "utils" / "code.py").write_text("answer = 42\n", encoding="utf-8")
        assert machine.code_state() == before == {"git_commit": head(checkout)}
    finally:
        machine.code_state.cache_clear()


@pytest.mark.parametrize(
    "state", [{"git_commit": "a"}, {"git_commit": "a+", "git_difference": "d"}]
)
def test_a_measurement_files_the_difference_when_there_is_one(state, tmp_path, monkeypatch):
    monkeypatch.setattr(records, "RESULTS", tmp_path)
    monkeypatch.setattr(machine, "code_state", lambda: state)
    task = Initial(Start(8, "plain"), seeds=(0,), dataset="digits")
    assert measure.measure_and_file("tiny", task) == "recorded"
    written = records.load_measurement("tiny", task.name)
    kept = {key: value for key, value in written.items() if key.startswith("git_")}
    assert kept == state


@pytest.fixture
def shown(tmp_path: Path):
    """The facts that are told of one recorded training run after an edit."""

    def tell(**changes: str) -> dict[str, str]:
        source = sorted((RESULTS / "shortcut-control").glob("*.json"))[0]
        record = {**json.loads(source.read_text(encoding="utf-8")), **changes}
        (tmp_path / "shortcut-control").mkdir(exist_ok=True)
        path = tmp_path / "shortcut-control" / source.name
        path.write_text(json.dumps(record), encoding="utf-8")
        assert recorder.read_record(path) == record
        (report,) = reports(tmp_path)
        return dict(report.details[0].facts)

    return tell


def test_a_kept_difference_is_told_in_one_line_and_a_record_without_one_as_before(shown):
    told = shown()
    assert "Difference from the commit" not in told
    difference = "--- a/utils/x.py\n+++ b/utils/x.py\n@@ -1,2 +1,2 @@\n-old\n+new\n+newer\n same\n"
    told = shown(git_commit="abc+", git_difference=difference)
    assert told["Commit"] == "abc+"
    assert told["Difference from the commit"].startswith("3 changed lines, kept")


def test_in_a_record_of_another_kind_the_difference_is_counted_too(tmp_path):
    (tmp_path / "odd").mkdir()
    text = json.dumps({"value": 3, "git_commit": "abc+", "git_difference": "-a\n+b\n"})
    (tmp_path / "odd" / "x.json").write_text(text, encoding="utf-8")
    (report,) = reports(tmp_path)
    assert dict(report.details[0].facts)["git difference"].startswith("2 changed lines")
