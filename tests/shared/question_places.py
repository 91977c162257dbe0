"""Where a question leads its readers."""

from __future__ import annotations


def places(question) -> list[str]:
    """Every ``page#anchor`` that a question links to."""
    holders = [*getattr(question, "options", []), *getattr(question, "near", [])]
    holders += getattr(question, "rubric", [])
    return [place for holder in holders if (place := getattr(holder, "see", None))]
