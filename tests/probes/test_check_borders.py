"""What each check of a network says, word by word, on both sides of its limits."""

from __future__ import annotations

import math
import re

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from utils.probes import checks, diagnosis
from utils.probes.checks import Finding

X = torch.randn(16, 3, 8, 8, generator=torch.Generator().manual_seed(1))
LABELS = torch.arange(16) % 10


def net(*middle: nn.Module) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(), *middle,
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10),
    )  # fmt: skip


class Returns(nn.Module):
    """Returns what it was given, whatever comes in."""

    def __init__(self, output: object) -> None:
        super().__init__()
        self.output = output

    def forward(self, _x: Tensor) -> object:
        return self.output


def two_values(low: float, high: float) -> Tensor:
    """Images of two values, half of each, in another order in each image."""
    images = torch.full((4, 3, 8, 8), float(low))
    images.view(4, -1)[:, ::2] = high
    images[1::2] = low + high - images[1::2]
    return images


def first(**like: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 6, 1, **like))


INPUTS = [
    (net(), two_values(-1, 1), "mean 0.00, spread 1.00, from -1.00 to 1.00", ""),
    (net(), two_values(2, 4), "mean 3.00, spread 1.00, from 2.00 to 4.00", ""),
    (net(), two_values(2.5, 4.5), "mean 3.50, spread 1.00, from 2.50 to 4.50", "subtract the mean"),
    (net(), two_values(-4.5, -2.5), "mean -3.50, spread 1.00, from -4.50 to -2.50", "subtract"),
    (net(), two_values(-0.11, 0.11), "mean 0.00, spread 0.11, from -0.11 to 0.11", ""),
    (net(), two_values(-0.09, 0.09), "mean 0.00, spread 0.09, from -0.09 to 0.09", "subtract"),
    (net(), two_values(-4.9, 4.9), "mean 0.00, spread 4.90, from -4.90 to 4.90", ""),
    (net(), two_values(-5.2, 5.2), "mean 0.00, spread 5.20, from -5.20 to 5.20", "subtract"),
    (net(), torch.rand(4, 4, 8, 8), "4 channels, 3 expected", "give the first convolution as many"),
    (net(), X.permute(0, 2, 3, 1), "8 channels, 3 expected", r"images\.permute\(0, 3, 1, 2\)"),
    (
        nn.Sequential(nn.BatchNorm2d(4), *net()),
        X[:, [0, 1, 2, 0]],
        "4 channels, 3 expected",
        "give",
    ),
    (first(groups=3), two_values(-1, 1), "mean 0.00, spread 1.00, from -1.00 to 1.00", ""),
    (nn.Flatten(), two_values(-1, 1), "mean 0.00, spread 1.00, from -1.00 to 1.00", ""),
    (net(), X[:1].repeat(2, 1, 1, 1), "all images are the same", "look at how the batch"),
    (net(), X.double(), "images are torch.float64, weights torch.float32", r"images\.float\(\)"),
    (net().to("meta"), X, "images on cpu, weights on meta", "move both to one device"),
    (net(), X.long(), "dtype torch.int64", "convert and scale"),
]


@pytest.mark.parametrize(("model", "images", "found", "advice"), INPUTS)
def test_inputs_are_described_and_judged(model, images, found, advice):
    seen = checks.check_inputs(model, images, LABELS)
    assert (seen.check, seen.found, seen.fine) == ("inputs", found, not advice)
    assert seen.verdict == ("fault" if advice else "fine") and re.search(advice, seen.advice)


def test_a_batch_of_one_image_of_one_class_is_not_called_repeated():
    assert checks.check_inputs(net(), X[:1], LABELS[:1]).fine
    assert checks.check_labels(net(), X[:1].repeat(2, 1, 1, 1), LABELS[[3, 3]]).verdict == "fault"
    assert checks.check_labels(net().eval(), X[:1], LABELS[:1]).fine


