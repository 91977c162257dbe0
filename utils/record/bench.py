"""Time the usual training loop against ours, and keep the answer by device.

``make bench`` lets all loops take turns: ours on the network and batch of the usual one, and those
of :data:`utils.record.race.LOOPS`. It prints the images per second of each and its share of the
roofline, the rates of the two data pipelines alone, and the seconds of the book's cold and warm
build. It writes ``results/bench/DEVICE.json``, from which the chapters make their tables;
:mod:`utils.chapters.time_to_accuracy.race` adds the seconds to an accuracy.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import count
from pathlib import Path

import torch

from utils import data as datasets
from utils.data.augment import Augmenter, epoch_batches
from utils.data.cifar10 import TRAIN_IMAGES
from utils.data.sets import Dataset, need_dataset
from utils.files.places import RESULTS, ROOT
from utils.files.records import parse_json
from utils.models.networks import build
from utils.probes.timing import Timing, time_in_turns
from utils.record.machine import (
    ask_device,
    ask_no_write,
    ask_roofs,
    code_state,
    device_name,
    device_of,
    file_away,
    made_by,
)
from utils.record.race import (
    LOOPS,
    RACE,
    USUAL,
    describe_race,
    measure_roofs,
    phases_of,
    rate_over,
    share_of_roofline,
)
from utils.record.step_parts import LIMIT, SIZES, all_parts, as_markdown, too_dear
from utils.training.distributed import Workers
from utils.training.precision import resolve_precision
from utils.training.recipes import TrainConfig, recipe
from utils.training.trainer import Trainer
from utils.training.tutorial import SourceTrainer, source_batches

FOLDER = RESULTS / "bench"
NETWORK, BATCH = LOOPS[USUAL].network, LOOPS[USUAL].batch
SAME = "and the fast recipe"
STEPS = ("our batches", "and channels last", "and mixed precision", SAME)
"""How the names of timed loops begin, in the order of the changes to the usual loop."""
FAST = "fast"

PHASES = {
    "optimiser": ("Optimizer.step", "addcdiv", "addcmul", "lerp", "sqrt", "_foreach"),
    "convolutions, backward": ("convolution_backward",),
    "convolutions, forward": ("mkldnn_convolution", "cudnn_convolution"),
    "batch normalisation": ("batch_norm",),
    "linear layer": ("addmm", "aten::mm"),
    "ReLU and additions": ("threshold", "clamp_min", "relu", "aten::add"),
}


def profile(dataset: Dataset, device: torch.device, steps: int = 20) -> dict[str, float]:
    """Share of the usual loop's CPU time that each kind of work takes, by PyTorch's profiler.

    Loading is timed with a clock, since it happens outside PyTorch's operators.

    Raises:
        TypeError: not a :class:`~utils.data.sets.Dataset`.
    """
    need_dataset(dataset, "dataset")
    torch.manual_seed(0)
    usual = SourceTrainer(build(NETWORK), dataset.train, BATCH, 0, device)
    loading = []
    batches = usual.batches

    def timed() -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        while True:
            started = time.perf_counter()
            batch = next(batches)
            loading.append(time.perf_counter() - started)
            yield batch

    usual.batches = timed()
    usual.step()
    loading.clear()
    started = time.perf_counter()
    with torch.profiler.profile() as seen:
        for _ in range(steps):
            usual.step()
    total = time.perf_counter() - started
    seconds = {"opening and changing pictures": sum(loading), **dict.fromkeys(PHASES, 0.0)}
    for event in seen.key_averages():
        for phase, names in PHASES.items():
            if any(name in event.key for name in names):
                seconds[phase] += event.self_cpu_time_total / 1e6
                break
    seconds["the rest"] = total - sum(seconds.values())
    return {phase: value / total for phase, value in seconds.items()}


def endless(trainer: Trainer) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Our batches, epoch after epoch."""
    for epoch in count():
        yield from trainer.batches(epoch)


def our_step(
    dataset: Dataset, network: str, config: TrainConfig, device: torch.device
) -> Callable[[], object]:
    """One step of our loop as a call without arguments."""
    need_dataset(dataset, "dataset")
    torch.manual_seed(0)
    trainer = Trainer(build(network), dataset, config, 0, Workers(0, 1, device))
    trainer.net.train()
    batches = endless(trainer)

    def step() -> None:
        trainer.train_step(*next(batches))

    return step


