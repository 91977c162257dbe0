"""Text cells hold what the records say today, and say so when they cannot."""

from __future__ import annotations

import json
from types import SimpleNamespace

import nbformat
import pytest

from utils.files.places import ROOT
from utils.notebook import frame
from utils.notebook import run as notebooks
from utils.notebook.filled import FillingError, fill, unmarked, words_of

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
WORDS = SimpleNamespace(__name__="words", pets=lambda: {"best": "cat", "share": "7 %"})
OLD = "A <!--=pets.best-->dog<!--/--> in **<!--=pets.share--><!--/-->** of all."
NEW = "A <!--=pets.best-->cat<!--/--> in **<!--=pets.share-->7 %<!--/-->** of all."


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_stored_text_is_what_the_records_say_today(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    words = words_of(notebook["metadata"])
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            stored = "".join(cell["source"])
            assert fill(stored, words) == stored


def test_values_are_put_in_and_put_in_again():
    assert fill(OLD, WORDS) == fill(NEW, WORDS) == NEW
    assert unmarked(NEW) == "A cat in **7 %** of all."
    assert fill("No place.", None) == "No place."


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("A <!--=pets.worst-->x<!--/-->", "pets gives best, share"),
        ("A <!--=birds.best-->x<!--/-->", "no function 'birds'"),
        ("A <!--=best-->x<!--/-->", "FUNCTION.NAME"),
        ("A <!--=pets.best-->x", "not closed"),
        ("A <!--=pets.best-->x <!--=pets.share-->y<!--/-->", "not closed"),
        ("One.\n<!--=pets.best-->x<!--/-->", "no line may begin"),
        ("- <!--=pets.best-->x<!--/-->", "no line may begin"),
        ("> <!--=pets.best-->x<!--/-->", "no line may begin"),
    ],
)
def test_a_place_that_cannot_be_filled_is_named(text, told):
    with pytest.raises(FillingError, match=told):
        fill(text, WORDS)


def test_a_place_needs_a_module():
    with pytest.raises(FillingError, match="names no module"):
        fill(OLD, words_of({}))


def test_the_command_fills_text_and_first_cells_and_runs_nothing(tmp_path, monkeypatch):
    tags = (frame.BOOTSTRAP_TAG, frame.BEGIN_TAG)
    stale = [nbformat.v4.new_code_cell("stale", metadata={"tags": [tag]}) for tag in tags]
    kept = nbformat.v4.new_code_cell("1 / 0", id="mine", execution_count=7)
    cells = [nbformat.v4.new_markdown_cell(OLD), kept, *stale]
    path = tmp_path / "09_tiny.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    monkeypatch.setattr(notebooks, "FOLDER", tmp_path)
    monkeypatch.setattr(notebooks, "words_of", lambda metadata: WORDS)
    assert notebooks.main(["--text"]) == 0
    stored = nbformat.read(path, as_version=4)
    assert stored.cells[0].source == NEW
    assert stored.cells[1] == kept
    assert [c.source for c in stored.cells[2:]] == [frame.bootstrap(), frame.begin({})]
