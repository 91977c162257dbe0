"""Numbers and lists as words of a sentence, at the borders of their ranges."""

from __future__ import annotations

import pytest

from utils.results import words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (0.0, "0"), (0.41, "0.41"), (0.010, "0.010"), (0.0099, "9.9 × 10⁻³"),
        (1, "1.0"), (9.96, "10"), (3.14, "3.1"), (46.4, "46"), (2149, "2,100"), (99_400, "99,000"),
        (99_600, "1.0 × 10⁵"), (123_456, "1.2 × 10⁵"), (3.1e-23, "3.1 × 10⁻²³"), (-46.4, "-46"),
        (6.02e23, "6.0 × 10²³"), (-0.5, "-0.50"),
    ],
)  # fmt: skip
def test_two_digits_say_how_large_a_number_is(value, text):
    assert words.short(value) == text


def test_every_digit_and_the_sign_can_stand_as_an_exponent():
    assert words.superscript(-1234567890) == "⁻¹²³⁴⁵⁶⁷⁸⁹⁰"


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0"), (1e-9, "under 0.1 %"), (0.00049, "under 0.1 %"), (0.0005, "0.1 %"),
        (0.00051, "0.1 %"), (0.0251, "2.5 %"), (1, "100.0 %"),
    ],
)  # fmt: skip
def test_a_share_that_is_not_nothing_is_never_called_nothing(share, text):
    assert words.percent(share) == text


def test_a_percentage_keeps_its_sign_on_the_same_line():
    assert words.percentage(52.4) == "52\u00a0%"
    assert words.percentage(52.46, 1) == "52.5\u00a0%"


TO_TWELVE = [
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve",
]  # fmt: skip


@pytest.mark.parametrize(
    ("count", "text"), [*enumerate(TO_TWELVE), (13, "13"), (999, "999"), (1234, "1,234")]
)
def test_counts_up_to_twelve_are_written_in_letters(count, text):
    assert words.number(count) == text


@pytest.mark.parametrize(
    ("count", "text"), [(0, "no epochs"), (1, "one epoch"), (2, "two epochs"), (40, "40 epochs")]
)
def test_only_one_is_singular(count, text):
    assert words.counted(count, "epoch", "epochs") == text


def test_a_sentence_begins_with_a_capital_and_keeps_the_rest():
    assert [words.opening(text) for text in ("", "a", "residual NET", "éa")] == [
        "", "A", "Residual NET", "Éa",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("names", "text"), [(["a"], "a"), (["a", "b"], "a or b"), (["a", "b", "c"], "a, b or c")]
)
def test_a_list_can_be_joined_by_another_word(names, text):
    assert words.listed(iter(names), "or") == text
