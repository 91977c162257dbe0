"""Two small networks of fully connected layers that differ in the shortcut alone, trained together.

Answers "what does the shortcut change while a network learns?" in seconds. It is the PyTorch twin
of ``book/_static/playground/engine.js``: the same settings give the same weights, mini-batches and
losses in the reader's browser and here, up to rounding. All arithmetic is in float64.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from utils.miniatures.hashed import normals, order, uniforms

BATCH = 64
PIXELS = 64
CLASSES = 10
SEEN = 360
"""So many training images, the first, are asked for the training error."""
EPOCH = 22
"""Mini-batches of one epoch; the last 30 images of its order are left out."""
MOST_BLOCKS = 30
WIDTHS = (8, 16, 32, 64)
NORMALISATIONS = {"batch": "batch normalisation", "layer": "layer normalisation", "none": "none"}
STARTS = {
    "he": "He et al. 2015",
    "pytorch": "PyTorch's default",
    "zero": "last scale of each block zero",
    "identity": "near the identity",
}
RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
MOMENTA = (0.0, 0.5, 0.9)
LAST_SEED = 9999


@dataclass(frozen=True)
class Settings:
    """What a reader may choose.

    Attributes:
        blocks: 1 to 30, two layers each.
        width: units of a layer.
        normalisation: a key of :data:`NORMALISATIONS`.
        start: a key of :data:`STARTS`, the first weights.
        rate: learning rate, constant.
        momentum: of SGD, as PyTorch defines it.
        seed: of weights and order, 0 to 9999.

    Raises:
        ValueError: a value that the playground does not offer, with those it does.
    """

    blocks: int = 20
    width: int = 32
    normalisation: str = "batch"
    start: str = "he"
    rate: float = 0.03
    momentum: float = 0.9
    seed: int = 0

    def __post_init__(self) -> None:
        offered = {
            "blocks": range(1, MOST_BLOCKS + 1),
            "width": WIDTHS,
            "normalisation": NORMALISATIONS,
            "start": STARTS,
            "rate": RATES,
            "momentum": MOMENTA,
            "seed": range(LAST_SEED + 1),
        }
        for name, values in offered.items():
            if (value := getattr(self, name)) not in values:
                span = f"{values[0]} to {values[-1]}" if isinstance(values, range) else [*values]
                raise ValueError(f"{name} is {value!r}; choose from {span}")

    @property
    def address(self) -> str:
        """As it stands behind ``#play=`` in the page's address."""
        return (
            f"b{self.blocks},w{self.width},n{self.normalisation},s{self.start},"
            f"l{self.rate:g},m{self.momentum:g},i{self.seed}"
        )


ADDRESS = re.compile(
    r"(?:.*#)?(?:play=)?b(\d+),w(\d+),n([a-z]+),s([a-z]+),l([\d.]+),m([\d.]+),i(\d+)"
)


def settings_of(address: str) -> Settings:
    """The settings in an address of the page.

    Args:
        address: whole, or only what follows ``#play=``.

    Raises:
        ValueError: another form, or a value that the playground does not offer.
    """
    found = ADDRESS.fullmatch(address.strip())
    if not found:
        raise ValueError(
            f"no settings in {address!r}; copy them from the page's address, for example "
            f"{Settings().address}"
        )
    blocks, width, normalisation, start, rate, momentum, seed = found.groups()
    return Settings(
        int(blocks), int(width), normalisation, start, float(rate), float(momentum), int(seed)
    )


# Images


@dataclass(frozen=True)
class Digits:
    """scikit-learn's digits, 8 x 8, with grey values 0 to 16.

    Attributes:
        train_images, test_images: uint8 (N, 64). Every fifth digit is for testing.
        train_labels, test_labels: int64 (N,).
        mean, sd: of all training pixels, divided by 16.
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    mean: float
    sd: float

    def inputs(self, images: np.ndarray) -> Tensor:
        """What a network sees: float64 (N, 64)."""
        return torch.from_numpy((images / 16 - self.mean) / self.sd)

    def asked(self) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
        """Images and labels of the training error, the first 360, and of the test error."""
        seen = self.train_images[:SEEN], self.train_labels[:SEEN]
        return seen, (self.test_images, self.test_labels)


@cache
def digits() -> Digits:
    """The images of the playground; the split is that of ``utils.data.load("digits")``."""
    from sklearn.datasets import load_digits

    found = load_digits()
    images, labels = found.data.astype(np.uint8), found.target.astype(np.int64)
    test = np.arange(len(labels)) % 5 == 4
    train = images[~test] / 16
    return Digits(
        images[~test],
        labels[~test],
        images[test],
        labels[test],
        round(float(train.mean()), 6),
        round(float(train.std()), 6),
    )


# Networks


class Block(nn.Module):
    """y = ReLU(F(x) + x), or without the shortcut y = ReLU(F(x)); F has two layers."""

    def __init__(self, first: nn.Module, last: nn.Module, residual: bool) -> None:
        super().__init__()
        self.first, self.last, self.residual = first, last, residual
        self.response = 0.0

    def forward(self, x: Tensor) -> Tensor:
        """Units float64 (N, width) to the same shape; keeps the branch's standard deviation."""
        branch = self.last(F.relu(self.first(x)))
        self.response = branch.detach().std(correction=0).item()
        return F.relu(branch + x if self.residual else branch)

    def gradient(self) -> float:
        """Length of the gradient of both weight matrices together."""
        weights = (self.first[0].weight, self.last[0].weight)
        return sum((weight.grad**2).sum() for weight in weights).sqrt().item()


