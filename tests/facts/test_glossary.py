"""The glossary: complete definitions, used by the book, and shown where its terms stand."""

from __future__ import annotations

import re

import pytest
from prose import Entry, entries, sentences, unlinked_first_uses

ENTRIES = entries()
by_name = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.names[0])


def article(*paragraphs: str) -> str:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f'<article class="bd-article">{body}</article>'


def term(id_: str, text: str) -> str:
    return f'<a href="../book/glossary.html#{id_}"><span class="std-term">{text}</span></a>'


# Definitions --------------------------------------------------------------------------------


@by_name
def test_definition_has_two_to_five_sentences(entry: Entry):
    assert 2 <= len(sentences(entry.text)) <= 5, sentences(entry.text)


CONFUSED = "Not to be confused with"
WARNING = [entry for entry in ENTRIES if CONFUSED in entry.text]
TERM = re.compile(r"\{term\}`(?:[^`<]*<)?([^`<>]+)>?`")


@pytest.mark.parametrize("entry", WARNING, ids=lambda entry: entry.names[0])
def test_what_a_term_is_confused_with_is_another_term(entry: Entry):
    known = {name for other in ENTRIES if other != entry for name in other.names}
    neighbours = TERM.findall(entry.text.partition(CONFUSED)[2])
    assert neighbours and set(neighbours) <= known


@by_name
def test_first_sentence_can_be_spoken(entry: Entry):
    first = re.split(r"(?<=[.!?])\s+(?=[A-Z{])", entry.text)[0]
    assert "$" not in first, "the first sentence is a link's description: no formula in it"


def test_glossary_has_the_terms_that_the_book_needs():
    assert len(ENTRIES) >= 65
    names = [name.lower() for entry in ENTRIES for name in entry.names]
    assert len(set(names)) == len(names)


def test_a_sentence_ends_at_a_full_stop_before_a_capital():
    text = "It has 1.28 million images. {term}`Batch normalisation <x>` uses $a. B$ there. Good."
    assert sentences(text) == [
        "It has 1.28 million images.",
        "Batch normalisation uses X there.",
        "Good.",
    ]


# First use ----------------------------------------------------------------------------------

SEED = Entry(("seed",), "")
BLOCK = Entry(("residual block",), "")
BOTTLENECK = Entry(("bottleneck residual block",), "")


def test_an_unlinked_first_use_is_reported_with_its_sentence():
    page = article("First. Two seeds differ, 0.5 apart. Then.", f"A {term('term-seed', 'seed')}.")
    assert list(unlinked_first_uses(page, [SEED])) == [("seed", "Two seeds differ, 0.5 apart.")]


def test_a_linked_first_use_frees_the_later_ones():
    page = article(f"One {term('term-seed', 'seed')}, two seeds.", "A Seed.")
    assert not list(unlinked_first_uses(page, [SEED]))


def test_a_longer_term_is_not_taken_for_the_shorter_one_inside_it():
    page = article("A bottleneck residual block.")
    assert [name for name, _ in unlinked_first_uses(page, [BLOCK, BOTTLENECK])] == [
        "bottleneck residual block"
    ]


def test_words_outside_prose_are_not_a_first_use():
    page = article("<code>seed</code>", '<a href="x.html">Seeds</a>', "Seeded, reseed, seed-like.")
    page = page.replace("</article>", "<h2>The seed</h2><table><td>seed</td></table></article>")
    assert not list(unlinked_first_uses(page, [SEED]))


def test_a_name_with_capitals_is_told_from_the_everyday_word():
    page = article("The maps are small.", "The mAP is high.")
    found = list(unlinked_first_uses(page, [Entry(("mAP",), "")]))
    assert found == [("mAP", "The mAP is high.")]
