"""Opens the built book in a real browser, the way readers do.

The book is served with compression under a folder, not at the root of the server: a published
project site stands in a folder too, so an address that starts at the root would break there.
``BOOK_HTML`` names another build than ``_build/html``.

A page answers when its scripts come to it. After an action a test waits before it looks:
``expect(...)`` of Playwright where there is one for it, else ``becomes`` for a value that has to
arrive, ``stays`` for one that must not change, ``settled`` where nothing is to arrive.
``bare_reads.py`` finds what does not wait.
"""

from __future__ import annotations

import gzip
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Error,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from utils.facts.goals import WEEKS
from utils.notebook.stills import find_browser

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("BOOK_HTML", ROOT / "_build" / "html")).resolve()
FOLDER = "/resnet-measured/"
PATIENCE_S = 20.0
"""How long a test waits for a page on a machine with other work."""

expect.set_options(timeout=PATIENCE_S * 1000)
T = TypeVar("T")
COMPRESSED = {".html", ".js", ".css", ".json", ".svg", ".txt", ".inv"}


class View(NamedTuple):
    """A colour scheme and a window size in CSS pixels."""

    scheme: str
    width: int
    height: int


DESKTOP_LIGHT = View("light", 1280, 900)
PHONE_DARK = View("dark", 390, 844)
VIEWS = (DESKTOP_LIGHT, View("dark", 1280, 900), View("light", 390, 844), PHONE_DARK)


@lru_cache(maxsize=512)
def body_of(path: Path, _changed: int) -> bytes:
    """What is sent for a file; every visit has an empty cache and asks for all files again."""
    body = path.read_bytes()
    return gzip.compress(body, 6) if path.suffix in COMPRESSED else body


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder compressed, and its ``404.html`` for everything it does not have."""

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path.removeprefix(FOLDER.rstrip("/"))))
        path = path / "index.html" if path.is_dir() else path
        found = self.path.startswith(FOLDER) and path.is_file()
        path = path if found else Path(self.directory) / "404.html"
        body = body_of(path, path.stat().st_mtime_ns)
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", self.guess_type(str(path)))
        if path.suffix in COMPRESSED:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@dataclass
class Visit:
    """What happened while a page was loaded from an empty cache."""

    page: Page
    home: str
    other_hosts: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    weight_bytes: int = 0

    def listen(self) -> None:
        """Start to record requests and errors of the page."""
        self.page.on("request", self._request)
        self.page.on("requestfailed", lambda request: self.failed.append(request.url))
        self.page.on("response", self._response)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _request(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme in ("http", "https") and url.netloc != urlsplit(self.home).netloc:
            self.other_hosts.add(url.netloc)

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.failed.append(f"{response.status} {response.url}")
        self.weight_bytes += int(response.headers.get("content-length", 0))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def overflow_px(self) -> int:
        """Return by how much the page is wider than its window."""
        return self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )


QUIET = """async () => {
    const end = performance.now() + 10_000;
    const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const frame = () => Promise.race([new Promise(requestAnimationFrame), wait(1_000)]);
    const moving = (animation) => animation.playState === "running"
        && animation.effect.getComputedTiming().endTime < 1e4;
    await Promise.race([document.fonts.ready, wait(10_000)]);
    while (document.getAnimations().some(moving) && performance.now() < end) await frame();
    while (document.querySelector("html[data-below]") && performance.now() < end) await frame();
    for (let count = 0; count < 2; count += 1) await frame();
}"""
"""Asks for the state of each animation, frame by frame: the promise of one in a closed ``details``
is never kept. Every wait has an end, because Playwright puts none to a script of a page."""


def settled(page: Page) -> Page:
    """Wait until a page is loaded, its fonts and fades have ended, and all of it was drawn."""
    page.wait_for_load_state("load")
    page.evaluate(QUIET)
    return page


def becomes(read: Callable[[], T], wanted: object, seconds: float = PATIENCE_S) -> T:
    """Read again and again until the value is ``wanted``, or until ``wanted(value)`` holds.

    A read that cannot be made yet (a key that is not there, a text that is no JSON) counts as
    not there yet; when time is up it fails as it is.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(LookupError, TypeError, ValueError, AttributeError):
            found = read()
            if wanted(found) if callable(wanted) else found == wanted:
                return found
        time.sleep(0.03)
    found = read()
    if callable(wanted):
        assert wanted(found), found
    assert callable(wanted) or found == wanted
    return found


