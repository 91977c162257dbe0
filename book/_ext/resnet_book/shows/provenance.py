"""The directive ``measured-runs``: every recorded run, one section for each experiment.

    ```{measured-runs}
    ```

The content comes from ``utils.chapters.provenance``. A missing or damaged record stops the build.
"""

from docutils import nodes
from sphinx.application import Sphinx

from resnet_book.base import Directive
from utils.chapters import provenance
from utils.files.records import ResultError


class MeasuredRuns(Directive):
    """Emit a section with a heading for each report."""

    reads = (provenance,)
    faults = (ResultError,)
    stops = True

    def show(self) -> list[nodes.Node]:
        return [self.section(report) for report in provenance.reports()] + self.gaps()

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


def setup(app: Sphinx) -> None:
    app.add_directive("measured-runs", MeasuredRuns)
