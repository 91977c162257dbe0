"""Definitions on the built pages: shown on the spot, linked at first use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from browser import BUILD, DESKTOP_LIGHT, PHONE_DARK, ROOT, View, settled, stays, visit
from playwright.sync_api import Browser, Locator, Page, expect
from prose import Prose, entries, unlinked_first_uses
from resnet_book.pages.plain import slug, terms

from utils.files.yaml_files import read_yaml

AXE = Path(__file__).parents[1] / "vendor" / "axe.min.js"
START = "book/index.html"
NOT_READ = {"book/glossary", "book/references"}
"""Pages without prose of their own: the definitions themselves, and the list of papers."""
EVERYDAY = {
    "stage": "an everyday word: at this stage, in two stages",
    "warm-up": "also the calls before a clock starts; the term is learning-rate warm-up",
}
"""Names that need no link at their first use, each with the reason."""
ENTRIES = entries()


def pages() -> list[str]:
    """Every page of the table of contents that has prose, in its order."""
    text = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    names = re.findall(r"(?:root|file):\s*(\S+)", text)
    return [name for name in names if name not in NOT_READ]


def built(page: str) -> str:
    path = BUILD / f"{page}.html"
    if not path.is_file():
        pytest.fail(f"no {path}: run jupyter-book build . first", pytrace=False)
    return path.read_text(encoding="utf-8")


# Definitions --------------------------------------------------------------------------------


def test_every_term_is_linked_from_a_page_or_awaits_its_chapter():
    linked = {id_ for page in pages() for _, _, id_ in Prose(built(page)).links}
    unused = {entry.names[0] for entry in ENTRIES if linked.isdisjoint(entry.ids)}
    assert not unused, "linked from no page: link them or remove them"


def test_inventory_anchors_exist():
    path = ROOT / "book" / "data" / "inventory" / "glossary.yml"
    places = read_yaml(path)
    assert list(places) == [f"S2-G{number:02d}" for number in range(1, 14)]
    for place in places.values():
        page, _, anchor = place.partition("#")
        assert f'id="{anchor}"' in (BUILD / page).read_text(encoding="utf-8"), place


# First use ----------------------------------------------------------------------------------


@pytest.mark.parametrize("page", pages())
def test_first_use_of_a_term_is_a_link(page: str):
    missing = list(unlinked_first_uses(built(page), ENTRIES, set(EVERYDAY)))
    lines = [f"{page}: {name!r} is not linked in: {sentence}" for name, sentence in missing]
    assert not missing, "write {term}`...` at the first use\n" + "\n".join(lines)


# In the built pages -------------------------------------------------------------------------


@pytest.mark.parametrize("page", [*pages(), "book/glossary"])
def test_page_carries_the_definitions_it_links_to_and_no_others(page: str):
    text = built(page)
    asked = set(re.findall(r'data-definition="definition-([^"]+)"', text))
    assert asked == set(re.findall(r'<div id="definition-([^"]+)">', text))
    assert asked == set(re.findall(r'<span id="gist-([^"]+)">', text))
    links = re.findall(r'<a [^>]*>(?=<span class="xref std std-term">)', text)
    assert all("data-definition" in link and "aria-describedby" in link for link in links)
    assert ("definitions.js" in text) == bool(links)


def test_formulas_in_definitions_need_no_script():
    text = built("book/index")
    hidden = text[text.index('<div class="book-definitions" hidden>') :]
    hidden = hidden[: hidden.index("</article>")]
    assert "<math" in hidden and "\\(" not in hidden
    assert "<a " not in hidden


def test_glossary_names_the_pages_that_use_a_term():
    text = built("book/glossary")
    entry = text[text.index('id="term-mixed-precision"') :]
    uses = entry[: entry.index("<dt", 10)]
    assert "../notebooks/02_simplecnn_vs_resnet.html#" in uses[uses.index("book-uses") :]


def test_letters_lead_to_the_first_term_of_each(home: str):
    text = built("book/glossary")
    row = re.search(r'<nav class="book-letters".*?</nav>', text, flags=re.DOTALL)[0]
    leads = dict(map(reversed, re.findall(r'href="#([^"]+)">(.)</a>', row)))
    firsts: dict[str, str] = {}
    for name in sorted((entry.names[0] for entry in ENTRIES), key=str.lower):
        firsts.setdefault(name[0].upper(), name)
    assert list(leads) == sorted(firsts)
    for letter, id_ in leads.items():
        after = text[text.index(f'<dt id="{id_}">') + len(f'<dt id="{id_}">') :]
        assert after.startswith(firsts[letter])


# In the browser -----------------------------------------------------------------------------

CARD = ".book-definition"
TERM = '.bd-article a[data-definition="definition-term-residual-block"]'
GIST = "A group of layers that adds its own input to what the layers compute."


def card_inside_window(page: Page) -> bool:
    return page.locator(CARD).evaluate(
        """(card) => {
            const box = card.getBoundingClientRect();
            const { clientWidth, clientHeight } = document.documentElement;
            return box.left >= 0 && box.top >= 0 && box.width > 0
                && box.right <= clientWidth && box.bottom <= clientHeight;
        }"""
    )


@contextmanager
def phone(browser: Browser, home: str, page: str = START, **options) -> Iterator[Page]:
    """A telephone of 390 px with a touch screen."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, **options
    )
    tab = context.new_page()
    tab.goto(home + page, wait_until="networkidle")
    settled(tab)
    try:
        yield tab
    finally:
        context.close()


