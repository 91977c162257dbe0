"""Figures of the built pages share no id."""

from collections import Counter

import pytest
from browser import BUILD, html_pages
from bs4 import BeautifulSoup
from own_references import references


@pytest.mark.parametrize("page", html_pages())
def test_ids_are_unique_and_drawings_refer_to_themselves(home, page):
    soup = BeautifulSoup((BUILD / page).read_text(encoding="utf-8"), "html.parser")
    counts = Counter(tag["id"] for tag in soup.find_all(id=True))
    assert not [name for name, count in counts.items() if count > 1]
    for drawing in soup.find_all("svg"):
        inside = {tag["id"] for tag in drawing.find_all(id=True)}
        assert set(references(drawing)) <= inside
