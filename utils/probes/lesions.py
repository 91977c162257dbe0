"""Take blocks out of a trained network, or change their order, and put everything back.

Answers "what does this block do for the network that was trained with it?". Nothing is trained
again: :func:`lesion` and :func:`reordered` change a network inside a ``with`` block only.
"""

import math
import random
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import combinations, permutations, product

import torch.nn.functional as F
from torch import Tensor, nn

from utils.data.checked import need_inputs
from utils.models.blocks import Block, make_shortcut, need_block
from utils.models.checked import explained, need_evaluating
from utils.models.networks import ResNet
from utils.models.surgery import block_names, blocks_of


def shape_change(block: Block) -> tuple[int, int, int]:
    """Channels of the input, channels of the output and stride of one block.

    Raises:
        TypeError: not a block of :mod:`utils.models.blocks`.
    """
    need_block(block)
    convolutions = [layer.convolution for layer in block.layers()]
    stride = math.prod(convolution.stride[0] for convolution in convolutions)
    return convolutions[0].in_channels, convolutions[-1].out_channels, stride


def keeps_shape(block: Block) -> bool:
    """Whether input and output have the same shape, so that the block can be left out."""
    channels, out_channels, stride = shape_change(block)
    return channels == out_channels and stride == 1


class SilentBlock(nn.Module):
    """A block whose branch is switched off: ReLU of the shortcut, float (N, C, H, W).

    Without the ReLU where the block has none behind its addition.

    A residual block keeps its own shortcut. A plain block has none. Where it keeps the shape it
    becomes the identity, which leaves it out; where it changes the shape, the option A shortcut
    takes its place: every second position, zeros in the new channels.
    """

    def __init__(self, block: Block) -> None:
        super().__init__()
        need_block(block)
        self.shortcut = block.downsample
        if self.shortcut is None:
            self.shortcut = make_shortcut("A", *shape_change(block)).train(block.training)
        self.ends_in_relu = block.ends_in_relu
        self.training = block.training

    def forward(self, x: Tensor) -> Tensor:
        out = self.shortcut(x)
        return F.relu(out) if self.ends_in_relu else out


@contextmanager
def lesion(net: ResNet, blocks: Iterable[int]) -> Iterator[ResNet]:
    """The network with the branches of some blocks switched off, inside ``with`` only.

    Args:
        net: plain or residual; changed in place and restored, after an error as well.
        blocks: numbers from 1; see :func:`block_names`. None of them changes nothing.

    Raises:
        TypeError: not a network.
        ValueError: a number that the network does not have, or no blocks to be found in it.
    """
    names = block_names(net)
    chosen = [names[number - 1] for number in _checked(blocks, len(names))]
    with _replaced(net, {name: SilentBlock(net.get_submodule(name)) for name in chosen}):
        yield net


@contextmanager
def reordered(net: ResNet, order: Sequence[int]) -> Iterator[ResNet]:
    """The network with its blocks in another order, inside ``with`` only.

    Args:
        net: plain or residual; changed in place and restored, after an error as well.
        order: at place i the number of the block that computes there: (2, 1, 3) swaps the
            first two of three.

    Raises:
        ValueError: not an order of all blocks, or a block would get another shape than its own.
    """
    names, blocks = block_names(net), blocks_of(net)
    if sorted(order) != list(range(1, len(blocks) + 1)):
        raise ValueError(f"{tuple(order)} is no order of the blocks 1 to {len(blocks)}")
    changes = {}
    for place, number in enumerate(order, 1):
        here, there = names[place - 1], names[number - 1]
        moved = place != number
        if moved and shape_change(blocks[place - 1]) != shape_change(blocks[number - 1]):
            raise ValueError(
                f"block {number} ({there}) does not fit at place {place} ({here}): its shapes "
                "differ; exchange blocks of one stage that keep the shape"
            )
        if moved:
            changes[here] = blocks[number - 1]
    with _replaced(net, changes):
        yield net


def swap(blocks: int, first: int, second: int) -> tuple[int, ...]:
    """The order in which two blocks have changed places, for :func:`reordered`.

    Raises:
        ValueError: a number that the network does not have.
    """
    _checked((first, second), blocks)
    other = {first: second, second: first}
    return tuple(other.get(number, number) for number in range(1, blocks + 1))


def _checked(numbers: Iterable[int], count: int) -> list[int]:
    wanted = sorted(set(numbers))
    unknown = [number for number in wanted if not 1 <= number <= count]
    if unknown:
        raise ValueError(f"no block {unknown[0]}; this network has blocks 1 to {count}")
    return wanted


