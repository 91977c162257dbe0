"""Training and judging say at once what does not fit together, and cost nothing for it."""

import time

import pytest
import torch
from torch import nn
from wrong_values import CLASSES, CPU, dataset, normaliser, numbers, pictures

from utils.data.augment import Normaliser
from utils.data.sets import Dataset, Split
from utils.models.checked import explained
from utils.models.networks import build
from utils.training import transfer
from utils.training.distributed import Workers
from utils.training.judging import judge
from utils.training.prediction import predict
from utils.training.recipes import recipe
from utils.training.trainer import TrainingError, TrainResult, train

TINY = recipe("fast", epochs=1, batch_size=4, small_size=0, precision="fp32")


def run(net: nn.Module, data: Dataset | None = None, **changes: object) -> TrainResult:
    config = recipe("fast", **{**vars(TINY), **changes}) if changes else TINY
    return train(net, data or dataset(), config, 0, Workers(0, 1, CPU), progress=False)


class Pair(nn.Module):
    """Returns the logits twice, as networks with an auxiliary head do."""

    def __init__(self) -> None:
        super().__init__()
        self.net = build("resnet-8", CLASSES)

    def forward(self, x: torch.Tensor) -> tuple:
        return self.net(x), self.net(x)


REFUSED = {
    "grey network": (lambda: nn.Conv2d(1, 4, 3), ValueError, r"expects 1 channels.*have 3"),
    "other size": (
        lambda: nn.Sequential(nn.Flatten(), nn.Linear(3072, CLASSES)),
        ValueError,
        "expects 3072 numbers an image and gets 768",
    ),
    "half": (lambda: build("resnet-8").half(), ValueError, r"conv1\.weight is stored in float16"),
    "double": (lambda: build("resnet-8").double(), ValueError, "computes in float64"),
    "frozen": (lambda: build("resnet-8").requires_grad_(False), ValueError, "can move"),
    "wrong head": (
        lambda: build("resnet-8", 2),
        TrainingError,
        r"returns \(4, 2\) for 4 images, but the data set has 4 classes",
    ),
    "pair": (Pair, TypeError, "returns is of the kind tuple; wrap it"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_network_that_cannot_be_trained_on_these_images_is_refused(case):
    make, kind, sentence = REFUSED[case]
    with pytest.raises(kind, match=sentence):
        run(make())


def test_labels_from_one_are_named_before_the_first_step():
    with pytest.raises(ValueError, match=r"labels run from 1 to 4 and the data set has 4 classes"):
        shifted = Split(pictures(), numbers() + 1)
        run(build("resnet-8", CLASSES), Dataset("off", tuple("abcd"), shifted, shifted, ""))


PREDICTED = {
    "half": (lambda: build("resnet-8").half(), "computes in float16 and the inputs are float32"),
    "grey": (lambda: nn.Conv2d(1, 4, 3), "expects 1 channels"),
    "maps": (lambda: nn.Conv2d(3, 4, 3), r"returns \(8, 4, 14, 14\) for 8 images"),
}


@pytest.mark.parametrize("case", PREDICTED)
def test_a_network_that_cannot_answer_is_refused(case):
    make, sentence = PREDICTED[case]
    with pytest.raises(ValueError, match=sentence):
        predict(make(), pictures(), normaliser())


def test_predictions_need_images_and_the_normaliser_of_the_training():
    net = build("resnet-8")
    with pytest.raises(ValueError, match="no images to predict"):
        predict(net, pictures()[:0], normaliser())
    with pytest.raises(TypeError, match="pass the one that it was trained with"):
        predict(net, pictures(), nn.Identity())


def test_a_run_without_a_finished_epoch_is_not_judged():
    data = dataset()
    unfinished = TrainResult(build("resnet-8", CLASSES), [], normaliser(), "fp32")
    with pytest.raises(ValueError, match="interrupted in its first epoch"):
        judge(unfinished, data.test, data.train)
    with pytest.raises(TypeError, match="pass what train"):
        judge(build("resnet-8"), data.test, data.train)


def test_a_network_without_a_head_is_refused():
    for call in (transfer.freeze_trunk, lambda n: transfer.parameter_groups(n, 0.1)):
        with pytest.raises(TypeError, match="could make classes"):
            call(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()))


def test_an_optimiser_for_nothing_is_refused():
    net = build("resnet-8").requires_grad_(False)
    with pytest.raises(ValueError, match="every parameter is frozen"):
        transfer.parameter_groups(net, 0.1)


def seconds_a_call(call, calls: int = 2000) -> float:
    rounds = []
    for _ in range(5):
        started = time.process_time()
        for _ in range(calls):
            call()
        rounds.append((time.process_time() - started) / calls)
    return min(rounds)


def test_what_is_looked_at_in_every_step_costs_less_than_three_percent_of_a_small_one(one_thread):
    """The normaliser's look and the guard around the forward pass, beside a step of 8 images."""
    images, net = pictures(), build("resnet-8", CLASSES)
    norm = Normaliser.fit(images, "channel")

    def guard() -> None:
        with explained(net, images):
            pass

    bare = seconds_a_call(lambda: (images.float() / 255 - norm.mean) / norm.sd)
    looked = seconds_a_call(lambda: norm(images))

    def step() -> None:
        nn.functional.cross_entropy(net(norm(images)), numbers()).backward()

    whole = seconds_a_call(step, calls=4)
    assert looked - bare + seconds_a_call(guard) < 0.03 * whole
