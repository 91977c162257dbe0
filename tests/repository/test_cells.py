"""Long cells of the book's tables may be broken on a phone, and no value in them is."""

import pytest
from resnet_book.pages.cells import NO_BREAK, mark

TABLE = '<table class="book-table"><tr><th>plain-14</th><td>{}</td></tr></table>'


@pytest.mark.parametrize(
    ("cell", "parts"),
    [
        ("0.71 (0.61 to 0.76)", ["0.71", "(0.61 to 0.76)"]),
        ("90.7 ± 1.6 % (block 4)", ["90.7 ± 1.6 %", "(block 4)"]),
        ("5.0 × 10⁵ (ratio 1.7 × 10⁶)", ["5.0 × 10⁵", "(ratio 1.7 × 10⁶)"]),
        ("8.58 to 8.87 ms", ["8.58", "to", "8.87 ms"]),
        ("AMD EPYC, 1 thread", ["AMD", "EPYC,", "1", "thread"]),
        ("+1.30, +1.85, +0.56", ["+1.30,", "+1.85,", "+0.56"]),
    ],
)
def test_a_long_cell_is_broken_between_values(cell, parts):
    marked = mark(TABLE.format(cell), "notebooks/any")
    assert '<td class="book-long">' in marked
    text = marked.partition('<td class="book-long">')[2].partition("</td>")[0]
    assert [part.replace(NO_BREAK, " ") for part in text.split(" ")] == parts
    assert text.replace(NO_BREAK, " ") == cell


@pytest.mark.parametrize("cell", ["80.58 ± 0.39 %", "not shown", "", "a<br>much longer cell"])
def test_a_short_cell_and_a_cell_with_markup_stay(cell):
    assert mark(TABLE.format(cell), "notebooks/any") == TABLE.format(cell)


def test_a_list_has_room():
    many = ", ".join(f"+{value}.25" for value in range(10))
    assert '<td class="book-long book-roomy">' in mark(TABLE.format(many), "notebooks/any")
    assert "book-roomy" not in mark(TABLE.format("the same sign in each seed"), "notebooks/any")


def test_tables_of_others_stay():
    other = TABLE.format("the same sign in each seed").replace("book-table", "docutils")
    assert mark(other, "book/any") == other
