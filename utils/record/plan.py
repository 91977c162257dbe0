"""What to compute first when a fast machine is there for half an hour.

Answers "what begins next, and does it still fit?". A plan is an ordered list of steps, the most
valuable first. Nothing is run here: :mod:`utils.record.following` carries a plan out, and what it
measures comes back as :class:`Measured`.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import torch

from utils.data.cifar10 import TRAIN_IMAGES
from utils.files.places import CHECKPOINTS, ROOT
from utils.files.records import record_path
from utils.models.counting import count_macs
from utils.models.networks import build
from utils.record import bench, roofline
from utils.record.experiments import Run, runs
from utils.record.machine import describe_machine, device_file
from utils.training.distributed import Workers

SIZE = 32
NOTEBOOKS, BENCH, ROOFLINE = "notebooks", "bench", "roofline"
ON_A_GPU = '"full_on_gpu": true'
"""In the metadata of the notebooks that train on CIFAR-10 where there is a GPU."""
FULL = CHECKPOINTS / "full"
"""Where notebooks go that were run with the recorded budgets."""
EPOCH = re.compile(r"epoch (\d+)/(\d+)")
"""What the recorder prints of an epoch."""


@dataclass(frozen=True)
class Group:
    """Steps of one kind, as a plan names them.

    Attributes:
        name: an experiment, or one of the measurements that are no training.
        models: how the names of the networks begin that count.
        side_by_side: whether several runs may share the device. Not where the seconds of a run
            are a result.
    """

    name: str
    models: str = ""
    side_by_side: bool = False


PLANS: dict[str, tuple[Group, ...]] = {
    "gpu": (
        Group("paper-table-6", "resnet-", side_by_side=True),
        Group("paper-table-6", "plain-", side_by_side=True),
        Group(NOTEBOOKS),
        Group(BENCH),
        Group(ROOFLINE),
    )
}


@dataclass(frozen=True)
class Step:
    """One command of a plan.

    Attributes:
        name: unique in the plan.
        kind: what steps have in common that take equally long, such as the seeds of a network.
        command: arguments for Python.
        leaves: the file that is there once the step is done.
        run: the training run that it is; None for everything else. A run goes on from its
            checkpoint when it was cut off.
        side_by_side: see :class:`Group`.
    """

    name: str
    kind: str
    command: tuple[str, ...]
    leaves: Path
    run: Run | None = None
    side_by_side: bool = False

    @property
    def work(self) -> float:
        """Multiply-accumulates of all images that a training run sees; 0 for everything else."""
        return work_of(self.run.model) * images_of(self.run) if self.run else 0.0


@dataclass
class Measured:
    """What this session of a plan has seen so far, as plain JSON values.

    Attributes:
        device: where.
        seconds: of a whole step, by kind.
        work: of a step of that kind, see :class:`Step`.
        done: share of a step that is done and kept, by name.
        together: how many processes side by side were fastest, by experiment.
    """

    device: str
    seconds: dict[str, float] = field(default_factory=dict)
    work: dict[str, float] = field(default_factory=dict)
    done: dict[str, float] = field(default_factory=dict)
    together: dict[str, int] = field(default_factory=dict)

    def saw(self, step: Step, share: float, seconds: float) -> None:
        """Note that ``share`` of a step took so long."""
        self.seconds[step.kind] = seconds / share
        self.work[step.kind] = step.work


@cache
def work_of(model: str) -> int:
    """Multiply-accumulates of one image."""
    return count_macs(build(model), SIZE)


def images_of(run: Run) -> int:
    """Images that a training run sees."""
    return run.config.total_steps(TRAIN_IMAGES) * run.config.batch_size


def steps_of(plan: str, device: torch.device) -> list[Step]:
    """Every step of a plan, in the order of its value.

    Raises:
        ValueError: unknown plan or experiment, with the known ones.
    """
    if plan not in PLANS:
        raise ValueError(f"unknown plan {plan!r}; choose from {sorted(PLANS)}")
    return [step for group in PLANS[plan] for step in _steps(group, device)]


def _steps(group: Group, device: torch.device) -> list[Step]:
    if group.name == NOTEBOOKS:
        return notebook_steps()
    if group.name in (BENCH, ROOFLINE):
        return [device_step(group.name, device)]
    chosen = [run for run in runs(group.name) if run.model.startswith(group.models)]
    settings = list(dict.fromkeys((run.model, run.config) for run in chosen))
    chosen.sort(key=lambda run: (settings.index((run.model, run.config)), run.seed))
    return [run_step(run, device, group.side_by_side) for run in chosen]


def run_step(run: Run, device: torch.device, side_by_side: bool = False) -> Step:
    """The step that records one training run. All seeds of a network are of one kind."""
    seed = ("--seeds", str(run.seed), "--only", run.name)
    return Step(
        f"{run.experiment}/{run.name}",
        f"{run.experiment}/{run.model}_{run.config.recipe}",
        ("-m", "utils.record", run.experiment, *seed, "--device", device.type),
        record_path(run.experiment, run.name),
        run,
        side_by_side,
    )


def device_step(name: str, device: torch.device) -> Step:
    """The step that measures this device and leaves one record of it."""
    folder, *more = (bench.FOLDER, "--no-book") if name == BENCH else (roofline.FOLDER,)
    machine = describe_machine(Workers(0, 1, device), "fp32")
    command = ("-m", f"utils.record.{name}", "--device", device.type, *more)
    return Step(name, name, command, device_file(folder, machine))


def notebook_steps() -> list[Step]:
    """A step for each notebook that trains on CIFAR-10 where there is a GPU."""
    return [
        Step(
            f"{NOTEBOOKS}/{path.stem}",
            f"{NOTEBOOKS}/{path.stem}",
            ("-m", "utils.notebook", path.stem, "--full", str(FULL)),
            FULL / path.name,
        )
        for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
        if ON_A_GPU in path.read_text(encoding="utf-8")
    ]


def estimate(step: Step, measured: Measured) -> float | None:
    """Seconds that a step still needs, by what this session has seen; None if it cannot tell.

    A network that was not seen yet is compared with the one of its experiment that is nearest in
    work.
    """
    left = 1 - measured.done.get(step.name, 0.0)
    if step.kind in measured.seconds:
        return left * measured.seconds[step.kind]
    if step.run is None:
        return None
    family = f"{step.run.experiment}/"
    seen = [kind for kind in measured.seconds if kind.startswith(family)]
    if not seen:
        return None
    nearest = min(seen, key=lambda kind: abs(math.log(measured.work[kind] / step.work)))
    return left * measured.seconds[nearest] * step.work / measured.work[nearest]


def may_start(step: Step, running: Sequence[Step], measured: Measured) -> bool:
    """Whether a step disturbs none of those that run, nor they it."""
    if not running:
        return True
    if not step.side_by_side or step.run is None:
        return False
    shared = all(
        other.side_by_side and other.run and other.run.experiment == step.run.experiment
        for other in running
    )
    return shared and len(running) < measured.together.get(step.run.experiment, 1)


def next_step(
    waiting: Sequence[Step],
    running: Sequence[Step],
    measured: Measured,
    left_s: float,
    call_left_s: float,
) -> Step | None:
    """What begins now, or None: nothing more, or something has to end first.

    The first step that may start and fits into the time that is left. If none fits, a step that
    has to be alone is waited for when it fits after those that run. Otherwise the first training
    run begins, because its checkpoint is kept for the next time.

    Args:
        waiting: steps that are not done and not running, in the order of the plan.
        running: steps that run.
        measured: what this session has seen.
        left_s: seconds for which the machine is still there, over all calls.
        call_left_s: seconds until this call ends. A training run may go on in the next call, and
            every other step has to fit into this one.
    """
    if min(left_s, call_left_s) <= 0:
        return None

    def fits(step: Step, after_s: float = 0.0) -> bool:
        limit = left_s if step.run is not None else min(left_s, call_left_s)
        return after_s + (estimate(step, measured) or 0.0) <= limit

    free = [step for step in waiting if may_start(step, running, measured)]
    for step in free:
        if fits(step):
            return step
    drained = max(((estimate(step, measured) or 0.0) for step in running), default=0.0)
    if any(fits(s, drained) for s in waiting if s not in free and not s.side_by_side):
        return None
    return next((step for step in free if step.run is not None), None)
