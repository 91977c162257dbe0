"""The notebook that the playground gives away: its form, and that only the run is missing."""

from __future__ import annotations

import ast
import re

import nbformat
import pytest

from utils.chapters.playground import notebook
from utils.notebook import frame

LINES, COLUMNS = 20, 72
FRAME = {frame.BOOTSTRAP_TAG, frame.BEGIN_TAG, frame.END_TAG}


@pytest.fixture
def template() -> nbformat.NotebookNode:
    return notebook.template()


def own_code(made: nbformat.NotebookNode) -> list[str]:
    return [
        cell.source
        for cell in made.cells
        if cell.cell_type == "code" and not FRAME & set(cell.metadata.get("tags", []))
    ]


def test_the_template_is_a_notebook_that_begins_like_the_books(template):
    nbformat.validate(template)
    codes = [cell for cell in template.cells if cell.cell_type == "code"]
    assert codes[0].source == frame.bootstrap()
    assert codes[0].metadata == frame.FOLDED
    assert codes[1].source == frame.begin({})
    assert codes[-1].source == frame.END
    assert template.cells[0].source.startswith("# ")
    assert notebook.template() == template


def test_each_slot_stands_in_a_cell(template):
    for slot in notebook.SLOTS:
        assert any(slot in cell.source for cell in template.cells), slot
    found = {slot for cell in template.cells for slot in re.findall(r"@\w+@", cell.source)}
    assert found == set(notebook.SLOTS)


def test_cells_fit_a_phone_and_carry_no_comment(template):
    for source in own_code(template):
        rows = source.splitlines()
        assert len(rows) <= LINES, source
        assert max(map(len, rows)) <= COLUMNS, source
        assert "#" not in source
        ast.parse(re.sub(r"@\w+@", "3", source))


def test_each_cell_of_code_is_announced(template):
    """Text comes before code, except where one definition goes on in the next cell."""
    kinds = [cell.cell_type for cell in template.cells]
    runs = re.findall(r"code(?: code)*", " ".join(kinds[3:-1]))
    assert max(run.count("code") for run in runs) == 2


def test_the_first_cell_asks_for_all_that_the_notebook_imports(template):
    """Or an older copy of the book's code would be taken for new enough."""
    code = "\n".join(own_code(template))
    taken = {
        f"{module}.{name}" for module, name in re.findall(r"from (utils[\w.]*) import (\w+)", code)
    }
    assert taken == set(frame.GIVEN_AWAY) <= set(frame.read_needs()["imports"])


def test_the_readers_network_is_her_own(template):
    """Of the book's code she takes settings, images, batches and first weights, and no network."""
    code = "\n".join(own_code(template))
    used = set(re.findall(r"playground\.(\w+)", code))
    assert used == {"settings_of", "first_weights", "digits", "batches", "run"}
    assert code.count("playground.run(") == 1
