"""Files travel in parts of bounded size and arrive byte for byte, or the reader is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from utils.files import parts
from utils.files.parts import PartsError, read_parts, write_parts

MOST = 10_000


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """An empty file, a small one, and one that needs several parts."""
    contents = {"a/empty": b"", "a/small": b"x" * 10, "b/large": bytes(range(256)) * 120}
    found = {}
    for number, (name, content) in enumerate(contents.items()):
        found[name] = tmp_path / f"file{number}"
        found[name].write_bytes(content)
    return found


def test_files_arrive_byte_for_byte_in_parts_of_bounded_size(files, tmp_path):
    *pieces, manifest = write_parts(files, tmp_path / "parts", "needs", MOST)
    assert len(pieces) > 3
    assert max(piece.stat().st_size for piece in pieces) <= MOST
    assert sorted(json.loads(manifest.read_text(encoding="utf-8"))["files"]) == sorted(files)
    found = read_parts(tmp_path / "parts", lambda name: tmp_path / "there" / name)
    assert found.written == list(files)
    for name, path in files.items():
        assert (tmp_path / "there" / name).read_bytes() == path.read_bytes()
    again = read_parts(tmp_path / "parts", lambda name: tmp_path / "there" / name)
    assert (again.written, again.same, again.differing) == ([], list(files), [])


def test_what_is_there_and_differs_is_named_and_left_as_it_was(files, tmp_path):
    write_parts(files, tmp_path / "parts", "needs", MOST)
    other = tmp_path / "there/a/small"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"mine")
    found = read_parts(tmp_path / "parts", lambda name: tmp_path / "there" / name)
    assert found.differing == ["a/small"]
    assert found.written == ["a/empty", "b/large"]
    assert other.read_bytes() == b"mine"


def test_a_missing_a_damaged_and_a_foreign_file_are_named_and_nothing_is_written(files, tmp_path):
    folder = tmp_path / "parts"
    with pytest.raises(PartsError, match="no manifest"):
        read_parts(tmp_path, tmp_path.joinpath)
    first, second, *_, manifest = write_parts(files, folder, "needs", MOST)
    kept = second.read_bytes()
    second.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    with pytest.raises(PartsError, match=rf"{second.name} is not what was packed"):
        read_parts(folder, (tmp_path / "there").joinpath)
    second.unlink()
    with pytest.raises(PartsError, match=rf"lacks {second.name}; copy all parts"):
        read_parts(folder, (tmp_path / "there").joinpath)
    second.write_bytes(kept)
    told = json.loads(manifest.read_text(encoding="utf-8"))
    told["files"]["a/empty"]["sha256"] = "0" * 64
    manifest.write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(PartsError, match="a/empty is not the file of the manifest"):
        read_parts(folder, (tmp_path / "there").joinpath)
    manifest.write_text("{}", encoding="utf-8")
    with pytest.raises(PartsError, match="is not a manifest"):
        read_parts(folder, (tmp_path / "there").joinpath)
    assert first.exists() and not (tmp_path / "there").exists()


def test_a_packing_that_is_cut_off_leaves_the_older_one_whole(files, tmp_path, monkeypatch):
    folder = tmp_path / "parts"
    before = write_parts({"a/small": files["a/small"]}, folder, "needs", MOST)

    def cut(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(parts.json, "dump", cut)
        with pytest.raises(KeyboardInterrupt):
            write_parts(files, folder, "needs", MOST)
    assert read_parts(folder, (tmp_path / "there").joinpath).written == ["a/small"]
    after = write_parts(files, folder, "needs", MOST)
    assert sorted(folder.iterdir()) == sorted(after)
    assert not before[0].exists()
    assert write_parts(files, folder, "needs", MOST) == after
