"""The words in the text of the chapter on bottlenecks fit every value, today's and others."""

from __future__ import annotations

import pytest

from utils.chapters.bottleneck import words


@pytest.mark.parametrize(
    ("ratio", "told"),
    [
        (16.0, "takes clearly longer than"),
        (1.21, "takes clearly longer than"),
        (1.0, "takes about as long as"),
        (0.9, "takes about as long as"),
        (0.1, "takes clearly less time than"),
    ],
)
def test_a_time_is_compared_in_words(ratio, told):
    assert words.longer(ratio) == told


def test_every_value_is_text_and_none_is_empty():
    for group in (words.times, words.blocks):
        assert all(isinstance(value, str) and value.strip() for value in group().values())
