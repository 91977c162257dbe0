"""The directive ``drawn``: puts a figure or table of ``utils.chapters.drawn`` into a page of prose.

    ```{drawn} networks-to-scale
    ```

The figure is drawn when the page is built, from the data files of the book. A fault in the data
stops the build with the message of the function that read them.
"""

from docutils import nodes
from sphinx.application import Sphinx

from resnet_book.base import Directive
from resnet_book.pages.dependencies import depends_on
from utils.chapters.drawn import DRAWN


class DrawnDirective(Directive):
    """Emit the markup of one registered figure."""

    required_arguments = 1

    def show(self) -> list[nodes.Node]:
        name = self.arguments[0]
        self.known("figure", name, sorted(DRAWN))
        depends_on(self.env, DRAWN[name])
        return [self.html(DRAWN[name]().markup)]


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("drawn", DrawnDirective)
