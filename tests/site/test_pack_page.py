"""The pack for teachers lies where the page says, and holds the plan of the finished page."""

import zipfile

import pytest
from browser import BUILD
from bs4 import BeautifulSoup
from links import read
from question_places import places

from utils.files.packed import TOP
from utils.practice.concepts import load_concepts

PACK = BUILD / "downloads" / f"{TOP}-teachers.zip"
NAME = f"{TOP}-teachers"


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    """Text of each file by its name."""
    with zipfile.ZipFile(PACK) as archive:
        return {
            name.removeprefix(f"{NAME}/"): archive.read(name).decode()
            for name in archive.namelist()
        }


def text_of(markup: str) -> str:
    return "".join(BeautifulSoup(markup, "html.parser").get_text().split())


def test_the_page_for_teachers_links_the_pack():
    page = BeautifulSoup((BUILD / "book" / "teachers.html").read_text("utf-8"), "html.parser")
    (link,) = page.select(f'a[href$="{PACK.name}"]')
    assert (BUILD / "book" / link["href"]).resolve() == PACK.resolve()


@pytest.mark.parametrize(
    ("file", "page", "anchor"),
    [
        ("timetable.html", "teachers", "the-plan"),
        ("marking.html", "teachers", "grading"),
        ("inventory/instructions.html", "concepts", "how-to-give-it"),
    ],
)
def test_what_a_page_says_is_printed_as_it_stands_there(files, file, page, anchor):
    soup = BeautifulSoup((BUILD / "book" / f"{page}.html").read_text("utf-8"), "html.parser")
    section = soup.find("section", id=anchor)
    for extra in section.select(".headerlink"):
        extra.decompose()
    printed = BeautifulSoup(files[file], "html.parser").body
    assert text_of(str(printed)) == text_of(str(section))
    assert len(printed.get_text()) > 800


def test_papers_and_their_solutions_are_in_folders_of_their_own(files):
    papers = [name for name in files if name.startswith("papers/")]
    assert sorted(papers) == [
        f"papers/{paper}-{version}.html" for paper in ("final", "midterm") for version in "AB"
    ]
    assert {f"solutions/{name.partition('/')[2]}" for name in papers} <= set(files)
    assert len([name for name in files if name.startswith("worksheets/")]) >= 4


def test_the_page_of_the_inventory_asks_all_items_and_tells_no_answer():
    page = BeautifulSoup((BUILD / "book" / "concepts.html").read_text("utf-8"), "html.parser")
    items = page.select("ol.ci-items > li")
    assert len(items) == len(load_concepts())
    said = text_of(str(page.select_one("article")))
    for item, shown in zip(load_concepts(), items, strict=True):
        assert len(shown.select("ol.letters > li")) == len(item.options)
        assert not [o for o in item.options if "".join(o.feedback.split())[:40] in said]


def test_every_wrong_option_of_an_item_leads_to_a_place_that_exists():
    for item in load_concepts():
        for place in places(item):
            page, _, anchor = place.partition("#")
            assert anchor in read(BUILD / f"{page}.html").anchors, (item.id, place)
