"""A block says what it is made of, and what is measured on any network is what stands there."""

import copy
import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from utils.chapters.gradient_norms.numbers import second_convolutions
from utils.chapters.loss_surfaces.grids import rescaled
from utils.data.augment import Normaliser
from utils.models.blocks import BasicBlock, Bottleneck, ChannelAffine, PreActivationBlock
from utils.models.construction import pass_on
from utils.models.initialise import initialise_fixup
from utils.models.networks import Architecture, ResNet, build, imagenet_net
from utils.models.starts import remove_batch_norm
from utils.models.stochastic_depth import StochasticBlock
from utils.models.surgery import layers_of
from utils.probes.additions import addition_sizes
from utils.probes.gates import forward, residual_blocks
from utils.probes.layers import block_windows
from utils.probes.onnx_export import gated_graph
from utils.probes.readings import every, measure

IMAGES = torch.rand(4, 3, 16, 16, generator=torch.Generator().manual_seed(0))
KINDS = {
    "basic": (lambda: BasicBlock(8, 8, 1, "A"), ["conv1>bn1", "conv2>bn2"]),
    "bottleneck": (lambda: Bottleneck(16, 4, 1, "A"), ["conv1>bn1", "conv2>bn2", "conv3>bn3"]),
    "pre-activation": (lambda: PreActivationBlock(8, 8, 1, "A"), ["conv1>bn2", "conv2>None"]),
}


def paths(block: nn.Module) -> dict[nn.Module | None, str]:
    return {None: "None", **{module: path for path, module in block.named_modules()}}


def read(net: nn.Module, x: torch.Tensor = IMAGES, steps: int = 1):
    """Readings of some steps without an optimiser."""
    with measure(net) as readings:
        for _ in range(steps):
            net(x).sum().backward()
    return readings


def spreads(net: nn.Module, x: torch.Tensor = IMAGES, step: int = 0) -> dict[str, float]:
    readings = read(net, x, step + 1)
    return dict(zip(readings.layers, readings.of("sd")[step].tolist(), strict=True))


def own_outputs(net: nn.Module, x: torch.Tensor = IMAGES) -> dict[str, torch.Tensor]:
    """What every module hands on, on a copy, by PyTorch's own hooks."""
    twin, found = copy.deepcopy(net), {}
    for name, module in twin.named_modules():
        module.register_forward_hook(
            lambda _m, _x, out, name=name: found.update({name: out.detach().clone()})
        )
    twin(x)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_a_block_names_its_convolutions_in_order_and_what_normalises_each(kind):
    make, wanted = KINDS[kind]
    block = make()
    found = [f"{name}>{paths(block)[norm]}" for name, _, norm in block.layers()]
    assert found == wanted
    assert all(block.get_submodule(name) is conv for name, conv, _ in block.layers())


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_block_says_is_what_a_forward_pass_shows(kind):
    make, _ = KINDS[kind]
    block = make().train()
    readings = read(block, torch.randn(2, block.layers()[0].convolution.in_channels, 6, 6))
    said = {n: n if norm is None else paths(block)[norm] for n, _, norm in block.layers()}
    assert readings.responses == said


@pytest.mark.parametrize("name", ["plain-8", "resnet-8-C", "preact-8", "bottleneck-11"])
def test_a_networks_layers_are_those_of_its_stem_and_blocks_as_they_run(name):
    net = build(name)
    readings = read(net)
    for path, convolution, norm in layers_of(net):
        assert net.get_submodule(path) is convolution
        assert readings.responses[path] == (path if norm is None else paths(net)[norm])
    branches = [path for path in readings.layers if "downsample" not in path and path != "fc"]
    assert [path for path, _, _ in layers_of(net)] == branches


def test_a_normalisation_that_was_taken_out_is_none_and_a_replaced_one_is_named():
    bare = remove_batch_norm(BasicBlock(8, 8, 1, "A"))
    assert [norm for _, _, norm in bare.layers()] == [None, None]
    assert [norm for _, _, norm in layers_of(remove_batch_norm(build("plain-8")))] == [None] * 7
    affine = build("resnet-8-affine")
    assert all(isinstance(norm, ChannelAffine) for _, _, norm in layers_of(affine))
    assert read(affine).responses["layer1.0.conv2"] == "layer1.0.bn2"