@pytest.mark.parametrize(
    ("output", "labels", "found", "advice"),
    [
        (torch.zeros(16, 10), LABELS, "from 0 to 9, for 10 outputs", ""),
        (torch.zeros(16, 10), LABELS + 1, "from 1 to 10, for 10 outputs", "use labels - 1"),
        (torch.zeros(16, 9), LABELS, "from 0 to 9, for 9 outputs", "10 or more"),
        (torch.zeros(16, 10), LABELS + 2, "from 2 to 11, for 10 outputs", "12 or more"),
        (torch.zeros(16, 10), LABELS - 1, "from -1 to 8, for 10 outputs", "9 or more"),
        (torch.zeros(16, 10), LABELS[:9], "torch.int64 (9,) for 16 images", "one class number"),
        (torch.zeros(16, 10), LABELS[:, None], "torch.int64 (16, 1) for 16 images", "one class"),
        (torch.zeros(16, 10, 1), LABELS, "the network returns (16, 10, 1)", "return logits"),
        ((X, X), LABELS, "the network returns tuple", "return logits"),
        (torch.zeros(16, 10), LABELS * 0 + 4, "all labels are 4", "class by class"),
    ],
)
def test_labels_are_held_against_the_outputs(output, labels, found, advice):
    seen = checks.check_labels(Returns(output), X, labels)
    assert (seen.check, seen.found, seen.fine) == ("labels", found, not advice)
    assert advice in seen.advice


@pytest.mark.parametrize(
    "register",
    ["register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook",
     "register_full_backward_pre_hook"],
)  # fmt: skip
def test_every_kind_of_hook_is_seen_on_the_network_and_inside_and_none_is_called_aside(register):
    called = []
    model = net()
    getattr(model, register)(lambda *_: called.append(1))
    assert checks.check_hooks(model, X, LABELS).found == "on the network itself"
    for layer in (0, 1, 3):
        getattr(model[layer], register)(lambda *_: called.append(1))
    seen = checks.check_hooks(model, X, LABELS)
    assert (seen.verdict, seen.found) == ("note", "on the network itself, 0, 1 and 1 more")
    with checks.aside(model) as twin:
        twin(X).sum().backward()
    assert not called
    normed = nn.Sequential(nn.utils.spectral_norm(nn.Linear(2, 2)))
    assert checks.check_hooks(normed, X, LABELS).fine
    with checks.aside(normed) as twin:
        assert len(twin[0]._forward_pre_hooks) == 1


def test_an_output_that_is_kept_with_its_graph_is_named_by_its_path():
    model = net()
    model[0].seen = model(X)
    found = checks.check_hooks(model, X, LABELS).found
    assert found == "0.seen holds an output with its graph"
    model.kept = model[0].seen
    assert "kept, 0.seen holds" in checks.check_hooks(model, X, LABELS).found
    with checks.aside(model) as twin:
        assert torch.equal(twin.kept, model.kept) and not twin.kept.requires_grad


@pytest.mark.parametrize(("names", "text"), [("ab", "a, b"), ("abc", "a, b, c"),
                                             ("abcd", "a, b, c and 1 more")])  # fmt: skip
def test_three_names_are_told_and_the_others_counted(names, text):
    assert checks.listed(list(names)) == text


def test_what_sleeps_or_is_frozen_in_part_is_a_note_with_its_names():
    model = net(nn.Dropout(0.5))
    assert (
        checks.check_modes(model, X, LABELS).found == "all in training mode, all parameters train"
    )
    model[1].eval()
    seen = checks.check_modes(model, X, LABELS)
    assert (seen.verdict, seen.found) == ("note", "in evaluation mode: 1")
    model[3].eval()
    seen = checks.check_modes(model, X, LABELS)
    assert (seen.verdict, seen.found) == (
        "fault",
        "normalisation and dropout are in evaluation mode",
    )
    assert checks.check_modes(nn.Linear(2, 2).eval(), X, LABELS).fine
    model.train()[0].requires_grad_(False)
    seen = checks.check_modes(model, X, LABELS)
    assert (seen.verdict, seen.found) == ("note", "frozen: 0.weight")
    seen = checks.check_modes(model.requires_grad_(False), X, LABELS)
    assert (seen.verdict, seen.found) == ("fault", "every parameter is frozen")


