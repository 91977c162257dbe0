"""What the parts of the extension share: directives and roles that read, files of pages.

A directive or role derives from :class:`Directive` or :class:`Role`: it names what it reads, and
its ``show`` makes the nodes. What a reader of ``utils`` refuses becomes an error of the build with
the place on the page.
"""

import math
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective, SphinxRole

from resnet_book.pages.dependencies import Source, depends_on
from utils.files.packed import DOWNLOADS

# Directives and roles -----------------------------------------------------------------------------


class Reads:
    """What a directive and a role have in common.

    Attributes:
        reads: what the page depends on as soon as it uses this, see :func:`depends_on`.
        faults: what a reader raises that refuses its data.
        stops: whether a fault ends the build at once, because it is not the page's own.
    """

    reads: ClassVar[tuple[Source, ...]] = ()
    faults: ClassVar[tuple[type[Exception], ...]] = (ValueError, OSError)
    stops: ClassVar[bool] = False

    def shown(self) -> list[nodes.Node]:
        """What ``show`` makes, once it is noted what it is made of.

        Raises:
            ExtensionError: a fault that stops the build.
            Exception: one of ``faults``, where the build may go on.
        """
        depends_on(self.env, *self.reads)
        try:
            return self.show()
        except self.faults as problem:
            if self.stops:
                raise ExtensionError(f"{self.get_location()}: {problem}") from problem
            raise

    def show(self) -> list[nodes.Node]:
        """The nodes."""
        raise NotImplementedError

    def known(self, what: str, name: str, names: Iterable[str]) -> None:
        """Refuse a name that nothing bears.

        Raises:
            ValueError: names those that there are.
        """
        if name not in names:
            raise ValueError(f"no {what} is called {name!r}; known: {', '.join(names)}")


class Directive(Reads, SphinxDirective):
    """A directive that shows what a reader of ``utils`` gives it."""

    def run(self) -> list[nodes.Node]:
        try:
            return self.shown()
        except self.faults as problem:
            raise self.error(str(problem)) from problem

    def html(self, markup: str, **attributes: Any) -> nodes.raw:
        """Finished markup, with its place on the page."""
        node = nodes.raw("", markup, format="html", **attributes)
        self.set_source_info(node)
        return node


class Role(Reads, SphinxRole):
    """A role that shows what a reader of ``utils`` gives it."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        try:
            return self.shown(), []
        except self.faults as problem:
            message = self.inliner.reporter.error(f"{self.rawtext}: {problem}", line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]


def add_element(
    app: Sphinx, node: type[nodes.Element], opening: Callable[..., str], closing: str
) -> None:
    """Make a kind of node an element of HTML; in other formats its content stands alone.

    Args:
        opening: gives the start tag, from the translator and the node.
        closing: the end tag.
    """

    def visit(self: Any, node: nodes.Element) -> None:
        self.body.append(opening(self, node))

    def depart(self: Any, node: nodes.Element) -> None:
        self.body.append(closing)

    def nothing(self: Any, node: nodes.Element) -> None:
        pass

    others = dict.fromkeys(("latex", "text", "man", "texinfo"), (nothing, nothing))
    app.add_node(node, html=(visit, depart), **others)


# Files of pages -----------------------------------------------------------------------------------


def link_files(app: Sphinx, *files: str, priority: int = 500) -> None:
    """Link styles and scripts on the page that is being written; a smaller priority comes first."""
    for file in files:
        if file.endswith(".css"):
            app.add_css_file(file, priority=priority)
        else:
            app.add_js_file(file, priority=priority, loading_method="defer")


def link_where(app: Sphinx, pattern: str, *files: str, priority: int = 500) -> None:
    """Link styles and scripts on the pages whose markup has the pattern, and on no others."""

    def add(app: Sphinx, page: str, context: dict[str, Any]) -> None:
        if re.search(pattern, context.get("body", "")):
            link_files(app, *files, priority=priority)

    on_page(app, add)


def change_body(app: Sphinx, change: Callable[[str, str], str]) -> None:
    """Give the markup of each page and the page's name to a function that returns other markup."""

    def apply(app: Sphinx, page: str, context: dict[str, Any]) -> None:
        context["body"] = change(context.get("body", ""), page)

    on_page(app, apply)


LARGE_BYTES = 10_000_000


def size_in_words(size: int) -> str:
    """Bytes as readers compare them, such as "1,160 KB" or "12 MB", never less than they are."""
    if size < LARGE_BYTES:
        return f"{math.ceil(size / 1000):,} KB"
    return f"{math.ceil(size / 1_000_000):,} MB"


@dataclass(frozen=True)
class Download:
    """A file that a page makes when it is read, and that readers take along.

    It waits beside the doctrees until the build ends, so that a page that was not read again keeps
    it, and it leaves the output with its page.

    Attributes:
        name: of the file.
        page: that makes it and links it, one folder deep.
        style: class of the line with the link.
    """

    name: str
    page: str
    style: str

    def waiting(self, app: Sphinx) -> Path:
        """Where the page writes it."""
        return Path(app.doctreedir) / self.name

    def link(self, app: Sphinx, words: str, count: str) -> str:
        """The line with the link, once the file is written: its words, what it holds, its size."""
        size = size_in_words(self.waiting(app).stat().st_size)
        return (
            f'<p class="{self.style}"><a class="reference download" '
            f'href="../{DOWNLOADS}/{self.name}" download>{words}</a> ({count}, {size})</p>'
        )

    def publish(self, app: Sphinx, out: Path) -> None:
        """Copy the file into the output; without its page there is none."""
        target = out / DOWNLOADS / self.name
        if self.page not in app.env.found_docs:
            self.waiting(app).unlink(missing_ok=True)
            target.unlink(missing_ok=True)
        elif self.waiting(app).is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.waiting(app), target)


# Events -------------------------------------------------------------------------------------------


def on_page(
    app: Sphinx, act: Callable[[Sphinx, str, dict[str, Any]], None], priority: int = 500
) -> None:
    """Call a function with name and context of each page that is about to be written."""

    def call(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
        act(app, page, context)

    app.connect("html-page-context", call, priority=priority)


def when_built(app: Sphinx, act: Callable[[Sphinx, Path], None], priority: int = 500) -> None:
    """Call a function with the output's folder once all HTML is written."""

    def finish(app: Sphinx, exception: Exception | None) -> None:
        if not exception and app.builder.format == "html":
            act(app, Path(app.outdir))

    app.connect("build-finished", finish, priority=priority)


def pages_of(out: Path) -> Iterator[tuple[str, Path]]:
    """Name and file of every page of the output."""
    for path in sorted(out.rglob("*.html")):
        if not path.relative_to(out).parts[0].startswith("_"):
            yield path.relative_to(out).as_posix(), path


def html_nodes(doctree: nodes.document) -> Iterator[nodes.raw]:
    """Raw HTML in a page, from directives and from notebook outputs."""
    return (node for node in doctree.findall(nodes.raw) if "html" in node.get("format", ""))
