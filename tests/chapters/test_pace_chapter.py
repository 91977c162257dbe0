"""The loop that the chapter on time to accuracy has its reader write, on a handful of images."""

from __future__ import annotations

import ast
import time
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
import torch
from notebook_code import refused, solutions

from utils.notebook.frame import END_TAG
from utils.training.recipes import learning_rate_at, recipe

CHAPTER = Path(__file__).parents[2] / "notebooks" / "08_time_to_accuracy.ipynb"
SETTINGS = {"base", "peak", "small_part", "table"}
SETTINGS |= {"mine", "larger", "nesterov", "cycled", "decayed", "shrunk", "plan"}


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
    "plan-by-doubling": "each budget and each seed has a run of its own\n",
    "smooth-labels": "the loss is smoothed, and the step is made\n",
}


@pytest.mark.parametrize("name", PRINTED)
def test_solution_passes_its_check(name, chapter, capsys):
    exec(SOLUTIONS[name], dict(chapter))
    assert capsys.readouterr().out.startswith(PRINTED[name])


def test_every_exercise_has_a_solution_that_is_tested():
    assert set(SOLUTIONS) == set(PRINTED)


def last_error(chapter: dict, planned: dict, first: int = 0) -> float:
    """The error at the end of a run, whose network is drawn from the seed `first`."""
    return chapter["fit"](chapter["new_net"](first), **planned)[-1]["test_error"]


def deaf(chapter: dict):
    """Plans every run for as many epochs as the settings say."""
    return lambda epochs, seed: last_error(chapter, chapter["plan"] | {"seed": seed}, seed)


def from_one_long_run(chapter: dict):
    """Takes the error of an epoch in the middle of a longer run."""

    def planned(epochs, seed):
        settings = chapter["plan"] | {"epochs": 6, "seed": seed}
        return chapter["fit"](chapter["new_net"](seed), **settings)[epochs - 1]["test_error"]

    return planned


def best_of_all(chapter: dict):
    """Takes the lowest error of all epochs of the right run."""

    def planned(epochs, seed):
        settings = chapter["plan"] | {"epochs": epochs, "seed": seed}
        history = chapter["fit"](chapter["new_net"](seed), **settings)
        return min(epoch["test_error"] for epoch in history)

    return planned


def other_settings(chapter: dict):
    """Does all that is asked, with the settings of the run without tricks."""
    settings = chapter["mine"]
    return lambda epochs, seed: last_error(
        chapter, settings | {"epochs": epochs, "seed": seed}, seed
    )


def accurate(chapter: dict):
    """Gives the accuracy in the place of the error."""
    settings = chapter["plan"]
    return lambda epochs, seed: (
        1 - last_error(chapter, settings | {"epochs": epochs, "seed": seed}, seed)
    )


def seeded_once(chapter: dict):
    """Gives the seed to the network alone."""
    return lambda epochs, seed: last_error(chapter, chapter["plan"] | {"epochs": epochs}, seed)


@pytest.mark.parametrize(
    ("check", "wrong", "told"),
    [
        ("check_best", lambda history: None, "returns nothing"),
        ("check_best", lambda history: {"last": 0.2, "best": 0.1}, "two errors"),
        ("check_best", lambda history: history[-1]["test_error"], "two errors"),
        (
            "check_best",
            lambda history: (
                min(epoch["test_error"] for epoch in history),
                history[-1]["test_error"],
            ),
            "comes first",
        ),
        ("check_best", lambda history: (history[0]["test_error"], 0.1), "last and best are"),
        ("check_best", lambda history: (history[-1]["test_error"], 0.1001), "last and best are"),
        ("check_wall", lambda work: None, "returns nothing"),
        ("check_wall", lambda work: (work(), 0.2), "only the seconds"),
        ("check_wall", lambda work: 0.0, "called 0 times"),
        ("check_wall", lambda work: 0.3 + 0 * (work() is work()), "called 2 times"),
        ("check_wall", lambda work: 1000 * (work() is None), "for a sleep"),
        ("check_planned", lambda epochs, seed: None, "returns None"),
        ("check_planned", lambda epochs, seed: 0.5, "and not"),
    ],
)
def test_a_check_refuses_a_wrong_answer_and_says_why(check, wrong, told, chapter):
    refused(chapter[check], wrong, told)


NEW_RUN = "a new run for each budget, with the settings of plan, the epochs"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (deaf, NEW_RUN),
        (from_one_long_run, NEW_RUN),
        (seeded_once, NEW_RUN),
        (other_settings, NEW_RUN),
        (accurate, "is an accuracy"),
        (best_of_all, "the last epoch, not the best"),
    ],
)
def test_a_budget_without_a_run_of_its_own_is_refused(wrong, told, chapter):
    kept = chapter["fit"]
    with pytest.raises(AssertionError, match=told):
        chapter["check_planned"](wrong(chapter))
    assert chapter["fit"] is kept


def test_the_middle_of_a_long_run_is_not_taken_for_an_accuracy(chapter):
    assert "new run" in chapter["why_wrong"](0.95, 0.1)
    assert "accuracy" in chapter["why_wrong"](0.9, 0.1)


