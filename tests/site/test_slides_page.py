"""The slides of four weeks: each fits its frame, and can be read from the last row and on paper."""

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import barriers
import pytest
from browser import BUILD, ROOT, becomes, faults_of, settled, stays
from bs4 import BeautifulSoup
from firefox import firefox
from links import problem, read
from playwright.sync_api import Browser, Page, expect
from printed import Printed, contrast

from utils.facts.goals import WEEKS
from utils.facts.slides import MOST

DECKS = {week: BUILD / "slides" / f"week-{week}.html" for week in WEEKS}
AXE = (ROOT / "tests" / "vendor" / "axe.min.js").read_text(encoding="utf-8")
FRAME = {"width": 1280, "height": 720}
PHONE = {"width": 390, "height": 844}
BODY_PX, FOOT_PX, CONTROL_PX, DRAWN_PX, RAISED_PX = 28, 20, 24, 18, 14
"""The smallest letters of a slide of 1280 by 720: of words, its foot, controls, figures, and raised
or lowered letters in them."""
CONTRAST = 7
in_each_week = pytest.mark.parametrize("week", WEEKS)

LOOK = """async () => {
    const frame = () => new Promise(requestAnimationFrame);
    const found = [];
    const slides = [...document.querySelectorAll("section.slide")];
    for (const [index, slide] of slides.entries()) {
        location.hash = `slide=${index + 1}`;
        for (let count = 0; !slide.matches(".present") && count < 600; count += 1) await frame();
        for (const part of slide.querySelectorAll(".fragment")) part.classList.add("visible");
        await frame();
        const box = slide.getBoundingClientRect();
        const scale = box.width / 1280;
        const foot = slide.querySelector(".slide-foot").getBoundingClientRect();
        const over = [], letters = [];
        for (const element of slide.querySelectorAll("*")) {
            if (element.closest(".notes, .unseen, defs, math *")) continue;
            const { left, right, top, bottom, width, height } = element.getBoundingClientRect();
            if (!width || !height || getComputedStyle(element).visibility === "hidden") continue;
            const name = `${element.tagName} ${element.textContent.trim().slice(0, 30)}`;
            if (left < box.left - 1 || right > box.right + 1 || top < box.top - 1
                || bottom > box.bottom + 1) over.push(name);
            if (element.closest(".slide-body") && bottom > foot.top + 1
                && !slide.matches(".title, .session")) over.push(`on the foot: ${name}`);
            const isText = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
            if (!isText || element.tagName === "OPTION") continue;
            const style = getComputedStyle(element);
            const drawn = element.closest("svg");
            const matrix = drawn && element.getScreenCTM();
            const zoom = drawn ? Math.hypot(matrix.b, matrix.d) / scale : 1;
            let ground = element;
            while (ground && /, 0\\)$|transparent/.test(getComputedStyle(ground).backgroundColor))
                ground = ground.parentElement;
            const kind = drawn ? (element.tagName === "tspan" ? "raised" : "drawn")
                : element.closest(".slide-foot") ? "foot"
                : element.closest(".explorable, code, pre") ? "control" : "body";
            letters.push({ name, kind, px: parseFloat(style.fontSize) * zoom, colour: style.color,
                ground: ground ? getComputedStyle(ground).backgroundColor : "rgb(255, 255, 255)" });
        }
        found.push({ title: slide.querySelector(".slide-title").textContent, over, letters });
    }
    return found;
}"""
SMALLEST = {
    "body": BODY_PX,
    "foot": FOOT_PX,
    "control": CONTROL_PX,
    "drawn": DRAWN_PX,
    "raised": RAISED_PX,
}


@dataclass
class Opened:
    """A deck opened from a file, and what went wrong on the way."""

    page: Page
    faults: list[str]


@contextmanager
def opened(browser: Browser, address: str, form: str = "deck", **options) -> Iterator[Opened]:
    """Open a deck in a context of its own, and wait until it has taken its form."""
    with browser.new_context(**{"viewport": FRAME, **options}) as context:
        page = context.new_page()
        found = Opened(page, faults_of(page))
        found.page.goto(address)
        expect(found.page.locator("html")).to_have_attribute("data-ready", form)
        yield found
        assert found.faults == []


