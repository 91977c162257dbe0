"""What holds of every figure on a page, by the page's address."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from browser import notebook_file, settled
from playwright.sync_api import Browser, Locator, Page, expect

from utils.explorables import Explorable

CONTROLS = "input, select"
TARGETS = "input[type=range]:visible, select:visible, .ex-check label:visible"
"""What a finger has to meet."""


def figure_address(show: Callable[[], Explorable]) -> Callable:
    """A fixture: the address of a page that holds a figure as a notebook shows it."""

    @pytest.fixture(scope="module")
    def address(tmp_path_factory: pytest.TempPathFactory) -> str:
        return notebook_file(tmp_path_factory, show()._repr_html_())

    return address


@contextmanager
def opened(chromium: Browser, address: str, **options: object) -> Iterator[Page]:
    """A page in a context of its own; ``options`` as of ``Browser.new_context``."""
    context = chromium.new_context(**options)
    page = context.new_page()
    page.goto(address)
    yield page
    context.close()


def with_and_without_scripts(
    chromium: Browser, address: str, figure: str = "figure", caption: str = ""
) -> Iterator[Page]:
    """A figure's page with its script, then without any; controls are there with it alone.

    Without scripts there are a picture, a caption that has the words ``caption``, and a finding.
    """
    for scripts in (True, False):
        with opened(chromium, address, java_script_enabled=scripts) as page:
            shown = page.locator(figure)
            expect(shown.locator(".ex-controls")).to_be_visible(visible=scripts)
            if not scripts:
                stands_alone(shown, caption)
            yield page


def stands_alone(figure: Locator, caption: str) -> None:
    expect(figure.locator("svg").first).to_be_visible()
    expect(figure.locator("figcaption")).to_contain_text(caption)
    expect(figure.locator(".ex-finding")).to_be_visible()
    expect(figure.locator(CONTROLS)).not_to_have_count(0)
    expect(figure.locator(CONTROLS).locator("visible=true")).to_have_count(0)


def paths_of(page: Page, selector: str = "svg path") -> list[str]:
    """Path data, as the page draws it."""
    return page.locator(selector).evaluate_all("(all) => all.map((one) => one.getAttribute('d'))")


def is_the_same_without_a_script(chromium: Browser, address: str) -> None:
    """The still picture and its finding stand there before any script."""
    shown = [
        page.locator("svg text, .ex-finding").all_text_contents()
        for page in with_and_without_scripts(chromium, address)
    ]
    assert shown[0] == shown[1]


def works(figure: Locator) -> None:
    """After a broken address a figure has its controls, and says and draws no missing number."""
    expect(figure.locator(".ex-controls")).to_be_visible()
    markup = figure.inner_html()
    assert "NaN" not in markup
    assert "undefined" not in markup


@contextmanager
def on_a_phone(chromium: Browser, address: str) -> Iterator[Page]:
    """A page on a narrow screen that fingers touch."""
    size = {"width": 390, "height": 844}
    with opened(chromium, address, viewport=size, has_touch=True) as page:
        settled(page)
        yield page


def fits_a_phone(
    chromium: Browser, address: str, figure: str = "figure", marks: str = "svg text"
) -> None:
    """Every mark stays within the figure, the figure within the page; a finger meets each control.

    Args:
        chromium, address: the browser and the page, with the state of the figure.
        figure: which of the page's figures.
        marks: what is drawn or written in it.
    """
    with on_a_phone(chromium, address) as page:
        shown = page.locator(figure)
        edge = shown.bounding_box()
        drawn, targets = shown.locator(marks).all(), shown.locator(TARGETS).all()
        assert drawn and targets
        for mark in drawn:
            box = mark.bounding_box()
            assert box["x"] >= edge["x"]
            assert box["x"] + box["width"] <= edge["x"] + edge["width"]
        for target in targets:
            assert target.bounding_box()["height"] >= 44
        root = "document.documentElement"
        assert page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth")