@pytest.mark.parametrize(
    ("layers", "found"),
    [
        ([], "at least 64 a channel"),
        ([nn.MaxPool2d((1, 8)), nn.BatchNorm2d(8)], "at least 8 a channel"),
        ([nn.MaxPool2d((8, 4)), nn.BatchNorm2d(8)], "at least 2 a channel"),
        ([nn.MaxPool2d(8), nn.BatchNorm2d(8)], "one value a channel in 4"),
        ([nn.MaxPool2d(8), nn.BatchNorm2d(8).eval()], "at least 64 a channel"),
        (
            [nn.Flatten(), nn.BatchNorm1d(512), nn.Unflatten(1, (8, 8, 8))],
            "one value a channel in 4",
        ),
    ],
)
def test_values_a_channel_of_one_image(layers, found):
    seen = checks.check_single_image(net(*layers), X, LABELS)
    assert (seen.found, seen.fine) == (found, not found.startswith("one"))
    plain = checks.check_single_image(nn.Flatten(), X, LABELS)
    assert plain.found == "nothing normalises over a batch"


def lifted(by: float, place: int) -> Returns:
    """Ten outputs of zero, one of which is lifted."""
    logits = torch.zeros(16, 10)
    logits[:, place] = by
    return Returns(logits)


# A lifted wrong answer makes ln(e^c + 9), a lifted right one c less. Guessing: ln(10) = 2.30.
@pytest.mark.parametrize(
    ("model", "verdict", "found"),
    [
        (lifted(0, 0), "fine", "2.30, guessing has 2.30"),
        (lifted(4.0, 0), "fine", "4.15, guessing has 2.30"),
        (lifted(4.3, 0), "fault", "4.42, guessing has 2.30"),
        (lifted(0.8, 1), "fine", "1.62, guessing has 2.30"),
        (lifted(1.1, 1), "note", "1.39, guessing has 2.30"),
        (lifted(math.nan, 1), "fault", "the loss is not finite"),
        (lifted(1.0, 0), "fault", "outputs are probabilities already"),
        (Returns(torch.full((16, 10), 0.10003)), "fault", "outputs are probabilities already"),
        (Returns(torch.full((16, 10), 0.11)), "fine", "2.30, guessing has 2.30"),
    ],
)
def test_the_first_loss_is_held_against_guessing(model, verdict, found):
    seen = checks.check_start(model, X, torch.ones(16, dtype=torch.long))
    assert (seen.verdict, seen.found) == (verdict, found)


class Calls(nn.Module):
    """A part that is called as often as asked, and one that is never called."""

    def __init__(self, part: nn.Module, times: int, idle: nn.Module | None = None) -> None:
        super().__init__()
        self.part, self.times, self.idle = part, times, idle

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(self.times):
            x = self.part(x)
        return x


@pytest.mark.parametrize(
    ("part", "verdict", "found"),
    [
        (Calls(nn.Sequential(nn.BatchNorm2d(8)), 2), "fault", "runs more than once: 3.part.0"),
        (Calls(nn.Sequential(nn.Conv2d(8, 8, 1)), 3), "note", "runs more than once: 3.part.0"),
        (Calls(nn.Sequential(nn.BatchNorm2d(8, affine=False)), 2), "fault",
         "runs more than once: 3.part.0"),
        (Calls(nn.Sequential(nn.ReLU()), 2), "fine", "each exactly once"),
        (Calls(nn.ReLU(), 1, nn.ModuleList([nn.BatchNorm2d(8, affine=False)])), "note",
         "never called: 3.idle.0"),
        (Calls(nn.ReLU(), 1, nn.ModuleList([nn.Linear(8, 8)])), "note", "never called: 3.idle.0"),
    ],
)  # fmt: skip
def test_only_layers_with_tensors_of_their_own_are_counted(part, verdict, found):
    seen = checks.check_reused(net(part), X, LABELS)
    assert (seen.verdict, seen.found) == (verdict, found)


