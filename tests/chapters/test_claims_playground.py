"""What the page of claims says with the playground's records follows from them."""

from __future__ import annotations

import math
import statistics

import pytest
from table_cells import table_rows

from utils.chapters import claims_playground as sentences
from utils.files.places import ROOT
from utils.files.yaml_files import read_yaml
from utils.results.verdict import NOT_SHOWN, SAME_SIGN, SHOWN, Difference


def record(name: str) -> dict:
    return read_yaml(ROOT / "results" / "playground" / f"{name}.json")


def column(rows: list[str], place: int) -> list[float]:
    """A number of each seed."""
    return [float(row.split()[place]) for row in rows]


def told(wrong: list[float], images: int) -> str:
    percent = [100 * count / images for count in wrong]
    return f"{statistics.mean(percent):.1f} ± {statistics.stdev(percent):.1f}"


def test_a_copy_knows_what_its_model_knew_and_a_fresh_network_does_not_learn_it():
    copy = record("copy-2_b20_w32_nnone_she_l0.01_m0.9")
    fresh = column(record("b20_w32_nnone_she_l0.01_m0.9")["rows"]["plain"]["train"], -1)
    deep = copy["rows"]["plain"]["train"]
    shallow = column(copy["shallow"]["rows"]["plain"]["train"], -1)
    assert column(deep, 0) == shallow
    text = sentences.copied_plain_network()
    expected = [shallow, column(deep, 0), column(deep, -1), fresh]
    assert [row[1] for row in table_rows(text)[1:]] == [told(each, 360) for each in expected]
    # What the verdict of the claim, false, rests on: the copy is far better in every seed.
    assert all(copied < 180 < alone for copied, alone in zip(column(deep, -1), fresh, strict=True))
    assert text.endswith("the copy makes fewer training errors than the fresh network. "
                         "This difference is shown.")  # fmt: skip


def test_with_batch_normalisation_the_first_block_has_the_larger_gradient():
    rows = record("b20_w32_nbatch_she_l0.03_m0.9")["rows"]["plain"]["gradients"]
    ratios = [a / b for a, b in zip(column(rows, 0), column(rows, 1), strict=True)]
    assert min(ratios) > 100
    (batch, none) = table_rows(sentences.first_block_before_training())[1:]
    middle = math.exp(statistics.mean(math.log(ratio) for ratio in ratios))
    assert float(batch[1].split()[0].replace(",", "")) == pytest.approx(middle, rel=0.05)
    assert float(none[1].split()[0]) < 10


@pytest.mark.parametrize(
    ("by_seed", "word", "verdict"),
    [
        ((-1.0, -1.1, -1.2), "fewer", SHOWN),
        ((1.0, 9.0, 0.1), "more", SAME_SIGN),
        ((1.0, -1.0, -0.5), "fewer", NOT_SHOWN),
    ],
)
def test_a_copy_and_a_fresh_network_are_told_apart(by_seed, word, verdict):
    found = Difference(dict(enumerate(by_seed)))
    assert found.verdict == verdict
    said = sentences.copied_or_fresh(found)
    assert said.startswith(f"On average the copy makes {word} training errors")
    assert said.endswith(found.sentence("This difference"))
