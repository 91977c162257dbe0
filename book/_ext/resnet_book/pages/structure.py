"""Keeps every page in step with the whole book, and takes away pages that left it.

Sphinx writes a page again when its own source changes. Sidebars, previous and next, titles behind
links, citations and the check sums in the addresses of scripts come from elsewhere, so they would
keep what they said. Here they are compared with the last build without warnings.

A page that left the table of contents loses its HTML, its copied source, its doctree and its
pictures. A page that was cut off when it was written is taken away, so that it is written anew.
"""

import hashlib
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from resnet_book.base import pages_of, when_built
from resnet_book.notes import PageNotes
from resnet_book.pages.dependencies import joined, load_state, save_state, succeeded
from utils.facts.addresses import ADDRESSES
from utils.facts.edition import CHANGES, CITATION

STATE = "structure.json"
END = b"</html>"
TAIL_BYTES = 200
ON_EVERY_PAGE = (CITATION, CHANGES, ADDRESSES)
LINKS = PageNotes("page_links")
"""What each page cites, as ("cite", key), and the pages that it links to, as ("page", name)."""

logger = logging.getLogger(__name__)


# What pages show of each other ------------------------------------------------------------------


def book_digest(app: Sphinx) -> str:
    """What every page shows or may link to: titles, order, anchors, templates, version, moves."""
    env = app.env
    trees = [
        (page, tree.get("caption"), tree["entries"], tree.get("hidden"), tree.get("numbered"))
        for page in sorted(env.tocs)
        for tree in env.tocs[page].findall(addnodes.toctree)
    ]
    titles = sorted((page, str(title)) for page, title in env.titles.items())
    anchors = env.get_domain("std").data
    known = [sorted(map(repr, anchors[kind].items())) for kind in ("labels", "objects", "terms")]
    tables = sorted(getattr(env, "tables_shown", {}).items())
    folders = [Path(app.srcdir, folder) for folder in app.config.templates_path]
    templates = sorted(path for folder in folders for path in folder.rglob("*.html"))
    return joined([*templates, *ON_EVERY_PAGE], repr([trees, titles, known, tables]))


def note_links(app: Sphinx, doctree: nodes.document) -> None:
    """Remember what a page cites and links to."""
    found = LINKS.of(app.env)[app.env.docname] = set()
    for link in doctree.findall(addnodes.pending_xref):
        if link.get("refdomain") == "cite":
            found |= {("cite", key.strip()) for key in link["reftarget"].split(",")}
        elif link.get("reftype") == "myst" or link.get("refdomain") == "doc":
            found.add(("page", link["reftarget"].partition("#")[0]))


def links_digest(env: BuildEnvironment, docname: str) -> str:
    """What the targets of one page's links say now."""
    citations = env.get_domain("cite")
    lists = {key.docname for key in citations.bibliographies}
    linked = LINKS.of(env).get(docname, set())
    said = [
        f"{citation.entry!r} {citation.formatted_entry.label} {citation.formatted_entry.text}"
        for citation in citations.citations
        if docname in lists or ("cite", citation.key) in linked
    ]
    for kind, page in sorted(linked):
        if kind == "page":
            said.append(repr(env.metadata.get(page, {}).get("myst_slugs")))
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def sums(app: Sphinx) -> dict[str, str]:
    """Check sums of the scripts and styles that the book brings, by their place in the output."""
    from utils.explorables.figure import ASSETS

    folders = {Path(app.srcdir, name): "" for name in app.config.html_static_path}
    found = {
        before + path.relative_to(folder).as_posix(): path
        for folder, before in {**folders, ASSETS: "explorables/"}.items()
        for path in sorted(folder.rglob("*.*"))
    }
    return {
        name: f"{zlib.crc32(path.read_bytes()):08x}"
        for name, path in found.items()
        if path.suffix in (".css", ".js", ".mjs")
    }


def asking_for(app: Sphinx, names: set[str]) -> Iterator[str]:
    """Pages whose HTML asks for one of these files of ``_static``."""
    pattern = re.compile("|".join(rf"_static/{re.escape(name)}\b" for name in sorted(names)))
    for docname in sorted(app.env.found_docs) if names else ():
        path = Path(app.outdir, docname + ".html")
        if path.is_file() and pattern.search(path.read_text(encoding="utf-8")):
            yield docname


def rewrite(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Pages that have to be written although they need not be read."""
    if app.builder.format != "html":
        return []
    pages = sorted(env.found_docs)
    env.structure_now = {
        "book": book_digest(app),
        "links": {page: links_digest(env, page) for page in pages},
        "sums": sums(app),
    }
    now, last = env.structure_now, load_state(app, STATE)
    if last.get("book") != now["book"]:
        return pages
    moved = [page for page in pages if last["links"].get(page) != now["links"][page]]
    names = {name for name, value in last["sums"].items() if now["sums"].get(name) != value}
    return [*moved, *asking_for(app, names)]


def remember(app: Sphinx, exception: Exception | None) -> None:
    """Keep what the pages were written with, if nothing was wrong."""
    if succeeded(app, exception):
        save_state(app, STATE, app.env.structure_now)


# What is no longer, or not wholly, there --------------------------------------------------------


def is_whole(page: Path) -> bool:
    """Whether a page reaches its end."""
    with page.open("rb") as file:
        file.seek(max(0, page.stat().st_size - TAIL_BYTES))
        return END in file.read()


def drop_broken(app: Sphinx) -> None:
    """Take away pages that a stopped build left empty or cut off: absent ones are written."""
    if app.builder.format == "html":
        for _, page in pages_of(Path(app.outdir)):
            if not is_whole(page):
                page.unlink()


def note_written(app: Sphinx, pagename: str, *_: object) -> None:
    """Remember the pages without a source, which every build writes."""
    app.pages_written = {*getattr(app, "pages_written", ()), pagename}


def leftovers(app: Sphinx) -> Iterator[Path]:
    """Files of pages and pictures that the book no longer has.

    A build with nothing to write does not write the pages without a source either, and they stay.
    """
    env, out, doctrees = app.env, Path(app.outdir), Path(app.doctreedir)
    written = getattr(app, "pages_written", set())
    if not written:
        return
    pages = env.found_docs | written
    for name, path in pages_of(out):
        if name.removesuffix(".html") not in pages:
            yield path
    sources = {Path(env.doc2path(page)).relative_to(app.srcdir) for page in env.found_docs}
    for path in sorted(out.glob("_sources/**/*.*")):
        name = path.relative_to(out / "_sources")
        if path.is_file() and name not in sources and name.with_suffix("") not in sources:
            yield path
    for path in sorted(doctrees.rglob("*.doctree")):
        if path.relative_to(doctrees).with_suffix("").as_posix() not in env.found_docs:
            yield path
    pictures = {name for _, name in env.images.values()}
    yield from (path for path in sorted(out.glob("_images/*")) if path.name not in pictures)


def clear_away(app: Sphinx, out: Path) -> None:
    """Remove leftovers, and folders that they leave empty."""
    for path in list(leftovers(app)):
        logger.info("removing %s, which is no longer part of the book", path)
        path.unlink()
        if not any(path.parent.iterdir()):
            path.parent.rmdir()


def setup(app: Sphinx) -> None:
    """Connect the module to the build, after all that notes or writes something."""
    app.connect("builder-inited", drop_broken)
    app.connect("doctree-read", note_links)
    LINKS.connect(app)
    app.connect("env-updated", rewrite, priority=900)
    app.connect("html-page-context", note_written)
    when_built(app, clear_away, priority=400)
    app.connect("build-finished", remember, priority=990)
