"""Repairs markup from Sphinx that assistive software reads wrongly.

The reference list is announced as a list whose items are not list items, with a role that no
longer exists. Both roles go; the entries remain as paragraphs, which is what they are. The ids that
each exercise and each solution repeats become classes. A title in another language says which one,
so that it is spoken as such.
"""

from sphinx.application import Sphinx

from resnet_book.base import change_body
from utils.facts.bibliography import foreign_titles

REPAIRS = {
    ' role="list" class="citation-list"': ' class="citation-list"',
    ' role="doc-biblioentry"': "",
    '<div class="pst-scrollable-table-container">': (
        '<div class="pst-scrollable-table-container" tabindex="0">'
    ),
    '<section id="exercise-content">': '<section class="exercise-content">',
    '<section id="solution-content">': '<section class="solution-content">',
}


def repair(body: str, page: str) -> str:
    """The markup of one page with every repair made."""
    for wrong, right in REPAIRS.items():
        body = body.replace(wrong, right)
    for title, language in foreign_titles().items():
        body = body.replace(f"<em>{title}</em>", f'<em lang="{language}">{title}</em>')
    return body


def setup(app: Sphinx) -> None:
    """Connect the module to the build."""
    change_body(app, repair)
