"""On a phone, the columns that readers come for are seen without scrolling a table sideways."""

import pytest
from browser import PHONE_DARK, visit
from playwright.sync_api import Browser

WANTED = {
    "notebooks/02_simplecnn_vs_resnet.html": {"verdict", "test accuracy", "change in points"},
    "notebooks/03_degradation.html": {"verdict"},
    "notebooks/08_time_to_accuracy.html": {"verdict", "test accuracy", "training time"},
    "book/measured.html": {"test accuracy"},
}
ROUNDING_PX = 1
RIGHT_EDGES = """(body) => [...body.querySelectorAll("table.book-table")].flatMap((table) => {
  for (let box = table.closest("details"); box; box = box.parentElement.closest("details"))
    box.open = true;
  return [...table.tHead.rows[0].cells].map((cell) =>
    [cell.textContent.trim(), cell.getBoundingClientRect().right]);
})"""


@pytest.mark.parametrize("name", WANTED)
def test_verdicts_and_accuracies_are_not_cut_off(chromium: Browser, home: str, name: str):
    with visit(chromium, home, name, PHONE_DARK) as seen:
        edges = seen.page.locator("article.bd-article").evaluate(RIGHT_EDGES)
    wanted = [(title, right) for title, right in edges if title in WANTED[name]]
    assert {title for title, _ in wanted} == WANTED[name]
    assert not [each for each in wanted if each[1] > PHONE_DARK.width + ROUNDING_PX]
