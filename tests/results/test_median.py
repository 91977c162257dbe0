"""A median is the middle, also of an even count, wherever the book says median."""

import math
import statistics

import pytest
import torch

from utils.chapters.gradient_norms import numbers
from utils.chapters.gradient_norms.numbers import EXPERIMENT, measuring_cost, tasks
from utils.chapters.inside_a_resnet.numbers import single
from utils.chapters.inside_a_resnet.tables import one_out_table
from utils.files.places import ROOT
from utils.files.records import load_measurement, unpack
from utils.practice.values.recorded import median_without_block
from utils.record.gradient_norms import Overhead
from utils.results import median


def test_the_median_of_an_even_count_is_the_mean_of_the_middle_two():
    assert median([4, 1, 3, 2]) == 2.5
    assert median(torch.tensor([4.0, 1.0, 3.0, 2.0])) == 2.5
    assert median([3, 1, 2]) == 2
    assert math.isnan(median([1.0, math.nan, 2.0]))
    with pytest.raises(ValueError, match="no values"):
        median([])


def test_half_of_the_blocks_are_missed_more_than_the_median_and_half_less():
    means = single("ResNet-14").mean(0).tolist()
    low, high = sorted(means)[2:4]
    assert len(means) == 6
    assert f"<td>{(low + high) / 2:.1f} %</td>" in one_out_table(["ResNet-14"])._repr_html_()
    assert median_without_block("ResNet-14") == pytest.approx((low + high) / 2)


def test_the_cost_of_measuring_compares_medians_of_all_rounds():
    task = next(task for task in tasks() if isinstance(task, Overhead))
    rows = load_measurement(EXPERIMENT, task.name)["rows"]
    bare, measured, skipped = (
        statistics.median(unpack(rows[name]).flatten().tolist())
        for name in ("bare", "measured", "skipped")
    )
    assert measuring_cost()[:2] == pytest.approx((measured / bare - 1, skipped / bare - 1))


def test_the_scatter_of_a_step_is_its_middle_half_over_the_median(monkeypatch):
    steps = {"rows": {"bare": [3.0, 1.0, 2.0, 5.0, 4.0]}}
    monkeypatch.setattr(numbers, "load_measurement", lambda *_: steps)
    monkeypatch.setattr(numbers, "unpack", torch.tensor)
    assert numbers.measuring_scatter() == pytest.approx((4 - 2) / 3)


def test_no_module_takes_the_lower_middle_for_the_median():
    for path in sorted((ROOT / "utils").rglob("*.py")):
        for line in path.read_text(encoding="utf-8").splitlines():
            call = line.replace("statistics.median(", "")
            assert ".median(" not in call and "nanmedian" not in call, f"{path}: {line.strip()}"
