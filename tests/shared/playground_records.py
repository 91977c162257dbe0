"""Records of the playground as a test wants them: ten seeds, written into a folder of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from utils.record.playground import EXPERIMENT, KINDS, Copy, tasks

STEPS = (0, 22, 44)
Wrong = Mapping[str, Sequence[int]]
"""Kind of network -> wrong answers of 360 and of 359 at the end, one for each seed."""


def rows(wrong: Sequence[int], stopped: Sequence[int | None], gradients: str) -> dict:
    """What a record keeps of one kind of network: everything wrong, half of it, then the end."""
    lines = [f"300 {(300 + count) // 2} {count}" for count in wrong]
    return {
        "train": lines,
        "test": lines,
        "gradients": [gradients] * len(lines),
        "stopped": [None if at is None else [at, 7] for at in stopped],
    }


def write_records(
    folder: Path,
    wrong: Mapping[str, Wrong] | None = None,
    stopped: Mapping[str, Sequence[int | None]] | None = None,
    but: Sequence[str] = (),
) -> None:
    """Write a record for every task.

    Args:
        folder: takes the place of ``results``.
        wrong: name of a task -> wrong answers; others have 36 in each seed.
        stopped: name of a task -> at which step its residual networks stopped.
        but: tasks that are left out.
    """
    (folder / EXPERIMENT).mkdir(exist_ok=True)
    for task in tasks():
        if task.name in but:
            continue
        own = (wrong or {}).get(task.name, {})
        stops = (stopped or {}).get(task.name, [None] * 10)
        kinds = {
            kind: rows(
                own.get(kind, [36] * 10),
                stops if kind == "residual" else [None] * 10,
                "8 2 4 2" if kind == "plain" else "1 2 1 2",
            )
            for kind in KINDS
        }
        record = dict.fromkeys(
            ("schema", "experiment", "run", "hash", "settings", "dataset", "machine",
             "git_commit", "finished"), ""
        ) | {
            "kind": "measurement",
            "seeds": list(range(10)),
            "steps": list(STEPS),
            "images": {"train": 360, "test": 359},
            "rows": kinds,
        }  # fmt: skip
        if isinstance(task, Copy):
            record["shallow"] = {name: record[name] for name in ("steps", "images", "rows")}
        path = folder / EXPERIMENT / f"{task.name}.json"
        path.write_text(json.dumps(record), encoding="utf-8")
