"""Which addresses of the book has anybody ever been given, and where does each lead today?

Read from ``book/data/addresses.yml``, which only grows. Links in other people's notes, in decks of
flashcards and in courses name these addresses, so each has to keep working.
"""

from collections.abc import Iterator
from pathlib import Path

from utils.facts.checked import CheckedFile, FactsError, Text, read_checked
from utils.files.places import DATA

ADDRESSES = DATA / "addresses.yml"


class AddressesError(FactsError):
    """The list of addresses is malformed; the message names address and fault."""


class Addresses(CheckedFile, error=AddressesError):
    """The whole file.

    Attributes:
        pages: every page ever published, from the book's root and without its suffix, with the
            anchors on it that something links to.
        files: everything else that was ever linked.
        moved: an old page with the new one, or PAGE#OLD with PAGE#NEW.
    """

    pages: dict[str, list[Text]]
    files: list[Text]
    moved: dict[str, Text]

    def together(self) -> Iterator[str]:
        for old, new in self.moved.items():
            (page, _, anchor), (target, _, place) = old.partition("#"), new.partition("#")
            if bool(anchor) != bool(place) or (anchor and page != target):
                yield f"moved, {old}: a page moves to a page, an anchor to one on the same page"
            elif page not in self.pages or (anchor and anchor not in self.pages[page]):
                yield f"moved, {old}: it is not in the list of pages, so nobody was given it"
            elif target not in self.pages or (place and place not in self.pages[target]):
                yield f"moved, {old}: {new} is not in the list of pages; add it"
            elif new in self.moved:
                yield f"moved, {old}: {new} has moved too; name where that is now"

    def moved_pages(self) -> dict[str, str]:
        """Old pages with those that took their place."""
        return {old: new for old, new in self.moved.items() if "#" not in old}

    def moved_anchors(self, page: str) -> dict[str, str]:
        """Old anchors of a page with those that took their place."""
        pairs = ((old.partition("#"), new.partition("#")) for old, new in self.moved.items())
        return {old[2]: new[2] for old, new in pairs if old[0] == page and old[2]}


def load_addresses(path: Path = ADDRESSES) -> Addresses:
    """All addresses.

    Raises:
        AddressesError: not YAML, or an entry that leads nowhere.
    """
    return read_checked(Addresses, path)
