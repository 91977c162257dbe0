"""What the reader of *SimpleCNN against ResNet* writes: her networks, her checks, the solutions."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from notebook_code import definitions, solutions
from torch import nn

from utils.models import build

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "02_simplecnn_vs_resnet.ipynb"
PAIR = ("plain-14", "resnet-14")


def ended(error: float) -> SimpleNamespace:
    """A training run of which only the last test error is known."""
    return SimpleNamespace(history=[SimpleNamespace(test_error=error)])


@pytest.fixture
def own() -> dict:
    """What the notebook defines; trainings end at once, with the error of their seed."""
    names = definitions(NOTEBOOK)
    names |= {
        "session": SimpleNamespace(device="cpu", full=False, live=lambda name: name),
        "device": torch.device("cpu"),
        "images": None,
        "pair": PAIR,
        "results": {name: ended(0.5) for name in PAIR},
        "train_fast": lambda net, images, recipe, seed: ended(0.5 + seed / 10),
    }
    return names


@pytest.mark.parametrize("name", solutions(NOTEBOOK))
def test_every_solution_passes_the_check_of_its_exercise(own, name, capsys):
    for source in solutions(NOTEBOOK)[name]:
        exec(source, own)
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize(("residual", "name"), [(False, "plain-14"), (True, "resnet-14")])
def test_her_fair_network_is_the_books(own, residual, name):
    mine, theirs = own["FairNet"](residual).eval(), build(name).eval()
    weights = theirs.state_dict().values()
    mine.load_state_dict(dict(zip(mine.state_dict(), weights, strict=True)))
    x = torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        assert torch.allclose(mine(x), theirs(x), atol=1e-6)
    assert own["count"](mine) == own["count"](theirs)


def test_a_check_says_what_is_wrong(own):
    with pytest.raises(AssertionError, match="one entry for each seed"):
        own["check_seeds"]({0: [0.5, 0.5]})
    with pytest.raises(AssertionError, match=r"plain-14, seed 0: 0\.7000, not 0\.5000"):
        own["check_seeds"]({seed: [0.7, 0.5] for seed in range(3)})
    with pytest.raises(AssertionError, match="it already fits"):
        own["check_option"](lambda inputs, outputs, stride: nn.Identity())
    with pytest.raises(AssertionError, match=r"\(1, 32, 4, 4\) was expected"):
        own["check_option"](
            lambda inputs, outputs, stride: (
                None if stride == 1 else nn.Conv2d(inputs, outputs, 1, bias=False)
            )
        )
    with pytest.raises(AssertionError, match="parameters against the book's"):
        own["check_stem"](own["FairNet"]())
