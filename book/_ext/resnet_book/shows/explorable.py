"""The directive ``explorable``: puts a figure from ``utils.explorables`` into a page.

    ```{explorable} residual-block
    :key: second
    ```

``key`` is only needed for a second copy on one page. The figure's script and style are files on
the published site; a notebook's stored output carries its own copy of them, which is taken out
again, so that no page depends on an inline script.
"""

import re
import shutil
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util import logging

from resnet_book.base import Directive, html_nodes, link_files, on_page
from resnet_book.pages.dependencies import depends_on
from utils.explorables import EXPLORABLES
from utils.explorables import figure as source

FOLDER = "explorables"
INLINED = re.compile(
    re.escape(source.INLINE_START) + ".*?" + re.escape(source.INLINE_END), flags=re.DOTALL
)
NAMES = re.compile(r'<figure class="explorable" id="([^"]+)" data-explorable="([^"]+)"')

logger = logging.getLogger(__name__)


class ExplorableDirective(Directive):
    """Emit the markup of one registered figure."""

    required_arguments = 1
    option_spec: ClassVar[dict[str, Any]] = {"key": directives.unchanged}

    def show(self) -> list[nodes.Node]:
        name = self.arguments[0]
        self.known("explorable", name, sorted(EXPLORABLES))
        depends_on(self.env, EXPLORABLES[name])
        return [self.html(EXPLORABLES[name](key=self.options.get("key", "")).markup)]


def copy_assets(app: Sphinx) -> None:
    """Put scripts and style where the pages will look for them."""
    if app.builder.format != "html":
        return
    target = Path(app.outdir) / "_static" / FOLDER
    target.mkdir(parents=True, exist_ok=True)
    for name in asset_names():
        shutil.copyfile(source.ASSETS / name, target / name)


def asset_names() -> list[str]:
    """Every file of ``utils/explorables`` that some figure asks for."""
    scripts = {script for name in EXPLORABLES for script in source.scripts(name)}
    return sorted({source.STYLE, *scripts})


def strip_inlined(app: Sphinx, doctree: nodes.document) -> None:
    """Take the inlined script and style out of stored notebook outputs."""
    for node in html_nodes(doctree):
        text = node.astext()
        if source.INLINE_START in text:
            node.children[:] = [nodes.Text(INLINED.sub("", text))]


def check_ids(app: Sphinx, doctree: nodes.document) -> None:
    """Warn about two figures of one page that share their id, and so their address."""
    seen: set[str] = set()
    for node in html_nodes(doctree):
        for id_, _ in NAMES.findall(node.astext()):
            if id_ in seen:
                logger.warning("%s is twice on this page; give one a key", id_, location=node)
            seen.add(id_)


def link_assets(app: Sphinx, page: str, context: dict[str, Any]) -> None:
    """Link script and style on pages with a figure, and on no others."""
    scripts: dict[str, None] = {}
    for _, name in NAMES.findall(context.get("body", "")):
        if name in EXPLORABLES:
            scripts.update(dict.fromkeys(source.scripts(name)))
    if scripts:
        link_files(app, *(f"{FOLDER}/{file}" for file in (source.STYLE, *scripts)))


def setup(app: Sphinx) -> None:
    app.add_directive("explorable", ExplorableDirective)
    app.connect("builder-inited", copy_assets)
    app.connect("doctree-read", strip_inlined)
    app.connect("doctree-read", check_ids)
    on_page(app, link_assets)
