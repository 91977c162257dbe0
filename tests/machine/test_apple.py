"""What the probes and training do on Apple's GPU, by the stand-in of ``tests/shared/apple.py``."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import apple_calls
import pytest
import torch
from apple import STAND_IN, apple_gpu
from float64_uses import float64_uses

from utils.models.networks import build
from utils.probes import diagnosis, layers, surfaces

ROOT = Path(__file__).parents[2]
CPU_ONLY = {
    "utils/miniatures": "toy chains, which are made on the CPU and moved nowhere",
    "utils/chapters/loss_surfaces/grids.py:share_bending_down": "losses that evaluate_rows gave, "
    "which are on the CPU",
}
"""Where float64 is used freely, by folder or by file and function, and why."""


@pytest.fixture(autouse=True)
def few_steps(monkeypatch):
    """As many rates and steps as show that each kind of step runs, on one thread: tiny layers on
    two take longer where others compute too."""
    monkeypatch.setattr(diagnosis, "RATES", (0.1,))
    monkeypatch.setattr(diagnosis, "SWEEP_STEPS", 1)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("name", apple_calls.names())
def test_what_takes_a_network_runs_on_apples_gpu(name, capsys):
    given = apple_calls.call_there(name)
    if name.endswith(".diagnose"):
        assert "run" not in {finding.check for finding in given}, "a check did not run"


def test_no_excuse_is_for_a_function_that_is_gone():
    assert set(apple_calls.EXCUSED) <= set(apple_calls.listed())


@pytest.mark.parametrize("rule", [surfaces.filter_normalise, surfaces.leave_as_drawn])
def test_a_plane_on_apples_gpu_is_that_of_the_cpu(rule):
    net = build("resnet-8", 4)
    here = surfaces.draw_plane(net, 3, rule)
    with apple_gpu():
        away = surfaces.draw_plane(apple_calls.there(net), 3, rule)
        for name, direction in here.first.items():
            assert away.first[name].device == STAND_IN
            assert torch.equal(away.first[name].cpu(), direction)
        assert away.cosine == here.cosine


def test_a_receptive_field_on_apples_gpu_is_that_of_the_cpu():
    net = build("resnet-8", 4)
    with apple_gpu():
        away = layers.gradient_support(apple_calls.there(net), 24, "layer1")
    assert away == layers.stage_fields(net)["layer1"].pixels


# Widened on the CPU, by the code ---------------------------------------------------------------


@cache
def uses() -> set[str]:
    """File and function of each use of float64 that is not fine by itself."""
    return {
        f"{path.relative_to(ROOT).as_posix()}:{function}"
        for path in (ROOT / "utils").rglob("*.py")
        for function, _ in float64_uses(path.read_text(encoding="utf-8"))
    }


def test_float64_is_only_for_numbers_on_the_cpu():
    found = {use for use in uses() if not use.startswith(tuple(CPU_ONLY))}
    assert not found, "use widened of utils/machine/devices.py, or .cpu() before .double()"


def test_no_exception_is_for_a_place_that_needs_none():
    found = uses()
    assert all(any(use.startswith(place) for use in found) for place in CPU_ONLY)


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("x.double()", [1]),
        ("copy(net).double().eval()", [1]),
        ("x.to(torch.float64)", [1]),
        ("y = x.type(torch.double)", [1]),
        ("torch.tensor(1, dtype=torch.float64, device=x.device)", [1]),
        ("torch.zeros_like(x, dtype=torch.float64)", [1]),
        ("torch.tensor(x.to(torch.float64))", [1]),
        ("def f(x):\n    return x.cpu().sum().double()", [2]),
        ("widened(x)", []),
        ("x.cpu().double()", []),
        ("torch.tensor([1.0], dtype=torch.float64)", []),
        ("torch.randn(3, generator=draw, dtype=torch.float64)", []),
        ("wide = x if x.dtype == torch.float64 else x.float()", []),
        ("def widened(x):\n    return x.double()", []),
    ],
)
def test_the_rule_about_float64_sees_what_may_lie_elsewhere(code, lines):
    assert [line for _, line in float64_uses(code)] == lines
