"""The command that runs the notebooks holds them to the time they promise."""

from pathlib import Path

import nbformat
import pytest

from utils.files.places import ROOT
from utils.notebook import frame
from utils.notebook import run as notebooks


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one small notebook in the place of the chapters."""
    cells = [
        nbformat.v4.new_code_cell("", metadata={"tags": ["bootstrap"]}),
        nbformat.v4.new_code_cell("", metadata={"tags": ["begin"]}),
        nbformat.v4.new_code_cell("print(6 * 7)"),
    ]
    book = nbformat.v4.new_notebook(cells=cells)
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    path = tmp_path / "09_tiny.ipynb"
    nbformat.write(book, path)
    monkeypatch.setattr(notebooks, "FOLDER", tmp_path)
    monkeypatch.setattr(frame, "bootstrap", lambda: "seconds = 0")
    monkeypatch.setattr(frame, "begin", lambda metadata: "")
    monkeypatch.setattr(frame, "END", "")
    return path


def test_a_notebook_over_the_limit_fails_says_what_to_do_and_stays_as_it_was(tiny, capsys):
    before = tiny.read_bytes()
    assert notebooks.main(["--limit", "0.001"]) == 1
    assert tiny.read_bytes() == before
    message = capsys.readouterr().err
    assert "09_tiny.ipynb took" in message
    assert "more than the 0.001 s" in message
    assert "--limit SECONDS" in message


def test_a_notebook_within_the_limit_is_stored_without_its_time(tiny, capsys):
    assert notebooks.main(["tiny", "--limit", "600"]) == 0
    assert "09_tiny.ipynb: " in capsys.readouterr().out
    stored = nbformat.read(tiny, as_version=4)
    assert stored.cells[3].outputs[0].text == "42\n"
    assert not any("execution" in cell.metadata for cell in stored.cells)
    assert set(stored.metadata) <= {"kernelspec", "language_info"}


def test_the_full_run_goes_elsewhere_and_leaves_the_notebook_as_it_was(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(frame, "bootstrap", lambda: "begin = lambda full: (print(full), None)")
    before = tiny.read_bytes()
    assert notebooks.main(["tiny", "--full", str(tmp_path / "full")]) == 0
    assert tiny.read_bytes() == before
    written = nbformat.read(tmp_path / "full" / tiny.name, as_version=4)
    assert [cell.outputs[0].text for cell in written.cells[2:4]] == ["True\n", "42\n"]


def test_the_limit_is_the_promise_of_the_chapters():
    said = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"in under {notebooks.LIMIT:g} seconds on two cores" in said


@pytest.mark.parametrize("bad", ["0", "-5", "nan"])
def test_a_limit_that_is_none_is_refused(tiny, capsys, bad):
    with pytest.raises(SystemExit):
        notebooks.main(["--limit", bad])
    assert "above 0 seconds" in capsys.readouterr().err
