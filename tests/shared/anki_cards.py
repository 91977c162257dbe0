"""A card of the bank's format, and a deck as Anki reads it."""

from __future__ import annotations

from pathlib import Path

from anki.collection import Collection, ImportAnkiPackageRequest

from utils.practice.anki import NAME
from utils.practice.kinds import Card


def card(id_: str, **changes: object) -> Card:
    """A card of the bank's format."""
    fields = {
        "kind": "card",
        "level": "easy",
        "chapter": "book/paper",
        "front": f"Front {id_}?",
        "back": f"Back {id_}.",
        "source": "computed",
        "terms": ["MAC"],
    }
    return Card.model_validate({"id": id_, **fields, **changes})


def opened_in_anki(path: Path, folder: Path) -> dict[str, tuple[str, ...]]:
    """Fields of every note after Anki has imported a deck, by the note's identity."""
    collection = Collection(str(folder / "collection.anki2"))
    collection.import_anki_package(ImportAnkiPackageRequest(package_path=str(path)))
    notes = [collection.get_note(number) for number in collection.find_notes("")]
    found = {note.guid: tuple(note.fields) for note in notes}
    assert len(collection.find_cards(f'deck:"{NAME}"')) == len(notes) == len(found)
    collection.close()
    return found
