"""What multiply-accumulates predict of a layer's time, and what the roofs of a device do.

Answers "is this layer slow because it computes, or because it waits for memory?". Two numbers of
a device are measured: how fast it multiplies matrices (peak) and how fast it reads and writes
(bandwidth). A layer cannot be faster than either allows (Williams et al. 2009).

``python -m utils.record.roofline`` measures the blocks of the chapter and writes
``results/bench-blocks/DEVICE.json``.
"""

import argparse
import sys
from dataclasses import asdict

import torch

from utils.files.places import RESULTS
from utils.files.records import parse_json
from utils.probes.roofline import (
    BATCH,
    MATRIX,
    SIZE,
    STREAM,
    Device,
    measure_device,
    time_blocks,
    time_layers,
)
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
from utils.training.distributed import Workers

FOLDER = RESULTS / "bench-blocks"
KIND = "measurement"
FIELDS = ("kind", "machine", "device", "size", "batch_size", "blocks", "layers")
COMMAND = "python -m utils.record.roofline"


def measure(
    device: torch.device | str,
    size: int = SIZE,
    batch: int = BATCH,
    rounds: int = 10,
    matrix: int = MATRIX,
    stream: int = STREAM,
) -> dict:
    """Everything a record keeps of one device, apart from its description."""
    roofs = measure_device(device, matrix, stream, repeats=max(2, rounds))
    blocks = {
        mode: time_blocks(size, batch, device, rounds, training=mode == "training")
        for mode in ("inference", "training")
    }
    layers = time_layers(None, size, batch, device, rounds)
    return {
        "kind": KIND,
        "device": asdict(roofs),
        "size": size,
        "batch_size": batch,
        "blocks": {
            mode: {name: asdict(timing) for name, timing in timings.items()}
            for mode, timings in blocks.items()
        },
        "layers": {label: asdict(timing) for label, (_, timing) in layers.items()},
    }


def load_records() -> list[dict]:
    """Every recorded device, by name of file.

    Raises:
        utils.files.records.ResultError: a file is no such record; says what to do.
    """
    return [parse_json(path, FIELDS, KIND) for path in sorted(FOLDER.glob("*.json"))]


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    ask_device(parser)
    parser.add_argument("--rounds", type=int, default=30, help="timed calls of each contestant")
    parser.add_argument("--size", type=int, default=SIZE, help="height and width of the maps")
    parser.add_argument("--batch", type=int, default=BATCH, help="images at once")
    ask_roofs(parser)
    ask_no_write(parser)
    options = parser.parse_args(arguments)
    code_state()
    if options.rounds < 2:
        parser.error("a median with quartiles needs at least 2 rounds")
    device = device_of(parser, options)
    sizes = (options.size, options.batch, options.rounds, options.matrix, options.stream)
    measured = measure(device, *sizes)
    roofs = Device(**measured["device"])
    print(
        f"{device_name(device)}, {torch.get_num_threads()} threads: peak "
        f"{roofs.peak / 1e9:,.0f} GFLOP/s, bandwidth {roofs.bandwidth / 1e9:,.0f} GB/s"
    )
    for mode, timings in measured["blocks"].items():
        for name, timing in timings.items():
            print(f"{mode:10s} {name:24s} {1e3 * timing['median']:9.2f} ms")
    file_away({**measured, **made_by(Workers(0, 1, device), "fp32")}, FOLDER, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
