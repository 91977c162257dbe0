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
    "S2-K01": ["torch.backends.cudnn.benchmark = True", "from torch import nn"],
    "S2-K02": ["T.Resize(size)", "T.RandomCrop(32)", "stretched crop"],
    "S2-K03": ["class Pictures(Dataset)", "test_set = Pictures"],
    "S2-K04": ["DataLoader(train_set", "58 batches to train on"],
    "S2-K05": ["class SimpleCNN", "wide_conv(first, second)", "34,634"],
    "S2-K06": ["def conv3x3"],
    "S2-K07": ["class ResidualBlock", "self.conv1(x)", "if self.downsample:"],
    "S2-K08": ["class ResNet", "nn.AvgPool2d(8)", "64 channels, 8 x 8"],
    "S2-K09": ["def make_layer", "def projection"],
    "S2-K10": ["net.to(device)", "ResNet(ResidualBlock, (2, 2, 2))"],
    "S2-K11": ["nn.CrossEntropyLoss()", "Adam(net.parameters(), lr=1e-3)"],
    "S2-K12": ["def train", "loss.backward()", "optimiser.step()"],
    "S2-K13": ["def test", "net.eval()"],
    "S2-K14": ["train(", "test(net, test_batches)", "of the test images right"],
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
