"""Carry out a plan: start its steps, watch them, and stop in time.

Answers "what if the machine goes back at any second?". Each step is a process of its own that
writes its record whole, and its checkpoint after each epoch. What this session has measured is
kept as well, so the same command goes on where it was cut off.
"""

import contextlib
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

import torch

from utils.files.parts import MANIFEST, PartsError
from utils.files.places import ROOT
from utils.files.whole import atomic_write
from utils.machine.usage import duration
from utils.record import carrying, side_by_side
from utils.record.machine import device_name
from utils.record.plan import EPOCH, Measured, Step, estimate, next_step
from utils.record.runs import weights_path

MEASURED = "measured.json"
LOOK_S = 0.2
STOP_S = 5.0
"""What a stopped process may take to end by itself."""


class Process(Protocol):
    """What is needed of :class:`subprocess.Popen`."""

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, sent: int) -> None: ...
    def kill(self) -> None: ...


Launch = Callable[[Sequence[str], Path], Process]
"""Starts Python with these arguments; all that it prints goes to the file."""


def launch(command: Sequence[str], log: Path) -> Process:
    """Start Python in the repository."""
    settings = {"RESNET_BOOK_PROGRESS": "0", "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    environment = {**os.environ, **settings}
    with open(log, "ab") as file:
        return subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=environment, stdout=file, stderr=file
        )


@dataclass
class Running:
    """A step at work, and the reading of the clock when it began."""

    step: Step
    process: Process
    log: Path
    began: float


@dataclass
class Session:
    """One call of a plan.

    Attributes:
        minutes: for which the machine is still there, over all calls.
        call: minutes after which this call ends.
        folder: where logs, measured seconds and a copy of the records are kept.
        out: where everything that came of the plan goes as well; None for nowhere.
        context: how the processes of the trial start, see :func:`utils.record.side_by_side.rates`.
    """

    steps: Sequence[Step]
    device: torch.device
    minutes: float
    call: float
    folder: Path = carrying.KEPT_RECORDS
    out: Path | None = None
    launch: Launch = launch
    context: multiprocessing.context.BaseContext | None = None
    running: list[Running] = field(default_factory=list)
    tried: set[str] = field(default_factory=set)
    failed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.began = time.monotonic()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.measured = read_measured(self.folder, device_name(self.device))
        self._restore()

    def _restore(self) -> None:
        """Put back the records of earlier calls, in case ``results`` was set back since."""
        if not list(self.folder.glob(f"*{MANIFEST}")):
            return
        try:
            differing = carrying.unpack(self.folder).differing
        except PartsError as error:
            print(f"{error}; the records of earlier calls are not put back")
            return
        for name in differing:
            print(f"{name} differs from what an earlier call recorded, and is left as it is")

    @property
    def spent_s(self) -> float:
        """Seconds since this call began."""
        return time.monotonic() - self.began

    @property
    def is_over(self) -> bool:
        """Whether the time of this call is up."""
        return self.spent_s >= 60 * min(self.call, self.minutes)

    def next_step(self) -> Step | None:
        """What begins now, see :func:`utils.record.plan.next_step`."""
        left = [60 * minutes - self.spent_s for minutes in (self.minutes, self.call)]
        running = [each.step for each in self.running]
        return next_step(self.waiting(), running, self.measured, *left)

    def waiting(self) -> list[Step]:
        """Steps that are not done; this call begins each of them once."""
        return [s for s in self.steps if s.name not in self.tried and not s.leaves.exists()]

    def say(self, words: str) -> None:
        """Print a line with the minutes and seconds since the beginning."""
        minutes, seconds = divmod(int(self.spent_s), 60)
        print(f"{minutes}:{seconds:02d} {words}", flush=True)

    def note(self) -> None:
        """Write down what was measured."""
        with atomic_write(self.folder / MEASURED, "w") as file:
            json.dump(asdict(self.measured), file, indent=1)

    def keep(self) -> None:
        """Write down what was measured, and pack what is finished."""
        self.note()
        for folder in filter(None, (self.folder, self.out)):
            carrying.pack_records((step.leaves for step in self.steps), folder)


