"""The directive ``measured-runs``: every recorded run, one section for each experiment.

    ```{measured-runs}
    ```

The content comes from ``utils.chapters.measured``. A missing or damaged record stops the build.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dependencies import depends_on
from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from utils.chapters import measured as provenance  # noqa: E402
from utils.files.records import ResultError  # noqa: E402

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class MeasuredRuns(SphinxDirective):
    """Emit a section with a heading for each report."""

    def run(self) -> list[nodes.Node]:
        depends_on(self.env, provenance)
        try:
            reports = provenance.reports()
        except ResultError as problem:
            raise ExtensionError(str(problem)) from problem
        return [self.section(report) for report in reports] + self.gaps()

    def section(self, report: provenance.Report) -> nodes.section:
        """A heading and the report under it."""
        label = f"runs-{nodes.make_id(report.name)}"
        section = nodes.section(ids=[label], names=[label])
        section += nodes.title("", "", nodes.literal("", report.name))
        section += nodes.raw("", provenance.markup(report), format="html")
        self.state.document.note_explicit_target(section)
        self.set_source_info(section)
        return section

    def gaps(self) -> list[nodes.Node]:
        """A list of what is defined and not recorded; nothing when all is."""
        missing = provenance.not_recorded()
        if not missing:
            return []
        section = nodes.section(ids=["not-recorded-yet"], names=["not recorded yet"])
        section += nodes.title("", "Not recorded yet")
        listing = nodes.bullet_list(classes=["book-records"])
        for name, question in missing:
            command = nodes.literal("", f"python -m utils.record {name}")
            line = nodes.paragraph("", "", nodes.Text(f"{question} "), command)
            listing += nodes.list_item("", line)
        section += listing
        self.state.document.note_explicit_target(section)
        return [section]


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("measured-runs", MeasuredRuns)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
