"""A plan is carried out, stops in time, and loses nothing when it is cut off."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import time
from pathlib import Path

import fresh
import pytest
import torch

from utils.files import records
from utils.files.parts import read_parts
from utils.files.records import parse_record
from utils.record import carrying, experiments, following, plan, runs, side_by_side
from utils.record.experiments import EXPERIMENTS, Run
from utils.record.following import Session, follow, read_measured, shares
from utils.record.plan import Group, Measured, Step, steps_of
from utils.training.recipes import TrainConfig

CPU = torch.device("cpu")
TINY = TrainConfig("tiny", learning_rate=0.02, batch_size=256, epochs=2)
EPOCHS = 6
RECORDER = f"""
import json, os, sys, time
folder, name, pause = sys.argv[1], sys.argv[2], float(sys.argv[3])
def put(path, value):
    with open(path + ".part", "w", encoding="utf-8") as file:
        json.dump(value, file)
    os.replace(path + ".part", path)
kept, record = f"{{folder}}/{{name}}.kept", f"{{folder}}/results/tiny/{{name}}.json"
done = json.load(open(kept, encoding="utf-8")) if os.path.exists(kept) else 0
while done < {EPOCHS}:
    time.sleep(pause)
    done += 1
    put(kept, done)
    with open(f"{{folder}}/trace", "a", encoding="utf-8") as file:
        file.write(f"{{name}}\\n")
    print(f"{{name}}: epoch {{done}}/{EPOCHS}, 0 s", flush=True)
if "broken" in name:
    sys.exit("the disk is full\\n")
put(record, {{"name": name, "epochs": done}})
"""
"""A recorder that learns nothing: it keeps its epochs, tells them, and writes its record whole."""


def at(folder: Path, patch=setattr) -> None:
    """Let a machine's folders be here."""
    patch(records, "RESULTS", folder / "results")
    for module in (carrying, runs):
        patch(module, "CHECKPOINTS", folder / "checkpoints")
    patch(following, "LOOK_S", 0.01)
    (folder / "results/tiny").mkdir(parents=True, exist_ok=True)
    (folder / "checkpoints").mkdir(exist_ok=True)
    (folder / "recorder.py").write_text(RECORDER, encoding="utf-8")


def session(folder: Path, names: list[str], pause: float = 0.0, **options) -> Session:
    """A plan of trainings that share the device two by two."""
    steps = [
        Step(
            name,
            "tiny/simple-cnn_tiny",
            (str(folder / "recorder.py"), str(folder), name, str(pause)),
            folder / f"results/tiny/{name}.json",
            Run("tiny", "simple-cnn", TINY, seed, "digits"),
            side_by_side=True,
        )
        for seed, name in enumerate(names)
    ]
    options = {"minutes": 10.0, "call": 10.0, "out": folder / "out", **options}
    made = Session(steps, CPU, folder=folder / "checkpoints/plan", **options)
    made.measured.together.setdefault("tiny", 2)
    # The recorder that learns nothing has no options.
    made.launch = lambda command, log: following.launch(command[:4], log)
    return made


NAMES = [f"run{number}" for number in range(5)]
BEGIN = f"""
import os, sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
import test_following as test
"""
CALL = f"""{BEGIN}
os.setsid()
folder = Path(sys.argv[1])
test.at(folder)
sys.exit(test.follow(test.session(folder, test.NAMES, 0.05)))
"""


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").split() if path.exists() else []


