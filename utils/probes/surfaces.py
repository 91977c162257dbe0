"""What the loss looks like around a network: directions, planes, grids.

Answers "what is near?". Two random directions, each filter rescaled to the length of the network's
own filter, span a plane; the loss is computed on a grid of that plane (Li et al. 2018).
"""

import hashlib
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from utils import data as datasets
from utils.data.checked import need_floats, need_labels
from utils.files import checkpoint
from utils.machine.devices import widened
from utils.models.checked import explained, need_logits, need_network
from utils.models.modes import modes_kept

Direction = dict[str, Tensor]
Point = tuple[float, float]
Evaluate = Callable[[nn.Module], tuple[float, ...]]


def filter_normalise(direction: Tensor, weight: Tensor) -> Tensor:
    """Give every filter of a direction the length of the weight's filter.

    A filter is what makes one output channel; in a fully connected layer, the weights of one
    neuron (Li et al. 2018, section 4). Parameters of one dimension, biases and those of batch
    normalisation, do not move: section 4 speaks of filters only, and the authors' published code
    fills their places with zeros (option ``biasbn``).

    Args:
        direction: float, any shape, on any device.
        weight: float, the same shape; filters along the first dimension.

    Returns:
        As ``weight``; zeros where it has fewer than two dimensions.

    Raises:
        TypeError: no tensors.
        ValueError: whole numbers, or a direction of another shape, which would be broadcast.
    """
    _need_same_shape(direction, weight)
    if weight.dim() < 2:
        return torch.zeros_like(weight)
    axes = tuple(range(1, weight.dim()))
    wide = widened(weight.detach())
    drawn = widened(direction).to(wide.device)
    length = torch.linalg.vector_norm(drawn, dim=axes, keepdim=True)
    wanted = torch.linalg.vector_norm(wide, dim=axes, keepdim=True)
    return _as(weight, drawn * (wanted / length))


def _as(weight: Tensor, values: Tensor) -> Tensor:
    """Values in the weight's type, then on its device, which may not know their own type."""
    return values.to(weight.dtype).to(weight.device)


def _need_same_shape(direction: Tensor, weight: Tensor) -> None:
    need_floats(direction, "direction")
    need_floats(weight, "weight")
    if direction.shape != weight.shape:
        raise ValueError(
            f"direction is {tuple(direction.shape)} and weight {tuple(weight.shape)}; draw the "
            "direction with torch.randn_like(weight)"
        )


def leave_as_drawn(direction: Tensor, weight: Tensor) -> Tensor:
    """No rescaling: what filter normalisation is compared with. Biases do not move either.

    Raises:
        TypeError: no tensors.
        ValueError: whole numbers, or a direction of another shape.
    """
    _need_same_shape(direction, weight)
    return torch.zeros_like(weight) if weight.dim() < 2 else _as(weight, direction)


@dataclass(frozen=True)
class Plane:
    """Two directions in the space of all parameters, by parameter name."""

    first: Direction
    second: Direction

    @property
    def cosine(self) -> float:
        """Cosine of the angle between the two; zero when they are orthogonal."""
        return _dot(self.first, self.second) / math.sqrt(
            _dot(self.first, self.first) * _dot(self.second, self.second)
        )


def _dot(one: Direction, other: Direction) -> float:
    return float(sum((widened(one[name]) * widened(other[name])).sum() for name in one))


def draw_plane(
    net: nn.Module, seed: int, rule: Callable[[Tensor, Tensor], Tensor] = filter_normalise
) -> Plane:
    """Two Gaussian directions, drawn from a seed and rescaled by a rule.

    Networks with equal parameter names and shapes, such as plain and residual networks with
    shortcuts that have no parameters, get the same draws.

    Raises:
        TypeError: not a network.
    """
    need_network(net)
    generator = torch.Generator().manual_seed(seed)
    first, second = (
        {
            name: rule(torch.randn(p.shape, generator=generator, dtype=torch.float64), p)
            for name, p in net.named_parameters()
        }
        for _ in range(2)
    )
    return Plane(first, second)


@contextmanager
def restored(net: nn.Module) -> Iterator[Direction]:
    """Lend a network: afterwards its parameters, buffers and modes are what they were, to the bit.

    Yields its parameters as they were.

    Raises:
        TypeError: not a network.
    """
    need_network(net)
    kept = {name: tensor.detach().clone() for name, tensor in net.state_dict().items()}
    try:
        with modes_kept(net):
            yield {name: kept[name] for name, _ in net.named_parameters()}
    finally:
        net.load_state_dict(kept)


