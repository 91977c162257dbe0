"""What the chapter says of the recipe of today without one of its ideas."""

from dataclasses import fields

import pytest

from utils.chapters.time_to_accuracy import ideas
from utils.files.records import parse_record, record_files
from utils.models.networks import build
from utils.record.experiments import SMALL_IMAGES, USUAL_STEPS, runs, today
from utils.results.spread import accuracy
from utils.results.verdict import Difference


def gain(*values: float) -> Difference:
    return Difference(dict(enumerate(values)))


def changed(config: object) -> set[str]:
    """The settings in which a recipe differs from the whole one, but for its name."""
    whole = today(ideas.EPOCHS, "half-size", **SMALL_IMAGES)
    names = {field.name for field in fields(whole)} - {"recipe"}
    return {name for name in names if getattr(config, name) != getattr(whole, name)}


def test_a_version_leaves_out_its_idea_and_nothing_else():
    found = {(run.model, run.config.recipe): run.config for run in runs(ideas.EXPERIMENT, (0,))}
    base = today(ideas.EPOCHS, "half-size").recipe
    one = {
        "drawn-filters": {"whiten"},
        "coin": {"alternate"},
        "no-smoothing": {"label_smoothing"},
        "no-crop": {"enlarge"},
        "constant-rate": {"schedule"},
    }
    for name, wanted in one.items():
        assert changed(found.pop(("wide-8", f"{base}-{name}"))) == wanted
    assert changed(found.pop(("wide-8-he", base))) == set()
    assert len(found) == len(ideas.USUAL) == 3
    rates = set()
    for config in found.values():
        assert changed(config) == {*USUAL_STEPS, "learning_rate"}
        rates.add(config.learning_rate)
    assert len(rates) == 3


def test_every_run_of_the_experiment_stands_in_the_table():
    shown = {name for idea in ideas.IDEAS.values() for name in idea.versions}
    assert len(shown) == len(runs(ideas.EXPERIMENT, (0,)))


def test_the_other_start_changes_the_start_alone():
    drawn, usual = build("wide-8-he"), build("wide-8")
    assert drawn.described() == {**usual.described(), "init": "he"}
    shapes = [{n: v.shape for n, v in net.state_dict().items()} for net in (drawn, usual)]
    assert shapes[0] == shapes[1]


def test_gains_are_the_differences_of_the_files_and_the_best_rate_stands_for_the_usual_steps():
    def errors(experiment: str, pattern: str) -> dict[int, float]:
        found = map(parse_record, record_files(experiment, pattern))
        return {each["seed"]: each["final"]["test_error"] for each in found}

    whole = errors("wide-shortcut", "wide-8_muon-2-half-size_seed*.json")
    per_rate = [
        errors("wide-without", f"wide-8_muon-2-half-size-{name}_seed*.json") for name in ideas.USUAL
    ]
    best = min(per_rate, key=lambda found: sum(found.values()))
    assert ideas.gains()["steps"].by_seed == pytest.approx(
        {seed: 100 * (best[seed] - whole[seed]) for seed in whole}
    )
    drawn = errors("wide-without", "wide-8-he_muon-2-half-size_seed*.json")
    assert ideas.gains()["start"].by_seed == pytest.approx(
        {seed: 100 * (drawn[seed] - whole[seed]) for seed in whole}
    )


def test_the_table_has_the_whole_recipe_and_a_row_for_each_idea_greatest_gain_first():
    shown = ideas.ideas_table()._repr_html_()
    assert accuracy(ideas.whole()).percent() in shown
    found = ideas.gains()
    order = sorted(found, key=lambda key: -found[key].over.mean)
    places = [shown.index(f">without {ideas.IDEAS[key].name}<") for key in order]
    assert places == sorted(places) and len(places) == len(ideas.IDEAS)
    assert "the best of three rates" in shown


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (
            {"steps": gain(1.0, 1.1, 0.9), "whitening": gain(2.0, 2.1, 1.9)},
            "Orthogonal steps and whitening raise the accuracy, and three seeds show it.",
        ),
        (
            {"smoothing": gain(-1.0, -1.1, -0.9), "crops": gain(0.1, 2.0, 3.0)},
            "Label smoothing lowers the accuracy, and three seeds show it. Random crops raise the "
            "accuracy in each seed, which is a hint and not yet a finding.",
        ),
        (
            {"rate": gain(-1.0, 1.0), "start": gain(1.0, 1.001)},
            "The start that passes images on raises the accuracy, and two seeds show it. For the "
            "falling rate, the seeds do not agree on the sign of the gain.",
        ),
    ],
)
def test_sentences_say_what_the_seeds_show(found: dict[str, Difference], told: str):
    assert ideas.ideas_in_words(found) == told


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (
            {"steps": gain(1.0, 1.1, 0.9), "rate": gain(9.0, -9.0)},
            "Without orthogonal steps, the accuracy falls by 1.0 points: no other difference is "
            "greater.",
        ),
        (
            {"smoothing": gain(-2.0, -2.1, -1.9), "steps": gain(1.0, 1.1, 0.9)},
            "Without label smoothing, the accuracy rises by 2.0 points: no other difference is "
            "greater.",
        ),
        ({"rate": gain(9.0, -9.0)}, "No idea has a gain that is shown in these runs."),
    ],
)
def test_the_greatest_difference_is_one_that_is_shown(found: dict[str, Difference], told: str):
    assert ideas.most_in_words(found) == told
