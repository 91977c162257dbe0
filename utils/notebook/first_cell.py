"""What the first cell of every notebook runs: find the book's code, or fetch it.

Answers "where is the code, and is it new enough for this notebook?". The cell may fetch this one
file alone, so it needs nothing but Python's own library, and it is run before ``utils`` can be
imported. Whatever stands in the way is told in one sentence, and nothing of the reader's is lost:
a folder that is not whole is moved aside, never deleted.
"""

import errno
import importlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

NEEDS = "utils/notebook/needs.json"
"""What the notebooks import, and a level that rises with it; :mod:`utils.notebook.run` writes
it."""
OURS = ("utils/notebook/session.py", "utils/miniatures/linear.py")
"""Files that the book's code has."""
ONCE = ("utils/notebook.py", "utils/residual_math.py")
"""Files that it had before there were packages, so that an old clone is known as one."""
WITHOUT_SAY = 4
"""Level of the notebooks whose texts are texts, so that no cell has to say them."""
TIMEOUT_S = 30.0
"""Seconds without a byte after which a fetch is given up."""
CLONE_LIMIT_S = 240.0
"""Seconds after which git is given up and the archive is tried."""
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What a system says when a disk is full, or the reader's part of it."""


class NotReadyError(RuntimeError):
    """The notebook cannot start; the message is the one sentence that says what to do."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows in the place of a traceback."""
        return [str(self)]


def begin(address: str, needs: int, full: bool | None = False):
    """Make the book's code importable and prepare the notebook.

    Args:
        address: of the repository, from which the code comes when it is not here.
        needs: level of the code that the notebook was written for.
        full: see :func:`utils.notebook.session.start`.

    Returns:
        The session, and ``book_data``, which reads the book's own data files. A notebook that was
        saved when there was a third thing between them gets that as well.

    Raises:
        NotReadyError: no code, or code that is older than the notebook, or damaged; says what to
            do.
    """
    name = address.rstrip("/").rpartition("/")[2]
    home = find(name, needs) or fetch(address, name, needs)
    make_importable(home)
    with damage_told(home):
        session = importlib.import_module("utils.notebook.session")
        started = session.start(full=full)
        # Facts need packages that may just have been installed.
        book_data = importlib.import_module("utils.facts.files").book_data
    if needs < WITHOUT_SAY:
        return started, session.say, book_data
    return started, book_data


def find(name: str, needs: int) -> Path | None:
    """The nearest folder with code that is new enough.

    Raises:
        NotReadyError: the notebook lies inside a copy that is older or not whole, which is the
            reader's to mend.
    """
    around = [Path.cwd(), *Path.cwd().parents]
    copies = [place / name for place in (Path.cwd(), *refuges())]
    on_path = [Path(entry).absolute() for entry in sys.path]
    books = [f for f in dict.fromkeys((*around, *copies, *on_path)) if is_book(f)]
    for folder in books:
        if level(folder) >= needs and is_whole(folder):
            return folder
    for folder in books:
        if folder in around:
            raise NotReadyError(how_to_mend(folder, needs))
    return None


def how_to_mend(folder: Path, needs: int) -> str:
    """The sentence for a copy around the notebook that cannot be used as it is."""
    again = "(or take the whole book anew), restart the kernel, and run this cell again."
    if level(folder) < needs:
        return (
            f"The book's code in {folder} is older than this notebook: run `git pull` there {again}"
        )
    return (
        f"In the book's code in {folder}, {damaged(folder)} is missing, or it is no Python that "
        f"can be read: restore this file {again}"
    )


def refuges() -> Iterator[Path]:
    """Folders that serve when the notebook's own cannot be written."""
    yield Path.home()
    yield Path(tempfile.gettempdir())


def is_book(folder: Path) -> bool:
    """Whether a folder holds the book's code, of whatever state."""
    return any(all((folder / file).is_file() for file in files) for files in (OURS, ONCE))


