"""Numbers in the text of the chapter on time to accuracy."""

import pytest
from seeds import difference

from utils.chapters.time_to_accuracy import words as pace_words


@pytest.mark.parametrize(
    ("errors", "told"),
    [
        ([0.4, 0.4, 0.4], "none of our three seeds"),
        ([0.4, 0.3, 0.4], "one of our three seeds"),
        ([0.2, 0.3, 0.25], "three of our three seeds"),
    ],
)
def test_seeds_that_reach_an_accuracy_are_counted_in_words(errors, told):
    assert pace_words.how_many_reached(errors, 0.7) == told


@pytest.mark.parametrize(
    ("gains", "told"),
    [
        ((1, 1.1, 1.2), "Without them the accuracy is lower, and this change is shown."),
        ((-1, -1.1, -1.2), "Without them the accuracy is higher, and this change is shown."),
        ((1, 5, 10), "In each seed the accuracy is lower without them."),
        ((-1, -5, -10), "In each seed the accuracy is higher without them."),
        ((1, -1, 0.5), "The seeds do not agree whether the accuracy is lower or higher without"),
    ],
)
def test_the_small_images_are_told_with_their_direction_and_verdict(gains, told):
    assert pace_words.without_small_images(difference(*gains)).startswith(told)


def test_the_error_of_an_epoch_is_a_mean_over_seeds():
    runs = [{"history": [{"test_error": 0.5}, {"test_error": last}]} for last in (0.2, 0.3)]
    assert pace_words.epoch_percent(runs, 1, "test") == "25 %"


def test_the_factor_of_time_is_that_of_epochs_times_that_of_pace():
    words = pace_words.race()
    factors = [float(words[name].split()[0]) for name in ("times", "epochs", "pace")]
    assert factors[0] == pytest.approx(factors[1] * factors[2], rel=0.03)
