"""Lets the long cells of a table take several lines on a phone, and keeps their numbers whole.

A short cell, "80.58 ± 0.39 %", stays on one line everywhere. A longer one may be broken where words
or values end, so that the columns after it are seen: "0.71" over "(0.61 to 0.76)".
"""

import re

from sphinx.application import Sphinx

from resnet_book.base import change_body

LONGEST_WHOLE = 14
"""Characters of the longest cell that is never broken: a mean with its spread and unit."""
LONGEST_NARROW = 40
"""Characters of the longest cell whose column may be as narrow as a word."""
OURS = re.compile(r'<table class="book-table">.*?</table>', re.DOTALL)
LONG_CELL = re.compile(rf"<td>([^<>]{{{LONGEST_WHOLE + 1},}})</td>")
TOGETHER = re.compile(r" [±×] | %|(?<=\d) (?:ms|s|MiB)\b|\([^()]{,20}\)")
"""What is not broken: a sign with both its sides, a number with its unit, short brackets."""
NO_BREAK = "\N{NO-BREAK SPACE}"


def long_cell(text: str) -> str:
    """A cell that may take several lines, but not within one value."""
    whole = TOGETHER.sub(lambda part: part[0].replace(" ", NO_BREAK), text)
    kind = "book-long book-roomy" if len(text) > LONGEST_NARROW else "book-long"
    return f'<td class="{kind}">{whole}</td>'


def mark(body: str, page: str) -> str:
    """The markup of one page, in which the long cells of our tables may be broken."""
    return OURS.sub(lambda table: LONG_CELL.sub(lambda cell: long_cell(cell[1]), table[0]), body)


def setup(app: Sphinx) -> None:
    """Connect the module to the build."""
    change_body(app, mark)
