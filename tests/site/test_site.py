"""The built book as its readers meet it: self-contained, light, readable and reachable.

Build first (``jupyter-book build .``); ``BOOK_HTML`` names another build.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest
from browser import (
    BUILD,
    DESKTOP_LIGHT,
    PHONE_DARK,
    QUIET,
    ROOT,
    VIEWS,
    View,
    Visit,
    becomes,
    html_pages,
    settled,
    stays,
    visit,
)
from coverage import Coverage
from drawn_text import PALE
from playwright.sync_api import Browser, Page, expect

AXE = Path(__file__).parents[1] / "vendor" / "axe.min.js"
WEIGHT_LIMIT_BYTES = 600_000

WASM_PAGES = ("book/lesion_lab.html", "book/playground.html")
"""The pages that may compile WebAssembly: they run networks."""

BARE = "404.html"
"""The page that follows the reader's scheme without the theme, since it may stand anywhere."""

PAGES = html_pages()
READ_PAGES = [page for page in PAGES if page != "index.html"]
"""Pages that stay open: the one at the root forwards to the start page at once."""

# The passes are not collected: a selector for each element takes longer than the rules.
ALL_RULES = """axe.run({resultTypes: ["violations"]}).then((result) => result.violations
    .filter((violation) => ["serious", "critical"].includes(violation.impact))
    .flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.html}`)))"""

MILD = """Object.fromEntries(axe._audit.rules
    .filter(({ impact }) => ["minor", "moderate"].includes(impact))
    .map(({ id }) => [id, { enabled: false }]))"""
"""The rules whose violations are never serious, left out: axe gives a violation the impact that its
rule names, and these rules take about a tenth of the time."""

BARRIERS = ALL_RULES.replace("axe.run({", f"axe.run({{rules: {MILD}, ")

COLOURS = ALL_RULES.replace(
    "axe.run({", 'axe.run({runOnly: ["color-contrast", "link-in-text-block"], '
)
"""The barriers that another colour scheme can bring."""

SERIOUS = f"""(() => {{
    for (const box of document.querySelectorAll("details:not([open])"))
        box.replaceChildren(...box.querySelectorAll(":scope > summary"));
    return {BARRIERS};
}})()"""
"""The serious barriers of a page. What stands in a closed box is none to axe, which walks through
all of it nevertheless; so it is taken out, and closed boxes must not be asked for after it."""

OUT_OF_REACH = """[...document.querySelectorAll(".bd-article :is(pre, .book-scroll, div.math)")]
    .filter((box) => box.scrollWidth > box.clientWidth + 1 && box.tabIndex < 0)
    .map((box) => box.textContent.slice(0, 60))"""

CUT_CAPTIONS = """[...document.querySelectorAll(".book-table caption")].filter((caption) => {
    const text = document.createRange();
    text.selectNodeContents(caption);
    const box = caption.closest(".book-scroll, .book-table-scroll, div");
    return text.getBoundingClientRect().right > box.getBoundingClientRect().right + 1;
}).map((caption) => caption.textContent.slice(0, 60))"""

SETTLED = f"""(async () => {{
    const end = performance.now() + 10_000;
    while ({OUT_OF_REACH}.length && performance.now() < end) await ({QUIET})();
}})()"""
"""On a busy machine scripts still run when the network is quiet, so give them ten seconds."""

on_every_page = pytest.mark.parametrize("page", READ_PAGES)
in_every_view = pytest.mark.parametrize("view", VIEWS, ids=lambda v: f"{v.scheme}-{v.width}")

LOADED = (DESKTOP_LIGHT, PHONE_DARK)
"""The views in which pages are loaded: each width and each scheme once. All rules are asked there.
In the other scheme of a width only colours differ, so only their rules are asked again."""


@dataclass(frozen=True)
class Facts:
    """What one view of a page showed."""

    other_hosts: set[str]
    errors: list[str]
    failed: list[str]
    weight_bytes: int
    overflow_px: int
    violations: list[str]
    pale: list[str]
    out_of_reach: list[str]
    cut_captions: list[str]


