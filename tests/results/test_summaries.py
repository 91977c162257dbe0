"""Tables and comparisons say what made-up records say, by arithmetic."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import pytest
from table_cells import table_rows

from utils.chapters import shared as summaries
from utils.chapters.shared import (
    accuracy_table,
    budget_table,
    class_table,
    common_mistake,
    epochs_ahead,
    is_recorded,
    printed_losses_table,
    printed_table,
    provenance_summary,
    provenance_table,
    recipe_results,
    recipe_table,
    scale_table,
    size_table,
    speed_table,
    when_recorded,
)
from utils.files import records
from utils.files.places import ROOT
from utils.files.records import ResultError, parse_json
from utils.models.networks import build
from utils.record.bench import SAME
from utils.record.experiments import EXPERIMENTS, runs
from utils.results import labels
from utils.results.labels import device_label, network_label, short_label
from utils.results.runs import load_runs
from utils.results.spread import class_errors, mean_confusion, paired_gain, paired_gains, spread

MACHINE = {"device": "Chip", "device_type": "cpu", "threads": 2, "precision": "bf16",
           "versions": {"torch": "2.9.1"}}  # fmt: skip


def cells(shown) -> list[list[str]]:
    """Every cell of a table, row by row, its header first."""
    return [[unescape(cell) for cell in row] for row in table_rows(shown.markup)]


def made(seed: int, error: float, **changes: object) -> dict:
    """A record of a run of two epochs."""
    final = {"test_error": error, "train_error": error / 2, "test_error_two_views": error - 0.01,
             "test_error_zoomed": error + 0.02, "confusion": [[3, 1], [2, 2]]}  # fmt: skip
    record = {
        "schema": 1, "experiment": "e", "run": f"resnet-20_fast_seed{seed}", "hash": "0",
        "model": "resnet-20", "seed": seed, "machine": MACHINE,
        "config": {"recipe": "fast", "epochs": 2, "max_steps": None},
        "history": [{"epoch": n + 1, "train_loss": 2.0 - n + seed / 10} for n in range(2)],
        "final": final, "timing": {"train_seconds": 60.0 * (seed + 1)},
    }  # fmt: skip
    return {**record, **changes}


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of results with one network under two recipes, and another network."""
    monkeypatch.setattr(records, "RESULTS", tmp_path)
    brief = {"recipe": "brief", "epochs": 1, "max_steps": 1_200}
    for seed in (2, 0, 1):
        file_run(tmp_path, made(seed, 0.1 + 0.01 * seed))
        file_run(tmp_path, made(seed, 0.3, config=brief), recipe="brief")
        file_run(tmp_path, made(seed, 0.2, model="plain-20"), model="plain-20")
    return tmp_path


def file_run(folder: Path, record: dict, model: str = "resnet-20", recipe: str = "fast") -> None:
    path = folder / "e" / f"{model}_{recipe}_seed{record['seed']}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(record), encoding="utf-8")


# Records -------------------------------------------------------------------------------------


def test_runs_are_loaded_by_model_and_recipe_in_order_of_seed(shelf):
    assert [run["seed"] for run in load_runs("e", "resnet-20", "fast")] == [0, 1, 2]
    assert {run["model"] for run in load_runs("e", "plain-20")} == {"plain-20"}
    assert {run["config"]["recipe"] for run in load_runs("e", recipe="brief")} == {"brief"}
    assert len(load_runs("e")) == 9
    with pytest.raises(ResultError, match=r"no record of plain-20 with recipe brief in 'e'"):
        load_runs("e", "plain-20", "brief")


def test_a_record_of_another_kind_or_without_a_field_is_refused(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"kind": "bench", "x": 1}', encoding="utf-8")
    assert parse_json(path, ["x"], "bench") == {"kind": "bench", "x": 1}
    assert parse_json(path, ["x"]) == {"kind": "bench", "x": 1}
    with pytest.raises(ResultError, match="has kind 'bench', not 'blocks'; mend it"):
        parse_json(path, ["x"], "blocks", advice="mend it")
    with pytest.raises(ResultError, match="lacks y, z; restore it with git"):
        parse_json(path, ["x", "y", "z"])
    with pytest.raises(ResultError, match="cannot be read as a timing"):
        parse_json(tmp_path / "b.json", [], called="timing")
    with pytest.raises(ResultError, match="has kind None, not 'bench'"):
        path.write_text('{"x": 1}', encoding="utf-8")
        parse_json(path, ["x"], "bench")


