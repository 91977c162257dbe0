"""The bottleneck chapter: counts by hand, by autograd and by the paper; honest timings."""

import json
import re
import time
from pathlib import Path

import pytest
import torch
import torchvision
from notebook_code import definitions
from notebook_prose import page_markdown, sources
from torch import nn

from utils.chapters.bottleneck import counts as bottleneck
from utils.chapters.bottleneck import roofline as roofline_module
from utils.facts.paper import cell
from utils.files import records
from utils.files.records import ResultError
from utils.models.blocks import BasicBlock, Bottleneck
from utils.models.counting import count_macs, count_parameters
from utils.models.networks import IMAGENET, build, imagenet_net
from utils.probes import roofline as roofs
from utils.probes.layers import (
    Field,
    LayerCost,
    differing_layers,
    gradient_support,
    layer_costs,
    receptive_field,
    stage_fields,
)
from utils.probes.timing import Timing
from utils.record import roofline
from utils.record.experiments import EXPERIMENTS, SEEDS
from utils.results import labels
from utils.results import runs as results
from utils.training import transfer

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks" / "05_bottleneck.ipynb"


def rows_of(shown) -> list[list[str]]:
    """Cells of a table's body."""
    body = shown.markup.split("<tbody>")[1]
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in body.split("</tr>")[:-1]]


def test_layers_add_up_to_what_pytorch_counts():
    for net, size in ((imagenet_net(50), 64), (build("resnet-8"), 32), (build("simple-cnn"), 32)):
        costs = layer_costs(net, size)
        assert sum(cost.macs for cost in costs) == count_macs(net, size)
        assert sum(cost.parameters for cost in costs) == count_parameters(net)


def test_grouped_convolution_by_hand():
    net = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1, groups=4, bias=False))
    (cost,) = layer_costs(net, 5, channels=8)
    # Each of 8 * 5 * 5 outputs sees 2 channels of 3x3.
    assert cost.macs == 8 * 25 * 2 * 9
    assert cost.parameters == 8 * 2 * 9


def test_traffic_and_intensity_by_hand():
    cost = LayerCost("conv", (256, 56, 56), (64, 56, 56), 256 * 64, 56 * 56 * 256 * 64, False)
    numbers = 320 * 56 * 56 + 256 * 64
    assert cost.traffic() == 4 * numbers
    assert cost.traffic(batch=3) == 4 * (3 * 320 * 56 * 56 + 256 * 64)
    assert cost.intensity() == pytest.approx(2 * 56 * 56 * 256 * 64 / (4 * numbers))


def test_counting_leaves_the_net_where_it_was():
    net = build("resnet-8").train()
    layer_costs(net, 32)
    assert net.training
    assert next(net.parameters()).device.type == "cpu"
    assert not any(module._forward_hooks for module in net.modules())


@pytest.mark.parametrize("name", roofs.chapter_blocks())
def test_bytes_kept_for_backward_are_those_that_autograd_saves(name):
    block, channels = roofs.chapter_blocks()[name]
    size, batch = 8, 2
    x = torch.rand(batch, channels, size, size, requires_grad=True)
    parameters = {p.data_ptr() for p in block.parameters()}
    saved: dict[int, int] = {}

    def keep(tensor):
        if tensor.dim() == 4 and tensor.data_ptr() not in parameters:
            saved[tensor.data_ptr()] = 4 * tensor.numel()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        y = block.train()(x)
    saved.pop(y.data_ptr())
    costs = layer_costs(block, size, channels)
    assert sum(saved.values()) == batch * roofs.activation_bytes(costs)


def test_both_blocks_of_figure_5_cost_about_the_same():
    basic, bottleneck_ = BasicBlock(64, 64, 1, "A"), Bottleneck(256, 64, 1, "A")
    macs = [
        sum(c.macs for c in layer_costs(b, 56, n)) for b, n in ((basic, 64), (bottleneck_, 256))
    ]
    assert macs == [56 * 56 * 2 * 9 * 64 * 64, 56 * 56 * (2 * 256 * 64 + 9 * 64 * 64)]
    assert macs[1] / macs[0] == pytest.approx(0.944, abs=0.001)
    assert count_parameters(bottleneck_) < count_parameters(basic)


