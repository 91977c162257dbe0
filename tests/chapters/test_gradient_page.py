"""The chapter on gradient norms to touch: live panels, its figure's data, its exercises."""

import ast
import json
import math
import re
from pathlib import Path

import pytest
import torch
from gradient_chapter import cells, module, prose, states
from notebook_code import definitions, refused, solutions
from torch import nn

from utils.chapters.gradient_norms.live import live_figure, live_panel, live_readings
from utils.chapters.gradient_norms.numbers import courses, initial
from utils.explorables import gradient_norms as make_figure
from utils.models.starts import Start

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks" / "04_gradient_norms.ipynb"


def test_the_live_panel_draws_what_can_be_built_and_explains_the_rest():
    shown = live_panel(8, "residual", False, "fixup", steps=1)
    assert "<svg" in shown.markup
    assert "nothing is left" in live_panel(8, "plain", False, "fixup").markup
    assert "unknown quantity" in live_panel(8, "plain", steps=1, quantity="norm").markup


@pytest.mark.parametrize("quantity", ["weight_gradient", "sd", "dead"])
def test_the_live_panel_follows_its_step_slider_without_training_again(quantity):
    start = Start(8, "residual", False)
    shown = [live_panel(8, "residual", False, steps=3, step=k, quantity=quantity) for k in (1, 3)]
    trained = live_readings.cache_info().misses
    again = live_panel(8, "residual", False, steps=3, step=2, quantity=quantity)
    assert live_readings.cache_info().misses == trained
    assert len({shown[0].markup, again.markup, shown[1].markup}) == 3
    readings, losses = live_readings(start, 3)
    assert readings.steps == [0, 1, 2]
    for step, published in ((1, shown[0]), (2, again), (3, shown[1])):
        assert f"at step {step} {losses[step - 1]:.2f}" in published.markup
        assert "All steps" in published.markup
    beyond = live_panel(8, "residual", False, steps=3, step=9, quantity=quantity)
    assert beyond.markup == shown[1].markup


def test_the_live_heat_map_has_a_cell_for_every_layer_and_step():
    made = live_figure(Start(8, "plain"), 3, 2)
    profile, heat = made.axes[:2]
    (mesh,) = [c for c in heat.collections if c.get_array() is not None]
    readings, _ = live_readings(Start(8, "plain"), 3)
    expected = readings.of("weight_gradient").log10().T
    assert mesh.get_array().shape == (8, 3)
    assert torch.allclose(torch.tensor(mesh.get_array().filled(math.nan)), expected)
    assert profile.lines[1].get_ydata().tolist() == readings.of("weight_gradient")[1].tolist()
    (frame,) = heat.patches
    assert frame.get_x() == 1.5


def unpacked(data: dict, quantity: int, row: list) -> list[float]:
    return [value / data["quantities"][quantity]["perUnit"] for value in row]


def test_the_figures_data_are_the_records_to_a_percent():
    data = module().packed()
    layers, fields = initial(Start(110, "residual", False))
    series = data["series"]["resnet-110_none_he"]
    assert len(series["sd"][0]) == len(layers) == 110
    for quantity, field in enumerate(("weight_gradient", "sd")):
        expected = fields[field].log10().mean(0).tolist()
        assert unpacked(data, quantity, series[field][0]) == pytest.approx(expected, abs=0.003)
    dead = fields["dead"].mean(0).tolist()[:-1]
    assert unpacked(data, 2, series["dead"][0][:-1]) == pytest.approx(
        [10 * d for d in dead], abs=0.006
    )
    assert series["dead"][0][-1] is None
    course = data["series"]["plain-56_bn_he"]
    for quantity, field in enumerate(("weight_gradient", "sd")):
        rows = [c.fields[field][2] for c in courses(Start(56, "plain"))]
        expected = torch.stack(rows).log10().mean(0).tolist()
        assert unpacked(data, quantity, course[field][2]) == pytest.approx(expected, abs=0.003)
    assert set(data["series"]["plain-110_none_pytorch"]["weight_gradient"][0]) == {data["zero"]}


