"""Links of the built book lead somewhere."""

import pytest
from browser import BUILD, html_pages
from links import problem, read


@pytest.mark.parametrize("page", html_pages())
def test_internal_links_and_anchors_lead_somewhere(page: str):
    path = (BUILD / page).resolve()
    # The server shows 404.html under every address, so its links start at the root.
    addresses = [a for a in read(path).addresses if not (page == "404.html" and a.startswith("/"))]
    assert addresses
    assert [p for a in addresses if (p := problem(path, a))] == []
