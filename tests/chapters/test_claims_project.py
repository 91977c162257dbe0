"""What the page of claims says on loading, memory and fine-tuning follows from the records."""

from __future__ import annotations

import math
import re
import statistics

import pytest
import torch
from table_cells import table_rows

from utils.chapters import claims_project as sentences
from utils.files.places import ROOT
from utils.files.yaml_files import read_yaml
from utils.models.networks import build
from utils.results.verdict import NOT_SHOWN, SAME_SIGN, SHOWN, Difference

SEEDS = range(5)
SIZES = (10, 50, 200)


def numbers(text: str) -> list[float]:
    """The numbers of a text in its order."""
    return [float(n) for n in re.findall(r"\d+(?:\.\d+)?", text)]


# strict=False -----------------------------------------------------------------------------------


def test_a_network_without_its_last_layer_is_no_better_than_a_guess_or_hardly():
    records = [read_yaml(path) for path in sorted((ROOT / "results" / "slips").glob("*.json"))]
    lost, intact = (
        [100 * record["rows"]["wrong"][key] / record["images"] for record in records]
        for key in ("head", "none")
    )
    assert len(records) == 3
    assert max(intact) < 20 < 75 < min(lost)
    expected = [min(intact), max(intact), min(lost), max(lost), 90]
    said = sentences.head_left_out()
    assert said.startswith("We loaded the weights of three trained networks")
    assert numbers(said.replace("CIFAR-10", "")) == [round(value) for value in expected]


def test_strict_false_skips_names_and_refuses_shapes():
    net = build("resnet-8")
    before = {name: value.clone() for name, value in net.state_dict().items()}
    wrapped = {f"module.{name}": value + 1 for name, value in before.items()}
    said = net.load_state_dict(wrapped, strict=False)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert said.missing_keys and len(said.unexpected_keys) == len(before)
    with pytest.raises(RuntimeError, match=r"size mismatch for fc\.weight"):
        net.load_state_dict(build("resnet-8", 5).state_dict(), strict=False)


# Memory -----------------------------------------------------------------------------------------


def test_other_ways_than_a_smaller_batch_keep_less_too():
    text = sentences.memory_of_a_step()
    rows = {way: int(share) for way, share in table_rows(text)[1:]}
    # Half the images, and a quarter of the pixels; what is kept for each channel hardly counts.
    assert rows["half the batch"] == 50 and rows["half the height and width"] == 25
    # Without normalisation's two numbers and the weights' copies it would be one half.
    assert 50 < rows["bf16 autocast"] < 55 and rows["blocks recomputed"] < 50
    less = sum(share < 50 for share in rows.values())
    assert less == 2 and text.endswith(
        "Of the other three ways, two keep less than half the batch does."
    )


# Fine-tuning ------------------------------------------------------------------------------------


def accuracies(way: str, size: int) -> list[float]:
    """Percent by seed, read without the code under test."""
    found = []
    for seed in SEEDS:
        record = read_yaml(ROOT / "results" / "fine-tuning" / f"seed{seed}.json")
        found.append(100 * (1 - record["rows"][way][SIZES.index(size)]))
    return found


def test_the_table_has_the_means_of_the_records():
    text = sentences.frozen_with_few_images()
    assert "over five seeds" in text and "ResNet-8 on five classes" in text
    rows = table_rows(text)[1:]
    assert [row[0] for row in rows] == [str(size) for size in SIZES]
    for row, size in zip(rows, SIZES, strict=True):
        for cell, way in zip(row[1:4], ("head", "slow", "all"), strict=True):
            assert cell.startswith(f"{statistics.mean(accuracies(way, size)):.1f} ± ")
        assert row[4].startswith(f"{statistics.mean(gains(size)):+.1f} ± ")


def gains(size: int) -> list[float]:
    """Points from a frozen to a slow trunk, by seed."""
    pairs = zip(accuracies("head", size), accuracies("slow", size), strict=True)
    return [slow - frozen for frozen, slow in pairs]


def test_freezing_is_not_shown_to_help_with_ten_images_and_costs_accuracy_with_more():
    # What the verdict of the claim, unproven, rests on. Tables of Student's t: 2.776 at 97.5 % with
    # four degrees of freedom.
    few = gains(10)
    assert abs(statistics.mean(few)) < 2.776 / math.sqrt(5) * statistics.stdev(few)
    assert all(min(gains(size)) > 2 for size in (50, 200))
    text = sentences.frozen_with_few_images()
    assert re.search("With ten images of each class, .*? This difference is not shown", text)
    assert "With 200 images of each class, a slow trunk is more accurate on average" in text
    assert text.endswith("This difference is shown.")


@pytest.mark.parametrize(
    ("by_seed", "words", "verdict"),
    [
        ((1.0, 1.1, 1.2), "more accurate on average than a frozen one. ", SHOWN),
        ((-1.0, -9.0, -0.1), "less accurate on average than a frozen one. ", SAME_SIGN),
        ((1.0, -1.0, 0.5), "more accurate on average than a frozen one. ", NOT_SHOWN),
    ],
)
def test_a_slow_and_a_frozen_trunk_are_told_apart(by_seed, words, verdict):
    found = Difference(dict(enumerate(by_seed)))
    told = sentences.slow_against_frozen(10, found)
    assert found.verdict == verdict
    start = f"With ten images of each class, a slow trunk is {words}"
    assert told == start + found.sentence("This difference")
