"""What happened when? The dated works of ``book/data/timeline.yml``, read strictly."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from utils.facts.checked import Checked, CheckedFile, FactsError, Text, read_checked, shaped, unique
from utils.files import places

DATA = places.DATA / "timeline.yml"

ID = r"tl-(\d{4}|\d{3}0s)(-[a-z0-9]+)*"
DATE = r"\d{4}(-(0[1-9]|1[0-2]))?"
LONGEST_MATTERS_CHARACTERS = 480
MOST_THREADS = 5
"""As many shapes as the page has to tell them apart without colour."""
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
          "October", "November", "December")  # fmt: skip


class TimelineError(FactsError):
    """A fault in the data file."""


def as_tuple(value: Any) -> tuple[Any, ...]:
    """A single value as one of several."""
    return tuple(value) if isinstance(value, list) else (value,)


def each_known(field: str, names: tuple[Any, ...], known: Iterable[str], where: str) -> Any:
    """Refuse no names, a name twice, and a name that is not known."""
    if not names or len(set(map(str, names))) != len(names):
        raise ValueError(f"{field} must name at least one and none twice")
    for name in names:
        if name not in known:
            raise ValueError(f"{field} has {name!r}, which is not among {where}")
    return names


Several = Annotated[tuple[Any, ...], BeforeValidator(as_tuple)]


class Thread(Checked, noun="thread"):
    """One strand of the story."""

    told: ClassVar[dict[str, str]] = dict.fromkeys(
        ("missing", "extra_forbidden", "model_type"), "it must hold exactly 'label' and 'about'"
    )

    label: Text
    about: Text


class Entry(Checked):
    """One dated work.

    Attributes:
        id: its address on the page, with the year or the decade.
        date: first public version, "YYYY" or "YYYY-MM".
        venue: where it was made public.
        who: its authors.
        what: its title on the page (MyST).
        matters: what it has to do with residual networks (MyST).
        threads: names of threads; the first one colours the dot.
        cite: keys of the bibliography.
        shown: what stands in the place of the date, for instance "1960s".
    """

    id: Annotated[str, shaped(ID, "like tl-1943, tl-1960s or tl-2016-wide")]
    date: Annotated[str, shaped(DATE, 'like "1943" or "2015-12"')]
    venue: Text
    who: Text
    what: Text
    matters: Annotated[Text, Field(max_length=LONGEST_MATTERS_CHARACTERS)]
    threads: Several
    cite: Several
    shown: Text = ""

    @property
    def year(self) -> int:
        """The year of the first public version."""
        return int(self.date[:4])

    @property
    def when(self) -> tuple[str, str]:
        """Month (or nothing) and year as readers see them."""
        if self.shown:
            return "", self.shown
        return (MONTHS[int(self.date[5:]) - 1] if len(self.date) > 4 else ""), self.date[:4]

    @field_validator("threads")
    @classmethod
    def threads_of_the_file(cls, names: tuple[Any, ...], info: ValidationInfo) -> Any:
        known = sorted(map(str, info.context["data"].get("threads") or ()))
        return each_known("threads", names, known, ", ".join(known))

    @field_validator("cite")
    @classmethod
    def works_of_the_bibliography(cls, names: tuple[Any, ...], info: ValidationInfo) -> Any:
        return each_known("cite", names, info.context["keys"], "references.bib")

    @model_validator(mode="after")
    def id_and_date_agree(self) -> Self:
        year = self.id[3:8].rstrip("-")
        if not self.date.startswith(year[:3] if year.endswith("s") else year):
            raise ValueError(f"the id says {year}, the date {self.date}")
        return self


class Timeline(CheckedFile, error=TimelineError):
    """The whole file."""

    threads: dict[str, Thread]
    entries: list[Entry] = Field(min_length=1)

    @field_validator("threads", mode="before")
    @classmethod
    def some_threads(cls, threads: Any) -> Any:
        if not isinstance(threads, dict) or not threads:
            raise ValueError("it must map each thread's name to its label and about")
        if len(threads) > MOST_THREADS:
            raise ValueError(f"{len(threads)} threads, but only {MOST_THREADS} shapes to draw them")
        return threads

    def gap_years(self, index: int) -> int:
        """Years between an entry and the one before it."""
        return self.entries[index].year - self.entries[index - 1].year if index else 0

    def together(self) -> Iterator[str]:
        """Ids that stand twice, entries before an older one, threads that no entry uses.

        An entry without a month can stand anywhere in its year.
        """
        yield from unique(self.entries, "an address needs an id of its own")
        latest = ""
        for entry in self.entries:
            if entry.date < latest[: len(entry.date)]:
                yield f"entry {entry.id}: {entry.date} stands after {latest}; sort by date"
            latest = max(latest, entry.date)
        used = {thread for entry in self.entries for thread in entry.threads}
        for thread in sorted(set(self.threads) - used):
            yield f"thread {thread}: no entry uses it; remove it or tag an entry"


def load(path: Path, keys: set[str]) -> Timeline:
    """Read and check a timeline.

    Args:
        path: the data file.
        keys: the citation keys that exist.

    Raises:
        TimelineError: names the file and every fault in it, each with its entry.
    """
    return read_checked(Timeline, path, {"keys": keys})
