"""The file for Moodle lies where the teachers' page says, and holds what it says."""

import re
from xml.etree import ElementTree

from bs4 import BeautifulSoup
from browser import BUILD

PAGE = BUILD / "book" / "teachers.html"


def test_the_published_file_has_the_size_and_the_questions_that_the_page_states():
    page = BeautifulSoup(PAGE.read_text(encoding="utf-8"), "html.parser")
    line = page.select_one(".q-moodle")
    path = (PAGE.parent / line.a["href"]).resolve()
    count, kilobytes = (
        int(found.replace(",", ""))
        for found in re.search(r"([\d,]+) questions, ([\d,]+) KB", line.get_text()).groups()
    )
    assert abs(path.stat().st_size / 1000 - kilobytes) <= 1
    asked = [q for q in ElementTree.parse(path).getroot() if q.get("type") != "category"]
    assert len(asked) == count > 300
    links = re.findall(
        r'href="([^"]+)"', "".join(q.findtext("generalfeedback/text") for q in asked)
    )
    assert {link.partition("#")[0].rpartition("/book/")[0] for link in links if "/book/" in link}
    for link in links:
        if "resnet-measured" in link:
            place = link.partition("#")[0].partition("/resnet-measured/")[2]
            assert (BUILD / place).is_file(), link
