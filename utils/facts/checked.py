"""Is this file of facts whole? The base of every YAML file that people write and the book shows.

A file is a :class:`CheckedFile`, its entries are :class:`Checked`. :func:`read_checked` reads one,
or says everything that is wrong with it, a line each: file, entry, field and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from utils.files.yaml_files import read_yaml

Text = Annotated[str, Field(pattern=r"\S")]
"""A text that says something."""

WORDS = {
    "missing": "{field} is missing",
    "extra_forbidden": "{field} is not a field; the fields are {fields}",
    "string_type": "{field} must be text in quotes, found {found!r}",
    "string_pattern_mismatch": "{field} must be text in quotes, found {found!r}",
    "string_too_long": "{field} is longer than {max_length} characters",
    "list_type": "it must be a list with at least one entry",
    "too_short": "it must be a list with at least one entry",
    "model_type": "it must be a mapping, found {found!r}",
}
"""What is said to each kind of fault that pydantic finds; to others, what pydantic says."""


class FactsError(ValueError):
    """A file of facts is malformed; each line names file, entry and fault."""


class Checked(BaseModel):
    """One entry: no field is unknown, none is of another type, none changes later.

    Attributes:
        noun: what an entry is called in messages.
        words: what messages say otherwise than :data:`WORDS`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    noun: ClassVar[str] = "entry"
    words: ClassVar[dict[str, str]] = {}

    @classmethod
    def fields(cls) -> list[str]:
        """The names of the fields as the file has them."""
        return [field.alias or name for name, field in cls.model_fields.items()]


class CheckedFile(Checked):
    """A whole file.

    Attributes:
        parts: which class the members of a list or mapping have, by field.
        error: what is raised.
        not_yaml: what is said of a file that cannot be read.
    """

    parts: ClassVar[dict[str, type[Checked]]] = {}
    error: ClassVar[type[FactsError]] = FactsError
    not_yaml: ClassVar[str] = "is not valid YAML"

    def together(self) -> Iterator[str]:
        """Faults that only sound entries show beside each other, each with its place."""
        yield from ()


F = TypeVar("F", bound=CheckedFile)


def read_checked(kind: type[F], path: Path, known: dict[str, Any] | None = None) -> F:
    """Read and check a file.

    Args:
        kind: what the file has to be.
        path: the file.
        known: what its validators find as ``info.context``, beside ``data``, the raw content.

    Raises:
        FactsError: ``kind.error``, with every fault of the file.
    """
    try:
        data = read_yaml(path)
    except (UnicodeDecodeError, yaml.YAMLError) as problem:
        raise kind.error(f"{path.name} {kind.not_yaml}: {problem}") from problem
    try:
        checked = kind.model_validate(data, context={"data": data, **(known or {})})
    except ValidationError as problem:
        found = (fault(kind, data, one) for one in problem.errors(include_url=False))
        raise kind.error(listed(path, found)) from problem
    if found := list(checked.together()):
        raise kind.error(listed(path, found))
    return checked


def listed(path: Path, faults: Iterable[str]) -> str:
    """Faults with the name of their file, each on a line and once."""
    return "\n".join(dict.fromkeys(f"{path.name}, {fault}" for fault in faults))


def fault(kind: type[CheckedFile], data: Any, error: dict[str, Any]) -> str:
    """One fault of pydantic with its place, in our words."""
    part, *inside = error["loc"] or ("",)
    entry = kind.parts.get(part)
    if not inside and error["type"] in ("missing", "extra_forbidden", "model_type"):
        names = " and ".join(map(repr, kind.fields()))
        return f"top level: it must hold exactly {names}"
    if entry is None or not inside:
        field = ", ".join(map(str, inside)) or part
        return f"{part}: {words(error, field, kind)}"
    place, *field = inside
    name = entry_name(data[part][place], place)
    return f"{entry.noun} {name}: {words(error, field_name(field), entry)}"


def entry_name(entry: Any, place: str | int) -> str:
    """An entry by its key or id; by its number where it has none."""
    if isinstance(place, str):
        return place
    return str(entry.get("id", place + 1)) if isinstance(entry, dict) else str(place + 1)


def field_name(path: list[str | int]) -> str:
    """A field, and the number of what is wrong in it: "threads 2"."""
    return " ".join(str(part + 1) if isinstance(part, int) else part for part in path)


def words(error: dict[str, Any], field: str, kind: type[Checked]) -> str:
    """What is wrong, as the class says it."""
    known = {**WORDS, **kind.words}
    if error["type"] not in known:
        said = error["msg"].removeprefix("Value error, ")
        return said if error["type"] == "value_error" else f"{field}: {said}"
    return known[error["type"]].format(
        field=field, found=error["input"], fields=", ".join(kind.fields()), **error.get("ctx", {})
    )
