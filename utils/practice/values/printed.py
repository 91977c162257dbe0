"""Numbers that a source prints: the paper's tables, ``book/data``, a stored run.

Answers "what did others write?".
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from utils.facts.files import book_data, book_table
from utils.facts.paper import cell
from utils.files.places import ROOT
from utils.practice.values.expressions import ValueFault, value

FINE_TUNE = ROOT / "book" / "code" / "fine_tune.txt"
READS = (FINE_TUNE, ROOT / "book" / "data" / "*.yml", ROOT / "book" / "data" / "*.csv")


@value
def paper(table: str, row: str, column: str) -> Decimal | str:
    """A cell of the paper's tables, with the digits as printed: ``paper("6", "ResNet-110",
    "error")``. A row goes by its key in the file; capitals and spaces do not matter."""
    found = cell(f"{table}/{row.lower().replace(' ', '-')}/{column}")
    return found.number if found.column.number else found.text


@value
def data(file: str, *keys: str | int) -> Any:
    """An entry of a YAML file of ``book/data``: ``data("source_results", "simple-cnn",
    "test_accuracy")``."""
    entry = book_data(file)
    for key in keys:
        entry = entry[key]
    return entry


@value
def challenge(entry: str, column: str) -> Decimal | str:
    """A cell of ``imagenet_depth.csv``: ``challenge("ResNet", "top5_error_percent")``. An entry
    goes by its name in the figure.

    Raises:
        ValueFault: no entry of that name; names those that exist.
    """
    rows = {row["drawn_as"]: row for row in book_table("imagenet_depth")}
    if entry not in rows:
        raise ValueFault(f"no entry {entry!r} in imagenet_depth.csv; there are: {', '.join(rows)}")
    text = rows[entry][column]
    return Decimal(text) if re.fullmatch(r"\d+(\.\d+)?", text) else text


@value
def number(text: str) -> Decimal:
    """A number that a data file holds as text, with its digits: ``number("79.0")``."""
    return Decimal(text.replace(",", ""))


@value
def fine_tuned(line: str, what: str) -> str:
    """A number of the chapter's fine-tuning run: ``fine_tuned("everything", "accuracy")``.

    Args:
        line: how the line of ``book/code/fine_tune.txt`` begins.
        what: "loss", or "accuracy" in percent.
    """
    pattern = {"loss": r"loss ([\d.]+)", "accuracy": r"accuracy (\d+)%"}[what]
    (found,) = [
        text for text in FINE_TUNE.read_text(encoding="utf-8").splitlines() if text.startswith(line)
    ]
    return re.search(pattern, found)[1]


@value
def order_gain_printed() -> float:
    """The same at 110 layers after a full training, as the second paper prints it (Table 2)."""
    told = book_data("after")["works"]["pre-activation"]["values"]
    return float(told["old110"]) - float(told["new110"])
