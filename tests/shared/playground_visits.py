"""Visits to the playground's page, with small networks and few steps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from browser import BUILD, DESKTOP_LIGHT, View, becomes, settled
from playwright.sync_api import Browser, Locator, Page, expect

PAGE = "book/playground.html"
SMALL = "b2,w8,nbatch,she,l0.03,m0.9,i0"
STATE = "() => document.querySelector('.play').training.shot"


def lighter(html: str, steps: int = 22) -> str:
    """The page with experiments of small networks and of so many steps a training.

    Few steps end while a test waits. So many that they never end give a test a training to look
    at for as long as it likes, on any machine.
    """
    before, begin, after = html.partition('"experiments": ')
    after = re.sub(r'"(steps|more)": \d+', rf'"\1": {steps}', after)
    after = after.replace('"blocks": 20, "width": 32', '"blocks": 4, "width": 8')
    return before + begin + after.replace('"deepen": 20', '"deepen": 4')


@contextmanager
def playing(
    browser: Browser,
    home: str,
    address: str = SMALL,
    view: View = DESKTOP_LIGHT,
    steps: int = 22,
    **more: object,
) -> Iterator[Page]:
    """The page at an address, with light experiments; script errors fail the test.

    Args:
        browser, home: the fixtures.
        address: what follows ``#play=``; with a "#" first, the whole fragment.
        view: colour scheme and window.
        steps: of each training of an experiment.
        more: of ``Browser.new_context``.
    """
    size = {"width": view.width, "height": view.height}
    context = browser.new_context(viewport=size, color_scheme=view.scheme, **more)
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    html = lighter((BUILD / PAGE).read_text(encoding="utf-8"), steps)
    page.route(f"**/{PAGE}", lambda route: route.fulfill(body=html, content_type="text/html"))
    fragment = address if address.startswith("#") else f"#play={address}"
    page.goto(f"{home}{PAGE}{fragment}")
    settled(page)
    becomes(lambda: page.evaluate(STATE), lambda shot: shot is not None)
    yield page
    context.close()
    assert errors == []


def button(page: Page, name: str) -> Locator:
    """A button of the playground by its whole name."""
    return page.locator(".play").first.get_by_role("button", name=name, exact=True)


def steps(page: Page) -> int:
    """Steps that are shown."""
    return int(page.locator(".play-count b").first.inner_text())


def trained(page: Page, least: int = 22) -> None:
    """Train fast for at least so many steps, then pause."""
    fast = button(settled(page), "Fast")
    if fast.get_attribute("aria-pressed") == "false":
        fast.click()
        expect(fast).to_have_attribute("aria-pressed", "true")
    button(page, "Train").click()
    becomes(lambda: steps(page), lambda count: count >= least, 60)
    button(page, "Pause").click()
    expect(button(page, "Train")).to_be_visible()


def file_address() -> str:
    """The page as a file, without a server."""
    return Path(BUILD / PAGE).as_uri()
