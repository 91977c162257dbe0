"""A packed folder has the same bytes everywhere, holds what readers open, and unpacks anywhere."""

import io
import os
import zipfile
from datetime import date
from pathlib import Path

import pytest

from utils.files.packed import LONGEST, TOP, pack, pack_contents, unfit

DAY = date(2027, 3, 2)
SITE = {
    "index.html": "<p>Start</p>",
    "book/b.html": "<p>é</p>",
    "_static/a.css": "p {}",
    "_sources/book/b.md.txt": "# B",
}
LEFT = (
    ".buildinfo", ".complete", "index.html.part", ".doctrees/b.doctree", "_static/a.css.map",
    "_static/locales/de/theme.po", "_static/locales/de/theme.mo", "_static/__pycache__/a.pyc",
    "notebooks/.ipynb_checkpoints/n.ipynb",
)  # fmt: skip


def site(folder: Path, names: list[str]) -> Path:
    """A small site whose files are written in the given order."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SITE.get(name, "left over"), encoding="utf-8")
    return folder


def packed(folder: Path) -> bytes:
    target = io.BytesIO()
    pack(folder, target, DAY)
    return target.getvalue()


def test_the_zip_holds_the_site_in_one_folder_and_nothing_that_a_build_left_behind(tmp_path):
    count = pack(site(tmp_path / "html", [*LEFT, *SITE]), tmp_path / "site.zip", DAY)
    with zipfile.ZipFile(tmp_path / "site.zip") as archive:
        assert archive.namelist() == sorted(f"{TOP}/{name}" for name in SITE)
        assert count == len(SITE)
        for name, text in SITE.items():
            assert archive.read(f"{TOP}/{name}").decode() == text


def test_order_and_time_of_writing_rights_and_place_change_no_byte(tmp_path):
    one = site(tmp_path / "one", list(SITE))
    other = site(tmp_path / "elsewhere" / "other", list(reversed(SITE)))
    for path in other.rglob("*.html"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
        path.chmod(0o600)
    assert packed(one) == packed(other)


def test_every_entry_can_be_read_by_everybody_and_bears_the_day_of_the_release(tmp_path):
    with zipfile.ZipFile(io.BytesIO(packed(site(tmp_path, list(SITE))))) as archive:
        for entry in archive.infolist():
            assert entry.date_time == (2027, 3, 2, 0, 0, 0)
            assert entry.external_attr >> 16 == 0o644
            assert entry.compress_type == zipfile.ZIP_DEFLATED


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["a/b.html", "a?b.html"], "a?b.html has a character"),
        (["a.html", "A.html"], "A.html and a.html are one file"),
        (["a" * (LONGEST + 1)], f"longer than {LONGEST} characters"),
    ],
)
def test_what_some_machine_cannot_unpack_is_named(names, said):
    (fault,) = unfit(names)
    assert said in fault


def test_a_name_of_the_greatest_length_is_fit():
    assert list(unfit(["a" * LONGEST, "b/a.html", "a/a.html"])) == []


def test_a_site_with_such_a_file_is_not_packed(tmp_path):
    site(tmp_path, ["index.html", "a*b.html"])
    with pytest.raises(ValueError, match=r"rename .*\n.*a\*b\.html"):
        packed(tmp_path)


def test_an_empty_folder_says_how_to_build_the_book(tmp_path):
    site(tmp_path, [".buildinfo"])
    with pytest.raises(FileNotFoundError, match="run: make book"):
        packed(tmp_path)


def test_contents_keep_their_order_without_a_folder_around_them():
    def made() -> bytes:
        target = io.BytesIO()
        assert pack_contents({"z.xml": b"1", "a/b.svg": "é".encode()}, target, DAY) == 2
        return target.getvalue()

    assert made() == made()
    with zipfile.ZipFile(io.BytesIO(made())) as archive:
        assert archive.namelist() == ["z.xml", "a/b.svg"]
        assert archive.read("a/b.svg").decode() == "é"
        assert {entry.date_time for entry in archive.infolist()} == {(2027, 3, 2, 0, 0, 0)}


def test_contents_with_a_name_that_some_machine_cannot_unpack_are_refused():
    with pytest.raises(ValueError, match=r"rename .*\n.*a\*b\.xml"):
        pack_contents({"a*b.xml": b""}, io.BytesIO(), DAY)
