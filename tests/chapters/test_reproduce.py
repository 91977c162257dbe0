"""A card says truly whether a number comes out again, and says clearly what cannot be used."""

from __future__ import annotations

import html
import json
import re
from copy import deepcopy
from pathlib import Path

import pytest
import torch
import yaml

from utils.chapters.reproduce import command, parts, shown
from utils.chapters.reproduce.answer import FORM, answer
from utils.chapters.reproduce.cards import Checkable, checkable, checkables, unchecked
from utils.chapters.reproduce.command import main
from utils.chapters.reproduce.parts import Counted, Training, trained
from utils.chapters.reproduce.values import VALUES
from utils.facts import confirmations as facts
from utils.facts.confirmations import ConfirmationError, read_confirmation
from utils.facts.reproduce import Card
from utils.files.places import ROOT
from utils.files.records import RESULTS, record_path
from utils.record.experiments import runs, runs_of
from utils.training.distributed import Workers

GITHUB = ROOT / ".github"
HERE = Workers(0, 1, torch.device("cpu"))
ALONE, PAIR, RATIO, PLAYED = (
    "resnet-20", "shortcuts-at-14-layers", "first-gradients", "playground-depth",
)  # fmt: skip
ELSEWHERE = {
    "device": "Another processor", "device_type": "cpu", "processes": 1, "threads": 8, "cores": 8,
    "precision": "fp32", "platform": "Linux",
    "versions": {"python": "3.12.1", "torch": "2.15.0", "numpy": "2.4.0", "cuda": None},
}  # fmt: skip


@pytest.fixture(autouse=True)
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the command keeps goes to a temporary folder."""
    for module in (parts, command):
        monkeypatch.setattr(module, "REPRODUCED", tmp_path / "reproduced")
    return tmp_path / "reproduced"


def elsewhere(record: dict, **changes: object) -> dict:
    """The record as another machine would have made it."""
    return {**deepcopy(record), "machine": ELSEWHERE, **changes}


def with_error(record: dict, error: float) -> dict:
    """A training from another machine with this test error."""
    return elsewhere(record, final={**record["final"], "test_error": error})


def first(name: str, part: int = 0) -> dict:
    """The book's first record of a part of a card."""
    return checkables()[name].parts[part].recorded()[0]


def put(folder: Path, *records: object) -> list[str]:
    """Records as files; their names."""
    paths = [folder / f"{number}.json" for number in range(len(records))]
    for path, record in zip(paths, records, strict=True):
        path.write_text(json.dumps(record), encoding="utf-8")
    return [str(path) for path in paths]


# The cards ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", checkables())
def test_every_card_has_all_recorded_seeds_and_expects_their_mean(name: str):
    card = checkables()[name]
    of_parts = [set(part.seeds) for part in card.parts]
    assert set(card.recorded) == set.intersection(*of_parts)
    band = card.band(len(card.seeds))
    assert band.holds(band.middle)
    assert set(card.seeds) <= set(card.recorded)


def test_the_values_are_those_of_the_records():
    card = checkables()[PAIR]
    by_hand = {}
    for seed in range(10):
        errors = [
            json.loads(
                record_path("shortcut-control", f"{name}_fast_seed{seed}").read_text("utf-8")
            )["final"]["test_error"]
            for name in ("plain-14", "resnet-14")
        ]
        by_hand[seed] = 100 * (errors[0] - errors[1])
    assert card.recorded == pytest.approx(by_hand)


def test_a_seed_that_somebody_added_to_the_results_does_not_move_what_is_expected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    before = checkables()[ALONE].recorded
    folder = tmp_path / "results" / "fast-20"
    folder.mkdir(parents=True)
    for path in (RESULTS / "fast-20").glob("*.json"):
        (folder / path.name).write_bytes(path.read_bytes())
    added = {**first(ALONE), "seed": 99, "run": "resnet-20_fast_seed99"}
    (folder / "resnet-20_fast_seed99.json").write_text(json.dumps(added), encoding="utf-8")
    monkeypatch.setattr("utils.files.records.RESULTS", tmp_path / "results")
    assert checkable(checkables()[ALONE].card).recorded == before


def test_a_ratio_is_expected_between_its_factors():
    card = checkables()[RATIO]
    band = card.band(1)
    assert 0 < band.low < min(card.recorded.values()) < max(card.recorded.values()) < band.high


def test_three_cards_are_scheduled_and_download_nothing():
    chosen = [card for card in checkables().values() if card.card.scheduled]
    assert len(chosen) == 3
    for card in chosen:
        data = {record["dataset"]["name"] for part in card.parts for record in part.recorded()}
        assert data == {"digits"}
        assert card.minutes, "a number that is only counted leaves nothing to doubt"


