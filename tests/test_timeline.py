"""The chapter "Timeline": its data, its list with and without a script, its figure."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from browser import BUILD, DESKTOP_LIGHT, PHONE_DARK, ROOT, becomes, settled, stays, visit
from playwright.sync_api import Browser, Page, expect

from utils.chapters.drawn import DRAWN
from utils.facts import bibliography, challenge, timeline
from utils.facts.files import book_table
from utils.files.yaml_files import parse_yaml, read_yaml

PAGE = "book/timeline.html"
KEYS = bibliography.keys()
RAW = read_yaml(timeline.DATA)
STORY = timeline.load(timeline.DATA, KEYS)
CORRECTED_YEARS = {"tl-1960s": 1969, "tl-2020-vit": 2020, "tl-1989": 1989, "tl-2016": 2016}


# Data ------------------------------------------------------------------------------------------


def message(tmp_path: Path, data: object) -> str:
    """What the build says about this content."""
    path = tmp_path / "timeline.yml"
    path.write_text(data if isinstance(data, str) else yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(timeline.TimelineError) as caught:
        timeline.load(path, KEYS)
    return str(caught.value)


def changed(**fields: object) -> dict:
    """The real file with fields of its second entry replaced; None takes a field out."""
    data = copy.deepcopy(RAW)
    entry = data["entries"][1]
    entry.update(fields)
    data["entries"][1] = {name: value for name, value in entry.items() if value is not None}
    return data


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"matters": None}, "matters is missing"),
        ({"colour": "red"}, "colour is not a field"),
        ({"date": 1958}, "date must be text in quotes, found 1958"),
        ({"date": "1958-13"}, 'date must look like "1943" or "2015-12"'),
        ({"date": "1959"}, "the id says 1958, the date 1959"),
        ({"who": "  "}, "who must be text"),
        ({"threads": ["dept"]}, "threads has 'dept', which is not among attention, data, depth"),
        ({"threads": []}, "threads must name at least one"),
        ({"threads": ["depth", "depth"]}, "none twice"),
        ({"cite": "nobody1900nothing"}, "'nobody1900nothing', which is not among references.bib"),
        ({"matters": "word " * 200}, "matters is longer than"),
    ],
)
def test_fault_in_an_entry_is_told_with_file_and_entry(tmp_path, fields: dict, words: str):
    text = message(tmp_path, changed(**fields))
    assert text.startswith("timeline.yml, entry tl-1958: ")
    assert words in text


def test_entry_without_a_name_is_told_by_its_place(tmp_path):
    assert "entry 2: id is missing" in message(tmp_path, changed(id=None))


def test_malformed_id_is_told(tmp_path):
    assert "id must look like tl-1943" in message(tmp_path, changed(id="1958"))


def test_id_that_stands_twice_is_told(tmp_path):
    data = copy.deepcopy(RAW)
    data["entries"].insert(1, copy.deepcopy(data["entries"][0]))
    assert "entry tl-1943: the id stands twice" in message(tmp_path, data)


def test_entry_out_of_order_is_told(tmp_path):
    data = copy.deepcopy(RAW)
    data["entries"].append(data["entries"].pop(0))
    assert "entry tl-1943: 1943 stands after 2024-04" in message(tmp_path, data)


def test_thread_that_no_entry_uses_is_told(tmp_path):
    data = copy.deepcopy(RAW)
    del data["threads"]["data"]
    data["threads"]["unused"] = {"label": "Unused", "about": "nothing"}
    for entry in data["entries"]:
        entry["threads"] = [name for name in entry["threads"] if name != "data"] or ["depth"]
    assert "thread unused: no entry uses it" in message(tmp_path, data)


def test_more_threads_than_shapes_are_told(tmp_path):
    data = copy.deepcopy(RAW)
    data["threads"] |= {f"t{k}": {"label": "T", "about": "t"} for k in range(5)}
    assert "10 threads, but only 5 shapes" in message(tmp_path, data)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("threads: [", "timeline.yml is not valid YAML"),
        ("- a\n", "it must hold exactly 'threads' and 'entries'"),
        ({"threads": {}, "entries": []}, "threads: it must map"),
        ({"threads": {"a": {"label": "A"}}, "entries": []}, "exactly 'label' and 'about'"),
        ({"threads": RAW["threads"], "entries": []}, "at least one entry"),
        ({"threads": RAW["threads"], "entries": ["x"]}, "entry 1: it must be a mapping"),
    ],
)
def test_fault_in_the_file_is_told(tmp_path, content: object, words: str):
    assert words in message(tmp_path, content)


def test_all_faults_are_told_at_once(tmp_path):
    text = message(tmp_path, changed(matters=None, date="soon"))
    assert text.count("timeline.yml, entry tl-1958: ") == 2


def test_every_thread_is_used_more_than_once():
    for name in STORY.threads:
        assert sum(name in entry.threads for entry in STORY.entries) > 1


def bibliography_field(key: str, field: str) -> str:
    """One field of a bibliography entry, empty where it has none."""
    text = bibliography.BIBLIOGRAPHY.read_text(encoding="utf-8")
    body = re.search(rf"@\w+\{{{re.escape(key)},(.*?)\n\}}", text, re.DOTALL)[1]
    found = re.search(rf"^\s*{field} = \{{(.*?)\}},$", body, re.MULTILINE)
    return found[1] if found else ""


ON_ARXIV_FIRST = [entry for entry in STORY.entries if entry.venue.startswith("arXiv")]


@pytest.mark.parametrize("entry", ON_ARXIV_FIRST, ids=lambda entry: entry.id)
def test_date_of_a_work_first_on_arxiv_is_that_of_its_number(entry):
    number = bibliography_field(entry.cite[0], "eprint")
    assert entry.date == f"20{number[:2]}-{number[2:4]}"


@pytest.mark.parametrize("entry", STORY.entries, ids=lambda entry: entry.id)
def test_no_entry_is_later_than_the_work_it_cites(entry):
    if entry.id != "tl-1990s":  # told by a later review
        assert entry.year <= int(bibliography_field(entry.cite[0], "year")[:4])


def test_dates_that_are_often_wrong_are_right():
    years = {entry.id: entry.year for entry in STORY.entries}
    assert {id_: years[id_] for id_ in CORRECTED_YEARS} == CORRECTED_YEARS


def test_residual_networks_come_after_normalisation_and_highway_networks():
    order = [entry.id for entry in STORY.entries]
    names = ["tl-1991", "tl-2015-batchnorm", "tl-2015-highway", "tl-2015", "tl-2016-preactivation"]
    assert [order.index(name) for name in names] == sorted(order.index(name) for name in names)


# Figure ----------------------------------------------------------------------------------------


def test_challenge_entries_agree_with_the_papers():
    errors = {entry.drawn_as: entry.error_percent for entry in challenge.challenge_entries()}
    layers = {entry.drawn_as: entry.layers for entry in challenge.challenge_entries()}
    assert errors["GoogLeNet"] == 6.66 and errors["VGG"] == 7.32 and errors["ResNet"] == 3.57
    assert [layers[name] for name in ("AlexNet", "VGG", "GoogLeNet", "ResNet")] == [8, 19, 22, 152]
    assert layers["NEC-UIUC"] is None and layers["XRCE"] is None


def test_error_of_the_winners_falls_every_year():
    best: dict[int, float] = {}
    for entry in challenge.challenge_entries():
        best[entry.year] = min(entry.error_percent, best.get(entry.year, 100))
    assert list(best) == list(range(2010, 2018))
    assert list(best.values()) == sorted(best.values(), reverse=True)


def test_errors_quoted_in_the_timeline_are_those_of_the_figure():
    known = {f"{entry.error_percent:g}" for entry in challenge.challenge_entries()}
    known |= {entry.with_more_data for entry in challenge.challenge_entries()}
    quoted = {"tl-2014-googlenet": ["6.66", "7.32"], "tl-2015": ["3.57"], "tl-2012": ["15.3"]}
    for entry in STORY.entries:
        for number in quoted.get(entry.id, []):
            assert f"{number}\N{NO-BREAK SPACE}%" in entry.matters and number in known


def test_every_point_of_the_figure_has_a_source_that_can_be_cited():
    for entry in challenge.challenge_entries():
        assert entry.key in KEYS and entry.source.strip()


def test_figure_tells_its_finding_without_the_picture():
    alt = DRAWN["imagenet-depth"]().alt
    assert "from 28.2 % in 2010 to 2.25 % in 2017" in alt and "152 in 2015 (ResNet)" in alt


def test_table_has_a_row_for_every_entry():
    markup = DRAWN["imagenet-depth-table"]().markup
    assert markup.count('<th scope="row">') == len(challenge.challenge_entries())


ROW = book_table("imagenet_depth")[-1]


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"year": "last"}, "invalid literal"),
        ({"top5_error_percent": "low"}, "could not convert"),
        ({"layers": ""}, "give layers, or a depth_note"),
        ({"depth_note": "deep"}, "give layers, or a depth_note"),
    ],
)
def test_fault_in_a_challenge_entry_names_it(cells: dict[str, str], words: str):
    with pytest.raises(ValueError, match=re.escape("imagenet_depth.csv, 'WMW (SENet)'")) as caught:
        challenge.read_entry(ROW | cells)
    assert words in str(caught.value)


def test_table_file_with_a_short_row_names_its_line(tmp_path, monkeypatch):
    (tmp_path / "odd.csv").write_text("# why\na,b\n1,2\n3\n", encoding="utf-8")
    monkeypatch.setattr("utils.facts.files.DATA", tmp_path)
    with pytest.raises(ValueError, match=r"odd\.csv, line 4: 1 cells, but 2 titles"):
        book_table("odd")


def test_empty_table_file_is_told(tmp_path, monkeypatch):
    (tmp_path / "odd.csv").write_text("# nothing\n", encoding="utf-8")
    monkeypatch.setattr("utils.facts.files.DATA", tmp_path)
    with pytest.raises(ValueError, match=r"odd\.csv is empty"):
        book_table("odd")


# Page ------------------------------------------------------------------------------------------


@pytest.fixture
def page(chromium: Browser, home: str) -> Iterator[Page]:
    """The chapter in a browser."""
    with visit(chromium, home, PAGE, DESKTOP_LIGHT) as seen:
        yield seen.page
        assert not seen.errors


def shown(page: Page) -> list[str]:
    """The ids of the entries that can be seen, from top to bottom."""
    return page.eval_on_selector_all(
        ".tl-entry", "all => all.filter((e) => e.offsetParent !== null).map((e) => e.id)"
    )


def with_thread(*names: str) -> list[str]:
    """The ids of the entries that belong to one of the threads."""
    return [entry.id for entry in STORY.entries if set(names) & set(entry.threads)]


def button(page: Page, label: str):
    """The filter's button of one thread."""
    return page.get_by_role("button", name=re.compile(f"^{label}"))


