"""Puts the book's version and its date at the foot of every page, with links to its changes.

Both are those of ``CITATION.cff``: no page says when it was built, so the same sources make the
same pages. Where the change log lists changes for the next version already, the foot says so.
"""

from typing import Any

from sphinx.application import Sphinx

from resnet_book.base import on_page
from utils.facts.edition import CHANGES, load_changes, load_edition

LINKED = {
    "book/take": "Take it with you",
    "book/privacy": "Privacy",
    "book/accessibility": "Accessibility",
}
"""Pages that every foot links to, where the book has them."""


def version_line() -> str:
    """For example "Version 1.0.0, 2 March 2027"."""
    edition, log = load_edition(), load_changes()
    later = " and later changes" if log and log[0].edition is None else ""
    return f"Version {edition.version}, {edition.day}{later}"


def changes_address(app: Sphinx) -> str:
    """Where the change log can be read."""
    options = app.config.html_theme_options
    return f"{options['repository_url']}/blob/{options['repository_branch']}/{CHANGES.name}"


def add_foot(app: Sphinx, page: str, context: dict[str, Any]) -> None:
    """Give the theme the foot of a page."""
    links = [f'<a href="{changes_address(app)}">What has changed</a>']
    for name, words in LINKED.items():
        if name in app.env.found_docs:
            links.append(f'<a href="{context["pathto"](name)}">{words}</a>')
    context["theme_extra_footer"] = (
        f'<p class="book-edition">{version_line()}<br />{" · ".join(links)}</p>'
    )


def setup(app: Sphinx) -> None:
    """Connect the module to the build."""
    on_page(app, add_foot)
