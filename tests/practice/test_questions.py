"""The question bank: whole, right, and complete; its code runs and prints what it says.

The tests of links need the built book.
"""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from functools import cache
from pathlib import Path

import fresh
import pytest

from utils.files.places import ROOT
from utils.files.yaml_files import read_yaml
from utils.practice import bank as questions
from utils.practice import flashcards, kinds, values
from utils.practice import markdown as question_markup
from utils.practice.bank import load_bank, read_bank, read_file
from utils.practice.kinds import QuestionError
from utils.practice.kinds.base import shuffled
from utils.practice.kinds.label import drawing
from utils.practice.kinds.numeric import number_words
from utils.practice.rendered import render_bank, render_question
from utils.practice.stated import typed_numbers

KINDS = Path(__file__).parents[1] / "given" / "questions" / "kinds.yml"
EXAMPLES = {q.id.removeprefix("test-"): q for q in read_bank(KINDS.parent)}
RAW = read_bank()
RUN_TIMEOUT_S = 120
of_each = pytest.mark.parametrize("question", RAW, ids=lambda question: question.id)


# The schema --------------------------------------------------------------------------------------


def fault(tmp_path: Path, text: str) -> str:
    """What is said about a bank with this file."""
    (tmp_path / "topic.yml").write_text(text, encoding="utf-8")
    with pytest.raises(QuestionError) as caught:
        load_bank(tmp_path)
    return str(caught.value)


def changed(old: str, new: str) -> str:
    """The file of examples with one place changed."""
    text = KINDS.read_text(encoding="utf-8")
    assert old in text
    return text.replace(old, new, 1)


def line_of(text: str, words: str) -> int:
    """Number of the first line that holds these words."""
    return next(n for n, line in enumerate(text.splitlines(), 1) if words in line)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("  hint: Look at Figure 1.\n", "", "hint is missing"),
        ("  level: easy", "  level: simple", "level must be one of 'easy', 'medium' or 'hard'"),
        (
            "  level: easy",
            "  colour: red\n  level: easy",
            "colour is not a field; the fields are id, level, ",
        ),
        ("correct: true", "see: book/paper#recap", "exactly one option must be correct, not 0"),
        ("      feedback: That would be overfitting.\n", "", "option 2: feedback is missing"),
        ("text: A lower one.", "text: 2.0", "option 2: text must be text in quotes, found 2.0"),
        (
            "see: book/claims#claim-overfitting",
            "see: claims",
            "option 2: see must be a place on a page",
        ),
        (
            "chapter: book/paper",
            "chapter: paper",
            "chapter must be a page such as book/paper, found 'paper'",
        ),
        ("exam: 1", "exam: 21", "exam: "),
        ("prompt: A **plain**", "hint: Twice.\n  prompt: A **plain**", "hint stands twice"),
        ("text: A lower one.", "text: A higher one.", "two options say 'A higher one.'"),
    ],
)
def test_a_fault_is_told_with_file_line_and_question(tmp_path, old, new, words):
    text = fault(tmp_path, changed(old, new))
    assert re.match(r"topic\.yml, line \d+, question test-single: ", text)
    assert words in text


def test_the_line_is_that_of_the_faulty_field(tmp_path):
    text = changed("text: A lower one.", "text: 2.0")
    assert f"line {line_of(text, 'text: 2.0')}, " in fault(tmp_path, text)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("relative: 0.01, ", "", "exactly one of tolerance (absolute) and relative"),
        ("value: count,", "value: cuont,", "'cuont' is no entry of values"),
        ('parameters("resnet-20")', 'paramters("resnet-20")', "is not allowed"),
        ('"resnet-20")', '"resent-20")', "unknown model 'resent-20'"),
        ('parameters("resnet-20")', "__import__('os').getcwd()", "is not allowed"),
        ("{{count:,}}", "{{many}}", "{{many}} is no entry of values"),
        ("{{printed}}", "{{printed:d}}", "does not fit"),
        ("[Multiplying.]", "[]", "a hard question names at least one"),
        ('text: "`[2.0, 2.0]`"', 'text: "`[2.0]`"', "but output is"),
        ("labels: {A: ", "labels: {a: ", "labels"),
        ("{text: Addition}", "{text: Second convolution}", "two steps have the same text"),
        (
            "- {concept: Addition, ",
            "- {concept: Addition, x: 1, ",
            "concept Addition: x is not a field",
        ),
        ("keys: [added, F(x)+x]", "keys: [sum]", "'sum' needs at least 4 letters"),
        ("keys: [added, F(x)+x]", "keys: [addition]", "found in the phrase 'added'"),
        ("so they learn the difference", "so they learn", "no key of the concept 'Residual'"),
        ("  hint: What travels along it?\n", "", "hint is missing"),
        (
            "      feedback: That leaves out the shortcut.\n      see: book/paper#recap\n",
            "      feedback: That leaves out the shortcut.\n",
            "see is missing",
        ),
        ("  terms: [degradation problem]\n", "", "terms is missing"),
        ("  terms: [degradation problem]\n", "  terms: []\n", "terms must have at least 1"),
        ("id: test-card", "id: test-short", "the id stands in topic.yml, line"),
        ("kind: card", "kind: cart", "kind must be one of"),
        ("  kind: card\n", "", "kind is missing"),
    ],
)
def test_faults_of_other_kinds_are_told(tmp_path, old, new, words):
    assert words in fault(tmp_path, changed(old, new))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- id: [", "topic.yml cannot be read as YAML, line 2: "),
        ("id: a", "topic.yml, line 1: expected a list of questions"),
        ("- a", "topic.yml, line 1: expected a question, found 'a'"),
    ],
)
def test_a_file_that_is_no_list_of_questions_is_told(tmp_path, text, words):
    assert words in fault(tmp_path, text + "\n")


