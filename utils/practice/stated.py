"""Numbers that a question states itself, instead of taking them from their source.

Answers "which number was typed?".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from utils.practice.filling import CODE, PLACEHOLDER

NUMBER = re.compile(r"(?<![\w.,])(?<![A-Za-z][-–])\d+(?:,\d{3})*(?:\.\d+)?(?![\w.]*\d)")
LINK = re.compile(r"\]\([^)]*\)")
YEARS = range(1940, 2031)


def significant_digits(number: str) -> int:
    """Digits that say something: "0.0040" has 2, "1,200" has 2, "3.57" has 3."""
    digits = number.replace(",", "")
    if "." not in digits:
        digits = digits.rstrip("0")
    return len(digits.replace(".", "").lstrip("0"))


def stated_texts(question: Any) -> Iterator[str]:
    """The texts whose numbers must be right: prompt, correct options, answer and solution."""
    for field in ("prompt", "front", "back", "model"):
        yield getattr(question, field, "")
    yield from getattr(question, "solution", [])
    for option in getattr(question, "options", []):
        if getattr(option, "correct", True):
            yield option.text
            yield getattr(option, "feedback", "")
    yield from getattr(question, "labels", {}).values()
    answer = getattr(question, "answer", None)
    if answer and not isinstance(answer.value, str):
        yield f"{answer.value:g}"


def typed_numbers(question: Any) -> list[str]:
    """Numbers of three or more significant digits that are neither a value nor ``given``.

    Give it a question of :func:`read_bank`. Years and numbers in code are left out, and the
    correct option of an output question, which a test compares with what its code prints.
    """
    given = {number.replace(",", "") for number in question.given}
    found = []
    for text in stated_texts(question):
        if question.is_run(text):
            continue
        bare = PLACEHOLDER.sub(" ", LINK.sub("]", CODE.sub(" ", text)))
        for number in NUMBER.findall(bare):
            plain = number.replace(",", "")
            year = "." not in plain and "," not in number and int(plain) in YEARS
            if significant_digits(number) >= 3 and not year and plain not in given:
                found.append(number)
    return found
