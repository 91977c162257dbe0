"""What every exported format shares: markup for other readers, order, titles, numbers."""

from __future__ import annotations

import random
from decimal import Decimal
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from bank_questions import ALL, BANK, GIVEN, SITE

from utils.practice import canvas_items, moodle, qti_items
from utils.practice.exported import (
    TITLE_LENGTH,
    ExportError,
    about,
    between_brackets,
    bounds,
    carried,
    digits,
    document,
    grouped,
    made,
    picture,
    share,
    short_title,
    unit_sentence,
)
from utils.practice.kinds import LEVELS
from utils.practice.kinds.label import Label
from utils.practice.kinds.numeric import Numeric, is_close
from utils.practice.markdown import in_order, inline


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (canvas_items.form, "Canvas cannot ask a question of the kind poem"),
        (moodle.form, "Moodle cannot ask a question of the kind poem"),
        (qti_items.ask, "QTI cannot ask a question of the kind poem"),
    ],
)
def test_a_kind_that_a_system_cannot_ask_is_refused_with_the_question(form, said):
    with pytest.raises(ExportError, match=f"^a-poem: {said}$"):
        form(SimpleNamespace(id="a-poem", kind="poem"), SITE)


def test_markup_keeps_its_words_and_loses_what_only_the_book_understands():
    markup = '<div class="a"><p>See <a href="../book/x.html#y">there</a> <span>now</span></p></div>'
    assert carried(markup, SITE, between_brackets) == (
        f'<p>See <a href="{SITE}/book/x.html#y">there</a> now</p>'
    )


def test_a_formula_is_handed_over_as_tex_and_nothing_else_is_taken_for_one():
    seen = []
    markup = inline(r"If $a < b$, then `\(c\)` and $d$.")
    shown = carried(markup, SITE, lambda tex: seen.append(tex) or "FORMULA")
    assert seen == ["a < b", "d"]
    assert shown == r"If FORMULA, then <code>\(c\)</code> and FORMULA."
    assert between_brackets("a < b") == r"\(a &lt; b\)"


def test_groups_hold_every_question_once_in_the_order_of_book_and_level():
    mixed = random.Random(5).sample(BANK, len(BANK))
    groups = grouped(mixed)
    assert sorted(q.id for group in groups for q in group.questions) == sorted(q.id for q in BANK)
    places = [(group.chapter, group.level) for group in groups]
    assert len(set(places)) == len(places)
    chapters = in_order(chapter for chapter, _ in places)
    ranks = [(chapters.index(chapter), LEVELS.index(level)) for chapter, level in places]
    assert ranks == sorted(ranks)
    for group in groups:
        assert {(q.chapter, q.level) for q in group.questions} == {(group.chapter, group.level)}


def test_the_bounds_of_a_number_are_what_a_learner_may_type():
    assert bounds(3.5, 0.1) == ("3.4", "3.6")  # in binary, 3.5 + 0.1 is not 3.6
    assert bounds(100, 0) == ("100", "100")
    assert bounds(2e-7, 1e-8) == ("0.00000019", "0.00000021")
    assert bounds(-1, 0.5) == ("-1.5", "-0.5")
    assert digits(Decimal("1200")) == "1200" and digits(Decimal("0.50")) == "0.5"


@pytest.mark.parametrize(
    "question", [q for q in BANK if isinstance(q, Numeric)], ids=lambda q: q.id
)
def test_the_bounds_agree_with_the_page(question):
    asked = question.answer
    low, high = map(float, bounds(asked.value, asked.reach))
    assert is_close(low, asked.value, asked.reach) and is_close(high, asked.value, asked.reach)
    beyond = 1e-6 * max(1, abs(asked.value))
    assert not is_close(low - beyond, asked.value, asked.reach)
    assert not is_close(high + beyond, asked.value, asked.reach)


def test_a_title_is_the_beginning_of_the_prompt():
    for question in BANK:
        title = short_title(question)
        assert 0 < len(title) <= TITLE_LENGTH + 2 and "\n" not in title and "$" not in title
    (single,) = (q for q in GIVEN if q.kind == "single")
    short = single.model_copy(update={"prompt": "What is **it**?"})
    assert short_title(short) == "What is it?"


def test_a_unit_is_named_and_a_bare_number_needs_no_sentence():
    (number,) = (q for q in GIVEN if q.kind == "numeric")
    assert unit_sentence(number) == "<p>Give your answer in parameters.</p>"
    for unit, sentence in (("%", "per cent, without the sign"), ("", "")):
        answer = number.answer.model_copy(update={"unit": unit})
        assert sentence in unit_sentence(number.model_copy(update={"answer": answer}))
    assert unit_sentence(number.model_copy(update={"answer": answer})) == ""


def test_a_question_says_where_it_comes_from():
    (single,) = (q for q in GIVEN if q.kind == "single")
    words = about(single, SITE)
    assert "section 1" in words and f'href="{SITE}/book/paper.html"' in words


def test_equal_shares_make_the_whole_mark():
    assert [share(count) for count in (1, 3, 4)] == ["100", "33.33333", "25"]
    assert share(4, -1) == "-25"


def test_a_picture_has_a_size_and_words():
    for question in (q for q in ALL if isinstance(q, Label)):
        content, alt = picture(question.drawing)
        root = ElementTree.fromstring(content)
        size = f"0 0 {root.get('width')} {root.get('height')}"
        assert root.tag.endswith("svg") and root.get("viewBox") == size and len(alt) > 20


def test_a_file_begins_with_its_declaration_and_escapes_its_words():
    text = document(made("a", [made("b", "1 < 2 & ≥", c='"')])).decode()
    assert text == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<a><b c="&quot;">1 &lt; 2 &amp; ≥</b></a>\n'
    )
