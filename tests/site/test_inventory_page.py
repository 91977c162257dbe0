"""Elements of the sources on the built pages."""

import re
from functools import cache

import pytest
from browser import BUILD
from bs4 import BeautifulSoup
from inventory_maps import MAPS

PLACE = re.compile(r"(?P<page>[\w/.-]+\.html)#(?P<anchor>[\w.:-]+)")


PLACES = {
    (name, element): place for name, entries in MAPS.items() for element, place in entries.items()
}


@cache
def anchors(page: str) -> set[str]:
    """The ids of a built page."""
    return set(re.findall(r'\bid="([^"]+)"', (BUILD / page).read_text(encoding="utf-8")))


@pytest.mark.parametrize(("name", "element"), PLACES, ids=[element for _, element in PLACES])
def test_the_place_of_an_element_exists(home, name, element):
    place = PLACES[name, element]
    match = PLACE.fullmatch(place)
    assert match, f"{name}: {element} must be page.html#anchor, not {place!r}"
    page, anchor = match["page"], match["anchor"]
    assert (BUILD / page).is_file(), f"{name}: {element} leads to {page}, which is not built"
    assert anchor in anchors(page), f"{name}: {element} leads to no anchor: {place}"


CODE_SHOWN = {
    "S2-K01": ["torch.backends.cudnn.benchmark = True"],
    "S2-K02": ["Augmenter(sample", "stretched crop"],
    "S2-K03": ["1,438 training and 359 test images"],
    "S2-K04": ["batch size"],
    "S2-K05": ["class SimpleCNN", "self._layer(16, 32)"],
    "S2-K06": ["def conv3x3"],
    "S2-K07": ["def branch", "self.conv1(x)"],
    "S2-K08": ["def forward", "adaptive_avg_pool2d(h, 1)", "64 channels, 8 x 8"],
    "S2-K09": ["def _stage", "step = stride if index == 0 else 1"],
    "S2-K10": [".to(self.device)"],
    "S2-K11": ["cross-entropy", "adam", "0.001"],
    "S2-K12": ["loss.backward()", "self.optimiser.step()"],
    "S2-K13": ["def predict", "net.eval()"],
    "S2-K14": ["70.57%", "62.53%"],
}
"""Words of each piece of code that its place shows, corrected where the source erred."""


@pytest.mark.parametrize("element", CODE_SHOWN)
def test_place_of_a_piece_of_code_shows_it(element):
    place = next(place for (_, name), place in PLACES.items() if name == element)
    page, _, anchor = place.partition("#")
    soup = BeautifulSoup((BUILD / page).read_text(encoding="utf-8"), "html.parser")
    target = soup.find(id=anchor)
    shown = " ".join((target if target.name == "section" else target.parent).get_text().split())
    for words in CODE_SHOWN[element]:
        assert words.lower() in shown.lower(), words
