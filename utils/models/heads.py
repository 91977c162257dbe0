"""Both ends of a network: how many channels go in, how many classes come out.

Answers "how do I put my pictures in, and my classes out?", for networks of this book and for those
of others (torchvision's, and what is built like them). The last layer is replaced in place; a new
first layer comes in a copy, so that the network before and the network after can be compared.
"""

import copy
from typing import NamedTuple

import torch
from torch import Tensor, nn

from utils.models.checked import need_network
from utils.models.surgery import replace_modules

WRAPPERS = ("module", "_orig_mod", "model", "net", "network")
"""Names under which a wrapper keeps its network: DataParallel, torch.compile and frameworks."""

HEAD_NAMES = (
    "fc", "classifier", "head", "heads", "linear", "logits", "last_linear", "output_layer"
)  # fmt: skip
"""What libraries call the part that makes the classes."""

CHANNELS = {
    "mean": "every channel gets the mean of the old ones, so nothing is assumed about its colour",
    "repeat": "channel j gets the weights of old channel j mod C: several colour pictures stacked",
    "zero": "the first C keep their weights, the others get zeros: colour and something more",
    "fresh": "all weights drawn anew, as He et al. (2015) do: for training from scratch",
}
"""Ways to the weights of a first convolution with another number of channels."""


class End(NamedTuple):
    """The first or last layer of a network.

    Attributes:
        name: its path in the network.
        layer: the module.
    """

    name: str
    layer: nn.Linear | nn.Conv2d


def find_head(net: nn.Module, name: str | None = None) -> End:
    """The layer that makes the classes: linear, or a convolution of 1x1.

    Two signs are read. The name: the last such layer inside a part called ``fc``, ``classifier``
    or the like (:data:`HEAD_NAMES`). The order: the last layer with parameters, unless it lies
    deep inside a block. If both speak and disagree, nothing is guessed.

    Args:
        net: any network. It is not run, so its input size does not matter.
        name: path of the head, where it cannot be found or is another one.

    Raises:
        TypeError: no such layer, or several that could be meant.
    """
    need_network(net)
    if name is not None:
        layer = dict(net.named_modules()).get(name)
        if not _makes_classes(layer):
            raise TypeError(f"{type(net).__name__} has no linear layer or 1x1 convolution {name!r}")
        return End(name, layer)
    prefix, inner = _unwrapped(net)
    named = _head_by_name(inner)
    last = _head_by_order(inner)
    found = {*named, *([] if last is None else [last])}
    if not found:
        raise TypeError(
            f"{type(net).__name__} has no linear layer or 1x1 convolution at its end that could "
            "make classes; if one does, give its path: name='...'"
        )
    if len(found) > 1:
        paths = ", ".join(repr(prefix + path) for path in sorted(found))
        raise TypeError(
            f"several layers of {type(net).__name__} could make the classes: {paths}; "
            "say which one: name='...'"
        )
    (path,) = found
    return End(prefix + path, inner.get_submodule(path))


def classes_of(head: nn.Linear | nn.Conv2d) -> int:
    """Number of classes that a head makes."""
    return head.out_features if isinstance(head, nn.Linear) else head.out_channels


def replace_head(net: nn.Module, classes: int, name: str | None = None) -> nn.Module:
    """Put a new head with random weights in the place of the old one; returns the new layer.

    The new head has the old one's kind, input width, bias, device, dtype and mode. It trains, in
    a frozen network too. Call this before the optimiser is made: an optimiser goes on moving the
    parameters it was given.

    Args:
        net: changed in place.
        classes: at least 2.
        name: see :func:`find_head`.

    Raises:
        ValueError: fewer than two classes.
        TypeError: no head is found, the network itself is the layer, or the layer's class does
            more than a plain one, which a new plain layer would lose.
    """
    if classes < 2:
        raise ValueError(f"{classes} classes cannot be told apart; give at least 2")
    path, old = find_head(net, name)
    if not path:
        raise TypeError(f"this {type(net).__name__} is itself the layer; make a new one instead")
    _refuse_special(path, old)
    like = {"bias": old.bias is not None, "device": old.weight.device, "dtype": old.weight.dtype}
    if isinstance(old, nn.Linear):
        new: nn.Module = nn.Linear(old.in_features, classes, **like)
    else:
        new = nn.Conv2d(old.in_channels, classes, 1, **like)
    _put(net, old, new)
    return new


