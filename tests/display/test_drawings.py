"""A drawing made by hand reaches the page with its words, or says what it lacks."""

import re

import pytest

from utils.display import drawings
from utils.display.drawings import DRAWINGS, DrawingError, drawing_figure

NAMES = sorted(path.stem for path in DRAWINGS.glob("*.svg"))
PHONE = 360
"""Px that a phone of 390 px has for a drawing, about."""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(drawings, "DRAWINGS", tmp_path)
    drawings.drawing.cache_clear()
    yield tmp_path
    drawings.drawing.cache_clear()


def test_a_figure_has_the_caption_and_speaks_the_description(folder):
    text = (
        "<svg><title>A dot</title><desc>One dot, and nothing else.</desc><path d='M0 0h1'/></svg>"
    )
    (folder / "dot.svg").write_text(text, encoding="utf-8")
    markup = drawing_figure("dot", "See the dot & smile.")
    assert 'role="img" aria-label="One dot, and nothing else."' in markup
    assert "<figcaption>See the dot &amp; smile.</figcaption>" in markup
    assert "<title>" not in markup and "<desc>" not in markup


@pytest.mark.parametrize("missing", ["title", "desc"])
def test_a_drawing_without_words_is_refused(folder, missing):
    words = {"title": "<title>A dot</title>", "desc": "<desc>One dot.</desc>", missing: ""}
    (folder / "dot.svg").write_text(f"<svg>{''.join(words.values())}</svg>", encoding="utf-8")
    with pytest.raises(DrawingError, match=r"dot\.svg needs a title and a desc"):
        drawing_figure("dot", "See the dot.")


def test_an_unknown_drawing_names_those_that_there_are():
    with pytest.raises(DrawingError, match=r"there are: .*layer-row"):
        drawing_figure("no-such-drawing", "Nothing.")


def test_a_drawing_without_a_caption_is_refused():
    with pytest.raises(DrawingError, match="needs a caption"):
        drawing_figure(NAMES[0], " ")


@pytest.mark.parametrize("name", NAMES)
def test_letters_of_a_drawing_can_be_read_on_a_phone(name):
    text = (DRAWINGS / f"{name}.svg").read_text(encoding="utf-8")
    width = float(re.search(r'viewBox="0 0 ([\d.]+) ', text)[1])
    sizes = [float(size) for size in re.findall(r'font-size="([\d.]+)"', text)]
    assert sizes and min(sizes) * min(1, PHONE / width) >= 11
