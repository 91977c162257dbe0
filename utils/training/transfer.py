"""Fine-tune a pretrained ResNet-18: new head first, the trunk after it, at smaller steps.

Answers "how do I use somebody else's weights, and what goes wrong quietly?". The network is
torchvision's; it is made for photographs of 224 pixels, and :func:`prepare` says what it expects.
"""

import hashlib
import os
import warnings
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer
from torchvision.models import ResNet18_Weights, WeightsEnum, resnet18

from utils.data.checked import need_answers, need_images, need_inputs, need_labels
from utils.models import heads
from utils.models.checked import explained, kind_of, need_logits, need_network
from utils.models.modes import evaluating

WEIGHTS = ResNet18_Weights.IMAGENET1K_V1
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


def load_resnet18() -> tuple[nn.Module, str]:
    """ResNet-18 with ImageNet weights, or with random ones where these cannot be had.

    ``RESNET_BOOK_OFFLINE=1`` asks for random weights at once.

    Returns:
        The network and where its weights come from. Without pretrained weights a warning says
        so: the code still runs, but nothing is transferred.
    """
    why = "RESNET_BOOK_OFFLINE is set"
    if os.environ.get("RESNET_BOOK_OFFLINE") != "1":
        try:
            return resnet18(weights=WEIGHTS), f"ImageNet, {WEIGHTS.name}"
        except OSError as problem:
            why = f"the download failed: {problem}"
    warnings.warn(
        f"no ImageNet weights ({why}); the trunk is random, so nothing is transferred. "
        "Run once with a network connection to fetch them (45 MB).",
        stacklevel=2,
    )
    return resnet18(weights=None), "random, nothing is transferred"


def cached_file(weights: WeightsEnum) -> Path:
    """Where PyTorch keeps the file of these weights once it has been fetched."""
    return Path(torch.hub.get_dir()) / "checkpoints" / Path(weights.url).name


def is_cached(weights: WeightsEnum) -> bool:
    """Whether the file is there and whole: its name ends with the start of its SHA-256."""
    path = cached_file(weights)
    if not path.is_file():
        return False
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return digest.startswith(path.stem.rpartition("-")[2])


def at_hand(weights: WeightsEnum, fetch: bool = False) -> WeightsEnum | None:
    """The weights if they can be loaded without surprise, else None for random ones.

    Weights in PyTorch's cache are used. Others are fetched only when asked.
    ``RESNET_BOOK_OFFLINE=1`` asks for random weights at once, so that outputs repeat.

    Args:
        weights: of a network of torchvision.
        fetch: whether the network may be used.
    """
    if os.environ.get("RESNET_BOOK_OFFLINE") == "1":
        if fetch:
            why = "RESNET_BOOK_OFFLINE is set"
            warnings.warn(f"no {weights} ({why}); weights are random", stacklevel=2)
        return None
    if is_cached(weights):
        return weights
    if fetch:
        path = cached_file(weights)
        path.parent.mkdir(parents=True, exist_ok=True)
        name_of_hash = path.stem.rpartition("-")[2]
        try:
            torch.hub.download_url_to_file(weights.url, str(path), name_of_hash, progress=False)
            return weights
        except (OSError, RuntimeError) as problem:
            warnings.warn(f"no {weights} ({problem}); weights are random", stacklevel=2)
    return None


@torch.no_grad()
def randomise_statistics(net: nn.Module) -> None:
    """Give every batch normalisation running statistics that differ from channel to channel.

    A fresh one has mean 0 and variance 1: there a comparison cannot see whether they are used.
    A normalisation without running statistics keeps none.

    Raises:
        TypeError: not a network.
    """
    need_network(net)
    for module in net.modules():
        if isinstance(module, NORMS) and module.running_mean is not None:
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)


def replace_head(net: nn.Module, classes: int) -> nn.Module:
    """Put a new last layer with ``classes`` outputs in the place of the network's head.

    The head is found by :func:`utils.models.heads.find_head`: ``fc`` of a ResNet, ``classifier.6``
    of a VGG net and so on.

    Raises:
        ValueError: fewer than two classes.
        TypeError: no network, or one without a head, or nothing before it that could be
            transferred.
    """
    if classes < 2:
        raise ValueError(f"{classes} classes cannot be told apart; give at least 2")
    own = {id(p) for p in head_of(net).parameters()}
    if all(id(p) in own for p in net.parameters()):
        raise TypeError(
            f"{kind_of(net)} has no linear layer fc or other head after a trunk: its only "
            "layer is the head, so nothing can be transferred"
        )
    return heads.replace_head(net, classes)


def head_of(net: nn.Module) -> nn.Linear | nn.Conv2d:
    """The layer that makes the classes, whatever its name.

    Raises:
        TypeError: no network, or one without such a layer.
    """
    return heads.find_head(net).layer


def freeze_trunk(net: nn.Module) -> None:
    """Stop the gradient of everything but the head. See :func:`train_mode` for the statistics.

    Raises:
        TypeError: no network, or one without a head.
    """
    head = head_of(net)
    net.requires_grad_(False)
    head.requires_grad_(True)


def unfreeze(net: nn.Module) -> None:
    """Let every parameter move again.

    Raises:
        TypeError: not a network.
    """
    need_network(net)
    net.requires_grad_(True)


def train_mode(net: nn.Module) -> None:
    """Training mode, except for batch normalisation whose scale does not train.

    A running mean is not a parameter, so ``requires_grad_(False)`` does not stop it, and every
    batch in training mode moves it. In a frozen trunk neither may move.

    Raises:
        TypeError: not a network.
    """
    need_network(net)
    net.train()
    for module in net.modules():
        if isinstance(module, NORMS) and not any(p.requires_grad for p in module.parameters()):
            module.eval()


