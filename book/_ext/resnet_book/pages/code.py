"""Code in colours without a tag around what has none.

Pygments wraps each name, bracket and blank, and the two styles of the theme draw these as they draw
plain text. It also wraps each of two neighbours that look the same, such as ``is`` and ``not``.
Without these tags a page has a third of its elements less, so a phone draws it sooner.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
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
EMPTY = "<span></span>"
"""What keeps a browser from dropping a line break that follows the opening tag."""

Token = tuple[Any, str]


@cache
def looks_like_text(kind: tuple[str, ...]) -> bool:
    """Whether both styles draw this kind of token as they draw plain text."""
    styles = [get_style_by_name(name) for name in STYLES]
    return all(style.style_for_token(kind) == style.style_for_token(Text) for style in styles)


@cache
def look(kind: tuple[str, ...]) -> str:
    """What both styles make of this kind of token, to be compared."""
    return repr([get_style_by_name(name).style_for_token(kind) for name in STYLES])


@cache
def colours_letters_alone(kind: tuple[str, ...]) -> bool:
    """Whether a blank of this kind looks like any other: it has no line and no background."""
    styles = [get_style_by_name(name).style_for_token(kind) for name in STYLES]
    return not any(style[name] for style in styles for name in ("underline", "bgcolor", "border"))


def joined(tokens: Iterable[Token]) -> Iterator[Token]:
    """Tokens, with neighbours of one look as one, and the blanks of a line between them."""
    whole: Token | None = None
    blanks = ""
    for kind, text in tokens:
        between = kind is Text and text.isspace() and "\n" not in text
        if whole and between and not blanks and colours_letters_alone(whole[0]):
            blanks = text
            continue
        if whole and look(kind) == look(whole[0]):
            whole = (whole[0], whole[1] + blanks + text)
        else:
            yield from [whole] if whole else []
            yield from [(Text, blanks)] if blanks else []
            whole = (kind, text)
        blanks = ""
    yield from [whole] if whole else []
    yield from [(Text, blanks)] if blanks else []


class FewTags(HtmlFormatter):
    """Pygments' formatter, which wraps only what has a look of its own."""

    def format_unencoded(self, tokensource: Iterable[tuple[Any, str]], outfile: Any) -> None:
        """Write tokens, each that looks like plain text as plain text."""
        plain = (
            (Text if looks_like_text(token[0]) or token == DOT else token[0], token[1])
            for token in tokensource
        )
        super().format_unencoded(joined(plain), outfile)

    def _wrap_pre(self, inner: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
        """Leave out the empty element that only code with an empty first line needs."""
        lines = super()._wrap_pre(inner)
        (_, opening), *first = next(lines), *islice(lines, 1)
        needed = first and first[0][1].startswith("\n")
        yield 0, opening if needed else opening.replace(EMPTY, "")
        yield from first
        yield from lines


def setup(app: Sphinx) -> None:
    """Let Sphinx format with fewer tags."""
    PygmentsBridge.html_formatter = FewTags
