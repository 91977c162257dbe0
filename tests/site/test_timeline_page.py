"""The timeline in a browser: drawn, filtered, read without a script."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from browser import BUILD, DESKTOP_LIGHT, PHONE_DARK, ROOT, becomes, settled, stays, visit
from playwright.sync_api import Browser, Page, expect

from utils.facts import bibliography, timeline
from utils.files.yaml_files import parse_yaml

PAGE = "book/timeline.html"
KEYS = bibliography.keys()
STORY = timeline.load(timeline.DATA, KEYS)


# Page ------------------------------------------------------------------------------------------


@pytest.fixture
def page(chromium: Browser, home: str) -> Iterator[Page]:
    """The chapter in a browser."""
    with visit(chromium, home, PAGE, DESKTOP_LIGHT) as seen:
        yield seen.page
        assert not seen.errors


def shown(page: Page) -> list[str]:
    """The ids of the entries that can be seen, from top to bottom."""
    return page.eval_on_selector_all(
        ".tl-entry", "all => all.filter((e) => e.offsetParent !== null).map((e) => e.id)"
    )


def with_thread(*names: str) -> list[str]:
    """The ids of the entries that belong to one of the threads."""
    return [entry.id for entry in STORY.entries if set(names) & set(entry.threads)]


def button(page: Page, label: str):
    """The filter's button of one thread."""
    return page.get_by_role("button", name=re.compile(f"^{label}"))


ALL = [entry.id for entry in STORY.entries]
FACTS_OF_ENTRIES = """all => all.map((e) => [
    e.id,
    e.offsetParent !== null,
    e.querySelector("time").getAttribute("datetime"),
    e.querySelectorAll(".tl-tags li").length,
    e.querySelectorAll(".tl-source a").length,
])"""


@pytest.mark.parametrize("view", [DESKTOP_LIGHT, PHONE_DARK], ids=lambda view: view.scheme)
def test_page_carries_every_entry_without_a_script(chromium: Browser, home: str, view):
    size = {"width": view.width, "height": view.height}
    context = chromium.new_context(viewport=size, java_script_enabled=False)
    page = context.new_page()
    page.goto(home + PAGE)
    expect(page.locator("ol.tl-list > li")).to_have_count(len(STORY.entries))
    items = page.eval_on_selector_all("ol.tl-list > li", FACTS_OF_ENTRIES)
    assert items == [
        [entry.id, True, entry.date, len(entry.threads), len(entry.cite)] for entry in STORY.entries
    ]
    expect(page.locator(".tl-button")).to_have_count(0)
    expect(page.locator(".tl-keys")).to_be_hidden()
    context.close()


def test_long_gaps_are_told_in_words(page: Page):
    expect(page.locator("#tl-1958 .tl-gap")).to_have_text("15 years later")  # 1958 - 1943
    expect(page.locator("#tl-1970-reverse-mode .tl-gap")).to_be_hidden()


def test_button_leaves_the_entries_of_its_thread(page: Page):
    button(page, "Attention").click()
    becomes(lambda: shown(page), with_thread("attention"))
    expect(button(page, "Attention")).to_have_attribute("aria-pressed", "true")
    expect(button(page, "All threads")).to_have_attribute("aria-pressed", "false")
    count = len(with_thread("attention"))
    expect(page.locator(".tl-status")).to_have_text(
        f"Showing {count} of {len(ALL)} entries, those on attention."
    )


def test_two_buttons_leave_the_entries_of_both_threads(page: Page):
    button(page, "Attention").click()
    button(page, "Data").click()
    becomes(lambda: shown(page), with_thread("attention", "data"))
    expect(page).to_have_url(re.compile(r"\?thread=attention&thread=data$"))


def test_pressing_again_or_all_threads_brings_every_entry_back(page: Page):
    button(page, "Data").click()
    becomes(lambda: shown(page), with_thread("data"))
    button(page, "Data").click()
    becomes(lambda: shown(page), ALL)
    button(page, "Depth").click()
    becomes(lambda: shown(page), with_thread("depth"))
    button(page, "All threads").click()
    becomes(lambda: shown(page), ALL)
    expect(page).not_to_have_url(re.compile("thread="))


def test_gaps_are_measured_between_the_entries_that_are_left(page: Page):
    button(page, "Normalisation").click()
    years = [e.year for e in STORY.entries if "normalisation" in e.threads]
    second = page.locator(f"#{with_thread('normalisation')[1]} .tl-gap")
    assert years[1] - years[0] == 5
    expect(second).to_have_text("5 years later")


def test_address_brings_the_filter_back(chromium: Browser, home: str):
    with visit(chromium, home, f"{PAGE}?thread=normalisation", DESKTOP_LIGHT) as seen:
        assert shown(seen.page) == with_thread("normalisation")


def test_unknown_thread_in_the_address_hides_nothing(chromium: Browser, home: str):
    with visit(chromium, home, f"{PAGE}?thread=nonsense", DESKTOP_LIGHT) as seen:
        assert shown(seen.page) == ALL


