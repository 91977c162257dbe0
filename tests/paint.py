"""How long does a reader with a slow phone wait for a page, and then for an answer to a press?

``python -m tests.paint [PAGE ...]`` opens pages of the built book with an empty cache in Chromium
whose processor is four times slower, over 1.6 Mbit/s with 150 ms of delay. It prints for each page
what had arrived at the first paint and at the end of loading, the elements before anything is
opened, and the median seconds. ``BOOK_HTML`` names another build, to compare two in turn. Nothing
else may run meanwhile.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from dataclasses import asdict, dataclass, fields
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent / "shared"))
from browser import (
    BUILD,
    FOLDER,
    PHONE_DARK,
    Handler,
    becomes,
    elements,
    find_browser,
    html_pages,
    settled,
)

SLOWER = 4
BYTES_PER_S, DELAY_MS = 1.6e6 / 8, 150
TRIES = 3
PRESSED = (".bd-article summary", ".theme-switch-button", ".bd-article :is(input, button)")
"""What is pressed: the first that can be seen of each."""
KB = 1_000
TIMES = """() => {
    const [loading] = performance.getEntriesByType("navigation");
    const [paint] = performance.getEntriesByName("first-contentful-paint");
    return paint && loading.loadEventEnd
        && [paint.startTime / 1e3, loading.loadEventEnd / 1e3, performance.timeOrigin / 1e3];
}"""
WATCH_PRESSES = """() => {
    window.slowestPress = 0;
    new PerformanceObserver((list) => {
        const times = list.getEntries().map((entry) => entry.duration);
        window.slowestPress = Math.max(window.slowestPress, ...times);
    }).observe({ type: "event", durationThreshold: 16 });
}"""
"""The browser gives the time from an event to the next paint, from 16 ms on."""


@dataclass(frozen=True)
class Visit:
    """One visit, or the median of several.

    Attributes:
        kb_painted: kilobytes that had arrived at the first paint.
        kb: kilobytes at the end of loading.
        painted_s: seconds to the first paint.
        loaded_s: seconds to the end of loading.
        press_ms: milliseconds from the slowest press to its paint; 0 if all took less than 16.
    """

    kb_painted: float
    kb: float
    painted_s: float
    loaded_s: float
    press_ms: float


class Line:
    """A slow line to a page, which notes when its bytes arrived."""

    def __init__(self, page: Page) -> None:
        self.arrived: list[tuple[float, int]] = []
        self.began: tuple[float, float] | None = None
        session = page.context.new_cdp_session(page)
        session.on("Network.requestWillBeSent", self._asked)
        session.on("Network.dataReceived", self._received)
        self._slow_down(session)

    @staticmethod
    def _slow_down(session: CDPSession) -> None:
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        session.send("Network.enable")
        speed = {"downloadThroughput": BYTES_PER_S, "uploadThroughput": BYTES_PER_S}
        session.send(
            "Network.emulateNetworkConditions", {"offline": False, "latency": DELAY_MS, **speed}
        )

    def _asked(self, event: dict) -> None:
        self.began = self.began or (event["wallTime"], event["timestamp"])

    def _received(self, event: dict) -> None:
        self.arrived.append((event["timestamp"], event["encodedDataLength"]))

    def kb_until(self, wall_s: float) -> float:
        """Kilobytes that had arrived at a time of the wall clock."""
        wall, counted = self.began
        end = counted + wall_s - wall
        return sum(size for when, size in self.arrived if when <= end) / KB


def slowest_press(page: Page) -> float:
    """Milliseconds from a press to the paint after it, for the slowest of a few."""
    settled(page)
    page.evaluate(WATCH_PRESSES)
    for selector in PRESSED:
        settled(page)
        found = page.locator(f"{selector}:visible")
        if found.count():
            found.first.click(timeout=60_000)
    settled(page)
    return page.evaluate("window.slowestPress")


def visited(browser: Browser, address: str) -> Visit:
    """One visit with an empty cache."""
    size = {"width": PHONE_DARK.width, "height": PHONE_DARK.height}
    with browser.new_context(viewport=size) as context:
        page = context.new_page()
        line = Line(page)
        page.goto(address, wait_until="load", timeout=120_000)
        painted, loaded, origin = becomes(lambda: page.evaluate(TIMES), bool)
        arrived = [line.kb_until(origin + end) for end in (painted, loaded)]
        return Visit(*arrived, painted, loaded, slowest_press(page))


def middle(visits: list[Visit]) -> Visit:
    """The median of each number."""
    names = [field.name for field in fields(Visit)]
    return Visit(**{name: round(median(getattr(v, name) for v in visits), 2) for name in names})


def main(asked: argparse.Namespace) -> None:
    """Print a line for each page, and write all of it where it was asked for."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(BUILD)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    home, found = f"http://127.0.0.1:{server.server_port}{FOLDER}", {}
    print(f"{'':42} elements  KB at paint     KB  paint s  loaded s  press ms")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=["--no-sandbox", "--disable-gpu"]
        )
        for page in asked.pages or html_pages():
            seen = middle([visited(browser, home + page) for _ in range(asked.tries)])
            found[page] = {"elements": elements(page), **asdict(seen)}
            print(
                f"{page:42} {found[page]['elements']:8,} {seen.kb_painted:12.0f} {seen.kb:6.0f}"
                f" {seen.painted_s:8.2f} {seen.loaded_s:9.2f} {seen.press_ms:9.0f}",
                flush=True,
            )
    if asked.write:
        asked.write.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", metavar="PAGE")
    parser.add_argument("--tries", type=int, default=TRIES, help="visits of a page")
    parser.add_argument("--write", type=Path, help="a JSON file for all numbers")
    main(parser.parse_args())
