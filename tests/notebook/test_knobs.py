"""A cell with knobs shows its first state in a notebook that nobody has run yet."""

from __future__ import annotations

import nbformat
import pytest

from utils.files.places import ROOT
from utils.notebook import knobs
from utils.notebook.client import NotebookClient

PANEL = """\
from ipywidgets import SelectMultiple, interact
from IPython.display import HTML, display

def show(kind, blocks, scale, norm, many):
    print(kind, blocks)
    display(HTML(f"<b>{scale}</b>"))

interact(show, kind=["plain", "a<b"], blocks=(1, 50), scale=(0.0, 1.5, 0.05), norm=True,
         many=SelectMultiple(options=range(1, 5), value=(2, 4)));"""
WITHOUT_A_FUNCTION = "import ipywidgets\nipywidgets.IntSlider(description='alone')"
CHAPTERS = [
    path
    for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
    if "interact(" in path.read_text(encoding="utf-8")
]


@pytest.fixture(scope="module")
def ran() -> nbformat.NotebookNode:
    cells = [nbformat.v4.new_code_cell(source) for source in (PANEL, WITHOUT_A_FUNCTION, "1 + 1")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=120).execute()
    return notebook


def test_the_settings_and_what_they_show_take_the_place_of_the_knobs(ran):
    knobs.leave_first_state(ran)
    settings, printed, drawn = ran.cells[0].outputs
    words = "kind: plain, blocks: 25, scale: 0.75, norm: on, many: 2, 4"
    assert settings.data["text/plain"] == words
    assert words in settings.data["text/html"] and knobs.LEAD in settings.data["text/html"]
    assert (printed.output_type, printed.text) == ("stream", "plain 25\n")
    assert drawn.data["text/html"] == "<b>0.75</b>"
    nbformat.validate(ran)


def test_what_is_no_panel_stays(ran):
    alone, number = (cell.outputs for cell in ran.cells[1:])
    knobs.leave_first_state(ran)
    assert knobs.VIEW in ran.cells[1].outputs[0].data
    assert [cell.outputs for cell in ran.cells[1:]] == [alone, number]
    both = nbformat.v4.new_output("display_data", {knobs.VIEW: {"model_id": "x"}, "text/html": "f"})
    assert knobs.first_state(both, {}) == [both]
    lost = nbformat.v4.new_output("display_data", {knobs.VIEW: {"model_id": "gone"}})
    assert knobs.first_state(lost, {}) == [lost]


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ({"description": "b", "_options_labels": ["x", "<y>"], "index": 1}, ("b", "<y>")),
        ({"description": "b", "_options_labels": ["x", "y"], "index": None}, ("b", "none")),
        ({"description": "b", "_options_labels": ["x", "y"], "index": []}, ("b", "none")),
        ({"description": "b", "value": False}, ("b", "off")),
        ({"description": "b", "value": 0.30000000000000004}, ("b", "0.3")),
        ({"description": "b", "value": 12}, ("b", "12")),
        ({"description": "", "value": 12}, None),
        ({}, None),
    ],
)
def test_a_knob_is_told_in_words(state, told):
    assert knobs.setting({"state": state}) == told


def test_names_of_settings_are_text_and_no_markup():
    output = knobs.as_output({"a": "<b>"})
    assert "&lt;b&gt;" in output.data["text/html"] and output.data["text/plain"] == "a: <b>"


def test_four_chapters_have_knobs():
    assert [path.stem[:2] for path in CHAPTERS] == ["01", "02", "04", "06"]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_each_panel_of_a_chapter_shows_its_first_state(path):
    notebook = nbformat.read(path, as_version=4)
    panels = [c for c in notebook.cells if c.cell_type == "code" and "interact(" in c.source]
    assert panels
    for cell in panels:
        settings, *shown = cell.outputs
        assert knobs.LEAD in settings.data["text/html"] and shown
        assert not any(knobs.VIEW in output.get("data", {}) for output in cell.outputs)
        assert "remove-output" not in cell.metadata.get("tags", []), "the page shows it too"
