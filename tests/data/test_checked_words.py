"""What is said of images, labels and answers of another form, on both sides of each border."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from utils.data.checked import (
    described,
    need,
    need_answers,
    need_floats,
    need_images,
    need_inputs,
    need_labels,
    need_one_device,
    need_tensor,
)


def pixels(*shape: int) -> torch.Tensor:
    return torch.zeros(shape, dtype=torch.uint8)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (int, "the class int"), (torch.zeros(2, 3), "a tensor float32 (2, 3)"),
        (np.zeros(2), "a NumPy array float64 (2,)"), (None, "None"), (True, "True"), (3, "3"),
        (0.5, "0.5"), ("a", "'a'"), ((1,), "of the kind tuple"),
    ],
)  # fmt: skip
def test_a_value_is_described_in_a_few_words(value, words):
    assert described(value) == words
    with pytest.raises(TypeError) as caught:
        need(value, set, "x", "give a set")
    assert str(caught.value) == f"x is {words}; give a set"


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        (np.zeros(2), "make a tensor of it: torch.from_numpy(x)"),
        ([1, 2], "make one tensor of it: torch.tensor(x)"),
        ((), "make one tensor of it: torch.tensor(x)"),
        ([torch.zeros(1)] * 2, "make one tensor of it: torch.stack(x)"),
        ([torch.zeros(1), 1], "make one tensor of it: torch.tensor(x)"),
        (DataLoader([1]), "pass the tensors themselves, this function makes its own batches"),
        ("a", "pass a tensor"),
    ],
)
def test_what_is_no_tensor_is_told_how_to_become_one(value, advice):
    with pytest.raises(TypeError) as caught:
        need_tensor(value, "x")
    assert str(caught.value).endswith(f"; {advice}")


@pytest.mark.parametrize(
    ("shape", "channels", "advice"),
    [
        ((3, 8, 8), 3, "this is one image, so add the axis of the batch: images[None]"),
        ((8, 8, 3), 3, "this is one image with its channels last: images.permute(2, 0, 1)[None]"),
        ((4, 8, 8), 3, "an axis of channels: images[:, None].repeat(1, 3, 1, 1)"),
        ((4, 8, 8), 1, "grey images need an axis of channels: images[:, None]"),
        ((1, 8, 8), None, "add the axis of the batch: images[None]"),
        ((4, 8, 8), None, "add the axis of the batch: images[None]"),
        ((8, 8, 4), None, "channels last: images.permute(2, 0, 1)[None]"),
        ((8, 8, 1), None, "channels last: images.permute(2, 0, 1)[None]"),
        ((5, 8, 8), None, "grey images need an axis of channels: images[:, None]"),
        ((8, 8, 5), None, "grey images need an axis of channels: images[:, None]"),
        ((8, 192), 3, "if each row is one image, give it its sides: images.reshape(-1, 3, H, W)"),
        ((8, 192), None, "give it its sides: images.reshape(-1, C, H, W)"),
        ((1, 2, 3, 8, 8), 3, "bring the images into this order, one axis for each"),
        ((8,), 3, "bring the images into this order, one axis for each"),
        ((2, 8, 8, 3), 3, "(2, 8, 8, 3): channels last; call images.permute(0, 3, 1, 2)"),
        ((2, 32, 32, 4), 3, "channels last; call images.permute(0, 3, 1, 2)"),
        ((2, 32, 32, 1), 3, "channels last; call images.permute(0, 3, 1, 2)"),
        ((2, 1, 8, 4), 3, "with 1 channels, and 3 are needed; repeat the grey values: "
                          "images.repeat(1, 3, 1, 1)"),
        ((2, 4, 8, 8), 3, "leave transparency out: images[:, :3]"),
        ((2, 4, 8, 8), 1, "choose 1 of the channels, for example images[:, :1]"),
        ((2, 12, 8, 8), 3, "choose 3 of the channels, for example images[:, :3]"),
    ],
)  # fmt: skip
def test_images_of_another_shape_are_told_what_to_write(shape, channels, advice):
    with pytest.raises(ValueError) as caught:
        need_images(pixels(*shape), channels)
    assert str(caught.value).endswith(advice)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (torch.zeros(1, 3, 2, 2).long(), "images are int64, and bytes are needed; if the values"),
        (torch.zeros(0, 3, 2, 2), "images are float32, and bytes are needed; call images.to(torch"),
        (torch.full((1, 3, 2, 2), -0.5), "images are float32 from -0.5 to -0.5, as after norm"),
        (torch.ones(1, 3, 2, 2), "images are float32 between 0 and 1; multiply by 255"),
        (torch.full((1, 3, 2, 2), 1.5), "images are float32 up to 1.5; make them uint8"),
    ],
)
def test_images_of_other_values_are_told_what_to_write(values, said):
    with pytest.raises(ValueError) as caught:
        need_images(values)
    assert str(caught.value).startswith(said)


def test_images_that_fit_are_not_refused():
    need_images(pixels(0, 3, 2, 2))
    need_images(pixels(2, 12, 2, 2), channels=None)
    need_images(torch.zeros(2, 3, 2, 2), dtype=None)
    need_images(torch.zeros(2, 3, 2, 2), dtype=torch.float32)
    with pytest.raises(ValueError, match=r"images are float32 \(2, 3, 2, 2\); they must be torch"):
        need_images(torch.zeros(2, 3, 2, 2), dtype=torch.float64)
    need_inputs(torch.zeros(2, 5, 2, 2))
    with pytest.raises(
        ValueError, match=r"inputs are bytes from 0 to 255.*Normaliser\.fit\(inputs"
    ):
        need_inputs(pixels(2, 5, 2, 2))
    with pytest.raises(ValueError, match=r"with 5 channels, and 3 are needed"):
        need_inputs(torch.zeros(2, 5, 2, 2), 3)
    with pytest.raises(ValueError, match=r"x are int64, and floating-point .* call x\.float\(\)"):
        need_floats(torch.zeros(2).long(), "x")
    need_floats(torch.zeros(2).half(), "x")


def numbers(*values: int) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.int64)


@pytest.mark.parametrize(
    ("labels", "advice"),
    [
        (numbers(1, 2)[:, None], "take the column: labels.squeeze(1)"),
        (torch.eye(3).long(), "these are one-hot rows: labels.argmax(1)"),
        (torch.tensor([[1, 0], [1, 1]]), "give the number of the class for each image"),
        (torch.tensor(3), "give the number of the class for each image"),
        (torch.zeros(2, 1, 1).long(), "give the number of the class for each image"),
        (numbers(0, 1, 2), "2 images but 3 labels; give one label for each image"),
        (torch.zeros(2), "labels are float32; make them int64: labels.long()"),
        (numbers(0, -1), "labels run from -1 to 0, and classes are counted from 0; leave out the "
         "images without a class, or number the classes anew: torch.unique(labels, "
         "return_inverse=True)[1]"),
        (numbers(1, 4), "from 1 to 4 and the head has 4 classes; subtract 1: labels - 1"),
        (numbers(0, 4), "from 0 to 4 and the head has 4 classes, so labels may run to 3; "
         "name every class, or number them anew: torch.unique(labels, return_inverse=True)[1]"),
        (numbers(1, 5), "labels may run to 3; name every class, or number them anew: torch.unique("
         "labels, return_inverse=True)[1]"),
    ],
)  # fmt: skip
def test_labels_of_another_form_are_told_what_to_write(labels, advice):
    with pytest.raises(ValueError) as caught:
        need_labels(labels, classes=4, count=2, whose="the head has")
    assert str(caught.value).endswith(advice)


def test_labels_that_fit_are_not_refused():
    need_labels(numbers(0, 3), classes=4, count=2)
    need_labels(numbers(1, 3), classes=4)
    need_labels(numbers(7), count=1)
    need_labels(numbers(), classes=4, count=0)
    need_labels(torch.empty(2, dtype=torch.int64, device="meta"), classes=4)


def test_answers_have_a_column_for_the_highest_label():
    need_answers(torch.zeros(2, 3), numbers(0, 2))
    need_answers(torch.zeros(0, 0), numbers())
    with pytest.raises(
        ValueError, match="have 2 columns but labels run to 2; the network needs 3 o"
    ):
        need_answers(torch.zeros(2, 2), numbers(0, 2))
    with pytest.raises(ValueError, match=r"x have the shape \(2,\); one row an image"):
        need_answers(torch.zeros(2), numbers(0, 2), "x")
    with pytest.raises(ValueError, match="2 images but 1 labels"):
        need_answers(torch.zeros(2, 3), numbers(0))
    with pytest.raises(ValueError, match=r"x are on meta and labels on cpu.*labels\.to\('meta'\)"):
        need_answers(torch.zeros(2, 3, device="meta"), numbers(0, 1), "x")


def test_the_first_tensor_on_another_device_is_named():
    here, there = torch.zeros(1), torch.zeros(1, device="meta")
    need_one_device({"a": here, "b": here})
    need_one_device({"a": there})
    with pytest.raises(ValueError, match=r"a are on cpu and c on meta; move them: c\.to\('cpu'\)"):
        need_one_device({"a": here, "b": here, "c": there})