def test_what_is_counted_here_is_what_the_records_say():
    card = checkables()["resnet-20-parameters"]
    (record,) = card.parts[0].again([0], HERE)
    assert record["parameters"] == first(ALONE)["parameters"]
    assert record["macs"] == first(ALONE)["macs"]


def test_small_images_are_counted_as_small():
    counted = Counted("degradation", "resnet-20_fast-half-size")
    (record,) = counted.again([0], HERE)
    assert record["macs"] == counted.recorded()[0]["macs"]


# The answer ---------------------------------------------------------------------------------------


def test_a_number_near_ours_is_within(tmp_path: Path, capsys: pytest.CaptureFixture, apart: Path):
    files = put(tmp_path, with_error(first(ALONE), 0.105))
    assert main([ALONE, "--from", *files]) == 0
    told = " ".join(capsys.readouterr().out.split())
    band = checkables()[ALONE].band(1)
    assert f"Expected: {band.low:.2f} to {band.high:.2f}\u00a0%".replace("\u00a0", " ") in told
    assert "Yours: 89.50 %" in told
    assert "seed 0 on Another processor, 8 threads" in told
    away = abs(89.5 - band.middle)
    assert f"WITHIN: your number is {away:.2f} points from the recorded mean" in told
    assert FORM in told
    sent = json.loads((apart / f"{ALONE}.json").read_text(encoding="utf-8"))
    assert (sent["answer"], sent["values"]) == ("within", {"0": pytest.approx(89.5)})


def test_a_number_far_off_is_outside_with_its_distance_and_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture
):
    files = put(tmp_path, with_error(first(ALONE), 0.205))
    assert main([ALONE, "--from", *files]) == 1
    told = " ".join(capsys.readouterr().out.split())
    below = checkables()[ALONE].band(1).low - 79.5
    assert f"It leaves the expected range by {below:.2f} points, below its lower end." in told
    assert "try another seed: --seeds 3." in told


def test_a_difference_is_taken_seed_by_seed(tmp_path: Path, capsys: pytest.CaptureFixture):
    residual, plain = first(PAIR), first(PAIR, 1)
    files = put(tmp_path, with_error(plain, 0.14), with_error(residual, 0.128))
    assert main([PAIR, "--from", *files]) == 0
    assert "Yours:     +1.20 points" in capsys.readouterr().out


def test_another_count_is_outside_without_talk_of_chance(
    tmp_path: Path, capsys: pytest.CaptureFixture
):
    card = checkables()["resnet-20-parameters"]
    (record,) = card.parts[0].again([0], HERE)
    files = put(tmp_path, elsewhere(record, parameters=record["parameters"] + 640))
    assert main([card.card.id, "--from", *files]) == 1
    told = " ".join(capsys.readouterr().out.split())
    assert "It leaves the expected range by 640, above its upper end." in told
    assert "No seed is drawn for this number" in told and "twenty" not in told


def test_a_ratio_leaves_the_range_by_a_factor(tmp_path: Path):
    card = checkables()[RATIO]
    record = elsewhere(first(RATIO), git_commit="other")
    rows = record["rows"]["weight_gradient"]
    position = record["layers"].index("layer1.0.conv2")
    for number, row in enumerate(rows):
        values = row.split()
        values[position] = f"{1e6 * float(values[position]):.4g}"
        rows[number] = " ".join(values)
    found = answer(card, [[record]])
    assert found.word == "outside"
    assert re.search(r"times the recorded number\. It leaves .* by a factor of", found.distance())


