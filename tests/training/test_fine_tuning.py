"""Each way of fine-tuning moves what it says, and nothing else."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from utils import data
from utils.data.augment import Normaliser
from utils.data.sets import Split
from utils.models.networks import build
from utils.training.fine_tuning import (
    WAYS,
    Way,
    few_of_each,
    fine_tune,
    only_classes,
    start,
)

STEPS, BATCH = 2, 6


@pytest.fixture(scope="module")
def given():
    """A network that has seen some images, its normaliser, and images of three classes."""
    split = only_classes(data.load("digits").train, (1, 3, 5))
    few = few_of_each(split, 4, seed=0)
    normaliser = Normaliser.fit(few.images, "channel")
    torch.manual_seed(0)
    net = build("resnet-8", 5)
    net.train()(normaliser(few.images))
    return net, normaliser, few


def learned(given, way: Way) -> tuple[nn.Module, nn.Module, list[float]]:
    pretrained, normaliser, few = given
    net = start(pretrained, way, 3, seed=1)
    before = copy.deepcopy(net)
    losses = fine_tune(net, way, few, normaliser, 0.1, STEPS, BATCH, seed=2)
    return before, net, losses


def moved(before: nn.Module, after: nn.Module) -> set[str]:
    """Which of trunk, head and statistics differ."""
    found = set()
    for name, old in before.state_dict().items():
        if not torch.equal(old, after.state_dict()[name]) and "tracked" not in name:
            statistics = "running" in name
            found.add("statistics" if statistics else "head" if "fc" in name else "trunk")
    return found


@pytest.mark.parametrize(("key", "expected"), [
    ("scratch", {"trunk", "head", "statistics"}),
    ("head", {"head"}),
    ("head-moving", {"head", "statistics"}),
    ("slow", {"trunk", "head", "statistics"}),
    ("slow-frozen", {"trunk", "head"}),
    ("all", {"trunk", "head", "statistics"}),
    ("all-frozen", {"trunk", "head"}),
])  # fmt: skip
def test_a_way_moves_what_it_says(given, key, expected):
    before, after, losses = learned(given, WAYS[key])
    assert moved(before, after) == expected
    assert len(losses) == STEPS


def test_the_pretrained_network_is_left_alone(given):
    pretrained = copy.deepcopy(given[0])
    learned(given, WAYS["all"])
    assert moved(pretrained, given[0]) == set()


def test_three_times_as_many_steps(given):
    assert len(learned(given, WAYS["scratch-long"])[2]) == 3 * STEPS


def test_from_scratch_keeps_no_given_weight_and_the_other_ways_keep_all(given):
    pretrained = given[0]
    scratch = start(pretrained, WAYS["scratch"], 3, seed=1)
    kept = start(pretrained, WAYS["head"], 3, seed=1)
    assert not torch.equal(scratch.conv1.weight, pretrained.conv1.weight)
    assert torch.equal(kept.layer3[0].conv2.weight, pretrained.layer3[0].conv2.weight)
    assert scratch.fc.out_features == kept.fc.out_features == 3


def test_a_slow_trunk_moves_a_tenth_as_far_in_one_step(given):
    pretrained, normaliser, few = given
    far = {}
    for key in ("all-frozen", "slow-frozen"):
        net = start(pretrained, WAYS[key], 3, seed=1)
        old = net.conv1.weight.detach().clone()
        fine_tune(net, WAYS[key], few, normaliser, 0.01, 1, BATCH, seed=2)
        far[key] = float((net.conv1.weight.detach() - old).norm())
    assert far["slow-frozen"] / far["all-frozen"] == pytest.approx(0.1, rel=0.01)


def test_the_rate_falls_to_zero(given, monkeypatch):
    rates = []
    usual = torch.optim.SGD.step

    def step(optimiser, closure=None):
        rates.append(optimiser.param_groups[0]["lr"])
        return usual(optimiser, closure)

    monkeypatch.setattr(torch.optim.SGD, "step", step)
    pretrained, normaliser, few = given
    net = start(pretrained, WAYS["all"], 3, seed=1)
    fine_tune(net, WAYS["all"], few, normaliser, 0.4, 4, BATCH)
    assert rates == pytest.approx([0.4, 0.3, 0.2, 0.1])


def test_the_same_seed_gives_the_same_weights(given):
    one, other = learned(given, WAYS["all"])[1], learned(given, WAYS["all"])[1]
    assert moved(one, other) == set()


def test_a_larger_draw_holds_the_smaller_one_and_none_of_the_skipped():
    labels = torch.arange(60) % 3
    split = Split(torch.arange(60, dtype=torch.uint8).view(60, 1, 1, 1).repeat(1, 3, 2, 2), labels)
    numbers = {n: set(few_of_each(split, n, 5).images[:, 0, 0, 0].tolist()) for n in (4, 9)}
    others = few_of_each(split, 10, 5, skip=9).images[:, 0, 0, 0].tolist()
    assert numbers[4] < numbers[9] and len(numbers[9]) == 27
    assert not numbers[9] & set(others) and len(set(others)) == 30
    assert few_of_each(split, 4, 5).labels.bincount().tolist() == [4, 4, 4]
    with pytest.raises(ValueError, match="class 0 has 20 images, not 21"):
        few_of_each(split, 21, 5)


def test_classes_are_numbered_anew_in_the_order_of_the_list():
    split = Split(torch.zeros(6, 3, 1, 1, dtype=torch.uint8), torch.tensor([0, 1, 2, 3, 4, 3]))
    assert only_classes(split, (3, 0)).labels.tolist() == [1, 0, 0]