def training_calls(dataset: Dataset, device: torch.device) -> dict[str, Callable[[], object]]:
    """The usual loop and its changes: same network, same batch size, same augmentation.

    Raises:
        TypeError: not a :class:`~utils.data.sets.Dataset`.
    """
    need_dataset(dataset, "dataset")
    torch.manual_seed(0)
    usual = SourceTrainer(build(NETWORK), dataset.train, BATCH, 0, device)
    plain = recipe("source", precision="fp32", channels_last=False)
    return {
        USUAL: usual.step,
        "our batches, fp32": our_step(dataset, NETWORK, plain, device),
        "and channels last": our_step(dataset, NETWORK, recipe("source", precision="fp32"), device),
        "and mixed precision": our_step(dataset, NETWORK, recipe("source"), device),
        **recipe_calls(dataset, device, FAST, NETWORK, BATCH, SAME),
    }


def recipe_calls(
    dataset: Dataset, device: torch.device, name: str, network: str, batch: int, prefix: str
) -> dict[str, Callable[[], object]]:
    """A recipe with small images on a network and batch, at full and at reduced image size.

    Raises:
        TypeError: not a :class:`~utils.data.sets.Dataset`.
    """
    need_dataset(dataset, "dataset")
    return {
        f"{prefix}, {size}": our_step(
            dataset, network, recipe(name, batch_size=batch, **changes), device
        )
        for size, changes in SIZES.items()
    }


def data_calls(dataset: Dataset, device: torch.device) -> dict[str, Callable[[], object]]:
    """The two data pipelines without a network.

    Raises:
        TypeError: not a :class:`~utils.data.sets.Dataset`.
    """
    need_dataset(dataset, "dataset")
    usual = source_batches(dataset.train, BATCH, 0)
    augmenter = Augmenter(dataset.train.images.to(device), "resize", True)
    state = {"epoch": -1, "batches": iter(())}

    def ours() -> None:
        try:
            next(state["batches"])
        except StopIteration:
            state["epoch"] += 1
            state["batches"] = epoch_batches(augmenter, BATCH, 0, state["epoch"])
            next(state["batches"])

    return {"usual data pipeline": lambda: next(usual), "our data pipeline": ours}


def images_per_second(timing: Timing, batch: int) -> dict:
    """A timing of one batch as a rate: median, and the quartiles turned round."""
    return {
        "median": batch / timing.median,
        "lower": batch / timing.upper,
        "upper": batch / timing.lower,
        "repeats": timing.count,
    }


def measure(dataset: Dataset, device: torch.device, rounds: int) -> dict:
    """All rates of this machine, in images per second; all loops take turns in one run."""
    calls = training_calls(dataset, device)
    batches = dict.fromkeys(calls, BATCH)
    for loop in list(LOOPS.values())[1:]:
        name = loop.recipe
        more = recipe_calls(dataset, device, name, loop.network, loop.batch, name)
        calls |= more
        batches |= dict.fromkeys(more, loop.batch)
    pipelines = data_calls(dataset, device)
    batches |= dict.fromkeys(pipelines, BATCH)
    rates: dict[str, dict] = {}
    for group in (calls, pipelines):
        for name, timing in time_in_turns(group, device, rounds=rounds).items():
            rates[name] = images_per_second(timing, batches[name])
            print(f"{name:34s} {rates[name]['median']:10,.0f} images/s", flush=True)
    return rates


def race(rates: dict, device: torch.device, **sizes: int) -> dict[str, dict]:
    """What a record keeps of the three loops and of the roofs over them; prints the shares.

    Args:
        rates: what :func:`measure` found.
        device: where.
        sizes: of the roofs' measurement, see :func:`utils.record.race.measure_roofs`.
    """
    roofs = measure_roofs(device, **sizes)
    raced = describe_race(rates, roofs, device)
    for name, loop in raced.items():
        print(
            f"{name:34s} {loop['images_per_second']:10,.0f} images/s over a whole run, "
            f"{share_of_roofline(loop):.0%} of the roofline in {loop['precision']}"
        )
    return {RACE: raced, "roofs": {name: asdict(device) for name, device in roofs.items()}}


