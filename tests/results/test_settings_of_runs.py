"""The settings in which two records differ are found from what the records say."""

import pytest

from utils.record.experiments import HALF_SIZE, WITHOUT, brief
from utils.results.runs import load_runs
from utils.results.settings import (
    LABELS,
    WITHOUT_EFFECT,
    difference_in_words,
    settings_difference,
)
from utils.training.recipes import recipe


def record(**changes: object) -> dict:
    model, dataset = changes.pop("model", "resnet-14"), changes.pop("dataset", "cifar10")
    config = recipe("fast", **changes).as_dict()
    return {"run": "r", "model": model, "dataset": {"name": dataset}, "seed": 0, "config": config}


def test_every_field_of_a_recipe_has_a_name_for_sentences():
    assert set(record()["config"]) - WITHOUT_EFFECT <= LABELS.keys()


def test_equal_settings_differ_in_nothing_and_cannot_be_told_apart():
    again = {**record(recipe="another name", channels_last=False), "seed": 7}
    assert settings_difference(record(), again) == {}
    with pytest.raises(ValueError, match="have the same settings"):
        difference_in_words(record(), again)


def test_what_differs_is_named_with_both_values():
    other = record(model="resnet-20", epochs=15)
    assert settings_difference(record(), other) == {
        "model": ("resnet-14", "resnet-20"),
        "epochs": (10, 15),
    }
    assert difference_in_words(record(), other) == "the network and the number of epochs"
    assert difference_in_words(record(), record(flip=False)) == "mirror images"


def test_three_things_are_listed_with_commas():
    other = record(dataset="digits", epochs=3, margin=1)
    words = "the images, the number of epochs and the width of the margin"
    assert difference_in_words(record(), other) == words


def test_each_trick_of_the_ablation_differs_from_the_whole_recipe_as_its_name_says():
    (whole, *_) = load_runs("short-budgets", "resnet-14", "fast-3")
    for name, changes in WITHOUT.items():
        (run, *_) = load_runs("fast-without", "resnet-14", f"fast-3-{name}")
        assert settings_difference(whole, run).keys() == changes.keys(), name


def test_the_twenty_epochs_and_the_brief_runs_differ_in_more_than_their_steps():
    runs = [
        {"run": "r", "model": "m", "dataset": {"name": "d"}, "config": config.as_dict()}
        for config in (HALF_SIZE, brief(1200))
    ]
    differing = {"batch_size", "learning_rate", "epochs", "max_steps"}
    assert settings_difference(*runs).keys() == differing