def test_the_figures_data_stay_under_300_kilobytes():
    markup = make_figure().markup
    (packed,) = re.findall(r'data-part="data">(.*?)</script>', markup, flags=re.DOTALL)
    assert json.loads(packed) == json.loads(json.dumps(module().packed()))
    assert len(packed.encode()) < 300_000


def test_where_responses_are_called_silent_every_second_convolution_is():
    data = module().packed()
    seen = 0
    for state in states(data):
        if state["quantity"] != 1 or "and so is its response" not in module().finding(
            data, **state
        ):
            continue
        family = "plain" if state["kind"] == "plain" else "resnet"
        name = f"{family}-{state['depth']}_{data['forms'][state['form']]}"
        assert set(data["series"][name]["sd"][0][2:-1:2]) == {data["zero"]}
        assert state["step"] == 0
        seen += 1
    assert seen == len(data["depths"])


def test_an_overflow_is_not_called_zero():
    data = module().packed()
    form = data["forms"].index("none_he")
    for quantity in range(3):
        state = {"quantity": quantity, "depth": 56, "form": form, "kind": "residual", "step": 1}
        assert "have overflowed" in module().finding(data, **state)
        told = module().finding(data, **{**state, "kind": "plain"})
        assert "In ResNet-56, the numbers have overflowed." in told
    after = data["series"]["resnet-56_none_he"]
    assert [d is None for d in after["dead"][1][:-1]] == [s is None for s in after["sd"][1][:-1]]


def test_every_heat_colour_stands_out_from_the_dark_page():
    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    style = (ROOT / "utils" / "explorables" / "explorables.css").read_text(encoding="utf-8")
    colours = re.findall(r"\.ex-h\d \{ fill: (#\w{6})", style)
    assert len(colours) == 9
    for colour in colours:
        assert (luminance(colour) + 0.05) / (luminance("#14181e") + 0.05) > 2


SOLUTIONS = {name: "\n".join(blocks) for name, blocks in solutions(NOTEBOOK).items()}
"""Name of each exercise -> the code of its solution."""


@pytest.fixture(scope="module")
def built() -> dict:
    """What the chapter's cells build: imports, classes, functions, images and session."""
    from utils.notebook.session import start

    return definitions(NOTEBOOK, {"images", "normalise", "bare"}, {"session": start(full=False)})


def run_solution(name: str, built: dict, capsys) -> tuple[list[str], dict]:
    """Lines that a solution prints, and its names."""
    names = dict(built)
    exec(SOLUTIONS[name], names)
    return capsys.readouterr().out.strip().splitlines(), names


def test_every_exercise_has_a_check_that_its_solution_calls():
    assert prose().count("```{exercise}") == len(SOLUTIONS) == 6
    checks = {
        node.name for cell in cells("code") for node in ast.parse(cell).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("check_")
    }  # fmt: skip
    called = {name: set(re.findall(r"\bcheck_\w+", code)) for name, code in SOLUTIONS.items()}
    assert all(len(found) == 1 for found in called.values())
    assert set.union(*called.values()) == checks


def without_the_stem(net: nn.Module) -> None:
    for layer in net.blocks.modules():
        if isinstance(layer, nn.Conv2d):
            layer.weight.data *= 6**0.5


def everything(net: nn.Module) -> None:
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            layer.weight.data *= 6**0.5


def test_undoing_the_sixth_brings_the_factor_close_to_one(built, capsys):
    (line,), _ = run_solution("undo-the-sixth", built, capsys)
    assert 0.85 < float(line.split()[0]) < 1.15
    refused(built["check_undo"], lambda net: None, r"stem.*grew 1\.00 times, not 6")
    refused(built["check_undo"], without_the_stem, r"stem.*grew 1\.00 times, not 6")
    refused(built["check_undo"], everything, r"head.*grew 6\.00 times, not 1")


@pytest.mark.slow
def test_the_entries_of_the_small_network_end_where_its_solution_says(built, capsys):
    run_solution("where-zero-begins", built, capsys)
    left = []
    for depth in (100, 110):
        net = built["make"](depth, batch_norm=False, he=False)
        built["profile"](net)
        left.append(int((net.stem[0].weight.grad != 0).sum()))
    assert left[0] > 0 == left[1]
    for depth, told in ((80, "too shallow"), (124, "too deep")):
        with pytest.raises(AssertionError, match=told):
            built["check_depth"](depth)