@pytest.mark.parametrize("content", ["{}", "[]", '["x"]', '"x"', "null", "1"])
def test_a_record_is_an_object_with_fields_even_if_none_is_asked_for(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_text(content, encoding="utf-8")
    for required in ([], ["x"]):
        with pytest.raises(TimeoutError, match="is no JSON object with fields; send it again"):
            parse_json(path, required, advice="send it again", error=TimeoutError)


def test_a_record_is_written_with_sorted_keys_one_a_line(tmp_path):
    path = tmp_path / "e" / "r.json"
    records.write_record(path, {"b": 1, "a": [2]})
    assert path.read_text(encoding="utf-8") == '{\n "a": [\n  2\n ],\n "b": 1\n}\n'
    assert records.read_record(tmp_path / "none.json") is None


def test_confusions_are_averaged_and_errors_counted_class_by_class():
    first, second = made(0, 0.1), made(1, 0.1)
    second["final"] = {"confusion": [[1, 3], [0, 4]]}
    assert mean_confusion([first, second]) == [[2, 2], [1, 3]]
    one, two = class_errors([first, second])
    assert (one.mean, two.mean) == (pytest.approx((1 / 4 + 3 / 4) / 2), pytest.approx(1 / 4))


def test_a_spread_has_the_sample_standard_deviation():
    found = spread([1.0, 2.0, 4.0])
    assert found.mean == pytest.approx(7 / 3) and found.count == 3
    assert found.sd == pytest.approx(((16 + 1 + 25) / 9 / 2) ** 0.5)


def test_a_spread_is_told_with_its_digits_and_sign_and_without_spread_for_a_single_run():
    found = spread([1, 2, 6])
    assert found.words() == "3.00 ± 2.65"
    assert found.words(1, "+") == "+3.0 ± 2.6"
    assert found.times(10).words(0) == "30 ± 26"
    assert found.percent(0) == "300 ± 265 %"
    assert spread([4]).words(1) == "4.0"


def test_minutes_and_commits_behind_a_row_are_those_of_all_its_records():
    found = [
        {"wall_seconds": seconds, "git_commit": commit * 8}
        for seconds, commit in ((100.0, "b"), (50.0, "a"), (180.0, "b"))
    ]
    # 330 seconds are 5.5 minutes, which rounds to the even 6.
    assert summaries.behind(iter(found)) == ("6", "aaaaaaa, bbbbbbb")


# Names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "label"),
    [
        ("simple-cnn", "SimpleCNN"),
        ("resnet-56", "ResNet-56"),
        ("plain-110", "plain-110"),
        ("preact-56", "pre-activation ResNet-56"),
        ("resnet-20-B", "ResNet-20, option B"),
        ("plain-56-orthogonal", "plain-56, orthogonal start"),
        ("resnet-56-fixup", "ResNet-56, no normalisation, Fixup's start"),
    ],
)
def test_networks_are_called_by_their_names(model, label):
    assert network_label(model) == label


@pytest.mark.parametrize(
    ("model", "label"),
    [
        ("simple-cnn", "SimpleCNN"),
        ("resnet-14", "ResNet-14"),
        ("source-resnet-14", "ResNet-14"),
        ("plain-14", "plain-14"),
        ("plain-56-orthogonal", "plain-56"),
        ("preact-56", "pre-activation ResNet-56"),
    ],
)
def test_the_short_name_leaves_the_options_out(model, label):
    assert short_label(model) == label


def test_no_other_module_makes_the_name_of_a_network():
    by_hand = re.compile(
        r"replace\(\"resnet|_label\([^\n]*\)\.(split|partition)|def network_name"
        r"|\"ResNet-\{[^}]*\}\"|'ResNet'\}-\{"
    )
    for example in (
        'model.replace("resnet", "ResNet")',
        'network_label(model).split(",")[0]',
        'f"ResNet-{depth}"',
        "f\"{'plain' if kind == 'plain' else 'ResNet'}-{depth}\"",
    ):
        assert by_hand.search(example)
    home = Path(labels.__file__)
    sources = [path for path in (ROOT / "utils").rglob("*.py") if path != home]
    found = {
        str(path.relative_to(ROOT)): match.group()
        for path in sources
        if (match := by_hand.search(path.read_text(encoding="utf-8")))
    }
    assert found == {}


