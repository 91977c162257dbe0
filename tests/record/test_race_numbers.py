"""The numbers of the race and of the parts of a step, by hand."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from utils.models import build, count_macs
from utils.probes.roofline import Device
from utils.record import race, step_parts
from utils.record.race import LOOPS, USUAL, phases_of, rate_over
from utils.record.step_parts import ARITHMETIC, LOOP, REST, Clock
from utils.training.recipes import recipe

CPU = torch.device("cpu")


def test_a_run_has_small_images_first_and_their_shares_add_up_to_one():
    settings = recipe("fast")
    share, side = settings.small_fraction, settings.small_size
    assert phases_of("fast") == {
        "fast, full images": (1 - share, 32), "fast, small images": (share, side),
    }  # fmt: skip
    assert list(phases_of("fast", "x")) == ["x, full images", "x, small images"]
    assert LOOPS[USUAL].phases() == {USUAL: (1.0, 32)} and recipe("source").small_size is None
    assert LOOPS["our loop"].phases() == phases_of("fast")


def test_the_rate_of_a_run_is_the_mean_of_the_seconds_and_not_of_the_rates():
    rates = {"a": {"median": 100.0}, "b": {"median": 300.0}}
    assert rate_over(rates, {"a": (0.25, 32), "b": (0.75, 24)}) == pytest.approx(200)


def test_a_step_is_three_forward_passes_of_two_operations_a_mac():
    assert race.flops_an_image("resnet-8", 24) == 6 * count_macs(build("resnet-8"), 24)


def test_what_a_record_keeps_of_each_loop(monkeypatch):
    device = Device(peak=2e12, bandwidth=5e10)
    for name, loop in LOOPS.items():  # quick to count
        monkeypatch.setitem(LOOPS, name, replace(loop, network="resnet-8"))
    monkeypatch.setattr(race, "resolve_precision", lambda name, _: {"auto": "bf16"}.get(name, name))
    rates = {name: {"median": 50.0} for loop in LOOPS.values() for name in loop.phases()}
    roofs = {"fp32": Device(1e12, 1e10), "bf16": device}
    found = race.describe_race(rates, roofs, CPU)
    assert list(found) == list(LOOPS)
    for name, loop in LOOPS.items():
        kept = found[name]
        precision = "fp32" if name == USUAL else "bf16"
        assert (kept["network"], kept["recipe"], kept["batch"]) == (
            loop.network, loop.recipe, loop.batch,
        )  # fmt: skip
        assert kept["precision"] == precision
        assert kept["images_per_second"] == pytest.approx(50)
        work = {s: f * race.flops_an_image(loop.network, s) for f, s in loop.phases().values()}
        roof = {s: race.roof(roofs[precision], loop.network, s, loop.batch) for s in work}
        assert kept["flops_an_image"] == pytest.approx(sum(work.values()))
        least = sum(work[s] / roof[s] for s in work)
        assert kept["roofline_flops_per_second"] == pytest.approx(sum(work.values()) / least)
        assert race.share_of_roofline(kept) == pytest.approx(50 * least)


def test_each_precision_has_its_own_roofs(monkeypatch):
    asked = []
    monkeypatch.setattr(race, "resolve_precision", lambda name, _: {"auto": "bf16"}.get(name, name))
    monkeypatch.setattr(race, "measure_device", lambda *given: asked.append(given) or len(asked))
    assert race.measure_roofs(CPU, 64, 128, 3) == {"fp32": 1, "bf16": 2}
    assert asked == [(CPU, 64, 128, 3, torch.float32), (CPU, 64, 128, 3, torch.bfloat16)]


# Parts of a step ---------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch) -> Clock:
    """A clock whose time a timed call moves."""
    now = SimpleNamespace(seconds=0.0)
    monkeypatch.setattr(step_parts.time, "perf_counter", lambda: now.seconds)
    made = Clock(CPU)
    made.now = now
    return made


def test_seconds_of_a_part_add_up_and_the_call_gives_what_it_gives(clock):
    def work(seconds: float) -> str:
        clock.now.seconds += seconds
        return f"worked {seconds}"

    timed = clock.timed("work", work)
    assert [timed(2.0), timed(3.0)] == ["worked 2.0", "worked 3.0"]
    clock.now.seconds += 10
    assert clock.seconds == {"work": 5.0}


def test_only_the_making_of_a_batch_counts_and_not_its_use(clock):
    def batches(epoch: int):
        for number in range(3):
            clock.now.seconds += 1.0
            yield epoch, number

    seen = []
    for batch in clock.timed_each("cut", batches)(4):
        clock.now.seconds += 100
        seen.append(batch)
    assert seen == [(4, 0), (4, 1), (4, 2)] and clock.seconds == {"cut": 3.0}


def test_every_part_of_the_trainer_gets_its_clock(clock):
    def spend() -> None:
        clock.now.seconds += 1

    trainer = SimpleNamespace(**dict.fromkeys([*ARITHMETIC, *LOOP], spend))
    trainer.batches = lambda epoch: iter([epoch])
    step_parts.watch(trainer, clock)
    assert list(trainer.batches(0)) == [0]
    for name in [*ARITHMETIC, *LOOP]:
        if name != "batches":
            getattr(trainer, name)()
    assert set(clock.seconds) == {*ARITHMETIC.values(), *LOOP.values()}


def shares(of_the_loop: float) -> dict[str, float]:
    """A step whose loop takes so much, all of it in one part, and the forward pass the rest."""
    parts = dict.fromkeys((*ARITHMETIC.values(), *LOOP.values(), REST), 0.0)
    return {**parts, "forward": 1 - of_the_loop, "normalise": of_the_loop}


def test_a_table_of_parts_and_the_loops_that_are_too_dear():
    found = {"a": shares(0.03125), "b": shares(0.015625)}
    lines = step_parts.as_markdown(found).splitlines()
    assert lines[:3] == [
        "| share of a step | a | b |",
        "|---|---|---|",
        "| forward | 96.88% | 98.44% |",
    ]
    assert "| normalise | 3.12% | 1.56% |" in lines
    assert lines[-2:] == [
        "| the rest | 0.00% | 0.00% |",
        "| all but the arithmetic | 3.12% | 1.56% |",
    ]
    assert len(lines) == 2 + len(ARITHMETIC) + len(LOOP) + 2
    assert step_parts.too_dear(found) == ["a"]
    assert step_parts.LIMIT == 0.03  # the text of CONTRIBUTING says so


def test_every_recipe_is_looked_at_on_full_and_on_small_images(monkeypatch):
    asked = []
    monkeypatch.setattr(step_parts, "step_parts", lambda *given: asked.append(given) or {})
    monkeypatch.setattr(step_parts, "need_dataset", lambda *given: asked.append(given))
    digits = object()
    found = step_parts.all_parts(digits, {"fast": "resnet-8"}, CPU, 7)
    assert list(found) == ["fast, resnet-8, full images", "fast, resnet-8, small images"]
    assert asked.pop(0) == (digits, "dataset")
    assert [given[:2] + given[3:] for given in asked] == [(digits, "resnet-8", CPU, 7)] * 2
    full, small = (given[2] for given in asked)
    assert full.small_size is None
    assert small.small_size == recipe("fast").small_size and small.small_fraction == 0.999
