"""Shows how the paper trained, each line beside the field of the book's code that does the same.

    ```{paper-recipe} cifar
    ```

The other name is ``imagenet``. Paper and code are compared when the page is built: a line whose
code does something else stops the build.
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

from utils.facts import recipe as paper_recipe  # noqa: E402
from utils.facts.paper import PaperDataError  # noqa: E402
from utils.facts.recipe import Line, load_recipe, shown  # noqa: E402

if TYPE_CHECKING:
    from sphinx.application import Sphinx


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


class PaperRecipe(SphinxDirective):
    """Emit one recipe as a list."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        depends_on(self.env, paper_recipe)
        try:
            lines = load_recipe(self.arguments[0])
        except PaperDataError as problem:
            raise self.error(str(problem)) from problem
        kind = "checked" if any(line.holder for line in lines) else "listed"
        listing = nodes.bullet_list("", *map(item, lines), classes=["paper-recipe", kind])
        self.set_source_info(listing)
        return [listing]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("paper-recipe", PaperRecipe)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
