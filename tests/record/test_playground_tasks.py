"""What the playground's records hold is what one network after another does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from utils.files.records import unpack
from utils.miniatures import playground
from utils.miniatures.playground import Settings, deepened, run
from utils.miniatures.playground_seeds import Together, fresh, run_seeds
from utils.record.playground import BARE, BASE, Copy, Training, tasks

SMALL = Settings(blocks=2, width=8)


@pytest.mark.parametrize("normalisation", playground.NORMALISATIONS)
@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("start", playground.STARTS)
def test_seeds_that_train_together_do_what_each_does_alone(normalisation, residual, start):
    setting = replace(SMALL, normalisation=normalisation, start=start)
    together = run_seeds(fresh(setting, (3, 8), residual), 4, every=2)
    for seed, course in zip((3, 8), together, strict=True):
        alone = run(replace(setting, seed=seed), 4, residual=residual, every=2)
        assert course.losses == pytest.approx(alone.losses, rel=1e-10)
        np.testing.assert_allclose(course.gradients, alone.gradients, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(course.responses, alone.responses, rtol=1e-9, atol=1e-12)
        assert course.errors == alone.errors
        for name, value in alone.net.state_dict().items():
            if "num_batches" not in name:
                torch.testing.assert_close(course.net.state_dict()[name], value)


def test_a_network_that_stops_leaves_the_other_seeds_alone():
    seeds = (0, 3)
    lengths = [len(course.losses) for course in run_seeds(fresh(BARE, seeds, True), 30)]
    alone = [len(run(replace(BARE, seed=s), 30, residual=True).losses) for s in seeds]
    assert lengths == alone and min(lengths) < max(lengths) < 30


def test_networks_of_two_forms_do_not_train_together():
    nets = fresh(SMALL, (0,), True) + fresh(SMALL, (1,), False)
    with pytest.raises(ValueError, match="differ in the seed alone"):
        run_seeds(nets, 1)


def test_only_watched_steps_keep_gradients():
    (course,) = run_seeds(fresh(SMALL, (0,), True), 5, watched=2)
    assert (len(course.losses), len(course.gradients), len(course.responses)) == (5, 2, 2)


def test_a_record_counts_the_wrong_answers_of_each_seed():
    found = Training(SMALL, steps=44, seeds=(5, 6)).perform()
    assert found["steps"] == [0, 22, 44] and found["images"] == {"train": 360, "test": 359}
    for kind, rows in found["rows"].items():
        for place, seed in enumerate((5, 6)):
            alone = run(replace(SMALL, seed=seed), 44, residual=kind == "residual")
            for column, name in enumerate(("train", "test")):
                expected = [alone.errors[step][column] for step in (0, 22, 44)]
                counted = unpack(rows[name])[place] / found["images"][name]
                assert counted.tolist() == pytest.approx(expected, abs=1e-9)
            first = [block[0] for block in alone.gradients[:22]]
            kept = unpack(rows["gradients"])[place]
            assert kept.tolist()[::2] == pytest.approx([first[0], sum(first) / 22], rel=1e-3)
        assert rows["stopped"] == [None, None]


def test_a_network_that_stopped_has_all_answers_wrong_and_says_where():
    found = Training(BARE, steps=44, seeds=(0,)).perform()
    rows = found["rows"]["residual"]
    (stop,) = rows["stopped"]
    alone = run(BARE, 44, residual=True)
    broken = next(i for i, size in enumerate(alone.responses[-1], 1) if not np.isfinite(size))
    assert stop == [len(alone.losses), broken]
    assert unpack(rows["test"])[0].tolist()[1:] == [359, 359]
    assert found["rows"]["plain"]["stopped"] == [None]


def test_a_copy_answers_as_its_model_did_and_learns_on():
    task = Copy(replace(BARE, blocks=4, width=8), steps=66, seeds=(0, 1), copied_at=22)
    found = task.perform()
    assert found["steps"] == [0, 22, 44] and found["shallow"]["steps"] == [0, 22]
    for kind in ("plain", "residual"):
        for name in ("train", "test"):
            deep = unpack(found["rows"][kind][name])
            shallow = unpack(found["shallow"]["rows"][kind][name])
            assert torch.equal(deep[:, 0], shallow[:, -1])
    setting = replace(BARE, blocks=4, width=8, seed=1)
    model = run(replace(setting, blocks=2), 22, residual=True)
    alone = run(setting, 44, residual=True, net=deepened(model.net, 4))
    assert unpack(found["rows"]["residual"]["test"])[1, 2] == round(alone.errors[44][1] * 359)


def test_every_setting_is_measured_once():
    listed = tasks()
    assert len({task.name for task in listed}) == len(listed) == 21
    assert {task.seeds for task in listed} == {tuple(range(10))}
    assert sum(task.setting == BASE for task in listed) == 1
    assert listed[0].name == "b1_w32_nbatch_she_l0.03_m0.9"
    assert listed[-1].name == "copy-2_b20_w32_nnone_she_l0.01_m0.9"


def test_networks_keep_their_weights_until_they_are_handed_back():
    nets = fresh(SMALL, (0, 1), True)
    before = nets[1].head.weight.clone()
    together = Together(nets)
    with torch.no_grad():
        together.state["head.weight"] += 1
    assert torch.equal(nets[1].head.weight, before)
    together.hand_back()
    torch.testing.assert_close(nets[1].head.weight, before + 1)
