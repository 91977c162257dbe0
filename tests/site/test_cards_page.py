"""The flashcards on their page: read, studied and judged in a browser."""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from anki_cards import card, opened_in_anki
from browser import BUILD, DESKTOP_LIGHT, PHONE_DARK, View, becomes, settled
from bs4 import BeautifulSoup
from card_page import (
    CARDS,
    FIRST,
    NOON,
    PAGE,
    SECOND,
    THIRD,
    counts,
    entry,
    keep,
    opened,
    press,
    said,
    stored,
)
from playwright.sync_api import Browser, BrowserContext, Page, expect

from utils.display.formulas import mathml
from utils.practice.flashcards import render_cards
from utils.practice.kinds import Card


@pytest.fixture
def page(cards_page: Page) -> Page:
    return cards_page


AXE = (Path(__file__).parents[1] / "vendor" / "axe.min.js").read_text(encoding="utf-8")
SERIOUS = """axe.run(".fc-study", {resultTypes: ["violations"]}).then((result) => result.violations
    .map((violation) => `${violation.id}: ${violation.nodes[0].html}`))"""
SLOWEST_MEDIAN_MS = 100
HOSTILE = '<img src=x onerror="window.run=1"><script>window.run=2</script>'


def test_published_deck_opens_in_anki_and_holds_every_card(home: str, tmp_path: Path):
    page = BeautifulSoup((BUILD / PAGE).read_text(encoding="utf-8"), "html.parser")
    link = page.select_one(".fc-deck a[href]")
    path = (BUILD / "book" / link["href"]).resolve()
    kilobytes = int(re.search(r"(\d+) KB", link.parent.get_text())[1])
    assert abs(path.stat().st_size / 1000 - kilobytes) <= 1

    def words(markup: str) -> str:
        # Anki sets formulas from TeX, the page has them as MathML.
        tex = re.compile(r"\\\((.*?)\\\)")
        markup = tex.sub(lambda formula: mathml(unescape(formula[1]), block=False), markup)
        return " ".join(BeautifulSoup(markup, "html.parser").get_text().split())

    notes = {
        words(front): words(back) for front, back, *_ in opened_in_anki(path, tmp_path).values()
    }
    shown = {
        words(str(item.select_one(".fc-front"))): words(str(item.select_one(".fc-back")))
        for item in page.select("li.fc")
    }
    assert notes == shown
    assert len(notes) == len(CARDS)


def test_every_card_can_be_read_without_a_script(chromium: Browser, home: str):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(home + PAGE)
    expect(page.locator("li.fc")).to_have_count(len(CARDS))
    place = page.locator(f"#{FIRST}")
    expect(place.locator(".fc-back")).to_be_hidden()
    place.locator("summary").click()
    expect(place.locator(".fc-back")).to_be_visible()
    expect(page.locator(".fc-study")).to_contain_text("needs JavaScript")
    assert page.locator(".fc-study button").count() == 0
    page.goto(home + "book/index.html")
    expect(page.get_by_role("link", name=f"Study with {len(CARDS)} flashcards")).to_be_visible()
    context.close()


def second_tab(context: BrowserContext, address: str) -> Page:
    """Another tab of the same browser."""
    page = context.new_page()
    page.goto(address)
    page.locator(".fc-counts, .fc-due").first.wait_for()
    return page


def begin_by_keyboard(page: Page) -> None:
    """Reach the button with the Tab key and press it."""
    page.locator("#fc-per-day").focus()
    press(page, "Tab")
    expect(page.get_by_role("button", name="Study now")).to_be_focused()
    press(page, "Enter")


def test_card_is_studied_by_keyboard_alone(page: Page):
    begin_by_keyboard(page)
    question = page.locator(".fc-question")
    expect(question).to_be_focused()
    front = question.inner_text()
    expect(page.locator(".fc-answer")).to_be_hidden()
    press(page, "3")
    settled(page)
    assert not stored(page), "a key rated a card whose answer was not shown"
    press(page, "Space")
    expect(page.locator(".fc-answer")).to_be_focused()
    expect(page.locator(".fc-answer")).to_contain_text("Degradation")
    press(page, "3")
    expect(question).to_be_focused()
    expect(question).not_to_have_text(front)
    assert list(stored(page)) == [FIRST]


