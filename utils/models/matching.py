"""Which layer of a file is which layer of a network.

Answers "do these weights belong here?" from names, shapes and order, and decides nothing where two
answers are possible. A layer is a module with the tensors of its own; :mod:`utils.models.given`
loads what is matched here.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from torch import Tensor

from utils.models.heads import WRAPPERS

Layers = dict[str, dict[str, Tensor]]
"""Path of a module to its own tensors."""

Renaming = tuple[str, str, str]
"""Layer of the file, layer of the network, and why they are the same."""

COUNTER = "num_batches_tracked"
"""Of batch normalisation. Old files lack it, and no usual network computes with it."""

BY_SHAPE = "the only layer of its shape there"
BY_ORDER = "same shapes in the same order"


class Undecided(ValueError):
    """Two answers are possible; the message names them."""


@dataclass(frozen=True)
class Matching:
    """What belongs to what. Names of the file are complete, with their prefix.

    Attributes:
        prefix: what is taken off the names of the file, for example "module.".
        by_name: layer of the file and layer of the network with the same name after that, and
            with tensors of the same shapes.
        renamed: layer of the file, layer of the network, and the reason.
        different: layer of the file and layer of the network that seem to be the same one, but
            whose tensors differ in number or shape.
        left_in_file: layers of the file that have no place in the network.
        left_in_network: layers of the network for which the file has nothing.
        doubts: why layers were left although something in the file fits.
    """

    prefix: str
    by_name: tuple[tuple[str, str], ...]
    renamed: tuple[Renaming, ...]
    different: tuple[tuple[str, str], ...]
    left_in_file: tuple[str, ...]
    left_in_network: tuple[str, ...]
    doubts: tuple[str, ...]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Each matched layer: its name in the file and in the network."""
        return [*self.by_name, *((mine, theirs) for mine, theirs, _ in self.renamed)]


def layers_of(state: Mapping[str, Tensor]) -> Layers:
    """A ``state_dict`` by layers: ``{"conv1": {"weight": ...}, "bn1": {"weight": ...}}``."""
    found: Layers = {}
    for name, value in state.items():
        if isinstance(value, Tensor):
            path, _, leaf = name.rpartition(".")
            found.setdefault(path, {})[leaf] = value
    return found


def make_up(layer: Mapping[str, Tensor]) -> tuple:
    """What two layers must share: names, shapes and kind (float or not) of their tensors."""
    return tuple(
        (leaf, tuple(value.shape), value.is_floating_point())
        for leaf, value in sorted(layer.items())
        if leaf != COUNTER
    )


def without_wrapper(names: Iterable[str]) -> str:
    """What wrappers put before every name: "module." of DataParallel, several at once too."""
    names, prefix = list(names), ""
    while names and names[0].split(".")[0] in WRAPPERS:
        first = names[0].split(".")[0] + "."
        if not all(name.startswith(first) for name in names):
            break
        names, prefix = [name.removeprefix(first) for name in names], prefix + first
    return prefix


def match(
    file: Layers, network: Layers, head: str | None, ordered: bool, prefix: str | None = None
) -> Matching:
    """Find the place of each layer of the file, by name first.

    A layer without a namesake gets another name only by its structure. Compared are the layers
    that are left inside the same part of both networks, for example inside ``layer2.0``: one that
    is alone with its shape is matched, and several are if all of them have the same shapes in the
    same order. What is left after that is compared once more without regard to the parts.

    Args:
        file: layers of the file.
        network: layers of the network.
        head: path of the network's head, whose number of classes may differ.
        ordered: whether the order of the file says anything.
        prefix: what to take off the names, if it is known.

    Raises:
        Undecided: two prefixes fit equally well.
    """
    if prefix is None:
        prefix = _prefix(file, network)
    elif prefix and not prefix.endswith("."):
        prefix += "."
    by_name, different = [], []
    rest_file, rest_net = dict(file), dict(network)
    for name in network:
        if (mine := prefix + name) in file:
            same = make_up(file[mine]) == make_up(network[name])
            (by_name if same else different).append((mine, name))
            del rest_file[mine], rest_net[name]
    renamed: list[Renaming] = []
    doubts: list[str] = []
    if head in rest_net:
        _match_head(rest_file, rest_net, head, renamed, different, doubts)
    shorter = {name: name.removeprefix(prefix) for name in file}
    _match_by_parts(rest_file, rest_net, shorter, network, ordered, renamed)
    doubts += _match_group(rest_file, rest_net, ordered, renamed)
    return Matching(
        prefix, tuple(by_name), tuple(renamed), tuple(different),
        tuple(rest_file), tuple(rest_net), tuple(doubts),
    )  # fmt: skip


