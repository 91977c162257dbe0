"""Packs what teachers print, see :mod:`utils.practice.pack`.

The plan and the marking schemes stand on the page for teachers, and the instructions on that of
the concept inventory. They are taken from the finished pages, so that they are written once.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from bs4 import BeautifulSoup, Tag
from sphinx.application import Sphinx

from resnet_book.base import when_built
from resnet_book.pages.meta import site_address
from utils.facts.edition import load_edition
from utils.files.packed import DOWNLOADS, TOP, pack
from utils.practice.pack import write_pack

PACK = f"{TOP}-teachers.zip"
SECTIONS = {
    "timetable": ("book/teachers", "the-plan"),
    "marking": ("book/teachers", "grading"),
    "instructions": ("book/concepts", "how-to-give-it"),
}
"""Part of the pack -> page, and the section of it."""
ONLY_ON_SCREEN = ".headerlink, script, style, button, template, [hidden]"
KEPT = {"href", "scope", "colspan", "rowspan", "start"}


def for_paper(section: Tag, page: str) -> str:
    """A section of a page without what only a screen can use; its heading becomes the title."""
    for element in section.select(ONLY_ON_SCREEN):
        element.decompose()
    for heading in section.find_all("h2", limit=1):
        heading.name = "h1"
    folder = page.partition("/")[0]
    section.attrs = {}
    for element in section.find_all(True):
        if element.find_parent("math") is None and element.name != "math":
            element.attrs = {name: v for name, v in element.attrs.items() if name in KEPT}
        link = element.get("href", "")
        if link and "://" not in link and not link.startswith("../"):
            element["href"] = f"../{page}.html{link}" if link[0] == "#" else f"../{folder}/{link}"
    return str(section)


def part(out: Path, page: str, anchor: str) -> str:
    """A section of a finished page.

    Raises:
        ValueError: the page has no such section.
    """
    soup = BeautifulSoup((out / f"{page}.html").read_text(encoding="utf-8"), "html.parser")
    section = soup.find("section", id=anchor)
    if section is None:
        raise ValueError(f"{page} has no section #{anchor}, which the teacher's pack needs")
    return for_paper(section, page)


def pack_for_teachers(app: Sphinx, out: Path) -> None:
    """Write the ZIP; without the pages that it takes from there is none."""
    target = out / DOWNLOADS / PACK
    if not {page for page, _ in SECTIONS.values()} <= app.env.found_docs:
        target.unlink(missing_ok=True)
        return
    target.parent.mkdir(exist_ok=True)
    parts = {name: part(out, *place) for name, place in SECTIONS.items()}
    with TemporaryDirectory() as folder:
        write_pack(Path(folder), site_address(app), parts)
        pack(Path(folder), target, load_edition().released, Path(PACK).stem)


def setup(app: Sphinx) -> None:
    when_built(app, pack_for_teachers)
