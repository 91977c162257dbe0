"""The directive ``drawing``: puts a drawing of ``book/_static/drawings`` into a page of prose.

    ```{drawing} block-in-words
    What to see in it, in a sentence or two.
    ```

The content becomes the caption. Those who do not see the drawing hear what its file describes.
With the flag ``alone`` it has no caption, as on a card that says in words what it leads to.
"""

from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx

from resnet_book.base import Directive
from resnet_book.pages.dependencies import depends_on
from utils.display.drawings import drawing, drawing_figure, drawing_file, labelled


class DrawingDirective(Directive):
    """Emit one drawing with its caption."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {"alone": directives.flag}

    def show(self) -> list[nodes.Node]:
        name = self.arguments[0]
        depends_on(self.env, drawing_file(name))
        if "alone" in self.options:
            svg, _, about = drawing(name)
            return [self.html(f'<div class="book-alone">{labelled(svg, about)}</div>')]
        return [self.html(drawing_figure(name, " ".join(self.content)))]


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("drawing", DrawingDirective)
