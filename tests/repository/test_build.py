"""`make book` succeeds only when the book is there, and does nothing when nothing changed."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = "<html><body>Words.</body></html>\n"
TOC = """format: jb-book
root: book/index
parts:
  - chapters:
      - file: book/one
      - file: notebooks/two
"""
PAGES = ("book/index", "book/one", "notebooks/two")
DECK, DOWNLOAD = "slides/week-1.html", "downloads/small.zip"
WHOLE = (*(f"{page}.html" for page in PAGES), "index.html", "404.html", "search.html", DECK)
INDEXES = ("searchindex.js", "searchasked.js")

WRITES_ALL = f"""for page in {" ".join([*WHOLE, *INDEXES, DOWNLOAD])}; do
  mkdir -p _build/html/$(dirname $page); echo '{PAGE.strip()}' > _build/html/$page
done
echo '<html><a href="../{DOWNLOAD}">All</a></html>' > _build/html/book/one.html"""
"""What a builder leaves when all went well."""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A small book with the real Makefile and check, and a builder of one's own."""
    for name in ("Makefile", "book/tools/check_pages.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "_toc.yml").write_text(TOC, encoding="utf-8")
    for page in PAGES:
        path = tmp_path / f"{page}{'.ipynb' if 'notebooks' in page else '.md'}"
        path.parent.mkdir(exist_ok=True)
        path.write_text("# Title", encoding="utf-8")
    (tmp_path / "book" / "slides").mkdir()
    (tmp_path / "book" / "slides" / "week_1.md").write_text("# Week", encoding="utf-8")
    program(tmp_path, "python", f'exec {sys.executable} "$@"')
    ready(tmp_path)
    return tmp_path


def program(desk: Path, name: str, body: str) -> None:
    """Put a program into the desk's environment."""
    path = desk / ".venv" / "bin" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)


def ready(desk: Path) -> None:
    """Make everything older than now, and the environment newer than its lock files."""
    old = time.time() - 60
    for lock in ROOT.glob("requirements*.lock"):
        (desk / lock.name).touch()
    for path in desk.rglob("*"):
        os.utime(path, (old, old))
    for name in {".ready", *(path.name for path in (ROOT / ".venv").glob(".ready*"))}:
        (desk / ".venv" / name).touch()
        os.utime(desk / ".venv" / name, (old + 1, old + 1))


def make_book(desk: Path, builder: str = WRITES_ALL) -> subprocess.CompletedProcess:
    """Run `make book`; each run of the builder leaves one line in the file ``runs``."""
    program(desk, "jupyter-book", f"echo run >> runs\n{builder}")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    return subprocess.run(
        ["make", "--no-print-directory", "book"],
        cwd=desk, env=environment, capture_output=True, encoding="utf-8",
    )  # fmt: skip


def runs(desk: Path) -> int:
    """How often the builder has run."""
    return len((desk / "runs").read_text(encoding="utf-8").splitlines())


def test_a_book_with_all_pages_is_a_success_and_is_built_once(desk):
    for _ in range(2):
        done = make_book(desk)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"Open {desk}/_build/html/index.html" in done.stdout
    assert runs(desk) == 1


def test_a_builder_that_writes_nothing_is_a_failure_and_no_page_appears(desk):
    done = make_book(desk, "exit 0")
    assert done.returncode
    assert "book/one.html is not there" in done.stdout
    assert "make clean book" in done.stdout
    assert not list(desk.glob("_build/**/*.html"))


def test_a_builder_that_does_nothing_over_an_older_book_is_a_failure(desk):
    make_book(desk)
    (desk / "book" / "one.md").write_text("# Another title", encoding="utf-8")
    done = make_book(desk, "exit 0")
    assert done.returncode
    assert "book/one.html is older than book/one.md" in done.stdout
    assert make_book(desk, "exit 0").returncode


def test_a_builder_that_does_nothing_after_a_change_of_data_is_a_failure(desk):
    make_book(desk)
    (desk / "results").mkdir()
    (desk / "results" / "record.json").write_text("{}", encoding="utf-8")
    done = make_book(desk, "exit 0")
    assert done.returncode
    assert "index.html was not written by this build" in done.stdout


@pytest.mark.parametrize(
    ("left", "fault"),
    [("", "is empty"), ("\n", "is empty"), ("<html><bo", "breaks off before its end")],
)
@pytest.mark.parametrize("page", WHOLE)
def test_a_page_that_is_empty_or_cut_off_is_a_failure(desk, page, left, fault):
    done = make_book(desk, f"{WRITES_ALL}\nprintf '{left}' > _build/html/{page}")
    assert done.returncode
    assert f"{page} {fault}" in done.stdout


@pytest.mark.parametrize("name", [*INDEXES, DOWNLOAD])
def test_a_search_index_or_a_download_that_is_empty_or_absent_is_a_failure(desk, name):
    for ruin, fault in (("> ", "is empty"), ("rm ", "is not there")):
        done = make_book(desk, f"{WRITES_ALL}\n{ruin}_build/html/{name}")
        assert done.returncode
        assert f"{name} {fault}" in done.stdout


def test_a_deck_that_is_older_than_its_source_is_a_failure(desk):
    make_book(desk)
    (desk / "book" / "slides" / "week_1.md").write_text("# Another week", encoding="utf-8")
    ours = WRITES_ALL.replace(f" {DECK}", "")
    done = make_book(desk, ours)
    assert done.returncode
    assert f"{DECK} is older than book/slides/week_1.md" in done.stdout
    assert make_book(desk).returncode == 0


def test_a_builder_that_fails_leaves_the_older_pages_and_is_run_again(desk):
    make_book(desk)
    (desk / "book" / "one.md").write_text("# Another title", encoding="utf-8")
    done = make_book(desk, "exit 3")
    assert done.returncode
    assert "The book has warnings or errors" in done.stdout
    assert (desk / "_build" / "html" / "index.html").read_text(encoding="utf-8") == PAGE
    assert make_book(desk).returncode == 0
    assert runs(desk) == 3


@pytest.mark.parametrize("page", WHOLE[1:4])
def test_a_page_that_somebody_deleted_or_emptied_is_built_again(desk, page):
    make_book(desk)
    (desk / "_build" / "html" / page).unlink()
    assert make_book(desk).returncode == 0
    (desk / "_build" / "html" / page).write_text("", encoding="utf-8")
    assert make_book(desk).returncode == 0
    assert runs(desk) == 3


@pytest.mark.parametrize("folder", ["book/data", "notebooks", "results", "utils", "weights"])
def test_a_file_that_comes_changes_or_goes_is_built(desk, folder):
    make_book(desk)
    path = desk / folder / "it's new.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text("1", encoding="utf-8")
    make_book(desk)
    assert runs(desk) == 2
    path.write_text("2", encoding="utf-8")
    make_book(desk)
    assert runs(desk) == 3
    path.unlink()
    make_book(desk)
    make_book(desk)
    assert runs(desk) == 4


def test_what_is_edited_while_the_book_is_built_is_built_the_next_time(desk):
    make_book(desk, f"{WRITES_ALL}\necho later > book/data.yml; sed -i s/x/y/ book/one.md")
    make_book(desk)
    assert runs(desk) == 2


def test_a_build_with_nothing_changed_takes_less_than_a_second(desk):
    """Counted in processor time, which other work on the machine does not stretch."""
    make_book(desk)
    before = os.times()
    make_book(desk)
    after = os.times()
    assert runs(desk) == 1
    spent = after.children_user + after.children_system
    assert spent - before.children_user - before.children_system < 1
