"""What a notebook trained stands in for the same training, and for no other."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from shared_trainings import environment, fingerprint, sharing

from utils import data
from utils.data.sets import Dataset
from utils.models.networks import build
from utils.training.recipes import recipe
from utils.training.trainer import TrainResult, train

CONFIG = recipe("fast", epochs=2, flip=False, batch_size=50)


def small() -> Dataset:
    whole = data.load("digits")
    return replace(whole, train=whole.train.subset(slice(100)), test=whole.test.subset(slice(50)))


def network() -> torch.nn.Module:
    torch.manual_seed(0)
    return build("resnet-8")


def alone(net, data, config, seed=0, **others) -> TrainResult:
    """Refuses to train: what it is given must have been trained before."""
    steps = config.total_steps(len(data.train))
    kept = torch.load(others["checkpoint"], weights_only=True)
    assert kept["step"] == steps
    return train(net, data, config, seed, **others)


def test_what_was_kept_is_taken_and_is_the_same_to_the_bit(tmp_path):
    images = small()
    first = sharing(train, tmp_path, take=False)(network(), images, CONFIG, progress=False)
    drawn = torch.rand(3)
    second = sharing(alone, tmp_path, take=True)(network(), images, CONFIG, progress=False)
    assert torch.equal(torch.rand(3), drawn)
    assert second.history == first.history
    weights = second.net.state_dict()
    assert all(torch.equal(value, weights[key]) for key, value in first.net.state_dict().items())


def test_what_was_not_kept_is_trained(tmp_path):
    result = sharing(train, tmp_path, take=True)(network(), small(), CONFIG, progress=False)
    assert len(result.history) == CONFIG.epochs
    assert not list(tmp_path.iterdir())


def test_one_that_keeps_takes_what_is_whole_and_nothing_else(tmp_path):
    keep = sharing(train, tmp_path, take=False)
    first = keep(network(), small(), CONFIG, progress=False)
    assert first.resumed_after == []
    assert keep(network(), small(), CONFIG, progress=False).history == first.history
    (broken,) = tmp_path.glob("*.generator.pt")
    broken.unlink()
    assert keep(network(), small(), CONFIG, progress=False).resumed_after == []


@pytest.mark.parametrize("change", ("weights", "recipe", "seed", "images", "generator", "network"))
def test_another_training_has_another_name(change):
    net, images, config, seed = network(), small(), CONFIG, 0
    before = fingerprint(net, images, config, seed)
    assert fingerprint(network(), small(), CONFIG, 0) == before
    if change == "weights":
        net.conv1.weight.data[0, 0, 0, 0] += 1e-6
    if change == "recipe":
        config = replace(config, epochs=3)
    if change == "seed":
        seed = 1
    if change == "images":
        # A copy: all tests of a worker read the same digits.
        test = replace(images.test, labels=(images.test.labels + 1) % 10)
        images = replace(images, test=test)
    if change == "generator":
        torch.rand(1)
    if change == "network":
        net = network().eval()
        net.layer1[0].bn1.eps = 1e-3
    assert fingerprint(net, images, config, seed) != before


@pytest.mark.parametrize("how", ("keep", "take", ""))
def test_a_process_shares_only_if_it_is_asked(tmp_path, how):
    asked = environment(how, tmp_path, Path(__file__).parents[2])
    code = "from utils.training import train; print(hasattr(train, '__wrapped__'))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **asked}, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    assert done.stdout.strip() == str(bool(how)), done.stderr
