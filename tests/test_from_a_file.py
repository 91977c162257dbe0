"""Each page opened from a file, without a server: nothing that it asks for is refused."""

import pytest
from browser import BUILD, html_pages, settled
from playwright.sync_api import Browser

FONT = "document.fonts.ready.then(() => document.fonts.check('1rem \"Source Sans 3\"'))"


@pytest.mark.parametrize("page", html_pages())
def test_a_page_from_a_file_asks_for_nothing_that_is_refused(chromium: Browser, home: str, page):
    refused: list[str] = []
    with chromium.new_context(color_scheme="dark") as context:
        seen = context.new_page()
        seen.on("requestfailed", lambda request: refused.append(request.url))
        seen.on("pageerror", lambda error: refused.append(str(error)))
        seen.on("console", lambda m: refused.append(m.text) if m.type == "error" else None)
        seen.goto((BUILD / page).as_uri(), wait_until="networkidle")
        settled(seen)
        assert refused == []
        if page != "404.html":
            assert seen.evaluate(FONT)


def test_the_text_font_is_asked_for_early_from_a_server(chromium: Browser, home: str):
    with chromium.new_context() as context:
        seen = context.new_page()
        seen.goto(home + "book/how_to_use.html")
        settled(seen)
        preload = seen.locator('head link[rel="preload"][as="font"]')
        assert preload.evaluate("(link) => link.href").startswith(
            home + "_static/fonts/source-sans"
        )
        assert preload.evaluate("(link) => link.crossOrigin") == "anonymous"
