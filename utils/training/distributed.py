"""One run on several processes: who am I, and batch statistics over all of us.

Answers "how do two GPUs train one network?". Under ``torchrun`` each process works on its
share of every batch; gradients are averaged by PyTorch's DistributedDataParallel, and batch
normalisation sees the whole batch, so that the result is that of one process.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
import torch.distributed.nn.functional as dist_nn
from torch import Tensor, nn

from utils.machine.devices import named_device
from utils.models.checked import need_network
from utils.models.surgery import replace_modules


@dataclass(frozen=True)
class Workers:
    """This process's place: ``rank`` of ``world``, on ``device``."""

    rank: int
    world: int
    device: torch.device

    @property
    def is_main(self) -> bool:
        """Whether this process writes files and shows progress."""
        return self.rank == 0

    def from_main(self, value: Any) -> Any:
        """What the main process holds, in every process; other processes' values are dropped."""
        if self.world == 1:
            return value
        box = [value if self.is_main else None]
        dist.broadcast_object_list(box, src=0, device=self.device)
        return box[0]

    def sum(self, values: Tensor) -> Tensor:
        """Elementwise sum over all processes."""
        if self.world > 1:
            values = values.to(self.device)
            dist.all_reduce(values)
        return values


@contextlib.contextmanager
def workers(device: torch.device | str | None = None) -> Iterator[Workers]:
    """Join the processes that ``torchrun`` started; alone when it did not.

    Args:
        device: "cpu", "cuda" or "mps", see :func:`utils.machine.devices.named_device`; each
            process takes the CUDA device of its local rank.

    Raises:
        ValueError: a device that is not here, or several processes on Apple's GPU.
    """
    device = named_device(device)
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        yield Workers(0, 1, device)
        return
    if device.type == "mps":
        raise ValueError("Apple's GPU takes one process; start without torchrun, or name 'cpu'")
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Workers(dist.get_rank(), dist.get_world_size(), device)
    finally:
        dist.destroy_process_group()


class GlobalBatchNorm2d(nn.BatchNorm2d):
    """Batch normalisation whose mean and variance are those of the batch over all processes.

    ``nn.SyncBatchNorm`` is for GPUs only; this one serves gloo on the CPU. Input and output
    float (N, C, H, W), the same N in every process.
    """

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        count = x.numel() / x.shape[1] * dist.get_world_size()
        wide = x if x.dtype == torch.float64 else x.float()
        moments = torch.stack([wide.sum((0, 2, 3)), (wide * wide).sum((0, 2, 3))])
        mean, square = dist_nn.all_reduce(moments) / count
        variance = square - mean * mean
        with torch.no_grad():
            unbiased = variance * count / (count - 1)
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(unbiased, self.momentum)
            self.num_batches_tracked += 1
        wide = (wide - mean[:, None, None]) * (variance + self.eps).rsqrt()[:, None, None]
        return (wide * self.weight[:, None, None] + self.bias[:, None, None]).to(x.dtype)


def share_batch_norm(net: nn.Module, device: torch.device) -> nn.Module:
    """Replace every BatchNorm2d by one that sees the whole batch; weights are kept.

    Raises:
        TypeError: not a network.
    """
    need_network(net)
    if device.type == "cuda":
        return nn.SyncBatchNorm.convert_sync_batchnorm(net)

    def shared(norm: nn.BatchNorm2d) -> nn.BatchNorm2d:
        if type(norm) is not nn.BatchNorm2d:
            return norm
        twin = GlobalBatchNorm2d(norm.num_features, norm.eps, norm.momentum)
        twin.load_state_dict(norm.state_dict())
        return twin.to(norm.weight)

    return replace_modules(net, nn.BatchNorm2d, shared)
