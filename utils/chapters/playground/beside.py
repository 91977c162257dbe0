"""The playground beside what this book recorded for real ResNets, question by question.

Answers "does what happens on the page happen in a ResNet too?". The miniature is a fully connected
network on digits of 8 x 8 pixels; the ResNets are those of the chapters, on CIFAR-10.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from utils.chapters.degradation import brief
from utils.chapters.degradation.long import LENGTHS, deeper_is_worse
from utils.chapters.gradient_norms.numbers import courses, first_over_last, range_of
from utils.chapters.playground import answers
from utils.chapters.playground.numbers import plain, ten
from utils.display.published import Published
from utils.display.tables import table
from utils.models.starts import Start
from utils.record.experiments import BRIEF_BUDGETS, HALF_SIZE
from utils.record.playground import BARE, BASE, named
from utils.results.labels import short_label
from utils.results.verdict import RULE, SHOWN, Difference, compare
from utils.results.words import number

AGREE, NEITHER, SIGN, OPEN, DIFFER = "yes", "neither is shown", "in sign", "open", "no"
LONG = BRIEF_BUDGETS[-1]
LOWER = replace(BASE, rate=0.01)
"""A third of the usual rate."""


@dataclass(frozen=True)
class Beside:
    """One question, asked of both.

    Attributes:
        asks: the question.
        mini, real: what each says; a difference is judged, a text is shown as it is.
        about: which ResNets, and which training.
        reason: why the two agree, or why they need not.
    """

    asks: str
    mini: Callable[[], Difference | str]
    real: Callable[[], Difference | str]
    about: str
    reason: str
    agree: Callable[[], str] | None = None

    def verdict(self) -> str:
        """Whether the two agree."""
        if self.agree:
            return self.agree()
        return agreement(self.mini(), self.real())


def deep_beside_shallow(kind: str) -> str:
    """The two networks of one kind that were trained longest."""
    shallow, deep = (short_label(f"{kind}-{depth}") for depth in LENGTHS)
    return f"{deep} beside {shallow}, {HALF_SIZE.epochs} epochs"


def agreement(one: Difference, other: Difference) -> str:
    """How far two differences say the same.

    Returns:
        "yes" if both are shown and have one sign, "no" if both are shown and have not, "neither is
        shown", "in sign" if one is shown and both means have one sign, else "open".
    """
    same = (one.over.mean > 0) == (other.over.mean > 0)
    if one.verdict == other.verdict == SHOWN:
        return AGREE if same else DIFFER
    if SHOWN not in (one.verdict, other.verdict):
        return NEITHER
    return SIGN if same else OPEN


def minus(found: Difference) -> Difference:
    """The same difference the other way round."""
    return Difference({seed: -value for seed, value in found.by_seed.items()})


def stops_in_words(steps: list[int], seeds: int) -> str:
    """How many networks stopped and when: "all of three seeds, at step 2"."""
    if not steps:
        return f"none of {number(seeds)} seeds stopped"
    share = "all" if len(steps) == seeds else number(len(steps))
    least, most = min(steps), max(steps)
    when = f"at step {least}" if least == most else f"at steps {least} to {most}"
    return f"{share} of {number(seeds)} seeds stopped, {when}"


def mini_stops() -> list[int]:
    """Steps at which residual networks of the playground stopped without normalisation."""
    return [step for step, _ in ten(named(BARE), "residual").stops.values()]


def real_stops() -> list[int]:
    """Steps at which ResNet-56 stopped without normalisation."""
    return [found.stopped_at for found in courses(BARE_RESNET) if found.stopped_at]


BARE_RESNET = Start(56, "residual", False)
TABLE = {
    "shortcuts": Beside(
        "Deep networks: how much worse is plain than residual?",
        lambda: compare(ten(named(BASE), "residual").at_end(), ten(named(BASE), "plain").at_end()),
        lambda: Difference(brief.gap(56, LONG)),
        f"plain-56 and ResNet-56, {LONG:,} steps",
        "Both compare the same weights with and without the additions.",
    ),
    "plain-deeper": Beside(
        "Plain: how much worse is the deeper network on training images?",
        lambda: answers.answer("plain-deeper"),
        lambda: Difference(deeper_is_worse("plain", "training")),
        deep_beside_shallow("plain"),
        "In both, the deeper network fails on images that it was trained on.",
    ),
    "residual-deeper": Beside(
        "Residual: how much worse is the deeper network on training images?",
        lambda: answers.answer("residual-deeper"),
        lambda: Difference(deeper_is_worse("resnet", "training")),
        deep_beside_shallow("resnet"),
        "Digits are easy: two blocks already learn nearly all of them, so depth has nothing to "
        "gain here. CIFAR-10 is hard enough for depth to pay.",
    ),
    "stops": Beside(
        "Residual without normalisation, He's start: does training stop?",
        lambda: stops_in_words(mini_stops(), len(ten(named(BARE), "residual").seeds)),
        lambda: stops_in_words(real_stops(), len(courses(BARE_RESNET))),
        "ResNet-56",
        "Each block adds its branch to its input, so the output grows from block to block.",
        agree=lambda: AGREE if bool(mini_stops()) == bool(real_stops()) else DIFFER,
    ),
    "identity": Beside(
        "Plain: by how much does a start near the identity lower the training error?",
        lambda: minus(answers.answer("identity")),
        lambda: brief.saved_by("dirac"),
        "plain-56, 400 steps",
        "The start is the same in both. In plain-56 it closes only a part of the gap, because some "
        "layers change the number of channels and cannot pass everything on.",
    ),
    "pytorch": Beside(
        "Plain: by how much does PyTorch's start lower the training error?",
        lambda: minus(answers.answer("pytorch")),
        lambda: brief.saved_by("pytorch"),
        "plain-56, 400 steps",
        "Batch normalisation cancels the size of the initial weights, so the two starts differ in "
        "little more than their random numbers and how far the first steps move the weights.",
    ),
    "rate": Beside(
        "Plain: by how much does a third of the learning rate lower the training error?",
        lambda: compare(plain(LOWER), plain(BASE)),
        lambda: brief.saved_by("rate"),
        "plain-56, 400 steps",
        "At this depth no rate of the playground lets the plain network learn, so a smaller one "
        "cannot help much. In plain-56 the error is a little lower in each seed, but the "
        "interval of the mean contains 0.",
    ),
    "gradients": Beside(
        "Plain: gradient of the first block over that of the last, in step 1?",
        lambda: str(range_of(ten(named(BASE), "plain").ratios())),
        lambda: str(first_over_last(Start(56, "plain"))),
        "plain-56",
        "Batch normalisation divides by the spread of the batch in each layer. On its way from the "
        "loss to the first layer, the gradient is divided by the same spread. With He's start this "
        "spread is below 1, so the gradient grows.",
        agree=lambda: (
            AGREE
            if (range_of(ten(named(BASE), "plain").ratios()).low > 1)
            == (first_over_last(Start(56, "plain")).low > 1)
            else DIFFER
        ),
    ),
}
"""What is compared, by name."""


def shown(found: Difference | str) -> str:
    """A cell of the table."""
    return found if isinstance(found, str) else f"{found.told(sign='+')} points, {found.verdict}"


def beside_table() -> Published:
    """The miniature beside real ResNets, with whether they agree and why."""
    rows = [
        [
            each.asks,
            shown(each.mini()),
            f"{shown(each.real())} ({each.about})",
            each.verdict(),
            each.reason,
        ]
        for each in TABLE.values()
    ]
    return table(
        ["question", "the playground", "ResNets of this book", "do they agree?", "remark"],
        rows,
        f"The playground with {answers.seeds()} beside recorded networks on CIFAR-10 with three "
        "to five seeds. A cell has mean ± standard deviation. For gradients it has the geometric "
        "mean, and in brackets the least and the greatest value. If only one of the two "
        "differences is shown, we look at the signs of the two means: the table says "
        f"“{SIGN}” if the signs agree, and “{OPEN}” if they do not. {RULE}",
        wraps=True,
    )
