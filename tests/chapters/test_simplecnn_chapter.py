"""What the reader of *SimpleCNN against ResNet* writes: her networks, her checks, the solutions."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from notebook_code import definitions, solutions, solved
from torch import nn

from utils.models import build

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "02_simplecnn_vs_resnet.ipynb"
PAIR = ("plain-14", "resnet-14")


def ended(net: nn.Module, recipe: str, seed: int, on_epoch=None) -> SimpleNamespace:
    """A run whose losses follow from first weights, order, flag and recipe, as in a training."""
    first = float(net.layer3[1].conv2.weight.detach().double().sum())
    loss = first + seed + 0.5 * net.layer1[0].residual + len(recipe)
    told = SimpleNamespace(train_loss=loss, test_error=0.5)
    try:
        for _ in range(2):
            if on_epoch is not None:
                on_epoch(told)
    except KeyboardInterrupt:
        return SimpleNamespace(net=net, history=[told])
    return SimpleNamespace(net=net, history=[told, told])


def trained(kind: type, flag: bool, first: int, order: int, recipe: str = "fast"):
    """A run with first weights from one seed and the order of the images from another."""
    torch.manual_seed(first)
    return ended(kind(flag), recipe, order)


def fair(names: dict, seed: int) -> tuple:
    """Both networks, from the same first weights and with the same order."""
    return tuple(trained(names["FairNet"], flag, seed, seed) for flag in (False, True))


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
        "train_fast": lambda net, images, recipe, seed, **named: ended(net, recipe, seed, **named),
    }
    names["chapter_runs"] = fair(names, 0)
    return names


@pytest.mark.parametrize("name", solutions(NOTEBOOK))
def test_every_solution_passes_the_check_of_its_exercise(own, name):
    solved(NOTEBOOK, name, own)


@pytest.mark.parametrize(("residual", "name"), [(False, "plain-14"), (True, "resnet-14")])
def test_her_fair_network_is_the_books(own, residual, name):
    mine, theirs = own["FairNet"](residual).eval(), build(name).eval()
    weights = theirs.state_dict().values()
    mine.load_state_dict(dict(zip(mine.state_dict(), weights, strict=True)))
    x = torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        assert torch.allclose(mine(x), theirs(x), atol=1e-6)
    assert own["count"](mine) == own["count"](theirs)


@pytest.mark.parametrize("name", ["simple-cnn", "source-resnet-14"])
def test_her_first_networks_give_the_logits_of_the_books(own, name, capsys):
    nets = {"simple-cnn": own["SimpleCNN"]()}
    nets["source-resnet-14"] = own["ResNet"](own["ResidualBlock"], (2, 2, 2))
    own["agree"](nets[name], name)
    assert f"{name}: same logits True, same counts True\n" in capsys.readouterr().out


def without_norms(net: nn.Module) -> nn.Module:
    """The same network, whose normalisations are there and do nothing."""
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.forward = lambda x: x
    return net


def test_a_network_that_skips_its_normalisation_gives_other_logits(own, capsys):
    own["agree"](without_norms(own["SimpleCNN"]()), "simple-cnn")
    own["agree"](without_norms(own["FairNet"]()), "resnet-14")
    assert capsys.readouterr().out.count("same logits False, same counts True") == 2


@pytest.mark.parametrize("name", PAIR)
def test_the_logits_that_are_compared_depend_on_the_images(own, name, capsys):
    net = own["FairNet"](name == "resnet-14")
    net.conv1.register_forward_pre_hook(lambda layer, given: (given[0].flip(3),))
    own["agree"](net, name)
    assert "same logits False" in capsys.readouterr().out


def test_the_comparison_leaves_the_random_numbers_of_later_cells_alone(own):
    torch.manual_seed(5)
    own["agree"](own["SimpleCNN"](), "simple-cnn")
    later = torch.rand(3)
    torch.manual_seed(5)
    own["SimpleCNN"](), build("simple-cnn"), torch.rand(8, 3, 32, 32)
    assert torch.equal(later, torch.rand(3))


@pytest.fixture
def found(own) -> dict:
    """Fair runs of three seeds."""
    return {seed: list(fair(own, seed)) for seed in range(3)}


def test_fair_runs_pass_as_lists_and_as_tuples(own, found):
    own["check_seeds"](found)
    own["check_seeds"]({seed: tuple(found[seed]) for seed in (2, 1, 0)})


PLAIN_FIRST = "two train_fast results, plain FairNet first"


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
        (lambda found: found | {1: found[0]}, "seed 1: other runs"),
        (lambda found: found | {0: found[1], 1: found[0]}, "seed 0: other runs"),
        (
            lambda found: found | {1: [found[1][0], found[2][1]], 2: [found[2][0], found[1][1]]},
            "seed 1: other runs",
        ),
    ],
)  # fmt: skip
def test_unfair_runs_are_refused(own, found, change, told):
    with pytest.raises(AssertionError, match=told):
        own["check_seeds"](change(found))


@pytest.mark.parametrize(
    ("first", "order", "recipe"), [((2, 2), 0, "fast"), ((0, 0), 2, "fast"), ((2, 3), 2, "fast"),
    ((2, 2), 2, "source")],
)  # fmt: skip
def test_a_later_seed_that_is_not_set_everywhere_is_refused(own, found, first, order, recipe):
    kind = own["FairNet"]
    found[2] = [trained(kind, i == 1, first[i], order, recipe) for i in (0, 1)]
    with pytest.raises(AssertionError, match="seed 2: other runs"):
        own["check_seeds"](found)


def test_a_shorter_run_and_a_network_of_another_class_are_named(own, found):
    found[1][0].history.pop()
    with pytest.raises(AssertionError, match="not all runs have 2 epochs"):
        own["check_seeds"](found)
    for net in (own["SimpleCNN"](), build("plain-14")):
        found[2][0].net = net
        with pytest.raises(AssertionError, match=f"seed 2: {PLAIN_FIRST}"):
            own["check_seeds"](found)


def shortcut(where_it_fits, *layers):
    """A shortcut that returns the first where the shape fits, and elsewhere these layers."""

    def made(inputs, outputs, stride):
        if stride == 1 and inputs == outputs:
            return where_it_fits
        return nn.Sequential(*(layer(inputs, outputs, stride) for layer in layers))

    return made


class Skip(nn.Module):
    """Keeps every second row and column, as a stride does."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.stride = stride

    def forward(self, x):
        return x[:, :, :: self.stride, :: self.stride]


