"""What a machine without network needs goes there, and what it made comes home."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from utils.data.cifar10 import SOURCE
from utils.files import records
from utils.files.parts import PartsError, write_parts
from utils.record import carrying, machine
from utils.record.command import main


@pytest.fixture
def stand(tmp_path: Path, monkeypatch):
    """Go to a machine: a folder with its own records and checkpoints."""

    def go(name: str) -> Path:
        folder = tmp_path / name
        monkeypatch.setattr(records, "RESULTS", folder / "results")
        for module in (carrying, machine):
            if hasattr(module, "CHECKPOINTS"):
                monkeypatch.setattr(module, "CHECKPOINTS", folder / "checkpoints")
            monkeypatch.setattr(module, "CARRIED_STATE", folder / "checkpoints/code.json")
        monkeypatch.setattr(carrying, "DATA", folder / "checkpoints/data")
        return folder

    return go


@pytest.fixture
def images(tmp_path: Path, monkeypatch) -> Path:
    """Files with the names of CIFAR-10's parts."""
    folder = tmp_path / "cifar"
    folder.mkdir()
    for number, part in enumerate(SOURCE.parts):
        (folder / part).write_bytes(bytes([number]) * 400_000)
    monkeypatch.setenv("RESNET_BOOK_DATA", str(folder))
    return folder


def record_at(folder: Path, text: str, name: str = "a") -> Path:
    path = folder / f"results/tiny/{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_images_and_the_name_of_the_commit_go_to_a_machine_without_git(
    stand, images, tmp_path, monkeypatch, capsys
):
    stand("home")
    assert main(["--pack", str(tmp_path / "parts"), "--part-mib", "1"]) == 0
    pieces = list((tmp_path / "parts").glob("*.part"))
    assert len(pieces) == 3 and max(p.stat().st_size for p in pieces) <= 2**20
    known = machine.code_state()
    there = stand("there")
    carrying.name_data()
    assert os.environ["RESNET_BOOK_DATA"] == str(images)
    monkeypatch.delenv("RESNET_BOOK_DATA")
    carrying.name_data()
    assert "RESNET_BOOK_DATA" not in os.environ
    assert main(["--unpack", str(tmp_path / "parts")]) == 0
    assert "7 files are new" in capsys.readouterr().out
    for part in SOURCE.parts:
        assert (there / "checkpoints/data" / part).read_bytes() == (images / part).read_bytes()
    carrying.name_data()
    assert os.environ["RESNET_BOOK_DATA"] == str(there / "checkpoints/data")

    def no_git(*_):
        raise FileNotFoundError("git")

    monkeypatch.setattr(machine, "_git", no_git)
    assert machine.code_state.__wrapped__() == known
    monkeypatch.setattr(machine, "source_hash", lambda: "other code")
    assert machine.code_state.__wrapped__() == {"git_commit": "unknown"}
    (there / "checkpoints/code.json").unlink()
    assert machine.code_state.__wrapped__() == {"git_commit": "unknown"}


def test_the_hash_of_the_code_sees_an_edit_a_new_name_and_no_compiled_file(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "ROOT", tmp_path)
    source = tmp_path / "utils/a.py"
    (tmp_path / "utils/__pycache__").mkdir(parents=True)
    source.write_text("x = 1\n", encoding="utf-8")
    first = machine.source_hash()
    (tmp_path / "utils/__pycache__/a.pyc").write_bytes(b"compiled")
    assert machine.source_hash() == first
    source.write_text("x = 2\n", encoding="utf-8")
    second = machine.source_hash()
    source.rename(tmp_path / "utils/b.py")
    assert len({first, second, machine.source_hash()}) == 3


def test_a_record_that_comes_home_is_kept_and_one_that_differs_is_refused(stand, tmp_path, capsys):
    there = stand("there")
    made = [record_at(there, '{"a": 1}'), record_at(there, '{"b": 1}', "b"), there / "none.json"]
    carrying.pack_records(made, tmp_path / "out")
    home = stand("home")
    mine = record_at(home, '{"a": 2}')
    assert main(["--merge", str(tmp_path / "out")]) == 1
    shown = capsys.readouterr().out
    assert "1 files are new" in shown
    assert "refused results/tiny/a.json" in shown
    assert mine.read_text(encoding="utf-8") == '{"a": 2}'
    assert json.loads((home / "results/tiny/b.json").read_text(encoding="utf-8")) == {"b": 1}
    mine.write_text('{"a": 1}', encoding="utf-8")
    assert main(["--merge", str(tmp_path / "out")]) == 0
    assert "0 files are new, 2 were here already" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["utils/code.py", "results", "results/../../x", "/etc/x"])
def test_a_file_that_belongs_nowhere_is_refused(stand, tmp_path, capsys, name):
    stand("home")
    record = record_at(tmp_path / "there", "{}")
    write_parts({name: record}, tmp_path / "out", "records", 1000)
    assert main(["--merge", str(tmp_path / "out")]) == 1
    assert "belongs to none of results, checkpoints" in capsys.readouterr().err
    with pytest.raises(PartsError):
        carrying.place_of(name)
    with pytest.raises(ValueError, match="neither a record nor a checkpoint"):
        carrying.name_of(tmp_path / "else")


def test_the_smallest_weights_come_back_as_long_as_they_fit(stand, tmp_path, monkeypatch):
    monkeypatch.setattr(carrying, "WEIGHTS_MIB", 3)
    there = stand("there")
    sizes = {"large": 2, "tiny": 1, "larger": 3}
    kept = [there / f"checkpoints/weights/x/{name}.pt" for name in (*sizes, "absent")]
    kept[0].parent.mkdir(parents=True)
    for path, size in zip(kept, sizes.values(), strict=False):
        path.write_bytes(bytes(size * 2**20))
    carrying.pack_weights(kept, tmp_path / "out")
    stand("home")
    found = carrying.unpack(tmp_path / "out")
    assert [Path(name).stem for name in found.written] == ["tiny", "large"]


@pytest.mark.parametrize("bad", [["--minutes", "0"], ["--call", "-1"], ["--part-mib", "0"]])
def test_a_time_or_size_that_is_none_is_refused(bad, capsys):
    with pytest.raises(SystemExit):
        main(["--plan", "gpu", *bad])
    assert "must be above 0" in capsys.readouterr().err