def test_a_measurement_is_made_here_and_kept(
    apart: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    card = Card.model_construct(
        id="shallow", finding="It is so.", page="book/playground", value="playground-gap",
        of="playground/b1_w32_nbatch_she_l0.03_m0.9", against="equal",
    )  # fmt: skip
    monkeypatch.setattr(command, "card_named", {"shallow": checkable(card)}.get)
    main(["shallow", "--seeds", "3", "--device", "cpu"])
    ours = checkable(card).recorded[3]
    sent = read_confirmation_as(apart / "shallow.json", "1.json")
    assert sent.values["3"] == pytest.approx(ours, abs=3)
    main(["shallow", "--seeds", "3", "--device", "cpu"])
    assert "already computed here" in capsys.readouterr().out


def read_confirmation_as(path: Path, name: str) -> facts.Confirmation:
    """What the command wrote, under the name that the book would give it."""
    target = path.with_name(name)
    target.write_bytes(path.read_bytes())
    return read_confirmation(target)


def test_a_training_is_kept_apart_from_those_of_the_book(
    apart: Path, monkeypatch: pytest.MonkeyPatch
):
    (run,) = runs_of("fast-20", "resnet-20", seeds=(7,))
    asked = []

    def perform(given, workers):
        asked.append(given)
        return {**first(ALONE), "experiment": given.experiment, "seed": 7, "hash": given.hash()}

    monkeypatch.setattr(parts, "perform", perform)
    found = trained(run, HERE)
    assert found == trained(run, HERE)
    assert len(asked) == 1
    assert asked[0].experiment == "reproduced/fast-20" and asked[0].hash() == run.hash()
    assert found["experiment"] == "fast-20"
    assert (apart / "fast-20" / "resnet-20_fast_seed7.json").is_file()
    assert not record_path("fast-20", run.name).exists()


def test_an_interrupted_training_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    monkeypatch.setattr(parts, "perform", lambda run, workers: None)
    assert main([ALONE, "--device", "cpu"]) == 130
    assert "run the same command to go on" in capsys.readouterr().out


# What cannot be used ------------------------------------------------------------------------------


def refused(capsys: pytest.CaptureFixture, *arguments: str) -> str:
    """What the command says, in one line, of what it cannot use."""
    assert main(list(arguments)) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


def test_an_unknown_card_is_told_with_the_known_ones(capsys: pytest.CaptureFixture):
    said = refused(capsys, "resnet-21")
    assert "no card is called 'resnet-21'; choose from shortcuts-at-14-layers, " in said


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("not JSON", r"is not a record, because it is not JSON \(.*\); give a JSON file that the "),
        ("[1, 2]", "is not a record, because it is no JSON object with fields; give a JSON file"),
        ('{"kind": "confirmation"}', "lacks experiment, run, hash, .*; give a JSON file that the "),
    ],
)
def test_a_file_that_is_no_record_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture, content: str, why: str
):
    path = tmp_path / "x.json"
    path.write_text(content, encoding="utf-8")
    assert re.search(why, refused(capsys, ALONE, "--from", str(path)))


def test_a_file_that_is_not_there_is_refused(capsys: pytest.CaptureFixture):
    assert "nowhere.json cannot be read" in refused(capsys, ALONE, "--from", "nowhere.json")


def of_other_settings() -> dict:
    return elsewhere(first(ALONE), hash="0" * 16)


def damaged() -> dict:
    record = elsewhere(first(ALONE))
    del record["final"]
    return record


