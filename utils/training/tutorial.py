"""The training loop that many tutorials share, kept to be compared with.

Answers "where does the usual loop spend its time?". One image at a time goes through PIL
transforms in the main process; arithmetic is 32-bit; the loss is fetched at every step.
Only the hygiene is ours (no unused names, a seed); what it computes each step is theirs.
"""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset
from torchvision import transforms

from utils.data.sets import Split, need_split
from utils.models.checked import explained, need_trainable

TRAIN_TRANSFORM = transforms.Compose(
    [
        transforms.Resize(40),
        transforms.RandomHorizontalFlip(),
        transforms.RandomCrop(32),
        transforms.ToTensor(),
    ]
)


class PictureSet(TorchDataset):
    """Images of a split, one PIL picture at a time, as torchvision's data sets serve them.

    Raises:
        TypeError: not a :class:`Split`.
    """

    def __init__(self, split: Split, transform: transforms.Compose = TRAIN_TRANSFORM) -> None:
        need_split(split)
        self.pictures = split.images.permute(0, 2, 3, 1).contiguous().numpy()
        self.labels = split.labels.tolist()
        self.transform = transform

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(Image.fromarray(self.pictures[index])), self.labels[index]


def source_batches(split: Split, batch_size: int, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Endless float (B, 3, 32, 32) and int64 (B,) batches, loaded the usual way.

    Raises:
        TypeError: not a :class:`Split`.
    """
    need_split(split)
    generator = torch.Generator().manual_seed(seed)
    loader = DataLoader(
        PictureSet(split), batch_size, shuffle=True, drop_last=True, generator=generator
    )
    while True:
        yield from loader


class SourceTrainer:
    """One step at a time of the usual loop: Adam 1e-3, 32-bit, loss fetched every step.

    Raises:
        TypeError: no network, or not a :class:`Split`.
        ValueError: a network that cannot train; in a step: images that do not fit it.
    """

    def __init__(
        self, net: nn.Module, split: Split, batch_size: int, seed: int, device: torch.device
    ) -> None:
        need_trainable(net)
        need_split(split)
        self.net = net.to(device).train()
        self.device = device
        self.optimiser = torch.optim.Adam(self.net.parameters(), lr=1e-3)
        self.batches = source_batches(split, batch_size, seed)

    def step(self) -> float:
        """Load a batch, train on it, return its loss."""
        images, labels = next(self.batches)
        images, labels = images.to(self.device), labels.to(self.device)
        with explained(self.net, images):
            logits = self.net(images)
        loss = F.cross_entropy(logits, labels)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        return loss.item()
