"""Gives every built page a content security policy that allows the book's own files only.

Inline scripts that the theme and Sphinx write are allowed one by one, by their hash; nothing may
be evaluated from a string. Styles may be inline: the stored figures need that.
A page that needs more says so in :data:`EXCEPTIONS`.
"""

import base64
import hashlib
import re
from html import escape
from pathlib import Path

from sphinx.application import Sphinx

from resnet_book.base import pages_of, when_built

SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.DOTALL)
DATA_TYPES = ("application/json", "application/vnd")
AHEAD = re.compile(r"""\s*<link\b(?=[^>]*\brel=["']?(?:next|prefetch)\b)[^>]*>""")
MARK = 'http-equiv="Content-Security-Policy"'

EXCEPTIONS: dict[str, tuple[str, ...]] = {
    # The lesion lab runs ResNet-20 in WebAssembly, which this allows to be compiled; text is not
    # evaluated by it.
    "book/lesion_lab.html": ("'wasm-unsafe-eval'",),
    # The playground multiplies its matrices in WebAssembly.
    "book/playground.html": ("'wasm-unsafe-eval'",),
}
"""Page of the output -> what its scripts may do beside being the book's own."""


def script_hash(text: str) -> str:
    """The source expression that allows exactly this inline script."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def inline_scripts(page: str) -> list[str]:
    """The texts of a page's inline scripts that a browser would run."""
    return [
        text
        for attributes, text in SCRIPT.findall(page)
        if "src=" not in attributes and not any(kind in attributes for kind in DATA_TYPES)
    ]


def policy(page: str, exceptions: tuple[str, ...] = ()) -> str:
    """The policy of one page."""
    hashes = sorted({script_hash(text) for text in inline_scripts(page)})
    return "; ".join(
        [
            "default-src 'none'",
            " ".join(["script-src 'self'", *exceptions, *hashes]),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
        ]
    )


def protect(page: str, exceptions: tuple[str, ...] = ()) -> str:
    """Put the policy first in the head, where it holds for all that follows.

    Firefox fetches ahead the page that a ``<link rel="next">`` names, and counts it under
    ``default-src``, which is closed. The link in the text leads there, so this one goes.
    """
    if MARK in page:
        return page
    page = AHEAD.sub("", page)
    meta = f'<meta {MARK} content="{escape(policy(page, exceptions))}" />'
    return re.sub(r"(<head[^>]*>)", lambda head: f"{head[1]}\n    {meta}", page, count=1)


def protect_pages(app: Sphinx, out: Path) -> None:
    """Protect every page of the output."""
    for name, path in pages_of(out):
        page = path.read_text(encoding="utf-8")
        if (protected := protect(page, EXCEPTIONS.get(name, ()))) != page:
            path.write_text(protected, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Run after all that writes into pages."""
    when_built(app, protect_pages, priority=900)
