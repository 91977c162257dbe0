"""Which edition of the book is this, and what would a reader notice in it?

``CITATION.cff`` holds the version and its date, ``CHANGELOG.md`` what changed for readers. The foot
of every page and the release both read them here, and :func:`disagreements` compares them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, Field

from utils.facts.checked import (
    Checked,
    CheckedFile,
    FactsError,
    Text,
    read_checked,
    shaped,
)
from utils.files.places import ROOT

CITATION = ROOT / "CITATION.cff"
CHANGES = ROOT / "CHANGELOG.md"
VERSION = re.compile(r"\d+\.\d+\.\d+")
UNRELEASED = "Not released yet"
HEADING = re.compile(
    rf"^## (?:(?P<version>{VERSION.pattern}) \((?P<day>\d{{4}}-\d\d-\d\d)\)|{UNRELEASED})$", re.M
)


class EditionError(FactsError):
    """The version or its changes cannot be read; the message names file and fault."""


@dataclass(frozen=True)
class Edition:
    """One version of the book, and the day of its release."""

    version: str
    released: date

    @property
    def day(self) -> str:
        """The date as readers write it, such as "2 March 2027"."""
        return f"{self.released.day} {self.released:%B %Y}"


@dataclass(frozen=True)
class Cited(Edition):
    """What every form of the book says of itself.

    Attributes:
        title, authors, about: as ``CITATION.cff`` has them.
        licence: of text and figures.
        doi: of this version, or nothing as long as there is none.
    """

    title: str
    authors: tuple[str, ...]
    about: str
    licence: str
    doi: str

    @property
    def names(self) -> str:
        """All authors in one line."""
        return ", ".join(self.authors)


@dataclass(frozen=True)
class Changes:
    """What readers notice in one version.

    Attributes:
        edition: the version, or None for what is not released yet.
        text: the list of changes, in Markdown.
    """

    edition: Edition | None
    text: str


class CitationFile(CheckedFile, error=EditionError):
    """What the book reads of ``CITATION.cff``, which has more; its format says what."""

    model_config = ConfigDict(extra="ignore")

    version: Annotated[str, shaped(VERSION.pattern, "three numbers such as 1.0.0")]
    released: date = Field(alias="date-released")


class Author(Checked, noun="author", named_by="name"):
    """Who wrote it."""

    model_config = ConfigDict(extra="ignore")

    name: Text


class Preferred(Checked):
    """How the book wants to be cited."""

    model_config = ConfigDict(extra="ignore")

    license: Text


class CitedFile(CitationFile):
    """What every form of the book has to name."""

    title: Text
    abstract: Text
    authors: list[Author] = Field(min_length=1)
    preferred: Preferred = Field(alias="preferred-citation")
    doi: str = ""


def load_edition(path: Path = CITATION) -> Edition:
    """The version that ``CITATION.cff`` names.

    Raises:
        EditionError: the file cannot be read, or lacks a version or a date.
    """
    found = read_checked(CitationFile, path)
    return Edition(found.version, found.released)


def load_cited(path: Path = CITATION) -> Cited:
    """The version with its title, authors, summary, licence and DOI.

    Raises:
        EditionError: the file cannot be read, or lacks what every form of the book has to name.
    """
    found = read_checked(CitedFile, path)
    return Cited(
        found.version,
        found.released,
        authors=tuple(author.name for author in found.authors),
        licence=found.preferred.license,
        title=found.title,
        about=found.abstract,
        doi=found.doi,
    )


def load_changes(path: Path = CHANGES) -> list[Changes]:
    """The sections of the change log, the newest first.

    Raises:
        EditionError: the file cannot be read, or a section has another heading or no text.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as problem:
        raise EditionError(f"{path.name} cannot be read: {problem}") from problem
    _, *sections = re.split(r"^(?=## )", text, flags=re.M)
    return [section(path.name, one) for one in sections]


def section(name: str, text: str) -> Changes:
    """One section of the change log, from its heading on."""
    heading, _, body = text.partition("\n")
    found = HEADING.fullmatch(heading)
    if not found:
        raise EditionError(
            f"{name}: {heading!r} must be '## 1.0.0 (2026-11-30)' or '## {UNRELEASED}'"
        )
    if not body.strip():
        raise EditionError(f"{name}: {heading!r} names no change; write one or take it out")
    if found["version"] is None:
        return Changes(None, body.strip())
    return Changes(Edition(found["version"], date.fromisoformat(found["day"])), body.strip())


def changes_of(edition: Edition, log: list[Changes]) -> str:
    """What readers notice in one version, in Markdown.

    Raises:
        EditionError: the change log has no section on it.
    """
    for changes in log:
        if changes.edition == edition:
            return changes.text
    raise EditionError(
        f"{CHANGES.name} has no section '## {edition.version} ({edition.released})'; write what "
        "readers notice in this version"
    )


def disagreements(
    edition: Edition, log: list[Changes], tag: str | None = None, tagged: date | None = None
) -> Iterator[str]:
    """What has to be mended before this version can be released, a sentence for each fault.

    Args:
        edition: the version that the book names.
        log: its change log.
        tag: the name of the release, such as "v1.0.0", if there is one already.
        tagged: the day of the commit that bears the tag.
    """
    released = [changes.edition for changes in log if changes.edition]
    if edition != (released[0] if released else None):
        yield (
            f"the newest release in {CHANGES.name} is not {edition.version} of {edition.released}, "
            f"as {CITATION.name} says"
        )
    versions = [tuple(map(int, one.version.split("."))) for one in released]
    if versions != sorted(set(versions), reverse=True):
        yield f"the versions in {CHANGES.name} do not fall from the newest to the oldest"
    if log and any(changes.edition is None for changes in log[1:]):
        yield f"{CHANGES.name}: '## {UNRELEASED}' must stand above all versions"
    if tag is not None and tag != f"v{edition.version}":
        yield f"the tag is {tag}, and {CITATION.name} has version {edition.version}"
    if tag is not None and log and log[0].edition is None:
        yield f"{CHANGES.name} still lists changes under '## {UNRELEASED}'"
    if tagged is not None and tagged != edition.released:
        yield (
            f"the tagged commit is of {tagged}, and {CITATION.name} has the date {edition.released}"
        )
