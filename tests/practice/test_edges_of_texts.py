"""Answers, cards, keys, values and published accuracies at the edges of what is right."""

from __future__ import annotations

import itertools
import re
import unicodedata
from pathlib import Path

import pytest
import yaml

from utils.chapters import after
from utils.facts import after as after_module
from utils.facts import bibliography
from utils.facts.checked import check
from utils.files.yaml_files import read_yaml
from utils.practice import flashcards, markdown, rubric, widgets
from utils.practice.bank import common_faults, exam, quick_check, read_bank, read_file
from utils.practice.filling import fill
from utils.practice.kinds import Card, Verdict
from utils.practice.kinds.numeric import Numeric, is_close
from utils.practice.stated import significant_digits, stated_texts, typed_numbers

BANK = Path(__file__).parents[1] / "given" / "questions"
BY_KIND = {q.id.removeprefix("test-"): q for q in read_bank(BANK)}

# Answers -------------------------------------------------------------------------------------


def numeric(value: float, reach: float, near: float) -> Numeric:
    """A numeric question with one typical mistake."""
    question = BY_KIND["numeric"]
    (mistake,) = question.near
    answer = {"value": value, "relative": None, "tolerance": reach, "unit": ""}
    changes = {
        "answer": question.answer.model_copy(update=answer),
        "near": [mistake.model_copy(update={"value": near, "feedback": "Twice.", "see": None})],
    }
    return question.model_copy(update=changes)


@pytest.mark.parametrize(
    ("number", "right", "words"),
    [(100, True, ""), (98, True, ""), (102, True, ""), (97.9, False, "too small"),
     (102.1, False, "too large"), (200, False, "Twice."), (203, False, "too large")],
)  # fmt: skip
def test_a_number_is_right_within_its_tolerance_and_not_beyond(number, right, words):
    verdict = numeric(100, 2, near=200).judge(str(number))
    assert verdict.right is right and words in verdict.says


def test_rounding_of_the_arithmetic_is_forgiven_and_no_more():
    assert is_close(0.1 + 0.2, 0.3, 0)
    assert is_close(1e9 + 0.5, 1e9, 0) and not is_close(1e9 + 2, 1e9, 0)
    assert not is_close(1e-3 + 1e-8, 1e-3, 0)


def test_an_order_names_the_first_wrong_place():
    assert BY_KIND["order"].judge([0, 1, 2]) == Verdict(True, "")
    assert BY_KIND["order"].judge([1, 0, 2]).says == "<p>Look at place 1.</p>"
    assert BY_KIND["order"].judge([0, 2, 1]).says == "<p>Look at place 2.</p>"
    assert BY_KIND["order"].judge([0, None]) is None


def test_several_answers_are_right_together_only():
    question = BY_KIND["multiple"]
    right = {place for place, option in enumerate(question.options) if option.correct}
    assert len(right) == 2
    assert question.judge(right).right
    assert "not ticked" not in question.judge(right).says
    everything = range(len(question.options))
    assert not question.judge(everything).right
    assert "not ticked" not in question.judge(everything).says
    wrong = next(place for place in everything if place not in right)
    assert "<p>2 right answers are not ticked.</p>" in question.judge([wrong]).says
    # A single choice does not tell what else would be right.
    assert "not ticked" not in BY_KIND["single"].judge([1]).says


def test_an_output_is_compared_line_by_line_without_blanks_at_the_ends():
    question = BY_KIND["output-typed"].model_copy(update={"output": "1 2\n 3\n"})
    assert question.judge("1 2  \n 3").right
    for typed in ("1 2\n3", "1 2", "1  2\n 3", "1 2\n 3\n4"):
        assert not question.judge(typed).right
    assert question.judge("\n ") is None


def test_a_verdict_is_announced_in_words():
    assert widgets.status(None) == '<div role="status"><p>Answer first.</p></div>'
    assert "<strong>Right.</strong></p>Yes" in widgets.status(Verdict(True, "Yes"))
    assert "<strong>Not right yet.</strong></p>No" in widgets.status(Verdict(False, "No"))


@pytest.mark.parametrize(
    ("tex", "name"),
    [("cdot", "MIDDLE DOT"), ("times", "MULTIPLICATION SIGN"), ("approx", "ALMOST EQUAL TO"),
     ("le", "LESS-THAN OR EQUAL TO"), ("leq", "LESS-THAN OR EQUAL TO"),
     ("ge", "GREATER-THAN OR EQUAL TO"), ("geq", "GREATER-THAN OR EQUAL TO"),
     ("to", "RIGHTWARDS ARROW"), ("partial", "PARTIAL DIFFERENTIAL"), ("sum", "N-ARY SUMMATION"),
     ("prod", "N-ARY PRODUCT"), ("alpha", "GREEK SMALL LETTER ALPHA"),
     ("beta", "GREEK SMALL LETTER BETA"), ("gamma", "GREEK SMALL LETTER GAMMA"),
     ("sigma", "GREEK SMALL LETTER SIGMA"), ("infty", "INFINITY"), ("pm", "PLUS-MINUS SIGN"),
     ("dots", "HORIZONTAL ELLIPSIS")],
)  # fmt: skip
def test_signs_of_formulas_are_unicodes_own(tex, name):
    assert markdown.formula_words(rf"a \{tex} b") == f"a {unicodedata.lookup(name)} b"


