"""What the reader of *Inside a trained ResNet* writes: lesions, paths, exercises."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from notebook_code import definitions, exercises, refused_code, solved

from utils import data
from utils.chapters.inside_a_resnet import shown
from utils.data.augment import Normaliser
from utils.models.networks import build
from utils.probes.lesions import lesion
from utils.record import weights

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "06_inside_a_resnet.ipynb"


@pytest.fixture
def own() -> dict:
    """The definitions of the notebook, with small networks in the place of the trained ones."""
    names = definitions(NOTEBOOK)
    images = data.load("digits")
    normaliser, net = Normaliser.fit(images.train.images, "channel"), weights.load("resnet-20").net
    networks, test = {}, images.test.subset(slice(60))
    for name in ("plain-14", "resnet-14"):
        torch.manual_seed(0)
        networks[name] = SimpleNamespace(net=build(name).eval(), normaliser=normaliser)
    x = normaliser(test.images)
    names |= {
        "session": SimpleNamespace(device="cpu", dataset="digits"),
        "images": images, "test": test, "net": net, "x": x[:8], "networks": networks,
        "seen": dict.fromkeys(networks, (x, test.labels)),
    }  # fmt: skip
    return names


@pytest.mark.parametrize("name", ["plain-14", "resnet-14"])
def test_her_lesion_is_the_books_for_every_pair_of_blocks(own, name):
    net = own["networks"][name].net
    with torch.no_grad():
        for pair in ((1, 2), (2, 3), (3, 5), (5, 6)):
            with own["without"](net, *pair):
                mine = net(own["x"])
            with lesion(net, pair):
                assert torch.equal(net(own["x"]), mine)


@pytest.mark.parametrize("cut", ["without", "exchanged"])
def test_the_blocks_come_back_after_an_error(own, cut):
    net = own["net"]
    before = [stage[i] for stage, i in own["slots"](net)]
    with pytest.raises(KeyError), own[cut](net, 1, 3):
        assert [stage[i] for stage, i in own["slots"](net)] != before
        raise KeyError
    assert [stage[i] for stage, i in own["slots"](net)] == before


def test_parts_by_length_of_branches_that_scale_are_binomial(own):
    """A branch that returns its input times s has paths of length k with s^k each."""

    class Scale(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.bn2 = torch.nn.Identity()

        def forward(self, x):
            return x + self.bn2(0.5 * x)

    class Chain(torch.nn.Module):
        def __init__(self):
            super().__init__()
            for stage in ("layer1", "layer2", "layer3"):
                self.add_module(stage, torch.nn.Sequential(Scale()))

        def forward(self, x):
            return self.layer3(self.layer2(self.layer1(x))).flatten(1)

    x = torch.rand(2, 3, 1, 1, dtype=torch.float64)
    parts = own["parts_by_length"](Chain(), x, torch.tensor([0, 2]))
    expected = torch.tensor([1, 3 * 0.5, 3 * 0.25, 0.125]).double()
    assert torch.allclose(parts / parts[:1], expected.view(4, 1, 1, 1, 1).expand_as(parts))


@pytest.mark.parametrize("name", exercises(NOTEBOOK))
def test_every_solution_passes_the_check_of_its_exercise(own, name):
    solved(NOTEBOOK, name, own)


WRONG = {
    "check_replaced": "def answer(net, number, module): return without(net, number + 1)",
    "check_trace": "answer = lambda cut, net: False",
    "check_count_orders": "answer = lambda blocks: 24",
    "check_same_layers": "answer = lambda one, other: True",
    "check_by_slopes": "answer = lambda slopes: [1, sum(slopes)]",
    "check_refresh": "answer = lambda net, pixels, size: refresh(net, pixels[:size])",
}


@pytest.mark.parametrize("check", WRONG)
def test_a_check_says_what_is_wrong(own, check):
    refused_code(own, check, WRONG[check], r"\w+ \w+|, not ")


@pytest.mark.parametrize("name", [name for name in dir(shown) if name.startswith("show_")])
def test_a_recorded_figure_has_a_caption_and_a_finding(name):
    published = getattr(shown, name)()
    assert "<figcaption" in published.markup
    assert "removed" in published.markup or "path" in published.markup or "orders" in name
