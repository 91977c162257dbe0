"""What the reader of *When it does not fit, stops or does not learn* writes, and its exercises."""

from __future__ import annotations

import math
from pathlib import Path

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

from utils.models.networks import build
from utils.probes.memory import predicted
from utils.training.trainer import train

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "11_trouble.ipynb"


@pytest.fixture
def own() -> dict:
    """The definitions of the notebook, and its images."""
    names = definitions(NOTEBOOK)
    exec(code_cell(NOTEBOOK, "digits = load"), names)
    return names


@pytest.fixture
def saved(own, tmp_path) -> dict:
    """In addition the run without a break, and the checkpoint of its fourth step."""
    parts = own["start"]()
    own["advance"](parts, 4)
    state = {name: part.state_dict() for name, part in parts.items()}
    own["path"] = tmp_path / "run.pt"
    own["checkpoint"].save(own["path"], {**state, "random": torch.get_rng_state()})
    own["whole"] = own["advance"](own["start"](), 8)
    return own


@pytest.mark.parametrize("name", ["resnet-8", "bottleneck-20"])
def test_her_count_is_the_predicted_one(own, name):
    net, x, y = build(name), own["x"][:8].clone(), own["y"][:8].clone()
    assert own["kept"](net, x, y) == predicted(net, tuple(x.shape)).activations


def test_halves_make_the_whole_gradient_without_batch_normalisation_only(own):
    for name, same in (("resnet-8-affine", True), ("resnet-8", False)):
        whole, halves = (own["gradient"](name, parts, parts) for parts in (1, 2))
        assert torch.allclose(halves, whole, rtol=1e-3, atol=1e-5) is same
    twice = own["gradient"]("resnet-8-affine", 2, 1)
    assert torch.allclose(twice, 2 * own["gradient"]("resnet-8-affine", 1, 1), 1e-3, 1e-5)


@pytest.mark.slow
def test_early_clipping_hardly_learns_and_a_stray_step_destroys(own):
    before = float(own["run"]("clear", steps=1))
    right = float(own["run"]("clear backward unscale clip step update"))
    early = float(own["run"]("clear backward clip unscale step update"))
    assert before - early < 0.1 < 0.5 < before - right
    assert math.isnan(float(own["run"]("clear backward stray unscale step update")))


@pytest.mark.parametrize(
    "order",
    [
        "clear unscaled step update",
        "clear backward unscale clip step",
        "backward clear step update",
    ],
)
def test_other_wrong_orders_stop(own, order):
    assert order in code_cell(NOTEBOOK, "for order in")
    with pytest.raises((RuntimeError, AssertionError)):
        own["run"](order)


def test_only_the_complete_file_gives_the_same_bits(saved, capsys):
    exec(code_cell(NOTEBOOK, "for missing in"), saved)
    lines = dict(line.split()[1:] for line in capsys.readouterr().out.splitlines())
    assert lines.pop("nothing") == "0.0000"
    assert len(lines) == 4 and all(float(apart) > 0.001 for apart in lines.values())


def rates(own: dict, missing: str) -> list[float]:
    """Learning rates of the four steps after a restart in which one part was not loaded."""
    parts, state, found = own["start"](), own["checkpoint"].load(own["path"]), []
    for name in parts.keys() - {missing}:
        parts[name].load_state_dict(state[name])
    for _ in range(4):
        found.append(parts["optimiser"].param_groups[0]["lr"])
        own["advance"](parts, 1)
    return found


def test_a_missing_part_gives_the_learning_rates_that_the_text_names(saved):
    right, slow, back = (rates(saved, part) for part in ("nothing", "schedule", "optimiser"))
    assert slow[0] == right[0] and all(a > b for a, b in zip(slow[1:], right[1:], strict=True))
    assert right[0] == pytest.approx(0.05) and back[0] == pytest.approx(0.1)


def test_a_state_dict_has_the_running_statistics(own):
    assert any("running_var" in name for name in own["build"]("resnet-8").state_dict())


def test_the_books_training_takes_a_checkpoint():
    assert "checkpoint" in train.__annotations__


