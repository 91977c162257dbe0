"""How much of a network's gradient has come through how many branches?

Once the forward pass is done, every ReLU lets pass or not, and going back is linear. At each block
a gradient comes through the branch or through the shortcut. So the gradient at the image is a sum
over 2^n paths (Veit et al. 2016, section 4.2 has the idea; they sample single paths). Here every
path is followed, or every length's sum.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from utils.data.checked import need_inputs, need_labels
from utils.models.checked import explained, need_evaluating
from utils.models.networks import ResNet
from utils.models.surgery import blocks_of

Step = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Tape:
    """One forward pass, ready to be gone back in pieces.

    Attributes:
        last: gradient of the loss at the last block's output, float (N, C, H, W).
        branches: for each block, gradient at its output to gradient at its input, through F.
        shortcuts: the same through the shortcut.
        stem: gradient at the first block's input to gradient at the image.
    """

    last: Tensor
    branches: list[Step]
    shortcuts: list[Step]
    stem: Step


def record(net: ResNet, x: Tensor, labels: Tensor) -> Tape:
    """Forward once, summed cross-entropy, so that each image keeps its own gradient.

    Args:
        net: residual, in evaluation mode.
        x: normalised images, float (N, 3, H, W).
        labels: int (N,).

    Raises:
        TypeError: no network, or no tensors.
        ValueError: a block has no shortcut, so there is a single path; a network in training mode
            or of other blocks; inputs or labels that it does not take.
    """
    blocks = blocks_of(net)
    need_evaluating(net)
    need_inputs(x, name="x")
    need_labels(labels, net.fc.out_features, count=len(x), whose="the network has")
    if any(block.downsample is None for block in blocks):
        raise ValueError("a plain network has one path; give a residual one")
    image = x.detach().requires_grad_()
    with explained(net, image):
        h = net.stem(image)
    to_image = _back(h, image)
    branches, shortcuts = [], []
    for block in blocks:
        start = h.detach().requires_grad_()
        branch, shortcut = block.branch(start), block.downsample(start)
        total = (branch + shortcut).detach()
        passed = total > 0 if block.ends_in_relu else None
        branches.append(_back(branch, start, passed))
        shortcuts.append(_back(shortcut, start, passed))
        h = total.relu() if block.ends_in_relu else total
    end = h.requires_grad_()
    loss = F.cross_entropy(net.head(end), labels, reduction="sum")
    return Tape(torch.autograd.grad(loss, end)[0], branches, shortcuts, to_image)


def _back(out: Tensor, start: Tensor, passed: Tensor | None = None) -> Step:
    def step(gradient: Tensor) -> Tensor:
        if passed is not None:
            gradient = gradient * passed
        if out is start:
            return gradient
        return torch.autograd.grad(out, start, gradient, retain_graph=True)[0]

    return step


def by_length(tape: Tape) -> Tensor:
    """Gradient at the images, summed over all paths of each length: (n + 1, N, 3, H, W).

    Index k holds the paths through exactly k branches. Their sum is the whole gradient.
    """
    sums: list[Tensor] = [tape.last]  # behind k blocks: k + 1 of (N, C, H, W)
    for branch, shortcut in zip(reversed(tape.branches), reversed(tape.shortcuts), strict=True):
        straight = [shortcut(g) for g in sums]  # lengths 0 to k
        around = [branch(g) for g in sums]  # lengths 1 to k + 1
        inner = [a + b for a, b in zip(straight[1:], around[:-1], strict=True)]  # 1 to k
        sums = [straight[0], *inner, around[-1]]  # 0 to k + 1
    return torch.stack([tape.stem(g) for g in sums])  # (n + 1, N, 3, H, W)


def each_path(tape: Tape) -> dict[int, Tensor]:
    """Norm of every single path's gradient, by its length.

    Returns:
        Length k to float (paths of length k, N).
    """
    found: dict[int, list[Tensor]] = {k: [] for k in range(len(tape.branches) + 1)}

    def walk(block: int, gradient: Tensor, length: int) -> None:
        if block < 0:
            found[length].append(tape.stem(gradient).flatten(1).norm(dim=1))
            return
        walk(block - 1, tape.shortcuts[block](gradient), length)
        walk(block - 1, tape.branches[block](gradient), length + 1)

    walk(len(tape.branches) - 1, tape.last, 0)
    return {length: torch.stack(norms) for length, norms in found.items()}


def one_path(tape: Tape, through: set[int]) -> Tensor:
    """Norm (N,) of the gradient that comes through the branches of these blocks alone.

    Args:
        tape: a forward pass.
        through: numbers of blocks, from 1.
    """
    gradient = tape.last
    for number in range(len(tape.branches), 0, -1):
        steps = tape.branches if number in through else tape.shortcuts
        gradient = steps[number - 1](gradient)
    return tape.stem(gradient).flatten(1).norm(dim=1)


def shares(sums: Tensor) -> Tensor:
    """Share of each length in the whole gradient: float (n + 1,), adds up to 1.

    The projection of a length's sum on the whole gradient, over all images. A negative share
    means that those paths point against the whole.

    Args:
        sums: from :func:`by_length`.
    """
    whole = sums.sum(0)
    return (sums * whole).flatten(1).sum(1) / (whole**2).sum()