def test_receptive_field_by_hand():
    # 7x7 stride 2: 7, step 2. Pool 3x3 stride 2: 7 + 2*2 = 11, step 4. 3x3: 11 + 2*4 = 19.
    assert receptive_field([(7, 2), (3, 2), (3, 1)]) == Field(19, 4)
    assert receptive_field([]) == Field(1, 1)
    assert receptive_field([(1, 2), (3, 1)]) == Field(5, 2)
    assert receptive_field([(3, 2), (1, 1)]) == Field(3, 2)


def test_receptive_field_of_resnet_50_by_hand():
    # Steps 4, 8, 16, 32; each 3x3 adds two steps of its input. v1.5: the first 3x3 of a stage
    # still takes the step of the stage before; v1 has stepped already.
    v15 = 11 + 3 * 2 * 4 + (2 * 4 + 3 * 2 * 8) + (2 * 8 + 5 * 2 * 16) + (2 * 16 + 2 * 2 * 32)
    v1 = 11 + 3 * 2 * 4 + 4 * 2 * 8 + 6 * 2 * 16 + 3 * 2 * 32
    assert stage_fields(imagenet_net(50, "v1.5"))["layer4"] == Field(v15, 32)
    assert stage_fields(imagenet_net(50, "v1"))["layer4"] == Field(v1, 32)


@pytest.mark.parametrize("name", ["resnet-8", "resnet-8-B", "plain-8", "bottleneck-11"])
def test_receptive_field_is_where_gradients_arrive(name):
    net = build(name)
    for stage in net.stages:
        assert gradient_support(net, 64, stage) == stage_fields(net)[stage].pixels


def test_receptive_field_behind_the_imagenet_stem_is_where_gradients_arrive():
    assert gradient_support(imagenet_net(18), 96, "layer1") == 43


@pytest.mark.parametrize("depth", IMAGENET)
def test_the_name_counts_the_main_path(depth):
    counts = bottleneck.census(imagenet_net(depth))
    assert counts["main path"] == depth
    stages = [int(cell(f"1/{depth}-layer/conv{i}").number) for i in (2, 3, 4, 5)]
    per_block = 3 if depth >= 50 else 2
    assert [counts[f"layer{i}"] for i in (1, 2, 3, 4)] == [per_block * n for n in stages]
    assert counts["projections"] == (4 if depth >= 50 else 3)
    assert counts["normalisations"] == depth - 1 + counts["projections"]


@pytest.mark.slow
def test_v1_and_v1_5_differ_in_the_first_1x1_of_the_later_stages_alone():
    pairs = bottleneck.version_differences(50)
    assert [v1.name for v1, _ in pairs] == [f"layer{i}.0.conv1" for i in (2, 3, 4)]
    # 256 to 128 channels on 28x28 or 56x56 positions, and the same product in later stages.
    assert {(v1.macs, v15.macs) for v1, v15 in pairs} == {
        (28 * 28 * 256 * 128, 56 * 56 * 256 * 128)
    }
    whole = count_macs(imagenet_net(50, "v1.5"), 224) - count_macs(imagenet_net(50, "v1"), 224)
    assert sum(v15.macs - v1.macs for v1, v15 in pairs) == whole
    assert bottleneck.version_differences(18) == []


def test_networks_of_different_depth_are_not_compared():
    nets = [layer_costs(build(name), 32) for name in ("resnet-8", "resnet-14")]
    with pytest.raises(ValueError, match="same depth"):
        differing_layers(*nets)


@pytest.mark.slow
def test_family_table_agrees_with_torchvisions_documentation_and_nearly_with_the_paper():
    rows = {row[0]: row[1:] for row in rows_of(bottleneck.family_table())}
    assert len(rows) == len(IMAGENET)
    for _, (paper, a, b, v15, theirs, _) in rows.items():
        assert v15 == theirs
        nearest = min((float(a), float(b)), key=lambda count: abs(count - float(paper)))
        assert nearest == pytest.approx(float(paper), abs=0.06)
    assert rows["50 layers"][4] == "4.089"


def test_equal_blocks_mean_nearly_equal_macs_on_32_pixels():
    for basic, narrow in ((8, 11), (14, 20), (20, 29)):
        macs = [count_macs(build(n), 32) for n in (f"resnet-{basic}", f"bottleneck-{narrow}")]
        assert macs[1] / macs[0] == pytest.approx(1, abs=0.05)


