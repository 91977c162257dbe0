"""What the chapter on residual mathematics has its reader write: cells, checks, solutions."""

from __future__ import annotations

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
import torch
from notebook_code import refused, solutions
from torch import nn

from utils.chapters.residual_math import plots
from utils.facts.files import book_data
from utils.miniatures.jacobians import draw_input
from utils.notebook.frame import END_TAG

CHAPTER = Path(__file__).parents[2] / "notebooks" / "01_residual_math.ipynb"


def shown_cells() -> list[str]:
    """The code that a reader sees and runs."""
    hidden = {"bootstrap", "begin", "remove-input", "remove-output", END_TAG}
    cells = [c for c in nbformat.read(CHAPTER, as_version=4).cells if c.cell_type == "code"]
    return [c.source for c in cells if hidden.isdisjoint(c.metadata.get("tags", []))]


def printed(source: str, names: dict) -> str:
    """What a cell prints when it is run with these names."""
    with redirect_stdout(StringIO()) as out:
        exec(source, names)
    return out.getvalue()


@pytest.fixture(scope="module")
def run() -> tuple[dict, dict[str, str]]:
    """What the chapter's cells define when all have run in order, and what each of them prints."""
    begun = {"session": SimpleNamespace(dataset="digits"), "book_data": book_data}
    return begun, {source: printed(source, begun) for source in shown_cells()}


@pytest.fixture(scope="module")
def chapter(run) -> dict:
    """What the chapter's cells define."""
    return run[0]


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
    "'1.weight']\nthese five have no place to go\n",
    "stride-in-one": "2 gives (1, 8, 2, 2)\nrefused: (1, 8, 1, 1) and (1, 8, 2, 2)\n",
    "near-cancellation": "right for two blocks\n",
    "divided-branches": "the chain listens to b\n",
}


@pytest.mark.parametrize("name", PRINTED)
def test_solution_passes_its_check_and_shows_what_it_says(name, chapter, capsys):
    exec(SOLUTIONS[name], dict(chapter))
    assert capsys.readouterr().out.endswith(PRINTED[name])


def silent(x, _conv):
    return x + x.relu_()


def flip_in_place(weights):
    weights[:, 1] *= -1
    return weights


def in_place(out, x):
    out += x
    return out


def asserting(out, x):
    assert out.shape == x.shape
    return out + x


def only_maps(out, x):
    if out.shape[2:] != x.shape[2:]:
        raise ValueError("the maps differ")
    return out + x


def grown(kit, blocks=50, *, of="x", deaf=False, total=torch.Tensor.mean, scale=1):
    """An answer to the last exercise, right unless something is said."""

    def growth(b):
        x = scale * kit["drawn"](64, seed=5)
        end, added = kit["run_chain"](x, kit["draw_weights"](blocks, 64), b=0 if deaf else b)
        lengths = {"x": x.norm(), "end": end.norm(), "nothing": 1, "both": x.norm() ** 2}
        return total(end.square()), added.norm() / lengths[of]

    return growth


def minus(x, weights, branch):
    for each in weights:
        x = x - branch(x, each)
    return x


def loaded(kit):
    """What PyTorch says when the saved weights of a projection meet one without its norm."""
    wrong = nn.Sequential(nn.Conv2d(64, 128, 1, 2, bias=False))
    return wrong.load_state_dict(kit["projection"](64, 128, 2).state_dict(), strict=False)


