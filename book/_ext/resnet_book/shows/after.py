"""The directive ``work`` and the role ``after``: facts of ``book/data/after.yml`` on a page.

    ```{work} resnext
    ```

    ... falls to {after}`resnext.new` % ...

The directive prints a work's change, number, source and lesson. The role prints one number, so
that no number of the file is typed a second time.
"""

from docutils import nodes
from sphinx.application import Sphinx

from resnet_book.base import Directive, Role
from utils.facts import after as source


class WorkDirective(Directive):
    """A work in four lines and its lesson."""

    required_arguments = 1
    reads = (source,)

    def show(self) -> list[nodes.Node]:
        key = self.arguments[0]
        works = source.load().works
        self.known("work of after.yml", key, works)
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


class AfterRole(Role):
    """One number of the file."""

    reads = (source,)

    def show(self) -> list[nodes.Node]:
        return [nodes.Text(source.quote(self.text))]


def setup(app: Sphinx) -> None:
    """Register both."""
    app.add_directive("work", WorkDirective)
    app.add_role("after", AfterRole())
