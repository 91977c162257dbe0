"""The reading time under a title comes from the words that are read."""

import pytest
from docutils import nodes
from docutils.utils import new_document
from resnet_book.pages.minutes import count_words, reading_time, states_its_time


def page(*children: nodes.Node) -> nodes.document:
    document = new_document("page")
    document += list(children)
    return document


@pytest.mark.parametrize(
    ("words", "time"),
    [(1, "1 minute to read"), (200, "1 minute to read"), (201, "2 minutes to read")],
)
def test_two_hundred_words_take_a_minute(words, time):
    assert reading_time(page(nodes.paragraph("", "word " * words))) == time


def test_code_formulas_and_tables_are_not_counted():
    left_out = [nodes.literal_block, nodes.math_block, nodes.comment]
    parts = [kind("", "several words in here") for kind in left_out]
    table = nodes.table("", nodes.paragraph("", "a cell"))
    assert count_words(page(*parts, table, nodes.paragraph("", "two words"))) == 2


def test_a_page_that_states_its_time_keeps_it():
    def paragraph(*children: nodes.Node) -> nodes.document:
        return page(nodes.paragraph("", "", *children))

    bold = nodes.strong("", "Time:")
    assert states_its_time(paragraph(nodes.Text(""), bold, nodes.Text(" 5 minutes")))
    assert not states_its_time(paragraph(nodes.Text("In "), nodes.strong("", "Time:")))
    assert not states_its_time(paragraph(nodes.strong("", "Times"), nodes.Text(" change")))
