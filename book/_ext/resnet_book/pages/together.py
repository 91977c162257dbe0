"""Lets a phone draw a page after two more files: the theme's rules and the book's own.

A browser draws nothing before it has every style sheet and every script of the head that is not
deferred, and each file costs a way to the server and back. So the theme's sheets become one, which
is the same for all pages and holds only what they use; the book's own become one for each set of
them. The small scripts that must run before the first paint stand in the page itself, ahead of the
sheets, because a script behind a sheet waits for it.

What was put together is named in ``data-holds``: :mod:`structure` looks there for the pages that
a changed file concerns, and the PDF for the sheets.
"""

import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from graphlib import TopologicalSorter
from itertools import pairwise
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from resnet_book.base import pages_of, when_built
from resnet_book.style_sheets import WORD, Names, sheet

FOLDER = "together"
THEME = f"{FOLDER}/theme.css"
INSIDE = ("keep/store.js", "pages/theme.js", "documentation_options.js")
"""Scripts that must run before a page is drawn."""
BEFORE_THE_POLICY = 880
"""The policy allows each script of a page by its hash."""

HEAD = re.compile(r"<head>.*?</head>", re.DOTALL)
LINK = re.compile(r'<link\b(?=[^>]*\brel="stylesheet")[^>]*>\s*')
SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>\s*", re.DOTALL)
NAME = re.compile(r'\b(?:href|src)="([^"]*?)_static/([^"?]+)')
HELD = re.compile(r'\bdata-holds="([^"]*)"')


@dataclass
class Head:
    """The head of a page that links style sheets.

    Attributes:
        root: how the page addresses the root of the site.
        theirs, own: the sheets of the theme and of extensions, then the book's own, in their
            order, by their names below ``_static``.
    """

    markup: str
    root: str
    theirs: list[str] = field(default_factory=list)
    own: list[str] = field(default_factory=list)

    def link(self, address: str, names: list[str]) -> str:
        """How the page asks for a sheet that holds those of these names, and perhaps others."""
        holds = " ".join(f"_static/{name}" for name in names)
        return f'<link rel="stylesheet" href="{self.root}{address}" data-holds="{holds}" />'

    def rewritten(self, static: Path, links: Iterable[str]) -> str:
        """The head with its scripts first, then these links instead of its own."""
        moved: list[str] = []

        def take(script: re.Match) -> str:
            text = standing_inside(script, static)
            moved.append(text or "")
            return "" if text else script[0]

        start = LINK.search(self.markup).start()
        rest = SCRIPT.sub(take, LINK.sub("", self.markup[start:]))
        before = SCRIPT.sub(lambda one: standing_inside(one, static) or one[0], self.markup[:start])
        return before + "".join([*moved, *(f"{link}\n" for link in links), rest])


def standing_inside(script: re.Match, static: Path) -> str | None:
    """A script that stands in the page, or shall; None for one that is fetched.

    Raises:
        ExtensionError: its text would end the element.
    """
    attributes, text = script.groups()
    if not (source := NAME.search(attributes)):
        return None if "src=" in attributes else f"{script[0].rstrip()}\n"
    if source[2] not in INSIDE:
        return None
    text = (static / source[2]).read_text(encoding="utf-8")
    if "</script" in text:
        raise ExtensionError(f"{source[2]} cannot stand in a page: it holds '</script'")
    return f'<script data-holds="_static/{source[2]}">{text}</script>\n'


def without_inside(page: str) -> str:
    """A page without the scripts that were put into it, so that a second look finds the same."""
    return SCRIPT.sub(lambda script: "" if HELD.search(script[1]) else script[0], page)


def read_head(page: str) -> Head | None:
    """The head of a page with its style sheets; None if it has none of the theme's, as slides."""
    found = HEAD.search(page)
    links = LINK.findall(found[0]) if found else []
    places = [place for link in links if (place := NAME.search(link))]
    if not places:
        return None
    head = Head(found[0], places[0][1])
    for link, place in zip(links, places, strict=True):
        held = HELD.search(link)
        names = held[1].replace("_static/", "").split() if held else [place[2]]
        for name in names:
            (head.theirs if is_theirs(name) else head.own).append(name)
    return head if head.theirs else None


def is_theirs(name: str) -> bool:
    """Whether a sheet is the theme's or an extension's: each of ours has the folder of its part."""
    return "/" not in name or name.startswith("styles/")


def in_order(lists: Iterable[list[str]]) -> list[str]:
    """All names of several lists, in an order that is right for each of them."""
    sorter: TopologicalSorter = TopologicalSorter()
    for names in lists:
        for name in names:
            sorter.add(name)
        for before, after in pairwise(names):
            sorter.add(after, before)
    return list(sorter.static_order())


# Files ------------------------------------------------------------------------------------------


def scripts_of(static: Path) -> Iterator[str]:
    """The texts of all scripts that pages may ask for."""
    for path in sorted(static.rglob("*.js")):
        if path.relative_to(static).parts[0] not in ("vendor", "locales"):
            yield path.read_text(encoding="utf-8")


@lru_cache(maxsize=100)
def rules_of(static: Path, name: str, known: Names | None) -> list[str]:
    """The rules of a sheet, which several sets may hold."""
    return list(sheet(static, name, FOLDER, known))


def write(static: Path, target: str, names: list[str], known: Names | None = None) -> str:
    """Write several sheets as one, and return its address below the site's root.

    Reading rules takes seconds, so a file that says that it was made of the same stays.
    """
    sources = "".join((static / name).read_text(encoding="utf-8") for name in names)
    classes = {name for name in WORD.findall(sources) if known is None or name in known}
    made_of = zlib.crc32("\n".join([sources, *names, *sorted(classes)]).encode())
    mark, path = f"/* {made_of:08x} */", static / target
    if not path.is_file() or not path.read_text(encoding="utf-8").startswith(mark):
        path.parent.mkdir(exist_ok=True)
        rules = [rule for name in names for rule in rules_of(static, name, known)]
        path.write_text(f"{mark}\n{''.join(rules)}\n", encoding="utf-8")
    return f"_static/{target}?v={zlib.crc32(path.read_bytes()):08x}"


def put_together(app: Sphinx, out: Path) -> None:
    """Rewrite the head of every page, and write the files that it asks for."""
    static = out / "_static"
    pages = {path: path.read_text(encoding="utf-8") for _, path in pages_of(out)}
    heads = {path: head for path, page in pages.items() if (head := read_head(page))}
    if not heads:
        return
    known = Names((without_inside(pages[path]) for path in heads), scripts_of(static))
    rules_of.cache_clear()
    theme = write(static, THEME, in_order(head.theirs for head in heads.values()), known)
    sets: dict[str, str] = {}
    for path, head in heads.items():
        target = f"{FOLDER}/{zlib.crc32(' '.join(head.own).encode()):08x}.css"
        if target not in sets:
            sets[target] = write(static, target, head.own)
        links = [head.link(theme, head.theirs), head.link(sets[target], head.own)]
        page = pages[path].replace(head.markup, head.rewritten(static, links), 1)
        if page != pages[path]:
            path.write_text(page, encoding="utf-8")
    for path in (static / FOLDER).iterdir():
        if f"{FOLDER}/{path.name}" not in (THEME, *sets):
            path.unlink()


def setup(app: Sphinx) -> None:
    """Run before the policy looks at the scripts of a page."""
    when_built(app, put_together, priority=BEFORE_THE_POLICY)
