"""Networks of others are read truthfully, or refused with the reason."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models import resnet18, resnet50

from utils.models.counting import count_macs, count_parameters
from utils.models.networks import build
from utils.probes.layers import layer_costs
from utils.probes.readings import Readings, every, measure, measured_layers
from utils.record.gradient_norms import freeze_statistics, neighbour_cosines

CLASSES = 4


def images(count: int = 4, size: int = 32) -> torch.Tensor:
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(0))


def grouped(channels: int) -> nn.Module:
    return nn.GroupNorm(4, channels)


class PreActivation(nn.Module):
    """As in many repositories: normalise, activate, convolve; the first activation is shared."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.norm1, self.norm2 = nn.BatchNorm2d(8), nn.BatchNorm2d(16)
        self.conv1 = nn.Conv2d(8, 16, 3, 2, 1, bias=False)
        self.conv2 = nn.Conv2d(16, 16, 3, padding=1, bias=False)
        self.shortcut = nn.Conv2d(8, 16, 1, 2, bias=False)
        self.head = nn.Linear(16, CLASSES)
        self.act = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        active = self.act(self.norm1(self.stem(x)))
        h = self.conv2(self.act(self.norm2(self.conv1(active)))) + self.shortcut(active)
        return self.head(h.mean((2, 3)))


class NormAct(nn.BatchNorm2d):
    """Normalises and activates in one module, as timm's BatchNormAct2d does."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(super().forward(x), inplace=True)


def seen_by_hand(net: nn.Module, responses: dict[str, str]) -> dict[str, tuple[float, ...]]:
    """Mean, deviation and gradient of each response, with hooks of the test's own."""
    found: dict[str, list[float]] = {}
    modules, handles = dict(net.named_modules()), []

    def watch(layer: str):
        def hook(_module: nn.Module, _inputs: tuple, out: torch.Tensor) -> None:
            kept = out.detach().clone().double()
            found[layer] = [float(kept.mean()), float(kept.std(correction=0))]
            out.register_hook(lambda g: found[layer].append(float(g.double().norm())))

        return hook

    for layer, response in responses.items():
        handles.append(modules[response].register_forward_hook(watch(layer)))
    F.cross_entropy(net(images()), torch.arange(4)).backward()
    for handle in handles:
        handle.remove()
    return {name: tuple(values) for name, values in found.items()}


def read(net: nn.Module) -> Readings:
    net.train()
    with measure(net) as readings:
        F.cross_entropy(net(images()), torch.arange(4)).backward()
    return readings


NETS = {
    "resnet18": lambda: resnet18(num_classes=CLASSES),
    "resnet50": lambda: resnet50(num_classes=CLASSES),
    "groups": lambda: resnet18(num_classes=CLASSES, norm_layer=grouped),
    "none": lambda: resnet18(num_classes=CLASSES, norm_layer=lambda channels: nn.Identity()),
    "pre-activation": PreActivation,
}


@pytest.mark.parametrize("name", NETS)
def test_every_layer_of_a_strangers_network_is_read_as_it_is(name):
    torch.manual_seed(0)
    net = NETS[name]()
    readings = read(net)
    weights = {layer: module.weight.grad.norm() for layer, module in measured_layers(net).items()}
    assert readings.layers == list(weights)
    assert set(readings.responses) == set(readings.layers)
    gradients = readings.of("weight_gradient")[0].tolist()
    assert gradients == pytest.approx([float(g) for g in weights.values()], rel=1e-4)
    expected = seen_by_hand(net, readings.responses)
    for field, place in (("mean", 0), ("sd", 1), ("response_gradient", 2)):
        read_values = readings.of(field)[0].tolist()
        by_hand = [expected[layer][place] for layer in readings.layers]
        assert read_values == pytest.approx(by_hand, rel=1e-3, abs=1e-6), field


def test_a_response_of_torchvisions_nets_is_read_after_the_normalisation_that_takes_it():
    for make in (NETS["resnet18"], NETS["resnet50"], NETS["groups"]):
        responses = read(make()).responses
        assert responses["conv1"] == "bn1"
        assert responses["layer2.0.conv2"] == "layer2.0.bn2"
        assert responses["layer2.0.downsample.0"] == "layer2.0.downsample.1"
        assert responses["fc"] == "fc"
    alone = read(NETS["none"]()).responses
    assert alone == {name: name for name in alone}
    stranger = read(PreActivation()).responses
    assert stranger["stem"] == "norm1" and stranger["conv1"] == "norm2"
    assert stranger["conv2"] == "conv2" and stranger["shortcut"] == "shortcut"


def test_the_relus_of_torchvisions_nets_are_found_although_one_module_serves_twice():
    readings = read(NETS["resnet18"]())
    dead = dict(zip(readings.layers, readings.of("dead")[0].tolist(), strict=True))
    assert all(math.isfinite(dead[f"layer1.0.conv{number}"]) for number in (1, 2))
    assert math.isnan(dead["fc"])


def reused() -> nn.Module:
    layer = nn.Conv2d(3, 3, 3, padding=1)
    return nn.Sequential(layer, nn.ReLU(), layer)