ALL = [entry.id for entry in STORY.entries]

FACTS_OF_ENTRIES = """all => all.map((e) => [
    e.id,
    e.offsetParent !== null,
    e.querySelector("time").getAttribute("datetime"),
    e.querySelectorAll(".tl-tags li").length,
    e.querySelectorAll(".tl-source a").length,
])"""


@pytest.mark.parametrize("view", [DESKTOP_LIGHT, PHONE_DARK], ids=lambda view: view.scheme)
def test_page_carries_every_entry_without_a_script(chromium: Browser, home: str, view):
    size = {"width": view.width, "height": view.height}
    context = chromium.new_context(viewport=size, java_script_enabled=False)
    page = context.new_page()
    page.goto(home + PAGE)
    expect(page.locator("ol.tl-list > li")).to_have_count(len(STORY.entries))
    items = page.eval_on_selector_all("ol.tl-list > li", FACTS_OF_ENTRIES)
    assert items == [
        [entry.id, True, entry.date, len(entry.threads), len(entry.cite)] for entry in STORY.entries
    ]
    expect(page.locator(".tl-button")).to_have_count(0)
    expect(page.locator(".tl-keys")).to_be_hidden()
    context.close()


def test_long_gaps_are_told_in_words(page: Page):
    expect(page.locator("#tl-1958 .tl-gap")).to_have_text("15 years later")  # 1958 - 1943
    expect(page.locator("#tl-1970-reverse-mode .tl-gap")).to_be_hidden()


