"""Keeps the built site light and free of requests to other hosts.

The theme's icon script, its fonts and all source maps leave the output. An extension's files are
loaded only where a page has what they are for. Then every page is read once more: an icon that
``icons.css`` does not define, or a script, style sheet, font or picture from another host, is a
warning, and so stops a build that runs with ``-W``.
"""

import re
import shutil
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any

from sphinx.application import Sphinx
from sphinx.util import logging

from resnet_book.base import on_page, pages_of, when_built

logger = logging.getLogger(__name__)

MODIFIERS = {"fa-solid", "fa-brands", "fa-lg"}
"""Font Awesome's classes that choose a style or a size, not an icon."""

ONLY_FOR = {
    "sphinx-design.min.css": r"\bsd-",
    "design-tabs.js": r"\bsd-tab",
    "togglebutton.css": r"\b(toggle|dropdown|tag_hide)",
    "togglebutton.js": r"\b(toggle|dropdown|tag_hide)",
    "copybutton.css": r"\bhighlight\b",
    "copybutton.js": r"\bhighlight\b",
    "clipboard.min.js": r"\bhighlight\b",
    "mystnb.*.css": r"\bcell",
    "exercise.css": r"\b(exercise|solution)",
}
"""Files that stand on pages without need, and the classes of the content that needs them."""

CLASSES = re.compile(r'<[a-z][^<>]*?\bclass="([^"]*)"')
REMOTE = re.compile(
    r'<(?:script|img|iframe|source|audio|video)\b[^>]*?\ssrc="((?:https?:)?//[^"]+)"'
    r'|<link\b(?=[^>]*\brel="(?:stylesheet|preload|icon)")[^>]*?\shref="((?:https?:)?//[^"]+)"'
)


def needed(file: Any, classes: str) -> bool:
    """Whether a page with these classes, blanks between them, needs a script or style sheet."""
    name = PurePosixPath(str(file.filename).partition("?")[0]).name
    contents = (what for pattern, what in ONLY_FOR.items() if fnmatch(name, pattern))
    return all(re.search(what, classes) for what in contents)


def drop_unused_files(app: Sphinx, page: str, context: dict[str, Any]) -> None:
    """Take the files of extensions off pages without the content they are for."""
    classes = " ".join(CLASSES.findall(context.get("body", "")))
    for kind in ("script_files", "css_files"):
        context[kind] = [file for file in context[kind] if needed(file, classes)]


def slim(out: Path) -> None:
    """Remove what no page needs from the output."""
    shutil.rmtree(out / "_static" / "vendor" / "fontawesome", ignore_errors=True)
    for source_map in out.rglob("*.map"):
        source_map.unlink()


def icons_used(page: str) -> set[str]:
    """Return the icon classes in the class attributes of a page."""
    names = {name for attribute in CLASSES.findall(page) for name in attribute.split()}
    return {name for name in names if name.startswith("fa-")} - MODIFIERS


def faults(page: str, icons: set[str]) -> Iterator[str]:
    """Yield what a page asks for and the site does not carry."""
    for icon in sorted(icons_used(page) - icons):
        yield f"icon {icon} is not in icons.css; add it to book/tools/make_icons.py"
    for groups in REMOTE.findall(page):
        yield f"the page loads {''.join(groups)} from another host"


def check(app: Sphinx, out: Path) -> None:
    """Slim the output and warn about every fault in it."""
    slim(out)
    styles = (out / "_static" / "pages" / "icons.css").read_text(encoding="utf-8")
    icons = set(re.findall(r"\.(fa-[a-z-]+) {", styles))
    for name, path in pages_of(out):
        for fault in faults(path.read_text(encoding="utf-8"), icons):
            logger.warning("%s: %s", name, fault)


def setup(app: Sphinx) -> None:
    """Connect the module to the build."""
    on_page(app, drop_unused_files, priority=900)
    when_built(app, check)
