"""What networks, data sets and devices are called on a page.

Answers "which one is that?". Every table, figure and sentence takes the name from here.
"""

LABELS = {
    "simple-cnn": "SimpleCNN",
    "source-resnet-14": "ResNet-14, 3×3 shortcuts",
    "resnet-14": "ResNet-14, option A",
    "plain-14": "plain-14, no shortcut",
    "resnet-20": "ResNet-20, option A",
    "resnet-8": "ResNet-8, basic blocks",
    "bottleneck-11": "ResNet-11, bottleneck blocks",
}

FAMILIES = {"resnet": "ResNet", "preact": "pre-activation ResNet", "wide": "Wide"}

ENDINGS = {
    "plain": "no shortcut",
    "pytorch": "PyTorch's default start",
    "orthogonal": "orthogonal start",
    "dirac": "start near the identity",
    "affine": "no normalisation",
    "fixup": "no normalisation, Fixup's start",
}

IMAGES = {
    "cifar10": "CIFAR-10",
    "cifar10-16": "CIFAR-10 at 16 pixels",
    "cifar10-held-back": "CIFAR-10's training images",
}
"""What data sets are called in captions."""

MADE = {
    "cifar10-16": " (CIFAR-10 scaled down to 16 × 16 pixels)",
    "cifar10-held-back": " (CIFAR-10's training images alone, some of them held back for testing)",
}
"""What was done to a data set, behind its name."""

DIFFERENCE = "git_difference"
"""Field of a record whose code differed from its commit: what ``git diff`` said."""


def network_label(model: str) -> str:
    """The name of a network as readers see it: "ResNet-56", "plain-56, orthogonal start"."""
    if model in LABELS:
        return LABELS[model]
    family, depth, *option = model.split("-")
    name = FAMILIES.get(family, family)
    ending = [ENDINGS.get(option[0], f"option {option[0]}")] if option else []
    return ", ".join([f"{name}-{depth}", *ending])


def short_label(model: str) -> str:
    """The name without options, where the reader knows them: "ResNet-14", "plain-56"."""
    return network_label(model).partition(",")[0]


def data_of(dataset: dict) -> str:
    """Name and size of a data set."""
    train, test = dataset["train_images"], dataset["test_images"]
    name = dataset["name"]
    made = MADE.get(name, "")
    return f"{name}{made}, {train:,} training and {test:,} test images"


def device_label(machine: dict) -> str:
    """A device as readers know it, with its threads when it is a CPU."""
    if machine["device_type"] != "cpu":
        return machine["device"]
    count = machine["threads"]
    return f"{machine['device']}, {count} thread{'s' if count > 1 else ''}"


def difference_label(record: dict) -> str:
    """How far the code of a record was from its commit; the text itself is in the record."""
    lines = record[DIFFERENCE].splitlines()
    changed = sum(line[:1] in "+-" and line[:3] not in ("+++", "---") for line in lines if line)
    return f"{changed:,} changed lines, kept with the record in {DIFFERENCE}"