def wanted(folder: Path) -> dict:
    """What the notebooks want of the code in a folder, and its level; empty if nobody can tell."""
    try:
        known = json.loads((folder / NEEDS).read_text(encoding="utf-8"))
        return {"level": int(known["level"]), "imports": [str(name) for name in known["imports"]]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def level(folder: Path) -> int:
    """The level of the code in a folder; 0 before there were levels."""
    return wanted(folder).get("level", 0)


def is_whole(folder: Path) -> bool:
    """Whether every module that a notebook imports is there and is Python."""
    return bool(wanted(folder)) and damaged(folder) is None


def damaged(folder: Path) -> str | None:
    """The first file that notebooks import and that is missing, empty or cut short."""
    for module in wanted(folder).get("imports", []):
        path = Path(*module.split("."))
        package, file = path / "__init__.py", path.with_suffix(".py")
        if not (can_be_read(folder / file) or can_be_read(folder / package)):
            return str(file)
    return None


def can_be_read(file: Path) -> bool:
    """Whether a file is there and holds Python."""
    try:
        text = file.read_bytes()
        compile(text, str(file), "exec")
    except (OSError, SyntaxError, ValueError):
        return False
    return bool(text.strip())


def fetch(address: str, name: str, needs: int) -> Path:
    """Fetch the code into a folder that can be written, whole or not at all.

    Raises:
        NotReadyError: no folder can be written, nothing arrived, or the code there is older.
    """
    with room(name) as folder:
        place = folder.parent
        if not clone(address, folder / "book"):
            unpack(address, folder / "book")
        if level(folder / "book") < needs:
            raise NotReadyError(
                f"The book's code at {address} is older than this notebook: take the notebook "
                "from there as well."
            )
        try:
            aside = put(folder / "book", place / name)
        except OSError as problem:
            raise NotReadyError(
                f"{place / name} could not make room for the book's code ({problem.strerror}): "
                "give this folder another name, and run this cell again."
            ) from None
    if aside:
        print(f"{name} was not whole, or older than this notebook: it is now {aside.name}.")
    if place != Path.cwd():
        print(f"{Path.cwd()} cannot be written, so the book's code is in {place / name}.")
    return place / name


@contextmanager
def room(name: str) -> Iterator[Path]:
    """A folder to fetch into, beside the place where the code will be.

    Raises:
        NotReadyError: neither the notebook's folder nor a refuge can be written.
    """
    for place in (Path.cwd(), *refuges()):
        try:
            made = tempfile.TemporaryDirectory(prefix=f".{name}-", dir=place)
        except OSError:
            continue
        with made as folder:
            yield Path(folder)
        return
    raise NotReadyError(
        f"The book's code needs a folder that can be written, and {Path.cwd()} is none: copy this "
        "notebook to a folder of yours and open it there."
    )


def what_to_do(address: str, problem: Exception) -> str:
    """The sentence when the code does not arrive: the network is blamed only for what it did."""
    if type(problem) is URLError:
        return (
            f"The book's code did not arrive from {address}: check the network (on Kaggle: "
            "Settings, Turn on internet) and run this cell again."
        )
    if isinstance(problem, HTTPError):
        return (
            f"{address} answered {problem.code} ({problem.reason}) when asked for the book's code: "
            "open this address in a browser. If it is not there, fetch this notebook anew; if it "
            "is, run this cell again in some minutes."
        )
    if isinstance(problem, OSError) and problem.errno in NO_ROOM:
        return (
            f"The book's code could not be written ({problem.strerror}): free some space, and run "
            "this cell again."
        )
    return (
        f"The book's code did not arrive whole from {address} ({problem}): run this cell again. If "
        "it stays so, open the address in a browser: a network may ask you to log in first."
    )


def clone(address: str, target: Path) -> bool:
    """Fetch with git; False without git, when it fails, or when it stands still.

    Its output goes nowhere: what git started may outlive it, and a pipe would be waited for.
    """
    if not shutil.which("git"):
        return False
    stalled = ["-c", "http.lowSpeedLimit=1", "-c", f"http.lowSpeedTime={TIMEOUT_S:.0f}"]
    command = ["git", *stalled, "clone", "--quiet", "--depth=1", address, str(target)]
    quiet = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    nowhere = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    try:
        done = subprocess.run(command, env=quiet, timeout=CLONE_LIMIT_S, check=False, **nowhere)
    except (subprocess.TimeoutExpired, OSError):
        return False
    return done.returncode == 0


def unpack(address: str, target: Path) -> None:
    """Fetch the archive of the repository.

    Raises:
        NotReadyError: it does not arrive whole; says why.
    """
    shutil.rmtree(target, ignore_errors=True)
    packed, parts = target.with_suffix(".tar.gz"), target.with_suffix(".parts")
    safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
    try:
        with (
            urlopen(f"{address}/archive/HEAD.tar.gz", timeout=TIMEOUT_S) as source,
            packed.open("wb") as file,
        ):
            shutil.copyfileobj(source, file)
        with tarfile.open(packed) as archive:
            archive.extractall(parts, **safely)
        (top,) = parts.iterdir()
    except (OSError, EOFError, ValueError, HTTPException, tarfile.TarError, zlib.error) as problem:
        raise NotReadyError(what_to_do(address, problem)) from None
    top.rename(target)


def put(made: Path, target: Path) -> Path | None:
    """Rename the new code into its place; what is there is moved aside and returned."""
    aside = None
    if target.exists() or target.is_symlink():
        numbered = (target.with_name(f"{target.name}-{n}") for n in itertools.count(1))
        aside = next(path for path in numbered if not path.exists())
        target.rename(aside)
    made.rename(target)
    return aside


def make_importable(home: Path) -> None:
    """Let ``utils`` mean the book's, also when another module of that name is loaded."""
    loaded = sys.modules.get("utils")
    if loaded and str(home / "utils") not in map(str, getattr(loaded, "__path__", [])):
        for name in [n for n in sys.modules if n == "utils" or n.startswith("utils.")]:
            del sys.modules[name]
        print("Another module called utils was loaded: from here on, utils is the book's.")
    sys.path[:] = [str(home), *(entry for entry in sys.path if entry != str(home))]
    importlib.invalidate_caches()


@contextmanager
def damage_told(home: Path) -> Iterator[None]:
    """Say in one sentence if a file of the book's code is missing or cut short.

    Raises:
        NotReadyError: names the file, or the module.
    """
    try:
        yield
    except (SyntaxError, ImportError, AttributeError) as problem:
        if not is_ours(problem, home):
            raise
        raise NotReadyError(
            f"The book's code in {home} is not whole ({problem}): give this folder another name or "
            "restore its files, restart the kernel, and run this cell again."
        ) from None


def is_ours(problem: SyntaxError | ImportError | AttributeError, home: Path) -> bool:
    """Whether what cannot be loaded is a module of the book, not another package's."""
    if isinstance(problem, SyntaxError):
        return Path(problem.filename or "/").is_relative_to(home)
    if isinstance(problem, ImportError):
        module = problem.name
    else:
        module = getattr(problem.obj, "__name__", None)
    return str(module).partition(".")[0] == "utils"


# The cell takes this name. It stands in the last line, so that a file that was cut short has none;
# copies from before it are passed over. If `begin` ever takes or returns something else, rename it.
READY = partial(partial, begin)
