"""One call of a plan with steps that only pretend: what it starts, notes, says and stops."""

from __future__ import annotations

import multiprocessing
import signal
import subprocess
from pathlib import Path

import pytest
import torch

from utils.files import records
from utils.record import carrying, following, runs, side_by_side
from utils.record.experiments import Run
from utils.record.following import Session
from utils.record.plan import Step
from utils.training.recipes import TrainConfig

pytestmark = pytest.mark.quick  # these name modules that start programs, and start none
CPU = torch.device("cpu")
TINY = TrainConfig("tiny", batch_size=256, epochs=2)


class Pretends:
    """A process that ends when it is told to."""

    def __init__(self, stubborn: bool = False) -> None:
        self.status: int | None = None
        self.stubborn, self.seen = stubborn, []

    def poll(self) -> int | None:
        return self.status

    def send_signal(self, sent: int) -> None:
        self.seen.append(sent)

    def wait(self, timeout: float | None = None) -> int:
        self.seen.append(timeout)
        if self.stubborn and timeout is not None:
            raise subprocess.TimeoutExpired("step", timeout)
        return 0

    def kill(self) -> None:
        self.seen.append("killed")


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass only when the test says so."""
    now = [1000.0]
    monkeypatch.setattr(following.time, "monotonic", lambda: now[0])

    def passes(seconds: float) -> None:
        now[0] += seconds

    return passes


@pytest.fixture
def call(tmp_path: Path, monkeypatch, clock):
    """Makes a session of steps with these names; those that end with "?" are no trainings."""
    monkeypatch.setattr(records, "RESULTS", tmp_path / "results")
    for module in (carrying, runs):
        monkeypatch.setattr(module, "CHECKPOINTS", tmp_path / "checkpoints")
    (tmp_path / "results").mkdir()

    def make(*names: str, side: bool = False, **options: object) -> Session:
        steps = [
            Step(
                name, f"kind/{name[0]}", ("-m", name), tmp_path / f"results/{name.strip('?')}.json",
                None if name.endswith("?") else Run("tiny", "simple-cnn", TINY, seed, "digits"),
                side_by_side=side,
            )
            for seed, name in enumerate(names)
        ]  # fmt: skip
        options = {"minutes": 10.0, "call": 10.0, **options}
        made = Session(steps, CPU, folder=tmp_path / "plan", **options)
        made.started = []

        def launch(command: tuple[str, ...], log: Path) -> Pretends:
            made.started.append((command, log, Pretends()))
            return made.started[-1][2]

        made.launch = launch
        return made

    return make


def test_a_call_is_over_after_its_own_minutes_or_those_of_the_machine(call, clock):
    session, short = call("a", minutes=2.0, call=3.0), call("a", minutes=3.0, call=2.0)
    clock(119)
    assert not session.is_over and not short.is_over and session.spent_s == 119
    clock(1)
    assert session.is_over and short.is_over


def test_words_have_minutes_and_seconds_before_them(call, clock, capsys):
    session = call()
    session.say("begins")
    clock(65.9)
    session.say("ends")
    assert capsys.readouterr().out == "0:00 begins\n1:05 ends\n"


def test_a_training_that_tells_its_epochs_is_measured_by_each(call, clock, capsys):
    session = call("a")
    following._begin(session, session.steps[0])
    ((command, log, process),) = session.started
    assert command == ("-m", "a") and log.name == "a.log" and session.tried == {"a"}
    assert not session.waiting()
    clock(10)
    log.write_bytes(b"\xff of another encoding\na: epoch 3/8, 1 s\n")
    following._look(session)
    assert session.measured.done == {"a": 3 / 8}
    assert session.measured.seconds == {"kind/a": pytest.approx(10 / (1 / 8))}
    clock(10)
    following._look(session)  # no new epoch: nothing is learned, and the pace is not halved
    assert session.measured.seconds == {"kind/a": pytest.approx(80)}
    log.write_text("a: epoch 3/8, 1 s\na: epoch 8/8, 1 s\n", encoding="utf-8")
    process.status = 0
    session.steps[0].leaves.write_text("{}", encoding="utf-8")
    following._look(session)
    assert session.measured.seconds == {"kind/a": pytest.approx(20 / (6 / 8))}
    assert session.running == [] and session.failed == [] and session.measured.done == {}
    assert "done   a in 20 s" in capsys.readouterr().out
    assert following.read_measured(session.folder, session.measured.device) == session.measured


def test_a_step_that_is_no_training_is_measured_by_its_end_alone(call, clock):
    session = call("x?")
    following._begin(session, session.steps[0])
    process = session.started[0][2]
    clock(7)
    following._look(session)
    assert session.measured.seconds == {} and len(session.running) == 1
    process.status = 0
    session.steps[0].leaves.write_text("{}", encoding="utf-8")
    following._look(session)
    assert session.measured.seconds == {"kind/x": 7.0} and not session.failed


@pytest.mark.parametrize(
    ("status", "told", "said"),
    [(1, "Traceback\nValueError: no\n\n", "ValueError: no"), (0, "\n \n", "it printed nothing")],
)
def test_a_step_fails_by_its_status_or_when_its_file_is_not_there(call, capsys, status, told, said):
    session = call("x?")
    following._begin(session, session.steps[0])
    _, log, process = session.started[0]
    log.write_text(told, encoding="utf-8")
    process.status = status
    following._look(session)
    assert session.failed == ["x?"] and not session.running
    assert f"failed x?: {said} (see {log})" in capsys.readouterr().out


def test_what_runs_is_asked_to_stop_and_only_then_killed(call):
    session = call("a", "b")
    for step in session.steps:
        following._begin(session, step)
    willing, stubborn = (process for *_, process in session.started)
    stubborn.stubborn = True
    following.stop(session)
    assert willing.seen == [signal.SIGINT, following.STOP_S]
    assert stubborn.seen == [signal.SIGINT, following.STOP_S, "killed", None]
    assert session.running == []


def test_the_trial_decides_once_how_many_share_the_device(call, monkeypatch, capsys):
    tried = []

    def rates(run: Run, device: torch.device, counts: tuple[int, ...], context=None) -> dict:
        tried.append((run.seed, device, counts, context))
        return {1: 100.0, 2: 1234.0}

    monkeypatch.setattr(side_by_side, "cores", lambda: 6)
    monkeypatch.setattr(side_by_side, "rates", rates)
    context = multiprocessing.get_context("fork")
    session = call("a", "b", "c", side=True, context=context)
    for step in session.steps[:2]:
        following._begin(session, step)
    assert tried == [(0, CPU, (1, 2), context)] and session.measured.together == {"tiny": 2}
    command = ("-m", "a", "--threads", "3", "--side-by-side", "2")
    assert session.started[0][0] == command and session.started[1][0][-1] == "2"
    assert "2 side by side: 1,234 images/s together" in capsys.readouterr().out


def test_without_a_trial_that_works_one_runs_at_a_time(call, monkeypatch, capsys):
    def ended(*_: object, **__: object) -> dict:
        raise EOFError

    monkeypatch.setattr(side_by_side, "cores", lambda: 6)
    monkeypatch.setattr(side_by_side, "rates", ended)
    session = call("a", "b", side=True)
    following._begin(session, session.steps[0])
    assert session.started[0][0] == ("-m", "a") and session.measured.together == {"tiny": 1}
    assert "the trial of several processes failed, see above" in capsys.readouterr().out
    alone = call("c", side=True)  # one run only: nothing to try
    alone.measured.together.clear()
    following._begin(alone, alone.steps[0])
    assert alone.measured.together == {"tiny": 1} and alone.started[0][0] == ("-m", "c")
    other = call("d", side=False)
    other.measured.together["tiny"] = 4
    following._begin(other, other.steps[0])
    assert other.started[0][0] == ("-m", "d")


def test_the_end_tells_what_is_done_begun_and_failed(call, capsys, tmp_path):
    session = call("a", "b", "c", out=tmp_path / "out")
    session.steps[0].leaves.write_text("{}", encoding="utf-8")
    session.measured.done.update({"a": 1.0, "b": 0.5, "c": 0.0})
    session.failed.append("c")
    following._end(session)
    assert capsys.readouterr().out == (
        "0:00 ends: 1 of 3 steps are done, 1 more are begun and kept, 1 failed. The same command "
        "goes on from here\n"
    )
    for folder in (session.folder, tmp_path / "out"):
        assert list(folder.glob(f"{carrying.RECORDS}*"))


def test_a_step_is_started_in_the_repository_without_a_bar(tmp_path, monkeypatch):
    given = {}
    monkeypatch.setattr(
        following.subprocess, "Popen", lambda command, **options: given.update(options, it=command)
    )
    log = tmp_path / "a.log"
    log.write_bytes(b"before ")
    following.launch(["-m", "x"], log)
    assert given["it"] == [following.sys.executable, "-m", "x"] and given["cwd"] == following.ROOT
    environment = given["env"]
    assert (environment["RESNET_BOOK_PROGRESS"], environment["PYTHONUNBUFFERED"]) == ("0", "1")
    assert environment["PYTHONPATH"] == str(following.ROOT) and "PATH" in environment
    assert given["stdout"].name == given["stderr"].name == str(log)
    assert log.read_bytes() == b"before "


# How many side by side --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "best"),
    [
        ({1: 100.0, 2: 105.0}, 1), ({1: 100.0, 2: 105.1}, 2), ({2: 100.0, 1: 99.0}, 1),
        ({1: 100.0, 2: 104.0, 4: 106.0, 8: 110.0}, 4), ({1: 100.0, 2: 200.0, 4: 209.0}, 2),
    ],
)  # fmt: skip
def test_more_processes_have_to_bring_five_per_cent(found, best):
    assert side_by_side.fastest(found) == best


def test_cores_are_those_that_this_process_may_use(monkeypatch):
    monkeypatch.setattr(side_by_side.os, "sched_getaffinity", lambda _: {1, 4, 5}, raising=False)
    assert side_by_side.cores() == 3
    assert [side_by_side.threads_of(count) for count in (1, 2, 3, 4)] == [3, 1, 1, 1]
    assert side_by_side.counts_for(8) == (1, 2) and side_by_side.counts_for(0) == (1,)
    monkeypatch.delattr(side_by_side.os, "sched_getaffinity")
    monkeypatch.setattr(side_by_side.os, "cpu_count", lambda: 7)
    assert side_by_side.cores() == 7
    monkeypatch.setattr(side_by_side.os, "cpu_count", lambda: None)
    assert side_by_side.cores() == 1


class Line:
    """The other end of a pipe that answers at once."""

    def __init__(self, answer: float) -> None:
        self.answer, self.sent = answer, []

    def send(self, words: tuple) -> None:
        self.sent.append(words)

    def recv(self) -> float:
        return self.answer


def test_the_rates_of_processes_are_added_and_they_share_the_threads(monkeypatch):
    monkeypatch.setattr(side_by_side, "cores", lambda: 6)
    lines = [Line(10.0), Line(32.0)]
    assert side_by_side._together(lines, 1.5) == 42.0
    assert [line.sent for line in lines] == [[(1.5, 3)]] * 2


# What travels ------------------------------------------------------------------------------------


def test_a_file_travels_under_the_name_of_its_folder_and_no_other(call, tmp_path):
    call()
    assert carrying.name_of(tmp_path / "results/tiny/a.json") == "results/tiny/a.json"
    assert carrying.name_of(tmp_path / "checkpoints/b.pt") == "checkpoints/b.pt"
    assert carrying.place_of("results/tiny/a.json") == tmp_path / "results/tiny/a.json"
    for name in ("results", "else/a", "results/../../a", "/results/a", ""):
        with pytest.raises(carrying.PartsError, match="belongs to none of results, checkpoints"):
            carrying.place_of(name)


@pytest.mark.parametrize(("title", "stays"), [("needs", False), ("records", True)])
def test_the_name_of_a_commit_goes_when_another_one_comes(tmp_path, monkeypatch, title, stays):
    state = tmp_path / "code.json"
    state.write_text("{}", encoding="utf-8")
    (tmp_path / f"{title}{carrying.MANIFEST}").write_text("{}", encoding="utf-8")
    monkeypatch.setattr(carrying, "CARRIED_STATE", state)
    monkeypatch.setattr(carrying, "read_parts", lambda *given: given)
    assert carrying.unpack(tmp_path) == (tmp_path, carrying.place_of)
    assert state.exists() == stays


@pytest.mark.parametrize(("sizes", "packed"), [((2, 1), ["b", "a"]), ((1, 1), ["a", "b"]),
                                               ((3, 1), ["b"]), ((4,), [])])  # fmt: skip
def test_weights_are_packed_until_the_next_does_not_fit(call, tmp_path, monkeypatch, sizes, packed):
    call()
    monkeypatch.setattr(carrying, "WEIGHTS_MIB", 3)
    given = []
    monkeypatch.setattr(carrying, "write_parts", lambda *arguments: given.append(arguments))
    kept = []
    for name, size in zip("ab", sizes, strict=False):
        kept.append(tmp_path / f"checkpoints/{name}")
        kept[-1].parent.mkdir(exist_ok=True)
        kept[-1].write_bytes(bytes(size * 2**20))
    carrying.pack_weights([*kept, tmp_path / "checkpoints/absent"], tmp_path / "out")
    carrying.pack_records([tmp_path / "results/absent.json"], tmp_path / "out")
    names = [f"checkpoints/{name}" for name in packed]
    assert [list(files) for files, *_ in given] == ([names] if names else [])
    for _, folder, title, size in given:
        assert (folder, title, size) == (tmp_path / "out", "weights", 15 * 2**20)


def test_a_copy_that_the_reader_has_named_stays_the_one_that_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(carrying, "DATA", tmp_path)
    monkeypatch.setenv(carrying.cifar.FOLDER_VARIABLE, "/named")
    monkeypatch.setattr(carrying.cifar, "missing", lambda *_: [])
    carrying.name_data()
    assert carrying.os.environ[carrying.cifar.FOLDER_VARIABLE] == "/named"
    monkeypatch.delenv(carrying.cifar.FOLDER_VARIABLE)
    monkeypatch.setattr(carrying.cifar, "missing", lambda *_: ["a"])
    carrying.name_data()
    assert carrying.cifar.FOLDER_VARIABLE not in carrying.os.environ
    monkeypatch.setattr(carrying.cifar, "missing", lambda *_: [])
    carrying.name_data()
    assert carrying.os.environ.pop(carrying.cifar.FOLDER_VARIABLE) == str(tmp_path)
