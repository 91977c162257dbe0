"""A copy near the notebook serves only if it is whole and of today; every failure names its cause.

The copies here are small: what a first cell looks at, and a session that is a word.
"""

import errno
import functools
import http.server
import json
import os
import subprocess
import sys
import tarfile
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import IncompleteRead
from pathlib import Path
from urllib.error import HTTPError, URLError

import pytest
from served import NAME

from utils.notebook import first_cell, frame

ROOT = Path(__file__).parents[2]
FILE = "utils/notebook/first_cell.py"
BEFORE_PACKAGES = "utils/first_cell.py"
TODAY = (ROOT / FILE).read_text(encoding="utf-8")
LEVEL = frame.read_needs()["level"]
NOWHERE = f"http://127.0.0.1:9/{NAME}"
NETWORK = "Turn the network on (Kaggle: Settings, Turn on internet)"
THREE = "def begin(address, needs, full=False):\n    return 1, 2, 3\n"
"""The shape of `begin` when notebooks also got a word to say texts with."""
DAMAGED = {
    "of three things": THREE.encode(),
    "empty": b"",
    "blank": b"\n\n",
    "cut in the middle": TODAY.encode()[: len(TODAY) // 2],
    "another module": b"import sys\n",
    "one that fails": b"READY = 1 / 0\n",
    "one that gives nothing": b"READY = None\n",
    "no text": b"\xff\xfe\x00READY",
}
SHOW = """
import sys, traceback
try:
    exec(sys.argv[1], {})
except BaseException as problem:
    raw = lambda: traceback.format_exception(problem)
    print(*getattr(problem, "_render_traceback_", raw)())
"""
"""What a notebook shows, without the seconds that IPython takes to start."""


def small_book(folder: Path, level: int = LEVEL, **other: str) -> Path:
    """The files of a book that a first cell looks at; ``other`` replaces some."""
    texts = {
        "session": "def start(full): return 'a session'\ndef say(): ...\n",
        "facts": "book_data = 'the data'\n",
        "first_cell": TODAY,
        "linear": "x = 1\n",
        **other,
    }
    files = {
        "utils/__init__.py": "",
        "utils/notebook/session.py": texts["session"],
        "utils/facts/files.py": texts["facts"],
        "utils/miniatures/linear.py": texts["linear"],
        FILE: texts["first_cell"],
        first_cell.NEEDS: json.dumps(
            {"level": level, "imports": ["utils.notebook.session", "utils.miniatures.linear"]}
        ),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the repository's address offers: the archive, and the file, which says where it is."""
    served = tmp_path_factory.mktemp("small") / NAME
    (served / "archive").mkdir(parents=True)
    with tarfile.open(served / "archive/HEAD.tar.gz", "w:gz") as archive:
        archive.add(small_book(served / "raw/HEAD"), f"{NAME}-HEAD")
    (served / "raw/HEAD" / FILE).write_text(f"PLACE = 'the address'\n{TODAY}", encoding="utf-8")
    return served.as_uri()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a notebook lies alone, with no book on the path of its modules."""
    made = tmp_path / "my notebooks"
    made.mkdir()
    monkeypatch.chdir(made)
    monkeypatch.setattr(sys, "path", [p for p in sys.path if not Path(p, FILE).is_file()])
    return made


def cell(address: str) -> str:
    return frame.bootstrap().replace(frame.repository_address(), address)


def chosen(address: str) -> str:
    """Where the folded cell takes its machinery from."""
    exec(cell(address), names := {})
    return names["begin"].func.__globals__.get("PLACE", "a copy")


def said(address: str) -> str:
    """The sentence with which the folded cell ends."""
    with pytest.raises(SystemExit) as ended:
        exec(cell(address), {})
    return str(ended.value)


def run(place: Path, address: str) -> str:
    """All that the first two cells show in a fresh Python, and a third."""
    third = "import utils\nprint(session, book_data, list(utils.__path__))"
    hidden = {"PYTHONPATH", "RESNET_BOOK_REPOSITORY"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    done = subprocess.run(
        [sys.executable, "-c", SHOW, f"{cell(address)}\n{frame.begin({})}\n{third}"],
        cwd=place, env={**environment, "HOME": str(place), "PATH": str(place)}, timeout=120,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
    )  # fmt: skip
    return done.stdout


def works(shown: str, home: Path) -> bool:
    return shown.endswith(f"a session the data {[str(home / 'utils')]}\n")


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_copy_that_is_old_or_damaged_is_passed_over(place, address, kind):
    for folder in (place / NAME, place):
        small_book(folder)
        (folder / FILE).write_bytes(DAMAGED[kind])
    assert chosen(address) == "the address"
    sys.path.append(str(small_book(place / "a whole one")))
    assert chosen(address) == "a copy"


def test_something_else_of_that_name_is_passed_over(place, address):
    (place / NAME / FILE).mkdir(parents=True)
    sys.path[:0] = ["", "relative", str(place / "gone"), str(ROOT / "LICENSE")]
    assert chosen(address) == "the address"


def test_a_whole_copy_on_a_relative_path_serves_without_network(place):
    small_book(place / "lib")
    sys.path.insert(0, "lib")
    assert chosen(NOWHERE) == "a copy"


def test_no_file_that_was_cut_short_is_taken(place, address):
    near = small_book(place / NAME) / FILE
    lines = TODAY.splitlines(keepends=True)
    for kept in (*range(0, len(lines) - 8, 40), *range(len(lines) - 8, len(lines))):
        near.write_text("".join(lines[:kept]), encoding="utf-8")
        assert chosen(address) == "the address", f"the first {kept} lines"
    for missing in ("in)", " begin)", "ial, begin)", "(partial, begin)", "partial(partial, begin)"):
        near.write_text(TODAY.rstrip().removesuffix(missing), encoding="utf-8")
        assert chosen(address) == "the address", f"all but {missing}"
    near.write_text(TODAY, encoding="utf-8")
    assert chosen(address) == "a copy"


def published() -> dict[str, tuple[str, str]]:
    """Each state that the file has had in this clone's history, with the place where it stood."""
    git = functools.partial(subprocess.run, cwd=ROOT, capture_output=True, encoding="utf-8")
    commits = git(["git", "rev-list", "HEAD", "--", FILE, BEFORE_PACKAGES]).stdout.split()
    states: dict[str, tuple[str, str]] = {}
    for commit in commits:
        for file in (FILE, BEFORE_PACKAGES):
            found = git(["git", "show", f"{commit}:{file}"])
            if found.returncode == 0 and (file, found.stdout) not in states.values():
                states[commit[:7]] = (file, found.stdout)
    return states


PUBLISHED = published()


@pytest.mark.parametrize("commit", PUBLISHED)
def test_beside_each_published_state_the_notebook_runs(place, address, commit):
    file, text = PUBLISHED[commit]
    old = small_book(place / NAME, level=2)
    (old / FILE).unlink()
    (old / file).write_text(text, encoding="utf-8")
    assert works(run(place, address), place / NAME)
    assert (place / f"{NAME}-1" / file).read_text(encoding="utf-8") == text


@pytest.mark.parametrize("kind", ["of three things", "empty", "cut in the middle"])
def test_beside_an_old_or_half_made_clone_the_notebook_runs(place, address, kind):
    old = small_book(place / NAME, level=2)
    (old / FILE).write_bytes(DAMAGED[kind])
    shown = run(place, address)
    assert works(shown, place / NAME)
    assert f"{NAME} was not whole, or older than this notebook: it is now {NAME}-1." in shown


def test_of_a_whole_clone_only_the_old_first_cell_is_replaced(place, address):
    small_book(place / NAME, first_cell=THREE)
    assert works(run(place, address), place / NAME)
    assert [path.name for path in place.iterdir()] == [NAME]


class Answer(http.server.BaseHTTPRequestHandler):
    """Answers everything in one way: a status, a body, and the length that it promises."""

    status, body, promised = 200, b"", 0

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", str(self.promised or len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        """Say nothing in the middle of the tests."""


@contextmanager
def answering(**how: object) -> Iterator[str]:
    handler = type("Given", (Answer,), how)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/{NAME}"
        server.shutdown()


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"status": 404}, "HTTP Error 404"),
        ({"status": 503}, "HTTP Error 503"),
        ({"body": b"<!DOCTYPE html><p>Log in to this network"}, "invalid syntax"),
        ({"body": b"print('half a file')", "promised": 5000}, "IncompleteRead(20 bytes"),
        ({"body": b""}, "'READY'"),
        ({"body": THREE.encode()}, "'READY'"),
    ],
    ids=["gone", "tired", "a page to log in", "cut", "empty", "old"],
)
def test_an_address_that_answers_is_no_fault_of_the_network(place, capsys, how, reason):
    with answering(**how) as address:
        shown = said(address)
    assert shown.startswith("Try again, or fetch the notebook anew")
    assert f"{address}/raw/HEAD/{FILE}" in shown and reason in shown
    assert "network" not in shown.replace("to this network", "")
    assert capsys.readouterr().out == ""


def test_an_address_that_cannot_be_reached_is(place):
    assert said(NOWHERE) == NETWORK


ANSWERED = HTTPError("http://a/b", 404, "Not Found", None, None)


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (URLError("no route"), "check the network (on Kaggle: Settings, Turn on internet)"),
        (ANSWERED, "answered 404 (Not Found) when asked for the book's code: open this address"),
        (OSError(errno.ENOSPC, "No space left on device"), "(No space left on device): free some"),
        (IncompleteRead(b"19"), "did not arrive whole"),
        (tarfile.ReadError("unexpected end of data"), "(unexpected end of data): run this cell"),
        (zlib.error("invalid distance"), "did not arrive whole"),
        (TimeoutError("timed out"), "(timed out): run this cell again"),
    ],
)
def test_what_stops_the_archive_is_named(problem, words):
    sentence = first_cell.what_to_do("http://a/b", problem)
    assert words in sentence and sentence.endswith(".")
    assert ("check the network" in sentence) == (type(problem) is URLError)


@pytest.mark.parametrize("part", [0.5, 0.98])
def test_an_archive_that_was_cut_short_or_is_none_is_named(place, address, tmp_path, part):
    packed = Path(address.removeprefix("file://"), "archive/HEAD.tar.gz").read_bytes()
    served = tmp_path / "cut/archive/HEAD.tar.gz"
    served.parent.mkdir(parents=True)
    for body in (packed[: int(len(packed) * part)], b"<!DOCTYPE html>"):
        served.write_bytes(body)
        with pytest.raises(first_cell.NotReadyError, match="did not arrive whole"):
            first_cell.unpack((tmp_path / "cut").as_uri(), tmp_path / "book")


@pytest.mark.parametrize("text", ["", "def start(full:\n"])
def test_beside_a_clone_with_a_damaged_module_the_notebook_runs(place, address, text):
    small_book(place / NAME, linear=text)
    assert works(run(place, address), place / NAME)
    kept = place / f"{NAME}-1/utils/miniatures/linear.py"
    assert kept.read_text(encoding="utf-8") == text


def test_a_damaged_clone_around_the_notebook_is_the_readers_to_mend(place, address):
    small_book(place, linear="x = (\n")
    shown = run(place, address)
    assert shown.startswith(f"In the book's code in {place}, utils/miniatures/linear.py is missing")
    assert "restore this file" in shown and "Traceback" not in shown
    (place / "utils/miniatures/linear.py").write_text("x = 1\n", encoding="utf-8")
    assert works(run(place, address), place)


@pytest.mark.parametrize(
    ("session", "facts"),
    [
        ("from utils.notebook import gone\ndef start(full): ...", "book_data = 1"),
        ("import utils.gone\ndef start(full): ...", "book_data = 1"),
        ("begin = 1", "book_data = 1"),
        ("def start(full): ...", "book_data = ("),
        ("def start(full): ...", "x = 1"),
    ],
)
def test_a_damage_that_shows_only_when_it_runs_is_told(place, session, facts):
    small_book(place / NAME, session=session, facts=facts)
    shown = run(place, NOWHERE)
    assert shown.startswith(f"The book's code in {place / NAME} is not whole (")
    assert "give this folder another name" in shown and "Traceback" not in shown


def test_what_another_package_lacks_is_not_called_a_damage_of_the_book(place):
    small_book(place / NAME, session="import a_package_of_somebody\ndef start(full): ...")
    shown = run(place, NOWHERE)
    assert "not whole" not in shown
    assert "No module named 'a_package_of_somebody'" in shown


@pytest.mark.parametrize("known", ["[]", '{"level": null}', '{"level": 1, "imports": 3}', "{", ""])
def test_a_list_of_needs_that_cannot_be_read_is_that_of_an_old_copy(tmp_path, known):
    small_book(tmp_path)
    (tmp_path / first_cell.NEEDS).write_text(known, encoding="utf-8")
    assert first_cell.level(tmp_path) == 0
    assert not first_cell.is_whole(tmp_path)


def test_a_folder_that_will_not_move_is_named(place, address, monkeypatch):
    def refused(made: Path, target: Path) -> None:
        raise PermissionError(13, "in use")

    monkeypatch.setattr(first_cell, "put", refused)
    monkeypatch.setattr(first_cell, "clone", lambda address, target: False)
    with pytest.raises(first_cell.NotReadyError, match=r"\(in use\): give this folder another"):
        first_cell.fetch(address, NAME, 1)
