"""Writes each page as Markdown too, and the list of all pages that assistants look for.

The copy of ``book/after.html`` is ``book/after.html.md``, as https://llmstxt.org proposes, and the
page names it in its head. ``llms.txt`` says in a line what each page is about. All copies together
are one more file to take along.

The page is copied before its formulas become MathML and its terms get hidden definitions.
"""

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from sphinx import addnodes
from sphinx.application import Sphinx

from resnet_book.as_markdown import as_markdown
from resnet_book.base import on_page, when_built
from resnet_book.pages.meta import description, page_title, site_address
from utils.facts.edition import load_edition
from utils.files.packed import DOWNLOADS, LIST, TOP
from utils.files.whole import write_text

WHOLE = f"{TOP}.md"
"""All copies in one file, in the folder of downloads."""
FIRST = "Start here"
"""The caption of the pages that have none in the table of contents."""
BEFORE_ALL_LEFTOVERS = 390


def copy_of(page: str) -> str:
    """The name of a page's copy in the output."""
    return f"{page}.html.md"


def address_of(app: Sphinx, page: str) -> str:
    """Where a page is published."""
    return f"{site_address(app)}/{page}.html"


def said_of_all(app: Sphinx) -> str:
    """What every copy says of the book: its name, its version and how it may be used."""
    edition = load_edition()
    return (
        f"*{app.config.html_title}*, version {edition.version} ({edition.day}). "
        "Text and figures: CC BY 4.0. Code: MIT."
    )


def write_copy(app: Sphinx, page: str, context: dict[str, Any]) -> None:
    """Write the copy of a page that is about to be written, and name it in the page's head."""
    if page not in app.env.found_docs:
        return
    address = address_of(app, page)
    text = as_markdown(context.get("body", ""), address)
    whole = f"Source: <{address}>. {said_of_all(app)}\n\n{text}\n"
    write_text(Path(app.outdir, copy_of(page)), whole)
    name = escape(Path(copy_of(page)).name)
    link = f'<link rel="alternate" type="text/markdown" href="{name}" />\n'
    context["metatags"] = context.get("metatags", "") + link


def sections(app: Sphinx) -> dict[str, list[str]]:
    """The pages of the table of contents by their caption, in its order."""
    root = app.config.root_doc
    found = {FIRST: [root]}
    for tree in app.env.tocs[root].findall(addnodes.toctree):
        pages = [page for _, page in tree["entries"] if page in app.env.found_docs]
        found.setdefault(tree.get("caption") or FIRST, []).extend(pages)
    return found


def list_lines(app: Sphinx) -> Iterator[str]:
    """The lines of ``llms.txt``."""
    yield f"# {app.config.html_title}\n"
    yield f"> {description(app, app.config.root_doc)}\n"
    yield (
        f"{said_of_all(app)} A number links to the table that it comes from, or the page says by "
        "which run it was measured; quote both. Each link below leads to a page as Markdown, and "
        "without the ending .md to the page itself.\n"
    )
    for caption, pages in sections(app).items():
        yield f"## {caption}\n"
        for page in pages:
            link = f"[{page_title(app, page)}]({site_address(app)}/{copy_of(page)})"
            yield f"- {link}: {description(app, page) or page_title(app, page)}"
        yield ""
    yield "## Optional\n"
    whole = f"{site_address(app)}/{DOWNLOADS}/{WHOLE}"
    yield f"- [All pages in one file]({whole}): the same copies, one after the other."


def write_list(app: Sphinx, out: Path) -> None:
    """Write ``llms.txt``, and all copies as one file."""
    write_text(out / LIST, "\n".join(list_lines(app)) + "\n")
    pages = [page for pages in sections(app).values() for page in pages]
    copies = [(out / copy_of(page)).read_text(encoding="utf-8") for page in dict.fromkeys(pages)]
    write_text(out / DOWNLOADS / WHOLE, "\n---\n\n".join(copies))


def drop_copies(app: Sphinx, out: Path) -> None:
    """Remove the copies of pages that left the book."""
    for path in out.rglob("*.html.md"):
        page = re.sub(r"\.html\.md$", "", path.relative_to(out).as_posix())
        if page not in app.env.found_docs:
            path.unlink()


def setup(app: Sphinx) -> None:
    """Connect the module to the build."""
    on_page(app, write_copy)
    when_built(app, drop_copies, priority=BEFORE_ALL_LEFTOVERS)
    when_built(app, write_list)
