"""Every public function that takes images, labels or a network says at once what does not fit."""

import re

import pytest
import torch
from public_functions import found
from wrong_inputs import CASES, EXCUSED, excuse, provoke
from wrong_rows import ROWS
from wrong_values import numbers, pictures

from utils.data.augment import Augmenter, Normaliser, epoch_batches, training_zoom
from utils.data.checked import need, need_images, need_labels


@pytest.mark.parametrize(
    ("name", "argument", "make", "sentence"),
    CASES,
    ids=[
        f"{name.removeprefix('utils.')}-{argument}-{i}"
        for i, (name, argument, *_) in enumerate(CASES)
    ],
)
def test_a_wrong_input_is_refused_with_the_sentence_that_helps(name, argument, make, sentence):
    with pytest.raises((TypeError, ValueError), match=sentence) as refusal:
        provoke(name, argument, make())
    # The checks themselves say the name that they are given, and a network is named by its class.
    # A sentence about a pair names the labels.
    if not name.startswith("utils.data.checked.") and argument != "net":
        said = re.findall(r"\w+", str(refusal.value))
        assert {argument, "labels"} & set(said), "the refusal calls the argument by another name"


def test_every_public_function_has_a_row_for_each_such_argument_or_an_excuse():
    missing = {
        name: [argument for argument in arguments if argument not in ROWS.get(name, {})]
        for name, arguments in found().items()
        if name in ROWS or excuse(name) is None
    }
    excused = {
        ("utils.models.surgery.replace_modules", "kinds"),
        ("utils.models.surgery.replace_modules", "make"),
        ("utils.probes.surfaces.draw_plane", "rule"),
        ("utils.probes.surfaces.move", "centre"),
        ("utils.probes.surfaces.evaluate_rows", "evaluate"),
        ("utils.probes.strangers.need_measurable", "layers"),
        ("utils.miniatures.jacobians.relative_gap", "truth"),
        *(("utils.probes.diagnosis.diagnose", name) for name in ("images", "labels")),
        *(("utils.probes.memory.ways_to_save", name) for name in ("images", "labels")),
    }
    assert {(name, a) for name, arguments in missing.items() for a in arguments} <= excused


def test_no_row_and_no_excuse_is_for_a_function_that_is_gone():
    listed = found()
    assert set(ROWS) <= set(listed)
    used = {excuse(name) for name in listed if name not in ROWS}
    assert set(EXCUSED) == used - {None}


def test_a_function_that_is_new_is_found(monkeypatch):
    from utils.data import augment

    def blur(images: torch.Tensor) -> torch.Tensor:
        return images

    blur.__module__ = augment.__name__
    monkeypatch.setattr(augment, "blur", blur, raising=False)
    assert found()["utils.data.augment.blur"] == ["images"]
    assert excuse("utils.data.augment.blur") is None


def test_what_fits_passes():
    need_images(pictures())
    need_images(pictures().float(), dtype=torch.float32)
    need_images(pictures()[:, :1], channels=1)
    need_labels(numbers(), classes=4, count=8)
    need_labels(numbers()[:0], classes=4)
    need(3, int, "steps", "give a number")


@pytest.mark.parametrize(
    ("shape", "channels", "sentence"),
    [
        ((8, 16, 16, 1), 3, r"channels last; call images\.permute"),
        ((8, 4, 16, 16), 3, r"leave transparency out: images\[:, :3\]"),
        ((8, 12, 16, 16), 3, r"choose 3 of the channels"),
        ((16, 16, 3), 3, r"channels last: images\.permute\(2, 0, 1\)\[None\]"),
        ((8, 16, 16), 1, r"images\[:, None\]$"),
        ((8, 2, 3, 16, 16), 3, r"bring the images into this order"),
    ],
)
def test_shapes_are_told_apart(shape, channels, sentence):
    with pytest.raises(ValueError, match=sentence):
        need_images(torch.zeros(shape, dtype=torch.uint8), channels=channels)


def test_the_way_back_to_bytes_that_is_advised_is_right():
    """What the sentences say is carried out, and gives the images again."""
    images = pictures()
    assert torch.equal((images / 255 * 255).round().to(torch.uint8), images)
    assert torch.equal(images.permute(0, 2, 3, 1).permute(0, 3, 1, 2), images)
    one_hot = torch.nn.functional.one_hot(numbers())
    assert torch.equal(one_hot.argmax(1), numbers())
    assert torch.equal(torch.unique(numbers() * 7 - 7, return_inverse=True)[1], numbers())
    need_images(images[:, 0][:, None].repeat(1, 3, 1, 1))


def test_a_mean_image_of_another_size_is_not_broadcast():
    normaliser = Normaliser.fit(pictures(), "pixel-mean")
    with pytest.raises(ValueError, match="mean image of 16 x 16, and images are 1 x 1"):
        normaliser(pictures()[:, :, :1, :1])


def test_a_channel_that_never_varies_is_not_divided_by_zero():
    with pytest.raises(ValueError, match="sd must be positive"):
        Normaliser.fit(torch.full((4, 3, 8, 8), 7, dtype=torch.uint8), "channel")
    with pytest.raises(ValueError, match="no images to take the mean of"):
        Normaliser.fit(pictures()[:0], "channel")


def test_images_that_are_not_square_are_not_squeezed():
    oblong = pictures()[:, :, :, :12]
    for ask in (lambda: Augmenter(oblong, "pad", True), lambda: training_zoom(oblong)):
        with pytest.raises(
            ValueError, match=r"16 x 12 and must be square.*centre_crop\(images, 12\)"
        ):
            ask()


def test_batches_come_from_an_augmenter():
    with pytest.raises(TypeError, match="pass Augmenter"):
        next(epoch_batches(pictures(), 4, 0, 0))
