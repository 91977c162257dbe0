"""Finds where a module widens numbers to float64 that may lie on a device that has none.

Fine are ``widened`` itself, ``.cpu().double()``, a tensor that PyTorch makes with
``dtype=torch.float64`` and no device, which is the CPU then, and a comparison of types. Names of
types in texts are not seen.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

WIDE = frozenset(("float64", "double", "complex128"))
MAKERS = frozenset(("tensor", "randn", "rand", "empty", "zeros", "ones", "full", "eye", "arange"))


def float64_uses(source: str) -> Iterator[tuple[str, int]]:
    """Yield function and line of each use that is not fine.

    A function inside another, or in a class, counts as the outermost one.
    """
    for outer in ast.parse(source).body:
        name = getattr(outer, "name", "")
        if name != "widened":
            for node in wide_nodes(outer, fine=False):
                yield name, node.lineno


def wide_nodes(node: ast.AST, fine: bool) -> Iterator[ast.AST]:
    """Yield the nodes that widen; ``fine`` where the parent is one that may."""
    match node:
        case ast.Call(func=ast.Attribute(value=held, attr="double")) if not is_on_cpu(held):
            yield node
        case ast.Attribute(value=ast.Name(id="torch"), attr=attribute) if (
            attribute in WIDE and not fine
        ):
            yield node
    for child in ast.iter_child_nodes(node):
        yield from wide_nodes(child, is_fine(node) or (isinstance(node, ast.keyword) and fine))


def is_on_cpu(node: ast.AST) -> bool:
    """Whether an expression ends with ``.cpu()``."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (node.func.attr == "cpu")
    )


def is_fine(node: ast.AST) -> bool:
    """Whether a type may be named here: in a comparison, or in a call that makes CPU numbers."""
    match node:
        case ast.Compare():
            return True
        case ast.Call(func=ast.Attribute(value=ast.Name(id="torch"), attr=attr), keywords=words):
            return attr in MAKERS and all(word.arg != "device" for word in words)
    return False