def move(net: nn.Module, centre: Direction, plane: Plane, point: Point) -> None:
    """Set a network's parameters to a point of the plane, counted from the centre.

    Raises:
        TypeError: not a network.
        ValueError: a plane or a centre of another network.
    """
    need_network(net)
    a, b = point
    parts = (centre, plane.first, plane.second)
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if any(name not in part or part[name].shape != parameter.shape for part in parts):
                raise ValueError(
                    f"{name} {tuple(parameter.shape)} has no place in this plane; draw one for "
                    "this network: draw_plane(net, seed)"
                )
            parameter.copy_(centre[name] + a * plane.first[name] + b * plane.second[name])


def classification(
    inputs: Tensor, labels: Tensor, batch: int = 32, batch_statistics: bool = False
) -> Evaluate:
    """Mean cross-entropy and error of a network on a fixed set of inputs.

    Args:
        inputs: float (N, C, H, W), normalised as in training, not augmented.
        labels: int64 (N,).
        batch: inputs at a time; small ones stay in the cache.
        batch_statistics: normalise with each batch's own statistics instead of the running ones
            that training has left, which are what the authors' published code uses.

    Raises:
        TypeError: no tensors.
        ValueError: inputs that are not floating point, or labels that do not fit them; called:
            inputs that the network does not take, or labels that it has no output for.
    """
    need_floats(inputs, "inputs")
    need_labels(labels, count=len(inputs))
    if not len(labels):
        raise ValueError("there are no inputs to take the mean of; give at least one")
    highest = int(labels.max())

    def evaluate(net: nn.Module) -> tuple[float, float]:
        need_network(net)
        net.train(batch_statistics)
        loss = error = 0.0
        with torch.no_grad():
            for x, y in zip(inputs.split(batch), labels.split(batch), strict=True):
                with explained(net, x):
                    logits = net(x)
                need_logits(logits, len(y))
                if logits.shape[1] <= highest:
                    need_labels(labels, logits.shape[1], whose="the network has")
                loss += float(widened(F.cross_entropy(logits, y, reduction="none")).sum())
                error += float((logits.argmax(1) != y).sum())
        return loss / len(labels), error / len(labels)

    return evaluate


def axis(steps: int, extent: float) -> list[float]:
    """Coordinates from -extent to extent.

    Raises:
        ValueError: an even number would leave the network itself out of its picture.
    """
    if steps < 3 or steps % 2 == 0:
        raise ValueError(f"{steps} steps have no middle; choose an odd number from 3")
    half = steps // 2
    return [extent * (i - half) / half for i in range(steps)]


def grid(steps: int, extent: float) -> list[list[Point]]:
    """Rows of points (a, b): a grows along a row, b from row to row."""
    places = axis(steps, extent)
    return [[(a, b) for a in places] for b in places]


def circle(radius: float, count: int) -> list[Point]:
    """Points around the centre, at equal angles."""
    angles = [2 * math.pi * i / count for i in range(count)]
    return [(radius * math.cos(angle), radius * math.sin(angle)) for angle in angles]


def evaluate_rows(
    net: nn.Module,
    plane: Plane,
    rows: Sequence[Sequence[Point]],
    evaluate: Evaluate,
    keep: Path | None = None,
    about: str = "",
) -> list[Tensor]:
    """Values at every point, row by row; the network is given back as it was.

    Every point is reached from the centre, so no value depends on those before it, and a run that
    was killed and started again ends with the same bits.

    Args:
        net: any network; its present parameters are the centre.
        plane: directions for its parameters.
        rows: points, row by row.
        evaluate: what is measured at each point.
        keep: file that gets every finished row at once; rows found there are not computed again.
        about: everything else that the values depend on; kept rows of another story, of another
            network or plane are not used.

    Returns:
        For each row float64 (points, values).

    Raises:
        TypeError: not a network.
        ValueError: a plane of another network.
    """
    with restored(net) as centre:
        story = _fingerprint(centre, plane, rows, about)
        done = _kept_rows(keep, story) if keep else []
        for row in rows[len(done) :]:
            values = []
            for point in row:
                move(net, centre, plane, point)
                values.append(evaluate(net))
            done.append(torch.tensor(values, dtype=torch.float64))
            if keep:
                checkpoint.save(keep, {"story": story, "rows": done})
    return done


def _kept_rows(path: Path, story: str) -> list[Tensor]:
    found = checkpoint.load(path)
    return list(found["rows"]) if found and found["story"] == story else []


def _fingerprint(centre: Direction, plane: Plane, rows: object, about: str) -> str:
    digest = hashlib.sha256(f"{about} {rows}".encode())
    for tensors in (centre, plane.first, plane.second):
        for name, tensor in tensors.items():
            digest.update(name.encode() + tensor.contiguous().cpu().numpy().tobytes())
    return digest.hexdigest()


def subset(dataset: str, count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Training images that a seed draws without repetition: uint8 (count, C, H, W), (count,)."""
    train = datasets.load(dataset).train
    chosen = torch.randperm(len(train), generator=torch.Generator().manual_seed(seed))[:count]
    return train.images[chosen], train.labels[chosen]
