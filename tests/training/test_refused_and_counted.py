"""What training must refuse, count or leave alone, and a small slip would lose."""

from __future__ import annotations

import io

import pytest
import torch
from torch import nn
from tqdm import tqdm

from utils import data
from utils.data.augment import Normaliser
from utils.training import trainer as training
from utils.training.distributed import Workers
from utils.training.prediction import predict
from utils.training.recipes import TrainConfig, recipe
from utils.training.trainer import CHECK_EVERY_STEPS, Trainer


@pytest.mark.parametrize(
    "changes", [{"batch_size": 0}, {"epochs": 0}, {"learning_rate": 0.0}, {"epochs": -1}]
)
def test_a_recipe_that_trains_nothing_is_refused(changes):
    (field,) = changes
    with pytest.raises(ValueError, match=f"{field} must be positive"):
        TrainConfig("none", **changes)
    assert getattr(TrainConfig("least", **{field: 1}), field) == 1


def test_predictions_are_made_in_evaluation_mode():
    net = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(12, 2)).train()
    images = torch.full((3, 3, 2, 2), 200, dtype=torch.uint8)
    normaliser = Normaliser(torch.zeros(1), torch.ones(1))
    expected = net[2](torch.full((3, 12), 200 / 255)).softmax(1)
    assert torch.allclose(predict(net, images, normaliser), expected, atol=1e-6)


def small_trainer(world: int = 1) -> Trainer:
    torch.manual_seed(0)
    net = nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(12, 10))
    config = recipe("fast", epochs=1, flip=False, batch_size=16, small_size=0)
    workers = Workers(0, world, torch.device("cpu"))
    return Trainer(net, data.load("digits"), config, 0, workers)


def test_a_bar_moves_within_an_epoch():
    """Every twenty steps, and once at the end."""
    seen = []

    class Bar(tqdm):
        def set_postfix(self, *args, **kwargs) -> None:
            seen.append(self.n)

    trainer = small_trainer()
    with Bar(total=trainer.total_steps, file=io.StringIO()) as bar:
        trainer.train_epoch(bar)
    steps = trainer.total_steps
    assert seen == [*range(CHECK_EVERY_STEPS, steps + 1, CHECK_EVERY_STEPS), steps]


@pytest.mark.parametrize(("disabled", "rows"), [(True, [torch.ones(2)]), (False, [])])
def test_a_bar_that_is_off_or_has_nothing_to_say_is_left_alone(disabled, rows):
    class Bar:
        disable, n = disabled, 0

        def set_postfix(self, **_: str) -> None:
            pytest.fail("shown")

    bar = Bar()
    Trainer._show(None, bar, rows, 1.0)
    assert bar.n == 0


def test_a_step_counts_the_images_that_were_guessed_wrong():
    trainer = small_trainer()
    images, labels = trainer.train_split.images[:16], trainer.train_split.labels[:16]
    with torch.no_grad():
        guesses = trainer.net(trainer.normaliser(images)).argmax(1)
    wrong = int((guesses != labels).sum())
    assert wrong not in (0, 8, 16)
    assert trainer.train_step(images, labels)[1] == wrong


@pytest.mark.parametrize("world", [1, 2])
def test_gradients_are_shared_where_there_are_several_processes(world, monkeypatch):
    class Shared(nn.Module):
        def __init__(self, net: nn.Module) -> None:
            super().__init__()
            self.inner = net

    monkeypatch.setattr(training, "DistributedDataParallel", Shared)
    trainer = small_trainer(world)
    assert isinstance(trainer.model, Shared) is (world > 1)
    assert (trainer.model if world == 1 else trainer.model.inner) is trainer.net
