"""Every measured number of the text has a card or a reason, and a card confirms what it says."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
import torch
import yaml

from utils.chapters.reproduce import command
from utils.chapters.reproduce.answer import Answer, answer, word_of
from utils.chapters.reproduce.cards import checkables, unchecked
from utils.chapters.reproduce.parts import Series, part_of
from utils.chapters.reproduce.values import VALUES
from utils.chapters.reproduce.weights_parts import FromWeights, Lesioned, Sliced, Slipped
from utils.facts.reproduce import OTHER
from utils.files.places import ROOT
from utils.files.records import RESULTS
from utils.record import weights
from utils.training.distributed import Workers

CARDS = checkables()
PARTS = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["parts"]
CHAPTERS = next(part for part in PARTS if part.get("caption") == "Chapters")["chapters"]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MARKED = re.compile(r"<!--=(\w+)\.")
FROM_WEIGHTS = [n for n, card in CARDS.items() if isinstance(card.parts[0], FromWeights)]
HERE = Workers(0, 1, torch.device("cpu"))
FEW, MANY = "small-images-first", (0, 1, 2, 3, 4)
"""A card of which one seed does not decide, and the seeds that do."""


def listed(page: str) -> set[str]:
    """The numbers of a page that a card checks, or for which a reason says why none does."""
    entries = [each.card for each in CARDS.values()] + list(unchecked())
    return {name for entry in entries if entry.page == page for name in entry.shows}


def marked(path) -> set[str]:
    """The measured numbers in the text of a notebook, by the function that says them."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    texts = ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return {name for text in texts for name in MARKED.findall(text)}


def contrary(name: str) -> float:
    """The nearest number that contradicts the finding of a card."""
    card = CARDS[name]
    if card.limit is not None:
        return card.limit
    return card.band(1).high + 10**-card.value.digits


# No number is forgotten ---------------------------------------------------------------------------


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_measured_number_of_a_text_has_a_card_or_a_reason(path):
    page = path.relative_to(ROOT).with_suffix("").as_posix()
    assert listed(page) == marked(path)


@pytest.mark.parametrize("page", [entry["file"] for entry in CHAPTERS])
def test_every_chapter_has_a_card_or_a_reason(page: str):
    cards = [name for name, each in CARDS.items() if each.card.page == page]
    reasons = [entry.reason for entry in unchecked() if entry.page == page]
    assert cards or reasons, f"{page}: give it a card or a reason in book/data/reproduce.yml"


def test_every_chapter_that_states_measured_numbers_has_a_card():
    without = {page for page in map(str, NOTEBOOKS) if marked(ROOT / page)} - {
        str(ROOT / f"{each.card.page}.ipynb") for each in CARDS.values()
    }
    # Its numbers are those of another paper.
    assert {path.rpartition("/")[2] for path in without} == {"01_residual_math.ipynb"}


def test_every_folder_of_results_is_read_by_a_card_or_has_a_reason():
    read = {part.experiment for card in CARDS.values() for part in card.parts}
    left_out = {folder for entry in unchecked() for folder in entry.folders}
    assert read | left_out == {path.name for path in RESULTS.iterdir() if path.is_dir()}
    assert not read & left_out


# Within confirms the finding ----------------------------------------------------------------------


@pytest.mark.parametrize("name", CARDS)
def test_what_contradicts_a_card_is_outside(name: str):
    card = CARDS[name]
    seeds = len(card.seeds)
    found = Answer(card, dict.fromkeys(card.seeds, 0.0), contrary(name), ())
    assert found.word == "outside"
    assert found.meaning() == "Your number contradicts the finding."
    assert card.decides(seeds)
    assert word_of(card, seeds, card.band(seeds).middle) == "within"


@pytest.mark.parametrize("name", [name for name in CARDS if CARDS[name].limit is not None])
def test_every_recorded_mean_is_on_the_side_of_its_finding_and_the_mirrored_one_is_not(name: str):
    card = CARDS[name]
    middle, limit = card.band(1).middle, card.limit
    mirrored = limit**2 / middle if card.value.by_factor else 2 * limit - middle
    assert card.supports(middle) and not card.supports(mirrored)
    assert not card.band(len(card.seeds)).holds(mirrored)


def test_a_card_without_a_limit_expects_hardly_more_than_one_number():
    sharp = [card for card in CARDS.values() if card.card.against == OTHER]
    assert sharp
    for card in sharp:
        band = card.band(1)
        assert band.high - band.low <= 2 * card.value.rounding + 1e-9


