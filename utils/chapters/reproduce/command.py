"""The command line: run a card, or compare a reader's records with it.

Answers "how do I check that number here?".
"""

import argparse
import sys
from pathlib import Path

import torch

from utils.chapters.reproduce.answer import (
    OUTSIDE,
    UNDECIDED,
    WITHIN,
    Answer,
    answer,
    form_address,
)
from utils.chapters.reproduce.cards import (
    Checkable,
    ReproduceError,
    card_named,
    checkables,
)
from utils.chapters.reproduce.given import given
from utils.chapters.reproduce.parts import REPRODUCED, Interrupted, Published
from utils.chapters.reproduce.weights_parts import FromWeights
from utils.data import DataError
from utils.files.records import ResultError, write_record
from utils.record.machine import ask_device, code_state, device_of
from utils.results.words import listed
from utils.training.distributed import Workers

PROGRAM = "python -m utils.chapters.reproduce"
DESCRIPTION = (
    "Check a number of the book on this machine. The command computes the number of a card, or "
    "takes it from records that you made, and says whether it lies within what the book's own "
    "records lead to expect. It writes a small JSON file that you can send."
)
ALL_WITHIN, SOME_OUTSIDE, UNUSABLE, SOME_UNDECIDED, STOPPED = 0, 1, 2, 3, 130
STATUS = {WITHIN: ALL_WITHIN, OUTSIDE: SOME_OUTSIDE, UNDECIDED: SOME_UNDECIDED}


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status.

    It is 0 for within, 1 for outside, 3 for undecided and 2 for what cannot be used.
    """
    parser = argparse.ArgumentParser(prog=PROGRAM, description=DESCRIPTION)
    parser.add_argument("card", nargs="?", help="a name, see --list")
    parser.add_argument(
        "--from", dest="files", type=Path, nargs="+", metavar="FILE",
        help="records of your machine; nothing is computed",
    )  # fmt: skip
    parser.add_argument("--seeds", type=int, nargs="+", help="in the place of the card's own")
    ask_device(parser)
    parser.add_argument("--threads", type=int, help="CPU threads (default: PyTorch's choice)")
    parser.add_argument("--list", action="store_true", help="show the cards and stop")
    parser.add_argument(
        "--scheduled", action="store_true", help="check the cards that are checked every week"
    )
    options = parser.parse_args(arguments)
    code_state()
    if options.threads:
        torch.set_num_threads(options.threads)
    try:
        if options.scheduled:
            cards = [each for each in checkables().values() if each.card.scheduled]
        elif options.card and not options.list:
            cards = [card_named(options.card)]
        else:
            return show_list()
        workers = Workers(0, 1, device_of(parser, options))
        found = [check(card, options.files, options.seeds, workers) for card in cards]
        return SOME_OUTSIDE if SOME_OUTSIDE in found else max(found)
    except (ReproduceError, ResultError, DataError) as error:
        print(error, file=sys.stderr)
        return UNUSABLE
    except Interrupted as error:
        print(error)
        return STOPPED


def show_list() -> int:
    """Print every card with what it takes."""
    for name, card in checkables().items():
        print(f"{name}: {card.card.finding} ({card.effort})")
    print(f"\nCheck one with: {PROGRAM} CARD")
    return ALL_WITHIN


def check(
    checked: Checkable, files: list[Path] | None, seeds: list[int] | None, workers: Workers
) -> int:
    """Answer one card, print the answer and write the file to send.

    Returns:
        Exit status.
    """
    if files:
        records = given(checked, files)
    else:
        chosen = seeds_to_run(checked, seeds)
        print(f"{checked.card.id}: computing seed {listed(map(str, chosen))}")
        print(f"On the machine of the records: {checked.effort}", flush=True)
        records = [part.again(chosen, workers) for part in checked.parts]
    found = answer(checked, records)
    print(f"\n{found.told()}\n\n{sending(found)}\n", flush=True)
    return STATUS[found.word]


def seeds_to_run(checked: Checkable, seeds: list[int] | None) -> list[int]:
    """The seeds that were asked for, or the card's own.

    Raises:
        ReproduceError: published weights of a seed that has none.
    """
    if not seeds:
        return list(checked.seeds)
    if isinstance(checked.parts[0], Published | FromWeights) and not set(seeds) <= set(
        checked.seeds
    ):
        known = listed(map(str, checked.seeds))
        raise ReproduceError(f"weights are published of seed {known} only; leave --seeds out")
    return list(dict.fromkeys(seeds))


def sending(found: Answer) -> str:
    """Write what the reader can send; says where it is and where it goes."""
    path = REPRODUCED / f"{found.checked.card.id}.json"
    write_record(path, found.confirmation())
    return (
        "To have your number listed in the book, paste this file into the form at this "
        f"address:\n{path}\n{form_address()}"
    )
