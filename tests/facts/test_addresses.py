"""The list of published addresses only grows, and an old one names the place where it leads now."""

from pathlib import Path

import pytest
from page_words import PAGES
from resnet_book.pages.kept_anchors import with_anchors

from utils.facts.addresses import AddressesError, load_addresses

GOOD = "pages: {book/a: [x, y], book/b: []}\nfiles: [a.zip]\nmoved: %s\n"


def listed(folder: Path, moved: str):
    path = folder / "addresses.yml"
    path.write_text(GOOD % moved, encoding="utf-8")
    return load_addresses(path)


def test_every_page_of_the_table_of_contents_is_in_the_list():
    assert set(PAGES) <= set(load_addresses().pages)


def test_every_page_in_the_list_is_in_the_table_of_contents_or_has_moved():
    known = load_addresses()
    assert set(known.pages) - set(PAGES) == set(known.moved_pages())


def test_moved_pages_and_anchors_are_told_apart(tmp_path):
    known = listed(tmp_path, "{book/b: book/a, 'book/a#x': 'book/a#y'}")
    assert known.moved_pages() == {"book/b": "book/a"}
    assert known.moved_anchors("book/a") == {"x": "y"}
    assert known.moved_anchors("book/b") == {}


@pytest.mark.parametrize(
    ("moved", "fault"),
    [
        ("{book/b: book/c}", "book/c is not in the list of pages; add it"),
        ("{'book/a#x': 'book/a#z'}", "book/a#z is not in the list"),
        ("{book/c: book/a}", "nobody was given it"),
        ("{'book/a#z': 'book/a#y'}", "nobody was given it"),
        ("{'book/a#x': 'book/b#x'}", "an anchor to one on the same page"),
        ("{'book/a#x': book/a}", "an anchor to one on the same page"),
        ("{book/a: book/b, book/b: book/a}", "book/b has moved too"),
        ("[]", "moved"),
    ],
)
def test_an_address_that_leads_nowhere_is_named(tmp_path, moved, fault):
    with pytest.raises(AddressesError, match=r"^addresses\.yml, (line \d+, )?moved") as caught:
        listed(tmp_path, moved)
    assert fault in str(caught.value)


def test_an_old_anchor_stands_before_what_has_the_new_one():
    body = '<p>a</p><section class="s" id="new"><h2>b</h2></section>'
    kept = with_anchors(body, "book/a", {"old": "new"})
    assert kept == body.replace("<section", '<span id="old"></span><section')


def test_an_anchor_whose_new_name_is_not_on_the_page_is_told(caplog):
    assert with_anchors('<p id="newer">', "book/a", {"old": "new"}) == '<p id="newer">'