def test_button_leaves_the_entries_of_its_thread(page: Page):
    button(page, "Attention").click()
    becomes(lambda: shown(page), with_thread("attention"))
    expect(button(page, "Attention")).to_have_attribute("aria-pressed", "true")
    expect(button(page, "All threads")).to_have_attribute("aria-pressed", "false")
    count = len(with_thread("attention"))
    expect(page.locator(".tl-status")).to_have_text(f"{count} of {len(ALL)} entries: attention.")


def test_two_buttons_leave_the_entries_of_both_threads(page: Page):
    button(page, "Attention").click()
    button(page, "Data").click()
    becomes(lambda: shown(page), with_thread("attention", "data"))
    expect(page).to_have_url(re.compile(r"\?thread=attention&thread=data$"))


def test_pressing_again_or_all_threads_brings_every_entry_back(page: Page):
    button(page, "Data").click()
    becomes(lambda: shown(page), with_thread("data"))
    button(page, "Data").click()
    becomes(lambda: shown(page), ALL)
    button(page, "Depth").click()
    becomes(lambda: shown(page), with_thread("depth"))
    button(page, "All threads").click()
    becomes(lambda: shown(page), ALL)
    expect(page).not_to_have_url(re.compile("thread="))


def test_gaps_are_measured_between_the_entries_that_are_left(page: Page):
    button(page, "Normalisation").click()
    years = [e.year for e in STORY.entries if "normalisation" in e.threads]
    second = page.locator(f"#{with_thread('normalisation')[1]} .tl-gap")
    assert years[1] - years[0] == 5
    expect(second).to_have_text("5 years later")


