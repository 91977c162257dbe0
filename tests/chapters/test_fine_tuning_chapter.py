"""What the reader of *Fine-tune and hand over* writes, and its exercises."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import onnxruntime
import pytest
import torch
from notebook_code import definitions, solutions
from notebook_prose import sources

from utils.chapters.fine_tuning.card import model_card
from utils.record import weights
from utils.training.transfer import prepare

SHAPE = "inputs: ['images', 3, 32, 32]\n"
NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "12_fine_tuning.ipynb"


def cell(words: str) -> str:
    """The one code cell that contains these words."""
    (found,) = [source for source in sources(NOTEBOOK, "code") if words in source]
    return found


@pytest.fixture(scope="module")
def whole() -> dict:
    """The definitions of the notebook, its images (fewer of them) and a network in a file."""
    names = definitions(NOTEBOOK)
    exec(cell("few = few_of_each"), names)
    few = names["digits"].test.subset(torch.arange(60))
    names["digits"] = replace(names["digits"], test=few)
    names["test"] = names["given"].normaliser(few.images)
    names["net"], names["raw"] = names["given"].net, few.images
    exec(cell("save_file(state, PATH"), names)
    exec(cell("hers, told = open_file"), names)
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
    source = cell("for_imagenet(digits.test.images)")
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
    own["x"] = own["test"][:5]
    own["export"](own["hers"], own["test"][:2], own["GRAPH"])
    exec(cell("ReferenceEvaluator(graph)"), own)
    assert capsys.readouterr().out == "the same logits: True\nnormalisation in it: False\n" + SHAPE


def test_a_fixed_number_of_images_stands_in_the_file_and_a_strict_program_refuses_others(
    own, capsys
):
    own["x"] = own["test"][:5]
    own["export"](own["hers"], own["test"][:2], own["GRAPH"], free=())
    exec(cell("ReferenceEvaluator(graph)"), own)
    assert capsys.readouterr().out.endswith("inputs: [2, 3, 32, 32]\n")
    session = onnxruntime.InferenceSession(own["GRAPH"])
    with pytest.raises(onnxruntime.capi.onnxruntime_pybind11_state.InvalidArgument):
        session.run(None, {"inputs": own["x"].numpy()})


def test_a_seed_fixes_the_draws_for_one_number_of_workers_only(own, capsys):
    exec(cell("def drawn(workers"), own)
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
def test_every_solution_passes_the_check_of_its_exercise(own, name, capsys):
    for source in solutions(NOTEBOOK)[name]:
        exec(source, own)
    assert capsys.readouterr().out


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
    "training mode": ("check_mode", "answer = lambda net: net.train()", "has moved"),
    "evaluation mode": ("check_mode", "answer = lambda net: net.eval()", "not in training"),
    "all frozen": (
        "check_mode",
        "def answer(net):\n net.train()\n for m in net.modules():\n"
        "  if isinstance(m, nn.BatchNorm2d): m.eval().requires_grad_(False)\n return net",
        "has not moved",
    ),
    "no guard": ("check_ask", "answer = lambda net, x: net.eval()(x).argmax(1)", "not refused"),
    "all refused": (
        "check_ask",
        "def answer(net, x):\n if net.training or x.abs().max() > 2.5 or x.std() == 0:\n"
        "  raise ValueError('no')\n return net(x).argmax(1) * 0",
        "not the network's classes",
    ),
    "believed": ("check_verified", "answer = lambda path, split: open_file(path)[0]", "refused"),
    "own numbers": (
        "check_verified",
        "def answer(path, split):\n net, told = open_file(path)\n"
        " if f'{accuracy(net, test):.4f}' != told['accuracy']: raise ValueError('no')\n return net",
        "another mean",
    ),
    "the bias forgotten": ("check_fold", "answer = fold", "other answers"),
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
        "another epoch: the old corners, moved by 0",
    ),
    "one number on": (
        "check_place",
        "answer = lambda n, e, s: torch.randint(0, 9, (2,),"
        " generator=torch.Generator().manual_seed(n + e + s)).tolist()",
        "moved by 1",
    ),
    "too small": (
        "check_place",
        "answer = lambda n, e, s: torch.randint(0, 8, (2,),"
        " generator=torch.Generator().manual_seed(s * 100_000 + n)).tolist()",
        "the values are",
    ),
}


@pytest.mark.parametrize("slip", WRONG)
def test_a_check_refuses_a_wrong_answer_and_says_why(own, slip, capsys):
    check, answer, why = WRONG[slip]
    exec(answer, own)
    with pytest.raises(AssertionError, match=why):
        own[check](own["answer"])


def test_every_exercise_has_a_check_that_a_wrong_answer_fails():
    checks = {name for name in definitions(NOTEBOOK) if name.startswith("check_")}
    assert {check for check, _, _ in WRONG.values()} == checks
    assert len(checks) == len(solutions(NOTEBOOK))