class Net(nn.Module):
    """A stem, blocks, and a head that gives ten scores.

    Layers have no biases; normalisations have a scale and a shift, and the head has a bias that
    begins at zero.
    """

    def __init__(self, settings: Settings, residual: bool) -> None:
        super().__init__()
        self.settings, self.residual = settings, residual
        width = settings.width
        self.stem = self._layer(0, PIXELS)
        self.blocks = nn.Sequential(
            *(
                Block(
                    self._layer(2 * block + 1, width),
                    self._layer(2 * block + 2, width, 0 if settings.start == "zero" else 1),
                    residual,
                )
                for block in range(settings.blocks)
            )
        )
        self.head = nn.Linear(width, CLASSES, dtype=torch.float64)
        with torch.no_grad():
            self.head.weight.copy_(first_weights(settings, -1, width, CLASSES))
            self.head.bias.zero_()

    def _layer(self, number: int, inputs: int, scale: float = 1) -> nn.Sequential:
        """Linear and normalisation. A scale of 0 stands in the last one that there is."""
        width, kind = self.settings.width, self.settings.normalisation
        linear = nn.Linear(inputs, width, bias=False, dtype=torch.float64)
        weights = first_weights(self.settings, number, inputs, width)
        with torch.no_grad():
            linear.weight.copy_(weights * (scale if kind == "none" else 1))
        if kind == "none":
            return nn.Sequential(linear)
        make = {"batch": nn.BatchNorm1d, "layer": nn.LayerNorm}[kind]
        normalisation = make(width, dtype=torch.float64)
        nn.init.constant_(normalisation.weight, scale)
        return nn.Sequential(linear, normalisation)

    def forward(self, x: Tensor) -> Tensor:
        """Inputs float64 (N, 64) to scores float64 (N, 10)."""
        return self.head(self.blocks(F.relu(self.stem(x))))


def first_weights(settings: Settings, number: int, inputs: int, outputs: int) -> Tensor:
    """First weights of a layer, float64 (outputs, inputs); the head has the number -1.

    ``identity`` is the start of ``utils.models.initialise.initialise_dirac``: inside the blocks a
    layer passes its input on, plus a little of He's draw.
    """
    count, stream = inputs * outputs, number + 1
    if settings.start == "pytorch":
        drawn = (2 * uniforms(settings.seed, stream, count) - 1) * inputs**-0.5
        return torch.from_numpy(drawn).reshape(outputs, inputs)
    drawn = torch.from_numpy(normals(settings.seed, stream, count)).reshape(outputs, inputs)
    scaled = drawn * (2 / inputs) ** 0.5
    if settings.start != "identity" or number < 1:
        return scaled
    return scaled * (2 * settings.blocks) ** -0.5 + torch.eye(outputs, dtype=torch.float64)


# Training


@dataclass
class Course:
    """What one network showed.

    Attributes:
        losses: of each step's mini-batch, before the step.
        gradients, responses: of each step and block.
        errors: step -> training and test error, shares of wrong answers.
        net: the network as it is now.
    """

    net: Net
    losses: list[float] = field(default_factory=list)
    gradients: list[list[float]] = field(default_factory=list)
    responses: list[list[float]] = field(default_factory=list)
    errors: dict[int, tuple[float, float]] = field(default_factory=dict)


def batches(settings: Settings) -> Iterator[np.ndarray]:
    """Places of the training images of one mini-batch after another, without end."""
    epoch = 0
    while True:
        places = np.array(order(len(digits().train_labels), settings.seed, epoch))
        for step in range(EPOCH):
            yield places[step * BATCH : (step + 1) * BATCH]
        epoch += 1


