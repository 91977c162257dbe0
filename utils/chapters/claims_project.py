"""What our records and counts say about popular sentences on a reader's own project.

Answers "does this advice hold here?" for loading, memory and fine-tuning. Each function returns a
few sentences; :mod:`utils.chapters.claims` has those on residual networks.
"""

import torch

from utils.chapters.claims_counted import SENTENCES, sentence
from utils.chapters.fine_tuning import slips, transfer
from utils.display.tables import table
from utils.models.networks import build
from utils.probes.memory import ways_to_save
from utils.record.fine_tuning import NEW, OLD, SIZES
from utils.record.slips import NETWORKS
from utils.results.spread import spread
from utils.results.verdict import Difference
from utils.results.words import number

__all__ = ["SENTENCES"]

IMAGES = (32, 3, 16, 16)
"""The batch whose memory is counted."""
WAYS = {"head": "frozen trunk", "slow": "slow trunk", "all": "one rate for all"}
"""Ways to fine-tune that a table compares."""


@sentence("measured")
def head_left_out() -> str:
    prices = [slips.errors(model) for model in NETWORKS]
    lost, intact = ([price[key] for price in prices] for key in ("head", "none"))
    return (
        f"We loaded the weights of {number(len(NETWORKS))} trained networks without their last "
        "layer, as `strict=False` does if only its name does not match. No exception was raised. "
        f"With all layers the networks have between {min(intact):.0f} and {max(intact):.0f} % test "
        f"error on CIFAR-10, and without the last one between {min(lost):.0f} and "
        f"{max(lost):.0f} %. Somebody who guesses has {slips.chance():.0f} %."
    )


@sentence("computed")
def memory_of_a_step() -> str:
    images, labels = torch.zeros(IMAGES), torch.zeros(IMAGES[0], dtype=torch.int64)
    kept = ways_to_save(build("resnet-20"), images, labels)
    whole = kept.pop("as it is")
    rows = [[way, f"{100 * count / whole:.0f}"] for way, count in kept.items()]
    found = table(
        ["way to save", "kept (%)"],
        rows,
        f"What the layers of ResNet-20 keep for the backward pass of {IMAGES[0]} images of "
        f"{IMAGES[2]}×{IMAGES[3]} pixels, in percent of what they keep in the usual step.",
    )
    smaller = [way for way, count in kept.items() if count < kept["half the batch"]]
    return (
        "We counted the bytes that one training step keeps, in the usual way and with "
        f"{number(len(kept))} ways to keep less.\n\n{found.markup}\n\n"
        f"Of the other {number(len(kept) - 1)} ways, {number(len(smaller))} keep less than half "
        "the batch does."
    )


@sentence("measured")
def frozen_with_few_images() -> str:
    gains = {size: transfer.gain("head", "slow", size) for size in SIZES}
    rows = [
        [
            size,
            *(spread(transfer.accuracies(way, size).values()).words(1) for way in WAYS),
            gains[size].told(sign="+"),
        ]
        for size in SIZES
    ]
    found = table(
        ["images a class", *WAYS.values(), "slow minus frozen"],
        rows,
        f"Test accuracy in percent on {number(len(NEW))} new classes of CIFAR-10 at 16 pixels, "
        f"mean ± standard deviation over {transfer.seeds()}. A slow trunk has a tenth of the "
        "head's learning rate. The last column compares two ways seed by seed, in points.",
        wraps=True,
    )
    few, many = SIZES[0], SIZES[-1]
    return (
        f"We pretrained a ResNet-8 on {number(len(OLD))} classes of CIFAR-10 and fine-tuned it on "
        f"images of the other {number(len(NEW))}. The {{term}}`running statistics` of a frozen "
        f"trunk were frozen too.\n\n{found.markup}\n\n"
        f"{slow_against_frozen(few, gains[few])} {slow_against_frozen(many, gains[many])}"
    )


def slow_against_frozen(size: int, found: Difference) -> str:
    """Which of the two trunks is more accurate on average, and whether that is shown.

    Args:
        size: images of each class.
        found: accuracy with a slow trunk minus that with a frozen one, seed by seed.
    """
    more = "more" if found.over.mean > 0 else "less"
    return (
        f"With {number(size)} images of each class, a slow trunk is {more} accurate on average "
        f"than a frozen one. {found.sentence('This difference')}"
    )
