"""What a training step keeps: the formula, what PyTorch stores, and arithmetic by hand agree."""

import warnings

import pytest
import torch
import torch.nn.functional as F
import torchvision
from torch import nn

from utils.models.networks import build
from utils.probes.kept import by_layer, keeping, measured_kept, predicted_kept
from utils.probes.memory import largest_batch, measured, predicted, recomputing, ways_to_save

OPTIMISERS = {
    "sgd": lambda weights: torch.optim.SGD(weights, lr=0.1),
    "momentum": lambda weights: torch.optim.SGD(weights, lr=0.1, momentum=0.9),
    "adam": torch.optim.AdamW,
}
CHAPTER = ("resnet-20", "plain-20", "resnet-8-B", "bottleneck-20", "bottleneck-11-C", "preact-8")
STRANGERS = ("resnet18", "mobilenet_v3_small", "shufflenet_v2_x0_5", "squeezenet1_1")


def batch(count: int = 4, size: int = 32) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(count, 3, size, size, generator=generator)
    return images, torch.arange(count) % 10


def small(inplace: bool = True) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1, bias=False),
        nn.BatchNorm2d(4),
        nn.ReLU(inplace=inplace),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 10),
    )


def test_a_small_network_by_hand():
    # Two images of 8 × 8 in float32. The convolution keeps its input, the normalisation its input
    # with mean and spread of four channels, ReLU its output, the linear layer its input. The loss
    # keeps its log-probabilities, the labels (int64) and the sum of their weights.
    kept = by_layer(predicted_kept(small(), (2, 3, 8, 8)))
    assert kept == {
        "0": 2 * 3 * 64 * 4,
        "1": 2 * 4 * 64 * 4 + 2 * 4 * 4,
        "2": 2 * 4 * 64 * 4,
        "5": 2 * 4 * 4,
        "": 2 * 10 * 4 + 2 * 8 + 4,
    }
    # 4 · 3 · 9 weights, 8 of the normalisation, 40 + 10 of the linear layer.
    found = predicted(small(), (2, 3, 8, 8), "adam")
    assert found.weights == found.gradients == 4 * (108 + 8 + 50)
    assert found.optimiser == 2 * found.weights + 5 * 4  # five tensors, a step count each
    assert found.buffers == 4 * 8 + 8
    assert found.activations == sum(kept.values())


def test_relu_keeps_one_map_more_for_nobody():
    # In place or not, ReLU's output is the next layer's input, and is counted once.
    for inplace in (True, False):
        net = nn.Sequential(*small(inplace)[:3], nn.Conv2d(4, 4, 1, bias=False), *small()[3:])
        kept = by_layer(predicted_kept(net, (2, 3, 8, 8)))
        assert kept["2"] == 2 * 4 * 64 * 4
        assert kept["3"] == 0


ACTIVATIONS = (nn.ReLU, nn.LeakyReLU, nn.ELU, nn.SiLU, nn.Mish, nn.Hardswish, nn.ReLU6)
EITHER_WAY = [
    pytest.param(layer(inplace=inplace), id=f"{layer.__name__}{' in place' if inplace else ''}")
    for layer in ACTIVATIONS
    for inplace in (False, True)
]
OTHERS = (
    nn.Sigmoid(), nn.Tanh(), nn.GELU(), nn.Softplus(), nn.Hardsigmoid(), nn.PReLU(), nn.Softmax(1),
    nn.LogSoftmax(1), nn.GroupNorm(2, 4), nn.LayerNorm([8, 8]), nn.MaxPool2d(2), nn.AvgPool2d(2),
    nn.AdaptiveMaxPool2d(2), nn.ReflectionPad2d(1), nn.ReplicationPad2d(1),
    nn.ZeroPad2d(1), nn.Upsample(scale_factor=2),
)  # fmt: skip


@pytest.mark.parametrize(
    "layer", [*EITHER_WAY, *(pytest.param(x, id=type(x).__name__) for x in OTHERS)]
)
def test_formula_and_measurement_agree_on_each_layer_between_two_convolutions(layer):
    net = nn.Sequential(nn.Conv2d(3, 4, 1), layer, nn.Conv2d(4, 4, 1), *small()[3:])
    images, labels = batch(2, 8)
    formula = by_layer(predicted_kept(net, tuple(images.shape)))
    assert formula == by_layer(measured_kept(net, images, labels))


@pytest.mark.parametrize("name", CHAPTER)
def test_formula_and_measurement_agree_layer_by_layer(name):
    net = build(name)
    images, labels = batch()
    formula = by_layer(predicted_kept(net, tuple(images.shape)))
    assert formula == by_layer(measured_kept(net, images, labels))
    assert len(formula) > 8


@pytest.mark.parametrize("name", STRANGERS)
def test_formula_and_measurement_agree_on_networks_of_others(name):
    net = torchvision.models.get_model(name, num_classes=10)
    images, labels = batch(2, 64)
    formula = by_layer(predicted_kept(net, tuple(images.shape)))
    assert formula == by_layer(measured_kept(net, images, labels))


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_every_part_of_a_step_is_as_predicted(optimiser):
    net = build("bottleneck-11")
    found = measured(net, *batch(), OPTIMISERS[optimiser])
    assert found == predicted(net, (4, 3, 32, 32), optimiser)


