"""What the playground's page says of ten seeds follows from the records."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from statistics import mean, stdev

import pytest

from tests.shared.playground_records import write_records
from utils.chapters.drawn import DRAWN
from utils.chapters.playground import answers, beside, figures, numbers, words
from utils.facts.playground import load_experiments
from utils.files import records
from utils.files.places import ROOT
from utils.files.records import ResultError, parse_measurement, record_path
from utils.miniatures.playground import SEEN, run, settings_of
from utils.record.playground import BARE, BASE, EXPERIMENT, STEPS, named, tasks
from utils.results.verdict import Difference

DEEP, SHALLOW = named(BASE), named(numbers.deep(2))


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Writes records as a test wants them, and reads those alone."""
    monkeypatch.setattr(records, "RESULTS", tmp_path)
    numbers.ten.cache_clear()

    def write(wrong=None, stopped=None, but=()):
        write_records(tmp_path, wrong, stopped, but)

    yield write
    numbers.ten.cache_clear()


def cells(markup: str) -> dict[str, list[str]]:
    """The rows of a table: first cell -> the others."""
    found = re.findall(r'<th scope="row">(.*?)</th>(.*?)</tr>', markup, re.DOTALL)
    return {head: re.findall(r"<td>(.*?)</td>", rest, re.DOTALL) for head, rest in found}


def test_each_record_is_as_it_would_be_measured_today():
    for task in tasks():
        record = parse_measurement(record_path(EXPERIMENT, task.name))
        assert record["hash"] == task.hash(), task.name
        assert len(record["rows"]["plain"]["train"]) == 10


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("shortcuts", beside.AGREE),
        ("plain-deeper", beside.AGREE),
        ("residual-deeper", beside.OPEN),
        ("stops", beside.AGREE),
        ("identity", beside.SIGN),
        ("pytorch", beside.NEITHER),
        ("rate", beside.NEITHER),
        ("gradients", beside.AGREE),
    ],
)
def test_the_reasons_beside_real_resnets_are_written_for_what_the_records_say(name, word):
    assert beside.TABLE[name].verdict() == word


def test_the_prose_of_the_page_is_written_for_what_the_records_say():
    assert figures.depth_title() == "Depth hurts plain, not shown to hurt residual"
    assert figures.overfitting_title() == "Deep and plain fails on images it has seen"
    assert figures.normalisation_title() == "Residual stops in 8 of 10 seeds"
    assert figures.start_title() == "A start near the identity saves plain"
    assert figures.rate_title() == "Residual learns at more rates"
    assert figures.copy_title() == "Copied, the deep plain network learns"
    assert set(numbers.rates_that_work("plain").values()) == {0}
    assert min(numbers.plain(numbers.started("zero")).values()) > 85


def test_errors_are_percent_of_the_images_that_were_asked(made):
    made({DEEP: {"plain": range(0, 360, 36)}})
    found = numbers.ten(DEEP, "plain")
    assert found.at_end("train") == {seed: pytest.approx(10 * seed) for seed in range(10)}
    assert found.at_end("test")[9] == pytest.approx(100 * 324 / 359)
    assert found.ratios() == [4] * 10


def test_a_row_has_mean_deviation_and_verdict_of_ten_seeds(made):
    plain = [180, 216] * 5
    made({DEEP: {"plain": plain, "residual": [0] * 10}})
    row = cells(answers.setting_table().markup)["depth: 20 blocks"]
    percent = [count / 3.6 for count in plain]
    told = f"{mean(percent):.1f} ± {stdev(percent):.1f}"
    assert row[0] == told and row[1] == "0.0 ± 0.0"
    assert row[4:] == [f"+{told}", "shown"]
    undecided = cells(answers.setting_table().markup)["depth: 6 blocks"]
    assert undecided[5] == "not shown"


