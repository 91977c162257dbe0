"""Load the weights of a stranger's file into a network, whole or not at all.

Answers "did these weights arrive in my layers?". A file and a network come in; a report goes out
that says what was matched, renamed and left out. What would look loaded and is not is refused:
``strict=False`` of PyTorch is never used.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from utils.files.foreign import Foreign, read_foreign
from utils.models.checked import need_network
from utils.models.heads import find_head
from utils.models.matching import (
    COUNTER,
    Layers,
    Matching,
    Undecided,
    layers_of,
    match,
    without_wrapper,
)

LIMIT = (
    "Names and shapes show neither strides, nor shortcuts without weights, nor how the pictures "
    "were normalised: check the accuracy on pictures whose classes you know."
)
SHOWN = 4
"""Layers that a sentence names before it only counts the others."""


class NotGiven(ValueError):
    """The weights were refused and nothing of the network was changed.

    Attributes:
        report: what was found, or None if not even the layers could be compared.
    """

    def __init__(self, message: str, report: "Report | None" = None) -> None:
        super().__init__(message)
        self.report = report


@dataclass(frozen=True)
class Report:
    """What a file has for a network.

    Attributes:
        source: name of the file.
        entry: dictionary keys that led to the weights.
        matching: which layer is which, see :class:`utils.models.matching.Matching`.
        head: path of the network's head, or None if none was found.
        network: names of all layers of the network.
        shapes: layer of the file, layer of the network, and how their tensors differ.
        cast: changes of number format, for example "float16 to float32".
        refused: reasons not to load; empty where the weights were loaded.
    """

    source: str
    entry: str
    matching: Matching
    head: str | None
    network: tuple[str, ...]
    shapes: tuple[tuple[str, str, str], ...]
    cast: tuple[str, ...]
    refused: tuple[str, ...]

    @property
    def filled(self) -> tuple[str, ...]:
        """Layers of the network that get their weights from the file."""
        return tuple(name for _, name in self.matching.pairs)

    def text(self) -> str:
        """The report in a few sentences."""
        found = self.matching
        where = self.source + (f", entry {self.entry!r}" if self.entry else "")
        verb = "would be filled" if self.refused else "filled"
        lines = [f"{where}: {len(self.filled)} of {_count(self.network)} {verb}."]
        if found.prefix:
            lines.append(f"Taken off the names: {found.prefix!r}.")
        if found.renamed:
            lines.append(f"Renamed: {', '.join(_renamings(found))}.")
        lines += [f"Other shape, not filled: {name} ({what})." for _, name, what in self.shapes]
        if found.left_in_network:
            lines.append(f"Nothing in the file for: {_some(found.left_in_network)}.")
        if found.left_in_file:
            lines.append(f"Left in the file: {_some(found.left_in_file)}.")
        if self.cast:
            lines.append(f"Number format changed: {', '.join(self.cast)}.")
        if self.head in self.filled:
            lines.append(f"The head {self.head} came along: its classes are those of the file.")
        lines += [f"Refused: {reason}." for reason in self.refused]
        return "\n".join(lines if self.refused else [*lines, LIMIT])

    def rows(self) -> list[tuple[str, str, str]]:
        """For a table: layer in the file, layer in the network, what happened."""
        found = self.matching
        known = {theirs: (mine, theirs, "by name") for mine, theirs in found.by_name}
        known |= {theirs: (mine, theirs, why) for mine, theirs, why in found.renamed}
        known |= {
            theirs: (mine, theirs, f"other shape: {what}") for mine, theirs, what in self.shapes
        }
        rows = [known.get(name, ("", name, "not in the file")) for name in self.network]
        return rows + [(name, "", "not used") for name in found.left_in_file]

    def table(self) -> str:
        """The rows as text, with aligned columns."""
        rows = [("in the file", "in the network", ""), *self.rows()]
        wide = [max(len(row[column]) for row in rows) for column in (0, 1)]
        return "\n".join(f"{a:{wide[0]}}  {b:{wide[1]}}  {c}".rstrip() for a, b, c in rows)

    def __str__(self) -> str:
        return self.text()


def load_given(
    net: nn.Module,
    source: str | Path | Mapping,
    *,
    allow: Sequence[str] = (),
    entry: str | None = None,
    prefix: str | None = None,
) -> Report:
    """Load a stranger's weights into a network, or refuse and leave it as it is.

    Names are matched after wrappers' prefixes are off. Layers that are called otherwise are
    matched by structure, and only if one answer is possible. Nothing is refused because of the
    head: a head of another size keeps its values, and the report says so.

    Refused is a file that fills nothing, that leaves another layer unfilled or has it in another
    shape, that has layers between or inside those that it fills (the weights of a longer network
    fit a shorter one by name), or in which two layers could be meant.

    Args:
        net: changed only if all is accepted. Its devices, dtypes and modes stay.
        source: a file (``.safetensors``, or what ``torch.save`` wrote), or its content.
        allow: layers, or parts that hold them, which may stay unfilled or unused.
        entry: see :func:`utils.files.foreign.read_foreign`.
        prefix: what to take off the names of the file, if several beginnings fit.

    Returns:
        The report; print it.

    Raises:
        NotGiven: the weights were refused; ``report`` of the error has the table.
        utils.files.foreign.ForeignFileError: the file has no weights that can be read.
        FileNotFoundError: there is no such file.
    """
    need_network(net)
    given = read_foreign(source, entry)
    report = _compare(net, given, allow, prefix)
    if report.refused:
        raise NotGiven(f"nothing was loaded.\n{report.text()}", report)
    file, state = layers_of(given.tensors), dict(net.state_dict())
    wrapper = without_wrapper(layers_of(state))
    for mine, theirs in report.matching.pairs:
        for leaf, value in file[mine].items():
            name = f"{wrapper}{theirs}.{leaf}" if wrapper + theirs else leaf
            if name in state:  # all but a counter that this kind of layer does not keep
                state[name] = value
    net.load_state_dict(state)
    return report


def inspect_given(
    net: nn.Module,
    source: str | Path | Mapping,
    *,
    allow: Sequence[str] = (),
    entry: str | None = None,
    prefix: str | None = None,
) -> Report:
    """What :func:`load_given` would do, without doing it; the reasons are in ``refused``.

    Raises:
        NotGiven: the layers cannot be compared, because several prefixes fit.
        utils.files.foreign.ForeignFileError: the file has no weights that can be read.
    """
    need_network(net)
    return _compare(net, read_foreign(source, entry), allow, prefix)


def _compare(net: nn.Module, given: Foreign, allow: Sequence[str], prefix: str | None) -> Report:
    """Match layers and find every reason to refuse."""
    state = net.state_dict()
    for name, value in state.items():
        if isinstance(value, Tensor) and (is_lazy(value) or value.is_meta):
            raise ValueError(
                f"{name} has no values yet (a lazy layer, or the meta device); give the network "
                "one batch, or move it with net.to_empty(device='cpu'), and load then"
            )
    file, network = layers_of(given.tensors), layers_of(state)
    wrapper = without_wrapper(network)
    network = {name.removeprefix(wrapper): layer for name, layer in network.items()}
    head = _head(net, wrapper)
    try:
        found = match(file, network, head, given.ordered, prefix)
    except Undecided as error:
        raise NotGiven(f"nothing was loaded from {given.source}: {error}") from error
    shapes = tuple((a, b, _difference(file[a], network[b])) for a, b in found.different)
    formats = {
        f"{value.dtype} to {network[theirs][leaf].dtype}".replace("torch.", "")
        for mine, theirs in found.pairs
        for leaf, value in file[mine].items()
        if leaf in network[theirs] and value.dtype != network[theirs][leaf].dtype
    }
    reasons = _reasons(found, head, list(network), _allowed(allow, file, network, found.prefix))
    if reasons and found.doubts and not given.ordered:
        reasons.append("the file is sorted by name, so the order of its layers cannot decide")
    return Report(
        given.source, given.entry, found, head, tuple(network), shapes, tuple(sorted(formats)),
        tuple(reasons),
    )  # fmt: skip


def _head(net: nn.Module, wrapper: str) -> str | None:
    try:
        return find_head(net).name.removeprefix(wrapper)
    except TypeError:  # a trunk without a head, which has to be filled whole
        return None


def _allowed(names: Sequence[str], file: Layers, network: Layers, prefix: str) -> set[str]:
    """The layers that may stay unfilled or unused."""
    if isinstance(names, str):
        raise TypeError(f"allow is a list of names: allow=[{names!r}]")
    paths = {layer: (layer, layer.removeprefix(prefix)) for layer in (*file, *network)}
    allowed = set()
    for name in names:
        covered = {
            n for n, both in paths.items() if any(f"{p}.".startswith(f"{name}.") for p in both)
        }
        if not covered:
            raise ValueError(f"allow names {name!r}, which neither file nor network has")
        allowed |= covered
    return allowed


def _reasons(found: Matching, head: str | None, network: list[str], allowed: set[str]) -> list[str]:
    """Why the weights are not loaded."""
    if not found.pairs:
        return [
            "no layer of the file fits a layer of the network; compare the two: "
            "print(inspect_given(net, source).table())"
        ]
    reasons = []
    empty = [name for name in found.left_in_network if name != head and name not in allowed]
    if empty:
        doubts = f" ({'; '.join(found.doubts[:2])})" if found.doubts else ""
        reasons.append(
            f"{_some(empty)} would keep the values of the start{doubts}; build the network that "
            f"the file was made with, or say that this is meant: allow=[{empty[0]!r}]"
        )
    bent = [name for _, name in found.different if name != head and name not in allowed]
    if bent == network[:1]:
        reasons.append(
            f"{bent[0]} takes another number of channels or another window in the file; build the "
            "network as it was there, load, and change it then (utils.models.heads has "
            f"with_input_channels and with_small_stem), or give it up: allow=[{bent[0]!r}]"
        )
    elif bent:
        reasons.append(
            f"the file has other shapes for {_some(bent)}; build the network that the file was "
            f"made with, or say that they may keep the values of the start: allow=[{bent[0]!r}]"
        )
    surplus = [name for name in _between(found, head) if name not in allowed]
    if surplus:
        short = surplus[0].removeprefix(found.prefix)
        reasons.append(
            f"the file has more layers ({_some(surplus)}), so its network computes something "
            f"else; build that network, or say that these may stay out: allow=[{short!r}]"
        )
    return reasons


def _between(found: Matching, head: str | None) -> list[str]:
    """Layers of the file without a place, among those that have one.

    A layer that lies inside a filled part (``layer1.5`` beside ``layer1.4``) is among them. If the
    head came along, so is every layer under the prefix: the head was trained on what they compute.
    """
    filled = {theirs for _, theirs in found.pairs}
    parts = {".".join(n.split(".")[:end]) for n in filled for end in range(1, n.count(".") + 1)}
    surplus = []
    for name in found.left_in_file:
        short = name.removeprefix(found.prefix)
        if name != found.prefix + short:
            continue
        inside = any(short.startswith(f"{part}.") for part in parts)
        if inside or head in filled:
            surplus.append(name)
    return surplus


def _difference(mine: Mapping[str, Tensor], theirs: Mapping[str, Tensor]) -> str:
    """For example "weight (10, 64) in the file, (5, 64) in the network"."""

    def shape(layer: Mapping[str, Tensor], leaf: str) -> str:
        return str(tuple(layer[leaf].shape)) if leaf in layer else "none"

    leaves = [leaf for leaf in dict.fromkeys([*theirs, *mine]) if leaf != COUNTER]
    different = [
        f"{leaf} {shape(mine, leaf)} in the file, {shape(theirs, leaf)} in the network"
        for leaf in leaves
        if shape(mine, leaf) != shape(theirs, leaf)
    ]
    return "; ".join(different) or "one holds whole numbers"


def _renamings(found: Matching) -> list[str]:
    """What changed in the names, each change once: "shortcut → downsample"."""
    changes: dict[str, None] = {}
    for mine, theirs, _ in found.renamed:
        some, others = mine.removeprefix(found.prefix).split("."), theirs.split(".")
        while len(some) > 1 and len(others) > 1 and some[-1] == others[-1]:
            some, others = some[:-1], others[:-1]
        while len(some) > 1 and len(others) > 1 and some[0] == others[0]:
            some, others = some[1:], others[1:]
        changes[f"{'.'.join(some)} → {'.'.join(others)}"] = None
    names = list(changes)
    return names if len(names) <= SHOWN else [*names[:SHOWN], f"{len(names) - SHOWN} more"]


def _count(names: Sequence[str]) -> str:
    return f"{len(names)} layer{'' if len(names) == 1 else 's'}"


def _some(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(name or "the layer itself" for name in names[:SHOWN]) + more
