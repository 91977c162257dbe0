"""Expressions of calls, numbers and arithmetic, evaluated without trusting them.

Answers "what does this entry give?".
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

FUNCTIONS: dict[str, Callable[..., Any]] = {}

OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}


class ValueFault(ValueError):
    """An entry of ``values`` cannot be computed; says which and why."""


def value(function: Function) -> Function:
    """Make a function callable from the question bank."""
    FUNCTIONS[function.__name__] = cache(function)
    return function


def evaluate(node: ast.expr, known: dict[str, Any]) -> Any:
    """What an expression of calls, numbers, texts and arithmetic gives.

    Raises:
        ValueFault: something else stands there, or an unknown name; says what is allowed.
    """
    match node:
        case ast.Constant():
            return node.value
        case ast.Name() if node.id in known:
            return known[node.id]
        case ast.UnaryOp(op=ast.USub()):
            return -evaluate(node.operand, known)
        case ast.BinOp() if type(node.op) in OPERATORS:
            left, right = evaluate(node.left, known), evaluate(node.right, known)
            return OPERATORS[type(node.op)](*same_kind(left, right))
        case ast.Call(func=ast.Name()) if node.func.id in FUNCTIONS:
            arguments = [evaluate(argument, known) for argument in node.args]
            named = {word.arg: evaluate(word.value, known) for word in node.keywords}
            return FUNCTIONS[node.func.id](*arguments, **named)
    raise ValueFault(
        f"{ast.unparse(node)} is not allowed; write a number, an entry above, arithmetic or a "
        f"call of: {', '.join(sorted(FUNCTIONS))}"
    )


def same_kind(left: Any, right: Any) -> tuple[Any, Any]:
    """Two numbers that Python can combine: a printed decimal beside a float becomes a float."""
    if {type(left), type(right)} == {Decimal, float}:
        return float(left), float(right)
    return left, right
