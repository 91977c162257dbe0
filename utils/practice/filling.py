"""Values put into the texts of a question, from where they stand once.

Answers "which number is meant?". A text names a call of :mod:`utils.practice.values` in double
braces.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from utils.practice.kinds import QUESTION, QuestionError

TEXTS = {"prompt", "hint", "solution", "mistakes", "front", "back", "model", "rubric", "options",
         "near", "labels", "answer"}  # fmt: skip
"""Fields whose texts, at any depth, may hold ``{{name}}``; code is left as it is."""
PLACEHOLDER = re.compile(r"\{\{\s*([a-z_]\w*)\s*(?::([^{}]*))?\}\}")
CODE = re.compile(r"(`+).+?\1", re.DOTALL)


def filled_text(text: str, values: dict[str, Any]) -> str:
    """A text with its ``{{name}}`` and ``{{name:format}}`` replaced.

    Raises:
        ValueError: an unknown name or a format that does not fit.
    """

    def replace(found: re.Match[str]) -> str:
        name, form = found[1], found[2]
        if name not in values:
            known = ", ".join(values) or "none"
            raise ValueError(f"{{{{{name}}}}} is no entry of values; there are: {known}")
        value = values[name]
        form = form if form is not None else ("g" if isinstance(value, float) else "")
        try:
            return format(value, form)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{{{{{name}:{form}}}}} does not fit {value!r}: {error}") from error

    return PLACEHOLDER.sub(replace, text)


def filled_tree(tree: Any, change: Callable[[str], str]) -> Any:
    """A copy of nested lists and mappings with every text changed."""
    if isinstance(tree, str):
        return change(tree)
    if isinstance(tree, list):
        return [filled_tree(item, change) for item in tree]
    if isinstance(tree, dict):
        return {
            key: item if key in ("see", "value") else filled_tree(item, change)
            for key, item in tree.items()
        }
    return tree


def fill(question: Any) -> Any:
    """A question with its values computed and put into its texts and answers.

    Raises:
        QuestionError: a value cannot be computed, or a text asks for one that is not there.
    """
    from utils.practice.values import compute

    try:
        values = compute(question.values)
        data = question.model_dump()
        for field in TEXTS & set(data):
            data[field] = filled_tree(data[field], lambda text: filled_text(text, values))
        for holder in [data.get("answer"), *data.get("near", [])]:
            if holder and isinstance(holder["value"], str):
                if holder["value"] not in values:
                    raise ValueError(f"value {holder['value']!r} is no entry of values")
                holder["value"] = float(values[holder["value"]])
        done = QUESTION.validate_python(data)
    except (ValueError, TypeError, RuntimeError, LookupError, ArithmeticError) as error:
        raise QuestionError(f"{question.place}, question {question.id}: {error}") from error
    done._place = question.place
    return done