def test_a_processor_is_named_with_its_threads_and_a_gpu_alone():
    assert device_label(MACHINE) == "Chip, 2 threads"
    assert device_label({**MACHINE, "threads": 1}) == "Chip, 1 thread"
    assert device_label({"device": "GPU", "device_type": "cuda", "threads": 4}) == "GPU"


# Tables --------------------------------------------------------------------------------------


def test_sizes_are_those_of_the_paper():
    # 0.27 million parameters in Table 6; 40.6 million MACs follow from the shapes by hand.
    assert cells(size_table(["resnet-20"]))[1] == [
        "ResNet-20, option A", "269,722", "40.6 million",
    ]  # fmt: skip
    stem, n = 32 * 32 * 9 * 3 * 16, 3
    stages = [(32, 16, 16), (16, 16, 32), (8, 32, 64)]
    macs = stem + 64 * 10 + sum(
        size**2 * 9 * (a * b + (2 * n - 1) * b * b) for size, a, b in stages
    )  # fmt: skip
    assert f"{macs / 1e6:.1f}" == "40.6"


def test_recipes_stand_side_by_side_with_readable_settings():
    assert cells(recipe_table(["source", "paper"], ["batch_size", "optimiser"])) == [
        ["setting", "source", "paper"], ["batch size", "100", "128"], ["optimiser", "adam", "sgd"],
    ]  # fmt: skip


def test_a_setting_that_a_recipe_does_not_have_is_a_dash():
    assert cells(recipe_table(["source", "paper"], ["max_steps"]))[1] == ["max steps", "–", "64000"]


def test_accuracies_are_one_minus_errors_with_their_spread(shelf):
    found = cells(accuracy_table({"resnet-20": load_runs("e", "resnet-20", "fast")}))
    # Errors 0.10, 0.11, 0.12; in training half of them.
    assert found[1] == ["ResNet-20, option A", "94.50 ± 0.50 %", "89.00 ± 1.00 %"]
    assert cells(recipe_results([("e", "resnet-20", "fast")]))[1] == [
        "ResNet-20, option A", "fast", "89.00 ± 1.00 %", "90.00 ± 1.00 %", "2", "3",
    ]  # fmt: skip


def test_gains_are_points_of_accuracy_seed_by_seed(shelf):
    plain, residual = load_runs("e", "plain-20"), load_runs("e", "resnet-20", "fast")
    assert paired_gains(plain, residual) == {seed: pytest.approx(10 - seed) for seed in (0, 1, 2)}
    gain = paired_gain(plain, residual)
    assert (gain.mean, gain.sd) == (pytest.approx(9), pytest.approx(1))
    with pytest.raises(ValueError, match=r"seeds differ: \[0, 1, 2\] and \[0, 1\]"):
        paired_gains(plain, residual[:2])


def test_printed_numbers_stand_beside_ours(shelf):
    printed = {"resnet-20": {"test_accuracy": 0.8765, "epoch_losses": [2.25, 1.5]}}
    assert cells(printed_table(printed, "e", "fast")) == [
        ["network", "printed (one run)", "ours (3 seeds)"],
        ["ResNet-20, option A", "87.65%", "89.00 ± 1.00 %"],
    ]
    # Losses of the seeds: 2.0, 2.1, 2.2, then 1.0, 1.1, 1.2.
    assert cells(printed_losses_table(printed, "e", "fast"))[1:] == [
        ["1", "2.2500", "2.10 ± 0.10"], ["2", "1.5000", "1.10 ± 0.10"],
    ]  # fmt: skip


def test_a_printed_curve_that_leads_by_two_epochs_is_found():
    losses = [2.0, 1.6, 1.3, 1.1, 1.0, 0.95]
    run = {"history": [{"epoch": n, "train_loss": v} for n, v in enumerate(losses, 1)]}
    assert [epochs_ahead(losses[shift:], [run]) for shift in (0, 1, 2)] == [0, 1, 2]
    # The mean over the common epochs decides, not the sum.
    assert epochs_ahead([1.29, 1.12, 1.0], [run]) == 2


