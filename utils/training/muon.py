"""Momentum whose steps are made orthogonal, for the kernels of convolutions.

Answers "how far does a step move each direction of a weight?". In a step of plain momentum a few
directions move far and most hardly move. Here all directions move equally far (Jordan, the
repository cifar10-airbench, airbench94_muon.py).
"""

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from utils.data.checked import need_floats
from utils.models.checked import kind_of, need_network, need_trainable

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of the polynomial that is applied again and again (there)."""
TIMES = 3
"""How often; more come closer to orthogonal, and cost more."""


def orthogonalised(matrix: Tensor, times: int = TIMES) -> Tensor:
    """The matrix with all its singular values near 1, by Newton and Schulz's iteration.

    With the singular value decomposition U S V^T the result is near U V^T, without the cost of a
    decomposition: each round maps every singular value s to a s + b s^3 + c s^5.

    Args:
        matrix: float (M, N).
        times: rounds.

    Returns:
        The same shape and dtype. After five rounds, singular values that were at least a
        hundredth of the greatest lie between about 0.7 and 1.2.

    Raises:
        TypeError: not a tensor.
        ValueError: integers, or another number of axes than two.
    """
    need_floats(matrix, "matrix")
    if matrix.ndim != 2:
        raise ValueError(f"matrix must have two axes, not {matrix.ndim}; flatten the rest first")
    a, b, c = COEFFICIENTS
    x = matrix.T if len(matrix) > matrix.shape[1] else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(times):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return x.T if len(matrix) > matrix.shape[1] else x


def kernels(net: nn.Module) -> list[nn.Parameter]:
    """The weights of a network that learn and have four axes, as those of convolutions have.

    Raises:
        TypeError: not a network.
    """
    need_network(net)
    return [p for p in net.parameters() if p.requires_grad and p.ndim == 4]


class Muon(torch.optim.Optimizer):
    """Orthogonal steps for the kernels, Nesterov's momentum for all other parameters.

    Before each step a kernel is scaled to one length, so that the rate is relative to it. The
    network's outputs do not change, since a batch normalisation follows.

    Args:
        net: the network; every kernel that learns needs a batch normalisation behind it.
        learning_rate: of the kernels, as a share of their length.
        other_learning_rate: of biases, scales and the last layer.
        momentum: of all.
        weight_decay: L2 penalty on the other parameters.
        dtype: in which the steps are made orthogonal.

    Raises:
        TypeError: not a network.
        ValueError: nothing in it can move, or it has kernels without normalisation.
    """

    def __init__(
        self,
        net: nn.Module,
        learning_rate: float,
        other_learning_rate: float,
        momentum: float,
        weight_decay: float = 0.0,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        need_trainable(net)
        moving = kernels(net)
        normalisations = sum(isinstance(module, _NormBase) for module in net.modules())
        if len(moving) > normalisations:
            raise ValueError(
                f"{kind_of(net)} has {len(moving)} kernels that learn and {normalisations} "
                "normalisations; this optimiser rescales kernels, so each needs one behind it. "
                'Take the optimiser "sgd"'
            )
        known = {id(p) for p in moving}
        others = [p for p in net.parameters() if p.requires_grad and id(p) not in known]
        groups = [
            {"params": moving, "lr": learning_rate, "orthogonal": True},
            {"params": others, "lr": other_learning_rate, "orthogonal": False},
        ]
        for group in groups:
            group["share"] = group["lr"] / learning_rate
        settings = {"momentum": momentum, "weight_decay": weight_decay}
        super().__init__([group for group in groups if group["params"]], settings)
        self.dtype = dtype

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        """Move every parameter that has a gradient."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                if group["orthogonal"]:
                    self._move_kernel(parameter, group)
                else:
                    self._move_other(parameter, group)

    def _ahead(self, parameter: nn.Parameter, gradient: Tensor, momentum: float) -> Tensor:
        """Nesterov's look-ahead: the gradient plus momentum times the new velocity."""
        state = self.state[parameter]
        if "velocity" not in state:
            state["velocity"] = torch.zeros_like(gradient)
        state["velocity"].mul_(momentum).add_(gradient)
        return gradient.add(state["velocity"], alpha=momentum)

    def _move_kernel(self, kernel: nn.Parameter, group: dict) -> None:
        ahead = self._ahead(kernel, kernel.grad, group["momentum"])
        step = orthogonalised(ahead.flatten(1).to(self.dtype)).view_as(kernel).to(kernel.dtype)
        # A matrix of M rows with singular values 1 has the length sqrt(M); the kernel gets it too.
        kernel.mul_(len(kernel) ** 0.5 / kernel.norm().clamp_min(1e-12))
        kernel.sub_(group["lr"] * step)

    def _move_other(self, parameter: nn.Parameter, group: dict) -> None:
        gradient = parameter.grad.add(parameter, alpha=group["weight_decay"])
        ahead = self._ahead(parameter, gradient, group["momentum"])
        parameter.add_(ahead, alpha=-group["lr"])
