"""The flashcards: what stands on them, the study session in a browser, and the deck for Anki.

Build the book first.
"""

from __future__ import annotations

import hashlib
import json
import re
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from anki.collection import Collection, ImportAnkiPackageRequest
from browser import BUILD, DESKTOP_LIGHT, PHONE_DARK, ROOT, View, becomes, settled
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, BrowserContext, Page, expect

from utils.files.yaml_files import read_yaml
from utils.practice.anki import NAME, full_links, plain_math, stable_number, write_deck
from utils.practice.flashcards import load_cards, render_cards, source_words
from utils.practice.kinds import Card

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
SERIOUS = """axe.run(".fc-study", {resultTypes: ["violations"]}).then((result) => result.violations
    .map((violation) => `${violation.id}: ${violation.nodes[0].html}`))"""
PAGE = "book/cards.html"
SITE = "https://book.example"
PREFIX = "resnet-measured:card:v1:"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CARDS = load_cards()
FIRST, SECOND, THIRD = (card.id for card in CARDS[:3])
SLOWEST_MEDIAN_MS = 100


def card(id_: str, **changes: object) -> Card:
    """A card of the bank's format."""
    fields = {
        "kind": "card",
        "level": "easy",
        "chapter": "book/paper",
        "front": f"Front {id_}?",
        "back": f"Back {id_}.",
        "source": "computed",
        "terms": ["MAC"],
    }
    return Card.model_validate({"id": id_, **fields, **changes})


def entry(**changes: object) -> dict[str, object]:
    """What the browser stores about a card that was reviewed three days before, due at noon."""
    fields = {"due": "2026-03-02T12:00:00.000Z", "last_review": "2026-02-27T12:00:00.000Z",
              "first": "2026-02-27T11:50:00.000Z", "stability": 3.0, "difficulty": 5.0,
              "elapsed_days": 0, "scheduled_days": 3, "learning_steps": 0, "reps": 2, "lapses": 0,
              "state": 2}  # fmt: skip
    return {**fields, **changes}


def saved_file(cards: dict[str, object], **changes: object) -> bytes:
    """A file as the page saves it."""
    data = {"format": "resnet-measured-cards", "version": 1, "saved": "2026-03-01T08:00:00.000Z"}
    return json.dumps({**data, "cards": cards, **changes}).encode()


# The bank --------------------------------------------------------------------------------------


def test_there_are_at_least_seventy_cards_of_all_levels_and_many_chapters():
    assert len(CARDS) >= 70
    assert {c.level for c in CARDS} == {"easy", "medium", "hard"}
    assert len({c.chapter for c in CARDS}) >= 8


def test_fronts_are_short_and_answers_have_one_to_three_sentences():
    for c in CARDS:
        assert len(c.front) <= 130, c.id
        text = re.sub(r"\$[^$]*\$|`[^`]*`|\d\.\d", "x", c.back)
        assert len(re.findall(r"[.?!:;](?:\s|\*|$)", text)) <= 5, c.id
        assert len(re.findall(r"[.?!](?:\s|$)", text)) <= 3, c.id


def test_no_two_cards_ask_the_same():
    assert len({c.front for c in CARDS}) == len(CARDS)


def test_every_card_names_a_term_and_a_source_that_readers_can_follow():
    for c in CARDS:
        assert c.terms, c.id
        assert not re.search(r"\b[a-z]+\d{4}", source_words(c)), c.id


def test_cards_of_the_source_documents_are_carried():
    carried = {element for c in CARDS for element in c.inventory}
    assert carried == {f"S1-FC{number}" for number in range(1, 6)}
    places = read_yaml(ROOT / "book/data/inventory/cards.yml")
    for c in CARDS:
        for element in c.inventory:
            assert places[element] == f"{PAGE}#{c.id}"


