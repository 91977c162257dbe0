"""Checks of a network and its data that train nothing: one look, or one pass forward and back.

Answers "what is wrong before the first step?". Each check works on a copy, draws its random numbers
aside and returns a :class:`Finding`; :mod:`utils.probes.diagnosis` runs them in the order of cost.
"""

import contextlib
import copy
import math
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.nn.modules.batchnorm import _NormBase

from utils.models.checked import need_network
from utils.probes.kept import Layers
from utils.probes.readings import measure

FAR_MEAN = 3.0
"""Means of inputs further than this many from 0 are no longer centred."""

SPREAD = (0.1, 5.0)
"""Standard deviations of inputs between which nothing is suspicious. Pixels from 0 to 255 have
about 60, and pixels that were divided by 255 twice have 0.001."""

ABOVE_GUESSING = 2.0
"""How far above ln(classes) a first loss may be: the residual networks of this book start up to
0.8 above it."""

BELOW_GUESSING = 0.7
"""A first loss below this share of ln(classes) is better than guessing."""

IMBALANCE = 1e4
"""Ratio of the largest to the smallest gradient, each over its weights, from which on we warn. The
networks of this book stay below 1,000, but for plain ones of 56 layers and more."""

DEAD = 0.5
"""Share of a layer's channels that ReLU may keep at zero on the whole batch."""

HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
LISTED = 3


@dataclass(frozen=True)
class Finding:
    """What one check has seen.

    Attributes:
        check: its name.
        looked_at: what was looked at.
        found: what was found, in words and numbers.
        verdict: "fine", "note" (harmless, or known to the reader) or "fault".
        advice: what to do; empty where nothing is to be done.
    """

    check: str
    looked_at: str
    found: str
    verdict: str = "fine"
    advice: str = ""

    @property
    def fine(self) -> bool:
        return self.verdict == "fine"


@contextlib.contextmanager
def aside(net: nn.Module) -> Iterator[nn.Module]:
    """A copy of the network to try things on; random numbers afterwards are those of before.

    The copy has the modes of the network. Hooks that PyTorch itself made, such as those of weight
    normalisation, stay on it; those of the reader do not, so that nothing of hers is called.
    Random numbers inside the block are the same each time.
    """
    need_network(net)
    python, numpy = random.getstate(), np.random.get_state()
    devices = sorted({p.device.index or 0 for p in net.parameters() if p.device.type == "cuda"})
    try:
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(0)
            twin = copy.deepcopy(net, _detached(net))
            for module in twin.modules():
                for kind in HOOKS:
                    hooks = getattr(module, kind)
                    for key in [k for k, hook in hooks.items() if not _is_of_torch(hook)]:
                        del hooks[key]
            twin.zero_grad(set_to_none=True)
            with torch.enable_grad():
                yield twin
    finally:
        random.setstate(python)
        np.random.set_state(numpy)


def _detached(net: nn.Module) -> dict:
    """Copies for deepcopy of what it cannot copy: tensors of a graph that a module holds."""
    return {id(tensor): tensor.detach().clone() for _, tensor in _graphs_held(net)}


def _graphs_held(net: nn.Module) -> list[tuple[str, Tensor]]:
    return [
        (f"{path}.{name}".lstrip("."), value)
        for path, module in net.named_modules()
        for name, value in vars(module).items()
        if isinstance(value, Tensor) and value.grad_fn is not None
    ]


def _is_of_torch(hook: object) -> bool:
    return type(hook).__module__.startswith("torch.")


def listed(names: list[str]) -> str:
    """The first few names, and how many more there are."""
    more = len(names) - LISTED
    return ", ".join(names[:LISTED]) + (f" and {more} more" if more > 0 else "")


