"""What the reader of *Fine-tune and hand over* writes, and its exercises."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import onnxruntime
import pytest
import torch
from notebook_code import (
    all_checks_are_tried,
    code_cell,
    definitions,
    refused_code,
    solutions,
    solved,
)

from utils.chapters.fine_tuning.card import model_card
from utils.record import weights
from utils.training.transfer import prepare

SHAPE = "inputs: ['images', 3, 32, 32]\n"
NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "12_fine_tuning.ipynb"


@pytest.fixture(scope="module")
def whole() -> dict:
    """The definitions of the notebook, its images (fewer of them) and a network in a file."""
    names = definitions(NOTEBOOK)
    exec(code_cell(NOTEBOOK, "few = few_of_each"), names)
    few = names["digits"].test.subset(torch.arange(60))
    names["digits"] = replace(names["digits"], test=few)
    names["test"] = names["given"].normaliser(few.images)
    names["net"], names["raw"] = names["given"].net, few.images
    exec(code_cell(NOTEBOOK, "save_file(state, PATH"), names)
    exec(code_cell(NOTEBOOK, "hers, told = open_file"), names)
    return names


@pytest.fixture
def own(whole) -> dict:
    """A copy of its names for each test."""
    return dict(whole)


def moved(before: dict, after: dict) -> set[str]:
    return {name for name, value in before.items() if not torch.equal(value, after[name])}


def test_a_frozen_trunk_keeps_weights_and_statistics_and_a_slow_one_moves_less(own):
    distance = {}
    for trunk in (0, 0.1, 1.0):
        net = own["start"](own["given"].net)
        before = {name: value.clone() for name, value in net.state_dict().items()}
        after = own["my_tune"](net, trunk, steps=2).state_dict()
        changed = moved(before, after)
        if trunk == 0:
            assert changed == {"fc.weight", "fc.bias"}
        else:
            assert {"conv1.weight", "bn1.running_mean", "fc.weight"} <= changed
        distance[trunk] = (after["conv1.weight"] - before["conv1.weight"]).norm().item()
    assert distance[0] == 0 < 2 * distance[0.1] < distance[1.0]


def test_all_four_networks_have_the_same_head_at_the_start(own):
    one, other = (own["start"](own["models"].build("resnet-14")) for _ in range(2))
    assert torch.equal(one.fc.weight, other.fc.weight)


def test_the_cells_for_imagenet_run_where_the_weights_can_be_had(own, capsys):
    own["IMAGENET"] = True
    source = code_cell(NOTEBOOK, "for_imagenet(digits.test.images)")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # without a network the weights are random, and it says so
        own["big"], _ = own["load_resnet18"]()
    before = {name: value.clone() for name, value in own["big"].state_dict().items()}
    exec(source, own)
    assert moved(before, own["big"].state_dict()) == {"fc.weight", "fc.bias"}
    assert capsys.readouterr().out.endswith("%\n")


def test_inputs_for_imagenet_are_normalised_with_the_numbers_of_the_weights(own):
    grey = torch.full((1, 3, 8, 8), 255 * 0.5)
    numbers = own["WEIGHTS"].transforms()
    pairs = zip(numbers.mean, numbers.std, strict=True)
    wanted = [(0.5 - mean) / sd for mean, sd in pairs]
    assert own["for_imagenet"](grey)[0, :, 5, 5].tolist() == pytest.approx(wanted, abs=1e-5)


def test_the_book_prepares_images_for_imagenet_as_she_does(own):
    images = own["digits"].test.images[:4]
    assert torch.allclose(own["for_imagenet"](images), prepare(images, 64), atol=1e-5)


def test_another_program_gives_the_logits_for_more_images_than_the_example(own, capsys):
    own["eight"] = own["test"][:5]
    own["export"](own["hers"], own["test"][:2], own["GRAPH"])
    exec(code_cell(NOTEBOOK, "ReferenceEvaluator(graph)"), own)
    assert capsys.readouterr().out == "the same logits: True\nnormalisation in it: False\n" + SHAPE


def test_a_fixed_number_of_images_stands_in_the_file_and_a_strict_program_refuses_others(
    own, capsys
):
    own["eight"] = own["test"][:5]
    own["export"](own["hers"], own["test"][:2], own["GRAPH"], free=())
    exec(code_cell(NOTEBOOK, "ReferenceEvaluator(graph)"), own)
    assert capsys.readouterr().out.endswith("inputs: [2, 3, 32, 32]\n")
    session = onnxruntime.InferenceSession(own["GRAPH"])
    with pytest.raises(onnxruntime.capi.onnxruntime_pybind11_state.InvalidArgument):
        session.run(None, {"inputs": own["eight"].numpy()})


def test_a_seed_fixes_the_draws_for_one_number_of_workers_only(own, capsys):
    exec(code_cell(NOTEBOOK, "def drawn(workers"), own)
    said = [line.rpartition(" ")[2] for line in capsys.readouterr().out.splitlines()]
    assert said == ["True", "True", "True", "False", "False"]


@pytest.mark.slow
def test_a_small_difference_grows_with_the_steps(own):
    apart = [own["twins"](count) for count in (1, 3, 9)]
    assert apart == sorted(apart) and apart[-1] > 5 * apart[0] > 0


def test_the_card_says_what_the_record_and_the_file_say():
    for name, entry in weights.index().items():
        card, record = model_card(name), weights.load(name).record
        for value in (
            entry["file"],
            entry["sha256"][:12],
            f"{record['parameters']:,}",
            f"{record['final']['test_error']:.2%}",
            f"seed {record['seed']}",
            record["machine"]["versions"]["torch"],
            "airplane",
        ):
            assert value in card, f"{name}: {value}"


def test_a_card_of_an_unknown_network_is_refused():
    with pytest.raises(weights.WeightsError, match="choose from"):
        model_card("resnet-19")


@pytest.mark.parametrize("name", solutions(NOTEBOOK))
def test_every_solution_passes_the_check_of_its_exercise(own, name):
    solved(NOTEBOOK, name, own)


FALLING = """def answer(net, rate, factor):
    power_of = {{"fc": 0, "layer3": 1, "layer2": 2, "layer1": 3}}
    parts = [(power_of.get(name.split(".")[0], 4), p) for name, p in net.named_parameters()]
    return [{{"params": [p], "lr": {}}} for power, p in parts]"""
ASK = """def answer(net, x):
    m, s = x.mean().item(), x.std().item()
    if net.training or {}:
        raise ValueError(f"mean {{m}}, spread {{s}}")
    return net(x).argmax(1)"""
VERIFIED = """def answer(path, split):
    net, told = open_file(path)
    right = net(prepared({}, told)).argmax(1) == {}
    if abs(right.float().mean().item() - told["accuracy"]) > {}:
        raise ValueError("another accuracy")
    return {}"""
PLACE = (
    "answer = lambda n, e, s: torch.randint(0, 9, (2,),"
    " generator=torch.Generator().manual_seed({}))"
)
RIGHT = {
    "one group for each parameter": ("check_falling", FALLING.format("rate * factor**power")),
    "a setting of the child modules": (
        "check_mode",
        "def answer(net):\n net.train()\n"
        " net.apply(lambda m: m.eval() if isinstance(m, nn.BatchNorm2d) else m)\n return net",
    ),
    "limits in another form": (
        "check_ask",
        ASK.format("not -1 < m < 1 or s >= 3 or s <= 0.5"),
    ),
    "a tolerance": (
        "check_verified",
        VERIFIED.format("split.images", "split.labels", 1e-3, "net"),
    ),
    "PyTorch's way to fold": (
        "check_fold",
        "from torch.nn.utils.fusion import fuse_conv_bn_eval\n"
        "answer = lambda conv, bn: fuse_conv_bn_eval(conv.eval(), bn)",
    ),
    "a tensor of two": ("check_place", PLACE.format("(s * 1000 + e) * 100_000 + n")),
    "a generator of Python": (
        "check_place",
        "import random\ndef answer(n, e, s):\n own = random.Random(f'{n} {e} {s}')\n"
        " return own.randint(0, 8), own.randint(0, 8)",
    ),
}


@pytest.mark.parametrize("form", RIGHT)
def test_a_check_accepts_a_right_answer_of_another_form(own, form):
    check, answer = RIGHT[form]
    exec(answer, own)
    own[check](own["answer"])


WRONG = {
    "one rate": (
        "check_falling",
        "answer = lambda net, rate, factor: [{'params': list(net.parameters()), 'lr': rate}]",
        "has the rate",
    ),
    "the head alone": (
        "check_falling",
        "answer = lambda net, rate, factor: [{'params': list(net.fc.parameters()), 'lr': rate}]",
        "is in no group",
    ),
    "no groups": ("check_falling", "answer = lambda *given: None", "nothing"),
    "a dictionary of rates": (
        "check_falling",
        "answer = lambda net, rate, factor: {'fc': list(net.fc.parameters())}",
        "a list of dictionaries",
    ),
    "a group without a rate": (
        "check_falling",
        "answer = lambda net, rate, factor: [{'params': list(net.parameters())}]",
        "a list of dictionaries",
    ),
    "the rate forgotten": (
        "check_falling",
        FALLING.format("factor**power"),
        "has the rate 0.0625, not",
    ),
    "the rate to a power": (
        "check_falling",
        FALLING.format("(rate * factor)**power"),
        "has the rate",
    ),
    "training mode": ("check_mode", "answer = lambda net: net.train()", "bn1 is still in training"),
    "statistics of the mini-batch": (
        "check_mode",
        "def answer(net):\n net.train()\n for m in net.modules():\n"
        "  if isinstance(m, nn.BatchNorm2d): m.track_running_stats = False\n return net",
        "bn1 is still in training mode",
    ),
    "a copy": (
        "check_mode",
        "def answer(net):\n net = copy.deepcopy(net).train()\n for m in net.modules():\n"
        "  if isinstance(m, nn.BatchNorm2d): m.eval()\n return net",
        "not a copy",
    ),
    "evaluation mode": ("check_mode", "answer = lambda net: net.eval()", "not in training"),
    "all frozen": (
        "check_mode",
        "def answer(net):\n net.train()\n for m in net.modules():\n"
        "  if isinstance(m, nn.BatchNorm2d): m.eval().requires_grad_(False)\n return net",
        "has not moved",
    ),
    "no guard": ("check_ask", "answer = lambda net, x: net.eval()(x).argmax(1)", "not refused"),
    "one class for all": (
        "check_ask",
        ASK.format("abs(m) >= 1 or not 0.5 < s < 3") + " * 0",
        "not the network's classes",
    ),
    "the spread alone": ("check_ask", ASK.format("not 0.5 < s < 3"), "a mean of 2: not refused"),
    "one side of the mean": (
        "check_ask",
        ASK.format("m >= 1 or not 0.5 < s < 3"),
        "a mean of -2: not refused",
    ),
    "no upper limit of the spread": (
        "check_ask",
        ASK.format("abs(m) >= 1 or s <= 0.5"),
        "a spread of 4: not refused",
    ),
    "the mean alone": ("check_ask", ASK.format("abs(m) >= 1"), "pixels from 0 to 1: not refused"),
    "the limits of the table": (
        "check_ask",
        ASK.format("not (abs(m) < 0.5 and 0.5 < s < 2)"),
        "a right question is refused: mean",
    ),
    "a list of classes": (
        "check_ask",
        ASK.format("abs(m) >= 1 or not 0.5 < s < 3") + ".tolist()",
        "return a tensor, not a list",
    ),
    "an assertion": (
        "check_ask",
        "def answer(net, x):\n assert not net.training and x.abs().max() < 9, 'training'\n"
        " return net(x).argmax(1)",
        "not an AssertionError",
    ),
    "believed": ("check_verified", "answer = lambda path, split: open_file(path)[0]", "refused"),
    "own numbers": (
        "check_verified",
        "def answer(path, split):\n net, told = open_file(path)\n"
        " if round(accuracy(net, test), 4) != told['accuracy']: raise ValueError('no')\n"
        " return net",
        "another mean",
    ),
    "her labels": (
        "check_verified",
        VERIFIED.format("split.images", "digits.test.labels", 1e-3, "net"),
        "other labels",
    ),
    "her pictures": (
        "check_verified",
        VERIFIED.format("digits.test.images", "split.labels", 1e-3, "net"),
        "other pictures",
    ),
    "a wide tolerance": (
        "check_verified",
        VERIFIED.format("split.images", "split.labels", 0.05, "net"),
        "a file with .* is not refused",
    ),
    "all digits compared": (
        "check_verified",
        VERIFIED.format("split.images", "split.labels", 1e-9, "net"),
        "the right file is refused: ",
    ),
    "a pair": (
        "check_verified",
        VERIFIED.format("split.images", "split.labels", 1e-3, "(net, 'ok')"),
        "the network alone",
    ),
    "the bias forgotten": ("check_fold", "answer = fold", "other answers"),
    "nothing folded": (
        "check_fold",
        "answer = lambda conv, bn: nn.Sequential(copy.deepcopy(conv), bn)",
        "no convolution",
    ),
    "nothing returned": ("check_fold", "answer = lambda conv, bn: None", "no convolution: None"),
    "the stride lost": (
        "check_fold",
        "def answer(conv, bn):\n return nn.Conv2d(3, 6, 3, groups=3)",
        "another stride",
    ),
    "in place": (
        "check_fold",
        "def answer(conv, bn):\n new = fold(conv, bn)\n conv.weight.copy_(new.weight)\n return new",
        "has changed",
    ),
    "global random": (
        "check_place",
        "answer = lambda n, e, s: torch.randint(0, 9, (2,)).tolist()",
        "global random state",
    ),
    "no epoch": (
        "check_place",
        "answer = lambda n, e, s: torch.randint(0, 9, (2,),"
        " generator=torch.Generator().manual_seed(s * 100_000 + n)).tolist()",
        r"picture, epoch, seed \(0, 0, 0\) and \(0, 1, 0\): the same",
    ),
    "one number on": (
        "check_place",
        "answer = lambda n, e, s: torch.randint(0, 9, (2,),"
        " generator=torch.Generator().manual_seed(n + e + s)).tolist()",
        r"picture, epoch, seed \(1, 0, 0\) and \(0, 1, 0\): the same",
    ),
    "epoch and seed added": (
        "check_place",
        PLACE.format("n * 1000 + e + s"),
        r"seed \(0, 1, 0\) and \(0, 0, 1\): the same",
    ),
    "a thousand pictures": (
        "check_place",
        PLACE.format("(s * 1000 + e) * 1000 + n"),
        r"seed \(0, 1, 0\) and \(1000, 0, 0\): the same|seed \(1000, 0, 0\) and \(0, 1, 0\)",
    ),
    "one number": ("check_place", "answer = lambda n, e, s: [4]", "two whole numbers"),
    "no corner": ("check_place", "answer = lambda n, e, s: None", "nothing"),
    "fractions": ("check_place", "answer = lambda n, e, s: (0.5, 3)", "two whole numbers"),
    "too small": (
        "check_place",
        PLACE.format("(s * 1000 + e) * 100_000 + n").replace("(0, 9,", "(0, 8,"),
        "and not 0 to 8",
    ),
}


@pytest.mark.parametrize("slip", WRONG)
def test_a_check_refuses_a_wrong_answer_and_says_why(own, slip):
    refused_code(own, *WRONG[slip])


def test_every_exercise_has_a_check_that_a_wrong_answer_fails():
    all_checks_are_tried(NOTEBOOK, (check for check, _, _ in WRONG.values()))
