"""Does a network that knows the digits 0 to 4 learn 5 to 9 better from fifty images?"""

import torch

from utils import data
from utils.models import build
from utils.results import compare
from utils.training import transfer

torch.set_num_threads(1)
digits = data.load("digits").train
images, labels = transfer.prepare(digits.images, 32), digits.labels % 5
low, high = (digits.labels < 5).nonzero()[:, 0], (digits.labels >= 5).nonzero()[:, 0]


def train(net, chosen, epochs):
    transfer.replace_head(net, 5)
    optimiser = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
    for _ in range(epochs):
        transfer.train_epoch(net, optimiser, images[chosen], labels[chosen])
    transfer.refresh_statistics(net, images[chosen])


def accuracy(name, seed, epochs_before):
    torch.manual_seed(seed)
    net = build(name)
    train(net, low, epochs_before)
    train(net, high[:50], 20)
    return 100 * transfer.evaluate(net, images[high[50:]], labels[high[50:]])


if __name__ == "__main__":
    for name in ("resnet-8", "resnet-14"):
        scratch, moved = ({s: accuracy(name, s, n) for s in (0, 1, 2)} for n in (0, 5))
        gain = compare(scratch, moved)
        print(name, *(f"{scratch[s]:.0f} -> {moved[s]:.0f} %" for s in scratch), sep=", ", end=": ")
        print(f"gain {gain.told(sign='+')} points, {gain.verdict}")
