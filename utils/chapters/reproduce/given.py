"""Records that a reader brings: which part of a card they are, or why they are none.

Answers "is this a record of that number, made elsewhere with the same settings?".
"""

from collections.abc import Sequence
from pathlib import Path

from utils.chapters.reproduce.cards import Checkable, ReproduceError
from utils.chapters.reproduce.parts import Part
from utils.files.records import parse_json

FIELDS = ("experiment", "run", "hash", "machine", "git_commit", "finished")
ADVICE = "give a JSON file that the recorder wrote"


def given(card: Checkable, paths: Sequence[Path]) -> list[list[dict]]:
    """The records of a reader's files, for each part of a card.

    Raises:
        ReproduceError: a file that is no record, a record of something else, of other settings or
            of the book itself, two of the same seed, or a part without a record.
    """
    found: dict[Part, list[dict]] = {part: [] for part in card.parts}
    for path in paths:
        record = parse_json(path, FIELDS, advice=ADVICE, error=ReproduceError)
        part = owner(card, path, record)
        same_settings(part, path, record)
        not_ours(part, path, record)
        if any(seeds_of(record) & seeds_of(other) for other in found[part]):
            raise ReproduceError(f"{path} has a seed that another file has too; give each once")
        found[part].append(record)
    if missing := [part.address for part, records in found.items() if not records]:
        raise ReproduceError(
            f"the card {card.card.id} also needs a record of {' and of '.join(missing)}; "
            "give all files after --from"
        )
    return list(found.values())


def owner(card: Checkable, path: Path, record: dict) -> Part:
    """The part of the card that a record is of.

    Raises:
        ReproduceError: none of them.
    """
    for part in card.parts:
        if part.owns(record):
            return part
    kind = f", {record['kind']}" if "kind" in record else ""
    raise ReproduceError(
        f"{path} is a record of {record['experiment']}/{record['run']}{kind}; the card "
        f"{card.card.id} needs one of {' and one of '.join(card.card.parts)}"
    )


def same_settings(part: Part, path: Path, record: dict) -> None:
    """Refuse a record of other settings than the code has today.

    Raises:
        ReproduceError: its hash is another one.
    """
    try:
        today = part.hash_today(record)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ReproduceError(f"{path} is damaged at {error}; make the record again") from error
    if record["hash"] != today:
        raise ReproduceError(
            f"{path} was made with other settings than {part.address} has in this version of the "
            "book; make the record again with this version"
        )


def not_ours(part: Part, path: Path, record: dict) -> None:
    """Refuse the book's own record, which would be compared with itself.

    Raises:
        ReproduceError: it is one.
    """
    if record in part.recorded():
        raise ReproduceError(
            f"{path} is the record that results/ holds, so it would be compared with itself; if "
            "you made it, copy it elsewhere and restore the book's own with: git restore results"
        )


def seeds_of(record: dict) -> set[int]:
    """The seeds of a record: several of a measurement, one of a training."""
    return set(record["seeds"]) if "seeds" in record else {record["seed"]}
