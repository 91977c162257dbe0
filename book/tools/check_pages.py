"""Is the book really there? Compares the output of a build with the table of contents.

    python book/tools/check_pages.py --since FILE

A builder can end without an error and have written nothing, or half a page. After this check each
page of ``_toc.yml`` and each deck of ``book/slides`` is there to its end and no older than its
source, everything in ``downloads`` and ``slides`` that a page links is there, and the build itself
is newer than FILE, which was made before it began. Each fault is one line; with faults the status
is 1.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from sphinx_external_toc.parsing import parse_toc_yaml

ROOT = Path(__file__).resolve().parents[2]
SUFFIXES = (".md", ".ipynb")
EXTRA = ("index.html", "404.html", "search.html", "searchindex.js", "searchasked.js")
"""What every build writes beside the pages of the table of contents."""
BESIDE = re.compile(rb'href="(?:\.\./)*((?:downloads|slides)/[\w.-]+)')
"""A link to what is no page of the book and is made when the book is built."""


def pages_of_toc(root: Path) -> list[str]:
    """Every page of the table of contents, without suffix."""
    names = map(str, parse_toc_yaml(root / "_toc.yml"))
    return [name.removesuffix(".md").removesuffix(".ipynb") for name in names]


def sources_of(root: Path) -> Iterator[tuple[str, Path]]:
    """Each HTML file that is made of one source, and this source."""
    for page in pages_of_toc(root):
        for source in (root / f"{page}{suffix}" for suffix in SUFFIXES):
            if source.is_file():
                yield f"{page}.html", source
    for deck in sorted((root / "book" / "slides").glob("week_*.md")):
        yield f"slides/{deck.stem.replace('_', '-')}.html", deck


def linked(html: Path, pages: list[str]) -> set[str]:
    """What these pages link in the folders beside them."""
    written = (html / page for page in pages)
    found = (BESIDE.findall(page.read_bytes()) for page in written if page.is_file())
    return {name.decode() for names in found for name in names}


def fault(path: Path) -> str:
    """What is wrong with one file of the output; empty if nothing is."""
    if not path.is_file():
        return "is not there"
    content = path.read_bytes()
    if not content.strip():
        return "is empty"
    if path.suffix == ".html" and b"</html>" not in content[-200:]:
        return "breaks off before its end"
    return ""


def faults(root: Path, html: Path, since: Path | None = None) -> Iterator[str]:
    """One sentence for each fault of the output."""
    pages = [f"{page}.html" for page in pages_of_toc(root)]
    sources = list(sources_of(root))
    beside = linked(html, pages) | {name for name, _ in sources}
    for name in [*pages, *EXTRA, *sorted(beside - set(pages))]:
        if wrong := fault(html / name):
            yield f"{name} {wrong}"
    for name, source in sources:
        built = html / name
        if built.is_file() and source.stat().st_mtime > built.stat().st_mtime:
            yield f"{name} is older than {source.relative_to(root)}"
    start = html / "index.html"
    if since and start.is_file() and start.stat().st_mtime < since.stat().st_mtime:
        yield "index.html was not written by this build, so the builder did nothing"


def main(arguments: list[str]) -> int:
    """Print what is wrong; the status says whether something was."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=ROOT, help="folder with _toc.yml")
    parser.add_argument("--html", type=Path, help="the output, if not _build/html there")
    parser.add_argument("--since", type=Path, help="a file made before the build began")
    given = parser.parse_args(arguments)
    found = list(faults(given.root, given.html or given.root / "_build" / "html", given.since))
    for line in found:
        print(line)
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
