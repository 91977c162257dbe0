"""Scripts of the pages, each on a page of its own: their guards, limits, units and orders."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import ROOT, notebook_file, settled, watched
from playwright.sync_api import Browser, Page, expect
from resnet_book.shows import lesion_lab as lab

from utils.display import svg
from utils.explorables.loss_surface import loss_surface
from utils.practice.bank import read_bank
from utils.practice.rendered import render_bank

STATIC = ROOT / "book" / "_static"
ASSETS = ROOT / "utils" / "explorables"
SITE = "https://book.example/"
SHARED = [STATIC / name for name in ("common.js", "keep/store.js", "keep/progress.js")]
"""What scripts of the book rely on, where it is there."""
NOON = "2026-03-02T12:00:00.000Z"
BANK = ROOT / "tests" / "given" / "questions"


def serve(page: Page, body: str) -> None:
    """Open a page of a site, which has a storage, with this body."""
    html = f"<!doctype html><html><head><meta charset='utf-8'></head><body>{body}</body></html>"
    page.route(f"{SITE}**", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto(SITE)
    settled(page)


def add(page: Page, *scripts: Path) -> None:
    """Run script files in the page, those that they share first."""
    for path in [*(path for path in SHARED if path.is_file()), *scripts]:
        page.add_script_tag(content=path.read_text(encoding="utf-8"))


# The state of the cards ----------------------------------------------------------------------


def entry(**changes: object) -> dict[str, object]:
    """What is stored about a card that was first seen three days before, due at noon."""
    fields = {"due": NOON, "last_review": "2026-02-27T12:00:00.000Z",
              "first": "2026-02-27T11:50:00.000Z", "stability": 3.0, "difficulty": 5.0,
              "elapsed_days": 0, "scheduled_days": 3, "learning_steps": 0, "reps": 2, "lapses": 0,
              "state": 2}  # fmt: skip
    return {**fields, **changes}


GOOD = {
    "stability": [0.001, 1e6],
    "difficulty": [1, 10],
    "elapsed_days": [0, 1e6],
    "scheduled_days": [0, 1e6],
    "learning_steps": [0, 3],
    "reps": [1],
    "lapses": [0, 2],
    "state": [1, 2, 3],
}
DATES = ["2026-03-02", "2026-13-02T12:00:00.000Z", "x2026-03-02T12:00:00.000Z", 0, None, [NOON]]
BAD = {
    "due": DATES,
    "last_review": DATES,
    "first": DATES,
    "stability": [0.0009, 1_000_001, "3", None],
    "difficulty": [0.99, 10.01, "5", None],
    "elapsed_days": [-0.5, 1_000_001, "0"],
    "scheduled_days": [-0.5, 1_000_001, "0"],
    "learning_steps": [-1, 0.5, "0"],
    "reps": [0, -1, 1.5, "1"],
    "lapses": [-1, 0.5, "0"],
    "state": [0, 4, 2.5, "2", None],
}


@pytest.fixture(scope="module")
def cards(chromium: Browser) -> Iterator[Page]:
    """A page with the script that keeps the cards, and nothing else."""
    with watched(chromium, timezone_id="UTC") as page:
        serve(page, "")
        add(page, STATIC / "cards/state.js")
        yield page


def read(page: Page, entries: list[object]) -> list[object]:
    """What the script makes of each stored text."""
    return page.evaluate(
        """(texts) => texts.map((text) => {
          localStorage.setItem(ResNetCards.PREFIX + 'a', text);
          return ResNetCards.read('a');
        })""",
        [e if isinstance(e, str) else json.dumps(e) for e in entries],
    )


@pytest.mark.parametrize("field", GOOD)
def test_an_entry_at_the_ends_of_a_fields_range_is_read(cards: Page, field: str):
    entries = [entry(**{field: value}) for value in GOOD[field]]
    assert read(cards, entries) == entries


@pytest.mark.parametrize("field", BAD)
def test_an_entry_with_a_wrong_or_missing_field_is_damaged(cards: Page, field: str):
    without = {key: value for key, value in entry().items() if key != field}
    entries = [entry(**{field: value}) for value in BAD[field]]
    assert read(cards, [*entries, without]) == [None] * (len(entries) + 1)
    assert cards.evaluate("ResNetCards.damaged.has('a')")
    assert read(cards, [entry()]) == [entry()]
    assert not cards.evaluate("ResNetCards.damaged.has('a')")


def test_what_is_no_entry_at_all_is_damaged_and_what_is_unknown_is_left_out(cards: Page):
    assert read(cards, ["null", "[]", "1", '"x"', "{", "", json.dumps([entry()])]) == [None] * 7
    assert read(cards, [entry(more=1, toString="x")]) == [entry()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [(None, 20), ("0", 0), ("7", 7), ("999", 999), ("1000", 20), ("-1", 20), ("1.5", 20),
     ("1e2", 20), ("", 20), (" 7", 20), ("x", 20)],
)  # fmt: skip
def test_new_cards_a_day_are_a_whole_number_of_three_digits(cards: Page, text, expected):
    found = cards.evaluate(
        """(text) => {
          if (text === null) localStorage.removeItem(ResNetCards.NEW_A_DAY);
          else localStorage.setItem(ResNetCards.NEW_A_DAY, text);
          return ResNetCards.newADay(20);
        }""",
        text,
    )
    assert found == expected


def agenda(page: Page, entries: dict[str, dict | None], limit: int, counted: object = None) -> dict:
    """Ids of what there is to do at noon."""
    return page.evaluate(
        """([entries, limit, noon, counted]) => {
          for (const [id, entry] of Object.entries(entries)) {
            const key = ResNetCards.PREFIX + id;
            if (entry) localStorage.setItem(key, JSON.stringify(entry));
            else localStorage.removeItem(key);
          }
          const ids = Object.keys(entries);
          const found = ResNetCards.agenda(ids, new Date(noon), limit, counted ?? ids);
          return Object.fromEntries(Object.entries(found).map(([k, v]) => [k, v.map((e) => e.id)]));
        }""",
        [entries, limit, NOON, counted],
    )


def test_reviews_are_due_with_their_day_and_cards_being_learned_at_their_minute(cards: Page):
    later, tomorrow = "2026-03-02T12:00:00.001Z", "2026-03-03T00:00:00.000Z"
    entries = {
        "r-later-today": entry(due="2026-03-02T23:59:59.999Z"),
        "r-tomorrow": entry(due=tomorrow),
        "r-before": entry(due="2026-02-01T12:00:00.000Z"),
        "l-later": entry(due=later, state=1),
        "l-now": entry(due=NOON, state=3),
        "l-before": entry(due="2026-03-02T11:00:00.000Z", state=1),
    }
    assert agenda(cards, entries, 5) == {
        "learning": ["l-before", "l-now"],
        "review": ["r-before", "r-later-today"],
        "fresh": [],
        "later": ["l-later", "r-tomorrow"],
    }


def test_new_cards_are_as_many_as_the_day_leaves(cards: Page):
    begun = {"b1": entry(first="2026-03-02T00:00:00.000Z"), "b2": entry(first=NOON)}
    before = {"c": entry(first="2026-03-01T23:59:59.999Z")}
    fresh = {f"n{number}": None for number in range(4)}
    for limit, expected in {5: ["n0", "n1", "n2"], 2: [], 1: [], 0: []}.items():
        assert agenda(cards, {**fresh, **begun, **before}, limit)["fresh"] == expected
    # Cards of other chapters count towards the day too.
    found = agenda(cards, fresh, 3, counted=["b1", "b2", "c", *fresh])
    assert found["fresh"] == ["n0"]


# Marks ---------------------------------------------------------------------------------------


def test_scripts_write_marks_as_python_does(page: Page):
    serve(page, "")
    page.add_script_tag(content=(ASSETS / "explorables.js").read_text(encoding="utf-8"))
    values = [64.0, 0.125, -0.125, 2.675, -0.001, 1.005, 312.4567]
    points, sizes = (
        [[0.3, 10], [10.125, 10]],
        {"pitch": 9.825, "size": 4, "rise": 6.333, "cut": True},
    )
    found = page.evaluate(
        """([values, points, sizes]) => {
          const { px, line, dots, bar, chain } = window.explorables;
          return [values.map(px), line(points), line([]), dots(points), bar(...values.slice(1, 5)),
                  chain(points, [1], sizes)];
        }""",
        [values, points, sizes],
    )
    assert found == [
        [svg.px(value) for value in values],
        svg.line(points),
        "",
        svg.dots(points),
        svg.bar(*values[1:5]),
        svg.chain(points, [1], **sizes),
    ]


# The loss surface ----------------------------------------------------------------------------


def test_heights_beyond_the_scale_are_drawn_at_its_ends(page: Page):
    serve(page, "")
    for name in ("explorables.js", "loss-surface.js"):
        page.add_script_tag(content=(ASSETS / name).read_text(encoding="utf-8"))
    heights = {"below": -5, "bottom": 0, "middle": 1, "top": 2, "above": 9}
    found = page.evaluate(
        """(heights) => {
          const geometry = { middle: [100, 100], ground: 10, height: 50, colours: 9 };
          const data = { places: [-1, 1], perDecade: 1, low: 0, high: 2, geometry };
          const rows = (value) => [[value, value], [value, value]];
          const { cells } = window.explorables.lossSurface;
          return Object.fromEntries(Object.entries(heights).map(
            ([name, value]) => [name, cells(data, rows(value), { t: 0, e: 0 })[0]]));
        }""",
        heights,
    )
    assert {name: cell["colour"] for name, cell in found.items()} == {
        "below": 0, "bottom": 0, "middle": 4, "top": 8, "above": 8,
    }  # fmt: skip
    # From the side, the ground lies half the height below the middle, and the top as far above.
    ys = {name: {float(y) for y in re.findall(r" (-?\d+\.\d)", cell["outline"])}
          for name, cell in found.items()}  # fmt: skip
    assert ys["below"] == ys["bottom"] == {125.0}
    assert ys["middle"] == {100.0}
    assert ys["above"] == ys["top"] == {75.0}


def test_a_long_drag_stops_at_the_ends_of_the_tilt_and_goes_on_turning(
    page: Page, tmp_path_factory: pytest.TempPathFactory
):
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(notebook_file(tmp_path_factory, loss_surface()._repr_html_()))
    settled(page)
    surface = page.locator("[data-part=plain]")
    surface.scroll_into_view_if_needed()
    box = surface.bounding_box()
    tilt, turn = (page.get_by_role("slider", name=name) for name in ("Tilt", "Turn"))
    lowest, highest = tilt.get_attribute("min"), tilt.get_attribute("max")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    started = int(turn.input_value())
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + 400)
    expect(tilt).to_have_value(highest)
    page.mouse.move(x, y - 800)
    expect(tilt).to_have_value(lowest)
    # 0.6 degrees a px: 900 px to the right are a turn and a half, backwards.
    page.mouse.move(x + 900, y)
    expect(turn).to_have_value(str((started - 540) % 360))
    page.mouse.move(x - 300, y)
    expect(turn).to_have_value(str((started + 180) % 360))
    page.mouse.up()


# The diagnostic ------------------------------------------------------------------------------


def test_the_diagnostic_names_first_the_chapter_with_most_mistakes(page: Page):
    example = next(q for q in read_bank(BANK) if q.kind == "single")
    chapters = {"book/paper": 1, "book/math": 2, "book/claims": 1}
    asked = [
        example.model_copy(update={"id": f"q-{number}-{place}", "chapter": chapter})
        for place, (chapter, count) in enumerate(chapters.items())
        for number in range(count)
    ]
    serve(page, render_bank(asked))
    names = ("kept", "kinds", "question", "exam", "practice")
    add(page, *(STATIC / "questions" / f"{name}.js" for name in names))
    page.get_by_role("button", name="Diagnostic").click()
    page.get_by_role("button", name="Finish").click()
    items = page.locator(".q-summary li")
    expect(items).to_have_count(3)
    counts = [int(re.search(r"\((\d+) questions? to look at again\)", text)[1])
              for text in items.all_text_contents()]  # fmt: skip
    assert counts == [2, 1, 1]
    expect(items.first.get_by_role("link")).to_have_attribute("href", "../book/math.html")


# The lesion lab ------------------------------------------------------------------------------

ENGINE = """
let now = 1000;
performance.now = () => now;
export const env = { wasm: {} };
export class Tensor { constructor(type, data, dims) { Object.assign(this, { type, data, dims }); } }
const map = (value) => ({ data: new Float32Array(4 * 4).fill(value), dims: [1, 4, 2, 2] });
export const InferenceSession = { create: async () => ({ run: async ({ gates }) => {
  now += 12.34;
  const off = gates.data.some((gate) => gate === 0);
  const logits = new Float32Array(10);
  logits[off ? 1 : 0] = Math.log(9 * 0.7 / 0.3);
  const names = ['stem', ...gates.data.keys()].map((n) => n === 'stem' ? n : `block${n + 1}`);
  return { logits: { data: logits },
           ...Object.fromEntries(names.map((n) => [n, map(off ? 0.25 : 0.5)])) };
} }) };
"""


def test_the_lab_shows_milliseconds_percent_and_means(page: Page, tmp_path: Path):
    for name in (lab.NETWORK, f"{lab.BINARY}.gz"):
        (tmp_path / name).write_bytes(b"none")
    serve(page, lab.markup(tmp_path, "_static/"))
    page.route(f"{SITE}_static/lesion-lab/**", lambda route: route.fulfill(body=b"none"))
    page.route(
        f"{SITE}_static/vendor/**",
        lambda route: route.fulfill(body=ENGINE, content_type="text/javascript"),
    )
    for name in ("pixels", "lab"):
        add(page, STATIC / f"lab/{name}.js")
    page.get_by_role("button", name="Load the network").click()
    expect(page.locator(".lab-time")).to_have_text("12.3 ms")
    # One logit of ln 21 beside nine of 0: 21 of 30 and 1 of 30.
    expect(page.locator(".lab-finding")).to_have_text(
        "With all blocks on, the network gives airplane 70\N{NO-BREAK SPACE}% and answers airplane."
    )
    expect(page.locator(".lab-now").first).to_have_text("70\N{NO-BREAK SPACE}%")
    expect(page.locator(".lab-now").nth(5)).to_have_text("3\N{NO-BREAK SPACE}%")
    page.get_by_label("Block 2", exact=True).uncheck()
    expect(page.locator(".lab-finding")).to_have_text(
        "With block 2 off, the network gives airplane 3\N{NO-BREAK SPACE}% "
        "(70\N{NO-BREAK SPACE}% when intact). The answer changes to automobile "
        "70\N{NO-BREAK SPACE}% (3\N{NO-BREAK SPACE}% when intact)."
    )
    page.locator(".lab-inside summary").click()
    expect(page.locator('[data-map="block2"] .lab-mean')).to_have_text(
        "off; mean 0.25 (intact 0.50)"
    )
    expect(page.locator('[data-map="block1"] .lab-mean')).to_have_text("mean 0.25 (intact 0.50)")
