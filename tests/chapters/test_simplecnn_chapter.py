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


def ended(net: nn.Module, seed: int) -> SimpleNamespace:
    """A training run of which only the losses and errors are made up, by flag and seed."""
    loss = seed + 0.5 * net.layer1[0].residual
    told = SimpleNamespace(train_loss=loss, test_error=0.5)
    return SimpleNamespace(net=net, history=[told])


@pytest.fixture
def own() -> dict:
    """What the notebook defines, and names that the reader has given another meaning.

    Trainings end at once, with the error of their seed.
    """
    names = definitions(NOTEBOOK)
    names |= {
        "session": SimpleNamespace(device="cpu", full=False, live=lambda name: name),
        "device": torch.device("cpu"),
        "images": None,
        "results": {},
        "pair": None,
        "train_fast": lambda net, images, recipe, seed: ended(net, seed),
    }
    names["chapter_runs"] = tuple(ended(names["FairNet"](flag), 0) for flag in (False, True))
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


@pytest.fixture
def found(own) -> dict:
    """Fair runs of three seeds."""
    return {
        seed: [ended(own["FairNet"](flag), seed) for flag in (False, True)] for seed in range(3)
    }


def test_fair_runs_pass_as_lists_and_as_tuples(own, found):
    own["check_seeds"](found)
    own["check_seeds"]({seed: tuple(runs) for seed, runs in found.items()})


PLAIN_FIRST = "two results of train_fast, plain first"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda found: list(found.values()), "not a dictionary"),
        (lambda found: {0: found[0]}, "keys are not 0, 1 and 2"),
        (lambda found: found | {1: found[1][::-1]}, f"seed 1: {PLAIN_FIRST}"),
        (lambda found: found | {1: [found[1][1]] * 2}, f"seed 1: {PLAIN_FIRST}"),
        (lambda found: found | {1: [9, 9], 2: ["x", "y"]}, f"seed 1: {PLAIN_FIRST}"),
        (lambda found: found | {2: 9}, f"seed 2: {PLAIN_FIRST}"),
        (lambda found: found | {0: [0.01, 0.01]}, f"seed 0: {PLAIN_FIRST}"),
        (lambda found: found | {0: dict(zip(PAIR, found[0], strict=True))}, PLAIN_FIRST),
        (lambda found: found | {1: found[0]}, "two seeds gave the same losses"),
        (lambda found: found | {0: found[1], 1: found[0]}, "set it before you make each net"),
    ],
)  # fmt: skip
def test_unfair_runs_are_refused(own, found, change, told):
    with pytest.raises(AssertionError, match=told):
        own["check_seeds"](change(found))


def shortcut(where_it_fits, *layers):
    """A shortcut that returns the first where the shape fits, and elsewhere these layers."""

    def made(inputs, outputs, stride):
        if stride == 1 and inputs == outputs:
            return where_it_fits
        return nn.Sequential(*(layer(inputs, outputs, stride) for layer in layers))

    return made


def one_by_one(bias, stride_too=True):
    return lambda inputs, outputs, stride: nn.Conv2d(
        inputs, outputs, 1, stride if stride_too else 1, bias=bias
    )


def normalise(inputs, outputs, stride):
    return nn.BatchNorm2d(outputs)


@pytest.mark.parametrize(
    ("option", "told"),
    [
        (shortcut(nn.Identity(), one_by_one(False), normalise), "you return Identity"),
        (shortcut(None, one_by_one(False, False), normalise), r"\(1, 32, 4, 4\) was expected"),
        (shortcut(None, one_by_one(True), normalise), r"\+96 parameters: a bias"),
        (shortcut(None, one_by_one(False)), "-192 parameters"),
        (
            lambda i, o, s: None if s == 1 else nn.Conv2d(i, o, 1, s, bias=False),
            "return an nn.Sequential",
        ),
    ],
)
def test_another_shortcut_than_option_b_is_refused(own, option, told):
    with pytest.raises(AssertionError, match=told):
        own["check_option"](option)


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "pool", "told"),
    [
        (7, 2, 0, (3, 2, 0), r"maps of \[6, 3, 2\] pixels, not \[8, 4, 2\]"),
        (7, 2, 3, (1, 1, 0), r"maps of \[16, 8, 4\] pixels"),
        (7, 1, 3, (3, 4, 1), "right sizes, other answers"),
        (7, 2, 3, (2, 2, 0), "right sizes, other answers"),
        (3, 2, 1, (3, 2, 1), "parameters against the book's"),
    ],
)
def test_another_stem_is_refused(own, kernel, stride, padding, pool, told):
    net = own["FairNet"]()
    net.conv1 = nn.Conv2d(3, 16, kernel, stride, padding, bias=False)
    net.bn1 = nn.Sequential(net.bn1, nn.ReLU(), nn.MaxPool2d(*pool))
    with pytest.raises(AssertionError, match=told):
        own["check_stem"](net)


def test_a_class_in_place_of_a_network_is_refused(own):
    with pytest.raises(AssertionError, match="not the class"):
        own["check_stem"](own["FairNet"])
