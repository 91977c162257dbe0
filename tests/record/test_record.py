"""Records are complete, true to the code, and survive accidents."""

import json
import textwrap
from dataclasses import replace
from functools import cache
from pathlib import Path

import fresh
import pytest
import torch

from utils import data
from utils.chapters.shared import is_recorded, waiting, when_recorded
from utils.chapters.simplecnn_vs_resnet import control as mistakes
from utils.data import sets
from utils.data.augment import Normaliser
from utils.files import records
from utils.files.records import ResultError, parse_record
from utils.models.counting import count_macs, count_parameters
from utils.models.networks import build
from utils.record import experiments
from utils.record import runs as record
from utils.record.experiments import EXPERIMENTS, Run, runs
from utils.record.measure import MEASUREMENTS
from utils.record.runs import main, record_path
from utils.results.runs import load_runs
from utils.results.spread import accuracy, curves, spread
from utils.training.judging import confident_mistakes, confusion_matrix
from utils.training.prediction import error_of, predict
from utils.training.recipes import TrainConfig, recipe

ROOT = Path(__file__).parents[2]
TINY = TrainConfig("tiny", learning_rate=0.02, batch_size=256, epochs=2)


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """An experiment on the digits that writes to a temporary folder."""
    monkeypatch.setattr(records, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(record, "CHECKPOINTS", tmp_path / "checkpoints")
    chosen = experiments.Experiment("Does it work?", (("simple-cnn", TINY),), dataset="digits")
    monkeypatch.setitem(EXPERIMENTS, "tiny", chosen)
    return tmp_path


def recorded_files() -> list[Path]:
    """Records of trainings; ``bench*`` hold timings of devices, others measurements."""
    found = sorted((ROOT / "results").glob("*/*.json"))
    folders = {path.parent.name for path in found if not path.parent.name.startswith("bench")}
    return [path for path in found if path.parent.name in folders - set(MEASUREMENTS)]


@pytest.mark.slow
def test_a_record_holds_all_that_is_needed_to_repeat_it(desk, capsys):
    assert main(["tiny", "--device", "cpu", "--seeds", "0"]) == 0
    assert "tiny/simple-cnn_tiny_seed0: recorded" in capsys.readouterr().out
    written = json.loads(
        (desk / "results/tiny/simple-cnn_tiny_seed0.json").read_text(encoding="utf-8")
    )
    assert written["config"] == TINY.as_dict()
    assert written["dataset"]["sha256"] == data.load("digits").sha256
    assert written["parameters"] == 34_634
    assert written["machine"]["versions"]["torch"] == torch.__version__
    assert [epoch["epoch"] for epoch in written["history"]] == [1, 2]
    assert written["final"]["selection"] == "last epoch"
    assert written["final"]["test_error"] == written["history"][-1]["test_error"]
    confusion = torch.tensor(written["final"]["confusion"])
    assert confusion.sum() == 359
    right = confusion.diagonal().sum().item()
    assert written["final"]["test_error"] == pytest.approx(1 - right / 359)
    assert written["timing"]["wall_seconds"] >= written["timing"]["train_seconds"] > 0
    (left,) = (desk / "checkpoints").rglob("*.pt")
    assert left.parent == desk / "checkpoints/weights/tiny"
    net = build("simple-cnn", 10)
    net.load_state_dict(torch.load(left, weights_only=True)["net"])
    digits = data.load("digits")
    normaliser = Normaliser.fit(digits.train.images, TINY.normalise)
    views = [predict(net, x, normaliser) for x in (digits.test.images, digits.test.images.flip(3))]
    assert written["final"]["test_error"] == error_of(views[0], digits.test.labels)
    assert written["final"]["test_error_two_views"] == error_of(sum(views), digits.test.labels)


@pytest.mark.slow
def test_final_numbers_are_renewed_from_kept_weights_only_if_the_old_ones_come_out(desk, capsys):
    main(["tiny", "--device", "cpu", "--seeds", "0"])
    path = desk / "results/tiny/simple-cnn_tiny_seed0.json"
    first = json.loads(path.read_text(encoding="utf-8"))
    older = json.loads(path.read_text(encoding="utf-8"))
    del older["final"]["test_error_two_views"]
    path.write_text(json.dumps(older), encoding="utf-8")
    main(["tiny", "--device", "cpu", "--seeds", "0", "--judge"])
    assert "judged again" in capsys.readouterr().out
    assert json.loads(path.read_text(encoding="utf-8")) == first

    older["final"]["test_error"] += 0.01
    path.write_text(json.dumps(older), encoding="utf-8")
    main(["tiny", "--device", "cpu", "--seeds", "0", "1", "--judge"])
    shown = capsys.readouterr().out
    assert "seed0: kept as it was" in shown
    assert "seed1: no record to renew" in shown
    assert json.loads(path.read_text(encoding="utf-8")) == older


@pytest.mark.slow
def test_finished_runs_are_skipped_and_stale_ones_kept(desk, capsys, monkeypatch):
    main(["tiny", "--device", "cpu", "--seeds", "0"])
    path = desk / "results/tiny/simple-cnn_tiny_seed0.json"
    before = path.read_bytes()
    assert main(["tiny", "--device", "cpu", "--seeds", "0"]) == 0
    assert "finished before" in capsys.readouterr().out
    assert path.read_bytes() == before
    assert main(["tiny", "--device", "cpu", "--seeds", "0", "--replace"]) == 0
    assert ": recorded" in capsys.readouterr().out
    before = path.read_bytes()

    changed = experiments.Experiment(
        "", (("simple-cnn", replace(TINY, learning_rate=0.03)),), dataset="digits"
    )
    monkeypatch.setitem(EXPERIMENTS, "tiny", changed)
    assert main(["tiny", "--device", "cpu", "--seeds", "0"]) == 1
    assert "stale" in capsys.readouterr().out
    assert path.read_bytes() == before
    assert main(["tiny", "--device", "cpu", "--seeds", "0", "--replace"]) == 0
    assert json.loads(path.read_text(encoding="utf-8"))["config"]["learning_rate"] == 0.03


@pytest.mark.slow
def test_damaged_record_is_kept_aside_and_recorded_anew(desk, capsys):
    path = desk / "results/tiny/simple-cnn_tiny_seed0.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"schema": 1, "final":', encoding="utf-8")
    assert main(["tiny", "--device", "cpu", "--seeds", "0"]) == 0
    assert "recording anew" in capsys.readouterr().out
    assert parse_record(path)["seed"] == 0
    assert (
        path.with_name(path.name + ".damaged").read_text(encoding="utf-8")
        == '{"schema": 1, "final":'
    )


RECORDER = """
    import sys
    from pathlib import Path
    from utils.files import records
    from utils.record import experiments, runs as record
    from utils.training.recipes import TrainConfig
    records.RESULTS = Path(sys.argv[1]) / "results"
    record.CHECKPOINTS = Path(sys.argv[1]) / "checkpoints"
    config = TrainConfig("tiny", learning_rate=0.02, batch_size=128, epochs=8)
    experiments.EXPERIMENTS["tiny"] = experiments.Experiment(
        "", (("simple-cnn", config),), dataset="digits")
    sys.exit(record.main(["tiny", "--device", "cpu", "--seeds", "0", "--threads", "1"]))
"""


def test_a_killed_recording_resumes_where_it_was(tmp_path):
    recorder = textwrap.dedent(RECORDER), str(tmp_path)
    process = fresh.start(*recorder)
    process.wait_for("epoch 3/8")
    process.kill()
    assert not (tmp_path / "results").exists()
    assert fresh.run(*recorder).returncode == 0
    written = parse_record(tmp_path / "results/tiny/simple-cnn_tiny_seed0.json")
    assert written["timing"]["resumed_after_epochs"][0] >= 3
    assert [epoch["epoch"] for epoch in written["history"]] == list(range(1, 9))


def test_list_and_dry_run_train_nothing(desk, capsys, monkeypatch):
    monkeypatch.setattr(record, "perform", lambda *args: pytest.fail("trained"))
    assert main(["--list"]) == 0
    assert "Does it work?" in capsys.readouterr().out
    assert main(["tiny", "--dry-run"]) == 0
    assert capsys.readouterr().out.count("to do") == 3


def test_an_experiment_with_seeds_of_its_own_is_complete_with_these(desk, capsys, monkeypatch):
    more = replace(EXPERIMENTS["tiny"], seeds=(0, 1, 2, 3, 4))
    monkeypatch.setitem(EXPERIMENTS, "tiny", more)
    assert [run.seed for run in runs("tiny")] == [0, 1, 2, 3, 4]
    assert [run.seed for run in runs("tiny", (7,))] == [7]
    main(["tiny", "--dry-run"])
    assert capsys.readouterr().out.count("to do") == 5
    main(["tiny", "--dry-run", "--seeds", "1", "8"])
    assert "seed8: to do" in (shown := capsys.readouterr().out) and shown.count("to do") == 2
    for run in runs("tiny", experiments.SEEDS):
        (path := record_path("tiny", run.name)).parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    main(["--list"])
    assert "3/5 recorded" in capsys.readouterr().out
    assert not is_recorded("tiny") and "trains its 5 networks" in waiting("tiny")


def test_headlines_have_the_ten_seeds_that_were_fixed_before_their_runs():
    more: dict[tuple[str, ...], set[int]] = {}
    for name in EXPERIMENTS:
        for run in runs(name):
            more.setdefault((name, run.model, run.config.recipe), set()).add(run.seed)
    # Runs that choose a recipe prove nothing, so one seed of each is enough.
    tuning = [more.pop(each) for each in list(more) if each[0] == "wide-tuning"]
    assert tuning and all(seeds == {0} for seeds in tuning)
    ten, five, usual = set(range(10)), set(range(5)), set(experiments.SEEDS)
    assert {setting: seeds for setting, seeds in more.items() if seeds != usual} == {
        ("shortcut-control", "resnet-14", "fast"): ten,
        ("shortcut-control", "plain-14", "fast"): ten,
        ("shortcut-control", "simple-cnn", "fast"): ten,
        ("short-budgets", "resnet-14", "fast-3"): ten,
        ("fast-without", "resnet-14", "fast-3-full-size"): ten,
        ("fast-without", "resnet-14", "fast-3-zero-padding"): ten,
        ("degradation", "plain-20", "fast-half-size"): five,
        ("degradation", "plain-56", "fast-half-size"): five,
        **dict.fromkeys(
            (
                ("wide-shortcut", f"wide-{depth}{kind}", "muon-2-half-size")
                for depth in (8, 14, 20)
                for kind in ("", "-plain")
            ),
            five,
        ),
        **{
            ("wide-without", run.model, run.config.recipe): five
            for run in runs("wide-without", seeds=(0,))
        },
        ("pre-activation", "preact-56", "brief-1200"): ten,
        # The first three stand in another experiment.
        ("pre-activation", "resnet-56", "brief-1200"): ten - usual,
    }


def test_runs_come_seed_by_seed_and_some_recipes_have_more_seeds():
    found = [(run.seed, run.config.recipe) for run in runs("short-budgets")]
    assert found[:4] == [(0, "fast-1"), (0, "fast-2"), (0, "fast-3"), (1, "fast-1")]
    assert found[9:] == [(seed, "fast-3") for seed in range(3, 10)]
    assert {run.seed for run in runs("short-budgets", seeds=(7,))} == {7}


def test_unknown_experiment_lists_the_known_ones(capsys):
    with pytest.raises(SystemExit):
        main(["depht"])
    assert "shortcut-control" in capsys.readouterr().err


def test_there_are_records_to_check():
    assert recorded_files()


@cache
def counts(model: str, size: int) -> tuple[int, int]:
    """Parameters and MACs of a network today; many runs share one."""
    net = build(model)
    return count_parameters(net), count_macs(net, size)


@pytest.mark.parametrize("path", recorded_files(), ids=lambda path: path.stem)
def test_recorded_run_matches_the_code_that_would_run_it_today(path):
    written = parse_record(path)
    known = {run.name: run for run in runs(written["experiment"], (written["seed"],))}
    run = known[written["run"]]
    assert written["hash"] == run.hash()
    size = 16 if run.dataset == "cifar10-16" else 32
    assert (written["parameters"], written["macs"]) == counts(run.model, size)
    assert written["dataset"]["name"] == run.dataset
    today = run.config.as_dict()
    assert {key: today[key] for key in written["config"]} == written["config"]
    assert written["final"]["selection"] == "last epoch"
    assert written["final"]["test_error"] == written["history"][-1]["test_error"]


def test_recorded_runs_used_the_official_cifar10():
    from utils.data.cifar10 import PIXELS_SHA256

    found = [parse_record(path)["dataset"] for path in recorded_files()]
    hashes = {
        "cifar10": PIXELS_SHA256,
        "cifar10-16": sets.HALF_CIFAR10_SHA256,
        "cifar10-held-back": sets.HELD_BACK_CIFAR10_SHA256,
    }
    assert found and all(each["sha256"] == hashes[each["name"]] for each in found)


@pytest.mark.parametrize("name", sorted({path.parent.name for path in recorded_files()}))
def test_an_experiment_that_is_recorded_is_recorded_with_all_seeds(name):
    recorded = {parse_record(p)["run"] for p in (ROOT / "results" / name).glob("*.json")}
    assert recorded == {run.name for run in runs(name)}
    assert len(experiments.SEEDS) >= 3


def stored_text(path: Path) -> str:
    """All text and Markdown that a notebook's outputs store."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    parts = [output.get("data", {}).get("text/markdown", "") for output in outputs]
    return "\n".join("".join(part) for part in parts)


def test_every_experiment_that_a_notebook_shows_is_recorded_or_said_to_wait():
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        text = path.read_text(encoding="utf-8")
        shown = {name for name in EXPERIMENTS if f'"{name}' in text.replace("\\", "")}
        measured = {name for name in MEASUREMENTS if f"utils.record.measure {name}" in text}
        assert measured <= {folder.name for folder in (ROOT / "results").iterdir()}
        for name in shown:
            assert is_recorded(name) != (waiting(name) in stored_text(path)), name


def test_results_appear_when_all_runs_are_recorded_and_until_then_the_command(desk):
    shown = when_recorded("tiny", lambda: "the result")
    assert "make record EXPERIMENT=tiny" in shown.data
    assert "Does it work?" in shown.data
    main(["tiny", "--device", "cpu", "--seeds", "0"])
    assert not is_recorded("tiny")
    for run in runs("tiny"):
        record_path("tiny", run.name).touch()
    assert when_recorded("tiny", lambda: "the result") == "the result"


def test_hash_changes_with_recipe_network_seed_and_data():
    base = Run("x", "resnet-14", recipe("fast"), 0)
    others = [
        replace(base, config=recipe("fast", epochs=11)),
        replace(base, model="plain-14"),
        replace(base, seed=1),
        replace(base, dataset="digits"),
    ]
    assert len({run.hash() for run in (base, *others)}) == 5
    assert replace(base, experiment="y").hash() == base.hash()


def test_confusion_matrix_by_hand():
    probabilities = torch.tensor([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    assert confusion_matrix(probabilities, torch.tensor([0, 1, 1])) == [[1, 0], [1, 1]]


def test_confident_mistakes_are_wrong_sorted_and_found_again_in_any_order():
    split = data.load("digits").test
    generator = torch.Generator().manual_seed(0)
    probabilities = torch.rand(len(split), 10, generator=generator).softmax(1)
    kept = confident_mistakes(probabilities, split, 5)
    assert all(m["label"] != m["predicted"] for m in kept)
    confidences = [m["confidence"] for m in kept]
    assert confidences == sorted(confidences, reverse=True)

    order = torch.randperm(len(split), generator=generator)
    found = mistakes.find_images([m["image"] for m in kept], split.subset(order))
    wrong = probabilities.argmax(1) != split.labels
    best = (probabilities.max(1).values * wrong).argmax()
    assert torch.equal(found[0], split.images[best])
    with pytest.raises(LookupError, match="test split"):
        mistakes.find_images(["00" * 32], split)


def test_spread_is_mean_and_sample_standard_deviation():
    summary = spread([0.86, 0.87, 0.88])
    assert (summary.mean, summary.sd) == (pytest.approx(0.87), pytest.approx(0.01))
    assert summary.percent() == "87.00 ± 1.00 %"
    assert spread([0.5]).percent(1) == "50.0 %"
    with pytest.raises(ValueError, match="no values"):
        spread([])


def test_missing_record_names_the_command_that_makes_it(desk):
    with pytest.raises(ResultError, match=r"python -m utils\.record tiny"):
        load_runs("tiny")


@pytest.mark.parametrize("text", ["", "[]", '{"schema": 1}', "nonsense"])
def test_corrupt_record_is_named(tmp_path, text):
    path = tmp_path / "run.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ResultError, match=r"run\.json .*restore it with git"):
        parse_record(path)


def test_curves_and_accuracy_over_seeds():
    made = [
        {"history": [{"epoch": 1, "test_error": e}], "final": {"test_error": e}}
        for e in (0.1, 0.2, 0.3)
    ]
    epochs, points = curves(made, "test_error")
    assert epochs == [1]
    assert points[0].mean == pytest.approx(0.2)
    assert accuracy(made).mean == pytest.approx(0.8)
    with pytest.raises(ResultError, match="different length"):
        curves([*made, {"history": []}], "test_error")


def test_record_path_is_under_results():
    assert record_path("e", "r") == ROOT / "results" / "e" / "r.json"
