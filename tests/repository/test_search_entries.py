"""How the search's entries are cut out of a built page."""

from __future__ import annotations

import pytest
from resnet_book.practice.searched import LONGEST, each_once, entries_of, shortened, words_of

PAGE = """<nav>ignored</nav><article class="bd-article"><h1>Practice<a href="#p">#</a></h1>
<p>Own words.</p>
<article class="q" id="q-one"><div class="q-prompt" id="a"><p>What is <math><mi>x</mi></math>?</p>
</div><form><label>An option</label></form></article>
<article class="q q-short" id="q-two"><div class="q-prompt"><p>Say why.</p><pre>1 + 1</pre></div>
<details><summary>Hint</summary>Think.</details></article></article><footer>ignored</footer>"""


def test_a_page_is_cut_into_its_entries_and_its_own_words():
    one, two, page = entries_of("book/practice", "question", PAGE)
    assert (one.asked, one.anchor) == ("What is x?", "q-one")
    assert "An option" in one.text and "Think" not in one.text
    assert two.asked == "Say why." and "1 + 1 Hint Think." in two.text
    assert (page.asked, page.kind, page.anchor) == ("Practice", "page", "")
    assert "Own words." in page.text and "ignored" not in page.text + two.text


@pytest.mark.parametrize(
    ("markup", "fault"),
    [
        (PAGE.replace('class="q', 'class="z'), "has no question and no card"),
        (PAGE.replace('class="q-prompt"', 'class="other"', 1), "q-one has no prompt"),
    ],
)
def test_a_page_that_is_built_otherwise_is_named(markup: str, fault: str):
    with pytest.raises(ValueError, match=fault):
        list(entries_of("book/practice", "question", markup))


def test_a_long_prompt_is_cut_between_words():
    cut = shortened("word " * 100)
    assert len(cut) <= LONGEST + 2 and cut.endswith("word …")


def test_a_question_of_two_pages_is_found_on_the_first():
    here = list(entries_of("book/practice", "question", PAGE))
    there = list(entries_of("book/exam", "question", PAGE))
    assert [entry.page for entry in each_once(iter(here + there)) if entry.anchor] == [
        "book/practice"
    ] * 2


def test_a_formula_in_one_row_is_shown_and_any_other_left_out():
    row = "<math><mi>y</mi><mo>=</mo><mi>x</mi></math>"
    root = "<math><msqrt><mi>x</mi></msqrt></math>"
    assert words_of(f"<p>Is {row} or <b>{root}</b> right?</p>") == "Is y=x or … right?"
