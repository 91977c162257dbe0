"""Markup that a page keeps as plain text until somebody opens it.

Answers "how can a page hold thousands of elements and still be drawn at once?". A browser that runs
scripts takes what stands in a ``noscript`` element for text, which costs it nothing, and
``book/_static/pages/later.js`` makes elements of it when its box is opened, when the page is
printed, or when an address leads into it. To readers without scripts it is part of the page.
"""

import html

KEPT = '<noscript class="later'
"""What such markup begins with."""


def later(markup: str, **data: str) -> str:
    """Wrap what stands in a closed box.

    Args:
        markup: HTML.
        data: what a script should know of it already: name -> value of a ``data-`` attribute.

    Raises:
        ValueError: the markup holds such an element itself, and its end would be taken for ours.
    """
    if "noscript" in markup:
        raise ValueError("what is kept for later must not hold a noscript element itself")
    known = "".join(f' data-{name}="{html.escape(value)}"' for name, value in data.items())
    return f'{KEPT}"{known}>\n{markup}</noscript>\n'