def test_a_plan_that_is_killed_at_any_moment_loses_nothing_and_carries_on(tmp_path):
    seed = random.randrange(1000)
    moments = random.Random(seed)
    before: dict[str, bytes] = {}
    kills = 2
    for kill in range(kills):
        process = fresh.start(CALL, str(tmp_path))
        wanted = len(lines(tmp_path / "trace")) + moments.randrange(1, 7)
        while process.process.is_alive() and len(lines(tmp_path / "trace")) < wanted:
            time.sleep(0.005)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.process.pid, signal.SIGKILL)
        process.wait()
        there = {path.name: path.read_bytes() for path in tmp_path.glob("results/tiny/*.json")}
        assert all(json.loads(text)["epochs"] == EPOCHS for text in there.values()), seed
        assert before.items() <= there.items(), seed
        before = there
        if list(tmp_path.glob("out/*.manifest.json")):
            out = read_parts(tmp_path / "out", (tmp_path / f"home{kill}").joinpath)
            assert {Path(name).name for name in out.written} <= set(there), seed
    done = fresh.run(CALL, str(tmp_path))
    assert done.returncode == 0, (seed, done.stdout, done.stderr)
    assert "5 of 5 steps are done" in done.stdout
    # No epoch is done twice; the killed one may have been kept before it was counted.
    counts = [lines(tmp_path / "trace").count(name) for name in NAMES]
    assert all(EPOCHS - kills <= count <= EPOCHS for count in counts), (seed, counts)
    for name, text in before.items():
        assert (tmp_path / "results/tiny" / name).read_bytes() == text, seed


@pytest.fixture
def desk(tmp_path, monkeypatch) -> Path:
    at(tmp_path, monkeypatch.setattr)
    return tmp_path


def test_what_comes_out_is_whole_and_comes_home(desk, tmp_path, monkeypatch, capsys):
    assert follow(session(desk, ["run0", "run1", "broken", "run2"])) == 1
    shown = capsys.readouterr().out
    assert "failed broken: the disk is full" in shown
    assert "ends: 3 of 4 steps are done, 1 more are begun and kept, 1 failed" in shown
    # What was done is skipped; what failed is tried once a call.
    assert follow(session(desk, ["run0", "run1", "broken", "run2"])) == 1
    assert capsys.readouterr().out.count("begins") == 1
    # The folder of records is set back, as between two calls on a machine that is lent.
    for path in desk.glob("results/tiny/*.json"):
        path.unlink()
    assert follow(session(desk, ["run0", "run1", "run2"])) == 0
    assert "begins" not in capsys.readouterr().out
    at(tmp_path / "home", monkeypatch.setattr)
    assert len(carrying.unpack(desk / "out").written) == 3
    for name in ("run0", "run1", "run2"):
        home = tmp_path / f"home/results/tiny/{name}.json"
        assert home.read_bytes() == (desk / f"results/tiny/{name}.json").read_bytes()


def test_the_time_of_a_call_ends_it_and_what_was_begun_is_kept(desk, capsys):
    began = time.monotonic()
    assert follow(session(desk, ["run0", "run1", "run2"], pause=600, call=0.02)) == 0
    assert time.monotonic() - began < 60
    shown = capsys.readouterr().out
    assert 1 <= shown.count("begins") <= 2
    assert "ends: 0 of 3 steps are done" in shown


def test_ctrl_c_stops_what_runs(desk, monkeypatch):
    def press(session):
        if session.running:
            raise KeyboardInterrupt

    monkeypatch.setattr(following, "_look", press)
    stopped = session(desk, ["run0"], pause=600)
    assert follow(stopped) == 130
    assert stopped.running == []


def test_what_was_measured_counts_in_the_next_call_on_the_same_device(desk):
    assert follow(session(desk, ["run0"])) == 0
    folder = desk / "checkpoints/plan"
    device = session(desk, []).measured.device
    found = read_measured(folder, device)
    assert found.seconds["tiny/simple-cnn_tiny"] > 0
    assert found.together == {"tiny": 2}
    assert read_measured(folder, "another") == Measured("another")
    (folder / "measured.json").write_text("{", encoding="utf-8")
    assert read_measured(folder, device) == Measured(device)


def test_a_resumed_run_is_measured_by_the_epochs_of_its_own_process():
    assert shares("no epoch yet") == (0.0, 0.0)
    assert shares("a: epoch 1/8, x\na: epoch 2/8, x\n") == (0.0, 0.25)
    assert shares("a: epoch 5/8, x\na: epoch 6/8, x\n") == (0.5, 0.75)