def look_at(seen: Visit, rules: str) -> Facts:
    """What the page shows now, with all that has happened since it was asked for.

    Args:
        rules: the script that tells the serious barriers.
    """
    expect(seen.page.locator("noscript.later")).to_have_count(0)  # all of the page is there
    seen.page.evaluate(SETTLED)
    settled(seen.page)
    return Facts(
        other_hosts=set(seen.other_hosts),
        errors=list(seen.errors),
        failed=list(seen.failed),
        weight_bytes=seen.weight_bytes,
        overflow_px=seen.overflow_px(),
        out_of_reach=seen.page.evaluate(OUT_OF_REACH),
        cut_captions=seen.page.evaluate(CUT_CAPTIONS),
        pale=seen.page.evaluate(PALE),
        violations=seen.page.evaluate(rules),
    )


@pytest.fixture(scope="session")
def facts(chromium: Browser, home: str) -> Callable[[str, View], Facts]:
    """Return a function that visits a page once a width and remembers what it saw.

    It is loaded in one colour scheme and then changed to the other, as a reader's evening does.
    """
    known: dict[tuple[str, View], Facts] = {}

    def visit_width(page: str, first: View) -> None:
        with visit(chromium, home, page, first, quiet=True) as seen:
            seen.page.evaluate(AXE.read_text(encoding="utf-8"))
            known[page, first] = look_at(seen, SERIOUS)
            (other,) = (v for v in VIEWS if v.width == first.width and v != first)
            seen.page.emulate_media(color_scheme=other.scheme)
            if page != BARE:
                expect(seen.page.locator("html")).to_have_attribute("data-theme", other.scheme)
            known[page, other] = look_at(seen, COLOURS)

    def look(page: str, view: View) -> Facts:
        if (page, view) not in known:
            visit_width(page, next(v for v in LOADED if v.width == view.width))
        return known[page, view]

    return look


