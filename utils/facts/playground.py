"""The six experiments of the playground, read from ``book/data/playground.yml``.

Answers "what can a reader try out in the playground, and what does she guess before?".
"""

import re
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field, field_validator, model_validator

from utils.facts.checked import Checked, CheckedFile, FactsError, Text, keyed, read_checked
from utils.files.places import DATA
from utils.miniatures.playground import MOST_BLOCKS, Settings, settings_of

FILE = DATA / "playground.yml"
NAME = re.compile(r"[a-z]+(-[a-z]+)*")
FIRST_SEED = 0


class PlaygroundError(FactsError):
    """The file of experiments cannot be used; the message names file, experiment and fault."""


class Option(Checked, noun="option", named_by="text"):
    """A guess.

    Attributes:
        text: the guess, as the reader chooses it.
        right: whether it is what the recorded seeds show.
        says: what is said to a reader who chose it, after the run.
    """

    text: Text
    right: bool
    says: Text


class Experiment(Checked, noun="experiment", key_field="name"):
    """A question, guesses, and the runs that decide.

    Attributes:
        name: the key in the file.
        title: of the button.
        question: asked before the run.
        options: the guesses, one of which is right.
        settings: addresses without a seed, trained in turn.
        steps: mini-batches of each training.
        recorded: tasks of ``results/playground`` that show the same.
        deepen: blocks of both networks after ``steps``, 0 for none. The new ones pass on.
        more: mini-batches after that.
        survives: training error in percent below which a learning rate counts as survived, 0
            where none is asked for.
    """

    name: str
    title: Text
    question: Text
    options: Annotated[list[Option], Field(min_length=1)]
    settings: Annotated[list[Text], Field(min_length=1)]
    steps: Annotated[int, Field(gt=0)]
    recorded: Annotated[list[Text], Field(min_length=1)]
    deepen: Annotated[int, Field(gt=0, le=MOST_BLOCKS)] = 0
    more: Annotated[int, Field(gt=0)] = 0
    survives: Annotated[int, Field(gt=0, lt=100)] = 0

    @field_validator("settings")
    @classmethod
    def offered_without_a_seed(cls, settings: list[str]) -> list[str]:
        for address in settings:
            settings_of(f"{address},i{FIRST_SEED}")
        return settings

    @model_validator(mode="after")
    def fits_together(self) -> "Experiment":
        right = sum(option.right for option in self.options)
        if right != 1:
            raise ValueError(f"options: one must be right, here {right} are")
        if bool(self.deepen) != bool(self.more):
            raise ValueError("deepen and more belong together; give both or none")
        if self.deepen and any(
            one.normalisation != "none" or one.blocks > self.deepen for one in self.trained(0)
        ):
            raise ValueError(
                'deepen needs settings with "nnone" and fewer blocks; a normalised block does not '
                "pass on what it gets"
            )
        return self

    def trained(self, seed: int) -> list[Settings]:
        """The settings with a seed, 0 to 9999."""
        return [settings_of(f"{address},i{seed}") for address in self.settings]


class Experiments(CheckedFile, whole="experiments", error=PlaygroundError):
    """The whole file."""

    told: ClassVar[dict[str, str]] = dict.fromkeys(
        ("dict_type", "too_short"), "it must map names to experiments"
    )

    experiments: Annotated[dict[str, Experiment], keyed("name"), Field(min_length=1)]

    @field_validator("experiments")
    @classmethod
    def named_for_markup(cls, experiments: dict[str, Experiment]) -> dict[str, Experiment]:
        for name in experiments:
            if not NAME.fullmatch(name):
                raise ValueError(f"{name!r}: a name has small letters and hyphens only")
        return experiments


def load_experiments(path: Path = FILE) -> dict[str, Experiment]:
    """Every experiment by its name, in the order of the page.

    Raises:
        PlaygroundError: not YAML, or an entry with a missing, unknown or impossible field.
    """
    return read_checked(Experiments, path).experiments
