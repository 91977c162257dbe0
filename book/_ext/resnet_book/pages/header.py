"""One plain link per job in the header of a page.

The theme hides its launch and download links in menus behind icons and starts the full-screen
and print buttons from inline handlers. A reader of a chapter needs three things: run it, keep it,
see its source. Each gets a visible link; the rest goes.
"""

from collections.abc import Iterator
from typing import Any

from sphinx.application import Sphinx

from resnet_book.base import on_page

Button = dict[str, Any]


def links(buttons: list[Button]) -> Iterator[Button]:
    """Yield the links among ``buttons``, those inside menus included."""
    for button in buttons:
        if button["type"] == "group":
            yield from links(button["buttons"])
        elif button["type"] == "link":
            yield button


def restyle(button: Button) -> Button | None:
    """Return the link as the book shows it, or None where the book has no use for it."""
    url = button["url"]
    if "colab" in url:
        return {**button, "text": "Open in Colab", "icon": None, "label": "colab"}
    if url.endswith(".ipynb"):
        return {**button, "text": None, "icon": "fa-solid fa-download", "tooltip": "Save notebook"}
    if button.get("icon") == "fab fa-github":
        return {**button, "text": None, "icon": "fa-brands fa-github"}
    return None


def simplify_header(app: Sphinx, page: str, context: dict[str, Any]) -> None:
    """Replace the theme's header buttons by plain links."""
    restyled = [restyle(button) for button in links(context.get("header_buttons", []))]
    context["header_buttons"] = [button for button in restyled if button]


def setup(app: Sphinx) -> None:
    """Run after the theme, whose own handlers use priorities up to 501."""
    on_page(app, simplify_header, priority=900)
