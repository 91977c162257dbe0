"""The list of addresses takes in what a built book links to, and loses nothing."""

import io
import runpy
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from utils.facts.addresses import Addresses, load_addresses
from utils.files.places import ROOT

MAIN = runpy.run_path(str(ROOT / "book" / "tools" / "addresses.py"))["main"]
KNOWN = """# What it is.
pages: {book/a: [old], book/gone: []}
files: [old.zip]
moved: {book/gone: book/a}
"""
SITE = {
    "book/a.html": '<a href="../notebooks/b.html#there">b</a><a href="#own">own</a>'
    '<a href="a.html#self">self</a><a href="b.html#no=1">state</a>',
    "book/b.html": '<a href="a.html#x&amp;y">a</a><a href="a.html#id7">counted</a>',
    "notebooks/b.html": '<a href="https://example.org/book/a.html#far">far</a>',
    "index.html": '<a href="book/a.html#from-the-redirect">a</a>',
    "_static/c.html": "<p>",
    "downloads/quiz.xml": '&lt;a href="SITE/book/a.html#asked"&gt;',
}  # fmt: skip
ADDRESS = "https://resnet-measured.github.io/resnet-measured"


@pytest.fixture
def grown(tmp_path: Path) -> Addresses:
    """The list after the command has read a small site."""
    for name, text in SITE.items():
        path = tmp_path / "html" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("SITE", ADDRESS), encoding="utf-8")
    facts = tmp_path / "addresses.yml"
    facts.write_text(KNOWN, encoding="utf-8")
    with redirect_stdout(io.StringIO()) as said:
        assert MAIN(["--html", str(tmp_path / "html"), "--facts", str(facts)]) == 0
    assert facts.read_text(encoding="utf-8").startswith("# What it is.\n")
    assert said.getvalue().split() == ["book/a#asked", "book/a#x&y", "notebooks/b#there"]
    return load_addresses(facts)


def test_pages_and_anchors_that_others_link_to_come_and_nothing_goes(grown):
    assert grown.pages == {
        "book/a": ["asked", "old", "x&y"],
        "book/b": [],
        "book/gone": [],
        "notebooks/b": ["there"],
    }
    assert grown.moved == {"book/gone": "book/a"}


def test_files_to_take_along_come_and_nothing_goes(grown):
    assert grown.files == ["downloads/quiz.xml", "llms.txt", "old.zip"]


def test_a_book_that_is_not_built_is_named(tmp_path):
    with redirect_stdout(io.StringIO()) as said:
        assert MAIN(["--html", str(tmp_path / "html")]) == 1
    assert "make book" in said.getvalue()