@pytest.fixture(scope="module")
def visited(chromium: Browser) -> Callable[[int], dict[str, list]]:
    """Return a function that turns all pages of a deck once.

    It says what each slide shows, what moves by itself, and what moves for those who want less.
    """
    known: dict[int, dict[str, list]] = {}

    def look(week: int) -> dict[str, list]:
        if week not in known:
            with opened(chromium, DECKS[week].as_uri()) as deck:
                settled(deck.page)
                found = {"endless": deck.page.evaluate(barriers.ENDLESS)}
                deck.page.emulate_media(reduced_motion="reduce")
                settled(deck.page)
                found["moving"] = deck.page.evaluate(barriers.MOVING)
                known[week] = {"slides": deck.page.evaluate(LOOK), **found}
        return known[week]

    return look


@pytest.fixture(scope="module")
def seen(visited) -> Callable[[int], list[dict]]:
    """Return a function that says what each slide of a deck shows."""
    return lambda week: visited(week)["slides"]


def now(page: Page) -> int:
    """The number of the slide that is shown."""
    return int(page.locator("section.present").get_attribute("id").removeprefix("slide-"))


def slide_with(week: int, selector: str) -> int:
    """The number of the first slide that has something."""
    text = BeautifulSoup(DECKS[week].read_text(encoding="utf-8"), "html.parser")
    found = next(slide for slide in text.select("section.slide") if slide.select_one(selector))
    return int(found["id"].removeprefix("slide-"))


# Each slide ---------------------------------------------------------------------------------------


@in_each_week
def test_no_slide_overflows_its_frame(seen, week):
    assert [(slide["title"], slide["over"]) for slide in seen(week) if slide["over"]] == []


@in_each_week
def test_letters_can_be_read_from_the_last_row(seen, week):
    letters = [(s["title"], each) for s in seen(week) for each in s["letters"]]
    assert len(letters) > 200
    assert [
        (title, each["name"], each["kind"], each["px"])
        for title, each in letters
        if each["px"] < SMALLEST[each["kind"]] - 0.2
    ] == []


@in_each_week
def test_nothing_moves_by_itself_for_five_seconds(visited, week):
    assert visited(week)["endless"] == []


@in_each_week
def test_nothing_fades_slides_or_glides_for_those_who_want_less_motion(visited, week):
    assert visited(week)["moving"] == []


def rgb(colour: str) -> tuple[float, ...]:
    return tuple(float(part) / 255 for part in re.findall(r"[\d.]+", colour)[:3])


@in_each_week
def test_words_stand_out_from_their_ground(seen, week):
    pairs = {
        (each["colour"], each["ground"])
        for slide in seen(week)
        for each in slide["letters"]
        if each["kind"] not in ("drawn", "raised")
    }
    assert len(pairs) > 3
    assert [pair for pair in pairs if contrast(*map(rgb, pair)) < CONTRAST] == []


@in_each_week
def test_each_slide_has_a_title_notes_and_a_part_of_the_plan(week):
    text = BeautifulSoup(DECKS[week].read_text(encoding="utf-8"), "html.parser")
    slides = text.select("main section")
    assert 20 <= len(slides) <= MOST
    assert [slide.find(re.compile("h[12]")).name for slide in slides] == ["h1"] + ["h2"] * (
        len(slides) - 1
    )
    notes = [slide.select_one("aside.notes").get_text(" ", strip=True) for slide in slides]
    assert min(map(len, notes)) >= 30
    assert sum(note.startswith("Session ") for note in notes) >= len(slides) - 5
    assert len({slide.find(re.compile("h[12]")).text for slide in slides}) == len(slides)


@in_each_week
def test_each_picture_has_words_for_those_who_do_not_see_it(week):
    text = BeautifulSoup(DECKS[week].read_text(encoding="utf-8"), "html.parser")
    figures = text.select("figure")
    assert figures
    for figure in figures:
        assert figure.select("[aria-label], [aria-labelledby], [aria-describedby], .ex-finding")


@in_each_week
def test_each_link_leads_somewhere(week):
    path = DECKS[week]
    addresses = [link for link in read(path).addresses if not link.startswith("?")]
    assert len(addresses) > 15
    assert [wrong for link in addresses if (wrong := problem(path, link))] == []


# What a deck may load -----------------------------------------------------------------------------


@in_each_week
def test_a_deck_allows_the_books_own_files_only(week):
    text = DECKS[week].read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)[1]
    assert "default-src 'none'; script-src 'self';" in policy.replace("&#x27;", "'")
    assert not re.search(r'(?:src|href)="https?:[^"]*\.(?:js|css)', text)