def read_measured(folder: Path, device: str) -> Measured:
    """What an earlier call has measured on this device; nothing if there was none."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        found = Measured(**json.loads((folder / MEASURED).read_text(encoding="utf-8")))
        if found.device == device:
            return found
    return Measured(device)


def follow(session: Session) -> int:
    """Do what a plan says until everything is done or the time is up.

    Returns:
        The exit status: 0, 1 if a step failed, 130 if the reader stopped it.
    """
    session.say(
        f"{session.measured.device}: {len(session.waiting())} of {len(session.steps)} steps to do, "
        f"{duration(60 * min(session.call, session.minutes))} for this call"
    )
    status = 0
    try:
        while True:
            _look(session)
            if session.is_over:
                break
            if (step := session.next_step()) is not None:
                _begin(session, step)
            elif session.running:
                time.sleep(LOOK_S)
            else:
                break
    except KeyboardInterrupt:
        status = 130
    finally:
        stop(session)
    _end(session)
    return status or int(bool(session.failed))


def _begin(session: Session, step: Step) -> None:
    together = _together(session, step)
    log = session.folder / "logs" / f"{step.name.replace('/', '_')}.log"
    log.parent.mkdir(exist_ok=True)
    log.write_bytes(b"")  # an earlier call may have told epochs there
    command = step.command
    if together > 1:
        threads = str(side_by_side.threads_of(together))
        command = (*command, "--threads", threads, "--side-by-side", str(together))
    seconds = estimate(step, session.measured)
    session.say(f"begins {step.name}" + ("" if seconds is None else f", {duration(seconds)}"))
    session.tried.add(step.name)
    session.running.append(Running(step, session.launch(command, log), log, time.monotonic()))


def _together(session: Session, step: Step) -> int:
    """How many runs share the device; tried out before the first one of an experiment."""
    if step.run is None or not step.side_by_side:
        return 1
    known = session.measured.together
    alike = [s for s in session.waiting() if s.run and s.run.experiment == step.run.experiment]
    if step.run.experiment not in known and not session.running:
        known[step.run.experiment] = _tried_out(session, step, len(alike))
    return known.get(step.run.experiment, 1)


def _tried_out(session: Session, step: Step, most: int) -> int:
    counts = side_by_side.counts_for(most)
    if len(counts) == 1:
        return 1
    try:
        found = side_by_side.rates(step.run, session.device, counts, context=session.context)
    except EOFError:
        session.say("the trial of several processes failed, see above; one at a time")
        return 1
    for count, rate in found.items():
        session.say(f"{count} side by side: {rate:,.0f} images/s together")
    return side_by_side.fastest(found)


def _look(session: Session) -> None:
    """Note how far the steps have come, and what has ended."""
    for each in list(session.running):
        ended = each.process.poll()
        _learn(session, each, whole=ended == 0)
        if ended is None:
            continue
        session.running.remove(each)
        if ended == 0 and each.step.leaves.exists():
            session.measured.done.pop(each.step.name, None)
            seconds = time.monotonic() - each.began
            session.say(f"done   {each.step.name} in {duration(seconds)}")
        else:
            session.failed.append(each.step.name)
            session.say(f"failed {each.step.name}: {_last_line(each.log)} (see {each.log})")
        session.keep()


def _learn(session: Session, each: Running, whole: bool) -> None:
    """Take from a step how long its kind lasts: a training tells epochs, all else its end."""
    measured, step = session.measured, each.step
    seconds = time.monotonic() - each.began
    if step.run is None:
        if whole:
            measured.saw(step, 1.0, seconds)
        return
    before, share = shares(each.log.read_text(encoding="utf-8", errors="replace"))
    if share > before and (whole or share > measured.done.get(step.name, 0.0)):
        measured.saw(step, share - before, seconds)
        measured.done[step.name] = share
        session.note()


def shares(told: str) -> tuple[float, float]:
    """How much of a run was done when its process began, and how much is done.

    Args:
        told: what the recorder has printed so far.

    Returns:
        Two shares between 0 and 1; 0 and 0 before the first epoch.
    """
    found = [(int(epoch), int(epochs)) for epoch, epochs in EPOCH.findall(told)]
    if not found:
        return 0.0, 0.0
    (first, epochs), (last, _) = found[0], found[-1]
    return (first - 1) / epochs, last / epochs


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it printed nothing")


def stop(session: Session) -> None:
    """End what runs; a training run has its last epoch in its checkpoint."""
    for each in session.running:
        each.process.send_signal(signal.SIGTERM if os.name == "nt" else signal.SIGINT)
    for each in session.running:
        try:
            each.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            each.process.kill()
            each.process.wait()
    session.running.clear()


def _end(session: Session) -> None:
    session.keep()
    if session.out is not None:
        kept = [weights_path(step.run) for step in session.steps if step.run is not None]
        carrying.pack_weights(kept, session.out)
    done = sum(step.leaves.exists() for step in session.steps)
    shares = session.measured.done
    begun = sum(shares.get(s.name, 0) > 0 and not s.leaves.exists() for s in session.steps)
    session.say(
        f"ends: {done} of {len(session.steps)} steps are done, {begun} more are begun and kept, "
        f"{len(session.failed)} failed. The same command goes on from here"
    )
