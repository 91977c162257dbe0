"""Whoever borrows a network gives every module its own mode back."""

import pytest
import torch
from torch import nn

from utils.data.augment import Normaliser
from utils.models.modes import evaluating, modes_kept
from utils.models.networks import build, stage_shapes
from utils.probes.lesions import lesion, reordered
from utils.probes.surfaces import restored
from utils.training.prediction import predict
from utils.training.transfer import evaluate

IMAGES = torch.randint(0, 256, (3, 3, 16, 16), dtype=torch.uint8)
NORMALISER = Normaliser(torch.zeros(3, 1, 1), torch.ones(3, 1, 1))
LABELS = torch.zeros(3, dtype=torch.int64)


@pytest.fixture
def net() -> nn.Module:
    """In training, but for two normalisations that were frozen on purpose."""
    made = build("resnet-14-C").train()
    made.bn1.eval()
    made.layer1[1].bn2.eval()
    made.layer2[1].downsample.eval()
    return made


def modes(net: nn.Module) -> dict[str, bool]:
    return {name: module.training for name, module in net.named_modules()}


def borrow_with_lesion(net: nn.Module) -> None:
    with lesion(net, [2, 4]):
        net(torch.rand(2, 3, 16, 16))


def borrow_with_order(net: nn.Module) -> None:
    plain = build("plain-14").train()
    plain.layer1[0].bn1.eval()
    before = modes(plain)
    with reordered(plain, (2, 1, 3, 4, 5, 6)):
        assert not plain.layer1[1].bn1.training
    assert modes(plain) == before


def borrow_to_move(net: nn.Module) -> None:
    with restored(net):
        net.eval()


BORROWERS = {
    "predict": lambda net: predict(net, IMAGES, NORMALISER),
    "evaluate": lambda net: evaluate(net, NORMALISER(IMAGES), LABELS),
    "stage_shapes": lambda net: stage_shapes(net, 16),
    "restored": borrow_to_move,
    "lesion": borrow_with_lesion,
    "reordered": borrow_with_order,
}


@pytest.mark.parametrize("who", BORROWERS)
def test_a_borrowed_network_comes_back_with_every_mode_it_had(net, who):
    before = modes(net)
    assert set(before.values()) == {True, False}
    BORROWERS[who](net)
    assert modes(net) == before


def test_a_frozen_normalisation_is_not_woken_while_a_block_is_silent(net):
    with lesion(net, [4]):
        assert not net.layer2[1].shortcut[1].training
        assert net.layer2[1].training


@pytest.mark.parametrize("lend", [evaluating, modes_kept])
def test_modes_come_back_after_an_error_as_well(net, lend):
    before = modes(net)
    with pytest.raises(RuntimeError, match="in the middle"), lend(net):
        net.eval()
        raise RuntimeError("in the middle")
    assert modes(net) == before


def test_a_prediction_that_fails_leaves_the_modes_alone(net):
    before = modes(net)
    with pytest.raises(RuntimeError):
        predict(net, IMAGES, Normaliser(torch.zeros(2, 1, 1), torch.ones(2, 1, 1)))
    assert modes(net) == before


def test_evaluation_is_in_evaluation_mode_throughout(net):
    with evaluating(net):
        assert not any(modes(net).values())
