"""The paper's training recipe beside the book's code: is it the same, line by line?

The paper's statements stand in ``book/data/paper_recipe.yml``; the code's values are read from
:data:`utils.training.recipes.RECIPES` and from the architecture of a CIFAR-10 network.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from utils.facts.paper import DATA, PaperDataError
from utils.files.yaml_files import read_yaml
from utils.models.networks import cifar_architecture
from utils.training.recipes import RECIPES

FILE = DATA / "paper_recipe.yml"
NAMED_DEPTH = 20


@dataclass(frozen=True)
class Line:
    """One statement of the paper about training.

    Attributes:
        what: the choice in a few words.
        value: the paper's.
        section: where it stands.
        holder: "paper", "paper-warmup" or "architecture"; "" where no code can be compared.
        field: of the holder.
        note: where paper and code differ, or what the paper leaves open.
    """

    what: str
    value: Any
    section: str
    holder: str = ""
    field: str = ""
    note: str = ""

    @property
    def code(self) -> str:
        """The place in the code, as one would type it."""
        if self.holder == "architecture":
            return f"cifar_architecture({NAMED_DEPTH}).{self.field}"
        return f'RECIPES["{self.holder}"].{self.field}'

    @property
    def code_value(self) -> Any:
        """What the code does.

        Raises:
            PaperDataError: unknown holder or field.
        """
        holders = {**RECIPES, "architecture": cifar_architecture(NAMED_DEPTH)}
        if self.holder not in holders:
            raise PaperDataError(f"{self.what!r}: unknown holder {self.holder!r}")
        if not hasattr(holders[self.holder], self.field):
            raise PaperDataError(f"{self.what!r}: {self.holder} has no field {self.field!r}")
        return getattr(holders[self.holder], self.field)

    @property
    def agrees(self) -> bool:
        """Whether paper and code say the same."""
        return shown(self.code_value) == shown(self.value)


def shown(value: Any) -> str:
    """A value as readers see it: 64,000; 32,000 and 48,000; yes."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list | tuple):
        *first, last = (shown(one) for one in value)
        return f"{', '.join(first)} and {last}" if first else last
    return str(value)


def load_recipe(name: str, path: Path = FILE) -> list[Line]:
    """The lines of a recipe, "cifar" or "imagenet".

    Raises:
        PaperDataError: unknown name, a malformed line, or code that differs from the paper.
    """
    entries = read_yaml(path)
    if name not in entries:
        raise PaperDataError(f"{path}: no recipe {name!r}; known: {', '.join(entries)}")
    lines = []
    for count, entry in enumerate(entries[name], start=1):
        where = f"{path}, {name}, line {count}"
        try:
            line = Line(**entry)
        except TypeError as problem:
            raise PaperDataError(f"{where}: {problem}") from problem
        if bool(line.holder) != bool(line.field):
            raise PaperDataError(f"{where}: holder and field come together")
        try:
            same = not line.holder or line.agrees
        except PaperDataError as problem:
            raise PaperDataError(f"{where}: {problem}") from problem
        if not same:
            raise PaperDataError(
                f"{where}, {line.what!r}: the paper says {shown(line.value)}, "
                f"{line.code} is {shown(line.code_value)}"
            )
        lines.append(line)
    return lines
