"""Files that are whole or absent, locks that wait, checkpoints that notice damage."""

from __future__ import annotations

import stat
import threading
import time
from pathlib import Path

import pytest
import torch

from utils.files import checkpoint
from utils.files import whole as files
from utils.files.whole import Locked, atomic_write, exclusive, set_aside, write_text


def test_a_file_takes_its_name_when_it_is_whole(tmp_path: Path):
    path = tmp_path / "new" / "folder" / "run.json"
    with atomic_write(path) as file:
        file.write(b"half")
        (part,) = path.parent.iterdir()
        assert part.name.startswith("run.json") and part.suffix == ".part"
        file.write(b" and half")
    assert [p.name for p in path.parent.iterdir()] == ["run.json"]
    assert path.read_bytes() == b"half and half"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path):
    path = tmp_path / "run.json"
    path.write_bytes(b"old")
    with pytest.raises(KeyError), atomic_write(path) as file:
        file.write(b"new")
        raise KeyError
    with pytest.raises(KeyboardInterrupt), atomic_write(path):
        raise KeyboardInterrupt
    assert [p.name for p in tmp_path.iterdir()] == ["run.json"]
    assert path.read_bytes() == b"old"


def test_text_is_written_as_utf_8(tmp_path: Path):
    with atomic_write(tmp_path / "a.txt", "w") as file:
        file.write("3×3 ±")
    assert (tmp_path / "a.txt").read_bytes() == "3×3 ±".encode()


def test_a_whole_text_is_one_call_that_makes_its_folder(tmp_path: Path):
    path = tmp_path / "new" / "a.txt"
    assert write_text(path, "3×3 ±") == path
    assert write_text(path, "7×7\n").read_bytes() == "7×7\n".encode()
    assert [p.name for p in path.parent.iterdir()] == ["a.txt"]


def test_a_file_that_is_set_aside_keeps_its_bytes_under_another_name(tmp_path: Path):
    path = tmp_path / "run.json"
    path.write_bytes(b"damaged")
    assert set_aside(path, "why") == tmp_path / "run.json.why"
    assert not path.exists() and (tmp_path / "run.json.why").read_bytes() == b"damaged"


def held_for(path: Path, seconds: float) -> threading.Thread:
    """A thread that has the lock and gives it back after a while."""
    has = threading.Event()

    def hold() -> None:
        with exclusive(path, 0):
            has.set()
            time.sleep(seconds)

    thread = threading.Thread(target=hold)
    thread.start()
    assert has.wait(10)
    return thread


def test_a_lock_that_is_given_back_in_time_is_taken(tmp_path: Path):
    thread = held_for(tmp_path / "a.lock", 0.5)
    with exclusive(tmp_path / "a.lock", 30):
        assert not thread.is_alive() or thread.join(5) is None
    thread.join()


def test_a_lock_is_waited_for_as_long_as_asked(tmp_path: Path):
    with exclusive(tmp_path / "a.lock", 0):
        started = time.monotonic()
        with pytest.raises(Locked), exclusive(tmp_path / "a.lock", 0.5):
            pytest.fail("held twice")
        assert time.monotonic() - started >= 0.5


def test_a_snapshot_does_not_follow_later_steps():
    state = {"net": {"w": torch.zeros(2)}, "history": [1]}
    kept = checkpoint.snapshot(state)
    state["net"]["w"] += 1
    state["history"].append(2)
    assert kept["net"]["w"].tolist() == [0, 0] and kept["history"] == [1]


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path):
    path = tmp_path / "run.pt"
    assert checkpoint.load(path) is None
    checkpoint.save(path, {"step": 3, "w": torch.tensor([1.5, -2.0])})
    found = checkpoint.load(path)
    assert found["step"] == 3 and found["w"].tolist() == [1.5, -2.0]


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "words"])
def test_a_damaged_checkpoint_is_set_aside_and_told(tmp_path: Path, capsys, damage: str):
    path = tmp_path / "run.pt"
    checkpoint.save(path, {"w": torch.full((1000,), 7.0)})
    whole = path.read_bytes()
    at = whole.index(torch.full((8,), 7.0).numpy().tobytes()) + 16
    spoilt = {
        "cut": whole[:-100],
        "flipped": whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :],
        "empty": b"",
        "words": b"no checkpoint",
    }[damage]
    path.write_bytes(spoilt)
    assert checkpoint.load(path) is None
    assert not path.exists() and (tmp_path / "run.pt.damaged").read_bytes() == spoilt
    said = capsys.readouterr().out
    assert str(path) in said and "kept as run.pt.damaged, starting anew" in said


def test_a_lock_is_tried_once_where_there_is_no_time_to_wait(tmp_path, monkeypatch):
    with exclusive(tmp_path / "a.lock", 0):
        monkeypatch.setattr(files.time, "monotonic", lambda: 7.0)
        monkeypatch.setattr(files.time, "sleep", lambda _: pytest.fail("waited"))
        with pytest.raises(Locked), exclusive(tmp_path / "a.lock", 0):
            pass