def test_scheduler_is_the_file_that_was_published():
    readme = (ROOT / "book/_static/vendor/README.md").read_text(encoding="utf-8")
    stated = re.search(r"`ts-fsrs` [\d.]+, .*?SHA-256 `([0-9a-f]{64})` \| MIT", readme)[1]
    folder = ROOT / "book/_static/vendor/ts-fsrs"
    assert hashlib.sha256((folder / "index.umd.js").read_bytes()).hexdigest() == stated
    assert (folder / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")


HOSTILE = '<img src=x onerror="window.run=1"><script>window.run=2</script>'


def test_text_that_looks_like_html_is_escaped():
    markup = render_cards([card("a", front=HOSTILE, back=HOSTILE, source=HOSTILE)], "")
    soup = BeautifulSoup(markup, "html.parser")
    assert not soup.find(["img", "script"])
    for name in (".fc-front", ".fc-back", ".fc-about"):
        assert HOSTILE in soup.select_one(name).get_text()


# Anki ------------------------------------------------------------------------------------------


def opened_in_anki(path: Path, folder: Path) -> dict[str, tuple[str, ...]]:
    """Fields of every note after Anki has imported a deck, by the note's identity."""
    collection = Collection(str(folder / "collection.anki2"))
    collection.import_anki_package(ImportAnkiPackageRequest(package_path=str(path)))
    notes = [collection.get_note(number) for number in collection.find_notes("")]
    found = {note.guid: tuple(note.fields) for note in notes}
    assert len(collection.find_cards(f'deck:"{NAME}"')) == len(notes) == len(found)
    collection.close()
    return found


def test_published_deck_opens_in_anki_and_holds_every_card(home: str, tmp_path: Path):
    page = BeautifulSoup((BUILD / PAGE).read_text(encoding="utf-8"), "html.parser")
    for form in page.find_all("math"):
        form.decompose()  # the form of a formula for browsers without scripts: Anki has its own
    link = page.select_one(".fc-deck a[href]")
    path = (BUILD / "book" / link["href"]).resolve()
    kilobytes = int(re.search(r"(\d+) KB", link.parent.get_text())[1])
    assert abs(path.stat().st_size / 1000 - kilobytes) <= 1

    def words(markup: str) -> str:
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


def test_deck_has_formulas_and_links_that_anki_understands(tmp_path: Path):
    size = write_deck(
        [card("a", front="Is $a<b$?", back="See [the paper](../book/paper.md#paper-formula).")],
        tmp_path / "deck.apkg",
        SITE,
    )
    assert size == (tmp_path / "deck.apkg").stat().st_size
    ((front, back, source, _),) = opened_in_anki(tmp_path / "deck.apkg", tmp_path).values()
    assert front == r"Is \(a&lt;b\)?"
    assert back == f'<p>See <a href="{SITE}/book/paper.html#paper-formula">the paper</a>.</p>'
    assert source == "computed"


def test_newer_deck_updates_the_cards_of_an_older_one(tmp_path: Path, monkeypatch):
    for second, text in enumerate(["old", "new"]):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(1_770_000_000 + second))
        write_deck([card("a", back=text)], tmp_path / "deck.apkg", SITE)
        notes = opened_in_anki(tmp_path / "deck.apkg", tmp_path)
    assert [fields[1] for fields in notes.values()] == ["<p>new</p>"]


def test_identities_depend_on_names_alone_and_fit_into_31_bits():
    assert stable_number("a") == stable_number("a") != stable_number("b")
    assert all(0 < stable_number(str(number)) < 2**31 for number in range(100))


def test_math_loses_its_element_and_links_get_their_site():
    markup = '<p><span class="math notranslate nohighlight">\\(x\\)</span></p>'
    assert plain_math(markup) == "<p>\\(x\\)</p>"
    assert full_links('<a href="../book/a.html">', SITE) == f'<a href="{SITE}/book/a.html">'
    assert full_links('<a href="https://doi.org/1">', SITE) == '<a href="https://doi.org/1">'


# The page without a script ---------------------------------------------------------------------


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


# The session -----------------------------------------------------------------------------------


