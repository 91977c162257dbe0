"""Which concepts of a rubric does a text name?

Answers "what is still missing?" for a short explanation, with word beginnings and no understanding.
``book/_static/questions/kinds.js`` holds the same rules for the page; the tests run both on
the whole bank.

A key of letters and digits is a list of word beginnings: it is found when one sentence has a word
for each of them, in any order. Any other key, such as ``F(x)+x``, is a formula: it is found when
it stands in the text after blanks and the marks of TeX have gone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

SENTENCE_END = re.compile(r"[.!?;:](?=\s|$)|\n\s*\n")
TEX_MARKS = re.compile(r"\\[a-z]+(?=\{)|[\s$\\{}*]")
NO_WORD = re.compile(r"[\W_]+")
SHORTEST = 4


def words(text: str) -> list[str]:
    """Lower-case words without punctuation, with one spelling for -ise and -ize."""
    folded = unicodedata.normalize("NFKD", text.lower()).replace("iz", "is").replace("×", "x")
    return NO_WORD.sub(" ", folded).split()


def is_formula(key: str) -> bool:
    """Whether a key is compared letter by letter."""
    return not re.fullmatch(r"[\w ×.-]+", key)


def squashed(text: str) -> str:
    """Lower-case text without blanks and marks of TeX and Markdown."""
    return TEX_MARKS.sub("", text.lower())


def is_hit(key: str, text: str) -> bool:
    """Whether a text names what a key stands for."""
    if is_formula(key):
        return squashed(key) in squashed(text)
    stems = words(key)
    return any(
        all(any(word.startswith(stem) for word in sentence) for stem in stems)
        for sentence in map(words, SENTENCE_END.split(text))
    )


def covered(keys_of_concepts: Iterable[Iterable[str]], text: str) -> list[int]:
    """Places of the concepts of which at least one key is found."""
    return [
        place
        for place, keys in enumerate(keys_of_concepts)
        if any(is_hit(key, text) for key in keys)
    ]


def fault_of(key: str) -> str | None:
    """What is wrong with a key; None for a sound one."""
    if is_formula(key):
        return None if len(squashed(key)) >= SHORTEST else "is too short for a formula"
    if len("".join(words(key))) < SHORTEST:
        return f"needs at least {SHORTEST} letters, or it is found everywhere"
    return None