def computed_weight() -> nn.Module:
    return nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 4, 3)))


class Box:
    """An answer in which no tensor is found."""


class Boxed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x: torch.Tensor) -> Box:
        self.conv(x)
        return Box()


def compiled() -> nn.Module:
    net = build("resnet-8")
    net.compile()
    return net


REFUSED = {
    "reused": (reused, "0 runs more than once in a forward pass"),
    "parallel": (
        lambda: nn.DataParallel(build("resnet-8")),
        r"wrapped in DataParallel.*net\.module",
    ),
    "compiled": (lambda: torch.compile(build("resnet-8")), r"net is compiled.*net\._orig_mod"),
    "compiled in place": (compiled, r"net\.compile\(\) has replaced"),
    "script": (lambda: torch.jit.script(nn.Conv2d(3, 4, 3)), "net is a TorchScript module"),
    "empty": (nn.ReLU, "has no convolution .* and no linear layer"),
    "lazy": (lambda: nn.LazyConv2d(4, 3), "has no weight yet; pass one batch"),
    "weight norm": (computed_weight, "weight of 0 is computed from other parameters"),
    "box": (Boxed, "returns a Box in which no tensor is found"),
    "norm and act": (
        lambda: nn.Sequential(nn.Conv2d(3, 4, 3), NormAct(4)),
        r"1 \(.*NormAct\) normalises and activates in one module",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
def test_a_network_that_cannot_be_read_truthfully_is_refused_with_the_reason(case):
    make, sentence = REFUSED[case]
    net = make()
    with pytest.raises(ValueError, match=sentence), measure(net):
        net(images())
    assert not any(module._forward_hooks for module in net.modules())


def test_an_optimiser_of_another_network_is_refused():
    net, other = build("resnet-8"), build("resnet-8")
    optimiser = torch.optim.SGD(other.parameters(), lr=0.1)
    with (
        pytest.raises(ValueError, match="moves no weight of this network"),
        measure(net, optimiser),
    ):
        pass
    with pytest.raises(TypeError, match="pass an optimiser"), measure(net, other):
        pass
    with pytest.raises(TypeError, match=r"when is 10; pass .* every\(10\)"), measure(net, when=10):
        pass
    with measure(net, torch.optim.SGD(net.parameters(), lr=0.1), every(10)):
        pass


@pytest.mark.parametrize("make", [resnet18, resnet50])
def test_costs_of_torchvisions_layers_add_up_to_the_whole(make):
    net = make(weights=None)
    costs = layer_costs(net, 64)
    assert sum(cost.macs for cost in costs) == count_macs(net, 64)
    assert sum(cost.parameters for cost in costs) == count_parameters(net)
    on_shortcut = [cost.name for cost in costs if cost.on_shortcut and cost.macs]
    assert on_shortcut == [name for name in measured_layers(net) if "downsample" in name]


@pytest.mark.parametrize("name", ["groups", "pre-activation"])
def test_costs_of_other_strangers_add_up_too(name):
    net = NETS[name]()
    costs = layer_costs(net, 32)
    assert sum(cost.macs for cost in costs) == count_macs(net, 32)
    assert sum(cost.parameters for cost in costs) == count_parameters(net)


def test_a_projection_that_is_called_shortcut_is_one():
    assert [c.name for c in layer_costs(PreActivation(), 32) if c.on_shortcut] == ["shortcut"]


def test_a_linear_layer_at_many_places_works_at_each_of_them():
    net = nn.Sequential(nn.Flatten(2), nn.Linear(64, 5))
    assert layer_costs(net, 8)[0].macs == count_macs(net, 8) == 3 * 64 * 5


COUNTED = {
    "reused": (reused, "0 runs more than once .* counted as often"),
    "one axis": (
        lambda: nn.Sequential(nn.Flatten(2), nn.Conv1d(3, 4, 1)),
        "Conv1d, whose work is not counted layer by layer",
    ),
    "grey": (lambda: nn.Conv2d(1, 4, 3), "expects 1 channels"),
}


@pytest.mark.parametrize("case", COUNTED)
def test_costs_that_would_be_wrong_are_refused(case):
    make, sentence = COUNTED[case]
    with pytest.raises(ValueError, match=sentence):
        layer_costs(make(), 32)


def test_a_normalisation_without_statistics_cannot_be_frozen():
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, track_running_stats=False))
    with pytest.raises(ValueError, match="1 keeps no running statistics"):
        freeze_statistics(net, images())


@pytest.mark.parametrize("name", ["resnet18", "groups", "none"])
def test_a_strangers_gradient_at_the_input_itself_has_cosine_one(name):
    torch.manual_seed(0)
    net = NETS[name]()
    freeze_statistics(net, images())
    assert float(neighbour_cosines(net, images(4), (0.0,))[0]) == pytest.approx(1, abs=1e-4)
    with pytest.raises(ValueError, match="1 inputs have no neighbours"):
        neighbour_cosines(net, images(1), (0.1,))
