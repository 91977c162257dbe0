"""Is the book really there? Compares the output of a build with the table of contents.

    python book/tools/check_pages.py --since FILE

A builder can end without an error and have written nothing, or half a page. After this check each
page of ``_toc.yml`` is there to its end and no older than its source, and the build itself is newer
than FILE, which was made before it began. Each fault is one line; with faults the status is 1.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from sphinx_external_toc.parsing import parse_toc_yaml

ROOT = Path(__file__).resolve().parents[2]
SUFFIXES = (".md", ".ipynb")
EXTRA = ("index.html", "404.html", "search.html", "searchindex.js")
"""What every build writes beside the pages of the table of contents."""


def pages_of_toc(root: Path) -> list[str]:
    """Every page of the table of contents, without suffix."""
    names = map(str, parse_toc_yaml(root / "_toc.yml"))
    return [name.removesuffix(".md").removesuffix(".ipynb") for name in names]


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
    for name in [*(f"{page}.html" for page in pages_of_toc(root)), *EXTRA]:
        if wrong := fault(html / name):
            yield f"{name} {wrong}"
    for page in pages_of_toc(root):
        built = html / f"{page}.html"
        for source in (root / f"{page}{suffix}" for suffix in SUFFIXES):
            both = source.is_file() and built.is_file()
            if both and source.stat().st_mtime > built.stat().st_mtime:
                yield f"{page}.html is older than {source.relative_to(root)}"
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
