"""Run experiments and write down everything about them.

``python -m utils.record EXPERIMENT`` trains each network of an experiment and leaves one JSON
file a run under ``results/EXPERIMENT/``. Finished runs are skipped, broken ones resumed. Under
``torchrun --nproc-per-node 2`` the same command trains on two processes.
"""

import argparse
import contextlib
import os
import time
from dataclasses import asdict
from pathlib import Path

import torch

from utils import data as datasets
from utils.data.augment import Normaliser
from utils.files import checkpoint as checkpoints
from utils.files.places import CHECKPOINTS, RESULTS
from utils.files.records import read_record, record_path, write_record
from utils.files.whole import Locked, exclusive
from utils.machine.devices import layout
from utils.models.counting import count_macs, count_parameters
from utils.models.networks import build
from utils.record.experiments import EXPERIMENTS, Run, runs
from utils.record.machine import ask_device, code_state, device_of, made_by
from utils.training.distributed import Workers, workers
from utils.training.judging import judge
from utils.training.trainer import EpochRecord, TrainResult, train

SCHEMA = 1


def checkpoint_path(run: Run) -> Path:
    """Where an unfinished run keeps its last epoch; the file goes when the record is written."""
    return CHECKPOINTS / run.experiment / f"{run.name}_{run.hash()}.pt"


def weights_path(run: Run) -> Path:
    """Where a finished run leaves its weights, for whoever measures them later; not in git."""
    return CHECKPOINTS / "weights" / run.experiment / f"{run.name}_{run.hash()}.pt"


def perform(run: Run, workers: Workers, side_by_side: int = 1) -> dict | None:
    """Train one run (or finish a broken one) and return its record; None if interrupted.

    Args:
        run: the network and how it is trained.
        workers: this process's place.
        side_by_side: how many runs share the device at most, which makes each of them slower.
    """
    started = time.time()
    dataset = datasets.load(run.dataset)
    torch.manual_seed(run.seed)
    net = build(run.model, len(dataset.classes))
    size = dataset.train.images.shape[-1]
    parameters, macs = count_parameters(net), count_macs(net, size)
    result = train(
        net,
        dataset,
        run.config,
        run.seed,
        workers,
        checkpoint_path(run),
        on_epoch=_print_epoch(run),
    )
    if result.interrupted:
        return None
    if workers.is_main:
        checkpoints.save(weights_path(run), {"net": result.net.state_dict()})
    return {
        "schema": SCHEMA,
        "experiment": run.experiment,
        "run": run.name,
        "hash": run.hash(),
        "model": run.model,
        "parameters": parameters,
        "macs": macs,
        "seed": run.seed,
        "dataset": {
            "name": dataset.name,
            "sha256": dataset.sha256,
            "train_images": len(dataset.train),
            "test_images": len(dataset.test),
        },
        "config": run.config.as_dict(),
        **made_by(workers, result.precision),
        "history": [asdict(epoch) for epoch in result.history],
        "final": judge(result, dataset.test.to(workers.device), dataset.train.to(workers.device)),
        "timing": {
            "train_seconds": result.seconds,
            "images_per_second": result.images_per_second,
            "wall_seconds": time.time() - started,
            "resumed_after_epochs": result.resumed_after,
            "load_average": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
            **({"side_by_side": side_by_side} if side_by_side > 1 else {}),
        },
    }


def _print_epoch(run: Run):
    def show(epoch: EpochRecord) -> None:
        print(
            f"{run.name}: epoch {epoch.epoch}/{run.config.epochs}, "
            f"train error {epoch.train_error:.2%}, test error {epoch.test_error:.2%}, "
            f"{epoch.seconds:.0f} s",
            flush=True,
        )

    return show


def record(run: Run, workers: Workers, replace: bool = False, side_by_side: int = 1) -> str:
    """Bring one run to its end and write its file; for ``side_by_side`` see :func:`perform`.

    Returns:
        "recorded", "finished before", "busy" (another process is at it), "interrupted", or
        "stale": a record with another config stands in the way and is kept.
    """
    path = record_path(run.experiment, run.name)
    old = read_record(path) if workers.is_main else None
    finished = old is not None and old["hash"] == run.hash()
    if workers.from_main(finished and not replace):
        return "finished before"
    if workers.from_main(old is not None and not replace):
        return "stale"
    with contextlib.ExitStack() as held:
        if workers.from_main(workers.is_main and not _take_lock(run, held)):
            return "busy"
        result = perform(run, workers, side_by_side)
        if result is None:
            return "interrupted"
        if workers.is_main:
            write_record(path, result)
            checkpoint_path(run).unlink(missing_ok=True)
    return "recorded"


