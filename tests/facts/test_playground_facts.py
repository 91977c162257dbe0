"""The experiments of the playground: the file is whole, and a fault in it is named."""

from __future__ import annotations

import copy
import re
from pathlib import Path

import pytest
import yaml

from utils.facts import playground
from utils.files.yaml_files import read_yaml

RAW = read_yaml(playground.FILE)
EXPERIMENTS = playground.load_experiments()


def message(tmp_path: Path, data: object) -> str:
    """What is said of this content."""
    path = tmp_path / "playground.yml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(playground.PlaygroundError) as caught:
        playground.load_experiments(path)
    return str(caught.value)


def changed(name: str, **fields: object) -> dict:
    """The real file with fields of one experiment replaced; None takes a field out."""
    data = copy.deepcopy(RAW)
    entry = {**data[name], **fields}
    data[name] = {key: value for key, value in entry.items() if value is not None}
    return data


def options(*right: bool) -> list[dict]:
    """Guesses, right or not."""
    return [{"text": f"guess {n}", "right": one, "says": "so"} for n, one in enumerate(right)]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"question": None}, "experiment depth: question is missing"),
        ({"colour": "red"}, "experiment depth: colour is not a field"),
        ({"steps": 0}, "experiment depth: steps must be above 0"),
        ({"steps": "many"}, "experiment depth: steps must be a whole number"),
        ({"settings": ["b31,w32,nbatch,she,l0.03,m0.9"]}, "blocks is 31; choose from 1 to 30"),
        ({"settings": ["b20,w32,nbatch,she,l0.03,m0.9,i7"]}, "no settings in"),
        ({"settings": ["deep"]}, "no settings in"),
        ({"options": options(False, False)}, "one must be right, here 0 are"),
        ({"options": options(True, True)}, "one must be right, here 2 are"),
        ({"deepen": 20}, "deepen and more belong together"),
        ({"more": 20}, "deepen and more belong together"),
        ({"deepen": 30, "more": 20}, 'deepen needs settings with "nnone"'),
    ],
)
def test_a_fault_is_named_with_its_experiment(tmp_path: Path, fields: dict, words: str):
    said = message(tmp_path, changed("depth", **fields))
    assert re.match(r"playground\.yml, (line \d+, )?experiment depth", said)
    assert words in said


def test_a_network_is_never_made_shallower(tmp_path: Path):
    assert "fewer blocks" in message(tmp_path, changed("copy", deepen=1))


def test_a_name_can_stand_in_markup(tmp_path: Path):
    assert "small letters and hyphens" in message(tmp_path, {"Two words": RAW["depth"]})


def test_an_empty_file_is_refused(tmp_path: Path):
    assert "it must map names to experiments" in message(tmp_path, {})


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_compared_settings_differ_in_one_thing(name: str):
    trained = [vars(settings) for settings in EXPERIMENTS[name].trained(3)]
    differing = {key for key in trained[0] if len({str(one[key]) for one in trained}) > 1}
    assert len(differing) == (1 if len(trained) > 1 else 0)
    assert {one["seed"] for one in trained} == {3}


def test_the_rates_of_one_experiment_rise():
    rates = [settings.rate for settings in EXPERIMENTS["largest-rate"].trained(0)]
    assert rates == sorted(rates)
    assert EXPERIMENTS["largest-rate"].survives
