"""A stranger's weights arrive in the right layers, or nothing changes and a sentence says why."""

from collections.abc import Callable

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torchvision.models import resnet18
from torchvision.models.vgg import cfgs, make_layers

from utils.models import build, imagenet_net
from utils.models.given import NotGiven, inspect_given, load_given

State = dict[str, Tensor]


def drawn(net: nn.Module, seed: int = 1) -> State:
    """Other values for every tensor of a network, statistics too."""
    made = torch.Generator().manual_seed(seed)
    return {
        name: torch.rand(value.shape, generator=made) if value.is_floating_point() else value + 7
        for name, value in net.state_dict().items()
    }


def renamed(state: State, *changes: tuple[str, str], prefix: str = "") -> State:
    found = {}
    for name, value in state.items():
        for old, new in changes:
            name = name.replace(old, new)
        found[prefix + name] = value
    return found


def copied(net: nn.Module) -> State:
    return {name: value.clone() for name, value in net.state_dict().items()}


def same(some: State, others: State) -> bool:
    return some.keys() == others.keys() and all(torch.equal(some[k], others[k]) for k in others)


def numbered(state: State) -> State:
    """Layers called 0, 1, 2 in the order in which they were built."""
    layers = list(dict.fromkeys(name.rpartition(".")[0] for name in state))
    return {
        f"{layers.index(name.rpartition('.')[0])}.{name.rpartition('.')[2]}": value
        for name, value in state.items()
    }


KUANGLIU = (("downsample", "shortcut"), ("fc.", "linear."))
STEM = (("conv1.", "stem.0."), ("bn1.", "stem.1."))

WHOLE: dict[str, tuple[Callable[[State], dict], str]] = {
    "as it is": (lambda s: s, "a dictionary: 19 of 19 layers filled"),
    "data parallel": (lambda s: renamed(s, prefix="module."), "Taken off the names: 'module.'"),
    "compiled, wrapped, in a framework": (
        lambda s: renamed(s, prefix="model._orig_mod.module."), "'model._orig_mod.module.'"),
    "a prefix that nobody knows": (lambda s: renamed(s, prefix="student."), "'student.'"),
    "in an entry": (lambda s: {"net": renamed(s, prefix="module."), "acc": 91.0}, "entry 'net'"),
    "kuangliu's names": (
        lambda s: renamed(s, *KUANGLIU), "Renamed: linear → fc, shortcut → downsample"),
    "kuangliu's names, sorted": (
        lambda s: dict(sorted(renamed(s, *KUANGLIU, prefix="module.").items())),
        "Renamed: linear → fc, shortcut → downsample"),
    "a stem in a container": (
        lambda s: {**renamed({k: s[k] for k in s if k.count(".") == 1 and "fc" not in k}, *STEM),
                   **{k: s[k] for k in s if k.count(".") > 1 or "fc" in k}},
        "Renamed: stem.0 → conv1, stem.1 → bn1"),
    "numbers in the order of building": (numbered, "15 more"),
    "no counters, as in old files": (
        lambda s: {k: v for k, v in s.items() if "num_batches" not in k}, "19 of 19"),
}  # fmt: skip


@pytest.mark.parametrize("case", WHOLE)
def test_the_same_network_gets_every_value_under_whatever_name(case):
    make, sentence = WHOLE[case]
    net = build("resnet-8-B")
    wanted = drawn(net)
    report = load_given(net, make(wanted))
    if "counters" in case:
        wanted |= {k: v for k, v in net.state_dict().items() if "num_batches" in k}
    assert same(net.state_dict(), wanted)
    assert sentence in report.text()
    assert "normalised" in report.text() and "Refused" not in report.text()


@pytest.mark.parametrize("case", ["pt", "safetensors"])
def test_a_file_is_loaded_and_named(tmp_path, case):
    net = build("resnet-8-B")
    wanted = drawn(net)
    path = tmp_path / f"theirs.{case}"
    (save_file if case == "safetensors" else torch.save)(renamed(wanted, *KUANGLIU), path)
    assert str(load_given(net, path)).startswith(f"theirs.{case}: 19 of 19 layers filled.")
    assert same(net.state_dict(), wanted)


def test_torchvisions_weights_fit_this_books_network_and_give_the_same_output():
    theirs, ours = resnet18().eval(), imagenet_net(18).eval()
    theirs.load_state_dict({k: v * 0.5 for k, v in theirs.state_dict().items()})
    load_given(ours, theirs.state_dict())
    x = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(ours(x), theirs(x))