def judge_again(run: Run, workers: Workers) -> str:
    """Renew the final numbers of a record from the weights its run has left.

    For numbers that the recorder learned to take after the run. What was there before must come
    out again, else the record stays as it is.

    Returns:
        "judged again", or why not.
    """
    with contextlib.ExitStack() as held:
        if workers.from_main(workers.is_main and not _take_lock(run, held)):
            return "busy"
        return _judge_kept(run, workers)


def _judge_kept(run: Run, workers: Workers) -> str:
    path = record_path(run.experiment, run.name)
    old, kept = read_record(path), checkpoints.load(weights_path(run))
    if old is None or old["hash"] != run.hash():
        return "no record to renew"
    if kept is None:
        return "no weights kept; --replace trains anew"
    dataset = datasets.load(run.dataset)
    net = build(run.model, len(dataset.classes)).to(workers.device)
    if layout(workers.device, run.config.channels_last) is torch.channels_last:
        net = net.to(memory_format=torch.channels_last)
    net.load_state_dict(kept["net"])
    normaliser = Normaliser.fit(dataset.train.images.to(workers.device), run.config.normalise)
    history = [EpochRecord(**epoch) for epoch in old["history"]]
    result = TrainResult(net, history, normaliser, old["machine"]["precision"])
    final = judge(result, dataset.test.to(workers.device), dataset.train.to(workers.device))
    if any(final[key] != old["final"][key] for key in ("test_error", "confusion")):
        return "kept as it was: this machine counts other mistakes"
    if workers.is_main:
        write_record(path, {**old, "final": final})
    return "judged again"


def _take_lock(run: Run, held: contextlib.ExitStack) -> bool:
    """Hold the run's lock until ``held`` closes; False if another process has it."""
    try:
        held.enter_context(exclusive(CHECKPOINTS / run.experiment / f"{run.name}.lock", 0))
    except Locked:
        return False
    return True


def show_list() -> None:
    """Print every experiment with its question and how many of its runs are recorded."""
    for name, experiment in EXPERIMENTS.items():
        all_runs = runs(name)
        done = sum(record_path(name, run.name).exists() for run in all_runs)
        print(f"{name:20s} {done}/{len(all_runs)} recorded   {experiment.question}")


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    more = "A machine that is here for half an hour: --plan gpu --help"
    parser = argparse.ArgumentParser(
        prog="python -m utils.record", description=__doc__, epilog=more
    )
    parser.add_argument("experiment", nargs="*", help="one or more names, see --list")
    ask_device(parser)
    parser.add_argument(
        "--seeds", type=int, nargs="+", help="in place of the experiment's own, see --list"
    )
    parser.add_argument("--threads", type=int, help="CPU threads (default: PyTorch's choice)")
    parser.add_argument("--only", metavar="TEXT", help="runs whose name contains TEXT")
    parser.add_argument(
        "--side-by-side", type=int, default=1, metavar="N",
        help="runs that share the device, for the record",
    )  # fmt: skip
    parser.add_argument("--list", action="store_true", help="show the experiments and stop")
    parser.add_argument("--dry-run", action="store_true", help="show the runs and stop")
    parser.add_argument("--replace", action="store_true", help="redo runs that have a record")
    parser.add_argument(
        "--judge", action="store_true", help="renew final numbers from kept weights, train nothing"
    )
    options = parser.parse_args(arguments)
    code_state()
    if options.list or not options.experiment:
        show_list()
        return 0
    try:
        seeds = None if options.seeds is None else tuple(options.seeds)
        chosen = [r for name in options.experiment for r in runs(name, seeds)]
    except ValueError as error:
        parser.error(str(error))
    device = device_of(parser, options)
    chosen = [r for r in chosen if options.only is None or options.only in r.name]
    if options.dry_run:
        for run in chosen:
            state = "recorded" if record_path(run.experiment, run.name).exists() else "to do"
            print(f"{run.experiment}/{run.name}: {state}")
        return 0
    if options.threads:
        torch.set_num_threads(options.threads)
    status = 0
    with workers(device) as place:
        for run in chosen:
            if options.judge:
                outcome = judge_again(run, place)
            else:
                outcome = record(run, place, options.replace, options.side_by_side)
            if place.is_main:
                print(f"{run.experiment}/{run.name}: {outcome}", flush=True)
            if outcome == "stale":
                print(f"  pass --replace to redo it; the old record is in {RESULTS}")
                status = 1
            if outcome == "interrupted":
                print("interrupted; run the same command to go on")
                return 130
    return status