def test_networks_that_stopped_are_counted_and_left_out_of_the_mean(made):
    bare = named(BARE)
    made({bare: {"residual": [72] * 8 + [360] * 2}}, {bare: [None] * 8 + [3, 8]})
    row = cells(answers.setting_table().markup)["normalisation: none"]
    assert row[1] == "20.0 ± 0.0, stopped in 2 of 10" and row[4:] == ["–", "–"]
    made({bare: {"residual": [360] * 10}}, {bare: [3] * 10})
    numbers.ten.cache_clear()
    row = cells(answers.setting_table().markup)["normalisation: none"]
    assert row[1] == "stopped in 10 of 10"
    assert "ten of ten residual networks stopped" in words.no_normalisation()
    assert beside.TABLE["stops"].mini() == "all of ten seeds stopped, at step 3"
    assert beside.stops_in_words([8, 3], 10) == "two of ten seeds stopped, at steps 3 to 8"


def test_questions_are_answered_second_minus_first(made):
    made({DEEP: {"plain": [180] * 10}, SHALLOW: {"plain": [36] * 10}})
    rows = list(cells(answers.answer_table().markup).values())
    assert rows[0] == ["10.0 ± 0.0", "50.0 ± 0.0", "+40.0 ± 0.0", "shown"]
    assert rows[1] == ["10.0 ± 0.0", "10.0 ± 0.0", "+0.0 ± 0.0", "not shown"]
    assert {each.experiment for each in answers.QUESTIONS.values()} == set(answers.EXPERIMENTS)


def test_rates_at_which_a_network_learns_are_counted(made):
    fast = {named(task.setting): {"plain": [324] * 10} for task in tasks() if task.setting.rate > 1}
    made(fast)
    assert set(numbers.rates_that_work("plain").values()) == {7}
    assert set(numbers.largest_rate("plain").values()) == {1}
    assert set(numbers.largest_rate("residual").values()) == {3}
    assert answers.answer("rates").values == [1] * 10
    said = "below 25 % at 8.0 of eight learning rates, and the plain network at 7.0"
    assert said in words.largest()
    assert words.largest().endswith("learns so well is 3 in the middle seed.")
    made({name: {"plain": [324] * 10} for name in answers.ROWS["largest-rate"].values()})
    numbers.ten.cache_clear()
    assert set(numbers.largest_rate("plain").values()) == {0}


def test_the_page_says_how_its_experiment_and_the_records_judge_a_rate():
    page = (ROOT / "book" / "playground.md").read_text(encoding="utf-8")
    asked = load_experiments()["largest-rate"]
    assert f"train for {asked.steps} steps" in page
    assert f"ends below {asked.survives} % training error" in page
    assert f"Our records go on for {STEPS} steps" in page
    assert f"ends below {numbers.SURVIVED} %." in page
    (rate,) = set(numbers.largest_rate("residual").values())
    assert f"every rate that we tried up to {rate:g}." in page
    (none,) = set(numbers.largest_rate("plain").values())
    assert none == 0


def test_the_page_says_on_how_many_images_the_training_error_is_measured():
    page = (ROOT / "book" / "playground.md").read_text(encoding="utf-8")
    assert f"is measured on {SEEN} of the training images" in page
    assert f"the same {SEEN} training images as in your browser" in page
    assert f"without a mistake on the {SEEN} training images in every seed" in page
    assert set(numbers.residual(numbers.started("zero", bare=True)).values()) == {0}


def test_without_normalisation_outputs_grow_by_half_a_block_and_a_thousandfold_in_all():
    blocks = BARE.blocks
    courses = [run(replace(BARE, seed=seed), 1, residual=True) for seed in range(10)]
    grown = [course.responses[0][-1] / course.responses[0][0] for course in courses]
    assert all(1.4 < factor ** (1 / (blocks - 1)) < 1.65 for factor in grown)
    assert sum(factor > 1000 for factor in grown) > len(grown) / 2
    assert min(course.gradients[0][0] for course in courses) > 500


def test_a_second_start_saves_the_residual_network_without_normalisation():
    setting = replace(BARE, start="pytorch")
    assert run(setting, 110, residual=True).errors[110][0] < 0.25
    plain = run(setting, 1, residual=False)
    assert plain.responses[0][-1] < 1e-9 * plain.responses[0][0]


