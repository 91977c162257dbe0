"""Numbers that questions read from layers, data files and a recorded run."""

from decimal import Decimal

import pytest

from utils.practice.values.expressions import FUNCTIONS
from utils.practice.values.printed import FINE_TUNE


def test_a_number_from_a_data_file_keeps_its_digits():
    assert FUNCTIONS["number"]("10,000.50") == Decimal("10000.50")


def test_intensity_is_operations_over_bytes_of_input_weights_and_output():
    operations, numbers = 2 * 9 * 4 * 8 * 25, 4 * 25 + 8 * 25 + 9 * 4 * 8
    assert FUNCTIONS["intensity"](4, 8, 3, 5) == pytest.approx(operations / (4 * numbers))


def test_groups_divide_operations_and_weights_but_not_maps():
    operations, numbers = 2 * 9 * 8 * 25, 2 * 8 * 25 + 9 * 8
    assert FUNCTIONS["intensity"](8, 8, 3, 5, groups=8) == pytest.approx(operations / (4 * numbers))


@pytest.mark.parametrize("line", ["everything", "same weights"])
def test_a_number_of_the_fine_tuning_run_stands_in_its_line(line):
    (text,) = [t for t in FINE_TUNE.read_text(encoding="utf-8").splitlines() if t.startswith(line)]
    assert f"accuracy {FUNCTIONS['fine_tuned'](line, 'accuracy')}%" in text


def test_a_line_that_the_run_does_not_have_is_refused():
    with pytest.raises(ValueError):
        FUNCTIONS["fine_tuned"]("nothing", "loss")
