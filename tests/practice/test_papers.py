"""Papers are the same for a seed, fair in all versions, and hold no answer."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from functools import cache

import pytest
from bs4 import BeautifulSoup

from utils.practice import papers as papers_module
from utils.practice.bank import read_bank
from utils.practice.kinds import LEVELS
from utils.practice.kinds.choices import Choices
from utils.practice.kinds.numeric import Numeric
from utils.practice.kinds.short import Short
from utils.practice.papers import (
    MARKS,
    OPTIONAL,
    PLANS,
    Paper,
    PapersError,
    chapters_of,
    draw_course,
    draw_papers,
    levels_of,
    main,
    paper_html,
)

SITE = "https://book.example"
SEEDS = (0, 7)
of_each = pytest.mark.parametrize(("name", "seed"), [(name, s) for name in PLANS for s in SEEDS])


@cache
def drawn(name: str, seed: int) -> list[Paper]:
    """Both versions of a paper."""
    return draw_papers(PLANS[name], seed)


def words(markup: str) -> str:
    """The text of a file in one line."""
    return " ".join(BeautifulSoup(markup, "html.parser").body.get_text(" ").split())


def without_blanks(markup: str) -> str:
    return "".join(BeautifulSoup(markup, "html.parser").get_text().split())


@of_each
def test_a_seed_draws_the_same_paper_again(name, seed):
    again = draw_papers(PLANS[name], seed)
    assert [paper_html(p, SITE) for p in again] == [paper_html(p, SITE) for p in drawn(name, seed)]


def test_other_seeds_draw_other_papers():
    for name in PLANS:
        sets = {frozenset(q.id for q in drawn(name, seed)[0].questions) for seed in SEEDS}
        assert len(sets) == len(SEEDS)


@of_each
def test_versions_share_no_question_and_have_equal_chapters_levels_and_marks(name, seed):
    one, other = drawn(name, seed)
    assert not {q.id for q in one.questions} & {q.id for q in other.questions}
    closed = [[q for q in p.questions if not isinstance(q, Short)] for p in (one, other)]
    cells = [Counter((q.chapter, q.level) for q in questions) for questions in closed]
    assert cells[0] == cells[1]
    assert one.marks == other.marks


@of_each
def test_a_paper_is_balanced_over_levels_chapters_and_kinds(name, seed):
    plan = PLANS[name]
    for paper in drawn(name, seed):
        closed = [q for q in paper.questions if not isinstance(q, Short)]
        assert len(closed) == plan.questions
        assert len(paper.questions) - len(closed) == plan.prompts
        levels = Counter(q.level for q in closed)
        assert [levels[level] for level in LEVELS] == [
            levels_of(plan.questions).count(level) for level in LEVELS
        ]
        chapters = Counter(q.chapter for q in closed)
        assert set(chapters) <= set(chapters_of(plan.weeks))
        assert max(chapters.values()) <= -(-plan.questions // len(chapters_of(plan.weeks))) + 1
        kinds = Counter(q.kind for q in closed)
        assert len(kinds) >= 3
        assert max(kinds.values()) <= 0.6 * len(closed)


@of_each
def test_easy_questions_come_first(name, seed):
    for paper in drawn(name, seed):
        levels = [LEVELS.index(q.level) for q in paper.questions if not isinstance(q, Short)]
        assert levels == sorted(levels)


@of_each
def test_solutions_are_apart(name, seed):
    for paper in drawn(name, seed):
        asked, told = (without_blanks(text) for text in paper_html(paper, SITE))
        for question in paper.questions:
            hidden = [question.steps()]
            if isinstance(question, Choices):
                hidden += [option.says() for option in question.options]
            if isinstance(question, Short):
                hidden += [question.answers(), question.rubric[0].concept]
            for text in filter(None, map(without_blanks, hidden)):
                assert text[:60] not in asked, question.id
        assert told.count("Answer:") >= len(paper.questions)
        assert "data-" not in paper_html(paper, SITE)[0]


@of_each
def test_the_key_names_the_right_letters_of_the_printed_order(name, seed):
    for paper in drawn(name, seed):
        asked, told = (BeautifulSoup(one, "html.parser") for one in paper_html(paper, SITE))
        sheets = zip(asked.select("section.q"), told.select("section.q"), strict=True)
        for question, (sheet, solution) in zip(paper.questions, sheets, strict=True):
            if not isinstance(question, Choices) or not question.options:
                continue
            key = solution.select_one("span.right").get_text().split(", ")
            lines = sheet.select("ol.letters li")
            chosen = ["".join(li.get_text().split())[1:] for li in lines
                      if li.select_one(".letter").get_text() in key]  # fmt: skip
            right = [option.text for option in question.options if option.correct]
            assert len(chosen) == len(right)
            assert len(lines) == len(question.options)


def test_a_number_is_told_in_the_solutions_only():
    for paper in drawn("midterm", 7):
        asked, told = (BeautifulSoup(one, "html.parser") for one in paper_html(paper, SITE))
        for question, sheet, solution in zip(
            paper.questions, asked.select("section.q"), told.select("section.q"), strict=True
        ):
            if isinstance(question, Numeric):
                assert "Answer:" in sheet.get_text() and not sheet.select(".right")
                assert re.search(r"\d", solution.select_one(".right").get_text())


def test_the_whole_bank_can_be_printed_in_files_that_need_nothing_else():
    for paper in (*drawn("midterm", 0), *drawn("final", 0)):
        for text in paper_html(paper, SITE):
            page = BeautifulSoup(text, "html.parser")
            assert not page.select("script, link, img[src^=http], iframe")
            assert r"\(" not in page.body.get_text()
            assert all(a["href"].startswith("https://") for a in page.select("a[href]"))


def test_optional_chapters_are_left_out():
    assert not set(OPTIONAL) & set(chapters_of((1, 2, 3, 4)))
    assert set(chapters_of((1, 2))) < set(chapters_of((1, 2, 3, 4)))
    known = {question.chapter for question in read_bank()}
    assert set(OPTIONAL) - {"book/practice", "book/cards"} <= known


def test_levels_of_a_paper_add_up():
    for count in range(1, 40):
        assert len(levels_of(count)) == count
    assert Counter(levels_of(16)) == {"easy": 5, "medium": 8, "hard": 3}
    assert list(MARKS) == list(LEVELS)


@pytest.mark.parametrize(
    ("change", "versions", "said"),
    [
        ({"questions": 500}, 2, "ask for fewer with --questions or --versions"),
        ({"questions": 0}, 2, "ask for one or more"),
        ({"prompts": 90}, 2, "are too few"),
        ({}, 5, "there can be 1 to 4"),
    ],
)
def test_a_paper_that_cannot_be_drawn_says_what_to_change(change, versions, said):
    with pytest.raises(PapersError, match=said):
        draw_papers(replace(PLANS["midterm"], **change), 1, versions)


def test_the_command_writes_what_it_was_asked_for(tmp_path, capsys):
    command = ["midterm", "--seed", "3", "--questions", "6", "--to", str(tmp_path)]
    assert main(command) == 0
    names = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.html"))
    both = ["midterm-A.html", "midterm-B.html"]
    assert names == [*both, *(f"solutions/{name}" for name in both)]
    assert capsys.readouterr().out.count("\n") == 4
    text = (tmp_path / "midterm-A.html").read_text(encoding="utf-8")
    assert text.count("<h2>") == 7
    assert main(["quiz", "--seed", "3", "--to", str(tmp_path)]) == 1
    assert "no paper is called 'quiz'; there are: midterm, final" in capsys.readouterr().out


@pytest.mark.parametrize("versions", [1, 2, 4])
def test_the_papers_of_a_course_share_no_question(versions):
    course = draw_course(PLANS.values(), 7, versions)
    assert [len(papers) for papers in course] == [versions] * len(PLANS)
    ids = [q.id for papers in course for paper in papers for q in paper.questions]
    assert len(ids) == len(set(ids))


def test_a_final_alone_is_the_one_beside_its_midterm_and_papers_name_their_seed(tmp_path, capsys):
    for folder, names in (("both", []), ("alone", ["final"])):
        assert main([*names, "--seed", "7", "--to", str(tmp_path / folder)]) == 0
    alone = sorted(p.relative_to(tmp_path / "alone") for p in (tmp_path / "alone").rglob("*.html"))
    assert [path.name for path in alone] == ["final-A.html", "final-B.html"] * 2
    for path in alone:
        text = (tmp_path / "alone" / path).read_text(encoding="utf-8")
        assert text == (tmp_path / "both" / path).read_text(encoding="utf-8")
        assert "Drawn with seed 7." in text


def test_a_folder_that_cannot_be_written_says_what_to_choose(tmp_path, capsys):
    (tmp_path / "file").touch()
    assert main(["midterm", "--seed", "3", "--to", str(tmp_path / "file")]) == 1
    assert capsys.readouterr().out.endswith("; choose another folder with --to\n")


def test_a_kind_without_a_form_on_paper_is_named():
    with pytest.raises(TypeError, match="cannot be printed"):
        papers_module.printed(next(q for q in read_bank() if q.kind == "card"), "1")