def test_the_scale_table_compares_three_ways_to_test(shelf, monkeypatch):
    folder = shelf / "source-recipe"
    folder.mkdir()
    for name, error in (("source", 0.2), ("source-padded", 0.1)):
        config = {"recipe": name, "epochs": 2, "max_steps": None}
        path = folder / f"resnet-20_{name}_seed0.json"
        path.write_text(json.dumps(made(0, error, config=config)), encoding="utf-8")
    assert cells(scale_table(["resnet-20"]))[1] == [
        "ResNet-20, option A", "80.00 %", "78.00 %", "90.00 %",
    ]  # fmt: skip


def test_every_run_has_its_provenance(shelf):
    found = cells(provenance_table(["e"]))
    assert len(found) == 1 + 3
    rows = {(row[0], row[1]): row[2:] for row in found[1:]}
    assert rows["ResNet-20, option A", "fast"] == [
        "0, 1, 2", "2", "Chip, 2 threads", "bf16", "2.9.1", "2.0",
    ]  # fmt: skip
    assert rows["ResNet-20, option A", "brief"][1] == "1,200 steps"
    (only,) = cells(provenance_table([("e", "plain-20", "fast")]))[1:]
    assert only[:2] == ["plain-20", "fast"]


def test_networks_that_were_trained_alike_share_a_row(shelf):
    for seed in (0, 1, 2):
        times = {"train_seconds": 600.0}
        file_run(shelf, made(seed, 0.2, model="plain-8", timing=times), model="plain-8")
    _, fast, brief = cells(provenance_summary(["e"]))
    assert brief[:4] == ["ResNet-20, option A", "brief", "0, 1, 2", "1,200 steps"]
    assert fast[0] == "plain-8; plain-20; ResNet-20, option A"
    assert (brief[-1], fast[-1]) == ("2.0", "2.0 to 10.0")


def test_a_network_with_fewer_seeds_has_a_row_of_its_own(shelf):
    shown = cells(provenance_summary([("e", "plain-20", "fast", (0, 2)), ("e", "resnet-20")]))
    assert [row[0] for row in shown[1:]] == ["plain-20", *["ResNet-20, option A"] * 2]


def test_minutes_are_a_median_which_one_slow_run_does_not_move(shelf):
    path = shelf / "e" / "resnet-20_fast_seed2.json"
    path.write_text(json.dumps(made(2, 0.12, timing={"train_seconds": 60_000.0})), encoding="utf-8")
    (row,) = cells(provenance_table([("e", "resnet-20", "fast")]))[1:]
    assert row[-1] == "2.0"


def test_a_page_that_shows_some_seeds_names_these_alone(shelf):
    (row,) = cells(provenance_table([("e", "resnet-20", "fast", (0, 2))]))[1:]
    assert row[2] == "0, 2"
    assert [run["seed"] for run in load_runs("e", "resnet-20", "fast", (2, 0, 5))] == [0, 2]
    with pytest.raises(ResultError, match="no record of resnet-20"):
        load_runs("e", "resnet-20", "fast", (7,))


def test_a_table_of_means_says_over_how_many_seeds_they_are(shelf):
    of_three = load_runs("e", "resnet-20", "fast")
    of_two = of_three[:2]
    assert "over three seeds" in accuracy_table({"resnet-20": of_three}).markup
    assert "over two to three seeds" in class_table({"a": of_three, "b": of_two}, "ab").markup
    printed = {"resnet-20": {"epoch_losses": [2.25, 1.5]}}
    assert "over three seeds" in printed_losses_table(printed, "e", "fast").markup


def test_classes_stand_in_rows_and_networks_in_columns():
    found = cells(class_table({"a": [made(0, 0.1)], "b": [made(1, 0.1)]}, ["cat", "dog"]))
    assert found == [["class", "a", "b"], ["cat", "25.0 %", "25.0 %"], ["dog", "50.0 %", "50.0 %"]]


def test_the_commonest_mistake_is_no_right_answer():
    assert common_mistake([[90, 1, 2], [7, 80, 3], [4, 5, 99]]) == (1, 0)
    assert common_mistake([[0, 1], [2, 0]]) == (1, 0)