REFUSED = {
    "check_input": [
        (lambda kit: silent, "wrote into its input"),
        (lambda kit: lambda x, conv: None, "no tensor"),
        (lambda kit: lambda x, conv: conv(x.relu()), "does not return x"),
        (lambda kit: lambda x, conv: (x + conv(x.relu()))[0], "does not return x"),
    ],
    "check_refuses": [
        (lambda kit: lambda out, x: out + x, r"were added without"),
        (lambda kit: lambda out, x: None, "no tensor"),
        (lambda kit: in_place, r"\(1, 8, 2, 2\) and \(1, 8, 1, 1\) were added"),
        (lambda kit: asserting, "AssertionError, not ValueError"),
        (lambda kit: only_maps, r"\(1, 4, 2, 2\): RuntimeError, not ValueError"),
    ],
    "check_unexpected": [
        (lambda kit: ["1.weight"], "4 names are still missing"),
        (lambda kit: list(nn.BatchNorm2d(1).state_dict()), r"have a place.*'bias'"),
        (lambda kit: loaded(kit), "one list of names"),
        (lambda kit: "1.weight", "one list of names"),
        (lambda kit: ["0.weight", *loaded(kit).unexpected_keys], r"\['0.weight'\]"),
    ],
    "check_left": [
        (lambda kit: lambda sign, epsilon, blocks: 1.0, r"left\(-1, 0.25, 2\) is 1.0000"),
        (lambda kit: lambda sign, e, n: (1 + sign * e) ** n, "finds 0.0625"),
        (lambda kit: lambda sign, e, n: torch.ones(3), "3 numbers, not one"),
    ],
    "check_growth": [
        (lambda kit: lambda b: (torch.ones(1), torch.zeros(1)), "does b reach the chain"),
        (lambda kit: grown(kit, 10), "has it 50 blocks"),
        (lambda kit: grown(kit, of="end"), "by that of the input"),
        (lambda kit: grown(kit, of="nothing"), "by that of the input"),
        (lambda kit: grown(kit, of="both"), "by that of the input"),
        (lambda kit: grown(kit, total=torch.Tensor.sum), "mean, not sum"),
        (lambda kit: grown(kit, scale=0.1), "an input of drawn"),
        (lambda kit: grown(kit, deaf=True), "does b reach the chain"),
        (lambda kit: lambda b: (1, 1), "add 1, not 0"),
    ],
}
"""Wrong answers to each check, made of the chapter's names, and words of the message they get."""


@pytest.mark.parametrize(
    ("check", "wrong", "told"),
    [(check, *answer) for check, answers in REFUSED.items() for answer in answers],
)
def test_a_check_refuses_a_wrong_answer_and_says_why(check, wrong, told, chapter):
    refused(chapter[check], wrong(chapter), told)


@pytest.mark.parametrize(
    ("chain", "twin", "told"),
    [
        (lambda kit: kit["run_chain"], lambda w: w, r"not \(x, sum\)"),
        (lambda kit: lambda x, w: kit["run_chain"](x, w)[0], lambda w: w, r"adds F\(x\)"),
        (lambda kit: lambda x, w: x, lambda w: 0 * w, "does not subtract"),
        (lambda kit: lambda x, w: minus(x, w, kit["branch"]), lambda w: w, r"off by \d+%"),
        (lambda kit: lambda x, w: minus(x, w, kit["branch"]), lambda w: None, "returns nothing"),
    ],
)
def test_check_twin_says_which_of_the_two_is_wrong(chain, twin, told, chapter):
    with pytest.raises(AssertionError, match=told):
        chapter["check_twin"](chain(chapter), twin)


def test_checks_accept_right_answers_of_other_forms(chapter, capsys):
    chapter["check_twin"](lambda x, w: minus(x, w, chapter["branch"]), flip_in_place)
    chapter["check_unexpected"](loaded(chapter).unexpected_keys)
    chapter["check_input"](lambda x, conv: conv(nn.ReLU(inplace=True)(x.clone())) + x)
    chapter["check_growth"](grown(chapter))
    assert len(capsys.readouterr().out.splitlines()) == 4


def test_every_cell_prints_the_same_when_a_reader_comes_back_to_it(run):
    names, before = run
    again = {source: printed(source, dict(names)) for source in before if "interact" not in source}
    assert again == {source: before[source] for source in again}


def test_changes_that_the_text_asks_for_show_what_they_should(chapter, capsys):
    half = 0.5**0.5
    growth = chapter["a_block"](chapter["mean_squares"](keep=half, b=half))
    assert 0.95 < growth < 1.05
    assert chapter["largest_gap"](chapter["shallow"][:1]) > 0.1
    chapter["compare"](lambda x, w: x @ w[0].T @ w[1].T)
    assert capsys.readouterr().out == "values add up: True\noff by 0% of the output\n"


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
