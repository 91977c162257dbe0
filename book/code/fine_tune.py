"""Fine-tune ResNet-18 on scikit-learn's digits: the head alone, then everything."""

import torch

from utils import data
from utils.training import transfer

torch.set_num_threads(1)
torch.manual_seed(0)
digits = data.load("digits")
images, labels = transfer.prepare(digits.train.images[:400], 32), digits.train.labels[:400]
test_images, test_labels = transfer.prepare(digits.test.images, 32), digits.test.labels

net, origin = transfer.load_resnet18()
print(f"weights: {origin}")
transfer.replace_head(net, len(digits.classes))

phases = (("head alone", transfer.freeze_trunk, 4), ("everything", transfer.unfreeze, 3))
for phase, choose, epochs in phases:
    choose(net)
    groups = transfer.parameter_groups(net, head_rate=0.02)
    optimiser = torch.optim.SGD(groups, momentum=0.9)
    loss = [transfer.train_epoch(net, optimiser, images, labels) for _ in range(epochs)][-1]
    accuracy = transfer.evaluate(net, test_images, test_labels)
    print(f"{phase}: training loss {loss:.2f}, test accuracy {accuracy:.0%}")

transfer.refresh_statistics(net, images)
accuracy = transfer.evaluate(net, test_images, test_labels)
print(f"same weights, statistics refreshed: test accuracy {accuracy:.0%}")