def test_a_bottleneck_net_has_9n_plus_2_layers_and_an_option():
    for depth in (11, 20):
        costs = layer_costs(build(f"bottleneck-{depth}"), 32)
        assert sum(bool(cost.macs) for cost in costs) == depth
    assert count_parameters(build("bottleneck-11-B")) > count_parameters(build("bottleneck-11"))
    with pytest.raises(ValueError, match="9n \\+ 2"):
        build("bottleneck-12")


def test_the_comparison_differs_in_the_block_alone():
    settings = EXPERIMENTS[bottleneck.COMPARISON].settings
    assert tuple(model for model, _ in settings) == bottleneck.PAIR
    first, second = (config for _, config in settings)
    assert first == second
    assert first.recipe == "fast"


def test_comparison_table_shows_both_networks_and_the_paired_gain(monkeypatch):
    errors = {"resnet-8": [0.20, 0.22, 0.21], "bottleneck-11": [0.19, 0.20, 0.18]}

    def fake(experiment, model):
        return [
            {"seed": s, "final": {"test_error": e, "train_error": e}}
            for s, e in enumerate(errors[model])
        ]

    monkeypatch.setattr(bottleneck, "load_runs", fake)
    shown = bottleneck.comparison_table()
    assert [row[0] for row in rows_of(shown)] == [labels.LABELS[n] for n in bottleneck.PAIR]
    assert rows_of(shown)[0][2] == "79.00 ± 1.00 %"
    assert "-2.00 ± 1.00 points" in shown.markup


def test_the_roof_of_a_layer_by_hand():
    device = roofs.Device(peak=100.0, bandwidth=10.0)
    assert device.ridge == 10.0
    heavy = LayerCost("a", (1,), (1,), 0, 1000, False)
    light = LayerCost("b", (1,), (1,), 0, 1, False)
    assert device.least_seconds(heavy, 1) == pytest.approx(20.0)
    assert device.limit(heavy, 1) == "arithmetic"
    assert device.least_seconds(light, 1) == pytest.approx(0.8)
    assert device.limit(light, 1) == "memory"


def test_roofs_are_positive_and_use_the_fastest_call():
    waits = iter([0.0, 0.03, 0.001, 0.03])
    took = roofs.fastest(lambda: time.sleep(next(waits)), "cpu", 3)
    assert 0.001 <= took < 0.03
    device = roofs.measure_device(matrix=32, stream=1000, repeats=2)
    assert device.peak > 0 < device.bandwidth


def test_tables_of_times_show_ratios_to_the_first_block():
    names = list(roofs.chapter_blocks())
    timings = {name: Timing(t, t, t, 3) for name, t in zip(names, (0.1, 0.2, 0.4), strict=True)}
    rows = rows_of(roofline_module.timing_table(timings, batch=1))
    assert [row[2] for row in rows] == ["1.00", "2.00", "4.00"]
    assert [row[1] for row in rows] == ["1.00", "0.94", "16.00"]


@pytest.fixture
def tiny_machine(tmp_path, monkeypatch):
    monkeypatch.setattr(roofline, "FOLDER", tmp_path / "bench-blocks")
    return tmp_path / "bench-blocks"


TINY = ["--rounds", "2", "--size", "4", "--batch", "1", "--matrix", "16", "--stream", "100"]


def test_command_writes_one_record_a_device_that_the_page_shows(tiny_machine, capsys):
    assert "python -m utils.record.roofline" in roofline_module.recorded_table()
    assert roofline.main([*TINY, "--no-write"]) == 0
    assert not tiny_machine.exists()
    assert roofline.main(TINY) == 0
    assert "GFLOP/s" in capsys.readouterr().out
    (record,) = roofline.load_records()
    assert record["kind"] == "measurement"
    assert record["machine"]["versions"]["torch"] == torch.__version__
    shown = roofline_module.recorded_table()
    assert len(rows_of(shown)) == 2 * len(roofs.chapter_blocks())
    assert "1 images of 4 × 4" in shown.markup