def stays(page: Page, read: Callable[[], object], wanted: object, seconds: float = 0.5) -> None:
    """Read for a while what must be ``wanted`` all the time: nothing is to happen."""
    settled(page)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert read() == wanted
        time.sleep(0.03)
    assert read() == wanted


NO_PAGES = ("_static", "slides")
"""Folders whose HTML is no page of the book."""
DECKS = tuple(f"slides/week-{week}.html" for week in WEEKS)
"""The slides; most about them is in ``test_slides_page.py``."""


def html_pages() -> list[str]:
    """Return every page of the build, or the start page alone where there is no build."""
    pages = [path.relative_to(BUILD) for path in BUILD.rglob("*.html")]
    found = sorted(str(page) for page in pages if page.parts[0] not in NO_PAGES)
    return found or ["book/index.html"]


def elements(page: str) -> int:
    """How many elements a page of the build has before anything of it is opened."""
    text = (BUILD / page).read_text(encoding="utf-8")
    drawn = re.sub(r"<noscript.*?</noscript>", "", text, flags=re.DOTALL)
    return len(BeautifulSoup(drawn, "html.parser").find_all(True))


@contextmanager
def visit(
    browser: Browser, home: str, page: str, view: View, quiet: bool = False
) -> Iterator[Visit]:
    """Load one page of the site in a fresh context and wait until it is drawn.

    Args:
        browser, home: the fixtures.
        page: its address below ``home``.
        view: colour scheme and window.
        quiet: wait until nothing was fetched for half a second, for a count of all that a page
            asks for.
    """
    size = {"width": view.width, "height": view.height}
    context = browser.new_context(viewport=size, color_scheme=view.scheme)
    result = Visit(context.new_page(), home)
    result.listen()
    result.page.goto(home + page, wait_until="networkidle" if quiet else "load")
    settled(result.page)
    try:
        yield result
    finally:
        context.close()


@pytest.fixture(scope="session")
def home() -> Iterator[str]:
    """Address of the served book, with a slash at the end."""
    if not (BUILD / "index.html").is_file():
        pytest.fail(f"no book in {BUILD}: run jupyter-book build . first", pytrace=False)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(BUILD)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}{FOLDER}"
    server.shutdown()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests: the system's Chromium, else the one Playwright installed."""
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(
                executable_path=find_browser(), args=["--no-sandbox", "--disable-gpu"]
            )
        except Error:
            pytest.fail("no Chromium: run playwright install chromium first", pytrace=False)
        yield browser
        browser.close()


def faults_of(page: Page) -> list[str]:
    """Every request that fails and every error of the page, from now on."""
    faults: list[str] = []
    page.on("requestfailed", lambda request: faults.append(request.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
    return faults


@contextmanager
def watched(browser: Browser, **options: object) -> Iterator[Page]:
    """A fresh page whose script errors fail the test; ``options`` as of ``Browser.new_page``."""
    errors: list[str] = []
    fresh = browser.new_page(**options)
    fresh.on("pageerror", lambda error: errors.append(str(error)))
    yield fresh
    fresh.close()
    assert errors == []


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page whose script errors fail the test."""
    with watched(chromium) as fresh:
        yield fresh


def notebook_file(factory: pytest.TempPathFactory, markup: str) -> str:
    """Address of a new file that holds outputs as a notebook shows them."""
    path = factory.mktemp("page") / "page.html"
    path.write_text(f"<!doctype html><meta charset='utf-8'>{markup}", encoding="utf-8")
    return path.as_uri()