# Speed ---------------------------------------------------------------------------------------


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> None:
    """A benchmark in which the usual loop makes 100 images a second, every other loop 250."""
    other = {"median": 250.0, "lower": 240.0, "upper": 2600.0}
    rates = dict.fromkeys(summaries.SPEED_ROWS, other)
    rates["usual loop"] = {"median": 100.0, "lower": 90.0, "upper": 110.0}
    seconds = {"usual loop": 5_000.0, "fast recipe": 1_250.0}
    made_up = {"machine": MACHINE, "images_per_second": rates, "run_seconds_50k_images": seconds}
    monkeypatch.setattr(summaries, "load_benches", lambda: [made_up])


def test_rates_are_compared_with_the_usual_loop(bench):
    rows = cells(speed_table())[1:]
    assert rows[0] == ["Chip, 2 threads", "usual loop", "100", "90 to 110", "1.00"]
    assert rows[1] == ["Chip, 2 threads", summaries.SPEED_ROWS[1], "250", "240 to 2,600", "2.50"]
    # Half on small and half on full images, both at 250: 250 altogether.
    assert rows[-1][1:] == [f"{SAME}, a whole run", "250", "from the two above", "2.50"]
    assert len(rows) == len(summaries.SPEED_ROWS) + 1


def test_the_share_of_the_usual_time_is_in_percent(bench):
    assert cells(budget_table())[1] == ["Chip, 2 threads", "5,000 s", "1,250 s", "25%"]


# What waits ----------------------------------------------------------------------------------


def test_an_experiment_waits_until_its_last_run_is_recorded(shelf):
    wanted = runs("fast-20")
    assert len(wanted) == 3
    for run in wanted[:-1]:
        records.record_path("fast-20", run.name).parent.mkdir(exist_ok=True)
        records.record_path("fast-20", run.name).touch()
    assert not is_recorded("fast-20")
    said = when_recorded("fast-20", lambda: pytest.fail("shown too early"))
    assert "trains its 3 networks" in said.data and EXPERIMENTS["fast-20"].question in said.data
    records.record_path("fast-20", wanted[-1].name).touch()
    assert is_recorded("fast-20") and when_recorded("fast-20", lambda: 7) == 7
    with pytest.raises(ValueError, match="unknown experiment"):
        is_recorded("fast-21")


def test_every_label_names_a_network_that_can_be_built():
    assert all(build(name) for name in labels.LABELS)
    options = {f"resnet-20-{ending}" for ending in labels.ENDINGS if ending != "plain"}
    assert all(build(name) for name in options | {"wide-20-plain"})
    assert labels.network_label("wide-20-plain") == "Wide-20, no shortcut"


HEADS = {
    "sizes": ["network", "parameters", "MACs an image"],
    "recipes": ["setting", "fast"],
    "printed": ["network", "printed (one run)", "ours (3 seeds)"],
    "losses": ["epoch", "ResNet-20, option A: printed", "ResNet-20, option A: ours"],
    "accuracies": ["network", "training accuracy", "test accuracy"],
    "twice": ["network", "recipe", "test accuracy", "each image also mirrored", "epochs", "seeds"],
    "provenance": ["network", "recipe", "seeds", "epochs", "device", "arithmetic", "PyTorch",
                   "minutes"],
    "summary": ["networks", "recipe", "seeds", "epochs", "device", "arithmetic", "PyTorch",
                "minutes"],
    "speed": ["device", "training loop", "images/s", "middle half",
              "speed / speed of the usual loop"],
    "budget": ["device", "usual loop", "fast recipe", "fast recipe as a share of the usual loop"],
    "classes": ["class", "a"],
}  # fmt: skip


def test_every_column_has_its_name(shelf, bench):
    printed = {"resnet-20": {"test_accuracy": 0.8765, "epoch_losses": [2.25, 1.5]}}
    where = ("e", "resnet-20", "fast")
    shown = {
        "sizes": size_table(["resnet-20"]),
        "recipes": recipe_table(["fast"], ["batch_size"]),
        "printed": printed_table(printed, "e", "fast"),
        "losses": printed_losses_table(printed, "e", "fast"),
        "accuracies": accuracy_table({"resnet-20": load_runs(*where)}),
        "twice": recipe_results([where]),
        "provenance": provenance_table([where]),
        "summary": provenance_summary([where]),
        "speed": speed_table(),
        "budget": budget_table(),
        "classes": class_table({"a": [made(0, 0.1)]}, ["cat", "dog"]),
    }
    assert {name: cells(table)[0] for name, table in shown.items()} == HEADS
