"""The paper's ImageNet networks, counted and set beside what others printed.

Answers "which numbers of Table 1 can be counted again, and where do counts differ?". Each
function returns something a notebook can show.
"""

import torchvision

from utils.chapters.shared import sketch
from utils.display.published import Published
from utils.display.tables import table
from utils.facts.paper import cell
from utils.models.counting import count_macs, count_parameters
from utils.models.networks import IMAGENET, ResNet
from utils.models.surgery import block_names
from utils.probes.layers import LayerCost, differing_layers, layer_costs, stage_fields, weighted
from utils.results.labels import LABELS, short_label
from utils.results.runs import load_runs
from utils.results.spread import accuracy, paired_gain

SIZE = 224
COMPARISON = "basic-or-bottleneck"
PAIR = ("resnet-8", "bottleneck-11")


def printed_by_torchvision(depth: int) -> str:
    """Billions of operations that torchvision documents for its network, which are MACs."""
    weights = torchvision.models.get_model_weights(f"resnet{depth}")["IMAGENET1K_V1"]
    return f"{weights.meta['_ops']:.3f}"


def family_table() -> Published:
    """MACs of all five networks: the paper, this book's counts, torchvision's documentation."""
    rows = []
    for depth in IMAGENET:
        counts = [
            count_macs(sketch(depth, version, option), SIZE) / 1e9
            for version, option in (("v1", "A"), ("v1", "B"), ("v1.5", "B"))
        ]
        rows.append(
            [
                f"{depth} layers",
                cell(f"1/{depth}-layer/flops").text,
                *(f"{count:.3f}" for count in counts),
                printed_by_torchvision(depth),
                f"{count_parameters(sketch(depth)):,}",
            ]
        )
    return table(
        ["network", "paper", "v1, option A", "v1, option B", "v1.5, option B", "torchvision",
         "parameters, option B"],
        rows,
        "The columns before the last one give billions of MACs for one image of 224 × 224 pixels. "
        "The column “paper” has the numbers of Table 1 of the ResNet paper, which calls them "
        "FLOPs. The column “torchvision” has the numbers of torchvision's documentation. This "
        "book's code counted the numbers in all other columns.",
    )  # fmt: skip


def difference_table(depth: int) -> Published:
    """Layer by layer, where v1 and v1.5 of a depth do different work."""
    pairs = version_differences(depth)
    rows = [
        [
            v1.name,
            f"{v1.out_shape[1]} × {v1.out_shape[2]}",
            f"{v15.out_shape[1]} × {v15.out_shape[2]}",
            f"{v1.macs / 1e6:.1f}",
            f"{v15.macs / 1e6:.1f}",
            f"{(v15.macs - v1.macs) / 1e6:.1f}",
        ]
        for v1, v15 in pairs
    ]
    total = sum(v15.macs - v1.macs for v1, v15 in pairs)
    rows.append(["together", "", "", "", "", f"{total / 1e6:.1f}"])
    return table(
        ["layer", "output map, v1", "output map, v1.5", "MACs, v1", "MACs, v1.5", "difference"],
        rows,
        f"The table lists every layer of ResNet-{depth} that needs more or fewer MACs in v1.5 "
        "than in v1. It gives these MACs in millions, for one image.",
    )


def version_differences(depth: int) -> list[tuple[LayerCost, LayerCost]]:
    """The layers of v1 and v1.5 with different MACs."""
    both = [layer_costs(sketch(depth, version), SIZE) for version in ("v1", "v1.5")]
    return differing_layers(*both)


def census(net: ResNet) -> dict[str, int]:
    """How many weighted layers stand where, and what the name of the network leaves out.

    Returns:
        Counts by place. ``main path`` is the sum that gives a network its name.

    Raises:
        TypeError: not a network.
        ValueError: a network without the stages of this book.
    """
    block_names(net)
    costs = layer_costs(net, SIZE)
    main = [cost for cost in weighted(costs) if not cost.on_shortcut]
    counts = {"stem": sum(cost.name == "conv1" for cost in main)}
    for stage in net.stages:
        counts[stage] = sum(cost.name.startswith(f"{stage}.") for cost in main)
    counts["linear"] = sum(cost.name == "fc" for cost in main)
    counts["main path"] = sum(counts.values())
    counts["projections"] = sum(cost.on_shortcut for cost in weighted(costs))
    counts["normalisations"] = len(costs) - len(weighted(costs))
    return counts


def census_table() -> Published:
    """The count behind each name."""
    rows = []
    for depth in IMAGENET:
        counts = census(sketch(depth))
        stages = " + ".join(str(counts[f"layer{i}"]) for i in (1, 2, 3, 4))
        named = f"{counts['stem']} + {stages} + {counts['linear']} = {counts['main path']}"
        name = short_label(f"resnet-{depth}")
        rows.append([name, named, counts["projections"], counts["normalisations"]])
    return table(
        ["network", "stem + stages + linear", "projections", "normalisations"],
        rows,
        "The sum of stem, stages and linear layer is the number in the name of a network. "
        "Projections and normalisations have weights too, but they are not in this sum. This "
        "book's code counted all these layers, in networks with option B.",
    )


def field_table() -> Published:
    """Receptive field behind each stage."""
    nets = {
        "ResNet-18": sketch(18),
        "ResNet-34": sketch(34),
        "ResNet-50, v1": sketch(50, "v1"),
        "ResNet-50, v1.5": sketch(50),
        "ResNet-101, v1.5": sketch(101),
        "ResNet-152, v1.5": sketch(152),
    }
    fields = {name: stage_fields(net) for name, net in nets.items()}
    rows = [[name, *(field.pixels for field in seen.values())] for name, seen in fields.items()]
    rows.append(["pixels between outputs", *(f.step for f in fields["ResNet-50, v1.5"].values())])
    return table(
        ["network", "stem", "conv2_x", "conv3_x", "conv4_x", "conv5_x"],
        rows,
        "Width in pixels of the receptive field of one output, after the stem and after each "
        "stage. The images are 224 pixels wide, and a field can be wider than its image. The last "
        "row has the distance in pixels between the fields of two neighbouring outputs.",
    )


def comparison_table() -> Published:
    """Basic against bottleneck blocks at equal work, from the records."""
    rows = []
    for name in PAIR:
        runs = load_runs(COMPARISON, name)
        rows.append([LABELS[name], accuracy(runs, "train_error").percent(),
                     accuracy(runs).percent()])  # fmt: skip
    basic, bottleneck = (load_runs(COMPARISON, name) for name in PAIR)
    gain = paired_gain(bottleneck, basic)
    return table(
        ["network", "training accuracy", "test accuracy"],
        rows,
        "Accuracy on CIFAR-10 after the last epoch, mean ± standard deviation over "
        f"{gain.count} seeds. The test accuracy with basic blocks minus that with bottleneck "
        f"blocks, computed for each seed, is {gain.words(sign='+')} points.",
    )