def test_a_stochastic_block_is_made_of_the_block_inside():
    inner = BasicBlock(8, 8, 1, "A")
    block = StochasticBlock(inner, 0.5)
    assert [name for name, _, _ in block.layers()] == ["inner.conv1", "inner.conv2"]
    assert all(block.get_submodule(name) is conv for name, conv, _ in block.layers())


def test_a_scaled_convolution_of_a_pre_activation_net_is_seen():
    torch.manual_seed(0)
    net = build("preact-20").train()
    before = spreads(copy.deepcopy(net))
    with torch.no_grad():
        net.layer2[1].conv2.weight.mul_(1000)
    after = spreads(copy.deepcopy(net))
    assert after["layer2.1.conv2"] == pytest.approx(1000 * before["layer2.1.conv2"], rel=1e-4)
    outputs = own_outputs(net)
    # The next additions take it in; a convolution behind the next normalisation does not see it.
    for name in ("layer2.1.conv2", "layer2.2.conv2", "layer3.0.conv2"):
        block = net.get_submodule(name.removesuffix(".conv2"))
        x = outputs[name.removesuffix("conv2") + "bn2"]
        wanted = block.conv2(F.relu(x)).std(correction=0)
        assert after[name] == pytest.approx(wanted.item(), rel=1e-4)


def test_no_relu_stands_behind_the_addition_of_a_pre_activation_block():
    readings = read(build("preact-8").train())
    dead = dict(zip(readings.layers, readings.of("dead")[0].tolist(), strict=True))
    assert dead["layer2.0.conv1"] == 0
    assert math.isnan(dead["layer2.0.conv2"])


class Strange(nn.Module):
    """A stranger's block, in an order and with names of its own."""

    def __init__(self, order: str) -> None:
        super().__init__()
        self.order = order
        self.bn1, self.bn2 = nn.BatchNorm2d(8), nn.BatchNorm2d(8)
        self.conv1, self.conv2 = (nn.Conv2d(8, 8, 3, padding=1, bias=False) for _ in range(2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.order == "normalise first":
            return x + self.conv2(F.relu(self.bn2(self.conv1(F.relu(self.bn1(x))))))
        if self.order == "crossed names":
            return F.relu(x + self.bn1(self.conv2(F.relu(self.bn2(self.conv1(x))))))
        if self.order == "relu before":
            return x + self.bn2(F.relu(self.conv2(self.bn1(F.relu(self.conv1(x), inplace=True)))))
        if self.order == "normalised and added":
            branch = self.conv1(x)
            return F.relu(self.conv2(F.relu(self.bn1(branch)))) + branch
        if self.order == "twice normalised":
            branch = self.conv1(x)
            return self.conv2(F.relu(self.bn1(branch) + self.bn2(branch)))
        raise AssertionError(self.order)


@pytest.mark.parametrize(
    ("order", "first", "second"),
    [
        ("normalise first", "bn2", "conv2"),
        ("crossed names", "bn2", "bn1"),
        ("relu before", "conv1", "conv2"),
        ("normalised and added", "conv1", "conv2"),
        ("twice normalised", "conv1", "conv2"),
    ],
)
def test_on_a_strangers_blocks_the_layers_own_size_is_read(order, first, second):
    torch.manual_seed(0)
    x = torch.randn(4, 8, 6, 6, requires_grad=True)
    net = Strange(order).train()
    with torch.no_grad():
        net.conv2.weight.mul_(1000)
    readings = read(net, x, steps=3)
    assert readings.responses == {"conv1": first, "conv2": second}
    outputs = own_outputs(net, x)
    if order == "relu before":  # the ReLU in place has changed what the hook was given
        outputs["conv1"] = net.conv1(x)
    for place, response in enumerate((first, second)):
        values = outputs[response].double()
        for step in range(3):
            assert float(readings.of("mean")[step, place]) == pytest.approx(
                values.mean().item(), rel=1e-4, abs=1e-5
            )
            assert float(readings.of("sd")[step, place]) == pytest.approx(
                values.std(correction=0).item(), rel=1e-4
            )


def test_eight_pre_activation_blocks_of_ones_own_that_diverge_are_seen_to():
    torch.manual_seed(0)
    blocks = [Strange("normalise first") for _ in range(8)]
    net = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), *blocks).train()
    with torch.no_grad():
        for block in blocks:
            block.conv2.weight.mul_(1e7)
    wanted = own_outputs(net)
    for name, sd in spreads(net, step=1).items():
        if name.endswith("conv2"):
            assert sd > 1e6
            assert sd == pytest.approx(wanted[name].double().std(correction=0).item(), rel=1e-4)


