"""The chapter "Timeline": its data, its list with and without a script, its figure."""

from __future__ import annotations

import copy
import re
from pathlib import Path

import pytest
import yaml

from utils.chapters.drawn import DRAWN
from utils.facts import bibliography, challenge, timeline
from utils.facts.checked import check
from utils.facts.files import book_table
from utils.files.yaml_files import read_yaml

KEYS = bibliography.keys()
RAW = read_yaml(timeline.DATA)
STORY = timeline.load(timeline.DATA, KEYS)
CORRECTED_YEARS = {"tl-1960s": 1969, "tl-2020-vit": 2020, "tl-1989": 1989, "tl-2016": 2016}


# Data ------------------------------------------------------------------------------------------


def message(tmp_path: Path, data: object) -> str:
    """What the build says about this content."""
    path = tmp_path / "timeline.yml"
    path.write_text(data if isinstance(data, str) else yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(timeline.TimelineError) as caught:
        timeline.load(path, KEYS)
    return str(caught.value)


def changed(**fields: object) -> dict:
    """The real file with fields of its second entry replaced; None takes a field out."""
    data = copy.deepcopy(RAW)
    entry = data["entries"][1]
    entry.update(fields)
    data["entries"][1] = {name: value for name, value in entry.items() if value is not None}
    return data


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"matters": None}, "matters is missing"),
        ({"colour": "red"}, "colour is not a field"),
        ({"date": 1958}, 'or "2015-12", as text in quotes, found 1958'),
        ({"date": "1958-13"}, 'date must be like "1943" or "2015-12"'),
        ({"date": "1959"}, "the id says 1958, the date 1959"),
        ({"who": "  "}, "who must be text"),
        ({"threads": ["dept"]}, "threads has 'dept', which is not among attention, data, depth"),
        ({"threads": []}, "threads must name at least one"),
        ({"threads": ["depth", "depth"]}, "none twice"),
        ({"cite": "nobody1900nothing"}, "'nobody1900nothing', which is not among references.bib"),
        ({"matters": "word " * 200}, "matters is longer than"),
    ],
)
def test_fault_in_an_entry_is_told_with_file_and_entry(tmp_path, fields: dict, words: str):
    text = message(tmp_path, changed(**fields))
    assert re.match(r"timeline\.yml, line \d+, entry tl-1958: ", text)
    assert words in text


def test_entry_without_a_name_is_told_by_its_place(tmp_path):
    assert "entry 2: id is missing" in message(tmp_path, changed(id=None))


def test_malformed_id_is_told(tmp_path):
    assert "id must be like tl-1943" in message(tmp_path, changed(id="1958"))


def test_id_that_stands_twice_is_told(tmp_path):
    data = copy.deepcopy(RAW)
    data["entries"].insert(1, copy.deepcopy(data["entries"][0]))
    assert "entry tl-1943: this id stands twice" in message(tmp_path, data)


def test_entry_out_of_order_is_told(tmp_path):
    data = copy.deepcopy(RAW)
    data["entries"].append(data["entries"].pop(0))
    assert "entry tl-1943: 1943 stands after 2024-04" in message(tmp_path, data)


def test_thread_that_no_entry_uses_is_told(tmp_path):
    data = copy.deepcopy(RAW)
    del data["threads"]["data"]
    data["threads"]["unused"] = {"label": "Unused", "about": "nothing"}
    for entry in data["entries"]:
        entry["threads"] = [name for name in entry["threads"] if name != "data"] or ["depth"]
    assert "thread unused: no entry uses it" in message(tmp_path, data)


def test_more_threads_than_shapes_are_told(tmp_path):
    data = copy.deepcopy(RAW)
    data["threads"] |= {f"t{k}": {"label": "T", "about": "t"} for k in range(5)}
    assert "10 threads, but only 5 shapes" in message(tmp_path, data)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("threads: [", "timeline.yml cannot be read as YAML"),
        ("- a\n", "it must hold exactly 'threads' and 'entries'"),
        ({"threads": {}, "entries": []}, "threads: it must map"),
        ({"threads": {"a": {"label": "A"}}, "entries": []}, "exactly 'label' and 'about'"),
        ({"threads": RAW["threads"], "entries": []}, "at least one entry"),
        ({"threads": RAW["threads"], "entries": ["x"]}, "entry 1: it must be a mapping"),
    ],
)
def test_fault_in_the_file_is_told(tmp_path, content: object, words: str):
    assert words in message(tmp_path, content)


def test_all_faults_are_told_at_once(tmp_path):
    text = message(tmp_path, changed(matters=None, date="soon"))
    assert len(re.findall(r"^timeline\.yml, line \d+, entry tl-1958: ", text, re.M)) == 2


def test_every_thread_is_used_more_than_once():
    for name in STORY.threads:
        assert sum(name in entry.threads for entry in STORY.entries) > 1


def bibliography_field(key: str, field: str) -> str:
    """One field of a bibliography entry, empty where it has none."""
    text = bibliography.BIBLIOGRAPHY.read_text(encoding="utf-8")
    body = re.search(rf"@\w+\{{{re.escape(key)},(.*?)\n\}}", text, re.DOTALL)[1]
    found = re.search(rf"^\s*{field} = \{{(.*?)\}},$", body, re.MULTILINE)
    return found[1] if found else ""