class Head(HTMLParser):
    """Collects the language, the title and the meta elements of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.language: str | None = None
        self.title = ""
        self.meta: dict[str, str] = {}
        self._in_title = False
        self.feed((BUILD / page).read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self._in_title = tag == "title" and not self.title
        if tag == "html":
            self.language = values.get("lang")
        if tag == "meta" and (name := values.get("name") or values.get("property")):
            self.meta[name] = values.get("content") or ""

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False


@on_every_page
@in_every_view
def test_page_asks_no_other_host(facts, page: str, view: View):
    assert not facts(page, view).other_hosts


@on_every_page
@in_every_view
def test_page_loads_without_error(facts, page: str, view: View):
    assert not facts(page, view).errors
    assert not facts(page, view).failed


@on_every_page
@in_every_view
def test_page_fits_its_window(facts, page: str, view: View):
    assert facts(page, view).overflow_px <= 0


@on_every_page
@in_every_view
def test_no_caption_of_a_table_is_cut_off(facts, page: str, view: View):
    assert not facts(page, view).cut_captions


@on_every_page
@in_every_view
def test_page_has_no_serious_barrier(facts, page: str, view: View):
    assert facts(page, view).violations == []


@on_every_page
@in_every_view
def test_words_in_a_drawing_stand_out_from_what_is_under_them(facts, page: str, view: View):
    assert facts(page, view).pale == []


@pytest.mark.parametrize("state", ["", " open"])
def test_axe_looks_into_open_boxes_and_passes_over_closed_ones(page: Page, state: str):
    """So it is the same whether their contents are there or not."""
    page.set_content(
        f"""<!doctype html><html lang="en"><title>Boxes</title><main><h1>Boxes</h1><details{state}>
        <summary>More</summary><p style="color: #ccc">Pale.</p><img src="data:,"><input>
        <p id="twice"></p><p id="twice" aria-hidden="true"><button>b</button></p></details>"""
    )
    page.evaluate(AXE.read_text(encoding="utf-8"))
    settled(page)
    whole = page.evaluate(BARRIERS)
    settled(page)
    assert page.evaluate(SERIOUS) == whole
    assert {barrier.partition(":")[0] for barrier in whole} == (
        {"aria-hidden-focus", "color-contrast", "image-alt", "label"} if state else set()
    )


def test_rules_that_are_left_out_find_nothing_serious(page: Page):
    """Of a page with barriers of every impact, the same ones are told with and without them."""
    page.set_content(
        """<!doctype html><html><title>Barriers</title><h1>One</h1><h4></h4><h5>Five</h5>
        <img src="data:,"><input><p style="color: #ccc">Pale.</p><table><tr><th></th></tr></table>
        <a href="#x"></a><button aria-hidden="true"></button><p tabindex="5">First.</p>"""
    )
    page.evaluate(AXE.read_text(encoding="utf-8"))
    settled(page)
    kinds = page.evaluate(f"""axe.run({{resultTypes: ["violations"]}}).then(({{ violations }}) => {{
        const mild = {MILD};
        return violations.map(({{ id, impact }}) => [id in mild, impact]);
    }})""")
    settled(page)
    assert page.evaluate(BARRIERS) == page.evaluate(ALL_RULES)
    assert {impact for left_out, impact in kinds if left_out} == {"minor", "moderate"}
    assert {impact for left_out, impact in kinds if not left_out} == {"serious", "critical"}
    assert [told.partition(":")[0] for told in page.evaluate(COLOURS)] == ["color-contrast"]


@on_every_page
@in_every_view
def test_wide_boxes_can_be_scrolled_by_keyboard(facts, page: str, view: View):
    assert not facts(page, view).out_of_reach


@on_every_page
def test_cold_load_is_light(facts, page: str):
    assert facts(page, DESKTOP_LIGHT).weight_bytes < WEIGHT_LIMIT_BYTES


@pytest.mark.parametrize("page", PAGES)
def test_page_describes_itself(home: str, page: str):
    head = Head(page)
    assert head.language == "en"
    assert head.title.strip()
    assert 30 <= len(head.meta["description"]) <= 200
    assert head.meta["og:description"] == head.meta["description"]
    assert head.meta["og:title"] and head.meta["og:type"]
    image = head.meta["og:image"]
    assert image.startswith("https://")
    assert (BUILD / "_static" / image.partition("/_static/")[2]).is_file()


def test_descriptions_differ_from_page_to_page(home: str):
    texts = [Head(page).meta["description"] for page in READ_PAGES]
    assert len(set(texts)) == len(texts)


def test_root_leads_to_the_start_page(chromium: Browser, home: str):
    with visit(chromium, home, "", DESKTOP_LIGHT, quiet=True) as seen:
        seen.page.wait_for_url(f"{home}book/index.html")


@pytest.mark.parametrize("lost", ["missing.html", "book/deep/down/missing"])
def test_unknown_address_leads_back_into_the_book(chromium: Browser, home: str, lost: str):
    with visit(chromium, home, lost, PHONE_DARK) as seen:
        seen.page.get_by_role("link", name="start page").click()
        seen.page.wait_for_url(f"{home}book/index.html")


def test_explorable_on_the_start_page_answers_the_keyboard(chromium: Browser, home: str):
    with visit(chromium, home, "book/index.html", DESKTOP_LIGHT) as seen:
        figure = seen.page.locator(".explorable").first
        finding = figure.locator(".ex-finding")
        before = becomes(finding.inner_text, bool)
        figure.get_by_role("slider").first.focus()
        for _ in range(4):
            seen.page.keyboard.press("ArrowRight")
        expect(finding).not_to_have_text(before)


def test_search_finds_a_term(chromium: Browser, home: str):
    with visit(chromium, home, "search.html?q=shortcut", DESKTOP_LIGHT) as seen:
        expect(seen.page.locator("#search-results li a").first).to_be_visible()


def test_colour_button_changes_the_theme(chromium: Browser, home: str):
    with visit(chromium, home, "book/index.html", DESKTOP_LIGHT) as seen:
        root = seen.page.locator("html")
        expect(root).to_have_attribute("data-theme", "light")
        seen.page.locator(".theme-switch-button:visible").first.click()
        expect(root).to_have_attribute("data-theme", "dark")


def test_no_lines_are_followed_while_the_browser_runs_the_pages(home: str):
    assert Coverage.current() is None


def test_output_carries_no_source_maps_and_no_icon_font(home: str):
    assert not list(BUILD.rglob("*.map"))
    assert not list(BUILD.rglob("*fontawesome*"))


WITHOUT_NUMBER = {
    "elhage2021mathematical": "published on a web site of its own",
    "glorot2010understanding": "its proceedings give no DOI",
    "hiverge2025speedrun": "a repository",
    "hochreiter1991untersuchungen": "a diploma thesis",
    "jordan2024airbench": "a repository",
    "facebook2016resnet": "a repository",
    "ilsvrc2010": "a page of results",
    "ilsvrc2011": "a page of results",
    "ilsvrc2013": "a page of results",
    "ilsvrc2016": "a page of results",
    "kaiminghe2016deep": "a repository",
    "kaiminghe2016layers": "a repository",
    "krizhevsky2009learning": "a technical report",
    "krizhevsky2012imagenet": "only its reprint has one",
    "linnainmaa1970representation": "a master's thesis",
    "massa2018option": "a discussion in a repository",
    "migacz2020performance": "a guide on a library's web site",
    "minsky1969perceptrons": "a book",
    "nair2010rectified": "its proceedings give no DOI",
    "szagoruyko2016wide": "a repository",
    "vryniotis2021how": "an article of a library's web site",
    "werbos1974beyond": "a doctoral thesis",
}
"""Works that have neither a DOI nor an arXiv number, each with the reason."""


def test_every_reference_has_a_doi_or_an_arxiv_number():
    text = (ROOT / "book" / "references.bib").read_text(encoding="utf-8")
    works = {
        e.partition(",")[0].partition("{")[2]: e for e in re.split(r"\n(?=@)", text) if "{" in e
    }
    numbered = re.compile(r"\bdoi\s*=\s*[{\"]10\.|\beprint\s*=\s*[{\"]\d{4}\.\d{4,5}")
    assert len(works) > 60
    assert {key for key, work in works.items() if not numbered.search(work)} == set(WITHOUT_NUMBER)


def test_every_reference_is_cited(home: str):
    entries = re.findall(
        r"^@\w+\{", (ROOT / "book" / "references.bib").read_text(encoding="utf-8"), re.MULTILINE
    )
    listed = (
        (BUILD / "book" / "references.html")
        .read_text(encoding="utf-8")
        .count('<div class="citation"')
    )
    assert listed == len(entries)


@on_every_page
def test_page_allows_the_books_own_files_only(home: str, page: str):
    text = (BUILD / page).read_text(encoding="utf-8")
    head = text[: text.index("</head>")]
    first = re.search(r"<(?:script|link|style)\b", head).start()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', head)
    assert policy and policy.start() < first
    rules = dict(rule.split(" ", 1) for rule in policy[1].replace("&#x27;", "'").split("; "))
    assert rules["default-src"] == "'none'"
    itself, *allowed = rules["script-src"].split()
    assert itself == "'self'"
    beyond = {source for source in allowed if not source.startswith("'sha256-")}
    assert beyond == ({"'wasm-unsafe-eval'"} if page in WASM_PAGES else set())
    assert "http" not in policy[1] and "'unsafe-eval'" not in policy[1]
    assert "blob:" not in policy[1] and "worker" not in policy[1]


INTRUDER = """() => {
    const script = document.createElement("script");
    script.textContent = "window.intruder = 1";
    document.body.append(script);
    const button = document.createElement("button");
    button.setAttribute("onclick", "window.intruder = 2");
    button.click();
    return window.intruder;
}"""


def test_a_script_that_is_not_the_books_does_not_run(chromium: Browser, home: str):
    with visit(chromium, home, "book/index.html", DESKTOP_LIGHT) as seen:
        assert seen.page.evaluate(INTRUDER) is None
        assert any("Content Security Policy" in error for error in seen.errors)


@pytest.mark.parametrize("page", ["book/index.html", *WASM_PAGES])
def test_a_string_is_never_evaluated(chromium: Browser, home: str, page: str):
    with visit(chromium, home, page, DESKTOP_LIGHT) as seen:
        seen.page.evaluate("setTimeout('window.evaluated = 1', 0)")
        stays(seen.page, lambda: seen.page.evaluate("window.evaluated"), None, seconds=0.1)