def test_every_fault_is_told_at_once(tmp_path):
    text = changed("level: easy", "level: simple").replace("exam: 1", "exam: 99")
    assert fault(tmp_path, text).count("question test-single") == 2


def test_a_place_in_the_exam_is_given_once(tmp_path):
    text = changed("level: medium\n", "level: medium\n  exam: 1\n")
    assert "exam 1 is taken by test-single" in fault(tmp_path, text)


def test_values_stand_in_texts_and_answers():
    question = next(q for q in load_bank(KINDS.parent) if q.id == "test-numeric")
    assert question.prompt.endswith("prints 0.27 million.")
    assert question.answer.value == 269_722  # 6n + 2 with n = 3, counted by hand in the paper's way
    assert question.solution == ["Counted by code: 269,722."]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ('paper("6", "resnet-56", "error") - paper("6", "resnet-110", "error")', "0.54"),
        ("conv_parameters(16, 32, 3)", str(16 * 32 * 9)),
        ("linear_parameters(64, 10)", str(64 * 10 + 10)),
        ("norm_parameters(16)", "32"),
        ("conv_macs(16, 32, 3, 16)", str(16 * 32 * 9 * 16 * 16)),
        ("out_size(224, 7, 2, 3)", "112"),
        ('layers("imagenet-50")', "50"),
        ('projections("imagenet-34-C")', "16"),
        ("count_paths(54)", str(2**54)),
        ("binomial(4, 2) + 2 ** 3", "14"),
        ('seeds("shortcut-control", "plain-14", "fast")', "10"),
    ],
)
def test_values_agree_with_arithmetic_by_hand(call, expected):
    assert str(values.compute({"x": call})["x"]) == expected


def test_typed_numbers_are_found_and_given_ones_are_not():
    question = EXAMPLES["single"].model_copy(
        update={
            "prompt": "In 2015 a net of 152 layers, ResNet-110, `x = 12.34` and {{a}} had 3.57 %, "
            "1,202 and 1000.",
            "given": ["3.57"],
        }
    )
    assert typed_numbers(question) == ["152", "1,202"]


# The markup --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name != "card"])
def test_every_kind_is_drawn_with_its_solution(name):
    question = next(q for q in load_bank(KINDS.parent) if q.id == f"test-{name}")
    markup = render_question(question, number=3)
    assert "<fieldset" in markup and "<legend>" in markup and 'role="status"' in markup
    assert '<details class="q-solution">' in markup and "<script" not in markup


def test_links_to_sources_lead_to_pages():
    links = "[a](../book/claims.md#claim-a), [b](https://a.b/c.md), [c](javascript:alert())"
    markup = render_question(EXAMPLES["single"].model_copy(update={"prompt": links}))
    assert 'href="../book/claims.html#claim-a"' in markup
    assert 'href="https://a.b/c.md"' in markup and 'href="javascript' not in markup


def test_shuffling_depends_on_the_seed_alone_and_moves_something():
    assert shuffled([1, 2, 3], "a") == shuffled([1, 2, 3], "a") != [1, 2, 3]
    assert sorted(shuffled(list(range(9)), "b")) == list(range(9))


@pytest.mark.parametrize(
    ("value", "reach", "words"),
    [(269722, 2697, "269,722"), (6.97, 0.01, "6.97"), (1 / 3, 0.01, "0.333"), (0.5, 0, "0.5")],
)
def test_answers_are_shown_with_the_digits_that_count(value, reach, words):
    assert number_words(value, reach) == words


