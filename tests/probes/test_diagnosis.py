"""Each check finds a network or batch that has its fault, and is content with one that has not."""

import copy
import random
import re
from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from utils import data
from utils.models.networks import build
from utils.probes.checks import (
    aside,
    check_biases,
    check_gradients,
    check_hooks,
    check_in_place,
    check_inputs,
    check_labels,
    check_modes,
    check_reused,
    check_single_image,
    check_start,
)
from utils.probes.diagnosis import diagnose, overfit_one_batch, report, sweep


def images(count: int = 16, size: int = 8) -> Tensor:
    return torch.randn(count, 3, size, size, generator=torch.Generator().manual_seed(1))


LABELS = torch.arange(16) % 10


def net(*middle: nn.Module, bias: bool = False, pool: int = 1) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1, bias=bias),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        *middle,
        nn.AdaptiveAvgPool2d(pool),
        nn.Flatten(),
        nn.Linear(8 * pool * pool, 10),
    )


class Added(nn.Module):
    """A layer f and x + f(x), written with += or without; ``swapped`` adds to f(x) instead."""

    def __init__(self, layer: nn.Module, in_place: bool, swapped: bool = False) -> None:
        super().__init__()
        self.layer, self.in_place, self.swapped = layer, in_place, swapped

    def forward(self, x: Tensor) -> Tensor:
        other = self.layer(x)
        one, other = (other, x) if self.swapped else (x, other)
        if self.in_place:
            one += other
            return one
        return one + other


class Twice(nn.Module):
    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(torch.relu(self.layer(x)))


def hooked(remove: bool = False) -> nn.Module:
    model = net()
    handle = model[0].register_forward_hook(lambda *_: None)
    if remove:
        handle.remove()
    return model


def holding(detached: bool) -> nn.Module:
    model = net()
    output = model(images())
    model.seen = output.detach() if detached else output
    return model


def asleep(awake: bool) -> nn.Module:
    return net().train(awake)


def frozen_first() -> nn.Module:
    model = net()
    model[0].requires_grad_(False)
    return model