def check_inputs(net: nn.Module, images: Tensor, labels: Tensor) -> Finding:
    """Type, shape, mean, spread and range of the images as the network gets them."""
    say = _reporter("inputs", "images as the network gets them")
    weight = next((p for p in net.parameters() if p.ndim > 1), None)
    if not images.is_floating_point():
        return say(
            f"dtype {images.dtype}", "fault", "convert and scale: images.float() / 255, then centre"
        )
    if weight is not None and images.dtype != weight.dtype:
        return say(
            f"images are {images.dtype}, weights {weight.dtype}",
            "fault",
            "images = images.float()",
        )
    if weight is not None and images.device != weight.device:
        advice = "move both to one device: images.to(device), net.to(device)"
        return say(f"images on {images.device}, weights on {weight.device}", "fault", advice)
    if not images.isfinite().all():
        return say("values that are not finite", "fault", "look for a division by a spread of 0")
    if weight is not None and weight.ndim == 4 and images.ndim == 4:
        groups = next(m.groups for m in net.modules() if getattr(m, "weight", None) is weight)
        wanted = weight.shape[1] * groups
        if images.shape[1] != wanted:
            last = images.shape[-1] == wanted
            advice = "images.permute(0, 3, 1, 2): channels come second" if last else (
                "give the first convolution as many input channels as the images have"
            )  # fmt: skip
            return say(f"{images.shape[1]} channels, {wanted} expected", "fault", advice)
    mean, sd = float(images.detach().mean()), float(images.detach().std())
    low, high = float(images.min()), float(images.max())
    found = f"mean {mean:.2f}, spread {sd:.2f}, from {low:.2f} to {high:.2f}"
    if len(images) > 1 and bool((images == images[:1]).all()):
        return say("all images are the same", "fault", "look at how the batch is collected")
    if abs(mean) > FAR_MEAN or not SPREAD[0] <= sd <= SPREAD[1]:
        advice = "subtract the mean of the training images and divide by their spread, once"
        return say(found, "fault", advice)
    return say(found)


def check_labels(net: nn.Module, images: Tensor, labels: Tensor) -> Finding:
    """Type and range of the labels, against what the network returns."""
    say = _reporter("labels", "labels against outputs")
    if labels.is_floating_point() or labels.ndim != 1 or len(labels) != len(images):
        found = f"{labels.dtype} {tuple(labels.shape)} for {len(images)} images"
        return say(found, "fault", "one class number for each image, int64 (N,)")
    with aside(net) as twin, torch.no_grad():
        logits = twin(images)
    if not isinstance(logits, Tensor) or logits.ndim != 2:
        got = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
        return say(f"the network returns {got}", "fault", "return logits, float (N, classes)")
    low, high, classes = int(labels.min()), int(labels.max()), logits.shape[1]
    found = f"from {low} to {high}, for {classes} outputs"
    if low < 0 or high >= classes:
        shifted = low > 0 and high == classes
        advice = "labels start at 1: use labels - 1" if shifted else (
            f"build the network with as many outputs as there are classes, {high + 1} or more"
        )  # fmt: skip
        return say(found, "fault", advice)
    if len(labels) > 1 and low == high:
        return say(f"all labels are {low}", "fault", "shuffle: the loader goes class by class")
    return say(found)


def check_hooks(net: nn.Module, images: Tensor, labels: Tensor) -> Finding:
    """Hooks that an earlier experiment has left, and outputs that keep a whole graph alive."""
    say = _reporter("hooks", "hooks and kept outputs")
    held = [name for name, _ in _graphs_held(net)]
    if held:
        found = f"{listed(held)} holds an output with its graph"
        return say(found, "fault", "keep output.detach(): the graph stays in memory as long as it")
    found = [
        path or "the network itself"
        for path, module in net.named_modules()
        if any(not _is_of_torch(h) for kind in HOOKS for h in getattr(module, kind).values())
    ]
    if found:
        advice = "handle = register_...; handle.remove() when it has done its work"
        return say(f"on {listed(found)}", "note", advice)
    return say("none")