def test_a_head_of_other_classes_keeps_its_values_and_is_reported():
    net = build("resnet-8", num_classes=4)
    before, wanted = copied(net), drawn(build("resnet-8"))
    report = load_given(net, renamed(wanted, ("fc.", "linear.")))
    assert same(net.state_dict(), {k: before[k] if "fc" in k else wanted[k] for k in wanted})
    assert "weight (10, 64) in the file, (4, 64) in the network" in report.text()
    assert report.rows()[-1][:2] == ("linear", "fc")


def test_a_head_that_comes_along_is_said_to_know_the_files_classes():
    net = build("resnet-8")
    assert "its classes are those of the file" in load_given(net, drawn(net)).text()
    trunk = {k: v for k, v in drawn(net).items() if "fc" not in k}
    report = load_given(net, trunk)
    assert "Nothing in the file for: fc." in report.text()
    assert "its classes" not in report.text()


def test_a_trunk_without_a_head_takes_the_trunk_of_the_file():
    whole = resnet18()
    trunk = nn.Sequential(*list(resnet18().children())[:-2])
    wanted = drawn(whole)
    report = load_given(trunk, renamed(wanted, prefix="encoder."))
    assert "Left in the file: encoder.fc." in report.text()
    assert torch.equal(trunk[7][1].conv2.weight, wanted["layer4.1.conv2.weight"])


def test_a_wrapped_network_takes_bare_names():
    net = nn.DataParallel(build("resnet-8"))
    wanted = drawn(net.module)
    load_given(net, wanted)
    assert same(net.module.state_dict(), wanted)


