"""Crops, flips and scales are what the recipes say, drawn image by image."""

import pytest
import torch
from torchvision.transforms.v2 import functional as tv

from utils import data
from utils.data.augment import (
    Augmenter,
    Normaliser,
    centre_crop,
    epoch_batches,
    shrink,
    stretch,
    training_zoom,
)


@pytest.fixture
def images():
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (16, 3, 32, 32), dtype=torch.uint8, generator=generator)


def test_a_crop_and_flip_are_those_of_torchvision(images):
    augmenter = Augmenter(images, "pad", flip=True)
    index = torch.tensor([3, 5, 5])
    choices = torch.tensor([[0, 8, 0], [4, 4, 1], [7, 2, 1]])
    batch = augmenter.apply(index, choices)
    for out, i, (top, left, flip) in zip(batch, index, choices.tolist(), strict=True):
        expected = tv.crop(tv.pad(images[i], [4]), top, left, 32, 32)
        assert torch.equal(out, tv.horizontal_flip(expected) if flip else expected)


def test_reflected_margin_is_that_of_torchvision(images):
    augmenter = Augmenter(images, "reflect", flip=False, margin=2)
    batch = augmenter.apply(torch.tensor([1]), torch.tensor([[0, 4, 0]]))
    assert torch.equal(
        batch[0], tv.crop(tv.pad(images[1], [2], padding_mode="reflect"), 0, 4, 32, 32)
    )


def test_stretch_is_torchvisions_resize_to_one_grey_level(images):
    ours = stretch(images, 40).int()
    theirs = tv.resize(images, [40, 40], antialias=True).int()
    assert (ours - theirs).abs().max() <= 1


def test_training_zoom_is_resize_40_and_centre_crop_32(images):
    expected = centre_crop(stretch(images, 40), 32)
    assert torch.equal(training_zoom(images), expected)
    assert training_zoom(images).shape == images.shape


def test_each_image_of_a_batch_has_its_own_crop_and_flip():
    ramp = torch.arange(32 * 32).remainder(256).to(torch.uint8).reshape(1, 1, 32, 32)
    same = ramp.expand(64, 3, 32, 32).contiguous()
    ((_, batch),) = epoch_batches(Augmenter(same, "pad", flip=True), 64, seed=0, epoch=0)
    assert len({image.numpy().tobytes() for image in batch}) > 40


def test_all_offsets_and_both_flips_occur(images):
    augmenter = Augmenter(images, "pad", flip=True)
    choices = augmenter.draw(torch.Generator().manual_seed(0), 2000)
    assert set(choices[:, 0].tolist()) == set(choices[:, 1].tolist()) == set(range(9))
    assert set(choices[:, 2].tolist()) == {0, 1}


def test_without_crop_and_flip_images_come_unchanged(images):
    augmenter = Augmenter(images, "none", flip=False)
    for index, batch in epoch_batches(augmenter, 4, seed=0, epoch=0):
        assert torch.equal(batch, images[index])


def test_an_epoch_is_a_permutation_and_another_epoch_another_one(images):
    augmenter = Augmenter(images, "none", flip=False)
    orders = [
        torch.cat([index for index, _ in epoch_batches(augmenter, 4, seed=0, epoch=e)])
        for e in (0, 0, 1)
    ]
    assert sorted(orders[0].tolist()) == list(range(16))
    assert torch.equal(orders[0], orders[1])
    assert not torch.equal(orders[0], orders[2])


def test_processes_share_each_batch_without_overlap(images):
    augmenter = Augmenter(images, "pad", flip=True)
    whole = list(epoch_batches(augmenter, 8, seed=3, epoch=2))
    shares = [list(epoch_batches(augmenter, 8, 3, 2, rank, 2)) for rank in (0, 1)]
    for (index, batch), first, second in zip(whole, *shares, strict=True):
        assert torch.equal(torch.stack([first[0], second[0]], 1).flatten(), index)
        assert torch.equal(torch.stack([first[1], second[1]], 1).flatten(0, 1), batch)


def test_normalisers_do_what_their_names_say():
    images = data.load("digits").train.images
    channel = Normaliser.fit(images, "channel")(images)
    assert channel.mean((0, 2, 3)).abs().max() < 1e-5
    assert (channel.std((0, 2, 3)) - 1).abs().max() < 1e-3
    pixel = Normaliser.fit(images, "pixel-mean")(images)
    assert pixel.mean(0).abs().max() < 1e-5
    plain = Normaliser.fit(images, "none")(images)
    assert torch.equal(plain, images.float() / 255)


def test_shrink_averages():
    x = torch.full((1, 3, 32, 32), 0.25)
    assert torch.allclose(shrink(x, 24), torch.full((1, 3, 24, 24), 0.25))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda images: Augmenter(images, "zoom", True), "unknown enlargement"),
        (lambda images: Normaliser.fit(images, "whiten"), "unknown normalisation"),
        (lambda i: next(epoch_batches(Augmenter(i, "none", False), 17, 0, 0)), "larger than"),
        (lambda i: next(epoch_batches(Augmenter(i, "none", False), 5, 0, 0, 0, 2)), "divide"),
    ],
)
def test_bad_input_says_what_is_wrong(images, call, message):
    with pytest.raises(ValueError, match=message):
        call(images)
