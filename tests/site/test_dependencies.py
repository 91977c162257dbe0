"""A page is built again when something that it is made of changes, and only then.

The small book has one page for each kind of source; every test edits one source, builds, and looks
at which pages were written.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from resnet_book.pages import dependencies
from resnet_book.shows import lesion_lab
from small_book import ROOT, SmallBook

from utils.chapters.degradation import brief as degradation
from utils.explorables import EXPLORABLES
from utils.facts.challenge import challenge_entries
from utils.facts.edition import load_edition
from utils.facts.goals import WEEKS
from utils.files.records import record_path
from utils.miniatures.chains import draw_chain
from utils.results.runs import load_runs

PLAIN, NOTEBOOK = "book/plain", "notebooks/noted"
PAGES = {
    "book/index": "# Small book\n\nWords.\n\n## Try one block\n\nAn old name of it leads here.\n",
    PLAIN: "# Plain page\n\nNothing but words.\n",
    "book/recorded": "# Recorded\n\n```{explorable} depth-gap\n```\n",
    "book/touched": "# Touched\n\n```{explorable} residual-block\n```\n",
    "book/timeline": "# Timeline\n\n```{quick-check}\n```\n",
    "book/drawn": "# Drawn\n\n```{drawn} imagenet-depth-table\n```\n",
    "book/drawing": "# Drawing\n\n```{drawing} layer-row\nA row.\n```\n",
    "book/table": "# Table\n\n```{paper-table} 6\n```\n",
    "book/quoted": "# Quoted\n\nIt is {cell}`6/resnet-110/error`, see {doc}`plain`.\n",
    "book/minutes": "# Minutes\n\nReading takes {minutes}`all`.\n",
    "book/cited": "# Cited\n\nSee {cite:t}`he2016deep`.\n",
    "book/works": "# Works\n\n```{bibliography}\n:style: plain\n```\n",
    NOTEBOOK: '# Noted\n\nSee [He et al.](https://arxiv.org/abs/1512.03385 "he2016deep").\n',
}
LAB, TEACHERS = "book/lesion_lab", "book/teachers"
LATER = {
    LAB: "# Lesions\n\n```{lesion-lab}\n```\n",
    TEACHERS: "# Teachers\n\n## The plan\n\n"
    + "".join(
        f"### Week {week}: words\n\n**Session 1 (10 minutes).**\n\n1. *10 minutes:* Talk.\n\n"
        for week in WEEKS
    ),
}
"""Pages that would slow down every build; they come when the other tests are done."""
DECK = """# Week {week} {{.title}}

Words.

Note:
Say it.

---

## A number {{step=1.1}}

It is {{cell}}`6/resnet-110/error`.

