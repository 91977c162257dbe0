"""YAML as the book reads it: libyaml where PyYAML was built with it, eight times as fast.

Answers "what does this file say?" for the question bank, the facts of ``book/data`` and the
table of contents. Only plain values are made: texts, numbers, dates, lists and mappings.
"""

from pathlib import Path
from typing import Any

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Wheels of PyYAML bring libyaml; one built from source without it reads the same, slowly."""


def parse_yaml(text: str) -> Any:
    """The values that a text holds.

    Raises:
        yaml.YAMLError: not valid YAML; says the line.
    """
    return yaml.load(text, LOADER)


def read_yaml(path: Path) -> Any:
    """The values that a UTF-8 file holds.

    Raises:
        OSError: the file cannot be read.
        UnicodeDecodeError: not UTF-8.
        yaml.YAMLError: not valid YAML; says the line.
    """
    return parse_yaml(path.read_text(encoding="utf-8"))


def compose_yaml(text: str) -> yaml.Node | None:
    """The nodes of a text, each with its line, or None for an empty text.

    Raises:
        yaml.YAMLError: not valid YAML; says the line.
    """
    return yaml.compose(text, LOADER)
