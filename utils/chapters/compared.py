"""What a comparison of two recorded settings can say: in what they differ, and whether it shows.

Answers "is it one thing, and is it more than luck?" for the page "How this book is measured". A
fair comparison changes one setting. Where a pair of records differs in more, a table says so, from
the records and from the descriptions of their networks. A second table works the rule for seeds
through, on three tricks of one experiment.
"""

from dataclasses import asdict

from utils.chapters.time_to_accuracy import recorded as pace
from utils.display.published import Published
from utils.display.tables import table
from utils.models.networks import ResNet, build
from utils.results.labels import network_label
from utils.results.runs import load_runs
from utils.results.settings import LABELS, settings_difference
from utils.results.verdict import Difference, half_width

Setting = tuple[str, str, str]
"""Experiment, network and recipe."""

USUAL: Setting = ("shortcut-control", "resnet-14", "fast")
THREE_EPOCHS: Setting = ("short-budgets", "resnet-14", "fast-3")
LONE: Setting = ("depth-budgets", "plain-56", "brief-400")

COMPARED: tuple[tuple[Setting, Setting], ...] = (
    (("source-recipe", "simple-cnn", "source"), ("source-recipe", "source-resnet-14", "source")),
    (
        ("source-recipe", "source-resnet-14", "source"),
        ("source-recipe", "source-resnet-14", "source-padded"),
    ),
    (USUAL, ("shortcut-control", "plain-14", "fast")),
    (("shortcut-control", "simple-cnn", "fast"), ("shortcut-control", "plain-14", "fast")),
    (USUAL, ("fast-20", "resnet-20", "fast")),
    (
        ("depth-budgets", "plain-56", "brief-1200"),
        ("degradation", "plain-56", "fast-half-size"),
    ),
    *(
        (THREE_EPOCHS, ("fast-without", "resnet-14", f"fast-3-{name}"))
        for name in (
            "full-size", "constant-rate", "no-flip", "zero-padding", "no-decay", "no-nesterov",
        )
    ),
    *(
        (LONE, ("plain-helped", model, recipe))
        for model, recipe in (
            ("plain-56", "brief-400-long-warm-up"),
            ("plain-56", "brief-400-low-rate"),
            ("plain-56-dirac", "brief-400"),
            ("plain-56-affine", "brief-400-low-rate"),
            ("resnet-56-fixup", "brief-400-low-rate"),
        )
    ),
    (
        ("depth-budgets", "resnet-56", "brief-1200"),
        ("pre-activation", "preact-56", "brief-1200"),
    ),
    (
        ("basic-or-bottleneck", "resnet-8", "fast"),
        ("basic-or-bottleneck", "bottleneck-11", "fast"),
    ),
)  # fmt: skip
"""Pairs of settings that pages set side by side, in the order of the chapters."""

OF_A_NETWORK = {
    "blocks": "the depth",
    "widths": "the channels",
    "block": "the kind of block",
    "residual": "the shortcuts",
    "shortcut": "the kind of shortcut",
    "stem": "the first layer",
    "stride_on": "the place of the stride",
    "init": "the initialisation",
    "num_classes": "the number of classes",
    "norm": "the normalisation",
}
"""What a field of a network's description is called."""
OTHER_FAMILY = "the whole network (depth, kernels, pooling and more)"

EXAMPLES = {
    "no-decay": "no weight decay",
    "constant-rate": "a constant learning rate",
    "no-flip": "no mirror images",
}
"""The tricks of the worked example, one for each verdict, and what stands in their place."""


def differences(first: Setting, second: Setting) -> list[str]:
    """What differs between two recorded settings, in words."""
    runs = [load_runs(*setting)[0] for setting in (first, second)]
    names = [name for name in settings_difference(*runs) if name != "model"]
    return [*network_differences(first[1], second[1]), *(LABELS[name] for name in names)]


def network_differences(first: str, second: str) -> list[str]:
    """In which parts of their description two networks differ; a plain one has no kind of
    shortcut."""
    if first == second:
        return []
    nets = [build(name) for name in (first, second)]
    one, other = (asdict(net.architecture) if isinstance(net, ResNet) else None for net in nets)
    if one is None or other is None:
        return [OTHER_FAMILY]
    skipped = set() if one["residual"] and other["residual"] else {"shortcut"}
    return [
        words
        for field, words in OF_A_NETWORK.items()
        if one[field] != other[field] and field not in skipped
    ]


def several_differences() -> Published:
    """The compared pairs that differ in more than one setting."""
    rows = []
    for first, second in COMPARED:
        found = differences(first, second)
        if len(found) > 1 or OTHER_FAMILY in found:
            rows.append([f"{label(first)} and {label(second)}", "; ".join(found)])
    return table(
        ["the two that are compared: network (recipe)", "what differs"],
        rows,
        f"The chapters compare {len(COMPARED)} pairs, and each member of a pair is a network with "
        f"its recipe. For {len(rows)} of these pairs, the records show more than one difference. "
        "Each row of the table is one of these pairs.",
        wraps=True,
    )


def cost_of(name: str) -> Difference:
    """Points of test error that ResNet-14 gains in three epochs without a trick, by seed.

    They are the points of accuracy that the trick gains.
    """
    return pace.effect(name)


def worked_example() -> Published:
    """The rule for seeds, step by step, for three tricks."""
    rows = []
    for name, words in EXAMPLES.items():
        cost = cost_of(name)
        needed = half_width(cost.over.count) * cost.over.sd
        by_seed = ", ".join(f"{value:.1f}" for value in cost.values)
        rows.append(
            [words, cost.verdict, by_seed, f"{cost.over.mean:.1f}", f"{cost.over.sd:.1f}",
             f"{needed:.1f}"]
        )  # fmt: skip
    return table(
        ["the recipe has", "verdict", "differences by seed", "mean", "SD", "mean needed"],
        rows,
        "ResNet-14, trained for three epochs. A difference is the test error with the changed "
        "recipe minus the test error with the unchanged recipe, in percentage points. SD is the "
        "standard deviation of the differences. A difference is shown if the mean, without its "
        "sign, is larger than the number in the last column.",
        wraps=True,
    )


def label(setting: Setting) -> str:
    """Network and recipe."""
    return f"{network_label(setting[1])} ({setting[2]})"
