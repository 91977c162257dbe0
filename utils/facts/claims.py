"""Which popular sentences hold? The claims of ``book/data/claims.yml``, read strictly."""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, field_validator

from utils.facts.checked import (
    Checked,
    CheckedFile,
    FactsError,
    Slug,
    Text,
    known,
    read_checked,
    unique,
)
from utils.files import places

DATA = places.DATA / "claims.yml"

VERDICTS = {
    "true": "The source says it, and the sentence says no more than the source.",
    "half true": "Right under conditions that the sentence leaves out.",
    "false": "The source says something else, or a calculation shows something else.",
    "unproven": "The source only conjectures it, or later measurements have put it in doubt.",
}

ERRATUM = re.compile(r"E\d\d")


class ClaimError(FactsError):
    """The file of claims is malformed; the message names the claim and the fault."""


def source_pairs(sources: Any) -> tuple[tuple[str, str], ...]:
    """The sources of one claim: each a BibTeX key and a place in that work."""
    if not isinstance(sources, dict) or not sources:
        raise ValueError("sources must map BibTeX keys to tables or sections")
    for key, where in sources.items():
        if not isinstance(where, str) or not where.strip():
            raise ValueError(f"source {key} needs a table, figure or section")
    return tuple(sources.items())


def errata_numbers(errata: Any) -> tuple[str, ...]:
    """Numbers of corrections."""
    if not isinstance(errata, list) or not all(ERRATUM.fullmatch(str(one)) for one in errata):
        raise ValueError(f"errata must be a list like [E01, E23], not {errata!r}")
    return tuple(errata)


class Claim(Checked, noun="claim"):
    """One sentence and what is known about it.

    Attributes:
        id: its address on the page is ``claim-ID``.
        group: the theme under which it stands.
        short: title for links from other pages, plain text.
        said: the sentence as one hears it (MyST).
        verdict: a key of :data:`VERDICTS`.
        says: what the sources say (MyST).
        right: how to say it instead (MyST).
        sources: (BibTeX key, table or section) pairs.
        measured: a key of ``utils.chapters.claims.SENTENCES``, or None.
        errata: numbers of the project's list of corrections that the claim carries.
    """

    told: ClassVar[dict[str, str]] = {
        "missing": "lacks {field}",
        "extra_forbidden": "has unknown fields: {field}; the fields are {fields}",
    }

    id: Slug
    group: Annotated[Text, known("groups")]
    short: Text
    said: Text
    verdict: Text
    says: Text
    right: Text
    sources: Annotated[tuple[tuple[str, str], ...], BeforeValidator(source_pairs)]
    measured: Text | None = None
    errata: Annotated[tuple[str, ...], BeforeValidator(errata_numbers)] = ()

    @property
    def anchor(self) -> str:
        return f"claim-{self.id}"

    @field_validator("verdict", mode="before")
    @classmethod
    def one_of_the_verdicts(cls, verdict: Any) -> Any:
        if isinstance(verdict, bool):
            raise ValueError("write the verdict in quotes; without them YAML reads a yes or a no")
        if verdict not in VERDICTS:
            raise ValueError(f"verdict {verdict!r} is none of: {', '.join(VERDICTS)}")
        return verdict


class Claims(CheckedFile, error=ClaimError):
    """The whole file: claims by id, titles of groups, names of works, corrections left out."""

    known_as: dict[str, Text]
    groups: dict[str, Text]
    listed: list[Claim] = Field(alias="claims", min_length=1)
    not_carried: dict[str, Text]

    @property
    def claims(self) -> dict[str, Claim]:
        return {claim.id: claim for claim in self.listed}

    def of_group(self, group: str) -> list[Claim]:
        return [claim for claim in self.listed if claim.group == group]

    def together(self) -> Iterator[str]:
        yield from unique(self.listed, "an address needs an id of its own")
        for group in self.groups:
            if not self.of_group(group):
                yield f"group {group}: no claim belongs to it; remove it or give it one"


def read_claims(path: Path = DATA) -> Claims:
    """Read and check the file of claims.

    Raises:
        ClaimError: not YAML, or a claim that lacks something; names file, claim and fault.
    """
    return read_checked(Claims, path)


@lru_cache(maxsize=1)
def _cached(changed: int) -> Claims:
    return read_claims()


def current_claims() -> Claims:
    """The claims as the file has them now; read anew only when the file has changed."""
    return _cached(DATA.stat().st_mtime_ns)
