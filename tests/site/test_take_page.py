"""What readers take along lies where the pages say, and old addresses still lead on."""

import re
import zipfile
from html import unescape
from pathlib import Path

import pytest
from browser import BUILD
from bs4 import BeautifulSoup
from links import Links, read
from page_words import PAGES
from resnet_book.shows.take import FORMS

from utils.facts.addresses import load_addresses
from utils.facts.edition import load_edition
from utils.files.packed import CHAPTERS, EPUB, LEFT_OVER, PDF, TOP, pack

PAGE = BUILD / "book" / "take.html"
NOT_SIZED = re.compile(r"\[size of \w+\]")
SIZE = re.compile(r"\(([\d,]+) (KB|MB)\)")


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def packed(tmp_path_factory) -> Path:
    """The built site as a release packs it."""
    target = tmp_path_factory.mktemp("packed") / "site.zip"
    pack(BUILD, target, load_edition().released)
    return target


# The files that the page offers -----------------------------------------------------------------


def offered() -> dict[str, int | None]:
    """Address of each form on the page, and its size in bytes as the page states it, if it does."""
    page = BeautifulSoup(text_of(PAGE), "html.parser")
    found = {}
    for link in page.select("a.download"):
        found[link["href"]] = None
        if stated := SIZE.match(str(link.next_sibling).lstrip()):
            count, unit = stated.groups()
            found[link["href"]] = int(count.replace(",", "")) * {"KB": 1000, "MB": 1_000_000}[unit]
    return found


def test_each_form_has_the_size_that_the_page_states(packed):
    forms = offered()
    assert len(forms) == len(FORMS)
    assert [Path(address).name for address, size in forms.items() if size is None] == [
        EPUB, PDF, CHAPTERS,
    ]  # fmt: skip
    for address, size in forms.items():
        if size is None:
            continue
        from_release = address.startswith("https:")
        path = packed if from_release else (PAGE.parent / address).resolve()
        unit = 1_000_000 if size > 10_000_000 else 1000
        assert size - 2 * unit <= path.stat().st_size <= size + unit, address


def test_the_pdfs_are_those_of_the_latest_release():
    page = BeautifulSoup(text_of(PAGE), "html.parser")
    names = {Path(link["href"]).name: link["href"] for link in page.select("a.download")}
    for name in (PDF, CHAPTERS):
        assert names[name].endswith(f"/releases/latest/download/{name}")


def test_no_size_is_left_open():
    files = [PAGE, BUILD / "book" / "take.html.md", BUILD / "downloads" / f"{TOP}.md"]
    assert not [path for path in files if NOT_SIZED.search(text_of(path))]


def test_the_zip_of_the_site_holds_all_that_its_pages_link_to(packed):
    with zipfile.ZipFile(packed) as archive:
        names = {name.removeprefix(f"{TOP}/") for name in archive.namelist()}
    for page in PAGES:
        links: Links = read(BUILD / f"{page}.html")
        for address in links.addresses:
            path = address.partition("#")[0].partition("?")[0]
            if path and not re.match(r"[a-z]+:", path):
                target = (BUILD / page).parent.joinpath(path).resolve()
                assert target.relative_to(BUILD.resolve()).as_posix() in names, address
    assert not [name for name in names if name.endswith((".doctree", *LEFT_OVER[2:]))]


def test_the_zip_of_notebooks_holds_each_chapter_with_code():
    with zipfile.ZipFile(BUILD / "downloads" / f"{TOP}-notebooks.zip") as archive:
        names = [Path(name).stem for name in archive.namelist()]
    assert sorted(names) == sorted(Path(page).name for page in PAGES if "notebooks/" in page)


# Pages as Markdown ------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_a_copy_with_its_words_and_names_it(page):
    markup, path = text_of(BUILD / f"{page}.html"), BUILD / f"{page}.html.md"
    copy = text_of(path)
    assert f'<link rel="alternate" type="text/markdown" href="{path.name}" />' in markup
    assert copy.startswith("Source: <https://") and f"/{page}.html>" in copy.splitlines()[0]
    article = markup.partition('<article class="bd-article">')[2]
    headings = re.findall(r'<h[12]>(.*?)<a class="headerlink"', article, re.DOTALL)
    said = re.sub(r"\W+", "", copy)
    assert headings
    for heading in headings:
        words = re.sub(r"\W+", "", unescape(re.sub(r"<[^>]+>", "", heading)))
        assert "<math" in heading or words in said, heading
    assert not re.search(r"\\\(|\\\[|</?(?:div|span|p|math)\b", re.sub(r"`+[^`]*`+", "", copy))


def test_a_quoted_number_of_a_copy_names_its_table():
    copy = text_of(BUILD / "book" / "index.html.md")
    place = r"\(https://\S+/book/paper\.html#paper-table-6-row-resnet-20"
    assert re.search(rf'\[8\.75\s%\]{place} "Table 6, section 4\.2: ResNet-20, [^"]+"\)', copy)


def test_the_list_for_assistants_has_a_line_for_each_page():
    text = text_of(BUILD / "llms.txt")
    assert re.match(r"# ResNet, Measured\n\n> \S.+\n\n\S", text)
    site = re.escape(text_of(BUILD / "book" / "index.html.md").split("<")[1].split("/book/")[0])
    lines = re.findall(rf"^- \[[^]]+\]\({site}/(\S+)\.html\.md\): \S.+", text, re.M)
    assert lines == PAGES
    assert f"/downloads/{TOP}.md" in text.partition("## Optional")[2]


def test_one_file_holds_all_copies_in_the_order_of_the_book():
    whole = text_of(BUILD / "downloads" / f"{TOP}.md")
    places = [whole.index(f"/{page}.html>.") for page in PAGES]
    assert places == sorted(places)


# Version and addresses --------------------------------------------------------------------------


@pytest.mark.parametrize("page", [*PAGES, "search"])
def test_the_foot_of_a_page_names_the_version_and_leads_to_its_changes(page):
    _, found, rest = text_of(BUILD / f"{page}.html").partition('<footer class="bd-footer-content')
    foot = BeautifulSoup(found + rest, "html.parser").footer
    edition = load_edition()
    assert f"Version {edition.version}, {edition.day}" in foot.get_text()
    links = [link["href"] for link in foot.select(".book-edition a")]
    assert links[0].endswith("/CHANGELOG.md")
    own = {f"book/{name}": name for name in ("take", "privacy", "accessibility")}
    assert [Path(link).name.partition("#")[0] for link in links[1:]] == [
        "" if place == page else f"{name}.html" for place, name in own.items()
    ]


@pytest.mark.parametrize("page", load_addresses().pages)
def test_a_published_page_is_still_there_or_leads_to_the_one_in_its_place(page):
    known = load_addresses()
    if target := known.moved_pages().get(page):
        assert f"{Path(target).name}.html" in text_of(BUILD / f"{page}.html")
    else:
        lost = set(known.pages[page]) - read(BUILD / f"{page}.html").anchors
        assert not lost, "name their new places in book/data/addresses.yml, under moved"


@pytest.mark.parametrize("name", load_addresses().files)
def test_a_published_file_is_still_there(name):
    assert (BUILD / name).is_file()
