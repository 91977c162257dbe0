"""How long does a reader with a slow phone wait for a page?

``python -m tests.paint [PAGE ...]`` opens pages of the built book with an empty cache in Chromium
whose processor is four times slower, over 1.6 Mbit/s with 150 ms of delay. It prints the median
seconds to the first paint and to the end of loading. Nothing else may run meanwhile.
"""

from __future__ import annotations

import json
import sys
import threading
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).parent / "shared"))
from browser import BUILD, FOLDER, PHONE_DARK, Handler, becomes, find_browser, html_pages

SLOWER = 4
BYTES_PER_S, DELAY_MS = 1.6e6 / 8, 150
TRIES = 3
TIMES = """() => {
    const [loading] = performance.getEntriesByType("navigation");
    const [paint] = performance.getEntriesByName("first-contentful-paint");
    return paint && loading.loadEventEnd && [paint.startTime / 1e3, loading.loadEventEnd / 1e3];
}"""


def waited(browser: Browser, address: str) -> tuple[float, float]:
    """Seconds to the first paint and to the end of loading, for one visit."""
    size = {"width": PHONE_DARK.width, "height": PHONE_DARK.height}
    with browser.new_context(viewport=size) as context:
        page = context.new_page()
        slow = context.new_cdp_session(page)
        slow.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        line = {"downloadThroughput": BYTES_PER_S, "uploadThroughput": BYTES_PER_S}
        slow.send("Network.enable")
        slow.send(
            "Network.emulateNetworkConditions", {"offline": False, "latency": DELAY_MS, **line}
        )
        page.goto(address, wait_until="load", timeout=120_000)
        return tuple(becomes(lambda: page.evaluate(TIMES), bool))


def main(pages: list[str]) -> None:
    """Print a line for each page, and all of it as JSON at the end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(BUILD)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    home, found = f"http://127.0.0.1:{server.server_port}{FOLDER}", {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=["--no-sandbox", "--disable-gpu"]
        )
        for page in pages or html_pages():
            tries = [waited(browser, home + page) for _ in range(TRIES)]
            found[page] = [round(median(times), 2) for times in zip(*tries, strict=True)]
            print(f"{page:44} first paint {found[page][0]:5.2f} s, loaded {found[page][1]:5.2f} s")
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
