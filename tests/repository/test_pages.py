"""Every page says what it is, how long it takes, where to go next, and what its pictures show."""

import pytest
from bs4 import BeautifulSoup, Tag
from page_words import PAGES, nameless_pictures, next_links, stated_minutes

from utils.facts.goals import GoalsError, load_chapters


def test_every_chapter_of_the_data_is_in_the_table_of_contents():
    assert set(load_chapters()) <= set(PAGES)


def soup(markup: str) -> Tag:
    return BeautifulSoup(f"<article>{markup}</article>", "html.parser").article


@pytest.mark.parametrize(
    "markup",
    [
        '<img src="a.png">',
        '<img src="a.png" alt=" ">',
        "<svg><path/></svg>",
        '<div role="img"><svg aria-hidden="true"></svg></div>',
        '<figure><svg aria-hidden="true"></svg><figcaption>c</figcaption></figure>',
    ],
)
def test_a_picture_without_words_is_found(markup):
    assert nameless_pictures(soup(markup))


@pytest.mark.parametrize(
    "markup",
    [
        '<img src="a.png" alt="Plain is worse">',
        '<div role="img" aria-label="Plain is worse"><svg></svg></div>',
        '<figure><svg role="img" aria-labelledby="t"></svg></figure>',
        '<p><svg aria-hidden="true"></svg>text beside an ornament</p>',
    ],
)
def test_a_picture_with_words_passes(markup):
    assert not nameless_pictures(soup(markup))


def test_times_and_next_steps_are_read_from_markup():
    page = soup(
        '<p class="book-page-minutes">4 minutes to read</p><p><strong>Time:</strong> 15 minutes to '
        'read.</p><section><h2>What to read next<a href="#x">#</a></h2><ul><li><a href="b.html">'
        "b</a></li></ul></section>"
    )
    assert stated_minutes(page) == [4, 15]
    assert next_links(page) == ["b.html"]
    assert next_links(soup("<h2>Next</h2>")) == []


GOOD = "book/a:\n  minutes: 5\n  week: 1\n  goals: [Say it.]\n"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "must map pages"),
        ("book/a: [", "cannot be read"),
        (GOOD.replace("  week: 1\n", ""), "book/a: week is missing"),
        (
            GOOD + "  hours: 2\n",
            "hours is not a field; the fields are minutes, week, goals",
        ),
        (GOOD.replace("5", "soon"), "book/a: minutes must be a whole number from 1, not soon"),
        (GOOD.replace("week: 1", "week: 5"), "book/a: week must be one of"),
        (GOOD.replace("[Say it.]", "[]"), "book/a: goals must be a list"),
        (GOOD.replace("[Say it.]", "[{Design: a control}]"), "quote one with a colon"),
    ],
)
def test_a_malformed_file_of_goals_names_file_chapter_and_fault(tmp_path, text, fault):
    path = tmp_path / "goals.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(GoalsError, match=r"^goals\.yml") as caught:
        load_chapters(path)
    assert fault in str(caught.value)


def test_a_missing_file_of_goals_is_named(tmp_path):
    with pytest.raises(GoalsError, match=r"goals\.yml cannot be read"):
        load_chapters(tmp_path / "goals.yml")


def test_a_good_file_of_goals_is_read(tmp_path):
    path = tmp_path / "goals.yml"
    path.write_text(GOOD, encoding="utf-8")
    chapter = load_chapters(path)["book/a"]
    assert (chapter.page, chapter.minutes, chapter.week) == ("book/a", 5, 1)
    assert chapter.goals == ["Say it."]
