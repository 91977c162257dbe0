"""A notebook keeps a photograph of each figure, and the page gets the figure itself."""

from __future__ import annotations

import base64
import io

import nbformat
import pytest
from bs4 import BeautifulSoup
from PIL import Image

from utils.display.published import Published
from utils.explorables import residual_block
from utils.files.places import ROOT
from utils.notebook import stills

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MOST_BYTES = 300_000
FIGURE = (
    '<figure class="book-figure"><div role="img" aria-label="It &quot;rises&quot;." style="x">'
    "<svg></svg></div><figcaption>Error &amp; depth.</figcaption></figure>"
)


def shown(*figures: str) -> nbformat.NotebookNode:
    """A notebook whose cells have shown these."""
    outputs = [
        nbformat.v4.new_output("display_data", {"text/html": figure, "text/plain": "alt"})
        for figure in figures
    ]
    cells = [nbformat.v4.new_code_cell("f()", outputs=[output]) for output in outputs]
    return nbformat.v4.new_notebook(cells=cells)


def html(notebook: nbformat.NotebookNode) -> list[str]:
    return [data["text/html"] for data in stills.html_outputs(notebook)]


def camera(figures, most_bytes):
    return [b"picture" for _ in figures]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_figure_of_a_notebook_is_a_light_picture_with_alt_text(path):
    notebook = nbformat.read(path, as_version=4)
    assert path.stat().st_size <= MOST_BYTES
    for stored in html(notebook):
        soup = BeautifulSoup(stored, "html.parser")
        assert not soup.find(["svg", "script", "canvas"]), stored[:200]
        for image in soup.find_all("img"):
            assert image["alt"].strip(), stored[:200]
            picture = base64.b64decode(image["src"].removeprefix("data:image/webp;base64,"))
            assert Image.open(io.BytesIO(picture)).width >= stills.WIDTH_PX / 3
    for name in stills.photographs(notebook):
        figure = stills.original(f'<figure data-figure="{name}">', path.parent)
        assert stills.figure_name(figure) == name


def test_every_kept_figure_belongs_to_a_notebook():
    used = {n for path in NOTEBOOKS for n in stills.photographs(nbformat.read(path, as_version=4))}
    assert {path.stem for path in (ROOT / "notebooks" / "figures").iterdir()} == used


def test_a_figure_comes_back_as_it_was(tmp_path):
    table = "<table><tr><td>1</td></tr></table>"
    notebook = shown(FIGURE, table)
    stills.put_away(notebook, tmp_path, {}, camera)
    photograph, untouched = html(notebook)
    assert untouched == table
    assert "<svg" not in photograph
    stills.restore(notebook, tmp_path)
    assert html(notebook) == [FIGURE, table]


def test_a_photograph_has_the_words_of_its_figure(tmp_path):
    notebook = shown(FIGURE)
    stills.put_away(notebook, tmp_path, {}, camera)
    soup = BeautifulSoup(html(notebook)[0], "html.parser")
    assert soup.img["alt"] == 'It "rises".'
    assert soup.figcaption.text == "Error & depth."
    assert "touch" not in soup.text


def test_a_photograph_of_a_figure_to_touch_says_where_it_can_be_touched(tmp_path):
    notebook = shown(residual_block()._repr_html_())
    stills.put_away(notebook, tmp_path, {}, camera)
    soup = BeautifulSoup(html(notebook)[0], "html.parser")
    assert "Run the cell to touch the figure" in soup.text
    assert soup.img["alt"] and soup.strong.text and soup.figcaption.text
    assert not soup.find(["input", "script", "style"])


def test_a_figure_that_did_not_change_keeps_its_photograph(tmp_path):
    first, again = shown(FIGURE), shown(FIGURE)
    stills.put_away(first, tmp_path, {}, camera)
    stills.put_away(
        again,
        tmp_path,
        stills.photographs(first),
        lambda figures, most: [b"other" for _ in figures],
    )
    assert html(first) == html(again)
    changed = shown(FIGURE.replace("depth", "width"))
    stills.put_away(changed, tmp_path, stills.photographs(first), lambda figures, most: [b"other"])
    assert base64.b64encode(b"other").decode() in html(changed)[0]


def test_a_photograph_without_its_figure_says_what_to_run(tmp_path):
    notebook = shown(FIGURE)
    stills.put_away(notebook, tmp_path, {}, camera)
    for path in (tmp_path / "figures").iterdir():
        path.unlink()
    with pytest.raises(FileNotFoundError, match="make notebooks"):
        stills.restore(notebook, tmp_path)


def test_figures_that_no_notebook_shows_are_removed(tmp_path):
    notebook = shown(FIGURE)
    stills.put_away(notebook, tmp_path, {}, camera)
    nbformat.write(notebook, tmp_path / "01_a.ipynb")
    (tmp_path / "figures" / "0123.html").write_text("old", encoding="utf-8")
    stills.remove_unused(tmp_path)
    assert [path.stem for path in (tmp_path / "figures").iterdir()] == [stills.figure_name(FIGURE)]


def test_no_figure_needs_no_browser(monkeypatch):
    monkeypatch.setattr(stills, "find_browser", lambda: pytest.fail("looked for one"))
    assert stills.chromium([], 1) == []


def test_what_a_cell_publishes_is_known_as_a_figure():
    assert stills.FIGURE.match(FIGURE)
    assert stills.FIGURE.match(residual_block()._repr_html_())
    assert not stills.FIGURE.match(Published("<table></table>", "a")._repr_html_())
