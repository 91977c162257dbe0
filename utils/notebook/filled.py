"""Numbers from records in the text of a notebook.

Answers "what does this sentence say today?". A text cell has the number between two comments that
no front end shows, the first of which names its source:

    The hardest class is a <!--=mistakes.worst-->cat<!--/-->.

The metadata of the notebook names a module as ``words``. The module has a function ``mistakes``,
which gives the values of its paragraph by name, and ``make notebooks`` puts them in.
"""

import importlib
import re
from collections.abc import Callable, Mapping
from types import ModuleType

PLACE = re.compile(r"<!--=(?P<name>[^>]*?)-->(?P<text>.*?)<!--/-->", re.S)
NAME = re.compile(r"(\w+)\.(\w+)")
MARK = re.compile(r"<!--=[^>]*?-->|<!--/-->")
OPENS_A_LINE = re.compile(r"^[ \t>]*(?:(?:[-*+]|\d+[.)]|#+)[ \t]+)?<!--=", re.M)


class FillingError(ValueError):
    """A place in a text that cannot be filled; says which and why."""


def unmarked(text: str) -> str:
    """The text as it reads, without the comments around what is filled in."""
    return MARK.sub("", text)


def words_of(metadata: Mapping) -> ModuleType | None:
    """The module that knows the words of a notebook, from the notebook's metadata."""
    name = metadata.get("words")
    return importlib.import_module(name) if name else None


def fill(text: str, words: ModuleType | None) -> str:
    """The text with today's values in all its places.

    Raises:
        FillingError: a place that the module does not know, that is not closed, or that opens a
            line, which Markdown would then take for HTML.
    """
    if OPENS_A_LINE.search(text):
        raise FillingError(f"no line may begin with a place to fill: {first_line(text)!r}")
    if 2 * len(PLACE.findall(text)) != len(MARK.findall(text)):
        raise FillingError(f"a place to fill is not closed with <!--/-->: {first_line(text)!r}")

    def filled(place: re.Match[str]) -> str:
        return f"<!--={place['name']}-->{value(place['name'], words)}<!--/-->"

    return PLACE.sub(filled, text)


def first_line(text: str) -> str:
    """The line of a text that has the first place, to find it by."""
    return next(line for line in text.splitlines() if MARK.search(line))


def value(name: str, words: ModuleType | None) -> str:
    """What a function of the module says of one name.

    Raises:
        FillingError: there is no such function, or it does not know the name.
    """
    if not (parts := NAME.fullmatch(name)):
        raise FillingError(f"{name!r} is not of the form FUNCTION.NAME")
    group: Callable[[], Mapping[str, str]] | None = getattr(words, parts[1], None)
    if words is None or group is None:
        where = words.__name__ if words else "the notebook, whose metadata names no module 'words'"
        raise FillingError(f"{name!r}: no function {parts[1]!r} in {where}")
    found = group()
    if parts[2] not in found:
        raise FillingError(f"{name!r}: {parts[1]} gives {', '.join(found) or 'nothing'}")
    return found[parts[2]]
