"""The data set is the official one, wherever it comes from; failures are clear."""

import hashlib
import http.server
import io
import multiprocessing
import os
import pickle
import tarfile
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from utils import data
from utils.data import cifar, cifar10, sets
from utils.data.sets import Split, dataset_hash, image_digest

HERE = os.environ.get(cifar.FOLDER_VARIABLE)


def tiny_parts(folder: Path, count: int = 4) -> None:
    """Six parts of random pixels in the official format."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    for part in cifar10.SOURCE.parts:
        np.savez(
            folder / part,
            images=random.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8),
            labels=random.integers(0, 10, count).astype(np.uint8),
        )


def tiny_archive(path: Path, count: int = 4) -> None:
    """An archive laid out like the official one, with ``count`` random images a batch."""
    random = np.random.default_rng(0)
    with tarfile.open(path, "w:gz") as tar:
        names = [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]
        for name in names:
            batch = {
                b"data": random.integers(0, 256, (count, 3072), dtype=np.uint8),
                b"labels": random.integers(0, 10, count).tolist(),
            }
            raw = pickle.dumps(batch, protocol=2)
            entry = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            entry.size = len(raw)
            tar.addfile(entry, io.BytesIO(raw))


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty user cache and no named folder."""
    monkeypatch.delenv(cifar.FOLDER_VARIABLE, raising=False)
    monkeypatch.delenv("RESNET_BOOK_OFFLINE", raising=False)
    monkeypatch.setattr(cifar, "cache_folder", lambda: tmp_path / "cache")
    sets._load_cifar10.cache_clear()
    yield tmp_path / "cache"
    sets._load_cifar10.cache_clear()


