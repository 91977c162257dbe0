"""What the reader of *In your own project* writes agrees with the book, and her exercises hold."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from pathlib import Path

import pytest
import torch
from notebook_code import all_checks_are_tried, refused_code, solutions, solved
from notebook_prose import sources

from utils.data import load_folder
from utils.models import build, heads, imagenet_net, stage_shapes
from utils.models.given import load_given

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "10_your_own.ipynb"
SKIPPED = ("quick_check", "begin(", "measure_pace", "@title", "session.used")
"""Cells that the exercises do not need: forms, the first cells, and one that measures seconds."""


@pytest.fixture(scope="module")
def own() -> dict:
    """Everything that the notebook's cells define, after one run; what they print by a word."""
    names: dict = {}
    printed = io.StringIO()
    with redirect_stdout(printed):
        for source in sources(NOTEBOOK, "code"):
            if not any(word in source for word in SKIPPED) or "def waiting" in source:
                exec(source, names)
    names["printed"] = printed.getvalue()
    return names


def test_three_loaders_give_the_same_pixels(own):
    assert "yours and torchvision's are equal: True" in own["printed"]
    assert "yours and the book's are equal: True" in own["printed"]
    assert own["own"].shape == (140, 3, 32, 32)


def test_convert_clips_and_uncovers_as_the_text_says(own):
    assert "convert [0, 255, 255, 255, 255, 255]" in own["printed"]
    assert "book    [0, 51, 102, 153, 204, 255]" in own["printed"]
    assert "convert [200, 200, 200, 200, 200, 200]" in own["printed"]


def test_copies_on_both_sides_make_memory_look_good(own):
    assert own["loose"] > 0.8 > 0.5 > own["whole"]


def test_one_line_is_enough_for_another_folder(own, tmp_path):
    for name, kind in (("cat", "square"), ("dog", "circle")):
        (tmp_path / name).mkdir()
        for number in range(4):
            own["draw"](kind, number).save(tmp_path / name / f"{number}.png")
    found, labels, classes = own["load_all"](tmp_path)
    assert classes == ["cat", "dog"] and labels.tolist() == [0] * 4 + [1] * 4
    pictures, _ = load_folder(tmp_path, own["SIZE"], test_share=0.25)
    assert len(pictures.train) + len(pictures.test) == len(found)


@pytest.mark.parametrize("stem", ["ImageNet", "CIFAR"])
@pytest.mark.parametrize("pixels", [32, 64, 224])
def test_her_side_of_the_last_map_is_the_computed_one(own, stem, pixels):
    net = imagenet_net(18)
    net = heads.with_small_stem(net) if stem == "CIFAR" else net
    assert stage_shapes(net, pixels)["layer4"][1] == own["last_side"](pixels, stem)


def test_the_lenient_load_changed_nothing_and_the_loaders_agree(own):
    assert own["changed"] == []
    assert "as by hand: True" in own["printed"] and "19 of 19 layers filled" in own["printed"]


def test_the_longer_file_is_refused(own):
    with pytest.raises(own["NotGiven"], match="the file has more layers"):
        load_given(build("resnet-8-B"), own["longer"])


def test_normalisation_belongs_to_the_weights(own):
    right = own["accuracy"](own["fresh"], (own["test"] - own["MEAN"]) / own["SD"])
    raw = own["accuracy"](own["fresh"], own["test"] * 255)
    assert right > 0.9 > 0.3 > raw


def test_new_channels_keep_the_response(own):
    assert own["printed"].count("same output True") == 3
    assert torch.allclose(own["helper"].conv1.weight, own["yours"].conv1.weight)


@pytest.mark.parametrize("name", solutions(NOTEBOOK))
def test_every_solution_passes_the_check_of_its_exercise(own, name):
    solved(NOTEBOOK, name, own)


WRONG = {
    "the first loader": ("check_scan", "answer = load_picture", "levels off"),
    "all scaled": (
        "check_scan",
        "answer = lambda path: torch.tensor(np.array(Image.open(path).resize((32, 32)), float)"
        "[None] / 257) if 'check' in str(path) else torch.zeros(3, 32, 32)",
        "8-bit picture has changed",
    ),
    "minus one": ("check_labels", "answer = lambda labels: labels - 1", "became"),
    "left alone": ("check_labels", "answer = lambda labels: labels", "became"),
    "the usual width": (
        "check_half",
        "answer = lambda blocks: models.ResNet(models.Architecture(blocks))",
        "fall by 1.0",
    ),
    "a quarter of the width": (
        "check_half",
        "answer = lambda blocks: models.ResNet(models.Architecture(blocks, widths=(4, 8, 16)))",
        "fall by 1",
    ),
    "only names": (
        "check_fits",
        "answer = lambda net, state: net.state_dict().keys() == state.keys()",
        "other shape",
    ),
    "a part is enough": (
        "check_fits",
        "answer = lambda net, state: net.state_dict().keys() <= state.keys()",
        "resnet-14 in resnet-8: False",
    ),
    "lenient": (
        "check_loader",
        "answer = lambda net, state: net.load_state_dict(state, strict=False)",
        "other values",
    ),
    "no size kept": (
        "check_widened",
        "def answer(convolution, times):\n"
        "    new = nn.Conv2d(3 * times, 16, 3, padding=1, bias=False)\n"
        "    new.weight.data = convolution.weight.data.repeat(1, times, 1, 1)\n"
        "    return new",
        "times as large",
    ),
    "as it was": ("check_widened", "answer = lambda convolution, times: convolution", "count the"),
}


@pytest.mark.parametrize("slip", WRONG)
def test_a_check_refuses_a_wrong_answer_and_says_why(own, slip):
    refused_code(own, *WRONG[slip])


def test_a_loader_that_changes_the_network_before_it_refuses_is_found(own):
    def half(net, state):
        if "layer1.1.conv1.weight" in state:
            torch.nn.init.zeros_(net.conv1.weight)
            raise ValueError
        net.load_state_dict(own["renamed"])

    with pytest.raises(AssertionError, match="the network has changed"):
        own["check_loader"](half)


def test_every_exercise_has_a_check_that_a_wrong_answer_fails():
    all_checks_are_tried(NOTEBOOK, (check for check, _, _ in WRONG.values()))
