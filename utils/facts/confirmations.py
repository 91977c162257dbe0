"""Who has repeated a number of the book? The files that readers sent, read strictly.

``book/data/confirmations/N.json`` is what issue N of the repository brought. It holds the values
of every seed. Whether they agree with the records is computed when the page is built.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field

from utils.facts.checked import Checked, CheckedFile, FactsError, Text, check
from utils.files import places

FOLDER = places.DATA / "confirmations"
READS = (FOLDER,)
KIND = "confirmation"
SCHEMA = 1
NAME = re.compile(r"[1-9]\d*")


class ConfirmationError(FactsError):
    """A file of a confirmation cannot be used; the message names the file and the fault."""


class Versions(Checked):
    """Versions of what computed; "cuda" is None without a GPU of NVIDIA."""

    python: Text
    torch: Text
    numpy: Text
    cuda: str | None


class Machine(Checked):
    """What a record says of its machine."""

    device: Text
    device_type: Text
    processes: int
    threads: int
    cores: int | None
    precision: Text
    platform: Text
    versions: Versions


class Confirmation(CheckedFile, error=ConfirmationError):
    """What somebody measured on another machine.

    Attributes:
        card: an id of ``book/data/reproduce.yml``.
        answer: what the command said on that day.
        values: seed -> value.
        hashes: of the settings of the records behind it.
        machine: where it was measured.
        git_commit: of the code; with "+" if it was changed.
        finished: when.
    """

    kind: Literal["confirmation"]
    schema_number: int = Field(alias="schema", ge=SCHEMA, le=SCHEMA)
    card: Text
    answer: Literal["within", "outside", "undecided"]
    values: dict[str, float]
    hashes: list[Text] = Field(min_length=1)
    machine: Machine
    git_commit: Text
    finished: Text

    def together(self) -> Iterator[str]:
        """No value, and seeds that are no numbers."""
        if not self.values:
            yield "values: there is none; each seed needs one"
        for seed in self.values:
            if not seed.isdecimal():
                yield f"values: {seed!r} is no seed; a seed is a whole number"


def read_confirmation(path: Path) -> Confirmation:
    """One file.

    Raises:
        ConfirmationError: its name is no number, it is not JSON, or a field is wrong.
    """
    if not NAME.fullmatch(path.stem):
        raise ConfirmationError(
            f"{path.name}: name the file after the issue that brought it, for example 12.json"
        )
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise ConfirmationError(f"{path.name} cannot be read as JSON: {problem}") from problem
    return check(Confirmation, data, path.name)


def confirmations(folder: Path = FOLDER) -> dict[int, Confirmation]:
    """All of them: number of the issue -> confirmation, in the order of the issues.

    Raises:
        ConfirmationError: see :func:`read_confirmation`.
    """
    found = {path: read_confirmation(path) for path in folder.glob("*.json")}
    return {int(path.stem): found[path] for path in sorted(found, key=lambda path: int(path.stem))}
