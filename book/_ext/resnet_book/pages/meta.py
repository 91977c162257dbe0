"""What a page says about itself to search engines, link previews and lost readers.

Every page declares a description, in its front matter (``description: ...``) or, for a notebook,
in the notebook's metadata under the same key. From it come the description and the Open Graph
tags. The module also writes the pages that stand outside the table of contents: the redirect at the
root of the site, one at the old address of each page that moved, and ``404.html``.
"""

from collections.abc import Iterator
from html import escape
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.nodes import clean_astext

from resnet_book.base import on_page
from utils.facts.addresses import load_addresses
from utils.files.places import pages_address

logger = logging.getLogger(__name__)

PREVIEW = "_static/og.png"
PREVIEW_ALT = "A residual block: an arc carries the input past two layers to an addition."
PREVIEW_SIZE = (1200, 630)

GENERATED = {
    "404": "This address has no page. The links lead back into the book.",
    "search": "Search the chapters and the glossary of the book.",
}


def site_address(app: Sphinx) -> str:
    """Return where the site is published: ``html_baseurl``, else the repository's GitHub Pages.

    Link previews need the full address of their image; relative ones are not followed.
    """
    if app.config.html_baseurl:
        return app.config.html_baseurl.rstrip("/")
    return pages_address(app.config.html_theme_options["repository_url"])


def forwarded(app: Sphinx) -> dict[str, str]:
    """Return the pages that lead to another one: the root of the site, and pages that moved."""
    return {"index": app.config.root_doc, **load_addresses().moved_pages()}


def description(app: Sphinx, pagename: str) -> str | None:
    """Return the description that the page declares, or that of the page to which it leads."""
    page = forwarded(app).get(pagename, pagename)
    return app.env.metadata.get(page, {}).get("description") or GENERATED.get(page)


def page_title(app: Sphinx, pagename: str) -> str:
    """Return the page's own title; the start page and the redirect bear the book's."""
    if pagename in (app.config.root_doc, "index") or pagename not in app.env.titles:
        return app.config.html_title
    return clean_astext(app.env.titles[pagename])


def tags(app: Sphinx, pagename: str, text: str) -> str:
    """Return the meta elements of one page."""
    width, height = PREVIEW_SIZE
    graph = {
        "title": page_title(app, pagename),
        "description": text,
        "type": "website" if pagename == app.config.root_doc else "article",
        "site_name": app.config.html_title,
        "image": f"{site_address(app)}/{PREVIEW}",
        "image:width": width,
        "image:height": height,
        "image:alt": PREVIEW_ALT,
    }
    lines = [f'<meta name="description" content="{escape(text)}" />']
    lines += [f'<meta property="og:{k}" content="{escape(str(v))}" />' for k, v in graph.items()]
    return "\n".join(lines)


def add_tags(app: Sphinx, pagename: str, context: dict[str, Any]) -> None:
    """Put the meta elements and the full title into the page's context."""
    book, title = app.config.html_title, page_title(app, pagename)
    context["full_title"] = book if title == book else f"{title} · {book}"
    if text := description(app, pagename):
        context["metatags"] = context.get("metatags", "") + tags(app, pagename, text)


def require_descriptions(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn about pages without a description."""
    for docname in sorted(env.found_docs):
        if not env.metadata.get(docname, {}).get("description"):
            logger.warning("the page declares no description", location=docname)


def extra_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield the redirects and the page for unknown addresses."""
    for old, new in forwarded(app).items():
        yield old, {"start": new}, "redirect.html"
    yield "404", {"start": app.config.root_doc}, "404.html"


def setup(app: Sphinx) -> None:
    """Connect the module to the build."""
    app.connect("env-check-consistency", require_descriptions)
    on_page(app, add_tags)
    app.connect("html-collect-pages", extra_pages)
