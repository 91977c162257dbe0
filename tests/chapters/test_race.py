"""Seconds to an accuracy by a loop's measured pace, from recorded budgets."""

import pytest

from utils.chapters import provenance
from utils.chapters.time_to_accuracy import race
from utils.files.records import write_record
from utils.record.bench import load_benches

RACED = {
    "network": "resnet-14",
    "recipe": "fast",
    "batch": 128,
    "precision": "bf16",
    "images_per_second": 1000.0,
    "flops_an_image": 1e8,
    "roofline_flops_per_second": 4e11,
}


def run(error: float, images: int, recipe: str = "fast-2", model: str = "resnet-14") -> dict:
    return {
        "model": model,
        "config": {"recipe": recipe},
        "final": {"test_error": error},
        "history": [{"images": images // 2}, {"images": images - images // 2}],
    }


def test_seconds_are_the_images_of_the_cheapest_budget_over_the_pace():
    groups = [
        [run(0.31, 50_000), run(0.29, 50_000)],
        [run(0.25, 200_000, "fast"), run(0.26, 200_000, "fast")],
        [run(0.25, 100_001), run(0.26, 100_001)],
        [run(0.01, 10, "muon-5"), run(0.01, 10, "muon-5")],
        [run(0.01, 10, model="resnet-20")],
    ]
    assert race.fewest_images(groups, "resnet-14", "fast", 0.70) == 100_001
    assert race.seconds_to(RACED, groups, 0.70) == pytest.approx(100.001)
    assert race.fewest_images(groups, "resnet-14", "fast", 0.69) == 50_000
    assert race.seconds_to(RACED, groups, 0.90) is None


def test_where_no_budget_gets_there_the_cell_says_none():
    bench = {"machine": load_benches()[0]["machine"], "race": {"our loop": RACED}}
    groups = {"a": [run(0.2, 100_000)]}
    (row,) = race.rows(bench, groups)
    assert row[0] == "our loop: ResNet-14, option A, recipe fast"
    assert row[1:] == ["1,000", "100", "none", "none", "100", "25% (bf16)"]
    assert "none" in race.printed(bench, groups)


def test_an_older_record_is_read_and_says_what_to_do():
    bench = {"machine": load_benches()[0]["machine"]}
    assert race.rows(bench, {}) == []
    assert race.printed(bench, {}).endswith("the race is not recorded; run make bench there")


def test_the_page_of_records_shows_the_race_once_it_is_recorded(tmp_path):
    bench = {key: value for key, value in load_benches()[0].items() if key != "race"}
    write_record(tmp_path / "bench" / "a.json", bench)
    (report,) = provenance.reports(tmp_path)
    assert report.more == () and "roofline" not in provenance.markup(report)
    write_record(tmp_path / "bench" / "a.json", {**bench, "race": {"our loop": RACED}})
    (report,) = provenance.reports(tmp_path)
    shown = provenance.markup(report)
    assert all(title in shown for title in race.header()) and "25% (bf16)" in shown


def test_the_command_tells_every_recorded_device(capsys):
    assert race.main() == 0
    assert capsys.readouterr().out.count("threads") >= len(load_benches())