def test_a_stem_that_goes_into_a_normalisation_and_a_shortcut_is_read_itself():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 8, 3), Strange("normalise first")).train()
    with torch.no_grad():
        net[0].weight.mul_(1e6)
    sd = spreads(net, step=1)["0"]
    assert sd == pytest.approx(net[0](IMAGES).std(correction=0).item(), rel=1e-4)
    assert sd > 1e4


def test_a_layer_whose_output_is_also_an_answer_is_read_itself():
    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.bn = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)

        def forward(self, x: torch.Tensor) -> dict[str, list[torch.Tensor]]:
            out = self.conv(x)
            return {"maps": [out], "normalised": [self.bn(out)]}

    torch.manual_seed(0)
    net = Both().train()
    with measure(net) as readings:
        net(IMAGES)
    assert readings.responses == {"conv": "conv"}
    wanted = net.conv(IMAGES).std(correction=0).item()
    assert readings.of("sd").item() == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize("order", ["crossed names", "normalised and added"])
def test_gradients_of_a_strangers_responses_are_autograds_own(order):
    torch.manual_seed(0)
    net, x = Strange(order).train(), torch.randn(2, 8, 6, 6)
    readings = read(net, x, steps=2)
    kept = {}

    def keep(name: str, changes: bool):
        def hook(_module: nn.Module, _inputs: tuple, out: torch.Tensor) -> torch.Tensor | None:
            out.retain_grad()
            kept[name] = out
            return out.clone() if changes else None  # a ReLU in place must not change what is kept

        return hook

    for name in readings.responses.values():
        net.get_submodule(name).register_forward_hook(keep(name, name.startswith("bn")))
    net(x).sum().backward()
    wanted = [float(kept[readings.responses[name]].grad.norm()) for name in readings.layers]
    for step in range(2):
        found = readings.of("response_gradient")[step].tolist()
        assert found == pytest.approx(wanted, rel=1e-4, abs=1e-6)


def test_the_relu_behind_a_strangers_addition_is_found():
    torch.manual_seed(0)
    net = Strange("crossed names").train()
    with torch.no_grad():
        net.bn2.bias[:2] = -100
        net.bn1.bias[:3] = -100
    assert read(net, torch.randn(2, 8, 6, 6)).of("dead")[0].tolist() == [2 / 8, 3 / 8]


def test_without_a_relu_no_channel_counts_as_dead():
    net = nn.Sequential(
        nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 3), nn.LayerNorm(3), nn.Linear(3, 2)
    )
    readings = read(net, torch.randn(5, 4))
    assert readings.of("dead").isnan().all()
    assert readings.responses == {"0": "0", "2": "3", "4": "4"}


def test_a_layer_that_runs_twice_is_refused_with_the_reason():
    layer = nn.Conv2d(3, 3, 1)
    net = nn.Sequential(layer, nn.ReLU(), layer)
    with pytest.raises(ValueError, match="0 runs more than once"), measure(net):
        net(IMAGES)
    assert not layer._forward_hooks


def test_a_normalisation_that_is_left_out_later_is_not_read_by_mistake():
    class Moody(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.bn = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)
            self.normalises = True

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            out = self.conv(x)
            return self.bn(out) if self.normalises else out

    torch.manual_seed(0)
    net = Moody().train()
    with measure(net, when=every(1)) as readings:
        for normalises in (True, True, False, False, True):
            net.normalises = normalises
            net(IMAGES).sum().backward()
    bare = net.conv(IMAGES).std(correction=0).item()
    found = readings.of("sd")[:, 0].tolist()
    assert found[:2] == pytest.approx([1, 1], rel=1e-2)
    assert math.isnan(found[2])
    assert found[3:] == pytest.approx([bare, bare], rel=1e-4)


def test_additions_of_every_kind_of_block_are_measured_where_they_happen():
    for name in ("preact-8", "bottleneck-11", "resnet-8-B"):
        torch.manual_seed(0)
        net = build(name).train()
        shortcut, branch = addition_sizes(net, IMAGES)
        x = net.stem(IMAGES)
        for place, block in enumerate(b for s in net.stages for b in net.get_submodule(s)):
            for sizes, part in ((shortcut, block.downsample), (branch, block.branch)):
                wanted = part(x).double().square().mean().sqrt().item()
                assert float(sizes[place]) == pytest.approx(wanted, rel=1e-4)
            x = block(x)


