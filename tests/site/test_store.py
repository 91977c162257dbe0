"""A browser that keeps nothing, or not for long: every page works, and the reader is told.

Build the book first.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from browser import BUILD, DECKS, becomes, html_pages, settled, watched
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

AREAS = ("localStorage", "sessionStorage")
DENIED = "".join(
    f'Object.defineProperty(window, "{name}", {{get() {{'
    ' throw new DOMException("denied", "SecurityError"); }});'
    for name in AREAS
)
MISSING = "".join(
    f'Object.defineProperty(window, "{name}", {{value: null, configurable: true}});'
    for name in AREAS
)
FORGETFUL = "Storage.prototype.setItem = () => {}; Storage.prototype.getItem = () => null;"
FULL = """Storage.prototype.setItem = () => {
    throw new DOMException("full", "QuotaExceededError"); };"""
BAD = {"denied": DENIED, "missing": MISSING, "forgetful": FORGETFUL, "full": FULL}
WORDS = {
    "denied": "does not let this page store anything",
    "missing": "does not let this page store anything",
    "forgetful": "forgets everything at once",
    "full": "cannot store more",
}
SOME = ("book/cards.html", "book/exam.html", "book/explain.html", "search.html")
COLOURS = "document.documentElement.dataset.theme"
NUMERIC = ".q-number input"


@contextmanager
def quiet(chromium: Browser, script: str) -> Iterator[Page]:
    """A page that fails the test at the first error, of a script or in the console."""
    with watched(chromium) as page:
        errors: list[str] = []

        def note(message: ConsoleMessage) -> None:
            if message.type == "error":
                errors.append(message.text)

        page.on("console", note)
        page.add_init_script(script)
        yield page
        assert errors == []


def pages_to_open(name: str) -> list[str]:
    """Every page for the usual refusal, one of each kind for the rarer ones."""
    every = [*(page for page in html_pages() if page != "index.html"), *DECKS]
    return every if name == "denied" else [page for page in every if page in (*SOME, DECKS[0])]


@pytest.mark.parametrize("name", BAD)
def test_no_page_needs_a_storage(chromium: Browser, home: str, name: str):
    with quiet(chromium, BAD[name]) as page:
        for address in pages_to_open(name):
            page.goto(home + address, wait_until="load")
            settled(page)
            if address in DECKS:
                expect(page.locator("html")).to_have_attribute("data-ready", "deck")
            elif address != "404.html":
                assert page.evaluate("ResNetStore.trouble()")


@pytest.mark.parametrize("name", BAD)
def test_colours_are_switched_without_a_storage(chromium: Browser, home: str, name: str):
    with quiet(chromium, BAD[name]) as page:
        page.goto(home + "book/exam.html", wait_until="load")
        before = becomes(lambda: page.evaluate(COLOURS), bool)
        switch = page.locator(".theme-switch-button").first
        for _ in range(3):
            switch.evaluate("button => button.click()")
            settled(page)
            if page.evaluate(COLOURS) != before:
                return
        pytest.fail("no press changed the colours")


@pytest.mark.parametrize("name", BAD)
def test_the_reader_is_told_that_cards_are_not_kept(chromium: Browser, home: str, name: str):
    with quiet(chromium, BAD[name]) as page:
        page.goto(home + "book/cards.html", wait_until="load")
        expect(page.get_by_role("alert")).to_contain_text(WORDS[name])
        expect(page.get_by_role("alert")).to_contain_text("Save it to a file to keep it.")
        page.get_by_role("button", name="Study now").click()
        for key in ("Space", "1"):
            page.keyboard.press(key)
        expect(page.locator(".fc-say")).to_contain_text("if you leave this page open.")


@pytest.mark.parametrize("address", ["book/exam.html", "book/practice.html", "book/explain.html"])
def test_the_reader_is_told_before_work_is_lost(chromium: Browser, home: str, address: str):
    with quiet(chromium, FORGETFUL) as page:
        page.goto(home + address, wait_until="load")
        expect(page.locator(".q-notice").first).to_contain_text(WORDS["forgetful"])


def test_a_browser_that_blocks_cookies_shows_every_kind_of_page(
    chromium: Browser, home: str, tmp_path: Path
):
    """The browser's own setting, not an imitation of it."""
    settings = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    (tmp_path / "Default").mkdir()
    (tmp_path / "Default" / "Preferences").write_text(json.dumps(settings), encoding="utf-8")
    errors: list[str] = []
    path = shutil.which("chromium") or shutil.which("google-chrome")
    context = chromium.browser_type.launch_persistent_context(
        str(tmp_path), executable_path=path, args=["--no-sandbox", "--disable-gpu"]
    )
    page = context.pages[0]
    page.on("pageerror", lambda error: errors.append(str(error)))
    for address in SOME:
        page.goto(home + address, wait_until="load")
        settled(page)
        assert page.evaluate("ResNetStore.trouble()") == "off"
    context.close()
    assert errors == []


def test_a_storage_that_fills_up_keeps_what_it_has(page: Page, home: str):
    page.goto(home + "book/index.html", wait_until="load")
    settled(page)
    outcome = page.evaluate("""() => {
        const store = ResNetStore, key = store.OURS + "q:v1:a";
        store.set(key, "before");
        let text = "x".repeat(1 << 20);
        while (text) {
            try { localStorage.setItem("filler" + localStorage.length, text); }
            catch { text = text.slice(0, text.length >> 1); }
        }
        const many = new Map([[key, "y".repeat(9999)], [store.OURS + "q:v1:b", "z".repeat(9999)]]);
        const fits = store.setAll(many);
        const afterRefusal = [store.get(key), store.get(store.OURS + "q:v1:b")];
        store.set(key, "y".repeat(9999));
        return {fits, afterRefusal, here: store.get(key).length, kept: store.isKept(key),
                stored: localStorage.getItem(key), trouble: store.trouble()};
    }""")
    assert outcome == {
        "fits": False,
        "afterRefusal": ["before", None],
        "here": 9999,
        "kept": False,
        "stored": "before",
        "trouble": "full",
    }


# Forms before their script ---------------------------------------------------------------------


@contextmanager
def lifeless(chromium: Browser, address: str, how: str) -> Iterator[Page]:
    """A page whose questions have no script: switched off, not arrived, or only the guard there."""
    with watched(chromium, java_script_enabled=how != "no script") as page:
        if how != "no script":
            page.route("**/questions/*.js*", lambda route: route.abort())
        if how == "old browser":  # which does not know the method of our forms, and would send them
            page.add_init_script(
                "addEventListener('DOMContentLoaded', () => document.querySelectorAll('.q-form')"
                ".forEach(form => { form.method = 'get'; }))"
            )
        page.goto(address, wait_until="load")
        yield page


@pytest.mark.parametrize("how", ["no script", "late script", "old browser"])
def test_enter_in_a_form_that_is_not_alive_does_nothing(chromium: Browser, home: str, how: str):
    address = home + "book/residual_networks.html"
    with lifeless(chromium, address, how) as page:
        box = page.locator(NUMERIC).first
        box.fill("27")
        box.press("Enter")
        box.press("End")
        page.keyboard.type("5")
        expect(box).to_have_value("275")
        assert page.url == address


def test_every_form_of_the_book_but_the_search_waits_for_its_script():
    forms = {
        form
        for name in html_pages()
        for form in re.findall(r"<form\b[^>]*>", (BUILD / name).read_text(encoding="utf-8"))
    }
    searches = {form for form in forms if "bd-search" in form}
    assert searches and forms - searches
    assert {form for form in forms - searches if 'method="dialog"' not in form} == set()