def show_profile(dataset: Dataset, device: torch.device, steps: int) -> None:
    """Print where the usual loop's time goes, and what each part of our steps costs."""
    for phase, share in profile(dataset, torch.device("cpu")).items():
        print(f"{phase:30s} {share:6.1%}")
    loops = {loop.recipe: loop.network for name, loop in LOOPS.items() if name != USUAL}
    found = all_parts(dataset, loops, device, steps)
    print(f"\n{as_markdown(found)}")
    print(f"above {LIMIT:.0%}: {'; '.join(too_dear(found)) or 'none'}")


def loop_label(loop: str) -> str:
    """What a page calls a timed loop; steps from the usual one by number: "step 1: our batches"."""
    number = next((n for n, start in enumerate(STEPS, 1) if loop.startswith(start)), 0)
    return f"step {number}: {loop.removeprefix('and ')}" if number else loop


def whole_run_rate(rates: dict, prefix: str) -> float:
    """Images per second over a whole run of the fast recipe: small images, then full ones."""
    return rate_over(rates, phases_of(FAST, prefix))


def run_seconds(rates: dict, images: int) -> dict[str, float]:
    """Seconds of ten epochs on ``images``: the usual loop, and the fast recipe as it runs."""
    return {
        USUAL: recipe("source").epochs * images / rates[USUAL]["median"],
        "fast recipe": recipe(FAST).epochs * images / whole_run_rate(rates, FAST),
    }


def book_seconds() -> dict[str, float]:
    """Seconds of ``make book`` from nothing and with nothing to do, the environment ready.

    Builds into a copy of the tree, so that the book at hand stays as it is. Empty when this
    Python is not an environment of its own, such as ``make`` sets up.
    """
    if sys.prefix == sys.base_prefix:
        return {}
    seconds = {}
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "book"
        skip = shutil.ignore_patterns("_build", ".venv", ".git", ".checkpoints", "__pycache__")
        shutil.copytree(ROOT, copy, ignore=skip)
        (copy / ".venv").symlink_to(Path(sys.prefix), target_is_directory=True)
        (Path(sys.prefix) / ".ready").touch()
        for name in ("cold build", "warm build"):
            started = time.perf_counter()
            if subprocess.run(["make", "book"], cwd=copy, stdout=subprocess.DEVNULL).returncode:
                print("the book does not build, see above; its time is left out")
                return {}
            seconds[name] = time.perf_counter() - started
            print(f"{name:22s} {seconds[name]:10.1f} s", flush=True)
    return seconds


def load_benches() -> list[dict]:
    """Every recorded device, by name.

    Raises:
        utils.files.records.ResultError: a record cannot be read; names it.
    """
    advice = "restore it with git, or make it anew on its device with: make bench"
    return [parse_json(path, (), advice=advice) for path in sorted(FOLDER.glob("*.json"))]


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m utils.record.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="timed steps of each contestant")
    ask_device(parser)
    parser.add_argument("--dataset", default="auto", help="cifar10, digits or auto")
    parser.add_argument(
        "--profile", action="store_true", help="show where the time goes, part by part"
    )
    parser.add_argument("--steps", type=int, default=40, help="of each recipe, for --profile")
    ask_roofs(parser)
    parser.add_argument("--no-book", action="store_true", help="leave the book's build out")
    ask_no_write(parser)
    options = parser.parse_args(arguments)
    code_state()
    device = device_of(parser, options)
    dataset = datasets.load(options.dataset)
    print(f"{device_name(device)}, {torch.get_num_threads()} threads, {dataset.name}")
    if options.profile:
        show_profile(dataset, device, options.steps)
        return 0
    rates = measure(dataset, device, options.rounds)
    usual = rates[USUAL]["median"]
    print(
        f"times as fast as the usual loop, same network and batch: our loop with the usual recipe "
        f"{rates['and mixed precision']['median'] / usual:.2f}, "
        f"with the fast recipe {whole_run_rate(rates, SAME) / usual:.2f}"
    )
    roofs = race(rates, device, matrix=options.matrix, stream=options.stream)
    record = {
        "book_seconds": {} if options.no_book else book_seconds(),
        "dataset": {"name": dataset.name, "sha256": dataset.sha256},
        "network": NETWORK,
        "batch_size": BATCH,
        **made_by(Workers(0, 1, device), resolve_precision("auto", device)),
        "images_per_second": rates,
        **roofs,
        "run_seconds_50k_images": run_seconds(rates, TRAIN_IMAGES),
    }
    file_away(record, FOLDER, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
