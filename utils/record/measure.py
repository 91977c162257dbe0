"""Measure what is not recorded yet and file it: the recorder for everything that is no training.

``python -m utils.record.measure gradient-norms`` leaves one JSON file a task under
``results/gradient-norms/``. Finished tasks are skipped; a killed run goes on where it was.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict

import torch

from utils import data as datasets
from utils.files import records
from utils.files.records import MEASUREMENT, parse_measurement
from utils.files.whole import set_aside
from utils.record import fine_tuning, gradient_norms, playground, slips, surfaces
from utils.record import lesions as lesion_study
from utils.record.machine import code_state, made_by
from utils.record.tasks import Task
from utils.record.weights import NotTrained
from utils.training.distributed import Workers

SCHEMA = 1
MEASUREMENTS: dict[str, Callable[[], Sequence[Task]]] = {
    gradient_norms.EXPERIMENT: gradient_norms.tasks,
    lesion_study.EXPERIMENT: lesion_study.tasks,
    surfaces.EXPERIMENT: surfaces.tasks,
    fine_tuning.EXPERIMENT: fine_tuning.tasks,
    slips.EXPERIMENT: slips.tasks,
    playground.EXPERIMENT: playground.tasks,
}


def measure_and_file(experiment: str, task: Task, replace: bool = False) -> str:
    """Bring one task to its end.

    Returns:
        "recorded", "finished before", or "stale": a record with other settings stands in the
        way and is kept.

    Raises:
        NotTrained: the task reads a trained network that is not there.
    """
    path = records.record_path(experiment, task.name)
    if path.exists() and not replace:
        try:
            fresh = parse_measurement(path)["hash"] == task.hash()
            return "finished before" if fresh else "stale"
        except records.ResultError as error:
            print(f"{error}; kept as {set_aside(path, 'damaged').name}, measuring anew")
    records.write_record(path, measured(experiment, task))
    return "recorded"


def measured(experiment: str, task: Task) -> dict:
    """Perform a task; returns all that its record says.

    Raises:
        NotTrained: the task reads a trained network that is not there.
    """
    started = time.time()
    found = task.perform()
    return {
        "schema": SCHEMA,
        "kind": MEASUREMENT,
        "experiment": experiment,
        "run": task.name,
        "hash": task.hash(),
        "task": type(task).__name__,
        "settings": json.loads(json.dumps(asdict(task))),
        "seeds": list(task.seeds),
        "dataset": {"name": task.dataset, "sha256": datasets.load(task.dataset).sha256},
        **made_by(Workers(0, 1, torch.device("cpu")), task.precision),
        "wall_seconds": round(time.time() - started, 1),
        **found,
    }


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m utils.record.measure", description=__doc__)
    parser.add_argument("experiment", nargs="?", help="a name, see --list")
    parser.add_argument("--only", metavar="TEXT", help="tasks whose name contains TEXT")
    parser.add_argument("--threads", type=int, help="CPU threads (default: PyTorch's choice)")
    parser.add_argument("--list", action="store_true", help="show the measurements and stop")
    parser.add_argument("--dry-run", action="store_true", help="show the tasks and stop")
    parser.add_argument("--replace", action="store_true", help="redo tasks that have a record")
    options = parser.parse_args(arguments)
    code_state()
    if options.list or not options.experiment:
        for name, list_tasks in MEASUREMENTS.items():
            chosen = list_tasks()
            done = sum(records.record_path(name, task.name).exists() for task in chosen)
            print(f"{name}: {done}/{len(chosen)} recorded")
        return 0
    if options.experiment not in MEASUREMENTS:
        parser.error(f"unknown {options.experiment!r}; choose from {sorted(MEASUREMENTS)}")
    if options.threads:
        torch.set_num_threads(options.threads)
    status = 0
    for task in MEASUREMENTS[options.experiment]():
        if options.only is not None and options.only not in task.name:
            continue
        if options.dry_run:
            there = records.record_path(options.experiment, task.name).exists()
            print(f"{task.name}: {'recorded' if there else 'to do'}")
            continue
        try:
            outcome = measure_and_file(options.experiment, task, options.replace)
        except NotTrained as error:
            print(f"{task.name}: refused, {error}", flush=True)
            status = 1
            continue
        print(f"{task.name}: {outcome}", flush=True)
        if outcome == "stale":
            print("  pass --replace to redo it")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
