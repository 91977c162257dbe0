"""Surfaces, chains, sizes of activations and tasks, each by arithmetic on a few numbers."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from utils.files import records
from utils.files.records import pack, unpack
from utils.miniatures.chains import MAX_BLOCKS, WIDTH, draw_chain, residual_chain
from utils.miniatures.linear import descend, linear_layers, tangent_spread
from utils.miniatures.variance import growth_factor, moments, normalise, power_of_depth
from utils.models.starts import Start, build_start
from utils.probes import surfaces as surfaces_module
from utils.probes.surfaces import (
    Plane,
    axis,
    circle,
    classification,
    draw_plane,
    grid,
    move,
    restored,
)
from utils.record import gradient_norms, surfaces
from utils.record import measure as measurements
from utils.record.gradient_norms import (
    Early,
    Initial,
    Neighbours,
    Overhead,
    first_batch,
    neighbour_cosines,
)
from utils.record.measure import MEASUREMENTS
from utils.record.tasks import Task
from utils.record.weights import NotTrained

# Surfaces ------------------------------------------------------------------------------------


def plane(first: list[float], second: list[float]) -> Plane:
    return Plane({"w": torch.tensor(first)}, {"w": torch.tensor(second)})


def test_the_cosine_does_not_see_lengths():
    # 60 degrees apart, of lengths 3 and 4.
    assert plane([3.0, 0.0], [2.0, 2 * 3**0.5]).cosine == pytest.approx(0.5)
    assert plane([3.0, 0.0], [0.0, 4.0]).cosine == 0
    assert plane([3.0, 0.0], [-5.0, 0.0]).cosine == pytest.approx(-1)


@pytest.mark.parametrize("own", [False, True])
def test_loss_and_error_are_means_over_all_inputs_with_the_statistics_asked_for(own):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(12), nn.Linear(12, 3))
    net[1].running_mean.fill_(0.3)
    inputs, labels = torch.rand(7, 3, 2, 2), torch.tensor([0, 1, 2, 0, 1, 2, 0])
    net.train(own)
    with torch.no_grad():
        logits = torch.cat([net(part) for part in inputs.split(4)])
    for mode in (True, False):
        net.train(mode)
        net[1].running_mean.fill_(0.3)
        net[1].running_var.fill_(1.0)
        if not own:
            net.eval()
            with torch.no_grad():
                logits = net(inputs)
            net.train(mode)
        loss, error = classification(inputs, labels, 4, own)(net)
        assert loss == pytest.approx(float(F.cross_entropy(logits, labels)), rel=1e-5)
        assert error == pytest.approx(float((logits.argmax(1) != labels).sum()) / 7)


def test_points_of_a_grid_and_a_circle_by_hand():
    assert axis(5, 2.0) == [-2, -1, 0, 1, 2]
    assert grid(3, 1.0)[0] == [(-1, -1), (0, -1), (1, -1)]
    assert grid(3, 1.0)[2][2] == (1, 1)
    north = circle(2.0, 4)[1]
    assert circle(2.0, 4)[0] == (2, 0) and north == (pytest.approx(0, abs=1e-9), 2)
    for steps in (1, 2, 4):
        with pytest.raises(ValueError, match=f"{steps} steps have no middle"):
            axis(steps, 1.0)


def test_a_network_moves_along_both_directions_and_comes_back():
    net = nn.Linear(2, 1)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    drawn = draw_plane(net, 0)
    with pytest.raises(KeyError), restored(net) as centre:
        net.train()
        move(net, centre, drawn, (2.0, -0.5))
        expected = before["weight"] + 2 * drawn.first["weight"] - 0.5 * drawn.second["weight"]
        assert torch.allclose(net.weight, expected)
        raise KeyError
    assert all(torch.equal(net.state_dict()[name], value) for name, value in before.items())
    # A filter's direction is as long as the filter; biases stay.
    assert float(drawn.first["weight"].norm()) == pytest.approx(float(before["weight"].norm()))
    assert drawn.first["bias"].abs().sum() == 0
    assert not torch.equal(drawn.first["weight"], draw_plane(net, 1).first["weight"])


def test_a_surface_of_an_unknown_training_is_refused():
    with pytest.raises(NotTrained, match=r"is not in utils/record/experiments\.py"):
        surfaces.Surface("fast-20", "plain-20", (0,)).run()
    assert surfaces.Surface("fast-20", "resnet-20", (2,)).run().seed == 2
    assert surfaces.Surface("fast-20", "resnet-20", (2,)).name == "fast-20_resnet-20_seed2"


def test_a_subset_is_drawn_without_repetition_from_its_seed():
    images, labels = surfaces_module.subset("digits", 30, 0)
    assert images.shape == (30, 3, 32, 32) and len(labels) == 30
    assert len({image.numpy().tobytes() for image in images}) == 30
    assert torch.equal(images, surfaces_module.subset("digits", 30, 0)[0])
    assert not torch.equal(images, surfaces_module.subset("digits", 30, 1)[0])


# Chains --------------------------------------------------------------------------------------


def test_a_chain_is_drawn_from_numpys_frozen_stream_and_rounded():
    x, weights = draw_chain(3, 50, 4)
    random = np.random.RandomState(3)
    assert np.array_equal(x, np.abs(random.standard_normal(4)).round(2))
    drawn = random.standard_normal((50, 2, 4, 4)) * 0.5**0.5
    assert np.abs(weights - drawn).max() <= 1 / 64 + 1e-12
    assert np.array_equal(weights * 32, (weights * 32).round())
    x, weights = draw_chain()
    assert x.shape == (WIDTH,) == (8,) and weights.shape == (MAX_BLOCKS, 2, 8, 8) == (24, 2, 8, 8)


def test_the_chain_of_the_page_stays_alive_to_its_end():
    x, weights = draw_chain()
    assert np.array_equal(weights, draw_chain(0)[1])
    assert residual_chain(x, weights, shortcut=False)[-1].any()


def test_a_signal_goes_through_its_blocks_one_by_one():
    x = np.array([1.0, 2.0])
    swap, negate = np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[-1.0, 0.0], [0.0, 1.0]])
    weights = np.array([[swap, negate], [np.eye(2), np.eye(2)]])
    # F = negate(ReLU(swap x)) = (-2, 1); with the input (-1, 3), without it (-2, 1).
    assert residual_chain(x, weights).tolist() == [[1, 2], [0, 3], [0, 6]]
    assert residual_chain(x, weights, shortcut=False).tolist() == [[1, 2], [0, 1], [0, 1]]
    # Both layers at half strength: a quarter of each branch.
    half = residual_chain(x, weights, scale=0.5)
    assert half.tolist() == [[1, 2], [0.5, 2.25], [0.625, 2.8125]]


# Sizes of activations ------------------------------------------------------------------------


def test_moments_follow_the_rule():
    options = {"blocks": 3, "width": 32, "batch": 64}
    silent = moments("zero start", **options)
    assert silent.branches.tolist() == [0, 0, 0]
    assert silent.states.tolist() == [pytest.approx(float(silent.states[0]))] * 4
    free, divided = moments("nothing", **options), moments("divided", **options)
    assert float(free.states[0]) == pytest.approx(1, abs=0.1)
    # The first branch differs by the factor 1 / sqrt(3), its square by a third.
    assert float(divided.branches[0] / free.branches[0]) == pytest.approx(1 / 3)
    plain = moments("nothing", shortcut=False, **options)
    assert plain.states[1:].tolist() == plain.branches.tolist()
    cut = moments("nothing", relu_after=True, **options)
    assert float(cut.states[1]) < float(free.states[1]) and cut.states[0] == free.states[0]
    assert moments("nothing", seed=1, **options).states[0] != free.states[0]
    with pytest.raises(ValueError, match="unknown rule"):
        moments("something", blocks=1)


def test_growth_and_power_by_hand():
    assert growth_factor(torch.tensor([2.0, 5.0, 18.0])) == pytest.approx(3)
    ratios = torch.tensor([3.0 * n**-0.5 for n in range(1, 9)])
    assert power_of_depth(ratios) == pytest.approx(-0.5)
    x = normalise(torch.tensor([[1.0, 5.0], [3.0, 5.5]]))
    assert x.tolist() == [[-1, -1], [1, 1]]


# Learning a difference -----------------------------------------------------------------------


def test_one_step_of_descent_by_hand():
    x, y = torch.tensor([[1.0], [3.0]]), torch.tensor([[2.0], [4.0]])
    eye, start = torch.ones(1, 1), torch.full((1, 1), 0.5)
    # Errors -0.5 and 0.5: gradient (-0.5 + 1.5) / 2 = 0.5, with decay 0.2 * 0.5 more.
    found = descend(x, y, reference=eye, start=start, steps=1, rate=0.1, decay=0.2)
    assert float(found) == pytest.approx(1.5 - 0.1 * 0.6)
    assert float(descend(x, y, reference=eye, start=start, steps=0)) == 1.5
    assert float(start) == 0.5


def test_linear_layers_and_their_spread():
    layers = linear_layers(3, 4, reference=2.0, scale=0.0, seed=0)
    assert torch.equal(layers, 2 * torch.eye(4, dtype=torch.float64).expand(3, 4, 4))
    assert tangent_spread(layers) == pytest.approx(1)
    drawn = linear_layers(50, 20, reference=0.0, scale=3.0, seed=0)
    assert float(drawn.std()) == pytest.approx(3 / 20**0.5, rel=0.02)
    # K = B'B x 1 + 1 x AA' with A = 1: one plus the squares 1 and 4, so 5 over 2.
    stretched = torch.stack([torch.diag(torch.tensor([1.0, 2.0], dtype=torch.float64)),
                             torch.eye(2, dtype=torch.float64)])  # fmt: skip
    assert tangent_spread(stretched) == pytest.approx(5 / 2)


# Tasks ---------------------------------------------------------------------------------------


def test_rows_keep_the_digits_asked_for():
    rows = torch.tensor([[1.23456, 0.5], [-2.0, 1e-7]], dtype=torch.float64)
    assert pack(rows) == ["1.235 0.5", "-2 1e-07"] and pack(rows, 2)[0] == "1.2 0.5"
    assert unpack(["1 2", "3 4.5"]).tolist() == [[1, 2], [3, 4.5]]
    assert unpack(["1"]).dtype == torch.float64


def test_names_of_tasks_say_network_and_seed():
    start = Start(20, "plain", False, "pytorch")
    assert Initial(start).name == "init_plain-20_none_pytorch"
    assert Early(start, 3, (2,)).name == "train_plain-20_none_pytorch_seed2"
    assert Neighbours(start).name == "near_plain-20_none_pytorch"
    assert Overhead(start).name == "overhead_plain-20_none_pytorch"
    assert Start(8, "residual").name == "resnet-8_bn_he"
    with pytest.raises(ValueError, match="init must be one of"):
        build_start(replace(start, init="zero"), 0)
    with pytest.raises(ValueError, match="without shortcuts nothing is left"):
        build_start(replace(start, init="fixup"), 0)


def test_a_start_is_drawn_from_its_seed_alone():
    start = Start(8, "residual", False, "fixup")
    first, again, other = (build_start(start, seed).conv1.weight for seed in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_a_task_says_what_it_measures_and_depends_on_nothing_else_by_itself():
    with pytest.raises(NotImplementedError):
        Task().perform()
    assert Task().depends_on() == () and Task.precision == "fp32"
    start = Start(8, "plain")
    hashes = {Initial(start).hash(), Initial(start, (1,)).hash(), Neighbours(start).hash()}
    assert len(hashes) == 3 and all(len(found) == 16 for found in hashes)


def test_the_first_steps_are_those_of_the_papers_recipe():
    config = Early(Start(8, "plain"), 7, (0,)).config()
    assert (config.max_steps, config.epochs, config.batch_size) == (7, 1, 128)
    assert config.channels_last and config.learning_rate == 0.1


def test_the_first_batch_is_that_of_the_training_with_its_seed():
    inputs, labels = first_batch("digits", 0, 16)
    assert inputs.shape == (16, 3, 32, 32) and labels.shape == (16,)
    assert torch.equal(inputs, first_batch("digits", 0, 16)[0])
    assert not torch.equal(inputs, first_batch("digits", 1, 16)[0])


def test_cosines_of_a_bent_function_by_hand():
    # f(x) = |x - 1|: the gradient turns round between x = 0 and a neighbour beyond 1.
    class Bent(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return (x.flatten(1) - 1).abs()

    points = torch.tensor([0.0, 4.0]).reshape(2, 1, 1, 1)
    # Of the way of 4, a share of 0.1 stays on each side, one of 0.5 turns the first alone.
    found = neighbour_cosines(Bent(), points, (0.1, 0.5, 0.9))
    assert found.tolist() == [1, 0, -1]


def test_the_neighbour_of_an_image_is_the_whole_next_image():
    seen = []

    class Watched(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            seen.append(x.detach().clone())
            return x.flatten(1)

    images = torch.arange(12.0).reshape(3, 1, 2, 2)
    neighbour_cosines(Watched(), images, (1.0,))
    assert torch.equal(seen[0], images) and torch.equal(seen[1], images[[1, 2, 0]])


def test_the_recorder_of_measurements_chooses_by_text(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(records, "RESULTS", tmp_path)
    tasks = [Initial(Start(8, kind), (0,), 4, "digits") for kind in ("plain", "residual")]
    monkeypatch.setitem(MEASUREMENTS, "tiny", lambda: tasks)
    assert measurements.main(["tiny", "--only", "plain"]) == 0
    assert capsys.readouterr().out == "init_plain-8_bn_he: recorded\n"
    (path,) = (tmp_path / "tiny").iterdir()
    written = json.loads(path.read_text(encoding="utf-8"))
    assert (written["kind"], written["schema"], written["task"]) == ("measurement", 1, "Initial")
    assert written["seeds"] == [0] and written["dataset"]["name"] == "digits"
    assert written["machine"]["precision"] == "fp32" and written["hash"] == tasks[0].hash()
    assert written["machine"]["processes"] == 1
    for field in ("schema", "kind", "experiment", "run", "hash", "settings", "dataset", "seeds",
                  "machine", "git_commit", "finished", "rows"):  # fmt: skip
        less = tmp_path / "less.json"
        kept = {key: value for key, value in written.items() if key != field}
        less.write_text(json.dumps(kept), encoding="utf-8")
        with pytest.raises(records.ResultError, match=f"lacks {field}; restore it with git"):
            records.parse_measurement(less)
    assert measurements.main(["--list"]) == 0
    assert "tiny: 1/2 recorded" in capsys.readouterr().out
    assert measurements.main(["tiny", "--dry-run"]) == 0
    assert capsys.readouterr().out == "init_plain-8_bn_he: recorded\ninit_resnet-8_bn_he: to do\n"

    def refuse(self: Initial) -> dict:
        raise NotTrained("train it first")

    monkeypatch.setattr(Initial, "perform", refuse)
    assert measurements.main(["tiny"]) == 1
    assert "init_resnet-8_bn_he: refused, train it first" in capsys.readouterr().out
    other = Initial(Start(8, "plain"), (0,), 5, "digits")
    monkeypatch.setitem(MEASUREMENTS, "tiny", lambda: [other])
    assert measurements.main(["tiny"]) == 1
    assert capsys.readouterr().out.endswith(": stale\n  pass --replace to redo it\n")


def test_every_depth_and_form_has_its_tasks():
    kinds: dict[str, int] = {}
    for task in gradient_norms.tasks():
        kinds[type(task).__name__] = kinds.get(type(task).__name__, 0) + 1
    # Seven depths of nine forms; two forms at four depths and seven at two, for three seeds.
    assert kinds == {"Initial": 63, "Early": 3 * (4 * 2 + 2 * 7), "Neighbours": 8, "Trained": 3,
                     "Overhead": 1}  # fmt: skip


def test_the_cost_of_measuring_is_taken_on_one_thread(monkeypatch):
    threads = []
    monkeypatch.setattr(torch, "set_num_threads", threads.append)
    start = Start(8, "plain")
    found = Overhead(start, rounds=2, interval=3, batch=2, dataset="digits").perform()
    assert threads == [1]
    assert {name: unpack(rows).shape for name, rows in found["rows"].items()} == dict.fromkeys(
        ("bare", "measured", "skipped"), (1, 2)
    )


def test_a_refused_task_does_not_keep_the_next_from_being_measured(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(records, "RESULTS", tmp_path)
    tasks = [Initial(Start(8, kind), (0,), 4, "digits") for kind in ("plain", "residual")]
    monkeypatch.setitem(MEASUREMENTS, "tiny", lambda: tasks)

    def perform(self: Initial) -> dict:
        if self.start.kind == "plain":
            raise NotTrained("train it first")
        return {"rows": {}}

    monkeypatch.setattr(Initial, "perform", perform)
    assert measurements.main(["tiny"]) == 1
    plain, residual = (task.name for task in tasks)
    said = f"{plain}: refused, train it first\n{residual}: recorded\n"
    assert capsys.readouterr().out == said
    # What is left out, listed or recorded before is no end either.
    assert measurements.main(["tiny", "--only", "resnet"]) == 0
    assert capsys.readouterr().out == f"{residual}: finished before\n"


@pytest.mark.parametrize("classes", [7, 10])
def test_a_start_has_as_many_outputs_as_there_are_classes(classes):
    assert build_start(Start(8, "plain"), 0, num_classes=classes).fc.out_features == classes
    assert build_start(Start(8, "plain"), 0).fc.out_features == 10


def test_descent_takes_fifty_steps_of_a_tenth_without_decay_unless_told():
    x, eye = torch.eye(2, dtype=torch.float64), torch.eye(2, dtype=torch.float64)
    options = {"reference": eye, "start": 0 * eye}
    told = descend(x, 3 * x, **options, steps=50, rate=0.1, decay=0.0)
    assert torch.equal(descend(x, 3 * x, **options), told)
    # On the identity the error shrinks by 1 - rate / 2 a step.
    assert told[0, 0].item() == pytest.approx(3 - 2 * 0.95**50)


@pytest.mark.parametrize(("reference", "scale"), [(0.0, 1.0), (1.0, 0.5)])
def test_linear_layers_are_a_multiple_of_the_identity_plus_the_seeds_own_draw(reference, scale):
    found = linear_layers(3, 4, reference=reference, scale=scale, seed=7)
    draw = torch.Generator().manual_seed(7)
    drawn = torch.randn(3, 4, 4, generator=draw, dtype=torch.float64)
    torch.testing.assert_close(found, reference * torch.eye(4).double() + scale * drawn / 2)
