"""Values for questions: functions that compute a number from where it stands once.

Answers "what is the right answer today?". A question names calls; their results fill its texts and
judge its answers. The functions stand by where they take a number from.
"""

import ast
from typing import Any

from utils.practice.values import computed, counted, printed, recorded
from utils.practice.values.expressions import FUNCTIONS, ValueFault, evaluate

__all__ = ["FUNCTIONS", "ValueFault", "compute", "computed", "counted", "printed", "recorded"]


def compute(calls: dict[str, str]) -> dict[str, Any]:
    """Every entry of a question's ``values``, in order; later ones may name earlier ones.

    Raises:
        ValueFault: names the entry, its text and the fault.
    """
    done: dict[str, Any] = {}
    for name, text in calls.items():
        try:
            done[name] = evaluate(ast.parse(text.strip(), mode="eval").body, done)
        except Exception as error:
            raise ValueFault(f"values, {name}: {text!r}: {error}") from error
    return done
