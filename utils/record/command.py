"""The recorder's command line: single experiments, or a plan for a machine that is lent.

``python -m utils.record --plan gpu --minutes 30`` records the most valuable runs first and can be
cut off at any second. ``--pack DIR`` packs what such a machine needs beside the files of git,
``--unpack DIR`` puts it into its place there, and ``--merge DIR`` puts into its place at home what
came back. Everything else is the business of :mod:`utils.record.runs`.
"""

import argparse
import sys
from pathlib import Path

import torch

from utils.data.cifar import DataError
from utils.files.parts import PartsError
from utils.record import carrying, following, runs
from utils.record.machine import ask_device, code_state, device_of
from utils.record.plan import PLANS, steps_of

OURS = ("--plan", "--pack", "--unpack", "--merge")
MINUTES = 30.0


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    if not any(argument.partition("=")[0] in OURS for argument in given):
        return runs.main(given)
    parser = argparse.ArgumentParser(prog="python -m utils.record", description=__doc__)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--plan", choices=sorted(PLANS), help="what to do, the most valuable first")
    what.add_argument("--pack", type=Path, metavar="DIR", help="pack what a machine needs into DIR")
    what.add_argument(
        "--unpack", "--merge", type=Path, metavar="DIR", help="put the parts in DIR into place"
    )
    ask_device(parser)
    parser.add_argument(
        "--minutes", type=float, default=MINUTES,
        help="for which the machine is still there (default: %(default)g)",
    )  # fmt: skip
    parser.add_argument(
        "--call", type=float, metavar="MINUTES",
        help="when this call ends; training runs go on in the next one (default: --minutes)",
    )  # fmt: skip
    parser.add_argument(
        "--parts", type=Path, metavar="DIR", help="unpack the parts in DIR before the plan begins"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="also pack records and small weights into DIR"
    )
    parser.add_argument(
        "--part-mib", type=int, default=carrying.PART_MIB, metavar="MIB",
        help="most of one part of --pack (default: %(default)d)",
    )  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="show the steps and stop")
    options = parser.parse_args(given)
    if options.call is None:
        options.call = options.minutes
    if min(options.minutes, options.call, options.part_mib) <= 0:
        parser.error("--minutes, --call and --part-mib must be above 0")
    code_state()
    try:
        if options.pack:
            return pack(options.pack, options.part_mib)
        if options.unpack:
            return unpack(options.unpack)
        return plan(options, device_of(parser, options))
    except (PartsError, DataError) as error:
        print(error, file=sys.stderr)
        return 1


def pack(folder: Path, part_mib: int) -> int:
    """Pack what a machine needs; returns the exit status."""
    for path in carrying.pack_needs(folder, part_mib):
        print(f"{path}: {path.stat().st_size / 2**20:.1f} MiB")
    return 0


def unpack(folder: Path) -> int:
    """Put the parts of a folder into place; 1 if something there differs from what is here."""
    found = carrying.unpack(folder)
    print(f"{folder}: {len(found.written)} files are new, {len(found.same)} were here already")
    for name in found.differing:
        print(f"refused {name}: another one is here; compare both and keep one by hand")
    return int(bool(found.differing))


def plan(options: argparse.Namespace, device: torch.device) -> int:
    """Show or carry out a plan; returns the exit status."""
    steps = steps_of(options.plan, device)
    if options.dry_run:
        for step in steps:
            print(f"{step.name}: {'recorded' if step.leaves.exists() else 'to do'}")
        return 0
    if options.parts:
        unpack(options.parts)
    carrying.name_data()
    session = following.Session(steps, device, options.minutes, options.call, out=options.out)
    return following.follow(session)