def find_first_convolution(net: nn.Module, name: str | None = None) -> End:
    """The convolution that gets the picture: the first one of the network.

    Args:
        net: any network; it is not run.
        name: path of that convolution, where it is another one.

    Raises:
        TypeError: there is none, it works on each channel apart, or a second convolution takes
            as many channels, so that both could get the picture.
    """
    need_network(net)
    convs = {path: m for path, m in net.named_modules() if isinstance(m, nn.Conv2d)}
    if name is not None:
        if name not in convs:
            raise TypeError(f"{type(net).__name__} has no 2-d convolution {name!r}")
        return End(name, convs[name])
    if not convs:
        raise TypeError(f"{type(net).__name__} has no 2-d convolution that could get a picture")
    path, first = next(iter(convs.items()))
    rivals = [other for other, conv in convs.items() if conv.in_channels == first.in_channels]
    if len(rivals) > 1:
        raise TypeError(
            f"{len(rivals)} convolutions take {first.in_channels} channels "
            f"({', '.join(rivals[:3])}); say which one gets the picture: name='...'"
        )
    return End(path, first)


def with_input_channels(
    net: nn.Module, channels: int, how: str = "mean", name: str | None = None
) -> nn.Module:
    """A copy of the network whose first convolution takes another number of channels.

    A convolution adds up what its channels contribute. The layers after it, and above all the
    running statistics of the first batch normalisation, were trained on sums of a certain size,
    so the new weights must keep that size. ``"mean"`` and ``"repeat"`` do so by one rule: the new
    weights of each output add up to what the old ones added up to, at every place of the window.
    A picture that is the same in all channels therefore gets exactly the response that it got
    before. Copying the three colours to twelve channels without that scale would make every
    response four times as large.

    For one channel ``"mean"`` is the *sum* of the old weights, and not their mean: three equal
    channels contributed three times, so one channel has to contribute as much as all three.

    For ``"zero"`` the response to the first C channels stays as it was, and training has to open
    the others; a channel of a new kind (depth, infrared) does no harm at the start.

    All of this holds for inputs that are scaled as the old ones were. If each colour had a mean
    and deviation of its own, no single number for grey repeats all three exactly.

    Args:
        net: left as it is.
        channels: of the new input, at least 1.
        how: a key of :data:`CHANNELS`.
        name: path of the convolution, see :func:`find_first_convolution`.

    Returns:
        The copy. Its input is float (N, ``channels``, H, W).

    Raises:
        ValueError: an unknown ``how``, no channels, or too few channels for it.
        TypeError: the convolution is not found or is of a special kind.
    """
    if how not in CHANNELS:
        raise ValueError(f"how must be one of {list(CHANNELS)}, not {how!r}")
    if channels < 1:
        raise ValueError(f"{channels} channels hold no picture; give at least 1")
    path, old = find_first_convolution(net, name)
    _refuse_special(path, old)
    if old.groups != 1:
        raise TypeError(f"{path} works on each channel apart (groups={old.groups})")
    if getattr(net, "transform_input", False):
        raise TypeError(
            f"{type(net).__name__} takes three colours apart before its first layer; set "
            "net.transform_input = False and normalise the pictures yourself"
        )
    if how in ("repeat", "zero") and channels < old.in_channels:
        raise ValueError(
            f"how={how!r} keeps all {old.in_channels} channels, and {channels} are fewer; "
            "use how='mean'"
        )
    copied = copy.deepcopy(net)
    layer = copied.get_submodule(path)
    new = _like(layer, channels)
    with torch.no_grad():
        if how == "fresh":
            nn.init.kaiming_normal_(new.weight, mode="fan_out", nonlinearity="relu")
        else:
            new.weight.copy_(_spread(layer.weight, channels, how))
            if layer.bias is not None:
                new.bias.copy_(layer.bias)
            new.requires_grad_(layer.weight.requires_grad)
    if path:
        _put(copied, layer, new)
        return copied
    return new


