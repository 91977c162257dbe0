"""Weights are found in files as strangers wrote them, and other files get a sentence that helps."""

import argparse

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from utils.files.foreign import ForeignFileError, read_foreign


@pytest.fixture
def net() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 2, 1))


def same(found: dict, wanted: dict) -> bool:
    return found.keys() == wanted.keys() and all(torch.equal(found[k], wanted[k]) for k in wanted)


@pytest.mark.parametrize("suffix", ["pt", "pth", "th", "tar", "safetensors"])
def test_a_file_gives_back_the_tensors_that_were_saved(tmp_path, net, suffix):
    path = tmp_path / f"weights.{suffix}"
    (save_file if suffix == "safetensors" else torch.save)(net.state_dict(), path)
    found = read_foreign(path)
    assert same(found.tensors, net.state_dict())
    assert (found.source, found.entry, found.beside) == (path.name, "", ())
    assert found.ordered == (suffix != "safetensors")


@pytest.mark.parametrize(
    ("wrap", "entry", "beside"),
    [
        (lambda state: {"state_dict": state, "epoch": 3}, "state_dict", ("epoch",)),
        (lambda state: {"net": state, "acc": torch.tensor(9.1)}, "net", ("acc",)),
        (lambda state: {"epoch": 1, "models": {"student": state}}, "models.student", ("epoch",)),
        (lambda state: {**state, "epoch": 3}, "", ("epoch",)),
    ],
)
def test_wrapping_is_taken_off_and_what_lay_beside_is_named(net, wrap, entry, beside):
    found = read_foreign(wrap(net.state_dict()))
    assert same(found.tensors, net.state_dict())
    assert (found.entry, found.beside) == (entry, beside)


def test_an_optimisers_tensors_are_no_weights(net):
    optimiser = torch.optim.SGD(net.parameters(), 0.1, momentum=0.9)
    net(torch.randn(2, 3, 8, 8)).sum().backward()
    optimiser.step()
    found = read_foreign({"optimizer": optimiser.state_dict(), "model": net.state_dict()})
    assert found.entry == "model"
    with pytest.raises(ForeignFileError, match="no tensor called weight"):
        read_foreign({"optimizer": {**optimiser.state_dict(), "weight": torch.ones(1)}})


def test_two_sets_of_weights_are_told_apart_by_the_reader_only(net):
    both = {"state_dict": net.state_dict(), "ema": {k: v + 1 for k, v in net.state_dict().items()}}
    with pytest.raises(ForeignFileError, match=r"2 sets of weights .'state_dict', 'ema'.*entry="):
        read_foreign(both)
    assert same(read_foreign(both, "ema").tensors, both["ema"])
    with pytest.raises(ForeignFileError, match=r"no weights under entry='emma'.*'ema'"):
        read_foreign(both, "emma")


def test_a_file_that_was_saved_on_a_missing_gpu_lands_on_the_cpu(tmp_path, net, monkeypatch):
    path = tmp_path / "gpu.pt"
    with monkeypatch.context() as patch:
        patch.setattr(torch.serialization, "location_tag", lambda storage: "cuda:7")
        torch.save(net.state_dict(), path)
    if not torch.cuda.is_available():
        with pytest.raises(RuntimeError, match="map_location"):
            torch.load(path, weights_only=True)
    assert {value.device.type for value in read_foreign(path).tensors.values()} == {"cpu"}


def test_sorted_names_say_nothing_about_the_order_of_layers(net):
    assert read_foreign(net.state_dict()).ordered
    assert not read_foreign(dict(sorted(net.state_dict().items()))).ordered


WRITTEN = {
    "page": (b"<!DOCTYPE html><html>", "is a web page"),
    "pointer": (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
    "text": (b"conv1 0.1 0.2", "not a file that torch.save wrote"),
    "empty": (b"", "fetch it again"),
}


@pytest.mark.parametrize("kind", WRITTEN)
def test_what_is_no_file_of_weights_is_called_what_it_is(tmp_path, kind):
    content, why = WRITTEN[kind]
    path = tmp_path / "weights.pth"
    path.write_bytes(content)
    with pytest.raises(ForeignFileError, match=why):
        read_foreign(path)


@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
def test_half_a_file_is_refused(tmp_path, net, suffix):
    path = tmp_path / f"weights.{suffix}"
    (save_file if suffix == "safetensors" else torch.save)(net.state_dict(), path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ForeignFileError, match="fetch it again"):
        read_foreign(path)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (lambda net: {"args": argparse.Namespace(lr=1), "net": net.state_dict()},
         r"argparse.Namespace.*torch.save\(net.state_dict\(\), PATH\)"),
        (lambda net: net, "holds a Python object .*state_dict"),
        (lambda net: [net.state_dict()], "holds a list"),
        (lambda net: {"epoch": 3, "best": 91.2}, "no tensor called weight.*'epoch', 'best'"),
        (lambda net: {}, "its first keys are none"),
    ],
)  # fmt: skip
def test_a_file_without_plain_weights_says_what_it_holds(tmp_path, net, content, why):
    path = tmp_path / "weights.pth"
    torch.save(content(net), path)
    with pytest.raises(ForeignFileError, match=why):
        read_foreign(path)


@pytest.mark.filterwarnings("ignore")
def test_a_compiled_network_is_named_with_the_way_to_its_weights(tmp_path, net):
    path = tmp_path / "script.pt"
    torch.jit.save(torch.jit.trace(net.eval(), torch.zeros(1, 3, 8, 8)), path)
    with pytest.raises(ForeignFileError, match=r"torch.jit.load"):
        read_foreign(path)


def test_what_is_neither_path_nor_dictionary_is_refused(tmp_path, net):
    with pytest.raises(FileNotFoundError, match="relative paths begin at"):
        read_foreign(tmp_path / "absent.pt")
    with pytest.raises(TypeError, match=r"Sequential is a network.*net.state_dict\(\)"):
        read_foreign(net)
    with pytest.raises(TypeError, match="not list"):
        read_foreign([1, 2])
    with pytest.raises(ForeignFileError, match="meta device"):
        read_foreign(nn.Conv2d(1, 1, 1, device="meta").state_dict())
