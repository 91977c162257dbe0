"""Shows a table of He et al. (2016a) and quotes its cells in prose, with no number typed twice.

The directive ``paper-table`` renders ``book/data/paper_table_NUMBER.csv``, here Table 6::

    ```{paper-table} 6
    ```

Each table stands on exactly one page. Four roles quote cells from any page and link to the row
they come from. A cell's address is table/row/column: the file's number, the row's key in its first
column, and the column's name in its header.

===================================================================  ================
``{cell}`6/resnet-110/error```                                       6.43 %
``{cell-bare}`6/resnet-110/error```                                  6.43
``{cell-difference}`2/34/plain - 2/34/resnet```                      3.51 points
``{cell-change}`8/vgg-16/map -> 8/resnet-101/map```                  28 %
===================================================================  ================

Numbers that the paper gives in its text alone have the table ``text``. A wrong address stops the
build and names the rows or columns that exist; so does a malformed file. Tables are plain HTML;
``paper/table.js`` adds buttons that sort them.
"""

from collections.abc import Callable
from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from resnet_book.base import Directive, Role, link_where
from resnet_book.notes import PageNotes
from utils.facts import bibliography, paper

PAPER = "he2016deep"
SORTABLE_ROWS = 4
SHOWN = PageNotes("tables_shown")
"""The tables that each page shows."""
EMPTY = '<span aria-hidden="true">–</span><span class="visually-hidden">not given</span>'

logger = logging.getLogger(__name__)


def table_id(number: str) -> str:
    """The anchor of a table."""
    return f"paper-table-{number}"


def row_id(number: str, row: str) -> str:
    """The anchor of a row."""
    return f"{table_id(number)}-row-{row}"


def heading(table: paper.Table) -> str:
    """The title behind the paper's number, where it has one."""
    return f"Table {table.number}. {table.title}" if table.number.isdigit() else table.title


def cell_html(column: paper.Column, text: str) -> str:
    """A data cell; numbers carry their value for sorting."""
    if not column.number:
        return f"<td>{escape(text) or EMPTY}</td>"
    value = f' data-value="{escape(text)}"' if text else ""
    return f'<td class="paper-number"{value}>{escape(text) or EMPTY}</td>'


def row_html(table: paper.Table, key: str) -> str:
    """One row; its first cell names it."""
    first, *columns = table.shown
    name = table.label(key)
    value = f' data-value="{escape(name)}"' if first.number else ""
    cells = "".join(cell_html(column, table.text(key, column.name)) for column in columns)
    id_ = row_id(table.number, key)
    return f'<tr id="{id_}"><th scope="row"{value}>{escape(name)}</th>{cells}</tr>'


def markup(table: paper.Table) -> str:
    """The table as HTML: caption with source, scopes, and a region that a keyboard can scroll."""
    id_ = table_id(table.number)
    titles = "".join(
        f'<th scope="col"{" class=paper-number" * (c.number and c is not table.shown[0])}>'
        f"{escape(c.label)}</th>"
        for c in table.shown
    )
    rows = "\n".join(row_html(table, key) for key in table.rows)
    return (
        f'<div class="book-scroll" tabindex="0" role="region" aria-labelledby="{id_}-title">'
        f'<table class="book-table"><caption><span class="paper-caption">'
        f'<strong id="{id_}-title">{escape(heading(table))}</strong>'
        f"<span>{escape(table.note)}</span>"
        f"<span>Source: {bibliography.works()[PAPER]}, {escape(table.source)}.</span>"
        f"</span></caption>\n"
        f"<thead><tr>{titles}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div>"
        f'<p class="visually-hidden" role="status"></p>'
    )


class PaperTable(Directive):
    """Emit one table and remember on which page it stands."""

    required_arguments = 1
    reads = (paper, bibliography)

    def show(self) -> list[nodes.Node]:
        table = paper.load_table(self.arguments[0])
        pages = places(self.env)
        if table.number in pages:
            raise self.error(f"table {table.number} already stands on {pages[table.number]}")
        SHOWN.of(self.env).setdefault(self.env.docname, []).append(table.number)
        sortable = len(table.rows) >= SORTABLE_ROWS and not table.fixed_order
        node = self.html(markup(table), names=[table_id(table.number)])
        node["classes"] = ["paper-table", *(["paper-sortable"] if sortable else [])]
        self.state.document.note_explicit_target(node)
        return [node]


def places(env: BuildEnvironment) -> dict[str, str]:
    """Table number -> page that shows it."""
    return {number: page for page, numbers in SHOWN.of(env).items() for number in numbers}


class quoted_cell(nodes.General, nodes.TextElement):
    """A quoted cell, until it is known which page shows its table."""


class CellRole(Role):
    """Quote one cell, or what two cells give together."""

    reads = (paper,)

    def __init__(self, read: Callable[[str], tuple[paper.Cell, str]]) -> None:
        super().__init__()
        self.read = read

    def show(self) -> list[nodes.Node]:
        cell, text = self.read(self.text)
        node = quoted_cell("", text, number=cell.table.number, row=cell.row, where=cell.described)
        self.set_source_info(node)
        return [node]


class LinkCells(SphinxPostTransform):
    """Turn quoted cells into links to their rows."""

    default_priority = 9

    def run(self, **kwargs: Any) -> None:
        for node in list(self.document.findall(quoted_cell)):
            node.replace_self(self.link(node))

    def link(self, node: quoted_cell) -> nodes.Node:
        """The link, or the text alone with a warning where no page shows the table."""
        page = places(self.env).get(node["number"])
        if page is None:
            logger.warning(
                "no page shows table %s, which is quoted here", node["number"], location=node
            )
            return nodes.Text(node.astext())
        anchor = "#" + row_id(node["number"], node["row"])
        if page != self.env.docname and self.app.builder.format == "html":
            anchor = self.app.builder.get_relative_uri(self.env.docname, page) + anchor
        text = node.astext()
        return nodes.reference(
            text, text, refuri=anchor, internal=True, reftitle=node["where"], classes=["paper-cell"]
        )


def check_all(app: Sphinx) -> None:
    """Stop the build at the first malformed file, shown or not."""
    try:
        list(paper.all_tables())
    except paper.PaperDataError as problem:
        raise ExtensionError(str(problem)) from problem


def setup(app: Sphinx) -> None:
    """Connect directive, roles and script to the build."""
    app.add_node(quoted_cell)
    app.add_directive("paper-table", PaperTable)
    app.add_role("cell", CellRole(paper.quote))
    app.add_role("cell-bare", CellRole(paper.bare))
    app.add_role("cell-difference", CellRole(paper.difference))
    app.add_role("cell-change", CellRole(paper.change))
    app.add_post_transform(LinkCells)
    app.connect("builder-inited", check_all)
    SHOWN.connect(app)
    link_where(app, 'class="paper-caption"', "paper/table.js")
