"""Where compared settings differ in more than one thing, the page says in which."""

import re

import pytest

from utils.chapters import compared
from utils.chapters.compared import COMPARED, EXAMPLES, OTHER_FAMILY, differences
from utils.record.experiments import EXPERIMENTS
from utils.results import load_runs
from utils.results.verdict import NOT_SHOWN, SAME_SIGN, SHOWN

LONE = ("depth-budgets", "plain-56", "brief-400")
WHOLE = ("short-budgets", "resnet-14", "fast-3")


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        (WHOLE, ("fast-without", "resnet-14", "fast-3-constant-rate"),
         {"the schedule", "the learning rate"}),
        (WHOLE, ("fast-without", "resnet-14", "fast-3-zero-padding"),
         {"the kind of margin", "the width of the margin"}),
        (LONE, ("plain-helped", "resnet-56-fixup", "brief-400-low-rate"),
         {"the shortcuts", "the initialisation", "the normalisation", "the learning rate"}),
        (LONE, ("plain-helped", "plain-56-dirac", "brief-400"), {"the initialisation"}),
        (("shortcut-control", "resnet-14", "fast"), ("shortcut-control", "plain-14", "fast"),
         {"the shortcuts"}),
        (("shortcut-control", "simple-cnn", "fast"), ("shortcut-control", "plain-14", "fast"),
         {OTHER_FAMILY}),
    ],
)  # fmt: skip
def test_differences_are_those_of_the_recipe_and_of_the_networks_description(first, second, found):
    assert set(differences(first, second)) == found
    assert set(differences(second, first)) == found


def test_the_table_has_the_pairs_that_differ_in_more_than_one_thing_and_no_others():
    markup = compared.several_differences().markup
    rows = re.findall(r'<th scope="row">', markup)
    several = [pair for pair in COMPARED if len(differences(*pair)) > 1]
    families = [pair for pair in COMPARED if differences(*pair) == [OTHER_FAMILY]]
    assert len(rows) == len(several) + len(families) < len(COMPARED)
    assert f"For {len(rows)} of these pairs" in markup and f"{len(COMPARED)} pairs" in markup


@pytest.mark.parametrize("pair", COMPARED, ids=lambda pair: "-".join((*pair[0], *pair[1])))
def test_each_compared_setting_is_recorded_under_an_experiment(pair):
    for experiment, model, recipe in pair:
        settings = [(name, config.recipe) for name, config in EXPERIMENTS[experiment].settings]
        assert (model, recipe) in settings
        assert load_runs(experiment, model, recipe)


def test_every_setting_of_the_experiment_on_tricks_is_among_the_compared():
    listed = {second for first, second in COMPARED if first == WHOLE}
    assert listed == {
        ("fast-without", model, config.recipe)
        for model, config in EXPERIMENTS["fast-without"].settings
    }


def test_the_worked_example_has_each_verdict_once():
    verdicts = {name: compared.cost_of(name).verdict for name in EXAMPLES}
    assert verdicts == {"no-decay": SHOWN, "constant-rate": SAME_SIGN, "no-flip": NOT_SHOWN}
    costs = {name: compared.cost_of(name).over.mean for name in EXAMPLES}
    assert costs["constant-rate"] > 5 * costs["no-decay"]


def test_the_worked_example_shows_the_arithmetic_of_the_rule():
    (row,) = re.findall(r"no weight decay</th>(.*?)</tr>", compared.worked_example().markup)
    cells = re.findall(r"<td>(.*?)</td>", row)
    values = [float(value) for value in cells[1].split(", ")]
    mean = sum(values) / 3
    sd = (sum((value - mean) ** 2 for value in values) / 2) ** 0.5
    assert float(cells[2]) == pytest.approx(mean, abs=0.1)
    assert float(cells[3]) == pytest.approx(sd, abs=0.1)
    assert float(cells[4]) == pytest.approx(2.48 * sd, abs=0.15)
    assert cells[0] == "shown"
