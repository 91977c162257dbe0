"""A small site with every kind of question, and how a test answers it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from browser import (
    BUILD,
    DESKTOP_LIGHT,
    FOLDER,
    Handler,
    View,
    settled,
)
from playwright.sync_api import Browser, Locator, Page
from resnet_book.pages.formulas import with_mathml

from utils.practice.bank import exam, load_bank
from utils.practice.rendered import render_bank, render_set

BANK = Path(__file__).parents[1] / "given" / "questions"
FRAME = "book/glossary.html"  # a page with formulas and no question of its own
KEY = "resnet-measured:q:v1:"
TYPED = json.loads((BANK.parent / "typed_numbers.json").read_text(encoding="utf-8"))
LINKS = (
    '<link rel="stylesheet" href="../_static/questions/questions.css"/>'
    '<script defer src="../_static/pages/later.js"></script>'
    '<script defer src="../_static/keep/progress.js"></script>'
    + "".join(
        f'<script defer src="../_static/questions/{name}.js"></script>'
        for name in ("kept", "kinds", "question", "exam", "practice", "explain")
    )
    + "</head>"
)


def questions(*kinds: str) -> list:
    """Questions of these kinds; all but cards for none."""
    return [q for q in load_bank(BANK) if q.kind != "card" and (not kinds or q.kind in kinds)]


def numbers() -> list:
    """A question for each typed number: its answer is what should be read."""
    (example,) = questions("numeric")
    made = []
    for place, (_, unit, value) in enumerate(TYPED):
        reach = abs(value or 0) * 1e-9
        answer = example.answer.model_copy(
            update={"value": value or 0.0, "relative": None, "tolerance": reach, "unit": unit}
        )
        made.append(example.model_copy(update={"id": f"n-{place}", "answer": answer, "near": []}))
    return made


def framed(markup: str) -> str:
    """A page of the book with other content."""
    page = (BUILD / FRAME).read_text(encoding="utf-8")
    start = page.index(">", page.index('<article class="bd-article"')) + 1
    end = page.rindex("</article>")
    content = with_mathml(markup, FRAME)
    body = f'<section><h1>Questions</h1><section id="s"><h2>Some</h2>{content}</section></section>'
    return (page[:start] + body + page[end:]).replace("</head>", LINKS, 1)


@pytest.fixture(scope="module")
def question_site(home, tmp_path_factory) -> Iterator[tuple[str, Path]]:
    """Address and folder of a small site: all kinds, the whole bank, an exam, open prompts."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "book").mkdir()
    (folder / "_static").symlink_to(BUILD / "_static")
    (folder / "404.html").write_text("missing", encoding="utf-8")
    ordinary = [q for q in questions() if q.kind != "short"]
    pages = {
        "all": render_set(questions(), "quick"),
        "bank": render_bank(ordinary),
        "exam": render_set(exam(BANK) + questions("multiple"), "exam", chapter_link=True),
        "explain": render_set(questions("short"), "explain"),
        "numbers": render_set(numbers(), "quick"),
    }
    for name, markup in pages.items():
        (folder / "book" / f"{name}.html").write_text(framed(markup), encoding="utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}{FOLDER}", folder
    server.shutdown()


@contextmanager
def opened(
    chromium: Browser, site, name: str, *, view: View = DESKTOP_LIGHT, script: str = "", **options
) -> Iterator[Page]:
    """One page of the small site in a fresh context."""
    size = {"width": view.width, "height": view.height}
    context = chromium.new_context(viewport=size, color_scheme=view.scheme, **options)
    if script:
        context.add_init_script(script)
    page = context.new_page()
    page.goto(f"{site[0]}book/{name}.html", wait_until="load")
    try:
        yield page
    finally:
        context.close()


def ask(page: Page, name: str) -> Locator:
    return page.locator(f"#q-test-{name}")


def feedback(question: Locator) -> Locator:
    return question.locator(":scope > .q-feedback")


def focus_by_tab(page: Page, target: Locator) -> None:
    """Press Tab until an element has the focus; a pointer is never used."""
    for _ in range(300):
        settled(page)
        if target.evaluate("node => node === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail("the element cannot be reached with Tab")


def choose(page: Page, question: Locator, value: int) -> None:
    """Choose a radio with Tab and the arrow keys, from the question's title."""
    radios = question.locator(".q-choices input")
    question.locator(".q-title").evaluate("node => { node.tabIndex = -1; node.focus(); }")
    settled(page)
    while not page.evaluate("document.activeElement.matches('.q-choices input')"):
        page.keyboard.press("Tab")
        settled(page)
    page.keyboard.press("Space")
    settled(page)
    for _ in range(radios.count()):
        settled(page)
        if radios.locator(f"xpath=self::*[@value='{value}']").is_checked():
            return
        page.keyboard.press("ArrowDown")
    pytest.fail(f"no key leads to choice {value}")


def stored(page: Page, name: str) -> dict:
    return json.loads(page.evaluate("key => localStorage.getItem(key)", f"{KEY}test-{name}"))


def answer_wrong(page: Page) -> None:
    ask(page, "single").locator('input[value="1"]').check()
    ask(page, "single").get_by_role("button", name="Check").press("Enter")
