"""The bank as QTI 2.1: judged there as on the page, whole, and as the schema wants it."""

from __future__ import annotations

import os
import re
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
from bank_questions import ASKED, BANK, GIVEN, SITE
from qti_answers import Try, answered, choices, named_places, numbers, orders
from qti_judged import QTI, Item21, said, said_in_html
from qti_models import ITEM_21, TEST_21, faults

from utils.practice.flashcards import load_cards
from utils.practice.kinds import Question, Task
from utils.practice.kinds.choices import Choices, Output
from utils.practice.kinds.label import Label
from utils.practice.kinds.numeric import Numeric
from utils.practice.kinds.order import Order
from utils.practice.markdown import inline, page_title
from utils.practice.qti import write_qti
from utils.practice.qti_items import item
from utils.practice.qti_parts import QtiError, text

CP = "{http://www.imsglobal.org/xsd/imscp_v1p1}"


def made(question: Question) -> Element:
    """A question as a reader of the file gets it."""
    return ElementTree.fromstring(ElementTree.tostring(item(question, SITE)[0]))


def texts(root: Element, tag: str) -> dict[str, str]:
    """Identity -> text of elements of a kind."""
    return {one.get("identifier"): said(one) for one in root.iter(QTI + tag)}


def tries(question: Question, root: Element) -> list[Try]:
    """Answers by the identities of the item; whatever stands there has the words of the page."""
    if isinstance(question, Choices) and question.options:
        names = [f"option-{place}" for place in range(1, len(question.options) + 1)]
        same_words(texts(root, "simpleChoice"), names, question.options)
        return list(choices(question, "RESPONSE", names))
    if isinstance(question, Output):
        return [
            Try({"RESPONSE": typed}, question.judge(typed).right, [])
            for typed in (question.output, f"{question.output}x", question.output.upper() + "y")
        ]
    if isinstance(question, Numeric):
        return list(numbers(question, "RESPONSE"))
    if isinstance(question, Order):
        names = [f"step-{place}" for place in range(1, len(question.options) + 1)]
        same_words(texts(root, "simpleChoice"), names, question.options)
        return [
            Try({"RESPONSE": [names[place] for place in places]}, right, [])
            for places, right in orders(question)
        ]
    if isinstance(question, Label):
        names = {name: key for key, name in texts(root, "inlineChoice").items()}
        return [
            Try({f"PLACE_{at}": names["".join(n.split())] for at, n in given.items()}, right, [])
            for given, right in named_places(question)
        ]
    return []


def same_words(found: dict[str, str], names: list[str], options: list) -> None:
    """Each option stands under its identity; formulas are compared elsewhere."""
    assert sorted(found) == sorted(names)
    for name, option in zip(names, options, strict=True):
        if "$" not in option.text:
            assert found[name] == said_in_html(inline(option.text))


@pytest.mark.parametrize("kind", ASKED)
def test_an_answer_earns_what_it_earns_on_the_page_and_is_told_the_same(kind: str):
    for question, _, judged in answered(kind, made, tries, Item21):
        hint = said_in_html(f"<b>Hint:</b>{inline(question.hint)}")
        for one, (score, texts_told) in judged:
            assert score == float(one.right), (question.id, one.answers)
            told = "".join(texts_told)
            assert all(words in told for words in plain_only(one.told)), (question.id, one.answers)
            if "$" not in question.hint:
                assert (hint in texts_told) == (not one.right), question.id


def plain_only(told: list[str]) -> list[str]:
    """Texts without formulas, which are other signs in MathML."""
    return [words for words in told if "\\(" not in words]


def test_only_what_was_chosen_has_its_words():
    (single,) = (q for q in GIVEN if q.kind == "single")
    judged = Item21(made(single)).answer({"RESPONSE": "option-2"})
    assert "Thatwouldbeoverfitting." in "".join(judged.told)
    assert "Right.Overfittingwouldlowerit." not in "".join(judged.told)


