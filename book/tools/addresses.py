"""Add what the built book links to today to the list of addresses that have to keep working.

    python book/tools/addresses.py

reads ``_build/html`` and writes ``book/data/addresses.yml``: every page, every file to take along,
and every anchor that another page or the file for Moodle links to. Nothing leaves the list.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from utils.facts.addresses import Addresses, load_addresses  # noqa: E402
from utils.files.packed import DOWNLOADS, LIST  # noqa: E402
from utils.files.places import pages_address  # noqa: E402
from utils.files.yaml_files import read_yaml  # noqa: E402

FACTS = ROOT / "book" / "data" / "addresses.yml"
HREF = re.compile(r'\bhref="([^"#:]*)#([^"=]+)"')
CHANGING = re.compile(r"id\d+")
"""Anchors that Sphinx counts: each of them may be another one after the next change."""
GENERATED = ("404", "index", "search")
LINE = 100


def pages_of(html: Path) -> dict[str, str]:
    """The markup of every page of the table of contents, by its name."""
    return {
        name: path.read_text(encoding="utf-8")
        for path in sorted(html.rglob("*.html"))
        if not path.relative_to(html).parts[0].startswith("_")
        and (name := path.relative_to(html).with_suffix("").as_posix()) not in GENERATED
    }


def linked(html: Path, pages: dict[str, str], site: str) -> Iterator[tuple[str, str]]:
    """Page and anchor of each link from one page to another, or from a file to take along."""
    for name, markup in pages.items():
        for address, anchor in HREF.findall(markup):
            target = (html / f"{name}.html").parent.joinpath(unescape(address)).resolve()
            page = target.relative_to(html.resolve()).with_suffix("").as_posix()
            if address and page != name:
                yield page, unescape(anchor)
    for path in (html / DOWNLOADS).glob("*.xml"):
        outside = rf'{re.escape(site)}/([\w/]+)\.html#([^"=<&]+)'
        yield from re.findall(outside, path.read_text(encoding="utf-8"))


def added(known: Addresses, html: Path, site: str) -> Addresses:
    """The list with all that the built book links to."""
    anchors = defaultdict(set, {page: set(names) for page, names in known.pages.items()})
    pages = pages_of(html)
    for page in pages:
        anchors[page] |= set()
    for page, anchor in linked(html, pages, site):
        if page in pages and not CHANGING.fullmatch(anchor):
            anchors[page].add(anchor)
    files = {path.relative_to(html).as_posix() for path in (html / DOWNLOADS).iterdir()}
    return Addresses(
        pages={page: sorted(anchors[page]) for page in sorted(anchors)},
        files=sorted({*known.files, *files, LIST}),
        moved=known.moved,
    )


def written(addresses: Addresses, head: str) -> str:
    """The text of the file: a list of anchors in a few long lines."""

    class Lists(yaml.SafeDumper):
        pass

    Lists.add_representer(
        list,
        lambda dumper, items: dumper.represent_sequence(
            "tag:yaml.org,2002:seq", items, flow_style=True
        ),
    )
    return head + yaml.dump(addresses.model_dump(), Dumper=Lists, sort_keys=False, width=LINE)


def main(arguments: list[str]) -> int:
    """Write the list, and print what has come."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--html", type=Path, default=ROOT / "_build" / "html")
    parser.add_argument("--facts", type=Path, default=FACTS)
    given = parser.parse_args(arguments)
    if not given.html.is_dir():
        print(f"no built book in {given.html}; run: make book")
        return 1
    known = load_addresses(given.facts)
    site = pages_address(read_yaml(ROOT / "_config.yml")["repository"]["url"])
    now = added(known, given.html, site)
    text = given.facts.read_text(encoding="utf-8")
    head = "".join(line for line in text.splitlines(True) if line.startswith("#"))
    given.facts.write_text(written(now, head), encoding="utf-8")
    for page, anchors in now.pages.items():
        for anchor in sorted({*anchors} - {*known.pages.get(page, ())}):
            print(f"{page}#{anchor}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
