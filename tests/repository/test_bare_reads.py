"""No test looks at a page right after it has acted on it, and the rule that says so works."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from bare_reads import TESTS, bare_reads, module_of, uses_a_browser

FILES = sorted(
    path for path in TESTS.rglob("*.py") if uses_a_browser(path.read_text(encoding="utf-8"))
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_state_of_a_page_is_read_right_after_an_action(path):
    faults = [f"{path.name}:{f.line}: {f.what}" for f in bare_reads(path.read_text("utf-8"))]
    assert not faults, "see the head of tests/shared/browser.py\n" + "\n".join(faults)


def test_the_rule_sees_the_browser_tests():
    assert {"test_question_pages.py", "test_cards_page.py", "browser.py"} <= {p.name for p in FILES}


def test_the_rule_finds_the_helpers_that_the_browser_tests_import():
    seen = set()
    for path in FILES:
        seen |= module_of(path.read_text(encoding="utf-8")).imported.keys()
    assert {"trained", "playing", "engine_page", "opened", "visit", "firefox"} <= seen


def lines(code: str) -> list[int]:
    """The lines of the faults in a piece of code; the first line is 1."""
    return [fault.line for fault in bare_reads(dedent(code).lstrip("\n"))]


HELPERS = """
def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)

def stored(page):
    return page.evaluate("localStorage.length")

def begun(page):
    page.locator("button").click()
    expect(page.locator(".q")).to_be_visible()

@contextmanager
def opened(browser, address):
    page = browser.new_page()
    page.goto(address)
    yield page
    page.close()

@pytest.fixture
def chapter(browser):
    with opened(browser, "a.html") as page:
        yield page
"""


@pytest.mark.parametrize(
    "code",
    [
        # The one that failed on another machine.
        """
        page.reload(wait_until="load")
        past = page.locator(".q-past")
        assert past.text_content() == "Last time: right."
        """,
        "page.goto(address); assert page.locator('li').count() == 3",
        "button.click(); assert page.evaluate('window.run') is None",
        "button.press('Enter'); assert page.url.endswith('#a')",
        "with visit(page) as seen: button.click(); assert seen.page.url == 'a'",
        "page.evaluate('location.hash = 1'); found = page.locator('p').inner_text()",
        "for key in keys: assert box.is_visible(); page.keyboard.press(key)",
        "while not box.is_checked(): page.keyboard.press('Tab')",
        "if wide: button.click()\nassert not box.is_hidden()",
        "expect(box).to_be_visible(); button.click(); boxes = [b.bounding_box() for b in all_]",
        "button.click(); assert [x for x in page.locator('li').all()]",
        "press(page, 'Space', '3'); assert not stored(page)",
        "with opened(browser, 'a.html') as page: assert stored(page) == 2",
        "page.wait_for_timeout(400)",
        "time.sleep(1)",
        "button.click(); page.wait_for_timeout(9); assert box.is_visible()",
        "page.evaluate('(x) => { globalThis.location = x; }', 'a'); assert page.evaluate('b')",
        "page.evaluate('(x) => { globalThis.a = x; b(); }', 'a'); assert page.evaluate('b')",
        "with firefox() as fox: fox.load(address); assert fox.run('document.title')",
        "with firefox() as fox: fox.press('button'); assert fox.run('document.title')",
        "with firefox() as fox: fox.choose_file('input', path); assert fox.run('document.title')",
        "with firefox() as fox: fox.run('button.click()'); assert fox.run('document.title')",
    ],
)
def test_a_bare_read_is_found(code: str):
    assert lines(HELPERS + "\ndef test_it(page):\n" + _indented(code))


@pytest.mark.parametrize(
    "code",
    [
        "button.click(); expect(box).to_have_text('a'); assert box.is_visible()",
        "button.click(); becomes(lambda: box.is_visible(), True)",
        "button.click(); becomes(box.is_visible, True)",
        "button.click(); stays(page, box.is_visible, True)",
        "button.click(); settled(page); assert stored(page) == 2",
        "button.click(); page.wait_for_url('**/b.html'); assert page.url",
        "with page.expect_download() as file: button.click()",
        "begun(page); assert stored(page) == 1",
        "if wide: button.click(); settled(page)\nassert box.is_visible()",
        "assert box.is_visible(); button.click()",
        "page.route('**/a', lambda route: route.request.evaluate('x'))",
        "button.click(); assert 'aab'.count('a') == 2",
        "for key in keys: page.keyboard.press(key); settled(page); seen.add(box.inner_text())",
        "settled(page); page.evaluate('(x) => { globalThis.a = x; }', 1); assert stored(page)",
        "with firefox() as fox: fox.load(address); fox.wait('a'); assert fox.run('b')",
        "with firefox() as fox: fox.press('a'); fox.wait('b'); assert fox.run('c') == fox.run('d')",
        "button.click(); assert subprocess.run(command)",
    ],
)
def test_a_read_that_waits_passes(code: str):
    assert not lines(HELPERS + "\ndef test_it(page):\n" + _indented(code))


def test_a_fixture_that_has_only_gone_to_a_page_leaves_the_wait_to_the_test():
    assert lines(HELPERS + "\ndef test_it(chapter):\n    assert stored(chapter) == 0\n")
    assert not lines(
        HELPERS + "\ndef test_it(chapter):\n    settled(chapter)\n    assert stored(chapter) == 0\n"
    )


NEIGHBOUR = """
class Seen:
    def width(self):
        return self.page.evaluate("innerWidth")

def shown(page):
    return page.locator("li").count()

def begun(page):
    page.locator("button").click()
"""
FIXTURE = """
@pytest.fixture
def chapter(browser):
    page = browser.new_page()
    page.goto("a.html")
    yield page
"""


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ("page.reload(); assert shown(page) == 2", 1),
        ("page.reload(); assert seen(page) == 2", 1),
        ("page.reload(); assert opened.width() == 2", 1),
        ("begun(page); assert box.is_visible()", 1),
        ("assert shown(chapter) == 2", 1),
        ("page.reload(); settled(page); assert shown(page) == opened.width()", 0),
        ("settled(chapter); assert shown(chapter) == 2", 0),
    ],
)
def test_a_bare_read_through_a_helper_of_another_file_is_found(tmp_path: Path, body, faults):
    shared, site = tmp_path / "shared", tmp_path / "site"
    for folder in (shared, site):
        folder.mkdir()
    (shared / "helpers.py").write_text(NEIGHBOUR, encoding="utf-8")
    (site / "conftest.py").write_text(FIXTURE, encoding="utf-8")
    (site / "between.py").write_text("from helpers import shown as seen\n", encoding="utf-8")
    code = "from helpers import begun, shown\nfrom between import seen\n"
    test = f"def test_it(page, chapter):\n{_indented(body)}"
    if "chapter" not in body:
        test = test.replace(", chapter", "")
    assert len([*bare_reads(code + test, (shared, site))]) == faults


def test_a_file_that_has_its_pages_from_a_neighbour_is_looked_at(tmp_path: Path):
    (tmp_path / "helpers.py").write_text("from firefox import firefox\n", encoding="utf-8")
    assert uses_a_browser("from helpers import opened\n", (tmp_path,))
    assert not uses_a_browser("from others import opened\n", (tmp_path,))


def test_a_fault_has_its_line_and_says_what_to_do():
    (fault,) = bare_reads("def test_it(page):\n    page.reload()\n    assert box.is_visible()\n")
    assert (
        fault.line == 3 and fault.what == "is_visible() is read right after an action: wait for it"
    )


def _indented(code: str) -> str:
    return "".join(f"    {line}\n" for line in dedent(code).strip().splitlines())
