"""The loop that the chapter on time to accuracy has its reader write, on a handful of images."""

from __future__ import annotations

import ast
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
import torch
from notebook_code import solutions

from utils.notebook.frame import END_TAG
from utils.training.recipes import learning_rate_at, recipe

CHAPTER = Path(__file__).parents[2] / "notebooks" / "08_time_to_accuracy.ipynb"
SETTINGS = {"mine", "plan", "table"}


def defines(statement: ast.stmt) -> bool:
    """Whether a statement of a cell imports, defines or describes, and so trains nothing."""
    if isinstance(statement, ast.Import | ast.ImportFrom | ast.FunctionDef):
        return True
    targets = getattr(statement, "targets", [getattr(statement, "target", None)])
    return any(isinstance(t, ast.Name) and t.id in SETTINGS for t in targets)


@pytest.fixture(scope="module")
def chapter() -> dict:
    """What the chapter defines, with 128 images to train on and 64 to test on."""
    hidden = {"bootstrap", "begin", "remove-input", END_TAG}
    cells = [
        cell.source
        for cell in nbformat.read(CHAPTER, as_version=4).cells
        if cell.cell_type == "code" and hidden.isdisjoint(cell.metadata.get("tags", []))
    ]
    begun = {"session": SimpleNamespace(device="cpu", full=False)}
    exec(cells[0], begun)
    begun["train_set"] = begun["train_set"].subset(slice(128))
    begun["test_set"] = begun["test_set"].subset(slice(64))
    begun["count"] = 128
    for source in cells[1:]:
        body = [statement for statement in ast.parse(source).body if defines(statement)]
        exec(compile(ast.Module(body, []), "cell", "exec"), begun)
    return begun


SOLUTIONS = {name: blocks[0] for name, blocks in solutions(CHAPTER).items()}
PRINTED = {
    "best-epoch-of-a-run": "last and best are right\n",
    "seconds-of-what": "all seconds are counted\n",
    "plan-by-doubling": "each seed has a run of its own\n",
    "smooth-labels": "the loss is smoothed, and the step is made\n",
}


@pytest.mark.parametrize("name", PRINTED)
def test_solution_passes_its_check(name, chapter, capsys):
    exec(SOLUTIONS[name], dict(chapter))
    assert capsys.readouterr().out.startswith(PRINTED[name])


def test_every_exercise_has_a_solution_that_is_tested():
    assert set(SOLUTIONS) == set(PRINTED)


@pytest.mark.parametrize(
    ("check", "wrong"),
    [
        ("check_best", lambda history: (history[0]["test_error"], 0.1)),
        ("check_wall", lambda work: 0.0),
        ("check_planned", lambda epochs, seed: 0.5),
    ],
)
def test_a_check_refuses_a_wrong_answer(check, wrong, chapter):
    with pytest.raises(AssertionError, match=r"\w"):
        chapter[check](wrong)


def test_a_step_without_smoothing_is_refused(chapter):
    with pytest.raises(AssertionError, match="not"):
        chapter["check_smooth"](chapter["plain_step"])


def test_the_readers_schedule_is_the_books(chapter):
    config = recipe("fast", learning_rate=0.3)
    mine = chapter["one_cycle"](0.3)
    assert [mine(step, 50) for step in range(50)] == pytest.approx(
        [learning_rate_at(config, step, 50) for step in range(50)]
    )


def test_an_accuracy_counts_from_the_first_test_that_reaches_it(chapter):
    history = [{"seconds": 2.0, "test_error": error} for error in (0.5, 0.3, 0.4)]
    assert chapter["seconds_to"](history, 0.7) == 4
    assert chapter["seconds_to"](history, 0.8) is None
    late = [{"history": history}, {"history": history[:2]}]
    assert chapter["budget_seconds"](late, 0.7) is None
    assert chapter["budget_seconds"](late, 0.6) == 5


def test_small_images_are_seen_in_the_first_half(chapter):
    x = torch.rand(2, 3, 16, 16)
    sizes = [chapter["small_first"](x, share).shape[-1] for share in (0, 0.49, 0.5, 0.9)]
    assert sizes == [12, 12, 16, 16]