Note:
Say it.
"""
TOC = {
    "format": "jb-book",
    "root": "book/index",
    "parts": [
        {"caption": "First part", "chapters": [{"file": page} for page in list(PAGES)[1:6]]},
        {"caption": "Second part", "chapters": [{"file": page} for page in list(PAGES)[6:]]},
    ],
}
ALWAYS = {"index", "404", "search", "book/index"}
"""Pages without a source, and the one with the table of contents, are written with any other."""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallBook]:
    made = SmallBook.make(tmp_path_factory.mktemp("book"), PAGES, TOC)
    done = made.build()
    assert done.status == 0, done.log
    yield made
    made.close()


def rebuilt(book: SmallBook) -> set[str]:
    """Build, and return the pages with a source that were written."""
    done = book.build()
    assert done.status == 0, done.log
    return done.pages - ALWAYS


def source_of(thing: Callable) -> str:
    """Where the module of a function stands, from the root."""
    return str(Path(sys.modules[thing.__module__].__file__).relative_to(ROOT))


# One kind of source after the other -------------------------------------------------------------


def test_nothing_is_written_or_taken_away_when_nothing_changed(book):
    before = book.times()
    assert {"search", "404"} <= set(before)
    assert rebuilt(book) == set()
    assert book.times() == before


def test_a_time_without_a_change_writes_nothing_but_that_page(book):
    (book.folder / "results" / "index").touch()
    (book.folder / "book" / "data" / "goals.yml").touch()
    (book.folder / "results" / "index").unlink()
    assert rebuilt(book) == set()


def test_a_page_is_built_when_its_own_source_changes(book):
    book.edit("book/plain.md", "but words", "but other words")
    assert rebuilt(book) == {PLAIN}
    assert "but other words" in book.html(PLAIN)


def test_a_changed_notebook_rebuilds_its_page(book):
    book.edit(f"{NOTEBOOK}.ipynb", "See [He", "Read [He")
    assert rebuilt(book) == {NOTEBOOK}
    assert "Read <" in book.html(NOTEBOOK)


def one_record() -> str:
    """A record that the explorable of the page "recorded" reads."""
    experiment = degradation.EXPERIMENT_OF["plain"]
    run = load_runs(experiment, "plain-20")[0]["run"]
    return str(record_path(experiment, run).relative_to(ROOT))


def test_a_changed_record_rebuilds_the_page_that_reads_it(book):
    record = json.loads(book.read(one_record()))
    record["final"]["test_error"] = 0.123456
    for epoch in record["history"]:
        epoch["test_error"] = 0.123456
    before = book.html("book/recorded")
    book.write(one_record(), json.dumps(record))
    pages = rebuilt(book)
    assert "book/recorded" in pages
    assert not pages & {PLAIN, "book/table", "book/touched", "book/minutes"}
    assert book.html("book/recorded") != before


def test_a_new_record_rebuilds_the_page_that_reads_its_folder(book):
    first = one_record()
    book.write(
        re.sub(r"seed\d+", "seed9", first), book.read(first).replace('"seed": 0', '"seed": 9')
    )
    pages = rebuilt(book)
    assert "book/recorded" in pages
    assert PLAIN not in pages
    (book.folder / re.sub(r"seed\d+", "seed9", first)).unlink()
    assert "book/recorded" in rebuilt(book)


def test_a_changed_question_rebuilds_the_page_that_asks_it(book):
    asked = "prompt: Put these works"
    book.edit("book/data/questions/timeline.yml", asked, "prompt: Hear this. Put these works")
    pages = rebuilt(book)
    assert "book/timeline" in pages
    assert not pages & {PLAIN, "book/table", "book/recorded"}
    assert "Hear this." in book.html("book/timeline")


def test_a_changed_yaml_file_rebuilds_the_page_that_shows_it(book):
    minutes = re.search(r"minutes: (\d+)", book.read("book/data/goals.yml"))
    book.edit("book/data/goals.yml", minutes[0], f"minutes: {int(minutes[1]) + 1000}")
    before = book.html("book/minutes")
    pages = rebuilt(book)
    assert "book/minutes" in pages
    assert not pages & {PLAIN, "book/table", "book/recorded", "book/drawn"}
    assert book.html("book/minutes") != before


def test_a_changed_table_rebuilds_the_pages_that_show_and_quote_it(book):
    book.edit("book/data/paper_table_6.csv", "6.43", "6.44")
    pages = rebuilt(book)
    assert {"book/table", "book/quoted"} <= pages
    assert not pages & {PLAIN, "book/recorded", "book/drawn", "book/minutes"}
    assert "6.44" in book.html("book/table")
    assert "6.44" in book.html("book/quoted")


def test_a_changed_csv_file_rebuilds_the_page_that_draws_it(book):
    name = next(iter(dependencies.reads(challenge_entries.__module__))).relative_to(ROOT)
    before = book.html("book/drawn")
    book.edit(str(name), "2010,NEC-UIUC,NEC-UIUC,", "2010,Another-name,NEC-UIUC,")
    pages = rebuilt(book)
    assert "book/drawn" in pages
    assert not pages & {PLAIN, "book/table", "book/recorded"}
    assert book.html("book/drawn") != before


def test_a_changed_bibliography_rebuilds_the_pages_that_cite_it(book):
    text = book.read("book/references.bib")
    entry = text[text.index("{he2016deep,") :]
    year = re.search(r"year\s*=\s*\{?(\d{4})", entry)
    newer = entry.replace(year[0], year[0].replace(year[1], "1999"), 1)
    book.write("book/references.bib", text.replace(entry, newer))
    pages = rebuilt(book)
    assert {"book/cited", "book/works", NOTEBOOK} <= pages
    assert not pages & {PLAIN, "book/recorded", "book/touched"}
    assert "1999" in book.html("book/cited")
    assert "1999" in book.html("book/works")


def test_a_changed_module_rebuilds_the_page_that_it_draws(book):
    name = source_of(EXPLORABLES["residual-block"])
    title = re.search(r'TITLE = "([^"]+)"', book.read(name))
    book.edit(name, title[1], "Another title")
    pages = rebuilt(book)
    assert "book/touched" in pages
    assert not pages & {PLAIN, "book/recorded", "book/drawn"}
    assert "Another title" in book.html("book/touched")


def test_a_module_far_down_the_imports_rebuilds_the_page(book):
    name = source_of(draw_chain)
    book.write(name, book.read(name) + "\n# A comment.\n")
    pages = rebuilt(book)
    assert "book/touched" in pages
    assert not pages & {PLAIN, "book/drawn"}


def test_a_changed_script_is_asked_for_under_another_address(book):
    def address() -> str:
        return re.search(r"explorables/residual-block\.js\?v=\w+", book.html("book/touched"))[0]

    before = address()
    book.write("utils/explorables/residual-block.js", "// Another script.\n")
    pages = rebuilt(book)
    assert "book/touched" in pages
    assert PLAIN not in pages
    assert address() != before


def test_a_changed_style_is_asked_for_under_another_address(book):
    book.edit("book/_static/questions/questions.css", "\n", "\n\n")
    assert rebuilt(book) == {"book/timeline"}


def test_a_drawing_inside_a_question_rebuilds_the_page(book):
    drawing = min((book.folder / "book" / "_static" / "drawings").glob("*.svg"))
    drawing.write_text(drawing.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    pages = rebuilt(book)
    assert "book/timeline" in pages
    assert PLAIN not in pages


def test_a_drawing_by_hand_rebuilds_the_page_that_shows_it_and_another_one_does_not(book):
    drawings = "book/_static/drawings/{}.svg"
    book.edit(drawings.format("layer-row"), ">picture<", ">image<")
    assert "book/drawing" in rebuilt(book)
    assert ">image<" in book.html("book/drawing")
    book.edit(drawings.format("silent-layers"), ">layers<", ">parts<")
    assert "book/drawing" not in rebuilt(book)


def test_a_changed_template_rebuilds_every_page(book):
    layout = "book/_templates/layout.html"
    book.write(layout, book.read(layout) + "\n{# A comment. #}\n")
    assert rebuilt(book) == set(PAGES) - ALWAYS


def test_a_changed_extension_rebuilds_every_page(book):
    name = "book/_ext/resnet_book/pages/header.py"
    book.write(name, book.read(name) + "\n# A comment.\n")
    assert rebuilt(book) == set(PAGES) - ALWAYS


# The structure of the book ----------------------------------------------------------------------


def sidebar(book: SmallBook, page: str) -> str:
    """The book's table of contents beside a page."""
    return re.search(r'<nav class="bd-links.*?</nav>', book.html(page), re.DOTALL)[0]