def test_address_brings_the_filter_back(chromium: Browser, home: str):
    with visit(chromium, home, f"{PAGE}?thread=normalisation", DESKTOP_LIGHT) as seen:
        assert shown(seen.page) == with_thread("normalisation")


def test_unknown_thread_in_the_address_hides_nothing(chromium: Browser, home: str):
    with visit(chromium, home, f"{PAGE}?thread=nonsense", DESKTOP_LIGHT) as seen:
        assert shown(seen.page) == ALL


def test_address_of_an_entry_wins_over_a_filter_that_hides_it(chromium: Browser, home: str):
    assert "tl-1943" not in with_thread("attention")
    with visit(chromium, home, f"{PAGE}?thread=attention#tl-1943", DESKTOP_LIGHT) as seen:
        expect(seen.page.locator("#tl-1943")).to_be_visible()


@pytest.mark.parametrize(("forward", "back"), [("ArrowDown", "ArrowUp"), ("j", "k")])
def test_keys_walk_from_entry_to_entry(page: Page, forward: str, back: str):
    page.locator("#tl-1943").focus()
    page.keyboard.press(forward)
    page.keyboard.press(forward)
    expect(page.locator("#tl-1960s")).to_be_focused()
    expect(page).to_have_url(re.compile("#tl-1960s$"))
    page.keyboard.press(back)
    expect(page.locator("#tl-1958")).to_be_focused()
    page.keyboard.press("End")
    expect(page.locator(f"#{ALL[-1]}")).to_be_focused()
    page.keyboard.press(forward)
    expect(page.locator(f"#{ALL[-1]}")).to_be_focused()
    page.keyboard.press("Home")
    expect(page.locator(f"#{ALL[0]}")).to_be_focused()


def test_focus_is_drawn_around_the_entry(page: Page):
    page.locator("#tl-1943").focus()
    page.keyboard.press("j")
    expect(page.locator("#tl-1958")).to_be_focused()
    style = page.locator("#tl-1958").evaluate(
        "(e) => [getComputedStyle(e).outlineStyle, getComputedStyle(e).outlineWidth]"
    )
    assert style == ["solid", "2px"]


def test_keys_skip_entries_that_the_filter_hides(page: Page):
    button(page, "Attention").click()
    first, second = with_thread("attention")[:2]
    page.locator(f"#{first}").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(f"#{second}")).to_be_focused()


def test_timeline_is_one_stop_for_the_tab_key(page: Page):
    stops = page.locator('.tl-entry[tabindex="0"]')
    expect(stops).to_have_count(1)
    button(page, "Attention").click()
    becomes(lambda: shown(page), with_thread("attention"))
    expect(stops).to_have_count(1)
    expect(stops).to_be_visible()


def test_keys_mean_nothing_outside_the_timeline(page: Page):
    page.locator("body").press("j")
    stays(page, lambda: page.url.partition("#")[2], "", seconds=0.2)


def test_print_shows_every_entry_whatever_the_filter(page: Page):
    button(page, "Attention").click()
    becomes(lambda: shown(page), with_thread("attention"))
    page.emulate_media(media="print")
    becomes(lambda: shown(page), ALL)


def test_still_page_where_motion_is_not_wanted(chromium: Browser, home: str):
    context = chromium.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(home + PAGE)
    settled(page)
    duration = page.locator("#tl-1943").evaluate("(e) => getComputedStyle(e).transitionDuration")
    assert duration == "0s"
    context.close()


def test_script_is_loaded_on_this_page_only(home: str):
    with_script = [
        str(path.relative_to(BUILD))
        for path in BUILD.rglob("*.html")
        if "timeline.js" in path.read_text(encoding="utf-8")
    ]
    assert with_script == [PAGE]


def test_every_inventory_address_exists(home: str):
    inventory = parse_yaml((ROOT / "book/data/inventory/timeline.yml").read_text(encoding="utf-8"))
    assert len(inventory) == 18
    for address in inventory.values():
        page, anchor = address.split("#")
        assert f'id="{anchor}"' in (BUILD / page).read_text(encoding="utf-8")