def ready(page: Page) -> tuple[Locator, Locator]:
    link = page.locator(TERM).first
    link.scroll_into_view_if_needed()
    return link, page.locator(CARD)


def test_hover_shows_the_definition_and_leaving_hides_it(chromium: Browser, home: str):
    with visit(chromium, home, START, DESKTOP_LIGHT) as seen:
        link, card = ready(seen.page)
        expect(card).to_be_hidden()
        link.hover()
        expect(card).to_contain_text(GIST)
        assert card.locator("math").first.is_visible()
        assert card_inside_window(seen.page)
        seen.page.mouse.move(5, 5)
        expect(card).to_be_hidden()


def test_pointer_may_move_onto_the_definition(chromium: Browser, home: str):
    with visit(chromium, home, START, DESKTOP_LIGHT) as seen:
        link, card = ready(seen.page)
        link.hover()
        expect(card).to_be_visible()
        card.get_by_text(GIST).hover()
        stays(seen.page, card.is_visible, True, seconds=0.6)


def test_focus_shows_the_definition_and_escape_hides_it(chromium: Browser, home: str):
    with visit(chromium, home, START, DESKTOP_LIGHT) as seen:
        link, card = ready(seen.page)
        link.focus()
        seen.page.keyboard.press("Shift+Tab")
        seen.page.keyboard.press("Tab")
        expect(card).to_contain_text(GIST)
        stays(seen.page, card.is_visible, True, seconds=0.6)
        seen.page.keyboard.press("Escape")
        expect(card).to_be_hidden()
        expect(link).to_be_focused()


def test_moving_the_focus_on_hides_the_definition(chromium: Browser, home: str):
    with visit(chromium, home, START, DESKTOP_LIGHT) as seen:
        link, card = ready(seen.page)
        link.focus()
        seen.page.keyboard.press("Shift+Tab")
        seen.page.keyboard.press("Tab")
        expect(card).to_be_visible()
        seen.page.keyboard.press("Tab")
        expect(card).not_to_contain_text(GIST)
        assert not card.evaluate("(card) => card.contains(document.activeElement)")


def test_enter_and_click_follow_the_link(chromium: Browser, home: str):
    for act in ("press", "click"):
        with visit(chromium, home, START, DESKTOP_LIGHT) as seen:
            link, _ = ready(seen.page)
            link.press("Enter") if act == "press" else link.click()
            seen.page.wait_for_url("**/book/glossary.html#term-residual-block")


def test_first_tap_shows_the_definition_and_the_second_follows_the_link(
    chromium: Browser, home: str
):
    with phone(chromium, home) as page:
        link, card = ready(page)
        link.tap()
        expect(card).to_contain_text(GIST)
        assert page.url.endswith(START)
        assert card_inside_window(page)
        link.tap()
        page.wait_for_url("**/book/glossary.html#term-residual-block")


