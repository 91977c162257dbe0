"""Shows how the paper trained, each line beside the field of the book's code that does the same.

    ```{paper-recipe} cifar
    ```

The other name is ``imagenet``. Paper and code are compared when the page is built: a line whose
code does something else stops the build.
"""

from docutils import nodes
from sphinx.application import Sphinx

from resnet_book.base import Directive
from utils.facts import recipe as paper_recipe
from utils.facts.recipe import Line, load_recipe, shown


def item(line: Line) -> nodes.list_item:
    """One line of the checklist."""
    text = nodes.paragraph()
    text += nodes.strong("", f"{line.what}: ")
    text += nodes.Text(f"{shown(line.value)} (section {line.section})")
    if line.note:
        text += nodes.Text(f"; {line.note}")
    text += nodes.Text(".")
    found = nodes.list_item("", text)
    if line.holder:
        code = f"{line.code} = {line.code_value!r}"
        found += nodes.paragraph("", "", nodes.literal(code, code))
    return found


class PaperRecipe(Directive):
    """Emit one recipe as a list."""

    required_arguments = 1
    reads = (paper_recipe,)

    def show(self) -> list[nodes.Node]:
        lines = load_recipe(self.arguments[0])
        kind = "checked" if any(line.holder for line in lines) else "listed"
        listing = nodes.bullet_list("", *map(item, lines), classes=["paper-recipe", kind])
        self.set_source_info(listing)
        return [listing]


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("paper-recipe", PaperRecipe)