@contextmanager
def opened(
    browser: Browser, address: str, *, view: View = DESKTOP_LIGHT, before: str = ""
) -> Iterator[BrowserContext]:
    """A browser with a still clock and, if wanted, a script that runs before each page."""
    size = {"width": view.width, "height": view.height}
    context = browser.new_context(viewport=size, color_scheme=view.scheme, timezone_id="UTC")
    context.set_default_timeout(15_000)
    if before:
        context.add_init_script(before)
    page = context.new_page()
    page.clock.set_fixed_time(NOON)
    page.goto(address)
    page.locator(".fc-counts, .fc-due").first.wait_for()
    try:
        yield context
    finally:
        context.close()


def second_tab(context: BrowserContext, address: str) -> Page:
    """Another tab of the same browser."""
    page = context.new_page()
    page.clock.set_fixed_time(NOON)
    page.goto(address)
    page.locator(".fc-counts, .fc-due").first.wait_for()
    return page


@pytest.fixture
def page(chromium: Browser, home: str) -> Iterator[Page]:
    """The page of cards in a browser that knows none of them."""
    with opened(chromium, home + PAGE) as context:
        yield context.pages[0]


def stored(page: Page) -> dict[str, str]:
    """What the browser remembers about cards, by id."""
    every = page.evaluate("({...localStorage})")
    return {key.removeprefix(PREFIX): v for key, v in every.items() if key.startswith(PREFIX)}


def keep(page: Page, cards: dict[str, object]) -> None:
    """Put entries into the browser and load the page again."""
    for id_, value in cards.items():
        text = value if isinstance(value, str) else json.dumps(value)
        page.evaluate("([key, text]) => localStorage.setItem(key, text)", [PREFIX + id_, text])
    page.reload()
    page.locator(".fc-counts, .fc-due").first.wait_for()


def said(page: Page):
    return page.locator('.fc-say[role="status"]')


def told(page: Page):
    """What the panel for saving and loading says."""
    return page.locator('.keep-say[role="status"]')


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def begin_by_keyboard(page: Page) -> None:
    """Reach the button with the Tab key and press it."""
    page.locator("#fc-per-day").focus()
    press(page, "Tab")
    expect(page.get_by_role("button", name="Study now")).to_be_focused()
    press(page, "Enter")


def counts(page: Page) -> tuple[int, ...]:
    """Cards to review, being learned, new."""
    text = page.locator(".fc-counts").inner_text()
    return tuple(
        map(int, re.search(r"(\d+) to review, (\d+) being learned, (\d+) new", text).groups())
    )


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
    expect(said(page)).to_contain_text("Session begun")
    press(page, "Space")
    expect(said(page)).to_contain_text("Answer shown. How well did you know it?")
    press(page, "4")
    expect(said(page)).to_have_text(re.compile(r"^Easy: comes back in \d+ days\.$"))


@pytest.mark.parametrize("name", ["Again", "Hard", "Good", "Easy"])
def test_buttons_rate_and_show_when_the_card_comes_back(page: Page, name: str):
    page.get_by_role("button", name="Study now").click()
    page.get_by_role("button", name="Show answer").click()
    expect(page.locator(".fc-answer")).to_be_visible()
    button = page.get_by_role("button", name=re.compile(name))
    pause = button.locator("small").inner_text()
    button.click()
    expect(said(page)).to_have_text(f"{name}: comes back in {pause}.")


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
    expect(said(page)).to_contain_text("You gave 2 answers. Nothing more is due with this choice.")
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
    expect(page.locator(".fc-counts")).to_contain_text(f"{len(wanted)} cards in this choice")
    page.get_by_role("button", name="Study now").click()
    press(page, "Space", "4")
    becomes(lambda: list(stored(page)), [wanted[0].id])


# Tabs ------------------------------------------------------------------------------------------


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


# Faults of the storage -------------------------------------------------------------------------

OFF = """Object.defineProperty(window, "localStorage", {
    get() { throw new DOMException("denied", "SecurityError"); } })"""

FILL = """() => { let text = "x".repeat(1 << 20);
    while (text) { try { localStorage.setItem("filler" + localStorage.length, text); }
    catch { text = text.slice(0, text.length >> 1); } } }"""