def _prefix(file: Layers, network: Layers) -> str:
    """The beginning of names without which most layers of the file find their namesake."""
    fits, names = Counter(), Counter()
    for name, layer in file.items():
        parts = name.split(".") if name else []
        for cut in range(len(parts) + 1):
            rest = ".".join(parts[cut:])
            if rest in network:
                beginning = "".join(f"{part}." for part in parts[:cut])
                names[beginning] += 1
                fits[beginning] += make_up(layer) == make_up(network[rest])
    for scores in (fits, names):
        best = max(scores.values(), default=0)
        if 2 * best >= len(network):  # fewer are chance: "0" and "1" stand in many places
            winners = [beginning for beginning, score in scores.items() if score == best]
            if len(winners) > 1:
                raise Undecided(
                    "the layers fit under several beginnings of names: "
                    f"{', '.join(map(repr, winners))}; say which one you want, for example "
                    f"prefix={winners[0]!r}"
                )
            return winners[0]
    return without_wrapper(file)


def _match_head(
    file: Layers,
    network: Layers,
    head: str,
    renamed: list[Renaming],
    different: list[tuple[str, str]],
    doubts: list[str],
) -> None:
    """Find the head under another name: the only layer that reads as many features."""

    def reads(layer: Mapping[str, Tensor]) -> tuple:
        return tuple((leaf, tuple(value.shape[1:])) for leaf, value in sorted(layer.items()))

    wanted = network[head]
    found = [name for name, layer in file.items() if reads(layer) == reads(wanted)]
    if len(found) > 1:
        doubts.append(f"the head {head} could be {' or '.join(found[:4])}")
        return
    for name in found:
        if make_up(file[name]) == make_up(wanted):
            renamed.append((name, head, "the only layer that could be the head"))
        else:
            different.append((name, head))
        del file[name], network[head]


def _parts(names: Iterable[str]) -> Iterable[str]:
    """Every module on the way to each name, itself included: "a", "a.b" and "a.b.c"."""
    for name in names:
        parts = name.split(".")
        yield from (".".join(parts[:end]) for end in range(1, len(parts) + 1))


def _anchor(name: str, others: set[str]) -> str:
    """The deepest module on the way to ``name`` that the other network has as well."""
    return next((part for part in reversed(list(_parts([name]))) if part in others), "")


def _match_by_parts(
    file: Layers,
    network: Layers,
    shorter: Mapping[str, str],
    whole_network: Layers,
    ordered: bool,
    renamed: list[Renaming],
) -> None:
    """Match what is left part by part; matched layers are taken out of both.

    Args:
        file: layers of the file that have no place yet.
        network: layers of the network that have no weights yet.
        shorter: every name of the file, without its prefix.
        whole_network: all layers of the network.
        ordered: see :func:`match`.
        renamed: gets what is found.
    """
    file_parts, network_parts = set(_parts(shorter.values())), set(_parts(whole_network))
    groups: dict[str, tuple[Layers, Layers]] = defaultdict(lambda: ({}, {}))
    for name, layer in file.items():
        groups[_anchor(shorter[name], network_parts)][0][name] = layer
    for name, layer in network.items():
        groups[_anchor(name, file_parts)][1][name] = layer
    groups.pop("", None)  # inside nothing that both have: see the last step of match
    known: dict[str, str] = {}
    for part, (some, others) in groups.items():
        before = {*some}, {*others}
        first = len(renamed)
        _match_group(some, others, ordered, renamed)
        for mine, theirs, _ in renamed[first:]:
            old, new = shorter[mine].removeprefix(f"{part}."), theirs.removeprefix(f"{part}.")
            if known.setdefault(old, new) != new:
                raise Undecided(
                    f"shapes and order would make {old} of the file {new} in {part}, but "
                    f"{known[old]} in another part; rename the layers and give the dictionary"
                )
        for taken in before[0] - some.keys():
            del file[taken]
        for taken in before[1] - others.keys():
            del network[taken]


def _match_group(
    file: Layers, network: Layers, ordered: bool, renamed: list[Renaming]
) -> list[str]:
    """Match the layers of two groups by structure, in place; returns what stays in doubt."""
    some, others = ([make_up(layer) for layer in group.values()] for group in (file, network))
    if ordered and others and some[: len(others)] == others and _ways(some, others) == 1:
        why = BY_ORDER if len(others) > 1 else BY_SHAPE
        for name, other in list(zip(file, network, strict=False)):
            renamed.append((name, other, why))
            del file[name], network[other]
        return []
    doubts = []
    for kind in dict.fromkeys(others):
        mine = [name for name, layer in file.items() if make_up(layer) == kind]
        theirs = [name for name, layer in network.items() if make_up(layer) == kind]
        if len(mine) == len(theirs) == 1:
            renamed.append((mine[0], theirs[0], BY_SHAPE))
            del file[mine[0]], network[theirs[0]]
        elif mine:
            more = f" or {len(mine) - 3} more" if len(mine) > 3 else ""
            doubts.append(f"{theirs[0]} could be {' or '.join(mine[:3])}{more}")
    return doubts


def _ways(some: list[tuple], others: list[tuple]) -> int:
    """In how many ways ``others`` can be found in ``some`` without a change of order."""
    ways = [1] + [0] * len(others)
    for kind in some:
        for end in range(len(others), 0, -1):
            if others[end - 1] == kind:
                ways[end] += ways[end - 1]
    return ways[-1]
