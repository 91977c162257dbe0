"""The kinds of question, each a checked class.

Answers "what does a question of this kind need, show, and call right?". A file of the bank is read
into these classes, and whatever does not fit is told with what to do.
"""

from __future__ import annotations

from typing import Annotated, Any, Union, get_args

from pydantic import Field, TypeAdapter

from utils.practice.kinds.base import EXAM_LENGTH, Card, Question, QuestionError, Task, Verdict
from utils.practice.kinds.choices import Bug, Multiple, Output, Single
from utils.practice.kinds.label import Label
from utils.practice.kinds.numeric import Numeric
from utils.practice.kinds.order import Order
from utils.practice.kinds.short import Short

CLASSES = (Single, Multiple, Numeric, Order, Output, Bug, Label, Short, Card)
KINDS = {get_args(one.model_fields["kind"].annotation)[0]: one for one in CLASSES}
"""Name of a kind in the bank -> its class."""

QUESTION: TypeAdapter[Any] = TypeAdapter(
    Annotated[Union[CLASSES], Field(discriminator="kind")]  # noqa: UP007
)

LEVELS = ("easy", "medium", "hard")

__all__ = [
    "EXAM_LENGTH", "KINDS", "LEVELS", "QUESTION", "Card", "Question", "QuestionError", "Short",
    "Task", "Verdict",
]  # fmt: skip