def test_a_changed_title_is_in_every_sidebar(book):
    book.edit("book/minutes.md", "# Minutes", "# Hours")
    rebuilt(book)
    for page in PAGES:
        assert "Hours" in sidebar(book, page)
        assert "Minutes" not in sidebar(book, page)


def test_a_changed_caption_is_in_every_sidebar(book):
    book.edit("_toc.yml", "Second part", "Other part")
    rebuilt(book)
    for page in PAGES:
        assert "Other part" in sidebar(book, page)
        assert "Second part" not in sidebar(book, page)


def test_a_page_that_leaves_is_gone_and_one_that_comes_is_in_every_sidebar(book):
    out = book.folder / "_build"
    assert list(out.rglob("minutes.*"))
    toc = book.read("_toc.yml")
    book.write("book/added.md", "---\ndescription: New.\n---\n# Added page\n\nWords.\n")
    book.write("_toc.yml", toc.replace("book/minutes", "book/added"))
    rebuilt(book)
    assert not list(out.rglob("minutes.*"))
    for page in (set(PAGES) - {"book/minutes"}) | {"book/added"}:
        assert "Added page" in sidebar(book, page)
        assert "Hours" not in sidebar(book, page)
    before_cited = re.search(r'<a class="left-prev".*?</a>', book.html("book/cited"), re.DOTALL)[0]
    assert "Added page" in before_cited