@pytest.mark.parametrize(
    "form",
    [
        lambda errors: torch.tensor([errors[-1], min(errors)]).tolist(),
        lambda errors: np.array([errors[-1], min(errors)]),
        lambda errors: torch.tensor([errors[-1], min(errors)]),
        lambda errors: [1 - (1 - errors[-1]), 1 - max(1 - e for e in errors)],
    ],
)
def test_two_errors_of_any_form_are_accepted(form, chapter):
    chapter["check_best"](lambda history: form([epoch["test_error"] for epoch in history]))


@pytest.mark.parametrize("form", [float, np.float32, torch.tensor])
def test_seconds_of_any_form_are_accepted(form, chapter):
    def wall_seconds(work):
        start = chapter["clock"]()
        work()
        return form(chapter["clock"]() - start)

    chapter["check_wall"](wall_seconds)


@pytest.mark.parametrize("waits", [True, False])
def test_a_clock_that_does_not_wait_for_the_device_is_refused(waits, chapter, monkeypatch):
    """A device that needs a tenth of a second more, which whoever asks the clock has to wait."""
    pending = []

    def sleep(seconds):
        time.sleep(seconds)
        pending.append(0.1)

    def clock():
        while pending:
            time.sleep(pending.pop())
        return time.perf_counter()

    monkeypatch.setitem(chapter, "device", "meta")
    monkeypatch.setitem(chapter, "clock", clock)
    slow = SimpleNamespace(sleep=sleep, perf_counter=time.perf_counter)
    monkeypatch.setitem(chapter, "time", slow)
    own = clock if waits else time.perf_counter

    def wall_seconds(work):
        start = own()
        work()
        return own() - start

    if waits:
        chapter["check_wall"](wall_seconds)
    else:
        refused(chapter["check_wall"], wall_seconds, "still computes: use clock")


def smooth(net, sgd, x, labels, clear=True):
    """A step with smoothed targets, written out; without `clear` the gradients pile up."""
    targets = 0.9 * torch.nn.functional.one_hot(labels, 10) + 0.01
    loss = torch.nn.functional.cross_entropy(net(x), targets)
    if clear:
        sgd.zero_grad()
    loss.backward()
    sgd.step()
    return loss.detach()


def test_a_step_with_smoothed_targets_is_accepted(chapter, capsys):
    chapter["check_smooth"](smooth)
    assert capsys.readouterr().out == PRINTED["smooth-labels"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda *step: smooth(*step, clear=False), "clear the old gradients"),
        (lambda *step: smooth(*step).item(), "as a tensor"),
        (lambda *step: None, "as a tensor, not None"),
        (
            lambda net, sgd, x, labels: torch.nn.functional.cross_entropy(
                net(x), labels, label_smoothing=0.1
            ),
            "then move",
        ),
    ],
)
def test_a_wrong_step_is_refused(wrong, told, chapter):
    with pytest.raises(AssertionError, match=told):
        chapter["check_smooth"](wrong)


def spread_over_the_others(net, sgd, x, labels):
    """The right class keeps 0.9, and the nine other classes share the rest."""
    right = torch.nn.functional.one_hot(labels, 10)
    loss = torch.nn.functional.cross_entropy(net(x), 0.9 * right + 0.1 / 9 * (1 - right))
    sgd.zero_grad()
    loss.backward()
    sgd.step()
    return loss.detach()


def twice_as_smooth(net, sgd, x, labels):
    """Another share than the exercise asks for."""
    return torch.nn.functional.cross_entropy(net(x), labels, label_smoothing=0.2)


def test_a_step_with_another_target_is_refused(chapter):
    check = chapter["check_smooth"]
    refused(check, chapter["plain_step"], "is not smoothed")
    refused(check, spread_over_the_others, "the right class gets its tenth")
    refused(check, twice_as_smooth, "a loss of")


@pytest.mark.parametrize(
    ("settings", "told"),
    [({"rate": 0.1}, "is a plan"), ({"size": 129}, "of 128 images"), (None, "one_cycle")],
)
def test_a_run_that_cannot_be_made_says_why(settings, told, chapter):
    settings = settings or {"rate": chapter["one_cycle"]}
    with pytest.raises(AssertionError, match=told):
        chapter["fit"](chapter["new_net"](), **(chapter["mine"] | settings))


@pytest.mark.parametrize("wanted", [85, "85 %"])
def test_accuracies_of_budgets_are_shares(chapter, wanted):
    with pytest.raises(AssertionError, match=r"0\.85"):
        chapter["show_budgets"](wanted)


def test_a_row_with_another_error_has_no_time_to_an_accuracy(chapter, capsys):
    history = [{"seconds": 2.0, "test_error": 0.01}]
    chapter["note"]("one view", history)
    chapter["note"]("two views", history, 0.3)
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "one view              1.0%    2.0 s    2.0 s",
        "two views            30.0%    2.0 s        -",
    ]


def test_a_later_cell_leaves_the_settings_of_an_earlier_one(chapter):
    steps = [chapter[name] for name in ("mine", "larger", "nesterov", "cycled", "decayed")]
    assert [len(settings) for settings in steps] == [3, 3, 4, 4, 5]
    assert chapter["larger"]["rate"](0, 1) == chapter["base"] * 4 == 0.1
    assert chapter["shrunk"] == chapter["plan"] | {"see": chapter["small_first"]}


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
    assert chapter["small_first"](x, 0.8, until=0.9).shape[-1] == 12
