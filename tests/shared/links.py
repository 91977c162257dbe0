"""Links of a page, and what is wrong with one."""

import functools
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Links(HTMLParser):
    """Collects the addresses a page names and the anchors it offers."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if name in ("href", "src") and value:
                self.addresses.append(value)
            if value and (name == "id" or (tag == "a" and name == "name")):
                self.anchors.add(value)


@functools.cache
def read(path: Path) -> Links:
    links = Links()
    links.feed(path.read_text(encoding="utf-8"))
    return links


def problem(page: Path, address: str) -> str | None:
    """What is wrong with an address on ``page``, or None. Other hosts are not asked."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return None
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if target.is_dir():
        target /= "index.html"
    if not target.exists():
        return f"{address}: no such file"
    # An explorable keeps its state behind the anchor: #key=value.
    anchor = unquote(parts.fragment)
    if anchor and "=" not in anchor and target.suffix == ".html":
        return None if anchor in read(target).anchors else f"{address}: no such place"
    return None
