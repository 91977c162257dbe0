"""The book's own Sphinx extension: how do its data, figures and questions come onto pages?

Comes in: Markdown with our directives and roles, ``book/data``, ``results``, the modules of
``utils``. Goes out: pages that say the same as their sources, of our own files only. ``shows`` has
what shows data, ``practice`` what asks the reader, ``pages`` what concerns every page; what they
share stands in ``base``. No part reads data itself: ``utils`` does, and is tested without Sphinx.
"""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[3]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

PARTS = ("shows", "practice", "slides", "pages")
"""``pages`` comes last: it works on what the others have put into a page."""


def set_up(app: Sphinx, package: str, parts: tuple[str, ...]) -> None:
    """Set up the parts of a package; where several answer one event, they do so in this order."""
    for part in parts:
        import_module(f"{package}.{part}").setup(app)


def setup(app: Sphinx) -> dict[str, Any]:
    """Set up the whole extension."""
    set_up(app, __name__, PARTS)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
