"""What the reader of *Loss surfaces* writes: directions, slices, maps, exercises; and its words."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from notebook_code import (
    all_checks_are_tried,
    definitions,
    exercises,
    refused,
    refused_code,
    solutions,
    solved,
)

from utils import data
from utils.chapters.loss_surfaces import words
from utils.chapters.loss_surfaces.grids import bends_down, live_surface
from utils.chapters.loss_surfaces.recorded import label, recorded_pairs
from utils.chapters.loss_surfaces.tables import measured_table
from utils.data.augment import Normaliser
from utils.models.networks import build
from utils.probes.surfaces import Plane, axis, classification, draw_plane, evaluate_rows, grid

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "09_loss_surfaces.ipynb"


@pytest.fixture
def own() -> dict:
    """The definitions of the notebook, with a small network in the place of the trained one."""
    names = definitions(NOTEBOOK)
    images = data.load("digits")
    normaliser, test = Normaliser.fit(images.train.images, "channel"), images.test.subset(slice(16))
    torch.manual_seed(0)
    small = build("resnet-14").eval()
    names |= {"inputs": normaliser(test.images), "targets": test.labels, "small": small}
    first, second = (names["direction"](small, seed) for seed in (0, 1))
    field = torch.rand(9, 9, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    names["loss"] = classification(names["inputs"], names["targets"], batch=16)
    torch.manual_seed(1)
    names["still"] = {"plain-14": build("plain-14").eval(), "resnet-14": small}
    return names | {"first": first, "second": second, "field": field, "share": 0.5}


def test_a_slice_leaves_the_network_and_its_means_alone(own):
    before = copy.deepcopy(own["small"].state_dict())
    own["walk"](own["small"], own["direction"](own["small"], seed=3), (-1, 1), own["batch_loss"])
    after = own["small"].state_dict()
    assert all(torch.equal(tensor, after[key]) for key, tensor in before.items())


def test_a_filter_of_a_direction_is_as_long_as_the_networks(own):
    net = own["small"]
    for p, d in zip(net.parameters(), own["direction"](net, seed=0), strict=True):
        if p.dim() < 2:
            assert not d.any()
        else:
            assert torch.allclose(d.flatten(1).norm(dim=1), p.detach().flatten(1).norm(dim=1))


def test_her_direction_is_the_first_of_the_books_plane(own):
    net = own["small"]
    for seed in (0, 7):
        book = draw_plane(net, seed).first.values()
        mine = own["direction"](net, seed)
        assert all(torch.equal(a, b) for a, b in zip(mine, book, strict=True))


def test_her_map_is_the_books_and_has_her_slice_in_its_middle(own):
    net, first, second = own["small"], own["first"], own["second"]
    mine = own["terrain"](net, first, second, axis(3, 1.0))
    names = [name for name, _ in net.named_parameters()]
    plane = Plane(*(dict(zip(names, step, strict=True)) for step in (first, second)))
    loss = classification(own["inputs"], own["targets"], batch=16)
    rows = evaluate_rows(net, plane, grid(3, 1.0), loss)
    torch.testing.assert_close(mine, torch.stack([row[:, 0] for row in rows]), rtol=1e-4, atol=0)
    assert mine[1].tolist() == own["walk"](net, first, axis(3, 1.0))


def test_her_twin_computes_the_same_with_larger_weights(own):
    net, x = own["small"], own["inputs"]
    twin = own["tripled"](net)
    assert torch.equal(twin.conv1.weight, 3 * net.conv1.weight)
    torch.testing.assert_close(twin(x), net(x), rtol=1e-3, atol=1e-3)


def test_her_ridges_are_the_books(own):
    exec(solutions(NOTEBOOK)["surface-bends-down"][0].partition("check_bends")[0], own)
    found = [
        bool(own["bends_down"](own["field"][i : i + 3, j : j + 3], 0.25))
        for i in range(7)
        for j in range(7)
    ]
    assert found == bends_down(own["field"], 0.25).flatten().tolist()
    assert 0 < sum(found) < 49


@pytest.mark.parametrize("name", exercises(NOTEBOOK))
def test_every_solution_passes_the_check_of_its_exercise(own, name):
    solved(NOTEBOOK, name, own)


WRONG = {
    "one walk thrice": (
        "check_walks",
        "answer = lambda net, seeds, places: [walk(net, direction(net, 0), places)] * 3",
    ),
    "two neighbours alone": (
        "check_bends_down",
        "answer = lambda losses, spacing: losses[1, 0] + losses[1, 2] < 0",
    ),
    "without the lengths": (
        "check_cosine",
        "answer = lambda one, other: sum((a * b).sum() for a, b in zip(one, other))",
    ),
    "as it was drawn": (
        "check_walks",
        "answer = lambda net, seeds, places:"
        " [walk(net, direction(net, s, by_filter=False), places) for s in seeds]",
    ),
    "seeds in another order": (
        "check_walks",
        "answer = lambda net, seeds, places:"
        " [walk(net, direction(net, s), places) for s in sorted(seeds)]",
    ),
    "a lower neighbour": (
        "check_bends_down",
        "answer = lambda losses, spacing: (losses < losses[1, 1]).any()",
    ),
    "four lines": (
        "check_bends_down",
        "answer = lambda losses, spacing: any(losses.flatten()[4 - k] + losses.flatten()[4 + k]"
        " < 2 * losses[1, 1] for k in (1, 2, 3, 4))",
    ),
    "without a sign": (
        "check_cosine",
        "answer = lambda one, other: abs(sum((a * b).sum() for a, b in zip(one, other)))"
        " / (sum((a * a).sum() for a in one) * sum((b * b).sum() for b in other)) ** 0.5",
    ),
    "nothing": ("check_walks", "answer = lambda *given: None"),
    "another network": (
        "check_walks",
        "answer = lambda net, seeds, places:"
        " [walk(small, direction(small, s), places) for s in seeds]",
    ),
    "places of its own": (
        "check_walks",
        "answer = lambda net, seeds, places:"
        " [walk(net, direction(net, s), (-1, 0, 1)) for s in seeds]",
    ),
    "only the first": (
        "check_walks",
        "answer = lambda net, seeds, places: walk(net, direction(net, seeds[0]), places)",
    ),
    "a dictionary": (
        "check_walks",
        "answer = lambda net, seeds, places:"
        " {s: walk(net, direction(net, s), places) for s in seeds}",
    ),
} | {
    f"a mixed difference over {over}": (
        "check_bends_down",
        f"answer = lambda losses, spacing: curved(losses, spacing**2, {over} * spacing**2)",
    )
    for over in (1, 2, 3, 5, 8)
} | {
    "a spacing without its square": (
        "check_bends_down",
        "answer = lambda losses, spacing: curved(losses, spacing, 4 * spacing**2)",
    )
}  # fmt: skip


def curved(losses, pure: float, mixed: float) -> bool:
    """Whether the Hessian of nine losses has a negative eigenvalue, by what is divided by."""
    along = (losses[1, 0] - 2 * losses[1, 1] + losses[1, 2]) / pure
    across = (losses[0, 1] - 2 * losses[1, 1] + losses[2, 1]) / pure
    both = (losses[0, 0] + losses[2, 2] - losses[0, 2] - losses[2, 0]) / mixed
    return bool(along < 0 or along * across < both**2)


def test_other_forms_of_right_answers_pass(own, capsys):
    own["check_bends_down"](lambda losses, spacing: curved(losses, spacing**2, 4 * spacing**2))
    walk, direction = own["walk"], own["direction"]
    own["check_walks"](
        lambda net, seeds, places: (tuple(walk(net, direction(net, s), places)) for s in seeds)
    )
    assert len(capsys.readouterr().out.splitlines()) == 2


@pytest.mark.parametrize("check", ["check_walks", "check_bends_down", "check_cosine"])
def test_a_result_in_place_of_a_function_gets_a_sentence(own, check):
    refused(own[check], [[1.0, 2.0, 3.0]], "give it the function itself")


@pytest.mark.parametrize("slip", WRONG)
def test_a_check_refuses_a_wrong_answer_and_one_that_is_nearly_right(own, slip):
    names = own | {"curved": curved}
    refused_code(names, *WRONG[slip], r"expected .*, (your|not)|nothing|three|seeds, ")


def test_every_exercise_has_a_check_that_a_wrong_answer_fails():
    all_checks_are_tried(NOTEBOOK, (check for check, _ in WRONG.values()))


@pytest.mark.parametrize("group", ["slices_14", "slices_56", "how_sliced"])
def test_a_group_gives_text_for_every_name(group):
    found = getattr(words, group)()
    assert all(isinstance(text, str) for text in found.values())
    assert all(text for name, text in found.items() if name != "waiting")
    assert not any("nan" in text for text in found.values())


def test_near_the_middle_no_kind_of_network_of_14_layers_bends_down_less_in_every_seed():
    near = words.slices_14()
    pairs = [
        [float(near[f"near_{kind}_{seed}"].split("\u00a0")[0]) for kind in ("plain", "residual")]
        for seed in range(3)
    ]
    assert {plain > residual for plain, residual in pairs} == {True, False}


def test_every_network_of_a_pair_has_its_row_among_the_records():
    text = measured_table().markup
    for pair in recorded_pairs():
        for found in pair:
            assert f"{label(found)} ({found.task.experiment})" in text


def test_a_quadratic_gives_her_slice_the_curvature_on_paper(own):
    torch.manual_seed(0)
    line, a = torch.nn.Linear(4, 1).double(), torch.randn(50, 4).double()

    def squared(net):
        with torch.no_grad():
            return (net(a) ** 2).mean().item()

    step = own["direction"](line, seed=0)
    left, middle, right = own["walk"](line, step, (-0.5, 0, 0.5), squared)
    curvature = (left - 2 * middle + right) / 0.5**2
    assert curvature == pytest.approx(2 * float(((a @ step[0].T) ** 2).mean()))
    row = live_surface(line, lambda net: (squared(net),), steps=5)[2]
    assert row[[1, 2, 3]].tolist() == pytest.approx([left, middle, right])
