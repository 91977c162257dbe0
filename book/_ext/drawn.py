"""The directive ``drawn``: puts a figure or table of ``utils.chapters.drawn`` into a page of prose.

    ```{drawn} imagenet-depth
    ```

The figure is drawn when the page is built, from the data files of the book. A fault in the data
stops the build with the message of the function that read them.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dependencies import depends_on
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from utils.chapters.drawn import DRAWN  # noqa: E402

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class DrawnDirective(SphinxDirective):
    """Emit the markup of one registered figure."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        if name not in DRAWN:
            known = ", ".join(sorted(DRAWN))
            raise self.error(f"no figure is called {name!r}; known: {known}")
        depends_on(self.env, DRAWN[name])
        try:
            published = DRAWN[name]()
        except (ValueError, OSError) as problem:
            raise self.error(f"the figure {name!r} cannot be drawn: {problem}") from problem
        node = nodes.raw("", published.markup, format="html")
        self.set_source_info(node)
        return [node]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("drawn", DrawnDirective)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
