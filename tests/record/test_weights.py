"""Published weights: what is loaded is what the record describes."""

import json

import pytest
import torch
from safetensors import safe_open

from utils.data import cifar, cifar10
from utils.files.records import parse_record, record_path
from utils.record import weights
from utils.record.experiments import Run, runs
from utils.training.precision import resolve_precision

HERE = cifar.find(cifar10.SOURCE)
NAMES = sorted(weights.index())
each_name = pytest.mark.parametrize("name", NAMES)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A copy of the published files that a test may damage."""
    for path in weights.FOLDER.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    return tmp_path


@pytest.fixture
def kept(monkeypatch) -> tuple[Run, weights.Trained]:
    """A run whose weights are on this machine, whatever machine this is."""
    entry = weights.index()["resnet-14"]
    run = next(run for run in runs(entry["experiment"]) if run.name == entry["run"])
    trained = weights.load("resnet-14")
    mean, sd = trained.normaliser.mean, trained.normaliser.sd
    tensors = {**trained.net.state_dict(), "normaliser.mean": mean, "normaliser.sd": sd}
    contiguous = {name: tensor.contiguous() for name, tensor in tensors.items()}
    monkeypatch.setattr(weights, "kept", lambda run: contiguous)
    return run, trained


@each_name
def test_published_network_is_the_one_of_its_record(name):
    trained = weights.load(name)
    entry = weights.index()[name]
    record = parse_record(record_path(entry["experiment"], entry["run"]))
    assert trained.record == record
    assert sum(p.numel() for p in trained.net.parameters()) == record["parameters"]
    assert not trained.net.training
    with safe_open(weights.FOLDER / entry["file"], "pt") as file:
        assert file.metadata()["record"] == record["hash"]


@pytest.mark.skipif(HERE is None, reason="CIFAR-10 is not at hand (RESNET_BOOK_DATA)")
@each_name
def test_published_network_makes_the_mistakes_of_its_record_to_the_last_image(name):
    trained = weights.load(name)
    recorded = trained.record["machine"]["precision"]
    if resolve_precision("auto", torch.device("cpu")) != recorded:
        pytest.skip(f"recorded in {recorded}, which this processor does not have")
    assert weights.recount(trained) == trained.record["final"]["confusion"]


def test_all_published_files_together_stay_under_ten_megabytes():
    files = sorted(weights.FOLDER.glob("*.safetensors"))
    assert [path.stem for path in files] == NAMES
    assert sum(path.stat().st_size for path in files) < 10e6


def test_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(weights.WeightsError, match=r"no weights named 'resnet-9'.*resnet-20"):
        weights.load("resnet-9")


def test_one_changed_bit_is_noticed(folder):
    path = folder / "resnet-20.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(weights.WeightsError, match="not the published file"):
        weights.load("resnet-20")


def test_absent_file_and_damaged_index_say_how_to_restore_them(folder):
    (folder / "resnet-20.safetensors").unlink()
    with pytest.raises(weights.WeightsError, match="restore it with git"):
        weights.load("resnet-20")
    (folder / "index.json").write_text("{", encoding="utf-8")
    with pytest.raises(weights.WeightsError, match=r"index\.json cannot be read"):
        weights.load("resnet-20")


def test_weights_that_do_not_give_the_records_numbers_are_not_published(folder, kept, monkeypatch):
    before = (folder / "index.json").read_text(encoding="utf-8")
    monkeypatch.setattr(weights, "recount", lambda trained: [[10_000]])
    with pytest.raises(weights.WeightsError, match="do not give the numbers"):
        weights.publish("other", kept[0])
    assert (folder / "index.json").read_text(encoding="utf-8") == before
    assert not (folder / "other.safetensors").exists()


def test_published_and_loaded_again_is_the_same_network(folder, kept, monkeypatch):
    run, trained = kept
    monkeypatch.setattr(weights, "recount", lambda net: trained.record["final"]["confusion"])
    weights.publish("other", run)
    again = weights.load("other")
    assert set(json.loads((folder / "index.json").read_text(encoding="utf-8"))) == {*NAMES, "other"}
    image = torch.randint(0, 256, (4, 3, 32, 32), dtype=torch.uint8)
    with torch.no_grad():
        expected = trained.net(trained.normaliser(image))
        assert torch.equal(again.net(again.normaliser(image)), expected)


def test_run_that_was_never_trained_here_is_refused_with_the_command(tmp_path, monkeypatch):
    monkeypatch.setattr("utils.record.runs.CHECKPOINTS", tmp_path)
    with pytest.raises(weights.WeightsError, match=r"python -m utils\.record fast-20"):
        weights.kept(runs("fast-20")[0])


def test_command_line_lists_and_refuses_an_unknown_run(capsys):
    assert weights.main([]) == 0
    assert "resnet-20" in capsys.readouterr().out
    assert weights.main(["--publish", "x", "fast-20", "resnet-99_fast_seed0"]) == 1
    assert "no run" in capsys.readouterr().err
