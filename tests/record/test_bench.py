"""The benchmark: three loops take turns, and its record says all that the chapters show of them."""

import json
from dataclasses import replace

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from utils import data
from utils.chapters.time_to_accuracy import race as shown
from utils.models.networks import build
from utils.probes.layers import layer_costs
from utils.probes.roofline import Device
from utils.record import bench, race
from utils.record.race import LOOPS, flops_an_image, roof, share_of_roofline
from utils.record.step_parts import (
    ARITHMETIC,
    LOOP,
    REST,
    Clock,
    as_markdown,
    overhead,
    step_parts,
    too_dear,
    watch,
)
from utils.training import train
from utils.training.distributed import Workers
from utils.training.recipes import RECIPES, recipe
from utils.training.trainer import Trainer

CPU = torch.device("cpu")
TINY = ("--rounds", "2", "--dataset", "digits", "--matrix", "32", "--stream", "1024", "--no-book")
TITLES = [
    "loop", "images/s", "seconds to 70.57 %", "seconds to 91.25 %", "seconds to 94.00 %",
    "GFLOP/s", "share of the roofline",
]  # fmt: skip


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> tuple[dict, str]:
    """A record of the whole benchmark with the smallest budgets, and the order of the steps."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("bench")
        patch.setattr(bench, "FOLDER", folder)
        patch.setattr(bench, "NETWORK", "simple-cnn")
        patch.setattr(bench, "BATCH", 8)
        for name, loop in LOOPS.items():
            patch.setitem(LOOPS, name, replace(loop, batch=8))
        taken: list[list[str]] = []
        turns = bench.time_in_turns
        patch.setattr(
            bench, "time_in_turns", lambda c, *a, **k: taken.append(list(c)) or turns(c, *a, **k)
        )
        assert bench.main(list(TINY)) == 0
        (path,) = folder.iterdir()
        return json.loads(path.read_text(encoding="utf-8")), taken[0]


def test_all_loops_take_turns_in_one_run(tiny):
    record, together = tiny
    phases = [name for loop in LOOPS.values() for name in loop.phases()]
    assert len(phases) == 5 and set(phases) < set(together)
    assert set(together) < set(record["images_per_second"])


def test_a_benchmark_fills_every_column_of_the_race(tiny):
    record, _ = tiny
    assert shown.header() == TITLES
    rows = shown.rows(record, shown.recorded_budgets())
    assert [row[0].partition(":")[0] for row in rows] == ["usual loop", "our loop", "new recipe"]
    for row in rows:
        assert len(row) == len(TITLES) and all(row)
        for cell in (row[1], row[5], row[6].partition(" ")[0]):
            assert float(cell.strip("%").replace(",", "")) >= 0
    assert {loop["recipe"] for loop in record["race"].values()} == {"source", "fast", "muon"}
    assert set(record["roofs"]) == {loop["precision"] for loop in record["race"].values()}
    text = shown.printed(record, shown.recorded_budgets())
    assert all(text.count(title) == 3 for title in TITLES[1:])


def test_a_benchmark_that_is_only_to_print_leaves_no_file(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(bench, "FOLDER", tmp_path)
    rate = {"median": 1.0, "lower": 1.0, "upper": 1.0}
    names = ["usual loop", "and mixed precision"]
    names += [f"{p}, {s} images" for p in (bench.SAME, "fast", "muon") for s in ("full", "small")]
    monkeypatch.setattr(bench, "measure", lambda *a: dict.fromkeys(names, rate))
    assert bench.main([*TINY, "--no-write"]) == 0
    said = capsys.readouterr().out
    assert "times as fast" in said and said.count("of the roofline") == 3
    assert list(tmp_path.iterdir()) == []


def test_profile_shares_add_up_to_the_whole(monkeypatch):
    monkeypatch.setattr(bench, "NETWORK", "simple-cnn")
    shares = bench.profile(data.load("digits"), CPU, steps=3)
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["opening and changing pictures"] > 0
    assert shares["convolutions, backward"] > 0


def test_run_seconds_add_the_small_and_the_full_part():
    rates = {
        "usual loop": {"median": 100.0},
        "fast, full images": {"median": 100.0},
        "fast, small images": {"median": 200.0},
    }
    share = RECIPES["fast"].small_fraction
    seconds = bench.run_seconds(rates, 1000)
    assert seconds["usual loop"] == pytest.approx(100)
    assert seconds["fast recipe"] == pytest.approx(100 * (1 - share) + 50 * share)


def test_every_loop_of_the_race_is_a_recorded_pair_of_network_and_recipe():
    groups = shown.recorded_budgets().values()
    recorded = {(r[0]["model"], r[0]["config"]["recipe"].partition("-")[0]) for r in groups}
    for loop in LOOPS.values():
        assert (loop.network, loop.recipe) in recorded
        assert loop.batch == RECIPES[loop.recipe].batch_size
        shares = [share for share, _ in loop.phases().values()]
        assert sum(shares) == 1


@pytest.mark.parametrize("loop", LOOPS.values(), ids=LOOPS)
def test_a_training_step_computes_about_three_forward_passes(loop):
    for _, size in loop.phases().values():
        net, images = build(loop.network).to("meta"), torch.empty(2, 3, size, size, device="meta")
        with FlopCounterMode(display=False) as counter:
            net(images).sum().backward()
        assert flops_an_image(loop.network, size) == pytest.approx(
            counter.get_total_flops() / 2, rel=0.02
        )


def test_the_roof_is_the_lower_one_of_peak_and_memory():
    costs = layer_costs(build("resnet-8"), 32)
    macs, bytes_ = sum(c.macs for c in costs), sum(c.traffic(4) for c in costs)
    assert roof(Device(peak=1.0, bandwidth=1e12), "resnet-8", 32, 4) == 1.0
    assert roof(Device(peak=1e15, bandwidth=10.0), "resnet-8", 32, 4) == pytest.approx(
        10 * 2 * 4 * macs / bytes_
    )


def test_share_of_the_roofline_by_hand(monkeypatch):
    monkeypatch.setattr(
        race, "roof", lambda device, network, size, batch: 4e9 if size == 32 else 2e9
    )
    monkeypatch.setattr(race, "flops_an_image", lambda network, size: 1e6 * size)
    rate = {"fast, full images": {"median": 20.0}, "fast, small images": {"median": 60.0}}
    loops = {"our loop": LOOPS["our loop"]}
    monkeypatch.setattr(race, "LOOPS", loops)
    roofs = dict.fromkeys(("fp32", "bf16", "fp16"), Device(1.0, 1.0))
    raced = race.describe_race(rate, roofs, CPU)["our loop"]
    # Half of the images at 20 a second and half at 60: 1 / (0.5 / 20 + 0.5 / 60) = 30.
    assert raced["images_per_second"] == pytest.approx(30)
    assert raced["flops_an_image"] == pytest.approx(28e6)
    # At the roof an image takes 16e6 / 4e9 + 12e6 / 2e9 = 0.01 s, so 100 a second.
    assert share_of_roofline(raced) == pytest.approx(0.3)


@pytest.fixture(scope="module")
def digits():
    return data.load("digits")


def test_every_part_of_a_step_has_its_share_and_nothing_is_left_out(digits):
    config = recipe("fast", batch_size=16, precision="fp32")
    shares = step_parts(digits, "resnet-8", config, CPU, steps=20)
    assert list(shares) == [*ARITHMETIC.values(), *LOOP.values(), REST]
    assert sum(shares.values()) == pytest.approx(1)
    assert all(share > 0 for share in shares.values())
    assert 0 < overhead(shares) < 1
    table = as_markdown({"a": shares}).splitlines()
    assert len(table) == len(shares) + 3 and all(line.count("|") == 3 for line in table)
    assert table[-1].endswith(f"| {overhead(shares):.2%} |")
    with pytest.raises(ValueError, match="look at 1 to"):
        step_parts(digits, "resnet-8", config, CPU, steps=10_000)


def test_only_loops_above_the_limit_are_named():
    parts = dict.fromkeys((*LOOP.values(), REST), 0.0)
    within = parts | dict.fromkeys(ARITHMETIC.values(), 0.98 / len(ARITHMETIC))
    above = parts | dict.fromkeys(ARITHMETIC.values(), 0.96 / len(ARITHMETIC))
    assert too_dear({"within": within, "above": above}) == ["above"]


def test_a_watched_trainer_learns_what_any_other_learns(digits):
    config = recipe("fast", batch_size=16, precision="fp32", max_steps=3)
    nets = []
    for watched in (False, True):
        torch.manual_seed(0)
        trainer = Trainer(build("resnet-8"), digits, config, 0, Workers(0, 1, CPU))
        if watched:
            watch(trainer, Clock(CPU))
        trainer.net.train()
        for images, labels in list(trainer.batches(0))[:3]:
            trainer.train_step(images, labels)
        nets.append(trainer.net.state_dict())
    torch.manual_seed(0)
    plain = train(build("resnet-8"), digits, config, 0, Workers(0, 1, CPU), progress=False)
    for other in (nets[1], plain.net.state_dict()):
        assert all(torch.equal(nets[0][name], other[name]) for name in nets[0])
