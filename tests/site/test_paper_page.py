"""The paper's tables in the built book."""

from __future__ import annotations

import re

import pytest
from browser import BUILD, DESKTOP_LIGHT, PHONE_DARK, settled, visit
from playwright.sync_api import Browser, Locator, Page, expect

from utils.facts import paper
from utils.files.yaml_files import read_yaml

PAGES = ("paper", "paper_appendix")
INVENTORY = read_yaml(paper.DATA / "inventory" / "paper.yml")
ROUNDING_PX = 1


# The built pages -------------------------------------------------------------------------------


def test_every_element_has_an_anchor_of_its_own(home: str):
    assert len(INVENTORY) == 25 == len(set(INVENTORY.values()))
    for place in INVENTORY.values():
        page, anchor = place.split("#")
        assert f'id="{anchor}"' in (BUILD / page).read_text(encoding="utf-8"), place


def test_every_quoted_cell_of_the_book_leads_to_a_row(home: str):
    links = 0
    for page in BUILD.rglob("*.html"):
        for href in re.findall(
            r'<a class="paper-cell[^"]*" href="([^"]+)"', page.read_text(encoding="utf-8")
        ):
            path, _, anchor = href.partition("#")
            target = (page.parent / path).resolve() if path else page
            assert f'<tr id="{anchor}"' in target.read_text(encoding="utf-8"), f"{page}: {href}"
            links += 1
    assert links > 60


def test_tables_have_scopes_a_caption_and_their_source(home: str):
    text = "".join((BUILD / "book" / f"{name}.html").read_text(encoding="utf-8") for name in PAGES)
    for table in paper.all_tables():
        start = text.index(f'aria-labelledby="paper-table-{table.number}-title"')
        html = text[start : text.index("</table>", start)]
        assert html.count('scope="col"') == len(table.shown)
        assert html.count('scope="row"') == len(table.rows)
        assert f"Source: He et al. (2016a), {table.source}." in html


def column(table: Locator, index: int) -> list[str]:
    """Texts of one column, from top to bottom."""
    return table.locator(f"tbody tr > :nth-child({index})").all_inner_texts()


def press(page: Page, header: Locator, key: str) -> None:
    header.get_by_role("button").focus()
    page.keyboard.press(key)


def test_a_keyboard_sorts_a_table_and_the_order_is_announced(chromium: Browser, home: str):
    with visit(chromium, home, "book/paper.html", DESKTOP_LIGHT) as seen:
        table = seen.page.locator("#paper-table-6")
        header = table.get_by_role("columnheader", name="Error (%)")
        status = table.get_by_role("status")
        before = column(table, 1)
        press(seen.page, header, "Enter")
        expect(header).to_have_attribute("aria-sort", "ascending")
        expect(status).to_have_text("Sorted by Error (%), ascending.")
        errors = [float(text) for text in column(table, 3)]
        assert errors == sorted(errors) and column(table, 1)[0] == "ResNet-110"
        press(seen.page, header, "Space")
        expect(header).to_have_attribute("aria-sort", "descending")
        assert [float(text) for text in column(table, 3)] == sorted(errors, reverse=True)
        press(seen.page, header, "Enter")
        expect(status).to_have_text("In the paper's order.")
        assert header.get_attribute("aria-sort") is None
        assert column(table, 1) == before
        assert not seen.errors


def test_numbers_sort_by_size_and_missing_ones_come_last(chromium: Browser, home: str):
    with visit(chromium, home, "book/paper.html", DESKTOP_LIGHT) as seen:
        table = seen.page.locator("#paper-table-6")
        header = table.get_by_role("columnheader", name="Layers")
        for order in ("ascending", "descending"):
            press(seen.page, header, "Enter")
            expect(header).to_have_attribute("aria-sort", order)
            assert all("not given" in text for text in column(table, 2)[-3:])
        assert column(table, 2)[:3] == ["1202", "110", "56"]


def test_sorting_one_column_unsorts_the_other(chromium: Browser, home: str):
    with visit(chromium, home, "book/paper.html", DESKTOP_LIGHT) as seen:
        table = seen.page.locator("#paper-table-3")
        for name in ("Network", "Top-1 error (%)"):
            press(seen.page, table.get_by_role("columnheader", name=name), "Enter")
        expect(table.locator("[aria-sort]")).to_have_count(1)
        assert column(table, 1)[0] == "ResNet-152"


def test_without_script_tables_are_plain_and_in_the_papers_order(chromium: Browser, home: str):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{home}book/paper.html")
    table = page.locator("#paper-table-3")
    expect(table.get_by_role("button")).to_have_count(0)
    assert column(table, 1) == [row[0] for row in paper.load_table("3").rows.values()]
    context.close()


def test_a_wide_table_scrolls_by_keyboard_on_a_phone(chromium: Browser, home: str):
    with visit(chromium, home, "book/paper.html", PHONE_DARK) as seen:
        region = seen.page.get_by_role("region", name="Table 6.")
        assert region.evaluate("(box) => box.scrollWidth > box.clientWidth")
        region.scroll_into_view_if_needed()
        region.focus()
        expect(region).to_be_focused()
        moved = press_until_scrolled(seen.page, region)
        assert moved > 0
        caption = seen.page.locator("#paper-table-6 .paper-caption").bounding_box()
        assert caption["x"] >= 0 and caption["x"] + caption["width"] <= 390 + ROUNDING_PX


WANTED = {
    "book/paper.html": {
        "1": "Multiply-adds (billions)", "3": "Top-5 error (%)", "4": "Top-5 error (%)",
        "5": "Top-5 error (%)", "6": "Error (%)", "8": "mAP@[.5, .95] (%)", "text": "Value",
    },
    "book/paper_appendix.html": {
        "9": "Test-dev, @[.5, .95] (%)", "10": "ResNet-101 improved (%)", "12": "Test (%)",
        "13": "Class predicted (%)", "14": "Test (%)",
    },
}  # fmt: skip
"""The column that readers come for, in every table with many columns."""


@pytest.mark.parametrize("name", WANTED)
def test_the_number_that_people_come_for_is_not_cut_off_on_a_phone(
    chromium: Browser, home: str, name: str
):
    with visit(chromium, home, name, PHONE_DARK) as seen:
        for number, label in WANTED[name].items():
            table = seen.page.locator(f"#paper-table-{number} table")
            header = table.get_by_role("columnheader", name=label, exact=True)
            assert header.evaluate("(cell) => cell.getBoundingClientRect().right") <= 390, number


def press_until_scrolled(page: Page, region: Locator) -> float:
    """Press the right arrow until the region has moved: a key may come before the first frame."""
    for _ in range(30):
        page.keyboard.press("ArrowRight")
        settled(page)
        if moved := region.evaluate("(box) => box.scrollLeft"):
            return moved
    return 0


def test_tables_whose_order_matters_have_no_buttons(chromium: Browser, home: str):
    with visit(chromium, home, "book/paper_appendix.html", DESKTOP_LIGHT) as seen:
        expect(seen.page.locator("#paper-table-9 thead button")).to_have_count(0)
        expect(seen.page.locator("#paper-table-10 thead button")).to_have_count(4)