# Builds that went wrong -------------------------------------------------------------------------


def test_a_page_with_a_warning_warns_in_every_build_until_it_is_mended(book):
    book.edit("book/plain.md", "other words", "{term}`no such term`")
    for _ in range(2):
        done = book.build()
        assert done.status
        assert "no such term" in done.log
    book.edit("book/plain.md", "{term}`no such term`", "mended words")
    assert PLAIN in rebuilt(book)
    assert rebuilt(book) == set()


def test_a_build_that_was_stopped_after_reading_is_made_up_for(book):
    book.edit("book/data/paper_table_6.csv", "6.44", "6.45")
    assert book.build(stop_before_writing=True).status
    assert "6.45" not in book.html("book/table")
    assert "book/table" in rebuilt(book)
    assert "6.45" in book.html("book/table")


def test_a_page_that_was_cut_off_is_written_again(book):
    path = book.folder / "_build" / "html" / f"{PLAIN}.html"
    path.write_text(book.html(PLAIN)[:1000], encoding="utf-8")
    assert rebuilt(book) == {PLAIN}
    assert book.html(PLAIN).rstrip().endswith("</html>")


# What every page says of the book ---------------------------------------------------------------


def test_a_new_version_is_at_every_foot_and_a_page_that_moved_leads_to_its_new_place(book):
    for name in ("CITATION.cff", "CHANGELOG.md"):
        book.edit(name, load_edition().version, "98.7.6")
    book.edit("book/data/addresses.yml", "moved:\n", "moved:\n  book/cards: book/timeline\n")
    toc = yaml.safe_load(book.read("_toc.yml"))  # a test before has changed it
    pages = [toc["root"], *(c["file"] for part in toc["parts"] for c in part["chapters"])]
    assert rebuilt(book) == (set(pages) - ALWAYS) | {"book/cards"}
    for page in pages:
        assert "Version 98.7.6, " in book.html(page)
        copy = book.folder / "_build" / "html" / f"{page}.html.md"
        assert "version 98.7.6 (" in copy.read_text(encoding="utf-8")
    assert 'content="0; url=timeline.html"' in book.html("book/cards")


# Weights and slides, which would slow down every build before -----------------------------------


@pytest.fixture(scope="module")
def whole(book: SmallBook) -> SmallBook:
    """The book with a lab, the binary of whose engine is a stand-in, and a deck for each week."""
    book.take_back("lesion_lab")
    shutil.copytree(ROOT / "weights", book.folder / "weights")
    engine = lesion_lab.ENGINE.relative_to(ROOT)
    for name in lesion_lab.SCRIPTS:
        book.write(f"{engine}/{name}", (lesion_lab.ENGINE / name).read_text(encoding="utf-8"))
    book.write(f"{engine}/{lesion_lab.BINARY}", "A stand-in.\n")
    for week in WEEKS:
        book.write(f"book/slides/week_{week}.md", DECK.format(week=week))
    toc = yaml.safe_load(book.read("_toc.yml"))
    for name, text in LATER.items():
        book.write_page(name, text)
        toc["parts"][0]["chapters"].append({"file": name})
    book.write("_toc.yml", yaml.safe_dump(toc))
    assert set(LATER) <= rebuilt(book)
    return book


def test_changed_weights_rebuild_the_page_that_reads_them(whole):
    weights = "weights/index.json"
    whole.write(weights, whole.read(weights) + "\n")
    pages = rebuilt(whole)
    assert LAB in pages
    assert not pages & {PLAIN, NOTEBOOK, TEACHERS, "book/table", "book/minutes"}


def test_a_changed_slide_and_a_changed_number_are_in_the_deck_after_the_next_build(whole):
    deck = f"slides/week-{WEEKS[0]}"
    whole.edit(f"book/slides/week_{WEEKS[0]}.md", "It is", "It was")
    assert deck in rebuilt(whole)
    assert "It was" in whole.html(deck)
    table = "book/data/paper_table_6.csv"
    whole.write(table, re.sub(r"6\.4\d", "6.49", whole.read(table)))
    assert deck in rebuilt(whole)
    assert "6.49" in whole.html(deck)
