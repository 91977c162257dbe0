"""The paper's training recipe beside the book's code: is it the same, line by line?

The paper's statements stand in ``book/data/paper_recipe.yml``; the code's values are read from
:data:`utils.training.recipes.RECIPES` and from the architecture of a CIFAR-10 network.
"""

from pathlib import Path
from typing import Any, Self

from pydantic import model_validator

from utils.facts.checked import Checked, CheckedFile, Text, read_checked
from utils.facts.paper import DATA, PaperDataError
from utils.models.networks import cifar_architecture
from utils.training.recipes import RECIPES

FILE = DATA / "paper_recipe.yml"
NAMED_DEPTH = 20


class Line(Checked, noun="line", named_by="what"):
    """One statement of the paper about training.

    Attributes:
        what: the choice in a few words.
        value: the paper's.
        section: where it stands.
        holder: "paper", "paper-warmup" or "architecture"; "" where no code can be compared.
        field: of the holder.
        note: where paper and code differ, or what the paper leaves open.
    """

    what: Text
    value: Any
    section: Text
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
            raise PaperDataError(f"unknown holder {self.holder!r}; known: {', '.join(holders)}")
        if not hasattr(holders[self.holder], self.field):
            raise PaperDataError(f"{self.holder} has no field {self.field!r}")
        return getattr(holders[self.holder], self.field)

    @property
    def agrees(self) -> bool:
        """Whether paper and code say the same."""
        return shown(self.code_value) == shown(self.value)

    @model_validator(mode="after")
    def is_what_the_code_does(self) -> Self:
        if bool(self.holder) != bool(self.field):
            raise ValueError("holder and field come together")
        if self.holder and not self.agrees:
            raise ValueError(
                f"the paper says {shown(self.value)}, {self.code} is {shown(self.code_value)}"
            )
        return self


class PaperRecipe(CheckedFile, error=PaperDataError):
    """The whole file: how the paper trained on each data set."""

    cifar: list[Line]
    imagenet: list[Line]


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
    if name not in PaperRecipe.fields():
        known = ", ".join(PaperRecipe.fields())
        raise PaperDataError(f"{path.name}: no recipe {name!r}; known: {known}")
    return getattr(read_checked(PaperRecipe, path), name)
