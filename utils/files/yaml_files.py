"""YAML as the book reads it: libyaml where PyYAML was built with it, eight times as fast.

Answers "what does this file say, and in which line?" for the question bank, the facts of
``book/data`` and the table of contents. Only plain values are made: texts, numbers, dates, lists
and mappings. A key that stands twice in one mapping is a fault, of which PyYAML says nothing.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Wheels of PyYAML bring libyaml; one built from source without it reads the same, slowly."""


class Document(NamedTuple):
    """What a text holds, and where.

    Attributes:
        data: its values.
        root: its nodes, each with its line; None for an empty text.
        twice: line and name of each key that stands twice in one mapping.
    """

    data: Any
    root: yaml.Node | None
    twice: list[tuple[int, str]]

    def line_of(self, path: Iterable[str | int]) -> int:
        """Line of the deepest part of ``path`` that the text has."""
        node = self.root
        line = node.start_mark.line + 1 if node else 1
        for part in path:
            if isinstance(node, yaml.MappingNode):
                found = [(key, value) for key, value in node.value if key.value == str(part)]
                if not found:
                    break
                line, node = found[0][0].start_mark.line + 1, found[0][1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
                if part >= len(node.value):
                    break
                node = node.value[part]
                line = node.start_mark.line + 1
        return line


def double_keys(node: yaml.Node | None) -> Iterator[tuple[int, str]]:
    """Line and name of keys that stand twice in one mapping."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    yield key.start_mark.line + 1, key.value
                seen.add(key.value)
            yield from double_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from double_keys(item)


def parse_document(text: str) -> Document:
    """The values of a text with their lines, and the keys that stand twice.

    Raises:
        yaml.YAMLError: not valid YAML; says the line.
    """
    loader = LOADER(text)
    try:
        root = loader.get_single_node()
        twice = list(double_keys(root))
        data = None if root is None else loader.construct_document(root)
    finally:
        loader.dispose()
    return Document(data, root, twice)


def read_document(path: Path) -> Document:
    """:func:`parse_document` of a UTF-8 file.

    Raises:
        OSError: the file cannot be read.
        UnicodeDecodeError: not UTF-8.
        yaml.YAMLError: not valid YAML; says the line.
    """
    return parse_document(path.read_text(encoding="utf-8"))


def parse_yaml(text: str) -> Any:
    """The values that a text holds.

    Raises:
        yaml.YAMLError: not valid YAML, or a key that stands twice; says the line.
    """
    document = parse_document(text)
    if document.twice:
        said = ", ".join(f"{key} stands twice (line {line})" for line, key in document.twice)
        raise yaml.YAMLError(f"{said}; keep one")
    return document.data


def read_yaml(path: Path) -> Any:
    """The values that a UTF-8 file holds.

    Raises:
        OSError: the file cannot be read.
        UnicodeDecodeError: not UTF-8.
        yaml.YAMLError: not valid YAML, or a key that stands twice; says the line.
    """
    return parse_yaml(path.read_text(encoding="utf-8"))
