"""Counts sentences and numbers in the prose of a page.

Answers "does it read like prose?" as far as counting can: how long its sentences are on average,
and which paragraphs hold so many numbers that a table would serve better.
"""

from __future__ import annotations

import re
import statistics

from prose import SKIPPED_CLASSES, Prose

END = re.compile(r"(?<=[.!?])[\"”’)]*\s+(?=[A-Z“‘(])")
"""Between two sentences; a year after "et al." begins none."""
WHOLE = re.compile(r"[.!?…:][\"”’)]*$")
"""How a sentence ends; an entry of a list or a label does not."""
NUMBER = re.compile(r"(?<![\w.×-])[-+−]?\d[\d,.]*(?:\s*×\s*10[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)?(?![\w×-])")
"""A number by itself; the 56 of ResNet-56 and the size 3×3 are names."""
NO_SENTENCES = frozenset({"tl-who", "tl-source", "book-facts"})
"""Authors and sources of an entry, and lists of names with their values: terms there are links."""
MOST_NUMBERS = 5
SHORTEST, LONGEST = 13.0, 20.0
"""Words of a sentence, mean over a page."""


def paragraphs(page: str) -> list[str]:
    """The paragraphs of a built page's prose."""
    text = Prose(page, NO_SENTENCES | SKIPPED_CLASSES).text
    blocks = (" ".join(block.split()) for block in text.split("\n\n"))
    return [block for block in blocks if block]


def sentences(paragraph: str) -> list[str]:
    """Its whole sentences; a single word is none."""
    found = (s for s in END.split(paragraph) if WHOLE.search(s))
    return [s for s in found if len(re.findall(r"[A-Za-z]\w*", s)) > 1]


def mean_length(blocks: list[str]) -> float:
    """Words of a sentence, mean over all paragraphs."""
    return statistics.fmean(len(s.split()) for block in blocks for s in sentences(block))


def crowded(blocks: list[str]) -> list[str]:
    """Paragraphs with more numbers than a reader can hold."""
    return [block for block in blocks if len(NUMBER.findall(block)) > MOST_NUMBERS]


def faults(page: str) -> list[str]:
    """What is wrong with the prose of a built page, in words; empty if nothing is."""
    blocks = paragraphs(page)
    mean = mean_length(blocks)
    told = [
        f"{len(NUMBER.findall(block))} numbers, put them into a table: {block[:90]}"
        for block in crowded(blocks)
    ]
    if not SHORTEST <= mean <= LONGEST:
        told.append(f"{mean:.1f} words a sentence, {SHORTEST:.0f} to {LONGEST:.0f} are wanted")
    return told
