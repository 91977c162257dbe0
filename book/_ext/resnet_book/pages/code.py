"""Code in colours without a tag around what has none.

Pygments wraps each name, bracket and blank, and the two styles of the theme draw these as they draw
plain text. Without these tags a page has a third of its elements less, so a phone draws it sooner.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

from pygments.formatters import HtmlFormatter
from pygments.styles import get_style_by_name
from pygments.token import Operator, Text
from sphinx.application import Sphinx
from sphinx.highlighting import PygmentsBridge

STYLES = ("a11y-high-contrast-light", "a11y-high-contrast-dark")
"""The styles of the theme, by day and by night."""
DOT = (Operator, ".")
"""The commonest token of Python, and nobody sees the colour of a dot."""


@cache
def looks_like_text(kind: tuple[str, ...]) -> bool:
    """Whether both styles draw this kind of token as they draw plain text."""
    styles = [get_style_by_name(name) for name in STYLES]
    return all(style.style_for_token(kind) == style.style_for_token(Text) for style in styles)


class FewTags(HtmlFormatter):
    """Pygments' formatter, which wraps only what has a look of its own."""

    def format_unencoded(self, tokensource: Iterable[tuple[Any, str]], outfile: Any) -> None:
        """Write tokens, each that looks like plain text as plain text."""
        plain = (
            (Text if looks_like_text(token[0]) or token == DOT else token[0], token[1])
            for token in tokensource
        )
        super().format_unencoded(plain, outfile)


def setup(app: Sphinx) -> None:
    """Let Sphinx format with fewer tags."""
    PygmentsBridge.html_formatter = FewTags
