"""The totals of the start page: counted by hand from records made for it."""

import json
from pathlib import Path

import pytest

from utils.files.places import RESULTS
from utils.files.records import ResultError
from utils.results.totals import totals


def put(folder: Path, name: str, record: dict) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record), encoding="utf-8")


def test_trainings_are_counted_and_all_records_take_time(tmp_path: Path):
    put(tmp_path, "one/a.json", {"timing": {"wall_seconds": 1800, "train_seconds": 1}})
    put(tmp_path, "one/b.json", {"timing": {"wall_seconds": 3600}})
    put(tmp_path, "two/c.json", {"kind": "measurement", "wall_seconds": 900})
    put(tmp_path, "bench/d.json", {"book_seconds": 5})
    found = totals(tmp_path)
    assert (found.trainings, found.hours) == (2, 1.75)


def test_the_books_own_records_are_all_read():
    texts = [path.read_text(encoding="utf-8") for path in RESULTS.glob("*/*.json")]
    assert totals().trainings == sum('"timing"' in text for text in texts) > 200


def test_a_missing_or_damaged_record_is_told(tmp_path: Path):
    with pytest.raises(ResultError, match="no record in"):
        totals(tmp_path)
    put(tmp_path, "one/a.json", {"kind": "bench"})
    (tmp_path / "one" / "b.json").write_text("{", encoding="utf-8")
    with pytest.raises(ResultError, match=r"b\.json is not a record"):
        totals(tmp_path)