@pytest.mark.parametrize(
    ("plain", "said"),
    [
        ([180] * 10, "the training error of the plain network rises by 40.0 ± 0.0 points"),
        ([0] * 10, "the training error of the plain network falls by 10.0 ± 0.0 points"),
        ([36] * 10, "the training error of the plain network is not shown to change"),
        (
            [37] * 9 + [360],
            "the training error of the plain network rises in each seed, which is a hint",
        ),
    ],
)
def test_a_finding_says_what_the_verdict_says(made, plain, said):
    made({DEEP: {"plain": plain}})
    assert said in words.depth()
    assert "that of the residual network is not shown to change" in words.depth()


def test_findings_are_plain_texts_and_wait_for_their_records(made):
    made()
    found = words.recorded()
    assert list(found) == list(answers.EXPERIMENTS)
    assert json.loads(json.dumps(found)) == found
    assert all(text.endswith(".") and text[0].isupper() for text in found.values())
    zero = named(numbers.started("zero"))
    (records.RESULTS / EXPERIMENT / f"{zero}.json").unlink()
    numbers.ten.cache_clear()
    assert numbers.missing() == [zero]
    assert set(found) - set(words.recorded()) == {"starts"}
    with pytest.raises(ResultError, match=r"python -m utils\.record\.measure playground"):
        numbers.ten(zero, "plain")


@pytest.mark.parametrize("experiment", [*figures.LINES, "largest-rate"])
def test_every_experiment_has_a_figure_that_says_its_finding(made, experiment):
    made()
    figure = DRAWN[f"playground-{experiment}"]()
    assert "<svg" in figure.markup and "ten seeds" in figure.markup
    assert figure.alt.endswith(".")


def test_a_title_follows_the_verdict(made):
    made()
    assert figures.depth_title() == "Plain: depth not shown, not shown to hurt residual"
    assert figures.rate_title() == "No difference in rates is shown"
    made({DEEP: {"plain": [180] * 10}})
    numbers.ten.cache_clear()
    assert figures.depth_title() == "Depth hurts plain, not shown to hurt residual"
    assert figures.overfitting_title() == "Deep and plain fails on images it has seen"
    assert figures.start_title() == "A start near the identity saves plain"


def test_each_address_of_the_lesson_opens_a_setting_that_is_recorded():
    lesson = (ROOT / "book" / "teachers.md").read_text(encoding="utf-8")
    addresses = re.findall(r'href="playground\.html#play=([^"]+)"', lesson)
    assert len(addresses) == 5
    known = {task.name for task in tasks()}
    assert {named(settings_of(address)) for address in addresses} <= known


def differing(*values: float) -> Difference:
    return Difference(dict(enumerate(values)))


@pytest.mark.parametrize(
    ("other", "word"),
    [
        (differing(1, 1.1, 1.2), beside.AGREE),
        (differing(-1, -1.1, -1.2), beside.DIFFER),
        (differing(1, 9, 30), beside.SIGN),
        (differing(-1, -9, -30), beside.OPEN),
    ],
)
def test_two_differences_agree_if_both_are_shown_and_have_one_sign(other, word):
    assert beside.agreement(differing(5, 5.1, 5.2), other) == word


def test_two_differences_that_are_not_shown_neither_agree_nor_differ():
    assert beside.agreement(differing(1, 9, 30), differing(-1, -9, -30)) == beside.NEITHER


def test_the_miniature_stands_beside_recorded_resnets(made, monkeypatch):
    made({DEEP: {"plain": [180] * 10}})
    mini = {name: each.mini() for name, each in beside.TABLE.items()}
    monkeypatch.undo()
    assert mini["gradients"] == "4.0" and mini["stops"] == "none of ten seeds stopped"
    assert mini["shortcuts"].values == pytest.approx([40] * 10)
    assert beside.TABLE["stops"].real() == "all of three seeds stopped, at step 2"
    assert beside.TABLE["identity"].real().over.mean > 0
