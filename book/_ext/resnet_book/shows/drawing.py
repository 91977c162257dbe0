"""The directive ``drawing``: puts a drawing of ``book/_static/drawings`` into a page of prose.

    ```{drawing} block-in-words
    What to see in it, in a sentence or two.
    ```

The content becomes the caption. Those who do not see the drawing hear what its file describes.
"""

from docutils import nodes
from sphinx.application import Sphinx

from resnet_book.base import Directive
from resnet_book.pages.dependencies import depends_on
from utils.display.drawings import drawing_figure, drawing_file


class DrawingDirective(Directive):
    """Emit one drawing with its caption."""

    required_arguments = 1
    has_content = True

    def show(self) -> list[nodes.Node]:
        name = self.arguments[0]
        depends_on(self.env, drawing_file(name))
        return [self.html(drawing_figure(name, " ".join(self.content)))]


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("drawing", DrawingDirective)
