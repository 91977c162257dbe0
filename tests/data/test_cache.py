"""Where the data set is looked for, and what is said of what cannot be read there."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pooch
import pytest

from utils.data import cifar
from utils.data.cifar import DataError, Source

TINY = Source(
    "Tiny", "tiny.tar.gz", "0" * 64, 1000, ("https://one", "https://two"),
    {"a.npz": "a"}, {"b.npz": "b"}, guests=("guest.npz",),
)  # fmt: skip


def put(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"x")
    return folder


def test_the_cache_is_that_of_the_user_and_without_a_home_among_temporary_files(monkeypatch):
    monkeypatch.setattr(pooch, "os_cache", lambda name: f"/home/ada/.cache/{name}")
    assert cifar.cache_folder() == Path("/home/ada/.cache/resnet-measured")
    homeless = Path(tempfile.gettempdir()) / "resnet-measured"
    monkeypatch.setattr(pooch, "os_cache", lambda name: f"~/.cache/{name}")
    assert cifar.cache_folder() == homeless

    def nowhere(_name: str) -> str:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(pooch, "os_cache", nowhere)
    assert cifar.cache_folder() == homeless


def test_a_named_folder_counts_before_the_cache_and_has_to_be_whole(tmp_path, monkeypatch):
    cache = put(tmp_path / "cache", "a.npz", "b.npz")
    monkeypatch.setattr(cifar, "cache_folder", lambda: cache)
    monkeypatch.delenv(cifar.FOLDER_VARIABLE, raising=False)
    assert cifar.find(TINY) == cifar.find_or_download(TINY) == cache
    named = put(tmp_path / "named", "a.npz", "b.npz")
    monkeypatch.setenv(cifar.FOLDER_VARIABLE, str(named))
    assert cifar.find(TINY) == named
    (named / "a.npz").unlink()
    with pytest.raises(DataError, match=r"lacks a\.npz; put the 2 parts of Tiny there or unset"):
        cifar.find(TINY)
    put(named, "guest.npz")  # one of ours is there, so it was not named for the guest alone
    with pytest.raises(DataError, match=r"lacks a\.npz"):
        cifar.find(TINY)
    (named / "b.npz").unlink()
    assert cifar.find(TINY) == cache
    (cache / "b.npz").unlink()
    assert cifar.find(TINY) is None


def failing(monkeypatch, errors: dict[str, Exception], grows: int = 0) -> list[str]:
    """No address answers, and each try may bring some bytes; the addresses that were asked."""
    asked = []

    def retrieve(address: str, path: Path, **_: object) -> str:
        asked.append(address)
        if len(asked) > 12:
            raise AssertionError("asked without end")
        kept = cifar.kept_part(TINY, path)
        kept.write_bytes(b"x" * (len(kept.read_bytes()) if kept.exists() else 0) + b"y" * grows)
        raise errors[address]

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    return asked


def test_each_address_is_tried_twice_with_a_pause_between(tmp_path, monkeypatch):
    pauses = []
    monkeypatch.setattr(cifar.time, "sleep", pauses.append)
    errors = {"https://one": ValueError("hash"), "https://two": ConnectionError("down")}
    asked = failing(monkeypatch, errors, grows=40_000)
    with pytest.raises(DataError) as caught:
        cifar.download(TINY, tmp_path)
    assert asked == ["https://one"] * 2 + ["https://two"] * 2 and pauses == [2.0, 2.0]
    assert str(caught.value) == (
        "Tiny could not be downloaded:\n  https://one: ValueError: hash\n  https://two: "
        "ConnectionError: down\n0.2 of 0.0 MB are kept; the next try goes on from there.\nConnect "
        f"to the network and try again, put tiny.tar.gz into {tmp_path} yourself, or use the "
        "digits: load('digits')"
    )


def test_a_slow_address_is_left_at_once_and_nothing_kept_is_not_mentioned(tmp_path, monkeypatch):
    monkeypatch.setattr(cifar.time, "sleep", lambda _: pytest.fail("waited"))
    slow = dict.fromkeys(TINY.addresses, cifar.TooSlow("9 bytes a second"))
    assert failing(monkeypatch, slow) is not None
    with pytest.raises(DataError, match="https://two: 9 bytes a second\nConnect"):
        cifar.download(TINY, tmp_path)


def test_a_full_disk_is_no_fault_of_the_address(tmp_path, monkeypatch):
    asked = failing(monkeypatch, {"https://one": OSError(28, "No space left on device")})
    with pytest.raises(OSError, match="No space left"):
        cifar.download(TINY, tmp_path)
    assert asked == ["https://one"]
    monkeypatch.setattr(cifar, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(cifar, "find", lambda _: None)
    with pytest.raises(
        DataError, match=r"cannot write Tiny to .* \(No space left on device\); free"
    ):
        cifar.find_or_download(TINY)


def test_parts_are_joined_in_the_order_asked_for_and_a_damaged_one_is_named(tmp_path):
    for value, name in enumerate(("a.npz", "b.npz")):
        images = np.full((2, 32, 32, 3), value, np.uint8)
        np.savez(tmp_path / name, images=images, labels=np.full(2, value, np.uint8))
    images, labels = cifar.read_parts(tmp_path, ["b.npz", "a.npz"])
    assert labels.tolist() == [1, 1, 0, 0] and images[:, 0, 0, 0].tolist() == [1, 1, 0, 0]
    put(tmp_path, "b.npz")
    with pytest.raises(DataError, match=r"b\.npz cannot be read .*; remove it and run the same"):
        cifar.read_parts(tmp_path, TINY.parts)
