"""The table "Opens on" says what the locks, the workflows and the dates say."""

import re
import sys
from datetime import date
from pathlib import Path

import pytest

from utils.files.yaml_files import parse_yaml, read_yaml

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "book" / "tools"))

import opens_on  # noqa: E402

FACTS = read_yaml(opens_on.FACTS)


@pytest.mark.parametrize("page", opens_on.PAGES, ids=lambda path: path.name)
def test_the_page_holds_the_present_table(page):
    text = page.read_text(encoding="utf-8")
    assert opens_on.with_table(text) == text, "run python book/tools/opens_on.py"


def test_a_page_without_the_marks_is_refused():
    with pytest.raises(ValueError, match="lacks the lines"):
        opens_on.with_table("# A page\n")


def test_each_supported_python_has_a_row_and_no_other_has():
    rows = [row["where"] for row in FACTS["rows"] if row["where"].startswith("Python ")]
    assert rows == [f"Python {number}" for number in opens_on.supported()]


def test_the_matrix_of_each_push_is_what_is_supported():
    assert opens_on.run_in_ci() == opens_on.supported()


@pytest.mark.parametrize("row", FACTS["rows"], ids=lambda row: row["where"])
def test_a_row_is_tested_on_a_day_in_some_way_or_not_tried(row):
    if "tested" in row:
        assert isinstance(row["tested"], date)
        assert row["how"]
        assert opens_on.state_of(row) == f"tested on {row['tested']}: {row['how']}"
    else:
        assert opens_on.state_of(row) == "not tried"


def test_rows_that_each_push_covers_are_rows():
    assert set(opens_on.ON_EACH_PUSH) <= {row["where"] for row in FACTS["rows"]}


@pytest.mark.parametrize("where", opens_on.ON_EACH_PUSH)
def test_what_tests_here_drive_is_tested_on_a_day(where):
    (row,) = (row for row in FACTS["rows"] if row["where"] == where)
    assert opens_on.state_of(row) != "not tried"


def tools_in_names_of_tests() -> set[str]:
    """Rows whose tool the name of a test speaks of, as in ``..._in_firefox``."""
    texts = (path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    names = " ".join(name for text in texts for name in re.findall(r"def (test_\w+)", text))
    rows = [row["where"] for row in FACTS["rows"] if not row["where"].startswith("Python ")]
    words = {where: "_".join(re.findall(r"[a-z]+", where.lower())) for where in rows}
    return {where for where in rows if re.search(rf"_{words[where]}(_|\b)", names)}


def test_no_tool_that_a_test_is_named_after_is_left_out():
    named = tools_in_names_of_tests()
    assert {"Firefox", "JupyterLab 4"} <= named
    assert named <= {*opens_on.ON_EACH_PUSH}


def test_what_was_looked_up_says_where_the_checks_need_a_newer_system():
    row = {"where": "Linux", "platform": "linux"}
    newer = {"linux": {"reader": "glibc 2.28", "checks": "glibc 2.35"}}
    same = {"linux": {"reader": "glibc 2.28", "checks": "glibc 2.28"}}
    nowhere = {"linux": {"reader": "none", "checks": "none"}}
    assert opens_on.files_of(row, newer) == "from glibc 2.28; tests of the book from glibc 2.35"
    assert opens_on.files_of(row, same) == "from glibc 2.28"
    assert opens_on.files_of(row, nowhere) == "none"


def test_readers_need_no_newer_glibc_than_the_oldest_supported_red_hat_has():
    assert opens_on.FACTS.exists()
    for name in ("linux-x86_64", "linux-aarch64"):
        major, minor = re.findall(r"\d+", FACTS["files"][name]["reader"])
        assert (int(major), int(minor)) <= (2, 28)


def test_looking_up_keeps_comments_and_rows(tmp_path, monkeypatch):
    copy = tmp_path / "opens_on.yml"
    copy.write_text(opens_on.FACTS.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(opens_on, "FACTS", copy)
    opens_on.write_files({"linux": {"reader": "glibc 2.28", "checks": "glibc 2.31"}})
    text = copy.read_text(encoding="utf-8")
    assert text.startswith("# Where the book opens.")
    changed = parse_yaml(text)
    assert changed["rows"] == FACTS["rows"]
    assert changed["files"] == {"linux": {"reader": "glibc 2.28", "checks": "glibc 2.31"}}