def test_the_laboratory_refuses_a_pre_activation_net_with_the_reason():
    net = build("preact-8").eval()
    normaliser = Normaliser(torch.zeros(3, 1, 1), torch.ones(3, 1, 1))
    for ask in (
        lambda: residual_blocks(net),
        lambda: forward(net, IMAGES, [1.0] * 3),
        lambda: gated_graph(net, normaliser),
    ):
        with pytest.raises(ValueError, match=r"layer1\.0 is no basic block"):
            ask()


@pytest.mark.parametrize("name", ["resnet-8", "preact-8", "bottleneck-11"])
def test_a_rescaled_twin_of_every_kind_computes_the_same(name):
    torch.manual_seed(0)
    net = build(name)
    with torch.no_grad():
        for _ in range(20):
            net.train()(torch.randn(8, 3, 16, 16))
    net.eval()
    twin = rescaled(net, 3.0)
    torch.testing.assert_close(twin(IMAGES), net(IMAGES), rtol=1e-3, atol=1e-3)
    for path, convolution, norm in layers_of(net):
        factor = 1.0 if norm is None else 3.0
        torch.testing.assert_close(twin.get_submodule(path).weight, factor * convolution.weight)


def test_fixups_branches_of_three_layers_begin_at_the_fourth_root():
    torch.manual_seed(0)
    net = build("bottleneck-20-affine")
    torch.manual_seed(0)
    initialise_fixup(net)
    for block in (block for stage in net.stages for block in net.get_submodule(stage)):
        first, second, last = (layer.convolution for layer in block.layers())
        for layer in (first, second):
            fan_out = layer.out_channels * math.prod(layer.kernel_size)
            # L^(-1 / (2m - 2)) with L = 6 blocks of m = 3 layers
            wanted = 6**-0.25 * (2 / fan_out) ** 0.5
            assert layer.weight.std().item() == pytest.approx(wanted, rel=0.15)
        assert not last.weight.any()


def test_a_pre_activation_block_cannot_be_made_to_pass_on():
    with pytest.raises(ValueError, match="no batch normalisation stands behind conv2"):
        pass_on(PreActivationBlock(8, 8, 1, "A"))
    with pytest.raises(ValueError, match="changes the shape"):
        pass_on(Bottleneck(16, 4, 1, "A"))


def test_windows_of_a_branch_leave_its_projection_out():
    assert block_windows(BasicBlock(8, 16, 2, "C")) == [(3, 2), (3, 1)]
    assert block_windows(Bottleneck(8, 4, 2, "C")) == [(1, 1), (3, 2), (1, 1)]


def test_the_last_convolution_of_each_block_is_found_by_its_place():
    names = [layer.name for layer in layers_of(build("bottleneck-11"))] + ["fc"]
    assert [names[i] for i in second_convolutions(names)] == [
        "layer1.0.conv3", "layer2.0.conv3", "layer3.0.conv3",
    ]  # fmt: skip
    names = read(build("resnet-8-C")).layers
    assert [names[i] for i in second_convolutions(names)] == [
        "layer1.0.conv2", "layer2.0.conv2", "layer3.0.conv2",
    ]  # fmt: skip


@pytest.mark.parametrize("make", [BasicBlock, PreActivationBlock])
def test_a_block_refuses_a_stride_that_it_cannot_place(make):
    assert make(8, 8, 2, "A", "3x3").conv1.stride == (2, 2)
    with pytest.raises(ValueError, match="stride_on must be '3x3', not '1x1'"):
        make(8, 8, 2, "A", stride_on="1x1")
    with pytest.raises(ValueError, match="stride_on"):
        ResNet(Architecture((1, 1, 1), stride_on="1x1"))


def test_both_versions_of_a_net_of_basic_blocks_are_the_same_net():
    assert imagenet_net(18, "v1").architecture == imagenet_net(18, "v1.5").architecture
    assert imagenet_net(50, "v1").layer2[0].conv1.stride == (2, 2)


@pytest.mark.parametrize("option", ["B", "C", "3x3", "A or so"])
def test_a_pre_activation_block_refuses_the_shortcuts_that_it_does_not_build(option):
    with pytest.raises(ValueError, match="shortcut 'A' or None"):
        PreActivationBlock(8, 16, 2, option)