def test_layer_table_names_every_layer_of_a_block(tiny_machine):
    timed = roofs.time_layers(["two 3×3 at 64"], size=4, batch=1, rounds=2)
    shown = roofline_module.layer_table(timed, roofs.Device(1e9, 1e9), 1)
    assert [row[0].split(", ")[1] for row in rows_of(shown)] == ["conv1", "bn1", "conv2", "bn2"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"kind": "other"}'])
def test_a_damaged_record_says_what_to_do(tiny_machine, text):
    tiny_machine.mkdir()
    (tiny_machine / "x.json").write_text(text, encoding="utf-8")
    with pytest.raises(ResultError, match=r"x\.json .*restore it with git"):
        roofline.load_records()


@pytest.mark.parametrize(("asked", "training"), [({}, False), ({"training": True}, True)])
def test_blocks_are_timed_in_inference_unless_training_is_asked_for(asked, training, monkeypatch):
    modes: list[bool] = []
    timed: list[object] = []

    def timing(calls, device, rounds):
        for name, call in calls.items():
            timed.append(name)
            call()
        return calls

    watched = roofs.chapter_blocks()
    for block, _ in watched.values():
        block.register_forward_hook(lambda module, *_: modes.append(module.training))
    monkeypatch.setattr(roofs, "chapter_blocks", lambda: watched)
    monkeypatch.setattr(roofs, "time_in_turns", timing)
    roofs.time_blocks(size=4, batch=2, **asked)
    assert timed == list(watched)
    assert modes == [training] * len(watched)
    gradients = {p.grad is not None for block, _ in watched.values() for p in block.parameters()}
    assert gradients == {training}


def test_what_cannot_be_timed_is_named():
    with pytest.raises(ValueError, match="there are: two 3×3 at 64"):
        roofs.time_layers(["bottleneck"])
    with pytest.raises(ValueError, match="at least 2 rounds, not 1"):
        roofs.time_blocks(size=4, batch=1, rounds=1)


def test_too_few_rounds_are_refused(capsys):
    with pytest.raises(SystemExit):
        roofline.main(["--rounds", "1"])
    assert "at least 2 rounds" in capsys.readouterr().err


def test_records_of_devices_are_in_a_folder_of_their_own():
    assert roofline.FOLDER == records.RESULTS / "bench-blocks"


def test_a_wrong_group_of_channels_is_named():
    names = definitions(NOTEBOOK)
    own = names["Bottleneck"]

    class Wide(own):
        def __init__(self, inside, width, groups):
            super().__init__(inside, width)
            self.conv2 = nn.Conv2d(width, width, 3, padding=1, groups=groups, bias=False)

    class Regrouped(own):
        expansion = 2

        def __init__(self, inside, width, groups):
            super().__init__(inside, width)
            self.conv2.groups = groups

    for wrong, told in (
        (thinner(own), "conv1 has changed"),
        (Wide, "512 channels outside"),
        (Regrouped, "make a new conv2"),
        (lambda inside, width, groups: nn.Sequential(), "call the 3×3 conv2"),
    ):
        with pytest.raises(AssertionError, match=told):
            names["check_grouped"](wrong)


def thinner(block: type[nn.Module]) -> type[nn.Module]:
    """A block whose first convolution is grouped as well."""

    class Thinner(block):
        expansion = 2

        def __init__(self, inside: int, width: int, groups: int) -> None:
            super().__init__(inside, width)
            self.conv1 = nn.Conv2d(inside, width, 1, groups=groups, bias=False)
            self.conv2 = nn.Conv2d(width, width, 3, padding=1, groups=groups, bias=False)
            self.downsample = nn.Conv2d(inside, self.expansion * width, 1, bias=False)

    return Thinner


def test_the_readers_own_code_is_the_books():
    names = definitions(NOTEBOOK)
    mine, theirs = names["ResNet"](), imagenet_net(50)
    mine.load_state_dict(theirs.state_dict())
    costs = {cost.name: cost.macs for cost in layer_costs(theirs, 64) if cost.macs}
    assert names["macs_by_layer"](mine, 64) == costs
    for pixels, step, kernel, stride in ((1, 1, 7, 2), (7, 2, 3, 2), (11, 4, 1, 1)):
        field = Field(pixels, step).after(kernel, stride)
        assert names["widened"](pixels, step, kernel, stride) == (field.pixels, field.step)


