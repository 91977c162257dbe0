"""The lesion lab: the graph is the network, and the browser computes what PyTorch computes.

The tests in a browser need the built book.
"""

from __future__ import annotations

import copy
import hashlib
import re
from itertools import combinations

import fresh
import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

from utils.chapters.lesion_lab import (
    CLASSES,
    answer,
    block_places,
    gates_without,
    logits,
    percent,
    trained,
)
from utils.facts.lab_pictures import (
    SIZE,
    Picture,
    PictureError,
    Shape,
    load_pictures,
    paint,
    pictures,
)
from utils.files.places import ROOT
from utils.models.networks import build
from utils.probes.gates import forward
from utils.probes.onnx_export import gated_graph

VENDOR = ROOT / "book" / "_static" / "vendor"
TOLERANCE = 1e-4
SINGLE = [gates_without(number) for number in range(1, 10)]
RANDOM = np.random.default_rng(0).integers(0, 2, (12, 9)).astype(float).tolist()
PATTERNS = [gates_without(), *SINGLE, [0.0] * 9, *RANDOM]


# The graph ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def session() -> onnxruntime.InferenceSession:
    graph = gated_graph(trained().net, trained().normaliser)
    return onnxruntime.InferenceSession(graph.SerializeToString())


def as_input(pixels: np.ndarray) -> np.ndarray:
    """What the graph takes: float (1, 3, 32, 32) from 0 to 1."""
    return (pixels.transpose(2, 0, 1)[None] / 255).astype(np.float32)


@pytest.mark.parametrize("gates", PATTERNS, ids=lambda g: "".join(f"{x:.0f}" for x in g))
def test_graph_gives_pytorchs_logits_and_maps(session, gates):
    pixels = np.random.default_rng(1).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    for seen in (pixels, paint(pictures()["cat"])):
        found = session.run(
            None, {"image": as_input(seen), "gates": np.array(gates, dtype=np.float32)}
        )
        inputs = trained().normaliser(torch.from_numpy(seen).permute(2, 0, 1)[None])
        with torch.inference_mode():
            expected, maps = forward(trained().net, inputs, gates)
        for ours, theirs in zip(found, [expected, *maps], strict=True):
            np.testing.assert_allclose(ours, theirs.numpy(), atol=TOLERANCE, rtol=1e-4)


def test_graph_names_its_inputs_and_outputs(session):
    assert [(x.name, x.shape) for x in session.get_inputs()] == [
        ("image", [1, 3, 32, 32]),
        ("gates", [9]),
    ]
    shapes = {x.name: x.shape for x in session.get_outputs()}
    assert shapes["logits"] == [1, 10]
    assert shapes["stem"] == shapes["block3"] == [1, 16, 32, 32]
    assert shapes["block4"] == [1, 32, 16, 16] and shapes["block9"] == [1, 64, 8, 8]


def test_network_with_all_gates_open_is_the_network():
    x = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        found, _ = forward(trained().net, x, gates_without())
        torch.testing.assert_close(found, trained().net(x), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("number", range(1, 10))
def test_a_closed_gate_is_a_branch_whose_last_normalisation_is_zero(number):
    net = copy.deepcopy(trained().net)
    block = [block for stage in net.stages for block in net.get_submodule(stage)][number - 1]
    nn.init.zeros_(block.bn2.weight)
    nn.init.zeros_(block.bn2.bias)
    x = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        found, _ = forward(trained().net, x, gates_without(number))
        torch.testing.assert_close(found, net(x), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("model", ["plain-14", "bottleneck-11", "resnet-14-B"])
def test_networks_without_an_option_a_shortcut_are_refused(model):
    with pytest.raises(ValueError, match=r"layer1|layer2"):
        gated_graph(build(model), trained().normaliser)


def test_a_wrong_number_of_gates_is_told():
    with pytest.raises(ValueError, match="8 gates for 9 blocks"):
        forward(trained().net, torch.zeros(1, 3, 32, 32), [1.0] * 8)


def test_notebooks_do_without_onnx():
    modules = "utils.practice.widgets, utils.chapters.lesion_lab"
    code = f"import sys, {modules}; sys.exit('onnx' in sys.modules)"
    assert fresh.run(code).returncode == 0


def test_blocks_stand_where_the_paper_puts_them():
    places = block_places()
    assert [b.stage for b in places] == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert [(b.channels, b.size) for b in places[::3]] == [(16, 32), (32, 16), (64, 8)]
    assert [b.number for b in places if b.first] == [4, 7]


# The pictures and the sentences on the page ------------------------------------------------------


def picture(*shapes: Shape) -> Picture:
    return Picture.model_construct(ground=["#000000", "#000000"], shapes=shapes)


def test_pixels_are_means_of_what_is_painted():
    corners = ((0, 0), (1, 0), (1, 1.5 / SIZE), (0, 1.5 / SIZE))
    stripes = {"polygon": corners, "box": (0, 0, 1, 1.5 / SIZE)}
    for kind, numbers in stripes.items():
        pixels = paint(picture(Shape(kind=kind, numbers=numbers, colour="#ffffff")))
        assert (pixels[0] == 255).all() and (pixels[1] == 128).all() and (pixels[2:] == 0).all()
    middle = (0.5, 0.5, 0.25, 0.25)
    pixels = paint(picture(Shape(kind="ellipse", numbers=middle, colour="#646464")))
    assert pixels[16, 16, 0] == 100 and pixels[0, 0, 0] == 0
    area = np.pi * 8**2 * 100
    assert pixels[..., 0].sum() == pytest.approx(area, rel=0.01)


GOOD = """boat:
  class: ship
  alt: A boat
  ground: ["#000000", "#ffffff"]
  shapes:
    - {colour: "#ff0000", box: [0, 0.5, 1, 1]}
"""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("boat:", "boat: [", "cannot be read"),
        (GOOD, "- a", "must map names"),
        ("boat:", "the boat 2:", "small letters"),
        ("  alt: A boat\n", "", "picture boat: alt is missing"),
        ("class: ship", "class: boat", "boat: class must be one of 'airplane', 'automobile'"),
        ('"#ffffff"', "white", "boat: ground must be two colours"),
        ("box: [0, 0.5, 1, 1]", "circle: [0, 0]", "boat, shape 1: needs colour"),
        ("box: [0, 0.5, 1, 1]", "box: [0, 0.5, 1]", "boat, shape 1: box takes four numbers"),
        ("box: [0, 0.5, 1, 1]", "polygon: [[0, 0], [1, 1]]", "polygon takes at least three pairs"),
    ],
)
def test_a_malformed_picture_names_file_picture_and_fault(tmp_path, old, new, words):
    path = tmp_path / "pictures.yml"
    path.write_text(GOOD, encoding="utf-8")
    assert load_pictures(path)["boat"].drawn == "ship"
    path.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PictureError, match=r"^pictures\.yml") as caught:
        load_pictures(path)
    assert words in str(caught.value)


