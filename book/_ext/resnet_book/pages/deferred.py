"""Lets a page be drawn before the scripts of its theme have run.

Sphinx and the theme ask for theirs in the head, and a browser draws nothing until it has run each.
All of them wait for the whole page anyway, so they may as well be fetched beside it.
"""

from typing import Any

from sphinx.application import Sphinx

from resnet_book.base import on_page

LATE = 900
"""After all that link scripts."""
BEHIND = 1_000
"""How much later than before they run: after the scripts of the book, as they always did."""
AT_ONCE = ("documentation_options.js",)
"""What scripts in the text of a page use."""
SEARCH = "search"
"""The page whose own scripts use Sphinx's at once."""


def waits(script: Any) -> bool:
    """Whether a browser would draw nothing before it has run this script, and need not."""
    name = str(script.filename or "")
    return bool(name) and "defer" not in script.attributes and not name.endswith(AT_ONCE)


def defer(app: Sphinx, page: str, context: dict[str, Any]) -> None:
    """Defer every script that the page asks for in its head."""
    if page == SEARCH:
        return
    context["script_files"] = [
        type(script)(
            script.filename,
            priority=script.priority + BEHIND,
            **script.attributes | {"defer": "defer"},
        )
        if waits(script)
        else script
        for script in context["script_files"]
    ]


def setup(app: Sphinx) -> None:
    """Connect to the build."""
    on_page(app, defer, priority=LATE)