def test_each_step_is_announced(page: Page):
    begin_by_keyboard(page)
    expect(said(page)).to_contain_text("The session has begun.")
    press(page, "Space")
    expect(said(page)).to_contain_text("The answer is shown. How well did you know it?")
    press(page, "4")
    expect(said(page)).to_have_text(re.compile(r"^Easy: that card comes back in \d+ days\.$"))


@pytest.mark.parametrize("name", ["Again", "Hard", "Good", "Easy"])
def test_buttons_rate_and_show_when_the_card_comes_back(page: Page, name: str):
    page.get_by_role("button", name="Study now").click()
    page.get_by_role("button", name="Show answer").click()
    expect(page.locator(".fc-answer")).to_be_visible()
    button = page.get_by_role("button", name=re.compile(name))
    pause = button.locator("small").inner_text()
    button.click()
    expect(said(page)).to_have_text(f"{name}: that card comes back in {pause}.")


def test_pauses_grow_from_again_to_easy_and_from_review_to_review(page: Page):
    keep(page, {FIRST: entry()})
    page.get_by_role("button", name="Study now").click()
    press(page, "Space")
    expect(page.locator(".fc-answer")).to_be_visible()
    dues = page.evaluate(
        """([text]) => { const card = JSON.parse(text);
        const seen = { ...card, due: new Date(card.due), last_review: new Date(card.last_review) };
        const outcomes = FSRS.fsrs({ enable_fuzz: false }).repeat(seen, new Date());
        return [1, 2, 3, 4].map((grade) => outcomes[grade].card.due.getTime()); }""",
        [stored(page)[FIRST]],
    )
    assert dues == sorted(set(dues))
    before = stored(page)[FIRST]
    press(page, "3")
    becomes(lambda: stored(page)[FIRST], lambda text: text != before)
    after = json.loads(stored(page)[FIRST])
    assert datetime.fromisoformat(after["due"]).timestamp() * 1000 == dues[2]
    assert after["scheduled_days"] > 3
    assert after["reps"] == 3


def test_reload_keeps_the_progress(page: Page):
    page.get_by_role("button", name="Study now").click()
    press(page, "Space", "4", "Space", "4")
    before = becomes(lambda: stored(page), lambda found: len(found) == 2)
    page.reload()
    becomes(lambda: counts(page), (0, 0, 8))  # ten a day, two of them begun
    assert stored(page) == before


def test_card_comes_back_on_its_day(page: Page):
    page.get_by_role("button", name="Study now").click()
    press(page, "Space", "4")
    card = becomes(lambda: json.loads(stored(page)[FIRST]), lambda found: "due" in found)
    due = datetime.fromisoformat(card["due"])
    page.clock.set_fixed_time(due - timedelta(days=1))
    page.reload()
    becomes(lambda: counts(page), (0, 0, 10))
    page.clock.set_fixed_time(due.replace(hour=1))
    page.reload()
    becomes(lambda: counts(page), (1, 0, 10))


def test_forgotten_card_comes_back_in_the_same_session(page: Page):
    page.locator("#fc-per-day").fill("1")
    page.locator("#fc-per-day").press("Tab")
    page.get_by_role("button", name="Study now").click()
    front = becomes(page.locator(".fc-question").inner_text, bool)
    press(page, "Space", "1")
    expect(page.locator(".fc-question")).to_have_text(front)
    press(page, "Space", "4")
    expect(said(page)).to_contain_text("You gave 2 answers. No more cards of your choice are due.")
    expect(page.locator(".fc-box")).to_be_hidden()


