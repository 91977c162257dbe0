"""Marks as SVG: numbers as scripts round them, words escaped, path data by hand."""

from __future__ import annotations

import pytest

from utils.display.svg import bar, chain, dots, element, line, px, text


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (64.0, "64"),
        (100, "100"),
        (12.5, "12.5"),
        (0.125, "0.13"),
        (-0.125, "-0.13"),
        # In binary this lies a little below the tie.
        (2.675, "2.67"),
        (-0.001, "0"),
    ],
)
def test_a_number_has_at_most_two_decimals_and_ties_go_away_from_zero(value: float, written: str):
    assert px(value) == written


def test_words_and_attributes_are_escaped():
    written = text(1, 2.5, 'a < "b"', "end", "ex-name", "title", data_number=3, visibility=None)
    assert written == (
        '<text x="1" y="2.5" text-anchor="end" class="ex-name" data-part="title" data-number="3">'
        "a &lt; &quot;b&quot;</text>"
    )
    assert element("rect", aria_label='"', width=4) == '<rect aria-label="&quot;" width="4"/>'


def test_lines_dots_and_bars_by_hand():
    points = [(1, 2), (3, 4.126)]
    assert line(points) == "M1 2L3 4.13"
    assert dots(points) == "M1 2h0M3 4.13h0"
    assert line([]) == dots([]) == ""
    assert bar(1, 2, 3.5, 4) == "M1 2h3.5v4h-3.5z"


def test_a_row_of_two_blocks_by_hand():
    places, sizes = [(0, 10), (10, 10)], {"pitch": 10, "size": 4, "rise": 6}
    whole = {
        "wire": "M0 10H10M10 10H20",
        "arcs": "M0 10C0 4 10 4 10 10M10 10C10 4 20 4 20 10",
        "kept": "M3 8h4v4h-4z",
        "gone": "M13 8h4v4h-4z",
    }
    assert chain(places, {1}, **sizes) == whole
    assert chain(places, {1}, **sizes, cut=True) == {**whole, "wire": "M0 10H10"}
