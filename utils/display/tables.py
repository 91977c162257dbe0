"""Tables as HTML that a screen reader can walk and a phone can scroll.

Answers "what are the numbers?". Cells are text, which the caller formats from records, or a link
that is :class:`Published`.
"""

import html
from collections.abc import Sequence

from utils.display.published import Published


def table(
    header: Sequence[str], rows: Sequence[Sequence[object]], caption: str, *, wraps: bool = False
) -> Published:
    """A table whose first column names its rows.

    Args:
        header: column titles.
        rows: cells, as many as there are titles: text, or finished markup.
        caption: what the table shows.
        wraps: whether its cells are words, which may wrap on a phone; numbers do not.

    Raises:
        ValueError: a row of another length.
    """
    for row in rows:
        if len(row) != len(header):
            raise ValueError(f"{len(row)} cells in {row!r}, but {len(header)} columns")
    titles = "".join(f'<th scope="col">{html.escape(title)}</th>' for title in header)
    lines = []
    for first, *rest in rows:
        cells = "".join(f"<td>{_cell(cell)}</td>" for cell in rest)
        lines.append(f'<tr><th scope="row">{_cell(first)}</th>{cells}</tr>')
    body = "\n".join(lines)
    kind = "book-table book-prose" if wraps else "book-table"
    markup = (
        f'<div class="book-table-scroll" tabindex="0" role="region" '
        f'aria-label="{html.escape(caption)}"><table class="{kind}">'
        f"<caption>{html.escape(caption)}</caption>\n<thead><tr>{titles}</tr></thead>\n"
        f"<tbody>\n{body}\n</tbody></table></div>"
    )
    return Published(markup, caption)


def _cell(content: object) -> str:
    return content.markup if isinstance(content, Published) else html.escape(str(content))
