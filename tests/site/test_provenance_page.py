"""How this book is measured, as a page."""

import json

import pytest
from browser import BUILD

from utils.files.places import RESULTS

PAGE = BUILD / "book" / "measured.html"
RECORDS = sorted(RESULTS.glob("*/*.json"))


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_every_record_is_on_the_page(home, path):
    record = json.loads(path.read_text(encoding="utf-8"))
    page = PAGE.read_text(encoding="utf-8")
    assert record["git_commit"] in page
    assert f'id="runs-{path.parent.name}"' in page
    if "hash" in record:
        assert record["hash"] in page
