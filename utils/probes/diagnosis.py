"""Why does this network not learn? Checks in the order of cost, on the reader's own network.

Answers "what is wrong, and what do I look at first?". :func:`diagnose` runs the checks of
:mod:`utils.probes.checks`, then those here, which train copies for a few steps. The network, its
modes, hooks and statistics stay as they were, and so do the random numbers.
"""

import math
import textwrap
from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from utils.models.checked import need_network
from utils.probes.checks import (
    Finding,
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

FEW = 32
"""Images that a network should know by heart before it is asked for more."""

OVERFIT_STEPS = 40
SWEEP_STEPS = 8
RATES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
LEARNED = 0.5
"""A network that can learn brings the loss of a few images below this share of guessing."""

MOVED = 0.97
"""A useful learning rate brings the loss below this share of its start in :data:`SWEEP_STEPS`."""

WIDTH = 72
NEEDED = ("run", "in place")
"""After a fault in one of these nothing can be trained, and what trains is left out."""


def overfit_one_batch(
    net: nn.Module, images: Tensor, labels: Tensor, steps: int = OVERFIT_STEPS
) -> Finding:
    """Whether the network can learn a few images by heart, with Adam at its usual rate.

    Args:
        net: maps float (N, C, H, W) to logits (N, K); a copy of it trains.
        images: float (N, C, H, W); the first :data:`FEW` are used.
        labels: int64 (N,).
        steps: of the optimiser.
    """
    x, y = images[:FEW], labels[:FEW]
    with aside(net) as twin:
        weights = [p for p in twin.parameters() if p.requires_grad]
        losses = _train(twin, x, y, torch.optim.Adam(weights, lr=1e-3), steps)
        guess = math.log(twin(x).shape[1])
    found = f"loss {losses[0]:.2f} to {losses[-1]:.2f} in {steps} steps on {len(x)} images"
    looked_at = "a few images learned by heart"
    if not losses[-1] < LEARNED * guess:
        advice = "images and labels do not belong together, or the network cannot: look above first"
        return Finding("overfit", looked_at, found, "fault", advice)
    return Finding("overfit", looked_at, found)


def sweep(
    net: nn.Module, images: Tensor, labels: Tensor, learning_rate: float | None = None
) -> Finding:
    """The loss of a few images after a few steps of SGD with momentum, for several rates.

    Args:
        net: as in :func:`overfit_one_batch`.
        images: likewise.
        labels: likewise.
        learning_rate: the reader's own, tried as well; None for none.
    """
    rates = sorted({*RATES, *([] if learning_rate is None else [learning_rate])})
    ends = {rate: _after(net, images[:FEW], labels[:FEW], rate) for rate in rates}
    start = _after(net, images[:FEW], labels[:FEW], 0.0)
    good = [rate for rate, loss in ends.items() if loss < MOVED * start]
    looked_at = f"loss after {SWEEP_STEPS} steps at each rate"
    found = ", ".join(f"{rate:g}: {ends[rate]:.2f}" for rate in rates)
    if not good:
        return Finding("rates", looked_at, found, "fault", "no rate helps: the fault is elsewhere")
    if learning_rate is not None and learning_rate not in good:
        advice = f"between {good[0]:g} and {good[-1]:g} the loss falls; yours is outside"
        return Finding("rates", looked_at, found, "fault", advice)
    return Finding("rates", looked_at, found)


def _train(
    net: nn.Module, x: Tensor, y: Tensor, optimiser: torch.optim.Optimizer, steps: int
) -> list[float]:
    """The loss before each step, and after the last."""
    losses = []
    for step in range(steps + 1):
        loss = F.cross_entropy(net(x).float(), y)
        losses.append(loss.item())
        if step < steps and math.isfinite(losses[-1]):
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
    return losses


def _after(net: nn.Module, x: Tensor, y: Tensor, rate: float) -> float:
    with aside(net) as twin:
        weights = [p for p in twin.parameters() if p.requires_grad]
        optimiser = torch.optim.SGD(weights, lr=rate, momentum=0.9)
        return _train(twin, x, y, optimiser, SWEEP_STEPS if rate else 0)[-1]


CHECKS: tuple[Callable[..., Finding], ...] = (
    check_inputs,
    check_hooks,
    check_modes,
    check_labels,
    check_start,
    check_single_image,
    check_reused,
    check_in_place,
    check_biases,
    check_gradients,
)
"""In the order of cost; what trains comes after them."""


def diagnose(
    net: nn.Module,
    images: Tensor,
    labels: Tensor,
    learning_rate: float | None = None,
    steps: int = OVERFIT_STEPS,
) -> list[Finding]:
    """Run every check and print a table of what was found.

    Args:
        net: maps ``images`` to logits (N, K), in the mode in which it is trained; left as it was.
        images: float (N, C, H, W), a batch as the network gets it in training, 16 images or more.
        labels: int64 (N,), those of the images.
        learning_rate: the reader's own, None to try the usual ones only.
        steps: for learning a few images by heart; twenty layers need about 40.

    Returns:
        All findings, in the order of cost. The first check in which the network does not run is
        the last one; after a fault in place the checks that train are left out.

    Raises:
        TypeError: a class instead of a network, or something else than tensors.
    """
    need_network(net)
    if not isinstance(images, Tensor) or not isinstance(labels, Tensor):
        raise TypeError("give one batch as tensors: images, labels = next(iter(loader))")
    findings = []
    for check in CHECKS:
        findings.append(_tried(check, net, images, labels))
        if findings[-1].check == "run":
            break
    if not any(f.verdict == "fault" and f.check in NEEDED for f in findings):
        training = (
            partial(overfit_one_batch, steps=steps),
            partial(sweep, learning_rate=learning_rate),
        )
        for check in training:
            findings.append(_tried(check, net, images, labels))
    print(report(findings))
    return findings


def _tried(
    check: Callable[..., Finding], net: nn.Module, images: Tensor, labels: Tensor
) -> Finding:
    """A check, or what stopped it: a network that does not run is a finding too."""
    try:
        return check(net, images, labels)
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        return Finding("run", "a pass through the network", reason, "fault",
                       "the network does not run on this batch; repair that first")  # fmt: skip


def report(findings: list[Finding]) -> str:
    """The findings as lines of text: check, verdict, what was found, and what to do."""
    lines = []
    for finding in findings:
        head = f"{finding.check:<11} {finding.verdict:<6} "
        lines += textwrap.wrap(
            finding.found, WIDTH, initial_indent=head, subsequent_indent=" " * len(head)
        )
        if finding.advice:
            indent = " " * len(head) + "> "
            lines += textwrap.wrap(
                finding.advice, WIDTH, initial_indent=indent, subsequent_indent=" " * len(indent)
            )
    return "\n".join(lines)
