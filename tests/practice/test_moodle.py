"""The bank as a quiz for Moodle: judged there as on the page, whole, and safe."""

from __future__ import annotations

import base64
import math
import re
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest
from bank_questions import ALL, BANK, GIVEN, SITE
from bs4 import BeautifulSoup

from utils.practice.flashcards import load_cards
from utils.practice.kinds import Question
from utils.practice.kinds.choices import Choices
from utils.practice.kinds.numeric import Numeric
from utils.practice.markdown import inline
from utils.practice.moodle import (
    MoodleError,
    category,
    element_of,
    share,
    text_of,
    write_quiz,
)

SHARES = {
    *(100, 90, 83.33333, 80, 75, 70, 66.66667, 60, 50, 40, 33.33333, 30, 25, 20, 16.66667),
    *(14.28571, 12.5, 11.11111, 10, 5, 0),
}
"""The per cent of a mark that Moodle takes; it refuses a question with others."""


def made(question: Question) -> ElementTree.Element:
    """A question as a reader of the file gets it."""
    text = ElementTree.tostring(element_of(question, SITE), encoding="unicode")
    return ElementTree.fromstring(text)


def of_kind(kind: type) -> list:
    return [pytest.param(q, id=q.id) for q in ALL if isinstance(q, kind)]


def earned(root: ElementTree.Element, places: tuple[int, ...]) -> float:
    """The mark of Moodle's multiple choice, in per cent and not below nothing."""
    answers = root.findall("answer")
    return max(0.0, sum(float(answers[place].get("fraction")) for place in places))


@pytest.mark.parametrize("question", of_kind(Choices))
def test_only_the_right_choice_earns_the_whole_mark(question):
    if not question.options:
        return
    root, places = made(question), range(len(question.options))
    for count in range(1, len(places) + 1 if question.several else 2):
        for chosen in combinations(places, count):
            whole = earned(root, chosen) > 99.99
            assert whole == question.judge(chosen).right, chosen
    texts = [BeautifulSoup(a.findtext("feedback/text"), "html.parser") for a in root.iter("answer")]
    for option, told in zip(question.options, texts, strict=True):
        said = BeautifulSoup(option.says(), "html.parser").get_text()
        assert "".join(told.get_text().split()) == "".join(said.split())


@pytest.mark.parametrize("question", of_kind(Numeric))
def test_a_number_is_right_within_the_tolerance_and_a_typical_mistake_is_named(question):
    answers = made(question).findall("answer")

    def judged(number: float) -> ElementTree.Element | None:
        for one in answers:
            reach = float(one.findtext("tolerance"))
            if abs(number - float(one.findtext("text"))) <= reach + 1e-9 * max(1, abs(number)):
                return one
        return None

    asked = question.answer
    for number in (asked.value, asked.value + 0.9 * asked.reach, asked.value - 0.9 * asked.reach):
        assert judged(number).get("fraction") == "100"
        assert question.judge(repr(number)).right
    too_far = asked.value + 1.1 * asked.reach + 0.001
    for number in (too_far, *(near.value for near in question.near)):
        found = judged(number)
        assert found is None or found.get("fraction") == "0"
    for near in question.near:
        said = BeautifulSoup(near.says(), "html.parser").get_text()
        told = BeautifulSoup(judged(near.value).findtext("feedback/text"), "html.parser").get_text()
        assert "".join(told.split()) == "".join(said.split())


def test_steps_have_their_places_and_places_of_a_drawing_their_names():
    (order,) = (q for q in GIVEN if q.kind == "order")
    asked = list(made(order).iter("subquestion"))
    assert [one.findtext("text") for one in asked] == [
        text_of(inline(step.text), SITE) for step in order.options
    ]
    assert [one.findtext("answer/text") for one in asked] == [
        str(place) for place in range(1, len(asked) + 1)
    ]
    (label,) = (q for q in GIVEN if q.kind == "label")
    root = made(label)
    assert [p.findtext("answer/text") for p in root.iter("subquestion")] == [*label.labels.values()]
    (file,) = root.iter("file")
    assert base64.b64decode(file.text).startswith(b"<svg")
    image = BeautifulSoup(root.findtext("questiontext/text"), "html.parser").img
    assert image["src"] == f"@@PLUGINFILE@@/{file.get('name')}" and len(image["alt"]) > 20