UNUSABLE = {
    "of something else": (ALONE, lambda: [elsewhere(first(PAIR))],
                          "is a record of shortcut-control/resnet-14_fast_seed0; the card "
                          "resnet-20 needs one of fast-20/resnet-20_fast"),
    "of other settings": (ALONE, lambda: [of_other_settings()], "was made with other settings"),
    "the book's own": (ALONE, lambda: [first(ALONE)], "would be compared with itself"),
    "the same seed twice": (ALONE, lambda: [elsewhere(first(ALONE))] * 2, "give each once"),
    "one of two parts": (PAIR, lambda: [elsewhere(first(PAIR))],
                         "also needs a record of shortcut-control/plain-14_fast"),
    "no common seed": (PAIR, lambda: [elsewhere(first(PAIR)), elsewhere(
        checkables()[PAIR].parts[1].recorded()[1])], "no seed is in the records of both"),
    "two machines": (PAIR, lambda: [elsewhere(first(PAIR)), elsewhere(
        first(PAIR, 1), machine={**ELSEWHERE, "threads": 1})], "are from two machines"),
    "damaged": (ALONE, lambda: [damaged()], "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "records", "why"), UNUSABLE.values(), ids=UNUSABLE)
def test_records_that_do_not_answer_the_card_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture, name: str, records, why: str
):
    assert why in refused(capsys, name, "--from", *put(tmp_path, *records()))


def test_weights_of_a_seed_that_was_not_published_are_refused(capsys: pytest.CaptureFixture):
    for card in ("resnet-20-weights", "loss-around-resnet-14"):
        said = refused(capsys, card, "--seeds", "5")
        assert "weights are published of seed 0 only" in said


# The page, the form and the schedule --------------------------------------------------------------


def test_the_table_has_every_card_with_its_range_and_its_link():
    markup = shown.cards_table().markup
    for name, card in checkables().items():
        assert f'<th scope="row">{name}</th>' in markup
        assert card.range(card.band(len(card.seeds))) in markup
    assert 'href="../notebooks/03_degradation.html"' in markup
    assert 'href="playground.html"' in markup
    assert markup.count("repeated every week") == 3


def test_a_second_table_has_the_numbers_without_a_card_and_the_reasons():
    markup = shown.unchecked_table().markup
    named = [entry for entry in unchecked() if entry.numbers]
    assert named and markup.count("<a href") == len(named)
    assert all(html.escape(entry.reason, quote=False) in markup for entry in named)


def test_without_a_confirmation_the_page_says_how_to_be_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(shown, "confirmations", lambda: facts.confirmations(tmp_path))
    text = shown.confirmations_table()
    assert "nobody has sent a repetition" in text.markup and FORM in text.markup
    assert "<table" not in text.markup


def send(folder: Path, issue: int, card: Checkable, records: list[list[dict]]) -> dict:
    """Put what a reader would send into a folder."""
    sent = answer(card, records).confirmation()
    (folder / f"{issue}.json").write_text(json.dumps(sent), encoding="utf-8")
    return sent


def test_what_readers_sent_is_shown_by_machine_and_judged_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    card, record = checkables()[ALONE], first(ALONE)
    send(tmp_path, 12, card, [[with_error(record, 0.105)]])
    sent = send(tmp_path, 7, card, [[with_error(record, 0.205)]])
    sent |= {"answer": "within", "machine": {**ELSEWHERE, "device": "Some older processor"}}
    (tmp_path / "7.json").write_text(json.dumps(sent), encoding="utf-8")
    monkeypatch.setattr(shown, "confirmations", lambda: facts.confirmations(tmp_path))
    rows = re.findall(
        r"<tr><th scope=\"row\">(.*?)</th>(.*?)</tr>", shown.confirmations_table().markup
    )
    assert [row[0] for row in rows] == [
        "Another processor, 8 threads", "Some older processor, 8 threads"
    ]  # fmt: skip
    assert "<td>within</td>" in rows[0][1] and "/issues/12" in rows[0][1]
    assert "<td>outside</td>" in rows[1][1] and "79.50" in rows[1][1]


def test_a_confirmation_of_a_card_that_is_gone_stops_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    sent = send(tmp_path, 3, checkables()[ALONE], [[with_error(first(ALONE), 0.105)]])
    (tmp_path / "3.json").write_text(json.dumps({**sent, "card": "gone"}), encoding="utf-8")
    monkeypatch.setattr(shown, "confirmations", lambda: facts.confirmations(tmp_path))
    with pytest.raises(ConfirmationError, match=r"3\.json: no card is called 'gone'"):
        shown.confirmations_table()


def test_the_form_takes_what_the_command_writes():
    form = yaml.safe_load((GITHUB / "ISSUE_TEMPLATE" / FORM).read_text(encoding="utf-8"))
    fields = {field["id"]: field for field in form["body"]}
    assert fields["confirmation"]["attributes"]["render"] == "json"
    assert fields["confirmation"]["validations"]["required"]


def test_the_weekly_workflow_runs_the_scheduled_cards():
    text = (GITHUB / "workflows" / "reproduce.yml").read_text(encoding="utf-8")
    flow = yaml.load(text, Loader=yaml.BaseLoader)
    assert "cron" in flow["on"]["schedule"][0]
    (step,) = [s for s in flow["jobs"]["cards"]["steps"] if s.get("name") == "Check the cards"]
    assert f"{command.PROGRAM} --scheduled" in step["run"]
    assert step["shell"] == "bash", "without pipefail the status would be that of tee"


def test_scheduled_runs_those_cards_and_no_other(monkeypatch: pytest.MonkeyPatch):
    seen = []
    monkeypatch.setattr(
        command, "check", lambda card, files, seeds, workers: seen.append(card) or len(seen) % 2
    )
    assert main(["--scheduled"]) == 1
    assert [card.card.scheduled for card in seen] == [True] * 3


def test_the_list_names_every_card(capsys: pytest.CaptureFixture):
    assert main(["--list"]) == 0
    said = capsys.readouterr().out
    assert all(f"{name}: " in said for name in checkables())


def test_every_value_is_used_and_names_its_number():
    assert {card.card.value for card in checkables().values()} <= set(VALUES)
    assert VALUES["test-accuracy"].told(1.234, apart=True) == "+1.23 points"
    assert VALUES["test-accuracy"].told(-0.001, apart=True) == "0.00 points"
    assert VALUES["macs"].told(40_813_184) == "40,813,184"
    assert VALUES["first-over-last"].told(763.2) == "760"


def test_a_part_of_a_training_names_its_runs():
    part = Training("fast-20", "resnet-20_fast")
    assert [run.name for run in part.runs()] == [run.name for run in runs("fast-20")]
    assert part.hash_today({"seed": 5}) == runs_of("fast-20", "resnet-20", seeds=(5,))[0].hash()
