"""Lets a page be drawn before the scripts of its theme have run.

Sphinx and the theme ask for theirs in the head, and a browser draws nothing until it has run each.
All of them wait for the whole page anyway, so they may as well be fetched beside it.
"""

from typing import Any

from sphinx.application import Sphinx

from resnet_book.base import on_page

LATE = 900
"""After all that link scripts."""
AT_ONCE = ("documentation_options.js",)
"""What scripts in the text of a page use."""
SEARCH = "search"
"""The page whose own scripts use Sphinx's at once."""


def defer(app: Sphinx, page: str, context: dict[str, Any]) -> None:
    """Defer every script that the page asks for in its head."""
    if page == SEARCH:
        return
    context["script_files"] = [
        type(script)(
            script.filename, priority=script.priority, **script.attributes | {"defer": "defer"}
        )
        if script.filename and not str(script.filename).endswith(AT_ONCE)
        else script
        for script in context["script_files"]
    ]


def setup(app: Sphinx) -> None:
    """Connect to the build."""
    on_page(app, defer, priority=LATE)
