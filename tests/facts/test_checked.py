"""Files of facts: each fault is told with file, entry and field, whatever the file's shape."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import pytest
import yaml

from utils.facts.checked import (
    Checked,
    CheckedFile,
    FactsError,
    Slug,
    Text,
    check,
    known,
    read_checked,
    shaped,
    unique,
)
from utils.facts.files import book_data
from utils.facts.goals import GoalsError, load_chapters
from utils.facts.opens_on import OpensOn
from utils.facts.printed import PRINTED
from utils.files.yaml_files import parse_document, parse_yaml


def told(kind: type, name: str, change) -> str:
    """What is said of the book's own file after a change."""
    data = copy.deepcopy(book_data(name))
    check(kind, data, f"{name}.yml")
    change(data)
    with pytest.raises(FactsError) as caught:
        check(kind, data, f"{name}.yml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("shortcuts", lambda d: d[4].pop("norm"), "shortcut torchvision: norm is missing"),
        ("shortcuts", lambda d: d[4].update(norm="no"), "norm must be true or false, found 'no'"),
        ("shortcuts", lambda d: d[4].update(kernel=2), "kernel must be one of 1, 3 or 'none'"),
        ("shortcuts", lambda d: d[4].update(nrm=1), "nrm is not a field; the fields are"),
        ("shortcuts", lambda d: d.clear(), "top level: it must be a list with at least one entry"),
        ("source_results", lambda d: d["simple-cnn"].update(test_accuracy=62.53),
         "network simple-cnn: test_accuracy must be below 1, found 62.53"),
        ("source_results", lambda d: d["simple-cnn"]["epoch_losses"].append("low"),
         "network simple-cnn: epoch_losses 11 must be a number, found 'low'"),
        ("identity_mappings", lambda d: d["rows"][1].update(error="failed"),
         "row 2: error must be in percent, or fail, found 'failed'"),
        ("identity_mappings", lambda d: d.pop("source"), "exactly 'source' and 'rows'"),
    ],
)  # fmt: skip
def test_a_fault_in_what_a_source_printed_is_told(name: str, change, words: str):
    text = told(PRINTED[name], name, change)
    assert text.startswith(f"{name}.yml, ") and words in text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d["rows"][0].pop("how"), "row Python 3.11: tested, the day, and how come"),
        (lambda d: d["rows"][0].update(tested="soon"), "row Python 3.11: tested"),
        (lambda d: d["files"].pop("macos-arm64"), "platform macos-arm64 is none of: linux-x86_64"),
        (
            lambda d: d["files"]["macos-arm64"].pop("checks"),
            "system macos-arm64: checks is",
        ),
    ],
)
def test_a_fault_in_where_the_book_opens_is_told(change, words: str):
    assert words in told(OpensOn, "opens_on", change)


def test_the_check_stands_between_the_file_and_a_notebook(tmp_path, monkeypatch):
    (tmp_path / "shortcuts.yml").write_text("- who: somebody\n", encoding="utf-8")
    monkeypatch.setattr("utils.facts.files.DATA", tmp_path)
    with pytest.raises(FactsError, match=r"shortcuts\.yml, shortcut somebody: source is missing"):
        book_data("shortcuts")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2016:\n  minutes: 5\n", "chapter 2016: its name must be text in quotes, found 2016"),
        ("book/a: 5\n", "chapter book/a: it must be a mapping, found 5"),
        ("book/a:\n  page: book/b\n", "book/a: page is not a field; the key says it"),
    ],
)
def test_an_entry_goes_by_its_key(tmp_path, text: str, words: str):
    path = tmp_path / "goals.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(GoalsError) as caught:
        load_chapters(path)
    assert words in str(caught.value)


class Bird(Checked, noun="bird"):
    """An entry with each kind of field that files share."""

    id: Slug
    ring: Annotated[str, shaped(r"[A-Z]\d\d", "like A12")]
    order: Annotated[Text, known("orders")]


class Birds(CheckedFile):
    """A file of such entries."""

    orders: dict[str, Text]
    birds: list[Bird]

    def together(self) -> Iterator[str]:
        yield from unique(self.birds, "a cage needs a name")


BIRDS = """orders:
  owls: They hunt at night.
birds:
- id: tawny
  ring: A12
  order: owls
- id: barn-owl
  ring: B07
  order: owls
"""


def said_of(folder: Path, *changes: tuple[str, str]) -> str:
    """What is said of the file after some changes; nothing if it is right."""
    text = BIRDS
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / "birds.yml"
    path.write_text(text, encoding="utf-8")
    try:
        read_checked(Birds, path)
    except FactsError as problem:
        return str(problem)
    return ""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("id: barn-owl", "id: Barn", "line 7, bird Barn: id must be lower-case words and digits "
         "joined by hyphens, found 'Barn'"),
        ("ring: B07", "ring: B7", "line 8, bird barn-owl: ring must be like A12, found 'B7'"),
        ("ring: B07", "ring: 7",
         "line 8, bird barn-owl: ring must be like A12, as text in quotes, found 7"),
        ("order: owls\n- id: b", "order: ducks\n- id: b",
         "line 6, bird tawny: order 'ducks' is none of: owls"),
        ("order: owls\n- id: b", "order: [owls]\n- id: b",
         "line 6, bird tawny: order must be text in quotes, found ['owls']"),
        ("  ring: B07\n", "", "line 7, bird barn-owl: ring is missing"),
        ("ring: B07", "ring: B07\n  ring: B08", "line 9: ring stands twice; keep one"),
        ("id: barn-owl", "id: tawny", "bird tawny: this id stands twice; a cage needs a name"),
        ("orders:\n", "birds: []\norders:\n", "line 4: birds stands twice; keep one"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line(tmp_path, old: str, new: str, said: str):
    assert said_of(tmp_path) == ""
    assert said_of(tmp_path, (old, new)).startswith(f"birds.yml, {said}")


def test_a_key_that_stands_twice_is_told_beside_other_faults(tmp_path):
    changes = (("ring: A12", "ring: A12\n  ring: A1"), ("id: barn-owl", "id: Barn"))
    first, second, third = said_of(tmp_path, *changes).splitlines()
    assert first == "birds.yml, line 6: ring stands twice; keep one"
    assert second.startswith("birds.yml, line 5, bird tawny: ring must be like A12")
    assert third.startswith("birds.yml, line 8, bird Barn: id must be")


def test_a_file_that_is_no_yaml_is_told_with_its_line(tmp_path):
    said = said_of(tmp_path, ("ring: A12", "ring: }"))
    assert said.startswith("birds.yml cannot be read as YAML, line 5: ")
    with pytest.raises(FactsError, match=r"^none\.yml cannot be read as YAML: .*No such file"):
        read_checked(Birds, tmp_path / "none.yml")


def test_no_reader_takes_the_second_of_two_values():
    with pytest.raises(yaml.YAMLError, match=r"a stands twice \(line 3\); keep one"):
        parse_yaml("a: 1\nb: {c: 1}\na: 2\n")
    with pytest.raises(yaml.YAMLError, match=r"c stands twice \(line 1\); keep one"):
        parse_yaml("- {c: 1, d: {c: 2}, c: 3}")
    assert parse_yaml("a: {c: 1}\nb: {c: 1}\n") == {"a": {"c": 1}, "b": {"c": 1}}
    assert parse_document("").data is None and parse_document("").line_of(["a"]) == 1
