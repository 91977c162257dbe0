"""The comparison of SimpleCNN and ResNet: its differences, and the words for each verdict."""

from dataclasses import asdict

import pytest
from seeds import difference

from utils.chapters.simplecnn_vs_resnet.control import (
    PAIRS,
    accuracy_of,
    control,
    control_table,
    scale_change_table,
    scale_changes,
)
from utils.chapters.simplecnn_vs_resnet.words import (
    control_in_words,
    epochs,
    leads,
    mistakes,
    sharing,
)
from utils.models.networks import build
from utils.results.runs import load_runs
from utils.results.verdict import SHOWN


def errors(experiment: str, model: str, recipe: str, field: str = "test_error") -> list[float]:
    return [100 * run["final"][field] for run in load_runs(experiment, model, recipe)]


def test_plain_and_residual_differ_in_the_shortcuts_alone():
    plain, residual = (asdict(build(name).architecture) for name in ("plain-14", "resnet-14"))
    assert {name for name in plain if plain[name] != residual[name]} == {"residual"}
    assert PAIRS["plain-14", "resnet-14"] == "the shortcuts alone"


def test_the_control_compares_the_second_network_with_the_first():
    found = control()
    for (first, second), each in found.items():
        low, high = (errors("shortcut-control", model, "fast") for model in (first, second))
        assert each.values == pytest.approx([a - b for a, b in zip(low, high, strict=True)])


def test_the_shortcuts_of_14_layers_and_the_rest_are_shown():
    verdicts = [each.verdict for each in control().values()]
    assert verdicts == [SHOWN, SHOWN, SHOWN]
    text = control_table().markup
    assert text.count(">shown<") == 3


CLEAR = difference(10, 10.1, 10.2)


@pytest.mark.parametrize(
    ("gains", "finding"),
    [
        ((2, 2.1, 2.2), "At 14 layers the accuracy is higher with the shortcuts, and three seeds"
         " show it."),
        ((-2, -2.1, -2.2), "At 14 layers the accuracy is lower with the shortcuts, and three"
         " seeds show it."),
        ((0.5, 1, 2), "At 14 layers the accuracy is higher with the shortcuts in each seed, which"
         " is a hint and not yet a finding."),
        ((0.5, -1, 2), "Three seeds do not show what the shortcuts do to the accuracy at 14"
         " layers."),
    ],
)  # fmt: skip
def test_the_words_on_the_control_fit_every_verdict(gains, finding):
    words = control_in_words(difference(*gains), CLEAR)
    assert words["finding"] == finding
    assert words["rest"] == "+10.10 ± 0.10"
    assert words["verdict"].endswith("between SimpleCNN and plain-14 has the verdict “shown”.")


def test_the_words_on_the_mistakes_fit_every_count():
    assert [sharing(count, 3) for count in (1, 2, 3)] == [
        "one of the three networks",
        "two of the three networks",
        "all three networks",
    ]
    assert (epochs(0), epochs(1), epochs(2)) == ("no epochs", "one epoch", "two epochs")
    assert leads(1, 1) == "Both curves fit best when they are moved by one epoch"
    assert leads(2, 1) == (
        "The ResNet's curve fits best when it is moved by two epochs, and SimpleCNN's curve fits "
        "best when it is moved by one epoch"
    )
    found = mistakes()
    assert {found["true"], found["predicted"]} == {"cat", "dog"}


def test_the_scale_costs_what_the_records_say_seed_by_seed():
    model = "source-resnet-14"
    native = errors("source-recipe", model, "source")
    zoomed = errors("source-recipe", model, "source", "test_error_zoomed")
    padded = errors("source-recipe", model, "source-padded")
    for how, other in (("zoomed", zoomed), ("repaired", padded)):
        expected = [a - b for a, b in zip(native, other, strict=True)]
        assert scale_changes(model)[how].values == pytest.approx(expected)


def test_what_the_scale_costs_is_shown_for_both_networks():
    for model in ("simple-cnn", "source-resnet-14"):
        for found in scale_changes(model).values():
            assert found.verdict == SHOWN and found.over.mean > 0
    markup = scale_change_table(("simple-cnn", "source-resnet-14")).markup
    assert markup.count(">shown<") == 4 and "+10.8 ± 1.4" in markup


def test_accuracy_is_what_is_left_of_the_error():
    assert accuracy_of({"final": {"test_error": 0.25}}) == 75


@pytest.mark.parametrize("sign", [1, -1])
def test_the_limit_is_what_the_mean_must_exceed_to_be_shown(sign):
    words = control_in_words(difference(*(sign * gain for gain in (1, 2, 3))), CLEAR)
    assert (words["mean"], words["limit"]) == ("2.00", "2.48")


def test_more_seeds_are_told_as_more():
    clear, none = difference(*(1 + seed / 100 for seed in range(10))), difference(*range(-5, 5))
    assert "and ten seeds show it" in control_in_words(clear, CLEAR)["finding"]
    assert control_in_words(none, CLEAR)["finding"].startswith("Ten seeds do not show")
