"""Figures of the built pages share no id."""

import re
from collections import Counter

import pytest
from browser import BUILD, html_pages
from bs4 import BeautifulSoup

REFERENCE = re.compile(r"url\(#([^)]+)\)")


def references(drawing):
    """The ids that an SVG's clips, markers and copies point at."""
    for tag in drawing.find_all(True):
        for value in map(str, tag.attrs.values()):
            yield from REFERENCE.findall(value)
        for name in ("href", "xlink:href"):
            if str(tag.get(name, "")).startswith("#") and tag.name == "use":
                yield tag[name][1:]


@pytest.mark.parametrize("page", html_pages())
def test_ids_are_unique_and_drawings_refer_to_themselves(home, page):
    soup = BeautifulSoup((BUILD / page).read_text(encoding="utf-8"), "html.parser")
    counts = Counter(tag["id"] for tag in soup.find_all(id=True))
    assert not [name for name, count in counts.items() if count > 1]
    for drawing in soup.find_all("svg"):
        inside = {tag["id"] for tag in drawing.find_all(id=True)}
        assert set(references(drawing)) <= inside
