"""A forward pass that fails is told in words, and one that succeeds is left alone."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from utils.models.checked import (
    explained,
    kind_of,
    need_evaluating,
    need_logits,
    need_network,
    reason_of,
)
from utils.models.counting import count_macs
from utils.models.networks import SimpleCNN, build


def images(channels: int = 3, size: int = 8, count: int = 2) -> torch.Tensor:
    return torch.rand(count, channels, size, size)


def flat(pixels: int) -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * pixels, 4))


def narrow() -> nn.Module:
    """The second convolution does not take what the first one gives."""
    return nn.Sequential(nn.Conv2d(3, 4, 1), nn.Conv2d(5, 4, 1))


CASES = {
    "grey": (lambda: build("resnet-8"), images(1), r"expects 3 channels.*have 1; repeat the grey"),
    "last": (
        lambda: build("resnet-8"),
        images().permute(0, 2, 3, 1),
        r"channels last; call \.permute\(0, 3, 1, 2\)",
    ),
    "colour": (
        lambda: nn.Conv2d(1, 4, 1),
        images(),
        r"expects 1 channels.*\.mean\(1, keepdim=True",
    ),
    "twelve": (lambda: build("resnet-8"), images(12), "replace its first convolution"),
    "inside": (narrow, images(), "own layers do not fit together"),
    "size": (
        lambda: flat(64),
        images(size=9),
        r"expects 192 numbers an image and gets 243.*Adaptive",
    ),
    "small": (lambda: nn.Conv2d(3, 4, 5), images(size=4), "4 x 4 are too small for this network"),
    "pool": (lambda: nn.MaxPool2d(4), images(size=2), "2 x 2 are too small"),
    "one": (
        lambda: nn.BatchNorm2d(3).train(),
        images(size=1, count=1),
        r"one value a channel.*at least two images",
    ),
    "half": (lambda: build("resnet-8").half(), images(), r"computes in float16.*net\.float\(\)"),
    "bytes": (lambda: build("resnet-8"), images().byte(), r"float32 and the inputs are uint8"),
    "device": (
        lambda: build("resnet-8"),
        images().to("meta"),
        r"on cpu and the inputs are on meta; move both",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_failing_pass_says_what_to_change(case):
    make, inputs, sentence = CASES[case]
    net = make()
    with pytest.raises(ValueError, match=sentence) as caught, explained(net, inputs):
        net(inputs)
    assert isinstance(caught.value.__cause__, Exception)


@pytest.mark.parametrize("error", [RuntimeError("odd"), ValueError("odd"), KeyError("odd")])
def test_an_error_of_another_kind_passes_unchanged(error):
    with pytest.raises(type(error)) as caught, explained(build("resnet-8"), images()):
        raise error
    assert caught.value is error


def test_a_full_memory_is_not_explained_away():
    net = build("resnet-8").half()
    assert reason_of(torch.OutOfMemoryError("CUDA out of memory"), net, images()) is None


def test_channels_are_told_where_there_are_shapes_only():
    with pytest.raises(ValueError, match=r"expects 1 channels, and inputs \(1, 3, 32, 32\) have 3"):
        count_macs(nn.Conv2d(1, 4, 3))
    with pytest.raises(ValueError, match="own layers do not fit together"):
        count_macs(narrow())


def test_a_network_that_asks_for_values_cannot_be_counted():
    class Asking(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * float(x.mean().item())

    with pytest.raises(ValueError, match="asks for values in its forward pass"):
        count_macs(Asking())


def test_work_does_not_depend_on_the_dtype():
    assert count_macs(build("resnet-8").half()) == count_macs(build("resnet-8"))


def test_half_precision_under_autocast_is_not_refused():
    net, inputs = build("resnet-8").eval(), images()
    with torch.no_grad(), explained(net, inputs), torch.autocast("cpu", torch.bfloat16):
        assert net(inputs).shape == (2, 10)


def test_answers_that_are_no_logits_are_refused():
    with pytest.raises(TypeError, match="returns is of the kind tuple; wrap it"):
        need_logits((torch.rand(2, 4),), 2)
    with pytest.raises(ValueError, match=r"returns \(2, 4, 8, 8\) for 2 images.*pool and flatten"):
        need_logits(torch.rand(2, 4, 8, 8), 2)
    need_logits(torch.rand(2, 4), 2)


def test_a_module_of_others_is_called_by_its_whole_name():
    assert kind_of(SimpleCNN()) == "SimpleCNN"
    assert kind_of(nn.ReLU()) == "torch.nn.modules.activation.ReLU"
    need_network(nn.ReLU())


@pytest.mark.parametrize("layer", [nn.BatchNorm2d(3), nn.Dropout(0.5), nn.InstanceNorm2d(3)])
def test_a_layer_that_depends_on_chance_or_on_the_batch_has_to_be_evaluating(layer):
    net = nn.Sequential(nn.Conv2d(3, 3, 1), layer)
    need_evaluating(net.eval())
    need_evaluating(nn.Sequential(nn.Conv2d(3, 3, 1), nn.LayerNorm(3)).train())
    layer.train()
    with pytest.raises(ValueError, match=r"^1 is in training mode; call net\.eval\(\) first"):
        need_evaluating(net)


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        ("resnet-8", r"build it: build\('resnet-8'\)"),
        ({"a": 1}, r"build the network and call x\.load_state_dict"),
        (SimpleNamespace(net=nn.ReLU()), r"pass the network that it holds: \.net"),
        (SimpleNamespace(net=3), "an object of a class that derives from"),
        (nn.ReLU, r"pass a network, for example Net\(\) and not Net"),
    ],
)
def test_what_is_no_network_is_refused_with_what_to_write(given, advice):
    with pytest.raises(TypeError, match=advice) as caught:
        need_network(given, "x")
    assert str(caught.value).startswith("x ")


def test_logits_are_one_row_for_each_image():
    for logits, count in ((torch.rand(2, 4), 3), (torch.rand(3), 3), (torch.rand(3, 1, 1), 3)):
        with pytest.raises(ValueError, match="one row of logits for each"):
            need_logits(logits, count)
