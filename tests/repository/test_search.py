"""The search answers every word, with and without a storage.

Most tests need the built book.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import sphinx
from resnet_book.pages.search import REPAIRS, repaired
from sphinx.errors import ExtensionError

SPHINXS = Path(sphinx.__file__).parent / "themes" / "basic" / "static" / "searchtools.js"


@pytest.mark.parametrize("theirs", REPAIRS)
def test_a_search_script_that_reads_differently_stops_the_build(theirs: str):
    script = SPHINXS.read_text(encoding="utf-8")
    with pytest.raises(ExtensionError, match="has no single"):
        repaired(script.replace(theirs, "something else"))


def test_a_repair_is_made_once():
    once = repaired(SPHINXS.read_text(encoding="utf-8"))
    assert repaired(once) == once != SPHINXS.read_text(encoding="utf-8")
