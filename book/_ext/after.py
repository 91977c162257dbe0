"""The directive ``work`` and the role ``after``: facts of ``book/data/after.yml`` on a page.

    ```{work} resnext
    ```

    ... falls to {after}`resnext.new` % ...

The directive prints a work's change, number, source and lesson. The role prints one number, so
that no number of the file is typed a second time.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dependencies import depends_on
from docutils import nodes
from sphinx.util.docutils import SphinxDirective, SphinxRole

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from utils.chapters import after as source  # noqa: E402
from utils.facts import after  # noqa: E402

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class WorkDirective(SphinxDirective):
    """A work in four lines and its lesson."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        depends_on(self.env, source)
        key = self.arguments[0]
        try:
            works = after.load().works
        except ValueError as problem:
            raise self.error(str(problem)) from problem
        if key not in works:
            raise self.error(f"after.yml has no work {key!r}; there are {', '.join(works)}")
        work = works[key]
        cited = ", ".join(f"{{cite:t}}`{name.strip()}`" for name in work.cite.split(","))
        text = (
            f"Changed\n: {work.change}\n\n"
            f"Number\n: {work.result}.\n\n"
            f"Measured\n: {work.measures}; {work.runs}.\n\n"
            f"Source\n: {cited}: {work.where}.\n\n"
            f"Lesson\n: {work.lesson}\n"
        )
        box = nodes.container(classes=["book-work"])
        box += self.parse_text_to_nodes(text)
        return [box]


class AfterRole(SphinxRole):
    """One number of the file."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        depends_on(self.env, source)
        try:
            return [nodes.Text(after.quote(self.text))], []
        except ValueError as problem:
            message = self.inliner.reporter.error(str(problem), line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register both."""
    app.add_directive("work", WorkDirective)
    app.add_role("after", AfterRole())
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