@pytest.fixture
def server(tmp_path):
    """A web server on this machine; ``server.answers`` maps a path to a file or a status."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *args):
            pass

        def do_GET(self):
            made.requests.append(self.path)
            answer = made.answers.get(self.path, 404)
            body = answer.read_bytes() if isinstance(answer, Path) else b""
            self.send_response(200 if body else answer)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.answers, made.requests = {}, []
    made.address = f"http://127.0.0.1:{made.server_port}"
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def archive(tmp_path):
    """A small archive that passes for the official one, see :func:`source_of`."""
    path = tmp_path / "served.tar.gz"
    tiny_archive(path)
    return path


def source_of(archive: Path, *addresses: str) -> cifar.Source:
    """CIFAR-10 as if ``archive`` were the official one, with the mirrors ``addresses``."""
    content = archive.read_bytes()
    return replace(
        cifar10.SOURCE,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        addresses=addresses,
    )


def test_hash_ignores_order_but_not_labels_pixels_or_splits():
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (20, 3, 8, 8), dtype=torch.uint8, generator=generator)
    labels = torch.arange(20) % 10
    train, test = Split(images[:12], labels[:12]), Split(images[12:], labels[12:])
    expected = dataset_hash(train, test)

    order = torch.randperm(12, generator=generator)
    assert dataset_hash(train.subset(order), test) == expected
    changed = images[:12].clone()
    changed[3, 0, 0, 0] ^= 1
    assert dataset_hash(Split(changed, labels[:12]), test) != expected
    assert dataset_hash(Split(images[:12], labels[:12].roll(1)), test) != expected
    assert dataset_hash(test, train) != expected


def test_image_digest_is_sha256_of_rgb_rows_and_label():
    image = torch.arange(12, dtype=torch.uint8).reshape(3, 2, 2)
    rgb_rows = bytes([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11])
    assert image_digest(image, 7) == hashlib.sha256(rgb_rows + b"\x07").digest()


def test_digits_are_scans_of_the_right_shape_in_two_splits():
    digits = data.load("digits")
    assert digits.train.images.shape == (1438, 3, 32, 32)
    assert digits.test.images.shape == (359, 3, 32, 32)
    assert digits.train.images.dtype == torch.uint8
    assert digits.train.images.max() == 255
    assert set(digits.test.labels.tolist()) == set(range(10))
    assert torch.equal(digits.train.images[:, 0], digits.train.images[:, 2])


@pytest.mark.skipif(HERE is None, reason="CIFAR-10 is not at hand (RESNET_BOOK_DATA)")
def test_cifar10_at_hand_is_the_official_one():
    whole = data.load("cifar10")
    assert whole.sha256 == cifar10.PIXELS_SHA256
    assert torch.bincount(whole.train.labels).tolist() == [5000] * 10
    assert torch.bincount(whole.test.labels).tolist() == [1000] * 10
    mean = whole.train.images.double().mean((0, 2, 3)) / 255
    assert torch.allclose(mean, torch.tensor([0.49140, 0.48216, 0.44653]).double(), atol=1e-5)


@pytest.mark.skipif(HERE is None, reason="CIFAR-10 is not at hand (RESNET_BOOK_DATA)")
def test_halved_cifar10_is_the_one_that_records_name():
    half = data.load("cifar10-16")
    assert half.sha256 == sets.HALF_CIFAR10_SHA256
    assert half.train.images.shape == (50_000, 3, 16, 16)


def test_a_halving_that_rounds_differently_is_refused(monkeypatch):
    monkeypatch.setattr(sets, "_load_cifar10", lambda: data.load("digits"))
    with pytest.raises(cifar.DataError, match=r"install the versions of requirements\.lock"):
        sets._load_half_cifar10.__wrapped__()


def test_auto_takes_the_digits_when_there_is_no_cifar10(cache):
    assert data.load("auto").name == "digits"


def test_unknown_dataset_lists_the_known_ones():
    with pytest.raises(
        ValueError,
        match="'cifar10', 'cifar10-held-back', 'cifar10-16', 'cifar100', 'digits', 'digits-16'",
    ):
        data.load("imagenet")


def test_named_folder_without_parts_says_which_are_missing(tmp_path, monkeypatch):
    monkeypatch.setenv(cifar.FOLDER_VARIABLE, str(tmp_path))
    with pytest.raises(cifar.DataError, match=r"lacks train_1\.npz"):
        cifar.find(cifar10.SOURCE)


def test_named_folder_with_other_pixels_is_refused(tmp_path, monkeypatch):
    tiny_parts(tmp_path)
    monkeypatch.setenv(cifar.FOLDER_VARIABLE, str(tmp_path))
    sets._load_cifar10.cache_clear()
    with pytest.raises(cifar.DataError, match="not the official one"):
        data.load("cifar10")


def test_damaged_part_is_named(tmp_path):
    tiny_parts(tmp_path)
    whole = (tmp_path / "train_2.npz").read_bytes()
    (tmp_path / "train_2.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(cifar.DataError, match=r"train_2\.npz cannot be read"):
        cifar.read_parts(tmp_path, tuple(cifar10.SOURCE.train))


def test_download_from_a_mirror_when_the_first_address_is_down(cache, server, archive, monkeypatch):
    server.answers["/good"] = archive
    monkeypatch.setattr(cifar.download, "__defaults__", (0.0,))
    source = source_of(archive, f"{server.address}/gone", f"{server.address}/good")
    folder = cifar.find_or_download(source)
    assert cifar.missing(folder, source.parts) == []
    assert server.requests == ["/gone", "/gone", "/good"]
    images, labels = cifar.read_parts(folder, tuple(source.train))
    assert images.shape == (20, 32, 32, 3)
    with tarfile.open(archive) as tar:
        batch = pickle.load(tar.extractfile("cifar-10-batches-py/data_batch_1"), encoding="bytes")
    assert np.array_equal(images[0, :, :, 1].ravel(), batch[b"data"][0, 1024:2048])
    assert labels[:4].tolist() == batch[b"labels"]


def test_wrong_hash_is_refused_and_nothing_is_kept(cache, server, archive, tmp_path):
    other = tmp_path / "other.tar.gz"
    tiny_archive(other, count=3)
    server.answers["/bad"] = other
    cache.mkdir(parents=True)
    with pytest.raises(cifar.DataError, match="could not be downloaded"):
        cifar.download(source_of(archive, f"{server.address}/bad"), cache, pause=0)
    assert list(cache.iterdir()) == []


def test_truncated_transfer_is_refused_and_the_next_try_succeeds(cache, server, archive, tmp_path):
    half = tmp_path / "half"
    half.write_bytes(archive.read_bytes()[:500])
    server.answers.update({"/half": half, "/good": archive})
    cache.mkdir(parents=True)
    source = source_of(archive, f"{server.address}/half", f"{server.address}/good")
    path = cifar.download(source, cache, pause=0)
    assert path.read_bytes() == archive.read_bytes()


def test_part_with_changed_bytes_is_refused_with_advice(tmp_path):
    path = tmp_path / "test.npz"
    images = np.arange(3072 * 20, dtype=np.uint8).reshape(20, 32, 32, 3)
    np.savez_compressed(path, images=images, labels=np.zeros(20, dtype=np.uint8))
    whole = path.read_bytes()
    for place in range(60, len(whole) // 2, 7):
        path.write_bytes(whole[:place] + bytes(b ^ 255 for b in whole[place : place + 8])
                         + whole[place + 8 :])  # fmt: skip
        with pytest.raises(cifar.DataError, match="fetch it anew"):
            cifar.read_parts(tmp_path, ["test.npz"])


def test_damaged_archive_is_removed_with_a_clear_error(tmp_path):
    path = tmp_path / cifar10.SOURCE.archive
    tiny_archive(path)
    path.write_bytes(path.read_bytes()[:700])
    with pytest.raises(cifar.DataError, match="run the same command again"):
        cifar.unpack(cifar10.SOURCE, path, tmp_path / "parts")
    assert not path.exists()


class Evil:
    def __reduce__(self):
        return (os.system, ("true",))


def test_archive_that_would_run_code_is_refused(tmp_path):
    path = tmp_path / cifar10.SOURCE.archive
    raw = pickle.dumps({b"data": Evil(), b"labels": []})
    with tarfile.open(path, "w:gz") as tar:
        entry = tarfile.TarInfo("cifar-10-batches-py/data_batch_1")
        entry.size = len(raw)
        tar.addfile(entry, io.BytesIO(raw))
    with pytest.raises(cifar.DataError, match="no place in an image batch"):
        cifar.unpack(cifar10.SOURCE, path, tmp_path)


def test_unwritable_cache_says_where_and_what(cache, monkeypatch):
    cache.parent.joinpath("cache").write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(cifar.DataError, match=r"cannot write CIFAR-10 to .*cache"):
        cifar.find_or_download(cifar10.SOURCE)


def test_read_only_cache_says_where_and_what(cache, monkeypatch):
    def refused(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refused)
    with pytest.raises(cifar.DataError, match=r"cannot write .*Permission denied.*RESNET_BOOK"):
        cifar.find_or_download(cifar10.SOURCE)


def test_full_disk_says_how_much_to_free_and_leaves_no_half_part(
    cache, server, archive, monkeypatch
):
    server.answers["/good"] = archive

    def full(file, **arrays):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(cifar.DataError, match=r"No space left on device.*free about 400 MB"):
        cifar.find_or_download(source_of(archive, f"{server.address}/good"))
    assert not any(path.suffix in (".npz", ".part") for path in cache.iterdir())
    monkeypatch.undo()


def _download_there(folder: str, source: cifar.Source, queue) -> None:
    cifar.cache_folder = lambda: Path(folder)
    os.environ.pop(cifar.FOLDER_VARIABLE, None)
    queue.put(str(cifar.find_or_download(source)))


def test_two_processes_that_start_at_once_download_only_once(cache, server, archive):
    server.answers["/good"] = archive
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    arguments = (str(cache), source_of(archive, f"{server.address}/good"), queue)
    processes = [context.Process(target=_download_there, args=arguments) for _ in range(2)]
    for process in processes:
        process.start()
    answers = [queue.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()
    assert answers == [str(cache)] * 2
    assert server.requests == ["/good"]


def test_split_refuses_other_dtypes_and_lengths():
    with pytest.raises(ValueError, match="uint8"):
        Split(torch.zeros(2, 3, 32, 32), torch.zeros(2))
    with pytest.raises(ValueError, match="2 images but 3 labels"):
        Split(torch.zeros(2, 3, 32, 32, dtype=torch.uint8), torch.zeros(3))


def test_a_data_set_moves_as_a_whole_and_stays_the_same_otherwise():
    here = data.load("digits")
    there = here.to("meta")
    for split, moved in ((here.train, there.train), (here.test, there.test)):
        assert moved.images.device.type == moved.labels.device.type == "meta"
        assert (moved.images.shape, moved.labels.shape) == (split.images.shape, split.labels.shape)
        assert split.images.device.type == "cpu"
    assert (there.name, there.classes, there.sha256) == (here.name, here.classes, here.sha256)


def test_a_part_of_a_split_has_the_images_and_labels_of_these_places():
    whole = data.load("digits").test
    part = whole.subset(torch.tensor([3, 0]))
    assert torch.equal(part.images, whole.images[[3, 0]]) and len(part) == 2
    assert torch.equal(part.labels, whole.labels[[3, 0]])
    assert len(whole.subset(slice(5, 9))) == 4


def test_a_hash_of_a_data_set_is_that_of_names_and_sorted_digests():
    images = torch.arange(36, dtype=torch.uint8).reshape(3, 3, 2, 2)
    digests = [image_digest(image, label) for label, image in enumerate(images)]

    def by_hand(train: list[bytes], test: list[bytes]) -> str:
        parts = [b"train", *sorted(train), b"test", *sorted(test)]
        return hashlib.sha256(b"".join(parts)).hexdigest()

    whole = Split(images, torch.arange(3))
    for cut in (1, 2):
        parts = whole.subset(slice(cut)), whole.subset(slice(cut, 3))
        assert dataset_hash(*parts) == by_hand(digests[:cut], digests[cut:])


def test_cifar10_is_named_and_has_the_splits_of_its_parts(monkeypatch):
    parts = {
        kind: (np.full((count, 32, 32, 3), count, np.uint8), np.arange(count) % 10)
        for kind, count in (
            (tuple(cifar10.SOURCE.train), 5),
            (tuple(cifar10.SOURCE.test), 2),
        )
    }
    monkeypatch.setattr(cifar, "find_or_download", lambda source: "a folder")
    monkeypatch.setattr(cifar, "read_parts", lambda folder, kind: parts[kind])
    with pytest.raises(cifar.DataError, match="in a folder is not the official one"):
        sets._load_cifar10.__wrapped__()
    monkeypatch.setattr(sets, "dataset_hash", lambda *_: cifar10.PIXELS_SHA256)
    found = sets._load_cifar10.__wrapped__()
    assert (found.name, found.classes) == ("cifar10", cifar10.CLASSES)
    assert (len(found.train), len(found.test)) == (5, 2)
    assert found.train.images.shape == (5, 3, 32, 32) and int(found.test.images.max()) == 2
    assert found.sha256 == cifar10.PIXELS_SHA256


def test_held_back_images_judge_in_place_of_the_test_images():
    whole = data.load("digits-16")
    chosen = sets.held_back(whole, 100)
    count = len(whole.train)
    assert chosen.name == "digits-16-held-back" and chosen.classes == whole.classes
    assert torch.equal(chosen.train.images, whole.train.images[: count - 100])
    assert torch.equal(chosen.test.images, whole.train.images[count - 100 :])
    assert torch.equal(chosen.test.labels, whole.train.labels[count - 100 :])
    assert chosen.sha256 != whole.sha256


@pytest.mark.parametrize("count", [0, -1, 1438, 2000])
def test_something_is_left_to_train_on_and_something_to_judge_by(count):
    with pytest.raises(ValueError, match="from 1 to 1437"):
        sets.held_back(data.load("digits-16"), count)