ON_ARXIV_FIRST = [entry for entry in STORY.entries if entry.venue.startswith("arXiv")]


@pytest.mark.parametrize("entry", ON_ARXIV_FIRST, ids=lambda entry: entry.id)
def test_date_of_a_work_first_on_arxiv_is_that_of_its_number(entry):
    number = bibliography_field(entry.cite[0], "eprint")
    assert entry.date == f"20{number[:2]}-{number[2:4]}"


@pytest.mark.parametrize("entry", STORY.entries, ids=lambda entry: entry.id)
def test_no_entry_is_later_than_the_work_it_cites(entry):
    if entry.id != "tl-1990s":  # told by a later review
        assert entry.year <= int(bibliography_field(entry.cite[0], "year")[:4])


def test_dates_that_are_often_wrong_are_right():
    years = {entry.id: entry.year for entry in STORY.entries}
    assert {id_: years[id_] for id_ in CORRECTED_YEARS} == CORRECTED_YEARS


def test_residual_networks_come_after_normalisation_and_highway_networks():
    order = [entry.id for entry in STORY.entries]
    names = ["tl-1991", "tl-2015-batchnorm", "tl-2015-highway", "tl-2015", "tl-2016-preactivation"]
    assert [order.index(name) for name in names] == sorted(order.index(name) for name in names)


# Figure ----------------------------------------------------------------------------------------


def test_challenge_entries_agree_with_the_papers():
    errors = {entry.drawn_as: entry.error_percent for entry in challenge.challenge_entries()}
    layers = {entry.drawn_as: entry.layers for entry in challenge.challenge_entries()}
    assert errors["GoogLeNet"] == 6.66 and errors["VGG"] == 7.32 and errors["ResNet"] == 3.57
    assert [layers[name] for name in ("AlexNet", "VGG", "GoogLeNet", "ResNet")] == [8, 19, 22, 152]
    assert layers["NEC-UIUC"] is None and layers["XRCE"] is None


def test_error_of_the_winners_falls_every_year():
    best: dict[int, float] = {}
    for entry in challenge.challenge_entries():
        best[entry.year] = min(entry.error_percent, best.get(entry.year, 100))
    assert list(best) == list(range(2010, 2018))
    assert list(best.values()) == sorted(best.values(), reverse=True)


def test_errors_quoted_in_the_timeline_are_those_of_the_figure():
    known = {f"{entry.error_percent:g}" for entry in challenge.challenge_entries()}
    known |= {entry.with_more_data for entry in challenge.challenge_entries()}
    quoted = {"tl-2014-googlenet": ["6.66", "7.32"], "tl-2015": ["3.57"], "tl-2012": ["15.3"]}
    for entry in STORY.entries:
        for number in quoted.get(entry.id, []):
            assert f"{number}\N{NO-BREAK SPACE}%" in entry.matters and number in known


def test_every_point_of_the_figure_has_a_source_that_can_be_cited():
    for entry in challenge.challenge_entries():
        assert entry.key in KEYS and entry.source.strip()


def test_table_names_the_work_that_prints_each_error():
    markup = DRAWN["imagenet-depth-table"]().markup
    for words in ("ILSVRC 2013, classification task", "He et al. 2016a, Table 5"):
        assert f"<td>{words}</td>" in markup


def test_table_has_a_row_for_every_entry():
    markup = DRAWN["imagenet-depth-table"]().markup
    assert markup.count('<th scope="row">') == len(challenge.challenge_entries())


ROW = book_table("imagenet_depth")[-1]


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"year": "last"}, "year must be a whole number, found 'last'"),
        ({"models": "2.5"}, "models must be a whole number, found '2.5'"),
        ({"top5_error_percent": "low"}, "top5_error_percent must be a number, found 'low'"),
        ({"layers": ""}, "give layers, or a depth_note"),
        ({"depth_note": "deep"}, "give layers, or a depth_note"),
    ],
)
def test_fault_in_a_challenge_entry_names_it(cells: dict[str, str], words: str):
    entry = re.escape("imagenet_depth.csv, entry WMW (SENet): ")
    with pytest.raises(ValueError, match=entry) as caught:
        check(challenge.Challenge, [ROW | cells], "imagenet_depth.csv")
    assert words in str(caught.value)


def test_table_file_with_a_short_row_names_its_line(tmp_path, monkeypatch):
    (tmp_path / "odd.csv").write_text("# why\na,b\n1,2\n3\n", encoding="utf-8")
    monkeypatch.setattr("utils.facts.files.DATA", tmp_path)
    with pytest.raises(ValueError, match=r"odd\.csv, line 4: 1 cells, but 2 titles"):
        book_table("odd")


def test_empty_table_file_is_told(tmp_path, monkeypatch):
    (tmp_path / "odd.csv").write_text("# nothing\n", encoding="utf-8")
    monkeypatch.setattr("utils.facts.files.DATA", tmp_path)
    with pytest.raises(ValueError, match=r"odd\.csv is empty"):
        book_table("odd")
