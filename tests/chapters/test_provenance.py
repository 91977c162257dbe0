"""The page "How this book is measured" tells every record, and refuses a damaged one."""

import html
import json
import shutil
from pathlib import Path

import pytest
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from utils.chapters import provenance
from utils.chapters.provenance import common, fields, markup, not_recorded, reports, shared_facts
from utils.files.places import RESULTS
from utils.files.records import ResultError
from utils.record.experiments import EXPERIMENTS

EXPERIMENT = "shortcut-control"


@pytest.fixture
def desk(tmp_path) -> Path:
    """A copy of one experiment's records."""
    shutil.copytree(RESULTS / EXPERIMENT, tmp_path / EXPERIMENT)
    return tmp_path


def change(path: Path, edit) -> Path:
    """Rewrite a record after ``edit`` has changed it."""
    record = json.loads(path.read_text(encoding="utf-8"))
    edit(record)
    path.write_text(json.dumps(record), encoding="utf-8")
    return path


def one_record(desk: Path) -> Path:
    return min((desk / EXPERIMENT).glob("*.json"))


def test_a_report_gives_mean_and_spread_over_seeds(desk):
    for path in (desk / EXPERIMENT).glob("*_seed[3-9].json"):
        path.unlink()
    for error, path in zip((0.10, 0.12, 0.14), sorted(desk.rglob("plain-14*")), strict=True):
        change(path, lambda record, error=error: record["final"].update(test_error=error))
    (report,) = reports(desk)
    assert "88.00 ± 2.00 %" in report.table.markup
    assert "standard deviation over three seeds" in report.table.markup
    assert "<td>3</td>" in report.table.markup
    assert report.question == EXPERIMENTS[EXPERIMENT].question
    assert report.command == f"python -m utils.record {EXPERIMENT} --replace"
    assert dict(report.facts)["Seeds"] == "0, 1, 2"
    assert dict(report.facts)["Epoch that counts"] == "last epoch"


def test_minutes_leave_out_the_runs_that_had_a_machine_with_other_work(desk):
    for path in desk.rglob("plain-14*"):
        minutes = 10 if int(path.stem[-1]) < 3 else 90
        change(path, lambda record, m=minutes: record["timing"].update(train_seconds=60 * m))
    (report,) = reports(desk)
    assert "<td>10.0</td>" in report.table.markup and "90.0" not in report.table.markup
    assert provenance.TIMED in report.table.markup
    for path in desk.rglob("*_seed[3-9].json"):
        path.unlink()
    (report,) = reports(desk)
    assert "as the median over the seeds." in report.table.markup


def test_a_setting_without_first_seeds_keeps_its_minutes(desk):
    for path in desk.rglob("plain-14*_seed[0-2].json"):
        path.unlink()
    for path in desk.rglob("plain-14*"):
        change(path, lambda record: record["timing"].update(train_seconds=60 * 90))
    (report,) = reports(desk)
    assert "<td>90.0</td>" in report.table.markup


def test_a_run_that_shared_its_device_says_so_and_no_other_does(desk):
    change(one_record(desk), lambda record: record["timing"].update(side_by_side=4))
    (report,) = reports(desk)
    told = [dict(detail.facts).get(provenance.SHARED) for detail in report.details]
    assert sorted(filter(None, told)) == ["4 runs at once"]


def test_a_report_names_what_differs_between_runs(desk):
    change(one_record(desk), lambda record: record["machine"].update(precision="fp32"))
    (report,) = reports(desk)
    assert set(dict(report.facts)["Arithmetic"].split("; ")) == {"fp32", "bf16"}


def test_settings_stand_in_the_order_of_the_experiment(desk):
    (report,) = reports(desk)
    names = ["ResNet-14, option A", "plain-14, no shortcut", "SimpleCNN"]
    places = [report.table.markup.index(name) for name in names]
    assert places == sorted(places)


def test_every_run_is_told_in_full(desk):
    record = json.loads(one_record(desk).read_text(encoding="utf-8"))
    (report,) = reports(desk)
    assert len(report.details) == len(list(desk.rglob("*.json")))
    facts = dict(report.details[0].facts)
    assert facts["Hash of the run"] == record["hash"]
    assert facts["Commit"] == record["git_commit"]
    assert f"torch {record['machine']['versions']['torch']}" in facts["Versions"]
    assert f"seed {record['seed']}" in report.details[0].summary
    assert "learning_rate = " in facts["Settings"]
    assert "milestones" not in facts["Settings"]


def test_no_record_at_all_is_an_error_with_a_way_out(tmp_path):
    with pytest.raises(ResultError, match=r"no record in .*python -m utils\.record --list"):
        reports(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 1', "nonsense"])
@pytest.mark.parametrize("folder", [EXPERIMENT, "bench", "gradients"])
def test_a_damaged_record_is_named(tmp_path, text, folder):
    path = tmp_path / folder / "broken.json"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ResultError, match=r"broken\.json .*restore it with git"):
        reports(tmp_path)