def test_an_item_with_a_wrong_key_or_tolerance_is_noticed():
    for kind, place, spoilt in (
        ("single", f"correctResponse/{QTI}value", "option-2"),
        ("order", f"correctResponse/{QTI}value", "step-2"),
        ("label", f"correctResponse/{QTI}value", "name-1"),
        ("numeric", "baseValue", "1e9"),
    ):
        (question,) = (q for q in GIVEN if q.kind == kind)
        root = made(question)
        right = [one for one in tries(question, root) if one.right]
        assert all(Item21(root).answer(one.answers).score == 1 for one in right)
        spoiled = root.iterfind(f".//{QTI}{place}")
        for one in (one for one in spoiled if one.get("baseType") != "identifier"):
            one.text = spoilt
        assert not any(Item21(root).answer(one.answers).score == 1 for one in right), kind


def test_no_answer_earns_nothing():
    for question in GIVEN:
        if isinstance(question, Task):
            assert Item21(made(question)).answer({}).score == 0, question.id


def test_an_explanation_has_its_model_for_the_teacher_and_the_hint_before_the_answer():
    (short,) = (q for q in GIVEN if q.kind == "short")
    root = made(short)
    (rubric,) = root.iter(f"{QTI}rubricBlock")
    assert rubric.get("view") == "scorer"
    assert all("".join(one.concept.split()) in said(rubric) for one in short.rubric)
    assert said_in_html(inline(short.hint)) in said(root.find(f"{QTI}itemBody/{QTI}div"))
    judged = Item21(root).answer({"RESPONSE": "words"})
    assert judged.score == 0 and len(judged.told) == 1


def test_an_output_of_several_lines_is_marked_by_the_teacher():
    (typed,) = (q for q in GIVEN if q.kind == "output" and not q.options)
    root = made(typed.model_copy(update={"output": "<a>\nb"}))
    assert root.find(f".//{QTI}extendedTextInteraction").get("format") == "preFormatted"
    assert said(root.find(f".//{QTI}rubricBlock")) == "<a>b"


def test_formulas_are_mathml():
    (single,) = (q for q in GIVEN if q.kind == "single")
    root = made(single.model_copy(update={"prompt": r"Is $a < b^2$ true, and what is `\(c\)`?"}))
    (math,) = root.find(f"{QTI}itemBody/{QTI}div").iter("{http://www.w3.org/1998/Math/MathML}math")
    assert "".join(math.itertext()) == "a<b2"
    assert [code.text for code in root.iter(f"{QTI}code")] == [r"\(c\)"]


def test_hostile_words_stay_words():
    (single,) = (q for q in GIVEN if q.kind == "single")
    bad = "]]></p><script>alert(1)</script>"
    root = made(single.model_copy(update={"prompt": bad}))
    assert said(root.find(f"{QTI}itemBody/{QTI}div")) == bad
    with pytest.raises(QtiError, match="no element script"):
        text("p", "<script>1</script>", SITE)


def test_a_card_is_no_question():
    card = load_cards()[0]
    with pytest.raises(QtiError, match=f"{card.id}: .*card"):
        item(card, SITE)


# The package --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def package(tmp_path_factory) -> dict[str, bytes]:
    """Name -> contents of the package of the whole bank."""
    path = tmp_path_factory.mktemp("made") / "inner" / "qti.zip"
    assert write_qti(BANK, path, SITE) == len(BANK)
    again = path.with_name("again.zip")
    write_qti(BANK, again, SITE)
    assert path.read_bytes() == again.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_every_file_is_as_the_schema_wants_it(package):
    for name, content in package.items():
        if name.endswith(".xml") and name != "imsmanifest.xml":
            models = TEST_21 if name == "test.xml" else ITEM_21
            assert list(faults(ElementTree.fromstring(content), models, QTI)) == [], name


def test_a_file_against_the_schema_is_noticed(package):
    good = package["items/q-places-in-a-block.xml"].decode()
    for old, new in (
        ("<responseProcessing>", "<responseProcessing>words"),
        ("<p><img", "<p><div /><img"),
        (' adaptive="false"', ""),
        ('shuffle="false"', 'shuffle="false" size="2"'),
        ("<inlineChoice ", "<option "),
    ):
        bad = good.replace(old, new).replace("</inlineChoice>", "</option>" if "opt" in new else "")
        bad = bad if "<option" in new else good.replace(old, new)
        assert bad != good
        assert list(faults(ElementTree.fromstring(bad), ITEM_21, QTI)), old