def test_limit_of_new_cards_a_day_is_kept(page: Page):
    page.locator("#fc-per-day").fill("2")
    page.locator("#fc-per-day").press("Tab")
    becomes(lambda: counts(page), (0, 0, 2))
    page.reload()
    expect(page.locator("#fc-per-day")).to_have_value("2")
    page.get_by_role("button", name="Study now").click()
    press(page, "Space", "4", "Space", "4")
    expect(page.locator(".fc-box")).to_be_hidden()
    page.clock.set_fixed_time(NOON + timedelta(days=1))
    page.reload()
    becomes(lambda: counts(page), (0, 0, 2))


def test_filter_leaves_the_cards_of_a_chapter_and_a_level(page: Page):
    wanted = [c for c in CARDS if (c.chapter, c.level) == ("book/paper", "hard")]
    page.locator("#fc-chapter").select_option("book/paper")
    page.locator("#fc-level").select_option("hard")
    expect(page.locator(".fc-counts")).to_contain_text(f"Your choice has {len(wanted)} cards.")
    page.get_by_role("button", name="Study now").click()
    press(page, "Space", "4")
    becomes(lambda: list(stored(page)), [wanted[0].id])


def test_two_tabs_lose_nothing(chromium: Browser, home: str):
    with opened(chromium, home + PAGE) as context:
        one, two = context.pages[0], second_tab(context, home + PAGE)
        two.locator("#fc-chapter").select_option("book/paper")
        for tab in (one, two):
            tab.get_by_role("button", name="Study now").click()
        for tab in (one, two, one, two):
            tab.bring_to_front()
            press(tab, "Space", "4")
        becomes(lambda: len(stored(one)), 4)
        expect(two.locator(".fc-counts")).to_contain_text("6 new")
        expect(one.locator(".fc-counts")).to_contain_text("6 new")


def test_card_that_another_tab_answered_is_not_answered_twice(chromium: Browser, home: str):
    with opened(chromium, home + PAGE) as context:
        one, two = context.pages[0], second_tab(context, home + PAGE)
        for tab in (one, two):
            tab.get_by_role("button", name="Study now").click()
        same = becomes(one.locator(".fc-question").inner_text, bool)
        expect(two.locator(".fc-question")).to_have_text(same)
        press(one, "Space", "4")
        expect(said(two)).to_have_text("That card was answered in another tab.")
        expect(two.locator(".fc-question")).not_to_have_text(same)
        assert json.loads(stored(two)[FIRST])["reps"] == 1


def test_start_page_shows_a_plain_link_until_there_is_progress(chromium: Browser, home: str):
    with opened(chromium, home + "book/index.html") as context:
        page = context.pages[0]
        line = page.locator(".fc-due")
        expect(line).to_have_text(f"Study with {len(CARDS)} flashcards")
        keep(page, {FIRST: entry(), SECOND: entry(due="2026-04-01T12:00:00.000Z")})
        expect(line).to_have_text(
            f"Your flashcards: one card is due, and you have begun 2 of {len(CARDS)} cards."
        )
        keep(page, {THIRD: entry(), "retired-card": entry()})
        expect(line).to_have_text(
            f"Your flashcards: 2 cards are due, and you have begun 3 of {len(CARDS)} cards."
        )
        line.get_by_role("link").click()
        page.wait_for_url("**/cards.html")


@contextmanager
def with_cards(browser: Browser, home: str, cards: list[Card], view: View) -> Iterator[Page]:
    """The built page with other cards in it."""
    soup = BeautifulSoup((BUILD / PAGE).read_text(encoding="utf-8"), "html.parser")
    made = BeautifulSoup(render_cards(cards, ""), "html.parser")
    soup.select_one(".fc-all").replace_with(made.select_one(".fc-all"))
    size = {"width": view.width, "height": view.height}
    context = browser.new_context(viewport=size, color_scheme=view.scheme)
    page = context.new_page()
    page.route(f"**/{PAGE}", lambda route: route.fulfill(body=str(soup), content_type="text/html"))
    page.goto(home + PAGE)
    page.locator(".fc-counts").wait_for()
    yield page
    context.close()


