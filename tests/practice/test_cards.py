"""The flashcards: what stands on them, the study session in a browser, and the deck for Anki."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from anki.collection import Collection, ImportAnkiPackageRequest
from anki_cards import card, opened_in_anki
from bs4 import BeautifulSoup

from utils.files.places import ROOT
from utils.files.yaml_files import read_yaml
from utils.practice.anki import full_links, plain_math, stable_number, write_deck
from utils.practice.flashcards import load_cards, render_cards, source_words

PAGE = "book/cards.html"
SITE = "https://book.example"
CARDS = load_cards()


# The bank --------------------------------------------------------------------------------------


def test_there_are_at_least_seventy_cards_of_all_levels_and_many_chapters():
    assert len(CARDS) >= 70
    assert {c.level for c in CARDS} == {"easy", "medium", "hard"}
    assert len({c.chapter for c in CARDS}) >= 8


def test_fronts_are_short_and_answers_have_one_to_three_sentences():
    for c in CARDS:
        assert len(c.front) <= 130, c.id
        text = re.sub(r"\$[^$]*\$|`[^`]*`|\d\.\d", "x", c.back)
        assert len(re.findall(r"[.?!:;](?:\s|\*|$)", text)) <= 5, c.id
        assert len(re.findall(r"[.?!](?:\s|$)", text)) <= 3, c.id


def test_no_two_cards_ask_the_same():
    assert len({c.front for c in CARDS}) == len(CARDS)


def test_every_card_names_a_term_and_a_source_that_readers_can_follow():
    for c in CARDS:
        assert c.terms, c.id
        assert not re.search(r"\b[a-z]+\d{4}", source_words(c)), c.id


def test_cards_of_the_source_documents_are_carried():
    carried = {element for c in CARDS for element in c.inventory}
    assert carried == {f"S1-FC{number}" for number in range(1, 6)}
    places = read_yaml(ROOT / "book/data/inventory/cards.yml")
    for c in CARDS:
        for element in c.inventory:
            assert places[element] == f"{PAGE}#{c.id}"


def test_scheduler_is_the_file_that_was_published():
    readme = (ROOT / "book/_static/vendor/README.md").read_text(encoding="utf-8")
    stated = re.search(r"`ts-fsrs` [\d.]+, .*?SHA-256 `([0-9a-f]{64})` \| MIT", readme)[1]
    folder = ROOT / "book/_static/vendor/ts-fsrs"
    assert hashlib.sha256((folder / "index.umd.js").read_bytes()).hexdigest() == stated
    assert (folder / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")


HOSTILE = '<img src=x onerror="window.run=1"><script>window.run=2</script>'


def test_text_that_looks_like_html_is_escaped():
    markup = render_cards([card("a", front=HOSTILE, back=HOSTILE, source=HOSTILE)], "")
    soup = BeautifulSoup(markup, "html.parser")
    assert not soup.find(["img", "script"])
    for name in (".fc-front", ".fc-back", ".fc-about"):
        assert HOSTILE in soup.select_one(name).get_text()


# Anki ------------------------------------------------------------------------------------------


def test_deck_has_formulas_and_links_that_anki_understands(tmp_path: Path):
    size = write_deck(
        [card("a", front="Is $a<b$?", back="See [the paper](../book/paper.md#paper-formula).")],
        tmp_path / "deck.apkg",
        SITE,
    )
    assert size == (tmp_path / "deck.apkg").stat().st_size
    ((front, back, source, _),) = opened_in_anki(tmp_path / "deck.apkg", tmp_path).values()
    assert front == r"Is \(a&lt;b\)?"
    assert back == f'<p>See <a href="{SITE}/book/paper.html#paper-formula">the paper</a>.</p>'
    assert source == "computed"


def test_newer_deck_updates_the_cards_of_an_older_one(tmp_path: Path, monkeypatch):
    for second, text in enumerate(["old", "new"]):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(1_770_000_000 + second))
        write_deck([card("a", back=text)], tmp_path / "deck.apkg", SITE)
        notes = opened_in_anki(tmp_path / "deck.apkg", tmp_path)
    assert [fields[1] for fields in notes.values()] == ["<p>new</p>"]


def test_a_newer_deck_keeps_the_schedule_adds_cards_and_takes_none_away(tmp_path, monkeypatch):
    def deck(second: int, **backs: str) -> ImportAnkiPackageRequest:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(1_770_000_000 + second))
        path = tmp_path / f"{second}.apkg"
        write_deck([card(id_, back=back) for id_, back in backs.items()], path, SITE)
        return ImportAnkiPackageRequest(package_path=str(path))

    collection = Collection(str(tmp_path / "kept.anki2"))
    collection.import_anki_package(deck(0, a="old", gone="gone"))
    (known,) = collection.find_cards('"Back:*old*"')
    collection.sched.set_due_date([known], "30!")  # a card that comes back in thirty days
    before = collection.get_card(known)
    collection.import_anki_package(deck(1, a="new", b="added"))
    after = collection.get_card(known)
    assert "new" in after.note()["Back"]
    assert (after.due, after.ivl, after.type) == (before.due, before.ivl, before.type)
    assert before.ivl == 30
    assert (
        len(collection.find_cards('"Back:*gone*"')) == len(collection.find_cards("is:review")) == 1
    )
    assert len(collection.find_cards("")) == 3
    collection.close()


def test_identities_depend_on_names_alone_and_fit_into_31_bits():
    assert stable_number("a") == stable_number("a") != stable_number("b")
    assert all(0 < stable_number(str(number)) < 2**31 for number in range(100))


def test_math_loses_its_element_and_links_get_their_site():
    markup = '<p><span class="math notranslate nohighlight">\\(x\\)</span></p>'
    assert plain_math(markup) == "<p>\\(x\\)</p>"
    assert full_links('<a href="../book/a.html">', SITE) == f'<a href="{SITE}/book/a.html">'
    assert full_links('<a href="https://doi.org/1">', SITE) == '<a href="https://doi.org/1">'
