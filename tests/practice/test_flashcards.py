"""What stands on a flashcard, without a browser: its markup, its source, its place in the list."""

from __future__ import annotations

import re

import pytest
import yaml
from bs4 import BeautifulSoup, Tag

from utils.practice import flashcards
from utils.practice.kinds import Card

FIELDS = {"kind": "card", "level": "easy", "chapter": "book/paper", "front": "What is $F(x)$?",
          "back": "The *residual*.", "source": "computed", "terms": ["MAC"]}  # fmt: skip


def card(name: str, **changes: str) -> Card:
    return Card.model_validate({**FIELDS, "id": name, **changes})


def parsed(markup: str) -> BeautifulSoup:
    return BeautifulSoup(markup, "html.parser")


def only(found: list[Tag]) -> Tag:
    (element,) = found
    return element


def test_cards_are_introduced_by_chapter_and_from_easy_to_hard(tmp_path):
    # In the book's contents the paper's chapter stands before "after", as in no alphabet.
    wanted = ["paper-easy", "paper-medium", "paper-hard", "late-easy", "late-hard"]
    given = [
        card("late-hard", chapter="book/after", level="hard"),
        card("paper-hard", level="hard"),
        card("late-easy", chapter="book/after"),
        card("paper-medium", level="medium"),
        card("paper-easy"),
    ]
    entries = [{**FIELDS, **c.model_dump(exclude_defaults=True)} for c in given]
    question = {
        "id": "no-card", "kind": "output", "level": "easy", "chapter": "book/paper",
        "prompt": "What does this print?", "code": "print(1 + 1)", "output": "2",
        "hint": "Add.", "solution": ["It adds."],
        "source": "computed", "terms": ["MAC"],
    }  # fmt: skip
    (tmp_path / "a.yml").write_text(yaml.safe_dump([*entries, question]), encoding="utf-8")
    assert [c.id for c in flashcards.load_cards(tmp_path)] == wanted


def test_a_card_shows_its_question_and_keeps_its_answer_folded():
    shown = parsed(flashcards.render_card(card("one", level="medium")))
    item = only(shown.find_all("li", recursive=False))
    assert {key: item[key] for key in ("id", "data-card", "data-chapter", "data-level")} == {
        "id": "one", "data-card": "one", "data-chapter": "book/paper", "data-level": "medium",
    }  # fmt: skip
    details = only(item.find_all("details", recursive=False))
    assert not details.has_attr("open")
    front = only(details.summary.select(".fc-front"))
    assert "F(x)" in front.text and "residual" not in details.summary.text
    back = only(details.select(".fc-back"))
    assert str(back) == '<div class="fc-back"><p>The <em>residual</em>.</p></div>'
    about = only(details.select(".fc-about"))
    assert about.text == "Source: computed. Medium."
    assert only(about.select(".fc-level")).text == "Medium."


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("he2016deep, section 3.1", "the paper, section 3.1"),
        ("veit2016residual, Table 1", "Veit et al. 2016, Table 1"),
        ("he2016identity; veit2016residual", "He et al. 2016b; Veit et al. 2016"),
        ("nobody1999nothing", "nobody1999nothing"),
        ("computed", "computed"),
    ],
)
def test_a_source_is_told_by_names(source, words):
    known = {"he2016deep": ("He et al.", "2016a"), "he2016identity": ("He et al.", "2016b"),
             "veit2016residual": ("Veit et al.", "2016")}  # fmt: skip
    flashcards.works.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flashcards, "who_and_when", lambda: known)
        assert flashcards.source_words(card("one", source=source)) == words
    flashcards.works.cache_clear()


def test_marks_in_a_source_are_shown_and_not_read_as_markup():
    shown = flashcards.render_card(card("one", source="a < b & c"))
    assert "Source: a &lt; b &amp; c." in shown


def test_the_list_has_a_part_for_each_chapter_with_its_cards():
    cards = [card("a"), card("b", chapter="book/timeline"), card("c"), card("d")]
    shown = parsed(flashcards.render_cards(cards, '<p id="deck">Deck</p>'))
    order = [element.get("class", [element.get("id")])[0] for element in shown.find_all(True,
             recursive=False)]  # fmt: skip
    assert order == ["fc-study", "deck", "fc-all"]
    study = only(shown.select(".fc-study"))
    assert study["data-new-a-day"] == "10" and "needs JavaScript" in study.text
    groups = shown.select(".fc-all > section.fc-group")
    assert [group["data-chapter"] for group in groups] == ["book/paper", "book/timeline"]
    for group, ids, count in zip(groups, (["a", "c", "d"], ["b"]), ("3 cards", "1 card"),
                                 strict=True):  # fmt: skip
        assert [item["id"] for item in group.select("ul.fc-list > li")] == ids
        assert only(group.select(".fc-count")).text == count
        link = only(group.select("h3 > a"))
        assert link["href"] == f"../{group['data-chapter']}.html"
        assert link.text == group["data-title"] != group["data-chapter"]


def test_the_start_page_offers_the_cards_and_says_how_many():
    shown = flashcards.render_due([card("a"), card("b")], "book/cards.html?x=1&y=2")
    line = only(parsed(shown).find_all("p"))
    assert line["class"] == ["fc-due"] and line["data-cards"].split() == ["a", "b"]
    assert only(line.find_all("a"))["href"] == "book/cards.html?x=1&y=2"
    assert line.text == "Study with 2 flashcards" and re.search(r"<span></span></p>$", shown)
