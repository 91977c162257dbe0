"""What the book does on a machine that is not ours: no home, no locks, no POSIX."""

import errno
import os
import subprocess
import sys
import tempfile
import types
from pathlib import Path

import pytest

from utils import data
from utils.data import cifar, cifar10
from utils.files import whole as files

IMPORT_ALL = """
import os, sys
for name in ("fcntl", "termios", "resource", "pwd", "grp"):
    sys.modules[name] = None
del os.getloadavg
import importlib, pkgutil, utils
for module in pkgutil.iter_modules(utils.__path__, "utils."):
    importlib.import_module(module.name)
"""


def test_every_module_is_imported_without_posix_without_a_home_and_from_a_folder_with_blanks(
    tmp_path,
):
    folder = tmp_path / "my notes"
    folder.mkdir()
    environment = {k: v for k, v in os.environ.items() if k not in ("HOME", "XDG_CACHE_HOME")}
    environment |= {"LC_ALL": "C", "MPLCONFIGDIR": str(tmp_path)}
    found = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert found.returncode == 0, found.stderr[-1500:]
    assert list(folder.iterdir()) == []


def test_a_user_without_a_home_gets_no_folder_named_tilde(monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    expected = Path(tempfile.gettempdir()) / "resnet-measured"
    assert cifar.cache_folder() == expected
    monkeypatch.setattr("pooch.os_cache", lambda name: Path("~/.cache") / name)
    assert cifar.cache_folder() == expected
    monkeypatch.setattr("pooch.os_cache", lambda name: Path("/home/reader/.cache") / name)
    assert cifar.cache_folder() == Path("/home/reader/.cache/resnet-measured")


def test_a_cache_that_may_not_be_looked_into_counts_as_empty(monkeypatch, tmp_path):
    monkeypatch.delenv(cifar.FOLDER_VARIABLE, raising=False)
    monkeypatch.delenv("RESNET_BOOK_OFFLINE", raising=False)
    monkeypatch.setattr(cifar, "cache_folder", lambda: tmp_path / "closed")
    real = os.stat

    def closed(path, *args, **kwargs):
        if "closed" in os.fspath(path):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path, *args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(os, "stat", closed)
        assert cifar.find(cifar10.SOURCE) is None
        assert data.load("auto").name == "digits"


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_where_files_cannot_be_locked_the_work_goes_on_and_says_so(
    monkeypatch, tmp_path, capsys, number
):
    def refused(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setitem(sys.modules, "fcntl", types.SimpleNamespace(flock=refused, LOCK_EX=2,
                                                                    LOCK_NB=4))  # fmt: skip
    with files.exclusive(tmp_path / "x.lock", 0):
        pass
    assert "start one process at a time" in capsys.readouterr().out


def test_another_failure_of_a_lock_is_not_hidden(monkeypatch, tmp_path):
    def broken(*_):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    fake = types.SimpleNamespace(flock=broken, LOCK_EX=2, LOCK_NB=4)
    monkeypatch.setitem(sys.modules, "fcntl", fake)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)), files.exclusive(tmp_path / "x", 0):
        pass


def test_windows_locks_the_first_byte_and_says_when_it_is_taken(monkeypatch, tmp_path):
    asked = []

    def locking(_, mode, count):
        asked.append((mode, count))
        if len(asked) > 1:
            raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setitem(sys.modules, "msvcrt", types.SimpleNamespace(locking=locking, LK_NBLCK=2))
    with open(tmp_path / "x.lock", "a+b") as handle:
        monkeypatch.setattr(files, "os", types.SimpleNamespace(name="nt"))
        assert files._try_lock(handle) is True
        assert files._try_lock(handle) is False
    assert asked == [(2, 1)] * 2


def test_windows_locks_from_the_beginning_of_a_file_that_holds_something(monkeypatch, tmp_path):
    places = []
    fake = types.SimpleNamespace(
        locking=lambda number, *_: places.append(os.lseek(number, 0, os.SEEK_CUR)), LK_NBLCK=2
    )
    monkeypatch.setitem(sys.modules, "msvcrt", fake)
    (tmp_path / "x.lock").write_bytes(b"before")
    with open(tmp_path / "x.lock", "a+b") as handle:
        handle.seek(0, os.SEEK_END)
        monkeypatch.setattr(files, "os", types.SimpleNamespace(name="nt"))
        assert files._try_lock(handle)
    assert places == [0]
