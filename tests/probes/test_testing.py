"""Each cause of a bad test is told apart from the others, on networks that really have it."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from utils.data import load
from utils.models.networks import build
from utils.probes.testing import accuracies, compare

COUNT = 64


def scaled(images: torch.Tensor) -> torch.Tensor:
    return (images.float() / 255 - 0.3) / 0.35


@pytest.fixture(scope="module")
def digits() -> dict:
    """Inputs and labels of a few training and test images."""
    found = load("digits-16")
    pairs = {"training": found.train, "testing": found.test}
    return {
        name: (scaled(part.images[:COUNT]), part.labels[:COUNT]) for name, part in pairs.items()
    }


def grown(
    digits: dict, momentum: float = 0.1, labels: torch.Tensor | None = None, steps: int = 25
) -> nn.Module:
    """A small network after some steps on the training images."""
    torch.manual_seed(0)
    net = build("resnet-8")
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = momentum
    x, y = digits["training"]
    sgd = torch.optim.SGD(net.parameters(), 0.1, momentum=0.9)
    for _ in range(steps):
        sgd.zero_grad()
        F.cross_entropy(net(x), y if labels is None else labels).backward()
        sgd.step()
    return net


@pytest.fixture(scope="module")
def sound(digits) -> nn.Module:
    return grown(digits)


def verdicts(net: nn.Module, training: tuple, testing: tuple) -> dict[str, str]:
    return {found.check: found.verdict for found in compare(net, training, testing)}


def test_the_three_numbers_are_what_a_hand_finds(digits, sound):
    found = accuracies(sound, digits["training"], digits["testing"])
    twin = copy.deepcopy(sound)
    shares = []
    for mode, (x, y) in (
        (True, digits["training"]),
        (False, digits["training"]),
        (False, digits["testing"]),
    ):
        state = copy.deepcopy(twin.state_dict())
        with torch.no_grad():
            shares.append((twin.train(mode)(x).argmax(1) == y).float().mean().item())
        twin.load_state_dict(state)
    assert [found.training_mode, found.training, found.testing] == pytest.approx(shares)


@pytest.mark.parametrize("mode", [True, False])
def test_the_network_stays_as_it_was(digits, sound, mode):
    net = copy.deepcopy(sound).train(mode)
    frozen = next(m for m in net.modules() if isinstance(m, nn.BatchNorm2d)).eval()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    compare(net, digits["training"], digits["testing"])
    assert net.training is mode and not frozen.training
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


def test_a_sound_network_that_knows_few_images_by_heart_gets_a_note(digits, sound):
    found = verdicts(sound, digits["training"], digits["testing"])
    assert found == {"inputs": "fine", "statistics": "fine", "memory": "note"}


def test_tested_on_what_it_was_trained_on_nothing_is_found(digits, sound):
    found = verdicts(sound, digits["training"], digits["training"])
    assert set(found.values()) == {"fine"}


@pytest.mark.parametrize(
    "change",
    [lambda x: x * 0.35 + 0.3, lambda x: x + 1, lambda x: x * 2, lambda x: x / 2],
    ids=["not normalised", "brighter", "more contrast", "less contrast"],
)
def test_other_inputs_in_testing_are_a_fault_of_the_inputs(digits, sound, change):
    x, y = digits["testing"]
    found = verdicts(sound, digits["training"], (change(x), y))
    assert found["inputs"] == "fault" and found["statistics"] == "fine"


def test_statistics_that_stayed_behind_are_a_fault_of_the_statistics(digits):
    net = grown(digits, momentum=0.003)
    found = verdicts(net, digits["training"], digits["testing"])
    assert found["inputs"] == "fine" and found["statistics"] == "fault"


def test_labels_by_chance_are_learned_by_heart(digits):
    torch.manual_seed(1)
    labels = torch.randint(0, 10, (COUNT,))
    net = grown(digits, labels=labels, steps=60)
    training = digits["training"][0], labels
    assert accuracies(net, training, digits["testing"]).training > 0.7
    assert verdicts(net, training, digits["testing"])["memory"] == "note"


@pytest.mark.parametrize(
    ("pair", "sentence"),
    [
        (lambda x, y: (x, y[:-1]), "labels"),
        (lambda x, y: ((x * 100).byte(), y), "bytes"),
        (lambda x, y: (x, y.float()), "label"),
        (lambda x, y: (x.numpy(), y), "from_numpy"),
    ],
    ids=["too few labels", "bytes", "labels no whole numbers", "NumPy"],
)
@pytest.mark.parametrize("side", ["training", "testing"])
def test_what_fits_no_network_is_refused(digits, sound, pair, side, sentence):
    pairs = digits | {side: pair(*digits[side])}
    with pytest.raises((TypeError, ValueError), match=sentence):
        compare(sound, pairs["training"], pairs["testing"])


def test_a_class_is_no_network(digits):
    with pytest.raises(TypeError):
        compare(nn.Module, digits["training"], digits["testing"])
