"""Version, date, change log and tag of a release say the same, or one sentence names the fault."""

import tomllib
from datetime import date
from pathlib import Path

import pytest

from utils.facts.edition import (
    Edition,
    EditionError,
    changes_of,
    disagreements,
    load_changes,
    load_cited,
    load_edition,
)
from utils.files.places import ROOT

GOOD = Edition("1.2.0", date(2027, 3, 2))
LOG = "# Changes\n\n## 1.2.0 (2027-03-02)\n\n- New.\n\n## 1.1.9 (2027-01-31)\n\n- Old.\n"


def citation(folder: Path, version: str = "1.2.0", released: str = "2027-03-02") -> Path:
    path = folder / "CITATION.cff"
    path.write_text(f"version: {version}\ndate-released: {released}\n", encoding="utf-8")
    return path


def log(folder: Path, text: str = LOG):
    path = folder / "CHANGELOG.md"
    path.write_text(text, encoding="utf-8")
    return load_changes(path)


def test_the_book_names_one_version_everywhere():
    edition = load_edition()
    assert list(disagreements(edition, load_changes())) == []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == edition.version


def test_a_version_its_day_and_its_changes_are_read(tmp_path):
    assert load_edition(citation(tmp_path)) == GOOD
    assert GOOD.day == "2 March 2027"
    assert changes_of(GOOD, log(tmp_path)) == "- New."


@pytest.mark.parametrize(
    ("version", "released", "said"),
    [
        ("1.2", "2027-03-02", "version must be three numbers"),
        ("v1.2.0", "2027-03-02", "version must be three numbers"),
        ("1.2.0", "soon", "date-released must be a date"),
        ("1.2.0", "2027-03-02 10:00:00", "date-released must be a date"),
        ("[", "2027-03-02", "cannot be read as YAML"),
    ],
)
def test_a_malformed_citation_says_what_to_write(tmp_path, version, released, said):
    with pytest.raises(EditionError, match=rf"^CITATION\.cff.* {said}"):
        load_edition(citation(tmp_path, version, released))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("title: A book", "title: title is missing"),
        ("abstract: It tells.", "abstract: abstract is missing"),
        ("- name: Ann", "authors: it must be a list with at least one entry"),
        ("  license: CC-BY-4.0", "preferred-citation: it must be a mapping"),
    ],
)
def test_what_every_form_has_to_name_is_asked_for(tmp_path, line, said):
    path = citation(tmp_path)
    text = (
        "title: A book\nabstract: It tells.\nkeywords: [owls]\nauthors:\n- name: Ann\n"
        "preferred-citation:\n  license: CC-BY-4.0\n"
    )
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
    found = load_cited(path)
    assert (found.names, found.licence, found.doi) == ("Ann", "CC-BY-4.0", "")
    path.write_text(path.read_text(encoding="utf-8").replace(line, ""), encoding="utf-8")
    with pytest.raises(EditionError, match=rf"^CITATION\.cff, line \d+, {said}"):
        load_cited(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("## 1.2.0\n\n- New.\n", "must be '## 1.0.0"),
        ("## Coming\n\n- New.\n", "'## Not released yet'"),
        ("## 1.2.0 (2027-03-02)\n\n", "names no change"),
    ],
)
def test_a_malformed_change_log_says_what_to_write(tmp_path, text, said):
    with pytest.raises(EditionError, match=said):
        log(tmp_path, text)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(EditionError, match=r"CITATION\.cff cannot be read"):
        load_edition(tmp_path / "CITATION.cff")
    with pytest.raises(EditionError, match=r"CHANGELOG\.md cannot be read"):
        load_changes(tmp_path / "CHANGELOG.md")


def test_a_version_without_changes_is_named(tmp_path):
    with pytest.raises(EditionError, match=r"no section '## 1\.3\.0 \(2027-03-02\)'"):
        changes_of(Edition("1.3.0", GOOD.released), log(tmp_path))


def test_what_agrees_may_be_released(tmp_path):
    assert list(disagreements(GOOD, log(tmp_path), "v1.2.0", GOOD.released)) == []


LATER = LOG.replace("## 1.2.0", "## Not released yet\n\n- Newer.\n\n## 1.2.0")


@pytest.mark.parametrize(
    ("text", "tag", "tagged", "said"),
    [
        (LOG, "v1.2.1", GOOD.released, "the tag is v1.2.1, and CITATION.cff has version 1.2.0"),
        (LOG, "1.2.0", GOOD.released, "the tag is 1.2.0"),
        (LOG, "v1.2.0", date(2027, 3, 3), "the tagged commit is of 2027-03-03"),
        (LATER, "v1.2.0", GOOD.released, "still lists changes under '## Not released yet'"),
        (LOG.replace("1.2.0 (", "1.3.0 ("), None, None, "is not 1.2.0 of 2027-03-02"),
        (LOG.replace("03-02)", "03-01)"), None, None, "is not 1.2.0 of 2027-03-02"),
        (LOG.replace("1.1.9", "1.10.0"), None, None, "do not fall from the newest"),
        (LOG + "\n## Not released yet\n\n- New.\n", None, None, "must stand above all versions"),
    ],
)
def test_what_does_not_agree_is_one_sentence(tmp_path, text, tag, tagged, said):
    (fault,) = disagreements(GOOD, log(tmp_path, text), tag, tagged)
    assert said in fault


def test_changes_may_wait_for_a_version(tmp_path):
    changes = log(tmp_path, LATER)
    assert changes[0].edition is None and changes[0].text == "- Newer."
    assert list(disagreements(GOOD, changes)) == []