def test_small_formulas_are_read_as_text():
    assert markdown.formula_words(r"\frac{1}{n} \sqrt{2} x^{10}_i 2^n \mathrm{ReLU}(x)") == (
        "(1)/(n) √(2) x¹⁰_i 2ⁿ ReLU(x)"
    )
    assert markdown.formula_words(r"\ln x, \log x") == "ln x, log x"
    assert markdown.plain("a\nb `c`\n\n- d") == "a b c\nd" and markdown.label("a\n\nb") == "a ⏎ b"


# Questions -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "count"),
    [
        ("0.0040", 2),
        ("1,200", 2),
        ("3.57", 3),
        ("1000", 1),
        ("0.5", 1),
        ("269,722", 6),
        ("10.0", 3),
    ],
)
def test_digits_that_say_something_are_counted(number, count):
    assert significant_digits(number) == count


def test_numbers_of_three_digits_are_typed_and_years_are_not():
    def found(text: str, given: tuple[str, ...] = ()) -> list[str]:
        changes = {"prompt": text, "given": list(given), "solution": []}
        return typed_numbers(BY_KIND["single"].model_copy(update=changes))

    assert found("It has 12 or 0.12 or 1,200 of them.") == []
    assert found("It has 123 or 0.123.") == ["123", "0.123"]
    assert found("In 2016 and 2,016 of them.") == ["2,016"]
    assert found("It has 1,234.", given=("1234",)) == found("It has 1234.", given=("1,234",)) == []


@pytest.mark.parametrize("text", ["id: a", "", "12", "- - a"])
def test_a_file_that_is_no_list_of_questions_is_a_fault_and_nothing_else(text, tmp_path):
    (tmp_path / "a.yml").write_text(text, encoding="utf-8")
    expected = "a question, found ['a']" if text.startswith("-") else "a list of questions"
    assert read_file(tmp_path / "a.yml") == ([], [f"a.yml, line 1: expected {expected}"])


def test_a_file_that_is_no_yaml_is_a_fault_with_its_line(tmp_path):
    (tmp_path / "a.yml").write_text("a: [", encoding="utf-8")
    questions, (fault,) = read_file(tmp_path / "a.yml")
    assert questions == [] and fault.startswith("a.yml cannot be read as YAML, line 2: ")
    (tmp_path / "a.yml").write_bytes(b"a: \xff")
    assert read_file(tmp_path / "a.yml")[1][0].startswith("a.yml cannot be read as YAML: ")


STATED = {
    "single": ["A higher one.", "Right. Overfitting would lower it.", "The thin lines are "
               "training errors.", "The deeper net's line lies above."],
    "order": ["First convolution", "First `ReLU`", "Second convolution", "Addition",
              "Convolution", "ReLU", "convolution", "addition."],
    "label": [*BY_KIND["label"].labels.values(), "From the input upwards."],
    "card": ["What is $F(x)$?", "The residual."],
    "short": [BY_KIND["short"].model],
    "numeric": ["Counted by code: {{count:,}}."],
}  # fmt: skip


@pytest.mark.parametrize("kind", STATED)
def test_what_a_question_states_are_its_right_answers_and_its_solution(kind):
    question = BY_KIND[kind]
    asked = [question.prompt] if hasattr(question, "prompt") else []
    assert set(stated_texts(question)) - {""} == {*asked, *STATED[kind]} - {""}
    if kind == "numeric":
        answer = question.answer.model_copy(update={"value": 12.5})
        assert "12.5" in stated_texts(question.model_copy(update={"answer": answer}))


@pytest.mark.parametrize(("place", "fits"), [(0, False), (1, True), (20, True), (21, False)])
def test_the_exam_has_twenty_places_from_one(place, fits, tmp_path):
    text = (BANK / "kinds.yml").read_text(encoding="utf-8")
    assert text.count("  exam: 1\n") == 1
    (tmp_path / "a.yml").write_text(
        text.replace("  exam: 1\n", f"  exam: {place}\n"), encoding="utf-8"
    )
    questions, faults = read_file(tmp_path / "a.yml")
    assert (faults == []) is fits
    assert sum(getattr(q, "exam", None) == place for q in questions) == fits
    line = next(n for n, words in enumerate(text.splitlines(), 1) if words == "  exam: 1")
    assert all(f.startswith(f"a.yml, line {line}, question test-single: exam: I") for f in faults)