def wrong(scores: Tensor, labels: np.ndarray) -> Tensor:
    """Share of wrong answers, of scores (..., N, 10): (...). No number counts as wrong."""
    right = (scores.argmax(-1) == torch.from_numpy(labels)) & scores.isfinite().all(-1)
    return 1 - right.double().mean(-1)


@torch.no_grad()
def errors(net: Net) -> tuple[float, float]:
    """Training error, of the first 360 training images, and test error, in evaluation mode."""
    have, was = digits(), net.training
    net.eval()
    train, test = (wrong(net(have.inputs(x)), labels).item() for x, labels in have.asked())
    net.train(was)
    return train, test


def step(course: Course, inputs: Tensor, labels: Tensor, optimiser: torch.optim.SGD) -> None:
    """One step on one mini-batch, filed in the course."""
    net = course.net
    loss = F.cross_entropy(net(inputs), labels)
    course.losses.append(loss.item())
    course.responses.append([block.response for block in net.blocks])
    optimiser.zero_grad()
    loss.backward()
    course.gradients.append([block.gradient() for block in net.blocks])
    optimiser.step()


def _need_net(net: object) -> None:
    if not isinstance(net, Net):
        raise TypeError(
            f"this takes the playground's own networks, not a {type(net).__name__}; make one by "
            "Net(settings, residual=True) or residual=False"
        )


def _need_fitting(net: Net, settings: Settings, residual: bool) -> None:
    """Refuse a network that the settings do not describe; rate and momentum may change."""
    if net.residual != residual:
        raise ValueError(
            f"residual is {residual} and the network's is {net.residual}; give a network made by "
            f"Net(settings, residual={residual})"
        )
    if replace(net.settings, rate=settings.rate, momentum=settings.momentum) != settings:
        raise ValueError(
            f"the network has the settings {net.settings.address}, not {settings.address}; give "
            "run() the network's own, net.settings"
        )


def run(
    settings: Settings, steps: int, *, residual: bool, net: Net | None = None, every: int = EPOCH
) -> Course:
    """Train one network; the errors are taken before the first step and after each epoch.

    Args:
        settings: of network, optimiser and seed.
        steps: mini-batches.
        residual: with the shortcuts.
        net: goes on with this network instead of a fresh one.
        every: steps from one look at the errors to the next.

    Raises:
        TypeError, ValueError: ``net`` is not the playground's, or has other settings or shortcuts.
    """
    if net is not None:
        _need_net(net)
        _need_fitting(net, settings, residual)
    have = digits()
    course = Course(net or Net(settings, residual))
    course.net.train()
    optimiser = torch.optim.SGD(
        course.net.parameters(), lr=settings.rate, momentum=settings.momentum
    )
    course.errors[0] = errors(course.net)
    for done, places in zip(range(1, steps + 1), batches(settings), strict=False):
        inputs = have.inputs(have.train_images[places])
        step(course, inputs, torch.from_numpy(have.train_labels[places]), optimiser)
        if done % every == 0:
            course.errors[done] = errors(course.net)
        if not np.isfinite(course.losses[-1]):
            break
    return course


@torch.no_grad()
def deepened(net: Net, blocks: int) -> Net:
    """A deeper network that computes what a shallower one computes, without normalisation.

    A new plain block gets two identity matrices, and a new residual block a branch that gives
    zero. Both return their input, which comes from a ReLU and has no negative values.

    Args:
        net: the shallower one; stays as it is.
        blocks: of the deeper one.

    Raises:
        TypeError: a network that is not the playground's.
        ValueError: a normalisation, which would change what passes through, or fewer blocks.
    """
    _need_net(net)
    before = net.settings
    if before.normalisation != "none":
        raise ValueError(
            f"with {NORMALISATIONS[before.normalisation]} a new block does not pass its input on "
            'unchanged; take normalisation="none"'
        )
    if blocks < before.blocks:
        raise ValueError(f"the network has {before.blocks} blocks already, {blocks} are fewer")
    deeper = Net(replace(before, blocks=blocks), net.residual)
    new = deeper.blocks[before.blocks :]
    deeper.load_state_dict(net.state_dict(), strict=False)
    for block in new:
        if not net.residual:
            nn.init.eye_(block.first[0].weight)
            nn.init.eye_(block.last[0].weight)
        else:
            nn.init.zeros_(block.last[0].weight)
    return deeper