@pytest.mark.parametrize("name", ["residual-block", "bottleneck-block", "shortcut-options"])
def test_drawings_have_words_for_those_who_do_not_see_them(name):
    svg, about = drawing(name)
    assert 'role="img" aria-label="' in svg and len(about) > 60 and "<title>" not in svg


def test_an_empty_bank_still_makes_a_page():
    assert "All questions" in render_bank([])


# The book's bank ---------------------------------------------------------------------------------


def test_the_bank_is_well_formed_and_its_values_can_be_computed():
    assert len(load_bank()) == len(RAW)


def taught() -> list[str]:
    """The chapters and every other notebook, such as the code clinic."""
    content = read_yaml(ROOT / "_toc.yml")
    return [
        entry["file"]
        for part in content["parts"]
        for entry in part["chapters"]
        if part.get("caption") == "Chapters" or entry["file"].startswith("notebooks/")
    ]


def test_the_code_clinic_counts_as_a_chapter():
    assert "notebooks/07_code_clinic" in taught() and "book/glossary" not in taught()


def test_pages_have_no_questions_written_by_hand():
    by_hand = re.compile(r"\{admonition\} \d+\. ")
    sources = [ROOT / f"{page}{end}" for page in toc_pages() for end in (".md", ".ipynb")]
    found = [
        p.name for p in sources if p.is_file() and by_hand.search(p.read_text(encoding="utf-8"))
    ]
    assert not found, f"move these questions to the bank: {found}"


def test_the_bank_is_complete():
    asked = [question for question in RAW if question.kind != "card"]
    counts = Counter(question.chapter for question in asked)
    few = {c: counts[c] for c in taught() if counts[c] < 10}
    assert not few, f"fewer than ten questions: {few}"
    assert len(asked) >= 150
    assert {question.kind for question in RAW} == set(kinds.KINDS)
    assert {question.level for question in asked} == set(kinds.LEVELS)
    places = sorted(q.exam for q in asked if q.exam)
    assert places == list(range(1, kinds.EXAM_LENGTH + 1))


def test_every_chapter_has_a_quick_check_of_four_to_six_questions():
    counts = Counter(q.chapter for q in RAW if getattr(q, "quick", False) and q.kind != "short")
    assert {chapter: counts[chapter] for chapter in taught() if not 4 <= counts[chapter] <= 6} == {}


@cache
def toc_pages() -> set[str]:
    content = read_yaml(ROOT / "_toc.yml")
    return {entry["file"] for part in content["parts"] for entry in part["chapters"]}


@of_each
def test_a_question_belongs_to_a_page_of_the_book(question):
    assert question.chapter in toc_pages()


@of_each
def test_no_number_is_typed_that_could_be_computed(question):
    typed = typed_numbers(question)
    assert not typed, f"{question.place}: compute {typed} in values, or name it in given"


ORDINAL = "first|second|third|fourth|fifth|last|[1-6]"
BY_PLACE = re.compile(
    rf"\b(?:answer|choice|statement|suggestion)s?(?: is)?:?\**:? (?:the )?(?:{ORDINAL})[.,;:)]"
    rf"|\bthe (?:{ORDINAL}) (?:answer|option|choice|statement|suggestion|of these)\b"
    rf"|\boption (?:{ORDINAL})\b"
    rf"|:\**:? [Tt]he (?:{ORDINAL})(?: and the \w+)?[.;]"
    r"|\bthe other (?:two|three|four) (?:answers|options|choices|statements)\b"
    r"|(?:^|(?<=\s))\([A-E]\)(?=[\s.,;]|$)"
    r"|(?:^|(?<=\*))[A-E][.)] "
    r"|\b(?:option|answer) (?:above|below)\b",
    re.IGNORECASE | re.MULTILINE,
)
SHUFFLED = [q for q in RAW if getattr(q, "options", None)]


def spoken(question) -> list[str]:
    """Every text around the options of a question."""
    texts = [question.prompt, question.hint, *question.solution, *question.mistakes]
    return texts + [getattr(option, "feedback", "") for option in question.options]


@pytest.mark.parametrize("question", SHUFFLED, ids=lambda question: question.id)
def test_options_that_are_shuffled_are_not_called_by_their_place(question):
    found = [match[0] for text in spoken(question) for match in BY_PLACE.finditer(text)]
    assert not found, f"{question.place}: say what the option says instead of {found}"


