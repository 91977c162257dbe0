"""What the chapter on residual mathematics has its reader write: cells, checks, solutions."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
import torch
from notebook_code import solutions

from utils.chapters.residual_math import plots
from utils.facts.files import book_data
from utils.miniatures.jacobians import draw_input
from utils.notebook.frame import END_TAG

CHAPTER = Path(__file__).parents[2] / "notebooks" / "01_residual_math.ipynb"


@pytest.fixture(scope="module")
def chapter() -> dict:
    """What the chapter's cells define, after a run of all of them in order."""
    begun = {"session": SimpleNamespace(dataset="digits"), "book_data": book_data}
    hidden = {"bootstrap", "begin", "remove-input", "remove-output", END_TAG}
    for cell in nbformat.read(CHAPTER, as_version=4).cells:
        if cell.cell_type == "code" and hidden.isdisjoint(cell.metadata.get("tags", [])):
            exec(cell.source, begun)
    return begun


def test_tensor_a_of_the_message_is_the_left_operand(chapter):
    message = chapter["message"]
    told = message((2, 128, 32, 32), (2, 64, 32, 32))
    assert re.search(r"tensor a \(128\) .* tensor b \(64\) at non-singleton dimension 1", told)
    swapped = message((2, 64, 32, 32), (2, 128, 32, 32))
    assert re.search(r"tensor a \(64\) .* tensor b \(128\) at non-singleton dimension 1", swapped)
    both = message((2, 128, 16, 16), (2, 64, 32, 32))
    assert re.search(r"tensor a \(16\) .* tensor b \(32\) at non-singleton dimension 3", both)


def test_published_figures_tell_their_finding(chapter):
    shown = [
        plots.spectra_of_twenty_blocks(draw_input()),
        plots.growth_of_four_rules(chapter["followed"]),
        plots.lengths_of_54_blocks(chapter["shares"]),
    ]
    for figure, told in zip(shown, ("b = 0.22", "batch norm", "number of paths"), strict=True):
        assert told in figure.markup


def test_cells_are_short():
    cells = [c for c in nbformat.read(CHAPTER, as_version=4).cells if c.cell_type == "code"]
    assert all(len(cell.source.splitlines()) <= 20 for cell in cells)


SOLUTIONS = {name: blocks[0] for name, blocks in solutions(CHAPTER).items()}
PRINTED = {
    "inplace-relu": "False True\nthe input is as it was\n",
    "minus-sign": "the twin gives the same numbers\n",
    "forgotten-norm": "['1.bias', '1.num_batches_tracked', '1.running_mean', '1.running_var', "
    "'1.weight']\nthese five are missing\n",
    "stride-in-one": "2 gives (1, 8, 2, 2)\nrefused: (1, 8, 1, 1) and (1, 8, 2, 2)\n",
    "near-cancellation": "right for two blocks\n",
    "divided-branches": "the chain listens to b\n",
}


@pytest.mark.parametrize("name", PRINTED)
def test_solution_passes_its_check_and_shows_what_it_says(name, chapter, capsys):
    exec(SOLUTIONS[name], dict(chapter))
    assert capsys.readouterr().out.endswith(PRINTED[name])


@pytest.mark.parametrize(
    ("check", "wrong"),
    [
        ("check_input", lambda chapter: [lambda x: x + x.relu_()]),
        ("check_refuses", lambda chapter: [lambda out, x: out + x]),
        ("check_missing", lambda chapter: [["1.weight"]]),
        ("check_twin", lambda chapter: [lambda x, w: chapter["run_chain"](x, w)[0], lambda w: w]),
        ("check_left", lambda chapter: [lambda sign, epsilon, blocks: 1.0]),
        ("check_growth", lambda chapter: [lambda b: (torch.ones(1), torch.zeros(1))]),
    ],
)
def test_a_check_refuses_a_wrong_answer(check, wrong, chapter):
    with pytest.raises(AssertionError, match=r"\w"):
        chapter[check](*wrong(chapter))


def test_every_exercise_has_a_solution_that_is_tested():
    assert set(SOLUTIONS) == set(PRINTED)


def test_near_cancellation_leaves_the_powers_that_the_solution_names(chapter, capsys):
    exec(SOLUTIONS["near-cancellation"], dict(chapter))
    lines = capsys.readouterr().out.splitlines()[:2]
    left = [float(line.split()[1]) for line in lines]
    assert left == pytest.approx([0.1**10, 1.9**10])
    assert 500 < left[1] < 700


def test_divided_branches_add_their_own_size_or_next_to_nothing(chapter, capsys):
    exec(SOLUTIONS["divided-branches"], dict(chapter))
    shown = capsys.readouterr().out.splitlines()[:2]
    lines = [re.split("[: ]+(?=[0-9])", line) for line in shown]
    assert {name: 0.5 < float(added) < 2 for name, _, added in lines} == {
        "by root": True,
        "by L": False,
    }