def test_every_drawing_is_recognised_by_the_intact_network():
    assert all(answer(name, gates_without()).right for name in pictures())
    assert all(answer(name, gates_without()).probability > 0.9 for name in pictures())


def survivors(*off: int) -> set[str]:
    """The drawings that keep their answer."""
    return {name for name in pictures() if answer(name, gates_without(*off)).right}


def test_the_experiments_show_what_the_page_says():
    every = set(pictures())
    kept = [name for number in range(1, 10) for name in survivors(number)]
    assert len(kept) > 0.8 * 9 * len(every)
    assert survivors(3) == {"ship", "horse"}
    assert answer("ship", gates_without(3)).probability > 0.99
    assert answer("horse", gates_without(3)).probability < 0.6
    assert answer("automobile", gates_without(3)).said == "truck"
    for number in (5, 6):
        assert answer("automobile", gates_without(number)).probability > 0.98
    assert survivors(4) == every and survivors(7) == every - {"ship"}
    assert survivors(9) == every
    assert all(answer(name, gates_without(9)).probability < 0.6 for name in every)
    assert survivors(1) == survivors(2) == every
    assert survivors(1, 2) == {"ship"}
    assert len(survivors(4, 5, 6)) == len(every) / 2


def test_seven_pairs_harm_the_cat_although_each_block_alone_does_not():
    alone = [number for number in range(1, 10) if "cat" in survivors(number)]
    pairs = [pair for pair in combinations(alone, 2) if "cat" not in survivors(*pair)]
    assert len(pairs) == 7
    assert sum(7 in pair for pair in pairs) == 4


def test_half_of_block_3_is_nearly_the_whole_for_all_but_the_airplane():
    for name in set(pictures()) - {"airplane"}:
        assert answer(name, [1.0, 1.0, 0.5] + 6 * [1.0]).probability > 0.95
    assert 0.2 < answer("airplane", [1.0, 1.0, 0.5] + 6 * [1.0]).probability < 0.7


def test_the_channels_shown_are_zero_where_a_shape_changes_and_the_branch_is_off():
    for number in (4, 7):
        _, maps = forward(trained().net, torch.rand(1, 3, 32, 32), gates_without(number))
        assert (maps[number][:, :3] == 0).all() and maps[number].sum() > 0


def test_without_any_block_every_picture_gets_the_same_answer():
    for name in pictures():
        shares = logits(paint(pictures()[name]), [0.0] * 9).softmax(0)
        assert CLASSES[int(shares.argmax())] == "airplane" and shares.max() < 0.4


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.0049, "< 1 %"), (0.005, "0 %"), (0.71, "71 %"), (0.994, "99 %"), (0.995, "> 99 %")],
)
def test_shares_have_open_ends(share, words):
    assert percent(share).replace("\N{NO-BREAK SPACE}", " ") == words


# The files ---------------------------------------------------------------------------------------


def test_engine_is_the_one_that_was_published():
    readme = (VENDOR / "README.md").read_text(encoding="utf-8")
    (row,) = [line for line in readme.splitlines() if line.startswith("| `onnxruntime-web/`")]
    stated = dict(re.findall(r"`(ort[\w.-]+)`, SHA-256 `([0-9a-f]{64})`", row))
    folder = VENDOR / "onnxruntime-web"
    code = {path.name for path in folder.iterdir() if path.suffix in (".mjs", ".wasm")}
    assert set(stated) == code
    for name, digest in stated.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert (folder / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")