@pytest.mark.parametrize(
    ("text", "is_by_place"),
    [
        ("**Answer:** the third. It gives what comes in", True),
        ("The right answer is the second.", True),
        ("The first option leaves out the ReLU.", True),
        ("Option 2 is wrong.", True),
        ("A) and C) are wrong.", True),
        ("B. The sum.", True),
        ("It is (b), not (c).", True),
        ("See the answer above.", True),
        ("With option A, zeros are padded.", False),
        ("The first block projects, the second one does not.", False),
        ("The sum $F(a + b)$ is not $F(a) + F(b)$.", False),
        ("**Answer:** the 1×1 convolution (option B).", False),
    ],
)
def test_words_that_name_an_option_by_its_place_are_seen(text, is_by_place):
    assert bool(BY_PLACE.search(text)) == is_by_place


@of_each
def test_a_drawing_exists_and_shows_the_places(question):
    if question.kind == "label":
        svg, _ = drawing(question.drawing)
        assert set(re.findall(r">([A-Z])</text>", svg)) >= set(question.labels)


SAID_OF = {
    "convolution": r"convolution|\b[VW]\b|weights",
    "relu": r"ReLU|set to zero",
    "addition": r"addition|\+|unchanged along two ways|no weights",
    "option-a": r"no parameters anywhere",
    "option-b": r"only where the shape changes",
    "option-c": r"on every shortcut",
}
"""What an answer says of a place, by the part that the drawing shows there."""


def wrong_places(labels: dict[str, str], svg: str) -> list[str]:
    """The letters whose answer does not speak of the part that the drawing shows there."""
    drawn = {at: part for part, at in re.findall(r'data-part="(.+?)"[^>]*>([A-Z])<', svg)}
    return [at for at, said in labels.items() if not re.search(SAID_OF[drawn[at]], said)]


@of_each
def test_an_answer_speaks_of_the_part_that_is_drawn_at_its_place(question):
    if question.kind == "label":
        svg, _ = drawing(question.drawing)
        assert not wrong_places(question.labels, svg)


def test_answers_at_the_wrong_places_are_found():
    svg, _ = drawing("bottleneck-block")
    moved = {"C": "1×1 convolution", "D": "shortcut", "E": "addition"}
    assert wrong_places(moved, svg) == ["D", "E"]


CITED = re.compile(r"\b[a-z]+(?:19|20)\d\d[a-z]+\b")


def test_every_work_of_the_bibliography_has_words():
    text = (ROOT / "book" / "references.bib").read_text(encoding="utf-8")
    keys = re.findall(r"^@\w+\{(.+),$", text, re.MULTILINE)
    assert len(keys) > 40
    for known in (question_markup.works(), flashcards.works()):
        assert set(known) == set(keys)
        assert not [words for words in known.values() if not re.search(r"\d{4}|the paper", words)]
    assert question_markup.works()["veit2016residual"] == "Veit et al. (2016)"


@of_each
def test_works_in_the_source_stand_in_the_bibliography(question):
    for key in CITED.findall(question.source):
        assert key in question_markup.works(), f"{question.place}: {key} is not in references.bib"


# Code ---------------------------------------------------------------------------------------------


def run(code: str) -> subprocess.CompletedProcess:
    """What a fresh Python makes of a piece of code."""
    return fresh.start(code).wait(RUN_TIMEOUT_S)


CODED = [q for q in (*RAW, *EXAMPLES.values()) if q.kind in ("output", "bug")]


@pytest.mark.parametrize("question", CODED, ids=lambda question: question.id)
def test_code_does_what_the_question_says(question):
    if question.kind == "output":
        done = run(question.code)
        assert done.returncode == 0, f"{question.place}: {done.stderr}"
        assert done.stdout.strip() == question.output.strip(), question.place
        return
    broken, fixed = (run(f"{code}\n{question.check}") for code in (question.code, question.fixed))
    assert broken.returncode != 0, f"{question.place}: the broken version passes its check"
    assert question.fails_with in broken.stderr, f"{question.place}: {broken.stderr}"
    assert fixed.returncode == 0, f"{question.place}: {fixed.stderr}"


def test_a_file_checked_by_hand_tells_its_faults(tmp_path, capsys):
    path = tmp_path / "topic.yml"
    path.write_text(changed("56 layers", "152 layers"), encoding="utf-8")
    assert questions.main([str(path)]) == 1
    assert "question test-single: 152 is typed" in capsys.readouterr().out
    assert questions.main([str(KINDS)]) == 0


def test_reading_keeps_the_place_of_a_question():
    found, faults = read_file(KINDS)
    assert not faults and found[0].place == "kinds.yml, line 2"
