"""A slip does to a network what its name says, and leaves the network as it was."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from utils.data.augment import Normaliser
from utils.models.networks import build
from utils.probes.slips import (
    SLIPS,
    Subject,
    answers,
    as_jpeg,
    blue_first,
    folders_sorted_as_text,
    in_training_mode,
    normalised_by,
    reshaped,
    rightly,
    transposed,
)

IMAGES = 24
MEAN, SD = (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)


@pytest.fixture(scope="module")
def subject() -> Subject:
    """A network whose answers depend on place, colour and size of what it sees."""
    torch.manual_seed(0)
    net = build("resnet-8")
    images = torch.randint(0, 256, (IMAGES, 3, 32, 32), dtype=torch.uint8)
    images[:, 0] //= torch.arange(1, IMAGES + 1, dtype=torch.uint8)[:, None, None]
    images[:, 1, :16] //= 3
    normaliser = Normaliser(*(torch.tensor(v).view(1, 3, 1, 1) for v in (MEAN, SD)))
    net.train()(normaliser(images))
    nn.init.normal_(net.fc.weight)
    return Subject(net.eval(), normaliser, images, torch.arange(IMAGES) % 10)


@pytest.mark.parametrize("key", SLIPS)
def test_a_slip_answers_every_image_and_leaves_the_network_alone(subject, key):
    before = {k: v.clone() for k, v in subject.net.state_dict().items()}
    state = torch.get_rng_state()
    given = SLIPS[key].answer(subject)
    assert given.shape == (IMAGES,) and given.dtype == torch.int64
    assert not subject.net.training
    assert all(torch.equal(v, before[k]) for k, v in subject.net.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)


def test_without_a_slip_the_answers_are_those_of_the_network(subject):
    with torch.no_grad():
        expected = subject.net(subject.normaliser(subject.images)).argmax(1)
    assert torch.equal(rightly(subject), expected)


def test_the_answers_of_this_network_depend_on_what_slips_change(subject):
    right = rightly(subject)
    same = {key for key, slip in SLIPS.items() if torch.equal(slip.answer(subject), right)}
    assert same == {"none"}


@pytest.mark.parametrize(("key", "mean", "sd"), [
    ("unnormalised", (0.0,) * 3, (1.0,) * 3),
    ("halves", (0.5,) * 3, (0.5,) * 3),
    ("imagenet", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
])  # fmt: skip
def test_another_normalisation_is_what_its_name_says(subject, key, mean, sd):
    shaped = (torch.tensor(v).view(1, 3, 1, 1) for v in (mean, sd))
    inputs = Normaliser(*shaped)(subject.images)
    assert torch.equal(SLIPS[key].answer(subject), answers(subject, inputs))


def test_the_right_mean_and_deviation_are_no_slip(subject):
    assert torch.equal(normalised_by(MEAN, SD)(subject), rightly(subject))


def test_undivided_pixels_are_255_times_as_large(subject):
    mean, sd = subject.normaliser.mean, subject.normaliser.sd
    inputs = (subject.images.float() - mean) / sd
    assert torch.equal(SLIPS["undivided"].answer(subject), answers(subject, inputs))


def test_normalised_twice_is_the_normalisation_of_the_normalised(subject):
    mean, sd = subject.normaliser.mean, subject.normaliser.sd
    once = (subject.images.float() / 255 - mean) / sd
    assert torch.equal(SLIPS["twice"].answer(subject), answers(subject, (once - mean) / sd))


def test_training_mode_takes_the_statistics_of_each_batch(subject):
    batch = subject.normaliser(subject.images[:4])
    net = build("resnet-8")
    net.load_state_dict(subject.net.state_dict())
    with torch.no_grad():
        expected = net.train()(batch).argmax(1)
    assert torch.equal(in_training_mode(4)(subject)[:4], expected)


def test_sorted_batches_hold_one_class_and_answers_come_back_in_order(subject):
    alike = Subject(subject.net, subject.normaliser, subject.images, torch.zeros(IMAGES).long())
    of_one = in_training_mode(5, sort=True)(alike)
    assert torch.equal(of_one, in_training_mode(5)(alike))
    ninth = (subject.labels == 9).nonzero()[:, 0]
    net = build("resnet-8")
    net.load_state_dict(subject.net.state_dict())
    order = subject.labels.argsort(stable=True)
    last = subject.normaliser(subject.images[order[-2:]])
    with torch.no_grad():
        expected = net.train()(last).argmax(1)
    assert torch.equal(order[-2:], ninth)
    assert torch.equal(in_training_mode(11, sort=True)(subject)[ninth], expected)


def test_statistics_left_out_are_mean_nought_and_variance_one(subject):
    net = build("resnet-8")
    state = subject.net.state_dict()
    net.load_state_dict({k: v for k, v in state.items() if "running" not in k}, strict=False)
    inputs = subject.normaliser(subject.images)
    expected = answers(subject, inputs, net.eval())
    assert torch.equal(SLIPS["statistics"].answer(subject), expected)


def test_the_second_folder_in_the_order_of_text_is_number_ten(subject):
    right, read = rightly(subject), folders_sorted_as_text(subject)
    meant = {0: 0, 1: 9, 2: 1, 3: 2, 4: 3, 5: 4, 6: 5, 7: 6, 8: 7, 9: 8}
    assert read.tolist() == [meant[label] for label in right.tolist()]


def test_pixels_change_as_said():
    images = torch.arange(2 * 3 * 4 * 4, dtype=torch.uint8).view(2, 3, 4, 4)
    assert torch.equal(blue_first(images)[:, 0], images[:, 2])
    assert torch.equal(transposed(images)[0, 0, 1, 2], images[0, 0, 2, 1])
    assert torch.equal(reshaped(images)[0, 0, 0], images[0, :, 0, :2].T.reshape(-1)[:4])


def test_jpeg_changes_noise_and_keeps_an_even_area():
    noise = torch.randint(0, 256, (1, 3, 16, 16), dtype=torch.uint8)
    even = torch.full((1, 3, 16, 16), 128, dtype=torch.uint8)
    assert (as_jpeg(noise).float() - noise.float()).abs().mean() > 5
    assert (as_jpeg(even).float() - even.float()).abs().max() <= 1


def test_every_slip_but_the_right_way_names_a_check():
    assert [key for key, slip in SLIPS.items() if not slip.check] == ["none"]
    assert len({slip.name for slip in SLIPS.values()}) == len(SLIPS)