def test_more_processes_are_taken_only_where_they_bring_more():
    assert side_by_side.fastest({1: 100.0, 2: 190.0, 4: 195.0, 8: 150.0}) == 2
    assert side_by_side.fastest({1: 100.0, 2: 99.0, 4: 120.0}) == 4
    assert side_by_side.fastest({1: 100.0}) == 1


def test_no_more_processes_are_tried_than_there_are_runs_and_cores(monkeypatch):
    monkeypatch.setattr(side_by_side, "cores", lambda: 6)
    assert side_by_side.counts_for(30) == (1, 2, 4)
    assert side_by_side.counts_for(3) == (1, 2)
    assert side_by_side.counts_for(0) == (1,)
    assert [side_by_side.threads_of(count) for count in (1, 4, 8)] == [6, 1, 1]


REHEARSED = f"""{BEGIN}
log = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
os.dup2(log, 1)
os.dup2(log, 2)
test.at(Path(sys.argv[2]))
test.EXPERIMENTS["tiny"] = test.TINY_EXPERIMENT
sys.exit(test.runs.main(sys.argv[5:]))
"""
TINY_EXPERIMENT = experiments.Experiment(
    "Does it work?", (("simple-cnn", TINY),), dataset="digits", seeds=(0, 1)
)


class Forked:
    """A process of :mod:`fresh` that looks like one of :mod:`subprocess`."""

    def __init__(self, code: str, *arguments: str) -> None:
        self.started = fresh.start(code, *arguments)
        self.process = self.started.process

    def poll(self) -> int | None:
        return self.process.exitcode

    def wait(self, timeout: float | None = None) -> int | None:
        self.process.join(timeout)
        return self.process.exitcode

    def send_signal(self, sent: int) -> None:
        os.kill(self.process.pid, sent)

    def kill(self) -> None:
        self.process.kill()


def test_damaged_records_of_earlier_calls_stop_no_plan_and_an_error_leaves_nothing_running(
    desk, monkeypatch, capsys
):
    assert follow(session(desk, ["run0"])) == 0
    (part,) = desk.glob("checkpoints/plan/*.part")
    part.unlink()
    again = session(desk, ["run0", "run1"], pause=600)
    assert "the records of earlier calls are not put back" in capsys.readouterr().out

    def fail(_):
        if again.running:
            raise OSError("no space left")

    monkeypatch.setattr(following, "_look", fail)
    with pytest.raises(OSError, match="no space left"):
        follow(again)
    assert again.running == []


@pytest.mark.slow
def test_a_rehearsal_on_the_digits_tries_out_trains_records_and_brings_home(
    desk, tmp_path, monkeypatch, capsys
):
    monkeypatch.setitem(EXPERIMENTS, "tiny", TINY_EXPERIMENT)
    monkeypatch.setitem(plan.PLANS, "rehearsal", (Group("tiny", side_by_side=True),))
    monkeypatch.setattr(side_by_side, "SECONDS", 0.2)
    monkeypatch.setattr(side_by_side, "cores", lambda: 2)
    told = Session(steps_of("rehearsal", CPU), CPU, 10, 10, desk / "checkpoints/plan", desk / "out")
    told.launch = lambda command, log: Forked(REHEARSED, str(log), str(desk), *command)
    told.context = fresh.SERVER
    assert follow(told) == 0, capsys.readouterr().out
    shown = capsys.readouterr().out
    assert "1 side by side:" in shown and "2 side by side:" in shown
    assert "ends: 2 of 2 steps are done" in shown
    together = told.measured.together["tiny"]
    at(tmp_path / "home", monkeypatch.setattr)
    found = carrying.unpack(desk / "out")
    assert len([name for name in found.written if name.endswith(".pt")]) == 2
    for seed in (0, 1):
        record = parse_record(records.record_path("tiny", f"simple-cnn_tiny_seed{seed}"))
        assert record["hash"] == Run("tiny", "simple-cnn", TINY, seed, "digits").hash()
        assert record["timing"].get("side_by_side", 1) == together
        assert len(record["history"]) == 2