def test_softmax_taken_twice_leaves_the_loss_that_the_text_names(own):
    certain = torch.nn.functional.one_hot(torch.tensor([3]), 10).float()
    least = own["F"].cross_entropy(certain, torch.tensor([3])).item()
    assert f"{least:.2f}" == "1.46"


def test_diagnose_names_the_two_faults_and_the_bias(own, capsys):
    torch.manual_seed(0)
    found = own["diagnose"](own["Hers"](), own["pixels"], own["y"], 0.01, steps=20)
    verdicts = {f.check: f.verdict for f in found}
    faults = [check for check, verdict in verdicts.items() if verdict == "fault"]
    assert faults == ["inputs", "first loss", "overfit"] and verdicts["biases"] == "note"


def test_in_place_fails_where_the_layer_kept_the_tensor(own):
    nn = torch.nn
    layers = {nn.ReLU(): True, nn.Sigmoid(): True, nn.Conv2d(8, 8, 1): False}
    for layer, keeps_output in layers.items():
        said = [own["fails"](layer, change_input) for change_input in (False, True)]
        assert said == (["fails", "works"] if keeps_output else ["works", "fails"])


def test_three_accuracies_tell_slow_statistics_from_other_inputs(own):
    test = own["digits"].test
    truth, asked = test.labels[:64], test.images[:64].float() / 255
    shares = {}
    for case, momentum, seen in (
        ("usual", 0.1, (asked - 0.3) / 0.35),
        ("raw", 0.1, asked),
        ("slow", 0.003, (asked - 0.3) / 0.35),
    ):
        net, pairs = own["grown"](momentum), ((own["x"], own["y"]), (seen, truth))
        shares[case] = own["three"](net, *pairs)
        found = own["accuracies"](net, *pairs)
        assert shares[case] == [found.training_mode, found.training, found.testing]
    assert all(shares[case][0] > 0.95 for case in shares)
    assert shares["usual"][1] > 0.9 > shares["usual"][2] > shares["raw"][2] + 0.2
    assert shares["slow"][1] < 0.3


@pytest.mark.parametrize("name", solutions(NOTEBOOK))
def test_every_solution_passes_the_check_of_its_exercise(saved, name):
    solved(NOTEBOOK, name, saved)


WRONG = {
    "as it stands": ("check_epoch_loss", "answer = epoch_loss", "a float"),
    "with a graph": (
        "check_epoch_loss",
        "answer = lambda net, batches: sum(F.cross_entropy(net(a), b).item()"
        " for a, b in batches) / len(batches)",
        "no_grad",
    ),
    "a sum": (
        "check_epoch_loss",
        "answer = torch.no_grad()(lambda net, batches: sum(F.cross_entropy(net(a), b).item()"
        " for a, b in batches))",
        "the mean is",
    ),
    "without the weights": (
        "check_most",
        "answer = lambda budget: 2 * budget // predicted(build('resnet-20'), (2, 3, 32, 32)).total",
        ", not ",
    ),
    "one order": ("check_two_sums", "answer = lambda v: (v.sum(), v.sum())", ", not |returns"),
    "doubles": (
        "check_two_sums",
        "answer = lambda v: (sum(v.tolist()), sum(v.flip(0).tolist()))",
        ", not ",
    ),
    "nothing": ("check_two_sums", "answer = lambda v: None", "nothing"),
    "a new run": ("check_resume", "answer = lambda path: start()", "same bits"),
    "no run": ("check_resume", "answer = lambda path: None", "nothing"),
    "only the network": (
        "check_repaired",
        "answer = lambda: (Hers(), x)",
        "first loss",
    ),
    "no network": ("check_repaired", "answer = lambda: None", "nothing"),
    "always": ("check_trains", "answer = lambda size: True", "4 pixels"),
    "never below eight": ("check_trains", "answer = lambda size: size > 7", "6 pixels"),
}


@pytest.mark.parametrize("slip", WRONG)
def test_a_check_refuses_a_wrong_answer_and_says_why(saved, slip):
    refused_code(saved, *WRONG[slip])


def test_every_exercise_has_a_check_that_a_wrong_answer_fails():
    all_checks_are_tried(NOTEBOOK, (check for check, _, _ in WRONG.values()))