@contextmanager
def _replaced(net: nn.Module, changes: dict[str, nn.Module]) -> Iterator[None]:
    before, was_training = {name: net.get_submodule(name) for name in changes}, net.training
    try:
        for name, module in changes.items():
            net.set_submodule(name, module)
        yield
    finally:
        for name, module in before.items():
            net.set_submodule(name, module)
            if net.training != was_training:  # switched inside; the absent blocks follow
                module.train(net.training)


def deletions(blocks: int, count: int, draws: int, seed: int = 0) -> list[tuple[int, ...]]:
    """Sets of ``count`` blocks to delete: all there are, or as many different ones as ``draws``.

    Raises:
        ValueError: more deleted than there are.
    """
    if not 0 <= count <= blocks:
        raise ValueError(f"cannot delete {count} of {blocks} blocks")
    numbers = range(1, blocks + 1)
    if math.comb(blocks, count) <= draws:
        return list(combinations(numbers, count))
    drawn: set[tuple[int, ...]] = set()
    generator = random.Random(f"{seed}/{count}")
    while len(drawn) < draws:
        drawn.add(tuple(sorted(generator.sample(numbers, count))))
    return sorted(drawn)


def exchangeable(net: ResNet) -> list[list[int]]:
    """Numbers of the blocks that fit in each other's places, stage by stage."""
    stages: dict[str, list[int]] = {}
    for number, (name, block) in enumerate(zip(block_names(net), blocks_of(net), strict=True), 1):
        if keeps_shape(block):
            stages.setdefault(name.split(".")[0], []).append(number)
    return list(stages.values())


def swaps(net: ResNet) -> list[tuple[int, int]]:
    """Every pair of blocks that can change places."""
    return [pair for group in exchangeable(net) for pair in combinations(group, 2)]


def orders(net: ResNet, draws: int, seed: int = 0) -> list[tuple[int, ...]]:
    """Orders that :func:`reordered` accepts: all there are, or ``draws`` random ones.

    A random one exchanges two blocks again and again, 1 to 2n times, so that all degrees of
    disorder occur.
    """
    groups, count = exchangeable(net), len(blocks_of(net))
    if math.prod(math.factorial(len(group)) for group in groups) <= draws:
        return sorted(_every_order(groups, count))
    pairs, generator = swaps(net), random.Random(seed)
    drawn = []
    for _ in range(draws):
        order = list(range(1, count + 1))
        for _ in range(generator.randint(1, 2 * count)):
            first, second = generator.choice(pairs)
            order[first - 1], order[second - 1] = order[second - 1], order[first - 1]
        drawn.append(tuple(order))
    return drawn


def _every_order(groups: list[list[int]], count: int) -> Iterator[tuple[int, ...]]:
    for arrangement in product(*(permutations(group) for group in groups)):
        order = list(range(1, count + 1))
        for group, arranged in zip(groups, arrangement, strict=True):
            for place, number in zip(group, arranged, strict=True):
                order[place - 1] = number
        yield tuple(order)


def kendall_tau(order: Sequence[int]) -> float:
    """Kendall's rank correlation with the trained order: 1 for the same, -1 for the reverse.

    Share of the pairs in order minus share of the pairs out of order.

    Raises:
        ValueError: fewer than two numbers have no order.
    """
    pairs = list(combinations(order, 2))
    if not pairs:
        raise ValueError("an order needs at least two blocks")
    return sum(1 if first < second else -1 for first, second in pairs) / len(pairs)


def deletion_tree(net: ResNet, x: Tensor) -> Iterator[tuple[tuple[int, ...], Tensor]]:
    """Logits (N, K) of the network with every possible set of blocks deleted, 2^n of them.

    What two sets have in common up to a block is computed once, so that all sets cost about as
    much as 2^(n + 1) blocks. The normalisation of ``net`` must be in evaluation mode.

    Args:
        net: plain or residual.
        x: normalised images, float (N, 3, H, W).

    Raises:
        TypeError: no network, or no tensor.
        ValueError: a network in training mode or without blocks, or inputs that it does not take.
    """
    blocks = blocks_of(net)
    need_evaluating(net)
    need_inputs(x, name="x")
    silent = [SilentBlock(block) for block in blocks]

    def walk(place: int, h: Tensor, gone: tuple[int, ...]) -> Iterator:
        if place == len(blocks):
            yield gone, net.head(h)
            return
        yield from walk(place + 1, blocks[place](h), gone)
        yield from walk(place + 1, silent[place](h), (*gone, place + 1))

    with explained(net, x):
        stem = net.stem(x)
    yield from walk(0, stem, ())