@pytest.mark.slow
def test_one_image_at_a_time_guesses_in_training_mode(built, capsys):
    lines, _ = run_solution("one-image-at-a-time", built, capsys)
    before, wrong, after = (float(line.split()[-1]) for line in lines[1:])
    assert before > 0.6
    assert wrong < 0.3
    assert after != before


def test_images_that_are_seen_together_are_found_out(built):
    check = built["check_single"]
    refused(check, lambda net, x: net(x).argmax(1), r"call: \[20\], not twenty")
    refused(check, lambda net, x: torch.cat([net(one[None]) for one in x]), r"use argmax")
    refused(check, lambda net, x: [net(one[None]).argmax() for one in x], "one tensor of 20")
    refused(check, lambda net, x: torch.stack([net(a[None]).argmax() for a in x.flip(0)]), "other")
    refused(check, lambda net, x: net(x[:1]).argmax(1).repeat(20), r"call: \[1\], not twenty")


def projected(built: dict, **changed) -> type:
    """The block of the exercise, with a slip."""
    slip = {"side": 1, "start": True, "relu": False, "last": True} | changed

    class Slipped(built["Block"]):
        def __init__(self, width: int, normalised: bool) -> None:
            super().__init__(width, residual=True)
            side = slip["side"]
            conv = nn.Conv2d(width, width, side, padding=side // 2, bias=False)
            if slip["start"]:
                nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
            self.shortcut = nn.Sequential(conv)
            if normalised:
                self.shortcut.append(nn.BatchNorm2d(width))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            by = self.shortcut(x)
            out = self.second(self.first(x).relu()) + (by.relu() if slip["relu"] else by)
            return out.relu() if slip["last"] else out

    return Slipped


@pytest.mark.parametrize(
    ("slip", "why"),
    [
        ({"side": 3}, "no 1x1 convolution"),
        ({"relu": True}, "ReLU stands on the shortcut"),
        ({"last": False}, "last ReLU is missing"),
        ({"start": False}, r"not 2\.5: is the start that of He"),
    ],
)
def test_a_wrong_shortcut_is_refused_with_its_reason(built, slip, why):
    refused(built["check_block"], projected(built, **slip), why)


def test_a_right_shortcut_is_accepted_and_a_block_instead_of_its_class_is_not(built):
    built["check_block"](right := projected(built))
    refused(built["check_block"], right(16, True), "the class, not a block")


def test_a_forgotten_normalisation_lets_the_trunk_grow_in_small_steps(built, capsys):
    _, *lines = run_solution("forgotten-normalisation", built, capsys)[0]
    complete, forgotten = (json.loads(lines[i]) for i in (0, 2))
    told = [re.findall(r"[\d.]+(?:e[-+]\d+)?", line) for line in (lines[1], lines[3])]
    assert len(complete) == len(forgotten) == 9
    assert all(0.7 < square < 1.4 for square in complete)
    assert 2.5 < forgotten[-1] < 3.5
    assert [float(numbers[0]) for numbers in told] == pytest.approx([1, 1], abs=0.01)
    (shortcut, classifier), (with_it, class_with_it) = (
        [float(n) for n in numbers[1:]] for numbers in told
    )
    assert with_it > 10 * shortcut
    assert 2.5 < class_with_it / classifier < 3.5


def test_without_its_normalisation_each_block_adds_a_half_on_average(built, capsys):
    _, names = run_solution("forgotten-normalisation", built, capsys)
    squares = []
    for seed in range(30):
        torch.manual_seed(seed)
        blocks = nn.Sequential(*[names["Projected"](64, False) for _ in range(3)])
        x = torch.randn(32, 64, 8, 8).relu()  # mean square 1/2
        squares.append(blocks(x).square().mean().item())
    assert sum(squares) / len(squares) == pytest.approx(2, rel=0.1)


def test_zero_gamma_leaves_gradients_to_the_first_and_the_last_layer(built, capsys):
    _, *lines = run_solution("zero-gamma", built, capsys)[0]
    alive = [line.split()[0] for line in lines if float(line.split()[1]) > 0]
    assert alive == ["stem.0.weight", "head.weight"]
    refused(built["check_silence"], lambda net: None, "block 0 changes its input")


def test_only_the_last_scale_of_a_branch_may_be_silenced(built):
    def everywhere(net):
        for layer in net.modules():
            if isinstance(layer, nn.BatchNorm2d):
                nn.init.zeros_(layer.weight)

    def convolutions(net):
        for block in net.blocks:
            nn.init.zeros_(block.second[0].weight)

    def first(net):
        for block in net.blocks:
            nn.init.zeros_(block.first[1].weight)

    for answer, name in ((everywhere, "stem.1"), (convolutions, "second.0"), (first, "first.1")):
        refused(built["check_silence"], answer, f"{name}.weight changed as well")


def test_a_louder_loss_leaves_every_factor_alone(built, capsys):
    (line,), _ = run_solution("a-thousand-times-the-loss", built, capsys)
    usual, loud = (float(word) for word in re.findall(r"\d\.\d+", line))
    assert usual == loud
    refused(built["check_louder"], lambda net, times: built["profile"](net), "1 times as large")
    refused(built["check_louder"], lambda net, times: None, "return the norms")

    def afterwards(net, times):
        norms = built["profile"](net)
        return {name: {"gradient": times * seen["gradient"]} for name, seen in norms.items()}

    refused(built["check_louder"], afterwards, "multiply the loss, not the norms")


def test_a_depth_is_a_whole_and_even_number(built):
    refused(built["check_depth"], "110", "give a whole number")
    for depth in (2, 21):
        refused(built["make"], depth, "an even depth")


@pytest.mark.parametrize("he", [False, True])
def test_wider_networks_leave_the_padding(built, he):
    nets = [built["make"](20, seed, width=64, batch_norm=False, he=he) for seed in range(3)]
    predicted = 1 if he else (1 / 6) ** 0.5
    assert all(0.93 < built["factor"](built["profile"](net)) / predicted < 1 for net in nets)


def test_a_hook_that_rounds_small_norms_to_zero_is_found_out(built, capsys, monkeypatch):
    net = built["make"](56, batch_norm=False, he=False)
    built["x"], built["y"] = built["batch"](0)
    for size, told in ((built["size"], "True"), (lambda t: t.norm().item(), "False")):
        monkeypatch.setitem(built, "size", size)
        net.zero_grad()
        built["agree"](net)
        lines = capsys.readouterr().out.strip().splitlines()
        assert [line.split()[-1] for line in lines] == [told, told]


def test_the_small_networks_show_what_their_text_says(built):
    make, profile, factor, ratio = (built[n] for n in ("make", "profile", "factor", "ratio"))
    bare = {"batch_norm": False, "he": False}
    assert factor(profile(make(32, **bare))) == pytest.approx((1 / 6) ** 0.5, rel=0.07)
    assert factor(profile(make(20, batch_norm=False))) == pytest.approx(1, abs=0.07)
    assert 1.1 < factor(profile(make(56))) < 1.25
    ratios = {}
    for residual in (False, True):
        profile(net := make(56, residual=residual))
        ratios[residual] = ratio(net)
    assert ratios[False] > 1000 > 20 > ratios[True] > 1
    sizes = built["column"](profile(make(56, residual=True, batch_norm=False)), "sd")
    assert sizes[-2] > 1000 * sizes[0]


@pytest.mark.slow
def test_training_the_deep_plain_network_turns_its_ratio_and_moves_its_first_layers(built):
    net = built["make"](56)
    course = built["train"](net)
    assert course["ratio"][0] > 1000
    assert max(course["ratio"][3:]) < 30
    sizes = built["column"](built["profile"](net.train()), "sd")[:-1]
    assert min(sizes[:6]) > 2 > 1.1 > max(sizes[-10:]) > 0.9
    exploded = built["make"](56, residual=True, batch_norm=False)
    assert math.isnan(built["train"](exploded, steps=4)["loss"][-1])


def test_roles_stand_in_markdown_only_because_outputs_do_not_know_them():
    assert not [cell for cell in cells("code") if "{term}" in cell]
