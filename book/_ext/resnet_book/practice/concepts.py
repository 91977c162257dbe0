"""The directive ``concept-inventory``: the items of the concept inventory without the key,
in the order of the printed form.
"""

from docutils import nodes
from sphinx.application import Sphinx

from resnet_book.base import Directive, link_where
from utils.practice import concepts, printed


class ConceptInventory(Directive):
    """Every item with its options in their order."""

    reads = (concepts, printed)
    stops = True

    def show(self) -> list[nodes.Node]:
        items = enumerate(concepts.load_concepts(), start=1)
        shown = "".join(
            f'<li value="{number}">{printed.item_printed(item).asked}</li>\n'
            for number, item in items
        )
        return [self.html(f'<ol class="ci-items">\n{shown}</ol>\n')]


def setup(app: Sphinx) -> None:
    app.add_directive("concept-inventory", ConceptInventory)
    link_where(app, 'class="ci-items"', "questions/concepts.css")