def test_a_bias_has_an_effect_where_the_normalisation_does_not_subtract_it():
    model = net(nn.Conv2d(8, 8, 1), nn.BatchNorm2d(8))
    assert checks.check_biases(model, X, LABELS).found == "no effect in 3"
    model[4].eval()
    assert checks.check_biases(model, X, LABELS).fine


@pytest.mark.parametrize(("dead", "fine"), [(4, True), (5, False)])
def test_more_than_half_of_a_layer_has_to_be_dead(dead, fine):
    model = net()
    with torch.no_grad():
        model[1].bias[:dead] = -50
    seen = checks.check_gradients(model, X, LABELS)
    assert seen.fine == fine
    if not fine:
        assert re.fullmatch(r"6[23]% of the channels of 0 are dead", seen.found)


def test_layers_without_a_gradient_are_named_and_frozen_ones_are_not():
    class Cut(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.detach()

    assert checks.check_gradients(net(Cut()), X, LABELS).found == "none in 0"
    frozen = net(Cut())
    frozen[0].requires_grad_(False)
    assert checks.check_gradients(frozen, X, LABELS).found.endswith("smallest in 6")


@pytest.mark.parametrize("check", ["check_hooks", "check_in_place", "check_biases"])
def test_where_nothing_was_found_the_finding_says_so(check):
    assert getattr(checks, check)(net(), X, LABELS).found == "none"


def test_after_a_pass_that_fails_nothing_more_is_tried(capsys):
    model = nn.Sequential(nn.Flatten(), nn.Linear(7, 10))
    seen = [finding.check for finding in diagnosis.diagnose(model, X, LABELS)]
    assert seen == ["inputs", "hooks", "modes", "run"]
    assert capsys.readouterr().out.count("\nrun ") == 1


def by_hand(rate: float, x: Tensor, y: Tensor) -> float:
    """The loss after eight steps of SGD with momentum."""
    model = linear()
    optimiser = torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9)
    for _ in range(8):
        optimiser.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimiser.step()
    return F.cross_entropy(model(x), y).item()


def linear() -> nn.Module:
    torch.manual_seed(3)
    return nn.Sequential(nn.Flatten(), nn.Linear(192, 10))


def test_a_sweep_tries_the_usual_rates_and_the_readers_on_the_first_images():
    x = torch.randn(40, 3, 8, 8, generator=torch.Generator().manual_seed(2))
    y = torch.arange(40) % 10
    seen = diagnosis.sweep(linear(), x, y, learning_rate=0.05)
    rates = (1e-4, 1e-3, 1e-2, 0.05, 1e-1, 1.0)
    expected = ", ".join(f"{rate:g}: {by_hand(rate, x[:32], y[:32]):.2f}" for rate in rates)
    assert (seen.found, seen.looked_at) == (expected, "loss after 8 steps at each rate")
    few = diagnosis.overfit_one_batch(linear(), x, y, steps=3)
    assert few.found.endswith("in 3 steps on 32 images")
    stuck = diagnosis.sweep(Returns(nn.Parameter(torch.zeros(32, 10))), x, y * 0, 1e-9)
    assert stuck.advice == "between 0.1 and 1 the loss falls; yours is outside"


def test_a_report_has_aligned_columns_and_advice_below():
    findings = [Finding("inputs", "", "mean 0"), Finding("rates", "", "word " * 20, "fault", "go")]
    assert diagnosis.report(findings).splitlines() == [
        "inputs      fine   mean 0",
        "rates       fault  " + "word " * 9 + "word",
        " " * 19 + "word " * 9 + "word",
        " " * 19 + "> go",
    ]