def parameter_groups(net: nn.Module, head_rate: float, factor: float = 0.1) -> list[dict]:
    """Groups for an optimiser: the head at ``head_rate``, the trunk at a smaller rate.

    Args:
        net: a network whose head :func:`utils.models.heads.find_head` finds.
        head_rate: learning rate of the new layer, which starts from noise.
        factor: learning rate of the trunk as a share of the head's, above 0 and at most 1.

    Raises:
        TypeError: no network, or one without a head.
        ValueError: a factor outside that range, or nothing that moves.
    """
    layer = head_of(net)
    if not 0 < factor <= 1:
        raise ValueError(f"factor {factor} is not in (0, 1]; to stop the trunk, freeze it")
    head = [p for p in layer.parameters() if p.requires_grad]
    known = {id(p) for p in layer.parameters()}
    trunk = [p for p in net.parameters() if p.requires_grad and id(p) not in known]
    groups = [{"params": head, "lr": head_rate}, {"params": trunk, "lr": head_rate * factor}]
    moving = [group for group in groups if group["params"]]
    if not moving:
        raise ValueError("every parameter is frozen; call unfreeze(net) or freeze_trunk(net) first")
    return moving


def prepare(images: Tensor, size: int) -> Tensor:
    """Bytes to what the pretrained weights were trained on.

    For photographs use ``WEIGHTS.transforms()``: it also cuts the middle 224 of 256 pixels. Here
    the whole image is kept, since the digits have no border to lose.

    Args:
        images: uint8 (N, 3, H, W).
        size: side in pixels, at least 32; torchvision's ResNets halve it five times.

    Returns:
        float (N, 3, size, size), normalised with the mean and deviation of the weights.

    Raises:
        TypeError: not a tensor.
        ValueError: images of another shape or dtype, or a size under 32.
    """
    need_images(images)
    if size < 32:
        raise ValueError(f"size {size} leaves less than one pixel at the end; give at least 32")
    meant = WEIGHTS.transforms()
    mean, deviation = (torch.tensor(v).view(3, 1, 1) for v in (meant.mean, meant.std))
    scaled = F.interpolate(images.float() / 255, size, mode="bilinear", antialias=True)
    return (scaled - mean) / deviation


def train_epoch(
    net: nn.Module, optimiser: Optimizer, images: Tensor, labels: Tensor, batch_size: int = 50
) -> float:
    """One pass over the images in a random order; returns the mean loss.

    Args:
        net: maps float (B, 3, H, W) to logits (B, K).
        optimiser: over :func:`parameter_groups` of ``net``.
        images: float (N, 3, H, W), from :func:`prepare`.
        labels: int64 (N,), below K.
        batch_size: images a step; a remainder of one image is left out, since batch
            normalisation has no spread to divide by.

    Raises:
        TypeError: no network with a head, or no tensors.
        ValueError: a label that the head has no output for, images or labels of another shape or
            dtype, fewer than two images.
    """
    outputs = heads.classes_of(head_of(net))
    need_inputs(images, name="images")
    need_labels(labels, count=len(images))
    if len(labels) < 2:
        raise ValueError(
            f"{len(labels)} images are too few for batch normalisation; give 2 or more"
        )
    if int(labels.max()) >= outputs:
        raise ValueError(
            f"label {int(labels.max())} but the head has {outputs} outputs; "
            f"call replace_head(net, {int(labels.max()) + 1}) before the optimiser is made"
        )
    train_mode(net)
    total, seen = 0.0, 0
    for batch in torch.randperm(len(labels)).split(batch_size):
        if len(batch) < 2:
            continue
        inputs = images[batch]
        with explained(net, inputs):
            logits = net(inputs)
        need_logits(logits, len(batch))
        loss = F.cross_entropy(logits, labels[batch])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        total, seen = total + loss.item() * len(batch), seen + len(batch)
    return total / seen


@torch.no_grad()
def refresh_statistics(net: nn.Module, images: Tensor, batch_size: int = 50) -> None:
    """Set the running statistics of moving batch normalisation to plain averages over ``images``.

    After few steps the running averages still hold values of earlier weights. The authors of
    ResNet computed theirs after training, as averages over many batches. Frozen layers stay.

    Raises:
        TypeError: no network, or no tensor.
        ValueError: images of another shape, dtype or size than the network takes, or fewer than
            two, from which no statistics would come.
    """
    need_network(net)
    need_inputs(images, name="images")
    if len(images) < 2:
        raise ValueError(f"{len(images)} images have no variance; give at least 2")
    train_mode(net)
    kept = [m for m in net.modules() if isinstance(m, NORMS) and m.track_running_stats]
    moving = [module for module in kept if module.training]
    usual = [m.momentum for m in moving]
    for module in moving:
        module.reset_running_stats()
        module.momentum = None
    for batch in images.split(batch_size):
        if len(batch) > 1:
            with explained(net, batch):
                net(batch)
    for module, momentum in zip(moving, usual, strict=True):
        module.momentum = momentum


@torch.no_grad()
def evaluate(net: nn.Module, images: Tensor, labels: Tensor, batch_size: int = 200) -> float:
    """Share of images whose most probable class is the label, in evaluation mode.

    Raises:
        TypeError: no network, or no tensors.
        ValueError: images or labels of another shape or dtype, or labels without an output.
    """
    need_network(net)
    need_inputs(images, name="images")
    need_labels(labels, count=len(images))
    logits = []
    with evaluating(net):
        for part in images.split(batch_size):
            with explained(net, part):
                logits.append(net(part))
            need_logits(logits[-1], len(part))
    answers = torch.cat(logits)
    need_answers(answers, labels, "logits")
    return float((answers.argmax(1) == labels).float().mean())
