"""What a lesion task files is what its parts count, image by image."""

from __future__ import annotations

from dataclasses import replace
from math import comb

import pytest
import torch

from utils import data
from utils.data.augment import Normaliser
from utils.files.records import unpack
from utils.models.networks import build
from utils.probes.lesions import lesion, reordered, swap
from utils.probes.path_gradients import each_path, record
from utils.record import lesions as lesion_study
from utils.record import weights
from utils.record.lesions import (
    Lesions,
    examine,
    first,
    renewed_statistics,
    some_sets,
    whole_numbers,
    wrong_of_each,
)
from utils.record.weights import Trained
from utils.training.prediction import predict

RECORD = {"machine": {"precision": "fp32"}}
TASK = Lesions(
    "shortcut-control", "resnet-14", (0,), images=12, many=6, draws=4, statistics=8,
    path_images=2, dataset="digits", precision="fp32",
)  # fmt: skip


@pytest.fixture(scope="module")
def trained() -> Trained:
    return replace(weights.load("resnet-14"), record=RECORD)


@pytest.fixture(scope="module")
def found(trained: Trained) -> dict:
    return examine(TASK, trained)


def split(count: int):
    return first(data.load("digits").test, count)


def counted(trained: Trained, count: int, net=None) -> str:
    """Wrong predictions of each class on the first images, as a record writes them."""
    images = split(count)
    guesses = predict(net or trained.net, images.images, trained.normaliser).argmax(1)
    return " ".join(str(n) for n in wrong_of_each(guesses, images.labels, 10).tolist())


def renewed(trained: Trained) -> str:
    train = data.load("digits").train.images[:8]
    return counted(trained, 6, renewed_statistics(trained.net, trained.normaliser(train)))


def test_the_intact_network_is_counted_on_both_sets_and_with_renewed_statistics(found, trained):
    assert found["wrong"]["intact"] == [counted(trained, 12)]
    assert found["wrong"]["intact_part"] == [counted(trained, 6)]
    assert found["wrong"]["intact_renewed"] == [renewed(trained)]
    labels = [split(n).labels.bincount(minlength=10).tolist() for n in (12, 6)]
    assert found["images_of_class"] == {
        "images": [" ".join(map(str, labels[0]))],
        "many": [" ".join(map(str, labels[1]))],
    }


@pytest.mark.parametrize("number", range(1, 7))
def test_each_single_lesion_is_counted_as_such(found, trained, number):
    with lesion(trained.net, [number]):
        assert found["wrong"]["single"][number - 1] == counted(trained, 12)
        assert found["wrong"]["single_renewed"][number - 1] == renewed(trained)
        guesses = predict(trained.net, split(12).images, trained.normaliser).argmax(1)
    named = " ".join(map(str, guesses.bincount(minlength=10).tolist()))
    assert found["predicted"][number - 1] == named


def test_swaps_orders_and_sets_are_counted_where_they_are_named(found, trained):
    # ResNet-14 has two blocks a stage; only those of the first stage fit in each other's place.
    assert found["swaps"] == [[1, 2]]
    with reordered(trained.net, swap(6, 1, 2)):
        assert found["wrong"]["swaps"] == [counted(trained, 12)]
    assert sorted(found["orders"]) == ["1 2 3 4 5 6", "2 1 3 4 5 6"]
    place = found["orders"].index("2 1 3 4 5 6")
    with reordered(trained.net, swap(6, 1, 2)):
        assert found["wrong"]["orders"][place] == counted(trained, 6)
    assert len(set(found["sets"])) == len(found["wrong"]["sets"]) == 2**6
    for gone in ((), (2,), (1, 4, 6)):
        place = found["sets"].index(" ".join(map(str, gone)))
        with lesion(trained.net, gone):
            assert found["wrong"]["sets"][place] == counted(trained, 6)


def test_paths_are_filed_by_length_with_their_shares(found):
    assert set(found["rows"]) == {"share", "sum", "single"}
    rows = {name: unpack(row)[0] for name, row in found["rows"].items()}
    assert all(len(row) == 7 for row in rows.values())
    assert float(rows["share"].sum()) == pytest.approx(1, abs=0.01)
    # One path leads around all branches, and one through all of them.
    assert rows["sum"][[0, 6]].tolist() == pytest.approx(rows["single"][[0, 6]].tolist(), rel=1e-3)


def made_up(model: str) -> Trained:
    torch.manual_seed(0)
    normaliser = Normaliser.fit(data.load("digits").train.images, "channel")
    return Trained(build(model).eval(), normaliser, RECORD)


def test_a_deep_network_gets_a_few_sets_of_every_size():
    # 15 blocks, two draws of each size where there are two.
    sizes = [len(gone) for gone in some_sets(15, 2, 0)]
    assert sizes == [size for size in range(1, 16) for _ in range(min(2, comb(15, size)))]
    assert some_sets(15, 2, 0) == some_sets(15, 2, 0) != some_sets(15, 2, 1)


