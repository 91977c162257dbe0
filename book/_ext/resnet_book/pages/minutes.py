"""Shows under each page's title how long it takes to read.

A page that states its own time ("**Time:** ...") keeps it. For every other page the time comes
from its words, after references and generated lists are in; code and tables are looked at rather
than read, and are not counted.
"""

import math

from docutils import nodes
from sphinx.application import Sphinx

WORDS_A_MINUTE = 200
SKIPPED = (nodes.literal_block, nodes.math_block, nodes.table, nodes.raw, nodes.comment)
STATED = "Time:"


def states_its_time(doctree: nodes.document) -> bool:
    """Whether a paragraph of the page begins with a bold "Time:"."""
    return any(
        strong.astext().strip() == STATED and strong.parent.astext().startswith(STATED)
        for strong in doctree.findall(nodes.strong)
    )


def count_words(node: nodes.Node) -> int:
    """Words that a reader reads one after another."""
    if isinstance(node, SKIPPED):
        return 0
    if isinstance(node, nodes.Text):
        return len(node.astext().split())
    return sum(count_words(child) for child in node.children)


def reading_time(doctree: nodes.document) -> str:
    """For example "4 minutes to read"; at least one minute."""
    minutes = max(1, math.ceil(count_words(doctree) / WORDS_A_MINUTE))
    return f"{minutes} minute{'s' if minutes > 1 else ''} to read"


def show_minutes(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put the reading time under the page's title; the start page is no reading."""
    title = next(doctree.findall(nodes.title), None)
    is_start = docname == app.config.root_doc
    if app.builder.format != "html" or is_start or title is None or states_its_time(doctree):
        return
    line = nodes.paragraph("", reading_time(doctree), classes=["book-page-minutes"])
    title.parent.insert(title.parent.index(title) + 1, line)


def setup(app: Sphinx) -> None:
    """Run after the bibliography and all references are resolved."""
    app.connect("doctree-resolved", show_minutes, priority=900)