def one_by_one(bias, stride_too=True):
    return lambda inputs, outputs, stride: nn.Conv2d(
        inputs, outputs, 1, stride if stride_too else 1, bias=bias
    )


def normalise(inputs, outputs, stride):
    return nn.BatchNorm2d(outputs)


def named(inputs, outputs, stride):
    layers = shortcut(None, one_by_one(False), normalise)(inputs, outputs, stride)
    return layers and nn.Sequential(OrderedDict(conv=layers[0], norm=layers[1]))


@pytest.mark.parametrize(
    "option", [named, shortcut(None, Skip, one_by_one(False, False), normalise)]
)
def test_other_forms_of_option_b_pass(own, option, capsys):
    own["check_option"](option)
    assert "same answers" in capsys.readouterr().out


def pooled(pool):
    return shortcut(
        None, one_by_one(False, False), normalise, lambda inputs, outputs, stride: pool(stride)
    )


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
        (
            shortcut(None, one_by_one(False), normalise, lambda *sizes: nn.ReLU()),
            "other logits: a layer too many",
        ),
        (pooled(nn.AvgPool2d), "a pool in place of the stride"),
        (pooled(nn.MaxPool2d), "a pool in place of the stride"),
        (
            lambda i, o, s: (
                None if i == o else nn.Sequential(one_by_one(False)(i, o, s), normalise(i, o, s))
            ),
            "for 16 and 16 channels with stride 2: return an nn.Sequential",
        ),
        (
            lambda i, o, s: (
                None if s == 1 else nn.Sequential(one_by_one(False)(i, o, s), normalise(i, o, s))
            ),
            "for 16 and 32 channels with stride 1: return an nn.Sequential",
        ),
        (nn.Sequential(), "the function itself"),
        (None, "the function itself"),
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
        (3, 2, 1, (3, 2, 1), "parameters against the book's: conv1 7x7"),
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


def stemmed(own, **parts):
    """A network with the right first convolution, and with these parts in their places."""
    net = own["FairNet"](parts.pop("residual", True))
    net.conv1 = nn.Conv2d(3, 16, 7, 2, 3, bias=False)
    for name, part in parts.items():
        setattr(net, name, part)
    return net


def test_the_pool_may_stand_in_the_first_stage(own, capsys):
    net = stemmed(own)
    net.layer1 = nn.Sequential(nn.MaxPool2d(3, 2, 1), net.layer1)
    own["check_stem"](net)
    assert "[8, 4, 2]" in capsys.readouterr().out


@pytest.mark.parametrize(
    "stem",
    [
        lambda norm: (nn.MaxPool2d(3, 2, 1), norm, nn.ReLU()),
        lambda norm: (without_norms(norm), nn.ReLU(), nn.MaxPool2d(3, 2, 1)),
        lambda norm: (norm, nn.AvgPool2d(3, 2, 1)),
    ],
)
def test_a_stem_whose_layers_are_in_another_order_is_refused(own, stem):
    net = stemmed(own)
    net.bn1 = nn.Sequential(*stem(net.bn1))
    with pytest.raises(AssertionError, match="other answers: batch normalisation"):
        own["check_stem"](net)


def test_blocks_without_normalisation_or_shortcut_are_refused(own):
    pool = nn.MaxPool2d(3, 2, 1)
    for net in (without_norms(stemmed(own)), stemmed(own, residual=False)):
        net.bn1 = nn.Sequential(net.bn1, nn.ReLU(), pool)
        with pytest.raises(AssertionError, match=r"other answers.*residual=True"):
            own["check_stem"](net)


def test_a_stem_under_a_name_of_its_own_gets_a_sentence(own):
    class Stemmed(own["FairNet"]):
        def __init__(self):
            super().__init__()
            conv = nn.Conv2d(3, 16, 7, 2, 3, bias=False)
            stem = nn.Sequential(conv, self.bn1, nn.ReLU(), nn.MaxPool2d(3, 2, 1))
            del self.conv1, self.bn1
            self.stem = stem

        def forward(self, x):
            out = self.layer3(self.layer2(self.layer1(self.stem(x))))
            return self.fc(self.pool(out).flatten(1))

    with pytest.raises(AssertionError, match="keep the names conv1 and bn1"):
        own["check_stem"](Stemmed())
