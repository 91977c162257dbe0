"""What came after ResNet: the works, recipes and steps of ``book/data/after.yml``, checked.

Answers "what did others find later?".
"""

import itertools
import re
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from utils.facts import bibliography
from utils.facts.checked import Checked, CheckedFile, Text, read_checked
from utils.files.places import DATA

FILE = DATA / "after.yml"
VALUE = re.compile(r"\d[\d,]*(\.\d+)?")


def known_works(cited: str, info: ValidationInfo) -> str:
    """Refuse a citation that the bibliography does not have."""
    for key in re.split(r",\s*", cited):
        if key not in info.context["keys"]:
            raise ValueError(f"{key} is not in references.bib; add it or mend the key")
    return cited


Citation = Annotated[Text, AfterValidator(known_works)]
Percent = Annotated[float, Field(gt=50, lt=100)]


class Work(Checked, noun="work"):
    """One work after ResNet. Texts are plain; ``number`` quotes ``values`` in braces."""

    name: Text
    cite: Citation
    change: Text
    values: dict[str, str]
    number: Text
    measures: Text
    runs: Text
    where: Text
    lesson: Text

    @property
    def result(self) -> str:
        """The number in words, with its values filled in."""
        return self.number.format(**self.values)

    @field_validator("values", mode="before")
    @classmethod
    def digits_as_printed(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            raise ValueError("values must be a mapping of names to numbers as text")
        for name, value in values.items():
            if not (isinstance(value, str) and VALUE.fullmatch(value)):
                raise ValueError(
                    f"value {name} must be a number in quotes, which keep its last zeros, "
                    f"not {value!r}"
                )
        return values

    @model_validator(mode="after")
    def quotes_its_values(self) -> Self:
        for name in re.findall(r"\{(.*?)\}", self.number):
            if name not in self.values:
                raise ValueError(f"number quotes {{{name}}}, which is not among its values")
        return self


class Step(Checked, noun="step", named_by="label"):
    """Top-1 accuracy (%) of torchvision's ResNet-50 after one more change of the recipe."""

    told: ClassVar[dict[str, str]] = dict.fromkeys(
        ("greater_than", "less_than"), "accuracy must be in percent, found {found!r}"
    )

    label: Text
    accuracy: Percent


class Recipe(Step, noun="recipe"):
    """One published top-1 accuracy (%) of ResNet-50 on ImageNet."""

    epochs: int
    cite: Citation
    where: Text


class After(CheckedFile):
    """Everything in the file."""

    works: dict[str, Work]
    recipes: Annotated[list[Recipe], Field(min_length=1)]
    steps: Annotated[list[Step], Field(min_length=1)]

    @field_validator("works", mode="before")
    @classmethod
    def some_works(cls, works: Any) -> Any:
        if not isinstance(works, dict) or not works:
            raise ValueError("it must map names to entries")
        return works

    def together(self) -> Iterator[str]:
        """Accuracies that fall from one recipe or step to the next."""
        for rows in (self.recipes, self.steps):
            for before, row in itertools.pairwise(rows):
                if row.accuracy < before.accuracy:
                    yield f"{row.noun} {row.label}: sort the entries by accuracy"


@cache
def _load(changed: int) -> After:
    return read_checked(After, FILE, {"keys": bibliography.keys()})


def load() -> After:
    """The book's own file, read anew when it changed."""
    return _load(FILE.stat().st_mtime_ns)


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
