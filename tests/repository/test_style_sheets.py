"""The theme's rules that no page needs go, all others stay as they are and in their order."""

from __future__ import annotations

from pathlib import Path

import pytest
from resnet_book.pages import together
from resnet_book.style_sheets import Names, sheet
from sphinx.errors import ExtensionError

NAMES = Names(
    ['<p class="seen also">', r'{"shown": "<b class=\"kept\">"}'],
    ['on("made"); add("tip-" + side)'],
)


def cut(css: str, folder: Path, name: str = "styles/a.css") -> str:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(css, encoding="utf-8")
    return "".join(sheet(folder, name, "together", NAMES))


@pytest.mark.parametrize(
    ("css", "left"),
    [
        (".seen{a:b}", ".seen{a:b}"),
        (".kept .also > p { a : b }", ".kept .also > p{a : b}"),
        (".made{a:b}.tip-top{a:b}", ".made{a:b}.tip-top{a:b}"),
        (".never{a:b}.seen .never{a:b}.seen.never{a:b}", ""),
        (".never,.seen{a:b}", ".seen{a:b}"),
        ("p:not(.never),:is(.never,.seen){a:b}", "p:not(.never),:is(.never,.seen){a:b}"),
        ('h1,[x=".never"]{a:b}', 'h1,[x=".never"]{a:b}'),
        (".never,.seen::-moz-x{a:b}", ".never,.seen::-moz-x{a:b}"),
        ("@media print{.never{a:b}}@media print{.seen{a:b}}", "@media print{.seen{a:b}}"),
        ("@media print{@supports (a:b){.never{a:b}}}", ""),
        ("@keyframes never{from{a:b}}", "@keyframes never{from{a:b}}"),
        ('@charset "UTF-8";p{content:"a  /* b */"}', 'p{content:"a  /* b */"}'),
        ("/* said */p{a:b}/*! licence */", "/*! licence */p{a:b}"),
        ("p{a:url(x.svg) url('../y.svg')}", 'p{a:url("../styles/x.svg") url("../y.svg")}'),
        ('p{a:url("data:image/x,x  y") url(#z)}', 'p{a:url("data:image/x,x  y") url(#z)}'),
    ],
)  # fmt: skip
def test_a_rule_stays_if_a_page_may_have_what_it_is_for(tmp_path: Path, css: str, left: str):
    assert cut(css, tmp_path) == left


def test_what_a_sheet_imports_stands_in_its_place(tmp_path: Path):
    (tmp_path / "basic.css").write_text("p{a:b}", encoding="utf-8")
    assert cut('@import "../basic.css";h1{a:b}', tmp_path) == "p{a:b}h1{a:b}"


@pytest.mark.parametrize("css", ['@import "x.css" print;', "p{a:b}}"])
def test_a_sheet_that_cannot_be_put_together_stops_the_build(tmp_path: Path, css: str):
    with pytest.raises(ExtensionError):
        cut(css, tmp_path)


def test_sheets_keep_the_order_that_each_page_has():
    lists = [["a", "b", "f"], ["a", "c", "d", "f"], ["a", "b", "c", "f"]]
    whole = together.in_order(lists)
    assert sorted(whole) == list("abcdf")
    assert all([name for name in whole if name in names] == names for names in lists)


PAGE = """<html><head>
<script src="../_static/keep/store.js"></script>
<link href="../_static/styles/theme.css" rel="stylesheet" />
<link rel="stylesheet" href="../_static/more.css?v=1" />
<link rel="stylesheet" href="../_static/pages/book.css?v=2" />
<script defer="defer" src="../_static/common.js"></script>
<script>let one = 1;</script>
</head><body class="seen"></body></html>"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    files = {
        "book/a.html": PAGE,
        "book/b.html": PAGE.replace("more.css?v=1", "other.css"),
        "404.html": "<html><head></head><body></body></html>",
        "_static/styles/theme.css": ".seen{a:b}.never{a:b}",
        "_static/more.css": ".seen{c:d}",
        "_static/other.css": ".seen{e:f}",
        "_static/pages/book.css": ".never{a:b}",
        "_static/keep/store.js": "let store;",
        "_static/together/old.css": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    together.put_together(None, tmp_path)
    return tmp_path


def test_a_page_asks_for_the_themes_rules_and_for_the_books_own(site: Path):
    head = together.read_head((site / "book/a.html").read_text(encoding="utf-8"))
    assert (head.theirs, head.own) == (["styles/theme.css", "more.css"], ["pages/book.css"])
    theme, own = together.LINK.findall(head.markup)
    assert 'href="../_static/together/theme.css?v=' in theme
    made = {path.name: path.read_text(encoding="utf-8").partition("\n")[2]
            for path in (site / "_static/together").iterdir()}  # fmt: skip
    assert made.pop("theme.css").strip() == ".seen{a:b}.seen{c:d}.seen{e:f}"
    (name,) = made
    assert f'href="../_static/together/{name}?v=' in own and made[name] == ".never{a:b}\n"


def test_scripts_that_must_run_first_stand_in_the_page_ahead_of_its_sheets(site: Path):
    page = (site / "book/a.html").read_text(encoding="utf-8")
    store = '<script data-holds="_static/keep/store.js">let store;</script>'
    assert 0 < page.index(store) < page.index("let one") < page.index("<link")
    assert page.index("<link") < page.index("common.js")


def test_a_second_build_changes_nothing(site: Path):
    before = {path: path.read_bytes() for path in site.rglob("*.*") if path.is_file()}
    together.put_together(None, site)
    assert {path: path.read_bytes() for path in site.rglob("*.*") if path.is_file()} == before


def test_a_page_without_sheets_stays(site: Path):
    assert (site / "404.html").read_text(encoding="utf-8").startswith("<html><head></head>")


def test_a_script_that_would_end_its_element_is_refused(site: Path):
    (site / "_static/keep/store.js").write_text("'</script>'", encoding="utf-8")
    (site / "book/a.html").write_text(PAGE, encoding="utf-8")
    with pytest.raises(ExtensionError, match=r"store\.js"):
        together.put_together(None, site)
