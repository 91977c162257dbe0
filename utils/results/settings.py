"""What two recorded runs were set to.

Answers "in how many things do they differ?". Two settings that a page compares may differ in more
than the one thing that its sentence is about; then the sentence has to say so.
"""

from utils.results.words import listed

LABELS = {
    "model": "the network",
    "dataset": "the images",
    "optimiser": "the optimiser",
    "learning_rate": "the learning rate",
    "momentum": "the momentum",
    "nesterov": "Nesterov's look-ahead",
    "weight_decay": "the weight decay",
    "batch_size": "the batch size",
    "epochs": "the number of epochs",
    "max_steps": "the number of steps",
    "schedule": "the schedule",
    "milestones": "the steps at which the rate falls",
    "warmup_fraction": "the length of the warm-up",
    "warmup_learning_rate": "the rate of the warm-up",
    "warmup_until_error": "the end of the warm-up",
    "enlarge": "the kind of margin",
    "margin": "the width of the margin",
    "flip": "mirror images",
    "small_size": "the size of the images at the start",
    "small_fraction": "the share of the run in which the images are small",
    "normalise": "the normalisation of the images",
    "label_smoothing": "label smoothing",
    "precision": "the arithmetic",
    "channels_last": "the memory layout",
    "alternate": "whether each image is mirrored in every second epoch",
    "other_learning_rate": "the learning rate of biases and of the last layer",
    "whiten": "whether the first layer whitens the images",
}
"""What a setting is called in a sentence."""
WITHOUT_EFFECT = frozenset({"recipe", "channels_last"})
"""A name, and an order in memory: they are no settings of a comparison."""


def settings(run: dict) -> dict[str, object]:
    """What a record says of its network, its images and its recipe; the seed is left out."""
    config = {name: value for name, value in run["config"].items() if name not in WITHOUT_EFFECT}
    return {"model": run["model"], "dataset": run["dataset"]["name"], **config}


def settings_difference(first: dict, second: dict) -> dict[str, tuple[object, object]]:
    """The settings in which two records differ: name -> its value in each.

    The names are in the order of :data:`LABELS`, which has the words for them. A network counts
    as one setting here, although two networks can differ in many things.
    """
    one, other = settings(first), settings(second)
    names = sorted(one.keys() | other.keys(), key=[*LABELS].index)
    return {
        name: (one.get(name), other.get(name)) for name in names if one.get(name) != other.get(name)
    }


def difference_in_words(first: dict, second: dict) -> str:
    """The same as a list for a sentence: "the network and the number of epochs".

    Raises:
        ValueError: the two have the same settings, so there is nothing to compare.
    """
    words = [LABELS[name] for name in settings_difference(first, second)]
    if not words:
        raise ValueError(f"{first['run']} and {second['run']} have the same settings")
    return listed(words)
