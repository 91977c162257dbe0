"""What other sources printed, in files that notebooks read as they are: checked on their way.

Answers "is each row of ``shortcuts.yml``, ``source_results.yml`` and ``identity_mappings.yml``
whole?" for :func:`utils.facts.files.book_data`.
"""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from utils.facts.checked import Checked, CheckedFile, Text

Share = Annotated[float, Field(gt=0, lt=1)]


class Shortcut(Checked, noun="shortcut", named_by="who"):
    """What one implementation puts on a shortcut where the shape changes."""

    who: Text
    block: Literal[2015, "pre-activation"]
    kernel: Literal[1, 3, "none"]
    norm: bool
    source: Text


class Shortcuts(CheckedFile, whole="shortcuts"):
    """``shortcuts.yml``."""

    shortcuts: Annotated[list[Shortcut], Field(min_length=1)]


class SourceResult(Checked, noun="network"):
    """One run of the source document: losses after each epoch, and the share of right answers."""

    epoch_losses: Annotated[list[float], Field(min_length=1)]
    test_accuracy: Share


class SourceResults(CheckedFile, whole="networks"):
    """``source_results.yml``."""

    networks: Annotated[dict[str, SourceResult], Field(min_length=1)]


class Mapping(Checked, noun="row"):
    """One row of the table: constant factors of shortcut and branch, error in percent."""

    shortcut: Annotated[float, Field(ge=0, le=1)]
    branch: Annotated[float, Field(ge=0, le=1)]
    error: float | str

    @field_validator("error")
    @classmethod
    def percent_or_the_word(cls, error: float | str) -> float | str:
        if error != "fail" and not (isinstance(error, float) and 0 < error < 100):
            raise ValueError(f"error must be in percent, or fail, found {error!r}")
        return error


class IdentityMappings(CheckedFile):
    """``identity_mappings.yml``."""

    source: Text
    rows: Annotated[list[Mapping], Field(min_length=1)]


PRINTED: dict[str, type[CheckedFile]] = {
    "shortcuts": Shortcuts,
    "source_results": SourceResults,
    "identity_mappings": IdentityMappings,
}