def test_disabled_storage_is_told_and_the_session_goes_on(chromium: Browser, home: str):
    with opened(chromium, home + PAGE, before=OFF) as context:
        page = context.pages[0]
        expect(page.get_by_role("alert")).to_contain_text("does not let this page store anything")
        page.get_by_role("button", name="Study now").click()
        press(page, "Space", "4", "Space", "4")
        becomes(lambda: counts(page), (0, 0, 8))


def test_full_storage_is_told_and_the_session_goes_on(page: Page):
    keep(page, {SECOND: entry()})
    page.evaluate(FILL)
    page.get_by_role("button", name="Study now").click()
    press(page, "Space", "4", "Space", "4")
    expect(page.get_by_role("alert")).to_contain_text("storage is full")
    assert counts(page)[2] == 9
    assert SECOND in stored(page), "what was stored before is gone"


@pytest.mark.parametrize(
    "broken",
    ["{broken", "null", "[]", '"text"', json.dumps(entry(stability=-1)),
     json.dumps(entry(due="soon")), json.dumps(entry(state=7)), json.dumps({"due": "2026"})],
)  # fmt: skip
def test_damaged_entry_loses_itself_only(page: Page, broken: str):
    keep(page, {FIRST: broken, SECOND: entry(), THIRD: entry()})
    expect(page.get_by_role("alert")).to_contain_text("stored about 1 card is damaged")
    assert counts(page) == (2, 0, 10)
    assert stored(page)[FIRST] == broken, "nothing is thrown away before the card is answered"
    page.get_by_role("button", name="Study now").click()
    press(page, "Space", "4", "Space", "4", "Space", "4")
    expect(page.get_by_role("alert")).to_have_text("")
    assert json.loads(stored(page)[FIRST])["reps"] == 1


def test_clock_that_was_set_back_breaks_nothing(page: Page):
    later = entry(last_review="2026-03-09T12:00:00.000Z", due="2026-03-01T12:00:00.000Z")
    keep(page, {FIRST: later})
    page.get_by_role("button", name="Study now").click()
    press(page, "Space", "3")
    expect(said(page)).to_contain_text("Good: comes back in")


# Save and load ---------------------------------------------------------------------------------


def load_file(page: Page, content: bytes) -> None:
    """Choose a file in the page."""
    page.locator(".keep").evaluate("(box) => { box.open = true; }")
    name = {"name": "cards.json", "mimeType": "application/json", "buffer": content}
    page.locator("#keep-file").set_input_files(name)


def test_progress_travels_in_a_file_to_another_browser(chromium: Browser, home: str):
    with opened(chromium, home + PAGE) as context:
        page = context.pages[0]
        page.get_by_role("button", name="Study now").click()
        press(page, "Space", "4", "Space", "3")
        before = becomes(lambda: stored(page), lambda found: len(found) == 2)
        page.locator(".keep summary").click()
        with page.expect_download() as download:
            page.get_by_role("button", name="Save to a file").click()
        content = Path(download.value.path()).read_bytes()
        assert download.value.suggested_filename == "resnet-measured-progress.json"
    with opened(chromium, home + PAGE) as context:
        page = context.pages[0]
        load_file(page, content)
        expect(told(page)).to_have_text("Loaded 2 cards.")
        after = stored(page)
        assert {i: json.loads(t) for i, t in after.items()} == {
            i: json.loads(t) for i, t in before.items()
        }


