"""What the extensions do where something is missing: empty cells, hidden tables, short tables."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from docutils import nodes
from resnet_book.pages import selfcontained
from resnet_book.shows import accessibility, paper_table

from utils.facts.paper import Column, Table

WORDS = Column(name="name", label="Name")
NUMBER = Column(name="error", label="Error", number=True, unit="%")
DASH = "<td>" + paper_table.EMPTY + "</td>"


def made(
    rows: dict[str, tuple[str, ...]],
    number: str = "6",
    columns: tuple[Column, ...] = (WORDS, NUMBER),
) -> Table:
    by_name = {column.name: column for column in columns}
    words = {"title": "Errors", "source": "Table 6", "note": "One crop."}
    return Table(number=number, **words, columns=by_name, rows=rows)


def test_an_empty_cell_says_that_nothing_is_given():
    assert "not given" in paper_table.EMPTY and "–" in paper_table.EMPTY
    assert paper_table.cell_html(WORDS, "") == DASH
    assert paper_table.cell_html(NUMBER, "") == DASH.replace("<td>", '<td class="paper-number">')


def test_a_cell_shows_its_text_and_a_number_can_be_sorted_by_it():
    assert paper_table.cell_html(WORDS, "a < b") == "<td>a &lt; b</td>"
    expected = '<td class="paper-number" data-value="6.43">6.43</td>'
    assert paper_table.cell_html(NUMBER, "6.43") == expected
    assert paper_table.cell_html(NUMBER, "0") == expected.replace("6.43", "0")


def test_a_row_is_named_by_its_first_cell_and_has_an_anchor():
    row = paper_table.row_html(made({"plain-20": ("plain <20>", "")}), "plain-20")
    assert row.startswith('<tr id="paper-table-6-row-plain-20"><th scope="row">plain &lt;20&gt;')
    assert row.count("<td") == 1 and "not given" in row
    first = made({"a": ("20", "x")}, columns=(NUMBER, WORDS))
    assert '<th scope="row" data-value="20">20</th>' in paper_table.row_html(first, "a")


def test_a_table_without_a_number_has_its_title_alone():
    assert paper_table.heading(made({})) == "Table 6. Errors"
    assert paper_table.heading(made({}, number="text")) == "Errors"


def link(pages: dict[str, str], here: str = "book/other") -> nodes.Node:
    """What a quoted cell of table 6 becomes on a page."""
    shown = {page: [number] for number, page in pages.items()}
    transform = object.__new__(paper_table.LinkCells)
    transform.env = SimpleNamespace(tables_shown=shown, docname=here)
    transform.app = SimpleNamespace(
        builder=SimpleNamespace(format="html", get_relative_uri=lambda a, b: f"from {a} to {b}")
    )
    node = paper_table.quoted_cell("", "6.43 %", number="6", row="plain-20", where="Table 6: x")
    return transform.link(node)


@pytest.fixture
def linked(monkeypatch: pytest.MonkeyPatch):
    """:func:`link`, where the transform takes what it is given."""
    for name in ("env", "app"):
        monkeypatch.setattr(paper_table.LinkCells, name, None, raising=False)
    return link


def test_a_quoted_cell_links_to_its_row_from_the_same_and_from_another_page(linked):
    anchor = "#paper-table-6-row-plain-20"
    assert linked({"6": "book/paper"})["refuri"] == f"from book/other to book/paper{anchor}"
    same = linked({"6": "book/paper"}, here="book/paper")
    assert same["refuri"] == anchor
    assert same.astext() == "6.43 %" and same["reftitle"] == "Table 6: x"


def test_a_quoted_cell_of_a_table_that_no_page_shows_is_its_text_alone(linked):
    found = linked({})
    assert isinstance(found, nodes.Text) and found.astext() == "6.43 %"


def test_pages_are_forgotten_and_taken_over_one_by_one():
    env = SimpleNamespace()
    assert paper_table.places(env) == {}
    env.tables_shown = {"a": ["1"], "b": ["2", "5"]}
    paper_table.SHOWN.forget(None, env, "a")
    assert paper_table.places(env) == {"2": "b", "5": "b"}
    other = SimpleNamespace(tables_shown={"c": ["3"], "d": ["4"]})
    paper_table.SHOWN.merge(None, env, ["c"], other)
    assert paper_table.places(env) == {"2": "b", "5": "b", "3": "c"}


def asset(filename: str | None, **attributes: str) -> SimpleNamespace:
    """A script or style sheet as Sphinx holds it."""
    return SimpleNamespace(filename=filename, attributes=attributes)


@pytest.mark.parametrize(
    "file, classes",
    [
        ("_static/sphinx-design.min.css?v=1", "sd-card"),
        ("_static/design-tabs.js", "sd-tab-set docutils"),
        ("_static/togglebutton.js?v=2", "admonition dropdown"),
        ("_static/copybutton.js", "highlight-python highlight"),
        ("_static/mystnb.8ecb.css", "cell docutils"),
        ("_static/exercise.css", "exercise-title"),
    ],
)
def test_a_page_loads_an_extensions_file_only_for_what_it_is_for(file: str, classes: str):
    assert selfcontained.needed(asset(file), f"bd-article {classes}")
    assert not selfcontained.needed(asset(file), "bd-article paragraph subclass-sdx amsmathx")


def test_the_books_own_files_stand_on_every_page():
    assert selfcontained.needed(asset("_static/pages/book.css?v=3"), "")
    assert selfcontained.needed(asset("_static/scripts/bootstrap.js"), "")


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        (["met"] * 3, "The pages meet 3 of 3 criteria."),
        (["met", "partly", "does not apply"],
         "The pages meet 1 of 3 criteria. They meet 1 in part. "
         "The other 1 concerns what the book does not have, such as film."),
        (["partly", "not met", "not met", "does not apply", "does not apply"],
         "The pages meet 0 of 5 criteria. They meet 1 in part and fail 2. "
         "The other 2 concern what the book does not have, such as film."),
    ],
)  # fmt: skip
def test_the_statement_on_accessibility_reads_well_for_every_count(verdicts: list[str], said: str):
    criteria = [SimpleNamespace(verdict=verdict) for verdict in verdicts]

    def of(*wanted: str) -> list[SimpleNamespace]:
        return [one for one in criteria if one.verdict in wanted]

    counted = accessibility.counted(SimpleNamespace(criteria=criteria, of=of))
    assert counted.replace("<strong>", "").replace("</strong>", "") == said
