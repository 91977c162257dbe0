"""A plan begins with what is worth most, and knows what still fits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
import torch

from utils.files.places import ROOT
from utils.record import plan
from utils.record.experiments import EXPERIMENTS, Run
from utils.record.plan import Group, Measured, Step, estimate, images_of, next_step, steps_of
from utils.training.recipes import TrainConfig

CPU = torch.device("cpu")
ONE = TrainConfig("one", batch_size=100, epochs=1)
TOOL = Step("tool", "tool", ("-m", "tool"), Path("tool.json"))


def run_of(model: str, seed: int = 0, side_by_side: bool = True) -> Step:
    """A step of the experiment "x"."""
    return plan.run_step(Run("x", model, ONE, seed), CPU, side_by_side)


SMALL, SAME, LARGE = run_of("resnet-8"), run_of("resnet-8", 1), run_of("resnet-14")


def test_residual_rows_come_first_row_by_row_then_the_plain_ones_then_what_is_no_training():
    names = [step.name for step in steps_of("gpu", CPU)]
    assert len(set(names)) == len(names)
    first = names.index("paper-table-6/resnet-20_paper_seed0")
    table, rest = names[first : first + 30], names[first + 30 :]
    depths = (20, 32, 44, 56, 110)
    rows = [name.removeprefix("paper-table-6/").split("_")[0] for name in table]
    assert rows == [f"{kind}-{d}" for kind in ("resnet", "plain") for d in depths for _ in "012"]
    assert [name[-1] for name in table] == list("012") * 10
    assert [name.partition("/")[0] for name in rest] == ["notebooks"] * 3 + ["bench", "roofline"]


@pytest.mark.parametrize("name", plan.PLANS)
def test_every_training_of_a_plan_is_one_run_of_an_experiment(name):
    for group in plan.PLANS[name]:
        assert group.name in EXPERIMENTS or group.name in ("notebooks", "bench", "roofline")
    with pytest.raises(ValueError, match=r"unknown plan 'tpu'; choose from \['gpu'"):
        steps_of("tpu", CPU)


def test_the_notebooks_of_a_plan_are_those_that_train_on_a_gpu_unasked():
    told = [
        path.stem
        for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
        if nbformat.read(path, as_version=4).metadata.get("full_on_gpu")
    ]
    assert [step.name for step in plan.notebook_steps()] == [f"notebooks/{stem}" for stem in told]


def test_a_run_is_recorded_by_the_command_that_a_reader_would_type():
    step = next(step for step in steps_of("gpu", CPU) if step.name.startswith("paper-table-6/"))
    assert " ".join(step.command) == (
        "-m utils.record paper-table-6 --seeds 0 --only resnet-20_paper_seed0 --device cpu"
    )
    assert step.leaves == ROOT / "results/paper-table-6/resnet-20_paper_seed0.json"
    assert images_of(step.run) == 64_000 * 128


def test_seconds_come_from_the_same_network_or_are_scaled_by_work():
    measured = Measured("cpu")
    assert estimate(SMALL, measured) is None
    measured.saw(SMALL, 0.25, 10.0)
    assert estimate(SMALL, measured) == estimate(SAME, measured) == 40.0
    assert estimate(LARGE, measured) == pytest.approx(40.0 * LARGE.work / SMALL.work)
    measured.done[SAME.name] = 0.75
    assert estimate(SAME, measured) == 10.0
    assert estimate(TOOL, measured) is None
    assert estimate(plan.run_step(replace(LARGE.run, experiment="y"), CPU), measured) is None
    measured.saw(LARGE, 1.0, 900.0)
    deeper = run_of("resnet-20")
    assert estimate(deeper, measured) == pytest.approx(900.0 * deeper.work / LARGE.work)


def test_work_is_multiply_accumulates_times_images():
    assert SMALL.work == plan.work_of("resnet-8") * 50_000
    assert TOOL.work == 0


def test_the_first_that_fits_begins():
    measured = Measured("cpu", {SMALL.kind: 100.0, TOOL.kind: 5.0}, {SMALL.kind: SMALL.work})
    waiting = [LARGE, SMALL, TOOL]
    assert next_step(waiting, [], measured, 1000, 1000) is LARGE
    assert next_step(waiting, [], measured, 120, 120) is SMALL
    assert next_step(waiting, [], measured, 50, 50) is TOOL
    # Nothing fits: what has checkpoints makes progress.
    assert next_step(waiting, [], measured, 4, 4) is LARGE
    assert next_step([TOOL], [], measured, 4, 4) is None
    assert next_step(waiting, [], measured, 0, 10) is None
    assert next_step(waiting, [], measured, 10, 0) is None


def test_what_has_no_estimate_begins_while_there_is_time():
    assert next_step([TOOL], [], Measured("cpu"), 1, 1) is TOOL


def test_a_training_may_go_on_in_the_next_call_and_nothing_else_may():
    measured = Measured("cpu", {SMALL.kind: 100.0, TOOL.kind: 50.0}, {SMALL.kind: SMALL.work})
    assert next_step([TOOL, SMALL], [], measured, 1000, 40) is SMALL
    assert next_step([TOOL, SMALL], [], measured, 1000, 60) is TOOL


def test_as_many_runs_of_one_experiment_share_the_device_as_were_fastest():
    measured = Measured("cpu", together={"x": 2})
    assert next_step([SAME, LARGE], [SMALL], measured, 100, 100) is SAME
    assert next_step([LARGE], [SMALL, SAME], measured, 100, 100) is None
    assert next_step([SAME], [SMALL], Measured("cpu"), 100, 100) is None
    other = plan.run_step(replace(SAME.run, experiment="y"), CPU, side_by_side=True)
    assert next_step([other], [SMALL], measured, 100, 100) is None


def test_what_has_to_be_alone_waits_until_the_others_have_ended():
    measured = Measured("cpu", {SMALL.kind: 60.0, TOOL.kind: 20.0}, {SMALL.kind: SMALL.work})
    measured.together["x"] = 2
    measured.done[SMALL.name] = 0.5
    alone = run_of("resnet-8", 2, side_by_side=False)
    assert next_step([TOOL], [SMALL], measured, 100, 100) is None
    assert next_step([SAME], [alone], measured, 100, 100) is None
    # 30 s of what runs and 20 s of the tool fit into 55 s, and another run does not.
    assert next_step([SAME, TOOL], [SMALL], measured, 55, 55) is None
    assert next_step([SAME, TOOL], [SMALL], measured, 45, 45) is SAME


def test_a_group_may_name_some_networks_of_an_experiment(monkeypatch):
    monkeypatch.setitem(plan.PLANS, "some", (Group("shortcut-control", "plain-"),))
    found = steps_of("some", CPU)
    assert [step.run.model for step in found] == ["plain-14"] * 10
    assert not any(step.side_by_side for step in found)


def test_the_small_networks_of_the_paper_share_the_device_and_nothing_else_does():
    steps = steps_of("gpu", torch.device("cpu"))
    assert {step.run.model.partition("-")[0] for step in steps if step.side_by_side} == {
        "resnet",
        "plain",
    }
    assert all(step.side_by_side == (step.run is not None) for step in steps)
