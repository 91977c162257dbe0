"""Is this file of facts whole? The base of every YAML file that people write and the book shows.

A file is a :class:`CheckedFile`, its entries are :class:`Checked`. :func:`read_checked` reads one,
or says everything that is wrong with it, a line each: file, entry, field and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar, get_args

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from utils.files.yaml_files import read_yaml

Text = Annotated[str, Field(pattern=r"\S")]
"""A text that says something."""
Whole = Annotated[int, Field(strict=False)]
Number = Annotated[float, Field(strict=False)]
"""Cells of a CSV file, which are all text."""

WORDS = {
    "missing": "{field} is missing",
    "extra_forbidden": "{field} is not a field; the fields are {fields}",
    "string_type": "{field} must be text in quotes, found {found!r}",
    "string_pattern_mismatch": "{field} must be text in quotes, found {found!r}",
    "string_too_long": "{field} is longer than {max_length} characters",
    "bool_type": "{field} must be true or false, found {found!r}",
    "int_type": "{field} must be a whole number, found {found!r}",
    "int_parsing": "{field} must be a whole number, found {found!r}",
    "int_from_float": "{field} must be a whole number, found {found!r}",
    "float_type": "{field} must be a number, found {found!r}",
    "float_parsing": "{field} must be a number, found {found!r}",
    "greater_than": "{field} must be above {gt:g}, found {found!r}",
    "less_than": "{field} must be below {lt:g}, found {found!r}",
    "literal_error": "{field} must be one of {expected}, found {found!r}",
    "dict_type": "it must be a mapping, found {found!r}",
    "list_type": "it must be a list with at least one entry",
    "too_short": "it must be a list with at least one entry",
    "model_type": "it must be a mapping, found {found!r}",
}
"""What is said to each kind of fault that pydantic finds; to others, what pydantic says."""


class FactsError(ValueError):
    """A file of facts is malformed; each line names file, entry and fault."""


class Checked(BaseModel):
    """One entry: no field is unknown, none is of another type, none changes later.

    What messages say of it stands in keywords: ``class Claim(Checked, noun="claim")``.

    Attributes:
        noun: what an entry is called.
        named_by: the field that names it, where it has no key in a mapping.
        key_field: the field that is this key, see :func:`keyed`.
        words: what is said otherwise than in :data:`WORDS`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    noun: ClassVar[str] = "entry"
    named_by: ClassVar[str] = "id"
    key_field: ClassVar[str] = ""
    words: ClassVar[dict[str, str]] = {}

    def __init_subclass__(cls, **said: Any) -> None:
        for name, value in said.items():
            setattr(cls, name, value)

    @classmethod
    def fields(cls) -> list[str]:
        """The names of the fields as the file has them."""
        names = [field.alias or name for name, field in cls.model_fields.items()]
        return [name for name in names if name != cls.key_field]

    @classmethod
    def parts(cls) -> dict[str, type[Checked]]:
        """Which class the members of a list or mapping have, by field."""
        found = {}
        for name, field in cls.model_fields.items():
            *_, member = get_args(field.annotation) or (None,)
            kind = getattr(member, "__origin__", member)
            if isinstance(kind, type) and issubclass(kind, Checked):
                found[field.alias or name] = kind
        return found


class CheckedFile(Checked):
    """A whole file.

    Attributes:
        whole: the one field that the file is, without naming it; "" for a mapping of the fields.
        error: what is raised.
    """

    whole: ClassVar[str] = ""
    error: ClassVar[type[FactsError]] = FactsError

    def together(self) -> Iterator[str]:
        """Faults that only sound entries show beside each other, each with its place."""
        yield from ()


def keyed(field: str) -> BeforeValidator:
    """Give each entry of a mapping its key as a field, which the file must not have itself."""

    def give(entries: Any) -> Any:
        if not isinstance(entries, dict):
            return entries
        for key, entry in entries.items():
            if isinstance(entry, dict) and field in entry:
                raise ValueError(f"{key}: {field} is not a field; the key says it")
        return {
            key: {field: key, **entry} if isinstance(entry, dict) else entry
            for key, entry in entries.items()
        }

    return BeforeValidator(give)


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
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
        raise kind.error(f"{path.name} cannot be read as YAML: {problem}") from problem
    return check(kind, data, path.name, known)


def check(kind: type[F], data: Any, name: str, known: dict[str, Any] | None = None) -> F:
    """The content of the file ``name``, checked as :func:`read_checked` says."""
    data = {kind.whole: data} if kind.whole else data
    try:
        checked = kind.model_validate(data, context={"data": data, **(known or {})})
    except ValidationError as problem:
        found = (fault(kind, data, one) for one in problem.errors(include_url=False))
        raise kind.error(listed(name, found)) from problem
    if found := list(checked.together()):
        raise kind.error(listed(name, found))
    return checked


def listed(name: str, faults: Iterable[str]) -> str:
    """Faults with the name of their file, each on a line and once."""
    return "\n".join(dict.fromkeys(f"{name}, {fault}" for fault in faults))


def fault(kind: type[CheckedFile], data: Any, error: dict[str, Any]) -> str:
    """One fault of pydantic with its place, in our words."""
    if len(error["loc"]) < 2 and error["type"] in ("missing", "extra_forbidden", "model_type"):
        *first, last = map(repr, kind.fields())
        names = f"{', '.join(first)} and {last}" if first else last
        return f"top level: it must hold exactly {names}"
    places, owner, path = [], kind, list(error["loc"])
    while len(path) > 1 and path[0] in owner.parts():
        part, member, *path = path
        places.append(place(owner, part, data[part], member))
        data = data[part][member]
        owner = owner.parts()[part]
    if not places:
        part, *path = path or [""]
        places, path = ["top level" if part == kind.whole else part], path or [part]
    return f"{', '.join(places)}: {words(error, field_name(path), owner)}"


def place(owner: type[Checked], part: str, entries: Any, member: str | int) -> str:
    """A member of a part by its key or name; by its number where it has none."""
    kind, name = owner.parts()[part], member
    if isinstance(entries, list):
        entry = entries[member]
        name = entry.get(kind.named_by, member + 1) if isinstance(entry, dict) else member + 1
    shared = list(owner.parts().values()).count(kind) > 1
    return f"{part}, {kind.noun} {name}" if shared else f"{kind.noun} {name}"


def field_name(path: list[str | int]) -> str:
    """A field, and the number of what is wrong in it: "threads 2"."""
    return " ".join(str(part + 1) if isinstance(part, int) else part for part in path)


def words(error: dict[str, Any], field: str, kind: type[Checked]) -> str:
    """What is wrong, as the class says it."""
    if field == "[key]":
        return f"its name must be text in quotes, found {error['input']!r}"
    known = {**WORDS, **kind.words}
    if error["type"] not in known:
        said = error["msg"].removeprefix("Value error, ")
        return said if error["type"] == "value_error" else f"{field}: {said}"
    return known[error["type"]].format(
        field=field, found=error["input"], fields=", ".join(kind.fields()), **error.get("ctx", {})
    )