def test_later_review_wins_when_a_file_is_loaded(page: Page):
    newer = entry(last_review="2026-03-01T12:00:00.000Z", reps=9)
    keep(page, {FIRST: newer, SECOND: entry()})
    file = {FIRST: entry(), SECOND: newer, THIRD: entry()}
    load_file(page, saved_file(file))
    expect(told(page)).to_contain_text("Loaded 2 cards. 1 card stayed")
    reps = {id_: json.loads(text)["reps"] for id_, text in stored(page).items()}
    assert reps == {FIRST: 9, SECOND: 9, THIRD: 2}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is damaged, or no JSON"),
        (b"\x89PNG\r\n", "it is damaged, or no JSON"),
        (saved_file({FIRST: entry()})[:-20], "it is damaged, or no JSON"),
        (b"null", "it was not saved by this book"),
        (b'{"cards": {}}', "it was not saved by this book"),
        (saved_file({}, format="other"), "it was not saved by this book"),
        (saved_file({}, version=2), "it has version 2, and this page reads 1"),
        (saved_file([]), "its list of cards is missing"),
        (saved_file({"No id": entry()}), "is no name of a card"),
        (b'{"format":"resnet-measured-cards","version":1,"cards":{"__proto__":{}}}', "no name"),
        (saved_file({FIRST: entry(), THIRD: entry(reps="many")}), f"{THIRD} is damaged (reps)"),
        (saved_file({FIRST: entry(difficulty=11)}), f"{FIRST} is damaged (difficulty)"),
        (saved_file({FIRST: entry(last_review=None)}), f"{FIRST} is damaged (last_review)"),
    ],
)
def test_damaged_or_foreign_file_is_refused_and_loses_nothing(page: Page, content, reason: str):
    keep(page, {SECOND: entry()})
    before = stored(page)
    load_file(page, content)
    expect(told(page)).to_contain_text("The file was refused:")
    expect(told(page)).to_contain_text(reason)
    expect(told(page)).to_contain_text("Nothing was changed.")
    assert stored(page) == before


def test_file_that_does_not_fit_is_refused_and_loses_nothing(page: Page):
    keep(page, {SECOND: entry()})
    page.evaluate(FILL)
    settled(page)
    before = stored(page)
    load_file(page, saved_file({f"a{number}": entry() for number in range(50)}))
    expect(told(page)).to_contain_text("storage has no room for it. Nothing was changed.")
    assert stored(page) == before


def test_progress_is_deleted_only_when_asked_twice(page: Page):
    keep(page, {FIRST: entry(), "retired-card": entry()})
    page.evaluate("localStorage.setItem('resnet-measured:q:v1:other', '{}')")
    page.locator(".keep summary").click()
    page.get_by_role("button", name="Delete progress with cards").click()
    expect(page.get_by_role("button", name="Really delete all")).to_be_visible()
    assert len(stored(page)) == 2
    page.get_by_role("button", name="Really delete all progress with cards?").click()
    expect(told(page)).to_contain_text("Your progress with cards is deleted")
    assert not stored(page)
    assert page.evaluate("localStorage.getItem('resnet-measured:q:v1:other')") == "{}"


# The start page --------------------------------------------------------------------------------


def test_start_page_shows_a_plain_link_until_there_is_progress(chromium: Browser, home: str):
    with opened(chromium, home + "book/index.html") as context:
        page = context.pages[0]
        line = page.locator(".fc-due")
        expect(line).to_have_text(f"Study with {len(CARDS)} flashcards")
        keep(page, {FIRST: entry(), SECOND: entry(due="2026-04-01T12:00:00.000Z")})
        expect(line).to_have_text(f"Your flashcards: one card is due, 2 of {len(CARDS)} begun.")
        keep(page, {THIRD: entry(), "retired-card": entry()})
        expect(line).to_have_text(f"Your flashcards: 2 cards are due, 3 of {len(CARDS)} begun.")
        line.get_by_role("link").click()
        page.wait_for_url("**/cards.html")


# Everywhere ------------------------------------------------------------------------------------


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
    expect(page.locator(".fc-answer .math mjx-container").first).to_be_visible()
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
        page.reload()
        becomes(lambda: counts(page), (0, 0, 9))
        assert list(stored(page)) == [FIRST]


def test_scripts_are_loaded_where_there_are_cards_only(home: str):
    found = {
        str(path.relative_to(BUILD)): text
        for path in BUILD.rglob("*.html")
        if "cards/state.js" in (text := path.read_text(encoding="utf-8"))
    }
    assert set(found) == {PAGE, "book/index.html"}
    assert "ts-fsrs" in found[PAGE] and "ts-fsrs" not in found["book/index.html"]
