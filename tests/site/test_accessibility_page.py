"""The page on accessibility says what its data say, and what it says of words and names holds."""

from __future__ import annotations

import re
import unicodedata
from html import unescape

import pytest
from browser import BUILD, DESKTOP_LIGHT, html_pages, visit
from bs4 import BeautifulSoup
from page_words import PAGES, words
from playwright.sync_api import Browser

from utils.facts.accessibility import PRINCIPLES, load
from utils.facts.bibliography import foreign_titles

PAGE = BUILD / "book" / "accessibility.html"
READ_PAGES = [page for page in html_pages() if page not in ("index.html", "404.html")]


def text_of(name: str) -> str:
    return (BUILD / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def article(home: str):
    return BeautifulSoup(PAGE.read_text(encoding="utf-8"), "html.parser").article


# What the page says -----------------------------------------------------------------------------


def test_each_criterion_stands_once_under_its_principle_with_verdict_and_tests(article):
    criteria = load().criteria
    rows = article.select("tr[id^=wcag]")
    assert [row["id"] for row in rows] == [one.anchor for one in criteria]
    for row, one in zip(rows, criteria, strict=True):
        name, verdict, why = row.find_all(["th", "td"])
        assert words(name) == f"{one.number} {one.name} ({one.level})"
        assert words(verdict).partition(" ")[2] == one.verdict
        assert one.why in words(why) and one.short in words(why)
        assert len(row.select("details li a")) == len(one.tests)
        section = row.find_parent("section")
        assert words(section.find(["h2", "h3"])).startswith(PRINCIPLES[one.number[0]])


def test_the_summary_comes_first_and_counts_what_the_data_say(article):
    known = load()
    said = words(article)
    summary = said[: said.index("What you can rely on")]
    assert f"meet {len(known.of('met'))} of {len(known.criteria)} criteria" in summary
    for one in known.of("partly", "not met"):
        assert one.short in summary
    assert f"{known.checked.day} {known.checked:%B %Y}" in summary
    (form,) = [link["href"] for link in article.select("a[href*='issues/new']")]
    assert form.endswith("template=accessibility-barrier.yml")


def test_each_promise_stands_once_with_its_tests(article):
    rows = article.select(".book-promises > li")
    promises = load().promises
    assert len(rows) == len(promises)
    for row, one in zip(rows, promises, strict=True):
        assert words(row.p) == f"{one.name}: {one.what}"
        links = [link["href"] for link in row.select("details li a")]
        assert [link.rpartition("/blob/")[2].partition("/")[2] for link in links] == [
            test.partition("::")[0] for test in one.tests
        ]


def test_the_form_for_barriers_exists():
    folder = PAGE.parents[3] / ".github" / "ISSUE_TEMPLATE"
    assert (folder / "accessibility-barrier.yml").is_file()


@pytest.mark.parametrize("page", READ_PAGES)
def test_the_foot_of_each_page_leads_here(page: str):
    foot = text_of(page).partition('<footer class="bd-footer-content')[2]
    wanted = "#" if page == "book/accessibility.html" else "accessibility.html"
    assert re.search(rf'href="[^"]*{wanted}">Accessibility</a>', foot)


# What it says of words, names and formulas ------------------------------------------------------


PLACE = re.compile(
    r"\b(?:red|green|blue|orange|yellow|grey|round|square|left|right|upper|lower|top|bottom)"
    r"(?:-hand|most)? (?:button|link|slider|switch|field|menu|icon|tick|list)\b",
    re.IGNORECASE,
)
"""A control that is named by what only eyes find."""


@pytest.mark.parametrize("page", PAGES)
def test_no_sentence_names_a_control_by_colour_form_or_place(page: str):
    article = text_of(f"{page}.html").partition('<article class="bd-article">')[2]
    said = " ".join(unescape(re.sub(r"<[^>]+>", " ", article)).split())
    assert PLACE.findall(said) == []


def test_a_control_named_by_its_place_is_found():
    assert PLACE.search("Press the green button on the left.")


BUTTONS = re.compile(
    r'<(?:a|button)[^>]*class="[^"]*\b(primary-toggle|secondary-toggle|theme-switch-button'
    r'|btn-source-repository-button|search-button__button)\b[^>]*?(?:title|aria-label)="([^"]+)"'
)


def test_a_button_of_the_bar_has_one_name_on_all_pages():
    names: dict[str, set[str]] = {}
    for page in READ_PAGES:
        bar = text_of(page).partition('class="header-article-items')[2].partition("<article")[0]
        for button, name in BUTTONS.findall(bar):
            names.setdefault(button, set()).add(name)
    assert len(names) >= 4
    assert {button: found for button, found in names.items() if len(found) > 1} == {}


def test_a_title_in_another_language_says_which():
    titles = foreign_titles()
    assert titles
    for title, language in titles.items():
        assert f'<em lang="{language}">{title}</em>' in text_of("book/references.html")


SENTENCES = """[...document.querySelectorAll("main p")]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }) && one.querySelector("math"))
    .filter((one) => !one.closest("details"))
    .map((one) => one.textContent)"""


def spoken(nodes: list[dict], of: str) -> list[tuple[str, int]]:
    """The text of each node of a role in the accessibility tree, and its number of formulas."""
    known = {node["nodeId"]: node for node in nodes}

    def walk(node: dict) -> tuple[str, int]:
        role = node.get("role", {}).get("value")
        if role == "StaticText":
            return node["name"]["value"], 0
        parts = [walk(known[child]) for child in node.get("childIds", []) if child in known]
        formulas = sum(count for _, count in parts) + (role == "MathMLMath")
        return "".join(text for text, _ in parts), formulas

    return [walk(node) for node in nodes if node.get("role", {}).get("value") == of]


def plain(text: str) -> str:
    """A text without blanks and styles of letters, and without signs that are only spoken."""
    return re.sub(r"[\s\u2061-\u2064]", "", unicodedata.normalize("NFKC", text))


def test_formulas_are_read_at_their_place_in_the_sentence(chromium: Browser, home: str):
    with visit(chromium, home, "book/lesion_lab.html", DESKTOP_LIGHT) as seen:
        session = seen.page.context.new_cdp_session(seen.page)
        nodes = session.send("Accessibility.getFullAXTree")["nodes"]
        sentences = seen.page.evaluate(SENTENCES)
    heard = {plain(text): formulas for text, formulas in spoken(nodes, "paragraph")}
    assert len(sentences) >= 3
    for sentence in sentences:
        assert heard.get(plain(sentence)), sentence
