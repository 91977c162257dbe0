"""Final numbers of a run, its optimiser, and what its record says of the machine."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from utils.data.augment import Normaliser, training_zoom
from utils.data.sets import Split, image_digest
from utils.files import records
from utils.record import machine
from utils.record import runs as record
from utils.record.experiments import runs
from utils.training import judging
from utils.training.distributed import Workers
from utils.training.judging import confident_mistakes, confusion_matrix, judge
from utils.training.optimisers import make_optimiser
from utils.training.precision import autocast
from utils.training.prediction import error_of
from utils.training.recipes import TrainConfig
from utils.training.trainer import EpochRecord, TrainResult

NONE = Normaliser(torch.zeros(1), torch.ones(1))


def split(count: int, seed: int) -> Split:
    draw = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 256, (count, 3, 8, 8), generator=draw, dtype=torch.uint8)
    return Split(images, torch.randint(0, 4, (count,), generator=draw))


def epoch(number: int, **changes: object) -> EpochRecord:
    fields = {"epoch": number, "train_loss": 1.0, "train_error": 0.5 / number, "test_error": 0.25,
              "learning_rate": 0.1, "seconds": 2.0 * number, "images": 300}  # fmt: skip
    return EpochRecord(**{**fields, **changes})


@pytest.fixture
def result() -> TrainResult:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(3 * 64, 4)).eval()
    return TrainResult(net, [epoch(1), epoch(2), epoch(4)], NONE, "fp32")


def probabilities(result: TrainResult, images: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return result.net(images.float() / 255).softmax(1)


def test_every_final_number_is_of_the_images_it_names(result, monkeypatch):
    monkeypatch.setattr(judging, "TRAIN_IMAGES_JUDGED", 7)
    test, train = split(60, 1), split(40, 2)
    final = judge(result, test, train)
    one = probabilities(result, test.images)
    mirrored = probabilities(result, test.images.flip(3))
    zoomed = probabilities(result, training_zoom(test.images))

    def error(found: torch.Tensor, labels: torch.Tensor) -> float:
        return sum(int(a != b) for a, b in zip(found.argmax(1), labels, strict=True)) / len(labels)

    assert final["test_error"] == pytest.approx(error(one, test.labels))
    assert final["test_error_two_views"] == pytest.approx(error(one + mirrored, test.labels))
    assert final["test_error_zoomed"] == pytest.approx(error(zoomed, test.labels))
    clean = error(probabilities(result, train.images[:7]), train.labels[:7])
    assert final["train_error_clean"] == pytest.approx(clean)
    assert final["train_error"] == 0.125  # of the last epoch, which is called the fourth
    assert final["selection"] == "last epoch"
    assert final["confusion"] == confusion_matrix(one, test.labels)
    assert len({final[k] for k in final if k.endswith(("error", "views", "zoomed", "clean"))}) > 3
    assert len(final["confident_mistakes"]) == 12


def test_a_confusion_has_the_true_class_in_its_row():
    found = torch.eye(3)[[0, 2, 2, 1]]
    assert confusion_matrix(found, torch.tensor([0, 0, 2, 0])) == [[1, 1, 1], [0, 0, 0], [0, 0, 1]]
    # A class that is neither there nor named has its row and its column too.
    assert confusion_matrix(found[:1], torch.tensor([0])) == [[1, 0, 0], [0, 0, 0], [0, 0, 0]]


def test_confident_mistakes_are_named_by_their_images_with_six_digits():
    images = split(4, 3)
    images = Split(images.images, torch.tensor([0, 1, 0, 1]))
    found = torch.tensor([[0.3, 0.7], [0.2, 0.8], [0.1, 0.9], [0.6543217, 0.3456783]])
    first, second = confident_mistakes(found, images, 2)
    assert (first["label"], first["predicted"], first["confidence"]) == (0, 1, 0.9)
    assert first["image"] == image_digest(images.images[2], 0).hex()
    assert second["confidence"] == 0.7
    assert confident_mistakes(found, images, 3)[2]["confidence"] == 0.654322


def test_time_and_rate_of_a_run_are_sums_over_its_epochs(result):
    assert result.seconds == 2 + 4 + 8
    assert result.images_per_second == pytest.approx(900 / 14)
    assert (result.interrupted, result.resumed_after) == (False, [])


def test_an_error_is_the_share_of_wrong_answers():
    found = torch.eye(4)[[0, 1, 2, 3]]
    assert error_of(found, torch.tensor([0, 1, 2, 0])) == 0.25
    assert error_of(found, torch.tensor([0, 1, 2, 3])) == 0


def test_optimisers_take_what_the_recipe_says():
    net = nn.Linear(2, 2)
    config = TrainConfig("a", learning_rate=0.3, momentum=0.8, nesterov=True, weight_decay=0.01)
    (group,) = make_optimiser(net, config).param_groups
    taken = (group["lr"], group["momentum"], group["nesterov"], group["weight_decay"])
    assert taken == (0.3, 0.8, True, 0.01) and len(group["params"]) == 2
    adam = TrainConfig("a", optimiser="adam", learning_rate=0.2, weight_decay=0.02)
    made = make_optimiser(net, adam)
    assert isinstance(made, torch.optim.Adam)
    assert (made.param_groups[0]["lr"], made.param_groups[0]["weight_decay"]) == (0.2, 0.02)


@pytest.mark.parametrize(
    ("precision", "dtype"),
    [("fp32", torch.float32), ("bf16", torch.bfloat16), ("fp16", torch.float16)],
)
def test_products_are_made_in_the_named_precision(precision, dtype):
    with autocast(precision, torch.device("cpu")):
        assert nn.functional.linear(torch.ones(2, 2), torch.ones(2, 2)).dtype == dtype


# The machine ---------------------------------------------------------------------------------


def test_a_record_names_the_machine_by_what_it_says_of_itself(monkeypatch):
    place = Workers(0, 1, torch.device("cpu"))
    found = machine.describe_machine(place, "bf16")
    assert (found["device_type"], found["processes"], found["precision"]) == ("cpu", 1, "bf16")
    assert found["threads"] == torch.get_num_threads() and found["cores"] == os.cpu_count()
    assert found["platform"] == platform.platform(terse=True)
    assert found["versions"]["torch"] == torch.__version__ and found["versions"]["cuda"] is None
    said = "processor\t: 0\nmodel name\t: A Chip: 3 GHz\nmodel name\t: other\n"
    monkeypatch.setattr(Path, "read_text", lambda self, encoding: said)
    monkeypatch.setattr(Path, "exists", lambda self: str(self) == "/proc/cpuinfo")
    assert machine.device_name(torch.device("cpu")) == "A Chip: 3 GHz"
    monkeypatch.setattr(Path, "exists", lambda self: False)
    monkeypatch.setattr(machine.platform, "processor", lambda: "")
    monkeypatch.setattr(machine.platform, "machine", lambda: "x86_64")
    assert machine.device_name(torch.device("cpu")) == "x86_64"


@pytest.mark.parametrize(("changes", "mark"), [("", ""), (" M utils/models/networks.py\n", "+")])
def test_a_commit_has_a_plus_when_the_code_differs_from_it(monkeypatch, changes, mark):
    def run(command: list[str], cwd: Path, **_: object) -> SimpleNamespace:
        assert cwd == Path(record.__file__).parents[2]
        return SimpleNamespace(stdout="abc\n" if "rev-parse" in command else changes)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(machine, "code_state", machine.code_state.__wrapped__)
    assert machine.code_state()["git_commit"] == f"abc{mark}"


def test_without_git_the_commit_is_unknown(monkeypatch):
    def run(*_: object, **__: object) -> None:
        raise FileNotFoundError("git")

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(machine, "code_state", machine.code_state.__wrapped__)
    assert machine.code_state()["git_commit"] == "unknown"


def test_an_epoch_is_told_in_one_line(capsys):
    run, *_ = runs("fast-20")
    record._print_epoch(run)(EpochRecord(2, 1.5, 0.1234, 0.2345, 0.1, 61.4, 100))
    assert capsys.readouterr().out == (
        f"{run.name}: epoch 2/{run.config.epochs}, train error 12.34%, test error 23.45%, 61 s\n"
    )


def test_a_run_that_is_interrupted_says_so_and_writes_no_record(monkeypatch, tmp_path):
    monkeypatch.setattr(records, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(record, "CHECKPOINTS", tmp_path / "checkpoints")
    monkeypatch.setattr(record, "perform", lambda *_: None)
    run, *_ = runs("fast-20")
    assert record.record(run, Workers(0, 1, torch.device("cpu"))) == "interrupted"
    assert not record.record_path(run.experiment, run.name).exists()


def test_a_dry_run_tells_what_is_recorded_and_what_is_to_do(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(records, "RESULTS", tmp_path)
    first, second, third = runs("fast-20")
    path = record.record_path(second.experiment, second.name)
    path.parent.mkdir(parents=True)
    path.touch()
    assert record.main(["fast-20", "--dry-run"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"fast-20/{first.name}: to do",
        f"fast-20/{second.name}: recorded",
        f"fast-20/{third.name}: to do",
    ]


def test_checkpoints_and_weights_of_runs_do_not_share_a_file(monkeypatch, tmp_path):
    monkeypatch.setattr(record, "CHECKPOINTS", tmp_path)
    first, second, _ = runs("fast-20")
    paths = {make(run) for make in (record.checkpoint_path, record.weights_path)
             for run in (first, second)}  # fmt: skip
    assert len(paths) == 4
    assert record.checkpoint_path(first).parent == tmp_path / "fast-20"
    assert record.weights_path(first).parent == tmp_path / "weights" / "fast-20"
    assert first.hash() in record.weights_path(first).name


def test_the_command_chooses_runs_by_seed_and_text_and_goes_on_after_an_interruption(
    monkeypatch, capsys
):
    done: list[str] = []
    outcomes = iter(["recorded", "stale", "finished before"])

    def pretend(run, place, replace, side_by_side) -> str:
        done.append(f"{run.name} {replace}")
        return next(outcomes)

    monkeypatch.setattr(record, "record", pretend)
    command = ["shortcut-control", "fast-20", "--seeds", "1", "4", "--only", "resnet"]
    assert record.main([*command, "--device", "cpu", "--only", "resnet-14"]) == 1
    assert done == ["resnet-14_fast_seed1 False", "resnet-14_fast_seed4 False"]
    said = capsys.readouterr().out
    assert "shortcut-control/resnet-14_fast_seed4: stale" in said and "--replace" in said
    assert record.main(["fast-20", "--device", "cpu", "--seeds", "0", "--replace"]) == 0
    assert done[-1] == "resnet-20_fast_seed0 True"
    monkeypatch.setattr(record, "record", lambda *_: "interrupted")
    assert record.main(["fast-20", "--device", "cpu"]) == 130
    monkeypatch.setattr(record, "judge_again", lambda *_: "judged again")
    assert record.main(["fast-20", "--device", "cpu", "--judge"]) == 0
    assert capsys.readouterr().out.count("judged again") == 3