def test_a_plain_network_has_no_paths_to_file():
    few = replace(TASK, model="plain-14", images=4, many=2, draws=2, statistics=4)
    found = examine(few, made_up("plain-14"))
    assert found["rows"] == {}
    assert found["blocks"] == [f"layer{stage}.{place}" for stage in (1, 2, 3) for place in (0, 1)]


def test_a_network_with_nothing_to_swap_is_examined_all_the_same():
    # One block a stage: a swap would need two of the same shape.
    few = replace(TASK, model="plain-8", images=4, many=2, draws=2, statistics=4)
    found = examine(few, made_up("plain-8"))
    assert found["swaps"] == found["wrong"]["swaps"] == []
    assert found["orders"] == ["1 2 3"] and len(found["wrong"]["orders"]) == 1
    assert found["wrong"]["orders"] == found["wrong"]["intact_part"]
    assert len(found["wrong"]["single"]) == 3 and len(found["sets"]) == 2**3


def test_a_task_in_another_precision_than_the_records_is_refused(trained):
    with pytest.raises(ValueError, match="tested in fp32, not in bf16"):
        examine(replace(TASK, precision="bf16"), trained)


def test_weights_that_do_not_make_the_mistakes_of_their_record_are_refused(trained, monkeypatch):
    whole = data.load("digits")
    small = replace(whole, test=first(whole.test, 20))
    monkeypatch.setattr(data, "load", lambda name: small)
    guesses = predict(trained.net, small.test.images, trained.normaliser).argmax(1)
    counts = torch.zeros(10, 10, dtype=torch.long)
    for label, guess in zip(small.test.labels.tolist(), guesses.tolist(), strict=True):
        counts[label, guess] += 1
    few = replace(TASK, images=20, many=2, draws=2, statistics=4, path_images=2)
    true = {**RECORD, "final": {"confusion": counts.tolist()}}
    assert examine(few, replace(trained, record=true))["blocks"]
    counts[3, 4] += 1
    false = {**RECORD, "final": {"confusion": counts.tolist()}}
    with pytest.raises(ValueError, match="do not make the mistakes of their record"):
        examine(few, replace(trained, record=false))


def test_rows_of_whole_numbers_are_short_strings():
    assert whole_numbers([torch.tensor([1, 20]), (), [3.0]]) == ["1 20", "", "3"]


def test_deep_networks_get_smaller_tasks():
    from utils.record.lesions import tasks

    budgets = {t.model: (t.many, t.draws, t.statistics, t.path_images, t.images) for t in tasks()}
    assert budgets["resnet-14"] == budgets["resnet-20"] == (2_000, 30, 2_000, 128, 10_000)
    assert budgets["plain-56"] == budgets["resnet-56"] == (500, 10, 1_000, 32, 10_000)


def test_a_network_of_many_blocks_has_a_few_sets_counted_one_by_one(monkeypatch):
    """As if three blocks were too many for every set."""
    monkeypatch.setattr(lesion_study, "EVERY_SET", 2)
    few = replace(TASK, model="plain-8", images=4, many=3, draws=2, statistics=4)
    trained = made_up("plain-8")
    found = examine(few, trained)
    gone = some_sets(3, 2, 0)
    assert found["sets"] == [" ".join(map(str, blocks)) for blocks in gone] and len(gone) == 5
    for blocks, wrong in zip(gone, found["wrong"]["sets"], strict=True):
        with lesion(trained.net, blocks):
            assert wrong == counted(trained, 3)


def test_with_few_blocks_every_single_path_is_followed(found, trained):
    images = split(2)
    tape = record(trained.net, trained.normaliser(images.images), images.labels)
    norms = each_path(tape)
    means = [float(norms[length].mean()) for length in range(7)]
    assert unpack(found["rows"]["single"])[0].tolist() == pytest.approx(means, rel=1e-3)


def test_a_deep_networks_single_paths_are_drawn_for_every_length(monkeypatch):
    """As if three blocks were too many for every set: the lengths are all there, and drawn."""
    few = replace(TASK, model="resnet-8", images=4, many=2, draws=40, statistics=4)
    trained = made_up("resnet-8")
    whole = examine(few, trained)["rows"]["single"]
    monkeypatch.setattr(lesion_study, "EVERY_SET", 2)
    exact, sampled = (unpack(r)[0] for r in (whole, examine(few, trained)["rows"]["single"]))
    assert len(exact) == len(sampled) == 4
    # None or all three blocks leave one path; of the others forty draws meet all three.
    assert sampled[[0, 3]].tolist() == pytest.approx(exact[[0, 3]].tolist(), rel=1e-3)
    assert sampled[[1, 2]].tolist() == pytest.approx(exact[[1, 2]].tolist(), rel=0.35)
