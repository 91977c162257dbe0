"""A release is packed from what passed the tests, and only if version, date and tag agree."""

import io
import runpy
import zipfile
from contextlib import redirect_stdout
from datetime import date
from pathlib import Path

import pytest
import yaml
from small_site import CITATION, SECOND, write_site

from utils.epub.checks import faults

ROOT = Path(__file__).parents[2]
WORKFLOW = yaml.load(
    (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8"),
    Loader=yaml.BaseLoader,
)
PACK, PUBLISH = (WORKFLOW["jobs"][name] for name in ("pack", "publish"))
TOOL = runpy.run_path(str(ROOT / "book" / "tools" / "release.py"))
MAIN, RELEASE = TOOL["main"], TOOL["release"]


@pytest.fixture
def desk(tmp_path) -> Path:
    """A small built book, with its version and its change log."""
    write_site(tmp_path / "_build" / "html")
    files = {
        "CITATION.cff": CITATION,
        "CHANGELOG.md": "# Changes\n\n## 1.2.0 (2027-03-02)\n\n- New.\n",
        "_build/html/index.html": "<p>Start</p>",
        "_build/html/.buildinfo": "left over",
        "_build/html/downloads/deck.apkg": "cards",
        "_build/html/downloads/quiz.xml": "<quiz/>",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def pack(desk: Path, *options: str) -> tuple[int, str]:
    """Status and words of the command."""
    with redirect_stdout(io.StringIO()) as said:
        status = MAIN(["--root", str(desk), "--without-pdf", *options])
    return status, said.getvalue()


def test_a_release_has_the_site_as_zip_every_download_and_its_changes(desk):
    old = desk / "_build" / "release" / "files" / "old.zip"
    old.parent.mkdir(parents=True)
    old.touch()
    status, said = pack(desk, "--tag", "v1.2.0", "--tagged", "2027-03-02")
    assert status == 0, said
    assert "Without resnet-measured.pdf and resnet-measured-chapters.zip" in said
    made = {path.name: path for path in old.parent.iterdir()}
    assert sorted(made) == ["deck.apkg", "quiz.xml", "resnet-measured.epub", "resnet-measured.zip"]
    assert list(faults(made["resnet-measured.epub"])) == []
    assert made["deck.apkg"].read_text(encoding="utf-8") == "cards"
    notes = old.parents[1] / "notes.md"
    assert notes.read_text(encoding="utf-8") == "- New.\n"
    with zipfile.ZipFile(made["resnet-measured.zip"]) as archive:
        names = {name.partition("/")[2] for name in archive.namelist()}
    assert names > {"downloads/deck.apkg", "downloads/quiz.xml", "index.html", "llms.txt"}
    assert ".buildinfo" not in names


def test_a_release_has_what_the_printer_prints_and_none_if_it_fails(desk):
    html, target = desk / "_build" / "html", desk / "_build" / "release"

    def prints(folder: Path) -> None:
        (folder / "book.pdf").write_bytes(b"%PDF")

    def fails(folder: Path) -> None:
        raise ValueError("no Chromium")

    made = RELEASE(html, target, date(2027, 3, 2), "- New.", desk / "CITATION.cff", prints)
    assert "book.pdf" in [path.name for path in made]
    with pytest.raises(ValueError, match="no Chromium"):
        RELEASE(html, target, date(2027, 3, 2), "- New.", desk / "CITATION.cff", fails)
    assert (target / "files" / "book.pdf").is_file(), "an earlier release stays until then"


def test_a_release_asks_for_the_pdfs_unless_told_otherwise(desk):
    with redirect_stdout(io.StringIO()) as said:
        status = MAIN(["--root", str(desk)])
    assert status == 1 and "_config.yml" in said.getvalue()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--tag", "v1.2.1"], "the tag is v1.2.1"),
        (["--tagged", "2027-03-03"], "the tagged commit is of 2027-03-03"),
    ],
)
def test_a_tag_that_does_not_agree_packs_nothing(desk, options, said):
    status, words = pack(desk, *options)
    assert status == 1 and said in words
    assert not (desk / "_build" / "release").exists()


def test_a_book_that_is_not_built_is_named(desk):
    status, said = pack(desk, "--html", str(desk / "nowhere"))
    assert status == 1 and "make book" in said


def test_an_e_book_with_a_fault_is_not_released(desk):
    text = SECOND.replace('alttext="x &lt; 1"', "")
    write_site(desk / "_build" / "html", second=text)
    status, said = pack(desk)
    assert status == 1
    assert "resnet-measured.epub is not as it should be" in said and "alternative text" in said


def test_a_version_that_cannot_be_read_is_named(desk):
    (desk / "CITATION.cff").write_text("version: one\n", encoding="utf-8")
    status, said = pack(desk)
    assert status == 1 and "CITATION.cff, line 1, version: version must be" in said


def test_a_release_waits_for_the_tests_of_the_tagged_commit():
    assert WORKFLOW["on"] == {"push": {"tags": ["v*"]}}
    commands = [step.get("run", "") for step in PACK["steps"]]
    tested, packed, checked = (
        next(number for number, command in enumerate(commands) if part in command)
        for part in (".ci/run", "make release", "--failonwarnings")
    )
    assert tested < packed < checked
    assert "--tag $TAG --tagged $day" in commands[packed]
    assert PUBLISH["needs"] == "pack"
    assert not any("ref" in step.get("with", {}) for step in PACK["steps"])
    assert not any("continue-on-error" in one for one in (PACK, PUBLISH, *PACK["steps"]))


def test_only_the_job_that_runs_none_of_the_books_code_may_write():
    assert WORKFLOW["permissions"] == {}
    assert PACK["permissions"] == {"contents": "read"}
    assert PUBLISH["permissions"] == {"actions": "read", "contents": "write"}
    assert not any("uses" in step for step in PUBLISH["steps"])
    assert "--verify-tag" in PUBLISH["steps"][-1]["run"]
