"""Every element of the source documents has exactly one place in the book, and it exists.

``book/data/inventory/elements.yml`` lists the elements; each other file maps some of them to the
page and anchor that carry them.
"""

import re

import pytest
from inventory_maps import MAPS, read

COUNTS = {
    r"S1-FC\d": 5,
    r"S1-R\d": 5,
    r"S1-OP\d": 2,
    r"S1-P\d": 5,
    r"S1-P\d\.(sol|final|quickcheck|hint)": 20,
    r"S1-P\d\.mistakes": 4,
    r"S2-(META|ABS)": 2,
    r"S2-TL\d{4}s?": 18,
    r"S2-G\d\d": 13,
    r"S2-C\d\d": 23,
    r"S2-K\d\d": 14,
    r"S2-RES-(CNN|RN)": 2,
    r"S2-Q\d\d": 20,
    r"S2-SRC": 1,
    r"S3-(MC|EXPL|\d)": 8,
    r"S3-A\d": 4,
}
"""How many elements of each kind the source documents have, counted by hand."""


ELEMENTS = read("elements.yml")["elements"]


@pytest.mark.parametrize(("kind", "count"), COUNTS.items())
def test_the_list_has_every_element_of_a_kind(kind, count):
    assert sum(bool(re.fullmatch(kind, element)) for element in ELEMENTS) == count


def test_the_list_has_nothing_else_and_describes_each_element():
    assert len(ELEMENTS) == sum(COUNTS.values())
    assert all(isinstance(text, str) and text.strip() for text in ELEMENTS.values())


def test_every_alias_leads_to_an_element():
    aliases = read("elements.yml")["aliases"]
    assert not {alias: to for alias, to in aliases.items() if to not in ELEMENTS}
    assert not set(aliases) & set(ELEMENTS)


def test_every_element_is_in_exactly_one_map():
    found: dict[str, list[str]] = {element: [] for element in ELEMENTS}
    for name, entries in MAPS.items():
        for element in entries:
            found.setdefault(element, []).append(name)
    wrong = {e: names for e, names in found.items() if e in ELEMENTS and len(names) != 1}
    assert not wrong, f"in no map or in several: {wrong}"


@pytest.mark.parametrize("name", MAPS)
def test_no_map_names_an_unknown_element(name):
    assert set(MAPS[name]) <= set(ELEMENTS)