ACTION = """(selector) => { const start = performance.now();
    document.querySelector(selector).click();
    void document.documentElement.offsetHeight;
    return performance.now() - start; }"""
NODES = "document.querySelectorAll('*').length"


def test_five_hundred_cards_stay_smooth_on_a_phone(chromium: Browser, home: str):
    cards = [card(f"made-{number}", back=f"Number $n = {number}$.") for number in range(500)]
    with with_cards(chromium, home, cards, PHONE_DARK) as page:
        page.locator("#fc-per-day").fill("500")
        page.locator("#fc-per-day").press("Tab")
        page.get_by_role("button", name="Study now").click()
        expect(page.locator(".fc-reveal")).to_be_visible()
        took, nodes = [], []
        for _ in range(40):
            took.append(page.evaluate(ACTION, ".fc-reveal"))
            took.append(page.evaluate(ACTION, '[data-grade="easy"]'))
            nodes.append(page.evaluate(NODES))
        assert len(stored(page)) == 40
        assert statistics.median(took) < SLOWEST_MEDIAN_MS
        assert max(nodes) - min(nodes) < 60, "the page grows with every answer"
        wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0


def test_hostile_text_is_shown_and_never_run(chromium: Browser, home: str):
    cards = [card("hostile", front=HOSTILE, back=f"`{HOSTILE}` {HOSTILE}")]
    with with_cards(chromium, home, cards, DESKTOP_LIGHT) as page:
        page.get_by_role("button", name="Study now").click()
        expect(page.locator(".fc-question")).to_have_text(HOSTILE)
        press(page, "Space")
        expect(page.locator(".fc-answer")).to_contain_text(HOSTILE)
        assert page.locator(".fc-study :is(img, script)").count() == 0
        assert page.evaluate("window.run") is None


def test_formulas_are_set_in_the_session(page: Page):
    page.locator("#fc-chapter").select_option("notebooks/01_residual_math")
    page.get_by_role("button", name="Study now").click()
    press(page, "Space")
    expect(page.locator(".fc-answer .math > math").first).to_be_visible()
    expect(page.locator(".fc-answer")).not_to_contain_text("\\(")


@pytest.mark.parametrize("view", [DESKTOP_LIGHT, PHONE_DARK], ids=lambda view: view.scheme)
def test_session_has_no_barrier(chromium: Browser, home: str, view: View):
    with opened(chromium, home + PAGE, view=view) as context:
        page = context.pages[0]
        page.locator(".keep summary").click()
        page.get_by_role("button", name="Study now").click()
        press(page, "Space")
        page.evaluate(AXE)
        expect(page.locator(".fc-answer")).to_be_visible()
        settled(page)
        assert page.evaluate(SERIOUS) == []
        low = "all => all.filter((b) => b.offsetParent && b.offsetHeight < 40).length"
        assert page.eval_on_selector_all(".fc-study button", low) == 0


def test_cards_work_from_a_folder_on_disk(chromium: Browser, home: str):
    with opened(chromium, (BUILD / PAGE).as_uri()) as context:
        page = context.pages[0]
        page.get_by_role("button", name="Study now").click()
        press(page, "Space", "4")
        becomes(lambda: list(stored(page)), [FIRST])
        settled(page)
        page.reload()
        # All in one, so that a failure says whether the entry or only its count is lost.
        wanted = ([FIRST], (0, 0, 9), 1e3 * NOON.timestamp())
        becomes(lambda: (list(stored(page)), counts(page), page.evaluate("Date.now()")), wanted)


def test_scripts_are_loaded_where_there_are_cards_only(home: str):
    found = {
        str(path.relative_to(BUILD)): text
        for path in BUILD.rglob("*.html")
        if "cards/state.js" in (text := path.read_text(encoding="utf-8"))
    }
    assert set(found) == {PAGE, "book/index.html"}
    assert "ts-fsrs" in found[PAGE] and "ts-fsrs" not in found["book/index.html"]
