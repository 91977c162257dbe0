"""CIFAR-100 has the care of CIFAR-10: a checked archive, its own parts, the fine labels."""

import hashlib
import io
import pickle
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.datasets import CIFAR100

from utils import data
from utils.data import cifar, cifar10, cifar100, sets


def batch(labels: list[int]) -> dict:
    """A member of the archive: random pixels, fine labels as given, coarse ones that differ."""
    random = np.random.default_rng(len(labels))
    return {
        b"data": random.integers(0, 256, (len(labels), 3072), dtype=np.uint8),
        b"fine_labels": labels,
        b"coarse_labels": [label // 5 for label in labels],
        b"filenames": [b"a.png"] * len(labels),
    }


def write_archive(path: Path, members: dict[str, dict]) -> None:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members.items():
            raw = pickle.dumps(content, protocol=2)
            entry = tarfile.TarInfo(f"cifar-100-python/{name}")
            entry.size = len(raw)
            tar.addfile(entry, io.BytesIO(raw))


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """An empty user cache and no named folder."""
    monkeypatch.delenv(cifar.FOLDER_VARIABLE, raising=False)
    monkeypatch.setattr(cifar, "cache_folder", lambda: tmp_path / "cache")
    (tmp_path / "cache").mkdir()
    sets._load_cifar100.cache_clear()
    yield tmp_path / "cache"
    sets._load_cifar100.cache_clear()


@pytest.fixture
def archive(cache, monkeypatch) -> Path:
    """Two images a class for training, one for testing, in the cache under the official name."""
    path = cache / cifar100.SOURCE.archive
    write_archive(path, {"train": batch([*range(100)] * 2), "test": batch([*range(99, -1, -1)])})
    content = path.read_bytes()
    tiny = replace(
        cifar100.SOURCE,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        addresses=("http://127.0.0.1:9/nothing",),
    )
    monkeypatch.setattr(cifar100, "SOURCE", tiny)
    monkeypatch.setattr(cifar100, "IMAGES_PER_CLASS", {"train": 2, "test": 1})
    return path


def test_classes_are_a_hundred_names_in_the_order_of_their_labels():
    assert len(set(cifar100.CLASSES)) == 100
    assert list(cifar100.CLASSES) == sorted(cifar100.CLASSES)


def test_name_members_and_first_address_of_the_archive_are_those_of_torchvision():
    source = cifar100.SOURCE
    assert (source.archive, source.addresses[0]) == (CIFAR100.filename, CIFAR100.url)
    members = [*source.train.values(), *source.test.values()]
    files = [name for name, _ in CIFAR100.train_list + CIFAR100.test_list]
    assert members == [f"{CIFAR100.base_folder}/{name}" for name in files]
    assert CIFAR100.tgz_md5 in cifar100.__doc__


def test_the_archive_becomes_images_with_their_fine_labels(archive):
    found = data.load("cifar100")
    assert (found.name, found.classes) == ("cifar100", cifar100.CLASSES)
    assert found.train.labels.tolist() == [*range(100)] * 2
    assert found.test.labels.tolist() == [*range(99, -1, -1)]
    with tarfile.open(archive) as tar:
        raw = pickle.load(tar.extractfile("cifar-100-python/test"), encoding="bytes")
    expected = torch.from_numpy(raw[b"data"]).reshape(100, 3, 32, 32)
    assert torch.equal(found.test.images, expected)
    assert found.sha256 == sets.dataset_hash(found.train, found.test)


def test_the_second_load_needs_the_archive_no_more(archive):
    first = data.load("cifar100")
    archive.unlink()
    sets._load_cifar100.cache_clear()
    assert data.load("cifar100").sha256 == first.sha256


def test_an_archive_with_other_bytes_is_refused(archive):
    write_archive(archive, {"train": batch([0]), "test": batch([1])})
    with pytest.raises(data.DataError, match="CIFAR-100 could not be downloaded"):
        data.load("cifar100")
    assert not any(path.suffix == ".npz" for path in archive.parent.iterdir())


def test_a_checked_archive_without_fine_labels_is_removed(archive):
    ten = {key: value for key, value in batch([1, 2]).items() if key != b"fine_labels"}
    write_archive(archive, {"train": ten, "test": ten})
    with pytest.raises(data.DataError, match=r"is damaged .*fine_labels"):
        cifar.unpack(cifar100.SOURCE, archive, archive.parent)
    assert not archive.exists()


def write_parts(folder: Path, source: cifar.Source, count: int) -> None:
    folder.mkdir(exist_ok=True)
    images, labels = np.zeros((count, 32, 32, 3), np.uint8), np.zeros(count, np.uint8)
    for part in source.parts:
        np.savez(folder / part, images=images, labels=labels)


def test_a_copy_with_other_counts_is_refused(cache, tmp_path, monkeypatch):
    write_parts(tmp_path / "copy", cifar100.SOURCE, 3)
    monkeypatch.setenv(cifar.FOLDER_VARIABLE, str(tmp_path / "copy"))
    with pytest.raises(data.DataError, match="train has not 500 images of each of 100 classes"):
        data.load("cifar100")


def test_a_folder_named_for_cifar10_is_not_asked_for_cifar100(archive, tmp_path, monkeypatch):
    write_parts(tmp_path / "ten", cifar10.SOURCE, 1)
    monkeypatch.setenv(cifar.FOLDER_VARIABLE, str(tmp_path / "ten"))
    assert cifar.find(cifar100.SOURCE) is None
    assert len(data.load("cifar100").test) == 100
    assert cifar.find(cifar100.SOURCE) == archive.parent


def test_a_folder_that_holds_both_is_used_for_both(tmp_path, monkeypatch):
    for source in (cifar10.SOURCE, cifar100.SOURCE):
        write_parts(tmp_path / "both", source, 1)
    monkeypatch.setenv(cifar.FOLDER_VARIABLE, str(tmp_path / "both"))
    assert cifar.find(cifar10.SOURCE) == cifar.find(cifar100.SOURCE) == tmp_path / "both"


def test_a_named_folder_with_one_part_or_none_says_what_it_lacks(tmp_path, monkeypatch):
    folder = tmp_path / "half"
    folder.mkdir()
    monkeypatch.setenv(cifar.FOLDER_VARIABLE, str(folder))
    with pytest.raises(data.DataError, match=r"lacks cifar100_train\.npz, cifar100_test\.npz"):
        cifar.find(cifar100.SOURCE)
    write_parts(folder, cifar10.SOURCE, 1)
    write_parts(folder, replace(cifar100.SOURCE, train={}), 1)
    with pytest.raises(data.DataError, match=r"lacks cifar100_train\.npz; put the 2 parts"):
        cifar.find(cifar100.SOURCE)
    with pytest.raises(data.DataError, match="lacks train_1"):
        (folder / "train_1.npz").unlink()
        cifar.find(cifar10.SOURCE)


def test_a_label_above_255_is_hashed_with_two_bytes():
    image = torch.zeros(3, 1, 1, dtype=torch.uint8)
    assert sets.image_digest(image, 300) == hashlib.sha256(bytes(3) + bytes([1, 44])).digest()
    assert sets.image_digest(image, 255) == hashlib.sha256(bytes(3) + bytes([255])).digest()
