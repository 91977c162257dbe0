"""Files of facts: each fault is told with file, entry and field, whatever the file's shape."""

from __future__ import annotations

import copy

import pytest

from utils.facts.checked import FactsError, check
from utils.facts.files import book_data
from utils.facts.goals import GoalsError, load_chapters
from utils.facts.opens_on import OpensOn
from utils.facts.printed import PRINTED


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