def test_what_is_typed_is_compared_in_one_line_and_marked_by_the_teacher_in_several():
    (typed,) = (q for q in GIVEN if q.kind == "output" and not q.options)
    one = typed.model_copy(update={"output": "a * b"})
    assert made(one).get("type") == "shortanswer"
    assert made(one).findtext("answer/text") == r"a \* b"  # a star alone stands for any text
    several = typed.model_copy(update={"output": "<a>\nb"})
    assert made(several).get("type") == "essay"
    assert "&lt;a&gt;\nb" in made(several).findtext("graderinfo/text")


def test_an_explanation_tells_the_teacher_what_a_good_one_holds():
    (short,) = (q for q in GIVEN if q.kind == "short")
    told = made(short).findtext("graderinfo/text")
    words = " ".join(BeautifulSoup(told, "html.parser").get_text().split())
    assert all(concept.concept in words for concept in short.rubric)
    assert made(short).find("hint") is None and made(short).findtext("penalty") == "0"


@pytest.mark.parametrize("question", [pytest.param(q, id=q.id) for q in BANK])
def test_a_question_says_all_that_the_page_says_with_whole_addresses(question):
    root = made(question)
    texts = [e.findtext("text") or "" for e in root.iter() if e.get("format") == "html"]
    for text in texts:
        soup = BeautifulSoup(text, "html.parser")
        assert not soup.find_all(["span", "div", "script", "svg"])
        assert all(link["href"].startswith("https://") for link in soup.find_all("a"))
        assert text.count("\\(") == text.count("\\)")
    assert root.findtext("idnumber") == root.findtext("name/text") == question.id
    assert question.level in [tag.findtext("text") for tag in root.iter("tag")]
    for one in root.iter("answer"):
        if one.get("fraction") is not None:
            assert min(abs(abs(float(one.get("fraction"))) - known) for known in SHARES) < 1e-9


@pytest.mark.parametrize("count", range(1, 11))
def test_shares_are_those_that_moodle_knows_and_make_a_whole(count: int):
    assert float(share(count)) in SHARES
    assert math.isclose(count * float(share(count)), 100, abs_tol=1e-4)
    assert share(count, -1) == f"-{share(count)}"


def test_hostile_words_stay_words():
    (single,) = (q for q in GIVEN if q.kind == "single")
    bad = "]]></text><script>alert(1)</script>"
    root = made(single.model_copy(update={"prompt": bad}))
    asked = BeautifulSoup(root.findtext("questiontext/text"), "html.parser")
    assert asked.script is None and asked.get_text().strip() == bad


def test_the_whole_bank_is_in_the_file_once_in_categories_by_chapter_and_level(tmp_path: Path):
    path = tmp_path / "made" / "quiz.xml"
    assert write_quiz(BANK, path, SITE) == len(BANK)
    place, found = "", {}
    for root in ElementTree.parse(path).getroot():
        if root.get("type") == "category":
            place = root.findtext("category/text")
        else:
            assert root.findtext("idnumber") not in found
            found[root.findtext("idnumber")] = place
    assert found.keys() == {question.id for question in BANK}
    for question in BANK:
        assert found[question.id].endswith(f"/{question.level}")
    assert len({re.sub(r"/\w+$", "", name) for name in found.values()}) == len(
        {question.chapter for question in BANK}
    )


def test_a_stroke_in_a_title_makes_no_category():
    assert category("a/b", "easy").findtext("category/text").endswith("/a//b/easy")


def test_a_card_is_no_question():
    with pytest.raises(MoodleError, match="card"):
        element_of(load_cards()[0], SITE)