@pytest.mark.parametrize(
    ("edit", "what"),
    [
        (lambda r: r.pop("machine"), "lacks machine"),
        (lambda r: r["machine"].pop("versions"), "damaged at 'versions'"),
        (lambda r: r["final"].pop("test_error"), "damaged at 'test_error'"),
        (lambda r: r["final"].update(test_error="low"), "damaged at"),
        (lambda r: r["config"].update(colour="blue"), "damaged at"),
        (lambda r: r["timing"].update(train_seconds=None), "damaged at"),
    ],
)
def test_a_record_that_lost_a_field_is_named_with_the_field(desk, edit, what):
    path = change(one_record(desk), edit)
    with pytest.raises(ResultError) as caught:
        reports(desk)
    assert path.name in str(caught.value) and what in str(caught.value)


def test_a_record_of_another_kind_is_told_field_by_field(tmp_path):
    record = {
        "question": "How large are the <gradients>?",
        "command": "python -m utils.chapters.gradient_norms.numbers",
        "git_commit": "abc",
        "machine": {"device": "a device", "threads": 2},
        "norms": {"first_block": 0.125, "all": list(range(50))},
        "depths": [20, 56],
    }
    (tmp_path / "gradients").mkdir()
    (tmp_path / "gradients" / "depth.json").write_text(json.dumps(record), encoding="utf-8")
    (report,) = reports(tmp_path)
    assert (report.question, report.command) == (record["question"], record["command"])
    assert dict(report.facts) == {"Hardware": "a device", "Commit": "abc"}
    told = dict(report.details[0].facts)
    assert told["norms: first block"] == "0.125"
    assert told["norms: all"] == "50 values"
    assert told["depths"] == "20, 56"
    assert "&lt;gradients&gt;" in markup(report)


def test_a_record_of_another_kind_needs_neither_question_nor_command(tmp_path):
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "x.json").write_text('{"value": 3}', encoding="utf-8")
    (report,) = reports(tmp_path)
    assert report.question and not report.command and not report.facts
    assert "Repeat it" not in markup(report)


def test_records_that_do_not_describe_themselves_are_described(tmp_path, monkeypatch):
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "x.json").write_text('{"value": 3}', encoding="utf-8")
    monkeypatch.setitem(provenance.ABOUT, "odd", ("Is it odd?", "python -m odd"))
    (report,) = reports(tmp_path)
    assert (report.question, report.command) == ("Is it odd?", "python -m odd")


def test_fields_are_readable():
    record = {"a": None, "b": 12345.6, "c": 0.000125, "d": True, "e": [], "f": [[1], [2]]}
    assert dict(fields(record)) == {
        "a": "none", "b": "12,346", "c": "0.000125", "d": "True", "e": "none", "f": "2 values",
    }  # fmt: skip


def test_common_keeps_the_order_and_drops_repeats():
    assert common(["b", "a", "b"]) == "b; a"
    assert common([]) == ""


def test_what_is_defined_but_not_recorded_is_told(desk):
    names = [name for name, _ in not_recorded(desk)]
    assert names == [name for name in EXPERIMENTS if name != EXPERIMENT]


@pytest.mark.parametrize(
    ("folder", "message"),
    [(None, "no record in"), ("bench", r"broken\.json is not a record")],
    ids=["empty", "broken"],
)
def test_the_build_stops_with_a_clear_error(tmp_path, monkeypatch, folder, message):
    if folder:
        (tmp_path / "results" / folder).mkdir(parents=True)
        (tmp_path / "results" / folder / "broken.json").write_text("{", encoding="utf-8")
    monkeypatch.setattr(provenance, "reports", lambda: reports(tmp_path / "results"))
    source = tmp_path / "source"
    source.mkdir()
    (source / "index.md").write_text("# Measured\n\n```{measured-runs}\n```\n", encoding="utf-8")
    settings = {"extensions": ["myst_parser", "resnet_book.shows.provenance"]}
    folders = (tmp_path / "out", tmp_path / "doctrees")
    app = Sphinx(source, None, *folders, "html", settings, status=None, warning=None)
    with pytest.raises(ExtensionError, match=message):
        app.build()


def test_what_each_record_says_is_told_once(desk):
    (report,) = [r for r in reports(desk) if r.name == EXPERIMENT]
    shared = shared_facts(report.details)
    assert shared and all(set(shared) <= set(detail.facts) for detail in report.details)
    told = markup(report)
    said = [told.count(f"<dt>{html.escape(n)}</dt><dd>{html.escape(v)}</dd>") for n, v in shared]
    assert said == [1] * len(shared)
    for detail in report.details:
        assert all(html.escape(value) in told for _, value in detail.facts)
    assert shared_facts(report.details[:1]) == ()
