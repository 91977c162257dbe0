"""Questions read the winners of the ImageNet challenge from the data of the timeline's figure."""

from decimal import Decimal

import pytest

from utils.practice.values import compute
from utils.practice.values.expressions import ValueFault
from utils.practice.values.printed import challenge, paper


def test_the_winner_of_2015_has_the_error_of_the_papers_table_5():
    assert challenge("ResNet", "top5_error_percent") == paper("5", "resnet", "top5")


def test_numbers_keep_their_printed_digits_and_words_stay_words():
    assert challenge("AlexNet", "with_more_data") == Decimal("15.3")
    assert challenge("NEC-UIUC", "depth_note") == "no deep network"


def test_an_unknown_entry_is_refused_with_those_that_exist():
    with pytest.raises(ValueFault, match="SENet"):
        compute({"error": 'challenge("LeNet", "layers")'})