def last_text(value: object) -> str:
    """The last text of a field, which may be nested."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return last_text(value[-1])
    return last_text(list(value.values())[-1])


def with_more(value: object, more: str) -> object:
    """The same with something added to its last text."""
    if isinstance(value, str):
        return value + more
    if isinstance(value, list):
        return [*value[:-1], with_more(value[-1], more)]
    key = list(value)[-1]
    return {**value, key: with_more(value[key], more)}


@pytest.mark.parametrize(
    ("kind", "path"),
    [("single", "prompt"), ("single", "hint"), ("single", "solution"), ("bug", "mistakes"),
     ("single", "options.0.text"), ("single", "options.0.feedback"), ("numeric", "near.0.feedback"),
     ("numeric", "answer.unit"), ("label", "labels"), ("order", "options.1.text"),
     ("short", "model"), ("short", "rubric.0.concept"), ("short", "rubric.1.phrases"),
     ("card", "front"), ("card", "back")],
)  # fmt: skip
def test_every_text_that_readers_see_may_hold_a_value(kind, path):
    question = BY_KIND[kind]
    data = question.model_dump()
    data["values"] = {**data["values"], "two": "1 + 1"}
    *outer, field = (int(part) if part.isdigit() else part for part in path.split("."))
    holder = data
    for part in outer:
        holder = holder[part]
    holder[field] = with_more(holder[field], " {{two}}")
    changed = type(question).model_validate(data)
    changed._place = "a.yml, line 7"
    filled = fill(changed)
    found = filled.model_dump()
    for part in outer:
        found = found[part]
    assert last_text(found[field]).endswith(" 2")
    assert filled.place == "a.yml, line 7"


def test_an_id_and_a_place_in_the_exam_are_given_once():
    one = BY_KIND["single"]
    other = one.model_copy(update={"id": "other", "exam": one.exam})
    for question in (one, other):
        question._place = "a.yml, line 1"
    assert list(common_faults([one])) == []
    (fault,) = common_faults([one, other])
    assert f"question other: exam {one.exam} is taken by {one.id}" in fault
    (fault,) = common_faults([one, one.model_copy(update={"exam": None})])
    assert f"question {one.id}: the id stands in" in fault


def test_the_exam_is_in_its_order_and_a_quick_check_of_its_chapter():
    places = [question.exam for question in exam()]
    assert places == list(range(1, len(places) + 1))
    asked = quick_check("notebooks/01_residual_math")
    assert {q.chapter for q in asked} == {"notebooks/01_residual_math"}
    assert all(q.quick and q.kind not in ("card", "short") for q in asked)


# Keys and cards ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "fault"),
    [("add", "needs at least 4 letters"), ("adds", None), ("a b c", "needs at least 4"),
     ("ab cd", None), ("F(x", "too short for a formula"), ("F(x)", None), ("f(x)+x", None),
     ("x+1", "too short for a formula")],
)  # fmt: skip
def test_a_key_is_long_enough_to_mean_something(key, fault):
    found = rubric.fault_of(key)
    assert found is None if fault is None else fault in found


def test_words_of_a_key_stand_in_one_sentence():
    assert rubric.is_hit("learn residual", "The residual is what it learns.")
    assert not rubric.is_hit("learn residual", "The residual stays. It learns.")
    assert not rubric.is_hit("learn residual", "It relearns the residual.")
    for key in ("normalise", "normalize"):
        assert rubric.is_hit(key, "We NORMALISE.") and rubric.is_hit(key, "It normalizes.")
    assert rubric.is_hit("3x3", "A 3×3 layer.") and not rubric.is_hit("size", "It is.")
    assert rubric.is_hit("F(x)+x", r"Then $F(x) + x$ follows.")
    assert rubric.covered([["shortcut"], ["none", "skip"], ["xxxx"]], "A skip or shortcut.") == [
        0,
        1,
    ]


def card(name: str, chapter: str, level: str = "easy") -> Card:
    fields = {"kind": "card", "front": "Why?", "back": "So.", "source": "he2016deep, Table 6",
              "terms": ["MAC"]}  # fmt: skip
    return Card.model_validate({**fields, "id": name, "chapter": chapter, "level": level})


def test_cards_come_by_chapter_and_from_easy_to_hard(tmp_path):
    chapters = [c.chapter for c in flashcards.load_cards()]
    assert chapters == sorted(chapters, key=chapters.index)
    fields = [
        card(name, "book/paper", level).model_dump(exclude_defaults=True) | {"kind": "card"}
        for name, level in (("c", "hard"), ("a", "medium"), ("b", "easy"))
    ]
    (tmp_path / "cards.yml").write_text(yaml.safe_dump(fields), encoding="utf-8")
    assert [c.id for c in flashcards.load_cards(tmp_path)] == ["b", "a", "c"]


def test_chapters_count_their_cards():
    cards = [card("a", "book/paper"), card("b", "book/math"), card("c", "book/paper")]
    shown = flashcards.render_cards(cards, "LINK")
    assert ">2 cards</span>" in shown and ">1 card</span>" in shown
    assert shown.index("2 cards") < shown.index("1 card<") and "\nLINK\n" in shown
    assert 'data-new-a-day="10"' in shown
    assert "Source: the paper, Table 6." in shown and ">Easy.<" in shown
    due = flashcards.render_due(cards, "cards.html")
    assert 'data-cards="a b c"' in due and "Study with 3 flashcards</a>" in due


# Published accuracies ------------------------------------------------------------------------


def accuracies(*values: object) -> list:
    rows = [{"label": str(place), "accuracy": value} for place, value in enumerate(values, 1)]
    whole = read_yaml(after_module.FILE)
    known = {"keys": bibliography.keys()}
    return check(after_module.After, {**whole, "steps": rows}, "after.yml", known).steps


def test_accuracies_are_in_percent_and_never_fall():
    assert [row.accuracy for row in accuracies(50.1, 76.1, 76.1, 99.9)] == [50.1, 76.1, 76.1, 99.9]
    for wrong in (50, 100, 0.761):
        with pytest.raises(ValueError, match="step 2: accuracy must be in percent"):
            accuracies(76, wrong)
    with pytest.raises(ValueError, match="step 2: sort the entries by accuracy"):
        accuracies(76.1, 76.0)
    for wrong in (True, "76.1", None):
        with pytest.raises(ValueError, match="step 1: accuracy must be a number"):
            accuracies(wrong)
    with pytest.raises(ValueError, match="steps: it must be a list with at least one entry"):
        accuracies()


def test_keys_of_a_bibliography_are_read_and_every_citation_is_checked():
    keys = set(bibliography.parse("@misc{a2020b,\n}\n@article{c2021d, x={@no{e}}\n}").entries)
    assert keys == {"a2020b", "c2021d"}
    whole = read_yaml(after_module.FILE)
    for recipe in whole["recipes"]:
        recipe["cite"] = "a2020b, c2021d"
    whole["works"] = {"w": {**whole["works"]["airbench"], "cite": "c2021d"}}
    check(after_module.After, whole, "after.yml", {"keys": keys})
    whole["recipes"][0]["cite"] = "a2020b,e2022f"
    with pytest.raises(ValueError, match=r"recipe .*: e2022f is not in references\.bib"):
        check(after_module.After, whole, "after.yml", {"keys": keys})


def test_numbers_are_quoted_with_one_decimal_of_recipes_and_steps():
    data = after_module.load()
    for name, rows in (("recipes", data.recipes), ("steps", data.steps)):
        for row in rows:
            assert float(after_module.quote(f"{name}.{row.label}")) == pytest.approx(
                row.accuracy, abs=0.051
            )
    with pytest.raises(ValueError, match=r"no number 'nothing\.x'; there are .*recipes, steps"):
        after_module.quote("nothing.x")


def test_the_figure_of_steps_tells_the_largest_and_the_other_gains():
    rows = after_module.load().steps
    gains = {b.label: b.accuracy - a.accuracy for a, b in itertools.pairwise(rows)}
    first, second, *_, last = sorted(gains.values(), reverse=True)
    label = next(name for name, gain in gains.items() if gain == first)
    assert after.steps_figure().alt == (
        f"Of {len(rows) - 1} changes, {label} added most, {first:.2f} points; the others "
        f"{last:.2f} to {second:.2f}."
    )


def test_torchvisions_table_shows_what_torchvision_prints():
    # https://pytorch.org/vision documents 69.758 %, 11.7 million and 1.81 billion for ResNet-18.
    shown = after.torchvision_table().markup
    row = "<td>69.8 %</td><td>11.7</td><td>1.8</td>"
    assert f'<th scope="row">ResNet-18, V1</th>{row}' in shown
    names = ["ResNet-18, V1", "ResNet-50, V1", "ResNet-50, V2", "ResNeXt-50 32×4d, V2",
             "DenseNet-121, V1", "ConvNeXt-Tiny, V1", "MobileNetV3-Large, V2"]  # fmt: skip
    assert re.findall('<th scope="row">(.*?)</th>', shown) == names
    assert '<th scope="row">ResNet-50, V2</th><td>80.9 %</td><td>25.6</td><td>4.1</td>' in shown
