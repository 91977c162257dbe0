"""Is this file of facts whole? The base of every YAML file that people write and the book shows.

A file is a :class:`CheckedFile`, its entries are :class:`Checked`. :func:`read_checked` reads one,
or says everything that is wrong with it, a line each: file, line, entry, field and what to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar, get_args

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
)
from pydantic_core import PydanticCustomError

from utils.files.yaml_files import Document, read_document

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
    "date_type": "{field} must be a date such as 2026-11-30, found {found!r}",
    "shape": "{field} must be {shape}, found {found!r}",
    "unknown": "{field} {found!r} is none of: {names}",
}
"""What is said to each kind of fault that pydantic finds; to others, what pydantic says."""


NAMES = ("missing", "extra_forbidden")
"""Faults in the names of fields."""
INNER = {"[key]", "float", "str"}
"""What pydantic adds to a place: that it is a key, and which member of a union did not fit."""


class FactsError(ValueError):
    """A file of facts is malformed; each line names file, entry and fault."""


class Checked(BaseModel):
    """One entry: no field is unknown, none is of another type, none changes later.

    What messages say of it stands in keywords: ``class Claim(Checked, noun="claim")``.

    Attributes:
        noun: what an entry is called.
        named_by: the field that names it, where it has no key in a mapping.
        key_field: the field that is this key, see :func:`keyed`.
        told: what is said otherwise than in :data:`WORDS`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    noun: ClassVar[str] = "entry"
    named_by: ClassVar[str] = "id"
    key_field: ClassVar[str] = ""
    told: ClassVar[dict[str, str]] = {}

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


def shaped(pattern: str, shape: str) -> BeforeValidator:
    """Ask for a text that fits a pattern as a whole; ``shape`` says which one, with an example."""

    def fit(value: Any) -> Any:
        if isinstance(value, str) and re.fullmatch(pattern, value):
            return value
        quotes = "" if isinstance(value, str) else ", as text in quotes"
        raise PydanticCustomError("shape", "must be {shape}", {"shape": f"{shape}{quotes}"})

    return BeforeValidator(fit)


SLUG = r"[a-z0-9]+(-[a-z0-9]+)*"
Slug = Annotated[str, shaped(SLUG, "lower-case words and digits joined by hyphens")]
"""A name that can stand in an address, in a command and in the name of a file."""


def known(names: str) -> AfterValidator:
    """Ask for one of the names that the context has, or another part of the file itself."""

    def find(value: Any, info: ValidationInfo) -> Any:
        there = info.context.get(names) or info.context["data"].get(names) or ()
        if value not in there:
            told = {"names": ", ".join(map(str, there))}
            raise PydanticCustomError("unknown", "is none of {names}", told)
        return value

    return AfterValidator(find)


def unique(entries: Iterable[Any], why: str) -> Iterator[str]:
    """A fault for each entry whose id stands twice, with what needs it to be unlike the others."""
    seen: set[str] = set()
    for entry in entries:
        if entry.id in seen:
            yield f"{entry.noun} {entry.id}: this id stands twice; {why}"
        seen.add(entry.id)


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
        document = read_document(path)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
        raise kind.error(unreadable(path.name, problem)) from problem
    return check(kind, document.data, path.name, known, document)


def unreadable(name: str, problem: Exception) -> str:
    """What is said of a file that is no YAML, with the line if it is known."""
    mark = getattr(problem, "problem_mark", None)
    line = f", line {mark.line + 1}" if mark else ""
    said = getattr(problem, "problem", None) or problem
    return f"{name} cannot be read as YAML{line}: {said}"


def check(
    kind: type[F],
    data: Any,
    name: str,
    known: dict[str, Any] | None = None,
    document: Document | None = None,
) -> F:
    """The content of the file ``name``, checked as :func:`read_checked` says.

    Args:
        kind, known: as there.
        data: the content.
        name: how the file is called.
        document: the same with its lines, where there are any.
    """
    data = {kind.whole: data} if kind.whole else data
    twice = document.twice if document else []
    found = [f"line {line}: {key} stands twice; keep one" for line, key in twice]
    try:
        checked = kind.model_validate(data, context={"data": data, **(known or {})})
    except ValidationError as problem:
        for one in problem.errors(include_url=False):
            path = one["loc"][1:] if kind.whole else one["loc"]
            line = f"line {document.line_of(path)}, " if document else ""
            found.append(line + fault(kind, data, one))
    if found or (found := list(checked.together())):
        raise kind.error(listed(name, found))
    return checked


def listed(name: str, faults: Iterable[str]) -> str:
    """Faults with the name of their file, each on a line and once."""
    return "\n".join(dict.fromkeys(f"{name}, {fault}" for fault in faults))


def fault(kind: type[CheckedFile], data: Any, error: dict[str, Any]) -> str:
    """One fault of pydantic with its place, in our words."""
    exact = kind.model_config["extra"] == "forbid" and error["type"] in NAMES
    if (exact and len(error["loc"]) < 2) or (not error["loc"] and error["type"] == "model_type"):
        *first, last = map(repr, kind.fields())
        names = f"{', '.join(first)} and {last}" if first else last
        return f"top level: it must hold exactly {names}"
    places, owner, path = located(kind, data, error)
    if not places:
        part, *path = path or [""]
        places, path = ["top level" if part == kind.whole else part], path or [part]
    return f"{', '.join(places)}: {words(error, field_name(path), owner)}"


def entry_fault(kind: type[Checked], data: Any, error: dict[str, Any]) -> str:
    """One fault of pydantic in a single entry, which the caller names."""
    places, owner, path = located(kind, data, error)
    return ": ".join([*places, words(error, field_name(path), owner)])


def located(
    owner: type[Checked], data: Any, error: dict[str, Any]
) -> tuple[list[str], type[Checked], list[str | int]]:
    """Where a fault is: its places from the outside in, the class there, the path from there."""
    places, path = [], list(error["loc"])
    while len(path) > 1 and path[0] in owner.parts():
        part, member, *path = path
        places.append(place(owner, part, data[part], member))
        data = data[part][member]
        owner = owner.parts()[part]
    return places, owner, path


def place(owner: type[Checked], part: str, entries: Any, member: str | int) -> str:
    """A member of a part by its key or name; by its number where it has none."""
    kind, name = owner.parts()[part], member
    if isinstance(entries, list):
        entry = entries[member]
        name = entry.get(kind.named_by, member + 1) if isinstance(entry, dict) else member + 1
    shared = list(owner.parts().values()).count(kind) > 1
    return f"{part}, {kind.noun} {name}" if shared else f"{kind.noun} {name}"


def field_name(path: list[str | int]) -> str:
    """A field, and what is wrong in it: "threads 2", "answer, value"."""
    first, *rest = path or [""]
    inner = (f" {part + 1}" if isinstance(part, int) else f", {part}" for part in rest
             if part not in INNER)  # fmt: skip
    return f"{first + 1 if isinstance(first, int) else first}{''.join(inner)}"


def words(error: dict[str, Any], field: str, kind: type[Checked]) -> str:
    """What is wrong, as the class says it."""
    if field == "[key]":
        return f"its name must be text in quotes, found {error['input']!r}"
    known = {**WORDS, **kind.told}
    if error["type"] not in known:
        said = error["msg"].removeprefix("Value error, ")
        return said if error["type"] == "value_error" else f"{field}: {said}"
    return known[error["type"]].format(
        field=field, found=error["input"], fields=", ".join(kind.fields()), **error.get("ctx", {})
    )