def test_tap_elsewhere_hides_the_definition_and_its_own_link_leads_on(chromium: Browser, home: str):
    with phone(chromium, home) as page:
        link, card = ready(page)
        link.tap()
        expect(card).to_be_visible()
        page.get_by_role("heading", level=1).tap()
        expect(card).to_be_hidden()
        link.tap()
        card.get_by_role("link", name="Open the entry").tap()
        page.wait_for_url("**/book/glossary.html#term-residual-block")


@pytest.mark.parametrize("page", [START, "book/glossary.html"])
def test_every_definition_stays_inside_a_telephone(chromium: Browser, home: str, page: str):
    with phone(chromium, home, page) as tab:
        card = tab.locator(CARD)
        links = tab.locator(".bd-article a[data-definition]:visible").all()
        for link in links[:: max(1, len(links) // 12)]:
            tab.keyboard.press("Escape")
            link.scroll_into_view_if_needed()
            link.tap()
            expect(card).to_be_visible()
            assert card_inside_window(tab), link.inner_text()
            assert tab.evaluate("document.documentElement.scrollWidth") <= 390


def test_definition_moves_nothing(chromium: Browser, home: str):
    measure = """() => [...document.querySelectorAll(".bd-article *")].map((part) => {
        const box = part.getBoundingClientRect();
        return [box.x, box.y, box.width, box.height].map(Math.round).join();
    }).join(" ") + document.documentElement.scrollHeight"""
    with visit(chromium, home, START, DESKTOP_LIGHT) as seen:
        link, card = ready(seen.page)
        before = seen.page.evaluate(measure)
        link.hover()
        expect(card).to_be_visible()
        assert seen.page.evaluate(measure) == before


def test_link_is_described_by_the_first_sentence(chromium: Browser, home: str):
    with visit(chromium, home, START, DESKTOP_LIGHT) as seen:
        expect(seen.page.locator(TERM).first).to_have_accessible_description(GIST)


@pytest.mark.parametrize("view", [DESKTOP_LIGHT, PHONE_DARK], ids=lambda view: view.scheme)
def test_open_definition_has_no_barrier(chromium: Browser, home: str, view: View):
    with visit(chromium, home, START, view) as seen:
        link, card = ready(seen.page)
        link.hover()
        expect(card).to_be_visible()
        seen.page.evaluate(AXE.read_text(encoding="utf-8"))
        settled(seen.page)
        found = seen.page.evaluate(
            """async () => (await axe.run(
                ".book-definition, .bd-article p", {resultTypes: ["violations"]})).violations
                .map((violation) => violation.id)"""
        )
        assert found == []


def test_definition_appears_at_once_where_motion_is_unwanted(chromium: Browser, home: str):
    with phone(chromium, home, reduced_motion="reduce") as page:
        link, card = ready(page)
        link.tap()
        expect(card).to_be_visible()
        assert card.evaluate("(card) => getComputedStyle(card).animationDuration") == "0s"


def test_saved_page_shows_definitions_without_a_server(chromium: Browser):
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    page = context.new_page()
    page.goto((BUILD / START).as_uri())
    link, card = ready(page)
    link.hover()
    expect(card).to_contain_text(GIST)
    context.close()


def test_term_is_an_ordinary_link_without_script(chromium: Browser, home: str):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(home + START)
    expect(page.locator(CARD)).to_have_count(0)
    expect(page.get_by_text(GIST).first).to_be_hidden()
    page.locator(TERM).first.click()
    page.wait_for_url("**/book/glossary.html#term-residual-block")
    context.close()


def test_links_of_notebooks_name_terms_as_the_built_glossary_does():
    built = (BUILD / "book" / "glossary.html").read_text(encoding="utf-8")
    anchors = {anchor.lower() for anchor in re.findall(r'id="term-([^"]+)"', built)}
    assert anchors == set(terms()) and all(slug(term) == name for name, term in terms().items())
