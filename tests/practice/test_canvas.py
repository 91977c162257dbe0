"""The bank for Canvas: judged there as on the page, whole, and in the form that Canvas reads."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
from bank_questions import ALL, ASKED, BANK, GIVEN, SITE
from bs4 import BeautifulSoup
from qti_answers import Try, answered, choices, named_places, numbers, orders
from qti_judged import ASI, Item12, said_in_html
from qti_models import FILE_12, faults, other_values

from utils.practice.canvas import write_canvas
from utils.practice.canvas_items import CanvasError, item
from utils.practice.flashcards import load_cards
from utils.practice.kinds import Question
from utils.practice.kinds.choices import Choices, Output
from utils.practice.kinds.label import Label
from utils.practice.kinds.numeric import Numeric
from utils.practice.kinds.order import Order
from utils.practice.markdown import inline, page_title

CP = "{http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1}"
CANVAS_KINDS = {
    "single": "multiple_choice_question",
    "multiple": "multiple_answers_question",
    "numeric": "numerical_question",
    "order": "matching_question",
    "output": "multiple_choice_question",
    "bug": "multiple_choice_question",
    "label": "matching_question",
    "short": "essay_question",
}
"""The names under which Canvas knows its kinds of question."""


def made(question: Question) -> Element:
    """A question as a reader of the file gets it."""
    root = item(question, SITE)
    root.set("xmlns", ASI.strip("{}"))
    return ElementTree.fromstring(ElementTree.tostring(root))


def facts(root: Element) -> dict[str, str]:
    """The fields of the metadata."""
    fields = root.iter(f"{ASI}qtimetadatafield")
    return {one.findtext(f"{ASI}fieldlabel"): one.findtext(f"{ASI}fieldentry") for one in fields}


def texts(root: Element) -> dict[str, str]:
    """Identity -> text of what is offered."""
    return {
        one.get("ident"): said_in_html(one.findtext(f".//{ASI}mattext"))
        for one in root.iter(f"{ASI}response_label")
    }


def pairs(root: Element) -> dict[str, str]:
    """Text on the left of a matching question -> the identity of its response."""
    return {
        said_in_html(one.findtext(f"{ASI}material/{ASI}mattext")): one.get("ident")
        for one in root.iter(f"{ASI}response_lid")
    }


def tries(question: Question, root: Element) -> list[Try]:
    """Answers by the identities of the item; what stands there has the words of the page."""
    if isinstance(question, Choices) and question.options:
        names = [str(1001 + place) for place in range(len(question.options))]
        found = texts(root)
        assert found == {
            name: said_in_html(inline(option.text))
            for name, option in zip(names, question.options, strict=True)
        }
        return list(choices(question, "response1", names))
    if isinstance(question, Output):
        return [
            Try({"response1": typed}, question.judge(typed).right, [])
            for typed in (question.output, f"{question.output}x")
        ]
    if isinstance(question, Numeric):
        return [
            Try(one.answers, one.right, []) for one in numbers(question, "response1")
        ]  # Canvas tells typical mistakes to everybody who is wrong; see the test below
    if isinstance(question, Order):
        left, right = pairs(root), {word: key for key, word in texts(root).items()}
        steps = [left[said_in_html(inline(step.text))] for step in question.options]
        return [
            Try({steps[step]: right[str(at)] for at, step in enumerate(places, 1)}, fits, [])
            for places, fits in orders(question)
        ]
    if isinstance(question, Label):
        left, right = pairs(root), {word: key for key, word in texts(root).items()}
        return [
            Try(
                {left[f"Place{at}"]: right["".join(n.split())] for at, n in given.items()}, fits, []
            )
            for given, fits in named_places(question)
        ]
    return []


@pytest.mark.parametrize("kind", ASKED)
def test_only_the_right_answer_earns_the_whole_mark_and_the_rest_is_told_its_words(kind: str):
    for question, root, judged in answered(kind, made, tries, Item12):
        hint = said_in_html(f"<b>Hint:</b>{inline(question.hint)}")
        in_parts = facts(root)["question_type"] == "matching_question"
        for one, (score, texts_told) in judged:
            assert (score > 0.9999) == one.right, (question.id, one.answers)
            assert in_parts or score in (0, 1), (question.id, one.answers)
            told = "".join(texts_told)
            assert all(words in told for words in one.told), (question.id, one.answers)
            assert (hint in told) == (in_parts or not one.right), (question.id, one.answers)


def test_an_item_with_a_wrong_key_is_noticed():
    for kind in ("single", "multiple", "order", "label", "numeric"):
        (question,) = (q for q in GIVEN if q.kind == kind)
        root = made(question)
        right = next(one for one in tries(question, root) if one.right)
        assert Item12(root).answer(right.answers).score > 0.9999
        for one in root.iter(f"{ASI}respcondition"):
            if one.find(f"{ASI}setvar") is not None:
                for value in one.iter():
                    if value.get("respident"):
                        value.text = "1e9"
        assert Item12(root).answer(right.answers).score == 0, kind


@pytest.mark.parametrize("question", [q for q in ALL if isinstance(q, Numeric)], ids=lambda q: q.id)
def test_a_number_has_one_right_rule_and_typical_mistakes_are_told_after_a_wrong_one(question):
    root = made(question)
    earning = [
        one for one in root.iter(f"{ASI}respcondition") if one.find(f"{ASI}setvar") is not None
    ]
    assert len(earning) == 1
    limits = [one for one in root.iter() if one.tag in (f"{ASI}vargte", f"{ASI}varlte")]
    assert len(limits) == 2  # Canvas would read a second pair as a second right answer
    told = "".join(Item12(root).answer({"response1": question.answer.value + 1e9}).told)
    assert all(said_in_html(near.says()) in told for near in question.near)


def test_each_kind_has_the_name_that_canvas_knows():
    for question in BANK:
        known = facts(made(question))
        assert known["question_type"] == CANVAS_KINDS[question.kind], question.id
        answers = [int(one) for one in filter(None, known["original_answer_ids"].split(","))]
        assert len(set(answers)) == len(answers)
    (typed,) = (q for q in GIVEN if q.kind == "output" and not q.options)
    assert facts(made(typed))["question_type"] == "short_answer_question"
    several = typed.model_copy(update={"output": "<a>\nb"})
    assert facts(made(several))["question_type"] == "essay_question"
    assert "<a>b" in Item12(made(several)).answer({"response1": "words"}).told[0]


def test_an_explanation_gives_the_hint_first_and_the_model_answer_afterwards():
    (short,) = (q for q in GIVEN if q.kind == "short")
    root = made(short)
    asked = root.findtext(f"{ASI}presentation/{ASI}material/{ASI}mattext")
    assert said_in_html(inline(short.hint)) in said_in_html(asked)
    judged = Item12(root).answer({"response1": "words"})
    assert judged.score == 0
    assert all("".join(one.concept.split()) in judged.told[0] for one in short.rubric)


def test_formulas_are_what_canvas_sets_and_code_stays_code():
    (single,) = (q for q in GIVEN if q.kind == "single")
    root = made(single.model_copy(update={"prompt": r"Is $a < b$ true, and what is `\(c\)`?"}))
    asked = root.findtext(f"{ASI}presentation/{ASI}material/{ASI}mattext")
    soup = BeautifulSoup(asked, "html.parser")
    assert soup.find(class_="math_equation_latex").get_text() == r"\(a < b\)"
    assert soup.code.get_text() == r"\(c\)" and soup.code.find("span") is None


def test_hostile_words_stay_words():
    (single,) = (q for q in GIVEN if q.kind == "single")
    bad = "]]></mattext><script>alert(1)</script>"
    root = made(single.model_copy(update={"prompt": bad}))
    soup = BeautifulSoup(root.findtext(f"{ASI}presentation//{ASI}mattext"), "html.parser")
    assert soup.script is None and soup.get_text().strip() == bad


def test_a_card_is_no_question():
    with pytest.raises(CanvasError, match="card"):
        item(load_cards()[0], SITE)


# The package --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def package(tmp_path_factory) -> dict[str, bytes]:
    """Name -> contents of the package of the whole bank."""
    path = tmp_path_factory.mktemp("made") / "inner" / "canvas.zip"
    assert write_canvas(BANK, path, SITE) == len(BANK)
    again = path.with_name("again.zip")
    write_canvas(BANK, again, SITE)
    assert path.read_bytes() == again.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def banks(package: dict[str, bytes]) -> dict[str, Element]:
    """Name -> first element of each bank."""
    return {
        name: ElementTree.fromstring(content)
        for name, content in package.items()
        if name.startswith("banks/")
    }


def test_every_file_is_as_the_schema_wants_it(package):
    for name in [*banks(package), "quiz.xml"]:
        root = ElementTree.fromstring(package[name])
        assert [*faults(root, FILE_12, ASI), *other_values(root)] == [], name


def test_a_file_against_the_schema_is_noticed(package):
    good = package["quiz.xml"].decode()
    for old, new in (
        ("<selection_number>", "<number>"),
        (' ident="root_section"', ""),
        ("<selection_ordering>", "<selection_ordering>words"),
    ):
        bad = good.replace(old, new).replace("</selection_number>", new.replace("<n", "</n")[:9])
        bad = bad if new == "<number>" else good.replace(old, new)
        assert bad != good
        assert list(faults(ElementTree.fromstring(bad), FILE_12, ASI)), old
    (choice,) = (q for q in GIVEN if q.kind == "single")
    root = made(choice)
    assert not list(other_values(root))
    next(root.iter(f"{ASI}response_lid")).set("rcardinality", "One")
    assert list(other_values(root)) == ["response_lid may not have rcardinality='One'"]


def test_every_question_is_once_in_a_bank_of_its_chapter_and_level(package):
    found = {}
    for root in banks(package).values():
        bank = root.find(f"{ASI}objectbank")
        title = bank.findtext(f"{ASI}qtimetadata//{ASI}fieldentry")
        for one in bank.iter(f"{ASI}item"):
            assert one.get("ident") not in found
            found[one.get("ident")] = title
    assert found == {
        f"q-{q.id}": f"ResNet, Measured: {page_title(q.chapter)} ({q.level})" for q in BANK
    }


def test_the_quiz_draws_one_question_from_each_bank(package):
    known = [root.find(f"{ASI}objectbank").get("ident") for root in banks(package).values()]
    quiz = ElementTree.fromstring(package["quiz.xml"])
    assert [one.text for one in quiz.iter(f"{ASI}sourcebank_ref")] == known
    assert len(set(known)) == len(known)
    assert {one.text for one in quiz.iter(f"{ASI}selection_number")} == {"1"}


def test_identities_are_unique_and_every_feedback_is_shown_by_a_rule(package):
    for root in banks(package).values():
        for one in root.iter(f"{ASI}item"):
            name = one.get("ident")
            told = [text.get("ident") for text in one.iter(f"{ASI}itemfeedback")]
            shown = [rule.get("linkrefid") for rule in one.iter(f"{ASI}displayfeedback")]
            assert len(set(told)) == len(told) and sorted(told) == sorted(shown), name
            for choice in one.iter(f"{ASI}render_choice"):
                labels = [label.get("ident") for label in choice]
                assert len(set(labels)) == len(labels) and all(map(str.isdigit, labels)), name
                assert labels != sorted(labels) or "matching" in facts(one)["question_type"], name
            responses = [
                place.get("ident")
                for place in one.iter()
                if place.tag in (f"{ASI}response_lid", f"{ASI}response_str")
            ]
            asked_for = {rule.get("respident") for rule in one.iter()} - {None}
            assert len(set(responses)) == len(responses) and asked_for <= set(responses), name


def test_the_manifest_lists_every_file_and_every_drawing_is_there(package):
    root = ElementTree.fromstring(package["imsmanifest.xml"])
    files = [one.get("href") for one in root.iter(f"{CP}file")]
    assert sorted(files) == sorted(set(package) - {"imsmanifest.xml"})
    names = [one.get("identifier") for one in root.iter(f"{CP}resource")]
    assert len(set(names)) == len(names)
    shown = set()
    for root in banks(package).values():
        for told in root.iter(f"{ASI}mattext"):
            shown |= set(re.findall(r'<img src="\$IMS-CC-FILEBASE\$/([^"]+)" alt="[^"]', told.text))
            assert told.text.count("<img") == len(re.findall(r"<img src=\"\$IMS", told.text))
    assert shown == {name for name in package if name.startswith("images/")} and shown


def test_texts_have_whole_addresses_and_no_styles_of_the_book(package):
    for root in banks(package).values():
        for told in root.iter(f"{ASI}mattext"):
            soup = BeautifulSoup(told.text or "", "html.parser")
            assert not soup.find_all(["div", "script", "svg"])
            assert {one["class"][0] for one in soup.find_all("span")} <= {"math_equation_latex"}
            assert all(link["href"].startswith("https://") for link in soup.find_all("a"))


def test_any_questions_make_a_package_under_any_title(tmp_path: Path):
    path = tmp_path / "some.zip"
    assert write_canvas(GIVEN, path, SITE, title="A & B") == len(GIVEN)
    with zipfile.ZipFile(path) as archive:
        quiz = ElementTree.fromstring(archive.read("quiz.xml"))
    assert quiz.find(f"{ASI}assessment").get("title") == "A & B: one question from each bank"
