"""The concept inventory asks what the book teaches, and gives nothing away."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from utils.facts.claims import current_claims
from utils.files.places import BOOK
from utils.practice.bank import read_bank
from utils.practice.concepts import CONCEPTS, LETTERS, key_of, load_concepts, read_concepts
from utils.practice.kinds import Question, QuestionError
from utils.practice.kinds.choices import Single
from utils.practice.moodle import element_of

ITEMS = load_concepts()
TEXT = CONCEPTS.read_text(encoding="utf-8")
of_each = pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.id)


def fault(tmp_path, old: str, new: str) -> str:
    """What is said about the file with one place changed."""
    assert TEXT.count(old) >= 1
    path = tmp_path / "concepts.yml"
    path.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(QuestionError) as caught:
        read_concepts(path)
    return str(caught.value)


def test_there_are_twenty_items_with_twenty_concepts():
    assert len(ITEMS) == len({item.concept for item in ITEMS}) == 20


def test_each_letter_is_right_equally_often_and_never_three_times_in_a_row():
    key = key_of(ITEMS)
    assert Counter(key) == dict.fromkeys(LETTERS, 5)
    assert not re.search(r"(.)\1\1", key)


def test_length_does_not_betray_the_right_option():
    ranks = Counter()
    for item in ITEMS:
        lengths = sorted(len(option.text) for option in item.options)
        right = next(len(option.text) for option in item.options if option.correct)
        ranks[lengths.index(right)] += 1
    assert ranks[3] == 0
    assert 4 <= ranks[0] <= 8


LENGTHS = {
    "of any length": lambda length, shortest, longest: True,
    "the shortest": lambda length, shortest, longest: length == shortest,
    "not the longest": lambda length, shortest, longest: length < longest,
    "neither": lambda length, shortest, longest: shortest < length < longest,
}
REASONS = {
    "any": lambda text: True,
    "without because": lambda text: "because" not in text,
    "with because": lambda text: "because" in text,
}


def right_by_guessing(length_fits, reason_fits) -> float:
    """How many items somebody gets right on average who looks at the wording alone.

    Where no option fits, all stay in; among those that fit, chance decides.
    """
    expected = 0.0
    for item in ITEMS:
        lengths = [len(option.text) for option in item.options]
        ends = min(lengths), max(lengths)
        left = [o for o in item.options if length_fits(len(o.text), *ends)] or item.options
        left = [o for o in left if reason_fits(o.text)] or left
        expected += sum(option.correct for option in left) / len(left)
    return expected


@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize("length", LENGTHS)
def test_the_wording_does_not_help_somebody_who_knows_nothing(length, reason):
    assert right_by_guessing(LENGTHS[length], REASONS[reason]) < 8


@of_each
def test_wrong_options_are_claims_of_the_book_with_a_feedback_of_their_own(item):
    assert item.claims
    assert set(item.claims) <= set(current_claims().claims)
    says = [option.feedback for option in item.options]
    assert len(set(says)) == len(says)


@of_each
def test_an_item_has_no_catch_all_no_double_negative_and_no_number_to_remember(item):
    texts = [item.prompt, *(option.text for option in item.options)]
    for text in texts:
        assert not re.search(r"\b(all|none|both|neither) of (the above|these)\b", text, re.I)
        assert not re.search(r"\d{2,}|\d\.\d|%", text), text
    assert not re.search(r"\bwhich\b.*\b(not|no|never)\b", item.prompt, re.I)


@of_each
def test_an_item_belongs_to_a_chapter_and_to_terms_of_the_glossary(item):
    assert any((BOOK.parent / f"{item.chapter}{end}").is_file() for end in (".md", ".ipynb"))
    glossary = (BOOK / "glossary.md").read_text(encoding="utf-8")
    assert all(re.search(rf"^{re.escape(term)}$", glossary, re.M) for term in item.terms)


def test_no_item_says_the_right_option_of_another_one():
    for item in ITEMS:
        right = next(option.text for option in item.options if option.correct)
        words = set(re.findall(r"[a-z]{5,}", right.lower()))
        for other in ITEMS:
            if other is not item:
                told = set(re.findall(r"[a-z]{5,}", other.prompt.lower()))
                assert len(words) < 4 or len(words & told) < 0.75 * len(words), other.id


def test_the_bank_has_none_of_the_items():
    asked = [question for question in read_bank() if isinstance(question, Question)]
    assert not {item.id for item in ITEMS} & {question.id for question in asked}
    assert not {item.prompt for item in ITEMS} & {question.prompt for question in asked}


def test_an_item_goes_wherever_a_question_with_one_answer_goes():
    assert all(isinstance(item, Single) for item in ITEMS)
    made = element_of(ITEMS[0], "https://book.example")
    earned = [answer.get("fraction") for answer in made.iter("answer")]
    assert [LETTERS[n] for n, share in enumerate(earned) if share == "100"] == [ITEMS[0].letter]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("- id: ci-known", "- id: known", "its id begins with ci-"),
        ("  concept: degradation\n", "", "concept is missing"),
        ("\n      correct: true\n", "\n      see: book/claims#claim-one-run\n", "not 0"),
        (
            "- text: The deep network made more mistakes there as well",
            "- text: It is quite certain that the deep network made more mistakes there as well",
            "the right option is the longest",
        ),
        (
            re.search(r" {4}- text: They made equally.*?plain-too-weak\n", TEXT, re.S)[0],
            "",
            "an item has 4 options, not 3",
        ),
    ],
)
def test_an_unfair_or_incomplete_item_is_refused(tmp_path, old, new, words):
    said = fault(tmp_path, old, new)
    assert said.startswith("concepts.yml, line")
    assert words in said


def test_letters_that_are_not_balanced_are_told(tmp_path):
    first = TEXT.index("- id: ci-unlikely-cause")
    path = tmp_path / "concepts.yml"
    path.write_text(TEXT[:first], encoding="utf-8")
    with pytest.raises(QuestionError, match="not spread evenly over the letters: A 0, B 1"):
        read_concepts(path)