def test_the_presenter_is_the_one_that_the_list_of_foreign_files_names():
    vendor = ROOT / "book" / "_static" / "vendor"
    (row,) = re.findall(r"^\| `reveal/` .*$", (vendor / "README.md").read_text("utf-8"), re.M)
    for name in ("reveal.js", "reveal.css"):
        digest = hashlib.sha256((vendor / "reveal" / name).read_bytes()).hexdigest()
        assert f"`dist/{name}`, SHA-256 `{digest}`" in row
    assert "Permission is hereby granted" in (vendor / "reveal" / "LICENSE").read_text("utf-8")


# Turning pages, touching figures ------------------------------------------------------------------


def test_keys_turn_pages_and_the_address_keeps_the_place(chromium: Browser):
    with opened(chromium, DECKS[1].as_uri()) as deck:
        deck.page.keyboard.press("ArrowRight")
        becomes(lambda: now(deck.page), 2)
        deck.page.keyboard.press("PageUp")
        becomes(lambda: now(deck.page), 1)
        deck.page.keyboard.press("PageDown")
        becomes(lambda: deck.page.evaluate("location.hash"), "#slide=2")
        deck.page.reload()
        becomes(lambda: now(deck.page), 2)


def test_a_figure_takes_arrow_keys_only_while_it_has_the_focus(chromium: Browser):
    place = slide_with(1, '[data-explorable="residual-block"]')
    with opened(chromium, f"{DECKS[1].as_uri()}#slide={place}") as deck:
        figure = deck.page.locator("section.present .explorable")
        slider, finding = figure.get_by_role("slider").first, figure.locator(".ex-finding")
        before = finding.inner_text()
        slider.focus()
        deck.page.keyboard.press("ArrowRight")
        expect(finding).not_to_have_text(before)
        assert now(deck.page) == place
        deck.page.keyboard.press("Escape")
        expect(slider).not_to_be_focused()
        assert not deck.page.locator(".reveal.overview").count()
        slider.focus()
        deck.page.keyboard.press("PageDown")
        becomes(lambda: now(deck.page), place + 1)
        hash_ = becomes(lambda: deck.page.evaluate("location.hash"), lambda h: "residual-" in h)
        assert f"slide={place + 1}" in hash_
        deck.page.keyboard.press("ArrowLeft")
        becomes(lambda: now(deck.page), place)


@pytest.mark.parametrize("way", ["click", "tap"])
def test_a_figure_answers_mouse_and_finger_and_the_slide_stays(chromium: Browser, way: str):
    place = slide_with(1, '[data-explorable="residual-block"]')
    with opened(chromium, f"{DECKS[1].as_uri()}#slide={place}", has_touch=way == "tap") as deck:
        figure = deck.page.locator("section.present .explorable")
        before = figure.locator(".ex-finding").inner_text()
        getattr(figure.get_by_role("checkbox"), way)()
        expect(figure.locator(".ex-finding")).not_to_have_text(before)
        stays(deck.page, lambda: now(deck.page), place, seconds=0.2)


def test_the_answer_of_a_poll_waits_for_the_next_press(chromium: Browser):
    place = slide_with(1, ".poll")
    with opened(chromium, f"{DECKS[1].as_uri()}#slide={place}") as deck:
        answer = deck.page.locator("section.present .poll-answer")
        expect(answer).to_have_css("visibility", "hidden")
        deck.page.keyboard.press("ArrowRight")
        expect(answer).to_have_css("visibility", "visible")
        assert now(deck.page) == place
        deck.page.keyboard.press("ArrowRight")
        becomes(lambda: now(deck.page), place + 1)


def test_help_lists_the_keys_and_links_can_be_shown(chromium: Browser):
    with opened(chromium, DECKS[2].as_uri()) as deck:
        deck.page.keyboard.press("?")
        expect(deck.page.get_by_role("dialog")).to_contain_text("the speaker's window")
        deck.page.keyboard.press("Escape")
        expect(deck.page.get_by_role("dialog")).to_have_count(0)
        deck.page.keyboard.press("m")
        expect(deck.page.get_by_role("link", name="For teachers").first).to_be_focused()


