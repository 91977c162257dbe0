"""What a page keeps as text stays whole, and a script knows of it what it needs."""

import pytest
from bs4 import BeautifulSoup

from utils.display.later import later


def test_a_script_knows_what_is_kept_before_it_is_opened():
    kept = BeautifulSoup(later("<p>a</p>", q='x"y', level="easy"), "html.parser").noscript
    assert kept["class"] == ["later"]
    assert (kept["data-q"], kept["data-level"]) == ('x"y', "easy")
    assert kept.p.get_text() == "a"


def test_what_would_end_too_early_is_refused():
    with pytest.raises(ValueError, match="noscript"):
        later("<noscript>a</noscript>")