def test_address_of_an_entry_wins_over_a_filter_that_hides_it(chromium: Browser, home: str):
    assert "tl-1943" not in with_thread("attention")
    with visit(chromium, home, f"{PAGE}?thread=attention#tl-1943", DESKTOP_LIGHT) as seen:
        expect(seen.page.locator("#tl-1943")).to_be_visible()


@pytest.mark.parametrize(("forward", "back"), [("ArrowDown", "ArrowUp"), ("j", "k")])
def test_keys_walk_from_entry_to_entry(page: Page, forward: str, back: str):
    page.locator("#tl-1943").focus()
    page.keyboard.press(forward)
    page.keyboard.press(forward)
    expect(page.locator("#tl-1960s")).to_be_focused()
    expect(page).to_have_url(re.compile("#tl-1960s$"))
    page.keyboard.press(back)
    expect(page.locator("#tl-1958")).to_be_focused()
    page.keyboard.press("End")
    expect(page.locator(f"#{ALL[-1]}")).to_be_focused()
    page.keyboard.press(forward)
    expect(page.locator(f"#{ALL[-1]}")).to_be_focused()
    page.keyboard.press("Home")
    expect(page.locator(f"#{ALL[0]}")).to_be_focused()


def test_focus_is_drawn_around_the_entry(page: Page):
    page.locator("#tl-1943").focus()
    page.keyboard.press("j")
    expect(page.locator("#tl-1958")).to_be_focused()
    style = page.locator("#tl-1958").evaluate(
        "(e) => [getComputedStyle(e).outlineStyle, getComputedStyle(e).outlineWidth]"
    )
    assert style == ["solid", "2px"]


def test_keys_skip_entries_that_the_filter_hides(page: Page):
    button(page, "Attention").click()
    first, second = with_thread("attention")[:2]
    page.locator(f"#{first}").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(f"#{second}")).to_be_focused()


def test_timeline_is_one_stop_for_the_tab_key(page: Page):
    stops = page.locator('.tl-entry[tabindex="0"]')
    expect(stops).to_have_count(1)
    button(page, "Attention").click()
    becomes(lambda: shown(page), with_thread("attention"))
    expect(stops).to_have_count(1)
    expect(stops).to_be_visible()


def test_keys_mean_nothing_outside_the_timeline(page: Page):
    page.locator("body").press("j")
    stays(page, lambda: page.url.partition("#")[2], "", seconds=0.2)


def test_print_shows_every_entry_whatever_the_filter(page: Page):
    button(page, "Attention").click()
    becomes(lambda: shown(page), with_thread("attention"))
    page.emulate_media(media="print")
    becomes(lambda: shown(page), ALL)


def test_still_page_where_motion_is_not_wanted(chromium: Browser, home: str):
    context = chromium.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(home + PAGE)
    settled(page)
    duration = page.locator("#tl-1943").evaluate("(e) => getComputedStyle(e).transitionDuration")
    assert duration == "0s"
    context.close()


FIGURE = "#explorable-depth-years"


def test_the_page_opens_with_depth_against_years(page: Page):
    finding = page.locator(f"{FIGURE} .ex-finding")
    expect(finding).to_contain_text("2015: the winner, ResNet")
    assert (
        page.locator(FIGURE).bounding_box()["y"]
        < page.locator("article h2").first.bounding_box()["y"]
    )


def test_the_slider_moves_the_year_and_the_mark(page: Page):
    slider = page.get_by_role("slider", name="Year of the challenge")
    mark = page.locator(f"{FIGURE} [data-part=now]")
    before = mark.get_attribute("d")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(f"{FIGURE} .ex-finding")).to_contain_text("2.8 times as many as AlexNet")
    expect(slider).to_have_attribute("aria-valuetext", "2014")
    expect(page).to_have_url(re.compile("#depth-years=y2014$"))
    assert mark.get_attribute("d") != before


def test_a_touch_of_the_picture_chooses_the_nearest_year(page: Page):
    picture = page.locator(f"{FIGURE} svg")
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    column = box["width"] * (40 + 288 * 2.5 / 8) / 340  # the third of eight years: 2012
    picture.click(position={"x": column + 4, "y": box["height"] / 2})
    expect(page.locator(f"{FIGURE} .ex-finding")).to_contain_text("2012: the winner, AlexNet")
    ring = page.locator(f"{FIGURE} [data-part=ring-layers]")
    expect(ring).not_to_have_attribute("r", "0")
    picture.click(position={"x": column + box["width"] * 36 / 340, "y": box["height"] / 2})
    expect(page.locator(f"{FIGURE} .ex-finding")).to_contain_text("not published")
    expect(ring).to_have_attribute("r", "0")


def test_script_is_loaded_on_this_page_only(home: str):
    with_script = [
        str(path.relative_to(BUILD))
        for path in BUILD.rglob("*.html")
        if "timeline.js" in path.read_text(encoding="utf-8")
    ]
    assert with_script == [PAGE]


def test_every_inventory_address_exists(home: str):
    inventory = parse_yaml((ROOT / "book/data/inventory/timeline.yml").read_text(encoding="utf-8"))
    assert len(inventory) == 18
    for address in inventory.values():
        page, anchor = address.split("#")
        assert f'id="{anchor}"' in (BUILD / page).read_text(encoding="utf-8")