def test_the_speakers_window_follows_and_leads(chromium: Browser):
    with opened(chromium, f"{DECKS[1].as_uri()}#slide=4") as deck:
        with deck.page.expect_popup() as popup:
            deck.page.keyboard.press("s")
        speaker = popup.value
        expect(speaker.locator("html")).to_have_attribute("data-ready", "speaker")
        notes = speaker.locator(".speaker-notes")
        expect(notes).to_contain_text("numbers go in")
        deck.page.bring_to_front()
        deck.page.keyboard.press("ArrowRight")
        expect(speaker.locator(".slide.is-now")).to_have_id("slide-5")
        expect(speaker.locator(".slide.is-next")).to_have_id("slide-6")
        expect(notes).to_contain_text("A prediction")
        speaker.get_by_role("button", name="Next").click()
        becomes(lambda: now(deck.page), 6)
        expect(speaker.locator(".slide.is-now")).to_have_id("slide-6")


@pytest.mark.parametrize(("number", "shown"), [("0", "1"), ("3", "3"), ("", "1"), ("-2", "1")])
def test_the_speakers_window_opens_at_any_number(chromium: Browser, number, shown):
    address = f"{DECKS[1].as_uri()}?speaker#slide={number}"
    with opened(chromium, address, "speaker") as deck:
        expect(deck.page.locator(".slide.is-now")).to_have_id(f"slide-{shown}")


def test_a_large_screen_gets_larger_slides(chromium: Browser):
    large = {"width": 1920, "height": 1080}
    with opened(chromium, DECKS[4].as_uri(), viewport=large) as deck:
        box = becomes(lambda: deck.page.locator("section.present").bounding_box(), bool)
        assert (round(box["width"]), round(box["height"])) == (1920, 1080)


# A phone, paper, no script ------------------------------------------------------------------------


@in_each_week
def test_on_a_phone_the_slides_are_a_text_that_fits(chromium: Browser, week):
    with opened(chromium, DECKS[week].as_uri(), "text", viewport=PHONE) as deck:
        settled(deck.page)
        assert deck.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        expect(deck.page.locator(".notes").first).to_be_visible()


@pytest.mark.parametrize(("form", "view"), [("deck", FRAME), ("text", PHONE)])
def test_a_deck_has_no_serious_barrier(chromium: Browser, form, view):
    with opened(chromium, DECKS[1].as_uri(), form, viewport=view) as deck:
        deck.page.evaluate(AXE)
        settled(deck.page)
        found = deck.page.evaluate("""axe.run({preload: false,
            resultTypes: ["violations"]}).then((result) =>
            result.violations.filter(({ impact }) => ["serious", "critical"].includes(impact))
            .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`)))""")
        assert found == []


@pytest.mark.parametrize(
    ("query", "form", "height_pt"),
    [("?print", "paged", 540), ("?print=notes", "paged", 1357.5), ("", "deck", 540)],
)
def test_print_gives_one_slide_a_page(chromium: Browser, query, form, height_pt):
    with opened(chromium, DECKS[3].as_uri() + query, form) as deck:
        settled(deck.page)
        pdf = deck.page.pdf(prefer_css_page_size=True, print_background=True)
        slides = deck.page.locator("section.slide").count()
    sizes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert len(sizes) == slides
    assert {(round(float(w)), round(float(h))) for w, h in sizes} == {(960, round(height_pt))}
    text = Printed(pdf).text
    assert "Choosearowforthisproject" not in text
    assert "Recap:ashortcuthelps" in text
    assert ("Letfourlearnersexplain" in text) == (query == "?print=notes")


def test_without_a_script_every_slide_and_its_notes_can_be_read(chromium: Browser):
    with chromium.new_context(java_script_enabled=False, viewport=FRAME) as context:
        page = context.new_page()
        page.goto(DECKS[1].as_uri())
        expect(page.locator(".slide-title").last).to_be_visible()
        expect(page.locator(".notes").last).to_be_visible()


def test_a_deck_turns_its_pages_in_firefox_too():
    with firefox() as fox:
        fox.load(DECKS[3].as_uri())
        fox.wait("document.documentElement.dataset.ready === 'deck'")
        fox.run("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'PageDown'}))")
        fox.wait("document.querySelector('section.present').id === 'slide-2'")
        assert fox.errors == []


# The pages of the book ----------------------------------------------------------------------------


def test_the_page_for_teachers_links_the_deck_of_each_week():
    teachers = BUILD / "book" / "teachers.html"
    links = {(teachers.parent / link).resolve() for link in read(teachers).addresses if link}
    assert {path.resolve() for path in DECKS.values()} <= links


def test_the_page_of_forms_links_the_slides():
    take: Path = BUILD / "book" / "take.html"
    assert "../slides/week-1.html" in read(take).addresses
