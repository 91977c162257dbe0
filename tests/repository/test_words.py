"""The book says things in its own words: it shares no run of eight with its source documents.

The repository keeps hashes of the sources' runs, made by ``make_shingles.py``, not their text.
"""

import json
import re
from pathlib import Path

import pytest

from tests.make_shingles import RUN, SHINGLES, WORD, read, shingle, words, write
from utils.files.yaml_files import read_yaml

ROOT = Path(__file__).resolve().parents[2]
ALLOWED = Path(__file__).parents[1] / "given" / "allowed_runs.yml"

MARKUP = re.compile(
    r"\{[\w:.-]+\}(?=`)"  # the name of a role
    r"|\s*<[^<>\n`]+>(?=`)"  # the target inside a role
    r"|\]\([^()\s]*\)"  # the target of a link
    r"|</?[a-z][^<>]*>"  # HTML
)


def checked_files() -> list[Path]:
    """Everything that is prose, or carries prose to a page."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "book").rglob("*.md")]
    data = [*(ROOT / "book").rglob("*.yml"), ROOT / "_config.yml", ROOT / "_toc.yml"]
    return sorted([*pages, *data, *(ROOT / "notebooks").glob("*.ipynb")])


def prose(path: Path) -> list[str]:
    """The texts of a file: one for each cell of a notebook, whose outputs are left out."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        return ["".join(cell["source"]) for cell in json.loads(text)["cells"]]
    return [text]


def allowed() -> list[list[str]]:
    """The word sequences that may be shared."""
    return [words(entry["words"]) for entry in read_yaml(ALLOWED)]


def cut(found: list[str], exceptions: list[list[str]]) -> list[list[str]]:
    """Pieces of a word list between the exceptions."""
    pieces, piece, at = [], [], 0
    while at < len(found):
        hit = next((e for e in exceptions if found[at : at + len(e)] == e), None)
        if hit:
            pieces.append(piece)
            piece, at = [], at + len(hit)
        else:
            piece.append(found[at])
            at += 1
    return [*pieces, piece]


def shared_runs(text: str, known: set[str], exceptions: list[list[str]]) -> list[str]:
    """The longest stretches of a text whose every run of eight words is known."""
    stretches = []
    for piece in cut(words(MARKUP.sub(" ", text)), exceptions):
        hits = [
            start
            for start in range(len(piece) - RUN + 1)
            if shingle(piece[start : start + RUN]) in known
        ]
        while hits:
            length = next((k for k, h in enumerate(hits) if h != hits[0] + k), len(hits))
            stretches.append(" ".join(piece[hits[0] : hits[length - 1] + RUN]))
            hits = hits[length:]
    return stretches


def complaint(path: Path, known: set[str], exceptions: list[list[str]]) -> str:
    """Names a file and the words it shares; empty when it shares none."""
    shared = [run for text in prose(path) for run in shared_runs(text, known, exceptions)]
    listing = "".join(f"\n  {run}" for run in shared)
    return f"{path} shares with a source document:{listing}" if shared else ""


@pytest.mark.parametrize("path", checked_files(), ids=lambda p: str(p.relative_to(ROOT)))
def test_no_run_of_eight_words_is_a_source_documents(path):
    assert complaint(path, read(), allowed()) == ""


@pytest.fixture
def known(tmp_path) -> set[str]:
    """Hashes of a made-up source."""
    (tmp_path / "made_up.txt").write_text(
        "On Monday the grey cat of our neighbour climbs the third apple tree and sings.\n"
        "A paper called Seven Ways to Peel a Very Small Orange appeared in spring.",
        encoding="utf-8",
    )
    target = tmp_path / "hashes.gz"
    assert write(tmp_path, target) == 29 - RUN + 1  # the text has 29 words
    return read(target)


@pytest.mark.parametrize(
    "text",
    [
        "He wrote: the grey cat of our neighbour climbs the ladder.",
        "He wrote: THE GREY cat, of our\n   neighbour -- climbs the ladder.",
        "He wrote: the **grey** {term}`cat <animal>` of [our](a.md) neighbour climbs the *x*.",
    ],
    ids=["plain", "case and punctuation", "markup"],
)
def test_a_planted_run_is_found_and_named(known, text):
    assert shared_runs(text, known, []) == ["the grey cat of our neighbour climbs the"]


def test_the_complaint_names_file_and_words(known, tmp_path):
    path = tmp_path / "planted.ipynb"
    cells = [["x = 1"], ["The third apple tree and sings. ", "A paper called what?"]]
    path.write_text(
        json.dumps({"cells": [{"source": source} for source in cells]}), encoding="utf-8"
    )
    words_shared = "the third apple tree and sings a paper called"
    assert complaint(path, known, []) == f"{path} shares with a source document:\n  {words_shared}"
    assert complaint(path, known, [words("apple tree and")]) == ""


def test_a_notebooks_outputs_are_not_prose(tmp_path):
    path = tmp_path / "n.ipynb"
    path.write_text(
        json.dumps({"cells": [{"source": ["a"], "outputs": [{"text": "b"}]}]}), encoding="utf-8"
    )
    assert prose(path) == ["a"]


def test_seven_words_may_be_shared(known):
    assert shared_runs("But our grey cat of our neighbour climbs the fence.", known, []) == []
    assert shared_runs("Look: grey cat of our neighbour climbs the fence.", known, []) == []


def test_two_runs_of_one_text_are_both_named(known):
    text = "On Monday the grey cat of our neighbour, and Seven Ways to Peel a Very Small Orange."
    assert len(shared_runs(text, known, [])) == 2


def test_an_allowed_title_breaks_a_run(known):
    text = "a paper called Seven Ways to Peel a Very Small Orange appeared"
    assert shared_runs(text, known, [])
    assert not shared_runs(text, known, [words("Seven Ways to Peel a Very Small Orange")])


def test_the_same_texts_give_the_same_file(tmp_path):
    (tmp_path / "a.txt").write_text(
        "one two three four five six seven eight nine", encoding="utf-8"
    )
    files = [tmp_path / "x.gz", tmp_path / "y.gz"]
    assert [write(tmp_path, target) for target in files] == [2, 2]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_an_empty_folder_is_no_source(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no \.txt file"):
        write(tmp_path, tmp_path / "x.gz")


def test_words_are_normalised():
    assert words("3.57 %, in_channels; ResNet’s “depth”—8×") == [
        "3.57", "in_channels", "resnet's", "depth", "8",
    ]  # fmt: skip
    assert WORD.findall("") == []


def test_the_stored_hashes_are_many_and_well_formed():
    stored = read(SHINGLES)
    assert len(stored) > 3000
    assert all(re.fullmatch(r"[0-9a-f]{12}", h) for h in stored)


def test_every_exception_is_short_and_has_its_reason():
    for entry in read_yaml(ALLOWED):
        assert set(entry) == {"words", "reason"} and entry["reason"].strip()
        assert 3 <= len(words(entry["words"])) <= 12


def test_all_kinds_of_text_are_checked():
    names = {str(path.relative_to(ROOT)) for path in checked_files()}
    assert {"README.md", "CONTRIBUTING.md", "book/index.md", "_config.yml"} <= names
    assert {path.suffix for path in checked_files()} == {".md", ".yml", ".ipynb"}
