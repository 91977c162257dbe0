"""The optimiser gets every setting of the recipe, and fine-tuning every one of its way."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from utils.data.augment import Normaliser, epoch_batches
from utils.data.sets import Split
from utils.training import fine_tuning, transfer
from utils.training.fine_tuning import WAYS, Way, few_of_each, fine_tune, only_classes
from utils.training.muon import Muon
from utils.training.optimisers import make_optimiser
from utils.training.recipes import TrainConfig, recipe


def test_plain_descent_gets_rate_momentum_nesterov_and_decay():
    net = nn.Linear(2, 2)
    config = TrainConfig("x", learning_rate=0.3, momentum=0.7, nesterov=True, weight_decay=0.02)
    made = make_optimiser(net, config)
    assert type(made) is torch.optim.SGD
    (group,) = made.param_groups
    assert (group["lr"], group["momentum"], group["nesterov"], group["weight_decay"]) == (
        0.3, 0.7, True, 0.02,
    )  # fmt: skip
    assert [id(p) for p in group["params"]] == [id(p) for p in net.parameters()]
    assert not make_optimiser(net, TrainConfig("x", nesterov=False)).param_groups[0]["nesterov"]


def test_adam_gets_rate_and_decay():
    config = TrainConfig("x", optimiser="adam", learning_rate=0.004, weight_decay=0.03)
    made = make_optimiser(nn.Linear(2, 2), config)
    assert type(made) is torch.optim.Adam
    assert (made.param_groups[0]["lr"], made.param_groups[0]["weight_decay"]) == (0.004, 0.03)


@pytest.mark.parametrize(
    ("precision", "dtype"),
    [("bf16", torch.bfloat16), ("fp32", torch.float32), ("fp16", torch.float32)],
)
def test_muon_gets_both_rates_and_the_arithmetic_in_which_it_has_no_overflow(
    monkeypatch, precision, dtype
):
    from utils.training import optimisers

    given = []
    monkeypatch.setattr(optimisers, "Muon", lambda *arguments: given.append(arguments))
    net, config = nn.Linear(2, 2), recipe("muon")
    assert issubclass(Muon, torch.optim.Optimizer)
    make_optimiser(net, config, precision)
    assert given == [
        (net, config.learning_rate, config.other_learning_rate, config.momentum,
         config.weight_decay, dtype),
    ]  # fmt: skip


# Fine-tuning -----------------------------------------------------------------------------------


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, stride=2, bias=False)
        self.bn = nn.BatchNorm2d(4)
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(torch.relu(self.bn(self.conv(x))).mean((2, 3)))


@pytest.fixture
def split() -> Split:
    draw = torch.Generator().manual_seed(3)
    images = torch.randint(0, 256, (12, 3, 8, 8), dtype=torch.uint8, generator=draw)
    return Split(images, torch.arange(12) % 2)


def by_hand(net: nn.Module, way: Way, split: Split, steps: int, **given) -> list[float]:
    """The steps of a way, written out."""
    head = [*net.fc.parameters()]
    trunk = [p for p in net.parameters() if all(p is not q for q in head)]
    groups = [{"params": head, "first": 0.1}]
    if way.trunk:
        groups.append({"params": trunk, "first": 0.1 * way.trunk})
    for group in groups:
        group["lr"] = group["first"]
    optimiser = torch.optim.SGD(groups, momentum=0.9, nesterov=True, weight_decay=5e-4)
    augmenter = fine_tuning.Augmenter(split.images, "reflect", flip=True, margin=1)
    normaliser = Normaliser.fit(split.images, "channel")
    net.train()
    if way.frozen_statistics:
        net.bn.eval()
    losses = []
    for epoch in range(100):
        for index, images in epoch_batches(augmenter, 5, 7, epoch):
            if len(losses) == steps:
                return losses
            for group in optimiser.param_groups:
                group["lr"] = group["first"] * (1 - len(losses) / steps)
            loss = F.cross_entropy(net(normaliser(images)), split.labels[index])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
    raise AssertionError("too many epochs")


@pytest.mark.parametrize(
    "way", ["head", "head-moving", "slow", "slow-frozen", "all", "scratch-long"]
)
def test_every_step_of_a_way_is_that_of_the_same_steps_written_out(way, split):
    torch.manual_seed(1)
    net, twin = Small(), Small()
    twin.load_state_dict(net.state_dict())
    normaliser = Normaliser.fit(split.images, "channel")
    found = fine_tune(net, WAYS[way], split, normaliser, 0.1, steps=4, batch_size=5, seed=7)
    expected = by_hand(twin, WAYS[way], split, 4 * WAYS[way].times)
    assert found == pytest.approx(expected, rel=1e-5)
    for name, value in twin.state_dict().items():
        torch.testing.assert_close(net.state_dict()[name], value)


def test_shifts_and_mirror_images_can_be_left_out(split, monkeypatch):
    made = []
    real = fine_tuning.Augmenter
    monkeypatch.setattr(
        fine_tuning, "Augmenter", lambda *a, **k: made.append((a[1], k)) or real(*a, **k)
    )
    normaliser = Normaliser.fit(split.images, "channel")
    fine_tune(Small(), WAYS["all"], split, normaliser, 0.1, 1, 5)
    fine_tune(Small(), WAYS["all"], split, normaliser, 0.1, 1, 5, margin=0, flip=False)
    assert made == [
        ("reflect", {"flip": True, "margin": fine_tuning.MARGIN}),
        ("reflect", {"flip": False, "margin": 0}),
    ]


def test_images_of_a_class_are_drawn_after_those_that_are_skipped(split):
    drawn = few_of_each(split, 4, seed=1, skip=2)
    assert drawn.labels.tolist() == [0] * 4 + [1] * 4
    with pytest.raises(ValueError, match="class 0 has 6 images, not 7; take fewer"):
        few_of_each(split, 4, seed=1, skip=3)
    both = few_of_each(split, 6, seed=1).images
    rows = {tuple(image.flatten().tolist()) for image in both}
    assert {tuple(image.flatten().tolist()) for image in drawn.images} < rows and len(rows) == 12
    chosen = only_classes(Split(split.images, torch.arange(12) % 4), (3, 1))
    assert chosen.labels.tolist() == [1, 0] * 3


# Borders of a transfer -------------------------------------------------------------------------


def test_the_smallest_sizes_that_are_allowed_are_not_refused(split):
    assert transfer.prepare(split.images, 32).shape == (12, 3, 32, 32)
    net = Small()
    head, trunk = transfer.parameter_groups(net, 0.2, factor=1)
    assert head["lr"] == trunk["lr"] == 0.2
    assert transfer.replace_head(Small(), 2).out_features == 2
    images = torch.randn(2, 3, 8, 8)
    transfer.refresh_statistics(net, images)
    with pytest.raises(ValueError, match="1 images have no variance; give at least 2"):
        transfer.refresh_statistics(net, images[:1])
    optimiser = torch.optim.SGD(transfer.parameter_groups(net, 0.1))
    transfer.train_epoch(net, optimiser, images, torch.tensor([0, 1]))
    with pytest.raises(ValueError, match="1 images are too few for batch normalisation"):
        transfer.train_epoch(net, optimiser, images[:1], torch.tensor([0]))
    with pytest.raises(ValueError, match="every parameter is frozen"):
        transfer.parameter_groups(net.requires_grad_(False), 0.1)


def test_a_remainder_of_one_image_is_left_out_and_the_loss_is_a_mean_over_images():
    torch.manual_seed(0)
    net = Small()
    images, labels = torch.randn(7, 3, 8, 8), torch.tensor([0, 1, 0, 1, 0, 1, 0])
    seen = []
    net.register_forward_pre_hook(lambda _, given: seen.append(len(given[0])))
    optimiser = torch.optim.SGD(transfer.parameter_groups(net, 0.0))
    transfer.train_epoch(net, optimiser, images, labels, 3)
    assert seen == [3, 3]
    seen.clear()
    torch.manual_seed(5)
    found = transfer.train_epoch(net, optimiser, images, labels, 5)
    assert seen == [5, 2]
    torch.manual_seed(5)
    order = torch.randperm(7).split(5)
    sums = [F.cross_entropy(net(images[b]), labels[b], reduction="sum").item() for b in order]
    assert found == pytest.approx(sum(sums) / 7)
    seen.clear()
    transfer.evaluate(net, images, labels, 4)
    transfer.refresh_statistics(net, images, 3)
    assert seen == [4, 3, 3, 3]


def test_statistics_drawn_at_random_differ_from_those_of_a_fresh_layer():
    torch.manual_seed(0)
    layers = [nn.BatchNorm1d(4000), nn.BatchNorm2d(4000), nn.BatchNorm3d(4000)]
    bare = nn.BatchNorm2d(3, track_running_stats=False)
    transfer.randomise_statistics(nn.Sequential(*layers, bare))
    for layer in layers:
        assert layer.running_mean.mean().item() == pytest.approx(0, abs=0.01)
        assert layer.running_mean.std().item() == pytest.approx(0.1, rel=0.1)
        low, high = layer.running_var.min().item(), layer.running_var.max().item()
        assert 0.5 <= low < 0.51 and 1.49 < high <= 1.5
    assert bare.running_mean is None


def test_without_a_word_fifty_images_make_a_step_and_two_hundred_are_judged_at_once():
    torch.manual_seed(0)
    net, seen = Small(), []
    net.register_forward_pre_hook(lambda _, given: seen.append(len(given[0])))
    images, labels = torch.randn(201, 3, 4, 4), torch.arange(201) % 2
    optimiser = torch.optim.SGD(transfer.parameter_groups(net, 0.0))
    transfer.train_epoch(net, optimiser, images[:101], labels[:101])
    transfer.refresh_statistics(net, images[:101])
    transfer.evaluate(net, images, labels)
    assert seen == [50, 50, 50, 50, 200, 1]
