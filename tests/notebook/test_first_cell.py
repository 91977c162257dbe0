"""The first cell finds the book's code or fetches it, or says in one sentence what to do."""

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from served import NAME, offer

from utils.notebook import first_cell, frame

ROOT = Path(__file__).parents[2]
RUNNER = """
import sys, os
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()
cell, *steps = sys.argv[1:]
for step in steps:
    shell.run_cell(cell if step == "CELL" else step)
"""
NOWHERE = f"http://127.0.0.1:9/{NAME}"
SHOW = "import utils; print('utils of', utils.__path__[0]); print(session.dataset)"


@pytest.fixture(scope="module")
def origin(tmp_path_factory) -> Path:
    """What the repository's address offers: a clone, an archive, and single files."""
    return offer(tmp_path_factory.mktemp("served"))


@pytest.fixture
def place(tmp_path) -> Path:
    """Where a notebook lies alone; its path has a blank."""
    made = tmp_path / "my notebooks"
    made.mkdir()
    return made


def run_cell(place: Path, address: str, *steps: str, **more: str) -> str:
    """Everything that a notebook in ``place`` shows of the cell and further steps."""
    first = frame.bootstrap().replace(frame.repository_address(), address)
    cell = f"{first}\n{frame.begin({})}"
    hidden = {"PYTHONPATH", "RESNET_BOOK_REPOSITORY"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    done = subprocess.run(
        [sys.executable, "-c", RUNNER, cell, *(steps or ("CELL", SHOW))],
        cwd=place, env={**environment, "HOME": str(place), **more}, timeout=240,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
    )  # fmt: skip
    return done.stdout


def works(shown: str, home: Path) -> bool:
    return f"utils of {home / 'utils'}\n" in shown and shown.rstrip().endswith("digits")


def test_alone_with_git_the_cell_clones_the_book(place, origin):
    assert works(run_cell(place, origin.as_uri()), place / NAME)
    assert (place / NAME / ".git").is_dir()
    assert sorted(path.name for path in place.iterdir() if path.name[0] != ".") == [NAME]


def test_without_git_the_archive_comes_by_http(place, origin, tmp_path):
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=origin.parent)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/{NAME}"
        shown = run_cell(place, address, PATH=str(tmp_path))
        server.shutdown()
    assert works(shown, place / NAME)
    assert not (place / NAME / ".git").exists()


def test_without_network_one_sentence_names_the_switch(place):
    shown = run_cell(place, NOWHERE, "CELL")
    assert "Turn the network on (Kaggle: Settings, Turn on internet)" in shown
    assert "Traceback" not in shown
    assert "urlopen" not in shown


def test_a_clone_that_stands_still_is_left_for_the_archive(place, origin, tmp_path, monkeypatch):
    """What this git has started outlives it and keeps its output open."""
    stuck = tmp_path / "bin/git"
    stuck.parent.mkdir()
    stuck.write_text("#!/bin/sh\nsleep 20 &\nsleep 20\n", encoding="utf-8")
    stuck.chmod(0o755)
    monkeypatch.setenv("PATH", str(stuck.parent), prepend=os.pathsep)
    monkeypatch.setattr(first_cell, "CLONE_LIMIT_S", 0.3)
    monkeypatch.chdir(place)
    began = time.monotonic()
    assert first_cell.fetch(origin.as_uri(), NAME, 1) == place / NAME
    assert time.monotonic() - began < 15
    assert (place / NAME / "utils/notebook/session.py").is_file()
    assert not (place / NAME / ".git").exists()


def test_a_fetch_that_breaks_off_leaves_nothing_and_says_so(place, origin, tmp_path):
    bare = tmp_path / "half" / NAME
    shutil.copytree(origin / "raw", bare / "raw")
    shown = run_cell(place, bare.as_uri(), "CELL")
    assert "check the network (on Kaggle: Settings, Turn on internet)" in shown
    assert "Traceback" not in shown
    assert not [path for path in place.iterdir() if NAME in path.name]


def test_a_half_made_folder_is_moved_aside_and_the_code_fetched(place, origin):
    (place / NAME / "utils" / "notebook").mkdir(parents=True)
    (place / NAME / "utils/notebook/session.py").write_text("mine", encoding="utf-8")
    shown = run_cell(place, origin.as_uri())
    assert works(shown, place / NAME)
    assert f"it is now {NAME}-1" in shown
    assert (place / f"{NAME}-1/utils/notebook/session.py").read_text(encoding="utf-8") == "mine"


def old_book(folder: Path, files: tuple[str, ...] = first_cell.OURS) -> Path:
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text("changed by me", encoding="utf-8")
    return folder


