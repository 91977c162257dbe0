"""The playground's network with several seeds at once, as one computation.

Answers "what does another seed give?" many times faster than one training after another: all
tensors of :class:`utils.miniatures.playground.Net` get a first dimension for the seeds, so that a
step costs one call of each operation for all of them. Weights, mini-batches and results are those
of :func:`utils.miniatures.playground.run`, up to rounding.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from utils.miniatures.playground import (
    EPOCH,
    Course,
    Net,
    Settings,
    batches,
    digits,
    wrong,
)


class Together:
    """Networks of one form, a seed each; between layers float64 (seeds, width, images).

    Args:
        nets: they differ in seed and weights alone, and stay as they are until :meth:`hand_back`.
    """

    def __init__(self, nets: Sequence[Net]) -> None:
        self.nets, self.count = nets, len(nets)
        self.settings, self.residual = nets[0].settings, nets[0].residual
        states = [net.state_dict() for net in nets]
        self.state = {name: torch.stack([s[name] for s in states]).clone() for name in states[0]}
        self.parameters = [name for name, _ in nets[0].named_parameters()]
        for name in self.parameters:
            self.state[name].requires_grad_()

    def trained(self) -> list[Tensor]:
        """What the optimiser moves."""
        return [self.state[name] for name in self.parameters]

    def hand_back(self) -> None:
        """Give each network its weights and statistics as they are now."""
        for place, net in enumerate(self.nets):
            own = {name: value[place].detach() for name, value in self.state.items()}
            net.load_state_dict(own)

    def _layer(self, name: str, x: Tensor, training: bool) -> Tensor:
        """Linear and normalisation, (seeds, inputs, images) to (seeds, width, images)."""
        x = self.state[f"{name}.0.weight"] @ x
        if self.settings.normalisation == "none":
            return x
        scale, shift = self.state[f"{name}.1.weight"], self.state[f"{name}.1.bias"]
        if self.settings.normalisation == "layer":
            x = F.layer_norm(x.transpose(1, 2), x.shape[1:2]).transpose(1, 2)
            return scale[..., None] * x + shift[..., None]
        statistics = (self.state[f"{name}.1.running_{kind}"].view(-1) for kind in ("mean", "var"))
        # A channel for each pair of seed and unit: no value is shared between two seeds.
        flat = F.batch_norm(
            x.reshape(1, -1, x.shape[2]), *statistics, scale.view(-1), shift.view(-1), training
        )
        return flat.view_as(x)

    def __call__(self, x: Tensor, training: bool) -> tuple[Tensor, list[Tensor]]:
        """Inputs float64 (seeds, 64, images) to scores (seeds, images, 10) and all branches."""
        x = F.relu(self._layer("stem", x, training))
        branches = []
        for block in range(self.settings.blocks):
            inner = F.relu(self._layer(f"blocks.{block}.first", x, training))
            branches.append(self._layer(f"blocks.{block}.last", inner, training))
            x = F.relu(branches[-1] + x if self.residual else branches[-1])
        scores = self.state["head.weight"] @ x + self.state["head.bias"][..., None]
        return scores.transpose(1, 2), branches

    def gradients(self) -> list[list[float]]:
        """Of each seed and block: length of the gradient of both weight matrices together."""
        squares = [
            sum(
                (self.state[f"blocks.{block}.{layer}.0.weight"].grad ** 2).sum((1, 2))
                for layer in ("first", "last")
            )
            for block in range(self.settings.blocks)
        ]
        return torch.stack(squares, dim=1).sqrt().tolist()

    @torch.no_grad()
    def errors(self) -> list[tuple[float, float]]:
        """Training and test error of each seed, as ``playground.errors`` asks for them."""
        have, both = digits(), []
        for images, labels in have.asked():
            inputs = have.inputs(images).T.expand(self.count, -1, -1)
            scores, _ = self(inputs, training=False)
            both.append(wrong(scores, labels).tolist())
        return list(zip(*both, strict=True))


def fresh(settings: Settings, seeds: Sequence[int], residual: bool) -> list[Net]:
    """A network for each seed, with its first weights."""
    return [Net(replace(settings, seed=seed), residual) for seed in seeds]


def run_seeds(
    nets: Sequence[Net], steps: int, every: int = EPOCH, watched: int = EPOCH
) -> list[Course]:
    """Train networks of one form that differ in the seed, all of them together.

    Args:
        nets: as :func:`fresh` makes them, or deepened ones; they are trained in place.
        steps: mini-batches.
        every: steps from one look at the errors to the next.
        watched: steps from the first whose gradients and responses are kept; they cost time.

    Returns:
        For each seed what :func:`utils.miniatures.playground.run` returns, with the gradients
        and responses of the watched steps and of the one that stopped the network. The losses of
        a network that stopped end with the one that is no finite number.

    Raises:
        ValueError: the networks differ in more than the seed.
    """
    if len({(replace(net.settings, seed=0), net.residual) for net in nets}) != 1:
        raise ValueError("networks that train together differ in the seed alone; run others apart")
    have, together = digits(), Together(nets)
    courses = [Course(net) for net in nets]
    rate, momentum = together.settings.rate, together.settings.momentum
    optimiser = torch.optim.SGD(together.trained(), lr=rate, momentum=momentum, foreach=True)
    orders = zip(*(batches(net.settings) for net in nets), strict=True)
    _look(together, courses, 0)
    for done, places in zip(range(1, steps + 1), orders, strict=False):
        chosen = np.stack(places)
        inputs = have.inputs(have.train_images[chosen]).transpose(1, 2)
        labels = torch.from_numpy(have.train_labels[chosen])
        _step(together, courses, inputs, labels, optimiser, done <= watched)
        if done % every == 0:
            _look(together, courses, done)
        if all(stopped(course) for course in courses):
            break
    together.hand_back()
    return courses


def stopped(course: Course) -> bool:
    """Whether the last loss is no finite number."""
    return bool(course.losses) and not np.isfinite(course.losses[-1])


def _look(together: Together, courses: list[Course], done: int) -> None:
    """File the errors of those that were still training in this step."""
    for course, errors in zip(courses, together.errors(), strict=True):
        if len(course.losses) == done:
            course.errors[done] = errors


def _step(
    together: Together,
    courses: list[Course],
    inputs: Tensor,
    labels: Tensor,
    optimiser: torch.optim.SGD,
    watched: bool,
) -> None:
    """One step of all seeds, filed for those that still compute with numbers."""
    training = [not stopped(course) for course in courses]
    scores, branches = together(inputs, training=True)
    losses = F.cross_entropy(scores.transpose(1, 2), labels, reduction="none").mean(1)
    optimiser.zero_grad()
    losses.sum().backward()
    for course, loss, goes_on in zip(courses, losses.tolist(), training, strict=True):
        if goes_on:
            course.losses.append(loss)
    stops = [goes_on and stopped(course) for course, goes_on in zip(courses, training, strict=True)]
    if watched or any(stops):
        gradients = together.gradients()
        sizes = torch.stack([b.detach().std((1, 2), correction=0) for b in branches], 1).tolist()
        for seed, course in enumerate(courses):
            if (watched and training[seed]) or stops[seed]:
                course.gradients.append(gradients[seed])
                course.responses.append(sizes[seed])
    optimiser.step()
