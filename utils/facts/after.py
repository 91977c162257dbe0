"""What came after ResNet: the works, recipes and steps of ``book/data/after.yml``, checked.

Answers "what did others find later?".
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import yaml

from utils.facts.bibliography import BIBLIOGRAPHY, keys_of
from utils.files.places import DATA
from utils.files.yaml_files import parse_yaml

FILE = DATA / "after.yml"
VALUE = re.compile(r"\d[\d,]*(\.\d+)?")


@dataclass(frozen=True)
class Work:
    """One work after ResNet. Texts are plain; ``number`` quotes ``values`` in braces."""

    name: str
    cite: str
    change: str
    values: dict[str, str]
    number: str
    measures: str
    runs: str
    where: str
    lesson: str

    @property
    def result(self) -> str:
        """The number in words, with its values filled in."""
        return self.number.format(**self.values)


@dataclass(frozen=True)
class Recipe:
    """One published top-1 accuracy (%) of ResNet-50 on ImageNet."""

    label: str
    accuracy: float
    epochs: int
    cite: str
    where: str


@dataclass(frozen=True)
class Step:
    """Top-1 accuracy (%) of torchvision's ResNet-50 after one more change of the recipe."""

    label: str
    accuracy: float


@dataclass(frozen=True)
class After:
    """Everything in the file."""

    works: dict[str, Work]
    recipes: list[Recipe]
    steps: list[Step]


def check_fields(kind: type, entry: Any, place: str) -> None:
    """Refuse an entry with missing, unknown or wrongly typed fields."""
    wanted = {field.name: field.type for field in fields(kind)}
    if not isinstance(entry, Mapping):
        raise ValueError(f"{place}: a mapping is needed, not {entry!r}")
    if missing := [name for name in wanted if name not in entry]:
        raise ValueError(f"{place}: {', '.join(missing)} is missing")
    if unknown := [name for name in entry if name not in wanted]:
        raise ValueError(f"{place}: unknown {', '.join(unknown)}; known are {', '.join(wanted)}")
    for name, value in entry.items():
        if wanted[name] is str and not (isinstance(value, str) and value.strip()):
            raise ValueError(f"{place}: {name} has to be a text, not {value!r}")
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if wanted[name] in (int, float) and not number:
            raise ValueError(f"{place}: {name} has to be a number, not {value!r}")


def check_citations(cited: str, keys: Iterable[str], place: str) -> None:
    """Refuse a citation that the bibliography does not have."""
    for key in re.split(r",\s*", cited):
        if key not in keys:
            raise ValueError(f"{place}: {key} is not in references.bib; add it or mend the key")


def read_work(entry: Any, keys: Iterable[str], place: str) -> Work:
    """One checked work."""
    check_fields(Work, entry, place)
    values = entry["values"]
    if not isinstance(values, dict):
        raise ValueError(f"{place}: values has to be a mapping of names to numbers as text")
    for name, value in values.items():
        if not (isinstance(value, str) and VALUE.fullmatch(value)):
            raise ValueError(
                f"{place}: value {name} has to be a number in quotes, which keep its last zeros, "
                f"not {value!r}"
            )
    for name in re.findall(r"\{(.*?)\}", entry["number"]):
        if name not in values:
            raise ValueError(f"{place}: number quotes {{{name}}}, which is not among its values")
    check_citations(entry["cite"], keys, place)
    return Work(**entry)


def read_accuracies(kind: type, entries: Any, place: str) -> list:
    """Checked recipes or steps, whose accuracies never fall from one to the next."""
    if not isinstance(entries, list) or not entries:
        raise ValueError(f"{place}: a list with at least one entry is needed")
    rows = []
    for number, entry in enumerate(entries, 1):
        check_fields(kind, entry, f"{place}, entry {number}")
        if not 50 < entry["accuracy"] < 100:
            raise ValueError(f"{place}, entry {number}: accuracy has to be in percent")
        if rows and entry["accuracy"] < rows[-1].accuracy:
            raise ValueError(f"{place}, entry {number}: sort the entries by accuracy")
        rows.append(kind(**entry))
    return rows


def parse(text: str, bibliography: str, name: str = "after.yml") -> After:
    """The contents of the file, checked.

    Args:
        text: YAML.
        bibliography: BibTeX that has every cited key.
        name: of the file, for messages.

    Raises:
        ValueError: names the file, the entry and what is wrong with it.
    """
    try:
        data = parse_yaml(text)
    except yaml.YAMLError as problem:
        raise ValueError(f"{name} is not YAML: {problem}") from problem
    if not isinstance(data, dict) or set(data) != {"works", "recipes", "steps"}:
        raise ValueError(f"{name} needs works, recipes and steps, and nothing else")
    if not isinstance(data["works"], dict) or not data["works"]:
        raise ValueError(f"{name}: works has to map names to entries")
    keys = keys_of(bibliography)
    works = {
        key: read_work(entry, keys, f"{name}, works, {key}") for key, entry in data["works"].items()
    }
    recipes = read_accuracies(Recipe, data["recipes"], f"{name}, recipes")
    for recipe in recipes:
        check_citations(recipe.cite, keys, f"{name}, recipes, {recipe.label}")
    return After(works, recipes, read_accuracies(Step, data["steps"], f"{name}, steps"))


@cache
def _load(changed: tuple[int, int]) -> After:
    return parse(FILE.read_text(encoding="utf-8"), BIBLIOGRAPHY.read_text(encoding="utf-8"))


def load() -> After:
    """The book's own file, read anew when it changed."""
    return _load((FILE.stat().st_mtime_ns, BIBLIOGRAPHY.stat().st_mtime_ns))


def quote(address: str) -> str:
    """A number for prose: ``WORK.VALUE``, ``recipes.LABEL`` or ``steps.LABEL``.

    Raises:
        ValueError: no such number; names those that there are.
    """
    data = load()
    key, _, name = address.partition(".")
    tables = {
        "recipes": {row.label: f"{row.accuracy:.1f}" for row in data.recipes},
        "steps": {row.label: f"{row.accuracy:.1f}" for row in data.steps},
    }
    known = tables.get(key) or (data.works[key].values if key in data.works else {})
    if name not in known:
        choices = ", ".join(known) or ", ".join([*data.works, *tables])
        raise ValueError(f"after.yml has no number {address!r}; there are {choices}")
    return known[name]
