"""Networks and recipes are what their names and fields say, at every edge of what is allowed."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import replace

import pytest
import torch
from torch import nn

from utils import data
from utils.data import sets
from utils.models import starts
from utils.models.blocks import ChannelAffine, PreActivationBlock
from utils.models.counting import count_macs, count_parameters
from utils.models.initialise import initialise
from utils.models.networks import (
    SOURCE_RESNET,
    Architecture,
    ResNet,
    build,
    cifar_architecture,
    cifar_bottleneck_architecture,
    imagenet_architecture,
    imagenet_net,
)
from utils.probes.timing import summarise, time_calls, time_in_turns
from utils.record import gradient_norms, surfaces
from utils.record import lesions as lesion_study
from utils.record.experiments import (
    EXAMINED,
    EXPERIMENTS,
    Run,
    brief,
    on_digits,
    runs,
    runs_of,
    variant,
)
from utils.training.recipes import RECIPES, TrainConfig, config_hash, learning_rate_at, recipe

# Networks ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["simple-cnn", "source-resnet-14", "plain-8", "resnet-8-B", "preact-8", "bottleneck-11",
     "resnet-8-fixup"],
)  # fmt: skip
def test_a_network_answers_with_as_many_classes_as_asked(name):
    x = torch.zeros(2, 3, 32, 32)
    assert build(name).eval()(x).shape == (2, 10)
    assert build(name, 7).eval()(x).shape == (2, 7)
    assert imagenet_net(18, num_classes=5).fc.out_features == 5


def test_a_bottleneck_net_steps_on_its_first_1x1_and_does_nearly_the_work_of_basic_blocks():
    described = cifar_bottleneck_architecture(11, "B", 7)
    assert (described.stride_on, described.shortcut, described.num_classes) == ("1x1", "B", 7)
    block = ResNet(described).layer2[0]
    assert [conv.stride[0] for conv in (block.conv1, block.conv2, block.conv3)] == [2, 1, 1]
    assert count_macs(build("bottleneck-11")) == pytest.approx(
        count_macs(build("resnet-8")), rel=0.1
    )


def test_without_normalisation_as_many_parameters_scale_and_shift():
    net = build("plain-8-affine")
    kinds = [type(module) for module in net.modules()]
    assert nn.BatchNorm2d not in kinds and kinds.count(ChannelAffine) == 7
    assert count_parameters(net) == count_parameters(build("plain-8"))
    layer = ChannelAffine(2)
    layer.weight.data, layer.bias.data = torch.tensor([2.0, 3.0]), torch.tensor([1.0, -1.0])
    assert layer(torch.ones(1, 2, 1, 1)).flatten().tolist() == [3.0, 2.0]


def test_fixup_starts_from_silent_branches_and_needs_shortcuts():
    net = build("resnet-8-fixup")
    assert all(bool((s[0].conv2.weight == 0).all()) for s in (net.layer1, net.layer2, net.layer3))
    assert not any(isinstance(module, nn.BatchNorm2d) for module in net.modules())
    with pytest.raises(ValueError, match="without shortcuts nothing is left"):
        build("plain-8-fixup")


@pytest.mark.parametrize("option", ["B", "C", "3x3"])
def test_a_pre_activation_net_has_shortcut_a_only(option):
    with pytest.raises(ValueError, match="shortcut A only"):
        build(f"preact-8-{option}")
    assert build("preact-8-A").layer2[0].downsample is not None


def test_a_pre_activation_net_activates_before_and_after_all_blocks_but_not_twice():
    torch.manual_seed(0)
    net = build("preact-14").eval()
    assert isinstance(net.layer1[0], PreActivationBlock)
    assert isinstance(net.layer1[0].bn1, nn.Identity)
    assert [type(net.layer1[1].bn1), type(net.layer2[0].bn1)] == [nn.BatchNorm2d] * 2
    assert net.layer2[0].bn1.num_features == 16 and net.bn2.num_features == 64
    net.bn2.bias.data.fill_(-1e6)  # the last ReLU leaves nothing
    assert torch.allclose(net(torch.randn(2, 3, 32, 32)), net.fc.bias.expand(2, 10))


def test_the_source_net_has_its_3x3_shortcuts_and_pytorchs_start():
    assert (SOURCE_RESNET.shortcut, SOURCE_RESNET.init, SOURCE_RESNET.blocks) == (
        "3x3", "pytorch", (2, 2, 2),
    )  # fmt: skip
    assert SOURCE_RESNET.residual and not build("plain-14").architecture.residual


@pytest.mark.parametrize(
    ("ending", "field", "value"),
    [("B", "shortcut", "B"), ("dirac", "init", "dirac"), ("orthogonal", "init", "orthogonal"),
     ("pytorch", "init", "pytorch"), ("affine", "norm", "affine"), ("fixup", "init", "fixup")],
)  # fmt: skip
def test_an_ending_changes_one_field(ending, field, value):
    assert getattr(build(f"resnet-8-{ending}").architecture, field) == value
    others = replace(build(f"resnet-8-{ending}").architecture, **{field: "?" if field != "norm" else
                                                                  "batch"})  # fmt: skip
    plain = replace(build("resnet-8").architecture, **{field: "?" if field != "norm" else "batch"})
    assert others == (replace(plain, norm="affine") if ending == "fixup" else plain)


def test_an_unknown_norm_is_refused_and_the_usual_one_leaves_old_hashes_alone():
    with pytest.raises(ValueError, match="norm must be one of"):
        Architecture((1,), norm="layer")
    assert "norm" not in Architecture((1,)).described()
    assert Architecture((1,), norm="affine").described()["norm"] == "affine"
    assert Architecture((1,)).described()["widths"] == (16, 32, 64)


# Starts --------------------------------------------------------------------------------------


def weights_of(name: str) -> torch.Tensor:
    torch.manual_seed(0)
    return build(name).layer3[1].conv1.weight.detach()


def test_starts_have_the_variances_of_their_papers():
    # He: 2 / fan out. PyTorch: uniform with variance 1 / (3 fan in). 64 channels, 3x3.
    fan = 64 * 9
    assert weights_of("plain-14").std() == pytest.approx((2 / fan) ** 0.5, rel=0.02)
    assert weights_of("plain-14-pytorch").std() == pytest.approx((1 / 3 / fan) ** 0.5, rel=0.02)
    assert float(weights_of("plain-14-pytorch").abs().max()) <= fan**-0.5


def test_hes_start_counts_the_outputs_of_a_layer():
    torch.manual_seed(0)
    wide, narrow = nn.Conv2d(16, 128, 3), nn.Conv2d(128, 16, 3)
    initialise(nn.Sequential(wide, narrow), "he")
    assert wide.weight.detach().std() == pytest.approx((2 / (128 * 9)) ** 0.5, rel=0.03)
    assert narrow.weight.detach().std() == pytest.approx((2 / (16 * 9)) ** 0.5, rel=0.03)


def test_the_centre_of_a_kernel_is_in_its_middle():
    for size in (1, 3, 5, 7):
        layer = nn.Conv2d(4, 4, size)
        initialise(nn.Sequential(layer), "orthogonal")
        weight = layer.weight.detach()
        assert float(weight[:, :, size // 2, size // 2].norm()) == pytest.approx(8**0.5)
        assert float(weight.norm()) == pytest.approx(8**0.5)


def test_an_orthogonal_start_keeps_lengths_at_the_kernels_centre():
    weight = weights_of("plain-14-orthogonal")
    centre = weight[:, :, 1, 1]
    assert torch.allclose(centre @ centre.T, 2 * torch.eye(64), atol=1e-4)
    weight[:, :, 1, 1] = 0
    assert weight.abs().sum() == 0


def test_a_dirac_start_passes_its_input_on_with_a_little_noise():
    # 14 layers, 13 of them convolutions: the draw is divided by the root of 13.
    weight = weights_of("plain-14-dirac")
    noise = weight.clone()
    noise[torch.arange(64), torch.arange(64), 1, 1] -= 1
    assert noise.std() == pytest.approx((2 / (64 * 9) / 13) ** 0.5, rel=0.02)
    with pytest.raises(ValueError, match="unknown initialisation 'zeros'"):
        initialise(nn.Linear(1, 1), "zeros")


# Recipes -------------------------------------------------------------------------------------


def test_one_cycle_by_hand():
    # Ten steps, three of them rising to 0.6; from there linear to what step ten would reach, zero.
    config = TrainConfig("a", learning_rate=0.6, schedule="one-cycle", warmup_fraction=0.3)
    rates = [learning_rate_at(config, step, 10) for step in range(10)]
    down = [0.6 * k / 8 for k in range(7, 0, -1)]
    assert rates == pytest.approx([0.2, 0.4, 0.6, *down])
    # Without a warm-up the first step already has the peak.
    at_once = replace(config, warmup_fraction=0.0)
    assert [learning_rate_at(at_once, s, 3) for s in range(3)] == pytest.approx([0.6, 0.4, 0.2])


def test_a_step_divides_the_rate_by_ten_at_each_milestone():
    config = TrainConfig("a", learning_rate=1.0, schedule="step", milestones=(2, 4))
    rates = [learning_rate_at(config, step, 6) for step in range(6)]
    assert rates == pytest.approx([1, 1, 0.1, 0.1, 0.01, 0.01])
    assert learning_rate_at(replace(config, schedule="constant"), 5, 6) == 1.0


def test_a_warm_up_holds_its_rate_while_it_lasts():
    config = TrainConfig("a", learning_rate=1.0, warmup_learning_rate=0.01)
    assert [learning_rate_at(config, 3, 6, warm) for warm in (True, False)] == [0.01, 1.0]
    assert learning_rate_at(replace(config, warmup_learning_rate=None), 3, 6, True) == 1.0


FRACTIONS = ("momentum", "label_smoothing", "warmup_fraction", "small_fraction",
             "warmup_until_error")  # fmt: skip


@pytest.mark.parametrize("field", FRACTIONS)
def test_a_fraction_may_be_nothing_and_not_all(field):
    assert getattr(TrainConfig("a", **{field: 0.0}), field) == 0
    assert getattr(TrainConfig("a", **{field: 0.999}), field) == 0.999
    for wrong in (1.0, -0.001):
        with pytest.raises(ValueError, match=rf"{field} must be in \[0, 1\), not {wrong}"):
            TrainConfig("a", **{field: wrong})


@pytest.mark.parametrize("field", ["optimiser", "schedule", "precision", "enlarge", "normalise"])
def test_an_unknown_name_is_refused_with_the_known_ones(field):
    with pytest.raises(ValueError, match=f"{field} must be one of .*, not 'other'"):
        TrainConfig("a", **{field: "other"})


def test_steps_are_whole_batches_unless_fewer_are_asked_for():
    config = TrainConfig("a", batch_size=30, epochs=4)
    assert config.total_steps(100) == 4 * 3
    assert replace(config, max_steps=5).total_steps(100) == 5
    assert replace(config, max_steps=50).total_steps(100) == 12
    assert config.total_steps(29) == 0


def test_a_hash_is_of_what_differs_from_the_defaults():
    config = TrainConfig("a", epochs=3, milestones=(1, 2))
    assert config.changed() == {"recipe": "a", "epochs": 3, "milestones": [1, 2]}
    assert config.as_dict()["milestones"] == [1, 2] and config.as_dict()["momentum"] == 0.9
    text = '["a",{"b":1,"c":[2]}]'
    expected = hashlib.sha256(text.encode()).hexdigest()[:16]
    assert config_hash("a", {"c": (2,), "b": 1}) == expected


def test_named_recipes_are_changed_and_not_altered():
    assert recipe("fast", epochs=15).epochs == 15 and RECIPES["fast"].epochs == 10
    with pytest.raises(ValueError, match="unknown recipe 'slow'; choose from"):
        recipe("slow")
    # Section 4.2: 110 layers begin with 0.01 until the training error is below 80 %.
    warm = RECIPES["paper-warmup"]
    assert (warm.warmup_learning_rate, warm.warmup_until_error) == (0.01, 0.8)
    assert replace(warm, warmup_learning_rate=None, warmup_until_error=0.0) == replace(
        RECIPES["paper"], recipe="paper-warmup"
    )


# Experiments ---------------------------------------------------------------------------------


def test_a_brief_run_has_its_steps_on_small_images():
    # 50,000 images make 781 batches of 64: 400 steps fit into one epoch, 1,200 into two.
    assert [(brief(n).epochs, brief(n).max_steps) for n in (400, 781, 782, 1_200)] == [
        (1, 400), (1, 781), (2, 782), (2, 1_200),
    ]  # fmt: skip
    short = brief(400, learning_rate=0.05)
    assert (short.recipe, short.batch_size, short.learning_rate) == ("brief-400", 64, 0.05)
    assert (short.small_size, short.small_fraction, short.margin) == (None, 0.0, 1)
    # Half the batch of the recipe "fast", half its rate.
    fast = recipe("fast")
    assert (brief(9).batch_size, brief(9).learning_rate) == (
        fast.batch_size / 2, fast.learning_rate / 2,
    )  # fmt: skip


def test_digits_are_not_mirrored():
    config = on_digits(3)
    assert (config.recipe, config.epochs, config.flip, config.precision) == (
        "fast-digits", 3, False, "fp32",
    )  # fmt: skip
    assert variant("other", epochs=2) == recipe("fast", recipe="other", epochs=2)


def test_runs_of_one_network_come_seed_by_seed():
    assert [run.seed for run in runs_of("fast-20", "resnet-20")] == [0, 1, 2]
    assert runs_of("fast-20", "resnet-20", "slow") == runs_of("nothing", "resnet-20") == []
    assert [r.config.recipe for r in runs_of("source-recipe", "simple-cnn", seeds=(5,))] == [
        "source", "source-padded",
    ]  # fmt: skip
    (only,) = runs_of("source-recipe", "simple-cnn", "source", (5,))
    assert (only.name, only.dataset) == ("simple-cnn_source_seed5", "cifar10")


def test_every_examined_network_has_its_runs_and_is_called_by_its_name():
    for label, (experiment, model) in EXAMINED.items():
        assert [run.seed for run in runs_of(experiment, model)][:3] == [0, 1, 2]
        assert label.lower() == model


def test_each_seed_is_complete_before_the_next():
    found = runs("shortcut-control")
    assert [run.seed for run in found] == [seed for seed in range(10) for _ in range(3)]
    assert len({run.name for run in found}) == 30
    assert {run.dataset for run in runs("degradation")} == {"cifar10-16"}
    assert all(len({(m, c.recipe) for m, c in e.settings}) == len(e.settings)
               for e in EXPERIMENTS.values())  # fmt: skip


def test_a_run_of_the_simple_net_has_a_hash_too():
    hashes = {run.hash() for name in ("fast-20", "source-recipe") for run in runs(name)}
    assert len(hashes) == 3 + 12


# Data ----------------------------------------------------------------------------------------


def test_grey_values_of_the_digits_reach_from_black_to_white():
    from sklearn.datasets import load_digits

    source, train = load_digits().images, data.load("digits").train.images
    kept = [place for place in range(len(source)) if place % 5 != 4]
    for value in (15, 16):
        # Between two equal neighbours of the first row nothing is interpolated.
        place, column = next((n, c) for n, i in enumerate(kept) for c in range(7)
                             if source[i][0, c] == source[i][0, c + 1] == value)  # fmt: skip
        assert train[place, :, 0, 4 * column + 3].tolist() == [round(value * 255 / 16)] * 3


@pytest.mark.parametrize(("offline", "expected"), [("1", "digits"), ("0", "CIFAR-10")])
def test_auto_is_cifar_10_where_it_is_and_digits_where_pages_are_made(
    monkeypatch, offline, expected
):
    monkeypatch.setenv("RESNET_BOOK_OFFLINE", offline)
    monkeypatch.setattr("utils.data.cifar.find", lambda source: "a folder")
    monkeypatch.setitem(sets.DATASETS, "cifar10", lambda: "CIFAR-10")
    monkeypatch.setitem(sets.DATASETS, "digits", lambda: "digits")
    assert data.load() == expected
    monkeypatch.setattr("utils.data.cifar.find", lambda source: None)
    assert data.load("auto") == "digits"


# Timing --------------------------------------------------------------------------------------


def test_quartiles_are_those_of_the_measurements():
    found = summarise([4.0, 1.0, 3.0, 2.0, 5.0])
    assert (found.lower, found.median, found.upper, found.count) == (2.0, 3.0, 4.0, 5)


def test_calls_are_warmed_up_and_repeated_as_often_as_asked():
    seen: list[str] = []
    assert time_calls(lambda: seen.append("a"), warm_up=2, repeats=5).count == 5
    assert len(seen) == 7
    assert time_calls(lambda: None, repeats=2).count == 2
    with pytest.raises(ValueError, match="at least 2 repeats, not 1"):
        time_calls(lambda: None, repeats=1)
    seen.clear()
    calls = {name: lambda name=name: seen.append(name) for name in "ab"}
    assert {t.count for t in time_in_turns(calls, warm_up=1, rounds=3).values()} == {3}
    assert "".join(seen) == "ab" + "ababab"


def test_a_timing_is_of_the_call_and_not_of_the_warm_up(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("utils.probes.timing.time.perf_counter", lambda: now[0])
    takes = iter([100.0, 1.0, 2.0, 3.0])

    def call() -> None:
        now[0] += next(takes)

    found = time_calls(call, warm_up=1, repeats=3)
    assert (found.median, found.lower, found.upper) == (2.0, 1.5, 2.5)


def test_timings_in_turns_are_of_each_call_alone(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("utils.probes.timing.time.perf_counter", lambda: now[0])
    takes = {"a": iter([50.0, 1.0, 2.0, 3.0]), "b": iter([70.0, 4.0, 5.0, 6.0])}

    def call(name: str) -> None:
        now[0] += next(takes[name])

    calls = {name: lambda name=name: call(name) for name in takes}
    found = time_in_turns(calls, warm_up=1, rounds=3)
    assert (found["a"].median, found["b"].median) == (2.0, 5.0)


def test_a_timing_has_three_warm_ups_and_ten_calls_unless_asked_otherwise():
    seen: list[int] = []
    assert time_calls(lambda: seen.append(1)).count == 10
    assert len(seen) == 13
    assert time_in_turns({"a": lambda: seen.append(2)})["a"].count == 10
    assert seen.count(2) == 13


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_network_of_an_experiment_can_be_built(name):
    for model in {model for model, _ in EXPERIMENTS[name].settings}:
        with torch.device("meta"):
            assert build(model)


def test_the_papers_table_has_both_kinds_at_each_of_its_depths():
    models = [model for model, _ in EXPERIMENTS["paper-table-6"].settings]
    assert models == [f"{k}-{n}" for n in (20, 32, 44, 56, 110) for k in ("resnet", "plain")]


@pytest.mark.parametrize(
    ("settings", "defaults"),
    [
        (lesion_study.Lesions("e", "m", (0,)),
         {"images": 10_000, "many": 2_000, "draws": 30, "statistics": 2_000, "path_images": 128,
          "recipe": "fast", "dataset": "cifar10", "precision": "bf16"}),
        (surfaces.Surface("e", "m", (0,)),
         {"images": 256, "subset_seed": 0, "steps": 21, "extent": 1.0, "radii": (0.5, 1.0),
          "angles": 16, "batch": 32, "dataset": "cifar10"}),
        (Run("e", "m", recipe("fast"), 0), {"dataset": "cifar10"}),
        (gradient_norms.Overhead(starts.Start(8, "plain")),
         {"rounds": 12, "interval": 10, "batch": gradient_norms.BATCH, "seeds": (0,),
          "dataset": "cifar10"}),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_is_not_said_of_a_measurement_is_this(settings, defaults):
    assert {name: getattr(settings, name) for name in defaults} == defaults
    fields = dataclasses.fields(settings)
    assert {f.name for f in fields if f.default is not dataclasses.MISSING} == set(defaults)


def test_what_is_not_said_of_a_network_is_this():
    three = Architecture((3, 3, 3))
    assert cifar_architecture(20) == three
    assert (three.widths, three.block, three.residual) == ((16, 32, 64), "basic", True)
    assert (three.shortcut, three.stem, three.stride_on) == ("A", "cifar", "3x3")
    assert (three.init, three.num_classes, three.norm) == ("he", 10, "batch")
    thin = replace(three, block="bottleneck", stride_on="1x1")
    assert cifar_bottleneck_architecture(29) == thin
    large = Architecture((3, 4, 6, 3), (64, 128, 256, 512), "bottleneck", shortcut="B",
                         stem="imagenet", num_classes=1000)  # fmt: skip
    assert imagenet_architecture(50) == large
    assert imagenet_architecture(50, "v1") == replace(large, stride_on="1x1")