def test_the_chapter_has_its_parts():
    text = page_markdown(NOTEBOOK)
    assert text.count("```{exercise}") == text.count("````{solution}") >= 5
    assert text.count("Break a network on purpose") >= 1
    assert all(len(code.splitlines()) <= 20 for code in sources(NOTEBOOK, "code"))


def test_at_equal_work_basic_blocks_beat_bottlenecks_with_every_seed():
    basic, narrow = (
        {
            run["seed"]: run["final"]
            for run in results.load_runs(bottleneck.COMPARISON, model, "fast")
        }
        for model in ("resnet-8", "bottleneck-11")
    )
    assert sorted(basic) == sorted(narrow) == list(SEEDS)
    for seed in SEEDS:
        assert basic[seed]["test_error"] < narrow[seed]["test_error"]
        assert basic[seed]["train_error"] < narrow[seed]["train_error"]


def basic_blocks(depth: int) -> set[tuple[int, int]]:
    """Outer channels and map size of every block of two 3×3 in a network of the paper."""
    net = bottleneck.sketch(depth)
    blocks = {name for name, module in net.named_modules() if isinstance(module, BasicBlock)}
    return {
        cost.out_shape[:2]
        for cost in layer_costs(net, 224)
        if cost.name.removesuffix(".bn2") in blocks
    }


def test_two_3x3_at_256_make_up_conv4_x_of_18_and_34_and_stand_nowhere_on_maps_of_56():
    everywhere = {depth: basic_blocks(depth) for depth in IMAGENET}
    wide = {depth: {size for width, size in found if width == 256}
            for depth, found in everywhere.items()}  # fmt: skip
    assert wide == {18: {14}, 34: {14}, 50: set(), 101: set(), 152: set()}


def test_at_equal_outer_width_a_bottleneck_has_a_seventeenth_and_keeps_three_times_the_bytes():
    narrow, neck, wide = (block for block, _ in roofs.chapter_blocks().values())
    assert count_parameters(wide) / count_parameters(neck) == pytest.approx(17, abs=0.5)
    assert count_parameters(neck) / count_parameters(narrow) == pytest.approx(0.95, abs=0.01)
    macs = {n: sum(c.macs for c in layer_costs(b, 56, k))
            for n, (b, k) in roofs.chapter_blocks().items()}  # fmt: skip
    assert macs["two 3×3 at 256"] / macs["bottleneck 256-64-256"] == pytest.approx(17, abs=0.5)
    kept = [roofs.activation_bytes(layer_costs(b, 56, k))
            for b, k in roofs.chapter_blocks().values()]  # fmt: skip
    assert kept[1] == 3 * kept[0]


def test_the_chapter_concludes_nothing_from_times_of_the_machine_that_built_it():
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    live = [
        i
        for i, c in enumerate(cells)
        if "nbval-ignore-output" in c["metadata"].get("tags", []) and c["id"] != "used"
    ]
    assert len(live) == 2
    for place in live:
        following = "".join(cells[place + 1]["source"]).split("\n\n")[0]
        assert not re.search(r"nearer|faster than the|slower than the|longer than the", following)


def test_the_parity_cell_is_given_statistics_that_show():
    net = torchvision.models.resnet18(weights=None)
    transfer.randomise_statistics(net)
    norms = [m for m in net.modules() if isinstance(m, nn.BatchNorm2d)]
    assert all(m.running_mean.std() > 0.05 and m.running_var.std() > 0.1 for m in norms)
    assert "randomise_statistics(common)" in NOTEBOOK.read_text(encoding="utf-8")


PRETRAINED = torchvision.models.ResNet50_Weights.IMAGENET1K_V2


@pytest.mark.skipif(
    not transfer.is_cached(PRETRAINED),
    reason=f"{transfer.cached_file(PRETRAINED)} is not in PyTorch's cache; the chapter's cell "
    "fetches it with PRETRAINED = True",
)
def test_pretrained_weights_of_torchvision_give_equal_outputs():
    theirs = torchvision.models.resnet50(weights=PRETRAINED).eval()
    ours = imagenet_net(50).eval()
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        assert torch.equal(ours(x), theirs(x))


def test_size_of_the_pretrained_file_is_as_the_chapter_says():
    assert PRETRAINED.meta["_file_size"] == pytest.approx(100, rel=0.05)
