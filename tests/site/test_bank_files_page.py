"""The question bank for other systems lies where the teachers' page says, with what it says."""

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from browser import BUILD
from bs4 import BeautifulSoup

PAGE = BUILD / "book" / "teachers.html"
LINK = re.compile(r'href="[^"]+/resnet-measured/([^"#]+)')


def moodle(path: Path) -> dict[str, str]:
    """Name of each question -> what is told to everybody, in Moodle's file."""
    asked = [q for q in ElementTree.parse(path).getroot() if q.get("type") != "category"]
    return {q.findtext("name/text"): q.findtext("generalfeedback/text") for q in asked}


def canvas(path: Path) -> dict[str, str]:
    """The same in the file for Canvas."""
    ns = "{http://www.imsglobal.org/xsd/ims_qtiasiv1p2}"
    found = {}
    for content in contents(path, "banks/"):
        for item in ElementTree.fromstring(content).iter(f"{ns}item"):
            told = item.find(f"{ns}itemfeedback[@ident='general_fb']")
            found[item.get("ident").removeprefix("q-")] = "".join(told.itertext())
    return found


def qti(path: Path) -> dict[str, str]:
    """The same in the package of QTI 2.1."""
    ns = "{http://www.imsglobal.org/xsd/imsqti_v2p1}"
    roots = [ElementTree.fromstring(content) for content in contents(path, "items/")]
    told = {
        root.get("identifier"): root.find(f"{ns}modalFeedback[@identifier='worked']")
        for root in roots
    }
    return {
        name.removeprefix("q-"): ElementTree.tostring(one, encoding="unicode")
        for name, one in told.items()
    }


def contents(path: Path, folder: str) -> list[bytes]:
    """The files of a folder of a ZIP."""
    with zipfile.ZipFile(path) as archive:
        return [archive.read(name) for name in archive.namelist() if name.startswith(folder)]


READERS = {"moodle": moodle, "canvas": canvas, "qti": qti}


@pytest.mark.parametrize("key", READERS)
def test_the_published_file_has_the_size_and_the_questions_that_the_page_states(key: str):
    page = BeautifulSoup(PAGE.read_text(encoding="utf-8"), "html.parser")
    line = page.select_one(f".q-{key}")
    path = (PAGE.parent / line.a["href"]).resolve()
    count, whole, kilobytes = (
        int(found.replace(",", ""))
        for found in re.search(
            r"([\d,]+) of ([\d,]+) questions, ([\d,]+) KB", line.get_text()
        ).groups()
    )
    assert abs(path.stat().st_size / 1000 - kilobytes) <= 1
    told = READERS[key](path)
    assert len(told) == count > 300 and count <= whole
    assert sorted(told) == sorted(READERS["moodle"](BUILD / "downloads/resnet-measured-moodle.xml"))
    pages = set(LINK.findall("".join(told.values())))
    assert len(pages) > 15
    assert all((BUILD / page).is_file() for page in pages)