def check_modes(net: nn.Module, images: Tensor, labels: Tensor) -> Finding:
    """Modules in evaluation mode, and parameters that do not train."""
    say = _reporter("modes", "mode of every module")
    acting = {
        name: module
        for name, module in net.named_modules()
        if isinstance(module, (_NormBase, nn.modules.dropout._DropoutNd))
    }
    asleep = [name for name, module in acting.items() if not module.training]
    frozen = [name for name, p in net.named_parameters() if not p.requires_grad]
    if frozen and len(frozen) == len(list(net.parameters())):
        return say("every parameter is frozen", "fault", "net.requires_grad_(True)")
    if asleep and len(asleep) == len(acting):
        advice = "net.train() before each epoch: an evaluation before has left its mode behind"
        return say("normalisation and dropout are in evaluation mode", "fault", advice)
    if asleep:
        advice = "right if frozen on purpose; net.train() wakes them all"
        return say(f"in evaluation mode: {listed(asleep)}", "note", advice)
    if frozen:
        return say(f"frozen: {listed(frozen)}", "note", "right if you meant to fine-tune the rest")
    return say("all in training mode, all parameters train")


def check_single_image(net: nn.Module, images: Tensor, labels: Tensor) -> Finding:
    """Whether a last batch of one image could be normalised, layer by layer."""
    say = _reporter("one image", "values a channel in a batch of one")
    positions: dict[str, int] = {}

    def watch(name: str) -> Callable:
        def hook(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            positions[name] = math.prod(inputs[0].shape[2:])

        return hook

    with aside(net) as twin, torch.no_grad():
        for name, module in twin.named_modules():
            if isinstance(module, _NormBase) and module.training:
                module.register_forward_pre_hook(watch(name))
        twin(images)
    single = [name for name, count in positions.items() if count == 1]
    if single:
        advice = (
            "DataLoader(..., drop_last=True), or larger images: training on one image stops "
            "there, since one value has no spread"
        )
        return say(f"one value a channel in {listed(single)}", "note", advice)
    least = min(positions.values(), default=0)
    return say(f"at least {least} a channel" if positions else "nothing normalises over a batch")


def check_start(net: nn.Module, images: Tensor, labels: Tensor) -> Finding:
    """The first loss against ln(classes), the loss of somebody who guesses evenly."""
    say = _reporter("first loss", "loss before any step, against ln(classes)")
    with aside(net) as twin, torch.no_grad():
        logits = twin(images).float()
    loss, guess = float(F.cross_entropy(logits, labels)), math.log(logits.shape[1])
    found = f"{loss:.2f}, guessing has {guess:.2f}"
    sums = logits.sum(1)
    if bool((logits >= 0).all()) and torch.allclose(sums, torch.ones_like(sums), atol=1e-3):
        advice = "return the last layer's output: cross_entropy applies softmax itself"
        return say("outputs are probabilities already", "fault", advice)
    if not math.isfinite(loss):
        return say("the loss is not finite", "fault", "look at the inputs and at the first layers")
    if loss > guess + ABOVE_GUESSING:
        advice = "outputs are too large: check the inputs' scale and the last layer's start"
        return say(found, "fault", advice)
    if loss < BELOW_GUESSING * guess:
        advice = "right for a trained network; a fresh one cannot know: do labels leak in?"
        return say(found, "note", advice)
    return say(found)


def check_in_place(net: nn.Module, images: Tensor, labels: Tensor) -> Finding:
    """Tensors that a layer keeps for its gradient and something changes afterwards.

    PyTorch counts the versions of a tensor and stops in the backward pass, far from the line that
    changed it. Here the layer that kept it is named, before any backward pass.
    """
    say = _reporter("in place", "kept tensors that are changed before they are used")
    kept: list[tuple[str, Tensor, int]] = []
    with aside(net) as twin:
        layers = Layers(twin)

        def pack(tensor: Tensor) -> Tensor:
            kept.append((layers.running[-1], tensor, tensor._version))
            return tensor

        with layers.followed(), saved_tensors_hooks(pack, lambda tensor: tensor):
            twin(images)
        changed = {name: None for name, tensor, seen in kept if tensor._version != seen}
    if changed:
        names = listed([name or "the network's own forward" for name in changed])
        advice = "write x = x + f(x) for x += f(x), or inplace=False, in what follows this layer"
        return say(f"changed after {names} kept it", "fault", advice)
    return say("none")


def check_reused(net: nn.Module, images: Tensor, labels: Tensor) -> Finding:
    """Modules with parameters or statistics that run more than once, or not at all."""
    say = _reporter("reuse", "how often each module runs")
    runs: Counter[str] = Counter()
    with aside(net) as twin, torch.no_grad():
        stateful = {
            name: module
            for name, module in twin.named_modules()
            if list(module.parameters(recurse=False)) or list(module.buffers(recurse=False))
        }
        for name, module in stateful.items():
            module.register_forward_pre_hook(lambda *_, name=name: runs.update([name]))
        twin(images)
    often = [name for name in stateful if runs[name] > 1]
    mixed = [name for name in often if isinstance(stateful[name], _NormBase)]
    idle = [name for name in stateful if runs[name] == 0]
    if mixed:
        advice = "one normalisation for each place: its running statistics mix two kinds of maps"
        return say(f"runs more than once: {listed(mixed)}", "fault", advice)
    if often:
        advice = "right if its weights are to be shared; otherwise make a module for each place"
        return say(f"runs more than once: {listed(often)}", "note", advice)
    if idle:
        return say(f"never called: {listed(idle)}", "note", "call it in forward, or take it out")
    return say("each exactly once")


def check_biases(net: nn.Module, images: Tensor, labels: Tensor) -> Finding:
    """Biases that the next layer, a normalisation over the batch, subtracts again."""
    say = _reporter("biases", "biases before batch normalisation")
    with aside(net) as twin:
        try:
            with measure(twin) as readings:
                twin(images)
        except ValueError as error:
            return say(f"could not be read: {error}", "note")
        modules = dict(twin.named_modules())
        lost = [
            layer
            for layer, response in readings.responses.items()
            if isinstance(modules[response], _NormBase)
            and modules[response].training
            and modules[layer].bias is not None
        ]
    if lost:
        return say(f"no effect in {listed(lost)}", "note", "harmless; bias=False saves them")
    return say("none")


def check_gradients(net: nn.Module, images: Tensor, labels: Tensor) -> Finding:
    """Gradients of every layer over its weights, and dead channels, after two small steps.

    Two steps, because a branch whose last scale starts at zero passes nothing back in the first.
    Fixup's start, with whole convolutions at zero, takes more, and is warned of here.
    """
    say = _reporter("gradients", "gradient of each layer over its weights")
    with aside(net) as twin:
        optimiser = torch.optim.SGD([p for p in twin.parameters() if p.requires_grad], lr=1e-2)
        try:
            with measure(twin) as readings:
                for _ in range(3):
                    optimiser.zero_grad(set_to_none=True)
                    F.cross_entropy(twin(images).float(), labels).backward()
                    optimiser.step()
        except ValueError as error:
            return say(f"could not be read: {error}", "note")
        trained = dict(twin.named_parameters())
        keep = [i for i, name in enumerate(readings.layers)
                if trained.get(f"{name}.weight") is not None
                and trained[f"{name}.weight"].requires_grad]  # fmt: skip
    names = [readings.layers[i] for i in keep]
    gradient, weight = (readings.of(f)[-1][keep] for f in ("weight_gradient", "weight"))
    dead = readings.of("dead")[-1].nan_to_num(0)
    if silent := [n for n, g in zip(names, gradient, strict=True) if not g > 0]:
        advice = "something cuts the graph before it: detach, no_grad, a constant, a dead ReLU"
        return say(f"none in {listed(silent)}", "fault", advice)
    ratio = gradient / weight.clamp_min(1e-30)
    spread = float(ratio.max() / ratio.min())
    least = names[int(ratio.argmin())]
    found = f"largest over smallest {spread:,.0f}, smallest in {least}"
    if not math.isfinite(spread):
        return say("not finite", "fault", "smaller learning rate, other inputs, normalisation")
    if spread > IMBALANCE:
        return say(found, "fault", "normalisation, shortcuts or He's initialisation; see chapter 4")
    if float(dead.max()) > DEAD:
        where = readings.layers[int(dead.argmax())]
        advice = "smaller learning rate, no large negative bias, normalisation before ReLU"
        return say(f"{float(dead.max()):.0%} of the channels of {where} are dead", "fault", advice)
    return say(found)


def _reporter(check: str, looked_at: str) -> Callable[..., Finding]:
    return lambda found, verdict="fine", advice="": Finding(
        check, looked_at, found, verdict, advice
    )