class WithoutCounter(nn.Module):
    """A batch normalisation with fixed statistics, as detectors have it."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        for name in ("weight", "bias", "running_mean", "running_var"):
            self.register_buffer(name, torch.ones(channels))


def test_a_counter_that_the_network_does_not_keep_is_left_in_the_file():
    net = nn.Sequential(nn.Conv2d(3, 4, 3), WithoutCounter(4))
    wanted = drawn(nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)))
    load_given(net, wanted)
    assert torch.equal(net[1].running_var, wanted["1.running_var"])


def test_a_change_of_number_format_is_said():
    net = build("resnet-8")
    half = {k: v.half() if v.is_floating_point() else v for k, v in drawn(net).items()}
    assert "Number format changed: float16 to float32." in load_given(net, half).text()
    assert torch.equal(net.conv1.weight, half["conv1.weight"].float())


def longer(s: State) -> State:
    return drawn(build("resnet-14-B"))


def turned(s: State) -> State:
    """As written by somebody who calls the convolutions b and a, and builds a first."""
    found = {}
    for name, value in s.items():
        if "conv2" in name:
            found |= {name.replace("conv2", "a"): value}
            found |= {name.replace("conv2", "b"): s[name.replace("conv2", "conv1")]}
        elif name.count(".") == 1 or "conv1" not in name:
            found[name] = value
    return found


REFUSED: dict[str, tuple[Callable[[State], dict], str]] = {
    "another network": (lambda s: drawn(make_layers(cfgs["A"])), "no layer of the file fits"),
    "a longer one, whose names all fit": (
        longer, r"the file has more layers .layer1.1.conv1.*allow=\['layer1.1.conv1'\]"),
    "a wider one": (
        lambda s: {k: torch.cat([v, v]) if v.ndim else v for k, v in s.items()}, "no layer"),
    "a layer is missing": (
        lambda s: {k: v for k, v in s.items() if not k.startswith("layer2.0.bn2")},
        r"layer2.0.bn2 would keep the values of the start.*allow=\['layer2.0.bn2'\]"),
    "statistics are missing": (
        lambda s: {k: v for k, v in s.items() if "layer1.0.bn1.running" not in k},
        r"running_mean none in the file, \(16,\) in the network"),
    "a bias too many": (
        lambda s: {**s, "layer1.0.conv1.bias": torch.ones(16)}, r"bias \(16,\) in the file, none"),
    "grey pictures": (
        lambda s: {**s, "conv1.weight": s["conv1.weight"][:, :1]}, "with_input_channels"),
    "stages counted from zero": (
        lambda s: renamed(s, ("layer1", "layer0"), ("layer2", "layer1"), ("layer3", "layer2")),
        "layer3.0.conv1.*would keep the values"),
    "two convolutions of one shape under other names": (
        lambda s: dict(sorted(renamed(s, ("layer1.0.conv", "layer1.0.c")).items())),
        "could be layer1.0.c1 or layer1.0.c2.*\n.*order of its layers cannot decide"),
    "a block that was built the other way round": (
        lambda s: turned(s), "make b of the file conv1 in layer2.0, but conv2 in another part"),
    "an encoder and its copy": (
        lambda s: {**renamed(s, prefix="mod.encoder_q."), **renamed(s, prefix="mod.encoder_k.")},
        "several beginnings of names: 'mod.encoder_q.', 'mod.encoder_k.'.*prefix="),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_belong_is_refused_and_changes_nothing(case):
    make, sentence = REFUSED[case]
    net = build("resnet-8-B")
    net.eval()
    before = copied(net)
    with pytest.raises(NotGiven, match=f"(?s)nothing was loaded.*{sentence}"):
        load_given(net, make(drawn(net)))
    assert same(net.state_dict(), before)
    assert not net.training


def test_weights_of_a_longer_vgg_fit_by_accident_and_are_refused():
    net, longer_one = make_layers(cfgs["D"]), make_layers(cfgs["E"]).state_dict()
    before = copied(net)
    fit = {k: v for k, v in longer_one.items() if k in before and v.shape == before[k].shape}
    assert {"21.weight", "28.weight"} <= fit.keys()  # another layer, counted from the end
    with pytest.raises(NotGiven, match=r"24 could be 23 or 25 or 30 or 2 more"):
        load_given(net, longer_one)
    assert same(net.state_dict(), before)


def test_what_is_allowed_stays_as_it_was_and_is_still_reported():
    net = build("resnet-8-B")
    before, wanted = copied(net), drawn(net)
    given = {k: v for k, v in wanted.items() if not k.startswith("layer2.0.")}
    report = load_given(net, renamed(given, prefix="module."), allow=["layer2"])
    kept = {k: before[k] if k.startswith("layer2.0.") else wanted[k] for k in wanted}
    assert same(net.state_dict(), kept)
    assert "Nothing in the file for: layer2.0.conv1" in report.text()
    assert ("", "layer2.0.conv1", "not in the file") in report.rows()


def test_unused_layers_of_the_file_can_be_allowed_too():
    net = build("resnet-8-B")
    wanted = {**drawn(net), "aux.fc.weight": torch.ones(3, 64), "aux.fc.bias": torch.ones(3)}
    with pytest.raises(NotGiven, match=r"more layers .aux.fc."):
        load_given(net, wanted)
    assert "Left in the file: aux.fc." in load_given(net, wanted, allow=["aux"]).text()


@pytest.mark.parametrize(
    ("allow", "error", "why"),
    [(["layer9"], ValueError, "'layer9', which neither"), ("fc", TypeError, r"allow=\['fc'\]"),
     (["layer"], ValueError, "'layer', which neither")],
)  # fmt: skip
def test_an_allowance_that_covers_nothing_is_an_error(allow, error, why):
    net = build("resnet-8-B")
    with pytest.raises(error, match=why):
        load_given(net, drawn(net), allow=allow)


@pytest.mark.parametrize("prefix", ["module.encoder_q.", "module.encoder_q"])
def test_of_two_encoders_the_named_one_is_taken(prefix):
    net = build("resnet-8-B")
    mine, other = drawn(net, 1), drawn(net, 2)
    both = {
        **renamed(mine, prefix="module.encoder_q."),
        **renamed(other, prefix="module.encoder_k."),
    }
    load_given(net, both, prefix=prefix)
    assert same(net.state_dict(), mine)


def test_inspection_says_the_same_and_changes_nothing():
    net = build("resnet-8-B")
    before, wanted = copied(net), drawn(net)
    seen = inspect_given(net, renamed(wanted, *KUANGLIU))
    assert same(net.state_dict(), before)
    assert load_given(net, renamed(wanted, *KUANGLIU)) == seen
    assert inspect_given(net, longer(wanted)).refused


def test_the_table_has_a_line_for_each_layer_of_both():
    net = build("resnet-8-B")
    lines = load_given(net, renamed(drawn(net), *KUANGLIU)).table().splitlines()
    assert len(lines) == 1 + 19
    assert lines[1].split() == ["conv1", "conv1", "by", "name"]
    assert ["layer2.0.shortcut.1", "layer2.0.downsample.1"] in [line.split()[:2] for line in lines]


def test_the_error_carries_the_report():
    with pytest.raises(NotGiven) as caught:
        load_given(build("resnet-8-B"), drawn(build("resnet-14-B")))
    assert ("layer1.1.conv1", "", "not used") in caught.value.report.rows()


def test_a_network_without_values_is_refused():
    with torch.device("meta"):
        net = build("resnet-8")
    with pytest.raises(ValueError, match=r"no values yet.*to_empty"):
        load_given(net, drawn(build("resnet-8")))
    with pytest.raises(ValueError, match="one batch"):
        load_given(nn.Sequential(nn.LazyLinear(3)), {"0.weight": torch.ones(3, 2)})


def test_what_names_and_shapes_cannot_show_is_said_and_not_refused():
    plain, residual = build("plain-8"), build("resnet-8")
    report = load_given(residual, drawn(plain))
    assert "neither strides, nor shortcuts without weights" in report.text()
