"""A page with any one of its scripts missing: its text is whole, and its formulas can be read.

Each script is kept from one page that asks for it, so a few pages stand for all.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from browser import BUILD, FORMULAS_SET, html_pages, settled
from playwright.sync_api import Browser, Page, Route, expect
from resnet_book.pages.formulas import with_mathml

MATHJAX_PARTS = ("core.js", "input/tex.js", "output/chtml.js", "a11y/assistive-mml.js")
"""What MathJax's first script fetches."""

FIRST = ("notebooks/04_gradient_norms.html", "book/after.html", "book/claims.html")
"""Pages with most kinds of content, to be asked before others."""

SCRIPT = re.compile(r'<script\b[^>]*?\ssrc="([^"?]+)')

TEX = re.compile(r"\\[(\[]|\\[a-z]{2,}")

BLOCKS = """[...document.querySelectorAll(".bd-article :is(p, li, td, pre, h2, h3, figcaption)")]
    .filter((block) => block.checkVisibility() && !block.closest("[data-explorable], form"))
    .map((block) => {
        const copy = block.cloneNode(true);
        copy.querySelectorAll(".math, button, svg, .q-notice").forEach((part) => part.remove());
        return copy.textContent.replace(/\\s+/g, " ").trim();
    })"""
"""The text of all that is visible, without formulas and controls."""

SHOWN = """[...document.querySelectorAll(".bd-article .math")]
    .filter((formula) => formula.checkVisibility())
    .map((formula) => [formula.innerText, formula.getBoundingClientRect().width])"""


def scripts(page: str) -> list[str]:
    """The files of the site that a page asks for as scripts."""
    found = SCRIPT.findall((BUILD / page).read_text(encoding="utf-8"))
    names = [(BUILD / page).parent.joinpath(src).resolve().relative_to(BUILD) for src in found]
    if any(name.name == "startup.js" for name in names):
        names += [Path("_static/vendor/mathjax") / part for part in MATHJAX_PARTS]
    return [name.as_posix() for name in names]


@cache
def places() -> dict[str, str]:
    """Each script of the site with one page that asks for it."""
    pages = [page for page in html_pages() if page not in ("index.html", "404.html")]
    chosen: dict[str, str] = {}
    for page in sorted(pages, key=lambda page: page not in FIRST):
        for script in scripts(page):
            chosen.setdefault(script, page)
    return chosen


@pytest.fixture(scope="module")
def without_scripts(chromium: Browser, home: str):
    """Return a function that gives what a page shows to readers without scripts."""
    known: dict[str, set[str]] = {}

    def look(page: str) -> set[str]:
        if page not in known:
            with chromium.new_context(java_script_enabled=False) as context:
                seen = context.new_page()
                seen.goto(home + page, wait_until="load")
                expect(seen.locator("main h1:visible").first).to_be_visible()
                known[page] = set(seen.evaluate(BLOCKS))
        return known[page]

    return look


def missing(seen: Page, script: str) -> None:
    """Keep one script from a page."""

    def answer(route: Route) -> None:
        if route.request.url.partition("?")[0].endswith(script):
            route.abort()
        else:
            route.continue_()

    seen.route("**/*.js*", answer)


@pytest.mark.parametrize("script", sorted(places()))
def test_with_one_script_missing_text_is_whole_and_formulas_are_read(
    chromium: Browser, without_scripts, home: str, script: str
):
    page = places()[script]
    with chromium.new_context() as context:
        seen = context.new_page()
        missing(seen, script)
        seen.goto(home + page, wait_until="networkidle")
        settled(seen)
        shown = set(seen.evaluate(BLOCKS))
        formulas = seen.evaluate(SHOWN)
    assert {text for text in without_scripts(page) - shown if text} == set()
    assert [text for text, width in formulas if TEX.search(text) or width < 1] == []


@pytest.mark.parametrize("page", FIRST)
def test_formulas_are_read_without_any_script(chromium: Browser, home: str, page: str):
    with chromium.new_context(java_script_enabled=False) as context:
        seen = context.new_page()
        seen.goto(home + page, wait_until="load")
        expect(seen.locator("main h1:visible").first).to_be_visible()
        formulas = seen.evaluate(SHOWN)
    assert formulas
    assert [text for text, width in formulas if TEX.search(text) or width < 1] == []


@pytest.mark.parametrize("page", FIRST)
def test_set_formulas_take_the_place_of_the_browsers_form(chromium: Browser, home: str, page: str):
    with chromium.new_context() as context:
        seen = context.new_page()
        seen.goto(home + page)
        seen.wait_for_function("document.querySelector('.bd-article mjx-container')")
        seen.wait_for_function(FORMULAS_SET)
        settled(seen)
        assert seen.locator(".bd-article .math > math:visible").count() == 0
        assert seen.locator(".bd-article mjx-container:visible").count() > 5


@pytest.mark.parametrize(
    ("tex", "form"),
    [
        (r"\(a &lt; b\)", "<math><mi>a</mi><mo>&lt;</mo><mi>b</mi></math>"),
        (r"\(\tfrac12\)", "<mn>1</mn><mn>2</mn></mfrac>"),
        (r"\(\dots\)", "<mi>…</mi>"),
    ],
)
def test_a_formula_keeps_its_tex_and_gains_mathml(tex, form):
    made = with_mathml(f'<span class="math notranslate nohighlight">{tex}</span>', "page")
    assert f'<span class="math-tex">{tex}</span>' in made
    assert form in made


def test_a_numbered_formula_keeps_its_number_outside():
    number = '<span class="eqno">(1)<a class="headerlink" href="#e">#</a></span>'
    made = with_mathml(
        f'<div class="math notranslate nohighlight" id="e">\n{number}\\[x\\]</div>', "page"
    )
    assert number + '<span class="math-tex">\\[x\\]</span><math display="block">' in made