def test_identities_are_unique_and_names_that_the_format_takes(package):
    for name, content in package.items():
        if not name.startswith("items/"):
            continue
        root = ElementTree.fromstring(content)
        keys = [one.get("identifier") for one in root if "Declaration" in one.tag]
        feedback = [
            (one.get("outcomeIdentifier"), one.get("identifier"))
            for one in root.iter(f"{QTI}modalFeedback")
        ]
        assert len(set(keys)) == len(keys) and len(set(feedback)) == len(feedback), name
        for place in root.find(f"{QTI}itemBody").iter():
            inside = [child.get("identifier") for child in place if child.get("identifier")]
            assert len(set(inside)) == len(inside), name
        used = {one.get("responseIdentifier") for one in root.iter()} - {None}
        assert used <= set(keys), name
        every = {one.get("identifier") for one in root.iter()} - {None}
        assert all(re.fullmatch(r"[A-Za-z_][\w.-]*", one) for one in every), name


def test_the_manifest_lists_every_file_and_the_items_need_their_drawings(package):
    root = ElementTree.fromstring(package["imsmanifest.xml"])
    resources = {one.get("identifier"): one for one in root.iter(f"{CP}resource")}
    files = [one.get("href") for one in root.iter(f"{CP}file")]
    assert sorted(files) == sorted(set(package) - {"imsmanifest.xml"})
    assert next(iter(package)) == "imsmanifest.xml"
    for one in resources.values():
        needs = [need.get("identifierref") for need in one.iter(f"{CP}dependency")]
        assert set(needs) <= set(resources)
        content = package[one.get("href")].decode()
        shown = re.findall(r'<img src="\.\./([^"]+)"', content)
        assert shown == [resources[n].get("href") for n in needs if n.startswith("image-")]
    images = {name: package[name] for name in files if name.startswith("images/")}
    assert len(images) == len({q.drawing for q in BANK if isinstance(q, Label)})
    assert all(content.startswith(b"<svg") for content in images.values())


def test_the_test_holds_every_question_once_under_its_chapter_and_level(package):
    root = ElementTree.fromstring(package["test.xml"])
    found = {}
    for chapter in root.find(f"{QTI}testPart").findall(f"{QTI}assessmentSection"):
        for level in chapter:
            for one in level:
                assert one.get("href") in package
                assert one.get("identifier") not in found
                place = (chapter.get("title"), level.get("title").lower(), one.get("category"))
                found[one.get("identifier")] = place
    assert found == {f"q-{q.id}": (page_title(q.chapter), q.level, q.level) for q in BANK}
    control = root.find(f".//{QTI}itemSessionControl")
    assert control.get("showFeedback") == "true"


def test_any_questions_make_a_package_under_any_title(tmp_path: Path):
    path = tmp_path / "some.zip"
    assert write_qti(GIVEN, path, SITE, title="A & B") == len(GIVEN)
    with zipfile.ZipFile(path) as archive:
        assert ElementTree.fromstring(archive.read("test.xml")).get("title") == "A & B"


# A reader that others wrote -----------------------------------------------------------------------


def has_reader() -> bool:
    """Whether pyslet is here; a folder with it may be named."""
    if (named := os.environ.get("RESNET_BOOK_PYSLET")) and named not in sys.path:
        sys.path.append(named)
    return find_spec("pyslet") is not None


@pytest.mark.skipif(not has_reader(), reason="pyslet is not here; release.yml installs it")
@pytest.mark.filterwarnings("ignore")
def test_a_reader_that_others_wrote_judges_every_answer_as_the_page(package, tmp_path):
    from pyslet.qtiv2.variables import ItemSessionState
    from pyslet.qtiv2.xml import QTIDocument
    from pyslet.rfc2396 import FileURL

    verdicts = []
    for question in BANK:
        path = tmp_path / f"{question.id}.xml"
        path.write_bytes(package[f"items/q-{question.id}.xml"])
        document = QTIDocument(base_uri=str(FileURL.from_path(str(path))))
        document.read()
        for one in tries(question, made(question)):
            state = ItemSessionState(document.root)
            state.select_clone()
            state.begin_session()
            for name, value in one.answers.items():
                state[name].set_value(value)
            document.root.ResponseProcessing.run(state)
            assert state["SCORE"].value == float(one.right), (question.id, one.answers)
            verdicts.append(one.right)
    print(f"{len(verdicts)} answers to {len(BANK)} questions")
    assert len(verdicts) > 2_000 and set(verdicts) == {True, False}
