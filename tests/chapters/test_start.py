"""The picture of the start page says what the records say."""

import re

import pytest

from utils.chapters import start
from utils.files.records import parse_record, record_files


def mean_error(model: str) -> float:
    """Percent, straight from the files."""
    records = [parse_record(path) for path in record_files("degradation", f"{model}_*.json")]
    return 100 * sum(each["final"]["train_error_clean"] for each in records) / len(records)


def test_the_alt_text_has_the_means_of_the_files():
    said = [int(number) for number in re.findall(r"(\d+) %", start.finding_alt())]
    models = ("plain-20", "plain-56", "resnet-20", "resnet-56")
    assert said == [round(mean_error(model)) for model in models]


def test_the_picture_has_one_dot_for_each_training():
    markup = start.finding_figure().markup
    trainings = len(record_files("degradation"))
    assert markup.count("<use ") - markup.count("tick") >= trainings
    assert "five seeds of each plain network and three seeds of each residual network" in markup


@pytest.mark.parametrize(
    ("plain", "residual", "words"),
    [
        (40.0, -2.0, "More layers are worse without\nshortcuts and better with them"),
        (-1.0, -2.0, "More layers are better without\nshortcuts and also better with them"),
    ],
)
def test_the_headline_turns_with_the_records(
    plain: float, residual: float, words: str, monkeypatch: pytest.MonkeyPatch
):
    gains = {"plain": plain, "resnet": residual}
    monkeypatch.setattr(
        start, "deeper_is_worse", lambda kind: {seed: gains[kind] + seed for seed in range(3)}
    )
    assert start.finding() == words
