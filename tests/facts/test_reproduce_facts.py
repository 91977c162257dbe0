"""The cards and what readers sent are read strictly, and each fault is named."""

import json
from pathlib import Path

import pytest

from utils.facts.checked import check
from utils.facts.confirmations import Confirmation, ConfirmationError, confirmations
from utils.facts.reproduce import CardError, Cards

KNOWN = {"values": ("test-accuracy",), "records": ("fast-20/resnet-20_fast",)}
CARD = {
    "id": "one", "finding": "It is so.", "page": "book/measured", "value": "test-accuracy",
    "of": "fast-20/resnet-20_fast", "against": "equal",
}  # fmt: skip
SENT = {
    "schema": 1, "kind": "confirmation", "card": "one", "answer": "within", "values": {"0": 89.5},
    "hashes": ["ab"], "git_commit": "cd", "finished": "2027-01-01T00:00:00+00:00",
    "machine": {
        "device": "A processor", "device_type": "cpu", "processes": 1, "threads": 4, "cores": 4,
        "precision": "fp32", "platform": "Linux",
        "versions": {"python": "3.12", "torch": "2.15", "numpy": "2.4", "cuda": None},
    },
}  # fmt: skip


LEFT_OUT = {"page": "book/take", "reason": "It has no number."}


def cards(*changes: dict, unchecked: dict = LEFT_OUT) -> Cards:
    content = {"cards": [{**CARD, **change} for change in changes], "unchecked": [unchecked]}
    return check(Cards, content, "reproduce.yml", KNOWN)


def test_a_card_without_minus_needs_one_part():
    (card,) = cards({}).cards
    assert card.parts == ("fast-20/resnet-20_fast",)
    (card,) = cards({"minus": "fast-20/resnet-20_fast"}).cards
    assert len(card.parts) == 2


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"id": "One Two"}, "card One Two: id must be lower-case words"),
        ({"page": "book/nowhere"}, "card one: page 'book/nowhere' is no page of the book"),
        ({"value": "beauty"}, "value 'beauty' is none of: test-accuracy"),
        ({"of": "fast-20/resnet-1"}, "of 'fast-20/resnet-1' is no experiment with a name"),
        ({"minus": "x"}, "minus 'x' is no experiment"),
        ({"against": "1"}, "against '1' is none of: equal, other, records such as"),
        ({"shows": "turn"}, "shows must be a list|it must be a list"),
        ({"claim": "x"}, "claim 'x' is not in claims.yml"),
        ({"scheduled": "yes"}, "scheduled must be true or false, found 'yes'"),
        ({"expected": 89.5}, "expected is not a field"),
        ({"finding": ""}, "finding must be text in quotes"),
    ],
)
def test_a_malformed_card_is_named_with_its_fault(change: dict, why: str):
    with pytest.raises(CardError, match=why):
        cards(change)


def test_an_id_that_stands_twice_is_named():
    with pytest.raises(CardError, match="card one: this id stands twice"):
        cards({}, {})


def test_a_number_that_is_checked_and_said_not_to_be_is_named():
    left_out = {
        "page": "book/measured",
        "reason": "It is so.",
        "numbers": "Two.",
        "shows": ["turn", "scar"],
    }
    with pytest.raises(CardError, match="card one: turn is also under unchecked"):
        cards({"shows": ["turn"]}, unchecked=left_out)


def test_a_page_without_a_card_says_why():
    with pytest.raises(CardError, match="page book/take: reason is missing"):
        cards({}, unchecked={"page": "book/take"})
    with pytest.raises(CardError, match="page book/take: name the numbers"):
        cards({}, unchecked={**LEFT_OUT, "shows": ["turn"]})
    with pytest.raises(CardError, match="page 'book/x' is no page of the book"):
        cards({}, unchecked={**LEFT_OUT, "page": "book/x"})


@pytest.mark.parametrize("against", ["other", "fast-20/resnet-20_fast", "6/resnet-20/error"])
def test_what_contradicts_a_card_is_no_typed_number(against: str):
    assert cards({"against": against}).cards[0].against == against


def put(folder: Path, name: str, **changes: object) -> None:
    (folder / name).write_text(json.dumps({**SENT, **changes}), encoding="utf-8")


def test_confirmations_are_read_in_the_order_of_their_issues(tmp_path: Path):
    put(tmp_path, "110.json")
    put(tmp_path, "9.json", values={"0": 1, "7": 2.5})
    found = confirmations(tmp_path)
    assert list(found) == [9, 110]
    assert found[9].values == {"0": 1, "7": 2.5}


def test_without_the_folder_there_are_none(tmp_path: Path):
    assert confirmations(tmp_path / "nothing") == {}


@pytest.mark.parametrize(
    ("name", "changes", "why"),
    [
        ("mine.json", {}, "mine.json: name the file after the issue that brought it"),
        ("3.json", {"values": {}}, "3.json, values: there is none; each seed needs one"),
        ("3.json", {"values": {"first": 1.0}}, "3.json, values: 'first' is no seed"),
        ("3.json", {"answer": "perhaps"}, "answer must be one of 'within', 'outside' or"),
        ("3.json", {"kind": "measurement"}, "kind must be one of 'confirmation'"),
        ("3.json", {"schema": 2}, "schema"),
        ("3.json", {"by": "me"}, "top level: it must hold exactly"),
        ("3.json", {"machine": {"device": "x"}}, "machine"),
    ],
)
def test_a_malformed_confirmation_is_named_with_its_fault(
    tmp_path: Path, name: str, changes: dict, why: str
):
    put(tmp_path, name, **changes)
    with pytest.raises(ConfirmationError, match=why):
        confirmations(tmp_path)


def test_what_is_no_json_is_named(tmp_path: Path):
    (tmp_path / "4.json").write_text("within", encoding="utf-8")
    with pytest.raises(ConfirmationError, match=r"4\.json cannot be read as JSON"):
        confirmations(tmp_path)


def test_the_fields_are_those_that_the_command_writes():
    assert check(Confirmation, SENT, "1.json").machine.threads == 4
