"""Style sheets as one text, without what no page could show.

Answers "which rules of the theme does this book need?". A theme brings rules for all that somebody
might write, and most of them name a class that no page has. A rule stays if each class that it
names stands in the class of an element, or in a script, which may give it to one.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import tinycss2
from sphinx.errors import ExtensionError

NESTED = {"media", "supports", "layer", "container"}
"""Rules that hold rules."""
CLASS = re.compile(r"""\bclass(?:Name)?=\\?["']?([^"'\\>]*)""")
WORD = re.compile(r"[A-Za-z_][\w-]*")
LICENCE = re.compile(r"/\*!.*?\*/", re.DOTALL)
OUTSIDE = re.compile(r"[a-z][a-z+.-]*:|/|#", re.IGNORECASE)
"""How an address begins that is not relative to its style sheet."""

Node = Any
"""A token or a rule of tinycss2, which has no common class for them."""


class Names:
    """The classes that elements of the book may have.

    Args:
        pages: markup; also markup within data, with its quotes escaped.
        scripts: any word of a script may be a class, and one that ends in a hyphen its beginning.
    """

    def __init__(self, pages: Iterable[str], scripts: Iterable[str]) -> None:
        values = {value for page in pages for value in CLASS.findall(page)}
        words = {word for script in scripts for word in WORD.findall(script)}
        self.whole = words.union(*(value.split() for value in values))
        self.beginnings = tuple(word for word in words if word.endswith("-"))

    def __contains__(self, name: str) -> bool:
        return name in self.whole or name.startswith(self.beginnings)


# Tokens -----------------------------------------------------------------------------------------


def within(token: Node) -> list[Node]:
    """The tokens inside brackets or a function."""
    return getattr(token, "content", None) or getattr(token, "arguments", None) or []


def text(tokens: Iterable[Node]) -> str:
    """Tokens as text, with one blank where there were several."""
    return tinycss2.serialize([shortened(token) for token in tokens]).strip()


def shortened(token: Node) -> Node:
    """The token, with one blank for several."""
    if token.type == "whitespace":
        token.value = " "
    for inner in within(token):
        shortened(inner)
    return token


def moved(token: Node, folder: str, target: str) -> None:
    """Make relative addresses, which hold in one folder, hold in another."""
    addresses = [token] if token.type == "url" else []
    if token.type == "function" and token.lower_name == "url":
        addresses = [inner for inner in token.arguments if inner.type == "string"]
    for address in addresses:
        if not OUTSIDE.match(address.value):
            address.value = posixpath.relpath(posixpath.join(folder, address.value), target)
            quoted = f'"{address.value}"'
            address.representation = f"url({quoted})" if address is token else quoted
    for inner in within(token):
        moved(inner, folder, target)


# Rules ------------------------------------------------------------------------------------------


def rules(content: str | list[Node]) -> list[Node]:
    """The rules of a style sheet, or those within a rule.

    Raises:
        ExtensionError: something in it is no rule.
    """
    parse = tinycss2.parse_stylesheet if isinstance(content, str) else tinycss2.parse_rule_list
    found = parse(content, skip_comments=True, skip_whitespace=True)
    for rule in found:
        if rule.type == "error":
            raise ExtensionError(f"style sheet, line {rule.source_line}: {rule.message}")
    return found


def selectors(prelude: list[Node]) -> list[list[Node]]:
    """A list of selectors, each by itself."""
    parts = groupby(prelude, lambda token: token == ",")
    return [list(tokens) for comma, tokens in parts if not comma]


def may_match(selector: list[Node], names: Names) -> bool:
    """Whether the book may have an element for a selector; what ``:not()`` holds need not be."""
    return all(
        token.value in names
        for before, token in pairwise(selector)
        if before == "." and token.type == "ident"
    )


def stands_together(prelude: list[Node]) -> bool:
    """Whether a browser that does not know one selector, some maker's own, refuses them all."""
    names = (
        getattr(token, "name", None) or getattr(token, "value", "")
        for before, token in pairwise(prelude)
        if before == ":"
    )
    return any(str(name).startswith("-") for name in names)


def cut(rule: Node, names: Names | None) -> str:
    """A rule as text, without selectors that match nothing; nothing if none is left."""
    if rule.type == "at-rule":
        if rule.content is None:
            return f"@{rule.at_keyword} {text(rule.prelude)};"
        nested = rule.lower_at_keyword in NESTED
        inner = [cut(one, names) for one in rules(rule.content)] if nested else [text(rule.content)]
        body = "".join(inner)
        return f"@{rule.at_keyword} {text(rule.prelude)}{{{body}}}" if body else ""
    kept = [one for one in selectors(rule.prelude) if names is None or may_match(one, names)]
    if not kept:
        return ""
    if stands_together(rule.prelude):
        kept = [rule.prelude]
    return f"{','.join(map(text, kept))}{{{text(rule.content)}}}"


def sheet(static: Path, name: str, target: str, names: Names | None = None) -> Iterator[str]:
    """The rules of a style sheet, with those that it imports, as they hold in another folder.

    Args:
        static: the folder of all files that pages ask for.
        name: of the sheet below this folder.
        target: the folder below ``static`` for which addresses are changed.
        names: the classes that the book has; None keeps every rule.

    Raises:
        ExtensionError: a rule that cannot be read, or that imports something on a condition.
    """
    source = (static / name).read_text(encoding="utf-8")
    folder = posixpath.dirname(name)
    yield from LICENCE.findall(source)
    for rule in rules(source):
        kind = getattr(rule, "lower_at_keyword", "")
        if kind == "import":
            yield from sheet(static, imported(rule, name), target, names)
        elif kind != "charset":
            for token in within(rule):
                moved(token, folder, target)
            yield cut(rule, names)


def imported(rule: Node, name: str) -> str:
    """The sheet that a rule of another imports.

    Raises:
        ExtensionError: it does so on a condition.
    """
    tokens = [token for token in rule.prelude if token.type != "whitespace"]
    if len(tokens) != 1 or tokens[0].type not in ("string", "url"):
        raise ExtensionError(f"{name} imports {text(rule.prelude)}; mend {__name__} to do so")
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), tokens[0].value))
