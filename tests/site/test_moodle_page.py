"""The file for Moodle lies where the teachers' page says, and holds what it says."""

import re
from xml.etree import ElementTree

from browser import BUILD
from bs4 import BeautifulSoup

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
    told = "".join(question.findtext("generalfeedback/text") for question in asked)
    pages = set(re.findall(r'href="[^"]+/resnet-measured/([^"#]+)', told))
    assert len(pages) > 15
    assert all((BUILD / page).is_file() for page in pages)