@pytest.mark.parametrize("files", [first_cell.OURS, first_cell.ONCE], ids=["packages", "flat"])
def test_an_old_copy_makes_room_for_a_new_one_and_keeps_changes(place, origin, files):
    old_book(place / NAME, files)
    shown = run_cell(place, origin.as_uri())
    assert works(shown, place / NAME)
    kept = place / f"{NAME}-1" / files[0]
    assert kept.read_text(encoding="utf-8") == "changed by me"


def test_an_old_checkout_around_the_notebook_is_the_readers_to_update(place, origin):
    old_book(place)
    (place / "notebooks").mkdir()
    shown = run_cell(place / "notebooks", origin.as_uri(), "CELL")
    assert f"The book's code in {place} is older than this notebook: run `git pull`" in shown
    assert "Traceback" not in shown
    assert not (place / "notebooks" / NAME).exists()


@pytest.mark.parametrize("kind", ["utils.py", "utils/__init__.py", "utils/other.txt"])
def test_a_readers_own_utils_gives_way(place, kind):
    (place / kind).parent.mkdir(exist_ok=True)
    (place / kind).write_text("", encoding="utf-8")
    mine = f"import sys; sys.path.insert(0, {str(place)!r}); import utils"
    shutil.copytree(ROOT / "utils", place / NAME / "utils")
    shown = run_cell(place, NOWHERE, mine, "CELL", SHOW)
    assert works(shown, place / NAME)
    assert "from here on, utils is the book's" in shown


def test_run_twice_and_after_a_change_of_folder_it_needs_no_network(place):
    shutil.copytree(ROOT / "utils", place / NAME / "utils")
    (place / "other").mkdir()
    away = "import os; os.chdir('other')"
    shown = run_cell(place, NOWHERE, "CELL", "CELL", away, "CELL", SHOW)
    assert works(shown, place / NAME)
    assert "Another module" not in shown
    assert not any((place / "other").iterdir())


def test_where_the_folder_cannot_be_written_the_code_goes_home(place, origin, monkeypatch):
    monkeypatch.chdir(place)
    home = place / "home"
    home.mkdir()
    monkeypatch.setattr(first_cell, "refuges", lambda: iter([home]))
    usual = first_cell.tempfile.TemporaryDirectory

    def refused(prefix, dir):
        if dir == place:
            raise PermissionError(13, "Permission denied")
        return usual(prefix=prefix, dir=dir)

    monkeypatch.setattr(first_cell.tempfile, "TemporaryDirectory", refused)
    assert first_cell.fetch(origin.as_uri(), NAME, 1) == home / NAME
    assert (home / NAME / "utils/notebook/session.py").is_file()
    monkeypatch.setattr(first_cell, "refuges", lambda: iter([]))
    with pytest.raises(first_cell.NotReadyError, match="copy this notebook to a folder of yours"):
        first_cell.fetch(origin.as_uri(), NAME, 1)


def test_code_older_than_the_notebook_is_not_taken(place, origin, monkeypatch):
    monkeypatch.chdir(place)
    with pytest.raises(first_cell.NotReadyError, match="take the notebook from there"):
        first_cell.fetch(origin.as_uri(), NAME, 10**6)
    assert not any(place.iterdir())


def test_the_level_is_that_of_what_the_notebooks_import():
    assert frame.imported_modules() == frame.read_needs()["imports"]
    assert first_cell.is_whole(ROOT)


def test_new_imports_raise_the_level(tmp_path, monkeypatch):
    stored = tmp_path / "needs.json"
    stored.write_text('{"level": 6, "imports": []}', encoding="utf-8")
    monkeypatch.setattr(frame, "NEEDS", stored)
    for _ in range(2):
        frame.refresh_needs()
        assert frame.read_needs()["level"] == 7


def test_the_readers_cell_is_two_lines_and_both_fit_on_a_phone():
    for metadata, switch in (({}, "FULL = False"), ({"full_on_gpu": True}, "FULL = None")):
        lines = frame.begin(metadata).splitlines()
        assert len(lines) == 2 and lines[0].startswith(switch)
        assert max(map(len, (*lines, *frame.bootstrap().splitlines()))) <= 72


@pytest.mark.parametrize("full", (False, True))
def test_the_readers_switch_reaches_the_session(place, full):
    shutil.copytree(ROOT / "utils", place / NAME / "utils")
    switched = frame.begin({}).replace("FULL = False", f"FULL = {full}")
    shown = run_cell(place, NOWHERE, "CELL", f"{switched}\nprint('full:', session.full)")
    assert f"full: {full}" in shown