def cut(whole: bool = False) -> nn.Module:
    class Cut(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x if whole else x.detach()

    return net(Cut())


def sigmoids(layer: type[nn.Module]) -> nn.Module:
    torch.manual_seed(0)
    parts = [part for _ in range(12) for part in (nn.Linear(48, 48), layer())]
    return nn.Sequential(nn.Flatten(), nn.Linear(192, 48), *parts, nn.Linear(48, 10))


def dead(below: float) -> nn.Module:
    model = net()
    with torch.no_grad():
        model[1].bias[:6] = below
    return model


def loud(factor: float) -> nn.Module:
    model = net()
    with torch.no_grad():
        model[-1].weight *= factor
    return model


X = images()
Case = tuple[Callable, tuple, tuple, str, str]
CASES: dict[str, Case] = {
    "bytes": (check_inputs, (net(), (X * 50).to(torch.uint8), LABELS), (net(), X, LABELS), "fault",
              "/ 255"),
    "not centred": (check_inputs, (net(), 60 * X + 120, LABELS), (net(), X, LABELS), "fault",
                    "subtract the mean"),
    "divided twice": (check_inputs, (net(), X / 255, LABELS), (net(), X, LABELS), "fault", "once"),
    "double": (check_inputs, (net(), X.double(), LABELS), (net().double(), X.double(), LABELS),
               "fault", r"images.float\(\)"),
    "channels last": (check_inputs, (net(), X.permute(0, 2, 3, 1), LABELS), (net(), X, LABELS),
                      "fault", "permute"),
    "not finite": (check_inputs, (net(), X / 0, LABELS), (net(), X, LABELS), "fault", "spread"),
    "one image repeated": (check_inputs, (net(), X[:1].repeat(16, 1, 1, 1), LABELS),
                           (net(), X, LABELS), "fault", "collected"),
    "labels from 1": (check_labels, (net(), X, LABELS + 1), (net(), X, LABELS), "fault",
                      "labels - 1"),
    "too few outputs": (check_labels, (net(), X, LABELS + 3), (net(), X, LABELS), "fault",
                        "13 or more"),
    "labels as floats": (check_labels, (net(), X, LABELS.float()), (net(), X, LABELS), "fault",
                         "int64"),
    "one class": (check_labels, (net(), X, 0 * LABELS), (net(), X, LABELS), "fault", "shuffle"),
    "hook left behind": (check_hooks, (hooked(), X, LABELS), (hooked(True), X, LABELS), "note",
                         "handle.remove"),
    "graph kept alive": (check_hooks, (holding(False), X, LABELS), (holding(True), X, LABELS),
                         "fault", "detach"),
    "evaluation mode": (check_modes, (asleep(False), X, LABELS), (asleep(True), X, LABELS), "fault",
                        r"net.train\(\)"),
    "frozen": (check_modes, (frozen_first(), X, LABELS), (net(), X, LABELS), "note", "fine-tune"),
    "all frozen": (check_modes, (net().requires_grad_(False), X, LABELS), (net(), X, LABELS),
                   "fault", "requires_grad_"),
    "1x1 maps": (check_single_image, (net(nn.MaxPool2d(8), nn.BatchNorm2d(8)), X, LABELS),
                 (net(nn.MaxPool2d(4), nn.BatchNorm2d(8)), X, LABELS), "note", "drop_last"),
    "softmax": (check_start, (nn.Sequential(net(), nn.Softmax(1)), X, LABELS), (net(), X, LABELS),
                "fault", "applies softmax itself"),
    "large outputs": (check_start, (loud(100.0), X, LABELS), (loud(1.0), X, LABELS), "fault",
                      "scale"),
    "in place": (check_in_place, (net(Added(nn.Sigmoid(), True)), X, LABELS),
                 (net(Added(nn.Sigmoid(), False)), X, LABELS), "fault", r"x = x \+ f\(x\)"),
    "normalisation reused": (check_reused, (net(Twice(nn.BatchNorm2d(8))), X, LABELS),
                             (net(Twice(nn.Identity())), X, LABELS), "fault", "mix"),
    "weights reused": (check_reused, (net(Twice(nn.Conv2d(8, 8, 1))), X, LABELS),
                       (net(nn.Conv2d(8, 8, 1)), X, LABELS), "note", "shared"),
    "bias before normalisation": (check_biases, (net(bias=True), X, LABELS),
                                  (net(bias=False), X, LABELS), "note", "bias=False"),
    "cut graph": (check_gradients, (cut(), X, LABELS), (cut(whole=True), X, LABELS), "fault",
                  "detach"),
    "vanishing": (check_gradients, (sigmoids(nn.Sigmoid), X, LABELS),
                  (sigmoids(nn.Tanh), X, LABELS), "fault", "shortcuts"),
    "dead channels": (check_gradients, (dead(-50.0), X, LABELS), (dead(0.0), X, LABELS), "fault",
                      "bias"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_check_finds_its_fault_and_nothing_where_there_is_none(name):
    check, broken, sound, verdict, advice = CASES[name]
    found = check(*broken)
    assert found.verdict == verdict
    assert not found.fine
    assert re.search(advice, found.advice)
    fine = check(*sound)
    assert fine.fine
    assert fine.advice == ""
    assert fine.check == found.check


ADDITIONS = {
    # layer, what f keeps: its output, its input, or neither
    "relu": (nn.ReLU, "output"),
    "sigmoid": (nn.Sigmoid, "output"),
    "tanh": (nn.Tanh, "output"),
    "silu": (nn.SiLU, "input"),
    "convolution": (lambda: nn.Conv2d(8, 8, 1), "input"),
    "normalisation": (lambda: nn.BatchNorm2d(8), "input"),
    "average": (lambda: nn.Upsample(scale_factor=1), "neither"),
}


@pytest.mark.parametrize("swapped", [False, True], ids=["x += f(x)", "y = f(x); y += x"])
@pytest.mark.parametrize("name", ADDITIONS)
def test_adding_in_place_fails_exactly_where_the_changed_tensor_was_kept(name, swapped):
    make, keeps = ADDITIONS[name]
    # The convolution before keeps its input and not its output: only f can have kept a tensor.
    torch.manual_seed(0)
    block = Added(make(), in_place=True, swapped=swapped)
    model = nn.Sequential(nn.Conv2d(3, 8, 1), block, nn.Flatten(), nn.Linear(512, 10))
    expected = keeps == ("output" if swapped else "input")
    assert check_in_place(model, X, LABELS).fine is not expected
    loss = F.cross_entropy(model(X), LABELS)
    if expected:
        with pytest.raises(RuntimeError, match="inplace operation"):
            loss.backward()
        assert "1.layer" in check_in_place(model, X, LABELS).found
    else:
        loss.backward()
    out_of_place = copy.deepcopy(model)
    out_of_place[1].in_place = False
    F.cross_entropy(out_of_place(X), LABELS).backward()
    if not expected:
        pairs = zip(model.parameters(), out_of_place.parameters(), strict=True)
        assert all(torch.allclose(a.grad, b.grad) for a, b in pairs)


def test_a_stray_step_before_unscaling_ruins_the_digits_in_a_few_steps():
    split = data.load("digits-16").train
    x, y = split.images[:64].float() / 255, split.labels[:64]

    def losses(stray: bool) -> list[float]:
        torch.manual_seed(0)
        model, scale = build("resnet-8"), 65536.0
        optimiser = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        seen = []
        for _ in range(10):
            optimiser.zero_grad()
            loss = F.cross_entropy(model(x), y)
            seen.append(loss.item())
            (loss * scale).backward()
            if stray:
                optimiser.step()
            for weight in model.parameters():
                weight.grad /= scale
            optimiser.step()
        return seen

    right, wrong = losses(False), losses(True)
    assert right[0] == wrong[0]
    assert right[-1] < 0.6 * right[0]
    assert wrong[1] > 1e6
    assert np.isnan(wrong[-1])


def test_labels_that_belong_to_no_image_are_learned_by_a_network_but_not_by_a_blind_one():
    class Blind(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = net()

        def forward(self, x: Tensor) -> Tensor:
            return self.inner(0 * x)

    torch.manual_seed(0)
    sound = nn.Sequential(nn.Flatten(), nn.Linear(192, 64), nn.ReLU(), nn.Linear(64, 10))
    assert overfit_one_batch(sound, X, LABELS, steps=60).fine
    found = overfit_one_batch(Blind(), X, LABELS, steps=60)
    assert found.verdict == "fault"
    assert "60 steps on 16 images" in found.found


def test_a_rate_outside_the_useful_ones_is_named():
    model = net()
    assert sweep(model, X, LABELS, learning_rate=0.1).fine
    found = sweep(model, X, LABELS, learning_rate=1e-6)
    assert found.verdict == "fault"
    assert "yours is outside" in found.advice
    assert "1e-06: " in found.found


def state_of(model: nn.Module) -> tuple:
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    modes = [module.training for module in model.modules()]
    hooks = [len(module._forward_hooks) for module in model.modules()]
    gradients = [None if p.grad is None else p.grad.clone() for p in model.parameters()]
    return weights, modes, hooks, gradients


def seed_all() -> None:
    random.seed(3)
    np.random.seed(3)
    torch.manual_seed(3)


def test_what_is_drawn_aside_is_drawn_from_nobody():
    model = net()
    seed_all()
    expected = random.random(), np.random.rand(), torch.rand(1)
    seed_all()
    with pytest.raises(KeyError), aside(model):
        drawn = random.random(), np.random.rand(), torch.rand(1)
        raise KeyError(drawn)
    assert (random.random(), np.random.rand(), torch.rand(1)) == expected


def test_one_fault_does_not_hide_the_next(capsys):
    findings = diagnose(nn.Sequential(net(), nn.Softmax(1)), 60 * X + 120, LABELS, steps=2)
    faults = [f.check for f in findings if f.verdict == "fault"]
    assert faults[:2] == ["inputs", "first loss"]
    assert findings[-1].check == "rates"
    added = nn.Sequential(net(Added(nn.Sigmoid(), True)))
    findings = diagnose(added, X, LABELS)
    assert "overfit" not in [f.check for f in findings]
    assert "in place" in [f.check for f in findings if f.verdict == "fault"]


def test_diagnosis_leaves_everything_as_it_was(capsys):
    called = []
    model = net(nn.Dropout2d(0.2))
    model[1].eval()
    model[0].register_forward_hook(lambda *_: called.append(1))
    F.cross_entropy(model(X), LABELS).backward()
    before, calls = state_of(model), len(called)
    seed_all()
    expected = random.random(), np.random.rand(), torch.rand(1)
    seed_all()
    findings = diagnose(model, X, LABELS, steps=3)
    assert (random.random(), np.random.rand(), torch.rand(1)) == expected
    after = state_of(model)
    assert all(torch.equal(before[0][name], after[0][name]) for name in before[0])
    assert before[1:3] == after[1:3]
    assert all(torch.equal(a, b) for a, b in zip(before[3], after[3], strict=True))
    assert len(called) == calls
    assert [f.check for f in findings][-2:] == ["overfit", "rates"]
    printed = capsys.readouterr().out
    assert printed.strip() == report(findings)
    assert all(len(line) <= 72 for line in printed.splitlines())


def test_the_books_networks_have_no_fault():
    for name in ("resnet-8", "bottleneck-11", "preact-8"):
        torch.manual_seed(0)
        model = build(name)
        checks = (check_inputs, check_modes, check_labels, check_start, check_in_place,
                  check_reused, check_biases, check_gradients, check_single_image)  # fmt: skip
        assert all(check(model, images(16, 16), LABELS).fine for check in checks)


def test_what_cannot_run_is_a_finding_and_nothing_is_trained(capsys):
    class Wrong(nn.Sequential):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x[:, :, :5])

    findings = diagnose(Wrong(nn.Flatten(), nn.Linear(192, 10)), X, LABELS)
    assert findings[-1].check == "run"
    assert "shapes cannot be multiplied" in findings[-1].found
    assert "overfit" not in capsys.readouterr().out
    assert findings[-1].advice.endswith("repair that first")


def test_a_class_and_a_list_are_no_network_and_no_batch():
    with pytest.raises(TypeError, match=r"Net\(\) and not Net"):
        diagnose(nn.Sequential, X, LABELS)
    with pytest.raises(TypeError, match="one batch as tensors"):
        diagnose(net(), [X], LABELS)
