"""Repairs markup from Sphinx that assistive software reads wrongly.

The reference list is announced as a list whose items are not list items, with a role that no
longer exists. Both roles go; the entries remain as paragraphs, which is what they are.
"""

from typing import Any

from sphinx.application import Sphinx

REPAIRS = {
    ' role="list" class="citation-list"': ' class="citation-list"',
    ' role="doc-biblioentry"': "",
}


def repair(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    """Apply the repairs to the body of one page."""
    for wrong, right in REPAIRS.items():
        context["body"] = context.get("body", "").replace(wrong, right)


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the module to the build."""
    app.connect("html-page-context", repair)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
