"""The teacher's pack is whole, is made of the book's own data, and keeps solutions apart."""

from __future__ import annotations

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from resnet_book.practice.pack import for_paper

from utils.facts.claims import current_claims
from utils.facts.goals import load_chapters
from utils.facts.worksheets import WORKSHEETS, WorksheetsError, load_worksheets
from utils.practice.class_answers import read_answers
from utils.practice.concepts import key_of, load_concepts
from utils.practice.item_statistics import report
from utils.practice.pack import bare, drawn_claims, exercises_of, write_pack
from utils.practice.papers import SOLUTIONS

SITE = "https://book.example"
PARTS = {
    "timetable": "<h1>The plan</h1>",
    "marking": "<h1>Grading</h1>",
    "instructions": '<p>Open <a href="../notebooks/13_class_answers.html">it</a>.</p>',
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The files of the pack."""
    made = tmp_path_factory.mktemp("pack")
    write_pack(made, SITE, PARTS)
    return made


def text_of(path: Path) -> str:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").body.get_text(" ")


def pages(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.html"))


def test_the_pack_has_what_the_readme_names(folder):
    said = BeautifulSoup((folder / "README.html").read_text(encoding="utf-8"), "html.parser")
    named = {code.get_text() for item in said.select("li") for code in item.select("code")[:1]}
    assert named == {path.name for path in folder.iterdir()} - {"README.html"}
    assert "All solutions are public" in said.get_text()


def test_every_week_has_a_worksheet_with_room_to_write(folder):
    assert {one.week for one in load_worksheets()} == {1, 2, 3, 4}
    for one in load_worksheets():
        page = BeautifulSoup(
            (folder / "worksheets" / f"{one.id}.html").read_text(encoding="utf-8"), "html.parser"
        )
        assert page.h1.get_text() == one.title
        assert len(page.select("section")) == len(one.fill)
        assert len(page.select(".rule")) == sum(part.lines for part in one.fill)
        assert page.select(".rule, td.room")
        assert one.expect[0][:25] not in page.get_text()


def test_claims_to_sort_come_from_the_book_and_have_several_verdicts(folder):
    (one,) = (sheet for sheet in load_worksheets() if sheet.claims)
    claims = drawn_claims(one)
    assert len(claims) == one.claims and len({claim.verdict for claim in claims}) >= 3
    assert {claim.id for claim in claims} <= set(current_claims().claims)
    sheet = text_of(folder / "worksheets" / f"{one.id}.html")
    solutions = text_of(folder / SOLUTIONS / "worksheets.html")
    assert solutions.count("claim-") == len(claims)
    assert "claim-" not in sheet


def test_no_question_stands_in_two_papers_of_the_pack(folder):
    asked = [
        section.p.get_text(" ")
        for path in sorted((folder / "papers").glob("*.html"))
        for section in BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").select(
            "section.q"
        )
    ]
    assert len(asked) > 80 and len(asked) == len(set(asked))


def test_the_map_has_every_chapter_with_its_goals_and_exercises(folder):
    said = " ".join(text_of(folder / "goals.html").split())
    page = BeautifulSoup((folder / "goals.html").read_text(encoding="utf-8"), "html.parser")
    links = {a["href"].removeprefix(f"{SITE}/").removesuffix(".html") for a in page.select("td a")}
    assert links == set(load_chapters())
    assert "Say in two sentences what a residual network is" in said
    assert "Repair your loader." in said
    assert "{term}" not in said and "](" not in said


def test_exercises_of_notebooks_and_pages_are_found():
    assert exercises_of("notebooks/10_your_own")[0] == "Repair your loader."
    assert len(exercises_of("notebooks/10_your_own")) == 6
    assert exercises_of("book/after")[0].startswith("Count the weights of a bottleneck block")
    assert exercises_of("book/nowhere") == []
    assert bare("a {term}`b <c>` [d](e.md) {cell}`1`") == "a b d 1"


def test_the_form_has_every_item_and_neither_key_nor_feedback(folder):
    form, key = text_of(folder / "inventory" / "form.html"), folder / SOLUTIONS / "inventory.html"
    items = load_concepts()
    page = BeautifulSoup(key.read_text(encoding="utf-8"), "html.parser")
    told = [one.get_text() for one in page.select("section .right")]
    assert "".join(told) == key_of(items)
    assert " ".join(key_of(items)) not in form
    for item in items:
        for option in item.options:
            assert option.feedback[:40] not in form
    assert form.count("Question") == len(items)


def test_the_tables_of_the_pack_are_those_that_the_notebook_reads(folder):
    key = key_of(load_concepts())
    answers = read_answers(folder / "inventory" / "answers-simulated.csv", len(key))
    assert report(answers, key).learners[2] > 10
    empty = (folder / "inventory" / "answers-empty.csv").read_text(encoding="utf-8")
    assert empty.startswith("code,when,q1,") and empty.count("\n") == 1


def test_all_pages_print_without_the_internet(folder):
    for path in pages(folder):
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        assert not page.select("script, link, iframe, img"), path
        assert page.h1 or path.name == "instructions.html"
        assert r"\(" not in page.body.get_text(), path
        for link in page.select("a[href]"):
            assert link["href"].startswith("https://"), (path, link["href"])
        assert "@page" in page.style.get_text() and "#fff" in page.style.get_text()


def test_the_pack_is_the_same_every_time(folder, tmp_path):
    write_pack(tmp_path, SITE, PARTS)
    for path in folder.rglob("*.*"):
        assert (tmp_path / path.relative_to(folder)).read_bytes() == path.read_bytes(), path


def test_a_missing_part_is_named(tmp_path):
    with pytest.raises(ValueError, match="the pack needs marking; take it from its page"):
        write_pack(tmp_path, SITE, {**PARTS, "marking": " "})


def test_a_section_of_a_page_loses_what_only_a_screen_can_use():
    markup = (
        '<section id="x"><h2>Plan<a class="headerlink" href="#x">#</a></h2><p class="a" hidden>no'
        '</p><p class="b">See <a class="c" href="paper.html#d" aria-describedby="e">it</a>, <a '
        'href="#week">here</a>, <a href="../notebooks/n.html">n</a>.</p><script>1</script>'
        '<math display="inline"><mi class="k">x</mi></math></section>'
    )
    made = for_paper(BeautifulSoup(markup, "html.parser").section, "book/teachers")
    assert made == (
        '<section><h1>Plan</h1><p>See <a href="../book/paper.html#d">it</a>, <a '
        'href="../book/teachers.html#week">here</a>, <a href="../notebooks/n.html">n</a>.</p>'
        '<math display="inline"><mi class="k">x</mi></math></section>'
    )


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("  week: 1\n", "", "why-is-deeper-worse: week is missing"),
        ("  week: 1\n", "  week: 5\n", "why-is-deeper-worse: week"),
        ("  week: 4\n", "  week: 3\n", "week 4 has no worksheet"),
        ("- id: three-entries", "- id: why-is-deeper-worse", "this id stands twice"),
        ("      lines: 3\n", "", "needs either lines or columns"),
        ("  minutes: 25\n", "  minutes: 25\n  colour: red\n", "colour is not a field"),
    ],
)
def test_a_malformed_worksheet_is_named(tmp_path, old, new, words):
    text = WORKSHEETS.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "worksheets.yml"
    changed = text.replace(old, new) if "week: 4" in old else text.replace(old, new, 1)
    path.write_text(changed, encoding="utf-8")
    with pytest.raises(WorksheetsError, match=r"^worksheets\.yml") as caught:
        load_worksheets(path)
    assert words in str(caught.value)
