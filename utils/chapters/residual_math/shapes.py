"""What others put on a shortcut where the shape changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from utils.display.published import Published
from utils.display.tables import table

FIELDS = {"who": str, "block": (int, str), "kernel": (int, str), "norm": bool, "source": str}
BLOCKS = (2015, "pre-activation")
KERNELS = {"none": "none, zero-padding", 1: "1×1", 3: "3×3"}


def check_shortcuts(rows: Sequence[dict[str, Any]]) -> None:
    """Refuse a malformed ``book/data/shortcuts.yml``.

    Raises:
        ValueError: names the file, the entry and what is wrong with it.
    """
    for number, row in enumerate(rows, start=1):
        place = f"book/data/shortcuts.yml, entry {number} ({row.get('who', 'no name')})"
        if set(row) != set(FIELDS):
            raise ValueError(f"{place}: fields must be {sorted(FIELDS)}, not {sorted(row)}")
        for field, kind in FIELDS.items():
            if not isinstance(row[field], kind):
                raise ValueError(f"{place}: {field} cannot be {row[field]!r}")
        if row["block"] not in BLOCKS:
            raise ValueError(f"{place}: block must be one of {BLOCKS}, not {row['block']!r}")
        if row["kernel"] not in KERNELS:
            raise ValueError(
                f"{place}: kernel must be one of {list(KERNELS)}, not {row['kernel']!r}"
            )


def shortcut_table(rows: Sequence[dict[str, Any]], block: int | str) -> Published:
    """Who puts which convolution on a shortcut where the shape changes.

    Args:
        rows: ``book/data/shortcuts.yml``.
        block: 2015 (ReLU after the addition) or "pre-activation".
    """
    check_shortcuts(rows)
    cells = [
        [
            row["who"],
            KERNELS[row["kernel"]],
            "yes" if row["norm"] else ("no" if row["kernel"] != "none" else "nothing to normalise"),
            row["source"],
        ]
        for row in rows
        if row["block"] == block
    ]
    kind = "Blocks of 2015" if block == 2015 else "Pre-activation blocks"
    return table(
        ["paper or program", "convolution", "batch normalisation after the convolution", "source"],
        cells,
        f"{kind}: what the shortcut contains where the number of channels or the map size changes.",
    )