def with_small_stem(net: nn.Module) -> nn.Module:
    """A copy of an ImageNet ResNet for small pictures: 3x3 at stride 1, and no pooling.

    The stem for ImageNet, 7x7 at stride 2 and then pooling at stride 2, divides height and width
    by four before the first block. Four stages leave 7x7 positions of 224 pixels, but a single
    one of 32. With the stem that the ResNet paper uses for CIFAR-10 (section 4.2), 4x4 are left,
    at sixteen times as many MACs in the blocks.

    The new convolution is drawn anew, since a window of 7x7 at stride 2 means nothing at stride
    1; all other weights are kept.

    Args:
        net: torchvision's ResNet or one of this book with the same stem; left as it is.

    Raises:
        TypeError: the network has no such stem.
    """
    need_network(net)
    conv, pool = getattr(net, "conv1", None), getattr(net, "maxpool", None)
    if not isinstance(conv, nn.Conv2d) or not isinstance(pool, nn.Module):
        raise TypeError(
            f"{type(net).__name__} has no conv1 and maxpool, as torchvision's ResNets do"
        )
    if conv.kernel_size != (7, 7) or conv.stride != (2, 2) or isinstance(pool, nn.Identity):
        raise TypeError(
            f"the stem is {conv.kernel_size[0]}x{conv.kernel_size[1]} at stride {conv.stride[0]} "
            "and not the 7x7 at stride 2 of ImageNet; it may be small already"
        )
    copied = copy.deepcopy(net)
    old = copied.conv1
    like = {"bias": old.bias is not None, "device": old.weight.device, "dtype": old.weight.dtype}
    copied.conv1 = nn.Conv2d(old.in_channels, old.out_channels, 3, 1, 1, **like).train(old.training)
    nn.init.kaiming_normal_(copied.conv1.weight, mode="fan_out", nonlinearity="relu")
    copied.maxpool = nn.Identity().train(old.training)
    return copied


def _spread(weight: Tensor, channels: int, how: str) -> Tensor:
    """Weights (O, C, h, w) to (O, ``channels``, h, w), see :data:`CHANNELS`."""
    old = weight.shape[1]
    if how == "mean":
        return weight.sum(1, keepdim=True).expand(-1, channels, -1, -1) / channels
    if how == "zero":
        return torch.cat(
            [weight, weight.new_zeros(len(weight), channels - old, *weight.shape[2:])], 1
        )
    source = torch.arange(channels, device=weight.device) % old
    copies = torch.bincount(source, minlength=old)
    return weight[:, source] / copies[source].view(1, -1, 1, 1)


def _like(conv: nn.Conv2d, channels: int) -> nn.Conv2d:
    """A convolution as ``conv``, of another number of input channels."""
    return nn.Conv2d(
        channels, conv.out_channels, conv.kernel_size, conv.stride, conv.padding, conv.dilation,
        bias=conv.bias is not None, padding_mode=conv.padding_mode,
        device=conv.weight.device, dtype=conv.weight.dtype,
    )  # fmt: skip


def _put(net: nn.Module, old: nn.Module, new: nn.Module) -> None:
    """Put a module wherever another one stands; it takes over its mode."""
    replace_modules(net, type(old), lambda module: new if module is old else module)


def _makes_classes(layer: nn.Module | None) -> bool:
    if isinstance(layer, nn.Conv2d):
        return layer.kernel_size == (1, 1) and layer.groups == 1
    return isinstance(layer, nn.Linear)


def _unwrapped(net: nn.Module) -> tuple[str, nn.Module]:
    """The network inside its wrappers, and the path to it."""
    prefix = ""
    while True:
        inside = [(n, m) for n, m in net.named_children() if next(m.parameters(), None) is not None]
        own = next(net.parameters(recurse=False), None)
        if len(inside) != 1 or own is not None or inside[0][0] not in WRAPPERS:
            return prefix, net
        prefix, net = f"{prefix}{inside[0][0]}.", inside[0][1]


def _head_by_name(net: nn.Module) -> list[str]:
    """The last layer that can make classes in each part with a telling name."""
    found = []
    for name in HEAD_NAMES:
        part = getattr(net, name, None)
        if isinstance(part, nn.Module):
            layers = [path for path, layer in part.named_modules() if _makes_classes(layer)]
            found += [f"{name}.{path}".rstrip(".") for path in layers[-1:]]
    return found


def _head_by_order(net: nn.Module) -> str | None:
    """The last module with parameters of its own, if it can make classes and is in no block."""
    weighted = [
        (path, layer)
        for path, layer in net.named_modules()
        if next(layer.parameters(recurse=False), None) is not None
    ]
    if not weighted:
        return None
    path, layer = weighted[-1]
    return path if _makes_classes(layer) and path.count(".") < 2 else None


def _refuse_special(path: str, layer: nn.Module) -> None:
    if type(layer) not in (nn.Linear, nn.Conv2d):
        raise TypeError(
            f"{path} is a {type(layer).__name__}, and a plain layer would lose what that adds; "
            "replace it by hand"
        )