def test_frozen_layers_have_no_gradient_and_keep_less():
    net = build("resnet-8")
    whole = predicted(net, (4, 3, 32, 32))
    net.requires_grad_(False)
    net.fc.requires_grad_(True)
    head = predicted(net, (4, 3, 32, 32))
    assert head.weights == whole.weights
    assert head.gradients == 4 * 650
    # Only the input of the last layer, 64 numbers an image, and the loss.
    assert head.activations == 4 * 64 * 4 + 4 * 10 * 4 + 4 * 8 + 4
    assert head == measured(net, *batch(), OPTIMISERS["momentum"])


def test_evaluation_mode_keeps_no_statistics_of_the_batch():
    training, evaluating = (
        sum(k.bytes for k in predicted_kept(small().train(mode), (2, 3, 8, 8)))
        for mode in (True, False)
    )
    assert training - evaluating == 2 * 4 * 4
    measured = sum(k.bytes for k in measured_kept(small().eval(), *batch(2, 8)))
    assert evaluating == measured


def test_what_is_not_in_the_table_is_refused_by_name():
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Sequential(nn.Flatten(), nn.Linear(48, 10))

        def forward(self, x):
            return torch.cumsum(self.inner(x), 1)

    with pytest.raises(ValueError, match=r"cumsum in the network itself.*measured_kept"):
        predicted_kept(Odd(), (2, 3, 4, 4))
    assert sum(k.bytes for k in measured_kept(Odd(), *batch(2, 4))) > 0


def test_a_network_that_looks_at_numbers_is_refused_with_the_reason():
    class Nosy(nn.Sequential):
        def forward(self, x):
            return super().forward(x) * (2.0 if float(x.sum()) > 0 else 1.0)

    with pytest.raises(ValueError, match="shapes alone"):
        predicted_kept(Nosy(nn.Flatten(), nn.Linear(48, 10)), (2, 3, 4, 4))


def test_an_output_that_is_no_logits_and_an_unknown_optimiser_are_refused():
    with pytest.raises(ValueError, match=r"\(2, 4, 8, 8\) for 2 images"):
        predicted_kept(small()[:3], (2, 3, 8, 8))
    with pytest.raises(ValueError, match="sgd, momentum, adam"):
        predicted(small(), (2, 3, 8, 8), "lion")


def test_the_largest_batch_fits_and_one_image_more_does_not():
    net, budget = build("resnet-8"), 40 * 2**20
    count = largest_batch(net, (3, 32, 32), budget)
    assert predicted(net, (count, 3, 32, 32)).total <= budget
    assert predicted(net, (count + 1, 3, 32, 32)).total > budget
    assert largest_batch(net, (3, 32, 32), 100) == 0
    with pytest.raises(ValueError, match="no parameter"):
        largest_batch(net.requires_grad_(False), (3, 32, 32), budget)


def test_what_halves_what():
    images, labels = batch(8)
    found = ways_to_save(build("resnet-8"), images, labels)
    whole = found["as it is"]
    assert whole == sum(k.bytes for k in predicted_kept(build("resnet-8"), (8, 3, 32, 32)))
    # Statistics, the weights' 16-bit copies and the loss do not shrink with the maps.
    assert found["half the batch"] == pytest.approx(whole / 2, rel=0.01)
    assert found["half the height and width"] == pytest.approx(whole / 4, rel=0.02)
    assert whole / 2 < found["bf16 autocast"] < 0.57 * whole
    assert found["blocks recomputed"] < 0.5 * whole


def test_autocast_keeps_a_short_copy_of_every_convolutions_weight():
    net, (images, labels) = build("resnet-8"), batch()
    kept = measured_kept(net, images, labels, "bf16")
    sizes = {k.layer: k.bytes for k in kept if k.shape == tuple(net.layer1[0].conv1.weight.shape)}
    assert sizes["layer1.0.conv1"] == 2 * net.layer1[0].conv1.weight.numel()


def test_recomputation_gives_the_same_gradients_and_moves_statistics_twice():
    gradients, batches = [], []
    for recompute in (False, True):
        torch.manual_seed(0)
        net, (images, labels) = build("resnet-8"), batch()
        if recompute:
            with recomputing(net):
                F.cross_entropy(net(images), labels).backward()
        else:
            F.cross_entropy(net(images), labels).backward()
        gradients.append([p.grad for p in net.parameters()])
        batches.append([int(b) for n, b in net.named_buffers() if "num_batches" in n])
    assert all(torch.allclose(a, b) for a, b in zip(*gradients, strict=True))
    assert batches == [[1] * 7, [1] + [2] * 6]
    assert "forward" not in vars(net.layer1[0])


def test_recomputation_of_a_network_without_blocks_wants_names():
    with pytest.raises(ValueError, match="blocks"), recomputing(small()):
        pass
    net, (images, labels) = small(), batch()
    whole = sum(k.bytes for k in measured_kept(net, images, labels))
    with recomputing(net, ["1"]):
        less = sum(k.bytes for k in keeping(net, images, labels, "fp32")[0])
    # The normalisation gives up its statistics alone: its input is what it starts from.
    assert whole - less == 2 * 4 * 4


def test_prediction_and_measurement_leave_the_network_as_it_was():
    net, (images, labels) = build("resnet-8"), batch()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    predicted(net, (4, 3, 32, 32))
    measured(net, images, labels, torch.optim.Adam)
    ways_to_save(net, images, labels)
    after = net.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert all(p.grad is None and p.device.type == "cpu" for p in net.parameters())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in net.modules())


def test_recomputation_asks_pytorch_for_the_way_that_it_recommends():
    net = small()
    with warnings.catch_warnings(), recomputing(net, ["0"]):
        warnings.simplefilter("error")
        net(torch.randn(2, 3, 8, 8, requires_grad=True)).sum().backward()