def test_the_gradient_that_nearly_vanishes_is_read_itself():
    card = CARDS["first-gradients-without-normalisation"]
    record = card.parts[0].recorded()[0]
    rows = [row.split() for row in record["rows"]["weight_gradient"]]
    first = record["layers"].index("layer1.0.conv2")
    assert list(card.recorded.values()) == [float(row[first]) for row in rows]
    usual = part_of("gradient-norms/init_plain-56_none_he").recorded()[0]
    assert answer(card, [[usual]]).word == "outside"


def test_the_ratio_of_gradients_could_not_tell_a_vanished_one_from_a_usual_one():
    ratio = VALUES["first-over-last"].read
    vanished, usual = (
        ratio(part_of(f"gradient-norms/init_plain-56_none_{start}").recorded()[0])
        for start in ("pytorch", "he")
    )
    assert max(vanished.values()) > min(usual.values())


def test_so_many_seeds_are_run_that_the_range_leaves_out_the_contrary():
    card = CARDS[FEW]
    assert card.seeds == MANY
    assert not card.decides(len(MANY) - 1)
    one = Answer(card, {0: -0.1}, -0.1, ())
    assert one.word == "undecided"
    assert "Give five seeds: --seeds 0 1 2 3 4." in one.meaning()
    assert "try other seeds: --seeds 10 11 12 13 14." in one.advice()


def test_a_number_outside_may_still_agree_with_the_finding():
    card = CARDS["shortcuts-at-14-layers"]
    far = card.band(1).high + 1
    found = Answer(card, {0: far}, far, ())
    assert found.word == "outside"
    assert "holds with your number too, although the size is another one" in found.meaning()


def test_an_undecided_answer_has_an_exit_status_of_its_own(monkeypatch: pytest.MonkeyPatch):
    given = iter([0, 3, 1])
    monkeypatch.setattr(command, "check", lambda *_: next(given))
    assert command.main(["--scheduled"]) == command.SOME_OUTSIDE
    assert command.STATUS["undecided"] == command.SOME_UNDECIDED == 3


def test_the_minutes_are_those_of_all_seeds_that_are_run():
    card = CARDS[FEW]
    of_one = sum(part.minutes() for part in card.parts)
    assert card.minutes == pytest.approx(len(MANY) * of_one)


# What the published weights give ------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", [n for n, c in CARDS.items() if isinstance(c.parts[0], FromWeights)]
)
def test_the_weights_behind_a_card_are_published_and_are_those_of_the_record(name: str):
    for part in CARDS[name].parts:
        trained = weights.load(part.published())
        (record,) = part.recorded()
        assert [trained.record["seed"]] == record["seeds"]
        assert trained.record["model"] == record["settings"]["model"]


SMALLER = {
    Lesioned: ("lesions/shortcut-control_resnet-14_seed0", {"many": 40}),
    Sliced: ("surfaces/shortcut-control_resnet-14_seed0", {"images": 8, "angles": 4}),
    Slipped: ("slips/resnet-14", {"images": 60}),
}
"""Part -> address, and settings that take a second; the digits stand in for photographs."""
READ = {Lesioned: "mildest-lesion", Sliced: "loss-rise", Slipped: "slip-cost"}


@pytest.mark.parametrize("kind", SMALLER)
def test_what_is_computed_from_weights_is_read_like_the_record(kind, monkeypatch):
    address, settings = SMALLER[kind]
    part, value = part_of(address, kind), VALUES[READ[kind]]
    smaller = replace(part.task(), dataset="digits", **settings)
    monkeypatch.setattr(kind, "task", lambda self: smaller)
    (record,) = part.again([0], HERE)
    assert part.owns(record) and part.hash_today(record) == record["hash"]
    (ours,) = part.recorded()
    assert not part.owns(ours)
    assert set(value.read(record)) == set(value.read(ours)) == {0}


def test_a_series_has_a_record_for_each_seed():
    part = part_of("fine-tuning/seed")
    assert isinstance(part, Series) and part.seeds == (0, 1, 2, 3, 4)
    records = part.recorded()
    assert [record["seeds"] for record in records] == [[seed] for seed in part.seeds]
    assert all(part.owns(record) for record in records)
    assert not part.owns(part_of("fine-tuning/rates").recorded()[0])
    assert [part.hash_today(record) for record in records] == [r["hash"] for r in records]
