"""What takes a layer's output, read from the graph that autograd has recorded.

Answers "which normalisation, and which ReLU, really stands behind this convolution?" for any
network, whatever its modules are called and however its forward pass is written. Hands the answers
to :mod:`utils.probes.readings`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from torch import Tensor
from torch.autograd.graph import Node

CALLER = None
"""Taker of what a forward pass returns."""

Takers = Mapping[Node | None, set]
"""For each operation of a graph those that took its result."""


def tensors_in(outputs: object) -> Iterator[Tensor]:
    """Every tensor of what a forward pass returned: one, or some in tuples, lists and mappings."""
    if isinstance(outputs, Tensor):
        yield outputs
    elif isinstance(outputs, (list, tuple, Mapping)):
        for part in outputs.values() if isinstance(outputs, Mapping) else outputs:
            yield from tensors_in(part)


def takers_of(outputs: object) -> Takers:
    """Walk back from what a forward pass returned.

    Operations without a gradient leave no trace, so a frozen layer in front of all others has no
    takers here.
    """
    takers: dict[Node | None, set] = defaultdict(set)
    waiting = []
    for tensor in tensors_in(outputs):
        takers[tensor.grad_fn].add(CALLER)
        waiting.append(tensor.grad_fn)
    walked = set()
    while waiting:
        node = waiting.pop()
        if node is None or node in walked:
            continue
        walked.add(node)
        for source, _ in node.next_functions:
            takers[source].add(node)
            waiting.append(source)
    return takers


def is_taken_only_by(takers: Takers, layer: Node | None, normalised: Node | None) -> bool:
    """Whether a layer's output goes into one normalisation and nowhere else.

    Args:
        takers: of the whole pass.
        layer: operation whose result is the layer's output.
        normalised: operation whose result is the normalisation's. It may consist of several, so
            everything between the two belongs to it.
    """
    if layer is None or normalised is None or not takers.get(layer):
        return False
    between, waiting = set(), [normalised]
    while waiting:
        node = waiting.pop()
        if node is not None and node is not layer and node not in between:
            between.add(node)
            waiting += [source for source, _ in node.next_functions]
    return takers[layer] <= between


def relu_behind(takers: Takers, response: Node | None) -> Node | None:
    """The ReLU that a response meets, at once or behind one addition; None if there is no such.

    A response that is normalised first, multiplied, or rectified twice over has no ReLU of its own.
    """
    relus = _named(takers, response, "ReluBackward0")
    additions = _named(takers, response, "AddBackward0")
    if not relus and additions and takers[response] == set(additions):
        relus = [node for sum_ in additions for node in _named(takers, sum_, "ReluBackward0")]
    return relus[0] if len(relus) == 1 else None


def _named(takers: Takers, node: Node | None, name: str) -> list[Node]:
    if node is None:
        return []
    return [taker for taker in takers.get(node, ()) if taker is not CALLER and taker.name() == name]
